//! The output of `terraform show -json PLAN`, read tolerantly: unneeded members are ignored, and a missing member
//! counts as empty.
//!
//! The plan of a large configuration has hundreds of megabytes, mostly about resources of other providers. So each
//! resource is read separately, and only connectors are kept. The plan contains sensitive values in plaintext: errors
//! contain none of it, and nothing here implements `Debug`.
//!
//! Source: Terraform's `jsonplan` and its documentation of the JSON output format, major version 1.

mod action;
mod raw;

pub(super) use action::Action;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::address::type_of;
use crate::bitbucket_connector::connector::OFFICIAL_TYPE_NAME;
use raw::{Items, RawChange, RawPlan};

/// The supported major version of the format.
const MAJOR: &str = "1";
/// The version before it, of Terraform 1.0, which is identical as far as connectors are concerned.
const OLDEST: &str = "0.2";

/// The parts of a plan that concern connectors.
pub(super) struct Plan {
    /// The connectors, including those that do not change.
    pub(super) changes: Vec<ResourceChange>,
    /// What a refresh found changed outside Terraform.
    pub(super) drift: Vec<ResourceChange>,
    /// The connectors with a change that is deferred to a later plan.
    pub(super) deferred: Vec<String>,
    /// The number of changed resources of other types.
    pub(super) others: usize,
    /// The failed `check` blocks, each with its messages; only if the configuration reads this provider's data sources.
    pub(super) failed_checks: BTreeMap<String, Vec<String>>,
    /// The source addresses of this provider's connectors in the plan.
    pub(super) own_addresses: BTreeSet<String>,
    /// The configurations of all providers.
    pub(super) provider_configurations: Vec<ProviderConfiguration>,
    /// Whether planning failed, so that changes are missing and the plan cannot be applied.
    pub(super) is_errored: bool,
    /// Whether the plan includes everything that the configuration requires.
    pub(super) is_complete: bool,
}

/// A configuration of a provider.
pub(super) struct ProviderConfiguration {
    /// The local name of the provider in its module.
    pub(super) name: String,
    /// The provider's source address.
    pub(super) full_name: String,
}

/// What happens to a resource.
pub(super) struct ResourceChange {
    pub(super) address: String,
    /// The previous address, if it moved.
    pub(super) previous_address: Option<String>,
    /// The key of an object that a replacement left behind; such an object can only be destroyed.
    pub(super) deposed: Option<String>,
    pub(super) action: Action,
    pub(super) is_imported: bool,
    pub(super) before: Value,
    pub(super) after: Value,
    /// True for the parts of `after` that are known only after the apply.
    pub(super) after_unknown: Value,
    /// True for the sensitive parts.
    pub(super) before_sensitive: Value,
    pub(super) after_sensitive: Value,
    /// The account in its identity, which Terraform before 1.12 and OpenTofu do not write.
    pub(super) account: Option<String>,
}

/// Why a text is not a plan. The message contains none of it.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum PlanError {
    #[error("it is empty. {HOW}")]
    Empty,
    #[error("it is a saved plan, which only Terraform can read. {HOW}")]
    Saved,
    #[error(
        "it is the current state, because `terraform show -json` was run without a file. {HOW}"
    )]
    State,
    #[error("it is a state file, such as `terraform.tfstate`. {HOW}")]
    StateFile,
    #[error(
        "it is the output of `terraform plan -json` or `terraform validate -json`, which belongs to `--log`. {HOW}"
    )]
    Log,
    #[error("it is JSON, but not a Terraform plan. {HOW}")]
    Other,
    #[error("it is not JSON (line {line}, column {column}). {HOW}")]
    NotJson { line: usize, column: usize },
    #[error(
        "it is a plan that cannot be read (line {line}, column {column}). Please report this, with the version of \
         Terraform"
    )]
    Unreadable { line: usize, column: usize },
    #[error(
        "its format_version is {0}, but this version of the provider reads {MAJOR}.x. Use a version of the provider \
         that supports this version of Terraform"
    )]
    Version(String),
}

/// How to write a plan.
pub(super) const HOW: &str = "Write the plan with `terraform plan -out=plan.bin` and `terraform show -json plan.bin >plan.json`";

impl Plan {
    /// Returns the plan to use if planning failed so early that there is none.
    pub(super) fn failed() -> Self {
        Self {
            changes: Vec::new(),
            drift: Vec::new(),
            deferred: Vec::new(),
            others: 0,
            failed_checks: BTreeMap::new(),
            own_addresses: BTreeSet::new(),
            provider_configurations: Vec::new(),
            is_errored: true,
            is_complete: true,
        }
    }

    /// Returns the number of this provider's configurations.
    pub(super) fn own_configurations(&self) -> usize {
        let configured = self.provider_configurations.iter();
        configured
            .filter(|provider| self.own_addresses.contains(&provider.full_name))
            .count()
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// Returns a [`PlanError`] that says what the text is instead, and how to write a plan.
    pub(super) fn read(text: &[u8]) -> Result<Self, PlanError> {
        if text.starts_with(b"PK\x03\x04") {
            return Err(PlanError::Saved);
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return Err(PlanError::Empty);
        }
        // Only an object may lead to a request for a bug report.
        if !text.trim_ascii_start().starts_with(b"{")
            && serde_json::from_slice::<IgnoredAny>(text).is_ok()
        {
            return Err(PlanError::Other);
        }
        let raw: RawPlan = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            if error.is_data() {
                PlanError::Unreadable { line, column }
            } else if is_log(text) {
                PlanError::Log
            } else {
                PlanError::NotJson { line, column }
            }
        })?;
        if raw.lineage.is_some() {
            return Err(PlanError::StateFile);
        }
        if raw.level.is_some() || raw.diagnostics.is_some() {
            return Err(PlanError::Log);
        }
        let Some(version) = &raw.format_version else {
            return Err(PlanError::Other);
        };
        if version.split('.').next() != Some(MAJOR) && version != OLDEST {
            // A version is short and contains no secret; any other text is not repeated.
            let is_version =
                version.len() < 20 && version.chars().all(|c| c.is_ascii_digit() || c == '.');
            return Err(if is_version {
                PlanError::Version(version.clone())
            } else {
                PlanError::Other
            });
        }
        if raw.planned_values.is_none() && raw.configuration.is_none() {
            // A state without resources has only its version.
            let is_state = raw.values.is_some() || raw.resource_changes.kept.is_empty();
            return Err(if is_state {
                PlanError::State
            } else {
                PlanError::Other
            });
        }
        Ok(raw.into())
    }
}

/// Returns whether the first line belongs to a log.
fn is_log(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<RawPlan>(first).is_ok_and(|raw| raw.level.is_some())
}

impl From<RawPlan> for Plan {
    fn from(raw: RawPlan) -> Self {
        let state = raw.prior_state.and_then(|state| state.values?.root_module);
        let has_own_data =
            raw.resource_changes.has_own_data || state.is_some_and(|root| root.has_own_data());
        let failed = raw.checks.kept.into_iter().map(|check| {
            let instances = check.instances.into_iter().flatten();
            let problems = instances.flat_map(|instance| instance.problems.into_iter().flatten());
            let messages = problems.map(|problem| problem.message);
            (check.address.to_display, messages.collect())
        });
        let resources = raw
            .resource_changes
            .kept
            .iter()
            .chain(&raw.resource_drift.kept);
        let own_addresses = resources
            .map(|resource| resource.provider_name.clone())
            .filter(|address| !address.is_empty())
            .collect();
        let configured = raw.configuration.and_then(|it| it.provider_config);
        let configured = configured
            .into_iter()
            .flatten()
            .map(|(_, provider)| provider);
        let changes =
            |items: Items<RawChange>| items.kept.into_iter().map(ResourceChange::from).collect();
        Self {
            others: raw.resource_changes.counted,
            changes: changes(raw.resource_changes),
            drift: changes(raw.resource_drift)
                .into_iter()
                .filter(|drift| !is_failed_import(drift))
                .map(without_assumption)
                .collect(),
            deferred: raw
                .deferred_changes
                .kept
                .into_iter()
                .filter_map(|deferred| Some(deferred.resource_change?.address))
                .collect(),
            failed_checks: if has_own_data {
                failed.collect()
            } else {
                BTreeMap::new()
            },
            own_addresses,
            provider_configurations: configured
                .map(|provider| ProviderConfiguration {
                    name: provider.name,
                    full_name: provider.full_name,
                })
                .collect(),
            is_errored: raw.errored,
            // Older versions do not say so, and have no deferred changes.
            is_complete: raw.complete.unwrap_or(true),
        }
    }
}

/// Returns whether it is Terraform's entry for a failed import: a deleted object with nothing known about it except
/// where it was looked up.
fn is_failed_import(drift: &ResourceChange) -> bool {
    const NAMED_BY_ID: [&str; 5] = ["id", "identifier", "org_id", "project_id", "ref"];
    fn is_blank(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().all(is_blank),
            Value::Object(members) => members.values().all(is_blank),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }
    let members = drift.before.as_object();
    drift.action == Action::Destroy
        && members.is_some_and(|members| {
            let mut others = members
                .iter()
                .filter(|(name, _)| !NAMED_BY_ID.contains(&name.as_str()));
            others.all(|(_, value)| is_blank(value))
        })
}

/// Returns the drift without what a move from the official provider assumes. That provider does not store the connectivity
/// mode, so the moved state has the default, and the refresh only fills in the real one.
fn without_assumption(mut drift: ResourceChange) -> ResourceChange {
    const ASSUMED: &str = "connectivity_mode";
    let previous = drift.previous_address.as_deref().and_then(type_of);
    if previous.as_deref() == Some(OFFICIAL_TYPE_NAME)
        && let Some(real) = drift.after.get(ASSUMED)
        && let Some(assumed) = drift.before.get_mut(ASSUMED)
    {
        assumed.clone_from(real);
    }
    drift
}

impl From<RawChange> for ResourceChange {
    fn from(raw: RawChange) -> Self {
        let change = raw.change;
        Self {
            address: raw.address,
            previous_address: raw.previous_address.filter(|address| !address.is_empty()),
            deposed: raw.deposed.filter(|key| !key.is_empty()),
            action: Action::of(&change.actions),
            is_imported: change.importing.is_some(),
            before: change.before,
            after: change.after,
            after_unknown: change.after_unknown,
            before_sensitive: change.before_sensitive,
            after_sensitive: change.after_sensitive,
            account: [change.before_identity, change.after_identity]
                .iter()
                .find_map(|identity| Some(identity.get("account_id")?.as_str()?.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bitbucket_connector::connector::TYPE_NAME;

    fn read(plan: &Value) -> Result<Plan, PlanError> {
        Plan::read(plan.to_string().as_bytes())
    }

    fn error(text: &str) -> String {
        Plan::read(text.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn connectors_are_kept_and_other_resources_counted() {
        let change = |actions: &[&str]| json!({"actions": actions, "before": {"secret": "x"}});
        let plan = read(&json!({
            "format_version": "1.99", "terraform_version": "9.0.0", "invented": {"deep": [1]},
            "planned_values": {}, "configuration": {},
            "resource_changes": [
                {"address": "a", "mode": "managed", "type": TYPE_NAME, "provider_name": "mirror.example/x/harness",
                 "invented": true, "change": change(&["update"])},
                {"address": "b", "mode": "managed", "type": "terraform_data", "change": change(&["create"])},
                {"address": "c", "mode": "managed", "type": "terraform_data", "change": change(&["no-op"])},
                {"address": "d", "mode": "managed", "type": "terraform_data", "previous_address": "e",
                 "change": change(&["no-op"])},
                {"address": "f", "mode": "data", "type": TYPE_NAME, "change": change(&["read"])},
            ],
            "resource_drift": null,
        }))
        .ok()
        .unwrap();
        let addresses: Vec<_> = plan
            .changes
            .iter()
            .map(|change| change.address.as_str())
            .collect();
        assert_eq!(addresses, ["a"]);
        assert_eq!((plan.others, plan.drift.len()), (2, 0));
        assert!(plan.is_complete && !plan.is_errored);
    }

    #[test]
    fn every_list_of_actions_is_read_and_destruction_is_never_overlooked() {
        for (words, action) in [
            (&["no-op"][..], Action::NoOp),
            (&[], Action::NoOp),
            (&["create"], Action::Create),
            (&["read"], Action::Read),
            (&["update"], Action::Update),
            (&["delete"], Action::Destroy),
            (&["forget"], Action::Forget),
            (&["delete", "create"], Action::Replace),
            (&["create", "delete"], Action::Replace),
            (&["create", "forget"], Action::CreateThenForget),
            (&["invented"], Action::Update),
            (&["invented", "delete"], Action::Destroy),
        ] {
            let words: Vec<String> = words.iter().copied().map(str::to_owned).collect();
            assert_eq!(Action::of(&words), action, "{words:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_plan_is_called_what_it_is() {
        for (text, part) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("PK\u{3}\u{4}…", "a saved plan"),
            (r#"{"format_version":"1.0"}"#, "the current state"),
            (
                r#"{"format_version":"1.0","values":{"root_module":{}}}"#,
                "the current state",
            ),
            (
                "{\"@level\":\"info\",\"type\":\"version\"}\n{\"@level\":\"info\"}\n",
                "`--log`",
            ),
            (
                r#"{"format_version":"1.0","valid":true,"diagnostics":[]}"#,
                "`--log`",
            ),
            (r#"{"a": "hunter2"}"#, "not a Terraform plan"),
            (
                r#"{"format_version":"2.0","planned_values":{}}"#,
                "format_version is 2.0",
            ),
            (
                r#"{"format_version":"hunter2","planned_values":{}}"#,
                "not a Terraform plan",
            ),
            ("{\"a\": hunter2}", "not JSON (line 1, column "),
            (
                r#"{"format_version":"1.2","resource_changes":"hunter2"}"#,
                "cannot be read (line 1, column ",
            ),
            ("[]", "not a Terraform plan"),
            ("null", "not a Terraform plan"),
            (" 1", "not a Terraform plan"),
            (
                r#"{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"hunter2","resources":[]}"#,
                "a state file",
            ),
        ] {
            let message = error(text);
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn an_import_that_failed_is_no_drift() {
        let drift = |before: Value| {
            let resource = json!({"address": "a", "mode": "managed", "type": TYPE_NAME,
                "change": {"actions": ["delete"], "before": before, "after": null}});
            let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_drift": [resource]});
            read(&plan).ok().unwrap().drift.len()
        };
        let blank = json!({"id": "o/a", "identifier": "a", "org_id": "o", "name": null, "credentials": {"http": null}, "unmanaged": []});
        assert_eq!(drift(blank), 0);
        assert_eq!(drift(json!({"id": "a", "identifier": "a", "name": "A"})), 1);
        assert_eq!(drift(json!(null)), 1);
    }

    #[test]
    fn only_a_move_from_the_official_provider_has_an_assumed_mode() {
        let before = |previous: &str| {
            let side = |mode: &str, name: &str| json!({"connectivity_mode": mode, "name": name});
            let resource = json!({"address": "a", "mode": "managed", "type": TYPE_NAME, "previous_address": previous,
                "change": {"actions": ["update"], "before": side("Delegate", "x"), "after": side("Platform", "y")}});
            let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_drift": [resource]});
            let drift = read(&plan).ok().unwrap().drift.remove(0);
            drift.before
        };
        let moved = before("module.m[\"a.b\"].harness_platform_connector_bitbucket.x[0]");
        assert_eq!(moved, json!({"connectivity_mode": "Platform", "name": "x"}));
        for other in ["harness_bitbucket_connector.x", ""] {
            assert_eq!(before(other)["connectivity_mode"], "Delegate", "{other}");
        }
    }

    #[test]
    fn a_plan_without_resources_is_one() {
        for version in ["0.2", "1.0", "1.2", "1.99"] {
            let plan = json!({"format_version": version, "planned_values": {"root_module": {}}});
            assert!(read(&plan).is_ok_and(|plan| plan.changes.is_empty()));
        }
    }

    #[test]
    fn failed_checks_count_if_the_configuration_reads_data_of_this_provider() {
        let checks = json!([
            {"address": {"kind": "check", "to_display": "check.bitbucket"}, "status": "fail",
             "instances": [{"problems": [{"message": "It fails."}]}]},
            {"address": {"kind": "check", "to_display": "check.other"}, "status": "pass"},
            {"address": {"kind": "resource", "to_display": "x"}, "status": "fail", "instances": null},
        ]);
        for (type_name, expected) in [("harness_bitbucket_connection_test", 1), ("http", 0)] {
            let data = json!({"address": "data.x", "mode": "data", "type": type_name, "change": {"actions": ["read"]}});
            let modules = json!({"resources": [], "child_modules": [{"address": "module.m", "resources": [data]}]});
            for member in [
                json!({"resource_changes": [data]}),
                json!({"prior_state": {"values": {"root_module": modules}}}),
            ] {
                let mut plan =
                    json!({"format_version": "1.2", "configuration": {}, "checks": checks});
                plan.as_object_mut()
                    .unwrap()
                    .extend(member.as_object().unwrap().clone());
                let plan = read(&plan).ok().unwrap();
                assert_eq!(plan.failed_checks.len(), expected, "{member}");
            }
        }
    }
}
