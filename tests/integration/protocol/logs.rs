//! The log on standard error: lines that the host can read, with what a person needs, and without secrets.

use std::collections::BTreeSet;

use harness_sandbox::{Action, Answer, Fault};
use serde_json::{Map, Value as Json};
use tf_provider::value::Value;

use super::connector::{large, replaced};
use super::process::Launch;
use super::session::{Session, State, has_errors};

type Line = Map<String, Json>;

/// Runs a whole life cycle, including failures, at this level. Returns the log, and what it must not contain.
async fn life(level: &str) -> (String, Vec<String>) {
    let launch = Launch::by_terraform().with("TF_LOG", level);
    let session = Session::launch(launch, &[("retry_timeout", "100ms")]).await;
    let key = session.sandbox().api_key().to_owned();
    let config = large(&session.ty);
    session.validate(&config).await;
    let state = session.bring(&State::none(), &config).await;
    let changed = replaced(&config, "name", &Value::string("Another"));
    let plan = session.plan(&state, &changed).await.clean();

    // The platform repeats the key, as a proxy that echoes requests might.
    let echo = serde_json::json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": format!("bad key {key}")});
    let failures = [
        Action::Answer(Answer::json(401, echo)),
        Action::ResetBefore,
        Action::Html(502),
    ];
    for action in failures {
        session
            .sandbox()
            .script([Fault::anywhere(action).times(0)])
            .unwrap();
        let failed = session.apply(&plan, &changed).await;
        assert!(has_errors(&failed.findings));
        session.sandbox().clear_faults();
    }
    let state = session.apply(&plan, &changed).await.clean();
    let state = session.read(&state).await.clean();
    session.bring(&state, &Value::Null).await;

    // The parts before the last identify the key; only the last one is secret.
    let secret = key.rsplit('.').next().unwrap().to_owned();
    assert!(secret.len() > 10);
    (session.shut_down().await, vec![key, secret])
}

/// Returns the lines, and checks that each has hclog's format.
fn lines(log: &str) -> Vec<Line> {
    assert!(log.ends_with('\n'));
    log.lines()
        .map(|text| {
            let line: Line =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let member = |name: &str| {
                line[name]
                    .as_str()
                    .unwrap_or_else(|| panic!("{name}: {text}"))
            };
            assert!(
                ["trace", "debug", "info", "warn", "error"].contains(&member("@level")),
                "{text}"
            );
            assert!(!member("@message").is_empty(), "{text}");
            assert!(member("@module").starts_with("harness"), "{text}");
            assert!(is_timestamp(member("@timestamp")), "{text}");
            line
        })
        .collect()
}

/// Recognizes `2026-01-02T03:04:05.678901Z`, digit by digit.
fn is_timestamp(text: &str) -> bool {
    let form = "0000-00-00T00:00:00.000000Z";
    text.len() == form.len()
        && text
            .chars()
            .zip(form.chars())
            .all(|(found, expected)| match expected {
                '0' => found.is_ascii_digit(),
                other => found == other,
            })
}

fn of_level<'a>(lines: &'a [Line], level: &'a str) -> impl Iterator<Item = &'a Line> {
    lines.iter().filter(move |line| line["@level"] == level)
}

#[tokio::test]
async fn at_trace_every_line_is_hclog_and_the_key_is_nowhere() {
    let (log, secrets) = life("TRACE").await;
    assert!(
        log.contains("bad key"),
        "the answer that repeats the key is logged"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "the API key is in the log");
    }
    let lines = lines(&log);
    let modules: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["@module"].as_str())
        .collect();
    let expected = [
        "harness.platform.client",
        "harness.platform.client.exchange",
        "harness.tf_provider.plugin",
        "harness.tf_provider.plugin.controller",
        "harness.tf_provider.rpc",
    ];
    assert_eq!(modules, BTreeSet::from(expected));
    let calls: BTreeSet<&str> = of_level(&lines, "trace")
        .filter_map(|line| line.get("tf_rpc")?.as_str())
        .collect();
    let expected = [
        "ApplyResourceChange",
        "Configure",
        "GetResourceIdentitySchemas",
        "GetSchema",
        "PlanResourceChange",
        "PrepareProviderConfig",
        "ReadResource",
        "ValidateResourceTypeConfig",
    ];
    assert_eq!(calls, BTreeSet::from(expected));
    let bodies = of_level(&lines, "trace").filter(|line| line.contains_key("body"));
    assert!(bodies.count() > 5, "bodies are logged at trace");
}

#[tokio::test]
async fn the_debug_log_has_every_request_with_its_correlation_id() {
    let (log, secrets) = life("debug").await;
    for secret in secrets {
        assert!(!log.contains(&secret), "the API key is in the log");
    }
    let lines = lines(&log);
    assert_eq!(of_level(&lines, "trace").count(), 0);
    assert!(
        lines.iter().all(|line| !line.contains_key("body")),
        "a body below trace"
    );

    let answered: Vec<&Line> = lines
        .iter()
        .filter(|line| line.contains_key("status"))
        .collect();
    for line in &answered {
        assert_eq!(line["@level"], "debug");
        assert!(
            line["path"].as_str().unwrap().starts_with("/ng/api/"),
            "{line:?}"
        );
        assert!(
            line["status"].is_u64() && line["duration_ms"].is_u64(),
            "{line:?}"
        );
        assert!(
            !line["correlation_id"].as_str().unwrap().is_empty(),
            "{line:?}"
        );
        assert!(
            line["tf_rpc"].is_string(),
            "which call it belongs to: {line:?}"
        );
    }
    let made: BTreeSet<(&str, &str)> = answered
        .iter()
        .map(|line| {
            (
                line["method"].as_str().unwrap(),
                line["tf_rpc"].as_str().unwrap(),
            )
        })
        .collect();
    for expected in [
        ("POST", "ApplyResourceChange"),
        ("PUT", "ApplyResourceChange"),
        ("DELETE", "ApplyResourceChange"),
        ("GET", "ReadResource"),
    ] {
        assert!(made.contains(&expected), "{expected:?} in {made:?}");
    }
    let statuses: BTreeSet<u64> = answered
        .iter()
        .filter_map(|line| line["status"].as_u64())
        .collect();
    assert_eq!(statuses, BTreeSet::from([200, 401, 502]));
    let lost = lines.iter().filter(|line| line.contains_key("reason"));
    assert!(lost.count() > 0, "a request without an answer is logged");
}

#[tokio::test]
async fn without_a_level_nothing_but_errors_is_written_and_off_means_nothing() {
    for level in ["", "error", "off"] {
        let (log, _) = life(level).await;
        assert_eq!(log, "", "{level}");
    }
}

#[tokio::test]
async fn the_variable_of_this_provider_counts_before_the_others() {
    let launch = Launch::by_terraform()
        .with("TF_LOG", "trace")
        .with("TF_LOG_PROVIDER", "trace")
        .with("TF_LOG_PROVIDER_HARNESS", "info");
    let session = Session::launch(launch, &[]).await;
    session.stop().await;
    let log = session.shut_down().await;
    let lines = lines(&log);
    assert!(lines.iter().all(|line| line["@level"] == "info"), "{log}");
    assert!(log.contains("Terraform asks to stop"), "{log}");
}
