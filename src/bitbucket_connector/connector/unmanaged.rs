//! What a connector has that this provider cannot manage: the attribute `unmanaged`, and warnings. Never an error.
//!
//! Settings of an unknown type are in the attribute, which shows them in every plan and policy, so a refresh needs no
//! warning. An import warns once, because the generated configuration cannot contain these settings. What cannot be
//! read at all is always a warning.
//!
//! Terraform shows an import's diagnostics without their object, so each names the connector.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{Authentication, BitbucketReading, UrlType};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::Field;
use tf_provider::value::Path;

use super::model::Model;
use crate::harness::wording::{hcl, joined, type_name};

/// The maximum number of connectors in a warning.
const NAMED: usize = 5;

/// A setting that may be of an unknown type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Setting {
    UrlType,
    Credentials,
    ApiAccess,
}

impl Setting {
    /// Returns the argument's name for a phrase or a warning.
    fn argument(self) -> &'static str {
        match self {
            Self::UrlType => "url_type",
            Self::Credentials => "credentials",
            Self::ApiAccess => "api_access",
        }
    }

    /// Returns the arguments that replace the setting.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::UrlType => &["url_type"],
            Self::Credentials => &["connection_type", "credentials"],
            Self::ApiAccess => &["api_access"],
        }
    }

    /// Returns the attribute's phrase for the setting.
    fn phrase(self, kind: &str) -> String {
        format!("{}: {}", self.argument(), type_name(kind))
    }

    /// Returns the setting of an attribute's phrase, or `None` for a flag.
    fn of_phrase(phrase: &str) -> Option<Self> {
        let (argument, _) = phrase.split_once(": ")?;
        [Self::UrlType, Self::Credentials, Self::ApiAccess]
            .into_iter()
            .find(|setting| setting.argument() == argument)
    }

    /// Returns whether a planned argument replaces the setting, or `None` while that is not known.
    fn is_replaced(self, prior: &Model, planned: &Model) -> Option<bool> {
        fn given<T>(setting: &Field<T>) -> Option<bool> {
            (!setting.is_unknown()).then(|| !setting.is_null())
        }
        match self {
            Self::UrlType => {
                (!planned.url_type.is_unknown()).then(|| planned.url_type != prior.url_type)
            }
            Self::Credentials => given(&planned.credentials),
            Self::ApiAccess => given(&planned.api_access),
        }
    }

    /// Returns the warning of an import that found a setting of this type on the connector `named`.
    fn warning(self, named: &str, kind: &str) -> Diagnostic {
        let kind = type_name(kind);
        let (summary, detail) = match self {
            Self::UrlType => (
                "Unknown URL type",
                format!(
                    "{named} has the URL type \"{kind}\", which this provider cannot set; the state shows it. Applying \
                     `url_type` \"Account\" or \"Repository\" replaces it. To keep it, write the arguments of an account and \
                     `lifecycle {{ ignore_changes = [url_type, url, test_repository] }}`, or use a newer version of the \
                     provider."
                ),
            ),
            Self::Credentials => (
                "Credentials of an unknown type",
                format!(
                    "{named} has credentials of type \"{kind}\", which this provider cannot manage; the state \
                     shows none. Applying `http` or `ssh` credentials replaces them. To keep them, write some and \
                     `lifecycle {{ ignore_changes = [connection_type, credentials] }}`, or use a newer version of the \
                     provider."
                ),
            ),
            Self::ApiAccess => (
                "API access is kept but not managed",
                format!(
                    "{named} has API access of type \"{kind}\", which this provider cannot manage. Updates of other settings \
                     keep it; the state does not show it. To replace it, add an `api_access` block. To keep it despite such a \
                     block, add `lifecycle {{ ignore_changes = [api_access] }}`."
                ),
            ),
        };
        Diagnostic::warning(summary, detail).at(Path::root().attribute(self.argument()))
    }
}

/// Returns the settings of a connector that are of an unknown type, with the type's name.
fn of_unknown_kind(reading: &BitbucketReading) -> impl Iterator<Item = (Setting, &str)> {
    let spec = &reading.connector.spec;
    let url_type = match &spec.url_type {
        UrlType::Other(kind) => kind.as_str(),
        UrlType::Account | UrlType::Repo => "",
    };
    let credentials = match &spec.authentication {
        Authentication::Other { type_name } => type_name.as_str(),
        Authentication::Http { .. } | Authentication::Ssh { .. } => "",
    };
    let api_access = match &spec.api_access {
        Some(access) if access.parts().is_none() => access.type_name(),
        _ => "",
    };
    [
        (Setting::UrlType, url_type),
        (Setting::Credentials, credentials),
        (Setting::ApiAccess, api_access),
    ]
    .into_iter()
    .filter(|(_, kind)| !kind.is_empty())
}

/// Returns the members of a connector that could not be read, with what is wrong.
fn unreadable(reading: &BitbucketReading) -> impl Iterator<Item = String> {
    let explained: Vec<_> = of_unknown_kind(reading)
        .map(|(setting, _)| match setting {
            Setting::UrlType => "spec.type",
            Setting::Credentials => "spec.authentication",
            Setting::ApiAccess => "spec.apiAccess",
        })
        .collect();
    let members = reading.unknown.iter();
    members
        .filter(move |member| !explained.iter().any(|it| member.path.starts_with(it)))
        .map(ToString::to_string)
}

/// Returns the attribute `unmanaged`: what is set on a connector that this provider cannot manage, each as a short
/// phrase. Members that a later version of the platform adds are not included.
pub(crate) fn phrases(reading: &BitbucketReading) -> Field<Vec<Field<String>>> {
    let kinds = of_unknown_kind(reading).map(|(setting, kind)| setting.phrase(kind));
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

/// Returns what stays unmanaged after a planned change: what no planned argument replaces. Unknown while it is not
/// known whether an argument that replaces something is given.
pub(crate) fn kept(prior: &Model, planned: &Model) -> Field<Vec<Field<String>>> {
    let Some(phrases) = prior.unmanaged.known() else {
        return prior.unmanaged.clone();
    };
    let mut kept = Vec::new();
    for phrase in phrases {
        match is_replaced(phrase.text().unwrap_or_default(), prior, planned) {
            Some(true) => {}
            Some(false) => kept.push(phrase.clone()),
            None => return Field::Unknown,
        }
    }
    Field::Known(kept)
}

/// Returns which unmanaged settings of a connector a planned change replaces.
pub(crate) fn replaced<'a>(prior: &'a Model, planned: &Model) -> Vec<&'a str> {
    phrases_of(prior)
        .filter(|phrase| is_replaced(phrase, prior, planned) == Some(true))
        .collect()
}

/// Returns the arguments that replace these settings, which `ignore_changes` must list to keep them.
pub(crate) fn arguments(phrases: &[&str]) -> BTreeSet<&'static str> {
    let settings = phrases.iter().filter_map(|it| Setting::of_phrase(it));
    settings.flat_map(Setting::arguments).copied().collect()
}

/// Returns whether a connector has credentials that this provider cannot manage.
pub(crate) fn has_credentials(model: &Model) -> bool {
    phrases_of(model).any(|phrase| Setting::of_phrase(phrase) == Some(Setting::Credentials))
}

/// Returns the phrases in a model's attribute `unmanaged`.
pub(crate) fn phrases_of(model: &Model) -> impl Iterator<Item = &str> {
    let phrases = model.unmanaged.known().into_iter().flatten();
    phrases.filter_map(Field::text)
}

fn is_replaced(phrase: &str, prior: &Model, planned: &Model) -> Option<bool> {
    match Setting::of_phrase(phrase) {
        Some(setting) => setting.is_replaced(prior, planned),
        None => Some(false),
    }
}

/// Returns the warnings about what an import found on the connector `named`.
pub(crate) fn of_import(named: &str, reading: &BitbucketReading) -> Diagnostics {
    let kinds = of_unknown_kind(reading).map(|(setting, kind)| setting.warning(named, kind));
    kinds.chain(of_refresh(named, reading)).collect()
}

/// Returns the warning about what a refresh could not read of the connector `named`.
pub(crate) fn of_refresh(named: &str, reading: &BitbucketReading) -> Option<Diagnostic> {
    let unreadable: Vec<String> = unreadable(reading).collect();
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

/// The members of several connectors that could not be read, each with the identifiers of its connectors.
#[derive(Debug, Default)]
pub(crate) struct UnreadableParts(BTreeMap<String, Vec<String>>);

impl UnreadableParts {
    /// Adds what could not be read of a connector.
    pub(crate) fn add(&mut self, reading: &BitbucketReading) {
        for member in unreadable(reading) {
            let identifiers = self.0.entry(member).or_default();
            identifiers.push(reading.connector.identifier.clone());
        }
    }

    /// Converts it to one warning for each member.
    pub(crate) fn into_warnings(self) -> Diagnostics {
        let warning = |(member, identifiers): (String, Vec<String>)| {
            Diagnostic::warning(
                "Parts of a connector could not be read",
                format!(
                    "{} a part that this version of the provider does not understand: {member}. It counts as not set. \
                     Use a newer version of the provider if there is one.",
                    connectors(&identifiers)
                ),
            )
        };
        self.0.into_iter().map(warning).collect()
    }
}

/// Returns `The connector "a" has`, or `The connectors "a", "b", and 7 more have`.
fn connectors(identifiers: &[String]) -> String {
    let mut names: Vec<String> = identifiers.iter().take(NAMED).map(|it| hcl(it)).collect();
    let more = identifiers.len() - names.len();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.as_slice() {
        [one] => format!("The connector {one} has"),
        several => format!("The connectors {} have", joined(several, "and")),
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::RawConnector;
    use serde_json::json;

    use super::*;

    /// Returns the summaries of the warnings about a connector with this spec.
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
        assert_eq!(with("Project", http, "null"), ["Unknown URL type"]);
        assert_eq!(
            with(
                "Repo",
                r#"{"type": "Passkey", "spec": {"challenge": 7}}"#,
                "null"
            ),
            ["Credentials of an unknown type"]
        );
        for access in [
            r#"{"type": "OAuth", "spec": {}}"#,
            r#"{"type": "Telepathy", "spec": {}}"#,
        ] {
            assert_eq!(
                with("Repo", http, access),
                ["API access is kept but not managed"]
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

    #[test]
    fn a_secret_in_the_place_of_a_kind_is_not_shown() {
        let token = format!("ATATT{}q1w2e3r4t5", "3xFfGF0");
        for kind in [token.as_str(), "jdoe:hunter2", &"q3zT9sXyWvU7".repeat(12)] {
            let spec = json!({
                "url": "u", "type": kind, "authentication": {"type": "Http", "spec": {"type": kind, "spec": {}}},
                "apiAccess": {"type": kind, "spec": {}},
            });
            let json = json!({"name": "n", "identifier": "i", "type": "Bitbucket", "spec": spec});
            let connector = RawConnector::from_members(json.as_object().unwrap().clone());
            let reading = connector.bitbucket();
            let warnings = of_import("It", &reading);
            assert_eq!(warnings.iter().count(), 3);
            let shown = format!("{:?} {warnings:?}", phrases(&reading));
            assert!(!shown.contains(kind), "{shown}");
            assert_eq!(shown.matches("(removed: a").count(), 6, "{shown}");
        }
    }

    #[test]
    fn each_member_is_one_warning_that_names_the_first_connectors() {
        let identifiers: Vec<String> = (1..=7).map(|number| format!("bb{number}")).collect();
        let unreadable_parts = UnreadableParts(BTreeMap::from([
            (
                "`spec.proxy` is a string".to_owned(),
                identifiers[..2].to_vec(),
            ),
            ("`spec.type` is a number".to_owned(), identifiers.clone()),
            (
                "`spec.url` is a number".to_owned(),
                identifiers[..1].to_vec(),
            ),
        ]));
        let warnings = unreadable_parts.into_warnings();
        let begins: Vec<_> = warnings
            .iter()
            .map(|it| it.detail.split(" a part ").next().unwrap())
            .collect();
        assert!(!warnings.has_errors());
        assert_eq!(
            begins,
            [
                "The connectors \"bb1\" and \"bb2\" have",
                "The connectors \"bb1\", \"bb2\", \"bb3\", \"bb4\", \"bb5\", and 2 more have",
                "The connector \"bb1\" has",
            ]
        );
    }
}
