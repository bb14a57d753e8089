//! What a connector has and this provider cannot manage: the attribute `unmanaged`, and warnings.
//!
//! The attribute shows it in every plan and policy, so that a refresh needs no warning. An import warns once, because the
//! configuration that is written for it cannot have these settings. What cannot be read at all is always a warning.
//!
//! Terraform shows the findings of an import without saying which object they are about; so each names the connector.

use std::collections::BTreeSet;

use harness_platform::BitbucketReading;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::Field;
use tf_provider::value::Path;
use tf_provider::visible::visible;

use super::model::Model;
use super::unmanaged_parts::UnmanagedPart;

/// How the phrases about settings begin that an argument of this name replaces.
const URL_TYPE: &str = "url_type: ";
const CREDENTIALS: &str = "credentials: ";
const API_ACCESS: &str = "api_access: ";

/// How many characters of a kind's name are shown.
const LONGEST_KIND: usize = 100;

/// The attribute `unmanaged`: what the platform has set on a connector and this provider cannot manage, each as a short
/// phrase. Members that a later version of the platform adds are not among them.
pub(crate) fn phrases(reading: &BitbucketReading) -> Field<Vec<Field<String>>> {
    let of_kind = |argument: &str, kind: &str| {
        let kind: String = visible(kind).escape_debug().take(LONGEST_KIND).collect();
        Some(format!("{argument}{kind}"))
    };
    let kinds = UnmanagedPart::of(reading)
        .into_iter()
        .filter_map(|part| match part {
            UnmanagedPart::UrlType(kind) => of_kind(URL_TYPE, &kind),
            UnmanagedPart::Credentials(kind) => of_kind(CREDENTIALS, &kind),
            UnmanagedPart::ApiAccess(kind) => of_kind(API_ACCESS, &kind),
            UnmanagedPart::Member(_) => None,
        });
    let flags = [
        (reading.proxy, "proxy"),
        (reading.ignore_test_connection, "ignoreTestConnection"),
    ];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
    let phrases: BTreeSet<String> = kinds
        .chain(flags.map(|(_, name)| name.to_owned()))
        .collect();
    Field::Known(phrases.into_iter().map(Field::Known).collect())
}

/// What stays unmanaged when a connector becomes what is planned: what no planned argument replaces. Unknown while it is
/// not known whether an argument that would replace something is given.
pub(crate) fn kept(prior: &Model, planned: &Model) -> Field<Vec<Field<String>>> {
    let Some(phrases) = prior.unmanaged.known() else {
        return prior.unmanaged.clone();
    };
    let mut kept = Vec::new();
    for phrase in phrases {
        match replaces(phrase.text().unwrap_or_default(), prior, planned) {
            Some(true) => {}
            Some(false) => kept.push(phrase.clone()),
            None => return Field::Unknown,
        }
    }
    Field::Known(kept)
}

/// What of a connector's unmanaged settings is replaced when it becomes what is planned.
pub(crate) fn replaced<'a>(prior: &'a Model, planned: &Model) -> Vec<&'a str> {
    let phrases = prior.unmanaged.known().into_iter().flatten();
    phrases
        .filter_map(Field::text)
        .filter(|phrase| replaces(phrase, prior, planned) == Some(true))
        .collect()
}

/// The arguments that replace these settings: what `ignore_changes` has to list to keep them.
pub(crate) fn arguments(phrases: &[&str]) -> BTreeSet<&'static str> {
    let arguments = phrases.iter().flat_map(|phrase| -> &[&'static str] {
        if phrase.starts_with(API_ACCESS) {
            &["api_access"]
        } else if phrase.starts_with(CREDENTIALS) {
            &["connection_type", "credentials"]
        } else if phrase.starts_with(URL_TYPE) {
            &["url_type"]
        } else {
            &[]
        }
    });
    arguments.copied().collect()
}

/// Whether a connector has credentials that this provider cannot manage.
pub(crate) fn has_credentials(model: &Model) -> bool {
    let mut phrases = model.unmanaged.known().into_iter().flatten();
    phrases.any(|phrase| {
        phrase
            .text()
            .is_some_and(|text| text.starts_with(CREDENTIALS))
    })
}

/// Whether a planned argument replaces the setting that a phrase describes; `None` while that is not known.
fn replaces(phrase: &str, prior: &Model, planned: &Model) -> Option<bool> {
    fn given<T>(setting: &Field<T>) -> Option<bool> {
        (!setting.is_unknown()).then(|| !setting.is_null())
    }
    if phrase.starts_with(API_ACCESS) {
        given(&planned.api_access)
    } else if phrase.starts_with(CREDENTIALS) {
        given(&planned.credentials)
    } else if phrase.starts_with(URL_TYPE) {
        (!planned.url_type.is_unknown()).then(|| planned.url_type != prior.url_type)
    } else {
        Some(false)
    }
}

/// The warnings about what an import found on the connector that `named` names for people.
pub(crate) fn of_import(named: &str, reading: &BitbucketReading) -> Diagnostics {
    let mut findings = kinds(named, reading);
    findings.extend(of_refresh(named, reading));
    findings
}

/// The warning about what a refresh could not read of the connector that `named` names for people.
pub(crate) fn of_refresh(named: &str, reading: &BitbucketReading) -> Option<Diagnostic> {
    let unreadable: Vec<String> = UnmanagedPart::of(reading)
        .into_iter()
        .filter_map(|part| match part {
            UnmanagedPart::Member(member) => Some(member),
            UnmanagedPart::UrlType(_)
            | UnmanagedPart::Credentials(_)
            | UnmanagedPart::ApiAccess(_) => None,
        })
        .collect();
    if unreadable.is_empty() {
        return None;
    }
    Some(Diagnostic::warning(
        "Parts of the connector could not be read",
        format!(
            "Harness's description of {named} has parts that this version of the provider does not understand: {}. They \
             count as not set. Use a newer version of the provider if there is one.",
            unreadable.join("; ")
        ),
    ))
}

fn kinds(named: &str, reading: &BitbucketReading) -> Diagnostics {
    let mut findings = Diagnostics::new();
    for part in UnmanagedPart::of(reading) {
        let (summary, detail, argument) = match part {
            UnmanagedPart::UrlType(url_type) => (
                "URL type of an unknown kind",
                format!(
                    "{named} has the URL type \"{url_type}\", which this provider cannot set; the state shows it. \
                     Applying `url_type` \"Account\" or \"Repository\" replaces it. To keep it, write one of them and \
                     `lifecycle {{ ignore_changes = [url_type] }}`, or use a newer version of the provider."
                ),
                "url_type",
            ),
            UnmanagedPart::Credentials(kind) => (
                "Credentials of an unknown kind",
                format!(
                    "{named} has credentials of type \"{kind}\", which this provider cannot manage; the state \
                     shows none. Applying `http` or `ssh` credentials replaces them. To keep them, write some and \
                     `lifecycle {{ ignore_changes = [connection_type, credentials] }}`, or use a newer version of the \
                     provider."
                ),
                "credentials",
            ),
            UnmanagedPart::ApiAccess(kind) => (
                "API access that is kept, not managed",
                format!(
                    "{named} has API access of type \"{kind}\", which this provider cannot manage. The state shows none, \
                     and updates of other settings keep it. To replace it, give an `api_access` block; to keep it while \
                     one is given, use `lifecycle {{ ignore_changes = [api_access] }}`."
                ),
                "api_access",
            ),
            UnmanagedPart::Member(_) => continue,
        };
        findings.push(Diagnostic::warning(summary, detail).at(Path::root().attribute(argument)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use harness_platform::RawConnector;

    use super::*;

    /// The summaries of the warnings about a connector with this spec.
    fn summaries(spec: &str) -> Vec<String> {
        let json =
            format!(r#"{{"name": "n", "identifier": "i", "type": "Bitbucket", "spec": {spec}}}"#);
        let connector = RawConnector::from_members(serde_json::from_str(&json).unwrap());
        let named = "Bitbucket connector \"i\" in the account";
        let findings = of_import(named, &connector.bitbucket());
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
