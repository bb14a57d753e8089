//! `terraform-provider-harness doctor` in typical situations, with the built program and the sandbox.
//!
//! Each situation is one environment. The tests check the exit code, which check reports a problem, and its remedy. The
//! key in every environment is marked, and the program's whole output is searched for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

pub(crate) mod certificates;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use harness_sandbox::{Account, Action, Answer, Fault, Kind, Options, Running, Sandbox, Scope};
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::troubleshooting;
use certificates::TlsServer;

/// A text that reveals a key that appears where it must not.
pub(crate) const MARK: &str = "hunter2hunter2hunter2";

/// A run of the program, with nothing in its environment except what a test sets.
#[derive(Default)]
struct Patient {
    variables: BTreeMap<&'static str, OsString>,
    arguments: Vec<String>,
}

/// The result of a run.
#[derive(Debug)]
struct Visit {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Patient {
    /// Sets the variables for this sandbox.
    fn of(platform: &Running) -> Self {
        Self::default()
            .with("HARNESS_ENDPOINT", platform.endpoint())
            .with("HARNESS_PLATFORM_API_KEY", platform.api_key())
    }

    fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(variable, value.into());
        self
    }

    fn without(mut self, variable: &str) -> Self {
        self.variables.remove(variable);
        self
    }

    fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Runs the program. Its output must not contain any part of a key.
    fn visit(&self, more: &[&str]) -> Visit {
        let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-harness"))
            .arg("doctor")
            .args(&self.arguments)
            .args(more)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let visit = Visit {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!visit.stdout.contains(MARK), "{}", visit.stdout);
        assert!(!visit.stderr.contains(MARK), "{}", visit.stderr);
        troubleshooting::note(&visit.stdout);
        visit
    }

    /// Returns the JSON report and the exit code. The text for people must say the same.
    fn report(&self) -> (Report, i32) {
        let text = self.visit(&[]);
        let visit = self.visit(&["--json"]);
        assert_eq!(visit.stderr, "");
        assert_eq!(text.code, visit.code);
        let report = Report(serde_json::from_str(&visit.stdout).unwrap());
        // The two reports differ only in request ids and line breaks.
        let words = |text: &str| {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            words.retain(|word| word.trim_end_matches(')').len() != 36);
            words.join(" ")
        };
        let text = words(&text.stdout);
        for check in report.0["checks"].as_array().unwrap() {
            let found = words(check["found"].as_str().unwrap());
            assert!(text.contains(&found), "{found} is not in {text}");
        }
        (report, visit.code)
    }
}

struct Report(Value);

impl Report {
    fn check(&self, id: &str) -> &Value {
        let checks = self.0["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).unwrap()
    }

    fn state(&self, id: &str) -> &str {
        self.check(id)["state"].as_str().unwrap()
    }

    /// Returns the checks in this state, in order.
    fn in_state(&self, state: &str) -> Vec<&str> {
        let checks = self.0["checks"].as_array().unwrap().iter();
        checks
            .filter(|check| check["state"] == state)
            .map(|check| check["id"].as_str().unwrap())
            .collect()
    }

    /// Asserts that a check's result and remedy contain all of these texts.
    fn says(&self, id: &str, expected: &[&str]) {
        let check = self.check(id);
        let text = format!("{}\n{}", check["found"], check["remedy"]);
        for expected in expected {
            assert!(text.contains(expected), "{expected:?} is not in {text}");
        }
    }
}

/// Starts a sandbox with a marked first key.
pub(crate) fn sandbox() -> Running {
    let mut account = Account::built_in().unwrap();
    let key = &mut account.keys[0];
    let (rest, _) = key.token.rsplit_once('.').unwrap();
    key.token = format!("{rest}.{MARK}");
    let options = Options {
        account: Some(account),
        ..Options::default()
    };
    Sandbox::start(options).unwrap()
}

/// Returns the name of the first key in the sandbox's settings.
fn key_name() -> String {
    Account::built_in().unwrap().keys[0].name.clone()
}

#[test]
fn a_valid_environment_passes_every_check_and_changes_nothing() {
    let platform = sandbox();
    let before = platform.state();
    let (report, code) = Patient::of(&platform).report();
    assert_eq!(code, 0, "{}", report.0);
    assert_eq!(report.in_state("failed"), [""; 0], "{}", report.0);
    assert_eq!(report.in_state("warning"), [""; 0], "{}", report.0);
    // The sandbox has no TLS, and changes are not tried.
    assert_eq!(report.in_state("skipped"), ["tls", "changes"]);
    assert_eq!(report.0["result"], "ok");
    assert_eq!(report.0["account_id"], platform.account_id());
    assert_eq!(report.0["endpoint"], platform.endpoint());
    report.says("account_id", &[platform.account_id(), "from the key"]);
    report.says("endpoint", &["from HARNESS_ENDPOINT"]);
    report.says("changes", &["core_connector_edit", "core_connector_delete"]);
    assert_eq!(platform.state(), before);
    for request in platform.requests() {
        let is_question = request.method == "GET"
            || ["/validate", "/list", "/listV2", "/listDelegates"]
                .iter()
                .any(|end| request.path.ends_with(end));
        assert!(is_question, "{} {}", request.method, request.path);
    }
}

#[test]
fn without_a_key_it_says_where_keys_are_made_and_sends_nothing() {
    let platform = sandbox();
    let patient = Patient::of(&platform).without("HARNESS_PLATFORM_API_KEY");
    let (report, code) = patient.report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["api_key"]);
    assert_eq!(report.in_state("ok"), ["endpoint", "proxy"]);
    assert_eq!(
        report.check("changes")["found"],
        report.check("tls")["found"]
    );
    assert_eq!(report.check("changes")["remedy"], Value::Null);
    report.says(
        "api_key",
        &["HARNESS_PLATFORM_API_KEY is not set", "service account"],
    );
    assert!(platform.requests().is_empty());
}

#[test]
fn a_refused_key_fails_authentication_and_skips_the_rest() {
    let platform = sandbox();
    let key = format!("pat.{}.unknown.{MARK}", platform.account_id());
    let (report, code) = Patient::of(&platform)
        .with("HARNESS_PLATFORM_API_KEY", key)
        .report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["authentication"]);
    assert_eq!(report.state("harness"), "ok");
    report.says(
        "authentication",
        &["401", "Token is not valid.", "is wrong or has expired"],
    );
    // The account id was taken from this key.
    assert!(!report.0.to_string().contains("another account"));
    assert_eq!(report.state("connectors"), "skipped");
}

#[test]
fn a_key_of_another_account_is_named_with_both_accounts() {
    let platform = sandbox();
    let (report, code) = Patient::of(&platform)
        .with("HARNESS_ACCOUNT_ID", "someone_else")
        .report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["account_id", "authentication"]);
    report.says(
        "account_id",
        &["someone_else", platform.account_id(), "unset"],
    );
    report.says("authentication", &["see Account id above"]);
    assert!(
        !report
            .check("authentication")
            .to_string()
            .contains("another account")
    );
}

#[test]
fn an_endpoint_without_a_listener_fails_at_the_connection() {
    // A port that was free a moment ago, and that no process takes while the listener still holds it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (report, code) = Patient::default()
        .with("HARNESS_ENDPOINT", format!("http://{address}/gateway"))
        .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"))
        .report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["connection"]);
    report.says("connection", &["refused", "host and port"]);
    assert_eq!(report.state("harness"), "skipped");
    report.says("api_key", &["from a service account"]);
}

#[test]
fn an_unknown_host_fails_the_connection_and_mentions_proxies() {
    let (report, code) = Patient::default()
        .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"))
        .argument("--endpoint=https://harness.invalid/gateway")
        .report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["connection"]);
    report.says("connection", &["harness.invalid", "HTTPS_PROXY"]);
}

#[test]
fn a_page_in_html_is_not_taken_for_harness() {
    let platform = sandbox();
    let page = Answer {
        body: Some("<html><head><title>Sign in</title></head></html>".to_owned()),
        headers: BTreeMap::from([("content-type".to_owned(), "text/html".to_owned())]),
        ..Answer::default()
    };
    platform
        .script([Fault::anywhere(Action::Answer(page)).times(0)])
        .unwrap();
    let (report, code) = Patient::of(&platform).report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["harness"]);
    report.says("harness", &["Sign in", "https://app.harness.io/gateway"]);
    assert_eq!(report.state("authentication"), "skipped");
}

#[test]
fn a_response_that_cannot_be_read_is_described() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authority.pem");
    let many = "x-many: 1\r\n".repeat(101);
    for (headers, said) in [
        (
            "content-encoding: br\r\n",
            "although the provider did not ask for compression",
        ),
        (&many, "has more than 100 header fields"),
    ] {
        let head =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}content-length: 1\r\n\r\n");
        // The body is not text.
        let response = [head.as_bytes(), &[0xff]].concat();
        let server = TlsServer::answering(Box::new(move |_| response.clone()));
        std::fs::write(&file, &server.authority).unwrap();
        let (report, code) = Patient::default()
            .with("HARNESS_ENDPOINT", format!("https://{}", server.address))
            .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"))
            .argument("--ca-certificate-file")
            .argument(file.to_str().unwrap())
            .report();
        assert_eq!(code, 1);
        assert_eq!(report.in_state("failed"), ["harness"]);
        report.says("harness", &[said]);
    }
}

#[test]
fn only_a_missing_connector_permission_is_a_failure() {
    let platform = sandbox();
    let patient = Patient::of(&platform);
    let mut seen = Vec::new();
    for (permission, check) in [
        ("core_connector_view", "connectors"),
        ("core_secret_view", "secrets"),
        ("core_delegate_view", "delegates"),
        ("core_organization_view", "organizations"),
    ] {
        let denied = json!({"denied_permissions": {key_name(): [permission]}});
        platform.change_settings(&denied).unwrap();
        let (report, code) = patient.report();
        report.says(check, &[permission, "role"]);
        let expected = if check == "connectors" {
            "failed"
        } else {
            "warning"
        };
        assert_eq!(report.in_state(expected), [check], "{}", report.0);
        assert_eq!(report.0["result"], expected);
        seen.push(code);
    }
    assert_eq!(seen, [1, 0, 0, 0]);
}

#[test]
fn permissions_are_looked_at_in_the_scope_that_is_named() {
    let platform = sandbox();
    let object = json!({"identifier": "doctors", "name": "Doctors"});
    platform
        .put(Kind::Organization, &Scope::account(), "doctors", object)
        .unwrap();
    assert!(
        platform
            .object(Kind::Organization, &Scope::account(), "doctors")
            .is_some()
    );
    let (report, code) = Patient::of(&platform).argument("--org-id=doctors").report();
    assert_eq!(code, 0, "{}", report.0);
    assert_eq!(report.0["org_id"], "doctors");
    report.says("connectors", &["organization \\\"doctors\\\" has 0"]);
    // The list is empty, which may or may not be because of a permission.
    assert_eq!(report.in_state("warning"), ["secrets"]);

    platform
        .delete(Kind::Organization, &Scope::account(), "doctors")
        .unwrap();
    let (report, code) = Patient::of(&platform).argument("--org-id=doctors").report();
    assert_eq!(code, 1);
    report.says("organizations", &["not found", "--org-id"]);
}

#[test]
fn a_project_that_does_not_exist_is_a_failure() {
    let platform = sandbox();
    let examine = |project: &str| {
        let patient = Patient::of(&platform).argument("--org-id=platform");
        patient.argument(format!("--project-id={project}")).report()
    };
    let (report, code) = examine("payments");
    assert_eq!(code, 0, "{}", report.0);
    report.says(
        "organizations",
        &["\\\"platform\\\"", "project \\\"payments\\\""],
    );
    let (report, code) = examine("nope");
    assert_eq!(code, 1, "{}", report.0);
    report.says("organizations", &["not found", "--project-id"]);
}

#[test]
fn a_clock_that_is_wrong_is_a_warning() {
    let platform = sandbox();
    let late = Answer {
        json: Some(json!({"status": "SUCCESS", "data": {
            "name": "ci", "accountIdentifier": platform.account_id(), "valid": true}})),
        headers: BTreeMap::from([(
            "date".to_owned(),
            "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
        )]),
        ..Answer::default()
    };
    let path = "/ng/api/token/validate";
    platform
        .script([Fault::on("POST", path, Action::Answer(late)).times(0)])
        .unwrap();
    let (report, code) = Patient::of(&platform).report();
    assert_eq!(code, 0, "{}", report.0);
    assert_eq!(report.in_state("warning"), ["clock"]);
    report.says("clock", &["ahead of Harness's"]);
}

#[test]
fn a_proxy_that_is_to_blame_is_named_and_its_password_is_not() {
    let login =
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"";
    let wrong = Proxy::answering(login);
    let closed = Proxy::answering("HTTP/1.1 403 Forbidden");
    let silent = Proxy::answering("SSH-2.0-OpenSSH_9.6");
    for (endpoint, proxy, said) in [
        (
            "https://harness.invalid",
            wrong.address(),
            &[
                "requires a username and password",
                "http://user:password@host:port",
            ][..],
        ),
        (
            "http://harness.invalid",
            wrong.address(),
            &[
                "requires a username and password",
                "http://user:password@host:port",
            ],
        ),
        (
            "https://harness.invalid",
            closed.address(),
            &[
                "did not open a connection",
                "Ask the administrators of",
                "NO_PROXY",
            ],
        ),
        (
            "https://harness.invalid",
            silent.address(),
            &["did not open a connection", "NO_PROXY"],
        ),
        (
            "https://harness.invalid",
            "127.0.0.1:9".to_owned(),
            &["was refused", "NO_PROXY"],
        ),
        (
            "https://harness.invalid",
            "proxy.invalid:3128".to_owned(),
            &["cannot be resolved", "NO_PROXY"],
        ),
    ] {
        let (report, code) = Patient::default()
            .with("HARNESS_ENDPOINT", endpoint)
            .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"))
            .with("ALL_PROXY", format!("http://me:{MARK}@{proxy}"))
            .report();
        assert_eq!(code, 1);
        assert_eq!(report.in_state("failed"), ["connection"], "{}", report.0);
        let shown = format!("requests go through http://{proxy}");
        report.says("proxy", &[&shown]);
        report.says("connection", &[&proxy]);
        report.says("connection", said);
    }
    // Once for the text and once for the JSON, for each endpoint.
    assert_eq!(wrong.requests().len(), 4);
}

#[test]
fn a_proxy_variable_that_cannot_be_read_fails_and_nothing_is_sent() {
    let patient = Patient::default()
        .with("HARNESS_ENDPOINT", "https://harness.invalid")
        .with("HARNESS_PLATFORM_API_KEY", format!("sat.acct.id.{MARK}"));
    let patient = patient.with("https_proxy", format!("socks5://me:{MARK}@127.0.0.1:1080"));
    let (report, code) = patient.report();
    assert_eq!(code, 1);
    assert_eq!(report.in_state("failed"), ["proxy"]);
    report.says("proxy", &["https_proxy", "a SOCKS proxy", "unset it"]);
    assert_eq!(report.state("connection"), "skipped");

    let (report, _) = patient.with("NO_PROXY", "*").report();
    assert_eq!(report.state("proxy"), "ok");
    report.says(
        "connection",
        &["the host name in harness.invalid:443 cannot be resolved"],
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_fails_at_its_own_line() {
    use std::os::unix::ffi::OsStringExt as _;
    let platform = sandbox();
    for (variable, check) in [
        ("HARNESS_ENDPOINT", "endpoint"),
        ("HARNESS_ACCOUNT_ID", "account_id"),
        ("HARNESS_PLATFORM_API_KEY", "api_key"),
    ] {
        let bytes = OsString::from_vec(b"http://127.0.0.1\xff".to_vec());
        let (report, code) = Patient::of(&platform).with(variable, bytes).report();
        assert_eq!(code, 1);
        assert_eq!(report.in_state("failed"), [check], "{}", report.0);
        report.says(check, &[variable, "not valid UTF-8"]);
    }
    assert!(platform.requests().is_empty());
    for variable in ["NO_COLOR", "TERM", "SSL_CERT_FILE", "HTTPS_PROXY", "PATH"] {
        let bytes = OsString::from_vec(b"\xff".to_vec());
        let (report, code) = Patient::of(&platform).with(variable, bytes).report();
        assert_eq!(code, 0, "{variable}: {}", report.0);
    }
}

#[test]
fn an_invalid_command_line_has_its_own_exit_code() {
    let platform = sandbox();
    for arguments in [&["--key", MARK][..], &[MARK], &["--json=yes"]] {
        let visit = Patient::of(&platform).visit(arguments);
        assert_eq!(visit.code, 2, "{visit:?}");
        assert_eq!(visit.stdout, "");
        assert!(
            visit
                .stderr
                .starts_with("terraform-provider-harness doctor: "),
            "{visit:?}"
        );
    }
    let help = Patient::default().visit(&["--help"]);
    assert_eq!(help.code, 0);
    for expected in [
        "Exit codes:",
        "--json",
        "HARNESS_PLATFORM_API_KEY",
        "never prints the key",
    ] {
        assert!(help.stdout.contains(expected), "{}", help.stdout);
    }
    assert!(platform.requests().is_empty());
}
