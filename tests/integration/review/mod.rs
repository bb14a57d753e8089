//! `terraform-provider-harness review` with the built program: files, exit codes, and the users that the sandbox knows.
//!
//! The contents of reports are tested next to their code, and with plans of the real Terraform in `terraform::review`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::net::TcpListener;

use harness_sandbox::{Action, Answer, Fault};
use serde_json::{Value, json};

use crate::doctor::{MARK, sandbox};
use crate::subcommand::Subcommand;

/// A connector of the sandbox's account that a pipeline uses.
const USED: &str = "payments_repo";

/// Returns the command with this plan in `plan.json`.
fn reviewing(plan: &Value) -> Subcommand {
    Subcommand::new("review").file("plan.json", plan.to_string())
}

/// Returns why the command refuses these arguments.
fn refused(reviewer: &Subcommand, arguments: &[&str]) -> String {
    let review = reviewer.run(arguments);
    assert_eq!(
        (review.code, review.stdout.as_str()),
        (1, ""),
        "{arguments:?}"
    );
    review.stderr
}

/// Returns a connector of a project in the sandbox's account, with a sensitive description.
fn connector(identifier: &str) -> Value {
    json!({
        "identifier": identifier, "name": identifier, "org_id": "platform", "project_id": "payments",
        "id": format!("platform/payments/{identifier}"), "ref": identifier, "description": MARK,
        "url_type": "Repository", "url": "https://bitbucket.org/example-works/payments.git",
    })
}

/// Returns the update of a text of such a connector in place.
fn updated(identifier: &str, setting: &str) -> Value {
    let before = connector(identifier);
    let mut after = before.clone();
    after[setting] = json!("Changed");
    json!({
        "address": format!("harness_bitbucket_connector.{identifier}"), "mode": "managed",
        "type": "harness_bitbucket_connector",
        "change": {"actions": ["update"], "before": before, "after": after,
            "before_sensitive": {"description": true}, "after_sensitive": {"description": true}},
    })
}

fn destroying(identifiers: &[&str]) -> Value {
    let changes = identifiers.iter().map(|identifier| {
        json!({
            "address": format!("harness_bitbucket_connector.{identifier}"), "mode": "managed",
            "type": "harness_bitbucket_connector",
            "change": {"actions": ["delete"], "before": connector(identifier), "after": null,
                "before_sensitive": {"description": true}},
        })
    });
    json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes.collect::<Vec<_>>()})
}

/// Returns a plan that updates this setting of so many connectors, and then destroys one that is in use.
fn destroying_after(updates: usize, setting: &str) -> Value {
    let mut plan = destroying(&[USED]);
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    for number in 0..updates {
        changes.insert(0, updated(&format!("a{number:03}"), setting));
    }
    plan
}

#[test]
fn users_are_looked_up_each_once_and_named_with_their_place() {
    let platform = sandbox();
    let reviewer = reviewing(&destroying(&[USED, "unused"])).at(&platform);
    let review = reviewer.run(&["plan.json"]);
    assert_eq!((review.code, review.stderr.as_str()), (0, ""));
    assert!(
        review
            .stdout
            .starts_with("Pipelines will break: 1 Bitbucket connector in use"),
        "{}",
        review.stdout
    );
    assert!(
        review
            .stdout
            .contains("Used by Pipeline \"Release payments\" (platform/payments)"),
        "{}",
        review.stdout
    );
    assert!(
        review.stdout.contains("No usage was found."),
        "{}",
        review.stdout
    );
    let requests = platform.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    for request in requests {
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("GET", "/ng/api/entitySetupUsage")
        );
    }
}

#[test]
fn of_a_large_plan_the_users_are_looked_up_who_would_notice() {
    let platform = sandbox();
    let plan = destroying_after(104, "name");
    let review = reviewing(&plan).at(&platform).run(&["plan.json"]);
    assert_eq!(review.code, 0, "{}", review.stderr);
    assert!(
        review.stdout.starts_with("Pipelines will break"),
        "{}",
        review.stdout
    );
    assert_eq!(platform.requests().len(), 100);
    let note = "The users of 5 more connectors were not looked up: the limit is 100.";
    assert!(
        review.stdout.ends_with(&format!("{note}\n")),
        "{}",
        review.stdout
    );
}

#[test]
fn one_destroyed_connector_in_use_among_many_harmless_changes_is_in_use() {
    let platform = sandbox();
    let plan = destroying_after(150, "description");
    let reviewer = reviewing(&plan).at(&platform);
    let review = reviewer.run(&["--fail-on=in-use", "plan.json"]);
    assert_eq!(review.code, 2, "{}", review.stdout);
    assert!(
        !review.stdout.contains("could not be checked"),
        "{}",
        review.stdout
    );

    // More connectors are destroyed than can be looked up.
    let many: Vec<String> = (0..103).map(|number| format!("b{number:03}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let review = reviewing(&destroying(&many))
        .at(&platform)
        .run(&["plan.json"]);
    for part in [
        "the users of 3 of them were not looked up",
        "The users of 3 more connectors were not looked up: the limit is 100.",
        "in-use could not be checked for 3 connectors",
    ] {
        let flowing = review.stdout.split_whitespace().collect::<Vec<_>>();
        assert!(
            flowing.join(" ").contains(part),
            "{part}: {}",
            review.stdout
        );
    }
}

#[test]
fn too_many_requests_are_waited_for_and_a_finding_needs_no_lookup() {
    let platform = sandbox();
    let limited = || Fault::anywhere(Action::Answer(Answer::status(429)));
    platform.script([limited().times(2)]).unwrap();
    let reviewer = reviewing(&destroying(&[USED, "other"])).at(&platform);
    let review = reviewer.run(&["--fail-on=in-use", "plan.json"]);
    assert_eq!(review.code, 2, "{}", review.stdout);
    assert!(!review.stdout.contains("429"), "{}", review.stdout);

    let detail = format!(
        "The connector \"{USED}\" of the project \"payments\" is to be destroyed. 1 entity of Harness refers to it:\n\
         - Pipeline \"Build\" (platform/payments)\n\nHarness refuses.\n(rule L01)"
    );
    let diagnostic =
        json!({"severity": "warning", "summary": "Connector is in use", "detail": detail});
    let line = json!({"@level": "warn", "type": "diagnostic", "diagnostic": diagnostic});
    let reviewer = reviewer.file("log.json", format!("{line}\n"));
    let review = reviewer.run(&[
        "--offline",
        "--log=log.json",
        "--fail-on=in-use",
        "plan.json",
    ]);
    assert_eq!(review.code, 2, "{}", review.stdout);
}

#[test]
fn connectors_of_another_account_are_not_looked_up() {
    let platform = sandbox();
    let mut plan = destroying(&[USED, "other"]);
    plan["resource_changes"][1]["change"]["before_identity"] = json!({"account_id": "theirs"});
    let review = reviewing(&plan).at(&platform).run(&["plan.json"]);
    let flowing = review
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let note = "The users of 1 connector in another account were not looked up: the API key is for the account";
    assert!(flowing.contains(note), "{flowing}");
    assert!(!flowing.contains("No usage was found"), "{flowing}");
    assert_eq!(platform.requests().len(), 1);

    // For a plan without identities, only the number of configurations is known.
    let mut plan = destroying(&[USED]);
    let address = "registry.terraform.io/harness-rs/harness";
    plan["resource_changes"][0]["provider_name"] = json!(address);
    let provider = json!({"name": "harness", "full_name": address});
    plan["configuration"] =
        json!({"provider_config": {"harness": provider, "harness.b": provider}});
    let review = reviewing(&plan).at(&platform).run(&["plan.json"]);
    let flowing = review
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        flowing.contains("The provider has 2 configurations"),
        "{flowing}"
    );
}

#[test]
fn an_option_that_cannot_be_used_ends_with_1_and_the_environment_does_not() {
    let reviewer = reviewing(&destroying(&[USED])).with("HARNESS_PLATFORM_API_KEY", "pat.a.b.c");
    for (arguments, message) in [
        (
            &["--endpoint", "not a url", "plan.json"][..],
            "`--endpoint` cannot be used: ",
        ),
        (
            &["--account-id", "", "plan.json"],
            "`--account-id` cannot be used: it is blank",
        ),
        (
            &["--ca-certificate-file", "nowhere.pem", "plan.json"],
            "`--ca-certificate-file` cannot be used: nowhere.pem does not exist. Write the path of a PEM file",
        ),
        (
            &["--ca-certificate-file", "plan.json", "plan.json"],
            "`--ca-certificate-file` cannot be used: plan.json contains no certificate",
        ),
        (
            &["--offline", "--endpoint", "ftp://x", "plan.json"],
            "`--endpoint` cannot be used: ",
        ),
    ] {
        let said = refused(&reviewer, arguments);
        assert!(said.contains(message), "{said}");
    }
    let review = reviewer
        .with("HARNESS_ENDPOINT", "not a url")
        .run(&["plan.json"]);
    assert_eq!(review.code, 0, "{}", review.stderr);
}

#[test]
fn what_occurs_of_fail_on_ends_with_2_and_nothing_else_does() {
    let platform = sandbox();
    let reviewer = reviewing(&destroying(&[USED])).at(&platform);
    for (words, code) in [
        ("destroyed", 2),
        ("in-use", 2),
        ("replaced,in-use", 2),
        ("replaced", 0),
        ("drift,warning,error", 0),
    ] {
        let review = reviewer.run(&["--fail-on", words, "--format=json", "plan.json"]);
        assert_eq!(review.code, code, "{words}: {}", review.stdout);
        let report: Value = serde_json::from_str(&review.stdout).unwrap();
        assert_eq!(report["occurs"], json!(["destroyed", "in-use"]));
    }
    let offline = reviewer.run(&["--fail-on=in-use", "--offline", "plan.json"]);
    assert_eq!(offline.code, 0, "{}", offline.stdout);
}

#[test]
fn without_access_to_harness_one_line_says_so_and_the_review_succeeds() {
    let platform = sandbox();
    let plan = destroying(&[USED, "other"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let key = || format!("sat.acct.id.{MARK}");
    for (reviewer, arguments, note) in [
        (
            reviewing(&plan),
            &["plan.json"][..],
            "Users were not looked up: HARNESS_PLATFORM_API_KEY is not set.",
        ),
        (
            reviewing(&plan).at(&platform),
            &["--offline", "plan.json"],
            "Users were not looked up (--offline).",
        ),
        (
            reviewing(&plan)
                .with("HARNESS_PLATFORM_API_KEY", key())
                .with("HARNESS_ENDPOINT", format!("http://{closed}")),
            &["plan.json"],
            "The users of 2 connectors could not be looked up: ",
        ),
        (
            reviewing(&plan)
                .with("HARNESS_PLATFORM_API_KEY", key())
                .with("HARNESS_ENDPOINT", platform.endpoint()),
            &["plan.json"],
            "The users of 2 connectors could not be looked up: ",
        ),
        (
            reviewing(&plan).with("HARNESS_PLATFORM_API_KEY", MARK),
            &["plan.json"],
            "Users were not looked up. The environment variable HARNESS_PLATFORM_API_KEY cannot be used: ",
        ),
        (
            reviewing(&plan)
                .with("HARNESS_PLATFORM_API_KEY", key())
                .with("HTTPS_PROXY", "socks5://h"),
            &["plan.json"],
            "Users were not looked up. ",
        ),
    ] {
        let review = reviewer.run(arguments);
        assert_eq!(
            (review.code, review.stderr.as_str()),
            (0, ""),
            "{}",
            review.stdout
        );
        let flowing = review
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(flowing.matches(note).count(), 1, "{note}: {flowing}");
        assert!(
            flowing.starts_with(
                "2 Bitbucket connectors are destroyed or replaced; users were not looked up."
            ),
            "{flowing}"
        );
    }
}

#[test]
fn a_slow_platform_costs_one_time_limit_in_total() {
    let platform = sandbox();
    platform
        .script([Fault::anywhere(Action::Hang).times(0)])
        .unwrap();
    let identifiers: Vec<String> = (0..40).map(|number| format!("c{number}")).collect();
    let identifiers: Vec<&str> = identifiers.iter().map(String::as_str).collect();
    let begin = std::time::Instant::now();
    let review = reviewing(&destroying(&identifiers))
        .at(&platform)
        .run(&["plan.json"]);
    assert!(begin.elapsed().as_secs() < 15, "{:?}", begin.elapsed());
    assert!(
        review
            .stdout
            .contains("The users of 40 connectors could not be"),
        "{}",
        review.stdout
    );
}

#[test]
fn the_plan_is_read_from_standard_input_and_in_utf_16() {
    let plan = destroying(&[USED]).to_string();
    let reviewer = reviewing(&json!({}));
    let wide: Vec<u8> = std::iter::once(0xFEFF)
        .chain(plan.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for input in [plan.as_bytes(), &wide] {
        for arguments in [&["--offline"][..], &["--offline", "-"]] {
            let review = reviewer.fed(arguments, input);
            assert_eq!((review.code, review.stderr.as_str()), (0, ""));
            assert!(review.stdout.contains("payments_repo"), "{}", review.stdout);
        }
    }
}

#[test]
fn a_failure_ends_with_1_and_says_what_to_do_on_standard_error() {
    let reviewer = reviewing(&destroying(&[]))
        .file("broken.json", format!("{{\"a\": \"{MARK}\", {MARK}}}"))
        .file("state.json", r#"{"format_version":"1.0","values":{}}"#)
        .file("empty.json", "")
        .file("plan.bin", b"PK\x03\x04\xff")
        .file("log.json", "{\"@level\":\"info\"}\n");
    for (arguments, message) in [
        (
            &["nowhere.json"][..],
            "nowhere.json does not exist. Write the plan with `terraform plan -out",
        ),
        (
            &["broken.json"],
            "broken.json is not a plan: it is not JSON (line 1, column ",
        ),
        (
            &["state.json"],
            "state.json is not a plan: it is the current state",
        ),
        (&["plan.bin"], "plan.bin is not a plan: it is a saved plan"),
        (
            &["log.json"],
            "log.json is not a plan: it is the output of `terraform plan -json`",
        ),
        (
            &["empty.json"],
            "empty.json is not a plan: it is empty. Write the plan with `terraform plan -out=plan.bin`",
        ),
        (&[], "standard input is not a plan: it is empty"),
        (
            &["--log=plan.json", "plan.json"],
            "plan.json is not a log: it is a plan",
        ),
        (
            &["--log=nowhere.json", "plan.json"],
            "nowhere.json does not exist. Write it with `terraform plan -json >log.json`",
        ),
        (
            &["--fail-on=replace", "plan.json"],
            "did you mean `replaced`?",
        ),
        (&["--format=html", "plan.json"], "\"html\" is not a format"),
        (
            &["--fast"],
            "`--fast` is not an option; `review --help` lists the options",
        ),
    ] {
        let said = refused(&reviewer, arguments);
        assert!(
            said.starts_with("terraform-provider-harness review: "),
            "{said}"
        );
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let help = reviewer.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("--fail-on"));
}

#[test]
fn a_plan_that_failed_early_is_reviewed_by_its_log_alone() {
    let diagnostic = json!({"severity": "error", "summary": "Name is empty", "detail": "Write one.\n(rule N01)",
        "address": "harness_bitbucket_connector.x",
        "range": {"filename": "main.tf", "start": {"line": 3, "column": 5}, "end": {"line": 3, "column": 9}}});
    let line = json!({"@level": "error", "type": "diagnostic", "diagnostic": diagnostic});
    let reviewer = reviewing(&json!({}))
        .file("plan.json", "")
        .file("log.json", format!("{line}\n{line}\nError: cut"));
    let review = reviewer.run(&["--log", "log.json", "--fail-on", "error", "plan.json"]);
    assert_eq!((review.code, review.stderr.as_str()), (2, ""));
    assert!(
        review.stdout.starts_with("Planning failed"),
        "{}",
        review.stdout
    );
    assert_eq!(
        review.stdout.matches("Name is empty").count(),
        1,
        "{}",
        review.stdout
    );
    assert!(
        review
            .stdout
            .contains("1 line of the log could not be read"),
        "{}",
        review.stdout
    );
}
