//! The results of the tests by host, printed past the capture of Rust's test harness.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::hosts::{self, Feature, Host};
use crate::troubleshooting;

/// The tests of one host.
#[derive(Default)]
struct Outcomes {
    passed: usize,
    failed: Vec<String>,
    skipped: BTreeMap<Feature, Vec<String>>,
}

#[derive(Default)]
struct Run {
    finished: usize,
    by_host: BTreeMap<usize, Outcomes>,
}

static RUN: Mutex<Run> = Mutex::new(Run {
    finished: 0,
    by_host: BTreeMap::new(),
});

fn run() -> MutexGuard<'static, Run> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records that a test has run under the host with this number.
pub(super) fn ran(host: usize, test: &str, passed: bool) {
    let mut run = run();
    let outcomes = run.by_host.entry(host).or_default();
    if passed {
        outcomes.passed += 1;
    } else {
        outcomes.failed.push(test.to_owned());
    }
}

/// Records, and prints, that the host with this number lacks what a test needs.
pub(super) fn skipped(host: usize, test: &str, missing: Feature) {
    let name = hosts::all().ok().and_then(|hosts| hosts.get(host));
    let name = name.map_or_else(String::new, ToString::to_string);
    say(&format!("skipped under {name}: {test} needs {missing}\n"));
    let mut run = run();
    let outcomes = run.by_host.entry(host).or_default();
    outcomes
        .skipped
        .entry(missing)
        .or_default()
        .push(test.to_owned());
    drop(run);
    troubleshooting::news();
}

/// Returns whether a host has skipped this test.
pub(crate) fn is_skipped(test: &str) -> bool {
    let run = run();
    let mut skipped = run.by_host.values().flat_map(|it| it.skipped.values());
    skipped.any(|tests| tests.iter().any(|other| other == test))
}

/// Records that a test has run under every host. The last one prints the summary.
pub(super) fn finished() {
    let mut run = run();
    run.finished += 1;
    if run.finished == selected()
        && let Ok(hosts) = hosts::all()
    {
        say(&summary(hosts, &run));
    }
}

/// Returns how many host tests this run has.
fn selected() -> usize {
    let tests = selected_tests().iter();
    tests.filter(|test| is_of_hosts(test)).count()
}

/// Returns the tests of this run, from the test harness's list for the same arguments.
pub(crate) fn selected_tests() -> &'static BTreeSet<String> {
    static SELECTED: OnceLock<BTreeSet<String>> = OnceLock::new();
    SELECTED.get_or_init(|| {
        let program = env::current_exe().expect("this program has a path");
        let listed = Command::new(program)
            .args(env::args_os().skip(1))
            .arg("--list")
            .output()
            .expect("this program can be started");
        assert!(
            listed.status.success(),
            "the tests cannot be listed:\n{}",
            String::from_utf8_lossy(&listed.stderr)
        );
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let tests = listed
            .lines()
            .filter_map(|line| line.strip_suffix(": test"));
        tests.map(str::to_owned).collect()
    })
}

/// Returns whether a test with this name runs under each host.
fn is_of_hosts(test: &str) -> bool {
    test.starts_with("terraform::") && !test.contains("::about_hosts::")
}

fn summary(hosts: &[Host], run: &Run) -> String {
    let mut text = "\nThe tests of Terraform and OpenTofu, by host:\n".to_owned();
    for (number, host) in hosts.iter().enumerate() {
        let none = Outcomes::default();
        let outcomes = run.by_host.get(&number).unwrap_or(&none);
        let skipped: usize = outcomes.skipped.values().map(Vec::len).sum();
        let _ = writeln!(
            text,
            "- {host} ({}): {} ran, {} failed, {skipped} skipped",
            host.program.display(),
            outcomes.passed + outcomes.failed.len(),
            outcomes.failed.len(),
        );
        for test in &outcomes.failed {
            let _ = writeln!(text, "    failed: {test}");
        }
        for (missing, tests) in &outcomes.skipped {
            let _ = writeln!(text, "    {} skipped, need {missing}:", tests.len());
            for test in tests {
                let _ = writeln!(text, "      {test}");
            }
        }
    }
    text.push('\n');
    text
}

/// Writes to standard error. A failure cannot be reported anywhere.
pub(crate) fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
