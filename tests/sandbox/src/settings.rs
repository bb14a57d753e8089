//! The switches of an account: what the platform would take from feature flags, policies, roles and luck.
//!
//! They stand in the account file under `settings` and change at run time through `POST /sandbox/settings`, whose body
//! is a JSON merge patch on what `GET /sandbox/settings` shows.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::audits::Principal;
use crate::connectors::Outcome;

/// The switches, each with the platform's everyday behaviour as its default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent switches, not a state in disguise"
)]
pub struct Settings {
    /// Policies evaluated when a connector is saved. Empty: governance is off and `governanceMetadata` is null.
    pub governance: Vec<Policy>,
    /// The HTTP status of GET for a connector that does not exist: 400 as the sources say, or 404.
    pub not_found_status: u16,
    /// By the name of a key, what it may not do besides what the account file denies it: `core_connector_edit`, or
    /// `core_secret_view:prod_password` for one object.
    pub denied_permissions: BTreeMap<String, Vec<String>>,
    /// The outcome of the connection test, by `id`, `org/id` or `org/project/id`, whatever the model would say.
    pub test_outcomes: BTreeMap<String, Outcome>,
    /// How many milliseconds a connection test takes.
    pub test_delay_ms: u64,
    /// How many milliseconds each answer of the API takes longer, as if the platform were far away.
    pub answer_delay_ms: u64,
    /// Whether connection tests speak Git to the URL.
    pub real_tests: bool,
    /// Requests per minute and API key before 429 is the answer.
    pub rate_limit: Option<u32>,
    /// The account setting `enable_force_delete`.
    pub force_delete: bool,
    /// Whether members of a Bitbucket spec that this program does not know are stored, as a newer platform would.
    pub store_unknown_members: bool,
    /// Whether a Secure Connect tunnel exists, without which `proxy` is always answered as false.
    pub secure_connect: bool,
    /// The plan's limit of connectors per account.
    pub connector_limit: Option<usize>,
    /// How many updates are still to lose the race against another writer.
    pub lose_updates: u32,
    /// How many creations are still to lose the race for the unique index.
    pub lose_creations: u32,
    /// Which family reports that no delegate is eligible: 200 with a failure in it, or 400.
    pub no_delegate_status: u16,
    /// Whether a missing organization or project is answered before connectors are looked for.
    pub scope_filter: bool,
    /// Who makes the changes behind the platform's back: `user:<e-mail>`, `user`, `service_account:<id>` or `system`.
    pub changes_by: String,
    /// How many milliseconds old an event of the audit trail is before it is seen.
    pub audit_delay_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            governance: Vec::new(),
            not_found_status: 400,
            denied_permissions: BTreeMap::new(),
            test_outcomes: BTreeMap::new(),
            test_delay_ms: 0,
            answer_delay_ms: 0,
            real_tests: false,
            rate_limit: None,
            force_delete: false,
            store_unknown_members: false,
            secure_connect: false,
            connector_limit: None,
            lose_updates: 0,
            lose_creations: 0,
            no_delegate_status: 200,
            scope_filter: false,
            changes_by: "user:dev@example.com".to_owned(),
            audit_delay_ms: 0,
        }
    }
}

impl Settings {
    /// Whether the values mean something.
    ///
    /// # Errors
    /// A sentence that names the setting, what was found and what is expected.
    pub fn check(&self) -> Result<(), String> {
        if ![400, 404].contains(&self.not_found_status) {
            return Err(format!(
                "not_found_status is {}; write 400 or 404",
                self.not_found_status
            ));
        }
        if ![200, 400].contains(&self.no_delegate_status) {
            return Err(format!(
                "no_delegate_status is {}; write 200 or 400",
                self.no_delegate_status
            ));
        }
        if self.rate_limit == Some(0) {
            return Err(
                "rate_limit is 0; write a number of requests per minute, or null for none".into(),
            );
        }
        Principal::parse(&self.changes_by).map_err(|reason| format!("changes_by: {reason}"))?;
        if self.audit_delay_ms < 0 {
            return Err(format!(
                "audit_delay_ms is {}; write 0 or more",
                self.audit_delay_ms
            ));
        }
        for policy in &self.governance {
            if let Some(condition) = &policy.when {
                Regex::new(&condition.matches).map_err(|error| {
                    format!(
                        "governance: policy \"{}\" has an invalid regular expression: {error}",
                        policy.policy
                    )
                })?;
            }
        }
        Ok(())
    }
}

/// A policy that is evaluated when a connector is saved.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The policy's name.
    pub policy: String,
    /// The name of the policy set it belongs to.
    #[serde(default = "default_policy_set")]
    pub policy_set: String,
    /// What a hit means: the save is refused, or carried out with a warning.
    pub severity: Severity,
    /// What the policy tells the person.
    #[serde(default)]
    pub messages: Vec<String>,
    /// When the policy hits; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

fn default_policy_set() -> String {
    "Connector policies".into()
}

/// What a policy's hit means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is saved.
    Error,
    /// Saved, with the warning in the answer.
    Warning,
}

/// A test on one member of the connector.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A JSON pointer into the connector, such as `/spec/url`. An absent or null member reads as an empty string.
    pub pointer: String,
    /// A regular expression, not anchored, that the member has to match.
    pub matches: String,
}
