//! Faults and their outcomes: every operation of the resource with every fault, with the sandbox.
//!
//! The matrix is data. [`fault`] lists the faults and causes them, [`stage`] runs one [`case`], and all outcomes are
//! written down twice: exactly, in `tests/fixtures/fault-matrix.txt`, and as text, in
//! `docs/guides/what-you-can-rely-on.md` ([`page`]). A test compares them. Other rules apply whatever these files
//! contain; [`violations`] checks them: never two connectors, never one that is not in the state, nothing forgotten
//! that exists, no false success, an end within the retry time.
//!
//! Waits take no time here, so that their number and length are exact. Timeouts are real, and short.
//!
//! One thing is beyond the matrix's control: this machine can lose a connection to the sandbox, or be too busy to
//! respond in time. Such a case is recognizable, because more requests had no response than were affected by a fault.
//! Only such a case is repeated; the test reports how many there were, and fails if there are many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod case;
pub(crate) mod fault;
mod page;
mod place;
pub(crate) mod stage;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tf_provider::diagnostic::{Diagnostic, Severity};
use tokio::task::JoinSet;

use crate::golden::up_to_date;
use crate::terraform::report;
use crate::troubleshooting;
use case::{Existing, Extent, Operation, Outcome, Stored};
use fault::{FAULTS, Fault, How};
use stage::{BUDGET, Stage};

const OPERATIONS: [Operation; 9] = [
    Operation::Create,
    Operation::Read,
    Operation::Update,
    Operation::Delete,
    Operation::Test,
    Operation::RequiredTest,
    Operation::RequiredTestOfUpdate,
    Operation::Lookups,
    Operation::List,
];
const EXTENTS: [Extent; 3] = [Extent::Once, Extent::Main, Extent::All];

/// The path of the exact matrix from the root of the repository.
const TABLE: &str = "tests/fixtures/fault-matrix.txt";
/// The number of parallel cases. Much of the time is spent on responses that do not come. With more cases, responses
/// would be delayed beyond the timeout.
const PLAYERS: usize = 12;
/// The maximum number of requests for one operation.
const MOST_REQUESTS: usize = 10;
/// The maximum number of cases with a missing response that no fault explains.
const MOST_REPEATS: usize = 10;
const MINUTE: Duration = Duration::from_mins(1);

/// The outcomes of one fault, by operation and extent.
type Outcomes = BTreeMap<(Operation, Extent), Outcome>;

#[tokio::test]
async fn whatever_goes_wrong_nothing_is_lost_and_the_page_lists_the_outcome() {
    let matrix = matrix().await;
    let mut breaches = Vec::new();
    for (fault, outcomes) in &matrix {
        for ((operation, extent), outcome) in outcomes {
            for breach in violations(fault, *operation, outcome) {
                breaches.push(format!(
                    "{}, {} {}: {breach}\n    {outcome:?}",
                    fault.says,
                    operation.name(),
                    extent.name()
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
    up_to_date(TABLE, &table(&matrix));
    up_to_date(page::PAGE, &page::page(&matrix));
}

/// Runs all cases, each worker one after the other.
async fn matrix() -> Vec<(&'static Fault, Outcomes)> {
    let faults = || FAULTS.iter().copied().flatten();
    let cases = faults().enumerate().flat_map(|(number, fault)| {
        let operations = OPERATIONS.into_iter();
        operations
            .flat_map(move |operation| EXTENTS.map(|extent| (number, fault, operation, extent)))
    });
    let cases = Arc::new(Mutex::new(cases));
    let repeats = Arc::new(AtomicUsize::new(0));
    let mut players = JoinSet::new();
    for _ in 0..PLAYERS {
        let cases = Arc::clone(&cases);
        let repeats = Arc::clone(&repeats);
        players.spawn(async move {
            let (stage, mut played) = (Stage::new(), Vec::new());
            loop {
                let next = cases.lock().unwrap().next();
                let Some((number, fault, operation, extent)) = next else {
                    return played;
                };
                let Some(mut outcome) = stage.play(fault, operation, extent).await else {
                    continue;
                };
                while outcome.lost > 0 {
                    let repeats = repeats.fetch_add(1, Ordering::Relaxed) + 1;
                    assert!(
                        repeats <= MOST_REPEATS,
                        "{repeats} cases had requests without an answer that no fault met; the last is {}, {} {}: {outcome:?}",
                        fault.says,
                        operation.name(),
                        extent.name()
                    );
                    outcome = stage.play(fault, operation, extent).await.unwrap();
                }
                played.push((number, operation, extent, outcome));
            }
        });
    }
    let mut matrix: Vec<_> = faults().map(|fault| (fault, Outcomes::new())).collect();
    for (number, operation, extent, outcome) in players.join_all().await.into_iter().flatten() {
        matrix[number].1.insert((operation, extent), outcome);
    }
    // Bypasses the test harness's capture, because such a machine must be noticed.
    let repeats = repeats.load(Ordering::Relaxed);
    report::say(&format!(
        "fault matrix: {repeats} cases played again, of at most {MOST_REPEATS}\n"
    ));
    matrix
}

/// Returns what must never happen, whatever the fault.
fn violations(fault: &Fault, operation: Operation, outcome: &Outcome) -> Vec<&'static str> {
    let Outcome {
        stored, existing, ..
    } = *outcome;
    let failed = outcome.failed();
    let exists = matches!(existing, Existing::Former | Existing::Planned);
    let forgotten = exists && stored == Stored::Nothing && !fault.says_gone;
    let mut breaches = Vec::new();
    let mut never = |what: &'static str, holds: bool| {
        if holds {
            breaches.push(what);
        }
    };
    never("it exists, and the state has nothing of it", forgotten);
    never(
        "what is someone else's is overwritten or deleted",
        matches!(fault.how, How::TakenOver(_)) && existing != Existing::Theirs,
    );
    let is_other_account = matches!(fault.how, How::OtherAccount);
    never(
        "another account is asked, or nothing is said of it",
        is_other_account && (outcome.requests > 0 || !failed),
    );
    match operation {
        Operation::Create | Operation::Test | Operation::RequiredTest => {
            // The undo of a create may have succeeded without a response; the next refresh finds out.
            let undone = operation == Operation::RequiredTest && failed;
            let invented = !exists && stored == Stored::Planned && !undone;
            never("the state has what does not exist", invented);
            never(
                "not created, and no error",
                !failed && stored != Stored::Planned,
            );
        }
        Operation::Read => never(
            "not read, and not as before",
            failed && stored != Stored::Former,
        ),
        Operation::Update | Operation::RequiredTestOfUpdate => {
            never(
                "not updated, and no error",
                !failed && (existing, stored) != (Existing::Planned, Stored::Planned),
            );
            let keeps = operation == Operation::Update;
            never(
                "not updated, and another state than before",
                failed && keeps && stored != Stored::Former,
            );
        }
        Operation::Lookups | Operation::List => {
            never(
                "a plan fails for what could not be looked up",
                failed && operation == Operation::Lookups && !is_other_account,
            );
            never(
                "something is changed by who only asks",
                (existing, stored) != (Existing::Former, Stored::Former),
            );
        }
        Operation::Delete => {
            never(
                "not deleted, and no error",
                !failed && stored != Stored::Nothing,
            );
            never(
                "not deleted, and another state than before",
                failed && stored != Stored::Former,
            );
        }
    }
    if let Some((found, there_are)) = outcome.listed {
        never(
            "a list that lacks something passes for the whole",
            !failed && found != there_are,
        );
    }
    // A required test has three operations with separate budgets: the change, the test, and the undo.
    let (budgets, requests) = match operation {
        Operation::RequiredTest | Operation::RequiredTestOfUpdate => (3, 3 * MOST_REQUESTS),
        _ => (1, MOST_REQUESTS),
    };
    never("too many requests", outcome.requests > requests);
    let pause = if fault.pauses { MINUTE } else { Duration::ZERO };
    never("too long", outcome.waited > BUDGET * budgets + pause);
    for finding in &outcome.findings {
        let text = format!("{}\n{}", finding.summary, finding.detail);
        troubleshooting::note(&text);
        troubleshooting::is_short(&finding.summary);
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        never(
            "a character that acts on a terminal in a message",
            text.contains(acts),
        );
        never("the key in a message", text.contains("sandboxsandbox"));
        never("a full stop in a summary", finding.summary.ends_with('.'));
    }
    breaches
}

/// Returns the exact matrix: a paragraph for each fault, a line for each outcome.
fn table(matrix: &[(&Fault, Outcomes)]) -> String {
    let mut table = "# Written by the test of tests/integration/fault_matrix with UPDATE_DOCS=1.\n\
        # operation, extent: what the state has, what the platform has, what the next run does; requests, waits; the findings, each as far as its first paragraph\n"
        .to_owned();
    for (fault, outcomes) in matrix {
        writeln!(table, "\n## {}", fault.says).unwrap();
        for operation in OPERATIONS {
            let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
            for extent in EXTENTS {
                let Some(outcome) = outcomes.get(&(operation, extent)) else {
                    continue;
                };
                let line = line(outcome);
                match lines.iter_mut().find(|(_, other)| *other == line) {
                    Some((extents, _)) => extents.push(extent.name()),
                    None => lines.push((vec![extent.name()], line)),
                }
            }
            for (extents, line) in lines {
                writeln!(
                    table,
                    "{}, {}: {line}",
                    operation.name(),
                    extents.join(", ")
                )
                .unwrap();
            }
        }
    }
    table
}

fn line(outcome: &Outcome) -> String {
    let Outcome {
        stored,
        existing,
        requests,
        waited,
        next,
        listed,
        ..
    } = outcome;
    let came = match listed {
        Some((found, there_are)) => format!("{found} of {there_are} listed"),
        None => format!("state {stored:?}, platform {existing:?}, next {next}"),
    };
    let mut line =
        format!("{came}; {requests} requests, {} s", waited.as_secs_f64()).to_lowercase();
    for finding in &outcome.findings {
        write!(line, "; {}", shortened(finding)).unwrap();
    }
    line
}

/// Returns the beginning of a diagnostic on one line, without what differs between runs or machines: request ids,
/// ports, the path of this program, and the system's own descriptions of connection errors.
fn shortened(finding: &Diagnostic) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let first = finding.detail.split("\n\n").next().unwrap();
    let mut text = format!("{severity}: {}. {first}", finding.summary).replace('\n', " ");
    if let Some((before, command)) = text.split_once("check, run `")
        && let Some((_, after)) = command.split_once(" doctor`")
    {
        text = format!("{before}check, run `terraform-provider-harness doctor`{after}");
    }
    for repeated in [
        "was refused: ",
        "cannot be resolved: ",
        "before a response arrived: ",
        "in the middle of the response: ",
        "certificate expired: ",
    ] {
        text = replaced(&text, repeated, |why| why.find('.'));
    }
    for host in ["127.0.0.1:", "localhost:", ".example:"] {
        text = replaced(&text, host, |port| {
            port.find(|c: char| !c.is_ascii_digit())
                .filter(|end| *end > 0)
        });
    }
    let steady = replaced(&text, "correlation id ", |id| {
        let end = id.find([')', ',', '.'])?;
        (end == "00000000-0000-4000-8000-000000000000".len()).then_some(end)
    });
    for unsteady in ["os error", "/deps/"] {
        assert!(!steady.contains(unsteady), "{steady}");
    }
    steady
}

/// Returns the text with `…` instead of what follows each `after`, up to `end`.
fn replaced(text: &str, after: &str, end: impl Fn(&str) -> Option<usize>) -> String {
    let mut pieces = text.split(after);
    let mut steady = pieces.next().unwrap().to_owned();
    for piece in pieces {
        steady.push_str(after);
        match end(piece) {
            Some(end) => steady.extend(["…", piece.split_at(end).1]),
            None => steady.push_str(piece),
        }
    }
    steady
}
