//! The provider block: its schema, how configuration and environment make a client of the platform, and what is served.

#[cfg(test)]
mod docs;
mod misplaced;
mod origin;
mod schema;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use harness_platform::{ApiKey, Client, ClientConfig, Endpoint, proxy};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::duration;
use tf_provider::provider::{Offers, Provider};
use tf_provider::resource::Resource;
use tf_provider::schema::Schema;
use tf_provider::value::Value;

use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::bitbucket_connector::resource::BitbucketConnectorResource;
use crate::bitbucket_connector::{functions, queries};
use crate::harness::plan_queries::PlanQueries;
use crate::harness::provider_data::{ConnectionTestMode, ProviderData, SharedProviderData};
use crate::harness::{leaked_secret, platform_error};

pub(crate) use misplaced::without_secrets;
use misplaced::{a_secret, cannot_be_opened, is_secret, unreadable_proxy};
use origin::{Given, Origin};

/// The provider `harness`.
pub struct HarnessProvider {
    schema: Schema,
    offers: Offers,
    access: SharedProviderData,
    environment: Environment,
}

/// Looks an environment variable up; empty counts as not set.
type Environment = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Attributes that have a variable to fall back to, and it.
pub(crate) const ENDPOINT: (&str, &str) = ("endpoint", "HARNESS_ENDPOINT");
pub(crate) const ACCOUNT_ID: (&str, &str) = ("account_id", "HARNESS_ACCOUNT_ID");
pub(crate) const API_KEY: (&str, &str) = ("platform_api_key", "HARNESS_PLATFORM_API_KEY");

const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_RETRY_TIMEOUT: Duration = Duration::from_mins(2);

impl HarnessProvider {
    /// A provider that falls back to the environment of this process.
    pub fn new() -> Self {
        Self::with_environment(|name| std::env::var_os(name))
    }

    /// A provider that falls back to `environment`.
    pub fn with_environment(
        environment: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        let access = SharedProviderData::default();
        let connector: Box<dyn Resource> =
            Box::new(BitbucketConnectorResource::new(access.clone()));
        Self {
            schema: schema::schema(),
            offers: Offers {
                resources: BTreeMap::from([(TYPE_NAME, connector)]),
                data_sources: queries::data_sources::data_sources(&access),
                functions: functions::functions(),
                list_resources: queries::list_resource::list_resources(&access),
                actions: queries::test_action::actions(&access),
            },
            access,
            environment: Box::new(move |name| environment(name).filter(|value| !value.is_empty())),
        }
    }
}

impl Default for HarnessProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HarnessProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HarnessProvider").finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for HarnessProvider {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        // The environment counts when the provider is configured: `terraform validate` needs none.
        let mut findings = Diagnostics::new();
        Settings::read(config, &|_| None, &mut findings);
        findings
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics {
        let mut findings = Diagnostics::new();
        let settings = Settings::read(&config, &self.environment, &mut findings);
        self.access.set_strict(settings.strict);
        let unknown: Vec<_> = CONNECTION_ATTRIBUTES
            .into_iter()
            .filter(|name| config.get(name).is_some_and(Value::is_unknown))
            .collect();
        if !unknown.is_empty() {
            tracing::debug!(?unknown, "Provider configuration is not known yet");
            self.access.unknown(unknown);
        } else if !findings.has_errors() {
            let plan_checks = settings.plan_checks;
            let user_agent = user_agent(terraform_version);
            match settings.open(user_agent, &self.environment, &mut findings) {
                Ok(configured) => self.access.open(configured),
                Err(finding) => self.access.incomplete(finding, plan_checks),
            }
        }
        findings
    }

    fn offers(&self) -> &Offers {
        &self.offers
    }
}

/// The attributes without which no request can be sent.
const CONNECTION_ATTRIBUTES: [&str; 4] = [
    "endpoint",
    "account_id",
    "platform_api_key",
    "ca_certificate_file",
];

/// What configuration and environment say, as far as it is known and well-formed.
pub(crate) struct Settings {
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) account_id: Option<String>,
    pub(crate) api_key: Option<ApiKey>,
    connection_test: ConnectionTestMode,
    plan_checks: bool,
    strict: bool,
    request_timeout: Duration,
    retry_timeout: Duration,
    max_requests_per_minute: Option<u32>,
    ca_certificate_file: Option<String>,
}

impl Settings {
    /// What a provider block with these attributes and no others comes to.
    pub(crate) fn of(
        attributes: &[(&'static str, &str)],
        environment: proxy::Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Self {
        let none = schema::schema().block.null_object();
        let config = attributes.iter().fold(none, |config, (name, text)| {
            config.with(*name, Value::string(*text))
        });
        Self::read(&config, environment, findings)
    }

    fn read(
        config: &Value,
        environment: proxy::Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Self {
        let text = |name| config.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut given = |names| Given::of(names, config, environment, findings);
        let endpoint = given(ENDPOINT);
        let account_id = given(ACCOUNT_ID);
        let api_key = given(API_KEY);

        let endpoint = match endpoint {
            Given::Nothing => Endpoint::parse(Endpoint::DEFAULT).ok(),
            Given::Broken => None,
            // A key that was given as the endpoint must not be repeated as an address that is none.
            Given::Text(text, origin) if is_secret(&text) => {
                findings.push(origin.invalid("endpoint", a_secret(&text)));
                None
            }
            Given::Text(text, origin) => Endpoint::parse(&text)
                .map_err(|error| findings.push(origin.invalid("endpoint", error)))
                .ok()
                .inspect(|endpoint| {
                    if endpoint.is_plain_http_to_other_host() {
                        findings.push(origin.warn(
                            "Endpoint without encryption",
                            "The endpoint starts with http://, so that the API key travels in clear to another \
                             machine. Write https:// if the server has it.",
                        ));
                    }
                }),
        };
        let api_key = api_key.text().and_then(|(text, origin)| {
            ApiKey::parse(&text)
                .map_err(|error| findings.push(origin.invalid("platform_api_key", error)))
                .ok()
        });
        let account_id = account_id.text().and_then(|(text, origin)| {
            let text = text.trim();
            if text.is_empty() {
                findings.push(origin.invalid("account_id", "it is blank"));
                return None;
            }
            if leaked_secret::recognise_for_identifier(text).is_some() {
                findings.push(origin.invalid("account_id", a_secret(text)));
                return None;
            }
            Some(text.to_owned())
        });
        Self {
            endpoint,
            account_id,
            api_key,
            connection_test: connection_test(text("connection_test"), findings),
            // One that is not known yet may turn out to be false: no look-ups then.
            plan_checks: match config.get("plan_checks") {
                None | Some(Value::Null) => true,
                Some(given) => given.as_bool() == Some(true),
            },
            strict: config.get("strict").and_then(Value::as_bool) == Some(true),
            request_timeout: limit("request_timeout", text("request_timeout"), findings)
                .unwrap_or(DEFAULT_REQUEST_TIMEOUT),
            retry_timeout: limit("retry_timeout", text("retry_timeout"), findings)
                .unwrap_or(DEFAULT_RETRY_TIMEOUT),
            max_requests_per_minute: max_requests_per_minute(config, findings),
            ca_certificate_file: text("ca_certificate_file"),
        }
    }

    /// Makes a client of what was read. `findings` collects errors of the configuration itself; the error is the one
    /// finding to show when the platform is first needed.
    pub(crate) fn open(
        self,
        user_agent: String,
        environment: proxy::Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Result<ProviderData, Diagnostic> {
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
        let ca_certificate_pem = self
            .ca_certificate_file
            .as_ref()
            .map(|file| {
                std::fs::read(file).map_err(|error| {
                    let origin = Origin::Attribute("ca_certificate_file");
                    origin.invalid(
                        "ca_certificate_file",
                        format_args!("{file} cannot be read ({error})"),
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

fn missing(account_too: bool) -> Diagnostic {
    let account = if account_too {
        " The account follows from a key of four parts; with an older key of three, set `account_id` or \
         HARNESS_ACCOUNT_ID too."
    } else {
        ""
    };
    Diagnostic::error(
        "No access to Harness",
        format!(
            "The provider needs an API key and an account id. Set the environment variable HARNESS_PLATFORM_API_KEY \
             (or the provider's `platform_api_key`) to a personal access token (pat.…) or service account token \
             (sat.…).{account} {}",
            platform_error::run_doctor()
        ),
    )
}

fn connection_test(text: Option<String>, findings: &mut Diagnostics) -> ConnectionTestMode {
    let Some(text) = text else {
        return ConnectionTestMode::default();
    };
    ConnectionTestMode::from_name(&text).unwrap_or_else(|| {
        let names = ConnectionTestMode::NAMES
            .map(|name| format!("\"{name}\""))
            .join(", ");
        let reason = format!("it must be one of {names}");
        findings.push(Origin::Attribute("connection_test").invalid("connection_test", reason));
        ConnectionTestMode::default()
    })
}

fn limit(name: &'static str, text: Option<String>, findings: &mut Diagnostics) -> Option<Duration> {
    let refused = |findings: &mut Diagnostics, reason: String| {
        let reason = format!("{reason}; write a number with its unit, such as \"30s\" or \"2m\"");
        findings.push(Origin::Attribute(name).invalid(name, reason));
        None
    };
    match duration::parse(&text?) {
        Ok(Duration::ZERO) => refused(findings, "it must be longer than zero".to_owned()),
        Ok(duration) => Some(duration),
        Err(error) => refused(findings, error.to_string()),
    }
}

fn max_requests_per_minute(config: &Value, findings: &mut Diagnostics) -> Option<u32> {
    let name = "max_requests_per_minute";
    let number = config.get(name).and_then(Value::as_number)?;
    let cap = number
        .to_u64()
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| *n > 0);
    if cap.is_none() {
        let reason = format!("it is {number}, and must be a whole number of at least 1");
        findings.push(Origin::Attribute(name).invalid(name, reason));
    }
    cap
}

fn user_agent(terraform_version: &str) -> String {
    // The version comes from the host; a header must not break on it.
    let terraform: String = terraform_version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
        .take(64)
        .collect();
    format!("{} Terraform/{terraform}", product())
}

/// How this program calls itself to servers.
pub(crate) fn product() -> String {
    format!(
        "terraform-provider-harness/{} (+{})",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Path;

    use super::*;
    use crate::harness::provider_data::NoProviderData;

    const KEY: &str = "pat.acct_1-X.token.secretsecretsecret01";

    fn provider(variables: &'static [(&str, &str)]) -> HarnessProvider {
        HarnessProvider::with_environment(move |wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).into())
        })
    }

    fn config(attributes: &[(&str, Value)]) -> Value {
        let none = schema::schema().block.null_object();
        attributes.iter().fold(none, |config, (name, value)| {
            config.with(*name, value.clone())
        })
    }

    async fn configured(
        variables: &'static [(&str, &str)],
        attributes: &[(&str, Value)],
    ) -> (
        Result<std::sync::Arc<ProviderData>, NoProviderData>,
        Diagnostics,
    ) {
        let provider = provider(variables);
        let findings = provider.configure(config(attributes), "1.11.4").await;
        (provider.access.get(), findings)
    }

    #[tokio::test]
    async fn key_and_endpoint_can_come_from_the_environment_and_the_account_from_the_key() {
        let (access, findings) = configured(
            &[
                ("HARNESS_PLATFORM_API_KEY", KEY),
                ("HARNESS_ENDPOINT", "http://127.0.0.1:1/gateway/"),
            ],
            &[],
        )
        .await;
        assert!(findings.is_empty());
        let client = &access.unwrap().client;
        assert_eq!(client.account_id(), "acct_1-X");
        assert_eq!(client.endpoint().to_string(), "http://127.0.0.1:1/gateway");
    }

    #[tokio::test]
    async fn configuration_beats_environment_and_an_empty_variable_is_none() {
        let (access, findings) = configured(
            &[
                ("HARNESS_PLATFORM_API_KEY", KEY),
                ("HARNESS_ACCOUNT_ID", "other"),
                ("HARNESS_ENDPOINT", ""),
            ],
            &[
                ("account_id", Value::string("mine")),
                ("connection_test", Value::string("require")),
            ],
        )
        .await;
        assert!(findings.is_empty());
        let configured = access.unwrap();
        assert_eq!(configured.client.account_id(), "mine");
        assert_eq!(configured.client.endpoint().to_string(), Endpoint::DEFAULT);
        assert_eq!(configured.connection_test, ConnectionTestMode::Require);
    }

    #[tokio::test]
    async fn what_is_missing_is_one_finding_when_the_platform_is_needed_and_none_before() {
        let (access, findings) = configured(&[], &[]).await;
        assert!(findings.is_empty());
        let finding = access.unwrap_err().into_finding(None);
        for part in [
            "HARNESS_PLATFORM_API_KEY",
            "`platform_api_key`",
            "HARNESS_ACCOUNT_ID",
            "`account_id`",
        ] {
            assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
        }
    }

    #[tokio::test]
    async fn unknown_values_are_no_finding_and_no_access() {
        for name in CONNECTION_ATTRIBUTES {
            let variables = &[("HARNESS_PLATFORM_API_KEY", KEY)];
            let (access, findings) = configured(variables, &[(name, Value::unknown())]).await;
            assert!(findings.is_empty(), "{name}");
            assert!(matches!(access, Err(NoProviderData::Unknown(_))), "{name}");
        }
    }

    #[tokio::test]
    async fn each_wrong_value_is_found_at_its_attribute_and_the_key_is_never_shown() {
        for (name, value, part) in [
            ("endpoint", Value::string("app.harness.io"), "https://"),
            ("platform_api_key", Value::string("s3cret-s3cret"), "pat."),
            ("account_id", Value::string(" "), "blank"),
            ("connection_test", Value::string("on"), "\"require\""),
            (
                "endpoint",
                Value::string("pat.acc0unt.id.s3cretvalue1"),
                "it looks like a Harness API key, which does not belong here",
            ),
            (
                "account_id",
                Value::string("sat.acc0unt.id.s3cretvalue1"),
                "it looks like a Harness API key, which does not belong here",
            ),
            (
                "account_id",
                Value::string("jdoe:s3cret"),
                "it looks like a user name with its password",
            ),
            ("request_timeout", Value::string("30"), "30 has no unit"),
            ("retry_timeout", Value::string("0s"), "longer than zero"),
            (
                "max_requests_per_minute",
                Value::number(0),
                "whole number of at least 1",
            ),
            (
                "ca_certificate_file",
                Value::string("/nonexistent/ca.pem"),
                "cannot be read",
            ),
        ] {
            let mut attributes = vec![("platform_api_key", Value::string(KEY))];
            attributes.push((name, value));
            let (_, findings) = configured(&[], &attributes).await;
            assert!(findings.has_errors(), "{name}");
            let finding = findings.iter().next().unwrap();
            assert_eq!(finding.path, Some(Path::root().attribute(name)));
            assert!(finding.detail.contains(part), "{name}: {}", finding.detail);
            assert!(!finding.detail.contains("s3cret"), "{name}");
        }
    }

    #[tokio::test]
    async fn strictness_needs_no_access_to_the_platform() {
        let provider = provider(&[]);
        for (value, strict) in [
            (Value::Bool(true), true),
            (Value::Null, false),
            (Value::unknown(), false),
        ] {
            provider
                .configure(config(&[("strict", value)]), "1.11.4")
                .await;
            assert_eq!(provider.access.is_strict(), strict);
            assert!(provider.access.get().is_err());
        }
    }

    #[tokio::test]
    async fn the_platform_is_looked_at_while_planning_unless_that_is_not_wanted_or_not_known() {
        let variables = &[("HARNESS_PLATFORM_API_KEY", KEY)];
        for (value, wanted) in [
            (Value::Null, true),
            (Value::Bool(true), true),
            (Value::Bool(false), false),
            (Value::unknown(), false),
        ] {
            let (access, _) = configured(variables, &[("plan_checks", value.clone())]).await;
            assert_eq!(access.unwrap().plan_queries.is_some(), wanted, "{value:?}");
        }
    }

    #[tokio::test]
    async fn a_wrong_variable_is_named() {
        let (_, findings) = configured(&[("HARNESS_PLATFORM_API_KEY", "s3cret")], &[]).await;
        let finding = findings.iter().next().unwrap();
        assert!(
            finding.detail.contains("HARNESS_PLATFORM_API_KEY")
                && !finding.detail.contains("s3cret")
        );
        assert_eq!(finding.path, None);
    }

    #[test]
    fn validation_needs_no_environment_and_judges_no_unknown_value() {
        let provider = provider(&[("HARNESS_ENDPOINT", "nonsense")]);
        assert!(provider.validate(&config(&[])).is_empty());
        let Value::Object(members) = config(&[]) else {
            unreachable!()
        };
        for name in members.keys() {
            assert!(
                provider
                    .validate(&config(&[(name, Value::unknown())]))
                    .is_empty()
            );
        }
        let wrong = config(&[("connection_test", Value::string("on"))]);
        assert!(provider.validate(&wrong).has_errors());
    }

    #[test]
    fn the_user_agent_names_both_versions_and_holds_what_a_header_can() {
        let agent = user_agent("1.11.4\r\nx: y");
        assert!(agent.starts_with("terraform-provider-harness/"));
        assert!(agent.ends_with(" Terraform/1.11.4xy"));
    }
}
