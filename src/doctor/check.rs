//! The result of a check.

/// The reason to skip a check that would only show consequences of an earlier failure.
pub(super) const FIX_FIRST: &str = "fix the problems above first";

/// The state of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// No problem was found.
    Ok,
    /// The provider works, but not all of it, or not for long.
    Warning,
    /// The provider does not work.
    Failed,
    /// Not checked, for the reason in the result.
    Skipped,
}

impl State {
    /// Returns the word for the state, in both forms of the report.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The subjects of checks. Their names in the JSON report are stable, for scripts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CheckId {
    Endpoint,
    ApiKey,
    AccountId,
    Certificates,
    Proxy,
    Connection,
    Tls,
    Harness,
    Clock,
    Authentication,
    Expiry,
    Connectors,
    Secrets,
    Delegates,
    Organizations,
    Changes,
}

impl CheckId {
    /// Returns the name in the JSON report, and the title for people.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Endpoint => ("endpoint", "Endpoint"),
            Self::ApiKey => ("api_key", "API key"),
            Self::AccountId => ("account_id", "Account id"),
            Self::Certificates => ("certificates", "Certificates"),
            Self::Proxy => ("proxy", "Proxy"),
            Self::Connection => ("connection", "Connection"),
            Self::Tls => ("tls", "TLS"),
            Self::Harness => ("harness", "Harness"),
            Self::Clock => ("clock", "Clock"),
            Self::Authentication => ("authentication", "Authentication"),
            Self::Expiry => ("expiry", "Expiry"),
            Self::Connectors => ("connectors", "Connectors"),
            Self::Secrets => ("secrets", "Secrets"),
            Self::Delegates => ("delegates", "Delegates"),
            Self::Organizations => ("organizations", "Organizations"),
            Self::Changes => ("changes", "Changes"),
        }
    }
}

/// One result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Check {
    pub(super) id: CheckId,
    pub(super) state: State,
    /// What was found, without a period if it is a single sentence.
    pub(super) found: String,
    /// What to do, in sentences.
    pub(super) remedy: Option<String>,
}

impl Check {
    fn new(id: CheckId, state: State, found: impl Into<String>) -> Self {
        Self {
            id,
            state,
            found: found.into(),
            remedy: None,
        }
    }

    pub(super) fn ok(id: CheckId, found: impl Into<String>) -> Self {
        Self::new(id, State::Ok, found)
    }

    pub(super) fn warning(id: CheckId, found: impl Into<String>) -> Self {
        Self::new(id, State::Warning, found)
    }

    pub(super) fn failed(id: CheckId, found: impl Into<String>) -> Self {
        Self::new(id, State::Failed, found)
    }

    pub(super) fn skipped(id: CheckId, reason: impl Into<String>) -> Self {
        Self::new(id, State::Skipped, reason)
    }

    /// Adds what to do.
    #[must_use]
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Returns the check that says what this command cannot verify.
    pub(super) fn changes() -> Self {
        let found = "not tested, because creating, updating, and deleting would change something";
        Self::skipped(CheckId::Changes, found).remedy(
            "Check that the key's role has core_connector_edit and core_connector_delete, and core_secret_access for \
             the connection test.",
        )
    }
}
