//! An answer with an error status, whoever gave it: the platform, in one of its four families of bodies, or something
//! on the way, with a page or with nothing.
//!
//! | family | tell-tale | from |
//! |---|---|---|
//! | error | `status: "ERROR"`, `responseMessages` | every exception of the platform's domain |
//! | failure | `status: "FAILURE"`, `errors: [{fieldId, error}]` | validation, missing resources, lost updates |
//! | access denied | an error with `failedPermissionChecks` | missing permissions |
//! | unparsable | `code` is a number, no `status` | a body that the platform could not parse |
//!
//! Only those count as the platform's own word. That a thing does not exist is believed of nothing else: a proxy's 404
//! or a page in HTML says nothing about connectors.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::connector::LONG;
use super::json::Object;
use super::text::harmless;

/// An answer that refuses the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What the body was.
    pub body: RefusalBody,
    /// `code` of the platform's body: a name such as `INVALID_REQUEST`, or a number in digits.
    pub code: Option<String>,
    /// `message`, made harmless for terminals.
    pub message: Option<String>,
    /// `details` of an unparsable body, or `detailedMessage`.
    pub details: Option<String>,
    /// `responseMessages`, in the platform's order: from what to do to what happened.
    pub response_messages: Vec<ResponseMessage>,
    /// `errors`: what validation found.
    pub field_errors: Vec<FieldError>,
    /// `failedPermissionChecks`: the permissions that are missing, such as `core_connector_edit`.
    pub missing_permissions: Vec<String>,
    /// `metadata.type`.
    pub metadata_type: Option<String>,
    /// `correlationId`, or the id that was sent with the request where the body has none.
    pub correlation_id: Option<String>,
    /// `Retry-After`, counted from the moment of the answer.
    pub retry_after: Option<Duration>,
}

/// What the body of a refusal was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalBody {
    /// JSON of one of the platform's families.
    Platform,
    /// A page in HTML, with its title: from a proxy, a firewall or the edge.
    Html {
        /// The title, made harmless for terminals.
        title: Option<String>,
    },
    /// Nothing.
    Empty,
    /// Something else: text, or JSON that is none of the platform's or not whole.
    Other,
}

/// One entry of `responseMessages`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseMessage {
    /// `code`: `HINT`, `EXPLANATION`, or the code of an exception.
    pub code: String,
    /// `level`: `INFO` or `ERROR`.
    pub level: String,
    /// `message`, made harmless for terminals.
    pub message: String,
}

/// One entry of `errors`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldError {
    /// `fieldId`, in the platform's names.
    pub field_id: String,
    /// `error`.
    pub error: String,
}

/// What does not exist, as far as a refusal says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A connector.
    Connector,
    /// An organization.
    Organization,
    /// A project.
    Project,
    /// A secret.
    Secret,
    /// Something that the message does not name, or that this crate never asks for.
    Other,
}

impl Refusal {
    /// Reads the body of an answer with an error status.
    pub(super) fn read(status: u16, content_type: &str, body: &str) -> Self {
        let mut refusal = Self {
            status,
            body: RefusalBody::Other,
            code: None,
            message: None,
            details: None,
            response_messages: Vec::new(),
            field_errors: Vec::new(),
            missing_permissions: Vec::new(),
            metadata_type: None,
            correlation_id: None,
            retry_after: None,
        };
        let text = body.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            refusal.body = RefusalBody::Empty;
        } else if let Ok(Value::Object(members)) = serde_json::from_str(text) {
            refusal.read_members(&members);
        } else if is_html(content_type, text) {
            refusal.body = RefusalBody::Html { title: title(text) };
        }
        refusal
    }

    /// Reads a JSON object that may be one of the platform's families.
    pub(super) fn read_members(&mut self, members: &Map<String, Value>) {
        let object = Object::root(members);
        let mut notes = Vec::new();
        let mut text = |name: &str| object.filled(name, &mut notes).map(|t| harmless(&t, LONG));
        let status = text("status");
        self.message = text("message");
        self.details = text("details").or_else(|| text("detailedMessage"));
        self.correlation_id = text("correlationId");
        self.code = match members.get("code") {
            Some(Value::String(code)) => Some(harmless(code, 100)),
            Some(Value::Number(code)) => Some(code.to_string()),
            _ => None,
        };
        let mut notes = Vec::new();
        for message in object.list("responseMessages", &mut notes) {
            let message = Object::of(message);
            let mut text =
                |name: &str| harmless(&message.filled(name, &mut notes).unwrap_or_default(), LONG);
            let message = ResponseMessage {
                code: text("code"),
                level: text("level"),
                message: text("message"),
            };
            if !message.message.is_empty() {
                self.response_messages.push(message);
            }
        }
        let mut notes = Vec::new();
        for error in object.list("errors", &mut notes) {
            let error = Object::of(error);
            let mut text =
                |name: &str| harmless(&error.filled(name, &mut notes).unwrap_or_default(), LONG);
            self.field_errors.push(FieldError {
                field_id: text("fieldId"),
                error: text("error"),
            });
        }
        let mut notes = Vec::new();
        for check in object.list("failedPermissionChecks", &mut notes) {
            if let Some(permission) = Object::of(check).filled("permission", &mut notes) {
                self.missing_permissions.push(harmless(&permission, 200));
            }
        }
        self.metadata_type = object
            .object("metadata", &mut notes)
            .filled("type", &mut notes);
        let family = matches!(status.as_deref(), Some("ERROR" | "FAILURE"));
        if self.code.is_some() && (family || self.message.is_some()) {
            self.body = RefusalBody::Platform;
        }
    }

    /// Whether the platform itself spoke, in one of its families of bodies.
    pub fn is_from_platform(&self) -> bool {
        self.body == RefusalBody::Platform
    }

    /// Whether the code is this one.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// What does not exist, if this refusal says that something does not: a body of the platform's, HTTP 400 or 404, and
    /// one of its three codes for that. The subject is the one with which the message begins.
    pub fn missing(&self) -> Option<Missing> {
        let says_so = self.has_code("RESOURCE_NOT_FOUND_EXCEPTION")
            || self.has_code("ENTITY_NOT_FOUND")
            || self.has_code("CONNECTOR_NOT_FOUND_EXCEPTION");
        if !self.is_from_platform() || !matches!(self.status, 400 | 404) || !says_so {
            return None;
        }
        Some(subject(self.message.as_deref().unwrap_or_default()))
    }

    /// Whether this says that the connector `identifier` does not exist: the message is about a connector and names this
    /// one. About a missing organization or project it is silent, see [`missing`](Self::missing).
    pub fn is_connector_not_found(&self, identifier: &str) -> bool {
        self.missing() == Some(Missing::Connector)
            && self
                .message
                .as_deref()
                .is_some_and(|message| names(message, identifier))
    }

    /// The message as a person should read it, without the platform's prefix; what the body was where it has none.
    pub fn summary(&self) -> String {
        if let Some(message) = &self.message {
            let message = message.strip_prefix("Invalid request: ").unwrap_or(message);
            return match &self.details {
                Some(details) => format!("{message} ({details})"),
                None => message.to_owned(),
            };
        }
        match &self.body {
            RefusalBody::Html { title: Some(title) } => {
                format!("an HTML page titled \"{title}\" instead of the platform's JSON")
            }
            RefusalBody::Html { title: None } => {
                "an HTML page instead of the platform's JSON".to_owned()
            }
            RefusalBody::Empty => "an empty body".to_owned(),
            RefusalBody::Platform => match &self.code {
                Some(code) => format!("code {code} without a message"),
                None => "a body without a message".to_owned(),
            },
            RefusalBody::Other => "a body that is not the platform's JSON".to_owned(),
        }
    }
}

/// `503: the message`, without the request.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.summary())?;
        match &self.correlation_id {
            Some(id) => write!(f, " (correlation id {id})"),
            None => Ok(()),
        }
    }
}

/// What a message is about: its first word, but for words like "no such". Anything further on may only say where, and an
/// identifier may be any word.
fn subject(message: &str) -> Missing {
    let first = message
        .split_whitespace()
        .map(|word| word.trim_end_matches([':', ',', '.']).to_ascii_lowercase())
        .find(|word| !matches!(word.as_str(), "invalid" | "request" | "no" | "such" | "the"));
    match first.as_deref() {
        Some("connector") => Missing::Connector,
        Some("org" | "organization" | "organisation") => Missing::Organization,
        Some("project") => Missing::Project,
        Some("secret") => Missing::Secret,
        _ => Missing::Other,
    }
}

/// Whether a message names an identifier as a whole word.
fn names(message: &str, identifier: &str) -> bool {
    message
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')))
        .any(|word| word == identifier)
}

fn is_html(content_type: &str, text: &str) -> bool {
    let starts = text.get(..15).unwrap_or(text).to_ascii_lowercase();
    starts.starts_with("<!doctype html")
        || starts.starts_with("<html")
        || (starts.starts_with('<') && content_type.to_ascii_lowercase().contains("html"))
}

fn title(html: &str) -> Option<String> {
    // Only ASCII changes case here, so that the positions stay the same.
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = harmless(html.get(start..end)?, 120);
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "tables are long")]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: &Value) -> Refusal {
        Refusal::read(status, "application/json", &body.to_string())
    }

    fn not_found(status: u16, code: &str, message: &str) -> Refusal {
        read(
            status,
            &json!({"status": "FAILURE", "code": code, "message": message, "correlationId": "c", "errors": null}),
        )
    }

    #[test]
    fn the_four_families_are_read_whole() {
        let error = read(
            400,
            &json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": "Invalid request: no", "correlationId": "c-1",
            "detailedMessage": null, "metadata": null,
            "responseMessages": [{"code": "INVALID_REQUEST", "level": "ERROR", "message": "no", "exception": null, "failureTypes": []}]}),
        );
        assert!(error.is_from_platform());
        assert_eq!(error.response_messages.len(), 1);
        assert_eq!(error.to_string(), "400: no (correlation id c-1)");

        let failure = read(
            400,
            &json!({"status": "FAILURE", "code": "INVALID_REQUEST", "message": "name: cannot be empty.",
            "errors": [{"fieldId": "connector.name", "error": "cannot be empty."}]}),
        );
        assert_eq!(
            failure.field_errors,
            [FieldError {
                field_id: "connector.name".to_owned(),
                error: "cannot be empty.".to_owned()
            }]
        );

        let denied = read(
            403,
            &json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "Missing permission", "correlationId": null,
            "responseMessages": null, "failedPermissionChecks": [{"permission": "core_connector_edit", "resourceType": "CONNECTOR"}]}),
        );
        assert_eq!(denied.missing_permissions, ["core_connector_edit"]);

        let unparsable = read(
            400,
            &json!({"code": 400, "message": "Unable to process JSON", "details": "at line 1"}),
        );
        assert!(unparsable.is_from_platform());
        assert_eq!(unparsable.code.as_deref(), Some("400"));
        assert_eq!(
            unparsable.to_string(),
            "400: Unable to process JSON (at line 1)"
        );
    }

    #[test]
    fn what_is_not_the_platforms_is_told_by_its_shape() {
        for (content_type, body, kind, summary) in [
            (
                "text/html",
                "<html><head><TITLE>\n 502 Bad\u{1b} Gateway </TITLE>",
                RefusalBody::Html {
                    title: Some("502 Bad Gateway".to_owned()),
                },
                "an HTML page titled \"502 Bad Gateway\" instead of the platform's JSON",
            ),
            (
                "text/html; charset=UTF-8",
                "<h1>no</h1>",
                RefusalBody::Html { title: None },
                "an HTML page instead of the platform's JSON",
            ),
            (
                "application/json",
                "<!DOCTYPE html><title></title>",
                RefusalBody::Html { title: None },
                "an HTML page instead of the platform's JSON",
            ),
            ("", "  \r\n", RefusalBody::Empty, "an empty body"),
            (
                "text/plain",
                "upstream connect error",
                RefusalBody::Other,
                "a body that is not the platform's JSON",
            ),
            (
                "application/json",
                "{\"status\":\"ERROR\",\"code\":\"X\"",
                RefusalBody::Other,
                "a body that is not the platform's JSON",
            ),
            (
                "application/json",
                "[1]",
                RefusalBody::Other,
                "a body that is not the platform's JSON",
            ),
            (
                "application/json",
                "{\"error\":\"not found\"}",
                RefusalBody::Other,
                "a body that is not the platform's JSON",
            ),
            (
                "application/json",
                "{\"status\":404,\"message\":\"x\"}",
                RefusalBody::Other,
                "x",
            ),
            (
                "application/json",
                "{\"status\":\"ERROR\",\"code\":\"X\"}",
                RefusalBody::Platform,
                "code X without a message",
            ),
        ] {
            let refusal = Refusal::read(404, content_type, body);
            assert_eq!(refusal.body, kind, "{body}");
            assert_eq!(refusal.summary(), summary, "{body}");
            assert_eq!(refusal.missing(), None, "{body}");
        }
    }

    #[test]
    fn a_connector_is_missing_only_if_the_platform_says_so_of_this_one() {
        for (refusal, missing, this) in [
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Connector with identifier [bb] not found in project [p] and org [o].",
                ),
                Some(Missing::Connector),
                true,
            ),
            (
                not_found(
                    404,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Connector with identifier [bb] not found in account [a].",
                ),
                Some(Missing::Connector),
                true,
            ),
            (
                not_found(
                    404,
                    "ENTITY_NOT_FOUND",
                    "Connector with identifier [bb] not found in org [o].",
                ),
                Some(Missing::Connector),
                true,
            ),
            (
                not_found(
                    400,
                    "CONNECTOR_NOT_FOUND_EXCEPTION",
                    "No connector exists with the identifier bb in account a, organisation o, project p",
                ),
                Some(Missing::Connector),
                true,
            ),
            (
                not_found(
                    400,
                    "CONNECTOR_NOT_FOUND_EXCEPTION",
                    "No connector found with identifier bb",
                ),
                Some(Missing::Connector),
                true,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Connector with identifier [bb2] not found in org [o].",
                ),
                Some(Missing::Connector),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Organization with identifier [bb] not found",
                ),
                Some(Missing::Organization),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Organization with identifier [connector] not found",
                ),
                Some(Missing::Organization),
                false,
            ),
            (
                not_found(400, "RESOURCE_NOT_FOUND_EXCEPTION", "org [bb] not found."),
                Some(Missing::Organization),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "project [bb] not found.",
                ),
                Some(Missing::Project),
                false,
            ),
            (
                not_found(
                    404,
                    "ENTITY_NOT_FOUND",
                    "Project with orgIdentifier [o] and identifier [bb] not found",
                ),
                Some(Missing::Project),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Secret with identifier [bb] is not found in the given scope",
                ),
                Some(Missing::Secret),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Entity [connector] bb not found in org [o].",
                ),
                Some(Missing::Other),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "[connector] bb is gone",
                ),
                Some(Missing::Other),
                false,
            ),
            (
                not_found(
                    400,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "The organization: [bb]",
                ),
                Some(Missing::Organization),
                false,
            ),
            (
                not_found(404, "RESOURCE_NOT_FOUND_EXCEPTION", ""),
                Some(Missing::Other),
                false,
            ),
            (
                not_found(404, "RESOURCE_NOT_FOUND_EXCEPTION", "HTTP 404 Not Found"),
                Some(Missing::Other),
                false,
            ),
            (
                not_found(
                    400,
                    "INVALID_REQUEST",
                    "Connector with identifier [bb] not found",
                ),
                None,
                false,
            ),
            (
                not_found(
                    500,
                    "RESOURCE_NOT_FOUND_EXCEPTION",
                    "Connector with identifier [bb] not found",
                ),
                None,
                false,
            ),
            (
                not_found(
                    403,
                    "NG_ACCESS_DENIED",
                    "Missing permission on connector with identifier bb",
                ),
                None,
                false,
            ),
        ] {
            assert_eq!(refusal.missing(), missing, "{refusal}");
            assert_eq!(refusal.is_connector_not_found("bb"), this, "{refusal}");
        }
    }

    #[test]
    fn a_page_that_talks_of_connectors_says_nothing_about_them() {
        let page = "<html><title>RESOURCE_NOT_FOUND_EXCEPTION</title>Connector with identifier [bb] not found in account [a].";
        assert!(!Refusal::read(404, "text/html", page).is_connector_not_found("bb"));
        let other_json =
            "{\"message\":\"Connector with identifier [bb] not found in account [a].\"}";
        assert!(!Refusal::read(404, "application/json", other_json).is_connector_not_found("bb"));
    }

    #[test]
    fn a_body_that_is_not_whole_never_says_that_anything_is_missing() {
        let whole =
            json!({"status": "FAILURE", "code": "RESOURCE_NOT_FOUND_EXCEPTION", "errors": null,
            "message": "Connector with identifier [bb] not found in account [ä]."})
            .to_string();
        assert!(Refusal::read(404, "application/json", &whole).is_connector_not_found("bb"));
        for (end, _) in whole.char_indices() {
            let cut = whole.get(..end).unwrap();
            assert_eq!(
                Refusal::read(404, "application/json", cut).missing(),
                None,
                "{cut}"
            );
        }
    }

    #[test]
    fn a_message_is_fit_for_a_terminal_whatever_it_held() {
        let refusal = read(
            400,
            &json!({"status": "ERROR", "code": "A\u{1b}B", "message": "100 %s {}\u{1b}[2J\r\n\u{202e}x https://u:hunter2@h/"}),
        );
        assert_eq!(refusal.summary(), "100 %s {} [2J x https://u:(removed)@h/");
        assert_eq!(refusal.code.as_deref(), Some("A B"));
    }

    #[test]
    fn members_of_other_types_are_left_out() {
        let odd = json!({"status": 5, "code": "X", "message": ["m"], "responseMessages": "x", "errors": {"a": 1}, "failedPermissionChecks": [null, 5], "metadata": [], "correlationId": 7});
        let refusal = read(400, &odd);
        assert_eq!(refusal.message, None);
        assert!(
            refusal.response_messages.is_empty()
                && refusal.field_errors.is_empty()
                && refusal.missing_permissions.is_empty()
        );
    }
}
