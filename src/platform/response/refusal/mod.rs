//! An error response from any source: the platform, in one of its four families of bodies, or something on the way,
//! with an HTML page or an empty body.
//!
//! | family | identified by | sent for |
//! |---|---|---|
//! | error | `status: "ERROR"`, `responseMessages` | every exception of the platform's domain |
//! | failure | `status: "FAILURE"`, `errors: [{fieldId, error}]` | validation, missing resources, lost updates |
//! | access denied | an error with `failedPermissionChecks` | missing permissions |
//! | unparsable | `code` is a number, no `status` | a body that the platform could not parse |
//!
//! Only these count as the platform's own statement. Nothing else is trusted to say that an object does not exist: a
//! proxy's 404 or an HTML page says nothing about connectors.

#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "tables are long")]
mod tests;

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::json::Object;
use super::text::{LONG, beginning, harmless, visible};
use crate::scope::{ConnectorRef, Scope};

/// An error response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The kind of the body.
    pub body: RefusalBody,
    /// The first 200 characters of a body that is not the platform's JSON, sanitized; for an HTML page, of its visible
    /// text.
    pub beginning: Option<String>,
    /// `code` of the platform's body: a name such as `INVALID_REQUEST`, or a number in digits.
    pub code: Option<String>,
    /// `message`, sanitized for terminals.
    pub message: Option<String>,
    /// `details` of an unparsable body, or `detailedMessage`.
    pub details: Option<String>,
    /// `responseMessages`, in the platform's order: from what to do to what happened.
    pub response_messages: Vec<ResponseMessage>,
    /// `errors`: the results of validation.
    pub field_errors: Vec<FieldError>,
    /// `failedPermissionChecks`: the missing permissions, such as `core_connector_edit`.
    pub missing_permissions: Vec<String>,
    /// `metadata.type`.
    pub metadata_type: Option<String>,
    /// `correlationId`, or the request's id if the body has none.
    pub correlation_id: Option<String>,
    /// `Retry-After`, counted from the moment of the response.
    pub retry_after: Option<Duration>,
    /// Whether the body has everything that distinguishes the platform's families from the JSON of gateways and
    /// proxies.
    is_unmistakable: bool,
}

/// The kind of an error response's body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RefusalBody {
    /// JSON of one of the platform's families.
    Platform,
    /// An HTML page, with its title: from a proxy, a firewall, or the edge.
    Html {
        /// The title, sanitized for terminals.
        title: Option<String>,
    },
    /// An empty body.
    Empty,
    /// Anything else: text, incomplete JSON, or JSON that is not the platform's.
    Other,
}

/// One entry of `responseMessages`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResponseMessage {
    /// `code`: `HINT`, `EXPLANATION`, or the code of an exception.
    pub code: String,
    /// `level`: `INFO` or `ERROR`.
    pub level: String,
    /// `message`, sanitized for terminals.
    pub message: String,
}

/// One entry of `errors`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldError {
    /// `fieldId`, with the platform's names.
    pub field_id: String,
    /// `error`.
    pub error: String,
}

/// What does not exist, according to an error response.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Missing {
    /// A connector.
    Connector,
    /// An organization.
    Organization,
    /// A project.
    Project,
    /// A secret.
    Secret,
    /// Something that the message does not name, or that this crate never requests.
    Other,
}

impl Refusal {
    /// Reads the body of an error response.
    pub(crate) fn read(status: u16, content_type: &str, body: &str) -> Self {
        let mut refusal = Self {
            status,
            body: RefusalBody::Other,
            beginning: None,
            code: None,
            message: None,
            details: None,
            response_messages: Vec::new(),
            field_errors: Vec::new(),
            missing_permissions: Vec::new(),
            metadata_type: None,
            correlation_id: None,
            retry_after: None,
            is_unmistakable: false,
        };
        let text = body.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            refusal.body = RefusalBody::Empty;
        } else if let Ok(Value::Object(members)) = serde_json::from_str(text) {
            refusal.read_members(&members);
        } else if is_html(content_type, text) {
            refusal.body = RefusalBody::Html { title: title(text) };
        }
        let shown = match &refusal.body {
            RefusalBody::Platform | RefusalBody::Empty => String::new(),
            RefusalBody::Other => beginning(text),
            RefusalBody::Html { title } => match (title, beginning(&visible(text))) {
                // The headline usually repeats the title.
                (Some(title), seen) if seen == *title => String::new(),
                (None, seen) if seen.is_empty() => beginning(text),
                (_, seen) => seen,
            },
        };
        refusal.beginning = Some(shown).filter(|shown| !shown.is_empty());
        refusal
    }

    /// Reads a JSON object that may belong to one of the platform's families.
    pub(crate) fn read_members(&mut self, members: &Map<String, Value>) {
        let object = Object::root(members);
        let text = |name: &str| object.filled(name).map(|t| harmless(&t, LONG));
        let status = text("status");
        self.message = text("message");
        self.details = text("details").or_else(|| text("detailedMessage"));
        self.correlation_id = text("correlationId");
        self.code = match members.get("code") {
            Some(Value::String(code)) => Some(harmless(code, 100)),
            Some(Value::Number(code)) => Some(code.to_string()),
            _ => None,
        };
        for message in object.list("responseMessages") {
            let message = Object::of(message);
            let text = |name: &str| harmless(&message.filled(name).unwrap_or_default(), LONG);
            let message = ResponseMessage {
                code: text("code"),
                level: text("level"),
                message: text("message"),
            };
            if !message.message.is_empty() {
                self.response_messages.push(message);
            }
        }
        for error in object.list("errors") {
            let error = Object::of(error);
            let text = |name: &str| harmless(&error.filled(name).unwrap_or_default(), LONG);
            self.field_errors.push(FieldError {
                field_id: text("fieldId"),
                error: text("error"),
            });
        }
        for check in object.list("failedPermissionChecks") {
            if let Some(permission) = Object::of(check).filled("permission") {
                self.missing_permissions.push(harmless(&permission, 200));
            }
        }
        self.metadata_type = object.object("metadata").filled("type");
        // A proxy's JSON has at most a message; the platform's has a code and its family of errors.
        let family = matches!(status.as_deref(), Some("ERROR" | "FAILURE"));
        if self.code.is_some() && (family || self.message.is_some()) {
            self.body = RefusalBody::Platform;
        }
        self.is_unmistakable = match members.get("code") {
            Some(Value::String(_)) => family && members.contains_key("correlationId"),
            // A body that the platform could not parse. Others use numbers for everything.
            Some(Value::Number(code)) => self.status == 400 && code.as_u64() == Some(400),
            _ => false,
        };
    }

    /// Returns whether the platform itself responded, in one of its families of bodies.
    pub fn is_from_platform(&self) -> bool {
        self.body == RefusalBody::Platform
    }

    /// Returns whether a change with this response may have been carried out anyway. Only the platform's own error
    /// below 500 says that it was not, because something on the way may replace any response with its own. A rate limit
    /// (429) applies before anything is done, whoever imposes it.
    pub fn leaves_outcome_unknown(&self) -> bool {
        self.status != 429 && !self.is_own_word()
    }

    /// Returns whether this is certainly the platform's own statement that it did nothing.
    pub(crate) fn is_own_word(&self) -> bool {
        self.is_unmistakable && (400..500).contains(&self.status)
    }

    /// Returns whether the code is this one.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Returns what does not exist, if the platform's body has HTTP 400 or 404 and one of its three codes for that. The
    /// message begins with the subject.
    pub fn missing(&self) -> Option<Missing> {
        let says_so = self.has_code("RESOURCE_NOT_FOUND_EXCEPTION")
            || self.has_code("ENTITY_NOT_FOUND")
            || self.has_code("CONNECTOR_NOT_FOUND_EXCEPTION");
        if !self.is_from_platform() || !matches!(self.status, 400 | 404) || !says_so {
            return None;
        }
        Some(subject(self.message.as_deref().unwrap_or_default()))
    }

    /// Returns whether this says that this connector does not exist: the message is about a connector, and names this
    /// one and no other place. False for a missing organization or project; see
    /// [`is_scope_not_found`](Self::is_scope_not_found).
    pub fn is_connector_not_found(&self, connector: &ConnectorRef) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        let scope = &connector.scope;
        self.missing() == Some(Missing::Connector)
            && names(message, &connector.identifier)
            && is_placed(message, &["org", "organization"], scope.org())
            && is_placed(message, &["project"], scope.project())
    }

    /// Returns whether this says that the organization or project of this scope does not exist, by its name.
    pub fn is_scope_not_found(&self, scope: &Scope) -> bool {
        let missing = match self.missing() {
            Some(Missing::Organization) => scope.org(),
            Some(Missing::Project) => scope.project(),
            _ => None,
        };
        let message = self.message.as_deref().unwrap_or_default();
        missing.is_some_and(|identifier| names(message, identifier))
    }

    /// Returns whether this is HTTP 429, or the platform's code for it.
    pub fn is_rate_limited(&self) -> bool {
        self.status == 429 || self.has_code("TOO_MANY_REQUESTS")
    }

    /// Returns whether the platform could not create (or end) a connector's recurring test task. It does so before it
    /// saves or deletes anything.
    pub fn is_heartbeat_trouble(&self) -> bool {
        let says_so = |message: &str| {
            message.contains("could not create the heartbeat")
                || message.contains("heartbeat could not be deleted")
        };
        self.is_from_platform()
            && self.status == 400
            && self.message.as_deref().is_some_and(says_so)
    }

    /// Returns the message for a person, without the platform's prefix, or the kind of the body if there is no message.
    pub fn summary(&self) -> String {
        if let Some(message) = &self.message {
            let message = message.strip_prefix("Invalid request: ").unwrap_or(message);
            return match &self.details {
                Some(details) => format!("{message} ({details})"),
                None => message.to_owned(),
            };
        }
        let body = match &self.body {
            RefusalBody::Html { title: Some(title) } => {
                format!("an HTML page titled \"{title}\" instead of Harness's JSON")
            }
            RefusalBody::Html { title: None } => {
                "an HTML page instead of Harness's JSON".to_owned()
            }
            RefusalBody::Empty => "an empty body".to_owned(),
            RefusalBody::Platform => match &self.code {
                Some(code) => format!("code {code} without a message"),
                None => "a body without a message".to_owned(),
            },
            RefusalBody::Other => "a body that is not Harness's JSON".to_owned(),
        };
        match &self.beginning {
            Some(beginning) => format!("{body}: {beginning}"),
            None => body,
        }
    }
}

/// Writes `503: the message`, without the request.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.summary())?;
        match &self.correlation_id {
            Some(id) => write!(f, " (correlation id {id})"),
            None => Ok(()),
        }
    }
}

/// Returns what a message is about: its first word, after words like "no such". Later words may only say where, and an
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

/// Returns whether a message that names a place, as in `project [p]`, names the expected one.
fn is_placed(message: &str, words: &[&str], expected: Option<&str>) -> bool {
    let lower = message.to_ascii_lowercase();
    words.iter().all(|word| {
        let before = format!(" {word} [");
        lower.match_indices(&before).all(|(at, _)| {
            let named = message.get(at + before.len()..).unwrap_or_default();
            named.split(']').next() == expected
        })
    })
}

/// Returns whether a message contains an identifier as a whole word.
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
    // Only ASCII changes case here, so positions stay the same.
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = harmless(html.get(start..end)?, 120);
    (!title.is_empty()).then_some(title)
}
