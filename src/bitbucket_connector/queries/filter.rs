//! The arguments by which many connectors are looked for at once: of the data source `harness_bitbucket_connectors` and of
//! the list resource.

use std::collections::BTreeMap;

use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::{Field, FromValue};
use tf_provider::model;
use tf_provider::schema::{Attribute, Mode};
use tf_provider::value::{Type, Value};

use super::pages::Search;
use crate::bitbucket_connector::checks::offline::check_scope;
use crate::harness::target;

model! {
    /// Where to look, and for which connectors.
    pub(crate) struct Arguments {
        org_id: String;
        project_id: String;
        search_term: String;
        tags: BTreeMap<String, Field<String>>;
    }
}

/// Their declarations.
pub(crate) fn arguments() -> Vec<Attribute> {
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

/// What is wrong with them; nothing where they are unknown or not given.
pub(crate) fn check(config: &Value) -> Diagnostics {
    match Arguments::from_value(config) {
        Ok(arguments) => check_scope(&arguments.org_id, &arguments.project_id),
        Err(error) => Diagnostic::own_bug(error).into(),
    }
}

/// The search that a wholly known configuration asks for.
///
/// # Errors
/// What [`check`] finds.
pub(crate) fn read(config: &Value) -> Result<Search, Diagnostics> {
    let findings = check(config);
    if findings.has_errors() {
        return Err(findings);
    }
    let arguments = Arguments::from_value(config).map_err(Diagnostic::own_bug)?;
    // A tag that is written as null has no value, as in the resource.
    let tags = arguments.tags.known().into_iter().flatten();
    Ok(Search {
        scope: target::scope(&arguments.org_id, &arguments.project_id)?,
        term: arguments.search_term.text().map(str::to_owned),
        tags: tags
            .map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned()))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use harness_platform::Scope;
    use tf_provider::field::ToValue;

    use super::*;

    fn config(org: Value, project: Value) -> Value {
        Arguments::default()
            .to_value()
            .with("org_id", org)
            .with("project_id", project)
    }

    #[test]
    fn arguments_are_judged_where_they_are_known() {
        for (org, project, findings) in [
            (Value::Null, Value::Null, 0),
            (Value::unknown(), Value::string("web"), 0),
            (Value::Null, Value::string("web"), 1),
            (Value::string("a-b"), Value::string("c d"), 2),
        ] {
            let found = check(&config(org, project));
            assert_eq!(found.iter().count(), findings, "{found:?}");
        }
    }

    #[test]
    fn a_search_is_what_the_arguments_say() {
        let tags = Value::map([("team", Value::string("web")), ("critical", Value::Null)]);
        let config = config(Value::string("o"), Value::Null)
            .with("search_term", Value::string("bb"))
            .with("tags", tags);
        let search = read(&config).unwrap();
        assert_eq!(search.scope, Scope::from_ids(Some("o"), None).unwrap());
        assert_eq!(search.term.as_deref(), Some("bb"));
        let tags: Vec<_> = search.tags.iter().collect();
        assert_eq!(
            tags,
            [
                (&"critical".to_owned(), &String::new()),
                (&"team".to_owned(), &"web".to_owned())
            ]
        );
    }
}
