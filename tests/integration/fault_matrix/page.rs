//! Writes `docs/guides/what-you-can-rely-on.md`: the matrix as text.

use std::fmt::Write as _;

use harness_platform::RetryPolicy;

use super::case::{Existing, Extent, Operation, Outcome, Stored};
use super::fault::{Fault, How};
use super::{OPERATIONS, Outcomes};
use crate::golden::filled;

/// The path of the page from the root of the repository.
pub(super) const PAGE: &str = "docs/guides/what-you-can-rely-on.md";

/// The page around the tables.
const TEMPLATE: &str = include_str!("page.md");

/// Returns the whole page.
pub(super) fn page(matrix: &[(&Fault, Outcomes)]) -> String {
    let parts = [
        ("steps", steps(matrix)),
        ("retries", retries()),
        ("operations", tables(matrix)),
    ];
    filled(TEMPLATE, &parts)
}

/// Returns the requests of each operation, in order, with the conditions for them. The steps are those that the tests
/// saw.
fn steps(matrix: &[(&Fault, Outcomes)]) -> String {
    const AS_KNOWN: &str =
        "It is a Bitbucket connector with the managed settings that the plan started from.";
    const AS_WRITTEN: &str =
        "It is a Bitbucket connector with the managed settings that were just written.";
    let mut page = String::from(
        "## What each operation reads before it acts\n\n\
         Before the first request, each operation compares the account in the state with that of the provider.\n\n\
         | Operation | Requests, in order | Required of the connector that was read |\n|---|---|---|\n",
    );
    let of = |how: fn(&How) -> bool, operation| {
        let (_, outcomes) = matrix.iter().find(|(fault, _)| how(&fault.how)).unwrap();
        &outcomes[&(operation, Extent::Once)].steps
    };
    let on_a_good_day = |operation| of(|how| matches!(how, How::Nothing), operation);
    // The first of these faults harms nothing, but the test still fails.
    let undone = |operation| of(|how| matches!(how, How::Meanwhile(_)), operation);
    let lost = |operation| of(|how| matches!(how, How::CarriedOut(_)), operation);
    for (title, steps, condition) in [
        (
            "Create",
            on_a_good_day(Operation::Create),
            "Nothing is read. Harness refuses an identifier that is taken.",
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
            "For the update, as above. For the undo, the managed settings that were just written.",
        ),
    ] {
        let steps: Vec<_> = steps.iter().map(|step| step.name()).collect();
        writeln!(page, "| {title} | {} | {condition} |", steps.join(", ")).unwrap();
    }
    page.push_str(
        "\nEach retry reads again. If the connector is not as required, nothing is written or deleted, and the error says what\n\
         Harness has instead. With `-refresh=false`, the plan starts from the settings in the state.\n\n",
    );
    page
}

fn retries() -> String {
    let policy = RetryPolicy::default();
    format!(
        "## What is retried\n\n\
         | What happened | Read, update, delete | Create |\n|---|---|---|\n\
         | No connection | retried | retried |\n\
         | 429 | retried | retried |\n\
         | 502, 503, 504; connection lost; no response in time | retried | retried if the connector does not exist |\n\
         | 500 | retried at most {0} times | retried at most {0} times, if the connector does not exist |\n\
         | A response that is not Harness's | not retried; the result of a change is checked | retried at most {0} times, if \
         the connector does not exist |\n\
         | Anything else | not retried | not retried |\n\n\
         The waits are random: up to {1} ms before the first retry and up to twice as long before each further one, at most\n\
         {2} seconds.\n",
        policy.internal_error_retries,
        policy.first_wait.as_millis(),
        policy.longest_wait.as_secs(),
    )
}

/// Returns a section for each operation, with a table of faults and their outcomes, once and lasting.
fn tables(matrix: &[(&Fault, Outcomes)]) -> String {
    let mut page = String::new();
    for operation in OPERATIONS {
        write!(
            page,
            "### {}\n\n{}| What goes wrong | If it happens once | If it lasts |\n|---|---|---|\n",
            title(operation),
            note(operation)
        )
        .unwrap();
        for (name, [once, lasting]) in outcomes_of(operation, matrix) {
            writeln!(page, "| {name} | {once} | {lasting} |").unwrap();
        }
        page.push('\n');
    }
    page
}

/// Returns the faults of an operation, and their outcomes once and lasting: a line for each family of faults, or for each of
/// its faults if their outcomes differ.
fn outcomes_of<'a>(
    operation: Operation,
    matrix: &[(&'a Fault, Outcomes)],
) -> Vec<(&'a str, [&'static str; 2])> {
    let mut faults: Vec<(&Fault, [&'static str; 2])> = Vec::new();
    for (fault, outcomes) in matrix {
        let cells = [Extent::Once, Extent::All].map(|extent| {
            let outcome = outcomes.get(&(operation, extent));
            outcome.map_or("–", |outcome| words(operation, outcome))
        });
        if !matches!(fault.how, How::Nothing) && cells != ["–", "–"] {
            faults.push((fault, cells));
        }
    }
    let mut lines: Vec<(&str, [&'static str; 2])> = Vec::new();
    for (fault, cells) in &faults {
        let mut family = faults
            .iter()
            .filter(|(other, _)| other.family == fault.family);
        let name = if family.all(|(_, others)| others == cells) {
            fault.family
        } else {
            fault.says
        };
        if lines.iter().all(|(other, _)| *other != name) {
            lines.push((name, *cells));
        }
    }
    lines
}

/// Returns the heading of an operation's table.
const fn title(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "Create",
        Operation::Read => "Refresh and import",
        Operation::Update => "Update",
        Operation::Delete => "Delete",
        Operation::Test => "Connection test",
        Operation::RequiredTest => "Required connection test of a new connector",
        Operation::RequiredTestOfUpdate => "Required connection test of an update",
        Operation::Lookups => "Lookups of a plan",
        Operation::List => "Lists",
    }
}

/// Returns what an operation's table is about, if its heading does not say it.
const fn note(operation: Operation) -> &'static str {
    match operation {
        Operation::Test => {
            "The test after a create, with `connection_test = \"warn\"`. The connector is already saved.\n\n"
        }
        Operation::RequiredTest => {
            "The test after a create, with `connection_test = \"require\"`.\n\n"
        }
        Operation::RequiredTestOfUpdate => {
            "The test after an update, with `connection_test = \"require\"`.\n\n"
        }
        _ => "",
    }
}

/// Returns an outcome in the words of the legend.
fn words(operation: Operation, outcome: &Outcome) -> &'static str {
    let (stored, existing) = (outcome.stored, outcome.existing);
    if !outcome.failed() {
        return match operation {
            Operation::Read if stored == Stored::Nothing => "removed from the state",
            Operation::Lookups if !outcome.findings.is_empty() => "planned with a warning",
            _ if outcome.findings.is_empty() => "done",
            _ => "warning",
        };
    }
    match (operation, stored, existing) {
        (Operation::Create, Stored::Nothing, Existing::Nothing) => "error, not created",
        (Operation::Create, Stored::Unconfirmed, _) => "error, tainted",
        (Operation::Read, Stored::Former, _) => "error, state kept",
        (Operation::Update | Operation::RequiredTestOfUpdate, Stored::Former, Existing::Former)
            if outcome.requests == 0 || operation == Operation::Update =>
        {
            "error, not updated"
        }
        (Operation::Lookups, ..) => "error, not planned",
        (Operation::List, ..) => "error, not listed",
        (_, _, Existing::Theirs) => "error, their change kept",
        (Operation::Delete, Stored::Former, Existing::Former) => "error, not deleted",
        (Operation::Update | Operation::Delete, Stored::Former, Existing::Nothing) => {
            "error, already gone"
        }
        (Operation::RequiredTest, Stored::Nothing, Existing::Nothing)
        | (Operation::RequiredTestOfUpdate, Stored::Former, Existing::Former) => "error, undone",
        (Operation::RequiredTest | Operation::RequiredTestOfUpdate, Stored::Planned, _) => {
            "error, not undone"
        }
        _ => panic!("no words for {operation:?} {outcome:?}"),
    }
}
