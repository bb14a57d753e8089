//! Compares the messages that tests have seen with the guide that explains them.
//!
//! People look up the troubleshooting guide by the message that they see, so each message in its headings must really
//! be printed. Everything that prints (the CLI, the protocol's client, `doctor`) passes its output to [`note`], which
//! records the guide's messages in it, with the name of the test. `tests/fixtures/messages.txt` names one test for each
//! message, and the test below waits until each of them has seen its message. With `UPDATE_DOCS=1` it writes the file.
//! It runs last, because tests run in the order of their names.
//!
//! The summary of each diagnostic that a test sees must be short ([`is_short`]).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use crate::documentation::markdown::Page;
use crate::golden::{at_root, is_update, up_to_date};
use crate::terraform::report;

/// The guide.
const GUIDE: &str = "docs/guides/troubleshooting.md";
/// The file that names a test for each message.
const WITNESSES: &str = "tests/fixtures/messages.txt";

/// Messages that no test sees: they are Terraform's own, and other versions word them in other ways.
const UNSEEN: [&str; 3] = [
    "Failed to load plugin schemas",
    "Unrecognized remote plugin message",
    "Failed to query available provider packages",
];

/// The separators of a message's constant parts: in a heading, an ellipsis stands for what varies, and a summary
/// combines what happened with what happened to the connector.
const SEPARATORS: [char; 2] = ['…', ';'];

/// How long to wait for the last tests that still run.
const PATIENCE: Duration = Duration::from_mins(4);

/// The messages that the guide explains.
static MESSAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let pages = Page::all();
    let guide = pages.iter().find(|page| page.path == GUIDE);
    let headings = guide.expect("there is the guide").headings();
    let messages = headings.into_iter().filter(|heading| heading.level == "h3");
    messages.flat_map(|heading| heading.codes).collect()
});

/// The tests that have seen each message.
type Seen = BTreeMap<&'static str, BTreeSet<String>>;

static SEEN: Mutex<Seen> = Mutex::new(BTreeMap::new());
static NEWS: Condvar = Condvar::new();

fn seen() -> MutexGuard<'static, Seen> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the test below check again.
pub(crate) fn news() {
    // Not between its check and its wait.
    drop(seen());
    NEWS.notify_all();
}

/// The number of words that a summary may have.
const MOST_WORDS: usize = 8;

/// Longer summaries, all of them Terraform's own.
const LONGER: [&str; 2] = [
    "Some objects will no longer be managed by ",
    "no schema available for ",
];

/// Asserts that the summary of a diagnostic is short. A text in quotes, or a piece of code, counts as one word.
#[track_caller]
pub(crate) fn is_short(summary: &str) {
    let escaped = summary.replace("\\\"", "");
    let unquoted: Vec<_> = escaped.split(['"', '`']).step_by(2).collect();
    let words = unquoted.join("\"").split_whitespace().count();
    let is_known = LONGER.iter().any(|longer| summary.starts_with(longer));
    assert!(words <= MOST_WORDS || is_known, "{words} words: {summary}");
}

/// Returns the summaries of the diagnostics in Terraform's output, for people or in JSON.
fn summaries(printed: &str) -> Vec<String> {
    let of_line = |line: &str| {
        let message = serde_json::from_str::<serde_json::Value>(line).ok();
        let in_json = message.and_then(|message| {
            let summary = message.pointer("/diagnostic/summary")?.as_str()?;
            Some(summary.to_owned())
        });
        in_json.or_else(|| {
            let line = line.trim_start_matches(['│', ' ']);
            let summary = ["Error: ", "Warning: "]
                .iter()
                .find_map(|it| line.strip_prefix(it));
            summary.map(str::to_owned)
        })
    };
    printed.lines().filter_map(of_line).collect()
}

/// Records which messages of the guide occur in something that was printed for the test on this thread. The summaries of
/// diagnostics in it must be short.
#[track_caller]
pub(crate) fn note(printed: &str) {
    for summary in summaries(printed) {
        is_short(&summary);
    }
    let Some(test) = thread::current().name().map(str::to_owned) else {
        return;
    };
    // Messages in JSON, and those in Terraform's frames, have other line breaks than the guide.
    let said = printed
        .replace("\\n", " ")
        .replace("\\\"", "\"")
        .replace(['│', '╷', '╵'], " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = MESSAGES
        .iter()
        .filter(|message| is_in(message, &said))
        .collect::<Vec<_>>();
    if !found.is_empty() {
        let mut seen = seen();
        for message in found {
            seen.entry(message).or_default().insert(test.clone());
        }
        drop(seen);
        news();
    }
}

/// Returns whether the constant parts of a message are in a text, in order.
fn is_in(message: &str, text: &str) -> bool {
    let mut rest = Some(text);
    for part in message.split(SEPARATORS).map(str::trim) {
        rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
    }
    rest.is_some()
}

/// Returns the test for each message, from the file.
fn witnesses() -> BTreeMap<String, String> {
    let file = fs::read_to_string(at_root(WITNESSES)).unwrap_or_default();
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(" <- "))
        .map(|(message, test)| (message.to_owned(), test.to_owned()))
        .collect()
}

/// Waits for the other tests until nothing is missing, and fails with what they have not seen in time.
fn wait(missing: impl Fn(&Seen) -> Vec<String>) -> MutexGuard<'static, Seen> {
    let waited = NEWS.wait_timeout_while(seen(), PATIENCE, |seen| !missing(seen).is_empty());
    let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let missing = missing(&seen);
    assert!(missing.is_empty(), "not seen: {missing:#?}");
    seen
}

#[test]
fn each_message_that_the_guide_explains_has_been_seen_by_a_test() {
    assert!(MESSAGES.len() > 30, "the guide has {}", MESSAGES.len());
    let explained = || {
        let messages = MESSAGES.iter().map(String::as_str);
        messages.filter(|message| !UNSEEN.contains(message))
    };
    let tests = report::selected_tests();
    let mut witnesses = witnesses();
    if is_update() {
        let seen = wait(|seen| {
            let unseen = explained().filter(|message| !seen.contains_key(message));
            unseen.map(str::to_owned).collect()
        });
        for message in explained() {
            // Of several tests, the known one is kept.
            let known = witnesses.get(message).filter(|test| tests.contains(*test));
            let test = known.or_else(|| seen[message].first()).cloned();
            witnesses.extend(test.map(|test| (message.to_owned(), test)));
        }
    }
    let mut file = "# The messages that docs/guides/troubleshooting.md explains, each with a test that sees it. Written by\n\
        # tests/integration/troubleshooting.rs when all tests run with UPDATE_DOCS=1.\n"
        .to_owned();
    for message in explained().collect::<BTreeSet<_>>() {
        let test = witnesses.get(message);
        let test = test.unwrap_or_else(|| panic!("{WITNESSES} has no test that sees {message:?}"));
        writeln!(file, "{message} <- {test}").expect("a string takes all");
    }
    up_to_date(WITNESSES, &file);
    let seen = wait(|seen| {
        let absent = witnesses.iter().filter(|(message, test)| {
            let runs = tests.contains(*test) && !report::is_skipped(test);
            runs && !seen
                .get(message.as_str())
                .is_some_and(|seen| seen.contains(*test))
        });
        let absent = absent.map(|(message, test)| format!("{message}, by {test}"));
        absent.collect()
    });
    for message in UNSEEN {
        let tests = seen.get(message);
        assert!(tests.is_none(), "{message:?} is seen by {tests:?}");
    }
}
