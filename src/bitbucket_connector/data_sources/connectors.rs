//! `harness_bitbucket_connectors`: all Bitbucket connectors of a scope, filtered.

use super::{reading, refuse_errors};
use crate::bitbucket_connector::access::Access;
use crate::bitbucket_connector::gaps::Gaps;
use crate::bitbucket_connector::listing::{self, Search};
use crate::bitbucket_connector::model::object;
use crate::bitbucket_connector::rules::check_scope;
use crate::bitbucket_connector::setting::{Member, Mismatch, Setting};
use crate::bitbucket_connector::{address, description, lookup};
use crate::tf_provider::data_source::{DataSource, Reading};
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
use crate::tf_provider::resource::Context;
use crate::tf_provider::schema::{Attribute, Block, Mode, Schema};
use crate::tf_provider::value::{Type, Value};
use async_trait::async_trait;
use std::collections::BTreeMap;

pub(super) const TYPE_NAME: &str = "harness_bitbucket_connectors";

/// The data source `harness_bitbucket_connectors`.
#[derive(Debug)]
pub(super) struct ConnectorsDataSource {
    schema: Schema,
    access: Access,
}

object! {
    /// The arguments.
    Arguments {
        org_id: String;
        project_id: String;
        search_term: String;
        tags: BTreeMap<String, Setting<String>>;
    }
}

impl ConnectorsDataSource {
    pub(super) fn new(access: Access) -> Self {
        Self {
            schema: schema(),
            access,
        }
    }

    async fn look(
        &self,
        config: &Value,
        context: &Context,
    ) -> Result<(Value, Diagnostics), Diagnostics> {
        refuse_errors(self.validate(config))?;
        let arguments = Arguments::read(config).map_err(Diagnostic::own_bug)?;
        let scope = address::scope(&arguments.org_id, &arguments.project_id)?;
        let task = lookup::task(&self.access, context)?;
        let search = Search {
            term: arguments.search_term.text().map(str::to_owned),
            tags: wanted(&arguments),
            scope,
        };
        let listing = listing::all(&task.configured.client, &search, &task.operation)
            .await
            .map_err(|error| lookup::not_read(&search.scope, &error))?;
        let mut gaps = Gaps::default();
        let connectors: Vec<Value> = listing
            .connectors
            .iter()
            .map(|answer| description::describe(answer, &search.scope, &mut gaps))
            .collect();
        let state = config.clone().with("connectors", Value::List(connectors));
        let mut findings = listing.findings(&search.scope);
        findings.extend(gaps.into_warnings());
        Ok((state, findings))
    }
}

/// The tags that a connector must have. One that is written as null has no value, as in the resource.
fn wanted(arguments: &Arguments) -> BTreeMap<String, String> {
    let tags = arguments.tags.known().into_iter().flatten();
    tags.map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned()))
        .collect()
}

fn schema() -> Schema {
    let mut attributes = address::scope_arguments();
    attributes.extend([
        Attribute::new(
            "search_term",
            Type::String,
            Mode::Optional,
            "Only connectors in whose name, identifier, description or tags (`key` or `key:value`) Harness finds this: a \
             regular expression, without regard to case.",
        ),
        Attribute::new(
            "tags",
            Type::map(Type::String),
            Mode::Optional,
            "Only connectors that have all of these tags with these values.",
        ),
        Attribute::new(
            "connectors",
            Type::list(description::ty()),
            description::RESULT,
            "The connectors, sorted by `identifier`, each an object with the attributes of the data source \
             `harness_bitbucket_connector`.",
        ),
    ]);
    Schema {
        version: 0,
        block: Block {
            description: "Lists the Bitbucket connectors of an account, an organization or a project: exactly there, not \
                          in what is above or below it, and only those that the API key may see.",
            attributes,
            blocks: Vec::new(),
        },
    }
}

#[async_trait]
impl DataSource for ConnectorsDataSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match Arguments::read(config) {
            Ok(arguments) => check_scope(&arguments.org_id, &arguments.project_id),
            Err(error) => Diagnostic::own_bug(error).into(),
        }
    }

    async fn read(&self, config: Value, context: &Context) -> Reading {
        reading(self.look(&config, context).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_judged_where_they_are_known() {
        let source = ConnectorsDataSource::new(Access::default());
        let config = |org: Value, project: Value| {
            let object = schema().block.null_object();
            object.with("org_id", org).with("project_id", project)
        };
        for (org, project, findings) in [
            (Value::Null, Value::Null, 0),
            (Value::unknown(), Value::string("web"), 0),
            (Value::Null, Value::string("web"), 1),
            (Value::string("a-b"), Value::string("c d"), 2),
        ] {
            let found = source.validate(&config(org, project));
            assert_eq!(found.iter().count(), findings, "{found:?}");
        }
    }
}
