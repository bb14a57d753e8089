//! The faults: what can go wrong with a request, each in the words of the page and as something that a test can bring
//! about.

use harness_sandbox::{Action, Answer, Kind, Running, Scope};
use serde_json::{Value, json};

use super::OPERATIONS;
use super::case::{Extent, IDENTIFIER, Operation};

/// Something that goes wrong.
pub(crate) struct Fault {
    /// What happens, as a sentence without a full stop.
    pub(crate) says: &'static str,
    /// How it is brought about.
    pub(crate) how: How,
    /// The operations to which it can happen.
    pub(crate) happens_to: &'static [Operation],
    /// How much of an operation it may meet.
    pub(crate) extents: &'static [Extent],
    /// It says, in the platform's own words, that the connector does not exist.
    pub(crate) says_gone: bool,
    /// It has the whole process pause for a minute.
    pub(crate) pauses: bool,
    /// It is an answer that does not come, or not in time.
    pub(crate) is_silence: bool,
}

/// How a fault is brought about.
pub(crate) enum How {
    /// Nothing goes wrong.
    Nothing,
    /// The endpoint leads to such a place.
    At(Place),
    /// The sandbox does this to a request.
    By(fn() -> Action),
    /// The sandbox carries a request out, and answers this.
    CarriedOut(fn() -> Answer),
    /// Somebody does this to the connector: after Terraform has read it, or after a change and before what undoes it.
    Meanwhile(fn(&Running)),
    /// Likewise, and what is there is theirs from then on.
    TakenOver(fn(&Running)),
    /// The provider is configured for another account, which has a connector of the same identifier.
    OtherAccount,
}

/// A place where no platform is.
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

use Operation::{Create, Delete, List, LookUps, Read, RequiredTest, RequiredTestOfUpdate, Update};

/// Those that can be all that the endpoint is asked for. A connection test follows a request that was answered.
const FIRST: &[Operation] = &[Create, Read, Update, Delete, LookUps, List];

/// Something that goes wrong wherever it can.
const fn fault(says: &'static str, how: How) -> Fault {
    Fault {
        says,
        how,
        happens_to: &OPERATIONS,
        extents: &[Extent::Once, Extent::Main, Extent::All],
        says_gone: false,
        pauses: false,
        is_silence: false,
    }
}

/// A place to which all requests go.
const fn at(place: Place, says: &'static str) -> Fault {
    Fault {
        happens_to: FIRST,
        extents: &[Extent::All],
        ..fault(says, How::At(place))
    }
}

/// Something that somebody does to the connector.
const fn meanwhile(says: &'static str, how: How) -> Fault {
    Fault {
        happens_to: &[Update, Delete, RequiredTest, RequiredTestOfUpdate],
        extents: &[Extent::Once],
        ..fault(says, how)
    }
}

/// Something that may be over with the next attempt.
const fn passing(says: &'static str, action: fn() -> Action) -> Fault {
    fault(says, How::By(action))
}

/// An answer after which nothing is tried again.
const fn final_answer(says: &'static str, action: fn() -> Action) -> Fault {
    Fault {
        extents: &[Extent::Once, Extent::All],
        ..passing(says, action)
    }
}

/// A change that is carried out, and whose answer something on the way replaces by another.
const fn carried_out(says: &'static str, answer: fn() -> Answer) -> Fault {
    Fault {
        happens_to: &[Create, Update, Delete],
        ..fault(says, How::CarriedOut(answer))
    }
}

impl Fault {
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

/// All faults, in groups with a title.
pub(crate) static FAULTS: &[(&str, &[Fault])] = &[
    ("On a good day", GOOD_DAY),
    ("The network", NETWORK),
    ("Encryption", ENCRYPTION),
    ("Refusals", REFUSALS),
    ("Limits and outages", OUTAGES),
    ("Answers that are not Harness's", STRANGE_ANSWERS),
    ("What others do meanwhile", OTHERS),
];

const GOOD_DAY: &[Fault] = &[Fault {
    extents: &[Extent::Once],
    ..fault("Nothing goes wrong", How::Nothing)
}];

const NETWORK: &[Fault] = &[
    at(Place::Unresolvable, "The host name cannot be resolved"),
    at(Place::Refused, "The connection is refused"),
    at(
        Place::ClosedAtOnce,
        "The connection is closed before the request can be read",
    ),
    passing(
        "The connection is reset, and the request is not carried out",
        || Action::ResetBefore,
    ),
    passing(
        "The request is carried out, and the connection is reset before the answer",
        || Action::CommitThenReset,
    ),
    passing(
        "The request is carried out, and the connection is lost in the middle of the answer",
        || Action::CutBody,
    ),
    passing(
        "No answer comes, and the request is not carried out",
        || Action::Hang,
    )
    .that_is_silence(),
    passing("The request is carried out, and no answer comes", || {
        Action::CommitThenHang
    })
    .that_is_silence(),
    passing("The answer comes in drops, and is complete in time", || {
        Action::Drip { every_ms: 0 }
    }),
    passing(
        "The answer comes in drops, and is not complete in time",
        || Action::Drip { every_ms: 100 },
    )
    .that_is_silence(),
];

const ENCRYPTION: &[Fault] = &[
    at(
        Place::UnknownAuthority,
        "The certificate is signed by an authority that is not trusted",
    ),
    at(
        Place::OtherName,
        "The certificate belongs to another host name",
    ),
    at(Place::Expired, "The certificate has expired"),
    at(Place::WithoutTls, "The other side speaks no TLS"),
    at(
        Place::SilentTls,
        "The connection is accepted, and no TLS handshake follows",
    )
    .that_is_silence(),
];

const REFUSALS: &[Fault] = &[
    final_answer("401, in Harness's words: the key is not valid", || {
        refusal(401, "INVALID_TOKEN", "Token is not valid.")
    }),
    final_answer("401 as a page in HTML", || Action::Html(401)),
    final_answer("401 without a body", || {
        Action::Answer(Answer::status(401))
    }),
    final_answer("403, in Harness's words: a permission is missing", || {
        Action::Answer(Answer::json(
            403,
            json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "correlationId": null, "responseMessages": null,
                "message": "Principal of type USER with identifier x : Missing permission core_connector_edit",
                "failedPermissionChecks": [{"permission": "core_connector_edit"}]}),
        ))
    }),
    final_answer("403 as a page in HTML", || Action::Html(403)),
    final_answer(
        "400, in Harness's words: this connector does not exist",
        || failure(400, "RESOURCE_NOT_FOUND_EXCEPTION", &missing(IDENTIFIER)),
    )
    .to(&[Read, Update, Delete])
    .that_says_gone(),
    final_answer(
        "404, in Harness's words: this connector does not exist",
        || failure(404, "ENTITY_NOT_FOUND", &missing(IDENTIFIER)),
    )
    .to(&[Read, Update, Delete])
    .that_says_gone(),
    final_answer(
        "404, in Harness's words: another connector does not exist",
        || failure(404, "RESOURCE_NOT_FOUND_EXCEPTION", &missing("another")),
    ),
    final_answer("404 as a page in HTML", || Action::Html(404)),
    final_answer("404 without a body", || {
        Action::Answer(Answer::status(404))
    }),
    final_answer("404 as JSON of something else than Harness", || {
        let body = json!({"message": "no Route matched with those values"});
        Action::Answer(Answer::json(404, body))
    }),
    final_answer("409", || refusal(409, "CONFLICT", "Conflict")),
    final_answer("422", || {
        refusal(422, "UNPROCESSABLE_ENTITY", "Unprocessable")
    }),
    final_answer("400 with a number as its code", || {
        let body = json!({"code": 400, "message": "Unable to process JSON", "details": "line 1, column 7"});
        Action::Answer(Answer::json(400, body))
    }),
    final_answer(
        "400 with percent signs and control characters in its message",
        || refusal(400, "INVALID_REQUEST", HOSTILE),
    ),
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
        "Another writer was faster (Harness's optimistic lock)",
        || {
            let message = "Request failed as you have an older version of entity, please reload the page and try again.";
            failure(400, "OPTIMISTIC_LOCKING_EXCEPTION", message)
        },
    )
    .to(&[Create, Update, Delete]),
];

const OUTAGES: &[Fault] = &[
    passing("429", || Action::Answer(Answer::status(429))),
    passing("429 with the number of seconds to wait", || limited("2")),
    passing("429 with the time until which to wait", || {
        limited("Sun, 06 Nov 1994 08:49:39 GMT")
    }),
    passing(
        "429 with a wait that is longer than `retry_timeout`",
        || limited("3600"),
    )
    .that_pauses(),
    passing("500", || {
        let message = "Oops, something went wrong on our end. Please contact Harness Support.";
        refusal(500, "UNKNOWN_ERROR", message)
    }),
    final_answer("501", || Action::Html(501)),
    passing("502", || Action::Html(502)),
    passing("503", || {
        refusal(503, "UNKNOWN_ERROR", "Service is starting")
    }),
    passing("504", || Action::Html(504)),
    passing("The request is carried out, and answered with 500", || {
        Action::CommitThenAnswer(Answer::json(
            500,
            json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops", "correlationId": "c-500"}),
        ))
    }),
    passing("The request is carried out, and answered with 503", || {
        Action::CommitThenAnswer(Answer::status(503))
    }),
    passing("The request is carried out, and answered with 504", || {
        Action::CommitThenAnswer(Answer::status(504))
    }),
];

const STRANGE_ANSWERS: &[Fault] = &[
    final_answer("A redirect to another host", || Action::Answer(redirect())),
    final_answer("200 with a page in HTML", || Action::Html(200)),
    final_answer(
        "The request is carried out, and answered with 200 and a page in HTML",
        || Action::CommitThenAnswer(html(200, "Sign in")),
    ),
    carried_out("The request is carried out, and answered with 403 and a page in HTML", || html(403, "Blocked")),
    carried_out("The request is carried out, and answered with 404 as JSON of something else than Harness", || {
        Answer::json(404, json!({"message": "no Route matched with those values"}))
    }),
    carried_out("The request is carried out, and answered with 408 without a body", || Answer::status(408)),
    carried_out("The request is carried out, and answered with a redirect to another host", redirect),
    carried_out("The request is carried out, and answered with 304", || Answer::status(304)),
    carried_out("The request is carried out, and answered with 200 and an error inside", || {
        let body = json!({"status": "ERROR", "code": "UNKNOWN_ERROR", "message": "Oops"});
        Answer::json(200, body)
    }),
    final_answer("200 without a body", || Action::Answer(Answer::status(200))),
    final_answer("200 with JSON that is cut off", || {
        let cut = Answer {
            body: Some("{\"status\":\"SUCCESS\",\"data\":{\"connector\":{\"na".to_owned()),
            ..Answer::status(200)
        };
        Action::Answer(cut.with_header("Content-Type", "application/json"))
    }),
    final_answer("200 with `data: null`", || {
        Action::Answer(Answer::json(200, envelope(&Value::Null)))
    }),
    final_answer("200 with `data: false`", || {
        Action::Answer(Answer::json(200, envelope(&json!(false))))
    }),
    final_answer("200 with an error inside", || {
        refusal(200, "UNKNOWN_ERROR", "Oops")
    }),
    final_answer(
        "200 with an error inside, which has a number as its code",
        || {
            let body = json!({"code": 500, "message": "There was an error processing your request."});
            Action::Answer(Answer::json(200, body))
        },
    ),
    final_answer(
        "200 with an error inside, which has percent signs and control characters in its message",
        || refusal(200, "INVALID_REQUEST", HOSTILE),
    ),
    final_answer("200 with another secret", || {
        let secret = json!({"secret": {"type": "SecretText", "identifier": "another", "name": "Another",
            "spec": {"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline"}}});
        Action::Answer(Answer::json(200, envelope(&secret)))
    })
    .to(&[LookUps]),
    final_answer("200 with another connector", || {
        Action::Answer(Answer::json(200, other("another", "Bitbucket")))
    })
    .to(&[Create, Read, Update]),
    final_answer(
        "The request is carried out, and answered with another connector",
        || Action::CommitThenAnswer(Answer::json(200, other("another", "Bitbucket"))),
    )
    .to(&[Create, Update]),
    final_answer("200 with a connector of another type", || {
        Action::Answer(Answer::json(200, other(IDENTIFIER, "Github")))
    })
    .to(&[Create, Read, Update]),
    final_answer("200 with 50 MB", || {
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
    ),
    meanwhile(
        "Something changes that the provider does not manage",
        How::Meanwhile(|platform| change(platform, &json!({"spec": {"proxy": true}}))),
    ),
    meanwhile(
        "A managed setting changes",
        How::TakenOver(|platform| change(platform, &json!({"description": THEIRS}))),
    ),
    meanwhile(
        "A connector of another type takes its place",
        How::TakenOver(replace),
    ),
    meanwhile("The connector is deleted", How::Meanwhile(delete)),
    Fault {
        how: How::OtherAccount,
        happens_to: &[Read, Update, Delete, RequiredTestOfUpdate, LookUps],
        extents: &[Extent::All],
        ..fault(
            "The provider is configured for another account",
            How::OtherAccount,
        )
    },
];

/// The description of what is somebody else's.
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

/// A message that would act on a terminal, or on a formatter, if it were let through.
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
