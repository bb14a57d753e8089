//! The configuration that would produce a state, as far as the schema alone determines it.
//!
//! Values that only the provider sets are left out, and so are arguments with their default value. Everything else is
//! included, even values that the provider could derive, because they are known now and may not be derived again.

use super::{Attribute, Block, Mode};
use crate::value::Value;

/// Returns the configuration of this block for `state`, or null if there is no state.
pub fn config(block: &Block, state: &Value) -> Value {
    let Value::Object(members) = state else {
        return state.clone();
    };
    let mut members = members.clone();
    for attribute in &block.attributes {
        if let Some(value) = members.get_mut(attribute.name)
            && is_given_anyway(attribute, value)
        {
            *value = Value::Null;
        }
    }
    for nested in &block.blocks {
        if let Some(value) = members.get_mut(nested.name) {
            *value = config(&nested.block, value);
        }
    }
    Value::Object(members)
}

fn is_given_anyway(attribute: &Attribute, value: &Value) -> bool {
    match &attribute.mode {
        Mode::Computed(_) => true,
        Mode::Default(default) => value == default,
        Mode::Required | Mode::Optional | Mode::OptionalComputed(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Computed, NestedBlock};
    use super::*;
    use crate::value::Type;

    #[test]
    fn computed_values_and_defaults_are_left_out_at_every_depth() {
        let text = |name, mode| Attribute::new(name, Type::String, mode, "");
        let attributes = || {
            vec![
                text("required", Mode::Required),
                text("optional", Mode::Optional),
                text("default", Mode::Default(Value::string("d"))),
                text("other", Mode::Default(Value::string("d"))),
                text("kept", Mode::OptionalComputed(Computed::AtCreation)),
                text("computed", Mode::Computed(Computed::AtCreation)),
            ]
        };
        let inner = |name| NestedBlock {
            required: false,
            name,
            block: Block {
                attributes: attributes(),
                ..Block::default()
            },
        };
        let block = Block {
            description: "",
            attributes: attributes(),
            blocks: vec![inner("given"), inner("absent")],
        };
        let names = [
            "required", "optional", "default", "other", "kept", "computed",
        ];
        let state = Value::object(names.map(|name| (name, Value::string("x"))))
            .with("default", Value::string("d"));
        let expected = state
            .clone()
            .with("default", Value::Null)
            .with("computed", Value::Null);
        assert_eq!(
            config(
                &block,
                &state
                    .clone()
                    .with("given", state.clone())
                    .with("absent", Value::Null)
            ),
            expected
                .clone()
                .with("given", expected)
                .with("absent", Value::Null)
        );
        assert_eq!(config(&block, &Value::Null), Value::Null);
    }
}
