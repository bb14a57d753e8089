//! The provider block: its schema, how configuration and environment yield a client of the platform, and what is
//! offered.

#[cfg(test)]
mod docs;
mod misplaced;
mod origin;
mod schema;
mod settings;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use async_trait::async_trait;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::provider::{Offers, Provider};
use tf_provider::resource::Resource;
use tf_provider::schema::Schema;
use tf_provider::value::Value;

use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::bitbucket_connector::resource::BitbucketConnectorResource;
use crate::bitbucket_connector::{functions, queries};
use crate::harness::provider_data::SharedProviderData;

pub(crate) use settings::{ACCOUNT_ID, API_KEY, ENDPOINT, ProviderBlock, Settings};

/// The provider `harness`.
pub struct HarnessProvider {
    schema: Schema,
    offers: Offers,
    provider_data: SharedProviderData,
    environment: Environment,
}

/// Looks up an environment variable; an empty one counts as not set.
type Environment = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

impl HarnessProvider {
    /// Creates a provider that uses the environment of this process.
    pub fn new() -> Self {
        Self::with_environment(|name| std::env::var_os(name))
    }

    /// Creates a provider that uses `environment`.
    pub fn with_environment(
        environment: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        let provider_data = SharedProviderData::default();
        let connector: Box<dyn Resource> =
            Box::new(BitbucketConnectorResource::new(provider_data.clone()));
        Self {
            schema: schema::schema(),
            offers: Offers {
                resources: BTreeMap::from([(TYPE_NAME, connector)]),
                data_sources: queries::data_sources::data_sources(&provider_data),
                functions: functions::functions(),
                list_resources: queries::list_resource::list_resources(&provider_data),
                actions: queries::test_action::actions(&provider_data),
            },
            provider_data,
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
        // The environment is read when the provider is configured: `terraform validate` needs none.
        let mut findings = Diagnostics::new();
        let block = ProviderBlock::read(config, &mut findings);
        Settings::read(block, &|_| None, &mut findings);
        findings
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> Diagnostics {
        let mut findings = Diagnostics::new();
        let block = ProviderBlock::read(&config, &mut findings);
        let unknown = block.unknown();
        let settings = Settings::read(block, &self.environment, &mut findings);
        self.provider_data.set_strict(settings.strict);
        if !unknown.is_empty() {
            tracing::debug!(?unknown, "Provider configuration is not known yet");
            self.provider_data.unknown(&unknown);
        } else if !findings.has_errors() {
            let plan_checks = settings.plan_checks;
            let user_agent = user_agent(terraform_version);
            match settings.open(user_agent, &self.environment, &mut findings) {
                Ok(configured) => self.provider_data.open(configured),
                Err(finding) => self.provider_data.incomplete(finding, plan_checks),
            }
        }
        findings
    }

    fn offers(&self) -> &Offers {
        &self.offers
    }
}

fn user_agent(terraform_version: &str) -> String {
    // The version comes from the host, and must not make the header invalid.
    let terraform: String = terraform_version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
        .take(64)
        .collect();
    format!("{} Terraform/{terraform}", product())
}

/// Returns this program's name and version for the User-Agent.
pub(crate) fn product() -> String {
    format!(
        "terraform-provider-harness/{} (+{})",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

#[cfg(test)]
mod tests {
    use harness_platform::Endpoint;
    use tf_provider::value::Path;

    use super::*;
    use crate::harness::provider_data::{ConnectionTestMode, NoProviderData, ProviderData};

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
        (provider.provider_data.get(), findings)
    }

    #[tokio::test]
    async fn environment_variables_set_key_and_endpoint_and_the_key_the_account() {
        let (provider_data, findings) = configured(
            &[
                ("HARNESS_PLATFORM_API_KEY", KEY),
                ("HARNESS_ENDPOINT", "http://127.0.0.1:1/gateway/"),
            ],
            &[],
        )
        .await;
        assert!(findings.is_empty());
        let client = &provider_data.unwrap().client;
        assert_eq!(client.account_id(), "acct_1-X");
        assert_eq!(client.endpoint().to_string(), "http://127.0.0.1:1/gateway");
    }

    #[tokio::test]
    async fn configuration_beats_environment_and_an_empty_variable_is_none() {
        let (provider_data, findings) = configured(
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
        let configured = provider_data.unwrap();
        assert_eq!(configured.client.account_id(), "mine");
        assert_eq!(configured.client.endpoint().to_string(), Endpoint::DEFAULT);
        assert_eq!(configured.connection_test, ConnectionTestMode::Require);
    }

    #[tokio::test]
    async fn missing_settings_are_reported_once_the_platform_is_needed() {
        let (provider_data, findings) = configured(&[], &[]).await;
        assert!(findings.is_empty());
        let finding = provider_data.unwrap_err().into_finding(None);
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
        for name in [
            "endpoint",
            "account_id",
            "platform_api_key",
            "ca_certificate_file",
        ] {
            let variables = &[("HARNESS_PLATFORM_API_KEY", KEY)];
            let (provider_data, findings) =
                configured(variables, &[(name, Value::unknown())]).await;
            assert!(findings.is_empty(), "{name}");
            assert!(
                matches!(provider_data, Err(NoProviderData::Unknown(_))),
                "{name}"
            );
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
                "it looks like a username with its password",
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
                "/nonexistent/ca.pem does not exist; write",
            ),
            (
                "ca_certificate_file",
                Value::string("pat.acc0unt.id.s3cretvalue1"),
                "(removed: a Harness API key) does not exist; write",
            ),
            (
                "request_timeout",
                Value::string("pat.acc0unt.id.s3cretvalue1"),
                "(removed: a Harness API key)",
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
            assert_eq!(provider.provider_data.is_strict(), strict);
            assert!(provider.provider_data.get().is_err());
        }
    }

    #[tokio::test]
    async fn plans_query_the_platform_unless_turned_off_or_unknown() {
        let variables = &[("HARNESS_PLATFORM_API_KEY", KEY)];
        for (value, wanted) in [
            (Value::Null, true),
            (Value::Bool(true), true),
            (Value::Bool(false), false),
            (Value::unknown(), false),
        ] {
            let (provider_data, _) = configured(variables, &[("plan_checks", value.clone())]).await;
            assert_eq!(
                provider_data.unwrap().plan_queries.is_some(),
                wanted,
                "{value:?}"
            );
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
    fn validation_needs_no_environment_and_checks_no_unknown_value() {
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
