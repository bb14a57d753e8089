//! Creating, updating, and deleting organizations, projects, and secrets through the API.
//!
//! This file is long because its tests compare the three kinds of objects row by row, with the same helpers.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{Answer, Client, READER, connector_with};

fn organization(identifier: &str) -> Value {
    json!({"organization": {"identifier": identifier, "name": "A name", "tags": {"team": "web"}}})
}

fn project(org: &str, identifier: &str) -> Value {
    json!({"project": {"orgIdentifier": org, "identifier": identifier, "name": "A name"}})
}

fn text(identifier: &str, value: &str) -> Value {
    json!({"secret": {"type": "SecretText", "identifier": identifier, "name": "A name", "spec": {
        "type": "SecretText", "secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": value,
        // The official provider sends this member, empty or not.
        "additionalMetadata": {},
    }}})
}

/// Returns a body with one member changed, by JSON pointer.
fn with(mut body: Value, pointer: &str, value: &Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let members = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    members.insert(member.to_owned(), value.clone());
    body
}

/// Returns the events of the audit trail, oldest first: action, type, identifier, and scope.
async fn events(client: &Client) -> Vec<String> {
    let key = client.sandbox.api_key().to_owned();
    let path = format!(
        "/audit/api/audits/list?accountIdentifier={}&sortOrders=timestamp,ASC",
        client.sandbox.account_id()
    );
    let body = json!({"filterType": "Audit"}).to_string();
    let answer = client
        .raw("POST", &path, &[("x-api-key", &key)], Some(body))
        .await;
    let events = answer.succeeded().at("/data/content").clone();
    let text = |event: &Value, pointer: &str| {
        let part = event.pointer(pointer).and_then(Value::as_str);
        part.unwrap_or("-").to_owned()
    };
    let describe = |event: &Value| {
        let parts = [
            "/action",
            "/resource/type",
            "/resource/identifier",
            "/resourceScope/orgIdentifier",
            "/resourceScope/projectIdentifier",
        ];
        parts.map(|part| text(event, part)).join(" ")
    };
    events.as_array().unwrap().iter().map(describe).collect()
}

#[tokio::test]
async fn an_organization_lives_with_its_projects_and_what_is_in_them() {
    let client = Client::start();
    let made = client
        .call("POST", "/organizations", Some(&organization("new_org")))
        .await
        .succeeded();
    assert_eq!(made.at("/data/organization/description"), "");
    assert_eq!(made.at("/data/organization/tags/team"), "web");
    assert_eq!(made.at("/data/harnessManaged"), false);
    assert_eq!(made.headers["etag"], "W/\"0\"");
    let renamed = with(
        organization("new_org"),
        "/organization/name",
        &json!("Other"),
    );
    let changed = client
        .call("PUT", "/organizations/new_org", Some(&renamed))
        .await
        .succeeded();
    assert_eq!(changed.at("/data/organization/name"), "Other");
    assert_eq!(changed.headers["etag"], "W/\"1\"");

    let made = client
        .call(
            "POST",
            "/projects?orgIdentifier=new_org",
            Some(&project("new_org", "fresh")),
        )
        .await
        .succeeded();
    let modules = made.at("/data/project/modules").as_array().unwrap().clone();
    assert!(modules.contains(&json!("CD")), "{modules:?}");
    assert!(made.at("/data/project/color").is_string());
    let in_project = "?orgIdentifier=new_org&projectIdentifier=fresh";
    let scoped = json!({"orgIdentifier": "new_org", "projectIdentifier": "fresh"});
    let mut secret = text("token", "s3cret-value");
    merge(&mut secret["secret"], &scoped);
    client
        .call("POST", &format!("/v2/secrets{in_project}"), Some(&secret))
        .await
        .succeeded();
    let mut connector = connector_with(
        "bb",
        &[("/spec/authentication/spec/spec/passwordRef", json!("token"))],
    );
    merge(&mut connector, &scoped);
    let body = json!({"connector": connector});
    client
        .call("POST", "/connectors", Some(&body))
        .await
        .succeeded();

    client
        .call("DELETE", "/organizations/new_org", None)
        .await
        .succeeded();
    for path in [
        "/organizations/new_org".to_owned(),
        "/projects/fresh?orgIdentifier=new_org".to_owned(),
        format!("/connectors/bb{in_project}"),
        format!("/v2/secrets/token{in_project}"),
    ] {
        assert_ne!(client.call("GET", &path, None).await.status, 200, "{path}");
    }
    assert_eq!(
        events(&client).await,
        [
            "CREATE ORGANIZATION new_org new_org -",
            "UPDATE ORGANIZATION new_org new_org -",
            "CREATE PROJECT fresh new_org fresh",
            "CREATE SECRET token new_org fresh",
            "CREATE CONNECTOR bb new_org fresh",
            "DELETE ORGANIZATION new_org new_org -",
        ]
    );
}

fn merge(into: &mut Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        into[name] = value.clone();
    }
}

#[tokio::test]
async fn a_project_keeps_its_modules_and_can_be_deleted_alone() {
    let client = Client::start();
    let path = "/projects/website?orgIdentifier=platform";
    let stored = client.call("GET", path, None).await.succeeded();
    let modules = stored.at("/data/project/modules").clone();
    let body = with(project("platform", "website"), "/project/modules", &modules);
    let changed = client.call("PUT", path, Some(&body)).await.succeeded();
    assert_eq!(changed.at("/data/project/name"), "A name");
    let more = with(
        project("platform", "website"),
        "/project/modules",
        &json!(["CD", "CI", "STO"]),
    );
    client.call("PUT", path, Some(&more)).await.succeeded();
    let fewer = project("platform", "website");
    let refused = client.call("PUT", path, Some(&fewer)).await;
    let message = "Invalid request: Modules cannot be removed from a project";
    refused.is_error(400, "INVALID_REQUEST", message);
    client.call("DELETE", path, None).await.succeeded();
    let message = "Project with identifier [website] does not exist in the specified scope";
    client
        .call("DELETE", path, None)
        .await
        .is_error(404, "ENTITY_NOT_FOUND", message);
    client
        .call("GET", "/organizations/platform", None)
        .await
        .succeeded();
}

#[tokio::test]
async fn a_secret_is_stored_without_ever_being_shown() {
    let client = Client::start();
    let made = client
        .call("POST", "/v2/secrets", Some(&text("token", "s3cret-value")))
        .await
        .succeeded();
    assert_eq!(
        made.at("/data/secret/spec"),
        &json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": null})
    );
    let changed = with(
        text("token", "an0ther-value"),
        "/secret/name",
        &json!("New"),
    );
    client
        .call("PUT", "/v2/secrets/token", Some(&changed))
        .await
        .succeeded();
    let stored = client
        .sandbox
        .object(Kind::Secret, &Scope::account(), "token")
        .unwrap();
    assert_eq!(
        (&stored["name"], &stored["value"]),
        (&json!("New"), &json!("an0ther-value"))
    );
    // Without a new value, the stored one is kept.
    let mut unchanged = changed.clone();
    unchanged["secret"]["spec"]["value"] = Value::Null;
    client
        .call("PUT", "/v2/secrets/token", Some(&unchanged))
        .await
        .succeeded();
    let stored = client
        .sandbox
        .object(Kind::Secret, &Scope::account(), "token");
    assert_eq!(stored.unwrap()["value"], "an0ther-value");
    let mut reference = text("path", "kv/data/token");
    reference["secret"]["spec"]["valueType"] = json!("Reference");
    let made = client
        .call("POST", "/v2/secrets", Some(&reference))
        .await
        .succeeded();
    assert_eq!(made.at("/data/secret/spec/value"), "kv/data/token");
    let listed = client
        .call("GET", "/v2/secrets?type=SecretText&searchTerm=TOKEN", None)
        .await
        .succeeded();
    let of_api = client
        .call(
            "POST",
            "/v2/secrets/list",
            Some(&json!({"secretTypes": ["SecretText"], "searchTerm": "token"})),
        )
        .await
        .succeeded();
    assert_eq!(listed.at("/data/content"), of_api.at("/data/content"));
    let free = |identifier: &str| format!("/v2/secrets/validateUniqueIdentifier/{identifier}");
    for (identifier, is_free) in [("token", false), ("other", true)] {
        let answer = client.call("GET", &free(identifier), None).await;
        assert_eq!(answer.succeeded().at("/data"), is_free);
    }
    let log = serde_json::to_string(&client.sandbox.requests()).unwrap();
    assert!(!log.contains("s3cret-value") && !log.contains("an0ther-value"));
    assert!(log.contains("(removed)"));
}

/// Returns a form with these parts, and its content type.
fn form(parts: &[(&str, &str)]) -> (String, &'static str) {
    let mut body = String::new();
    for (name, contents) in parts {
        let file = if *name == "file" {
            "; filename=\"key\"\r\nContent-Type: application/octet-stream"
        } else {
            ""
        };
        body += "--b0undary\r\nContent-Disposition: form-data; name=\"";
        body += name;
        body += "\"";
        body += file;
        body += "\r\n\r\n";
        body += contents;
        body += "\r\n";
    }
    (
        body + "--b0undary--\r\n",
        "multipart/form-data; boundary=b0undary",
    )
}

async fn send_form(client: &Client, method: &str, path: &str, parts: &[(&str, &str)]) -> Answer {
    let (body, content_type) = form(parts);
    let key = client.sandbox.api_key().to_owned();
    let path = format!(
        "/ng/api/v2/secrets/files{path}?accountIdentifier={}",
        client.sandbox.account_id()
    );
    let headers = [("x-api-key", key.as_str()), ("content-type", content_type)];
    client.raw(method, &path, &headers, Some(body)).await
}

#[tokio::test]
async fn a_secret_file_comes_as_a_form() {
    let client = Client::start();
    let spec = json!({"secret": {"type": "SecretFile", "name": "Key", "identifier": "key_file",
        "spec": {"secretManagerIdentifier": "harnessSecretManager"}}})
    .to_string();
    let parts = [("spec", spec.as_str()), ("file", "the k3y\n")];
    let made = send_form(&client, "POST", "", &parts).await.succeeded();
    assert_eq!(made.at("/data/secret/type"), "SecretFile");
    let value = |client: &Client| {
        let stored = client
            .sandbox
            .object(Kind::Secret, &Scope::account(), "key_file");
        stored.unwrap()["value"].clone()
    };
    assert_eq!(value(&client), "the k3y\n");
    send_form(&client, "PUT", "/key_file", &parts[..1])
        .await
        .succeeded();
    assert_eq!(value(&client), "the k3y\n");
    let parts = [("spec", spec.as_str()), ("file", "an0ther")];
    send_form(&client, "PUT", "/key_file", &parts)
        .await
        .succeeded();
    assert_eq!(value(&client), "an0ther");
    send_form(&client, "POST", "", &parts).await.is_error(
        400,
        "INVALID_REQUEST",
        "Invalid request: Secret with identifier key_file already exists in this scope",
    );
    send_form(&client, "POST", "", &parts[..1])
        .await
        .violates("file", "must not be null");
    send_form(&client, "POST", "", &[("spec", "{")])
        .await
        .is_unprocessable("EOF");
    let log = serde_json::to_string(&client.sandbox.requests()).unwrap();
    assert!(!log.contains("the k3y") && !log.contains("an0ther"));
}

#[tokio::test]
async fn a_secret_in_use_stays_until_nothing_refers_to_it() {
    let client = Client::start();
    client
        .call("POST", "/v2/secrets", Some(&text("token", "value")))
        .await
        .succeeded();
    let pointer = "/spec/authentication/spec/spec/passwordRef";
    let connector = connector_with("bb", &[(pointer, json!("account.token"))]);
    let body = json!({"connector": connector});
    client
        .call("POST", "/connectors", Some(&body))
        .await
        .succeeded();
    let in_use = |identifier: &str| {
        format!("Could not delete the secret {identifier} as it is referenced by other entities")
    };
    // A connector uses one, an SSH credential the other, in the scope of each.
    for (path, identifier) in [
        ("/v2/secrets/token", "token"),
        (
            "/v2/secrets/payments_key_file?orgIdentifier=platform&projectIdentifier=payments",
            "payments_key_file",
        ),
    ] {
        let refused = client.call("DELETE", path, None).await;
        refused.is_error(400, "ENTITY_REFERENCE_EXCEPTION", &in_use(identifier));
    }
    let forced = "/v2/secrets/token?forceDelete=true";
    let refused = client.call("DELETE", forced, None).await;
    let message = format!(
        "Invalid request: Parameter forcedDelete cannot be true. Force deletion of secret is not enabled for this \
         account [{}]",
        client.sandbox.account_id()
    );
    refused.is_error(400, "INVALID_REQUEST", &message);
    client
        .call("DELETE", "/connectors/bb", None)
        .await
        .succeeded();
    client
        .call("DELETE", "/v2/secrets/token", None)
        .await
        .succeeded();
    let message = "Secret with identifier [token] does not exist in the specified scope";
    client
        .call("DELETE", "/v2/secrets/token", None)
        .await
        .is_error(404, "ENTITY_NOT_FOUND", message);
    client
        .sandbox
        .change_settings(&json!({"force_delete": true}))
        .unwrap();
    client
        .call(
            "DELETE",
            "/v2/secrets/bitbucket_token?forceDelete=true",
            None,
        )
        .await
        .succeeded();
    let last = events(&client).await.pop().unwrap();
    assert_eq!(last, "FORCE_DELETE SECRET bitbucket_token - -");
}

/// A credential as the official provider sends it, with a discriminator at every level.
fn credential(kind: &str, auth: &str, spec: &Value) -> Value {
    json!({"secret": {"type": kind, "identifier": "made", "name": "Made", "spec": {"type": "", "port": 22,
        "auth": {"type": auth, "spec": spec}}}})
}

#[tokio::test]
async fn a_credential_has_the_members_of_its_type_and_no_others() {
    let client = Client::start();
    let ssh = |kind: &str, spec: Value| json!({"type": kind, "credentialType": kind, "spec": spec});
    let stored = |kind: &str, spec: Value| json!({"credentialType": kind, "spec": spec});
    let token = "account.bitbucket_token";
    for (kind, auth, sent, answered) in [
        (
            "SSHKey",
            "SSH",
            ssh(
                "KeyReference",
                json!({"credentialType": "", "userName": "git", "key": "account.deploy_key_file"}),
            ),
            stored(
                "KeyReference",
                json!({"userName": "git", "key": "account.deploy_key_file", "encryptedPassphrase": null}),
            ),
        ),
        (
            "SSHKey",
            "SSH",
            ssh(
                "KeyPath",
                json!({"userName": "git", "keyPath": "/key", "encryptedPassphrase": token, "password": token}),
            ),
            stored(
                "KeyPath",
                json!({"userName": "git", "keyPath": "/key", "encryptedPassphrase": token}),
            ),
        ),
        (
            "SSHKey",
            "SSH",
            ssh(
                "Password",
                json!({"credentialType": "", "userName": "git", "password": token}),
            ),
            stored("Password", json!({"userName": "git", "password": token})),
        ),
        (
            "SSHKey",
            "Kerberos",
            json!({"type": "", "principal": "p", "realm": "R", "tgtGenerationMethod": "KeyTabFilePath",
                   "spec": {"tgtGenerationMethod": "", "keyPath": "/keytab"}}),
            json!({"principal": "p", "realm": "R", "tgtGenerationMethod": "KeyTabFilePath", "spec": {"keyPath": "/keytab"}}),
        ),
        (
            "SSHKey",
            "Kerberos",
            json!({"principal": "p", "realm": "R", "tgtGenerationMethod": null, "spec": null}),
            json!({"principal": "p", "realm": "R"}),
        ),
        (
            "WinRmCredentials",
            "Kerberos",
            json!({"principal": "p", "realm": "R", "tgtGenerationMethod": "Password", "spec": {"password": token},
                   "useNoProfile": true}),
            json!({"principal": "p", "realm": "R", "tgtGenerationMethod": "Password", "spec": {"password": token},
                   "useSSL": true, "skipCertChecks": true, "useNoProfile": true}),
        ),
        (
            "WinRmCredentials",
            "NTLM",
            json!({"type": "NTLM", "domain": "d", "username": "u", "password": token, "skipCertChecks": false}),
            json!({"domain": "d", "username": "u", "password": token, "useSSL": true, "skipCertChecks": false,
                   "useNoProfile": false}),
        ),
    ] {
        let body = credential(kind, auth, &sent);
        let made = client.call("POST", "/v2/secrets", Some(&body)).await;
        let made = made.succeeded();
        let mut expected = json!({"port": 22, "auth": {"type": auth, "spec": answered}});
        if kind == "WinRmCredentials" {
            expected["parameters"] = json!([]);
        }
        assert_eq!(made.at("/data/secret/spec"), &expected, "{sent}");
        let read = client.call("GET", "/v2/secrets/made", None).await;
        assert_eq!(
            read.succeeded().at("/data/secret/spec"),
            &expected,
            "{sent}"
        );
        client
            .call("DELETE", "/v2/secrets/made", None)
            .await
            .succeeded();
    }
}

#[tokio::test]
async fn a_credential_of_the_account_file_is_answered_like_one_that_was_made() {
    let client = Client::start();
    let spec = json!({"auth": {"type": "SSH", "spec": {"credentialType": "KeyPath", "spec": {"keyPath": "/key"}}}});
    let secret = json!({"type": "SSHKey", "name": "Short", "spec": spec});
    let account = Scope::account();
    client
        .sandbox
        .put(Kind::Secret, &account, "short", secret)
        .unwrap();
    let path = |identifier: &str| format!("/v2/secrets/{identifier}");
    for (identifier, spec) in [
        (
            "short",
            json!({"port": 0, "auth": {"type": "SSH", "spec": {"credentialType": "KeyPath", "spec": {
                "userName": null, "keyPath": "/key", "encryptedPassphrase": null}}}}),
        ),
        (
            "kerberos",
            json!({"port": 22, "auth": {"type": "Kerberos", "spec": {"principal": "build", "realm": "EXAMPLE.COM",
                "tgtGenerationMethod": "KeyTabFilePath", "spec": {"keyPath": "/etc/krb5.keytab"}}}}),
        ),
        (
            "windows_build",
            json!({"port": 5986, "parameters": [], "auth": {"type": "NTLM", "spec": {"domain": "EXAMPLE",
                "username": "build", "password": "account.bitbucket_token", "useSSL": true, "skipCertChecks": false,
                "useNoProfile": true}}}),
        ),
    ] {
        let read = client.call("GET", &path(identifier), None).await;
        assert_eq!(read.succeeded().at("/data/secret/spec"), &spec);
    }
}

#[tokio::test]
async fn a_credential_names_how_it_authenticates() {
    let client = Client::start();
    let post = async |body: Value| client.call("POST", "/v2/secrets", Some(&body)).await;
    for (pointer, field) in [
        ("/secret/spec/auth", "secret.spec.auth"),
        ("/secret/spec/auth/type", "secret.spec.auth.type"),
        ("/secret/spec/auth/spec", "secret.spec.auth.spec"),
        (
            "/secret/spec/auth/spec/credentialType",
            "secret.spec.auth.spec.credentialType",
        ),
    ] {
        let good = credential("SSHKey", "SSH", &json!({"credentialType": "KeyPath"}));
        let answer = post(with(good, pointer, &Value::Null)).await;
        answer.violates(field, "must not be null");
    }
    for (kind, auth, spec, enumeration) in [
        ("SSHKey", "NTLM", json!({}), "SSHAuthScheme"),
        ("WinRmCredentials", "SSH", json!({}), "WinRmAuthScheme"),
        (
            "SSHKey",
            "SSH",
            json!({"credentialType": ""}),
            "SSHCredentialType",
        ),
    ] {
        let answer = post(credential(kind, auth, &spec)).await;
        answer.is_unprocessable(enumeration);
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "tables are long")]
async fn refusals_are_worded_as_the_platform_words_them() {
    let client = Client::start();
    let ssh = |key: &str| {
        json!({"secret": {"type": "SSHKey", "identifier": "ssh", "name": "SSH", "spec": {"port": 22,
            "auth": {"type": "SSH", "spec": {"credentialType": "KeyReference", "spec": {"userName": "git", "key": key}}}}}})
    };
    let other_type = with(
        ssh("account.deploy_key_file"),
        "/secret/identifier",
        &json!("bitbucket_token"),
    );
    let no_org = "Organization with identifier [nope] not found";
    for (method, path, body, code, message) in [
        (
            "POST",
            "/organizations",
            organization("platform"),
            "DUPLICATE_FIELD",
            "An organization with identifier [platform] is already present",
        ),
        (
            "POST",
            "/organizations",
            organization("default"),
            "INVALID_REQUEST",
            "Invalid request: default cannot be used as org identifier",
        ),
        (
            "PUT",
            "/organizations/default",
            organization("default"),
            "INVALID_REQUEST",
            "Invalid request: Update operation not supported for Default Organization (identifier: [default])",
        ),
        (
            "DELETE",
            "/organizations/default",
            Value::Null,
            "INVALID_REQUEST",
            "Invalid request: Delete operation not supported for Default Organization (identifier: [default])",
        ),
        (
            "PUT",
            "/organizations/platform",
            organization("other"),
            "INVALID_REQUEST",
            "Invalid request: Value mismatch, previous: platform current: other",
        ),
        (
            "PUT",
            "/organizations/nope",
            organization("nope"),
            "INVALID_REQUEST",
            "Invalid request: Organisation with identifier [nope] not found",
        ),
        (
            "DELETE",
            "/organizations/nope",
            Value::Null,
            "ENTITY_NOT_FOUND",
            "Organization with identifier [nope] does not exist in the specified scope",
        ),
        (
            "POST",
            "/projects?orgIdentifier=platform",
            project("platform", "website"),
            "DUPLICATE_FIELD",
            "A project with identifier [website] and orgIdentifier [platform] is already present",
        ),
        (
            "POST",
            "/projects?orgIdentifier=platform",
            project("default", "fresh"),
            "INVALID_REQUEST",
            "Invalid request: Value mismatch, previous: platform current: default",
        ),
        (
            "POST",
            "/projects?orgIdentifier=nope",
            project("nope", "fresh"),
            "RESOURCE_NOT_FOUND_EXCEPTION",
            no_org,
        ),
        (
            "PUT",
            "/projects/nope?orgIdentifier=platform",
            project("platform", "nope"),
            "INVALID_REQUEST",
            "Invalid request: Project with identifier [nope] and orgIdentifier [platform] not found",
        ),
        (
            "POST",
            "/v2/secrets",
            text("bitbucket_token", "x"),
            "INVALID_REQUEST",
            "Invalid request: Secret with identifier bitbucket_token already exists in this scope",
        ),
        (
            "POST",
            "/v2/secrets?orgIdentifier=platform",
            text("fresh", "x"),
            "INVALID_REQUEST",
            "Invalid request: Invalid request, scope in payload and params do not match.",
        ),
        (
            "POST",
            "/v2/secrets?orgIdentifier=nope",
            with(text("fresh", "x"), "/secret/orgIdentifier", &json!("nope")),
            "RESOURCE_NOT_FOUND_EXCEPTION",
            no_org,
        ),
        (
            "POST",
            "/v2/secrets",
            text("fresh", ""),
            "INVALID_REQUEST",
            "Invalid request: value cannot be empty for a secret text.",
        ),
        (
            "POST",
            "/v2/secrets",
            ssh("account.nope"),
            "INVALID_REQUEST",
            "Invalid request: No secret exists with the id nope",
        ),
        (
            "PUT",
            "/v2/secrets/nope",
            text("nope", "x"),
            "INVALID_REQUEST",
            "Invalid request: No such secret found, please check identifier/scope and try again.",
        ),
        (
            "PUT",
            "/v2/secrets/bitbucket_token",
            other_type,
            "INVALID_REQUEST",
            "Invalid request: Cannot change organization, project, identifier, type or secret manager of a secret after \
             creation.",
        ),
    ] {
        let body = (!body.is_null()).then_some(&body);
        let answer = client.call(method, path, body).await;
        match code {
            "RESOURCE_NOT_FOUND_EXCEPTION" => answer.is_failure(400, code, message),
            "ENTITY_NOT_FOUND" => answer.is_error(404, code, message),
            _ => answer.is_error(400, code, message),
        }
    }
    assert_eq!(events(&client).await, [""; 0]);
}

#[tokio::test]
async fn forms_and_permissions_are_checked_before_anything_is_stored() {
    let client = Client::start();
    let long = json!("x".repeat(1025));
    for (path, body, field, message) in [
        (
            "/organizations",
            organization("my-org"),
            "organization.identifier",
            "can be 128 characters long",
        ),
        (
            "/organizations",
            with(organization("o"), "/organization/name", &json!("a:b")),
            "organization.name",
            "can only contain",
        ),
        (
            "/organizations",
            with(organization("o"), "/organization/description", &long),
            "organization.description",
            "size must be between 0 and 1024",
        ),
        (
            "/organizations",
            json!({}),
            "organization",
            "must not be null",
        ),
        (
            "/projects?orgIdentifier=platform",
            project("platform", ""),
            "project.identifier",
            "cannot be empty",
        ),
        (
            "/v2/secrets",
            text("new token", "x"),
            "secret.identifier",
            "can be 128 characters long",
        ),
        (
            "/v2/secrets",
            json!({"secret": {"type": "SecretText", "identifier": "a", "name": "A", "spec": {"valueType": "Inline"}}}),
            "secret.spec.secretManagerIdentifier",
            "must not be null",
        ),
    ] {
        let answer = client.call("POST", path, Some(&body)).await;
        answer.violates(field, message);
    }
    let unknown = with(text("fresh", "x"), "/secret/type", &json!("Password"));
    client
        .call("POST", "/v2/secrets", Some(&unknown))
        .await
        .is_unprocessable("SecretType");
    for (method, path, body, permission) in [
        (
            "POST",
            "/organizations",
            Some(organization("o")),
            "core_organization_create",
        ),
        (
            "DELETE",
            "/projects/website?orgIdentifier=platform",
            None,
            "core_project_delete",
        ),
        (
            "POST",
            "/v2/secrets",
            Some(text("fresh", "x")),
            "core_secret_edit",
        ),
        (
            "DELETE",
            "/v2/secrets/bitbucket_token",
            None,
            "core_secret_delete",
        ),
    ] {
        let denied = json!({"denied_permissions": {"reader": [permission]}});
        client.sandbox.change_settings(&denied).unwrap();
        let answer = client.call_as(READER, method, path, body.as_ref()).await;
        answer.is_denied(permission);
    }
    assert_eq!(events(&client).await, [""; 0]);
}

#[tokio::test]
async fn an_update_for_an_older_version_is_refused() {
    let client = Client::start();
    let key = client.sandbox.api_key().to_owned();
    let path = format!(
        "/ng/api/organizations/platform?accountIdentifier={}",
        client.sandbox.account_id()
    );
    for (version, status) in [("0", 200), ("0", 400), ("1", 200)] {
        let headers = [("x-api-key", key.as_str()), ("if-match", version)];
        let body = organization("platform").to_string();
        let answer = client.raw("PUT", &path, &headers, Some(body)).await;
        assert_eq!(answer.status, status, "{version}: {}", answer.text);
    }
}
