//! What the account's policies report in a response.

use serde_json::Value;

use super::json::Object;
use super::text::{LONG, harmless};

/// What the account's policies reported about a connector to save.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Governance {
    /// `deny`: whether the connector was not saved.
    pub deny: bool,
    /// `status`: `pass`, `warning`, or `error`.
    pub status: Option<String>,
    /// `message`.
    pub message: Option<String>,
    /// `id` of the evaluation.
    pub evaluation_id: Option<String>,
    /// The policies with warnings or errors, in the response's order, each with its policy set and messages.
    pub findings: Vec<PolicyFinding>,
}

/// A policy with a warning or an error.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyFinding {
    /// The policy set's name.
    pub policy_set: String,
    /// The policy's name.
    pub policy: String,
    /// `status` of the policy: `warning` or `error`.
    pub status: String,
    /// The policy's messages, sanitized for terminals.
    pub messages: Vec<String>,
}

impl Governance {
    /// Reads both naming schemes: the protocol's (`details`, `policyMetadata`, `denyMessages`) and the Java beans'
    /// (`…List`).
    pub(crate) fn read(object: &Object<'_>) -> Option<Self> {
        if !object.is_present() {
            return None;
        }
        let short =
            |object: &Object<'_>, name: &str| object.filled(name).map(|text| harmless(&text, 500));
        let mut findings = Vec::new();
        for set in either(object, "details", "detailsList") {
            let set = Object::of(set);
            let policy_set = short(&set, "policySetName").or_else(|| short(&set, "identifier"));
            for policy in either(&set, "policyMetadata", "policyMetadataList") {
                let policy = Object::of(policy);
                let status = short(&policy, "status").unwrap_or_default();
                let messages: Vec<String> = either(&policy, "denyMessages", "denyMessagesList")
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|text| harmless(text, LONG))
                    .collect();
                // A policy that passed is not a finding. A missing status must not hide a policy's messages.
                if status == "pass" || (status.is_empty() && messages.is_empty()) {
                    continue;
                }
                findings.push(PolicyFinding {
                    policy_set: policy_set.clone().unwrap_or_default(),
                    policy: short(&policy, "policyName")
                        .or_else(|| short(&policy, "identifier"))
                        .unwrap_or_default(),
                    status,
                    messages,
                });
            }
        }
        let status = short(object, "status");
        Some(Self {
            // Harness sets `deny` exactly if the status is `error`, so the status can replace a missing `deny`.
            deny: object
                .flag("deny")
                .unwrap_or(status.as_deref() == Some("error")),
            status,
            message: short(object, "message"),
            evaluation_id: short(object, "id"),
            findings,
        })
    }
}

/// Returns the list under the name that has items.
fn either<'a>(object: &Object<'a>, name: &str, other: &str) -> &'a [Value] {
    let items = object.list(name);
    if items.is_empty() {
        object.list(other)
    } else {
        items
    }
}
