//! Requests about delegates: their names and tags, and whether they are connected.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer};
use crate::response::json::Object;
use crate::response::text::harmless;
use crate::scope::Scope;

/// Lists the delegates in exactly this scope that have all of these tags, or all delegates if there are no tags. A
/// delegate's name in lower case is one of its tags.
pub fn list<'a>(scope: &Scope, tags: impl IntoIterator<Item = &'a str>) -> Request<Delegates> {
    let tags: Vec<&str> = tags.into_iter().collect();
    let body = if tags.is_empty() {
        json!({"filterType": "Delegate"})
    } else {
        json!({"filterType": "Delegate", "delegateTags": tags})
    };
    Request::new(
        Method::POST,
        Effect::Safe,
        "ng/api/delegate-setup/listDelegates",
    )
    .scope(scope)
    .body(body)
}

/// Delegates, in the platform's order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Delegates(pub Vec<Delegate>);

/// A delegate: a group of replicas under one name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Delegate {
    /// The name.
    pub name: String,
    /// The tags, including implicit ones.
    pub tags: BTreeSet<String>,
    /// Whether the delegate, or one of its replicas, is connected.
    pub connected: bool,
    /// The processes, which may run different versions during an upgrade.
    pub replicas: Vec<Replica>,
}

/// One process of a delegate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Replica {
    /// Whether the process sends heartbeats.
    pub connected: bool,
    /// The version, such as `26.02.88600`.
    pub version: Option<String>,
}

impl FromAnswer for Delegates {
    /// Reads the response, which has an envelope of its own: `{metaData, resource, responseMessages}`.
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let Some(resource) = body.get("resource").and_then(Value::as_array) else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a list in `resource`".to_owned(),
            ));
        };
        let delegates = resource.iter().map(|item| {
            let delegate = Object::of(item);
            let mut replicas = Vec::new();
            for replica in delegate.list("delegateReplicas") {
                let replica = Object::of(replica);
                replicas.push(Replica {
                    connected: replica.flag("connected") == Some(true),
                    version: replica
                        .filled("version")
                        .map(|version| harmless(&version, 100)),
                });
            }
            let tags = delegate.texts("tags");
            Delegate {
                name: harmless(&delegate.filled("name").unwrap_or_default(), 200),
                tags: tags.iter().map(|tag| harmless(tag, 200)).collect(),
                connected: replicas.iter().any(|replica| replica.connected)
                    || delegate.flag("connected") == Some(true),
                replicas,
            }
        });
        Ok(Self(delegates.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;

    #[test]
    fn the_tags_are_a_filter_and_none_is_no_filter() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let scope = Scope::from_ids(Some("o"), None).unwrap();
        let request = list(&scope, ["linux", "eu"]);
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/delegate-setup/listDelegates?accountIdentifier=acct&orgIdentifier=o"
        );
        assert_eq!(
            request.json(),
            Some(&json!({"filterType": "Delegate", "delegateTags": ["linux", "eu"]}))
        );
        assert_eq!(request.effect(), Effect::Safe);
        assert_eq!(
            list(&scope, []).json(),
            Some(&json!({"filterType": "Delegate"}))
        );
    }

    #[test]
    fn a_delegate_is_connected_if_it_or_a_replica_is() {
        let mut body = json!({"metaData": {}, "responseMessages": [], "resource": [
            {"name": "a", "tags": ["a", "linux"], "connected": true, "delegateReplicas": []},
            {"name": "b", "tags": null, "connected": false, "delegateReplicas": [{"connected": false}, {"connected": true}]},
            {"name": "c", "connected": null},
            7,
        ]});
        let delegates = Delegates::from_body(body.as_object_mut().unwrap()).unwrap();
        let seen: Vec<_> = delegates
            .0
            .iter()
            .map(|d| (d.name.as_str(), d.tags.len(), d.connected))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", 2, true),
                ("b", 0, true),
                ("c", 0, false),
                ("", 0, false)
            ]
        );
        assert!(Delegates::from_body(json!({"resource": null}).as_object_mut().unwrap()).is_err());
    }

    #[test]
    fn replicas_say_what_they_run_as_far_as_it_can_be_read() {
        let mut body = json!({"resource": [{"name": "a\u{202e}", "tags": ["x\u{1b}[0m"], "delegateReplicas": [
            {"connected": true, "version": "26.02.88600"}, {"version": 26}, null]}]});
        let delegates = Delegates::from_body(body.as_object_mut().unwrap()).unwrap();
        let replica = |connected, version: Option<&str>| Replica {
            connected,
            version: version.map(str::to_owned),
        };
        assert_eq!(
            delegates.0[0].replicas,
            [
                replica(true, Some("26.02.88600")),
                replica(false, None),
                replica(false, None)
            ]
        );
        assert_eq!(delegates.0[0].name, "a<U+202E>");
        assert_eq!(delegates.0[0].tags, BTreeSet::from(["x [0m".to_owned()]));
    }
}
