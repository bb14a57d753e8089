//! A Terraform provider for Harness Bitbucket connectors.
//!
//! Three rooms, and the composition of them ([`provider`], [`doctor`]); `docs/ARCHITECTURE.md` is the map.
//!
//! - [`tf_provider`]: being a Terraform provider. Knows Terraform, knows nothing of Harness.
//! - [`platform`]: speaking to the platform. Knows HTTP and Harness's wire model, nothing of Terraform.
//! - [`bitbucket_connector`]: the product, which uses both.

pub mod bitbucket_connector;
pub mod doctor;
pub mod platform;
pub mod provider;

use tf_provider::plugin::Plugin;

/// The plugin that this provider is, as Terraform and people know it.
pub const PLUGIN: Plugin = Plugin {
    name: "harness",
    version: env!("CARGO_PKG_VERSION"),
    source_address: "registry.terraform.io/harness-rs/harness",
    repository: env!("CARGO_PKG_REPOSITORY"),
    logged: &[(env!("CARGO_CRATE_NAME"), None)],
};
