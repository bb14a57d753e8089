//! The settings of an account: what depends on feature flags, policies, roles, and luck on the platform.
//!
//! They are under `settings` in the account file. `POST /sandbox/settings` changes them at run time, with a JSON merge
//! patch for what `GET /sandbox/settings` returns.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::audits::Principal;
use crate::connectors::Outcome;

/// The settings. The defaults are the platform's normal behavior.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent switches, not a state in disguise"
)]
pub struct Settings {
    /// Policies evaluated when a connector is saved. If empty, governance is off and `governanceMetadata` is null.
    pub governance: Vec<Policy>,
    /// The HTTP status of GET for a connector that does not exist: 400 according to the sources, or 404.
    pub not_found_status: u16,
    /// Permissions denied to keys, by their names, in addition to the account file's: `core_connector_edit`, or
    /// `core_secret_view:prod_password` for one object.
    pub denied_permissions: BTreeMap<String, Vec<String>>,
    /// The outcome of the connection test, by `id`, `org/id`, or `org/project/id`. It overrides the model.
    pub test_outcomes: BTreeMap<String, Outcome>,
    /// How many milliseconds a connection test takes.
    pub test_delay_ms: u64,
    /// How many milliseconds longer each API response takes, as if the platform were far away.
    pub answer_delay_ms: u64,
    /// Whether connection tests use Git.
    pub real_tests: bool,
    /// Requests per minute and API key before a 429.
    pub rate_limit: Option<u32>,
    /// The account setting `enable_force_delete`.
    pub force_delete: bool,
    /// Whether unknown members of a Bitbucket spec are stored, as on a newer platform.
    pub store_unknown_members: bool,
    /// Whether a Secure Connect tunnel exists. Without one, `proxy` is always returned as false.
    pub secure_connect: bool,
    /// The plan's limit of connectors per account.
    pub connector_limit: Option<usize>,
    /// How many more updates lose the race against another writer.
    pub lose_updates: u32,
    /// How many more creations lose the race for the unique index.
    pub lose_creations: u32,
    /// How a missing eligible delegate is reported: with status 200 and a failure in it, or with 400.
    pub no_delegate_status: u16,
    /// Whether a missing organization or project is reported before connectors are looked up.
    pub scope_filter: bool,
    /// Who makes changes outside the API: `user:<email>`, `user`, `service_account:<id>`, or `system`.
    pub changes_by: String,
    /// How many milliseconds pass before an event of the audit trail is visible.
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
    /// Checks the values.
    ///
    /// # Errors
    /// Returns a sentence that names the setting, what was found, and what is expected.
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
    /// What a match means: the save is refused, or carried out with a warning.
    pub severity: Severity,
    /// The messages for the user.
    #[serde(default)]
    pub messages: Vec<String>,
    /// When the policy matches; always if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

fn default_policy_set() -> String {
    "Connector policies".into()
}

/// What a policy's match means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is saved.
    Error,
    /// Saved, with the warning in the response.
    Warning,
}

/// A test on one member of the connector.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A JSON pointer into the connector, such as `/spec/url`. An absent or null member reads as an empty string.
    pub pointer: String,
    /// A regular expression, not anchored, that the member must match.
    pub matches: String,
}
