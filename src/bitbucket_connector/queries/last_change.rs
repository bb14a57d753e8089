//! Who changed a connector last, for the data source for one connector.
//!
//! It costs a request to the audit trail, so lists of connectors do not have it. What the trail does not say, or the
//! key cannot see, is null, and so is anything with a name that this provider does not know. If the trail does not
//! contain the last save yet, the result is null, because someone else made the save before it.

use harness_platform::{
    AuditAction, AuditEvent, ConnectorAnswer, ConnectorRef, Principal, PrincipalKind,
};
use tf_provider::schema::Attribute;
use tf_provider::value::{Type, Value};

use super::view::{RESULT, rfc3339};
use crate::bitbucket_connector::resource::task::Task;

/// Returns the attributes about the last change.
pub(super) fn attributes() -> Vec<Attribute> {
    let text = |name, description| Attribute::new(name, Type::String, RESULT, description);
    vec![
        text(
            "last_modified_by",
            "Who last changed the connector: the email address of a user, the identifier of a service account, or `SYSTEM` \
             for Harness itself. Null if the API key cannot view the audit trail (`core_audit_view`), if the change is not \
             in the audit trail yet (which takes seconds to minutes), or with the provider's `plan_checks = false`.",
        ),
        Attribute::object(
            "last_change",
            vec![
                text("at", "Time of the change (RFC 3339)."),
                text("by", "Who made the change, as in `last_modified_by`."),
                text(
                    "kind",
                    "Kind of author: `user`, `service_account`, or `system` for Harness itself.",
                ),
                text(
                    "action",
                    "Kind of change: `created`, `updated`, or `deleted`.",
                ),
            ],
            RESULT,
            "Last change in the audit trail, including saves that changed nothing. Null whenever `last_modified_by` is null.",
        ),
    ]
}

/// Looks up the last change of a connector that was just read, and adds it to the connector's description.
pub(super) async fn add(
    task: &Task,
    connector: &ConnectorRef,
    answer: &ConnectorAnswer,
    description: Value,
) -> Value {
    let newest = newest(task, connector, answer.last_modified_at).await;
    description
        .with("last_modified_by", by(newest.as_ref()))
        .with("last_change", newest.as_ref().map_or(Value::Null, change))
}

/// Returns the newest event, if it is not older than the last save.
async fn newest(
    task: &Task,
    connector: &ConnectorRef,
    saved_at: Option<i64>,
) -> Option<AuditEvent> {
    let trail = &task.provider_data.plan_queries.as_ref()?.audit_trail;
    let operation = trail.operation(task.cancellation());
    let history = trail.history(connector, None, &operation).await?;
    let newest = history.events.into_iter().next()?;
    saved_at
        .is_none_or(|saved_at| newest.at >= saved_at)
        .then_some(newest)
}

fn by(event: Option<&AuditEvent>) -> Value {
    let principal = event.and_then(|event| event.principal.as_ref());
    principal
        .and_then(|principal| principal.name.clone())
        .into()
}

fn change(event: &AuditEvent) -> Value {
    let action = match event.action {
        AuditAction::Create => Some("created"),
        AuditAction::Update => Some("updated"),
        AuditAction::Delete => Some("deleted"),
        AuditAction::Other(_) => None,
    };
    Value::object([
        ("at", rfc3339(Some(event.at))),
        ("by", by(Some(event))),
        (
            "kind",
            event
                .principal
                .as_ref()
                .and_then(kind)
                .map_or(Value::Null, Value::string),
        ),
        ("action", action.map_or(Value::Null, Value::string)),
    ])
}

fn kind(principal: &Principal) -> Option<&'static str> {
    match principal.kind {
        PrincipalKind::User => Some("user"),
        PrincipalKind::ServiceAccount => Some("service_account"),
        PrincipalKind::System => Some("system"),
        PrincipalKind::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::Scope;

    use super::*;

    #[test]
    fn what_has_no_word_in_the_contract_is_null() {
        use AuditAction::{Create, Delete, Other, Update};
        for (action, principal, expected) in [
            (
                Update,
                Some((PrincipalKind::User, Some("dev@example.com"))),
                [Some("dev@example.com"), Some("user"), Some("updated")],
            ),
            (
                Create,
                Some((PrincipalKind::ServiceAccount, Some("ci"))),
                [Some("ci"), Some("service_account"), Some("created")],
            ),
            (
                Delete,
                Some((PrincipalKind::System, Some("SYSTEM"))),
                [Some("SYSTEM"), Some("system"), Some("deleted")],
            ),
            (
                Other("MOVE".to_owned()),
                Some((PrincipalKind::Other("API_KEY".to_owned()), None)),
                [None; 3],
            ),
            (Update, None, [None, None, Some("updated")]),
        ] {
            let event = AuditEvent {
                at: 1_795_817_640_000,
                action,
                resource_type: "CONNECTOR".to_owned(),
                identifier: "bb".to_owned(),
                scope: Scope::Account,
                principal: principal.map(|(kind, name)| Principal {
                    kind,
                    name: name.map(str::to_owned),
                }),
            };
            let [by, kind, action] = expected.map(|word| word.map_or(Value::Null, Value::string));
            let described = change(&event);
            for (name, expected) in [
                ("at", Value::string("2026-11-27T22:14:00Z")),
                ("by", by.clone()),
                ("kind", kind),
                ("action", action),
            ] {
                assert_eq!(described.get(name), Some(&expected), "{name}");
            }
            assert_eq!(super::by(Some(&event)), by);
        }
    }
}
