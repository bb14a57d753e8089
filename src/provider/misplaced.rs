//! Arguments of the provider block with a misplaced value: a key instead of an address, a file without a certificate;
//! and proxy variables that do not contain a proxy.

use harness_platform::{ProxyError, SetupError};
use tf_provider::diagnostic::Diagnostic;

use super::origin::Origin;
use crate::harness::leaked_secret;

/// Returns why there is no client, with the name of the certificate file if that is at fault.
pub(super) fn cannot_be_opened(
    error: &SetupError,
    ca_certificate_file: Option<&str>,
) -> Diagnostic {
    let reason = match (error, ca_certificate_file) {
        (SetupError::NoCertificate, Some(file)) => format!(
            "{file} contains no certificate; it needs PEM blocks that start with `-----BEGIN CERTIFICATE-----`"
        ),
        (SetupError::Certificate { number, reason }, Some(file)) => {
            format!("certificate {number} of {file} cannot be used: {reason}")
        }
        _ => return Diagnostic::error("Provider cannot be configured", format!("{error}.")),
    };
    Origin::Attribute("ca_certificate_file").invalid("ca_certificate_file", reason)
}

/// Returns the error for an unreadable proxy, which requests must not bypass.
pub(super) fn unreadable_proxy(error: &ProxyError) -> Diagnostic {
    match error.variable {
        Some(variable) => Origin::Variable(variable).invalid(variable, error.problem),
        None => Diagnostic::error(
            "Invalid system proxy settings",
            format!("The system's proxy cannot be used: {}.", error.problem),
        ),
    }
}

/// Returns whether a text that should be an address or a path is, or contains, a secret. Both may contain long runs.
pub(super) fn is_secret(text: &str) -> bool {
    leaked_secret::recognize_kind(text).is_some()
        || (!text.contains('/') && leaked_secret::recognize(text).is_some())
}

/// Returns why a text that is, or contains, a secret cannot be used.
pub(super) fn a_secret(text: &str) -> String {
    let what = leaked_secret::recognize_for_identifier(text)
        .map_or_else(String::new, |pasted| format!("it looks like {pasted}, "));
    format!("{what}which does not belong here. Its value is not shown; treat it as leaked")
}

#[cfg(test)]
mod tests {
    use tf_provider::diagnostic::Diagnostics;
    use tf_provider::field::Field;
    use tf_provider::value::Path;

    use crate::provider::{ProviderBlock, Settings};

    #[test]
    fn a_certificate_file_without_a_certificate_is_named() {
        for (content, part) in [
            ("", "contains no certificate"),
            (
                "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n",
                "contains no certificate",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n",
                "certificate 1 of",
            ),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("company-ca.pem");
            std::fs::write(&file, content).unwrap();
            let file = file.to_str().unwrap();
            let block = ProviderBlock {
                platform_api_key: Field::Known("pat.acct.token.secretsecretsecret01".to_owned()),
                ca_certificate_file: Field::Known(file.to_owned()),
                ..ProviderBlock::default()
            };
            let mut findings = Diagnostics::new();
            let settings = Settings::read(block, &|_| None, &mut findings);
            assert!(
                settings
                    .open("test".to_owned(), &|_| None, &mut findings)
                    .is_err()
            );
            let finding = findings.iter().next().unwrap();
            let place = Path::root().attribute("ca_certificate_file");
            assert_eq!(finding.path, Some(place));
            for part in [part, file] {
                assert!(finding.detail.contains(part), "{}", finding.detail);
            }
        }
    }
}
