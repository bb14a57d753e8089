//! The answers of RPCs behind which this provider has nothing: each says so in the form that Terraform shows.
//!
//! Terraform calls none of them as long as schemas and capabilities do not announce the feature. They answer all the
//! same, so that a newer host, or a test that speaks the protocol, reads a sentence and not a gRPC status.

use super::super::diagnostic::Diagnostic;
use super::super::proto::tfplugin5 as proto;
use super::convert;

/// A stream of events that is known in full when it starts.
pub(super) type Events<E> = tokio_stream::Iter<std::vec::IntoIter<Result<E, tonic::Status>>>;

/// The error for a `kind` ("data source", "action", …) called `name` that the provider does not have.
fn none(kind: &str, name: &str) -> Vec<proto::Diagnostic> {
    let diagnostic = Diagnostic::error(
        format!("No {kind} \"{name}\""),
        format!(
            "Version {} of this provider has no {kind} of that name. Check its spelling, or use a version that has it.",
            env!("CARGO_PKG_VERSION")
        ),
    );
    convert::diagnostics(diagnostic.into())
}

macro_rules! unoffered {
    ($($function:ident => $kind:literal, $answer:ident;)+) => {
        $(#[allow(clippy::needless_update, reason = "some answers have diagnostics only")]
        pub(super) fn $function(name: &str) -> proto::$answer::Response {
            proto::$answer::Response { diagnostics: none($kind, name), ..Default::default() }
        })+
    };
}

unoffered! {
    validate_data_source => "data source", validate_data_source_config;
    read_data_source => "data source", read_data_source;
    upgrade_identity => "resource identity of", upgrade_resource_identity;
    generate_config => "configuration generator for", generate_resource_config;
    validate_ephemeral => "ephemeral resource", validate_ephemeral_resource_config;
    open_ephemeral => "ephemeral resource", open_ephemeral_resource;
    renew_ephemeral => "ephemeral resource", renew_ephemeral_resource;
    close_ephemeral => "ephemeral resource", close_ephemeral_resource;
    validate_list => "list resource", validate_list_resource_config;
    validate_action => "action", validate_action_config;
    plan_action => "action", plan_action;
}

pub(super) fn identity_schemas() -> proto::get_resource_identity_schemas::Response {
    proto::get_resource_identity_schemas::Response::default()
}

pub(super) fn functions() -> proto::get_functions::Response {
    proto::get_functions::Response::default()
}

pub(super) fn call_function(name: &str) -> proto::call_function::Response {
    proto::call_function::Response {
        result: None,
        error: Some(proto::FunctionError {
            text: format!("This provider has no function \"{name}\"."),
            function_argument: None,
        }),
    }
}

pub(super) fn move_state(
    request: &proto::move_resource_state::Request,
) -> proto::move_resource_state::Response {
    let diagnostic = Diagnostic::error(
        "State cannot be moved",
        format!(
            "The state of a {} (provider {}) cannot become the state of a {}. Use a `removed` block with `destroy = \
             false` for the old resource, and an `import` block for the new one.",
            request.source_type_name, request.source_provider_address, request.target_type_name
        ),
    );
    proto::move_resource_state::Response {
        diagnostics: convert::diagnostics(diagnostic.into()),
        ..Default::default()
    }
}

pub(super) fn list(name: &str) -> Events<proto::list_resource::Event> {
    once(proto::list_resource::Event {
        diagnostic: none("list resource", name),
        ..Default::default()
    })
}

pub(super) fn invoke_action(name: &str) -> Events<proto::invoke_action::Event> {
    use proto::invoke_action::event::{Completed, Type};
    once(proto::invoke_action::Event {
        r#type: Some(Type::Completed(Completed {
            diagnostics: none("action", name),
        })),
    })
}

fn once<E>(event: E) -> Events<E> {
    tokio_stream::iter(vec![Ok(event)])
}
