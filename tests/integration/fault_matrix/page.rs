//! Writes `docs/guides/what-you-can-rely-on.md`: the matrix in words.

use std::fmt::Write as _;

use harness_platform::RetryPolicy;

use super::case::{Existing, Extent, Operation, Outcome, Stored};
use super::fault::{FAULTS, Fault, How};
use super::{OPERATIONS, Outcomes};

/// Where the page is, from the root of the repository.
pub(super) const PAGE: &str = "docs/guides/what-you-can-rely-on.md";

const OPENING: &str = r#"---
page_title: "What you can rely on"
subcategory: ""
description: |-
  What becomes of a connector, of the state and of the run when the platform, the network or the key fails.
---

<!-- Written from what the tests in tests/integration/fault_matrix find out. Run them with UPDATE_DOCS=1. -->

# What you can rely on

The state is the only record of what Terraform manages. So the provider is built for the moments in which something fails,
and each line of the tables below is what its tests found when they made it fail.

- **One connector for one resource, and never one that the state does not know.** Only Harness's own words say whether a
  connector was created. When the answer is lost, or comes from something on the way (a proxy's refusal, a redirect, a page
  in HTML), the provider looks: what exists exactly as it was sent is taken for its own, what does not exist is created
  again, and anything else is left alone, with an error that names the import command. When it cannot even look, the state
  keeps the connector, and the next plan finds out. Updates and deletions are checked in the same way.
- **Nothing that exists is forgotten.** A connector counts as gone only when Harness itself says that this connector, or
  the organization or project around it, does not exist. A page in HTML, a proxy's 404, a refused key or silence is an
  error, and the state stays as it was. So is a message that names another organization or project.
- **Other people's changes are safe.** Every update, deletion and undo reads the connector before each attempt. If it is of
  another type, or a managed setting has changed since the plan was made, nothing is written or deleted. Saving a connector
  without a change does not count, and neither does a change of what this provider does not manage.
- **A connector belongs to one account.** The state records the account of its connector. With the key of another account
  nothing is read, planned, changed or deleted, whatever the version of Terraform. Two kinds of state do not record the
  account: a state of version 0.1.0, until the connector next changes, and a tainted connector that you replace with
  `-refresh=false`, because Terraform then passes only its settings to the provider.
- **A refresh that finds nothing changed changes nothing**: state, private state and identity stay byte for byte as they
  were, so that a look for drift ends with 0.
- **A failed operation leaves the state that it found**, or one that says what exists by now. The next plan, when all is
  well again, shows what is left to do.
- **A connection test that could not be run is not a failed test.** It is sent again, and then the message says that the
  connection could not be tested. With `connection_test = "require"` the change is undone, with the same care.
- **What was never sent was not done.** When no connection came about (the name, the network, a proxy, TLS), the provider
  tries again for as long as that can help, and then says that the connector was not created. Nothing is left in the state.
- **Every operation ends.** One request takes at most `request_timeout`, of which connecting takes at most half and never
  more than 10 seconds, the attempts of one operation together at most
  `retry_timeout`, or less if the resource's `timeouts` say so. Ctrl-C ends an operation within a second; a change that is
  under way has half a second for its answer, and what came of it is in the state.
- **The error says what happened**: the request, the platform's own words, its correlation id, how often it was tried, and
  what to do.

"#;

const BETWEEN: &str = r"
A wait that `Retry-After` orders, as a number of seconds or as a date, is kept to; when it is longer than `retry_timeout`
allows, the operation ends at once.

A 429 comes before anything is done, whoever sends it: a creation that ends with one was not made. A creation that Harness
carries out only after the provider has timed out, looked, and given up is not in the state; the next apply finds its
identifier taken.

Harness counts the requests of a key, not those of a process, and a 429 does not say when there is room again. So one 429
makes the whole process pause: for two seconds, then four, eight and fifteen, and never beyond the minute in which the
limit was used up. A single request then finds out for all whether the pause was long enough. `max_requests_per_minute`
keeps a run below a limit from the start.

";

const FOR_A_MOMENT: &str = r"## When it happens once

One request goes wrong: the one that does the work. The next one fares well.

";

const FOR_LONGER: &str = r"## When it lasts

From some moment on every request goes wrong, until the operation gives up. The connection tests of this table are those of
a connector that was saved before.

";

const LEGEND: &str = r"## The words of the tables

| | |
|---|---|
| done | The operation succeeds, and there is nothing to see, not even a warning. |
| error, nothing was made | Nothing exists, and nothing is in the state. The next plan creates it. |
| error, remembered | It is not known whether the connector exists. The state has it, marked as tainted: the next plan looks, and drops it if it was never made. |
| error, the state stays | The state has what it had. |
| gone | The connector is dropped from the state, and the next plan creates it. |
| error, nothing was changed | The connector and the state are as they were. The next plan shows the same change. |
| error, it still exists | The connector and the state are as they were. The next plan deletes it. |
| error, it is gone | The connector does not exist any more, and the state still has it. The next plan finds that out. |
| error, theirs stays | Somebody else has changed the connector, or put another in its place. Theirs is left as it is; the error says what is there. |
| warning | The connector is saved and in the state; a warning says why it could not be tested. |
| planned, with a warning | The plan is made as if nothing had been asked; a warning says what could not be looked up, and why. |
| error, not planned | The plan ends with the error; nothing was asked of Harness. |
| error, not listed | Nothing was asked but for this, and nothing is changed. A list that lacks something never passes for the whole. |
| error, undone | Since the test failed or could not be run, the change was undone, and so is the state. The next plan shows it again. |
| error, not undone | The change could not be undone either. The state has it, a new connector as tainted; the next plan shows what there is. |
| – | It cannot happen there. |
";

/// The whole page.
pub(super) fn page(matrix: &[(&Fault, Outcomes)]) -> String {
    let mut page = OPENING.to_owned();
    steps(&mut page, matrix);
    retries(&mut page);
    page.push_str(BETWEEN);
    page.push_str(FOR_A_MOMENT);
    tables(&mut page, matrix, Extent::Once);
    page.push_str(FOR_LONGER);
    tables(&mut page, matrix, Extent::All);
    page.push_str(LEGEND);
    page
}

/// What each operation asks the platform, in order, and on what condition it acts. The steps are those that the tests saw.
fn steps(page: &mut String, matrix: &[(&Fault, Outcomes)]) {
    const AS_KNOWN: &str = "It is a Bitbucket connector, and its managed settings are those that the plan was made for.";
    const AS_WRITTEN: &str =
        "It is a Bitbucket connector, and its managed settings are those that were just written.";
    page.push_str(
        "## What each operation reads before it acts\n\n\
         Before the first request, each operation compares the account of the state with that of the provider.\n\n\
         | Operation | Requests, in order | What must be true |\n|---|---|---|\n",
    );
    let of = |how: fn(&How) -> bool, operation| {
        let (_, outcomes) = matrix.iter().find(|(fault, _)| how(&fault.how)).unwrap();
        &outcomes[&(operation, Extent::Once)].steps
    };
    let on_a_good_day = |operation| of(|how| matches!(how, How::Nothing), operation);
    // The first of these faults harms nothing; the test fails all the same.
    let undone = |operation| of(|how| matches!(how, How::Meanwhile(_)), operation);
    let lost = |operation| of(|how| matches!(how, How::CarriedOut(_)), operation);
    for (title, steps, condition) in [
        (
            "Create",
            on_a_good_day(Operation::Create),
            "Nothing is read: Harness refuses an identifier that is taken.",
        ),
        (
            "Create, when Harness does not confirm it",
            lost(Operation::Create),
            "It has exactly the settings that were sent.",
        ),
        (
            "Refresh, import",
            on_a_good_day(Operation::Read),
            "It is a Bitbucket connector.",
        ),
        ("Update", on_a_good_day(Operation::Update), AS_KNOWN),
        (
            "Update, when Harness does not confirm it",
            lost(Operation::Update),
            AS_KNOWN,
        ),
        ("Delete", on_a_good_day(Operation::Delete), AS_KNOWN),
        (
            "Delete, when Harness does not confirm it",
            lost(Operation::Delete),
            AS_KNOWN,
        ),
        (
            "Create, with a required test that fails",
            undone(Operation::RequiredTest),
            AS_WRITTEN,
        ),
        (
            "Update, with a required test that fails",
            undone(Operation::RequiredTestOfUpdate),
            "The update: as above. The undo: its managed settings are those that were just written.",
        ),
    ] {
        let steps: Vec<_> = steps.iter().map(|step| step.name()).collect();
        writeln!(page, "| {title} | {} | {condition} |", steps.join(", ")).unwrap();
    }
    page.push_str(
        "\nThe read comes before each attempt, not only before the first. Where that is not true, nothing is written or deleted,\n\
         and an error says what is there. With `-refresh=false` the settings of the state count as those of the plan.\n\n",
    );
}

fn retries(page: &mut String) {
    let policy = RetryPolicy::default();
    write!(
        page,
        "## What is tried again\n\n\
         | What happened | Reading, changing, deleting | Creating |\n|---|---|---|\n\
         | There was no connection | again | again |\n\
         | 429 | again | again |\n\
         | 502, 503, 504; the connection was lost; no answer came in time | again | after a look whether it exists |\n\
         | 500 | again, at most {0} times | the same, after a look |\n\
         | An answer that is not Harness's own | not again; a change is looked for | after a look, at most {0} times |\n\
         | Everything else | not again | not again |\n\n\
         The waits in between are chosen by chance, up to {1} ms before the second attempt and up to\ntwice as long before \
         each further one, at most {2} seconds.\n",
        policy.internal_error_retries,
        policy.first_wait.as_millis(),
        policy.longest_wait.as_secs(),
    )
    .unwrap();
}

/// A table for each group of faults. Faults of which the same comes share a row.
fn tables(page: &mut String, matrix: &[(&Fault, Outcomes)], extent: Extent) {
    for (title, faults) in FAULTS {
        let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for (fault, outcomes) in matrix {
            let is_here = faults.iter().any(|other| std::ptr::eq(other, *fault));
            let cells: Vec<_> = OPERATIONS
                .iter()
                .map(|operation| {
                    let outcome = outcomes.get(&(*operation, extent));
                    outcome.map_or("–", |outcome| words(*operation, outcome))
                })
                .collect();
            let is_fault = !matches!(fault.how, How::Nothing);
            if !is_here || !is_fault || cells.iter().all(|cell| *cell == "–") {
                continue;
            }
            match rows.iter_mut().find(|(_, other)| *other == cells) {
                Some((faults, _)) => faults.push(fault.says),
                None => rows.push((vec![fault.says], cells)),
            }
        }
        if rows.is_empty() {
            continue;
        }
        write!(
            page,
            "### {title}\n\n\
             | | Create | Read | Update | Delete | Connection test | Required test of a new connector | … of an update \
             | Look-ups of a plan | List |\n\
             |---|---|---|---|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for (faults, cells) in rows {
            writeln!(page, "| {} | {} |", faults.join("<br>"), cells.join(" | ")).unwrap();
        }
        page.push('\n');
    }
}

/// An outcome in the words of the legend.
fn words(operation: Operation, outcome: &Outcome) -> &'static str {
    let (stored, existing) = (outcome.stored, outcome.existing);
    if !outcome.failed() {
        return match operation {
            Operation::Read if stored == Stored::Nothing => "gone",
            Operation::LookUps if !outcome.findings.is_empty() => "planned, with a warning",
            _ if outcome.findings.is_empty() => "done",
            _ => "warning",
        };
    }
    match (operation, stored, existing) {
        (Operation::Create, Stored::Nothing, Existing::Nothing) => "error, nothing was made",
        (Operation::Create, Stored::Unconfirmed, _) => "error, remembered",
        (Operation::Read, Stored::Former, _) => "error, the state stays",
        (Operation::Update | Operation::RequiredTestOfUpdate, Stored::Former, Existing::Former)
            if outcome.requests == 0 || operation == Operation::Update =>
        {
            "error, nothing was changed"
        }
        (Operation::LookUps, ..) => "error, not planned",
        (Operation::List, ..) => "error, not listed",
        (_, _, Existing::Theirs) => "error, theirs stays",
        (Operation::Delete, Stored::Former, Existing::Former) => "error, it still exists",
        (Operation::Update | Operation::Delete, Stored::Former, Existing::Nothing) => {
            "error, it is gone"
        }
        (Operation::RequiredTest, Stored::Nothing, Existing::Nothing)
        | (Operation::RequiredTestOfUpdate, Stored::Former, Existing::Former) => "error, undone",
        (Operation::RequiredTest | Operation::RequiredTestOfUpdate, Stored::Planned, _) => {
            "error, not undone"
        }
        _ => panic!("no words for {operation:?} {outcome:?}"),
    }
}
