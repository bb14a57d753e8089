//! A Terraform provider for Harness Bitbucket connectors. `docs/ARCHITECTURE.md` is the map.
//!
//! - [`tf_provider`]: a package of its own, the framework: being a Terraform provider.
//! - [`harness_platform`]: a package of its own: Harness's API.
//! - [`harness`]: what every Harness resource needs.
//! - [`bitbucket_connector`]: the resource type, and what is offered beside it.
//! - [`provider`] and [`doctor`]: the provider block, and the command for people.

pub mod bitbucket_connector;
pub mod doctor;
#[cfg(test)]
pub(crate) mod golden;
pub mod harness;
pub mod provider;

use tf_provider::plugin::Plugin;

/// The plugin that this provider is, as Terraform and people know it.
pub const PLUGIN: Plugin = Plugin {
    name: "harness",
    version: env!("CARGO_PKG_VERSION"),
    source_address: "registry.terraform.io/harness-rs/harness",
    repository: env!("CARGO_PKG_REPOSITORY"),
    logged: &[
        (env!("CARGO_CRATE_NAME"), None),
        ("harness_platform", Some("platform")),
    ],
};
