//! Runs the [host](super::hosts) of the test on a configuration in its own directory, with its own sandbox.
//!
//! The environment is scrubbed: the settings for Terraform, Harness, or a proxy of the person who runs the tests have
//! no effect. The provider is the binary of this build, through `dev_overrides`, so nothing is installed and `init` is
//! not needed. A command that ends in another way than the test expects is shown in full.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::{env, fmt, fs};

use harness_sandbox::{Fault, Kind, Options, Running, Sandbox, Scope};
use serde_json::Value;
use tempfile::TempDir;

pub(super) use super::finding::Finding;
use super::hcl::Connector;
use super::hosts;
use crate::protocol::process::windows_itself;
use crate::troubleshooting;

/// The resource type, as addresses have it.
pub(super) const TYPE: &str = "harness_bitbucket_connector";

/// Returns the address of the connector with this label.
pub(super) fn address(label: &str) -> String {
    format!("{TYPE}.{label}")
}

/// A configuration, its state, and the platform that it is applied to.
pub(super) struct Workspace {
    /// The platform.
    pub(super) platform: Arc<Running>,
    directory: TempDir,
    key: Option<String>,
}

impl Workspace {
    /// Creates an empty directory and a new sandbox.
    pub(super) fn new() -> Self {
        let platform = Sandbox::start(Options::default()).expect("the sandbox starts");
        Self::on(&Arc::new(platform))
    }

    /// Creates another empty directory for the same platform, for someone else's configuration.
    pub(super) fn beside(&self) -> Self {
        Self::on(&self.platform)
    }

    fn on(platform: &Arc<Running>) -> Self {
        let workspace = Self {
            platform: Arc::clone(platform),
            directory: tempfile::tempdir().expect("a temporary directory"),
            key: Some(platform.api_key().to_owned()),
        };
        workspace.install(&["harness-rs/harness"]);
        workspace.write_file(
            "versions.tf",
            "terraform {\n  required_providers {\n    harness = {\n      source = \"harness-rs/harness\"\n    }\n  }\n}\n",
        );
        workspace
    }

    /// Makes the binary of this build the provider of each of these sources.
    pub(super) fn install(&self, sources: &[&str]) {
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-harness"));
        let directory = provider.parent().expect("the binary is in a directory");
        let directory = Value::from(directory.to_str().expect("the path is text"));
        let overrides: Vec<String> = sources
            .iter()
            .map(|source| format!("    \"{source}\" = {directory}\n"))
            .collect();
        self.write_file(
            "cli.tfrc",
            &format!(
                "provider_installation {{\n  dev_overrides {{\n{}  }}\n  direct {{}}\n}}\n",
                overrides.concat()
            ),
        );
    }

    /// Removes the API key from the environment.
    pub(super) fn without_key(mut self) -> Self {
        self.key = None;
        self
    }

    /// Writes this text as the configuration.
    pub(super) fn write(&self, hcl: &str) {
        self.write_file("main.tf", hcl);
    }

    /// Writes these connectors as the configuration.
    pub(super) fn configure<'a>(&self, connectors: impl IntoIterator<Item = &'a Connector>) {
        let blocks: Vec<String> = connectors.into_iter().map(Connector::to_string).collect();
        self.write(&blocks.join("\n"));
    }

    /// Writes this text to a file in the directory.
    pub(super) fn write_file(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("the file can be written");
    }

    /// Returns the contents of a file in the directory.
    pub(super) fn read_file(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file can be read")
    }

    /// Returns the directory.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs the CLI with these arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(&[], arguments)
    }

    /// Runs the CLI with this argument, and with `input` as standard input.
    pub(super) fn ask(&self, argument: &str, input: &str) -> Run {
        self.write_file("input.txt", input);
        let input = fs::File::open(self.path().join("input.txt")).expect("the file can be read");
        self.output(&[], &[argument], input.into())
    }

    /// Runs the CLI with these arguments and additional environment variables.
    pub(super) fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        self.output(environment, arguments, Stdio::null())
    }

    /// Runs the CLI with these arguments and additional environment variables, with values that may not be text.
    pub(super) fn run_with_bytes(&self, environment: &[(&str, &OsStr)], arguments: &[&str]) -> Run {
        let mut command = self.command(&[], arguments);
        command.envs(environment.iter().copied());
        let output = command.stdin(Stdio::null()).output();
        Run::of(arguments, &output.expect("the CLI can be started"))
    }

    fn output(&self, environment: &[(&str, &str)], arguments: &[&str], input: Stdio) -> Run {
        let mut command = self.command(environment, arguments);
        let output = command.stdin(input).output();
        Run::of(arguments, &output.expect("the CLI can be started"))
    }

    /// Starts the CLI with these arguments in its own process group, with its own directory for temporary files.
    #[cfg(unix)]
    pub(super) fn start(&self, arguments: &[&str]) -> super::started::Started {
        use std::os::unix::process::CommandExt as _;
        let temporary = self.path().join("temporary");
        fs::create_dir_all(&temporary).expect("the directory can be made");
        let mut command = self.command(&[], arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("TMPDIR", &temporary)
            .process_group(0);
        let child = command.spawn().expect("the CLI can be started");
        super::started::Started::new(child, arguments, temporary)
    }

    fn command(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new(&hosts::current().program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(windows_itself())
            .env("PATH", path)
            .env("HOME", self.path())
            .env("TF_CLI_CONFIG_FILE", self.path().join("cli.tfrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            // A quarter of a command's processor time is the CLI's garbage collection, which is not needed in such
            // short runs.
            .env("GOGC", "off")
            .env("GOMEMLIMIT", "512MiB")
            .env("HARNESS_ENDPOINT", self.platform.endpoint());
        if let Some(key) = &self.key {
            command.env("HARNESS_PLATFORM_API_KEY", key);
        }
        command.envs(environment.iter().copied());
        command
    }

    /// Plans, with the plan as messages. Exit code 0 means no changes, 2 means changes.
    pub(super) fn plan(&self) -> Run {
        self.run(&["plan", "-json", "-input=false", "-detailed-exitcode"])
    }

    /// Plans into the file `saved.tfplan`.
    pub(super) fn save_plan(&self) -> Run {
        self.run(&["plan", "-json", "-input=false", "-out=saved.tfplan"])
            .succeeded()
    }

    /// Returns the contents of `saved.tfplan`.
    pub(super) fn shown_plan(&self) -> Value {
        let run = self.run(&["show", "-json", "saved.tfplan"]).succeeded();
        serde_json::from_str(&run.stdout).expect("the plan is JSON")
    }

    /// Applies the plan in `saved.tfplan`.
    pub(super) fn apply_saved_plan(&self) -> Run {
        self.run(&["apply", "-json", "-input=false", "saved.tfplan"])
    }

    /// Plans, and writes configuration for what is imported to `generated.tf`, with any outcome.
    pub(super) fn generate(&self) -> Run {
        let options = ["-json", "-input=false", "-detailed-exitcode"];
        let generated = "-generate-config-out=generated.tf";
        self.run(&[&["plan"], &options[..], &[generated]].concat())
    }

    /// Plans and applies, with any outcome.
    pub(super) fn try_apply(&self) -> Run {
        self.run(&["apply", "-json", "-input=false", "-auto-approve"])
    }

    /// Plans and applies with success and without a warning. Afterwards there must be nothing left to do.
    #[track_caller]
    pub(super) fn apply(&self) -> Run {
        let run = self.try_apply().succeeded();
        assert_eq!(run.diagnostics(), [], "{run}");
        self.settled();
        run
    }

    /// Plans and applies with success, with warnings by exactly these rules, such as `P10 web` for rule P10 about the
    /// connector `web`. Afterwards there must be nothing left to do.
    #[track_caller]
    pub(super) fn apply_warned(&self, expected: &[&str]) -> Run {
        let run = self.try_apply().succeeded();
        let expected: BTreeSet<String> = expected.iter().copied().map(str::to_owned).collect();
        assert_eq!(run.rules(), expected, "{run}");
        self.settled();
        run
    }

    /// Destroys everything, with any outcome.
    pub(super) fn try_destroy(&self) -> Run {
        self.run(&["destroy", "-json", "-input=false", "-auto-approve"])
    }

    /// Destroys everything, with success.
    #[track_caller]
    pub(super) fn destroy(&self) -> Run {
        self.try_destroy().succeeded()
    }

    /// Imports one connector to its address.
    pub(super) fn import(&self, label: &str, id: &str) -> Run {
        self.run(&["import", "-input=false", "-no-color", &address(label), id])
    }

    /// Asserts that there is nothing to do, that a refresh finds nothing new, and that there is still nothing to do.
    #[track_caller]
    pub(super) fn settled(&self) {
        self.plan().finds_nothing();
        self.undrifted();
        self.plan().finds_nothing();
    }

    /// Asserts that a refresh finds nothing new, by its exit code.
    #[track_caller]
    pub(super) fn undrifted(&self) {
        let run = self.run(&[
            "plan",
            "-json",
            "-input=false",
            "-refresh-only",
            "-detailed-exitcode",
        ]);
        let is_counted = hosts::current().counts_data_sources_as_drift() && self.reads_data();
        let expected = if is_counted { 2 } else { 0 };
        let run = run.ended_with(expected);
        assert!(run.actions().is_empty(), "changes are planned\n{run}");
        assert_eq!(run.drifted(), Vec::<String>::new(), "{run}");
    }

    /// Returns whether the configuration contains a data source.
    fn reads_data(&self) -> bool {
        let entries = fs::read_dir(self.path()).expect("the directory can be read");
        let mut paths = entries.map(|entry| entry.expect("an entry").path());
        paths.any(|path| {
            let is_configuration = path.extension().is_some_and(|extension| extension == "tf");
            is_configuration
                && fs::read_to_string(&path)
                    .expect("the file can be read")
                    .lines()
                    .any(|line| line.trim_start().starts_with("data \""))
        })
    }

    /// Accepts what a refresh finds into the state, with success.
    #[track_caller]
    pub(super) fn refresh(&self) -> Run {
        self.run(&[
            "apply",
            "-json",
            "-input=false",
            "-auto-approve",
            "-refresh-only",
        ])
        .succeeded()
    }

    /// Returns the values of all managed resources in the state, by address.
    pub(super) fn state(&self) -> BTreeMap<String, Value> {
        let run = self.run(&["show", "-json"]).succeeded();
        let shown: Value = serde_json::from_str(&run.stdout).expect("the state is JSON");
        let resources = shown.pointer("/values/root_module/resources");
        resources
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|resource| (text(resource, "/address"), resource["values"].clone()))
            .collect()
    }

    /// Returns the values in the state of the connector with this label.
    #[track_caller]
    pub(super) fn values(&self, label: &str) -> Value {
        let mut state = self.state();
        state
            .remove(&address(label))
            .unwrap_or_else(|| panic!("the state has no {label}"))
    }

    /// Returns what the platform has stored of a connector. Nulls at the top are left out, because they mean nothing
    /// there.
    pub(super) fn stored(&self, scope: &Scope, identifier: &str) -> Option<Value> {
        let mut stored = self.platform.object(Kind::Connector, scope, identifier)?;
        stored
            .as_object_mut()?
            .retain(|_, member| !member.is_null());
        Some(stored)
    }

    /// Applies a JSON merge patch to a connector outside Terraform.
    #[track_caller]
    pub(super) fn patch(&self, scope: &Scope, identifier: &str, patch: &Value) {
        self.platform
            .patch(Kind::Connector, scope, identifier, patch)
            .expect("the connector exists");
    }

    /// Changes settings of the account.
    #[track_caller]
    pub(super) fn set(&self, patch: &Value) {
        self.platform
            .change_settings(patch)
            .expect("the settings exist");
    }

    /// Replaces a connector of the account by one of the type `Github`, outside Terraform.
    pub(super) fn replace_by_github(&self, identifier: &str) {
        let scope = Scope::account();
        let mirror = self.stored(&scope, "github_mirror");
        let mirror = mirror.expect("the account has it");
        self.platform
            .put(Kind::Connector, &scope, identifier, mirror)
            .expect("the connector has the form");
    }

    /// Adds a fault.
    #[track_caller]
    pub(super) fn script(&self, fault: Fault) {
        self.platform.script([fault]).expect("a valid fault");
    }

    /// Returns how many requests with this method had a path with this prefix, since the log was cleared.
    pub(super) fn requests(&self, method: &str, path: &str) -> usize {
        self.platform
            .requests()
            .iter()
            .filter(|request| request.method == method && request.path.starts_with(path))
            .count()
    }
}

/// A finished command.
pub(super) struct Run {
    command: String,
    code: Option<i32>,
    /// Its standard output.
    pub(super) stdout: String,
    /// Its standard error.
    pub(super) stderr: String,
}

impl Run {
    /// Creates the record of a command with these arguments.
    pub(super) fn of(arguments: &[&str], output: &Output) -> Self {
        let run = Self {
            command: format!(
                "{} {}",
                hosts::current().program.display(),
                arguments.join(" ")
            ),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        troubleshooting::note(&run.stdout);
        troubleshooting::note(&run.stderr);
        run
    }

    /// Asserts exit code 0.
    #[track_caller]
    pub(super) fn succeeded(self) -> Self {
        self.ended_with(0)
    }

    /// Asserts exit code 1.
    #[track_caller]
    pub(super) fn failed(self) -> Self {
        self.ended_with(1)
    }

    /// Asserts exit code 2, by which `plan -detailed-exitcode` reports changes.
    #[track_caller]
    pub(super) fn finds_changes(self) -> Self {
        self.ended_with(2)
    }

    #[track_caller]
    pub(super) fn finds_nothing(self) {
        let run = self.ended_with(0);
        assert!(run.actions().is_empty(), "changes are planned\n{run}");
    }

    /// Asserts this exit code.
    #[track_caller]
    pub(super) fn ended_with(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "exit code {code} was expected\n{self}"
        );
        self
    }

    /// Returns all output for people, with every run of spaces, frames, and line breaks as one space.
    pub(super) fn flowing(&self) -> String {
        let said = format!("{} {}", self.stdout, self.stderr).replace(['│', '╷', '╵'], " ");
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns the messages of a command that was run with `-json`.
    pub(super) fn messages(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{error} in {line}\n{self}"))
            })
            .collect()
    }

    /// Returns the planned actions by address: `create`, `update`, `replace`, `delete`, `import`, and so on.
    pub(super) fn actions(&self) -> BTreeMap<String, String> {
        self.messages()
            .iter()
            .filter(|message| message["type"] == "planned_change")
            .map(|message| {
                (
                    text(message, "/change/resource/addr"),
                    text(message, "/change/action"),
                )
            })
            .collect()
    }

    /// Returns the planned action for the connector with this label, or `None` if nothing is planned for it.
    pub(super) fn action(&self, label: &str) -> Option<String> {
        self.actions().remove(&address(label))
    }

    /// Returns the connectors for which a refresh found a change.
    pub(super) fn drifted(&self) -> Vec<String> {
        self.messages()
            .iter()
            .filter(|message| message["type"] == "resource_drift")
            .map(|message| text(message, "/change/resource/addr"))
            .collect()
    }

    /// Returns warnings and errors, without Terraform's own about `dev_overrides`.
    pub(super) fn diagnostics(&self) -> Vec<Finding> {
        self.messages()
            .iter()
            .filter_map(|message| message.get("diagnostic"))
            .map(|found| Finding {
                severity: text(found, "/severity"),
                summary: text(found, "/summary"),
                detail: text(found, "/detail"),
                address: text(found, "/address"),
            })
            .filter(|found| found.summary != "Provider development overrides are in effect")
            .collect()
    }

    /// Returns the rules with findings, once each, with the connector's label. Without a rule, the summary is included.
    pub(super) fn rules(&self) -> BTreeSet<String> {
        rules(&self.diagnostics())
    }

    /// Returns the only diagnostic, which must be an error.
    #[track_caller]
    pub(super) fn error(&self) -> Finding {
        self.only("error")
    }

    /// Returns the only error, in addition to warnings of exactly these rules, such as `P10 web`.
    #[track_caller]
    pub(super) fn error_warned(&self, expected: &[&str]) -> Finding {
        let is_error = |found: &Finding| found.severity == "error";
        let (mut errors, warnings): (Vec<_>, Vec<_>) =
            self.diagnostics().into_iter().partition(is_error);
        assert_eq!(errors.len(), 1, "one error is expected\n{self}");
        let expected: BTreeSet<String> = expected.iter().copied().map(str::to_owned).collect();
        assert_eq!(rules(&warnings), expected, "{self}");
        errors.remove(0)
    }

    /// Returns the only diagnostic, which must be a warning.
    #[track_caller]
    pub(super) fn warning(&self) -> Finding {
        self.only("warning")
    }

    #[track_caller]
    fn only(&self, severity: &str) -> Finding {
        let mut found = self.diagnostics();
        assert_eq!(found.len(), 1, "one {severity} is expected\n{self}");
        let found = found.remove(0);
        assert_eq!(found.severity, severity, "{self}");
        found
    }
}

/// Writes the command with its whole output. JSON messages are written as a person would see them.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self
            .code
            .map_or_else(|| "none".to_owned(), |code| code.to_string());
        writeln!(f, "$ {}\nexit code: {code}\n--- stdout", self.command)?;
        for line in self.stdout.lines() {
            let message: Value = serde_json::from_str(line).unwrap_or_default();
            match message["@message"].as_str() {
                Some(said) => writeln!(f, "{said}")?,
                None => writeln!(f, "{line}")?,
            }
            if let Some(detail) = message
                .pointer("/diagnostic/detail")
                .and_then(Value::as_str)
            {
                writeln!(f, "  {} {detail}", text(&message, "/diagnostic/address"))?;
            }
        }
        write!(f, "--- stderr\n{}", self.stderr)
    }
}

fn rules(findings: &[Finding]) -> BTreeSet<String> {
    let rules = findings.iter().map(|found| {
        let rule = found.rule().unwrap_or(&found.summary);
        let label = found.address.rsplit('.').next().unwrap_or_default();
        format!("{rule} {label}")
    });
    rules.collect()
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}
