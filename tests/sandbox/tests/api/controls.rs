//! The control surface, over HTTP and as methods.

use harness_sandbox::{Account, ControlError, Kind, Options, Scope};
use serde_json::{Value, json};

use crate::client::{Client, connector};

#[tokio::test]
async fn a_connector_is_patched_with_or_without_a_trace() {
    let client = Client::start();
    let before = client.get("bitbucket_cloud").await;
    let patch = json!({"name": "Changed", "spec": {"validationRepo": null, "apiAccess": null}});
    let place = "/connectors/bitbucket_cloud";
    let done = client
        .control("PATCH", &format!("{place}?touch=false"), Some(&patch))
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let changed = client.get("bitbucket_cloud").await;
    assert_eq!(changed.at("/data/connector/name"), "Changed");
    assert_eq!(changed.at("/data/connector/spec/apiAccess"), &Value::Null);
    assert_eq!(
        changed.at("/data/connector/spec/url"),
        before.at("/data/connector/spec/url")
    );
    assert_eq!(
        changed.at("/data/lastModifiedAt"),
        before.at("/data/lastModifiedAt")
    );
    client
        .control("PATCH", place, Some(&json!({"name": "Again"})))
        .await;
    let touched = client.get("bitbucket_cloud").await;
    assert!(
        touched.at("/data/lastModifiedAt").as_i64() > before.at("/data/lastModifiedAt").as_i64()
    );
    assert_eq!(touched.at("/data/createdAt"), before.at("/data/createdAt"));
}

#[tokio::test]
async fn every_kind_of_object_is_put_shown_patched_and_deleted() {
    let client = Client::start();
    let in_org = "?orgIdentifier=platform";
    for (kind, query, object, patch) in [
        ("connectors", in_org, connector("x"), json!({"name": "n"})),
        (
            "secrets",
            in_org,
            json!({"type": "SecretText", "name": "s"}),
            json!({"name": "n"}),
        ),
        (
            "organizations",
            "",
            json!({"name": "o"}),
            json!({"name": "n"}),
        ),
        (
            "projects",
            in_org,
            json!({"name": "p"}),
            json!({"name": "n"}),
        ),
        (
            "delegates",
            in_org,
            json!({"connected": true}),
            json!({"connected": false}),
        ),
        (
            "usages",
            in_org,
            json!([{"type": "Pipelines", "name": "p", "identifier": "p"}]),
            json!([]),
        ),
    ] {
        let path = format!("/{kind}/x{query}");
        assert_eq!(
            client.control("GET", &path, None).await.status,
            404,
            "{kind}"
        );
        assert_eq!(
            client.control("PATCH", &path, Some(&patch)).await.status,
            404,
            "{kind}"
        );
        let put = client.control("PUT", &path, Some(&object)).await;
        assert_eq!(put.status, 200, "{kind}: {}", put.text);
        assert_eq!(
            client.control("PATCH", &path, Some(&patch)).await.status,
            200,
            "{kind}"
        );
        let shown = client.control("GET", &path, None).await;
        match &patch {
            Value::Object(members) => {
                assert!(
                    members
                        .iter()
                        .all(|(member, value)| &shown.body[member] == value),
                    "{}",
                    shown.text
                );
            }
            other => assert_eq!(&shown.body, other),
        }
        assert_eq!(
            client.control("DELETE", &path, None).await.status,
            200,
            "{kind}"
        );
        assert_eq!(
            client.control("DELETE", &path, None).await.status,
            404,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn what_is_put_has_to_have_the_form_of_the_account_file() {
    let client = Client::start();
    let answer = client
        .control(
            "PUT",
            "/secrets/x",
            Some(&json!({"type": "SecretText", "nmae": "s"})),
        )
        .await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.at("/error").as_str().unwrap().contains("nmae"),
        "{}",
        answer.text
    );
    let answer = client.control("PUT", "/things/x", Some(&json!({}))).await;
    assert!(
        answer
            .at("/error")
            .as_str()
            .unwrap()
            .contains("write connectors, secrets")
    );
    let missing = client
        .sandbox
        .patch(Kind::Secret, &Scope::account(), "nope", &json!({}));
    assert_eq!(missing, Err(ControlError::Missing));
}

#[tokio::test]
async fn an_organization_takes_with_it_what_is_in_it() {
    let client = Client::start();
    client
        .sandbox
        .delete(Kind::Organization, &Scope::account(), "platform")
        .unwrap();
    let answer = client
        .get("payments_repo?orgIdentifier=platform&projectIdentifier=payments")
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        client
            .call("GET", "/projects/payments?orgIdentifier=platform", None)
            .await
            .status,
        400
    );
    client.get("bitbucket_cloud").await.succeeded();
}

#[tokio::test]
async fn the_state_shows_everything_but_secret_values_and_keys() {
    let client = Client::start();
    let state = client.control("GET", "/state", None).await;
    for (member, count) in [
        ("connectors", 14),
        ("organizations", 2),
        ("projects", 3),
        ("delegates", 5),
        ("usages", 1),
    ] {
        assert_eq!(
            state.at(&format!("/{member}")).as_array().unwrap().len(),
            count,
            "{member}"
        );
    }
    assert!(
        !state.text.contains("not-a-real-token") && !state.text.contains("sandboxsandboxsandb0")
    );
    assert_eq!(state.body, client.sandbox.state());
}

#[tokio::test]
async fn the_log_has_every_request_without_its_key() {
    let client = Client::start();
    client.create(&connector("a")).await.succeeded();
    let unknown = "pat.SANDBOX_acct-00000001A.x.y";
    client
        .call_as(unknown, "GET", "/connectors/a?x=1&x=2", None)
        .await;
    let log = client.control("GET", "/requests", None).await;
    let (first, second) = (&log.body[0], &log.body[1]);
    assert_eq!(
        (&first["method"], &first["path"]),
        (&json!("POST"), &json!("/ng/api/connectors"))
    );
    assert_eq!(first["gateway"], true);
    assert_eq!(first["body"]["connector"]["identifier"], "a");
    assert_eq!(first["headers"]["x-api-key"], "(removed)");
    assert_eq!(
        (&first["key_known"], &first["status"]),
        (&json!(true), &json!(200))
    );
    assert_eq!(
        (&second["key_known"], &second["status"]),
        (&json!(false), &json!(401))
    );
    assert_eq!(second["query"]["x"], json!(["1", "2"]));
    assert!(!log.text.contains(client.sandbox.api_key()) && !log.text.contains(unknown));
    client.control("DELETE", "/requests", None).await;
    assert!(client.sandbox.requests().is_empty());
}

#[tokio::test]
async fn settings_are_patched_and_a_wrong_one_is_named() {
    let client = Client::start();
    let changed = client
        .control("POST", "/settings", Some(&json!({"force_delete": true})))
        .await;
    assert_eq!(changed.at("/force_delete"), true);
    assert_eq!(
        client
            .control("GET", "/settings", None)
            .await
            .at("/force_delete"),
        true
    );
    for (patch, named) in [
        (json!({"force_delte": true}), "force_delte"),
        (
            json!({"not_found_status": 418}),
            "not_found_status is 418; write 400 or 404",
        ),
        (json!({"rate_limit": 0}), "rate_limit is 0"),
        (json!({"test_outcomes": {"a": "sunny"}}), "sunny"),
        (
            json!({"governance": [{"policy": "p", "severity": "error", "when": {"pointer": "/name", "matches": "("}}]}),
            "\"p\"",
        ),
    ] {
        let answer = client.control("POST", "/settings", Some(&patch)).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.at("/error").as_str().unwrap().contains(named),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_reset_restores_the_account_and_empties_log_and_script() {
    let client = Client::start();
    let start = client.sandbox.state();
    client.create(&connector("a")).await.succeeded();
    client
        .sandbox
        .change_settings(&json!({"force_delete": true}))
        .unwrap();
    client
        .control("POST", "/faults", Some(&json!({"action": "hang"})))
        .await;
    client.control("POST", "/reset", None).await;
    assert_eq!(client.sandbox.state(), start);
    assert!(client.sandbox.requests().is_empty() && client.sandbox.faults().is_empty());
    client.get("bitbucket_cloud").await.succeeded();
}

#[test]
fn a_sandbox_needs_no_runtime_and_frees_its_port_when_dropped() {
    let client = Client::start();
    let address = client
        .sandbox
        .endpoint()
        .replace("http://", "")
        .replace("/gateway", "");
    std::net::TcpStream::connect(&address).unwrap();
    drop(client);
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[tokio::test]
async fn another_account_is_served_from_its_file() {
    let file = json!({
        "identifier": "ACC", "name": "Mine",
        "keys": [{"name": "me", "token": "pat.ACC.1.fake", "principal": "me"}],
        "connectors": [{"identifier": "only", "name": "Only", "type": "Github", "spec": {}}],
        "settings": {"not_found_status": 404},
    });
    let account = Account::from_json(&file.to_string()).unwrap();
    let client = Client::with(Options {
        account: Some(account),
        ..Options::default()
    });
    assert_eq!(
        (client.sandbox.account_id(), client.sandbox.api_key()),
        ("ACC", "pat.ACC.1.fake")
    );
    let key = [("x-api-key", "pat.ACC.1.fake")];
    client
        .raw(
            "GET",
            "/ng/api/connectors/only?accountIdentifier=ACC",
            &key,
            None,
        )
        .await
        .succeeded();
    let missing = client
        .raw(
            "GET",
            "/ng/api/connectors/nope?accountIdentifier=ACC",
            &key,
            None,
        )
        .await;
    assert_eq!(missing.status, 404);
}

#[test]
fn a_contradictory_account_file_is_refused_with_the_reason() {
    let key = json!({"name": "k", "token": "pat.A.1.fake", "principal": "p"});
    for (file, reason) in [
        (
            json!({"identifier": "A", "name": "n", "keys": []}),
            "\"keys\" is empty",
        ),
        (
            json!({"identifier": "B", "name": "n", "keys": [key]}),
            "names another account than \"B\"",
        ),
        (
            json!({"identifier": "A", "name": "n", "keys": [{"name": "k", "token": "pat.x", "principal": "p"}]}),
            "has 2 parts",
        ),
        (
            json!({"identifier": "A", "name": "n", "keys": [key],
                   "projects": [{"orgIdentifier": "o", "identifier": "p", "name": "p"}]}),
            "project \"p\" is in organization \"o\"",
        ),
        (
            json!({"identifier": "A", "name": "n", "keys": [key], "connectors": [{}]}),
            "no \"identifier\"",
        ),
    ] {
        let error = Account::from_json(&file.to_string())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
}
