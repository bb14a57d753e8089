//! A conversation between a host of protocol 5.11 and the provider about identity, lists, and the action, as a text
//! that reads from top to bottom. `cargo test --test integration transcript -- --nocapture` prints it.

use serde_json::json;
use tf_provider::proto::tfplugin5::Diagnostic;
use tf_provider::value::Value;

use super::session::{Session, State, TYPE_NAME, sentences};
use super::{action, list};

/// Returns a value in HCL, without nulls.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Bool(given) => given.to_string(),
        Value::Object(members) | Value::Map(members) => {
            let members = members.iter().filter(|(_, member)| !member.is_null());
            let members: Vec<_> = members
                .map(|(name, member)| format!("{name} = {}", shown(member)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Null => "null".to_owned(),
        other => other.as_elements().map_or_else(
            || panic!("{other:?}"),
            |elements| {
                let elements: Vec<_> = elements.iter().map(shown).collect();
                format!("[{}]", elements.join(", "))
            },
        ),
    }
}

/// Returns diagnostics, each on its own line without its detail.
fn findings(found: &[Diagnostic]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let lines = found.iter().map(|finding| {
        let severity = sentences(std::slice::from_ref(finding))[0]
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        format!("\n  {severity}: {}", finding.summary)
    });
    lines.collect()
}

async fn said(session: &Session) -> String {
    let mut lines = Vec::new();

    let identity = [
        ("account_id", Value::Null),
        ("org_id", Value::string("platform")),
        ("project_id", Value::string("payments")),
        ("identifier", Value::string("payments_repo")),
    ];
    let identity = Value::object(identity);
    lines.push(format!(
        "> ImportResourceState identity = {}",
        shown(&identity)
    ));
    let imported = session.import_identity(&identity).await;
    let findings_of = findings(&imported.findings);
    lines.push(format!(
        "< identity = {}{findings_of}",
        shown(&imported.state.identity)
    ));
    lines.push("> ReadResource".to_owned());
    let read = session.read(&imported.state).await;
    lines.push(format!("< identity = {}", shown(&read.state.identity)));
    lines.push(format!(
        "  state = {}{}",
        shown(&read.state.value),
        findings(&read.findings)
    ));
    let elsewhere = identity.with("account_id", Value::string("another"));
    lines.push(format!(
        "> ImportResourceState identity = {}",
        shown(&elsewhere)
    ));
    let refused = session.import_identity(&elsewhere).await;
    assert_eq!(refused.state.value, State::none().value);
    lines.push(format!("<{}", findings(&refused.findings)));

    for (scope, with_resource, limit) in [
        (&[("org_id", Value::string("platform"))][..], false, 0),
        (&[], true, 2),
    ] {
        let config = Value::object(scope.iter().cloned());
        lines.push(format!(
            "> ListResource {TYPE_NAME} config = {}, include_resource_object = {with_resource}, limit = {limit}",
            shown(&config)
        ));
        for event in list::listed(session, scope, with_resource, limit).await {
            let identity = session.decode_identity(event.identity.as_ref());
            let resource = if event.resource_object.is_some() {
                ", with its resource"
            } else {
                ""
            };
            lines.push(format!(
                "< {:?} {}{resource}{}",
                event.display_name,
                shown(&identity),
                findings(&event.diagnostic)
            ));
        }
    }

    let ty = action::ty(session).await;
    session
        .sandbox()
        .change_settings(&json!({"test_outcomes": {"bitbucket_cloud_api_token": "not_authorized"}}))
        .unwrap();
    for identifier in ["bitbucket_cloud", "bitbucket_cloud_api_token"] {
        let config = action::config(&ty, &[("identifier", Value::string(identifier))]);
        lines.push(format!(
            "> PlanAction harness_bitbucket_connector_test identifier = {identifier:?}"
        ));
        lines.push(format!(
            "<{}",
            findings(&action::plan(session, config.clone()).await)
        ));
        lines.push("> InvokeAction".to_owned());
        let received = action::invoke(session, config).await;
        // The remedy below the first lines has its own tests.
        let received = received.lines().filter(|line| !line.is_empty()).take(3);
        let received = received.map(|line| {
            let line: String = line.chars().take(110).collect();
            format!("< {}", line.trim_end())
        });
        lines.extend(received);
    }
    lines.join("\n")
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "it is asked for")]
async fn the_transcript_of_identity_lists_and_the_action_reads_as_expected() {
    let session = Session::start().await;
    let said = said(&session).await;
    println!("{said}");
    let expected = include_str!("transcript.txt");
    assert_eq!(
        said.trim_end(),
        expected.trim_end(),
        "the transcript is\n{said}\n"
    );
    session.shut_down().await;
}
