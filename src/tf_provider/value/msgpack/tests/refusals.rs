//! What no sender should send, and what this program must not write.

use super::hex;
use crate::value::msgpack::{decode, encode};
use crate::value::{DEEPEST, DecodeError, Path, Type, Value};

/// Checks that these bytes are refused as a value of this type, with these messages.
fn refused<'a>(ty: &Type, rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (bytes, message) in rows {
        let error = decode(&hex(bytes), ty).unwrap_err();
        assert_eq!(error.to_string(), message, "{bytes}");
    }
}

#[test]
fn bytes_that_are_not_one_whole_value_are_refused() {
    refused(
        &Type::String,
        [
            ("", "expected a string, found the end of the input"),
            ("c0c0", "expected the end of the value, found 1 more byte"),
            (
                "c0c0c0",
                "expected the end of the value, found 2 more bytes",
            ),
            (
                "c1",
                "expected a string, found the byte 0xc1, which msgpack never uses",
            ),
            ("a278", "expected 2 more bytes, found only 1"),
            ("d9", "expected 1 more byte, found only 0"),
            ("d400", "expected 1 more byte, found only 0"),
            ("cd01", "expected 2 more bytes, found only 1"),
            ("a1ff", "expected UTF-8 text, found other bytes"),
        ],
    );
}

#[test]
fn a_value_of_another_kind_is_refused_by_the_name_of_its_kind() {
    let found = [
        ("c3", "a bool"),
        ("07", "an integer"),
        ("ff", "an integer"),
        ("cb3fe0000000000000", "a float"),
        ("a178", "a string"),
        ("c40178", "bytes"),
        ("90", "an array"),
        ("80", "a map"),
    ];
    let accepted = [
        (Type::Bool, vec!["a bool"]),
        (Type::Number, vec!["an integer", "a float"]),
        (Type::String, vec!["a string"]),
        (Type::list(Type::Bool), vec!["an array"]),
        (Type::set(Type::Bool), vec!["an array"]),
        (Type::Tuple(vec![]), vec!["an array"]),
        (Type::map(Type::Bool), vec!["a map"]),
        (Type::object::<String>([]), vec!["a map"]),
    ];
    for (ty, accepted) in accepted {
        for (bytes, kind) in found {
            match decode(&hex(bytes), &ty) {
                Ok(_) => assert!(accepted.contains(&kind), "{ty}: {kind}"),
                Err(error) if error.found() == kind => {
                    assert!(!accepted.contains(&kind), "{ty}: {kind}");
                    assert_eq!(error.expected(), ty.kind());
                }
                Err(error) => {
                    let message = "expected a number, found a string that is no decimal number";
                    assert_eq!(error.to_string(), message, "{ty}: {kind}");
                }
            }
        }
    }
}

#[test]
fn an_object_has_exactly_the_attributes_of_its_type() {
    let ty = Type::object([("list", Type::Bool), ("set", Type::Bool)]);
    refused(
        &ty,
        [
            (
                "80",
                "expected the attribute \"list\", found an object without it",
            ),
            (
                "81 a46c697374 c0",
                "expected the attribute \"set\", found an object without it",
            ),
            (
                "81 a36e616d c0",
                "expected only attributes of the schema, found the attribute \"nam\"",
            ),
            (
                "82 a3736574 c0 a3736574 c0",
                "expected each attribute once, found \"set\" twice",
            ),
            ("81 01 c0", "expected an attribute name, found an integer"),
            (
                "81 d40000",
                "expected an attribute name, found an unknown value",
            ),
        ],
    );
}

#[test]
fn an_error_inside_a_value_says_where() {
    let ty = Type::object([("tags", Type::map(Type::list(Type::String)))]);
    refused(
        &ty,
        [
            (
                "81 a474616773 a178",
                "at tags: expected a map, found a string",
            ),
            (
                "81 a474616773 81 c0 c0",
                "at tags: expected a key, found null",
            ),
            (
                "81 a474616773 81 a1ff c0",
                "at tags: expected UTF-8 text, found other bytes",
            ),
            (
                "81 a474616773 81 a1",
                "at tags: expected 1 member, found only 1 more byte",
            ),
            (
                "81 a474616773 82 a161 c0 a161 c0",
                "at tags: expected each key once, found \"a\" twice",
            ),
            (
                "81 a474616773 81 a161 07",
                "at tags[\"a\"]: expected a list, found an integer",
            ),
            (
                "81 a474616773 81 a161 92 c0 c3",
                "at tags[\"a\"][1]: expected a string, found a bool",
            ),
        ],
    );
    let set = Type::object([("set", Type::set(Type::list(Type::Bool)))]);
    refused(
        &set,
        [(
            "81 a3736574 91 91 01",
            "at set: expected a bool, found an integer",
        )],
    );
    let tuple = Type::Tuple(vec![Type::Bool]);
    refused(
        &tuple,
        [(
            "92c3c3",
            "expected a tuple of 1 element, found an array of 2",
        )],
    );
    let error = decode(&hex("9101"), &tuple).unwrap_err();
    assert_eq!(error.path(), &Path::root().index(0));
    assert_eq!((error.expected(), error.found()), ("a bool", "an integer"));
}

#[test]
fn a_number_that_is_none_is_refused() {
    refused(
        &Type::Number,
        [
            (
                "a178",
                "expected a number, found a string that is no decimal number",
            ),
            (
                "a3496e66",
                "expected a number, found a string that is no decimal number",
            ),
            (
                "a6316539393939",
                "expected a number, found a number with too many digits",
            ),
            (
                "cb7ff8000000000000",
                "expected a number, found an infinite number or NaN",
            ),
            (
                "cbfff0000000000000",
                "expected a number, found an infinite number or NaN",
            ),
            (
                "ca7f800000",
                "expected a number, found an infinite number or NaN",
            ),
        ],
    );
}

#[test]
fn a_dynamic_value_without_a_readable_type_is_refused() {
    refused(
        &Type::Dynamic,
        [
            ("a178", "expected a dynamically typed value, found a string"),
            (
                "93c0c0c0",
                "expected an array of two, a type and a value, found an array of another length",
            ),
            ("9201c0", "expected a type as JSON, found an integer"),
            (
                "92a178c0",
                "expected a type as JSON, found faulty JSON (expected value at line 1 column 1)",
            ),
            (
                "92 a8 22737472696e6722 c3",
                "expected a string, found a bool",
            ),
            (
                "92 c405 226e697822 c3",
                "expected bool, number, string, dynamic, list, set, map, object, or tuple, \
                 found the type \"nix\"",
            ),
        ],
    );
}

#[test]
fn an_error_never_quotes_content() {
    let secret = "68756e74657232";
    let nested = Type::map(Type::list(Type::Bool));
    for bytes in [
        format!("a7{secret}"),
        format!("81a16191a7{secret}"),
        format!("c407{secret}"),
    ] {
        for ty in [&Type::Bool, &Type::Number, &Type::Dynamic, &nested] {
            let error = decode(&hex(&bytes), ty).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
    let bytes = format!("92a7{secret}c0");
    assert!(
        !decode(&hex(&bytes), &Type::Dynamic)
            .unwrap_err()
            .to_string()
            .contains("hunter2")
    );
}

#[test]
fn an_impossible_length_is_refused_before_allocating() {
    let rows = [
        (Type::list(Type::Bool), "ddffffffff"),
        (Type::set(Type::Bool), "dcffff"),
        (Type::map(Type::Bool), "dfffffffff"),
        (Type::map(Type::Bool), "82 c0c0c0"),
        (Type::String, "dbffffffff"),
        (Type::Bool, "c9ffffffff00"),
        (Type::Dynamic, "92c6ffffffff"),
    ];
    for (ty, bytes) in rows {
        let message = decode(&hex(bytes), &ty).unwrap_err().to_string();
        assert!(message.contains("found only"), "{bytes}: {message}");
    }
}

#[test]
fn nesting_is_accepted_up_to_the_limit_and_refused_beyond() {
    fn nested(levels: usize) -> Result<Value, DecodeError> {
        let ty = (1..levels).fold(Type::list(Type::Bool), |inner, _| Type::list(inner));
        let mut bytes = vec![0x91; levels - 1];
        bytes.push(0x90);
        decode(&bytes, &ty)
    }
    assert!(nested(DEEPEST).is_ok());
    let error = nested(DEEPEST + 1).unwrap_err();
    assert_eq!(error.expected(), "at most 128 levels of nesting");
    assert_eq!(error.path().steps().len(), DEEPEST);
}

#[test]
fn dynamic_values_cannot_nest_without_end() {
    // Each layer is a dynamic value whose type is again dynamic.
    let mut bytes = b"\x92\xc4\x09\"dynamic\"".repeat(100_000);
    bytes.push(0xc0);
    let error = decode(&bytes, &Type::Dynamic).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected at most 128 levels of nesting, found more"
    );
}

#[test]
fn a_value_of_another_type_is_not_written() {
    let list = Type::list(Type::Bool);
    let object = Type::object([("a", list.clone()), ("b", Type::map(Type::Number))]);
    let rows = [
        (
            &Type::String,
            Value::from(true),
            "expected a string, found a bool",
        ),
        (&Type::Bool, "x".into(), "expected a bool, found a string"),
        (
            &Type::Number,
            "1".into(),
            "expected a number, found a string",
        ),
        (
            &Type::Dynamic,
            "1".into(),
            "expected a dynamically typed value, found a string",
        ),
        (&list, Value::set([]), "expected a list, found a set"),
        (
            &Type::set(Type::Bool),
            Value::list([]),
            "expected a set, found a list",
        ),
        (
            &Type::map(Type::Bool),
            Value::object::<&str>([]),
            "expected a map, found an object",
        ),
        (
            &object,
            Value::map::<&str>([]),
            "expected an object, found a map",
        ),
        (
            &Type::Tuple(vec![Type::Bool]),
            Value::Tuple(vec![]),
            "expected a tuple of 1 element, found a tuple of 0",
        ),
        (
            &object,
            Value::object([("a", Value::Null)]),
            "expected the attribute \"b\", found an object without it",
        ),
        (
            &object,
            Value::object([("a", Value::Null), ("b", Value::Null), ("c", Value::Null)]),
            "expected only attributes of the type, found the attribute \"c\"",
        ),
        (
            &object,
            Value::object([
                ("a", Value::list([true.into(), 1.into()])),
                ("b", Value::Null),
            ]),
            "at a[1]: expected a bool, found a number",
        ),
        (
            &object,
            Value::object([("a", Value::Null), ("b", Value::map([("k", "x".into())]))]),
            "at b[\"k\"]: expected a number, found a string",
        ),
        (
            &Type::set(list.clone()),
            Value::set([Value::list([1.into()])]),
            "expected a bool, found a number",
        ),
        (
            &Type::Dynamic,
            Value::dynamic(Type::String, true.into()),
            "expected a string, found a bool",
        ),
    ];
    for (ty, value, message) in rows {
        assert_eq!(encode(&value, ty).unwrap_err().to_string(), message);
    }
    let error = encode(
        &Value::Tuple(vec![1.into()]),
        &Type::Tuple(vec![Type::Bool]),
    )
    .unwrap_err();
    assert_eq!(error.path(), &Path::root().index(0));
}
