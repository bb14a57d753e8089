//! The provider block: what it takes from the environment, and when missing settings are reported.

use harness_sandbox::Scope;
use tf_provider::value::Value;

use super::connector::small;
use super::process::Launch;
use super::session::{Session, State, null_object, sentences};

#[tokio::test]
async fn a_missing_key_is_one_warning_of_the_plan_and_explained_by_one_error() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let nothing = null_object(&session.provider_ty);
    assert_eq!(sentences(&session.prepare(&nothing).await), [""; 0]);
    assert_eq!(sentences(&session.configure(&nothing).await), [""; 0]);
    let config = small(&session.ty);
    assert_eq!(sentences(&session.validate(&config).await), [""; 0]);
    let plan = session.plan(&State::none(), &config).await;
    let again = session.plan(&State::none(), &config).await;
    assert_eq!(sentences(&again.findings), [""; 0]);

    let outcome = session.apply(&plan, &config).await;
    assert_eq!(outcome.state.value, Value::Null);
    let created = State {
        value: plan.planned.value.clone(),
        private: b"{}".to_vec(),
        identity: Value::Null,
    };
    let read = session.read(&created).await;
    assert_eq!(read.state, created, "the state stays");
    for (findings, severity) in [(plan.findings, "warning"), (outcome.findings, "error")] {
        let said = sentences(&findings);
        assert_eq!(said.len(), 1, "{said:#?}");
        for expected in [
            severity,
            "`platform_api_key`",
            "HARNESS_PLATFORM_API_KEY",
            "`account_id`",
            "HARNESS_ACCOUNT_ID",
            " doctor`",
        ] {
            assert!(said[0].contains(expected), "{expected}: {said:#?}");
        }
    }
    let said = sentences(&read.findings);
    assert_eq!(said.len(), 1, "{said:#?}");
    for expected in [
        "error",
        "no API key",
        "as explained for connector ",
        " doctor`",
    ] {
        assert!(said[0].contains(expected), "{expected}: {said:#?}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn the_configuration_takes_precedence_over_the_environment() {
    let sandbox = Session::unconfigured(Launch::by_terraform()).await;
    let [endpoint, account, key] = [
        sandbox.sandbox().endpoint(),
        sandbox.sandbox().account_id().to_owned(),
        sandbox.sandbox().api_key().to_owned(),
    ];
    for (in_environment, in_configuration) in [
        ([&endpoint, &account, &key], [None, None, None]),
        // The account is the second part of the key.
        ([&endpoint, &String::new(), &key], [None, None, None]),
        (
            [
                &"not a URL".to_owned(),
                &"unknown".to_owned(),
                &"no key".to_owned(),
            ],
            [Some(&endpoint), Some(&account), Some(&key)],
        ),
    ] {
        let launch = Launch::by_terraform()
            .with("HARNESS_ENDPOINT", in_environment[0])
            .with("HARNESS_ACCOUNT_ID", in_environment[1])
            .with("HARNESS_PLATFORM_API_KEY", in_environment[2]);
        let session = Session::unconfigured(launch).await;
        let text = |value: Option<&String>| Value::from(value.cloned());
        let config = null_object(&session.provider_ty)
            .with("endpoint", text(in_configuration[0]))
            .with("account_id", text(in_configuration[1]))
            .with("platform_api_key", text(in_configuration[2]));
        assert_eq!(sentences(&session.configure(&config).await), [""; 0]);
        let state = session.bring(&State::none(), &small(&session.ty)).await;
        let connectors = sandbox.sandbox();
        assert!(
            connectors
                .connector(&Scope::account(), "Bitbucket_Cloud")
                .is_some()
        );
        session.bring(&state, &Value::Null).await;
        session.shut_down().await;
    }
    sandbox.shut_down().await;
}

#[tokio::test]
async fn while_the_provider_is_not_known_plans_are_made_from_the_state() {
    let session = Session::start().await;
    let config = small(&session.ty);
    let state = session.bring(&State::none(), &config).await;
    session.sandbox().clear_requests();
    for unknown in [
        "endpoint",
        "account_id",
        "platform_api_key",
        "ca_certificate_file",
    ] {
        let provider = null_object(&session.provider_ty).with(unknown, Value::unknown());
        assert_eq!(sentences(&session.prepare(&provider).await), [""; 0]);
        assert_eq!(sentences(&session.configure(&provider).await), [""; 0]);
        assert_eq!(session.read(&state).await.clean(), state, "{unknown}");
        assert_eq!(session.plan(&state, &config).await.clean().planned, state);
        session.plan(&State::none(), &config).await.clean();
        session.plan(&state, &Value::Null).await.clean();
    }
    assert_eq!(session.sandbox().requests().len(), 0);
    session.shut_down().await;
}

#[tokio::test]
async fn every_setting_that_means_nothing_is_found_at_once_and_at_its_place() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let key = "pat.account.id.not-to-be-shown extra";
    let settings = [
        ("endpoint", "ftp://example.com"),
        ("platform_api_key", key),
        ("connection_test", "always"),
        ("request_timeout", "soon"),
        ("retry_timeout", "0s"),
    ];
    let config = settings.iter().fold(
        null_object(&session.provider_ty).with("max_requests_per_minute", Value::from(0)),
        |config, (name, text)| config.with(*name, Value::string(*text)),
    );
    let said = sentences(&session.prepare(&config).await);
    for (name, _) in settings.iter().chain(&[("max_requests_per_minute", "0")]) {
        let start = format!("error {name}: Invalid {name}.");
        let found = said.iter().filter(|line| line.starts_with(&start)).count();
        assert_eq!(found, 1, "{name}: {said:#?}");
    }
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(
        !said.join("").contains("not-to-be-shown"),
        "a key in a finding"
    );
    session.shut_down().await;
}
