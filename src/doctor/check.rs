//! What a check finds.

/// Why a check is skipped that would only show the consequences of what has failed.
pub(super) const FIX_FIRST: &str = "fix the problems above first";

/// How it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// The provider works, but not all of it, or not for long.
    Warning,
    /// The provider does not work so.
    Failed,
    /// Not looked at, for the reason that the finding gives.
    Skipped,
}

impl State {
    /// The word for it, in both forms of the report.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What is checked. The names in the JSON report are a promise to scripts.
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
    /// The name in the JSON report, and what people read.
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

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Check {
    pub(super) id: CheckId,
    pub(super) state: State,
    /// What was found, without a full stop if it is one sentence.
    pub(super) found: String,
    /// What to do, as sentences.
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

    /// With what to do about it.
    #[must_use]
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What this command leaves open, said rather than passed over.
    pub(super) fn changes() -> Self {
        let found = "not tested, because creating, updating, and deleting would change something";
        Self::skipped(CheckId::Changes, found).remedy(
            "Check that the key's role has core_connector_edit and core_connector_delete, and core_secret_access for \
             the connection test.",
        )
    }
}
