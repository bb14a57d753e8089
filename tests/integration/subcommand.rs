//! Runs of the commands for people, with nothing in the environment except what a test sets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness_sandbox::Running;
use tempfile::TempDir;

use crate::doctor::MARK;

/// One of the commands, in its own directory.
pub(crate) struct Subcommand {
    name: &'static str,
    directory: TempDir,
    variables: BTreeMap<&'static str, OsString>,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    name: &'static str,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Subcommand {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            directory: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
        }
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(variable, value.into());
        self
    }

    /// Sets the variables for this sandbox.
    pub(crate) fn at(self, platform: &Running) -> Self {
        self.with("HARNESS_ENDPOINT", platform.endpoint())
            .with("HARNESS_PLATFORM_API_KEY", platform.api_key())
    }

    /// Writes a file into the directory.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// Returns the path of the directory, or of something in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Returns the sorted names of the contents of a directory.
    pub(crate) fn files(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Returns a command with these arguments that has not been started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-harness"));
        command
            .arg(self.name)
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .envs(&self.variables);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.fed(arguments, b"")
    }

    /// Runs the command with this standard input. Its output must not contain any marked text.
    pub(crate) fn fed(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The program may end without reading it.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let ended = Ended {
            name: self.name,
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ended.stdout.contains(MARK), "{}", ended.stdout);
        assert!(!ended.stderr.contains(MARK), "{}", ended.stderr);
        ended
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Asserts exit code 1, and a single error that contains all of these texts.
    #[track_caller]
    pub(crate) fn failed(self, expected: &[&str]) -> Self {
        assert_eq!(self.code, 1, "{self:#?}");
        let complaint = self.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let start = format!("terraform-provider-harness {}: ", self.name);
        assert!(complaint.starts_with(&start), "{self:#?}");
        for text in expected {
            assert!(complaint.contains(text), "{text}\n{complaint}");
        }
        self
    }
}
