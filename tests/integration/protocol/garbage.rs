//! Invalid input: bytes that are not a value, values of another schema, unreadable state. Each gets an error that says
//! where, what was expected, and what was found. Nothing is lost, and the provider continues to serve.

use std::collections::BTreeMap;

use tf_provider::proto::tfplugin5::{self as proto, Diagnostic, DynamicValue, RawState};
use tf_provider::value::{Type, Value};

use super::connector::small;
use super::session::{Session, State, TYPE_NAME, encode, has_errors, null_object, sentences};

/// Where a value is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Prepare,
    Configure,
    Validate,
    Read,
    PlanPrior,
    PlanProposed,
    PlanConfig,
    ApplyPrior,
    ApplyPlanned,
}

use Place::{
    ApplyPlanned, ApplyPrior, Configure, PlanConfig, PlanPrior, PlanProposed, Prepare, Read,
    Validate,
};

/// Every place, and its name in errors.
const PLACES: [(Place, &str); 9] = [
    (Prepare, "config"),
    (Configure, "config"),
    (Validate, "config"),
    (Read, "current_state"),
    (PlanPrior, "prior_state"),
    (PlanProposed, "proposed_new_state"),
    (PlanConfig, "config"),
    (ApplyPrior, "prior_state"),
    (ApplyPlanned, "planned_state"),
];

/// Sends `value` at a place, with valid values everywhere else.
async fn send(session: &Session, place: Place, value: &DynamicValue) -> Vec<Diagnostic> {
    let mut client = session.host.provider.clone();
    let right = Some(session.encode(&small(&session.ty)));
    let at = |here: Place| {
        if here == place {
            Some(value.clone())
        } else {
            right.clone()
        }
    };
    let type_name = TYPE_NAME.to_owned();
    match place {
        Prepare => {
            let request = proto::prepare_provider_config::Request {
                config: at(Prepare),
            };
            client
                .prepare_provider_config(request)
                .await
                .unwrap()
                .into_inner()
                .diagnostics
        }
        Configure => {
            let request = proto::configure::Request {
                config: at(Configure),
                ..Default::default()
            };
            client
                .configure(request)
                .await
                .unwrap()
                .into_inner()
                .diagnostics
        }
        Validate => {
            let request = proto::validate_resource_type_config::Request {
                type_name,
                config: at(Validate),
                client_capabilities: None,
            };
            let answer = client.validate_resource_type_config(request).await;
            answer.unwrap().into_inner().diagnostics
        }
        Read => {
            let request = proto::read_resource::Request {
                type_name,
                current_state: at(Read),
                ..Default::default()
            };
            let answer = client.read_resource(request).await.unwrap().into_inner();
            answer.diagnostics
        }
        PlanPrior | PlanProposed | PlanConfig => {
            let request = proto::plan_resource_change::Request {
                type_name,
                prior_state: at(PlanPrior),
                proposed_new_state: at(PlanProposed),
                config: at(PlanConfig),
                ..Default::default()
            };
            client
                .plan_resource_change(request)
                .await
                .unwrap()
                .into_inner()
                .diagnostics
        }
        ApplyPrior | ApplyPlanned => {
            let request = proto::apply_resource_change::Request {
                type_name,
                prior_state: at(ApplyPrior),
                planned_state: at(ApplyPlanned),
                planned_private: b"private".to_vec(),
                ..Default::default()
            };
            let prior = request.prior_state.clone();
            let answer = client
                .apply_resource_change(request)
                .await
                .unwrap()
                .into_inner();
            assert_eq!(answer.new_state, prior, "an apply loses no state");
            assert_eq!(answer.private, b"private");
            answer.diagnostics
        }
    }
}

fn bytes(msgpack: Vec<u8>) -> DynamicValue {
    DynamicValue {
        msgpack,
        json: Vec::new(),
    }
}

/// Returns a msgpack string.
fn string(text: &str) -> Vec<u8> {
    let mut bytes = vec![0xa0 | u8::try_from(text.len()).unwrap()];
    bytes.extend(text.as_bytes());
    bytes
}

/// Returns the encoding of an object with one attribute replaced by these bytes.
fn with_member(ty: &Type, name: &str, member: &[u8]) -> Vec<u8> {
    let Type::Object(attributes) = ty else {
        panic!("{ty}");
    };
    let mut names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    if !attributes.contains_key(name) {
        names.push(name);
    }
    let mut bytes = vec![0xde, 0, u8::try_from(names.len()).unwrap()];
    for each in names {
        bytes.extend(string(each));
        bytes.extend(if each == name { member } else { &[0xc0] });
    }
    bytes
}

/// Returns values that are not of this type, with the path, expectation, and finding that the error must contain.
fn garbage(ty: &Type) -> Vec<(&'static str, DynamicValue, &'static str)> {
    let whole = encode(&null_object(ty), ty).msgpack;
    let mut truncated = whole.clone();
    truncated.pop();
    let mut longer = whole.clone();
    longer.extend([0xc0, 0xc0]);
    // Both the resource and the provider have it.
    let shared = "connection_test";
    let json = DynamicValue {
        msgpack: Vec::new(),
        json: br#"{"connection_test": ["#.to_vec(),
    };
    vec![
        ("empty", bytes(Vec::new()), ": expected an object, found "),
        ("truncated", bytes(truncated), "found the end of the input"),
        (
            "trailing bytes",
            bytes(longer),
            "expected the end of the value, found 2 more bytes",
        ),
        (
            "a text",
            bytes(string("text")),
            ": expected an object, found a string",
        ),
        (
            "a list",
            bytes(vec![0x90]),
            ": expected an object, found an array",
        ),
        (
            "reserved byte",
            bytes(vec![0xc1]),
            ": expected an object, found ",
        ),
        (
            "an attribute of another type",
            bytes(with_member(ty, shared, &[0x93, 1, 2, 3])),
            "at connection_test: expected a string, found an array",
        ),
        (
            "text that is not UTF-8",
            bytes(with_member(ty, shared, &[0xa2, 0xff, 0xfe])),
            "at connection_test: expected ",
        ),
        (
            "an unknown attribute",
            bytes(with_member(ty, "no_such", &[0xc0])),
            "\"no_such\"",
        ),
        (
            "a missing attribute",
            bytes(vec![0x80]),
            "expected the attribute ",
        ),
        (
            "four thousand million members",
            bytes(vec![0xdf, 0xff, 0xff, 0xff, 0xff]),
            "expected ",
        ),
        (
            "deep nesting",
            bytes(vec![0x91; 1_000_000]),
            ": expected an object, found an array",
        ),
        (
            "deep nesting inside",
            bytes(with_member(ty, shared, &vec![0x91; 1_000_000])),
            "at connection_test: expected a string, found an array",
        ),
        ("broken JSON", json, "expected "),
    ]
}

#[tokio::test]
async fn garbage_in_any_place_is_an_error_that_says_where() {
    let session = Session::start().await;
    for (place, name) in PLACES {
        let ty = match place {
            Prepare | Configure => &session.provider_ty,
            _ => &session.ty,
        };
        for (what, value, expected) in garbage(ty) {
            let findings = send(&session, place, &value).await;
            let said = sentences(&findings);
            assert_eq!(said.len(), 1, "{place:?}, {what}: {said:#?}");
            let (at, text) = said[0].split_once(": ").unwrap();
            let start = format!("Malformed value in `{name}`.");
            assert!(text.starts_with(&start), "{place:?}, {what}: {said:#?}");
            // The path in the text is also the diagnostic's path.
            let path = at.strip_prefix("error ").unwrap();
            let named = text.contains(&format!(": at {path}: expected"));
            assert_eq!(named, !path.is_empty(), "{place:?}, {what}: {said:#?}");
            for part in [expected, "expected ", ", found "] {
                assert!(said[0].contains(part), "{place:?}, {what}: {said:#?}");
            }
        }
    }
    let state = session.bring(&State::none(), &small(&session.ty)).await;
    assert_eq!(session.read(&state).await.clean(), state);
    session.shut_down().await;
}

#[tokio::test]
async fn an_error_in_a_nested_block_or_a_map_names_the_whole_path() {
    let session = Session::start().await;
    let http = [
        &[0x83][..],
        &string("password_ref"),
        &[7],
        &string("username"),
        &[0xc0],
        &string("username_ref"),
        &[0xc0],
    ]
    .concat();
    let credentials = [&[0x82][..], &string("http"), &http, &string("ssh"), &[0xc0]].concat();
    let tags = [&[0x81][..], &string("a b"), &[0xc3]].concat();
    for (name, member, expected) in [
        (
            "credentials",
            credentials,
            "at credentials.http.password_ref: expected a string, found an integer",
        ),
        (
            "tags",
            tags,
            "at tags[\"a b\"]: expected a string, found a bool",
        ),
        (
            "delegate_selectors",
            vec![0x91, 0xc2],
            "at delegate_selectors: expected a string, found a bool",
        ),
    ] {
        let value = bytes(with_member(&session.ty, name, &member));
        let said = sentences(&send(&session, Validate, &value).await);
        assert!(said.len() == 1 && said[0].contains(expected), "{said:#?}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn null_and_unknown_where_there_is_always_an_object_are_garbage_too() {
    let session = Session::start().await;
    let null = encode(&Value::Null, &session.ty);
    let unknown = encode(&Value::unknown(), &session.ty);
    for (place, name) in PLACES {
        for (value, found, refused) in [
            (&null, "null", [Validate, Read, PlanConfig].contains(&place)),
            (&unknown, "an unknown value", true),
        ] {
            if refused {
                let said = sentences(&send(&session, place, value).await);
                let start = format!("error : Malformed value in `{name}`.");
                assert!(
                    said.len() == 1 && said[0].starts_with(&start),
                    "{place:?}: {said:#?}"
                );
                let found = format!(", found {found}.");
                assert!(said[0].contains(&found), "{place:?}: {said:#?}");
            }
        }
    }
    session.shut_down().await;
}

fn json(text: &str) -> RawState {
    RawState {
        json: text.as_bytes().to_vec(),
        flatmap: BTreeMap::new(),
    }
}

#[tokio::test]
async fn stored_state_is_read_and_members_of_other_versions_dropped() {
    let session = Session::start().await;
    let state = session.bring(&State::none(), &small(&session.ty)).await;
    let stored = tf_provider::value::json::encode(&state.value, &session.ty);
    let stored = String::from_utf8(stored.unwrap()).unwrap();
    let upgraded = session.upgrade(0, json(&stored)).await.clean();
    assert_eq!(upgraded.value, state.value);

    let with_more = stored.replacen('{', r#"{"former_setting": [1, {"a": null}], "#, 1);
    let upgraded = session.upgrade(0, json(&with_more)).await.clean();
    assert_eq!(upgraded.value, state.value);
    session.shut_down().await;
}

#[tokio::test]
async fn state_that_cannot_be_read_is_an_error_that_says_why() {
    let session = Session::start().await;
    let flatmap = RawState {
        json: Vec::new(),
        flatmap: [("name".to_owned(), "bb".to_owned())].into(),
    };
    let deep = format!("{}{}", r#"{"tags":"#.repeat(5_000), "}".repeat(5_000));
    let rows = [
        (0, flatmap, "the format of Terraform before 0.12"),
        (0, json("{"), "JSON"),
        (0, json("[]"), "expected an object, found an array"),
        (0, json("nope"), "JSON"),
        (
            0,
            json(r#"{"name": 7}"#),
            "at name: expected a string, found ",
        ),
        (
            0,
            json(r#"{"credentials": {"http": []}}"#),
            "at credentials.http: expected an object, found an array",
        ),
        (0, json(r#"{"name": "a"} {}"#), "JSON"),
        (0, json(&deep), "expected"),
        (1, json("{}"), "schema version 1 of"),
        (i64::MAX, json("garbage"), "supports versions up to 0"),
    ];
    for (version, raw, expected) in rows {
        let outcome = session.upgrade(version, raw).await;
        let said = sentences(&outcome.findings);
        assert!(has_errors(&outcome.findings), "{expected}");
        assert!(
            said.len() == 1 && said[0].contains(expected),
            "{expected}: {said:#?}"
        );
        assert_eq!(outcome.state, State::none());
    }
    session.shut_down().await;
}
