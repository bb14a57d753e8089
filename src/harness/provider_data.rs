//! Shared provider data: the client of the platform that the provider's configuration yields, or why there is none.
//!
//! Resources exist before the provider is configured: validation, upgrades, and moves run without it. During a plan,
//! parts of the configuration may still be unknown. So the data is requested when it is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use harness_platform::Client;
use tf_provider::diagnostic::{Diagnostic, Shared};

use super::platform_error;
use crate::harness::plan_queries::PlanQueries;
use crate::harness::wording::code_list;

/// The reason for missing access; starts a sentence.
pub(crate) const NO_ACCESS: &str = "The provider has no API key or no account id";

/// An object that has no name yet, or none by which a person would find it.
pub(super) const ELSEWHERE: &str = "another object in this run";

/// Access to the platform, which the provider opens and shares with its resources.
#[derive(Clone, Debug, Default)]
pub struct SharedProviderData {
    /// `None` until Terraform has configured the provider.
    state: Arc<RwLock<Option<ProviderDataResult>>>,
    strict: Arc<AtomicBool>,
}

/// The provider's configuration for all resources, or why there is none.
pub type ProviderDataResult = Result<Arc<ProviderData>, NoProviderData>;

/// The provider's configuration for all resources.
#[derive(Debug)]
pub struct ProviderData {
    /// The client of the platform.
    pub client: Client,
    /// The default of the resources' `connection_test`.
    pub connection_test: ConnectionTestMode,
    /// The plan-time queries, or `None` if they are turned off.
    pub plan_queries: Option<PlanQueries>,
}

impl SharedProviderData {
    /// Opens the access.
    pub fn open(&self, configured: ProviderData) {
        self.set(Ok(Arc::new(configured)));
    }

    /// Records that the named attributes of the provider are not known yet, so there is no access in this run.
    pub fn unknown(&self, attributes: &[&str]) {
        self.set(Err(NoProviderData::Unknown(Diagnostic::error(
            "Provider configuration is not known yet",
            format!(
                "The connector must be read now, but the provider's {} will be known only after apply. Use a value \
                 that is known during the plan, or first apply what it depends on (`terraform apply -target=…`).",
                code_list(attributes, "and")
            ),
        ))));
    }

    /// Records that something is missing; `finding` is shown when access is first needed. `plan_checks` says whether
    /// plans should have queried the platform.
    pub fn incomplete(&self, finding: Diagnostic, plan_checks: bool) {
        self.set(Err(NoProviderData::Incomplete {
            finding,
            plan_checks,
        }));
    }

    fn set(&self, state: ProviderDataResult) {
        // A panic while the lock was held leaves a valid state, because there is only this assignment.
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// Sets whether rules about likely mistakes report errors. They need no access.
    pub fn set_strict(&self, strict: bool) {
        self.strict.store(strict, Ordering::Relaxed);
    }

    /// Returns whether rules about likely mistakes report errors.
    pub fn is_strict(&self) -> bool {
        self.strict.load(Ordering::Relaxed)
    }

    /// Returns the access to the platform.
    ///
    /// # Errors
    /// Returns a [`NoProviderData`] that says why there is none, and what to write.
    pub fn get(&self) -> ProviderDataResult {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.clone().unwrap_or_else(|| {
            Err(NoProviderData::NotConfigured(Diagnostic::own_bug(
                "The platform was needed before Terraform configured the provider",
            )))
        })
    }
}

/// Why there is no access to the platform, with the diagnostic to show if access is required.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NoProviderData {
    /// The provider's configuration is known only after apply; the plan continues without the platform.
    Unknown(Diagnostic),
    /// Something is missing.
    Incomplete {
        /// What is missing, and how to provide it.
        finding: Diagnostic,
        /// Whether plans should have queried the platform.
        plan_checks: bool,
    },
    /// Terraform has not configured the provider.
    NotConfigured(Diagnostic),
}

impl NoProviderData {
    /// Returns the diagnostic about `object`, such as `connector "x"`, or `None` if it has no name. What is missing is
    /// explained with the first object that needs it.
    pub fn into_finding(self, object: Option<String>) -> Diagnostic {
        match self {
            Self::Unknown(finding) | Self::NotConfigured(finding) => finding,
            Self::Incomplete { finding, .. } => finding.sharing(Shared {
                causes: vec![NO_ACCESS.to_owned()],
                again: Some(platform_error::again(object.as_deref(), NO_ACCESS)),
                object: object.unwrap_or_else(|| ELSEWHERE.to_owned()),
            }),
        }
    }
}

/// What to do with the connection test after a create or update.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectionTestMode {
    /// No test.
    Off,
    /// A failed test is a warning.
    #[default]
    Warn,
    /// A failed test is an error, and the change is undone.
    Require,
}

impl ConnectionTestMode {
    /// The values in HCL.
    pub const NAMES: [&'static str; 3] = ["off", "warn", "require"];

    /// Returns the mode with this name in HCL, or `None` for any other text.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "warn" => Some(Self::Warn),
            "require" => Some(Self::Require),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_mode_is_read() {
        assert!(
            ConnectionTestMode::NAMES
                .iter()
                .all(|name| ConnectionTestMode::from_name(name).is_some())
        );
        assert_eq!(ConnectionTestMode::from_name("Warn"), None);
    }

    #[test]
    fn without_access_the_finding_says_why() {
        let access = SharedProviderData::default();
        let finding = |access: &SharedProviderData| {
            access.get().unwrap_err().into_finding(Some("x".to_owned()))
        };
        assert_eq!(finding(&access).summary, "Bug in the provider");
        access.unknown(&["account_id"]);
        assert!(matches!(access.get(), Err(NoProviderData::Unknown(_))));
        assert!(
            finding(&access)
                .detail
                .contains("`account_id` will be known only after apply")
        );
        let missing = Diagnostic::error("Missing", "Give it.");
        access.incomplete(missing.clone(), true);
        let found = finding(&access);
        assert_eq!(
            (found.summary, found.detail),
            (missing.summary, missing.detail)
        );
        assert_eq!(found.shared.unwrap().object, "x");
    }
}
