//! The codec against real captures, and against the msgpack specification.

mod refusals;

use super::*;
use crate::value::Refinement;
use crate::value::refinement::{Bound, Promises};

const CAPTURES: &str = include_str!("../../../../../tests/fixtures/msgpack-terraform-1.11.4.txt");

fn captures() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = CAPTURES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, bytes) = line.split_once(' ').unwrap();
            (name, hex(bytes))
        })
        .collect()
}

fn capture_type() -> Type {
    Type::object([
        ("b", Type::Bool),
        ("d", Type::Dynamic),
        ("l", Type::list(Type::String)),
        ("m", Type::map(Type::Number)),
        ("n", Type::Number),
        ("s", Type::String),
        ("t", Type::set(Type::String)),
    ])
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "{text}");
    let bytes = digits.chunks(2).map(|pair| {
        let pair: String = pair.iter().collect();
        u8::from_str_radix(&pair, 16).unwrap()
    });
    bytes.collect()
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn not_null() -> Value {
    Value::Unknown(Refinement::not_null())
}

fn promised(promises: Promises) -> Value {
    Value::Unknown(Refinement::from(promises))
}

fn bound(text: &str, inclusive: bool) -> Bound {
    let number = text.parse().unwrap();
    Bound { number, inclusive }
}

/// Returns the value that the configuration of the captures describes, except for the second element of `l`.
fn configured(second: Value) -> Value {
    let tuple = Type::Tuple(vec![Type::Number, Type::Bool, Type::String]);
    let dynamic = Value::object([("k", Value::Tuple(vec![1.into(), true.into(), "x".into()]))]);
    Value::object([
        ("b", Value::Null),
        ("d", Value::dynamic(Type::object([("k", tuple)]), dynamic)),
        ("l", Value::list(["a".into(), second])),
        (
            "m",
            Value::map([
                ("half", number("0.5")),
                ("big", number("123456789012345678901234567890")),
                ("neg", number("-3")),
                ("u64", number("18446744073709551615")),
                ("exp", number("1e30")),
                ("i", number("300")),
            ]),
        ),
        ("n", number("0.1")),
        (
            "s",
            promised(Promises {
                not_null: true,
                string_prefix: Some("pre-".into()),
                ..Promises::default()
            }),
        ),
        ("t", Value::set(["z".into(), "a".into()])),
    ])
}

fn unknown(value: &Value) -> Value {
    Value::object([
        ("b", true.into()),
        ("d", Value::Null),
        ("l", Value::list([value.clone(), value.clone()])),
        ("m", Value::Null),
        ("n", Value::Null),
        ("s", value.clone()),
        ("t", Value::Null),
    ])
}

#[test]
fn what_terraform_sent_is_read_as_the_configuration_says() {
    let expected = BTreeMap::from([
        ("configured_before_the_walk", configured(Value::unknown())),
        ("configured_with_refinements", configured(not_null())),
        ("unknown_without_refinements", unknown(&Value::unknown())),
        ("unknown_but_not_null", unknown(&not_null())),
    ]);
    let captures = captures();
    assert!(captures.keys().eq(expected.keys()));
    for (name, bytes) in captures {
        assert_eq!(
            decode(&bytes, &capture_type()).as_ref(),
            Ok(&expected[name]),
            "{name}"
        );
    }
}

#[test]
fn what_terraform_sent_is_written_again_byte_for_byte() {
    for (name, bytes) in captures() {
        let value = decode(&bytes, &capture_type()).unwrap();
        assert_eq!(encode(&value, &capture_type()), Ok(bytes), "{name}");
    }
}

/// Checks that each value is written as these bytes, and that these bytes are read as this value.
fn both_ways(rows: impl IntoIterator<Item = (Type, Value, String)>) {
    for (ty, value, bytes) in rows {
        let bytes = hex(&bytes);
        assert_eq!(encode(&value, &ty).as_ref(), Ok(&bytes), "{ty} {value:?}");
        assert_eq!(decode(&bytes, &ty).as_ref(), Ok(&value), "{ty} {value:?}");
    }
}

#[test]
fn null_is_nil_for_every_type() {
    let pair = Type::object([("a", Type::Bool)]);
    for ty in [
        Type::Bool,
        Type::String,
        Type::Dynamic,
        Type::set(Type::Number),
        pair,
    ] {
        both_ways([(ty, Value::Null, "c0".to_owned())]);
    }
}

#[test]
fn an_unknown_value_is_an_extension_that_keeps_its_promises() {
    let bounds = promised(Promises {
        not_null: true,
        number_min: Some(bound("1", true)),
        number_max: Some(bound("0.1", false)),
        ..Promises::default()
    });
    let lengths = promised(Promises {
        not_null: true,
        length_min: Some(1),
        length_max: Some(300),
        ..Promises::default()
    });
    let bounds_content = "83 01 c2 03 92 01 c3 04 92 a3 302e31 c2";
    both_ways([
        (Type::String, Value::unknown(), "d4 00 00".to_owned()),
        (Type::Dynamic, Value::unknown(), "d4 00 00".to_owned()),
        (
            Type::Tuple(vec![]),
            not_null(),
            "c7 03 0c 81 01 c2".to_owned(),
        ),
        (Type::Number, bounds, format!("c7 0e 0c {bounds_content}")),
        (
            Type::list(Type::Bool),
            lengths,
            "c7 09 0c 83 01 c2 05 01 06 cd012c".to_owned(),
        ),
    ]);
}

#[test]
fn a_number_is_the_shortest_integer_or_an_exact_float_or_a_decimal_string() {
    let rows = [
        ("0", "00"),
        ("127", "7f"),
        ("128", "cc80"),
        ("256", "cd0100"),
        ("65536", "ce00010000"),
        ("4294967296", "cf0000000100000000"),
        ("9223372036854775807", "cf7fffffffffffffff"),
        ("9223372036854775808", "cb43e0000000000000"),
        (
            "18446744073709551615",
            "b43138343436373434303733373039353531363135",
        ),
        ("-1", "ff"),
        ("-32", "e0"),
        ("-33", "d0df"),
        ("-129", "d1ff7f"),
        ("-32769", "d2ffff7fff"),
        ("-2147483649", "d3ffffffff7fffffff"),
        ("-9223372036854775808", "d38000000000000000"),
        ("0.5", "cb3fe0000000000000"),
        ("0.1", "a3302e31"),
        ("-0.1", "a42d302e31"),
        ("1e22", "cb4480f0cf064dd592"),
    ];
    both_ways(rows.map(|(text, bytes)| (Type::Number, number(text), bytes.to_owned())));
}

#[test]
fn a_bool_and_a_string_are_themselves() {
    let long = |length: usize| Value::from("x".repeat(length));
    both_ways([
        (Type::Bool, true.into(), "c3".to_owned()),
        (Type::Bool, false.into(), "c2".to_owned()),
        (Type::String, "".into(), "a0".to_owned()),
        (Type::String, "ä".into(), "a2c3a4".to_owned()),
        (Type::String, long(31), format!("bf{}", "78".repeat(31))),
        (Type::String, long(32), format!("d920{}", "78".repeat(32))),
        (
            Type::String,
            long(256),
            format!("da0100{}", "78".repeat(256)),
        ),
        (
            Type::String,
            long(65536),
            format!("db00010000{}", "78".repeat(65536)),
        ),
    ]);
}

#[test]
fn collections_and_objects_are_arrays_and_maps_in_order() {
    let pair = Type::object([("a", Type::Bool), ("b", Type::String)]);
    let tuple = Type::Tuple(vec![Type::Bool, Type::Number]);
    let bools = |length: usize| Value::List(vec![true.into(); length]);
    let digits = Value::map(('0'..='9').chain('a'..='f').map(|key| (key, Value::Null)));
    both_ways([
        (Type::list(Type::String), Value::list([]), "90".to_owned()),
        (
            Type::list(Type::String),
            Value::list(["b".into(), Value::Null, "a".into()]),
            "93 a162 c0 a161".to_owned(),
        ),
        (
            Type::list(Type::Bool),
            bools(16),
            format!("dc0010{}", "c3".repeat(16)),
        ),
        (
            Type::list(Type::Bool),
            bools(65536),
            format!("dd00010000{}", "c3".repeat(65536)),
        ),
        (
            Type::set(Type::Number),
            Value::set([2.into(), 1.into()]),
            "92 01 02".to_owned(),
        ),
        (
            tuple,
            Value::Tuple(vec![true.into(), 1.into()]),
            "92 c3 01".to_owned(),
        ),
        (
            Type::map(Type::Bool),
            Value::map([("b", true.into()), ("a", false.into())]),
            "82 a161 c2 a162 c3".to_owned(),
        ),
        (
            Type::map(Type::Bool),
            digits,
            "de0010 a130c0a131c0a132c0a133c0a134c0a135c0a136c0a137c0a138c0a139c0 \
             a161c0a162c0a163c0a164c0a165c0a166c0"
                .to_owned(),
        ),
        (
            pair,
            Value::object([("b", "x".into()), ("a", Value::Null)]),
            "82 a161 c0 a162 a178".to_owned(),
        ),
    ]);
}

#[test]
fn a_dynamic_value_is_its_type_as_json_and_itself() {
    let string = "c408 22737472696e6722";
    both_ways([
        (
            Type::Dynamic,
            Value::dynamic(Type::String, "x".into()),
            format!("92 {string} a178"),
        ),
        (
            Type::Dynamic,
            Value::dynamic(Type::String, Value::Null),
            format!("92 {string} c0"),
        ),
        (
            Type::Dynamic,
            Value::dynamic(Type::String, not_null()),
            format!("92 {string} c7030c8101c2"),
        ),
    ]);
}

#[test]
fn every_width_of_length_and_number_is_read() {
    let rows = [
        (Type::Number, "cc05", Value::from(5)),
        (Type::Number, "cd0005", 5.into()),
        (Type::Number, "ce00000005", 5.into()),
        (Type::Number, "cf0000000000000005", 5.into()),
        (Type::Number, "d005", 5.into()),
        (Type::Number, "d10005", 5.into()),
        (Type::Number, "d2fffffffb", (-5).into()),
        (Type::Number, "d3fffffffffffffffb", (-5).into()),
        (
            Type::Number,
            "cfffffffffffffffff",
            number("18446744073709551615"),
        ),
        (Type::Number, "ca3f000000", number("0.5")),
        (Type::Number, "cb4072c00000000000", 300.into()),
        (Type::Number, "cb8000000000000000", 0.into()),
        (Type::Number, "a3333030", 300.into()),
        (Type::Number, "d903336532", 300.into()),
        (Type::String, "d90178", "x".into()),
        (Type::String, "da000178", "x".into()),
        (Type::String, "db0000000178", "x".into()),
        (
            Type::list(Type::Bool),
            "dc0001c3",
            Value::list([true.into()]),
        ),
        (
            Type::list(Type::Bool),
            "dd00000001c3",
            Value::list([true.into()]),
        ),
        (
            Type::map(Type::Bool),
            "de0001d90161c3",
            Value::map([("a", true.into())]),
        ),
        (
            Type::map(Type::Bool),
            "df00000001a161c3",
            Value::map([("a", true.into())]),
        ),
        (
            Type::set(Type::Bool),
            "93c3c2c3",
            Value::set([true.into(), false.into()]),
        ),
        (
            Type::set(Type::Bool),
            "93d40000d40000c0",
            Value::set([Value::unknown(), Value::unknown(), Value::Null]),
        ),
        (
            Type::Dynamic,
            "92a622626f6f6c22c3",
            Value::dynamic(Type::Bool, true.into()),
        ),
        (
            Type::Dynamic,
            "92c50006 22626f6f6c22c3",
            Value::dynamic(Type::Bool, true.into()),
        ),
        (
            Type::Dynamic,
            "92c600000006 22626f6f6c22c3",
            Value::dynamic(Type::Bool, true.into()),
        ),
    ];
    for (ty, bytes, value) in rows {
        assert_eq!(decode(&hex(bytes), &ty), Ok(value), "{ty} {bytes}");
    }
}

#[test]
fn every_extension_is_an_unknown_value() {
    let unrefined = [
        "d40000",
        "d40c00",
        "d4ffff",
        "d47f00",
        "d5000000",
        "d60100000000",
        "d7ff0000000000000000",
        "d800 00000000000000000000000000000000",
        "c70000",
        "c7010500",
        "c8000105aa",
        "c90000000105aa",
        // Extension 12 with content that is not a refinement, or promises nothing.
        "c7000c",
        "c7010cc0",
        "c7010c80",
        "c7030c8101c3",
        "c7030c8101c0",
        "c7030c8102c2",
        "c7030cdfffff",
        "c7020c8101",
        "c7030ca101c2",
        "c7050c8103920100",
        "c7040c81059101",
        "c7030c8105ff",
        "c7040c81ff0102",
        "c70b0c8105cfffffffffffffffff",
        "c70d0c810392cb7ff0000000000000c3",
        "c7040c8103c0c0",
    ];
    for bytes in unrefined {
        for ty in [
            Type::Bool,
            Type::String,
            Type::Dynamic,
            Type::list(Type::Number),
        ] {
            assert_eq!(decode(&hex(bytes), &ty), Ok(Value::unknown()), "{bytes}");
        }
    }
    let refined = [
        // An unknown key is skipped, with its whole value.
        ("c7060c 82 07 9101 01 c2", not_null()),
        ("c70a0c 82 63 81a161 92c0c0 01 c2", not_null()),
        ("c9000000030c8101c2", not_null()),
        (
            "c7080c 82 02 a170 05 cd0101",
            promised(Promises {
                string_prefix: Some("p".into()),
                length_min: Some(257),
                ..Promises::default()
            }),
        ),
    ];
    for (bytes, value) in refined {
        assert_eq!(decode(&hex(bytes), &Type::String), Ok(value), "{bytes}");
    }
}

#[test]
fn promises_that_make_no_sense_for_the_type_are_not_written() {
    let everything = promised(Promises {
        not_null: true,
        string_prefix: Some("p".into()),
        number_min: Some(bound("0", true)),
        number_max: Some(bound("9", true)),
        length_min: Some(0),
        length_max: Some(9),
    });
    let rows = [
        (Type::Bool, "c7030c 81 01c2"),
        (Type::String, "c7060c 82 01c2 02a170"),
        (Type::Number, "c70b0c 83 01c2 039200c3 049209c3"),
        (Type::set(Type::Bool), "c7070c 83 01c2 0500 0609"),
        (Type::Tuple(vec![]), "c7030c 81 01c2"),
        (Type::Dynamic, "d40000"),
    ];
    for (ty, bytes) in rows {
        assert_eq!(encode(&everything, &ty), Ok(hex(bytes)), "{ty}");
    }
    let prefix_only = promised(Promises {
        string_prefix: Some("p".into()),
        ..Promises::default()
    });
    assert_eq!(encode(&prefix_only, &Type::Bool), Ok(hex("d40000")));
}
