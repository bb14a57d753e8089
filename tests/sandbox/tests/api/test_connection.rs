//! `POST /connectors/testConnection/{identifier}`: the model, both channels of failure, and real Git.

use harness_sandbox::{Kind, Options, Scope};
use serde_json::{Value, json};

use crate::client::{Answer, Client, READER, connector, connector_with};

async fn test(client: &Client, identifier: &str) -> Answer {
    client
        .call(
            "POST",
            &format!("/connectors/testConnection/{identifier}"),
            None,
        )
        .await
}

/// Checks for the second channel: HTTP 400 with hint and explanation.
#[track_caller]
fn hints(answer: &Answer, hint: &str, explanation: &str) {
    answer.is_error(400, "HINT", hint);
    let messages = answer.at("/responseMessages").as_array().unwrap();
    let shown: Vec<(&Value, &Value)> = messages
        .iter()
        .map(|message| (&message["code"], &message["level"]))
        .collect();
    let (info, error) = (json!("INFO"), json!("ERROR"));
    let codes = [
        json!("HINT"),
        json!("EXPLANATION"),
        json!("INVALID_REQUEST"),
    ];
    assert_eq!(
        shown,
        [(&codes[0], &info), (&codes[1], &info), (&codes[2], &error)]
    );
    assert_eq!(messages[1]["message"], explanation);
    assert_eq!(
        answer.at("/metadata/type"),
        "ConnectorValidationErrorMetaData"
    );
    assert!(answer.at("/metadata/taskId").is_string());
}

/// Checks for the first channel: HTTP 200 with status FAILURE.
#[track_caller]
fn fails(answer: Answer, summary: &str, code: u16) {
    let answer = answer.succeeded();
    assert_eq!(answer.at("/data/status"), "FAILURE");
    assert_eq!(answer.at("/data/errorSummary"), summary);
    assert_eq!(answer.at("/data/errors/0/code"), code);
}

#[tokio::test]
async fn a_success_is_answered_and_stored_and_modifies_nothing() {
    let client = Client::start();
    let before = client.get("bitbucket_cloud_api_token").await;
    let answer = test(&client, "bitbucket_cloud_api_token").await.succeeded();
    assert_eq!(answer.at("/data/status"), "SUCCESS");
    let data = answer.at("/data").as_object().unwrap();
    assert!(data["errors"].is_null() && data["errorSummary"].is_null());
    assert!(data["delegateId"].is_string() && data["taskId"].is_string());
    let after = client.get("bitbucket_cloud_api_token").await;
    assert_eq!(
        after.at("/data/status/testedAt"),
        answer.at("/data/testedAt")
    );
    assert_eq!(
        after.at("/data/status/lastConnectedAt"),
        answer.at("/data/testedAt")
    );
    assert_eq!(
        after.at("/data/lastModifiedAt"),
        before.at("/data/lastModifiedAt")
    );
}

#[tokio::test]
async fn every_connector_of_the_built_in_account_passes_its_test() {
    let client = Client::start();
    let state = client.sandbox.state();
    for item in state["connectors"].as_array().unwrap() {
        let text = |member: &str| {
            item["connector"][member]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let path = format!(
            "/connectors/testConnection/{}?orgIdentifier={}&projectIdentifier={}",
            text("identifier"),
            text("orgIdentifier"),
            text("projectIdentifier")
        );
        let answer = client.call("POST", &path, None).await.succeeded();
        assert_eq!(answer.at("/data/status"), "SUCCESS", "{path}");
    }
}

#[tokio::test]
async fn the_platform_itself_tests_without_a_delegate() {
    let answer = test(&Client::start(), "bitbucket_cloud").await.succeeded();
    assert_eq!(answer.at("/data/delegateId"), &Value::Null);
}

#[tokio::test]
async fn credentials_and_addresses_fail_with_a_hint_and_the_status_is_stored() {
    let client = Client::start();
    let token = json!("account.bitbucket_token");
    let revoked = json!("account.revoked_token");
    let ssh =
        |secret: &str| json!({"type": "Ssh", "spec": {"sshKeyRef": format!("account.{secret}")}});
    let password = "/spec/authentication/spec/spec/passwordRef";
    let email_name = (
        "/spec/authentication/spec/spec/username",
        json!("ada@example.com"),
    );
    let authorized = (
        "Please ensure that the credentials are correct.",
        "Provided credentials are not authorized.",
    );
    let api = (
        "Please ensure that the api access credentials are correct.",
        "Provided api access credentials are not authorized.",
    );
    let unsupported = (
        "Please ensure that the authentication is supported by git provider.",
        "Authentication is not supported.",
    );
    let invalid = "Provided repo url is invalid.";
    for (change, (hint, explanation)) in [
        ((password, revoked.clone()), authorized),
        (email_name, authorized),
        (
            ("/spec/url", json!("https://bitbucket.org/x/missing.git")),
            ("Please provide valid git repository url", invalid),
        ),
        (
            ("/spec/url", json!("https://bitbucket.invalid/x/y.git")),
            (
                "Please provide valid git repository url and ensure delegate to git provider connectivity",
                invalid,
            ),
        ),
        (
            ("/spec/url", json!("https://timeout.example.com/x/y.git")),
            (
                "Please ensure that git scm has connectivity from delegate or harness platform",
                "Git connection timed out",
            ),
        ),
        (
            (
                "/spec/apiAccess",
                json!({"type": "AccessToken", "spec": {"tokenRef": revoked}}),
            ),
            api,
        ),
        (
            (
                "/spec/apiAccess",
                json!({"type": "EmailAndApiToken", "spec": {"email": "ada", "tokenRef": token}}),
            ),
            api,
        ),
        (
            ("/spec/authentication", ssh("openssh_key")),
            (
                "Please provide valid git ssh private key in PEM format.",
                "Provided ssh key uses incorrect format.",
            ),
        ),
        (
            ("/spec/authentication", ssh("ubuntu_ssh")),
            (
                "Please provide correct git ssh private key with 'git' username.",
                "Provided ssh credentials are not authorized.",
            ),
        ),
        (("/spec/authentication", ssh("ssh_password")), unsupported),
        (("/spec/authentication", ssh("kerberos")), unsupported),
    ] {
        let sent = connector_with("a", &[change]);
        client.create(&sent).await.succeeded();
        hints(&test(&client, "a").await, hint, explanation);
        assert_eq!(
            client.get("a").await.at("/data/status/status"),
            "FAILURE",
            "{sent}"
        );
        client
            .call("DELETE", "/connectors/a", None)
            .await
            .succeeded();
    }
}

#[tokio::test]
async fn an_account_is_tested_at_its_repository_and_without_one_not_at_all() {
    let client = Client::start();
    let account = ("/spec/type", json!("Account"));
    let unreachable = ("/spec/url", json!("https://bitbucket.invalid/x"));
    client
        .create(&connector_with("a", &[account.clone(), unreachable]))
        .await
        .succeeded();
    assert_eq!(
        test(&client, "a").await.succeeded().at("/data/status"),
        "SUCCESS"
    );
    let missing = ("/spec/validationRepo", json!("missing.git"));
    client
        .create(&connector_with("b", &[account, missing]))
        .await
        .succeeded();
    hints(
        &test(&client, "b").await,
        "Please provide valid git repository url",
        "Provided repo url is invalid.",
    );
}

#[tokio::test]
async fn delegates_have_to_be_there_with_all_selectors_and_connected() {
    let client = Client::start();
    let no_delegate = " No Delegate Found ";
    let none_eligible = " No Delegate Found ( No Delegate Eligible to perform the request)";
    for (selectors, summary, code) in [
        (json!(["linux", "us"]), no_delegate, 462),
        (json!(["arm64", "amd64"]), none_eligible, 463),
        (json!(["unknown"]), none_eligible, 463),
    ] {
        client
            .create(&connector_with(
                "a",
                &[("/spec/delegateSelectors", selectors)],
            ))
            .await
            .succeeded();
        fails(test(&client, "a").await, summary, code);
        client
            .call("DELETE", "/connectors/a", None)
            .await
            .succeeded();
    }
    client
        .create(&connector_with(
            "b",
            &[("/spec/delegateSelectors", json!(["main-delegate"]))],
        ))
        .await
        .succeeded();
    assert_eq!(test(&client, "b").await.at("/data/status"), "SUCCESS");
    client
        .sandbox
        .change_settings(&json!({"no_delegate_status": 400}))
        .unwrap();
    client
        .create(&connector_with(
            "c",
            &[("/spec/delegateSelectors", json!(["unknown"]))],
        ))
        .await
        .succeeded();
    let message = format!("Invalid request: {none_eligible}");
    test(&client, "c")
        .await
        .is_error(400, "INVALID_REQUEST", &message);
}

#[tokio::test]
async fn an_old_delegate_does_not_know_api_tokens() {
    let client = Client::start();
    let access = json!({"type": "EmailAndApiToken", "spec": {"email": "a@b.c", "tokenRef": "account.bitbucket_token"}});
    let changes = [
        ("/spec/delegateSelectors", json!(["arm64"])),
        ("/spec/apiAccess", access),
    ];
    client
        .create(&connector_with("a", &changes))
        .await
        .succeeded();
    let hint = "Please ensure that the authentication is supported by git provider.";
    hints(
        &test(&client, "a").await,
        hint,
        "Authentication is not supported.",
    );
}

#[tokio::test]
async fn secrets_are_opened_only_for_the_test() {
    let client = Client::start();
    let path = "/connectors/testConnection/bitbucket_cloud";
    client
        .call_as(READER, "POST", path, None)
        .await
        .is_denied("core_secret_access");
    let ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_token"}});
    client
        .create(&connector_with("a", &[("/spec/authentication", ssh)]))
        .await
        .succeeded();
    fails(test(&client, "a").await, "Unexpected Error", 450);
    let password = (
        "/spec/authentication/spec/spec/passwordRef",
        json!("account.bitbucket_ssh"),
    );
    client
        .create(&connector_with("b", &[password]))
        .await
        .succeeded();
    fails(test(&client, "b").await, "Unexpected Error", 450);
    client
        .sandbox
        .delete(Kind::Secret, &Scope::account(), "bitbucket_token")
        .unwrap();
    let message = "Invalid request: No secret configured with identifier: account.bitbucket_token";
    test(&client, "bitbucket_cloud")
        .await
        .is_error(400, "INVALID_REQUEST", message);
}

#[tokio::test]
async fn a_missing_connector_is_not_found_in_the_words_of_a_test() {
    let answer = test(&Client::start(), "nope").await;
    answer.is_error(
        400,
        "CONNECTOR_NOT_FOUND_EXCEPTION",
        "No connector found with identifier nope",
    );
}

#[tokio::test]
async fn an_outcome_can_be_set_and_taken_back() {
    let client = Client::start();
    let set = |outcome: Value| json!({"test_outcomes": {"bitbucket_cloud": outcome}});
    for (outcome, code) in [
        ("no_capable_delegate", 460),
        ("delegate_timeout", 461),
        ("invalid_yaml", 400),
    ] {
        client
            .sandbox
            .change_settings(&set(json!(outcome)))
            .unwrap();
        let answer = test(&client, "bitbucket_cloud").await.succeeded();
        assert_eq!(answer.at("/data/errors/0/code"), code);
    }
    for (outcome, status) in [("partial", "PARTIAL"), ("unknown", "UNKNOWN")] {
        client
            .sandbox
            .change_settings(&set(json!(outcome)))
            .unwrap();
        assert_eq!(
            test(&client, "bitbucket_cloud").await.at("/data/status"),
            status
        );
    }
    client.sandbox.change_settings(&set(Value::Null)).unwrap();
    assert_eq!(
        test(&client, "bitbucket_cloud").await.at("/data/status"),
        "SUCCESS"
    );
}

#[tokio::test]
async fn an_ignored_test_succeeds() {
    let client = Client::start();
    let changes = [
        ("/spec/ignoreTestConnection", json!(true)),
        ("/spec/url", json!("https://bitbucket.invalid/x")),
    ];
    client
        .create(&connector_with("a", &changes))
        .await
        .succeeded();
    assert_eq!(test(&client, "a").await.at("/data/status"), "SUCCESS");
}

#[tokio::test]
async fn another_repository_can_be_tested_with_the_same_credentials() {
    let client = Client::start();
    let path = |repository: &str| {
        format!(
            "/connectors/testGitRepoConnection/bitbucket_cloud?repoURL=https%3A%2F%2Fbitbucket.org%2Fx%2F{repository}"
        )
    };
    let good = client.call("POST", &path("y.git"), None).await.succeeded();
    assert_eq!(good.at("/data/status"), "SUCCESS");
    let bad = client.call("POST", &path("missing.git"), None).await;
    hints(
        &bad,
        "Please provide valid git repository url",
        "Provided repo url is invalid.",
    );
    let none = client
        .call(
            "POST",
            "/connectors/testGitRepoConnection/bitbucket_cloud",
            None,
        )
        .await;
    none.violates("repoURL", "must not be blank");
}

#[tokio::test]
async fn for_real_git_is_asked_with_the_secrets_of_the_connector() {
    let client = Client::with(Options {
        real_tests: true,
        ..Options::default()
    });
    let git = client.sandbox.git_url();
    let url = |path: &str| ("/spec/url", json!(format!("{git}/{path}")));
    let account = ("/spec/type", json!("Account"));
    let repository = ("/spec/validationRepo", json!("/PLAT/tools.git"));
    let name_secret = json!({"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
        "usernameRef": "account.bitbucket_username", "passwordRef": "account.bitbucket_token"
    }}});
    for (identifier, changes) in [
        ("repo", vec![url("PLAT/tools.git")]),
        ("whole_account", vec![account, url(""), repository]),
        (
            "secret_name",
            vec![
                url("WEB/website.git"),
                ("/spec/authentication", name_secret),
            ],
        ),
    ] {
        client
            .create(&connector_with(identifier, &changes))
            .await
            .succeeded();
        let answer = test(&client, identifier).await.succeeded();
        assert_eq!(answer.at("/data/status"), "SUCCESS", "{identifier}");
    }
    let invalid = "Provided repo url is invalid.";
    let wrong_password = (
        "/spec/authentication/spec/spec/passwordRef",
        json!("account.revoked_token"),
    );
    for (identifier, changes, hint, explanation) in [
        (
            "gone",
            vec![url("PLAT/nothing.git")],
            "Please provide valid git repository url",
            invalid,
        ),
        (
            "refused",
            vec![url("PLAT/tools.git"), wrong_password],
            "Please ensure that the credentials are correct.",
            "Provided credentials are not authorized.",
        ),
    ] {
        client
            .create(&connector_with(identifier, &changes))
            .await
            .succeeded();
        hints(&test(&client, identifier).await, hint, explanation);
    }
}

#[tokio::test]
async fn a_test_takes_the_time_that_is_set_and_the_creation_does_not() {
    let client = Client::start();
    client
        .sandbox
        .change_settings(&json!({"test_delay_ms": 40}))
        .unwrap();
    let created = client.create(&connector("a")).await.succeeded();
    assert_eq!(created.at("/data/status/status"), "PENDING");
    test(&client, "a").await.succeeded();
    let requests = client.sandbox.requests();
    assert!(requests[1].took_ms.unwrap() >= 40, "{requests:?}");
}
