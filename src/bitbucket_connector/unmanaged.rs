//! What a connector has and this provider cannot manage or understand, as warnings: one for each matter.
//!
//! Terraform shows the findings of an import without saying which object they are about; so each names the connector.

use super::gaps::Gap;
use crate::platform::BitbucketReading;
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
use crate::tf_provider::value::Path;

/// The warnings about what was read of the connector that `named` names for people.
pub(super) fn warnings(named: &str, reading: &BitbucketReading) -> Diagnostics {
    let mut findings = Diagnostics::new();
    let mut unreadable = Vec::new();
    for gap in Gap::of(reading) {
        let (summary, detail, argument) = match gap {
            Gap::UrlType(url_type) => (
                "URL type of an unknown kind",
                format!(
                    "{named} has the URL type \"{url_type}\", which this provider cannot set; the state shows it. \
                     Applying `url_type` \"Account\" or \"Repository\" replaces it. To keep it, leave the connector out \
                     of the configuration, or use a newer version of the provider."
                ),
                "url_type",
            ),
            Gap::Credentials(kind) => (
                "Credentials of an unknown kind",
                format!(
                    "{named} has credentials of type \"{kind}\", which this provider cannot manage; the state \
                     shows none. Applying `http` or `ssh` credentials replaces them. To keep them, leave the connector \
                     out of the configuration, or use a newer version of the provider."
                ),
                "credentials",
            ),
            Gap::ApiAccess(kind) => (
                "API access that is kept, not managed",
                format!(
                    "{named} has API access of type \"{kind}\", which this provider cannot manage. The state shows none, \
                     and updates of other settings keep it. To replace it, give an `api_access` block; to keep it while \
                     one is given, use `lifecycle {{ ignore_changes = [api_access] }}`."
                ),
                "api_access",
            ),
            Gap::Member(member) => {
                unreadable.push(member);
                continue;
            }
        };
        findings.push(Diagnostic::warning(summary, detail).at(Path::root().attribute(argument)));
    }
    if !unreadable.is_empty() {
        findings.push(Diagnostic::warning(
            "Parts of the connector could not be read",
            format!(
                "Harness's description of {named} has parts that this version of the provider does not understand: \
                 {}. They count as not set. Use a newer version of the provider if there is one.",
                unreadable.join("; ")
            ),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::RawConnector;

    /// The summaries of the warnings about a connector with this spec.
    fn summaries(spec: &str) -> Vec<String> {
        let json =
            format!(r#"{{"name": "n", "identifier": "i", "type": "Bitbucket", "spec": {spec}}}"#);
        let connector = RawConnector::from_members(serde_json::from_str(&json).unwrap());
        let named = "Bitbucket connector \"i\" in the account";
        let findings = warnings(named, &connector.bitbucket());
        assert!(!findings.has_errors());
        for finding in &findings {
            assert!(
                finding.detail.contains("connector \"i\" in the account"),
                "{finding:?}"
            );
        }
        findings
            .into_iter()
            .map(|finding| finding.summary)
            .collect()
    }

    #[test]
    fn each_matter_is_one_warning_that_names_the_connector() {
        let http = r#"{"type": "Http", "spec": {"type": "UsernamePassword", "spec": {"username": "u", "passwordRef": "p"}}}"#;
        let with = |url_type: &str, authentication: &str, access: &str| {
            summaries(&format!(
                r#"{{"url": "u", "type": "{url_type}", "authentication": {authentication}, "apiAccess": {access}}}"#
            ))
        };
        let nothing: [&str; 0] = [];
        assert_eq!(with("Repo", http, "null"), nothing);
        assert_eq!(
            with("Project", http, "null"),
            ["URL type of an unknown kind"]
        );
        assert_eq!(
            with(
                "Repo",
                r#"{"type": "Passkey", "spec": {"challenge": 7}}"#,
                "null"
            ),
            ["Credentials of an unknown kind"]
        );
        for access in [
            r#"{"type": "OAuth", "spec": {}}"#,
            r#"{"type": "Telepathy", "spec": {}}"#,
        ] {
            assert_eq!(
                with("Repo", http, access),
                ["API access that is kept, not managed"]
            );
        }
        assert_eq!(
            with(
                "Repo",
                http,
                r#"{"type": "AccessToken", "spec": {"tokenRef": 7}}"#
            ),
            ["Parts of the connector could not be read"]
        );
        assert_eq!(
            with("Project", r#"{"type": "Passkey"}"#, r#"{"type": "OAuth"}"#).len(),
            3
        );
    }
}
