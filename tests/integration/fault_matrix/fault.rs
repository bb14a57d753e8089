//! The faults: what can go wrong with a request, each with its text for the page and a way for a test to cause it.

use harness_sandbox::{Action, Answer, Kind, Running, Scope};
use serde_json::{Value, json};

use super::OPERATIONS;
use super::case::{Extent, IDENTIFIER, Operation};

/// A fault.
pub(crate) struct Fault {
    /// What happens, as a sentence without a period.
    pub(crate) says: &'static str,
    /// The page's name for this fault and similar ones, if their outcomes are identical.
    pub(super) family: &'static str,
    /// How to cause it.
    pub(crate) how: How,
    /// The operations that it can affect.
    pub(crate) happens_to: &'static [Operation],
    /// How much of an operation it may affect.
    pub(crate) extents: &'static [Extent],
    /// Whether it says, in the platform's own words, that the connector does not exist.
    pub(crate) says_gone: bool,
    /// Whether it makes the whole process pause for a minute.
    pub(crate) pauses: bool,
    /// Whether it is a missing or late response.
    pub(crate) is_silence: bool,
}

/// How to cause a fault.
pub(crate) enum How {
    /// No fault.
    Nothing,
    /// The endpoint points to this place.
    At(Place),
    /// The sandbox does this to a request.
    By(fn() -> Action),
    /// The sandbox carries out the request, and sends this response.
    CarriedOut(fn() -> Answer),
    /// Someone does this to the connector: after Terraform has read it, or between a change and its undo.
    Meanwhile(fn(&Running)),
    /// Like `Meanwhile`, and the connector is theirs from then on.
    TakenOver(fn(&Running)),
    /// The provider is configured for another account, which has a connector with the same identifier.
    OtherAccount,
}

/// A place without a platform.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Unresolvable,
    Refused,
    ClosedAtOnce,
    WithoutTls,
    SilentTls,
    UnknownAuthority,
    OtherName,
    Expired,
}

use Operation::{Create, Delete, List, Lookups, Read, RequiredTest, RequiredTestOfUpdate, Update};

/// The operations that may consist of a single request. A connection test follows a successful request.
const FIRST: &[Operation] = &[Create, Read, Update, Delete, Lookups, List];

/// Creates a fault that can affect everything.
const fn fault(says: &'static str, how: How) -> Fault {
    Fault {
        says,
        family: says,
        how,
        happens_to: &OPERATIONS,
        extents: &[Extent::Once, Extent::Main, Extent::All],
        says_gone: false,
        pauses: false,
        is_silence: false,
    }
}

/// Creates a fault at a place to which all requests go.
const fn at(place: Place, says: &'static str) -> Fault {
    Fault {
        happens_to: FIRST,
        extents: &[Extent::All],
        ..fault(says, How::At(place))
    }
}

/// Creates a fault from a change that someone makes to the connector.
const fn meanwhile(says: &'static str, how: How) -> Fault {
    Fault {
        happens_to: &[Update, Delete, RequiredTest, RequiredTestOfUpdate],
        extents: &[Extent::Once],
        ..fault(says, how)
    }
}

/// Creates a fault that may be over with the next attempt.
const fn passing(says: &'static str, action: fn() -> Action) -> Fault {
    fault(says, How::By(action))
}

/// Creates a fault with a response after which nothing is retried.
const fn final_answer(says: &'static str, action: fn() -> Action) -> Fault {
    Fault {
        extents: &[Extent::Once, Extent::All],
        ..passing(says, action)
    }
}

/// Creates a fault with a change that is carried out, but whose response is replaced on the way.
const fn carried_out(says: &'static str, answer: fn() -> Answer) -> Fault {
    Fault {
        happens_to: &[Create, Update, Delete],
        ..fault(says, How::CarriedOut(answer))
    }
}

impl Fault {
    const fn of(mut self, family: &'static str) -> Self {
        self.family = family;
        self
    }

    const fn to(mut self, operations: &'static [Operation]) -> Self {
        self.happens_to = operations;
        self
    }

    const fn that_says_gone(mut self) -> Self {
        self.says_gone = true;
        self
    }

    const fn that_is_silence(mut self) -> Self {
        self.is_silence = true;
        self
    }

    const fn that_pauses(mut self) -> Self {
        self.pauses = true;
        self
    }
}

/// All faults, in groups.
pub(crate) static FAULTS: &[&[Fault]] = &[
    GOOD_DAY,
    NETWORK,
    ENCRYPTION,
    REFUSALS,
    OUTAGES,
    STRANGE_ANSWERS,
    OTHERS,
];

/// The families of more than one fault.
mod family {
    pub(super) const NO_CONNECTION: &str =
        "No connection (unknown host name, connection refused, TLS)";
    pub(super) const LOST: &str = "The connection is lost, or the response does not arrive in time";
    pub(super) const REFUSED: &str = "Harness refuses the request (400, 401, 404, 409, 422)";
    pub(super) const GONE: &str = "Harness says that this connector does not exist (400, 404)";
    pub(super) const LIMITED: &str = "429, with or without `Retry-After`";
    pub(super) const OUTAGE: &str =
        "500, 502, 503, or 504, whether or not the request is carried out";
    pub(super) const NOT_HARNESS: &str = "Something other than Harness's API responds (HTML, a redirect, an empty or \
        truncated body, an error with status 200)";
    pub(super) const REPLACED: &str = "The request is carried out, but something other than Harness's API responds \
        (HTML, a redirect, 304, 403, 404, 408, another connector)";
    pub(super) const OTHER_CONNECTOR: &str =
        "The response has another connector, or one of another type";
    pub(super) const UNMANAGED: &str = "The connector is saved without a change, or a setting changes that the provider \
        does not manage";
    pub(super) const TAKEN_OVER: &str =
        "A managed setting changes, or a connector of another type takes its place";
}

const GOOD_DAY: &[Fault] = &[Fault {
    extents: &[Extent::Once],
    ..fault("Nothing goes wrong", How::Nothing)
}];

const NETWORK: &[Fault] = &[
    at(Place::Unresolvable, "The host name cannot be resolved").of(family::NO_CONNECTION),
    at(Place::Refused, "The connection is refused").of(family::NO_CONNECTION),
    at(
        Place::ClosedAtOnce,
        "The connection is closed before the request can be read",
    ),
    passing(
        "The connection is reset, and the request is not carried out",
        || Action::ResetBefore,
    )
    .of(family::LOST),
    passing(
        "The request is carried out, but the connection is reset before the response",
        || Action::CommitThenReset,
    )
    .of(family::LOST),
    passing(
        "The request is carried out, but the connection is lost in the middle of the response",
        || Action::CutBody,
    )
    .of(family::LOST),
    passing(
        "No response arrives, and the request is not carried out",
        || Action::Hang,
    )
    .of(family::LOST)
    .that_is_silence(),
    passing(
        "The request is carried out, but no response arrives",
        || Action::CommitThenHang,
    )
    .of(family::LOST)
    .that_is_silence(),
    passing("The response arrives slowly, but in time", || {
        Action::Drip { every_ms: 0 }
    }),
    passing("The response arrives slowly, and not in time", || {
        Action::Drip { every_ms: 100 }
    })
    .of(family::LOST)
    .that_is_silence(),
];

const ENCRYPTION: &[Fault] = &[
    at(
        Place::UnknownAuthority,
        "The certificate is signed by an authority that is not trusted",
    )
    .of(family::NO_CONNECTION),
    at(
        Place::OtherName,
        "The certificate belongs to another host name",
    )
    .of(family::NO_CONNECTION),
    at(Place::Expired, "The certificate has expired").of(family::NO_CONNECTION),
    at(Place::WithoutTls, "The server does not use TLS").of(family::NO_CONNECTION),
    at(
        Place::SilentTls,
        "The connection is accepted, but no TLS handshake follows",
    )
    .of(family::NO_CONNECTION)
    .that_is_silence(),
];

const REFUSALS: &[Fault] = &[
    final_answer("401, in Harness's words: the key is not valid", || {
        refusal(401, "INVALID_TOKEN", "Token is not valid.")
    }).of(family::REFUSED),
    final_answer("401 with an HTML page", || Action::Html(401)).of(family::NOT_HARNESS),
    final_answer("401 without a body", || {
        Action::Answer(Answer::status(401))
    }).of(family::NOT_HARNESS),
    final_answer("403: a permission is missing", || {
        Action::Answer(Answer::json(
            403,
            json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "correlationId": null, "responseMessages": null,
                "message": "Principal of type USER with identifier x : Missing permission core_connector_edit",
                "failedPermissionChecks": [{"permission": "core_connector_edit"}]}),
        ))
    }),
    final_answer("403 with an HTML page", || Action::Html(403)).of(family::NOT_HARNESS),
    final_answer(
        "400, in Harness's words: this connector does not exist",
        || failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", &missing(IDENTIFIER)),
    ).of(family::GONE)
    .to(&[Read, Update, Delete])
    .that_says_gone(),
    final_answer(
        "404, in Harness's words: this connector does not exist",
        || failure(404, "ENTITY_NOT_FOUND", &missing(IDENTIFIER)),
    ).of(family::GONE)
    .to(&[Read, Update, Delete])
    .that_says_gone(),
    final_answer(
        "404, in Harness's words: another connector does not exist",
        || failure(404, "RESOURCE_NOT_FOUND_EXCEPTION", &missing("another")),
    ).of(family::REFUSED),
    final_answer("404 with an HTML page", || Action::Html(404)).of(family::NOT_HARNESS),
    final_answer("404 without a body", || {
        Action::Answer(Answer::status(404))
    }).of(family::NOT_HARNESS),
    final_answer("404 with JSON that is not Harness's", || {
        let body = json!({"message": "no Route matched with those values"});
        Action::Answer(Answer::json(404, body))
    }).of(family::NOT_HARNESS),
    final_answer("409", || refusal(409, "CONFLICT", "Conflict")).of(family::REFUSED),
    final_answer("422", || {
        refusal(422, "UNPROCESSABLE_ENTITY", "Unprocessable")
    }).of(family::REFUSED),
    final_answer("400 with a number as the error code", || {
        let body = json!({"code": 400, "message": "Unable to process JSON", "details": "line 1, column 7"});
        Action::Answer(Answer::json(400, body))
    }).of(family::REFUSED),
    final_answer(
        "400 with percent signs and control characters in the message",
        || refusal(400, "INVALID_REQUEST", HOSTILE),
    ).of(family::REFUSED),
    final_answer("A policy of the account denies the connector", || {
        Action::Answer(Answer::json(
            200,
            envelope(
                &json!({"connector": null, "governanceMetadata": {"deny": true, "status": "error",
                "message": "", "details": [{"policySetName": "Git", "policyMetadata": [
                    {"policyName": "HTTPS only", "status": "error", "denyMessages": ["no ssh"]}]}]}}),
            ),
        ))
    })
    .to(&[Create, Update]),
    passing(
        "Someone else saved first (Harness's optimistic lock)",
        || {
            let message = "Request failed as you have an older version of entity, please reload the page and try again.";
            failure(400, "OPTIMISTIC_LOCKING_EXCEPTION", message)
        },
    )
    .to(&[Create, Update, Delete]),
];

const OUTAGES: &[Fault] = &[
    passing("429", || Action::Answer(Answer::status(429))).of(family::LIMITED),
    passing("429 with the number of seconds to wait", || limited("2")).of(family::LIMITED),
    passing("429 with the time to wait until", || {
        limited("Sun, 06 Nov 1994 08:49:39 GMT")
    }).of(family::LIMITED),
    passing(
        "429 with a wait that is longer than `retry_timeout`",
        || limited("3600"),
    )
    .that_pauses(),
    passing("500", || {
        let message = "Oops, something went wrong on our end. Please contact Harness Support.";
        refusal(500, "UNKNOWN_ERROR", message)
    }).of(family::OUTAGE),
    final_answer("501", || Action::Html(501)).of(family::NOT_HARNESS),
    passing("502", || Action::Html(502)).of(family::OUTAGE),
    passing("503", || {
        refusal(503, "UNKNOWN_ERROR", "Service is starting")
    }).of(family::OUTAGE),
    passing("504", || Action::Html(504)).of(family::OUTAGE),
    passing("The request is carried out, but the response is 500", || {
        Action::CommitThenAnswer(Answer::json(
            500,
            json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops", "correlationId": "c-500"}),
        ))
    }).of(family::OUTAGE),
    passing("The request is carried out, but the response is 503", || {
        Action::CommitThenAnswer(Answer::status(503))
    }).of(family::OUTAGE),
    passing("The request is carried out, but the response is 504", || {
        Action::CommitThenAnswer(Answer::status(504))
    }).of(family::OUTAGE),
];

const STRANGE_ANSWERS: &[Fault] = &[
    final_answer("A redirect to another host", || Action::Answer(redirect())).of(family::NOT_HARNESS),
    final_answer("200 with an HTML page", || Action::Html(200)).of(family::NOT_HARNESS),
    final_answer(
        "The request is carried out, but the response is 200 with an HTML page",
        || Action::CommitThenAnswer(html(200, "Sign in")),
    ).of(family::REPLACED),
    carried_out("The request is carried out, but the response is 403 with an HTML page", || html(403, "Blocked")).of(family::REPLACED),
    carried_out("The request is carried out, but the response is 404 with JSON that is not Harness's", || {
        Answer::json(404, json!({"message": "no Route matched with those values"}))
    }).of(family::REPLACED),
    carried_out("The request is carried out, but the response is 408 without a body", || Answer::status(408)).of(family::REPLACED),
    carried_out("The request is carried out, but the response is a redirect to another host", redirect).of(family::REPLACED),
    carried_out("The request is carried out, but the response is 304", || Answer::status(304)).of(family::REPLACED),
    carried_out("The request is carried out, but the response is 200 with an error inside", || {
        let body = json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops"});
        Answer::json(200, body)
    }).of(family::REPLACED),
    final_answer("200 without a body", || Action::Answer(Answer::status(200))).of(family::NOT_HARNESS),
    final_answer("200 with truncated JSON", || {
        let cut = Answer {
            body: Some("{\"status\":\"SUCCESS\",\"data\":{\"connector\":{\"na".to_owned()),
            ..Answer::status(200)
        };
        Action::Answer(cut.with_header("Content-Type", "application/json"))
    }).of(family::NOT_HARNESS),
    final_answer("200 with `data: null`", || {
        Action::Answer(Answer::json(200, envelope(&Value::Null)))
    }).of(family::NOT_HARNESS),
    final_answer("200 with `data: false`", || {
        Action::Answer(Answer::json(200, envelope(&json!(false))))
    }).of(family::NOT_HARNESS),
    final_answer("200 with an error inside", || {
        refusal(200, "UNKNOWN_ERROR", "Oops")
    }).of(family::NOT_HARNESS),
    final_answer(
        "200 with an error inside, with a number as the error code",
        || {
            let body = json!({"code": 500, "message": "There was an error processing your request."});
            Action::Answer(Answer::json(200, body))
        },
    ).of(family::NOT_HARNESS),
    final_answer(
        "200 with an error inside, with percent signs and control characters in the message",
        || refusal(200, "INVALID_REQUEST", HOSTILE),
    ).of(family::NOT_HARNESS),
    final_answer("The response has another secret", || {
        let secret = json!({"secret": {"type": "SecretText", "identifier": "another", "name": "Another",
            "spec": {"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline"}}});
        Action::Answer(Answer::json(200, envelope(&secret)))
    })
    .to(&[Lookups]),
    final_answer("The response has another connector", || {
        Action::Answer(Answer::json(200, other("another", "Bitbucket")))
    }).of(family::OTHER_CONNECTOR)
    .to(&[Create, Read, Update]),
    final_answer(
        "The request is carried out, but the response has another connector",
        || Action::CommitThenAnswer(Answer::json(200, other("another", "Bitbucket"))),
    ).of(family::REPLACED)
    .to(&[Create, Update]),
    final_answer("The response has a connector of another type", || {
        Action::Answer(Answer::json(200, other(IDENTIFIER, "Github")))
    }).of(family::OTHER_CONNECTOR)
    .to(&[Create, Read, Update]),
    final_answer("The response is 50 MB in size", || {
        Action::Answer(Answer {
            body_size: Some(50_000_000),
            ..Answer::status(200)
        })
    }),
];

const OTHERS: &[Fault] = &[
    meanwhile(
        "The connector is saved without a change",
        How::Meanwhile(|platform| change(platform, &json!({}))),
    )
    .of(family::UNMANAGED),
    meanwhile(
        "A setting changes that the provider does not manage",
        How::Meanwhile(|platform| change(platform, &json!({"spec": {"proxy": true}}))),
    )
    .of(family::UNMANAGED),
    meanwhile(
        "A managed setting changes",
        How::TakenOver(|platform| change(platform, &json!({"description": THEIRS}))),
    )
    .of(family::TAKEN_OVER),
    meanwhile(
        "A connector of another type takes its place",
        How::TakenOver(replace),
    )
    .of(family::TAKEN_OVER),
    meanwhile("The connector is deleted", How::Meanwhile(delete)),
    Fault {
        how: How::OtherAccount,
        happens_to: &[Read, Update, Delete, RequiredTestOfUpdate, Lookups],
        extents: &[Extent::All],
        ..fault(
            "The provider is configured for another account",
            How::OtherAccount,
        )
    },
];

/// The description of someone else's connector.
pub(crate) const THEIRS: &str = "Theirs";

fn change(platform: &Running, patch: &Value) {
    let patched = platform.patch(Kind::Connector, &Scope::account(), IDENTIFIER, patch);
    patched.expect("there is the connector");
}

fn replace(platform: &Running) {
    let github = json!({"name": THEIRS, "identifier": IDENTIFIER, "type": "Github", "description": THEIRS,
        "spec": {"url": "https://github.com/theirs", "type": "Account", "executeOnDelegate": true,
            "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "account.bitbucket_ssh"}}}});
    let put = platform.put(Kind::Connector, &Scope::account(), IDENTIFIER, github);
    put.expect("the connector has the form");
}

fn delete(platform: &Running) {
    let deleted = platform.delete(Kind::Connector, &Scope::account(), IDENTIFIER);
    deleted.expect("there is the connector");
}

fn redirect() -> Answer {
    Answer::status(302).with_header("Location", "https://login.example.com/sso")
}

fn html(status: u16, title: &str) -> Answer {
    let page = Answer {
        body: Some(format!("<!DOCTYPE html><title>{title}</title>")),
        ..Answer::status(status)
    };
    page.with_header("Content-Type", "text/html")
}

/// A message that would affect a terminal or a formatter if it were not sanitized.
const HOSTILE: &str = "100%s of %n \u{1b}[31mred\u{1b}[0m\r\n\u{0}\u{9b}2J\u{202e}end";

fn refusal(status: u16, code: &str, message: &str) -> Action {
    Action::Answer(Answer::json(
        status,
        json!({"status": "ERROR", "code": code, "message": message, "correlationId": "c-1", "detailedMessage": null,
            "responseMessages": [{"code": code, "level": "ERROR", "message": message, "exception": null}], "metadata": null}),
    ))
}

fn failure(status: u16, code: &str, message: &str) -> Action {
    Action::Answer(Answer::json(
        status,
        json!({"status": "FAILURE", "code": code, "message": message, "correlationId": "c-2", "errors": null}),
    ))
}

fn missing(identifier: &str) -> String {
    format!("Connector with identifier [{identifier}] not found in account [SANDBOX].")
}

fn limited(wait: &str) -> Action {
    Action::Answer(Answer::status(429).with_header("Retry-After", wait))
}

fn envelope(data: &Value) -> Value {
    json!({"status": "SUCCESS", "data": data, "metaData": null, "correlationId": "c-3"})
}

fn other(identifier: &str, connector_type: &str) -> Value {
    envelope(
        &json!({"connector": {"identifier": identifier, "name": "Another", "type": connector_type,
        "spec": {"url": "https://bitbucket.org/other/", "type": "Account",
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword",
                "spec": {"username": "x", "passwordRef": "account.bitbucket_token"}}}}}, "lastModifiedAt": 1}),
    )
}
