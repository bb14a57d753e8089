//! Whether Harness can be queried at all: a plan without any response says so once, and what prevents every connector
//! from being read or changed is explained once. Both recommend `doctor`, with a command that works.

use std::collections::BTreeSet;
use std::process::Command;

use harness_sandbox::{Action, Fault};
use serde_json::json;

use super::cli::{Finding, Run, TYPE, Workspace};
use super::hosts::test;

const COUNT: usize = 20;

/// Returns twenty connectors in one resource, with these provider settings.
fn configuration(settings: &str) -> String {
    format!(
        r#"
provider "harness" {{
  retry_timeout = "1ms"
  {settings}
}}

resource "{TYPE}" "each" {{
  for_each = toset([for n in range({COUNT}) : format("r%02d", n)])

  name            = each.key
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/${{each.key}}.git"

  credentials {{
    http {{
      username     = "jdoe"
      password_ref = "account.bitbucket_token"
    }}
  }}
}}
"#
    )
}

/// A problem that makes every request fail.
struct Trouble {
    what: &'static str,
    /// The environment variables.
    variables: Vec<(&'static str, String)>,
    /// Whether the platform responds to everything with a firewall's page.
    firewall: bool,
    /// The summary of the warning in a plan of creations.
    warning: &'static str,
    /// What the explanation mentions.
    names: &'static [&'static str],
    /// The beginning of an error without an explanation, after the name of its connector.
    cause: &'static str,
}

fn troubles(workspace: &Workspace) -> Vec<Trouble> {
    let account = workspace.platform.account_id();
    let expired = format!("pat.{account}.0123456789abcdef01234567.wrongwrongwrongwron1");
    // The port of a closed listener.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let closed = format!("http://{}/gateway", port.local_addr().expect("it has one"));
    drop(port);
    let no_tls = workspace.platform.endpoint().replace("http://", "https://");
    let endpoint = |endpoint: &str| vec![("HARNESS_ENDPOINT", endpoint.to_owned())];
    let trouble = |what, variables, warning, names, cause| Trouble {
        what,
        variables,
        firewall: false,
        warning,
        names,
        cause,
    };
    let network = &["HARNESS_ENDPOINT", "`endpoint`"];
    vec![
        trouble(
            "no key",
            vec![("HARNESS_PLATFORM_API_KEY", String::new())],
            "Plan made without access to Harness",
            &["HARNESS_PLATFORM_API_KEY", "`platform_api_key`"],
            "The provider has no API key or no account id",
        ),
        trouble(
            "an expired key",
            vec![("HARNESS_PLATFORM_API_KEY", expired)],
            "Harness refused the API key",
            &["HARNESS_PLATFORM_API_KEY", "`platform_api_key`"],
            "Harness refused the API key",
        ),
        trouble(
            "no listener",
            endpoint(&closed),
            "Harness cannot be reached: connection refused",
            network,
            "Harness cannot be reached: connection refused",
        ),
        trouble(
            "an unknown host",
            endpoint("https://nowhere.invalid"),
            "Harness cannot be reached: unknown host name",
            network,
            "Harness cannot be reached: unknown host name",
        ),
        trouble(
            "no TLS",
            endpoint(&no_tls),
            "Harness cannot be reached: no secure connection",
            network,
            "Harness cannot be reached: no secure connection",
        ),
        Trouble {
            firewall: true,
            ..trouble(
                "a firewall",
                Vec::new(),
                "HTTP 403 from something in front of Harness",
                &["IP allowlists"],
                "HTTP 403 from something in front of Harness",
            )
        },
    ]
}

impl Trouble {
    /// Runs a command with the problem.
    fn run(&self, workspace: &Workspace, arguments: &[&str]) -> Run {
        if self.firewall {
            workspace.script(Fault::anywhere(Action::Html(403)).times(0));
        }
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let run = workspace.run_with(&variables, arguments);
        workspace.platform.clear_faults();
        run
    }

    /// Asserts that each connector has its error, and that one of them explains what the others only mention.
    #[track_caller]
    fn is_explained_once(&self, run: &Run, summary: &str) {
        let what = self.what;
        let errors: Vec<Finding> = run
            .diagnostics()
            .into_iter()
            .filter(|found| found.severity == "error")
            .collect();
        assert_eq!(errors.len(), COUNT, "{what}: {run}");
        assert!(
            errors.iter().all(|error| error.summary == summary),
            "{what}: {run}"
        );
        for error in &errors {
            assert!(error.detail.contains(&doctor()), "{what}: {}", error.detail);
        }
        let (others, explained): (Vec<_>, Vec<_>) = errors
            .iter()
            .partition(|error| error.detail.contains(", as explained for connector \"r"));
        assert_eq!(explained.len(), 1, "{what}: {run}");
        for name in self.names {
            assert!(
                explained[0].detail.contains(name),
                "{what}: {}",
                explained[0].detail
            );
        }
        let mut named = BTreeSet::new();
        let mut own = BTreeSet::new();
        for other in others {
            // The outcome for the connector comes before it.
            let reason = other.detail.split("\n\n").last().unwrap_or_default();
            let (connector, rest) = reason.split_once(": ").expect("it names its connector");
            let rest = rest
                .strip_prefix(self.cause)
                .unwrap_or_else(|| panic!("{what}: {}", other.detail));
            let first = rest
                .strip_prefix(", as explained for ")
                .expect("it names another");
            let (first, _) = first.split_once('.').expect("a sentence ends");
            named.insert(first.to_owned());
            own.insert(connector.replace("Connector", "connector"));
        }
        assert_eq!(named.len(), 1, "{what}: {named:?}");
        assert_eq!(own.len(), COUNT - 1, "{what}: {own:?}");
        assert!(own.is_disjoint(&named), "{what}: {named:?} {own:?}");
    }
}

/// Returns the command that diagnostics recommend.
fn doctor() -> String {
    format!(
        "`{} doctor`",
        env!("CARGO_BIN_EXE_terraform-provider-harness")
    )
}

const PLAN: [&str; 3] = ["plan", "-json", "-input=false"];

#[test]
fn a_plan_that_could_ask_nothing_says_so_once_and_strictly_fails() {
    let workspace = Workspace::new();
    for trouble in troubles(&workspace) {
        let what = trouble.what;
        for (settings, severity) in [("", "warning"), ("strict = true", "error")] {
            workspace.write(&configuration(settings));
            let run = trouble.run(&workspace, &PLAN);
            let found = run.diagnostics();
            assert_eq!(found.len(), 1, "{what}, {settings}: {run}");
            assert_eq!(found[0].severity, severity, "{what}: {run}");
            let mut parts = vec!["checked offline only", "plan_checks = false"];
            parts.extend(trouble.names);
            found[0].says(trouble.warning, &parts);
            assert!(found[0].detail.contains(&doctor()), "{what}: {run}");
            if severity == "error" {
                run.failed();
            } else {
                assert_eq!(run.succeeded().actions().len(), COUNT, "{what}");
            }
        }
        for settings in [
            "plan_checks = false",
            "plan_checks = false\n  strict = true",
        ] {
            workspace.write(&configuration(settings));
            let run = trouble.run(&workspace, &PLAN).succeeded();
            assert_eq!(run.diagnostics(), [], "{what}, {settings}: {run}");
        }
    }
}

#[test]
fn a_plan_that_changes_nothing_needs_no_access() {
    let workspace = Workspace::new();
    workspace.write(&configuration("strict = true"));
    workspace.apply();
    let offline = [
        "plan",
        "-json",
        "-input=false",
        "-refresh=false",
        "-detailed-exitcode",
    ];
    for trouble in troubles(&workspace) {
        let run = trouble.run(&workspace, &offline).succeeded();
        assert_eq!(run.diagnostics(), [], "{}: {run}", trouble.what);
    }
    // They change, or one is destroyed.
    let key = [("HARNESS_PLATFORM_API_KEY", "")];
    for (from, to, action) in [
        (
            "  url_type",
            "  description = \"New\"\n  url_type",
            "update",
        ),
        ("range(20)", "range(19)", "delete"),
    ] {
        workspace.write(&configuration("").replace(from, to));
        let run = workspace.run_with(&key, &offline).finds_changes();
        assert!(
            run.actions().values().all(|planned| planned == action),
            "{run}"
        );
        run.warning().says(
            "Plan made without access to Harness",
            &["HARNESS_PLATFORM_API_KEY"],
        );
    }
}

#[test]
fn the_warning_of_a_run_is_one_that_terraform_shows() {
    let workspace = Workspace::new();
    workspace.write(&configuration(""));
    workspace.apply();
    // For the replacements of twenty connectors, Terraform shows only errors; one more connector is new.
    workspace.write(&configuration("").replace("range(20)", "range(21)"));
    let replaced: Vec<_> = (0..COUNT)
        .map(|number| format!("-replace={TYPE}.each[\"r{number:02}\"]"))
        .collect();
    let mut arguments = vec!["plan", "-json", "-input=false", "-refresh=false"];
    arguments.extend(replaced.iter().map(String::as_str));
    let run = workspace
        .run_with(&[("HARNESS_PLATFORM_API_KEY", "")], &arguments)
        .succeeded();
    assert_eq!(run.actions().len(), COUNT + 1, "{run}");
    let warning = run.warning();
    assert_eq!(warning.address, format!("{TYPE}.each[\"r20\"]"), "{run}");
}

#[test]
fn a_common_problem_is_explained_once_per_command() {
    let workspace = Workspace::new();
    workspace.write(&configuration(""));
    workspace.save_plan();
    let saved = ["apply", "-json", "-input=false", "saved.tfplan"];
    for trouble in troubles(&workspace) {
        let run = trouble.run(&workspace, &saved).failed();
        // A firewall's response does not say what was done.
        let (summary, kept) = match trouble.what {
            "no key" => ("No access to Harness", 0),
            "a firewall" => ("The connector may have been created", COUNT),
            _ => ("Connector was not created", 0),
        };
        trouble.is_explained_once(&run, summary);
        assert_eq!(workspace.state().len(), kept, "{}", trouble.what);
        // The state has another serial number, so Terraform requires a new plan.
        workspace.save_plan();
    }

    workspace.apply_saved_plan().succeeded();
    let before = workspace.state();
    for trouble in troubles(&workspace) {
        let run = trouble.run(&workspace, &PLAN).failed();
        let summary = if trouble.what == "no key" {
            "No access to Harness"
        } else {
            "Connector could not be read"
        };
        trouble.is_explained_once(&run, summary);
        assert_eq!(workspace.state(), before);
    }

    for trouble in troubles(&workspace) {
        workspace
            .run(&["plan", "-destroy", "-input=false", "-out=saved.tfplan"])
            .succeeded();
        let run = trouble.run(&workspace, &saved).failed();
        let summary = if trouble.what == "no key" {
            "No access to Harness"
        } else {
            "Connector was not deleted"
        };
        trouble.is_explained_once(&run, summary);
        assert_eq!(workspace.state(), before, "{}", trouble.what);
    }
}

#[test]
fn a_missing_permission_is_explained_once_for_each_scope() {
    let workspace = Workspace::new();
    let connector = |scope: &str, number: usize| {
        format!(
            "resource \"{TYPE}\" \"{}{number}\" {{\n  name = \"c{number}\"\n  {scope}\n  url_type = \"Repository\"\n  \
             connection_type = \"HTTP\"\n  url = \"https://bitbucket.org/acme/web.git\"\n  credentials {{\n    http {{\n      \
             username = \"jdoe\"\n      password_ref = \"account.bitbucket_token\"\n    }}\n  }}\n}}\n",
            if scope.is_empty() { "account" } else { "org" }
        )
    };
    let connectors: Vec<_> = (0..3)
        .flat_map(|number| {
            [
                connector("", number),
                connector("org_id = \"platform\"", number),
            ]
        })
        .collect();
    workspace.write(&connectors.concat());
    workspace.apply();
    workspace.set(&json!({"denied_permissions": {"developer": ["core_connector_view"]}}));
    let run = workspace.run(&PLAN).failed();
    let errors = run.diagnostics();
    assert_eq!(errors.len(), 6, "{run}");
    for scope in ["account", "org"] {
        let of_scope = errors
            .iter()
            .filter(|error| error.address.contains(&format!(".{scope}")));
        let explained = of_scope.filter(|error| !error.detail.contains("as explained for"));
        let explained: Vec<_> = explained.collect();
        assert_eq!(explained.len(), 1, "{scope}: {run}");
        assert!(
            explained[0].detail.contains("it lacks core_connector_view"),
            "{run}"
        );
    }
}

#[test]
fn the_command_in_a_finding_works_where_init_has_put_the_program() {
    let workspace = Workspace::new();
    let installed = "providers/registry.terraform.io/harness-rs/harness/9.9.9";
    let platform = format!("{}_{}", go_os(), go_arch());
    let directory = workspace
        .path()
        .join("mirror")
        .join(installed.trim_start_matches("providers/"))
        .join(&platform);
    std::fs::create_dir_all(&directory).expect("the directory can be made");
    let program = directory.join(format!(
        "terraform-provider-harness_v9.9.9{}",
        std::env::consts::EXE_SUFFIX
    ));
    std::fs::copy(env!("CARGO_BIN_EXE_terraform-provider-harness"), &program)
        .expect("the program can be copied");
    workspace.write_file(
        "cli.tfrc",
        &format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = {}\n  }}\n}}\n",
            json!(workspace.path().join("mirror").to_str())
        ),
    );
    workspace.write_file(
        "versions.tf",
        "terraform {\n  required_providers {\n    harness = {\n      source = \"registry.terraform.io/harness-rs/harness\"\n    }\n  }\n}\n",
    );
    workspace.write(&configuration(""));
    workspace.run(&["init", "-input=false"]).succeeded();
    let run = workspace
        .run_with(&[("HARNESS_PLATFORM_API_KEY", "")], &PLAN)
        .succeeded();
    let detail = run.warning().detail;
    let (_, command) = detail.split_once("run `").expect("it names a command");
    let (command, _) = command.split_once('`').expect("the command ends");
    assert!(command.ends_with(" doctor"), "{command}");
    assert!(
        command.contains("terraform-provider-harness_v9.9.9"),
        "{command}"
    );
    if cfg!(unix) {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(workspace.path())
            .env_remove("HARNESS_PLATFORM_API_KEY")
            .output()
            .expect("there is a shell");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            said.contains("HARNESS_PLATFORM_API_KEY is not set"),
            "{command}: {said}"
        );
    }
}

fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
