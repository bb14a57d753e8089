//! A command's access to Harness, which the provider's own code reads from its options and the environment.

use tf_provider::diagnostic::{Diagnostics, Severity};
use tf_provider::field::Field;

use crate::harness::wording::file::{path, unreadable};
use crate::provider::{self, ProviderBlock};

/// A person is waiting, so a request has less time than in Terraform, and is sent once.
const REQUEST_TIMEOUT: &str = "15s";
const RETRY_TIMEOUT: &str = "1ms";

/// Takes precedence over `HARNESS_ENDPOINT`. There is no option for the key: command lines are stored and visible to
/// others.
pub(crate) const ENDPOINT: &str = "--endpoint";
/// Takes precedence over `HARNESS_ACCOUNT_ID`.
pub(crate) const ACCOUNT_ID: &str = "--account-id";
/// Corresponds to the provider's `ca_certificate_file`.
pub(crate) const CA_CERTIFICATE_FILE: &str = "--ca-certificate-file";

/// Returns the provider block that corresponds to these options.
pub(crate) fn provider_block(
    endpoint: Option<&str>,
    account_id: Option<&str>,
    ca_certificate_file: Option<&str>,
) -> ProviderBlock {
    let field = |text: Option<&str>| Field::from(text.map(str::to_owned));
    ProviderBlock {
        endpoint: field(endpoint),
        account_id: field(account_id),
        ca_certificate_file: field(ca_certificate_file),
        request_timeout: Field::Known(REQUEST_TIMEOUT.to_owned()),
        retry_timeout: Field::Known(RETRY_TIMEOUT.to_owned()),
        ..ProviderBlock::default()
    }
}

/// Returns the User-Agent of a command.
pub(crate) fn user_agent(command: &str) -> String {
    format!("{} {command}", provider::product())
}

/// Checks that the certificate file in an option can be read.
///
/// # Errors
/// Returns the error about the option.
pub(crate) fn check_certificate_file(file: Option<&str>) -> Result<(), String> {
    let read = file.map(|file| std::fs::read(file).map_err(|error| (file, error)));
    match read {
        Some(Err((file, error))) => {
            let reason = unreadable(path(file), &error);
            Err(format!(
                "`{CA_CERTIFICATE_FILE}` cannot be used: {reason}. Write the path of a PEM file with certificates"
            ))
        }
        Some(Ok(_)) | None => Ok(()),
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
