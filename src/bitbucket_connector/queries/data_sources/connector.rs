//! `harness_bitbucket_connector`: one connector that is managed elsewhere, by its identifier or by its name.

use harness_platform::ConnectorRef;
use tf_provider::data_source::Reading;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::model;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Computed, Mode, Schema};
use tf_provider::typed::{Arguments, TypedDataSource};
use tf_provider::value::{Path, Type};

use crate::bitbucket_connector::checks::offline::check_scope;
use crate::bitbucket_connector::checks::offline::exactly_one::{self, Given};
use crate::bitbucket_connector::connector::unmanaged::UnreadableParts;
use crate::bitbucket_connector::queries::{find, last_change, view};
use crate::harness::provider_data::SharedProviderData;
use crate::harness::target;

pub(crate) use crate::bitbucket_connector::connector::TYPE_NAME;

model! {
    /// The arguments.
    pub(crate) struct ConnectorOrName {
        identifier: String;
        name: String;
        org_id: String;
        project_id: String;
    }
}

impl Arguments for ConnectorOrName {
    fn check(&self) -> Diagnostics {
        let mut findings = Diagnostics::new();
        findings.extend(check_which(self));
        findings.extend(target::check_identifier(&self.identifier));
        if self.name.text().is_some_and(str::is_empty) {
            findings.push(
                Diagnostic::error(
                    "Empty name",
                    "`name` is empty. Write the connector's exact name, or set `identifier` to its Id.",
                )
                .at(Path::root().attribute("name")),
            );
        }
        findings.extend(check_scope(&self.org_id, &self.project_id));
        findings
    }
}

/// The data source `harness_bitbucket_connector`.
#[derive(Debug)]
pub(super) struct ConnectorDataSource(pub(super) SharedProviderData);

impl TypedDataSource for ConnectorDataSource {
    type Arguments = ConnectorOrName;

    async fn read(
        &self,
        arguments: ConnectorOrName,
        context: &Context,
    ) -> Result<Reading, Diagnostics> {
        let scope = target::scope(&arguments.org_id, &arguments.project_id)?;
        let task = find::task(&self.0, context)?;
        let answer = match (arguments.identifier.text(), arguments.name.text()) {
            (Some(identifier), _) => {
                let connector = ConnectorRef::new(scope.clone(), identifier);
                find::by_identifier(&task, &connector).await?
            }
            (None, name) => find::by_name(&task, &scope, name.unwrap_or_default()).await?,
        };
        let mut unreadable_parts = UnreadableParts::default();
        let state = view::describe(&answer, &scope, &mut unreadable_parts);
        let connector = ConnectorRef::new(scope, answer.connector.identifier());
        let state = last_change::add(&task, &connector, &answer, state).await;
        let diagnostics = unreadable_parts.into_warnings();
        Ok(Reading { state, diagnostics })
    }
}

/// Returns the declaration.
pub(super) fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::new(
            "identifier",
            Type::String,
            Mode::OptionalComputed(Computed::AtCreation),
            "Identifier of the connector, shown as *Id* below its name in Harness.",
        )
        .advice("Set exactly one of `identifier` and `name`.")
        .example("\"Bitbucket_Cloud\""),
        Attribute::new(
            "name",
            Type::String,
            Mode::OptionalComputed(Computed::AtCreation),
            "Name of the connector, exactly as shown in Harness.",
        )
        .label("Name")
        .advice("Must be unique in the scope.")
        .example("\"Bitbucket Cloud\""),
    ];
    attributes.extend(target::scope_arguments());
    for result in view::attributes()
        .into_iter()
        .chain(last_change::attributes())
    {
        if attributes
            .iter()
            .all(|argument| argument.name != result.name)
        {
            attributes.push(result);
        }
    }
    Schema::new(
        "Reads all settings of a Harness Bitbucket connector, and the result of its last connection test. It is an error if \
         the connector does not exist, or if several connectors have the name.",
        attributes,
    )
}

/// Checks that exactly one of `identifier` and `name` selects the connector.
fn check_which(arguments: &ConnectorOrName) -> Option<Diagnostic> {
    let members = [
        ("identifier", Given::from(&arguments.identifier)),
        ("name", Given::from(&arguments.name)),
    ];
    let given = exactly_one::exactly_one(&members)?.err()?;
    let finding = Diagnostic::error(
        exactly_one::summary(&members),
        format!(
            "The data source {}. Set `identifier` to the connector's Id, or `name` to its exact name.",
            exactly_one::expected_one(&members, &given)
        ),
    );
    Some(if given.is_empty() {
        finding
    } else {
        finding.at(Path::root().attribute("name"))
    })
}

#[cfg(test)]
mod tests {
    use tf_provider::data_source::DataSource;
    use tf_provider::typed::Typed;
    use tf_provider::value::Value;

    use super::*;
    use crate::bitbucket_connector::connector::schema as resource;

    fn config(arguments: &[(&str, Value)]) -> Value {
        arguments
            .iter()
            .fold(schema().block.null_object(), |config, (name, value)| {
                config.with(*name, value.clone())
            })
    }

    fn findings(arguments: &[(&str, Value)]) -> Vec<String> {
        let provider_data = SharedProviderData::default();
        Typed::new(schema(), ConnectorDataSource(provider_data))
            .validate(&config(arguments))
            .iter()
            .map(|finding| {
                let path = finding.path.as_ref().map(ToString::to_string);
                format!("{}: {}", path.unwrap_or_default(), finding.summary)
            })
            .collect()
    }

    #[test]
    fn every_setting_of_the_resource_has_its_name_and_type_here() {
        let (Type::Object(resource), Type::Object(own)) = (resource::schema().ty(), schema().ty())
        else {
            unreachable!()
        };
        // These are not settings of the connector: they configure how Terraform manages it.
        let not_settings = ["connection_test", "force_delete", "timeouts"];
        let not_here: Vec<_> = resource
            .keys()
            .filter(|name| !own.contains_key(*name))
            .collect();
        assert_eq!(not_here, not_settings);
        for (name, ty) in resource.iter().filter(|(name, _)| own.contains_key(*name)) {
            assert_eq!(&own[name], ty, "{name}");
        }
        let beside: Vec<_> = own
            .keys()
            .filter(|name| !resource.contains_key(*name))
            .collect();
        let expected = [
            "created_at",
            "last_change",
            "last_modified_at",
            "last_modified_by",
            "status",
        ];
        assert_eq!(beside, expected);
    }

    #[test]
    fn known_arguments_are_checked_with_the_resources_grammar() {
        let text = Value::string;
        let unknown = Value::unknown;
        let which = ": Missing identifier or name";
        for (arguments, expected) in [
            (vec![("identifier", text("bb"))], vec![]),
            (vec![("name", text("Bitbucket (old)"))], vec![]),
            (vec![("identifier", unknown())], vec![]),
            (vec![("identifier", unknown()), ("name", unknown())], vec![]),
            (vec![("identifier", unknown()), ("name", text("x"))], vec![]),
            (vec![], vec![which]),
            (
                vec![("identifier", text("bb")), ("name", text("x"))],
                vec!["name: Conflicting identifier and name"],
            ),
            (
                vec![("identifier", text(""))],
                vec!["identifier: Empty identifier"],
            ),
            (vec![("name", text(""))], vec!["name: Empty name"]),
            (
                vec![("identifier", text("my-conn")), ("project_id", text("web"))],
                vec![
                    "identifier: Invalid identifier",
                    "project_id: Project without organization",
                ],
            ),
            (
                vec![
                    ("name", text("x")),
                    ("org_id", unknown()),
                    ("project_id", text("web")),
                ],
                vec![],
            ),
            (
                vec![("name", text("x")), ("org_id", text("My Org"))],
                vec!["org_id: Invalid org_id"],
            ),
        ] {
            assert_eq!(findings(&arguments), expected, "{arguments:?}");
        }
    }
}
