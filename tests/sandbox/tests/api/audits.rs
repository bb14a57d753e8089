//! The audit trail: which changes leave an event, with which principal, and which events match a filter.

use harness_sandbox::{Kind, Scope};
use serde_json::{Value, json};

use crate::client::{ACCOUNT, Answer, Client, READER, SERVICE, connector};

impl Client {
    /// Requests events.
    async fn audits(&self, query: &str, filter: &Value) -> Answer {
        self.audits_as(self.sandbox.api_key(), query, filter).await
    }

    async fn audits_as(&self, key: &str, query: &str, filter: &Value) -> Answer {
        let path = format!("/audit/api/audits/list?accountIdentifier={ACCOUNT}{query}");
        self.raw(
            "POST",
            &path,
            &[("x-api-key", key)],
            Some(filter.to_string()),
        )
        .await
    }

    /// Returns the events of a filter as `ACTION type/identifier by TYPE identifier`, in the response's order.
    async fn events(&self, query: &str, filter: &Value) -> Vec<String> {
        let answer = self.audits(query, filter).await.succeeded();
        words(&answer)
    }
}

fn words(answer: &Answer) -> Vec<String> {
    let content = answer.at("/data/content").as_array().unwrap();
    let text = |event: &Value, pointer: &str| {
        let text = event.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or("-").to_owned()
    };
    content
        .iter()
        .map(|event| {
            format!(
                "{} {}/{} by {} {}",
                text(event, "/action"),
                text(event, "/resource/type"),
                text(event, "/resource/identifier"),
                text(event, "/authenticationInfo/principal/type"),
                text(event, "/authenticationInfo/principal/identifier"),
            )
        })
        .collect()
}

fn in_account(more: &Value) -> Value {
    let mut filter = json!({"filterType": "Audit", "scopes": [{"accountIdentifier": ACCOUNT}]});
    for (name, member) in more.as_object().unwrap() {
        filter[name] = member.clone();
    }
    filter
}

#[tokio::test]
async fn every_save_and_deletion_is_an_event_and_tests_and_refusals_are_none() {
    let client = Client::start();
    client.create(&connector("bb")).await.succeeded();
    client.update(&connector("bb")).await.succeeded();
    client.update(&connector("missing")).await;
    client
        .call("POST", "/connectors/testConnection/bb", Some(&json!({})))
        .await
        .succeeded();
    client.get("bb").await.succeeded();
    let changed = json!({"description": "x"});
    client
        .sandbox
        .patch(Kind::Connector, &Scope::account(), "bb", &changed)
        .unwrap();
    client
        .sandbox
        .patch_untouched(
            Kind::Connector,
            &Scope::account(),
            "bb",
            &json!({"tags": {}}),
        )
        .unwrap();
    client
        .call_as(
            SERVICE,
            "PUT",
            "/connectors",
            Some(&json!({"connector": connector("bb")})),
        )
        .await
        .succeeded();
    client
        .call("DELETE", "/connectors/bb", None)
        .await
        .succeeded();

    let answer = client.audits("", &in_account(&json!({}))).await.succeeded();
    let me = "USER ada@example.com";
    assert_eq!(
        words(&answer),
        [
            format!("DELETE CONNECTOR/bb by {me}"),
            "UPDATE CONNECTOR/bb by SERVICE_ACCOUNT terraform".to_owned(),
            "UPDATE CONNECTOR/bb by USER dev@example.com".to_owned(),
            format!("UPDATE CONNECTOR/bb by {me}"),
            format!("CREATE CONNECTOR/bb by {me}"),
        ]
    );
    let event = answer.at("/data/content/0");
    assert_eq!(event["auditId"].as_str().unwrap().len(), 24);
    assert_eq!(event["module"], "CORE");
    assert_eq!(event["httpRequestInfo"], json!({"requestMethod": "DELETE"}));
    assert_eq!(event["resource"]["labels"]["resourceName"], "My repository");
    let logged = client.sandbox.requests();
    let logged = logged.last().unwrap();
    assert_eq!(logged.path, "/audit/api/audits/list");
    assert!(logged.gateway && logged.body["filterType"] == "Audit");
    // Absent members are left out.
    assert_eq!(
        event["resourceScope"],
        json!({"accountIdentifier": ACCOUNT})
    );
    assert!(event.get("insertId").is_none() && event.get("environment").is_none());
}

#[tokio::test]
async fn an_event_is_later_than_the_change_and_seen_after_the_delay() {
    let client = Client::start();
    client.create(&connector("bb")).await.succeeded();
    let saved = client.get("bb").await.at("/data/lastModifiedAt").as_i64();
    let all = in_account(&json!({}));
    let answer = client.audits("", &all).await.succeeded();
    let event = answer.at("/data/content/0/timestamp").as_i64();
    assert!(event > saved && saved.is_some(), "{event:?} {saved:?}");
    for (delay, seen) in [(3_600_000, 0), (0, 1)] {
        let setting = json!({"audit_delay_ms": delay});
        client.sandbox.change_settings(&setting).unwrap();
        assert_eq!(client.events("", &all).await.len(), seen);
    }
}

#[tokio::test]
async fn connectors_that_go_with_their_scope_leave_no_event_but_the_scope_does() {
    let client = Client::start();
    let platform = Scope::organization("platform");
    client
        .sandbox
        .delete(Kind::Project, &platform, "payments")
        .unwrap();
    let query = "/organizations/platform?by=service_account:cleanup";
    assert_eq!(client.control("DELETE", query, None).await.status, 200);
    let in_org = json!({"scopes": [{"accountIdentifier": ACCOUNT, "orgIdentifier": "platform"}]});
    assert_eq!(
        client.events("", &in_org).await,
        [
            "DELETE ORGANIZATION/platform by SERVICE_ACCOUNT cleanup",
            "DELETE PROJECT/payments by USER dev@example.com",
        ]
    );
    let answer = client
        .control("DELETE", "/organizations/default?by=me", None)
        .await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.text.contains("write user:<email>"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_filter_lets_through_what_every_member_of_it_names() {
    let client = Client::start();
    let put = |scope: Scope, identifier: &'static str, by: &'static str| {
        let setting = json!({"changes_by": by});
        client.sandbox.change_settings(&setting).unwrap();
        client
            .sandbox
            .put(Kind::Connector, &scope, identifier, connector(identifier))
            .unwrap();
    };
    put(Scope::account(), "a", "user");
    put(Scope::organization("platform"), "a", "system");
    put(Scope::project("platform", "payments"), "b", "user:x@y.z");
    let account = json!({"accountIdentifier": ACCOUNT});
    let org = json!({"accountIdentifier": ACCOUNT, "orgIdentifier": "platform"});
    let project = json!({"accountIdentifier": ACCOUNT, "orgIdentifier": "platform", "projectIdentifier": "payments"});
    for (filter, expected) in [
        (json!({}), &["b", "a", "a"][..]),
        (json!({"scopes": [account]}), &["b", "a", "a"]),
        (json!({"scopes": [org]}), &["b", "a"]),
        (
            json!({"scopes": [org], "includeChildScopes": false}),
            &["a"],
        ),
        (json!({"scopes": [project]}), &["b"]),
        (
            json!({"resources": [{"type": "CONNECTOR", "identifier": "a"}]}),
            &["a", "a"],
        ),
        (
            json!({"resources": [{"type": "CONNECTOR"}]}),
            &["b", "a", "a"],
        ),
        (json!({"resources": [{"type": "PROJECT"}]}), &[]),
        (json!({"actions": ["DELETE"]}), &[]),
        (
            json!({"actions": ["CREATE", "DELETE"], "modules": ["CORE"]}),
            &["b", "a", "a"],
        ),
        (json!({"modules": ["CD"]}), &[]),
        (
            json!({"principals": [{"type": "USER", "identifier": "x@y.z"}]}),
            &["b"],
        ),
        (
            json!({"staticFilter": "EXCLUDE_SYSTEM_EVENTS"}),
            &["b", "a"],
        ),
        (json!({"startTime": 1, "endTime": 2}), &[]),
        (json!({"startTime": 1}), &["b", "a", "a"]),
    ] {
        let found = client.audits("", &filter).await.succeeded();
        let content = found.at("/data/content").as_array().unwrap();
        let ids: Vec<_> = content
            .iter()
            .map(|event| event["resource"]["identifier"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{filter}");
        assert_eq!(found.at("/data/totalItems"), &json!(expected.len()));
    }
    // A user without an identifier.
    let of_account = json!({"scopes": [account], "includeChildScopes": false});
    assert_eq!(
        client.events("", &of_account).await,
        ["CREATE CONNECTOR/a by USER -"]
    );
}

#[tokio::test]
async fn pages_are_sorted_by_time_whatever_else_is_asked_for() {
    let client = Client::start();
    for identifier in ["a", "b", "c"] {
        client.create(&connector(identifier)).await.succeeded();
    }
    for (query, expected) in [
        ("", "cba"),
        ("&sortOrders=timestamp,DESC", "cba"),
        ("&sortOrders=timestamp,asc", "abc"),
        ("&sortOrders=action,ASC", "cba"),
        ("&sortOrders=timestamp,ASC&sortOrders=action,ASC", "cba"),
        ("&pageSize=2", "cb"),
        ("&pageSize=2&pageIndex=1", "a"),
        ("&pageSize=2&pageIndex=9", ""),
    ] {
        let found = client.events(query, &json!({})).await;
        let ids: String = found
            .iter()
            .map(|event| event.split(['/', ' ']).nth(2).unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    client
        .audits("&pageSize=101", &json!({}))
        .await
        .violates("pageSize", "less than or equal to 100");
}

#[tokio::test]
async fn what_is_no_filter_is_refused() {
    let client = Client::start();
    client
        .audits("", &json!({"scopes": [{"orgIdentifier": "platform"}]}))
        .await
        .violates("scopes", "accountIdentifier");
    for (filter, said) in [
        (
            json!({"scopes": [{"accountIdentifier": ACCOUNT, "projectIdentifier": "p"}]}),
            "project but without org",
        ),
        (json!({"resources": [{"identifier": "a"}]}), "resource type"),
        (json!({"principals": [{"type": "USER"}]}), "principal"),
        (json!({"startTime": 2, "endTime": 1}), "time"),
        (json!({"startTime": -1}), "time"),
    ] {
        let answer = client.audits("", &filter).await;
        assert_eq!(answer.status, 400, "{filter}");
        assert!(answer.text.contains(said), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_permission_is_held_on_each_scope_or_on_one_around_it() {
    let client = Client::start();
    let account = json!({"accountIdentifier": ACCOUNT});
    let project = json!({"accountIdentifier": ACCOUNT, "orgIdentifier": "platform", "projectIdentifier": "payments"});
    let elsewhere = json!({"accountIdentifier": ACCOUNT, "orgIdentifier": "default"});
    let of = |scopes: &[&Value]| json!({"scopes": scopes});
    let deny = |denied: Value| {
        let setting = json!({"denied_permissions": {"reader": denied}});
        client.sandbox.change_settings(&setting).unwrap();
    };
    deny(json!(["core_audit_view"]));
    let refused = client.audits_as(READER, "", &of(&[&project])).await;
    refused.is_error(
        403,
        "ACCESS_DENIED",
        "User not authorized: You need core_audit_view permission on PROJECT with identifier: payments to perform this action",
    );
    // Granted on the organization only.
    deny(json!([
        format!("core_audit_view:{ACCOUNT}"),
        "core_audit_view:default",
        "core_audit_view:payments"
    ]));
    for (filter, status) in [
        (of(&[&project]), 200),
        (of(&[&account]), 403),
        (of(&[&elsewhere]), 403),
        (of(&[&project, &elsewhere]), 403),
        (json!({}), 403),
    ] {
        let answer = client.audits_as(READER, "", &filter).await;
        assert_eq!(answer.status, status, "{filter}: {}", answer.text);
    }
}
