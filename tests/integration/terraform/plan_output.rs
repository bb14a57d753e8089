//! Plans as people read them: one story of two connectors, with Terraform's output at each step.
//!
//! The output is stored in `tests/fixtures/plan-output.txt`, so that changes are reviewed. With `UPDATE_DOCS=1`, the
//! test writes the file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use harness_sandbox::{Kind, Scope};
use serde_json::json;

use super::cli::{Run, Workspace};
use super::hcl;
use super::hosts::test;

const OUTPUT: &str = "tests/fixtures/plan-output.txt";

/// A connector with HTTP credentials and API access, and one over SSH.
const BOTH: &str = r#"
resource "harness_bitbucket_connector" "workspace" {
  name            = "Workspace"
  description     = "For everyone"
  tags            = { owner = "platform", critical = "" }
  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/"
  test_repository = "website.git"

  credentials {
    http {
      username     = "x-bitbucket-api-token-auth"
      password_ref = "account.bitbucket_token"
    }
  }

  api_access {
    email_and_api_token {
      email     = "bot@example.com"
      token_ref = "account.bitbucket_token"
    }
  }

  connectivity_mode = "Platform"
}

resource "harness_bitbucket_connector" "tools" {
  name            = "Tools"
  identifier      = "tools"
  org_id          = "platform"
  url_type        = "Repository"
  connection_type = "SSH"
  url             = "ssh://git@bitbucket.example.com:7999/plat/tools.git"

  credentials {
    ssh {
      ssh_key_ref = "org.platform_ssh"
    }
  }

  delegate_selectors = ["linux", "platform"]
}
"#;

/// Returns the plan's output, from its first resource to its summary, without differences between hosts: some print an
/// empty text as null, and some the id of an import.
fn plan(run: &Run) -> String {
    let lines: Vec<&str> = run.stdout.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| line.starts_with("  # "));
    let last = lines
        .iter()
        .rposition(|line| line.starts_with("Plan: ") || *line == "    }");
    let (Some(first), Some(last)) = (first, last) else {
        panic!("no change is shown\n{run}");
    };
    let shared = lines[first..=last]
        .iter()
        .filter(|line| !line.starts_with("  # (imported from "))
        .map(|line| line.replace("= \"\" -> null", "= null"))
        .map(|line| line.replace("= \"\"", "= null"));
    shared.collect::<Vec<_>>().join("\n")
}

#[test(needs(ImportBlocks))]
fn plans_read_as_they_were_reviewed() {
    let workspace = Workspace::new();
    let mut story = String::from(
        "# What Terraform prints, written by tests/integration/terraform/plan_output.rs with UPDATE_DOCS=1.\n",
    );
    let mut shows = |title: &str, workspace: &Workspace, arguments: &[&str]| {
        let mut command = vec!["plan", "-no-color", "-input=false"];
        command.extend(arguments);
        let run = workspace.run(&command).succeeded();
        writeln!(story, "\n## {title}\n\n{}", plan(&run)).expect("a text takes text");
    };

    workspace.write(BOTH);
    shows("Two connectors are new", &workspace, &[]);
    workspace.try_apply().succeeded();

    let changed = BOTH
        .replace("For everyone", "For pipelines")
        .replace(", critical = \"\"", "")
        .replace("\"linux\", \"platform\"", "\"platform\"")
        .replace("email_and_api_token", "access_token")
        .replace("      email     = \"bot@example.com\"\n", "");
    workspace.write(&changed);
    shows(
        "Texts, tags, selectors, and the type of API access change",
        &workspace,
        &[],
    );

    let replaced = BOTH.replace(
        "identifier      = \"tools\"",
        "identifier      = \"build_tools\"",
    );
    workspace.write(&replaced);
    shows(
        "An identifier changes, which replaces its connector",
        &workspace,
        &[],
    );

    let over_ssh = BOTH
        .replace("\"HTTP\"", "\"SSH\"")
        .replace("https://bitbucket.org/example-works/", "git@bitbucket.org:example-works/")
        .replace("    http {\n      username     = \"x-bitbucket-api-token-auth\"\n      password_ref = \"account.bitbucket_token\"", "    ssh {\n      ssh_key_ref = \"account.bitbucket_ssh\"");
    workspace.write(&over_ssh);
    shows("The credentials change from HTTP to SSH", &workspace, &[]);

    workspace.write(BOTH);
    workspace.patch(
        &Scope::account(),
        "Workspace",
        &json!({"description": "Changed by hand", "spec": {"validationRepo": "payments.git"}}),
    );
    shows(
        "Someone changed a connector: what a refresh finds",
        &workspace,
        &["-refresh-only"],
    );
    shows(
        "Someone changed a connector: what an apply would do",
        &workspace,
        &[],
    );

    let scope = Scope::of(Some("platform"), None);
    workspace
        .platform
        .delete(Kind::Connector, &scope, "tools")
        .expect("it exists");
    shows(
        "Someone deleted a connector: what a refresh finds",
        &workspace,
        &["-refresh-only"],
    );
    workspace.try_apply().succeeded();

    let elsewhere = workspace.beside();
    let imports = hcl::import("workspace", "Workspace") + &hcl::import("tools", "platform/tools");
    elsewhere.write(&format!("{BOTH}\n{imports}"));
    shows("Both are imported", &elsewhere, &[]);

    shows("Both are destroyed", &workspace, &["-destroy"]);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(OUTPUT);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &story).expect("the file can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == story,
        "{OUTPUT} is not what Terraform prints now; if the change is meant, run the tests with UPDATE_DOCS=1:\n{story}"
    );
}
