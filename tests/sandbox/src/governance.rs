//! Policies on saved connectors. Without policies, governance is off, and responses do not mention it.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::settings::{Policy, Severity};
use crate::world::World;

/// The result of the policies, with the `governanceMetadata` for the response.
pub(crate) enum Verdict {
    /// Nothing is saved, but the response is 200.
    Denied(Value),
    /// Saved; null if governance is off.
    Allowed(Value),
}

/// Evaluates all policies for a connector that is about to be saved.
pub(crate) fn evaluate(world: &mut World, connector: &Map<String, Value>) -> Verdict {
    if world.settings.governance.is_empty() {
        return Verdict::Allowed(Value::Null);
    }
    let now = world.tick();
    let subject = Value::Object(connector.clone());
    let policies = &world.settings.governance;
    let hit: Vec<&Policy> = policies
        .iter()
        .filter(|policy| applies(policy, &subject))
        .collect();
    let denied = hit.iter().any(|policy| policy.severity == Severity::Error);
    let status = if denied {
        "error"
    } else if hit.is_empty() {
        "pass"
    } else {
        "warning"
    };
    let details: Vec<Value> = hit
        .iter()
        .map(|policy| detail(policy, &subject, &world.account, now))
        .collect();
    let metadata = json!({
        "id": now.to_string(), "deny": denied, "details": details, "message": "", "timestamp": now,
        "status": status, "accountId": world.account, "orgId": text(&subject, "/orgIdentifier"),
        "projectId": text(&subject, "/projectIdentifier"), "entity": text(&subject, "/identifier"),
        "type": "connector", "action": "onsave", "created": now,
    });
    if denied {
        Verdict::Denied(metadata)
    } else {
        Verdict::Allowed(metadata)
    }
}

fn applies(policy: &Policy, subject: &Value) -> bool {
    policy.when.as_ref().is_none_or(|condition| {
        Regex::new(&condition.matches)
            .is_ok_and(|pattern| pattern.is_match(&text(subject, &condition.pointer)))
    })
}

fn detail(policy: &Policy, subject: &Value, account: &str, now: i64) -> Value {
    let status = match policy.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let identifier: String = policy
        .policy
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect();
    let (org, project) = (
        text(subject, "/orgIdentifier"),
        text(subject, "/projectIdentifier"),
    );
    json!({
        "policySetId": "1", "deny": policy.severity == Severity::Error, "policySetName": policy.policy_set,
        "status": status, "identifier": "connector_policies", "created": now, "accountId": account, "orgId": org,
        "projectId": project, "description": "",
        "policyMetadata": [{
            "policyId": "1", "policyName": policy.policy, "severity": status, "denyMessages": policy.messages,
            "status": status, "identifier": identifier, "accountId": account, "orgId": org, "projectId": project,
            "created": now, "updated": now, "error": "",
        }],
    })
}

/// Returns a member as text: empty if it is absent or null, JSON if it is not text.
fn text(subject: &Value, pointer: &str) -> String {
    match subject.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
