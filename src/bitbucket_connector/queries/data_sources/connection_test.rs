//! `harness_bitbucket_connection_test`: what Harness's connection test finds now. A failed test is a result and not an
//! error, so that a `check` block can say what it means.

use async_trait::async_trait;
use harness_platform::{ConnectionError, ConnectorRef};
use tf_provider::data_source::{DataSource, Reading};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::FromValue;
use tf_provider::model;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Block, Schema};
use tf_provider::value::{Type, Value};

use super::{reading, refuse_errors};
use crate::bitbucket_connector::checks::offline::check_scope;
use crate::bitbucket_connector::queries::find;
use crate::bitbucket_connector::queries::view::{self, RESULT, rfc3339};
use crate::bitbucket_connector::resource::test_report::{self, Report};
use crate::harness::provider_data::SharedProviderData;
use crate::harness::target;

pub(crate) const TYPE_NAME: &str = "harness_bitbucket_connection_test";

/// The data source `harness_bitbucket_connection_test`.
#[derive(Debug)]
pub(super) struct ConnectionTestDataSource {
    schema: Schema,
    access: SharedProviderData,
}

model! {
    /// The arguments.
    pub(crate) struct Arguments {
        identifier: String;
        org_id: String;
        project_id: String;
    }
}

impl ConnectionTestDataSource {
    pub(crate) fn new(access: SharedProviderData) -> Self {
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
        let arguments = Arguments::from_value(config).map_err(Diagnostic::own_bug)?;
        let scope = target::scope(&arguments.org_id, &arguments.project_id)?;
        let task = find::task(&self.access, context)?;
        let identifier = arguments.identifier.text().unwrap_or_default();
        let connector = ConnectorRef::new(scope, identifier);
        let answer = find::by_identifier(&task, &connector).await?;
        let report = test_report::run(&task, &connector, &answer).await?;
        Ok((with_report(config, report), Diagnostics::new()))
    }
}

/// The arguments with what the test found.
fn with_report(config: &Value, report: Report) -> Value {
    let success = report.succeeded();
    let details = report.details;
    config
        .clone()
        .with("success", Value::Bool(success))
        .with("status", Value::string(details.state.as_str()))
        .with(
            "error_summary",
            view::text(details.error_summary.as_deref()),
        )
        .with("errors", Value::list(details.errors.into_iter().map(error)))
        .with("hint", view::text(report.hint.as_deref()))
        .with("tested_at", rfc3339(details.tested_at))
}

fn error(error: ConnectionError) -> Value {
    Value::object([
        ("reason", error.reason.into()),
        ("message", error.message.into()),
        ("code", error.code.into()),
    ])
}

fn schema() -> Schema {
    let text = |name, description| Attribute::new(name, Type::String, RESULT, description);
    let mut attributes = vec![target::identifier_argument()];
    attributes.extend(target::scope_arguments());
    attributes.extend([
        Attribute::new(
            "success",
            Type::Bool,
            RESULT,
            "Whether the test passed: Harness can use the connector as it is.",
        ),
        text(
            "status",
            "`SUCCESS`, `FAILURE`, `PARTIAL`, `PENDING` or `UNKNOWN`.",
        ),
        text(
            "error_summary",
            "What went wrong, in Harness's words. Empty (never null) after a success, so that it can stand in the \
             `error_message` of a check.",
        ),
        Attribute::objects(
            "errors",
            vec![
                text("reason", "What kind of error it is."),
                text("message", "What happened, in Harness's words."),
                Attribute::new(
                    "code",
                    Type::Number,
                    RESULT,
                    "Harness's number for it; 460 to 463 where no delegate could run the test.",
                ),
            ],
            RESULT,
            "The errors one by one. Empty after a success.",
        ),
        text(
            "hint",
            "What to do about it: what usually is behind such a failure of this connector, and what Harness suggests. Empty \
             (never null) after a success, and where nobody knows.",
        ),
        text("tested_at", "When the test ended (RFC 3339)."),
    ]);
    Schema {
        version: 0,
        block: Block {
            description: "Runs Harness's connection test of a Bitbucket connector, which takes up to two minutes, each time \
                          Terraform refreshes. A failed test is a result: assert `success` in a `check` block. A connector \
                          that does not exist, and a test that could not be run, is an error.",
            attributes,
            blocks: Vec::new(),
        },
    }
}

#[async_trait]
impl DataSource for ConnectionTestDataSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let arguments = match Arguments::from_value(config) {
            Ok(arguments) => arguments,
            Err(error) => return Diagnostic::own_bug(error).into(),
        };
        let mut findings = Diagnostics::new();
        findings.extend(target::check_identifier(&arguments.identifier));
        findings.extend(check_scope(&arguments.org_id, &arguments.project_id));
        findings
    }

    async fn read(&self, config: Value, context: &Context) -> Reading {
        reading(self.look(&config, context).await)
    }
}
