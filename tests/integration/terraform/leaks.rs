//! The search for secrets: a whole life cycle with all faults, at the highest log level, and then every byte that was
//! written.

use std::fs;
use std::path::Path;

use harness_sandbox::{Action, Answer, Fault, Scope};
use serde_json::json;

use super::cli::{Run, Workspace};
use super::hcl::Connector;
use super::hosts::test;

const CONNECTORS: &str = "/ng/api/connectors";
/// A secret's value, as it might appear in a response of the platform by mistake.
const VALUE_OF_A_SECRET: &str = "MARKED-value-of-a-secret-8d1f";
/// The password of a proxy.
const OF_A_PROXY: &str = "MARKED-password-of-a-proxy-77ab";
/// A password in a URL of the configuration. Terraform itself quotes the line with it, in its messages and in its own
/// log, so only the provider's own messages are searched for it.
const IN_A_URL: &str = "MARKEDpasswordInAUrl4c2e";

/// The whole output of the commands.
#[derive(Default)]
struct Written {
    /// Standard output and standard error.
    outputs: Vec<String>,
    /// Summaries and details of diagnostics, which are the provider's own words.
    said: Vec<String>,
}

impl Written {
    fn note(&mut self, run: &Run) {
        self.outputs
            .extend([run.stdout.clone(), run.stderr.clone()]);
        for found in run.diagnostics() {
            self.said.extend([found.summary, found.detail]);
        }
    }

    fn show(&mut self, run: Run) {
        self.outputs.extend([run.stdout, run.stderr]);
    }
}

fn traced(workspace: &Workspace, more: &[(&str, &str)], arguments: &[&str]) -> Run {
    let log = workspace.path().join("trace.log");
    let log = log.to_str().expect("the path is text");
    let mut environment = vec![("TF_LOG", "trace"), ("TF_LOG_PATH", log)];
    environment.extend_from_slice(more);
    workspace.run_with(&environment, arguments)
}

const APPLY: &[&str] = &["apply", "-json", "-input=false", "-auto-approve"];
const PLAN: &[&str] = &["plan", "-json", "-input=false", "-out=saved.tfplan"];
const DESTROY: &[&str] = &["destroy", "-json", "-input=false", "-auto-approve"];

fn configuration(description: &str) -> String {
    let provider = "provider \"harness\" {\n  retry_timeout = \"300ms\"\n}\n";
    let connector = Connector::new("bb").with(&json!({
        "description": description,
        "credentials": {"http": {"username": "jdoe", "password_ref": "account.revoked_token"}},
    }));
    format!("{provider}{connector}")
}

/// Collects every file below a directory, with its contents.
fn files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let bytes = fs::read(&path).expect("the file can be read");
            found.push((path.display().to_string(), bytes));
        }
    }
}

fn hits(bytes: &[u8], marker: &str) -> usize {
    let is_here = |window: &[u8]| window == marker.as_bytes();
    bytes.windows(marker.len()).filter(|it| is_here(it)).count()
}

#[test]
fn whatever_happens_no_secret_is_in_anything_that_is_written() {
    let workspace = Workspace::new();
    let key = workspace.platform.api_key().to_owned();
    let mut written = Written::default();

    // A configuration that is refused because of the password in it.
    let pasted = Connector::new("bb").with(&json!({
        "url": format!("https://jdoe:{IN_A_URL}@bitbucket.org/acme/web.git"),
    }));
    workspace.configure(&[pasted]);
    written.note(&traced(&workspace, &[], PLAN).failed());

    // The platform, or a proxy in front of it, repeats what it was sent, and more.
    workspace.write(&configuration("Old"));
    let echo = |status: u16| {
        let body = json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "correlationId": key, "password": VALUE_OF_A_SECRET,
            "message": format!("x-api-key: {key}"),
            "responseMessages": [{"code": "X", "level": "ERROR", "message": format!("bad key {key}")}]});
        Action::Answer(Answer::json(status, body))
    };
    let page = || {
        let page = Answer {
            body: Some(format!(
                "<!DOCTYPE html><title>502 {key}</title><p>x-api-key: {key}"
            )),
            ..Answer::status(502)
        };
        Action::Answer(page.with_header("Content-Type", "text/html"))
    };
    let secret = json!({"status": "SUCCESS", "data": {"secret": {"type": "SecretText", "identifier": "revoked_token",
        "name": "Token", "spec": {"secretManagerIdentifier": "m", "valueType": "Inline", "value": VALUE_OF_A_SECRET}}}});
    let secret = || Action::Answer(Answer::json(200, secret.clone()));
    let fault = |method: &str, path: &str, action| {
        workspace.script(Fault::on(method, path, action).times(0));
    };
    for action in [echo(401), echo(500), page()] {
        fault("GET", "/ng/api/v2/secrets/revoked_token", secret());
        fault("POST", CONNECTORS, action);
        written.note(&traced(&workspace, &[], APPLY).failed());
        workspace.platform.clear_faults();
    }

    // A creation with a lost response that cannot be checked; then a saved plan that is applied, with a failing
    // connection test.
    fault("POST", CONNECTORS, Action::CommitThenReset);
    fault("GET", "/ng/api/connectors/bb", echo(503));
    written.note(&traced(&workspace, &[], APPLY).failed());
    workspace.platform.clear_faults();
    written.note(&traced(&workspace, &[], PLAN).succeeded());
    written.show(traced(&workspace, &[], &["show", "-json", "saved.tfplan"]).succeeded());
    written.note(
        &traced(
            &workspace,
            &[],
            &["apply", "-json", "-input=false", "saved.tfplan"],
        )
        .succeeded(),
    );
    written.show(traced(&workspace, &[], &["show", "-json"]).succeeded());

    // Through a proxy with a password, behind which nothing listens.
    let proxy = format!("http://proxy:{OF_A_PROXY}@127.0.0.1:9");
    let elsewhere = [
        ("HARNESS_ENDPOINT", "https://harness.example/gateway"),
        ("HTTPS_PROXY", &proxy),
    ];
    written.note(&traced(&workspace, &elsewhere, PLAN).failed());

    // An invalid key, a failing update and refresh, and the end.
    let wrong = [("HARNESS_PLATFORM_API_KEY", VALUE_OF_A_SECRET)];
    written.note(&traced(&workspace, &wrong, PLAN).failed());
    workspace.write(&configuration("New"));
    for (method, path) in [("PUT", CONNECTORS), ("GET", "/ng/api/connectors/bb")] {
        fault(method, path, echo(500));
        written.note(&traced(&workspace, &[], APPLY).failed());
        workspace.platform.clear_faults();
    }
    written.note(&traced(&workspace, &[], APPLY).succeeded());
    fault("DELETE", "/ng/api/connectors/bb", page());
    written.note(&traced(&workspace, &[], DESTROY).failed());
    workspace.platform.clear_faults();
    written.note(&traced(&workspace, &[], DESTROY).succeeded());

    let log = workspace.read_file("trace.log");
    let of_provider: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("provider.terraform-provider-harness"))
        .collect();
    assert!(of_provider.iter().any(|line| line.contains("answer body")));
    assert!(
        log.contains("(key removed)"),
        "the answers that repeat the key are logged"
    );

    let mut everything: Vec<(String, Vec<u8>)> = Vec::new();
    files(workspace.path(), &mut everything);
    let outputs = written.outputs.iter().cloned().map(String::into_bytes);
    everything.extend(outputs.map(|bytes| ("standard output and error".to_owned(), bytes)));
    let said = written.said.iter().map(String::as_str).chain(of_provider);
    let said: Vec<&str> = said.collect();
    let said = said.join("\n").into_bytes();

    let of_the_key = key.rsplit('.').next().expect("a key has parts");
    let everywhere = [key.as_str(), of_the_key, VALUE_OF_A_SECRET, OF_A_PROXY];
    let (mut bytes, mut found) = (said.len(), Vec::new());
    for (place, content) in &everything {
        bytes += content.len();
        for marker in everywhere {
            found.extend((hits(content, marker) > 0).then(|| format!("{marker} in {place}")));
        }
    }
    for marker in everywhere.into_iter().chain([IN_A_URL]) {
        found
            .extend((hits(&said, marker) > 0).then(|| format!("{marker} in the provider's words")));
    }
    println!(
        "{bytes} bytes searched in {} files and outputs, for {} markers: {} hits",
        everything.len(),
        everywhere.len() + 1,
        found.len()
    );
    assert!(
        bytes > 1_000_000,
        "{bytes} bytes are no whole life at trace"
    );
    assert_eq!(found, Vec::<String>::new());
}

/// The name says nothing about such a text, which is recognized by its form.
#[test]
fn a_token_in_a_text_of_a_body_is_not_logged() {
    const TOKEN: &str = "ATATT3xFfGF0q1w2e3r4t5y6u7i8o9p0";
    let workspace = Workspace::new();
    workspace.configure(&[Connector::new("bb")]);
    workspace.apply();
    let pasted = json!({"description": format!("with {TOKEN}")});
    workspace.patch(&Scope::account(), "bb", &pasted);
    let log = workspace.path().join("provider.log");
    let log = log.to_str().expect("the path is text");
    let environment = [("TF_LOG_PROVIDER", "trace"), ("TF_LOG_PATH", log)];
    workspace.run_with(&environment, PLAN).succeeded();
    let log = workspace.read_file("provider.log");
    assert!(log.contains("with (removed: an Atlassian API token)"));
    assert_eq!(hits(log.as_bytes(), TOKEN), 0);
}
