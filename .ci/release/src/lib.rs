//! What a Terraform registry publishes for the provider: an archive and a bill of materials for each platform, a
//! manifest, checksums, and their signature. The files can also be arranged as a mirror, from which `terraform init`
//! installs.
//!
//! Everything here is a function of bytes or of one directory, and the same input gives the same bytes. The time of
//! day, the order of a directory, and the machine's permissions never affect an archive. Source: the registry's
//! "Publishing Providers", and Terraform's "Provider Installation".

pub mod archive;
pub mod build;
pub mod checksums;
pub mod files;
pub mod hashes;
pub mod mirror;
pub mod notes;
pub mod platform;
pub mod sbom;
pub mod verify;

/// The name of the provider's program, before its version.
pub const PROGRAM: &str = "terraform-provider-harness";
/// Namespace and type of the provider, as in source addresses.
pub const SOURCE: &str = "harness-rs/harness";
/// The version to build: the workspace's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The address of the sources and releases.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The registry's manifest; in a release, its name contains the version.
pub const MANIFEST: &str = include_str!("../../../terraform-registry-manifest.json");

/// Returns the prefix of every file name in a release: `terraform-provider-harness_0.1.0`
pub fn prefix() -> String {
    format!("{PROGRAM}_{VERSION}")
}
