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
pub mod tf_provider;
