//! A running CLI command, to be interrupted, or to lose its provider.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::cli::Run;

/// When a test gives up waiting; it measures nothing.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running command.
pub(super) struct Started {
    child: Child,
    arguments: Vec<String>,
    temporary: PathBuf,
}

/// Checks a condition until it is true.
#[track_caller]
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

impl Started {
    pub(super) fn new(child: Child, arguments: &[&str], temporary: PathBuf) -> Self {
        Self {
            child,
            arguments: arguments.iter().copied().map(str::to_owned).collect(),
            temporary,
        }
    }

    /// Returns the processes that the command started, including the provider. The command is the leader of their
    /// group.
    fn others(&self) -> Vec<u32> {
        let group = self.child.id();
        let ids = fs::read_dir("/proc").expect("there is /proc");
        let ids = ids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(|id| *id != group && is_alive_in(*id, group))
            .collect()
    }

    /// Returns the provider's process.
    #[track_caller]
    pub(super) fn provider(&self) -> u32 {
        let provider = |id: &u32| {
            let name = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            name.contains("terraform-provider-harness")
        };
        let providers: Vec<u32> = self.others().into_iter().filter(provider).collect();
        assert_eq!(providers.len(), 1, "one provider is running");
        providers[0]
    }

    /// Sends a signal to one process.
    pub(super) fn signal(name: &str, process: u32) {
        kill(name, &process.to_string());
    }

    /// Sends a signal to the command alone.
    pub(super) fn signal_cli(&self, name: &str) {
        kill(name, &self.child.id().to_string());
    }

    /// Presses Ctrl-C: the whole group gets the signal.
    pub(super) fn interrupt(&self) {
        kill("INT", &format!("-{}", self.child.id()));
    }

    /// Waits for the end of the command, and soon after of every process that it started.
    #[track_caller]
    pub(super) fn ended(mut self) -> Ended {
        let mut status = None;
        until("the end of the command", || {
            status = self.child.try_wait().expect("the process can be asked");
            status.is_some()
        });
        until("the end of the provider", || self.others().is_empty());
        let left_behind = fs::read_dir(&self.temporary).expect("the directory can be read");
        let left_behind = left_behind.map(|entry| entry.expect("an entry").path());
        let left_behind = left_behind.collect();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let output = self.child.wait_with_output().expect("its output is there");
        Ended {
            run: Run::of(&arguments, &output),
            left_behind,
        }
    }
}

/// A command that has ended, with its provider.
pub(super) struct Ended {
    pub(super) run: Run,
    /// The contents of the directory for temporary files.
    pub(super) left_behind: Vec<PathBuf>,
}

/// Returns whether this group has a process with this id that is not a zombie.
fn is_alive_in(id: u32, group: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
        return false;
    };
    // `id (name) state parent group …`, with anything in the name.
    let Some((_, after)) = stat.rsplit_once(')') else {
        return false;
    };
    let mut fields = after.split_whitespace();
    let state = fields.next();
    state != Some("Z") && fields.nth(1) == Some(&group.to_string())
}

fn kill(name: &str, process: &str) {
    let status = Command::new("kill")
        .args(["-s", name, "--", process])
        .status();
    assert!(
        status.expect("kill can be run").success(),
        "{name} {process}"
    );
}
