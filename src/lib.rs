//! A Terraform provider for Harness Bitbucket connectors. `docs/ARCHITECTURE.md` is the map.
//!
//! - [`tf_provider`]: a package of its own, which is a Terraform provider and knows nothing of Harness.
//! - [`harness_platform`]: a package of its own, which speaks to the platform and knows nothing of Terraform.
//! - [`bitbucket_connector`]: the product, which uses both.
//! - [`provider`] and [`doctor`]: the composition of them, for Terraform and for people.

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
