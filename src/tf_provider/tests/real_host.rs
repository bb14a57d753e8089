//! Runs the provider of `examples/memory.rs` with the real Terraform, to test each part of the framework with the host
//! that it is made for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The running provider, and a directory with a configuration for it.
struct Session {
    provider: Child,
    reattach: String,
    directory: tempfile::TempDir,
}

impl Session {
    fn start() -> Self {
        let mut provider = Command::new(example("memory"))
            .arg("--debug")
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo test -p tf-provider` builds the example; with `--test`, add `--example memory`");
        let output = BufReader::new(provider.stdout.take().unwrap());
        let reattach = output
            .lines()
            .map(Result::unwrap)
            .find_map(|line| {
                let value = line.trim().strip_prefix("TF_REATTACH_PROVIDERS=")?;
                Some(value.trim_matches('\'').to_owned())
            })
            .expect("the provider says how to reach it");
        Self {
            provider,
            reattach,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn write(&self, configuration: &str) {
        const REQUIRED: &str = "terraform {\n  required_providers {\n    memory = {\n      source = \"example/memory\"\n    }\n  }\n}\n";
        let file = self.directory.path().join("main.tf");
        fs::write(file, format!("{REQUIRED}{configuration}")).unwrap();
    }

    /// Runs a command. Returns its exit code and its output.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(host())
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("TF_REATTACH_PROVIDERS", &self.reattach)
            .env("TF_IN_AUTOMATION", "1")
            .output()
            .expect("the host runs");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout) + &text(output.stderr),
        )
    }

    fn apply(&self) -> String {
        let (code, printed) = self.run(&["apply", "-auto-approve", "-no-color"]);
        assert_eq!(code, Some(0), "{printed}");
        // A second plan finds no changes.
        let (code, again) = self.run(&["plan", "-detailed-exitcode", "-no-color"]);
        assert_eq!(code, Some(0), "{again}");
        printed
    }

    fn outputs(&self) -> Value {
        let (code, printed) = self.run(&["output", "-json"]);
        assert_eq!(code, Some(0), "{printed}");
        serde_json::from_str(&printed).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.provider.kill().ok();
        self.provider.wait().ok();
    }
}

/// Returns the path of an example of this package, which Cargo builds with the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Returns Terraform or OpenTofu, whichever is installed.
fn host() -> &'static str {
    let found = ["terraform", "tofu"]
        .into_iter()
        .find(|program| Command::new(program).arg("version").output().is_ok());
    found.expect(
        "this test needs `terraform` or `tofu` on the PATH: install it from https://developer.hashicorp.com/terraform/install",
    )
}

/// Returns whether the host supports provider functions: Terraform since 1.8, OpenTofu since 1.7.
fn has_functions() -> bool {
    let output = Command::new(host()).args(["version", "-json"]).output();
    let version: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let version = version["terraform_version"].as_str().unwrap();
    let minor = version.split('.').nth(1).unwrap();
    minor.parse::<u32>().unwrap() >= 8
}

#[test]
fn the_example_provider_works_in_a_real_host() {
    let session = Session::start();

    session.write("resource \"memory_note\" \"a\" {\n  title = \"\"\n  text = \"x\"\n}\n");
    let (code, printed) = session.run(&["validate", "-no-color"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("Empty title"), "{printed}");

    let with_text = |text: &str| {
        format!(
            "resource \"memory_note\" \"a\" {{\n  title = \"a\"\n  text  = \"{text}\"\n}}\n\
             output \"length\" {{\n  value = memory_note.a.length\n}}\n"
        )
    };
    session.write(&with_text("one"));
    let printed = session.apply();
    assert!(
        printed.contains("1 added, 0 changed, 0 destroyed"),
        "{printed}"
    );
    assert_eq!(session.outputs()["length"]["value"], 3);

    session.write(&with_text("three"));
    let printed = session.apply();
    assert!(
        printed.contains("0 added, 1 changed, 0 destroyed"),
        "{printed}"
    );
    assert_eq!(session.outputs()["length"]["value"], 5);

    // An object created outside Terraform is refused until it is imported.
    let welcome =
        "resource \"memory_note\" \"welcome\" {\n  title = \"welcome\"\n  text  = \"Hello.\"\n}\n";
    session.write(&(with_text("three") + welcome));
    let (code, printed) = session.run(&["apply", "-auto-approve", "-no-color"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("Note exists already"), "{printed}");
    let (code, printed) = session.run(&["import", "-no-color", "memory_note.welcome", "welcome"]);
    assert_eq!(code, Some(0), "{printed}");
    session.apply();

    let reading = "data \"memory_note\" \"welcome\" {\n  title = \"welcome\"\n}\n\
        output \"text\" {\n  value = data.memory_note.welcome.text\n}\n";
    let mut reading = format!("{welcome}{reading}");
    if has_functions() {
        reading.push_str(
            "output \"title\" {\n  value = provider::memory::title(\"first\\nsecond\")\n}\n",
        );
    }
    session.write(&reading);
    let printed = session.apply();
    assert!(
        printed.contains("0 added, 0 changed, 1 destroyed"),
        "{printed}"
    );
    let outputs = session.outputs();
    assert_eq!(outputs["text"]["value"], "Hello.");
    if has_functions() {
        assert_eq!(outputs["title"]["value"], "first");
    }
}
