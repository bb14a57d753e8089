//! The offline checks: environment and options, read as the provider reads them.

use harness_platform::proxy::{self, Environment};
use harness_platform::{ApiKey, Client, Endpoint, KeyKind, Proxy, ProxyError};
use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};

use super::arguments::Arguments;
use super::check::{Check, CheckId};
use crate::command::access::{self, Patience};
use crate::provider;

const WHERE_KEYS_ARE_MADE: &str = "In Harness, create one in your profile (a personal key, pat.…) or at a service \
                                   account (sat.…), and export it as HARNESS_PLATFORM_API_KEY.";

/// The configuration that was found, and the client that it yields.
pub(super) struct Configuration {
    pub(super) checks: Vec<Check>,
    /// `None` if the configuration is not sufficient for a client.
    pub(super) client: Option<Client>,
    pub(super) proxy: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) account_id: Option<String>,
    /// The account that the key contains; keys of the older form contain none.
    pub(super) key_account: Option<String>,
}

impl Configuration {
    pub(super) fn read(arguments: &Arguments, environment: Environment<'_>) -> Self {
        let options = &arguments.access;
        let mut findings = Diagnostics::new();
        let settings = options.settings(Patience::LITTLE, environment, &mut findings);

        let origin = |names, option: &Option<_>| origin(names, option.is_some(), environment);
        let endpoint_origin = origin(provider::ENDPOINT, &options.endpoint);
        let account_origin = origin(provider::ACCOUNT_ID, &options.account_id);

        let key = settings.api_key.as_ref();
        let own_account = settings.account_id.as_deref();
        let key_account = key.and_then(ApiKey::account_id);
        let mut checks = vec![
            endpoint_check(settings.endpoint.as_ref(), &endpoint_origin, &findings),
            key_check(key.map(ApiKey::kind), &findings),
            account_check(
                own_account.map(|id| (id, account_origin.as_str())),
                key_account,
                key.is_some(),
                &findings,
            ),
        ];
        let account_id = own_account.or(key_account).map(str::to_owned);
        let key_account = key_account.map(str::to_owned);
        let endpoint = settings.endpoint.clone();
        // The last checks about the settings: reading the certificate file is a part of opening them.
        let client = access::open(settings, "doctor", environment, &mut findings);
        let file = options.ca_certificate_file.as_deref();
        checks.extend(file.map(|file| certificates_check(file, &findings)));
        let proxy = endpoint.as_ref().map_or(Ok(None), |endpoint| {
            proxy::for_endpoint(endpoint, environment)
        });
        checks.push(proxy_check(endpoint.as_ref(), &proxy));
        Self {
            checks,
            client,
            proxy: proxy.ok().flatten().map(|proxy| proxy.to_string()),
            endpoint: endpoint.map(|endpoint| endpoint.to_string()),
            account_id,
            key_account,
        }
    }
}

/// Returns where a setting comes from.
fn origin(
    (attribute, variable): (&str, &str),
    is_option: bool,
    environment: Environment<'_>,
) -> String {
    if is_option {
        format!("from --{}", attribute.replace('_', "-"))
    } else if environment(variable).is_some() {
        format!("from {variable}")
    } else {
        "the default".to_owned()
    }
}

fn endpoint_check(endpoint: Option<&Endpoint>, origin: &str, findings: &Diagnostics) -> Check {
    let id = CheckId::Endpoint;
    let used = endpoint.map(|endpoint| format!("{endpoint}, {origin}"));
    match (about("endpoint", findings), used) {
        (None, Some(used)) => Check::ok(id, used),
        (Some(finding), Some(used)) if finding.severity == Severity::Warning => {
            Check::warning(id, used).remedy(finding.detail.clone())
        }
        (Some(finding), _) => reported(id, finding),
        // The default does not point to another endpoint.
        (None, None) => Check::failed(id, "none"),
    }
}

fn key_check(kind: Option<KeyKind>, findings: &Diagnostics) -> Check {
    let variable = provider::API_KEY.1;
    match (about(provider::API_KEY.0, findings), kind) {
        (Some(finding), _) => reported(CheckId::ApiKey, finding).remedy(WHERE_KEYS_ARE_MADE),
        (None, None) => Check::failed(CheckId::ApiKey, format!("{variable} is not set"))
            .remedy(WHERE_KEYS_ARE_MADE),
        (None, Some(KeyKind::Personal)) => {
            Check::ok(CheckId::ApiKey, format!("personal, set in {variable}"))
        }
        (None, Some(KeyKind::ServiceAccount)) => Check::ok(
            CheckId::ApiKey,
            format!("from a service account, set in {variable}"),
        ),
    }
}

fn account_check(
    own: Option<(&str, &str)>,
    key: Option<&str>,
    there_is_a_key: bool,
    findings: &Diagnostics,
) -> Check {
    let id = CheckId::AccountId;
    let variable = provider::ACCOUNT_ID.1;
    if let Some(finding) = about(provider::ACCOUNT_ID.0, findings) {
        return reported(id, finding);
    }
    match (own, key) {
        (Some((own, origin)), Some(key)) if own != key => Check::failed(
            id,
            format!("{own}, {origin}, but the key belongs to the account {key}"),
        )
        .remedy(format!(
            "Use a key for the account {own}. If {key} is the right account, unset {variable}: the key contains the \
             account id."
        )),
        (Some((own, origin)), Some(_)) => {
            Check::ok(id, format!("{own}, {origin}; the key belongs to it"))
        }
        (Some((own, origin)), None) => Check::ok(id, format!("{own}, {origin}")),
        (None, Some(key)) => Check::ok(id, format!("{key}, from the key")),
        (None, None) if there_is_a_key => {
            Check::failed(id, "the key has the older form without an account id")
                .remedy(format!(
                    "Set {variable} (shown in Harness under Account Settings, Overview), or create a new key."
                ))
        }
        (None, None) => Check::skipped(id, "taken from the key"),
    }
}

fn certificates_check(file: &str, findings: &Diagnostics) -> Check {
    let id = CheckId::Certificates;
    match about("ca_certificate_file", findings) {
        Some(finding) => reported(id, finding),
        None => Check::ok(id, format!("{file} is trusted in addition to the system's")),
    }
}

fn proxy_check(endpoint: Option<&Endpoint>, proxy: &Result<Option<Proxy>, ProxyError>) -> Check {
    let id = CheckId::Proxy;
    match (endpoint, proxy) {
        (None, _) => Check::skipped(id, "no endpoint"),
        (Some(_), Err(error)) => Check::failed(id, error.to_string()).remedy(
            "Correct it, or unset it if this machine needs no proxy. The provider never bypasses a proxy setting that \
             it cannot read.",
        ),
        (Some(_), Ok(Some(proxy))) => Check::ok(id, format!("requests go through {proxy}")),
        (Some(endpoint), Ok(None)) if endpoint.is_loopback() => Check::ok(
            id,
            "none: the endpoint is on this machine",
        ),
        (Some(_), Ok(None)) => Check::ok(
            id,
            "none for this endpoint (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY)",
        ),
    }
}

/// Returns the diagnostic about an attribute: its summary begins or ends with the attribute's name.
fn about<'a>(attribute: &str, findings: &'a Diagnostics) -> Option<&'a Diagnostic> {
    findings.iter().find(|finding| {
        let summary = finding.summary.to_lowercase();
        summary.split(' ').any(|word| word == attribute)
    })
}

/// Converts a diagnostic of the provider, which says what to write, to a check.
fn reported(id: CheckId, finding: &Diagnostic) -> Check {
    let found = finding.detail.clone();
    match finding.severity {
        Severity::Error => Check::failed(id, found),
        Severity::Warning => Check::warning(id, found),
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::Scope;

    use super::*;
    use crate::command::access::AccessOptions;
    use crate::doctor::check::State;

    const KEY: &str = "pat.acct.id.hunter2hunter2";

    fn read(options: &[(&str, &str)], variables: &[(&str, &str)]) -> Configuration {
        let find = |list: &[(&str, &str)], wanted: &str| {
            let found = list.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        let arguments = Arguments {
            json: false,
            access: AccessOptions {
                endpoint: find(options, "endpoint"),
                account_id: find(options, "account_id"),
                ca_certificate_file: find(options, "ca"),
            },
            scope: Scope::Account,
        };
        Configuration::read(&arguments, &|name| Some(find(variables, name)?.into()))
    }

    fn line(configuration: &Configuration, id: CheckId) -> (State, &str) {
        let check = configuration
            .checks
            .iter()
            .find(|check| check.id == id)
            .unwrap();
        (check.state, &check.found)
    }

    #[test]
    fn what_is_set_where_is_said_and_the_key_is_not_shown() {
        let found = read(&[], &[("HARNESS_PLATFORM_API_KEY", KEY)]);
        assert!(found.client.is_some());
        assert_eq!(
            line(&found, CheckId::Endpoint),
            (State::Ok, "https://app.harness.io/gateway, the default")
        );
        assert_eq!(
            line(&found, CheckId::ApiKey),
            (State::Ok, "personal, set in HARNESS_PLATFORM_API_KEY")
        );
        assert_eq!(
            line(&found, CheckId::AccountId),
            (State::Ok, "acct, from the key")
        );
        assert!(!format!("{:?}", found.checks).contains("hunter2"));

        let found = read(
            &[("endpoint", "https://h.example")],
            &[
                ("HARNESS_PLATFORM_API_KEY", KEY),
                ("HARNESS_ENDPOINT", "https://other.example"),
                ("HARNESS_ACCOUNT_ID", "acct"),
            ],
        );
        assert_eq!(
            line(&found, CheckId::Endpoint),
            (State::Ok, "https://h.example, from --endpoint")
        );
        assert_eq!(
            line(&found, CheckId::AccountId),
            (
                State::Ok,
                "acct, from HARNESS_ACCOUNT_ID; the key belongs to it"
            )
        );
    }

    #[test]
    fn what_is_missing_or_malformed_fails_at_its_own_line_and_makes_no_client() {
        for (variables, id, found) in [
            (
                &[][..],
                CheckId::ApiKey,
                "HARNESS_PLATFORM_API_KEY is not set",
            ),
            (
                &[("HARNESS_PLATFORM_API_KEY", "hunter2")],
                CheckId::ApiKey,
                "The environment variable HARNESS_PLATFORM_API_KEY cannot be used: the API key has 1 part instead of \
                 four (`pat.<account>.<id>.<secret>`); copy it again.",
            ),
            (
                &[("HARNESS_PLATFORM_API_KEY", "pat.id.hunter2hunter2")],
                CheckId::AccountId,
                "the key has the older form without an account id",
            ),
            (
                &[
                    ("HARNESS_PLATFORM_API_KEY", KEY),
                    ("HARNESS_ENDPOINT", "app.harness.io"),
                ],
                CheckId::Endpoint,
                "The environment variable HARNESS_ENDPOINT cannot be used: the endpoint `app.harness.io` has no \
                 scheme; write `https://app.harness.io`.",
            ),
            (
                &[
                    ("HARNESS_PLATFORM_API_KEY", KEY),
                    ("HARNESS_ACCOUNT_ID", " "),
                ],
                CheckId::AccountId,
                "The environment variable HARNESS_ACCOUNT_ID cannot be used: it is blank.",
            ),
        ] {
            let configuration = read(&[], variables);
            assert_eq!(line(&configuration, id), (State::Failed, found));
            assert!(configuration.client.is_none());
            let failed = configuration
                .checks
                .iter()
                .filter(|c| c.state == State::Failed);
            assert_eq!(failed.count(), 1, "{:?}", configuration.checks);
            assert!(!format!("{:?}", configuration.checks).contains("hunter2"));
        }
    }

    #[test]
    fn a_key_of_another_account_is_found_without_a_request() {
        let found = read(
            &[("account_id", "mine")],
            &[("HARNESS_PLATFORM_API_KEY", KEY)],
        );
        assert_eq!(
            line(&found, CheckId::AccountId),
            (
                State::Failed,
                "mine, from --account-id, but the key belongs to the account acct"
            )
        );
    }

    #[test]
    fn a_file_of_certificates_is_a_check_of_its_own_only_where_one_is_given() {
        let variables = [("HARNESS_PLATFORM_API_KEY", KEY)];
        let without = read(&[], &variables);
        assert!(
            without
                .checks
                .iter()
                .all(|check| check.id != CheckId::Certificates)
        );
        let with = read(&[("ca", "/no/such/file")], &variables);
        let (state, found) = line(&with, CheckId::Certificates);
        assert_eq!(state, State::Failed);
        assert!(
            found.contains("/no/such/file does not exist; write"),
            "{found}"
        );
        assert!(with.client.is_none());
    }

    #[test]
    fn an_endpoint_without_encryption_is_a_warning() {
        let found = read(
            &[("endpoint", "http://h.example")],
            &[("HARNESS_PLATFORM_API_KEY", KEY)],
        );
        assert_eq!(
            line(&found, CheckId::Endpoint),
            (State::Warning, "http://h.example, from --endpoint")
        );
        let endpoint = found.checks.iter().find(|c| c.id == CheckId::Endpoint);
        let remedy = endpoint.and_then(|check| check.remedy.as_deref()).unwrap();
        assert!(remedy.contains("Write https://"), "{remedy}");
        assert!(found.client.is_some());
    }
}
