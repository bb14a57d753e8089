//! What connectors have and this provider does not know: kinds of credentials and API access, members of another form than
//! documented. Never an error. Kinds are in the attribute `unmanaged` ([`unmanaged`](super::unmanaged)); of members that
//! could not be read there is one warning each, however many connectors have it.

use std::collections::BTreeMap;

use harness_platform::{ApiAccess, Authentication, BitbucketReading, UrlType};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};

use crate::harness::wording::{hcl, joined};

/// The members that could not be read, each with the identifiers of the connectors that have it.
#[derive(Debug, Default)]
pub(crate) struct UnmanagedParts(BTreeMap<String, Vec<String>>);

/// One kind of what is not known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum UnmanagedPart {
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

impl UnmanagedPart {
    /// What is not known of a connector, each matter once.
    pub(crate) fn of(reading: &BitbucketReading) -> Vec<Self> {
        let spec = &reading.connector.spec;
        let mut unmanaged_parts = Vec::new();
        let mut explained = Vec::new();
        if let UrlType::Other(url_type) = &spec.url_type
            && !url_type.is_empty()
        {
            explained.push("spec.type");
            unmanaged_parts.push(Self::UrlType(url_type.clone()));
        }
        if let Authentication::Other { type_name } = &spec.authentication
            && !type_name.is_empty()
        {
            explained.push("spec.authentication");
            unmanaged_parts.push(Self::Credentials(type_name.clone()));
        }
        if let Some(access @ (ApiAccess::OAuth | ApiAccess::Other { .. })) = &spec.api_access
            && !access.type_name().is_empty()
        {
            explained.push("spec.apiAccess");
            unmanaged_parts.push(Self::ApiAccess(access.type_name().to_owned()));
        }
        let unreadable = reading
            .unknown
            .iter()
            .filter(|member| !explained.iter().any(|place| member.path.starts_with(place)));
        unmanaged_parts.extend(unreadable.map(|member| Self::Member(member.to_string())));
        unmanaged_parts
    }
}

impl UnmanagedParts {
    /// Adds what could not be read of a connector.
    pub(crate) fn add(&mut self, reading: &BitbucketReading) {
        for part in UnmanagedPart::of(reading) {
            if let UnmanagedPart::Member(member) = part {
                let identifiers = self.0.entry(member).or_default();
                identifiers.push(reading.connector.identifier.clone());
            }
        }
    }

    /// One warning for each member.
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
    fn each_member_is_one_warning_that_names_the_first_connectors() {
        let identifiers: Vec<String> = (1..=7).map(|number| format!("bb{number}")).collect();
        let unmanaged_parts = UnmanagedParts(BTreeMap::from([
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
        let warnings = unmanaged_parts.into_warnings();
        let begins: Vec<_> = warnings
            .iter()
            .map(|it| it.detail.split(" a part ").next().unwrap())
            .collect();
        assert!(!warnings.has_errors());
        assert_eq!(
            begins,
            [
                "The connectors \"bb1\" and \"bb2\" have",
                "The connectors \"bb1\", \"bb2\", \"bb3\", \"bb4\", \"bb5\" and 2 more have",
                "The connector \"bb1\" has",
            ]
        );
    }
}
