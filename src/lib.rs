//! A Terraform provider for Harness Bitbucket connectors. `docs/ARCHITECTURE.md` has the code map.
//!
//! - [`tf_provider`]: a package of its own, the framework for Terraform providers.
//! - [`harness_platform`]: a package of its own, the client of Harness's API.
//! - [`harness`]: what every Harness resource needs.
//! - [`bitbucket_connector`]: the resource type, its data sources, list, action, and functions.
//! - [`provider`], [`doctor`], [`export`], and [`review`]: the provider block, and the commands for people.

pub mod bitbucket_connector;
mod command;
pub mod doctor;
pub mod export;
#[cfg(test)]
pub(crate) mod golden;
pub mod harness;
pub mod provider;
pub mod review;

use tf_provider::plugin::Plugin;

/// The names in the log. People filter by them, so they stay if a module moves.
const LOGGED: &[(&str, Option<&str>)] = &[
    (
        concat!(
            env!("CARGO_CRATE_NAME"),
            "::bitbucket_connector::resource::lifecycle"
        ),
        Some("bitbucket_connector.lifecycle"),
    ),
    (
        concat!(env!("CARGO_CRATE_NAME"), "::harness::plan_queries"),
        Some("bitbucket_connector.plan_checks"),
    ),
    (env!("CARGO_CRATE_NAME"), None),
    ("harness_platform::http", Some("platform")),
    ("harness_platform", Some("platform")),
];

/// The description of this provider, for Terraform and for people.
pub const PLUGIN: Plugin = Plugin {
    name: "harness",
    version: env!("CARGO_PKG_VERSION"),
    source_address: "registry.terraform.io/harness-rs/harness",
    repository: env!("CARGO_PKG_REPOSITORY"),
    logged: LOGGED,
};
