//! Create, read, update, delete, and import through the protocol, and their outcome if the platform is down.

use harness_sandbox::{Action, Answer, Fault, Kind, Scope};
use serde_json::json;
use tf_provider::value::Value;

use super::connector::{large, on_platform, replaced, small};
use super::process::Launch;
use super::session::{Session, State, has_errors, sentences};

#[tokio::test]
async fn a_connector_lives_from_creation_to_deletion() {
    let session = Session::start().await;
    let project = Scope::project("platform", "payments");
    let config = large(&session.ty);

    let created = session.bring(&State::none(), &config).await;
    assert_eq!(created.text("id"), Some("platform/payments/bitbucket"));
    let stored = on_platform(session.sandbox(), &project, "bitbucket").unwrap();
    assert_eq!(stored["spec"]["url"], "https://bitbucket.example.com/scm/");
    assert_eq!(stored["spec"]["validationRepo"], "WEB/app.git");
    assert_eq!(stored["tags"], json!({"team": "payments", "empty": ""}));
    assert_eq!(session.read(&created).await.clean(), created);

    let changed = replaced(&config, "description", &Value::string("Some of them"));
    let changed = replaced(&changed, "api_access", &Value::Null);
    let updated = session.bring(&created, &changed).await;
    assert_ne!(updated.private, created.private, "the time of the change");
    let stored = on_platform(session.sandbox(), &project, "bitbucket").unwrap();
    assert_eq!(stored["description"], "Some of them");
    assert_eq!(
        stored["spec"].get("apiAccess").filter(|it| !it.is_null()),
        None
    );

    let imported = session.import("platform/payments/bitbucket").await.clean();
    let imported = session.read(&imported).await.clean();
    assert_eq!(imported.text("name"), updated.text("name"));
    assert_eq!(imported.text("id"), updated.text("id"));

    let gone = session.bring(&updated, &Value::Null).await;
    assert_eq!(gone.value, Value::Null);
    assert_eq!(on_platform(session.sandbox(), &project, "bitbucket"), None);
    assert_eq!(session.read(&updated).await.clean().value, Value::Null);
    session.shut_down().await;
}

#[tokio::test]
async fn a_change_behind_terraforms_back_is_read_and_put_back() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    let patch = json!({"description": "by hand", "tags": {"by": "hand"}});
    session
        .sandbox()
        .patch(
            Kind::Connector,
            &Scope::account(),
            "Bitbucket_Cloud",
            &patch,
        )
        .unwrap();
    // The state is outdated, so an update from it is refused, because it would undo an unseen change.
    let renamed = replaced(&config, "name", &Value::string("Renamed"));
    let plan = session.plan(&state, &renamed).await.clean();
    let outcome = session.apply(&plan, &renamed).await;
    assert!(sentences(&outcome.findings)[0].contains("changed after the plan was made"));
    assert_eq!(outcome.state, state);

    let drifted = session.read(&state).await.clean();
    assert_eq!(drifted.text("description"), Some("by hand"));
    let healed = session.bring(&drifted, &config).await;
    assert_eq!(healed.value, state.value);
    session.shut_down().await;
}

#[tokio::test]
async fn an_apply_that_fails_keeps_state_and_private_data() {
    let settings = [("retry_timeout", "100ms"), ("connection_test", "off")];
    let session = Session::launch(Launch::by_terraform(), &settings).await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    let renamed = replaced(&config, "name", &Value::string("Renamed"));
    let update = session.plan(&state, &renamed).await.clean();
    let destroy = session.plan(&state, &Value::Null).await.clean();
    let other = replaced(&config, "identifier", &Value::string("another"));
    let creation = session.plan(&State::none(), &other).await.clean();

    let failures = [
        ("down", Action::Answer(Answer::status(503))),
        ("in front of it, HTML", Action::Html(502)),
        ("cut off", Action::ResetBefore),
        ("a key that is refused", Action::Answer(Answer::status(401))),
    ];
    for (what, action) in failures {
        session
            .sandbox()
            .script([Fault::anywhere(action).times(0)])
            .unwrap();
        for (operation, plan, config) in [
            ("update", &update, &renamed),
            ("destroy", &destroy, &Value::Null),
        ] {
            let outcome = session.apply(plan, config).await;
            assert!(has_errors(&outcome.findings), "{operation}, {what}");
            assert_eq!(outcome.state, state, "{operation}, {what}");
        }
        let read = session.read(&state).await;
        assert!(has_errors(&read.findings), "{what}");
        assert_eq!(read.state, state, "{what}");
        let outcome = session.apply(&creation, &other).await;
        assert!(has_errors(&outcome.findings), "creation, {what}");
        session.sandbox().clear_faults();
        // If it is in the state, it is because it may exist; the refresh finds out that it does not.
        if !outcome.state.value.is_null() {
            assert_eq!(
                session.read(&outcome.state).await.clean(),
                State::none(),
                "{what}"
            );
        }
    }
    let updated = session.apply(&update, &renamed).await.clean();
    assert_eq!(updated.text("name"), Some("Renamed"));
    session.shut_down().await;
}

#[tokio::test]
async fn a_platform_that_is_not_there_costs_no_state() {
    let mut session = Session::launch(Launch::by_terraform(), &[("retry_timeout", "100ms")]).await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    let destroy = session.plan(&state, &Value::Null).await.clean();
    let other = replaced(&config, "identifier", &Value::string("another"));
    let creation = session.plan(&State::none(), &other).await.clean();
    session.end_sandbox();

    let outcome = session.apply(&destroy, &Value::Null).await;
    assert!(has_errors(&outcome.findings));
    assert_eq!(outcome.state, state);
    let outcome = session.apply(&creation, &other).await;
    assert!(sentences(&outcome.findings)[0].contains("refused"));
    assert_eq!(outcome.state.value, Value::Null, "it was never sent");
    session.shut_down().await;
}
