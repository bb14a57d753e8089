//! What a Terraform registry publishes of the provider: an archive and a bill of materials for each platform, a manifest,
//! checksums, and their signature; and the same laid out as a mirror, from which `terraform init` installs.
//!
//! Everything here is a function of bytes or of one directory, and the same input gives the same bytes: no time of day, no
//! order of a directory, no permissions of the machine reach an archive. Source: the registry's "Publishing Providers", and
//! Terraform's "Provider Installation".

pub mod archive;
pub mod build;
pub mod checksums;
pub mod hashes;
pub mod mirror;
pub mod notes;
pub mod platform;
pub mod sbom;
pub mod verify;

/// The name of the provider's program, before its version.
pub const PROGRAM: &str = "terraform-provider-harness";
/// Namespace and type of the provider, as source addresses have them.
pub const SOURCE: &str = "harness-rs/harness";
/// The version that is built: that of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the sources and the releases are.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// What the registry is told about the provider; in a release it has the version in its name.
pub const MANIFEST: &str = include_str!("../../../terraform-registry-manifest.json");

/// `terraform-provider-harness_0.1.0`, with which the name of every file of a release begins.
pub fn prefix() -> String {
    format!("{PROGRAM}_{VERSION}")
}
