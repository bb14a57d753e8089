//! Whether a process plans or applies.
//!
//! Before it creates or updates an object, a host plans it once more, in another process than before, with a request that
//! looks the same. A provider that only serves the reviewer of a plan does that work for nobody then.
//!
//! Some versions of Terraform (`TOLD`) give themselves away. They allow deferrals in every apply; in a plan, they allow
//! them in Terraform Stacks, and in prereleases with `-allow-deferral`. So a call that allows them belongs to an apply if none
//! of these is there, and if the process has read no object, which only plans do. Nothing tells the two apart under OpenTofu
//! and older versions of Terraform, and newer ones may allow deferrals in plans: there, nobody knows before the first change.
//!
//! A plan that is taken for an apply lacks warnings; an apply that is taken for a plan costs some requests. So whatever is
//! not certain counts as a plan.

use std::env;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::proto::tfplugin5::ClientCapabilities;

/// Set for `terraform rpcapi`, by which Terraform Stacks are planned and applied, and inherited by its providers.
const STACKS: &str = "TERRAFORM_RPCAPI_COOKIE";

/// The minor versions of Terraform 1 that allow deferrals in applies only: from the first one that was tried to the last.
const TOLD: RangeInclusive<u32> = 11..=15;

/// What one process knows of its phase. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Phase(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Whether deferrals are a sign of an apply under this host.
    is_told: AtomicBool,
    has_read: AtomicBool,
}

impl Phase {
    /// The host has configured the provider, and this is its version.
    pub(crate) fn configured(&self, version: &str) {
        self.configured_under(version, env::var_os(STACKS).is_some());
    }

    fn configured_under(&self, version: &str, is_stacks: bool) {
        let is_told = !is_stacks && is_release_of(version, TOLD);
        self.0.is_told.store(is_told, Ordering::Relaxed);
    }

    /// The host has asked for an object as it is.
    pub(crate) fn has_read(&self) {
        self.0.has_read.store(true, Ordering::Relaxed);
    }

    /// Whether a call with these capabilities certainly belongs to an apply.
    pub(crate) fn is_apply(&self, capabilities: Option<&ClientCapabilities>) -> bool {
        capabilities.is_some_and(|host| host.deferral_allowed)
            && self.0.is_told.load(Ordering::Relaxed)
            && !self.0.has_read.load(Ordering::Relaxed)
    }
}

/// Whether a version is a release `1.x.y` with this `x`.
fn is_release_of(version: &str, minors: RangeInclusive<u32>) -> bool {
    let mut parts = version.split('.');
    let minor = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("1"), Some(minor), Some(patch), None) if patch.parse::<u32>().is_ok() => minor,
        _ => return false,
    };
    minor.parse().is_ok_and(|minor| minors.contains(&minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(deferral_allowed: bool) -> ClientCapabilities {
        ClientCapabilities {
            deferral_allowed,
            write_only_attributes_allowed: true,
        }
    }

    #[test]
    fn what_is_not_certain_counts_as_a_plan() {
        for (version, is_stacks, has_read, host, is_apply) in [
            ("1.11.4", false, false, Some(true), true),
            ("1.11.4", false, false, Some(false), false),
            ("1.11.4", false, false, None, false),
            ("1.11.4", false, true, Some(true), false),
            ("1.11.4", true, false, Some(true), false),
            ("1.15.9", false, false, Some(true), true),
            ("1.15.0-alpha20260819", false, false, Some(true), false),
            ("1.10.5", false, false, Some(true), false),
            ("1.16.0", false, false, Some(true), false),
            ("2.11.4", false, false, Some(true), false),
            ("", false, false, Some(true), false),
        ] {
            let phase = Phase::default();
            phase.configured_under(version, is_stacks);
            if has_read {
                phase.has_read();
            }
            let host = host.map(capabilities);
            assert_eq!(
                phase.is_apply(host.as_ref()),
                is_apply,
                "{version} {host:?}"
            );
        }
        let unconfigured = Phase::default();
        assert!(!unconfigured.is_apply(Some(&capabilities(true))));
    }
}
