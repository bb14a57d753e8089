//! Whether a process plans or applies.
//!
//! Before a host creates or updates an object, it plans the object again, in a new process and with a request that
//! looks like the first. Work that only helps the reviewer of a plan is wasted then.
//!
//! Some versions of Terraform (`REVEALED`) reveal the phase. They allow deferrals in every apply. In a plan, they allow
//! deferrals only in Terraform Stacks and in prereleases with `-allow-deferral`. So a call that allows deferrals
//! belongs to an apply if neither is in use and the process has not read any object, which only plans do. OpenTofu and
//! older versions of Terraform reveal nothing, and newer versions may allow deferrals in plans: there, the phase is
//! unknown until the first change.
//!
//! Mistaking a plan for an apply loses warnings; mistaking an apply for a plan costs a few requests. So everything that
//! is not certain counts as a plan.

use std::env;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::proto::tfplugin5::ClientCapabilities;

/// Set for `terraform rpcapi`, which plans and applies Terraform Stacks, and inherited by its providers.
const STACKS: &str = "TERRAFORM_RPCAPI_COOKIE";

/// The minor versions of Terraform 1 that allow deferrals only in applies, among the versions that were tried.
const REVEALED: RangeInclusive<u32> = 11..=15;

/// What the process knows about its phase. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Phase(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Whether deferrals indicate an apply under this host.
    is_revealed: AtomicBool,
    has_read: AtomicBool,
}

impl Phase {
    /// Records that the host has configured the provider, and the host's version.
    pub(crate) fn configured(&self, version: &str) {
        self.configured_under(version, env::var_os(STACKS).is_some());
    }

    fn configured_under(&self, version: &str, is_stacks: bool) {
        let is_revealed = !is_stacks && is_release_of(version, REVEALED);
        self.0.is_revealed.store(is_revealed, Ordering::Relaxed);
    }

    /// Records that the host has read an object.
    pub(crate) fn has_read(&self) {
        self.0.has_read.store(true, Ordering::Relaxed);
    }

    /// Returns whether a call with these capabilities certainly belongs to an apply.
    pub(crate) fn is_apply(&self, capabilities: Option<&ClientCapabilities>) -> bool {
        capabilities.is_some_and(|host| host.deferral_allowed)
            && self.0.is_revealed.load(Ordering::Relaxed)
            && !self.0.has_read.load(Ordering::Relaxed)
    }
}

/// Returns whether a version is a release `1.x.y` with `x` in this range.
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
