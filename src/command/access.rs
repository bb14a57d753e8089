//! The access to Harness of a command, read by the provider's own code from its options and from the environment.

use tf_provider::field::Field;

use crate::provider::{self, ProviderBlock};

/// A person waits: a request has less time than Terraform gives it, and is sent once.
const REQUEST_TIMEOUT: &str = "15s";
const RETRY_TIMEOUT: &str = "1ms";

/// Takes precedence over `HARNESS_ENDPOINT`. The key has no option: command lines are stored, and others see them.
pub(crate) const ENDPOINT: &str = "--endpoint";
/// Takes precedence over `HARNESS_ACCOUNT_ID`.
pub(crate) const ACCOUNT_ID: &str = "--account-id";
/// What the provider's `ca_certificate_file` says.
pub(crate) const CA_CERTIFICATE_FILE: &str = "--ca-certificate-file";

/// Returns the provider block that these options amount to.
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

/// Returns what a command calls itself to servers.
pub(crate) fn user_agent(command: &str) -> String {
    format!("{} {command}", provider::product())
}
