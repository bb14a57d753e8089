//! `terraform-provider-harness export` with the built program: exit codes, where the files and the report are written,
//! and unusual accounts.
//!
//! The contents of the files are tested next to their code, and with the plans of real hosts in `terraform::export`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use harness_sandbox::{Action, Answer, Fault, Kind, Running, Scope};
use serde_json::{Value, json};

use crate::doctor::sandbox;
use crate::subcommand::Subcommand;

fn connectors(platform: &Running) -> Vec<String> {
    let state = platform.state();
    let connectors = state["connectors"].as_array().unwrap();
    let ids = connectors
        .iter()
        .map(|item| &item["connector"]["identifier"]);
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn standard_output_has_one_configuration_and_standard_error_the_report() {
    let platform = sandbox();
    let exporter = Subcommand::new("export").at(&platform);
    let export = exporter.run(&[]).succeeded();
    for expected in [
        "# terraform {\n#   required_providers {\n",
        "\nimport {\n  to = harness_bitbucket_connector.bitbucket_cloud\n  id = \"bitbucket_cloud\"\n}\n",
        "\nresource \"harness_bitbucket_connector\" \"bitbucket_cloud\" {\n",
    ] {
        assert!(
            export.stdout.contains(expected),
            "{expected}\n{}",
            export.stdout
        );
    }
    assert!(
        export
            .stderr
            .starts_with("4 connectors exported, from 1 scope."),
        "{}",
        export.stderr
    );
    let report = export.stderr.split_whitespace().collect::<Vec<_>>();
    let report = report.join(" ");
    assert!(
        report.contains("Add `--recursive` to include them"),
        "{report}"
    );
    assert_eq!(exporter.files("."), [""; 0]);
}

#[test]
fn a_scope_is_exported_with_or_without_what_is_below() {
    let platform = sandbox();
    let exporter = Subcommand::new("export").at(&platform);
    for (arguments, connectors, scopes) in [
        (&["--org", "platform"][..], 2, 1),
        (&["--org", "platform", "--recursive"], 8, 3),
        (&["--org", "platform", "--project", "payments"], 2, 1),
        (&["--recursive"], 12, 6),
        (&["--org", "default", "--recursive"], 0, 2),
    ] {
        let json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let export = exporter.run(&json).succeeded();
        assert_eq!(export.stderr, "");
        let report: Value = serde_json::from_str(&export.stdout).unwrap();
        assert_eq!(
            report["connectors"].as_array().unwrap().len(),
            connectors,
            "{arguments:?}"
        );
        assert_eq!(report["scopes"], scopes, "{arguments:?}");
        let files = report["files"].as_array().unwrap();
        assert_eq!(files.is_empty(), connectors == 0, "{report:#}");
        assert!(files.iter().all(|file| file["text"].is_string()));
    }
}

#[test]
fn only_a_new_directory_gets_the_provider_requirement() {
    let platform = sandbox();
    let exporter = Subcommand::new("export").at(&platform);
    let export = exporter.run(&["--out", "a b/new"]).succeeded();
    assert_eq!(
        exporter.files("a b/new"),
        ["connectors.tf", "imports.tf", "versions.tf"]
    );
    assert!(export.stdout.contains("cd 'a b/new'"), "{}", export.stdout);
    assert_eq!(export.stderr, "");
    fs::create_dir(exporter.path("old")).unwrap();
    fs::write(exporter.path("old/main.tf"), "").unwrap();
    exporter.run(&["--out=old"]).succeeded();
    assert_eq!(
        exporter.files("old"),
        ["connectors.tf", "imports.tf", "main.tf"]
    );

    // Nothing is requested from Harness if nothing could be written.
    platform.clear_requests();
    let before = exporter.text("old/connectors.tf");
    exporter
        .run(&["--out=old", "--recursive"])
        .failed(&["old/", "exists, and `export` never overwrites a file"]);
    exporter
        .run(&["--out=old/main.tf"])
        .failed(&["old/main.tf"]);
    assert!(platform.requests().is_empty());
    assert_eq!(exporter.text("old/connectors.tf"), before);
}

#[test]
fn an_empty_account_is_no_failure_and_writes_no_file() {
    let platform = sandbox();
    for scope in [Scope::account(), Scope::organization("platform")] {
        for identifier in connectors(&platform) {
            // It is in at most one of the scopes.
            let _ = platform.delete(Kind::Connector, &scope, &identifier);
        }
    }
    let exporter = Subcommand::new("export").at(&platform);
    let export = exporter.run(&["--out=new"]).succeeded();
    assert!(
        export
            .stdout
            .starts_with("0 connectors exported, from 1 scope."),
        "{export:#?}"
    );
    assert!(!exporter.path("new").exists());
    let export = exporter.run(&[]).succeeded();
    assert_eq!(export.stdout, "");
}

#[test]
fn many_connectors_are_read_page_by_page_and_exported_each_once() {
    let platform = sandbox();
    let payments = Scope::project("platform", "payments");
    let stored = platform.connector(&payments, "payments_repo").unwrap();
    let connector = &stored["connector"];
    for number in 0..250 {
        let identifier = format!("many_{number:03}");
        platform
            .put(Kind::Connector, &payments, &identifier, connector.clone())
            .unwrap();
    }
    let exporter = Subcommand::new("export").at(&platform);
    platform.clear_requests();
    exporter
        .run(&["--org=platform", "--project=payments", "--out=new"])
        .succeeded();
    let imports = exporter.text("new/imports.tf");
    assert_eq!(imports.matches("\nimport {").count(), 252);
    // The first request, about the project, and three pages.
    assert_eq!(platform.requests().len(), 4);
}

#[test]
fn without_access_nothing_is_exported_and_the_reason_is_said() {
    let platform = sandbox();
    let expired = format!(
        "pat.{}.000000000000000000000005.sandboxsandboxsandb0",
        platform.account_id()
    );
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    for (exporter, expected) in [
        (
            Subcommand::new("export").with("HARNESS_ENDPOINT", platform.endpoint()),
            "HARNESS_PLATFORM_API_KEY",
        ),
        (
            Subcommand::new("export")
                .at(&platform)
                .with("HARNESS_PLATFORM_API_KEY", expired),
            "Token is not valid",
        ),
        (
            Subcommand::new("export")
                .at(&platform)
                .with("HARNESS_ENDPOINT", format!("http://{address}")),
            "was refused",
        ),
    ] {
        let export = exporter
            .run(&["--recursive", "--out=new"])
            .failed(&[expected]);
        assert_eq!(export.stdout, "");
        assert!(!exporter.path("new").exists());
    }
    let exporter = Subcommand::new("export").at(&platform);
    exporter
        .run(&["--org=nope", "--recursive"])
        .failed(&["the organization \"nope\" does not exist"]);
    exporter
        .run(&["--org=platform", "--project=nope"])
        .failed(&["the project \"nope\" in the organization \"platform\" does not exist"]);
    exporter
        .run(&["--endpoint=nonsense"])
        .failed(&["`--endpoint`"]);
}

#[test]
fn an_export_fails_only_if_the_key_can_read_no_connector() {
    let platform = sandbox();
    let deny = |permissions: Value| {
        let denied = json!({"denied_permissions": {"developer": permissions}});
        platform.change_settings(&denied).unwrap();
    };
    deny(json!(["core_connector_view"]));
    let exporter = Subcommand::new("export").at(&platform);
    exporter
        .run(&["--recursive"])
        .failed(&["no connectors could be read", "core_connector_view"]);
    // Everything except one connector of one project, and neither organizations nor projects in lists.
    let ids = connectors(&platform)
        .into_iter()
        .filter(|id| id != "payments_repo");
    let denied = ids.map(|id| format!("core_connector_view:{id}"));
    deny(denied.collect());
    let export = exporter.run(&["--recursive"]).succeeded();
    assert!(
        export.stderr.starts_with("1 connector exported"),
        "{}",
        export.stderr
    );
    assert!(export.stderr.contains("Not read (5):"), "{}", export.stderr);
    assert!(
        export
            .stdout
            .contains("# Not read: connectors of the account."),
        "{}",
        export.stdout
    );
}

#[test]
fn a_connector_that_goes_while_pages_are_read_is_a_line_of_the_report() {
    let platform = sandbox();
    let listed = |index: u64, total: u64, identifiers: &[&str]| {
        let content: Vec<Value> = identifiers
            .iter()
            .map(|id| {
                let mut stored = platform
                    .connector(&Scope::account(), "bitbucket_cloud")
                    .unwrap();
                stored["connector"]["identifier"] = json!(id);
                stored
            })
            .collect();
        let data =
            json!({"content": content, "pageIndex": index, "totalPages": 2, "totalItems": total});
        let json = Some(json!({"status": "SUCCESS", "data": data}));
        let answer = Answer {
            json,
            ..Answer::default()
        };
        Fault::on("POST", "/ng/api/connectors/listV2", Action::Answer(answer))
    };
    // The first request checks the access.
    platform
        .script([
            listed(0, 4, &["a"]),
            listed(0, 4, &["a", "b"]),
            listed(1, 3, &["d"]),
        ])
        .unwrap();
    let export = Subcommand::new("export").at(&platform).run(&[]).succeeded();
    assert!(
        export.stderr.starts_with("3 connectors exported"),
        "{}",
        export.stderr
    );
    assert!(
        export
            .stderr
            .contains("Not read (1):\n  connectors of the account: "),
        "{}",
        export.stderr
    );
}

#[test]
fn a_walk_that_fails_in_the_middle_writes_nothing() {
    let platform = sandbox();
    let answer = Answer {
        status: 401,
        json: Some(
            json!({"status": "ERROR", "code": "INVALID_TOKEN", "message": "Token is not valid."}),
        ),
        ..Answer::default()
    };
    let fault = Fault::on("POST", "/ng/api/connectors/listV2", Action::Answer(answer));
    platform.script([fault.after(3).times(0)]).unwrap();
    let exporter = Subcommand::new("export").at(&platform);
    exporter.run(&["--recursive", "--out=new"]).failed(&[
        "Token is not valid",
        "Check HARNESS_PLATFORM_API_KEY and `--account-id`",
    ]);
    assert!(!exporter.path("new").exists());
}

#[test]
fn a_failure_names_options_of_the_command_and_none_of_the_provider() {
    let platform = sandbox();
    let page = Answer {
        status: 502,
        body: Some("<html>Bad gateway</html>".to_owned()),
        ..Answer::default()
    };
    let fault = Fault::on("POST", "/ng/api/connectors/listV2", Action::Answer(page));
    platform.script([fault.times(0)]).unwrap();
    let export = Subcommand::new("export").at(&platform).run(&[]);
    let export = export.failed(&["Check `--endpoint` (HARNESS_ENDPOINT), the proxy settings"]);
    assert!(!export.stderr.contains("provider's"), "{}", export.stderr);
}

#[test]
fn an_output_that_is_closed_is_a_failure() {
    let platform = sandbox();
    let exporter = Subcommand::new("export").at(&platform);
    let mut child = exporter
        .command(&["--recursive"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("the output cannot be written"),
        "{complaint}"
    );
}

#[test]
fn a_file_that_is_no_state_is_called_by_its_name() {
    let platform = sandbox();
    let exporter = Subcommand::new("export").at(&platform);
    for (input, expected) in [
        (
            &b"hunter2hunter2hunter2"[..],
            "standard input is not a state: it is not JSON",
        ),
        (
            br#"{"format_version": "1.2", "planned_values": {}}"#,
            "it is a plan",
        ),
        (
            br#"{"version": 4, "lineage": "x"}"#,
            "standard input is Terraform's stored state, which `export` does not read; run `terraform show -json > FILE`",
        ),
    ] {
        exporter
            .fed(&["--from-official", "-"], input)
            .failed(&[expected]);
    }
    exporter
        .run(&["--from-official", "missing.json"])
        .failed(&["missing.json does not exist. Run `terraform show -json > FILE`"]);
    assert!(platform.requests().is_empty());
    let export = exporter
        .fed(&["--from-official", "-"], br#"{"format_version": "1.0"}"#)
        .succeeded();
    assert_eq!(export.stdout, "");
    let said = "the state has no harness_platform_connector_bitbucket resources";
    assert!(export.stderr.contains(said), "{}", export.stderr);
}

#[test]
fn the_help_is_written_without_access() {
    let export = Subcommand::new("export").run(&["--help"]).succeeded();
    assert!(export.stdout.contains("--recursive"));
    Subcommand::new("export")
        .run(&["--recursiv"])
        .failed(&["`--recursiv`", "`export --help` lists"]);
}
