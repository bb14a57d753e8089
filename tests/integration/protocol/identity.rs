//! Resource identity, as Terraform 1.12 uses it: in every plan, apply, and refresh, and for imports.

use harness_sandbox::Scope;
use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::Value;

use super::connector::{large, on_platform, small};
use super::session::{Session, State, sentences};

/// Returns an identity with these parts, without the others.
fn identity(parts: &[(&str, &str)]) -> Value {
    let nothing = ["account_id", "org_id", "project_id", "identifier"].map(|it| (it, Value::Null));
    parts
        .iter()
        .fold(Value::object(nothing), |identity, (name, text)| {
            identity.with(*name, Value::string(*text))
        })
}

#[tokio::test]
async fn a_connector_has_its_identity_from_the_plan_of_its_creation_to_its_end() {
    let session = Session::start().await;
    let account = session.sandbox().account_id().to_owned();
    let config = large(&session.ty);
    let expected = identity(&[
        ("account_id", &account),
        ("org_id", "platform"),
        ("project_id", "payments"),
        ("identifier", "bitbucket"),
    ]);

    let plan = session.plan(&State::none(), &config).await.clean();
    assert_eq!(plan.planned.identity, expected);
    let created = session.apply(&plan, &config).await.clean();
    assert_eq!(created.identity, expected);
    let read = session.read(&created).await.clean();
    assert_eq!(read, created);
    let changed = config.with("description", Value::string("another"));
    let updated = session.bring(&read, &changed).await;
    assert_eq!(updated.identity, expected);
    let gone = session.bring(&updated, &Value::Null).await;
    assert_eq!((gone.value, gone.identity), (Value::Null, Value::Null));
    session.shut_down().await;
}

#[tokio::test]
async fn a_planned_identity_is_left_out_while_a_part_of_it_is_unknown() {
    let session = Session::start().await;
    for name in ["name", "identifier", "org_id", "project_id"] {
        let config = small(&session.ty)
            .with("org_id", Value::string("platform"))
            .with(name, Value::unknown());
        let config = match name {
            "name" => config.with("identifier", Value::Null),
            _ => config,
        };
        let plan = session.plan(&State::none(), &config).await.clean();
        assert_eq!(plan.planned.identity, Value::Null, "{name}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn a_state_without_identity_gets_one_with_the_next_change() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let created = session.bring(&State::none(), &config).await;
    let before = State {
        identity: Value::Null,
        ..created.clone()
    };
    let read = session.read(&before).await.clean();
    assert_eq!(read, before);
    let changed = config.with("description", Value::string("another"));
    let updated = session.bring(&read, &changed).await;
    assert_eq!(updated.identity, created.identity);
    session.shut_down().await;
}

#[tokio::test]
async fn an_import_by_identity_reads_the_connector_and_plans_clean() {
    let session = Session::start().await;
    let account = session.sandbox().account_id().to_owned();
    let created = session.bring(&State::none(), &large(&session.ty)).await;
    let place = [
        ("org_id", "platform"),
        ("project_id", "payments"),
        ("identifier", "bitbucket"),
    ];
    let with_account = [&[("account_id", account.as_str())][..], &place[..]].concat();
    for parts in [&place[..], &with_account[..]] {
        let imported = session.import_identity(&identity(parts)).await.clean();
        let read = session.read(&imported).await.clean();
        assert_eq!(read.identity, created.identity);
        assert_eq!(read.text("id"), Some("platform/payments/bitbucket"));
        // The first plan adds what is not stored in Harness, without a request.
        let adopted = session.bring(&read, &large(&session.ty)).await;
        assert_eq!(adopted.value, created.value);
        let again = session.plan(&adopted, &large(&session.ty)).await.clean();
        assert_eq!(again.planned.value, adopted.value);
    }
    session.shut_down().await;
}

#[tokio::test]
async fn an_identity_that_names_nothing_is_an_error_that_says_what_to_write() {
    let session = Session::start().await;
    for (parts, place, expected) in [
        (
            &[("org_id", "platform")][..],
            "identifier",
            "needs `identifier`",
        ),
        (
            &[("identifier", "bb"), ("project_id", "payments")],
            "project_id",
            "org_id",
        ),
        (
            &[("identifier", "account.bb")],
            "identifier",
            "Write \"bb\"",
        ),
        (
            &[("identifier", "bb"), ("account_id", "another")],
            "account_id",
            "names the account \"another\", but the provider is configured for the account \"SANDBOX",
        ),
    ] {
        let outcome = session.import_identity(&identity(parts)).await;
        let said = sentences(&outcome.findings);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(
            said[0].starts_with(&format!("error {place}: ")),
            "{said:#?}"
        );
        assert!(said[0].contains(expected), "{said:#?}");
        assert_eq!(outcome.state.value, Value::Null);
    }
    let nowhere = session
        .import_identity(&identity(&[("identifier", "nowhere")]))
        .await
        .clean();
    let said = sentences(&session.read(&nowhere).await.findings);
    assert!(
        said[0].starts_with("error : Nothing to import"),
        "{said:#?}"
    );
    session.shut_down().await;
}

#[tokio::test]
async fn a_connector_of_another_account_is_neither_read_nor_changed() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let created = session.bring(&State::none(), &config).await;
    let elsewhere = State {
        identity: created
            .identity
            .clone()
            .with("account_id", Value::string("another")),
        ..created.clone()
    };
    session.sandbox().clear_requests();
    let changed = config.with("description", Value::string("another"));
    let plan = session.plan(&elsewhere, &changed).await;
    let read = session.read_raw(&elsewhere).await;
    for findings in [&plan.findings, &read.diagnostics] {
        let said = sentences(findings);
        assert_eq!(said.len(), 1, "{said:#?}");
        for expected in [
            "error : Identity does not match the state",
            "`account_id` is \"another\" in the state and \"SANDBOX",
            "Nothing was read or changed",
        ] {
            assert!(said[0].contains(expected), "{said:#?}");
        }
    }
    assert_eq!(session.sandbox().requests().len(), 0);
    let stored = on_platform(session.sandbox(), &Scope::account(), "Bitbucket_Cloud");
    assert!(stored.is_some());
    session.shut_down().await;
}

#[tokio::test]
async fn a_stored_identity_is_kept_and_one_of_a_newer_version_refused() {
    let session = Session::start().await;
    let mut client = session.host.provider.clone();
    let mut upgrade = async |version, json: &str| {
        let request = proto::upgrade_resource_identity::Request {
            type_name: super::session::TYPE_NAME.to_owned(),
            version,
            raw_identity: Some(proto::RawState {
                json: json.as_bytes().to_vec(),
                ..Default::default()
            }),
        };
        let answer = client.upgrade_resource_identity(request).await;
        answer.unwrap().into_inner()
    };
    let answer = upgrade(0, r#"{"account_id":"a","identifier":"bb","org_id":null}"#).await;
    assert_eq!(sentences(&answer.diagnostics), [""; 0]);
    assert_eq!(
        session.decode_identity(answer.upgraded_identity.as_ref()),
        identity(&[("account_id", "a"), ("identifier", "bb")])
    );
    for (version, json, expected) in [
        (1, "{}", "error : Identity of a newer provider"),
        (0, "[", "error : Identity cannot be read"),
        (0, r#"{"identifier":[]}"#, "error : Identity cannot be read"),
    ] {
        let said = sentences(&upgrade(version, json).await.diagnostics);
        assert!(said[0].starts_with(expected), "{said:#?}");
    }
    session.shut_down().await;
}
