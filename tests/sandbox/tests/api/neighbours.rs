//! Secrets, organizations, projects, delegates, and who is calling.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Answer, Client, READER, SERVICE};

#[tokio::test]
async fn a_secret_is_answered_without_its_value() {
    let client = Client::start();
    let answer = client
        .call("GET", "/v2/secrets/bitbucket_token", None)
        .await
        .succeeded();
    let secret = answer.at("/data/secret").as_object().unwrap();
    assert_eq!(secret["type"], "SecretText");
    assert_eq!(
        secret["spec"],
        json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": null})
    );
    assert!(!secret.contains_key("orgIdentifier") && !secret.contains_key("description"));
    assert!(!answer.text.contains("not-a-real-token"));
    let ssh = client
        .call("GET", "/v2/secrets/bitbucket_ssh", None)
        .await
        .succeeded();
    assert_eq!(ssh.at("/data/secret/type"), "SSHKey");
    assert_eq!(
        ssh.at("/data/secret/spec/auth/spec/credentialType"),
        "KeyReference"
    );
    assert_eq!(ssh.at("/data/secret/spec/auth/spec/spec/userName"), "git");
    let scoped = client
        .call(
            "GET",
            "/v2/secrets/payments_token?orgIdentifier=platform&projectIdentifier=payments",
            None,
        )
        .await;
    assert_eq!(
        scoped.succeeded().at("/data/secret/projectIdentifier"),
        "payments"
    );
}

#[tokio::test]
async fn a_missing_secret_is_400_and_a_hidden_one_403() {
    let client = Client::start();
    for path in ["/v2/secrets/nope", "/v2/secrets/payments_token"] {
        let answer = client.call("GET", path, None).await;
        let identifier = path.rsplit('/').next().unwrap();
        let message =
            format!("Secret with identifier [{identifier}] is not found in the given scope");
        answer.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", &message);
    }
    client
        .call_as(READER, "GET", "/v2/secrets/bitbucket_token", None)
        .await
        .is_denied("core_secret_view");
    assert_eq!(
        client
            .call_as(READER, "GET", "/v2/secrets/nope", None)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn secrets_are_listed_by_scope_identifier_and_type() {
    let client = Client::start();
    for (query, filter, count) in [
        ("", json!({"secretTypes": ["WinRmCredentials"]}), 1),
        (
            "",
            json!({"identifiers": ["bitbucket_token", "payments_token"]}),
            1,
        ),
        ("?orgIdentifier=platform", json!({}), 6),
        (
            "?orgIdentifier=platform",
            json!({"includeAllSecretsAccessibleAtScope": true, "identifiers": ["bitbucket_token"]}),
            2,
        ),
        (
            "",
            json!({"includeSecretsFromEverySubScope": true, "searchTerm": "payments"}),
            5,
        ),
    ] {
        let answer = client
            .call("POST", &format!("/v2/secrets/list{query}"), Some(&filter))
            .await
            .succeeded();
        assert_eq!(answer.at("/data/totalItems"), count, "{query} {filter}");
    }
}

#[tokio::test]
async fn organizations_and_projects_have_entity_tags_and_missing_errors() {
    let client = Client::start();
    let org = client
        .call("GET", "/organizations/platform", None)
        .await
        .succeeded();
    assert_eq!(org.at("/data/organization/name"), "Platform Engineering");
    assert_eq!(org.headers["etag"], "W/\"0\"");
    let missing = client.call("GET", "/organizations/nope", None).await;
    let no_org = "Organization with identifier [nope] not found";
    missing.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", no_org);
    let project = client
        .call("GET", "/projects/payments?orgIdentifier=platform", None)
        .await
        .succeeded();
    assert_eq!(project.at("/data/project/orgIdentifier"), "platform");
    assert!(project.headers.contains_key("etag"));
    client
        .call("GET", "/projects/default_project", None)
        .await
        .succeeded();
    let missing = client.call("GET", "/projects/payments", None).await;
    let message = "Project with orgIdentifier [default] and identifier [payments] not found";
    missing.is_error(404, "ENTITY_NOT_FOUND", message);
    let missing = client
        .call("GET", "/projects/payments?orgIdentifier=nope", None)
        .await;
    missing.is_failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", no_org);
}

fn listed(answer: &Answer, kind: &str) -> Vec<String> {
    let content = answer.at("/data/content").as_array().unwrap();
    let identifier = |item: &Value| item[kind]["identifier"].as_str().unwrap().to_owned();
    content.iter().map(identifier).collect()
}

#[tokio::test]
async fn organizations_are_listed_with_those_of_the_platform_first_then_by_name() {
    let client = Client::start();
    for (identifier, name) in [("zoo", "aardvarks"), ("apes", "Zebras")] {
        let org = json!({"name": name, "tags": {"kind": "animal"}});
        let account = Scope::account();
        client
            .sandbox
            .put(Kind::Organization, &account, identifier, org)
            .unwrap();
    }
    for (query, expected) in [
        ("", &["default", "zoo", "platform", "apes"][..]),
        (
            "?sortOrders=identifier,ASC",
            &["apes", "default", "platform", "zoo"],
        ),
        (
            "?sortOrders=identifier",
            &["zoo", "platform", "default", "apes"],
        ),
        ("?pageSize=3&pageIndex=1", &["apes"]),
        ("?pageIndex=9", &[]),
        ("?searchTerm=ANIMAL", &["zoo", "apes"]),
        ("?searchTerm=%5Eplat", &["platform"]),
        (
            "?identifiers=zoo&identifiers=default&identifiers=none",
            &["default", "zoo"],
        ),
    ] {
        let path = format!("/organizations{query}");
        let answer = client.call("GET", &path, None).await.succeeded();
        assert_eq!(listed(&answer, "organization"), expected, "{query}");
    }
    let answer = client.call("GET", "/organizations", None).await;
    assert_eq!(answer.at("/data/content/0/harnessManaged"), true);
    assert_eq!(answer.at("/data/totalItems"), 4);
    client
        .call("GET", "/organizations?pageSize=101", None)
        .await
        .violates("pageSize", "less than or equal to 100");
}

#[tokio::test]
async fn projects_are_listed_from_all_organizations_unless_one_is_named() {
    let client = Client::start();
    let website = json!({"name": "Website of the default organization"});
    let default = Scope::organization("default");
    client
        .sandbox
        .put(Kind::Project, &default, "website", website)
        .unwrap();
    let all = &["website", "website", "payments", "default_project"][..];
    for (query, expected) in [
        ("", all),
        ("/list", all),
        ("?orgIdentifier=platform", &["website", "payments"]),
        (
            "/list?orgIdentifiers=default&orgIdentifiers=none",
            &["website", "default_project"],
        ),
        (
            "?sortOrders=identifier,ASC&pageSize=2",
            &["default_project", "payments"],
        ),
        ("?moduleType=CD", &["payments", "default_project"]),
        ("?moduleType=CD&hasModule=false", &["website", "website"]),
        ("?hasModule=false", all),
        ("?onlyFavorites=true", &[]),
    ] {
        let path = format!("/projects{query}");
        let answer = client.call("GET", &path, None).await.succeeded();
        assert_eq!(listed(&answer, "project"), expected, "{query}");
    }
    let answer = client.call("GET", "/projects", None).await;
    assert_eq!(
        answer.at("/data/content/0/project/orgIdentifier"),
        "default"
    );
    client
        .call("GET", "/projects?orgIdentifier=nope", None)
        .await
        .is_failure(
            400,
            "RESOURCE_NOT_FOUND_EXCEPTION",
            "Organization with identifier [nope] not found",
        );
}

#[tokio::test]
async fn lists_of_scopes_leave_out_what_a_key_may_not_see_and_never_refuse() {
    let client = Client::start();
    let deny = |permissions: &[&str]| {
        let denied = json!({"denied_permissions": {"developer": permissions}});
        client.sandbox.change_settings(&denied).unwrap();
    };
    // A project of an organization that is not listed.
    deny(&[
        "core_organization_view:platform",
        "core_project_view:website",
    ]);
    let orgs = client.call("GET", "/organizations", None).await.succeeded();
    assert_eq!(listed(&orgs, "organization"), ["default"]);
    let projects = client.call("GET", "/projects", None).await.succeeded();
    assert_eq!(
        listed(&projects, "project"),
        ["payments", "default_project"]
    );
    assert_eq!(projects.at("/data/totalItems"), 2);
    // Nothing at all.
    deny(&["core_organization_view", "core_project_view"]);
    for path in ["/organizations", "/projects"] {
        let answer = client.call("GET", path, None).await.succeeded();
        for (member, expected) in [
            ("content", json!([])),
            ("pageSize", json!(0)),
            ("totalPages", json!(1)),
            ("totalItems", json!(0)),
            ("empty", json!(true)),
        ] {
            assert_eq!(answer.at(&format!("/data/{member}")), &expected, "{path}");
        }
    }
}

#[tokio::test]
async fn delegates_are_listed_in_the_exact_scope_with_all_tags() {
    let client = Client::start();
    for (query, filter, names) in [
        (
            "",
            json!({}),
            vec!["Main-Delegate", "arm-builder", "us-delegate"],
        ),
        (
            "",
            json!({"delegateTags": ["linux", "eu"]}),
            vec!["Main-Delegate", "arm-builder"],
        ),
        (
            "",
            json!({"delegateTags": ["main-delegate"]}),
            vec!["Main-Delegate"],
        ),
        ("", json!({"delegateTags": ["Main-Delegate"]}), vec![]),
        (
            "",
            json!({"status": "CONNECTED", "delegateTags": ["us"]}),
            vec![],
        ),
        (
            "?orgIdentifier=platform",
            json!({}),
            vec!["platform-delegate"],
        ),
    ] {
        let mut body = filter;
        body["filterType"] = json!("Delegate");
        let answer = client
            .call(
                "POST",
                &format!("/delegate-setup/listDelegates{query}"),
                Some(&body),
            )
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.at("/responseMessages"), &json!([]));
        assert!(answer.body.get("metaData").is_some() && answer.body.get("status").is_none());
        let found: Vec<&Value> = answer
            .at("/resource")
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["name"])
            .collect();
        assert_eq!(found, names, "{query} {body}");
    }
    let body = json!({"filterType": "Delegate", "delegateTags": ["arm64"]});
    let answer = client
        .call("POST", "/delegate-setup/listDelegates", Some(&body))
        .await;
    let delegate = answer.at("/resource/0");
    assert_eq!(
        delegate["tags"],
        json!(["linux", "arm64", "eu", "arm-builder"])
    );
    assert_eq!(delegate["connected"], true);
    assert_eq!(delegate["delegateReplicas"][0]["version"], "26.01.88100");
    client
        .call("POST", "/delegate-setup/listDelegates", Some(&json!({})))
        .await
        .is_unprocessable("filterType");
}

#[tokio::test]
async fn a_group_without_members_is_an_error() {
    let client = Client::start();
    let path = "/delegate-group-tags/delegate-groups";
    let found = client
        .call("POST", path, Some(&json!({"tags": ["linux", "us"]})))
        .await;
    assert_eq!(found.at("/resource/0/identifier"), "us_delegate");
    let none = client
        .call("POST", path, Some(&json!({"tags": ["linux", "mars"]})))
        .await;
    let message = "Invalid request: Could not find a delegate group for given parameters.";
    none.is_error(400, "INVALID_REQUEST", message);
    let one = client
        .call("GET", "/delegate-group-tags/us_delegate", None)
        .await;
    assert_eq!(
        one.at("/resource/tags"),
        &json!(["linux", "amd64", "us", "us-delegate"])
    );
    client
        .call("GET", "/delegate-group-tags/nope", None)
        .await
        .is_error(400, "INVALID_REQUEST", message);
}

#[tokio::test]
async fn a_token_is_validated_for_people_and_service_accounts() {
    let client = Client::start();
    let path = format!("/ng/api/token/validate?accountIdentifier={ACCOUNT}");
    for (key, kind) in [
        (client.sandbox.api_key().to_owned(), "USER"),
        (SERVICE.to_owned(), "SERVICE_ACCOUNT"),
    ] {
        let headers = [("x-api-key", key.as_str()), ("content-type", "text/plain")];
        let answer = client
            .raw("POST", &path, &headers, Some(key.clone()))
            .await
            .succeeded();
        assert_eq!(answer.at("/data/apiKeyType"), kind);
        assert_eq!(
            (
                answer.at("/data/valid"),
                answer.at("/data/accountIdentifier")
            ),
            (&json!(true), &json!(ACCOUNT))
        );
        assert!(!answer.text.contains(&key));
    }
    let headers = [
        ("x-api-key", client.sandbox.api_key()),
        ("content-type", "text/plain"),
    ];
    let answer = client
        .raw("POST", &path, &headers, Some("pat.a.b.c".into()))
        .await;
    answer.is_error(401, "INVALID_TOKEN", "Token is not valid.");
    let log = serde_json::to_string(&client.sandbox.requests()).unwrap();
    assert!(!log.contains("sandboxsandboxsandb0"));
}

#[tokio::test]
async fn the_account_and_the_user_are_for_those_who_may_see_them() {
    let client = Client::start();
    let path = format!("/accounts/{ACCOUNT}");
    assert_eq!(
        client
            .call("GET", &path, None)
            .await
            .succeeded()
            .at("/data/name"),
        "Sandbox"
    );
    let without_query = [("x-api-key", client.sandbox.api_key())];
    client
        .raw("GET", &format!("/ng/api{path}"), &without_query, None)
        .await
        .succeeded();
    client
        .call_as(SERVICE, "GET", &path, None)
        .await
        .is_denied("core_account_view");
    let user = client
        .call("GET", "/user/currentUser", None)
        .await
        .succeeded();
    assert_eq!(user.at("/data/email"), "ada@example.com");
    let service = client
        .call_as(SERVICE, "GET", "/user/currentUser", None)
        .await;
    let message = "Invalid request: Current user can be accessed only by 'USER' principal type";
    service.is_error(400, "INVALID_REQUEST", message);
}
