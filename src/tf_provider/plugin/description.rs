//! What a provider tells the framework about itself.

/// The description of a plugin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plugin {
    /// The provider's name: the part of the program's name that follows `terraform-provider-`.
    pub name: &'static str,
    /// The version, without `v`.
    pub version: &'static str,
    /// The provider's source address: host, namespace, and name, as in `registry.terraform.io/example/cloud`.
    pub source_address: &'static str,
    /// The address of its repository, where users report bugs.
    pub repository: &'static str,
    /// The crates and modules to log in addition to this crate, each with its name in the log, which also applies to
    /// the modules below it. `None` stands for the provider's own crate. The first matching entry is used.
    pub logged: &'static [(&'static str, Option<&'static str>)],
}
