//! Writes `docs/guides/what-you-can-rely-on.md`: the matrix in words.

use std::fmt::Write as _;

use harness_platform::RetryPolicy;

use super::case::{Existing, Extent, Operation, Outcome, Stored};
use super::fault::{FAULTS, Fault, How};
use super::{OPERATIONS, Outcomes};
use crate::golden::filled;

/// Where the page is, from the root of the repository.
pub(super) const PAGE: &str = "docs/guides/what-you-can-rely-on.md";

/// The page around the tables.
const TEMPLATE: &str = include_str!("page.md");

/// The whole page.
pub(super) fn page(matrix: &[(&Fault, Outcomes)]) -> String {
    let parts = [
        ("steps", steps(matrix)),
        ("retries", retries()),
        ("once", tables(matrix, Extent::Once)),
        ("lasting", tables(matrix, Extent::All)),
    ];
    filled(TEMPLATE, &parts)
}

/// What each operation asks the platform, in order, and on what condition it acts. The steps are those that the tests saw.
fn steps(matrix: &[(&Fault, Outcomes)]) -> String {
    const AS_KNOWN: &str = "It is a Bitbucket connector, and its managed settings are those that the plan was made for.";
    const AS_WRITTEN: &str =
        "It is a Bitbucket connector, and its managed settings are those that were just written.";
    let mut page = String::from(
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
    page
}

fn retries() -> String {
    let policy = RetryPolicy::default();
    format!(
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
}

/// A table for each group of faults. Faults of which the same comes share a row.
fn tables(matrix: &[(&Fault, Outcomes)], extent: Extent) -> String {
    let mut page = String::new();
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
    page
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
