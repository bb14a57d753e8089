//! What Terraform does with plans and states between two calls: it proposes a state, and checks the responses.
//!
//! The proposal and the two checks are those of Terraform's package `objchange` (`ProposedNew`, `AssertPlanValid`,
//! `AssertObjectCompatible`), as far as needed for a schema of attributes and single blocks.

use std::collections::BTreeMap;

use tf_provider::proto::tfplugin5::schema::Block;
use tf_provider::value::{Path, Value};

fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

/// Returns Terraform's proposal: the configuration, with prior values for computed attributes that it leaves out.
pub(super) fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if !config.is_known() {
        return config.clone();
    }
    let attributes = block.attributes.iter().map(|attribute| {
        let given = member(config, &attribute.name);
        let value = if attribute.computed && given.is_null() {
            member(prior, &attribute.name)
        } else {
            given
        };
        (attribute.name.clone(), value.clone())
    });
    let blocks = block.block_types.iter().map(|nested| {
        let name = &nested.type_name;
        let inner = nested.block.as_ref().unwrap();
        let value = proposed_new(inner, member(prior, name), member(config, name));
        (name.clone(), value)
    });
    Value::Object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
}

/// Checks that a plan only decides what the configuration leaves to the provider.
pub(super) fn check_plan(block: &Block, prior: &Value, config: &Value, planned: &Value, at: &Path) {
    if !config.is_known() {
        assert_eq!(planned, config, "planned at `{at}`");
        return;
    }
    for attribute in &block.attributes {
        let name = &attribute.name;
        let (prior, config) = (member(prior, name), member(config, name));
        let planned = member(planned, name);
        let as_given = planned == config;
        let as_before = planned == prior && !prior.is_null() && !config.is_null();
        let free = attribute.computed && config.is_null();
        assert!(
            as_given || as_before || free,
            "planned at `{}`: {planned:?}, given: {config:?}",
            at.attribute(name)
        );
    }
    for nested in &block.block_types {
        let name = &nested.type_name;
        check_plan(
            nested.block.as_ref().unwrap(),
            member(prior, name),
            member(config, name),
            member(planned, name),
            &at.attribute(name),
        );
    }
}

/// Checks that what was known before is unchanged.
pub(super) fn check_compatible(planned: &Value, actual: &Value, at: &Path) {
    match (planned, actual) {
        (Value::Unknown(_), _) => {}
        (Value::Object(planned), Value::Object(actual))
        | (Value::Map(planned), Value::Map(actual)) => {
            assert!(planned.keys().eq(actual.keys()), "members at `{at}`");
            for (name, value) in planned {
                check_compatible(value, &actual[name], &at.attribute(name));
            }
        }
        (Value::Set(planned), Value::Set(actual))
            if !planned.elements().iter().all(Value::is_wholly_known) =>
        {
            assert!(
                actual.elements().len() <= planned.elements().len(),
                "elements at `{at}`"
            );
        }
        _ => assert_eq!(planned, actual, "at `{at}`"),
    }
}
