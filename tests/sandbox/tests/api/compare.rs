//! `harness-sandbox compare`: one sandbox acts as the account, and the program compares it with its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use harness_sandbox::{Action, Answer, Fault, Kind, Options, Running, Sandbox, Scope};
use serde_json::{Value, json};

fn account() -> Running {
    Sandbox::start(Options::default()).unwrap()
}

fn compare(account: &Running, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness-sandbox"));
    command
        .arg("compare")
        .args(arguments)
        .env("HARNESS_ENDPOINT", account.endpoint() + "/")
        .env("HARNESS_PLATFORM_API_KEY", account.api_key())
        .env_remove("HARNESS_ACCOUNT_ID")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Returns the output, and checks that it never contains the key.
#[track_caller]
fn said(account: &Running, output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    let secret = account.api_key().rsplit('.').next().unwrap();
    assert!(!text.contains(secret), "{text}");
    text
}

/// Returns the path of a file for this test, which does not exist yet.
fn record(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

/// Returns everything in the account that a comparison can create.
fn contents(account: &Running) -> Value {
    let state = account.state();
    json!([
        state["connectors"],
        state["secrets"],
        state["projects"],
        state["organizations"]
    ])
}

#[test]
fn two_sandboxes_do_not_differ_and_the_account_is_as_before() {
    let account = account();
    let before = contents(&account);
    let path = record("compare-same.json");
    let output = compare(&account, &["--record", path.to_str().unwrap()])
        .output()
        .unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("\nNo difference in "), "{text}");
    assert_eq!(contents(&account), before);
    let requests = account.requests();
    assert!(requests.len() >= 60, "{}", requests.len());
    // Nothing was refused because of the account, and all objects had names of their own.
    assert!(requests.iter().all(|request| request.key_known));

    let recorded = fs::read_to_string(&path).unwrap();
    let json: Value = serde_json::from_str(&recorded).unwrap();
    let recorded_requests = json["requests"].as_array().unwrap();
    assert!(recorded_requests.len() >= 60);
    let first = &recorded_requests[0];
    assert!(
        first["account"]["members"]["/data/valid"] == "boolean",
        "{first}"
    );
    // It contains no values from either side: no account, key, address, or name that was sent.
    let account_id = account.account_id();
    for value in [
        account_id,
        "sandboxsandboxsandb0",
        "127.0.0.1",
        "jdoe",
        "example",
    ] {
        assert!(!recorded.contains(value), "{value}");
    }
}

#[test]
fn planted_differences_are_found_in_status_codes_members_and_types() {
    let account = account();
    let before = contents(&account);
    let answer = |status: u16, json: Value| {
        Action::Answer(Answer {
            status,
            json: Some(json),
            ..Answer::default()
        })
    };
    let missing = json!({"status": "ERROR", "code": "ENTITY_NOT_FOUND", "message": "not here", "correlationId": "c",
        "detailedMessage": null, "responseMessages": [], "metadata": null});
    account
        .script([
            Fault {
                path_regex: Some("/connectors/no_".to_owned()),
                path: None,
                ..Fault::on("GET", "", answer(404, missing))
            },
            Fault::on(
                "POST",
                "/ng/api/delegate-setup/listDelegates",
                answer(200, json!({"metaData": {}, "resource": {}, "later": 1})),
            ),
            Fault::on("GET", "/ng/api/connectors/catalogue", Action::Html(502)),
        ])
        .unwrap();
    let path = record("compare-planted.json");
    let output = compare(&account, &["--record", path.to_str().unwrap()])
        .output()
        .unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for line in [
        "read a missing connector: GET /ng/api/connectors/no_{run}",
        "  HTTP status: 404 in the account, 400 in the sandbox",
        "  /code: ENTITY_NOT_FOUND in the account, RESOURCE_NOT_FOUND_EXCEPTION in the sandbox",
        "  /errors: absent in the account, null in the sandbox",
        "list delegates: POST /ng/api/delegate-setup/listDelegates",
        "  /later: number in the account, absent in the sandbox",
        "  /resource: object in the account, list in the sandbox",
        "read the catalogue: GET /ng/api/connectors/catalogue",
        "  media type: text/html in the account, application/json in the sandbox",
        "Differences in 3 of ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("not here"), "{text}");
    let recorded: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let requests = recorded["requests"].as_array().unwrap();
    let different = requests.iter().filter(|it| it["differences"] != json!([]));
    assert_eq!(different.count(), 3);
    assert_eq!(contents(&account), before);
}

#[test]
fn a_failed_comparison_cleans_up_and_lists_what_is_left() {
    let account = account();
    let before = contents(&account);
    account
        .script([Fault::on(
            "GET",
            "/ng/api/connectors/stats",
            Action::ResetBefore,
        )])
        .unwrap();
    let output = compare(&account, &["--org", "platform"]).output().unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("count connectors: GET /ng/api/connectors/stats"),
        "{text}"
    );
    assert_eq!(contents(&account), before);

    account.clear_faults();
    let mut fault = Fault::on("DELETE", "", Action::Html(503)).times(0);
    fault.path = None;
    fault.path_regex = Some("/v2/secrets/cmp_.*_username".to_owned());
    account.script([fault]).unwrap();
    let output = compare(&account, &[]).output().unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let left = "Could not be removed, and is still in the account: secret cmp_";
    assert_eq!(text.matches(left).count(), 1, "{text}");
    assert!(text.contains("_username (HTTP status 503)"), "{text}");
}

#[test]
fn a_key_without_permission_ends_the_comparison_at_once() {
    let account = account();
    let before = contents(&account);
    let denied = json!({"denied_permissions": {"developer": ["core_project_create"]}});
    account.change_settings(&denied).unwrap();
    let output = compare(&account, &[]).output().unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = "make a project: POST /ng/api/projects: HTTP status 403";
    assert!(text.contains(line), "{text}");
    let key = format!("pat.{}.x.y", account.account_id());
    let output = compare(&account, &[])
        .env("HARNESS_PLATFORM_API_KEY", key)
        .output()
        .unwrap();
    let text = said(&account, &output);
    assert!(text.contains("validate the key: "), "{text}");
    assert!(text.contains("HTTP status 401"), "{text}");
    assert!(account.requests().len() < 10);
    assert_eq!(contents(&account), before);
}

#[test]
fn an_existing_project_is_used_and_kept() {
    let account = account();
    let before = contents(&account);
    let output = compare(&account, &["--org=platform", "--project=website"])
        .output()
        .unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(contents(&account), before);
    let scope = Scope::organization("platform");
    assert!(account.object(Kind::Project, &scope, "website").is_some());
    let projects = account.requests().into_iter();
    let mut projects = projects.filter(|it| it.path.starts_with("/ng/api/projects"));
    assert!(projects.all(|it| it.method == "GET" || it.status != Some(200)));
}

#[cfg(unix)]
#[test]
fn ctrl_c_removes_what_was_made_so_far() {
    let account = account();
    let before = contents(&account);
    account
        .script([Fault::on(
            "GET",
            "/ng/api/connectors/catalogue",
            Action::Hang,
        )])
        .unwrap();
    let child: Child = compare(&account, &[]).spawn().unwrap();
    let hangs = || {
        let requests = account.requests();
        requests.iter().any(|it| it.path.ends_with("/catalogue"))
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !hangs() {
        assert!(std::time::Instant::now() < deadline, "it never got there");
        std::thread::yield_now();
    }
    assert_ne!(contents(&account), before);
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = said(&account, &output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("the comparison stopped: interrupted"),
        "{text}"
    );
    assert_eq!(contents(&account), before);
}

#[test]
fn a_dry_run_prints_the_requests_and_a_missing_key_is_named() {
    let account = account();
    let output = compare(&account, &["--dry-run"]).output().unwrap();
    let text = said(&account, &output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("create a connector over SSH: POST /ng/api/connectors\n"));
    assert!(account.requests().is_empty());
    let output = compare(&account, &[])
        .env_remove("HARNESS_PLATFORM_API_KEY")
        .output()
        .unwrap();
    assert!(said(&account, &output).contains("HARNESS_PLATFORM_API_KEY is not set"));
    assert_eq!(output.status.code(), Some(1));
    let output = compare(&account, &["--help"]).output().unwrap();
    assert!(said(&account, &output).contains("--record FILE"));
    let output = compare(&account, &["--recrod"]).output().unwrap();
    assert!(said(&account, &output).contains("unknown argument \"--recrod\""));
}
