//! How to tell this provider's diagnostics from those of others: by its names in the plan, and by its own messages.

use std::collections::BTreeSet;

use super::log::{Diagnostic, Severity};
use crate::harness::wording::change::OUTSIDE;
use crate::harness::wording::hcl;
use crate::review::address::type_of;
use crate::review::plan::Plan;

/// The prefix of this provider's resource and data source types.
const OWN_TYPES: &str = "harness_bitbucket_";
/// The provider's default local name.
const LOCAL_NAME: &str = "harness";
/// The address, after the host, of another provider with this type.
const OFFICIAL: &str = "/harness/harness";

/// Summaries of this provider's messages about connectors that have left the configuration, and about imports, for
/// which Terraform gives no address. A test compares them with the code that uses them.
const SUMMARIES: &[&str] = &[
    "API access is kept but not managed",
    "Connection could not be tested",
    "Connector could not be read",
    "Connector no longer exists",
    "Connector is gone with its scope",
    "Connector was created by someone else",
    "Connector of another account",
    "Connector was changed after the plan was made",
    "Connector was not deleted",
    "Connector was replaced",
    "Incomplete identity",
    "Malformed import id",
    "Nothing to import",
    "Identity does not match the state",
    "Parts of the connector could not be read",
    "Project without organization",
    "Secret in account_id",
    "Secret in identifier",
    "State without an identifier",
];
/// The beginnings of such summaries that continue with a variable word.
const BEGINNINGS: [&str; 2] = ["Connector is of type ", "Harness stored another "];

/// What a plan reveals about this provider.
#[derive(Default)]
pub(crate) struct Own {
    /// Its source addresses, such as `registry.terraform.io/harness-rs/harness`.
    addresses: BTreeSet<String>,
    /// Its local names in the root module.
    local_names: BTreeSet<String>,
    /// The connectors, as in messages: `connector "a"`.
    connectors: Vec<String>,
}

impl Own {
    /// Collects the names. `identifiers` are those of the connectors.
    pub(crate) fn of(plan: &Plan, identifiers: impl Iterator<Item = String>) -> Self {
        let own = Self {
            addresses: plan.own_addresses.clone(),
            local_names: BTreeSet::new(),
            connectors: identifiers
                .map(|identifier| format!("onnector {}", hcl(&identifier)))
                .collect(),
        };
        let configured = plan.provider_configurations.iter();
        let local_names = configured
            .filter(|provider| own.is_address(&provider.full_name))
            .map(|provider| provider.name.clone())
            .collect();
        Self { local_names, ..own }
    }

    /// Returns whether a source address is this provider's. If the plan does not say, the last part decides, unless the
    /// address is the official provider's.
    pub(crate) fn is_address(&self, address: &str) -> bool {
        if self.addresses.is_empty() {
            address.rsplit('/').next() == Some(LOCAL_NAME) && !address.ends_with(OFFICIAL)
        } else {
            self.addresses.contains(address)
        }
    }

    /// Returns whether a diagnostic is about connectors or this provider.
    pub(crate) fn says(&self, diagnostic: &Diagnostic) -> bool {
        if let Some(address) = &diagnostic.address {
            return match provider_of(address) {
                Some(provider) => self.is_address(provider),
                None => type_of(address).is_some_and(|name| name.starts_with(OWN_TYPES)),
            };
        }
        if let Some(context) = &diagnostic.context {
            return self.is_block(context);
        }
        let summary = diagnostic.summary.as_str();
        let is_drift = summary.starts_with("Connector \"") && summary.ends_with(OUTSIDE);
        is_drift
            || SUMMARIES.contains(&summary)
            || BEGINNINGS.iter().any(|begin| summary.starts_with(begin))
            || self.names_connector(summary)
            || self.names_connector(&diagnostic.detail)
            // Terraform names the provider if it cannot be installed or started.
            || diagnostic.severity == Severity::Error && self.names_provider(&diagnostic.detail)
    }

    /// Returns whether a block header is one of this provider's: `resource "harness_bitbucket_connector" "a"`.
    fn is_block(&self, header: &str) -> bool {
        let Some((word, rest)) = header.split_once(' ') else {
            return false;
        };
        let name = rest.split('"').nth(1).unwrap_or_default();
        if word == "provider" {
            return if self.local_names.is_empty() {
                name == LOCAL_NAME
            } else {
                self.local_names.contains(name)
            };
        }
        ["resource", "data", "action", "list"].contains(&word) && name.starts_with(OWN_TYPES)
    }

    fn names_connector(&self, text: &str) -> bool {
        self.connectors.iter().any(|name| text.contains(name))
    }

    fn names_provider(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| c.is_whitespace() || "\"'`:,()[]".contains(c));
        words.any(|word| word.split('/').count() == 3 && self.is_address(word))
    }
}

/// Returns the source address in the address of a provider's configuration: `module.a.provider["ADDRESS"].alias`.
fn provider_of(address: &str) -> Option<&str> {
    const BEGIN: &str = "provider[\"";
    let (before, rest) = address.split_once(BEGIN)?;
    let is_step = before.is_empty() || before.ends_with('.');
    let (provider, _) = rest.split_once("\"]")?;
    is_step.then_some(provider)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::golden::at_root;

    fn diagnostic(address: Option<&str>, context: Option<&str>, summary: &str) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.to_owned(),
            detail: "D".to_owned(),
            address: address.map(str::to_owned),
            range: None,
            context: context.map(str::to_owned),
        }
    }

    #[test]
    fn the_type_of_an_address_is_found_behind_modules_and_keys() {
        for (address, expected) in [
            (
                "harness_bitbucket_connector.a",
                Some("harness_bitbucket_connector"),
            ),
            ("module.m[\"a.b\"].module.n.data.http.x[0]", Some("http")),
            (
                "module.m[\"a\\\"].b\"].terraform_data.harness_bitbucket_connector[\"harness_bitbucket_x.y\"]",
                Some("terraform_data"),
            ),
            ("check.bitbucket", Some("check")),
            ("name", None),
            ("", None),
        ] {
            assert_eq!(type_of(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn the_configuration_of_the_provider_is_its_own_under_every_address() {
        let own = Own::default();
        for (address, expected) in [
            (
                "provider[\"registry.terraform.io/harness-rs/harness\"]",
                true,
            ),
            ("provider[\"mirror.example/acme/harness\"].eu", true),
            (
                "module.a[\"k\"].provider[\"registry.opentofu.org/harness-rs/harness\"].b",
                true,
            ),
            ("provider[\"registry.terraform.io/harness/harness\"]", false),
            ("provider[\"registry.terraform.io/hashicorp/aws\"]", false),
        ] {
            let found = diagnostic(Some(address), None, "Invalid endpoint");
            assert_eq!(own.says(&found), expected, "{address}");
        }
        for (context, expected) in [
            ("provider \"harness\"", true),
            ("provider \"hns\"", false),
            ("resource \"harness_bitbucket_connector\" \"x\"", true),
            ("data \"harness_bitbucket_connection_test\" \"x\"", true),
            ("resource \"harness_platform_pipeline\" \"x\"", false),
            ("resource \"aws_x\" \"harness_bitbucket_connector\"", false),
            ("variable \"harness_bitbucket_url\"", false),
            ("locals", false),
        ] {
            let found = diagnostic(None, Some(context), "Unsupported argument");
            assert_eq!(own.says(&found), expected, "{context}");
        }
    }

    #[test]
    fn a_plan_says_what_the_provider_is_called() {
        let address = "mirror.example/harness/harness";
        let plan = json!({
            "format_version": "1.2", "planned_values": {},
            "configuration": {"provider_config": {
                "hns": {"name": "hns", "full_name": address, "expressions": {}},
                "harness": {"name": "harness", "full_name": "registry.terraform.io/harness/harness"},
            }},
            "resource_changes": [{"address": "a", "mode": "managed", "type": "harness_bitbucket_connector",
                "provider_name": address, "change": {"actions": ["no-op"]}}],
        });
        let plan = Plan::read(plan.to_string().as_bytes()).ok().unwrap();
        let own = Own::of(&plan, ["bb".to_owned()].into_iter());
        let says = |address, context, summary| own.says(&diagnostic(address, context, summary));
        assert!(says(
            Some("provider[\"mirror.example/harness/harness\"]"),
            None,
            "S"
        ));
        assert!(!says(
            Some("provider[\"registry.terraform.io/harness/harness\"]"),
            None,
            "S"
        ));
        assert!(says(None, Some("provider \"hns\""), "S"));
        assert!(!says(None, Some("provider \"harness\""), "S"));
        assert!(says(None, None, "The connector \"bb\" is odd"));
        assert!(!says(None, None, "The connector \"b\" is odd"));
        let mut missing = diagnostic(None, None, "Failed to load plugin schemas");
        missing.detail =
            "Could not load the schema for provider mirror.example/harness/harness: x".to_owned();
        assert!(own.says(&missing));
        missing.severity = Severity::Warning;
        assert!(!own.says(&missing));
    }

    /// Collects the beginnings of summaries about existing connectors, from the code below a directory.
    fn summaries(directory: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !["tests", "move_state"]
                    .iter()
                    .any(|name| path.ends_with(name))
                {
                    summaries(&path, found);
                }
                continue;
            }
            let code = fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap();
            for call in ["Diagnostic::error(", "Diagnostic::warning(", "failed("] {
                for arguments in code.split(call).skip(1) {
                    let arguments = arguments.trim_start();
                    let arguments = arguments.strip_prefix("format!(").unwrap_or(arguments);
                    if let Some(text) = arguments.strip_prefix('"') {
                        found.push(text.split('"').next().unwrap().to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_the_provider_says_without_an_address_is_known() {
        let mut found = Vec::new();
        summaries(&at_root("src/bitbucket_connector/resource"), &mut found);
        assert!(found.len() > 8, "{found:?}");
        found.push("Malformed import id".to_owned());
        let own = Own::default();
        found.retain(|summary| !own.says(&diagnostic(None, None, summary)));
        assert_eq!(found, [""; 0]);
        for other in ["Error acquiring the state lock", "Connector broke"] {
            assert!(!own.says(&diagnostic(None, None, other)), "{other}");
        }
    }
}
