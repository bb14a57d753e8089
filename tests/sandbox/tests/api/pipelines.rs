//! Pipelines and triggers, and the connectors that they use.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Answer, Client, READER, connector};

const PIPELINES: &str = "/v1/orgs/platform/projects/website/pipelines";
const PIPELINE: &str = "/v1/orgs/platform/projects/website/pipelines/build";
const MISSING: &str = "Pipeline [build] under Project[website], Organization [platform] doesn't exist or has been deleted.";

/// A pipeline's YAML, with the reference as that of its codebase.
fn pipeline_yaml(reference: &str) -> String {
    format!(
        "pipeline:\n  name: Build\n  identifier: build\n  orgIdentifier: platform\n  projectIdentifier: website\n  \
         properties:\n    ci:\n      codebase:\n        connectorRef: {reference}\n        build: <+input>\n"
    )
}

fn pipeline(yaml: &str) -> Value {
    json!({"pipeline_yaml": yaml, "identifier": "build", "name": "Build", "git_details": {"store_type": "INLINE"}})
}

/// A trigger's YAML; an input set that is never looked at follows.
fn trigger_yaml(identifier: &str, reference: &str) -> String {
    format!(
        "trigger:\n  name: Push\n  identifier: {identifier}\n  enabled: true\n  orgIdentifier: platform\n  \
         projectIdentifier: website\n  pipelineIdentifier: build\n  source:\n    type: Webhook\n    spec:\n      \
         type: Bitbucket\n      spec:\n        type: Push\n        spec:\n          connectorRef: {reference}\n  \
         inputYaml: |\n    pipeline:\n      connectorRef: account.bitbucket_project\n"
    )
}

/// The requests of the official provider: of pipelines with the account in a header, of triggers with YAML as it is.
struct Official {
    client: Client,
    key: String,
}

impl Official {
    fn start() -> Self {
        let client = Client::start();
        let key = client.sandbox.api_key().to_owned();
        Self { client, key }
    }

    async fn pipelines(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let headers = [
            ("x-api-key", self.key.as_str()),
            ("Harness-Account", ACCOUNT),
        ];
        let body = body.map(Value::to_string);
        self.client.raw(method, path, &headers, body).await
    }

    async fn triggers(&self, method: &str, rest: &str, yaml: Option<String>) -> Answer {
        let (path, more) = rest.split_once('?').unwrap_or((rest, ""));
        let path = format!(
            "/pipeline/api/triggers{path}?accountIdentifier={ACCOUNT}&orgIdentifier=platform\
             &projectIdentifier=website&targetIdentifier=build&{more}"
        );
        let headers = [
            ("x-api-key", self.key.as_str()),
            ("content-type", "application/json"),
        ];
        self.client.raw(method, &path, &headers, yaml).await
    }

    async fn make_pipeline(&self, reference: &str) {
        let body = pipeline(&pipeline_yaml(reference));
        let made = self.pipelines("POST", PIPELINES, Some(&body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }

    async fn make_trigger(&self, identifier: &str, reference: &str) {
        let yaml = trigger_yaml(identifier, reference);
        let made = self.triggers("POST", "", Some(yaml)).await;
        made.succeeded();
    }

    /// What uses a connector of the account: type, identifier, project, and a trigger's pipeline.
    async fn users_of(&self, connector: &str) -> Vec<Value> {
        let path =
            format!("/entitySetupUsage?referredEntityType=Connectors&identifier={connector}");
        let usage = self.client.call("GET", &path, None).await.succeeded();
        let users = usage.at("/data/content").as_array().unwrap().iter();
        let user = |item: &Value| {
            let by = &item["referredByEntity"];
            let of = &by["entityRef"];
            let (project, pipeline) = (&of["projectIdentifier"], &of["pipelineIdentifier"]);
            json!([by["type"], by["name"], of["identifier"], project, pipeline])
        };
        users.map(user).collect()
    }
}

#[tokio::test]
async fn a_pipeline_keeps_its_yaml_as_it_was_sent() {
    let official = Official::start();
    official
        .pipelines("GET", PIPELINE, None)
        .await
        .is_error(404, "ENTITY_NOT_FOUND", MISSING);
    let yaml =
        pipeline_yaml("account.bitbucket_cloud") + "  later: {members: [stay]} # as do comments\n";
    let made = official
        .pipelines("POST", PIPELINES, Some(&pipeline(&yaml)))
        .await;
    assert_eq!(
        (made.status, made.body),
        (201, json!({"identifier": "build"}))
    );

    let path = format!("{PIPELINE}?branch_name=");
    let read = official.pipelines("GET", &path, None).await;
    assert_eq!(read.status, 200);
    for (member, expected) in [
        ("/pipeline_yaml", json!(yaml)),
        ("/identifier", json!("build")),
        ("/name", json!("Build")),
        ("/org", json!("platform")),
        ("/project", json!("website")),
        ("/description", Value::Null),
        ("/tags", Value::Null),
        ("/git_details", Value::Null),
        ("/valid", json!(true)),
    ] {
        assert_eq!(read.at(member), &expected, "{member}");
        assert!(read.body.pointer(member).is_some(), "{member}");
    }

    let mut changed = pipeline(&pipeline_yaml("org.bitbucket_server"));
    changed["description"] = json!("Builds");
    changed["tags"] = json!({"team": "web"});
    let answer = official.pipelines("PUT", PIPELINE, Some(&changed)).await;
    assert_eq!(
        (answer.status, answer.body),
        (200, json!({"identifier": "build"}))
    );
    let reread = official.pipelines("GET", PIPELINE, None).await;
    assert_eq!(reread.at("/pipeline_yaml"), &changed["pipeline_yaml"]);
    assert_eq!(
        (reread.at("/description"), reread.at("/tags/team")),
        (&json!("Builds"), &json!("web"))
    );
    assert_eq!(reread.at("/created"), read.at("/created"));
    assert!(reread.at("/updated").as_i64() > read.at("/updated").as_i64());

    let gone = official.pipelines("DELETE", PIPELINE, None).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    let gone = official.pipelines("GET", PIPELINE, None).await;
    gone.is_error(404, "ENTITY_NOT_FOUND", MISSING);
}

#[tokio::test]
async fn refusals_of_pipelines_name_what_is_wrong() {
    let official = Official::start();
    official.make_pipeline("account.bitbucket_cloud").await;
    let good = pipeline(&pipeline_yaml("account.bitbucket_cloud"));
    for (member, message) in [
        ("identifier", "cannot be empty"),
        ("name", "cannot be empty."),
        ("pipeline_yaml", "must not be null"),
    ] {
        let mut body = good.clone();
        body[member] = Value::Null;
        for (method, path) in [("POST", PIPELINES), ("PUT", PIPELINE)] {
            let answer = official.pipelines(method, path, Some(&body)).await;
            answer.violates(member, message);
        }
    }
    let with = |member: &str, value: &str| {
        let mut body = good.clone();
        body[member] = json!(value);
        body
    };
    let of_payments = pipeline_yaml("x").replace("website", "payments");
    let other = |name: &str| format!("/v1/orgs/platform/projects/website/pipelines/{name}");
    for (method, path, body, code, message) in [
        (
            "POST",
            PIPELINES,
            good.clone(),
            "DUPLICATE_FIELD",
            "Pipeline [build] under Project[website], Organization [platform] already exists or has been deleted.",
        ),
        (
            "POST",
            PIPELINES,
            with("identifier", "other"),
            "INVALID_REQUEST",
            "Invalid request: Expected Pipeline identifier in YAML to be [other], but was [build]",
        ),
        (
            "PUT",
            PIPELINE,
            with("name", "Other"),
            "INVALID_REQUEST",
            "Invalid request: Expected Pipeline name in YAML to be [Other], but was [Build]",
        ),
        (
            "PUT",
            PIPELINE,
            with("pipeline_yaml", &of_payments),
            "INVALID_REQUEST",
            "Invalid request: Expected Pipeline Project identifier in YAML to be [website], but was [payments]",
        ),
        (
            "PUT",
            &other("other"),
            good.clone(),
            "INVALID_REQUEST",
            "Invalid request: Expected Pipeline identifier in Request Body to be [other], but was [build]",
        ),
        (
            "PUT",
            &other("other"),
            json!({"identifier": "other", "name": "Other", "pipeline_yaml": "pipeline: {}"}),
            "INVALID_REQUEST",
            "Invalid request: Error while updating pipeline [other]: Pipeline [other] under Project[website], \
             Organization [platform] couldn't be updated or doesn't exist.",
        ),
        (
            "DELETE",
            &other("other"),
            Value::Null,
            "INVALID_REQUEST",
            "Invalid request: Pipeline [other] under Project[website], Organization [platform] could not be deleted.",
        ),
    ] {
        let body = (!body.is_null()).then_some(&body);
        let answer = official.pipelines(method, path, body).await;
        answer.is_error(400, code, message);
    }
    let nowhere = "/v1/orgs/platform/projects/nope/pipelines";
    official
        .pipelines("POST", nowhere, Some(&good))
        .await
        .is_failure(
            400,
            "RESOURCE_NOT_FOUND_EXCEPTION",
            "Project with orgIdentifier [platform] and identifier [nope] not found",
        );
    let list = official.pipelines("GET", PIPELINES, None).await;
    assert_eq!(list.status, 405, "{}", list.text);
}

#[tokio::test]
async fn a_pipeline_needs_the_account_and_permissions() {
    let official = Official::start();
    let headers = [("x-api-key", official.key.as_str())];
    let answer = official.client.raw("GET", PIPELINE, &headers, None).await;
    let message = "Invalid request: Account detail is not present in the request";
    answer.is_error(400, "INVALID_REQUEST", message);
    let headers = [("x-api-key", READER), ("Harness-Account", ACCOUNT)];
    for (method, path, permission) in [
        ("POST", PIPELINES, "core_pipeline_edit"),
        ("PUT", PIPELINE, "core_pipeline_edit"),
        ("DELETE", PIPELINE, "core_pipeline_delete"),
    ] {
        let body = (method != "DELETE").then(|| pipeline(&pipeline_yaml("x")).to_string());
        let answer = official.client.raw(method, path, &headers, body).await;
        answer.is_denied(permission);
    }
    let path = format!(
        "/pipeline/api/triggers/push?accountIdentifier={ACCOUNT}&orgIdentifier=platform\
                        &projectIdentifier=website&targetIdentifier=build"
    );
    let body = Some(trigger_yaml("push", "x"));
    let answer = official.client.raw("PUT", &path, &headers, body).await;
    answer.is_denied("core_pipeline_edit");
    let answer = official.client.raw("DELETE", &path, &headers, None).await;
    answer.is_denied("core_pipeline_execute");
}

#[tokio::test]
async fn a_trigger_is_yaml_under_a_pipeline() {
    let official = Official::start();
    official.make_pipeline("account.bitbucket_cloud").await;
    let missing = "Trigger push does not exist";
    let absent = official.triggers("GET", "/push", None).await;
    absent.is_error(404, "ENTITY_NOT_FOUND", missing);
    let yaml = trigger_yaml("push", "account.bitbucket_cloud");
    let made = official
        .triggers("POST", "?withServiceV2=true", Some(yaml.clone()))
        .await
        .succeeded();
    let expected = json!({
        "name": "Push", "identifier": "push", "type": "Webhook", "accountIdentifier": ACCOUNT,
        "orgIdentifier": "platform", "projectIdentifier": "website", "targetIdentifier": "build", "yaml": yaml,
        "enabled": true, "errorResponse": false,
    });
    assert_eq!(made.at("/data"), &expected);
    let read = official.triggers("GET", "/push", None).await.succeeded();
    assert_eq!(read.at("/data"), &expected);
    let changed = yaml.replace("enabled: true", "enabled: false\n  description: Stopped");
    let answer = official
        .triggers("PUT", "/push", Some(changed.clone()))
        .await
        .succeeded();
    for (member, expected) in [
        ("/data/yaml", json!(changed)),
        ("/data/enabled", json!(false)),
        ("/data/description", json!("Stopped")),
    ] {
        assert_eq!(answer.at(member), &expected, "{member}");
    }
    // The second time there is nothing to delete.
    for _ in 0..2 {
        let gone = official.triggers("DELETE", "/push", None).await.succeeded();
        assert_eq!(gone.at("/data"), true);
    }
    let gone = official.triggers("GET", "/push", None).await;
    gone.is_error(404, "ENTITY_NOT_FOUND", missing);
    // A trigger goes with its pipeline.
    official
        .make_trigger("push", "account.bitbucket_cloud")
        .await;
    official.pipelines("DELETE", PIPELINE, None).await;
    let gone = official.triggers("GET", "/push", None).await;
    gone.is_error(404, "ENTITY_NOT_FOUND", missing);
}

#[tokio::test]
async fn refusals_of_triggers_name_what_is_wrong() {
    let official = Official::start();
    official.make_pipeline("account.bitbucket_cloud").await;
    official
        .make_trigger("push", "account.bitbucket_cloud")
        .await;
    let good = trigger_yaml("push", "account.bitbucket_cloud");
    let elsewhere = good.replace("pipelineIdentifier: build", "pipelineIdentifier: nope");
    for (method, rest, yaml, message) in [
        (
            "POST",
            "",
            good.clone(),
            "Failed while Saving Trigger: Trigger [push] already exists or is soft deleted",
        ),
        (
            "POST",
            "",
            "trigger:\n  name: Push\n".to_owned(),
            "Failed while Saving Trigger: Identifier can not be empty",
        ),
        (
            "POST",
            "",
            "trigger:\n  identifier: other\n".to_owned(),
            "Failed while Saving Trigger: Name can not be empty",
        ),
        (
            "POST",
            "",
            elsewhere.clone(),
            "Failed while Saving Trigger: Pipeline [nope] under Project[website], Organization [platform] doesn't exist \
             or has been deleted.",
        ),
        (
            "PUT",
            "/push",
            trigger_yaml("pull", "x"),
            "Failed while updating Trigger: Identifier in url and yaml do not match",
        ),
        (
            "PUT",
            "/push?ignoreError=true",
            elsewhere.clone(),
            "Failed while updating Trigger: NGTrigger [push] couldn't be updated or doesn't exist",
        ),
    ] {
        let answer = official.triggers(method, rest, Some(yaml)).await;
        let message = format!("Invalid request: {message}");
        answer.is_error(400, "INVALID_REQUEST", &message);
    }
    let absent = official
        .triggers("PUT", "/pull", Some(trigger_yaml("pull", "x")))
        .await;
    absent.is_error(404, "ENTITY_NOT_FOUND", "Trigger pull does not exist");
    official
        .triggers("POST", "?ignoreError=true", Some(elsewhere))
        .await
        .succeeded();
    let query = [
        ("accountIdentifier", ACCOUNT),
        ("orgIdentifier", "platform"),
        ("projectIdentifier", "nope"),
        ("targetIdentifier", "build"),
    ];
    let headers = [
        ("x-api-key", official.key.as_str()),
        ("Harness-Account", ACCOUNT),
    ];
    let without = |name: &str| {
        let rest = query.iter().filter(|(other, _)| *other != name);
        let pairs: Vec<String> = rest
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("/pipeline/api/triggers?{}", pairs.join("&"))
    };
    for (name, _) in query {
        let body = Some(good.clone());
        let answer = official
            .client
            .raw("POST", &without(name), &headers, body)
            .await;
        answer.violates(name, "must not be null");
    }
    let answer = official
        .client
        .raw("POST", &without(""), &headers, Some(good))
        .await;
    answer.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "Project with orgIdentifier [platform] and identifier [nope] not found",
    );
}

#[tokio::test]
async fn what_names_a_connector_uses_it() {
    let official = Official::start();
    let client = &official.client;
    let reference = "account.mine";
    client.create(&connector("mine")).await.succeeded();
    assert_eq!(official.users_of("mine").await, [json!(null); 0]);
    official.make_pipeline(reference).await;
    official.make_trigger("push", reference).await;
    let users = [
        json!(["Pipelines", "Build", "build", "website", null]),
        json!(["Triggers", "Push", "push", "website", "build"]),
    ];
    assert_eq!(official.users_of("mine").await, users);
    // An input set is not looked at, and a connector of the account is not one of the project.
    assert_eq!(
        official.users_of("bitbucket_project").await,
        [json!(null); 0]
    );
    let state = client.sandbox.state();
    assert_eq!(state["pipelines"][0]["identifier"], "build");
    assert_eq!(state["triggers"][0]["pipelineIdentifier"], "build");

    let refused = client.call("DELETE", "/connectors/mine", None).await;
    let message = "Could not delete the connector mine as it is referenced by other entities";
    refused.is_error(400, "ENTITY_REFERENCE_EXCEPTION", message);
    let yaml = trigger_yaml("push", "mine");
    official
        .triggers("PUT", "/push", Some(yaml))
        .await
        .succeeded();
    assert_eq!(official.users_of("mine").await, users[..1]);
    let scope = Scope::organization("platform");
    client
        .sandbox
        .delete(Kind::Project, &scope, "website")
        .unwrap();
    assert_eq!(official.users_of("mine").await, [json!(null); 0]);
    client
        .call("DELETE", "/connectors/mine", None)
        .await
        .succeeded();
    let state = client.sandbox.state();
    assert_eq!(
        (&state["pipelines"], &state["triggers"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn requests_about_pipelines_are_logged_and_meet_faults() {
    let official = Official::start();
    let fault = json!({"path_regex": "^/v1/.*/build$", "action": {"html": 502}});
    official
        .client
        .control("POST", "/faults", Some(&fault))
        .await;
    for (path, status) in [(PIPELINE, 502), (PIPELINE, 404)] {
        let answer = official.pipelines("GET", path, None).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    official.triggers("GET", "/push", None).await;
    let log = official.client.sandbox.requests();
    let paths: Vec<&str> = log.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, [PIPELINE, PIPELINE, "/pipeline/api/triggers/push"]);
    // Before anything else, where the settings say so.
    let settings = json!({"scope_filter": true});
    official.client.sandbox.change_settings(&settings).unwrap();
    let nowhere = PIPELINE.replace("website", "nope");
    let answer = official.pipelines("GET", &nowhere, None).await;
    answer.is_failure(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "Project with orgIdentifier [platform] and identifier [nope] not found",
    );
}
