//! Which connectors are meant, where many are looked for at once: by the data source `harness_bitbucket_connectors` and by
//! the list resource.

use std::collections::BTreeMap;

use harness_platform::Scope;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::field::Field;
use tf_provider::model;
use tf_provider::schema::{Attribute, Mode};
use tf_provider::typed::Arguments;
use tf_provider::value::Type;

use crate::bitbucket_connector::checks::offline::check_scope;
use crate::harness::target;

model! {
    /// Where to look, and for which connectors.
    pub(crate) struct FilterArguments {
        org_id: String;
        project_id: String;
        search_term: String;
        tags: BTreeMap<String, Field<String>>;
    }
}

/// Which connectors are looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Filter {
    /// Exactly this scope, nothing above or below it.
    pub(crate) scope: Scope,
    /// A regular expression without regard to case, over name, identifier, description and tags; `None` finds all.
    pub(crate) term: Option<String>,
    /// Tags that a connector must have, each with this value.
    pub(crate) tags: BTreeMap<String, String>,
}

/// The declarations of [`FilterArguments`].
pub(crate) fn attributes() -> Vec<Attribute> {
    let mut attributes = target::scope_arguments();
    attributes.extend([
        Attribute::new(
            "search_term",
            Type::String,
            Mode::Optional,
            "Only connectors in whose name, identifier, description or tags (`key` or `key:value`) Harness finds this: a \
             regular expression, without regard to case.",
        )
        .example("\"payments\""),
        Attribute::new(
            "tags",
            Type::map(Type::String),
            Mode::Optional,
            "Only connectors that have all of these tags with these values.",
        )
        .label("Tags")
        .example("{ team = \"payments\" }"),
    ]);
    attributes
}

impl Arguments for FilterArguments {
    fn check(&self) -> Diagnostics {
        check_scope(&self.org_id, &self.project_id)
    }
}

impl FilterArguments {
    /// The filter that wholly known arguments mean.
    ///
    /// # Errors
    /// A project without an organization, which the check finds as well.
    pub(crate) fn filter(&self) -> Result<Filter, Diagnostics> {
        // A tag that is written as null has no value, as in the resource.
        let tags = self.tags.known().into_iter().flatten();
        Ok(Filter {
            scope: target::scope(&self.org_id, &self.project_id)?,
            term: self.search_term.text().map(str::to_owned),
            tags: tags
                .map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned()))
                .collect(),
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
    fn arguments_are_judged_where_they_are_known() {
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
        let tags: Vec<_> = filter.tags.iter().collect();
        assert_eq!(
            tags,
            [
                (&"critical".to_owned(), &String::new()),
                (&"team".to_owned(), &"web".to_owned())
            ]
        );
    }
}
