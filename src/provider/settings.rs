//! The settings of the provider block and the environment, and the client that they yield.

use std::time::Duration;

use harness_platform::{ApiKey, Client, ClientConfig, Endpoint, proxy};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::{Field, FromValue};
use tf_provider::value::{Number, Value};
use tf_provider::{duration, model};

use super::misplaced::{a_secret, cannot_be_opened, is_secret, unreadable_proxy};
use super::origin::{Given, Origin};
use crate::harness::plan_queries::PlanQueries;
use crate::harness::provider_data::{ConnectionTestMode, NO_ACCESS, ProviderData};
use crate::harness::wording::file::{path, unreadable};
use crate::harness::wording::joined;
use crate::harness::{leaked_secret, platform_error};

/// Attributes with an environment variable as their fallback.
pub(crate) const ENDPOINT: (&str, &str) = ("endpoint", "HARNESS_ENDPOINT");
pub(crate) const ACCOUNT_ID: (&str, &str) = ("account_id", "HARNESS_ACCOUNT_ID");
pub(crate) const API_KEY: (&str, &str) = ("platform_api_key", "HARNESS_PLATFORM_API_KEY");

const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_RETRY_TIMEOUT: Duration = Duration::from_mins(2);

model! {
    /// The provider block as written.
    pub(crate) struct ProviderBlock {
        endpoint: String;
        account_id: String;
        platform_api_key: String;
        plan_checks: bool;
        strict: bool;
        connection_test: String;
        request_timeout: String;
        retry_timeout: String;
        max_requests_per_minute: Number;
        ca_certificate_file: String;
    }
}

impl ProviderBlock {
    /// Reads a configuration, which may contain unknown values.
    pub(super) fn read(config: &Value, findings: &mut Diagnostics) -> Self {
        Self::from_value(config).unwrap_or_else(|error| {
            findings.push(Diagnostic::own_bug(error));
            Self::default()
        })
    }

    /// Returns the unknown attributes without which no request can be sent.
    pub(super) fn unknown(&self) -> Vec<&'static str> {
        let needed = [
            ("endpoint", &self.endpoint),
            ("account_id", &self.account_id),
            ("platform_api_key", &self.platform_api_key),
            ("ca_certificate_file", &self.ca_certificate_file),
        ];
        let unknown = needed.into_iter().filter(|(_, field)| field.is_unknown());
        unknown.map(|(name, _)| name).collect()
    }
}

/// The settings of configuration and environment, as far as they are known and valid.
pub(crate) struct Settings {
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) account_id: Option<String>,
    pub(crate) api_key: Option<ApiKey>,
    pub(super) connection_test: ConnectionTestMode,
    pub(super) plan_checks: bool,
    pub(super) strict: bool,
    pub(super) request_timeout: Duration,
    pub(super) retry_timeout: Duration,
    max_requests_per_minute: Option<u32>,
    ca_certificate_file: Option<String>,
}

impl Settings {
    pub(crate) fn read(
        block: ProviderBlock,
        environment: proxy::Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Self {
        let mut given = |names, field| Given::of(names, field, environment, findings);
        let endpoint = given(ENDPOINT, block.endpoint);
        let account_id = given(ACCOUNT_ID, block.account_id);
        let api_key = given(API_KEY, block.platform_api_key);
        Self {
            endpoint: read_endpoint(endpoint, findings),
            api_key: api_key.text().and_then(|(text, origin)| {
                ApiKey::parse(&text)
                    .map_err(|error| findings.push(origin.invalid("platform_api_key", error)))
                    .ok()
            }),
            account_id: read_account_id(account_id, findings),
            connection_test: connection_test(&block.connection_test, findings),
            // An unknown value may turn out to be false, so there are no lookups.
            plan_checks: block.plan_checks.is_null() || block.plan_checks == Field::Known(true),
            strict: block.strict == Field::Known(true),
            request_timeout: limit("request_timeout", &block.request_timeout, findings)
                .unwrap_or(DEFAULT_REQUEST_TIMEOUT),
            retry_timeout: limit("retry_timeout", &block.retry_timeout, findings)
                .unwrap_or(DEFAULT_RETRY_TIMEOUT),
            max_requests_per_minute: max_requests_per_minute(
                &block.max_requests_per_minute,
                findings,
            ),
            ca_certificate_file: block.ca_certificate_file.text().map(str::to_owned),
        }
    }

    /// Creates a client from the settings. `findings` collects errors in the configuration itself; the returned error
    /// is the diagnostic to show when the platform is first needed.
    pub(crate) fn open(
        self,
        user_agent: String,
        environment: proxy::Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Result<ProviderData, Diagnostic> {
        // A given account takes precedence over the key's.
        let account_id = self.account_id.or_else(|| {
            self.api_key
                .as_ref()
                .and_then(ApiKey::account_id)
                .map(str::to_owned)
        });
        let (Some(endpoint), Some(account_id), Some(api_key)) =
            (self.endpoint, account_id.clone(), self.api_key)
        else {
            return Err(missing(account_id.is_none()));
        };
        // From here on, a failure is both an error in the configuration, shown now, and the reason why there is no
        // client.
        let ca_certificate_pem = self
            .ca_certificate_file
            .as_ref()
            .map(|file| {
                std::fs::read(file).map_err(|error| {
                    let origin = Origin::Attribute("ca_certificate_file");
                    origin.invalid(
                        "ca_certificate_file",
                        format_args!(
                            "{}; write the path of a PEM file with certificates",
                            unreadable(path(file), &error)
                        ),
                    )
                })
            })
            .transpose()
            .inspect_err(|finding| findings.push(finding.clone()))?;
        let proxy = proxy::for_endpoint(&endpoint, environment)
            .map_err(|error| unreadable_proxy(&error))
            .inspect_err(|finding| findings.push(finding.clone()))?;
        let client = Client::new(ClientConfig {
            endpoint,
            account_id,
            api_key,
            user_agent,
            request_timeout: self.request_timeout,
            retry_timeout: self.retry_timeout,
            max_requests_per_minute: self.max_requests_per_minute,
            ca_certificate_pem,
            proxy,
            log_filter: leaked_secret::removed_from,
        })
        .map_err(|error| cannot_be_opened(&error, self.ca_certificate_file.as_deref()))
        .inspect_err(|finding| findings.push(finding.clone()))?;
        Ok(ProviderData {
            plan_queries: self.plan_checks.then(|| PlanQueries::new(client.clone())),
            client,
            connection_test: self.connection_test,
        })
    }
}

fn read_endpoint(given: Given, findings: &mut Diagnostics) -> Option<Endpoint> {
    let (text, origin) = match given {
        Given::Nothing => return Endpoint::parse(Endpoint::DEFAULT).ok(),
        Given::Broken => return None,
        Given::Text(text, origin) => (text, origin),
    };
    // A key that was given as the endpoint must not be repeated as an invalid address.
    if is_secret(&text) {
        findings.push(origin.invalid("endpoint", a_secret(&text)));
        return None;
    }
    let endpoint = Endpoint::parse(&text)
        .map_err(|error| findings.push(origin.invalid("endpoint", error)))
        .ok()?;
    if endpoint.is_plain_http_to_other_host() {
        findings.push(origin.warn(
            "Endpoint without encryption",
            "The endpoint starts with http://, so the API key is sent to another machine unencrypted. Write https:// \
             if the server supports it.",
        ));
    }
    Some(endpoint)
}

fn read_account_id(given: Given, findings: &mut Diagnostics) -> Option<String> {
    let (text, origin) = given.text()?;
    let text = text.trim();
    let reason = if text.is_empty() {
        "it is blank".to_owned()
    } else if leaked_secret::recognize_for_identifier(text).is_some() {
        a_secret(text)
    } else {
        return Some(text.to_owned());
    };
    findings.push(origin.invalid("account_id", reason));
    None
}

fn missing(account_too: bool) -> Diagnostic {
    let account = if account_too {
        " If the key has only three parts, also set HARNESS_ACCOUNT_ID (or `account_id`)."
    } else {
        ""
    };
    Diagnostic::error(
        "No access to Harness",
        format!(
            "{NO_ACCESS}. Set HARNESS_PLATFORM_API_KEY (or the provider's `platform_api_key`) to a personal access token \
             (pat.…) or service account token (sat.…).{account} {}",
            platform_error::run_doctor()
        ),
    )
}

fn connection_test(field: &Field<String>, findings: &mut Diagnostics) -> ConnectionTestMode {
    let Some(text) = field.text() else {
        return ConnectionTestMode::default();
    };
    ConnectionTestMode::from_name(text).unwrap_or_else(|| {
        let names = ConnectionTestMode::NAMES.map(|name| format!("\"{name}\""));
        let reason = format!("write {}", joined(&names, "or"));
        findings.push(Origin::Attribute("connection_test").invalid("connection_test", reason));
        ConnectionTestMode::default()
    })
}

fn limit(
    name: &'static str,
    field: &Field<String>,
    findings: &mut Diagnostics,
) -> Option<Duration> {
    let refused = |findings: &mut Diagnostics, reason: String| {
        let reason = format!("{reason}; write a number with a unit, such as \"30s\" or \"2m\"");
        findings.push(Origin::Attribute(name).invalid(name, reason));
        None
    };
    match duration::parse(field.text()?) {
        Ok(Duration::ZERO) => refused(findings, "it must be longer than zero".to_owned()),
        Ok(duration) => Some(duration),
        // The error quotes what was written.
        Err(error) => refused(findings, leaked_secret::removed_from(&error.to_string())),
    }
}

fn max_requests_per_minute(field: &Field<Number>, findings: &mut Diagnostics) -> Option<u32> {
    let name = "max_requests_per_minute";
    let number = field.known()?;
    let cap = number
        .to_u64()
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| *n > 0);
    if cap.is_none() {
        let reason = format!("it is {number}; write a whole number of at least 1");
        findings.push(Origin::Attribute(name).invalid(name, reason));
    }
    cap
}
