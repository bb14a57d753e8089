//! Connectors and responses of Harness, for tests.

use harness_platform::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketSpec, ConnectorRef, PlatformError,
    TextOrRef, UrlType,
};
use serde_json::{Value, json};

use super::About;

/// Returns a connector of a project over HTTP, or over SSH for the kind `ssh`, with API access of this kind.
pub(crate) fn connector(kind: &str) -> BitbucketConnector {
    let reference = |id: &str| Some(id.to_owned());
    let http = Authentication::Http {
        username: Some(TextOrRef::Plain("jdoe".to_owned())),
        password_ref: reference("password"),
    };
    BitbucketConnector {
        name: "Web".to_owned(),
        identifier: "web".to_owned(),
        description: None,
        org: Some("platform".to_owned()),
        project: Some("payments".to_owned()),
        tags: std::collections::BTreeMap::new(),
        spec: BitbucketSpec {
            url: "https://bitbucket.org/acme/".to_owned(),
            url_type: UrlType::Account,
            validation_repo: Some("/web.git".to_owned()),
            authentication: if kind == "ssh" {
                Authentication::Ssh {
                    ssh_key_ref: reference("org.key"),
                }
            } else {
                http
            },
            api_access: match kind {
                "username_token" => Some(ApiAccess::UsernameToken {
                    username: Some(TextOrRef::Ref("account.user".to_owned())),
                    token_ref: reference("account.token"),
                }),
                "email_and_api_token" => Some(ApiAccess::EmailAndApiToken {
                    email: Some(TextOrRef::Ref("org.email".to_owned())),
                    token_ref: reference("account.token"),
                }),
                "access_token" => Some(ApiAccess::AccessToken {
                    token_ref: reference("account.token"),
                }),
                _ => None,
            },
            execute_on_delegate: true,
            delegate_selectors: ["linux".to_owned(), "eu".to_owned()].into(),
        },
    }
}

/// Calls `f` with the connector and its reference.
pub(crate) fn about<T>(connector: &BitbucketConnector, f: impl FnOnce(About<'_>) -> T) -> T {
    let reference = connector
        .connector_ref()
        .unwrap_or_else(|_| ConnectorRef::new(harness_platform::Scope::Account, "web"));
    f(About {
        connector: &reference,
        settings: Some(connector),
    })
}

/// Returns an error of the platform's domain with this message.
pub(crate) fn error(message: &str) -> Value {
    json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": format!("Invalid request: {message}"),
        "correlationId": "c-1", "detailedMessage": null, "metadata": null,
        "responseMessages": [{"code": "INVALID_REQUEST", "level": "ERROR", "message": format!("Invalid request: {message}")}]})
}

/// Returns an error with a hint, an explanation, and a cause as its messages.
pub(super) fn hinted(hint: &str, explanation: &str, cause: &str) -> Value {
    json!({"status": "ERROR", "code": "HINT", "message": hint, "correlationId": "c-1",
        "metadata": {"type": "ConnectorValidationErrorMetaData", "taskId": "t"},
        "responseMessages": [
            {"code": "HINT", "level": "INFO", "message": hint},
            {"code": "EXPLANATION", "level": "INFO", "message": explanation},
            {"code": "INVALID_REQUEST", "level": "ERROR", "message": format!("Invalid request: {cause}")}]})
}

/// Returns a validation error, with one entry per field.
pub(crate) fn violations(fields: &[(&str, &str)]) -> Value {
    let joined: Vec<String> = fields.iter().map(|(f, e)| format!("{f}: {e}")).collect();
    let errors: Vec<Value> = fields
        .iter()
        .map(|(field, error)| json!({"fieldId": field, "error": error}))
        .collect();
    json!({"status": "FAILURE", "code": "INVALID_REQUEST", "message": joined.join(", "), "correlationId": "c-1",
        "errors": errors})
}

/// Returns the response about something that does not exist.
pub(crate) fn missing(message: &str) -> Value {
    json!({"status": "FAILURE", "code": "RESOURCE_NOT_FOUND_EXCEPTION", "message": message, "correlationId": "c-1",
        "errors": null})
}

/// Returns an error of the JSON reader.
pub(crate) fn unreadable(details: &str) -> Value {
    json!({"code": 400, "message": "Unable to process JSON", "details": details})
}

/// Returns an error with another code.
pub(super) fn coded(code: &str, message: &str) -> Value {
    json!({"status": "ERROR", "code": code, "message": message, "correlationId": "c-1",
        "responseMessages": [{"code": code, "level": "ERROR", "message": message}]})
}

/// Returns the error of a request with this response.
pub(crate) fn answered(status: u16, body: &Value) -> PlatformError {
    PlatformError::of_answer("POST /ng/api/connectors", status, &body.to_string())
}
