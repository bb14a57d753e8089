//! `review` with plans of the real Terraform, and the jobs in the guides: the scripts in their YAML are run by a shell,
//! under the host.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, io};

use harness_release::platform::{self, Platform};
use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use super::cli::{Run, Workspace, address};
use super::hcl::Connector;
use super::hosts::{self, Product, test};

const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-harness");
/// The sensitive value.
const SECRET: &str = "hunter2hunter2";

/// Runs a script as a job does, with the host of this test as both `terraform` and `tofu` on its PATH.
pub(super) fn in_shell(workspace: &Workspace, script: &str, variables: &[(&str, &str)]) -> Run {
    let programs = workspace.path().join("programs");
    fs::create_dir_all(&programs).expect("the directory can be made");
    for name in ["terraform", "tofu"] {
        let program = programs.join(name);
        if !program.exists() {
            link(&hosts::current().program, &program).expect("a link can be made");
        }
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [programs.into_os_string(), path].join(&OsString::from(":"));
    let output = Command::new("sh")
        .args(["-eu", "-c", script])
        .current_dir(workspace.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", workspace.path())
        .env("TF_CLI_CONFIG_FILE", workspace.path().join("cli.tfrc"))
        .env("CHECKPOINT_DISABLE", "1")
        .env("HARNESS_ENDPOINT", workspace.platform.endpoint())
        .env("HARNESS_PLATFORM_API_KEY", workspace.platform.api_key())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    Run::of(&["sh", "-c", script], &output)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    fs::read_to_string(path).expect("there is the example")
}

/// Returns the block below the line with this ending, without its indentation.
fn block(text: &str, header: &str) -> String {
    let mut lines = text.lines().skip_while(|line| !line.ends_with(header));
    let header = lines.next().expect(header);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let outer = indent(header);
    let lines: Vec<&str> = lines
        .take_while(|line| line.is_empty() || indent(line) > outer)
        .collect();
    let inner = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| indent(line))
        .min();
    let inner = inner.expect("there are lines below it");
    let lines = lines
        .iter()
        .map(|line| line.get(inner..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the command by which the guides find the program, which takes two lines.
pub(super) fn finding_command() -> String {
    let script = example("drift/github-actions.yml");
    let lines = script.lines().map(str::trim);
    let command = lines.skip_while(|line| !line.starts_with("provider="));
    let command: Vec<&str> = command.take(2).collect();
    assert_eq!(command.len(), 2, "the example finds the provider");
    command.join("\n  ")
}

/// Returns the platform for which the host of this test is built.
pub(super) fn platform_of(workspace: &Workspace) -> Platform {
    let version = workspace.run(&["version", "-json"]).succeeded();
    let version: Value = serde_json::from_str(&version.stdout).expect("the version is JSON");
    platform::RELEASED
        .into_iter()
        .find(|platform| version["platform"] == platform.name)
        .expect("the provider is released for this platform")
}

/// Returns a workspace in which `init` has installed the provider from an unpacked mirror, which it links.
pub(super) fn installed() -> Workspace {
    let workspace = Workspace::new();
    let platform = platform_of(&workspace);
    for host in harness_release::mirror::HOSTS {
        let directory = workspace
            .path()
            .join("mirror")
            .join(host)
            .join(harness_release::SOURCE)
            .join(harness_release::VERSION)
            .join(platform.name);
        fs::create_dir_all(&directory).expect("the directory can be made");
        let name = format!("terraform-provider-harness_v{}", harness_release::VERSION);
        link(Path::new(PROGRAM), &directory.join(name)).expect("a link can be made");
    }
    let mirror = Value::from(
        workspace
            .path()
            .join("mirror")
            .to_str()
            .expect("the path is text"),
    );
    // The team's CLI configuration; its mirror is a filesystem mirror here. Another chapter covers the network mirror.
    let configuration = example("install/terraform.tfrc");
    let url = configuration
        .lines()
        .find(|line| line.contains("url     = "));
    let configuration = configuration
        .replace(url.expect("it has a URL"), &format!("    path = {mirror}"))
        .replace("network_mirror", "filesystem_mirror");
    for name in ["terraform.tfrc", "cli.tfrc"] {
        workspace.write_file(name, &configuration);
    }
    workspace
}

/// Does what a job does before its script: `init` as written there, with the CLI configuration that it names.
fn initialized(workspace: &Workspace, job: &str) {
    let text = example(job);
    let own_init = || {
        let mut lines = text.lines().map(|line| {
            line.trim()
                .trim_start_matches("- ")
                .trim_start_matches("run: ")
        });
        let init = lines.find(|line| line.ends_with(" init -input=false"));
        init.map(str::to_owned)
    };
    // A step of Atlantis's own, and how it runs that.
    let own_step = || {
        text.lines()
            .any(|line| line.trim() == "- init")
            .then(|| "terraform init -input=false".to_owned())
    };
    let init = own_init().or_else(own_step).expect(job);
    let place = workspace.path().to_str().expect("the path is text");
    let named = |name: &str| {
        let mut lines = text.lines().map(str::trim);
        lines
            .find_map(|line| line.strip_prefix(name))
            .map(str::to_owned)
    };
    let file = if let Some(file) = named("TF_CLI_CONFIG_FILE: ") {
        file.replace("${{ github.workspace }}", place)
            .replace("$CI_PROJECT_DIR", place)
            .replace("/harness/", &format!("{place}/"))
    } else {
        let variable = named("name: ");
        assert_eq!(variable.as_deref(), Some("TF_CLI_CONFIG_FILE"), "{job}");
        let command = named("command: ").expect(job);
        let said = in_shell(workspace, &command, &[("DIR", place)]).succeeded();
        said.stdout.trim().to_owned()
    };
    assert_eq!(file, format!("{place}/terraform.tfrc"), "{job}");
    fs::remove_dir_all(workspace.path().join(".terraform")).ok();
    in_shell(workspace, &init, &[("TF_CLI_CONFIG_FILE", &file)]).succeeded();
}

/// Plans into `saved.tfplan`, and reviews it with the log.
fn reviewed(workspace: &Workspace, more: &[&str]) -> Run {
    let log = workspace.save_plan().stdout;
    workspace.write_file("log.json", &log);
    workspace.write_file("plan.json", &workspace.shown_plan().to_string());
    let quoted: Vec<String> = more.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "'{PROGRAM}' review --log log.json {} plan.json",
        quoted.join(" ")
    );
    in_shell(workspace, &script, &[])
}

pub(super) fn report(workspace: &Workspace) -> Value {
    let run = reviewed(workspace, &["--json"]).succeeded();
    assert!(!run.stdout.contains(SECRET), "{run}");
    serde_json::from_str(&run.stdout).expect("the report is JSON")
}

#[test(needs(ImportBlocks))]
fn the_review_says_what_terraform_plans() {
    let workspace = Workspace::new();
    let scope = Scope::account();
    let described = |text: &str| json!({"description": text});
    let unchanged = Connector::new("unchanged");
    let drifted = Connector::new("drifted");
    workspace.configure([
        &unchanged,
        &drifted,
        &Connector::new("updated"),
        &Connector::new("replaced"),
        &Connector::new("destroyed"),
        &Connector::new("moved"),
        &Connector::new("deleted"),
    ]);
    workspace.apply();
    let adopted = Connector::new("adopted");
    let mut object = workspace.stored(&scope, "unchanged").expect("it was made");
    object["identifier"] = json!("adopted");
    object["name"] = json!("adopted");
    workspace
        .platform
        .put(Kind::Connector, &scope, "adopted", object)
        .expect("it is a connector");
    workspace.patch(&scope, "drifted", &described("By hand"));
    workspace
        .platform
        .delete(Kind::Connector, &scope, "deleted")
        .expect("it was made");

    let blocks: Vec<String> = [
        unchanged.to_string(),
        drifted.to_string(),
        Connector::new("updated")
            .with(&described("New"))
            .to_string()
            .replace("\"New\"", &format!("sensitive(\"{SECRET}\")")),
        Connector::new("replaced")
            .with(&json!({"identifier": "replaced_by"}))
            .to_string(),
        Connector::new("deleted").to_string(),
        Connector::new("created").to_string(),
        adopted.to_string(),
        Connector::new("moved")
            .to_string()
            .replace("\"moved\" {", "\"moved_here\" {"),
        format!(
            "moved {{\n  from = {}\n  to = {}\n}}",
            address("moved"),
            address("moved_here")
        ),
        format!(
            "import {{\n  to = {}\n  id = \"adopted\"\n}}",
            address("adopted")
        ),
    ]
    .into();
    workspace.write(&blocks.join("\n"));
    let report = report(&workspace);
    let changes: Vec<String> = report["connectors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|connector| {
            let text = |name: &str| connector[name].as_str().unwrap_or_default().to_owned();
            let label = text("address")
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_owned();
            let imported = if connector["imported"] == true {
                " imported"
            } else {
                ""
            };
            let moved = if connector["previous_address"].is_null() {
                ""
            } else {
                " moved"
            };
            format!(
                "{label}: {}{imported}{moved} {} {}",
                text("change"),
                text("ref"),
                text("new_ref")
            )
        })
        .collect();
    let mut changes: Vec<String> = changes
        .iter()
        .map(|change| change.trim_end().to_owned())
        .collect();
    changes.sort();
    assert_eq!(
        changes,
        [
            "adopted: none imported account.adopted account.adopted",
            "created: create  account.created",
            "deleted: create  account.deleted",
            "destroyed: destroy account.destroyed",
            "drifted: update account.drifted account.drifted",
            "moved_here: none moved account.moved account.moved",
            "replaced: replace account.replaced account.replaced_by",
            "updated: update account.updated account.updated",
        ]
    );
    let drift: Vec<_> = report["drift"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|drift| {
            let label = drift["address"]
                .as_str()
                .unwrap_or_default()
                .rsplit('.')
                .next()
                .unwrap_or_default();
            format!(
                "{label} {} {}",
                drift["change"], drift["settings"][0]["after"]
            )
        })
        .collect();
    assert_eq!(
        drift,
        [
            "deleted \"delete\" null",
            "drifted \"update\" \"\\\"By hand\\\"\""
        ]
    );
    assert_eq!(report["level"], "look");
    let rules: Vec<&Value> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| &finding["rule"])
        .collect();
    assert!(rules.contains(&&json!("I09")), "{rules:?}");
    for format in ["text", "markdown", "sarif", "gitlab"] {
        let run =
            reviewed(&workspace, &["--format", format, "--fail-on", "destroyed"]).ended_with(2);
        assert!(!run.stdout.contains(SECRET), "{run}");
    }
}

/// Returns the drift jobs.
fn jobs() -> Vec<(&'static str, String)> {
    let outer = |name: &str, header: &str| block(&example(name), header);
    let tofu = outer("drift/opentofu.yml", "- name: Look for drift");
    let github = outer("drift/github-actions.yml", "- name: Look for drift");
    let run = |step: &str| block(step, "run: |");
    let gitlab = block(&example("drift/gitlab-ci.yml"), "    - |");
    vec![
        ("github-actions.yml", run(&github)),
        ("opentofu.yml", run(&tofu)),
        ("gitlab-ci.yml", gitlab),
        (
            "harness-pipeline.yaml",
            outer("drift/harness-pipeline.yaml", "command: |-")
                .replace("terraform init -input=false\n", ""),
        ),
        ("atlantis.yaml", outer("drift/atlantis.yaml", "- run: |")),
    ]
}

/// Runs a job's drift check, which must exit with this code.
#[track_caller]
fn look(workspace: &Workspace, job: &(&str, String), code: i32) -> Run {
    let variables = [
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("ATLANTIS_TERRAFORM_VERSION", ""),
    ];
    let run = in_shell(workspace, &job.1, &variables).ended_with(code);
    assert!(!run.stdout.contains(SECRET), "{}: {run}", job.0);
    run
}

/// Terraform 1.15 and later count each data source as a difference; a `check` block does so in every version.
const CHECK: &str = r#"
check "bitbucket" {
  data "harness_bitbucket_connection_test" "bb" {
    identifier = "bb"
  }

  assert {
    condition     = data.harness_bitbucket_connection_test.bb.success
    error_message = "Harness cannot use the connector."
  }
}
"#;

#[cfg(unix)]
#[test]
fn the_jobs_that_look_for_drift_end_with_0_2_or_1() {
    let workspace = installed();
    let scope = Scope::account();
    let connector = Connector::new("bb").with(&json!({"description": "Old"}));
    workspace.configure([&connector]);
    let jobs = jobs();
    for (job, _) in &jobs {
        initialized(&workspace, &format!("drift/{job}"));
    }
    workspace.try_apply().succeeded();
    for job in &jobs {
        look(&workspace, job, 0);
    }
    workspace.patch(&scope, "bb", &json!({"description": "New"}));
    for job in &jobs {
        let run = look(&workspace, job, 2);
        let is_github = run.stdout.contains("::error::");
        let said = if is_github {
            workspace.read_file("summary.md")
        } else {
            run.stdout.clone()
        };
        assert!(
            said.contains("1 Bitbucket connector was changed outside Terraform."),
            "{}: {run}\n{said}",
            job.0
        );
        assert!(
            said.contains("\"Old\"") && said.contains("\"New\""),
            "{}: {run}",
            job.0
        );
        let flowing = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let by = if is_github {
            "by dev\\@&#8203;example.com \\(user\\)."
        } else {
            "by dev@example.com (user)."
        };
        assert!(
            flowing.contains("Changed outside Terraform on 20"),
            "{}: {said}",
            job.0
        );
        assert!(flowing.contains(by), "{}: {said}", job.0);
    }
    // A failed check is neither drift nor its absence.
    let broken = [("HARNESS_PLATFORM_API_KEY", "")];
    for job in &jobs {
        let variables = [
            broken[0],
            ("GITHUB_STEP_SUMMARY", "summary.md"),
            ("ATLANTIS_TERRAFORM_VERSION", ""),
        ];
        let run = in_shell(&workspace, &job.1, &variables).failed();
        assert!(
            run.stdout.contains("No access to Harness"),
            "{}: {run}",
            job.0
        );
    }
    workspace.refresh();
    look(&workspace, &jobs[0], 0);
    // Deleted, which is also drift.
    workspace
        .platform
        .delete(Kind::Connector, &scope, "bb")
        .expect("it was made");
    let run = look(&workspace, &jobs[2], 2);
    assert!(run.stdout.contains("account.bb was deleted"), "{run}");
}

#[cfg(unix)]
#[test(needs(CheckBlocks))]
fn a_failed_check_is_reported_and_is_not_drift() {
    let workspace = installed();
    workspace.write(&format!("{}\n{CHECK}", Connector::new("bb")));
    workspace.run(&["init", "-no-color"]).succeeded();
    workspace.try_apply().succeeded();
    workspace.set(&json!({"test_outcomes": {"bb": "not_authorized"}}));
    // What the guide says about the plan's own exit code.
    let plain = workspace.run(&["plan", "-input=false", "-detailed-exitcode"]);
    plain.ended_with(2);
    let only = [
        "plan",
        "-input=false",
        "-refresh-only",
        "-detailed-exitcode",
    ];
    let counted = hosts::current().counts_data_sources_as_drift();
    workspace.run(&only).ended_with(if counted { 2 } else { 0 });
    for job in &jobs() {
        let run = look(&workspace, job, 0);
        let is_github = run.stdout.contains("::notice::");
        let said = if is_github {
            workspace.read_file("summary.md")
        } else {
            run.stdout.clone()
        };
        assert!(
            said.contains("Harness cannot use the connector."),
            "{}: {run}\n{said}",
            job.0
        );
    }
}

#[cfg(unix)]
#[test]
fn the_jobs_that_review_write_their_reports_and_end_with_the_verdict() {
    let workspace = installed();
    let scope = Scope::account();
    workspace.configure([&Connector::new("bb")]);
    for job in ["github-actions.yml", "gitlab-ci.yml", "atlantis.yaml"] {
        initialized(&workspace, &format!("review/{job}"));
    }
    workspace.try_apply().succeeded();
    workspace.patch(&scope, "bb", &json!({"description": "New"}));
    let github = block(
        &block(&example("review/github-actions.yml"), "- name: Review"),
        "run: |",
    );
    let gitlab = block(&example("review/gitlab-ci.yml"), "    - |");
    let atlantis = block(&example("review/atlantis.yaml"), "- run: |");
    let variables = [
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("GITHUB_ENV", "env.txt"),
        ("ATLANTIS_TERRAFORM_VERSION", ""),
        ("PLANFILE", "saved.tfplan"),
    ];
    let shell = example("review/review.sh");
    let play = |script: &str| in_shell(&workspace, script, &variables);
    play(&github).succeeded();
    assert!(workspace.read_file("comment.md").contains("`description`"));
    assert!(
        workspace
            .read_file("connectors.sarif")
            .contains("\"2.1.0\"")
    );
    assert!(workspace.read_file("env.txt").ends_with("status=0\n"));
    play(&format!("{gitlab}\nexit $reviewed")).succeeded();
    assert!(workspace.read_file("note.md").contains("`description`"));
    workspace.save_plan();
    let run = play(&atlantis).succeeded();
    assert!(
        run.stdout
            .contains("in place   harness_bitbucket_connector.bb"),
        "{run}"
    );
    play(&shell).succeeded();

    // A failing plan: the findings are there, and the job fails.
    workspace.configure([&Connector::new("bb").with(&json!({"name": ""}))]);
    play(&github).succeeded();
    assert!(workspace.read_file("env.txt").ends_with("status=1\n"));
    assert!(
        workspace.read_file("comment.md").contains("**error**"),
        "{}",
        workspace.read_file("comment.md")
    );
    assert!(workspace.read_file("connectors.sarif").contains("\"N01\""));
    play(&format!("{gitlab}\nexit $reviewed")).failed();
    assert!(workspace.read_file("code-quality.json").contains("\"N01\""));
    play(&shell).failed();
}

/// The product that each job runs: the shell finds this test's host under both names.
#[test]
fn the_jobs_start_the_product_that_they_are_for() {
    for (job, script) in jobs() {
        let product = if job == "opentofu.yml" {
            Product::OpenTofu
        } else {
            Product::Terraform
        };
        let (own, other) = match product {
            Product::OpenTofu => ("tofu plan", "terraform plan"),
            Product::Terraform => ("terraform", "tofu plan"),
        };
        assert!(script.contains(own) && !script.contains(other), "{job}");
    }
}
