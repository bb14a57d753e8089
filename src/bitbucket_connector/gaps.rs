//! What connectors have and this provider does not know: kinds of credentials and API access, members of another form than
//! documented. Never an error; one warning for each kind, however many connectors have it.

use super::rules::words::{hcl, joined};
use crate::platform::{ApiAccess, Authentication, BitbucketReading, UrlType};
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;

/// What is not known of connectors, by kind.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<Gap, Vec<String>>);

/// One kind of what is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// A URL type of this name.
    UrlType(String),
    /// Credentials of this type.
    Credentials(String),
    /// API access of this type.
    ApiAccess(String),
    /// A member that could not be read: where, and what is wrong with it.
    Member(String),
}

/// How many connectors a warning names.
const NAMED: usize = 5;

impl Gap {
    /// What is not known of a connector, each matter once.
    pub(super) fn of(reading: &BitbucketReading) -> Vec<Self> {
        let spec = &reading.connector.spec;
        let mut gaps = Vec::new();
        let mut explained = Vec::new();
        if let UrlType::Other(url_type) = &spec.url_type
            && !url_type.is_empty()
        {
            explained.push("spec.type");
            gaps.push(Self::UrlType(url_type.clone()));
        }
        if let Authentication::Other { type_name } = &spec.authentication
            && !type_name.is_empty()
        {
            explained.push("spec.authentication");
            gaps.push(Self::Credentials(type_name.clone()));
        }
        if let Some(access @ (ApiAccess::OAuth | ApiAccess::Other { .. })) = &spec.api_access {
            explained.push("spec.apiAccess");
            gaps.push(Self::ApiAccess(access.type_name().to_owned()));
        }
        let unreadable = reading
            .unknown
            .iter()
            .filter(|member| !explained.iter().any(|place| member.path.starts_with(place)));
        gaps.extend(unreadable.map(|member| Self::Member(member.to_string())));
        gaps
    }
}

impl Gaps {
    /// Adds what is not known of a connector.
    pub(super) fn add(&mut self, reading: &BitbucketReading) {
        for gap in Gap::of(reading) {
            let identifiers = self.0.entry(gap).or_default();
            identifiers.push(reading.connector.identifier.clone());
        }
    }

    /// One warning for each kind.
    pub(super) fn into_warnings(self) -> Diagnostics {
        self.0
            .into_iter()
            .map(|(gap, of)| warning(&gap, &of))
            .collect()
    }
}

fn warning(gap: &Gap, identifiers: &[String]) -> Diagnostic {
    let of = connectors(identifiers);
    match gap {
        Gap::UrlType(kind) => Diagnostic::warning(
            "URL type of an unknown kind",
            format!(
                "{of} the URL type {}, which this provider cannot set: `url_type` shows it as it is.",
                hcl(kind)
            ),
        ),
        Gap::Credentials(kind) => Diagnostic::warning(
            "Credentials of an unknown kind",
            format!(
                "{of} credentials of type {}, which this version of the provider does not know: `credentials` is null \
                 there. Use a newer version of the provider if there is one.",
                hcl(kind)
            ),
        ),
        Gap::ApiAccess(kind) => Diagnostic::warning(
            "API access of an unknown kind",
            format!(
                "{of} API access of type {}, which this provider cannot describe: `api_access` is null there, although \
                 Harness can call Bitbucket's API.",
                hcl(kind)
            ),
        ),
        Gap::Member(what) => Diagnostic::warning(
            "Parts of a connector could not be read",
            format!(
                "{of} a part that this version of the provider does not understand: {what}. It counts as not set. Use a \
                 newer version of the provider if there is one."
            ),
        ),
    }
}

/// `The connector "a" has`, `The connectors "a", "b" and 7 more have`.
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
    use super::*;

    #[test]
    fn each_kind_is_one_warning_that_names_the_first_connectors() {
        let identifiers: Vec<String> = (1..=7).map(|number| format!("bb{number}")).collect();
        let gaps = Gaps(BTreeMap::from([
            (Gap::ApiAccess("OAuth".to_owned()), identifiers.clone()),
            (
                Gap::Credentials("Kerberos".to_owned()),
                identifiers[..2].to_vec(),
            ),
            (
                Gap::Member("`spec.url` is a number".to_owned()),
                identifiers[..1].to_vec(),
            ),
        ]));
        let warnings = gaps.into_warnings();
        let begins: Vec<_> = warnings
            .iter()
            .map(|it| it.detail.split(" has ").next().unwrap())
            .collect();
        assert_eq!(warnings.iter().count(), 3);
        assert!(!warnings.has_errors());
        assert_eq!(begins[2], "The connector \"bb1\"");
        assert!(begins[0].starts_with("The connectors \"bb1\" and \"bb2\" have"));
        assert!(begins[1].starts_with(
            "The connectors \"bb1\", \"bb2\", \"bb3\", \"bb4\", \"bb5\" and 2 more have API access of type \"OAuth\""
        ));
    }
}
