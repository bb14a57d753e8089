//! `harness_bitbucket_connection_test`: runs Harness's connection test. A failed test is a result, not an error, so
//! that a `check` block can evaluate it.

use harness_platform::ConnectionError;
use tf_provider::data_source::Reading;
use tf_provider::diagnostic::Diagnostics;
use tf_provider::resource::Context;
use tf_provider::schema::{Attribute, Schema};
use tf_provider::typed::TypedDataSource;
use tf_provider::value::{Type, Value};

use crate::bitbucket_connector::queries::find::{self, ConnectorArguments};
use crate::bitbucket_connector::queries::view::{self, RESULT, rfc3339};
use crate::bitbucket_connector::resource::connection_test::report::{self, Report};
use crate::harness::provider_data::SharedProviderData;
use crate::harness::target;

pub(crate) const TYPE_NAME: &str = "harness_bitbucket_connection_test";

/// The data source `harness_bitbucket_connection_test`.
#[derive(Debug)]
pub(super) struct ConnectionTestDataSource(pub(super) SharedProviderData);

impl TypedDataSource for ConnectionTestDataSource {
    type Arguments = ConnectorArguments;

    async fn read(
        &self,
        arguments: ConnectorArguments,
        context: &Context,
    ) -> Result<Reading, Diagnostics> {
        let connector = arguments.connector()?;
        let task = find::task(&self.0, context)?;
        let answer = find::by_identifier(&task, &connector).await?;
        let report = report::run(&task, &connector, &answer).await?;
        Ok(Reading::of(results(report)))
    }
}

/// Returns the results of the test.
fn results(report: Report) -> Value {
    let success = report.succeeded();
    let details = report.details;
    Value::object([
        ("success", Value::Bool(success)),
        ("status", Value::string(details.state.as_str())),
        (
            "error_summary",
            view::text(details.error_summary.as_deref()),
        ),
        ("errors", Value::list(details.errors.into_iter().map(error))),
        ("hint", view::text(report.hint.as_deref())),
        ("tested_at", rfc3339(details.tested_at)),
    ])
}

fn error(error: ConnectionError) -> Value {
    Value::object([
        ("reason", error.reason.into()),
        ("message", error.message.into()),
        ("code", error.code.into()),
    ])
}

/// Returns the declaration.
pub(super) fn schema() -> Schema {
    let text = |name, description| Attribute::new(name, Type::String, RESULT, description);
    let mut attributes = target::connector_arguments();
    attributes.extend([
        Attribute::new(
            "success",
            Type::Bool,
            RESULT,
            "Whether the test passed, so that Harness can use the connector.",
        ),
        text(
            "status",
            "Result of the test: `SUCCESS`, `FAILURE`, `PARTIAL`, `PENDING`, or `UNKNOWN`.",
        ),
        text(
            "error_summary",
            "What went wrong, in Harness's words. Empty (never null) after a success, so it can be part of the \
             `error_message` of a `check` block.",
        ),
        Attribute::objects(
            "errors",
            vec![
                text("reason", "Kind of error."),
                text("message", "What happened, in Harness's words."),
                Attribute::new(
                    "code",
                    Type::Number,
                    RESULT,
                    "Harness's code for the error. 460 to 463 mean that no delegate could run the test.",
                ),
            ],
            RESULT,
            "Individual errors. Empty after a success.",
        ),
        text(
            "hint",
            "How to fix it: the usual cause of such a failure for this connector, and what Harness suggests. Empty (never \
             null) after a success, or if the cause is unknown.",
        ),
        text("tested_at", "Time when the test ended (RFC 3339)."),
    ]);
    Schema::new(
        "Runs Harness's connection test on a Bitbucket connector each time Terraform refreshes. A test takes up to two \
         minutes. A failed test is a result, not an error: assert `success` in a `check` block. It is an error if \
         the connector does not exist, or if the test could not run.",
        attributes,
    )
}
