//! Property tests of both codecs, for types and values of every shape and for arbitrary bytes.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::refinement::{Bound, Promises};
use super::{Number, Refinement, Type, Value, json, msgpack};

/// Whether generated values may be partly unknown.
#[derive(Clone, Copy, PartialEq)]
enum Unknowns {
    Allowed,
    None,
}

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Dynamic),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            vec(inner.clone(), 0..4).prop_map(Type::Tuple),
            btree_map("[a-z]{1,3}|.{0,3}", inner, 0..4).prop_map(Type::Object),
        ]
    })
}

fn values(ty: &Type, unknowns: Unknowns) -> BoxedStrategy<Value> {
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => numbers().prop_map(Value::Number).boxed(),
        Type::String => ".{0,40}".prop_map(Value::String).boxed(),
        Type::Dynamic => simple_types()
            .prop_flat_map(move |ty| {
                values(&ty, unknowns).prop_map(move |value| Value::dynamic(ty.clone(), value))
            })
            .boxed(),
        Type::List(element) => vec(values(element, unknowns), 0..4)
            .prop_map(Value::List)
            .boxed(),
        Type::Set(element) => vec(values(element, unknowns), 0..4)
            .prop_map(Value::set)
            .boxed(),
        Type::Map(element) => btree_map(".{0,4}", values(element, unknowns), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Tuple(types) => types
            .iter()
            .map(|ty| values(ty, unknowns))
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
        Type::Object(attributes) => {
            let names: Vec<_> = attributes.keys().cloned().collect();
            let values: Vec<_> = attributes.values().map(|ty| values(ty, unknowns)).collect();
            values
                .prop_map(move |values| Value::object(names.iter().cloned().zip(values)))
                .boxed()
        }
    };
    let possible = prop_oneof![8 => known, 1 => Just(Value::Null)];
    match unknowns {
        Unknowns::None => possible.boxed(),
        Unknowns::Allowed => {
            prop_oneof![9 => possible, 1 => refinements(ty).prop_map(Value::Unknown)].boxed()
        }
    }
}

/// Returns types of dynamic values without nested dynamic ones, so that values end.
fn simple_types() -> impl Strategy<Value = Type> {
    prop_oneof![
        Just(Type::String),
        Just(Type::Number),
        Just(Type::list(Type::Bool)),
        Just(Type::object([
            ("a", Type::String),
            ("b", Type::set(Type::Number))
        ])),
    ]
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-300..300).prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).ok()),
        "-?[0-9]{1,60}(\\.[0-9]{1,60})?(e-?[0-9]{1,3})?".prop_map(|text| text.parse().unwrap()),
    ]
}

/// Returns the promises that can be made about a value of this type.
fn refinements(ty: &Type) -> impl Strategy<Value = Refinement> + use<> {
    let ty = ty.clone();
    let bound = || proptest::option::of((numbers(), any::<bool>()));
    let length = || proptest::option::of(0..i64::MAX);
    let prefix = proptest::option::of(".{0,20}");
    (any::<bool>(), prefix, bound(), bound(), length(), length()).prop_map(
        move |(not_null, string_prefix, min, max, length_min, length_max)| {
            let of_string = ty == Type::String;
            let of_number = ty == Type::Number;
            let of_collection = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_));
            let bound = |(number, inclusive)| Bound { number, inclusive };
            Refinement::from(Promises {
                not_null: not_null && ty != Type::Dynamic,
                string_prefix: string_prefix.filter(|_| of_string),
                number_min: min.filter(|_| of_number).map(bound),
                number_max: max.filter(|_| of_number).map(bound),
                length_min: length_min.filter(|_| of_collection),
                length_max: length_max.filter(|_| of_collection),
            })
        },
    )
}

fn typed_values(unknowns: Unknowns) -> impl Strategy<Value = (Type, Value)> {
    types()
        .prop_flat_map(move |ty| values(&ty, unknowns).prop_map(move |value| (ty.clone(), value)))
}

proptest! {
    #[test]
    fn msgpack_gives_back_what_was_written((ty, value) in typed_values(Unknowns::Allowed)) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &ty), Ok(value));
    }

    #[test]
    fn json_gives_back_what_was_written((ty, value) in typed_values(Unknowns::None)) {
        let bytes = json::encode(&value, &ty).unwrap();
        prop_assert_eq!(json::decode(&bytes, &ty), Ok(value.clone()));
        prop_assert_eq!(json::decode_lenient(&bytes, &ty), Ok(value));
    }

    #[test]
    fn a_type_is_read_back_from_its_json(ty in types()) {
        prop_assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
    }

    #[test]
    fn a_truncated_value_is_an_error((ty, value) in typed_values(Unknowns::Allowed)) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        for length in 0..bytes.len() {
            prop_assert!(msgpack::decode(&bytes[..length], &ty).is_err(), "{length}");
        }
    }

    #[test]
    fn a_value_with_bytes_after_it_is_an_error(
        (ty, value) in typed_values(Unknowns::Allowed),
        more in vec(any::<u8>(), 1..4),
    ) {
        let mut bytes = msgpack::encode(&value, &ty).unwrap();
        bytes.extend(more);
        prop_assert!(msgpack::decode(&bytes, &ty).is_err());
    }

    #[test]
    fn a_changed_byte_gives_an_error_or_a_value_that_can_be_written(
        (ty, value) in typed_values(Unknowns::Allowed),
        flip in 1_u8..,
    ) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= flip;
            check_msgpack(&changed, &ty)?;
        }
    }

    #[test]
    fn any_bytes_give_an_error_or_a_value_that_can_be_written(
        bytes in vec(prop_oneof![any::<u8>(), 0x80..=0x9f_u8, 0xc0..=0xdf_u8], 0..64),
        ty in types(),
    ) {
        check_msgpack(&bytes, &ty)?;
        check_json(&bytes, &ty)?;
    }

    #[test]
    fn any_json_gives_an_error_or_a_value_that_can_be_written(
        (written, value) in typed_values(Unknowns::None),
        read in types(),
    ) {
        let bytes = json::encode(&value, &written).unwrap();
        check_json(&bytes, &read)?;
    }

    #[test]
    fn a_printed_number_is_read_as_itself(number in numbers()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn numbers_compare_as_integers_and_floats_do(
        (a, b) in (any::<i64>(), any::<i64>()),
        (x, y) in (any::<f64>(), any::<f64>()),
    ) {
        prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
        prop_assert_eq!(Number::from(a).to_i64(), Some(a));
        if let (Ok(left), Ok(right)) = (Number::from_f64(x), Number::from_f64(y)) {
            prop_assert_eq!(Some(left.cmp(&right)), x.partial_cmp(&y));
            prop_assert_eq!(left.to_exact_f64(), Some(x));
        }
    }

    #[test]
    fn the_order_of_numbers_is_the_order_of_their_scaled_integers(
        (a, b) in (-99_999_i64..100_000, -99_999_i64..100_000),
        (p, q) in (0..6_u32, 0..6_u32),
    ) {
        let number = |digits: i64, power| format!("{digits}e-{power}").parse::<Number>().unwrap();
        let scaled = |digits: i64, power| digits * 10_i64.pow(5 - power);
        prop_assert_eq!(number(a, p).cmp(&number(b, q)), scaled(a, p).cmp(&scaled(b, q)));
        prop_assert_eq!(number(a, p) == number(b, q), scaled(a, p) == scaled(b, q));
    }
}

/// Checks that any decoded value matches the type: it can be written, and is read back unchanged.
fn check_msgpack(bytes: &[u8], ty: &Type) -> Result<(), TestCaseError> {
    let Ok(value) = msgpack::decode(bytes, ty) else {
        return Ok(());
    };
    let written = msgpack::encode(&value, ty)
        .map_err(|error| TestCaseError::fail(format!("{error}: {value:?}")))?;
    let again = msgpack::decode(&written, ty);
    prop_assert!(again.is_ok(), "{value:?}");
    // A promise that does not fit its type is read, but not written; after that, nothing changes.
    let settled = again.and_then(|value| {
        let written = msgpack::encode(&value, ty).unwrap_or_default();
        msgpack::decode(&written, ty).map(|settled| settled == value)
    });
    prop_assert_eq!(settled, Ok(true));
    Ok(())
}

fn check_json(bytes: &[u8], ty: &Type) -> Result<(), TestCaseError> {
    for value in [json::decode(bytes, ty), json::decode_lenient(bytes, ty)]
        .into_iter()
        .flatten()
    {
        let written = json::encode(&value, ty)
            .map_err(|error| TestCaseError::fail(format!("{error}: {value:?}")))?;
        prop_assert_eq!(json::decode(&written, ty), Ok(value));
    }
    Ok(())
}
