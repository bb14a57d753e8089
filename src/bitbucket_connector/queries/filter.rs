//! The selection of many connectors, in the data source `harness_bitbucket_connectors` and in the list resource.

use std::collections::BTreeMap;

use harness_platform::{RawConnector, Scope};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::Field;
use tf_provider::model;
use tf_provider::schema::{Attribute, Mode};
use tf_provider::typed::Arguments;
use tf_provider::value::{Path, Type};

use crate::bitbucket_connector::checks::offline::check_scope;
use crate::bitbucket_connector::checks::offline::choices::Choice;
use crate::bitbucket_connector::connector::url::Deployment;
use crate::bitbucket_connector::connector::words::ApiAccessType;
use crate::harness::target;

model! {
    /// The arguments that say where to look, and for which connectors.
    pub(crate) struct FilterArguments {
        org_id: String;
        project_id: String;
        search_term: String;
        tags: BTreeMap<String, Field<String>>;
        api_access_type: String;
        deployment: String;
        recursive: bool;
    }
}

/// A selection of connectors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Filter {
    /// This scope, without wider ones.
    pub(crate) scope: Scope,
    /// A case-insensitive regular expression for name, identifier, description, and tags; `None` matches all.
    pub(crate) term: Option<String>,
    /// The other conditions.
    pub(crate) conditions: Conditions,
}

impl Filter {
    /// Selects everything in a scope.
    pub(crate) fn of_scope(scope: Scope) -> Self {
        Self {
            scope,
            term: None,
            conditions: Conditions::default(),
        }
    }
}

/// Conditions that are compared here, because the platform's search does not support them, or does not document how it
/// combines them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Conditions {
    /// Tags that a connector must have, with these values.
    pub(crate) tags: BTreeMap<String, String>,
    /// The type of its API access, or `None` for any.
    pub(crate) api_access: Option<ApiAccessType>,
    /// The deployment that its URL points to, or `None` for any.
    pub(crate) deployment: Option<Deployment>,
}

impl Conditions {
    /// Returns whether a connector meets all conditions.
    pub(super) fn hold_for(&self, connector: &RawConnector) -> bool {
        if *self == Self::default() {
            return true;
        }
        let found = connector.bitbucket().connector;
        let api_access = || ApiAccessType::of_wire(found.spec.api_access.as_ref());
        self.tags
            .iter()
            .all(|(key, value)| found.tags.get(key) == Some(value))
            && self
                .api_access
                .is_none_or(|wanted| api_access() == Some(wanted))
            && self
                .deployment
                .is_none_or(|wanted| Deployment::of_text(&found.spec.url) == wanted)
    }
}

/// Returns the declarations of [`FilterArguments`].
pub(crate) fn attributes() -> Vec<Attribute> {
    let mut attributes = target::scope_arguments();
    attributes.extend([
        Attribute::new(
            "search_term",
            Type::String,
            Mode::Optional,
            "Regular expression that Harness matches, ignoring case, against the name, identifier, description, and tags \
             (`key` or `key:value`) of each connector.",
        )
        .example("\"payments\""),
        Attribute::new(
            "tags",
            Type::map(Type::String),
            Mode::Optional,
            "Tags that a connector must have. It must have all of them, with these values.",
        )
        .label("Tags")
        .example("{ team = \"payments\" }"),
        Attribute::new(
            API_ACCESS_TYPE.name,
            Type::String,
            Mode::Optional,
            "Type of API access that a connector must have, named like the blocks of the resource. `none` finds connectors \
             without API access. On Bitbucket Cloud, `username_token` means an app password.",
        )
        .values(API_ACCESS_TYPE.accepted)
        .example("\"username_token\""),
        Attribute::new(
            DEPLOYMENT.name,
            Type::String,
            Mode::Optional,
            "Bitbucket deployment that the `url` of a connector must point to.",
        )
        .values(DEPLOYMENT.accepted)
        .example("\"Cloud\""),
        Attribute::new(
            "recursive",
            Type::Bool,
            Mode::Optional,
            "Whether to include connectors of the scopes below: without `org_id`, all organizations and projects of the \
             account; with `org_id`, all projects of the organization. Has no effect with `project_id`.",
        )
        .advice("Makes at least one request for each organization and project.")
        .fallback("`false`")
        .example("true"),
    ]);
    attributes
}

const API_ACCESS_TYPE: Choice = Choice {
    name: "api_access_type",
    accepted: &ApiAccessType::NAMES,
    meant: &[
        (ApiAccessType::None.name(), &["", "null"]),
        (
            ApiAccessType::UsernameToken.name(),
            &["usernametoken", "app_password"],
        ),
        (
            ApiAccessType::EmailAndApiToken.name(),
            &["emailandapitoken", "api_token"],
        ),
        (ApiAccessType::AccessToken.name(), &["accesstoken"]),
    ],
    foreign: &[],
    is_required: false,
    means: "\"username_token\", \"email_and_api_token\", or \"access_token\" for that block of `api_access`, \"oauth\" for \
            what the Harness UI sets up, or \"none\" for connectors without API access",
};

const DEPLOYMENT: Choice = Choice {
    name: "deployment",
    accepted: &Deployment::NAMES,
    meant: &[
        ("Cloud", &["bitbucket.org", "bitbucket cloud"]),
        (
            "DataCenter",
            &[
                "server",
                "data center",
                "data_center",
                "bitbucket data center",
            ],
        ),
    ],
    foreign: &[],
    is_required: false,
    means: "\"Cloud\" for bitbucket.org, \"DataCenter\" for Bitbucket Data Center",
};

/// Returns the diagnostic about a word that is not in an argument's list.
fn check_word(choice: &Choice, setting: &Field<String>) -> Option<Diagnostic> {
    let problem = choice.problem(setting)?;
    let detail = problem.detail();
    let finding = Diagnostic::error(problem.summary, detail);
    Some(finding.at(Path::root().attribute(choice.name)))
}

impl Arguments for FilterArguments {
    fn check(&self) -> Diagnostics {
        let mut findings = check_scope(&self.org_id, &self.project_id);
        findings.extend(check_word(&API_ACCESS_TYPE, &self.api_access_type));
        findings.extend(check_word(&DEPLOYMENT, &self.deployment));
        findings
    }
}

impl FilterArguments {
    /// Returns whether everything below the scope is included.
    pub(crate) fn is_recursive(&self) -> bool {
        self.recursive.known() == Some(&true)
    }

    /// Returns the filter for completely known arguments.
    ///
    /// # Errors
    /// Returns an error for a project without an organization, which the check also reports.
    pub(crate) fn filter(&self) -> Result<Filter, Diagnostics> {
        // As in the resource, a tag that is null has no value.
        let tags = self.tags.known().into_iter().flatten();
        Ok(Filter {
            scope: target::scope(&self.org_id, &self.project_id)?,
            term: self.search_term.text().map(str::to_owned),
            conditions: Conditions {
                tags: tags
                    .map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned()))
                    .collect(),
                api_access: self
                    .api_access_type
                    .text()
                    .and_then(ApiAccessType::from_name),
                deployment: self.deployment.text().and_then(Deployment::from_name),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(org: Field<&str>, project: Field<&str>) -> FilterArguments {
        let text = |field| match field {
            Field::Known(text) => Field::Known(String::from(text)),
            Field::Unknown => Field::Unknown,
            Field::Null => Field::Null,
        };
        FilterArguments {
            org_id: text(org),
            project_id: text(project),
            ..FilterArguments::default()
        }
    }

    #[test]
    fn arguments_are_checked_where_they_are_known() {
        for (org, project, findings) in [
            (Field::Null, Field::Null, 0),
            (Field::Unknown, Field::Known("web"), 0),
            (Field::Null, Field::Known("web"), 1),
            (Field::Known("a-b"), Field::Known("c d"), 2),
        ] {
            let found = arguments(org, project).check();
            assert_eq!(found.iter().count(), findings, "{found:?}");
        }
    }

    #[test]
    fn a_filter_is_what_the_arguments_say() {
        let tags = [
            ("team".to_owned(), Field::Known("web".to_owned())),
            ("critical".to_owned(), Field::Null),
        ];
        let arguments = FilterArguments {
            search_term: Field::Known("bb".to_owned()),
            tags: Field::Known(tags.into()),
            ..arguments(Field::Known("o"), Field::Null)
        };
        let filter = arguments.filter().unwrap();
        assert_eq!(filter.scope, Scope::from_ids(Some("o"), None).unwrap());
        assert_eq!(filter.term.as_deref(), Some("bb"));
        let tags: Vec<_> = filter.conditions.tags.iter().collect();
        assert_eq!(
            tags,
            [
                (&"critical".to_owned(), &String::new()),
                (&"team".to_owned(), &"web".to_owned())
            ]
        );
    }

    #[test]
    fn a_wrong_filter_value_is_an_error_with_the_intended_one() {
        for (api_access, deployment, attribute, parts) in [
            (
                Some("UsernameToken"),
                None,
                "api_access_type",
                &[
                    "`api_access_type` is \"UsernameToken\". Write \"username_token\". Valid values: \"username_token\", \
                     \"email_and_api_token\", or \"access_token\" for",
                    "\"oauth\" for",
                    "\"none\" for",
                ][..],
            ),
            (Some(""), None, "api_access_type", &["Write \"none\"."]),
            (
                Some("token"),
                None,
                "api_access_type",
                &["`api_access_type` is \"token\""],
            ),
            (
                None,
                Some("cloud"),
                "deployment",
                &[
                    "`deployment` is \"cloud\". Write \"Cloud\". Valid values: \"Cloud\" for",
                    "\"DataCenter\" for",
                ],
            ),
            (
                None,
                Some("Server"),
                "deployment",
                &["Write \"DataCenter\"."],
            ),
        ] {
            let text = |word: Option<&str>| word.map(str::to_owned).into();
            let arguments = FilterArguments {
                api_access_type: text(api_access),
                deployment: text(deployment),
                ..FilterArguments::default()
            };
            let found = arguments.check();
            let [finding] = found.iter().collect::<Vec<_>>()[..] else {
                panic!("{found:?}")
            };
            assert_eq!(finding.path, Some(Path::root().attribute(attribute)));
            for part in parts {
                assert!(finding.detail.contains(part), "{}", finding.detail);
            }
        }
        for word in ApiAccessType::NAMES {
            let arguments = FilterArguments {
                api_access_type: Field::Known(word.to_owned()),
                deployment: Field::Unknown,
                ..FilterArguments::default()
            };
            assert!(arguments.check().is_empty(), "{word}");
            let filter = arguments.filter().unwrap();
            assert_eq!(filter.conditions.api_access, ApiAccessType::from_name(word));
        }
    }
}
