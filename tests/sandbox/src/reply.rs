//! Responses: the success envelope and the platform's four families of error bodies.
//!
//! A handler builds a [`Reply`] without knowing the connection; the server renders it and adds the correlation id. The
//! families, by their origin on the platform, are:
//! *ErrorDTO* (any domain exception), *FailureDTO* (bean validation, resources not found, 415, lost races),
//! *access denied* (an ErrorDTO with the failed checks), and *Dropwizard's* own (a body that cannot be parsed).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::scope::Scope;

/// A response. As an `Err`, it ends a request early.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    payload: Payload,
}

#[derive(Clone, Debug)]
enum Payload {
    Empty,
    Text(&'static str, String),
    /// The correlation id is added when the response is rendered.
    Correlated(Map<String, Value>),
    Json(Value),
}

/// A violated constraint, for [`Reply::violations`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Violation {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl Reply {
    /// Returns 200 with the success envelope around `data`.
    pub(crate) fn data(data: Value) -> Self {
        Self::correlated(
            StatusCode::OK,
            json!({"status": "SUCCESS", "metaData": null}),
        )
        .with_member("data", data)
    }

    /// Returns 200 with the envelope of the delegate service.
    pub(crate) fn resource(resource: Value) -> Self {
        Self::json(
            StatusCode::OK,
            json!({"metaData": {}, "responseMessages": []}),
        )
        .with_member("resource", resource)
    }

    /// Returns plain JSON, unchanged.
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            payload: Payload::Json(body),
        }
    }

    /// Returns an ErrorDTO with one message. The code determines the HTTP status.
    pub(crate) fn error(code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::chain(code, &message, &[(code, "ERROR", &message)], Value::Null)
    }

    /// Returns an ErrorDTO of code INVALID_REQUEST, whose message has a prefix on the wire.
    pub(crate) fn invalid_request(message: &str) -> Self {
        Self::error("INVALID_REQUEST", format!("Invalid request: {message}"))
    }

    /// Returns an ErrorDTO with several messages (code, level, text), outermost first. The last one determines the HTTP
    /// status.
    pub(crate) fn chain(
        code: &str,
        message: &str,
        chain: &[(&str, &str, &str)],
        metadata: Value,
    ) -> Self {
        let status = chain
            .last()
            .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(code, ..)| {
                status_of(code)
            });
        let messages: Vec<Value> = chain
            .iter()
            .map(|(code, level, message)| {
                json!({"code": code, "level": level, "message": message, "exception": null,
                       "failureTypes": [], "failureSubTypes": [], "additionalInfo": {}})
            })
            .collect();
        let body = json!({"status": "ERROR", "code": code, "message": message, "detailedMessage": null,
                          "responseMessages": messages});
        Self::correlated(status, body).with_member("metadata", metadata)
    }

    /// Returns a FailureDTO without field errors.
    pub(crate) fn failure(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({"status": "FAILURE", "code": code, "message": message, "errors": null});
        Self::correlated(status, body)
    }

    /// Returns a FailureDTO RESOURCE_NOT_FOUND_EXCEPTION, for which the platform uses status 400.
    pub(crate) fn resource_not_found(message: &str) -> Self {
        Self::failure(
            StatusCode::BAD_REQUEST,
            "RESOURCE_NOT_FOUND_EXCEPTION",
            message,
        )
    }

    /// Returns a FailureDTO of bean validation.
    pub(crate) fn violations(violations: &[Violation]) -> Self {
        let message: Vec<String> = violations
            .iter()
            .map(|Violation { field, message }| format!("{field}: {message}"))
            .collect();
        let errors: Vec<Value> = violations
            .iter()
            .map(|Violation { field, message }| json!({"fieldId": field, "error": message}))
            .collect();
        let body = json!({"status": "FAILURE", "code": "INVALID_REQUEST", "message": message.join(", "),
                          "errors": errors});
        Self::correlated(StatusCode::BAD_REQUEST, body)
    }

    /// Returns the 403 of role-based access control.
    pub(crate) fn denied(
        principal: &str,
        permission: &str,
        resource: &str,
        account: &str,
        scope: &Scope,
        identifier: Option<&str>,
    ) -> Self {
        let on = identifier.map_or_else(String::new, |id| format!(" with identifier {id}"));
        let message = format!("{principal} : Missing permission {permission} on {resource}{on}");
        let check = json!({
            "resourceScope": {"accountIdentifier": account, "orgIdentifier": scope.org_id(),
                              "projectIdentifier": scope.project_id()},
            "resourceType": resource.to_uppercase(), "resourceAttributes": null,
            "resourceIdentifier": identifier, "permission": permission,
        });
        Self::json(
            StatusCode::FORBIDDEN,
            json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": message, "correlationId": null,
                   "detailedMessage": null, "responseMessages": null, "metadata": null,
                   "failedPermissionChecks": [check]}),
        )
    }

    /// Returns the web framework's 400 for a body that cannot be read.
    pub(crate) fn unprocessable(details: &str) -> Self {
        Self::json(
            StatusCode::BAD_REQUEST,
            json!({"code": 400, "message": "Unable to process JSON", "details": details}),
        )
    }

    /// Returns 401, identical for every reason.
    pub(crate) fn unauthorized() -> Self {
        Self::error("INVALID_TOKEN", "Token is not valid.")
    }

    /// Returns 500 with the platform's text.
    pub(crate) fn unknown_error() -> Self {
        Self::error(
            "UNKNOWN_ERROR",
            "Oops, something went wrong on our end. Please contact Harness Support.",
        )
    }

    /// Returns an HTML page of the edge in front of the platform.
    pub(crate) fn html(status: StatusCode) -> Self {
        let title = format!(
            "{} {}",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Error")
        );
        let page = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        );
        Self {
            status,
            headers: Vec::new(),
            payload: Payload::Text("text/html", page),
        }
    }

    /// Returns a response without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            payload: Payload::Empty,
        }
    }

    /// Returns a response with a body of any type.
    pub(crate) fn text(status: StatusCode, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            payload: Payload::Text(content_type, body),
        }
    }

    /// Sets another HTTP status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Returns headers and body as they are sent.
    pub(crate) fn render(self, correlation_id: &str) -> Response<Body> {
        let (content_type, body) = match self.payload {
            Payload::Empty => (None, String::new()),
            Payload::Text(content_type, text) => (Some(content_type), text),
            Payload::Json(value) => (Some("application/json"), value.to_string()),
            Payload::Correlated(mut members) => {
                members.insert("correlationId".into(), correlation_id.into());
                (Some("application/json"), Value::Object(members).to_string())
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        if let Some(content_type) = content_type {
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        response.headers_mut().extend(self.headers);
        response
    }

    fn with_member(mut self, name: &str, value: Value) -> Self {
        if let Payload::Correlated(members) | Payload::Json(Value::Object(members)) =
            &mut self.payload
        {
            members.insert(name.to_owned(), value);
        }
        self
    }

    fn correlated(status: StatusCode, body: Value) -> Self {
        let payload = match body {
            Value::Object(members) => Payload::Correlated(members),
            other => Payload::Json(other),
        };
        Self {
            status,
            headers: Vec::new(),
            payload,
        }
    }
}

impl IntoResponse for Reply {
    /// Attaches the reply as an extension, because only the server knows the correlation id.
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

fn status_of(code: &str) -> StatusCode {
    match code {
        "INVALID_TOKEN" => StatusCode::UNAUTHORIZED,
        "ACCESS_DENIED" | "NG_ACCESS_DENIED" => StatusCode::FORBIDDEN,
        "ENTITY_NOT_FOUND" => StatusCode::NOT_FOUND,
        "UNKNOWN_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
