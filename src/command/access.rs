//! A command's access to Harness, which the provider's own code reads from its options and the environment.

use harness_platform::Client;
use harness_platform::proxy::Environment;
use tf_provider::diagnostic::{Diagnostics, Severity};
use tf_provider::field::Field;

use super::options::Options;
use crate::harness::wording::file::{path, unreadable};
use crate::provider::{self, ProviderBlock, Settings};

/// Takes precedence over `HARNESS_ENDPOINT`. There is no option for the key: command lines are stored and visible to
/// others.
pub(crate) const ENDPOINT: &str = "--endpoint";
/// Takes precedence over `HARNESS_ACCOUNT_ID`.
pub(crate) const ACCOUNT_ID: &str = "--account-id";
/// Corresponds to the provider's `ca_certificate_file`.
pub(crate) const CA_CERTIFICATE_FILE: &str = "--ca-certificate-file";

/// The time limits of requests, as in the provider block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) request_timeout: &'static str,
    pub(crate) retry_timeout: &'static str,
}

impl Patience {
    /// A person is waiting, so a request has less time than in Terraform, and is sent once.
    pub(crate) const LITTLE: Self = Self {
        request_timeout: "15s",
        retry_timeout: "1ms",
    };
}

/// The options about the access to Harness, which every command has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct AccessOptions {
    pub(crate) endpoint: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) ca_certificate_file: Option<String>,
}

impl AccessOptions {
    /// Takes them from a command line.
    pub(crate) fn of(options: &Options) -> Self {
        let text = |option| options.value(option).map(str::to_owned);
        Self {
            endpoint: text(ENDPOINT),
            account_id: text(ACCOUNT_ID),
            ca_certificate_file: text(CA_CERTIFICATE_FILE),
        }
    }

    /// Reads them as the provider block that they correspond to.
    pub(crate) fn settings(
        &self,
        patience: Patience,
        environment: Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Settings {
        let block = ProviderBlock {
            endpoint: self.endpoint.clone().into(),
            account_id: self.account_id.clone().into(),
            ca_certificate_file: self.ca_certificate_file.clone().into(),
            request_timeout: Field::Known(patience.request_timeout.to_owned()),
            retry_timeout: Field::Known(patience.retry_timeout.to_owned()),
            ..ProviderBlock::default()
        };
        Settings::read(block, environment, findings)
    }

    /// Checks that the certificate file can be read.
    ///
    /// # Errors
    /// Returns the error about the option.
    pub(crate) fn check_certificate_file(&self) -> Result<(), String> {
        let Some(file) = &self.ca_certificate_file else {
            return Ok(());
        };
        std::fs::read(file).map(|_| ()).map_err(|error| {
            let reason = unreadable(path(file), &error);
            format!("`{CA_CERTIFICATE_FILE}` cannot be used: {reason}. Write the path of a PEM file with certificates")
        })
    }
}

/// Creates the client of valid settings. If there is none, `findings` says why.
pub(crate) fn open(
    settings: Settings,
    command: &str,
    environment: Environment<'_>,
    findings: &mut Diagnostics,
) -> Option<Client> {
    if findings.has_errors() {
        return None;
    }
    let user_agent = format!("{} {command}", provider::product());
    match settings.open(user_agent, environment, findings) {
        Ok(opened) => Some(opened.client),
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

/// Checks that no diagnostic about the access to Harness concerns an option of the command line. All others concern the
/// environment.
///
/// # Errors
/// Returns the error about the option.
pub(crate) fn refused_option(findings: &Diagnostics) -> Result<(), String> {
    let options = [
        (provider::ENDPOINT.0, ENDPOINT),
        (provider::ACCOUNT_ID.0, ACCOUNT_ID),
        ("ca_certificate_file", CA_CERTIFICATE_FILE),
    ];
    let mut errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let refused = errors.find_map(|finding| {
        options.iter().find_map(|(attribute, option)| {
            let rest = finding
                .detail
                .strip_prefix(&format!("The provider's `{attribute}`"))?;
            Some(format!("`{option}`{}", rest.trim_end_matches('.')))
        })
    });
    refused.map_or(Ok(()), Err)
}
