//! The planned state, step by step, derived from the schema.
//!
//! Terraform sends the prior state, the configuration, and a proposed state, in which it has already copied prior
//! values into computed attributes that the configuration leaves out. The steps are:
//!
//! 1. **Defaults**: where the configuration is null and the schema has a default, the default is planned, whatever the
//!    prior state says. So a setting that was changed outside Terraform is restored.
//!    A block that the configuration leaves out is planned as absent, whatever the proposed state says.
//! 2. **Computed values**: on creation they are unknown. On an update that changes anything else, those that may change
//!    at every update are unknown; all others keep their prior value. Without any change, all keep it: nothing is
//!    planned.
//! 3. The resource may refine the result ([`Resource::plan`](crate::resource::Resource::plan)), typically
//!    by computing what is already known.
//! 4. **Replacement** ([`replacements`]): every changed argument that requires replacement is listed.
//!
//! All of it is a pure function of its input. So the plan that Terraform requests a second time, before it applies,
//! agrees with the first wherever that was known.

use std::collections::BTreeMap;

use super::{Block, Computed, Mode};
use crate::value::{Path, Value};

/// Steps 1 and 2: returns the planned state, from the prior state (null on creation), the configuration, and the
/// proposal.
pub fn planned_state(block: &Block, prior: &Value, config: &Value, proposed: &Value) -> Value {
    let with_defaults = apply_defaults(block, config, proposed);
    let change = if prior.is_null() {
        Change::Creation
    } else if with_defaults == *prior {
        Change::None
    } else {
        Change::Update
    };
    mark_computed(block, prior, config, with_defaults, change)
}

/// Step 4: returns the paths of all arguments that differ between `prior` and `planned` and cannot be changed in place.
///
/// Empty on creation. An unknown planned value counts as a change.
pub fn replacements(block: &Block, prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    if !prior.is_null() {
        collect_replacements(block, prior, planned, &Path::root(), &mut paths);
    }
    paths
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Change {
    None,
    Creation,
    Update,
}

fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

fn apply_defaults(block: &Block, config: &Value, proposed: &Value) -> Value {
    let Value::Object(proposed_members) = proposed else {
        return proposed.clone();
    };
    let mut planned: BTreeMap<String, Value> = proposed_members.clone();
    for attribute in &block.attributes {
        if let Mode::Default(default) = &attribute.mode
            && member(config, attribute.name).is_null()
        {
            planned.insert(attribute.name.to_owned(), default.clone());
        }
    }
    for nested in &block.blocks {
        let inner = match member(config, nested.name) {
            // Terraform up to 1.3.7 proposes the prior block if the configuration leaves it out, and then refuses a
            // plan that has it.
            Value::Null => Value::Null,
            config => apply_defaults(&nested.block, config, member(proposed, nested.name)),
        };
        planned.insert(nested.name.to_owned(), inner);
    }
    Value::Object(planned)
}

fn mark_computed(
    block: &Block,
    prior: &Value,
    config: &Value,
    planned: Value,
    change: Change,
) -> Value {
    let Value::Object(mut members) = planned else {
        return planned;
    };
    for attribute in &block.attributes {
        let (Mode::Computed(computed) | Mode::OptionalComputed(computed)) = &attribute.mode else {
            continue;
        };
        if !member(config, attribute.name).is_null() {
            continue;
        }
        let kept = match change {
            Change::None => true,
            Change::Creation => false,
            // A block that this update adds has no prior values to keep.
            Change::Update => *computed == Computed::AtCreation && !prior.is_null(),
        };
        let value = if kept {
            member(prior, attribute.name).clone()
        } else {
            Value::unknown()
        };
        members.insert(attribute.name.to_owned(), value);
    }
    for nested in &block.blocks {
        let inner = members.remove(nested.name).unwrap_or(Value::Null);
        let inner = mark_computed(
            &nested.block,
            member(prior, nested.name),
            member(config, nested.name),
            inner,
            change,
        );
        members.insert(nested.name.to_owned(), inner);
    }
    Value::Object(members)
}

fn collect_replacements(
    block: &Block,
    prior: &Value,
    planned: &Value,
    at: &Path,
    paths: &mut Vec<Path>,
) {
    for attribute in &block.attributes {
        if attribute.requires_replace
            && member(prior, attribute.name) != member(planned, attribute.name)
        {
            paths.push(at.clone().attribute(attribute.name));
        }
    }
    for nested in &block.blocks {
        collect_replacements(
            &nested.block,
            member(prior, nested.name),
            member(planned, nested.name),
            &at.clone().attribute(nested.name),
            paths,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attribute, NestedBlock};
    use super::*;
    use crate::value::Type;

    fn block() -> Block {
        let text = |name, mode| Attribute::new(name, Type::String, mode, "");
        Block {
            description: "",
            attributes: vec![
                text("name", Mode::Required),
                text("scope", Mode::Optional).requires_replace(),
                text("mode", Mode::Default(Value::string("Delegate"))),
                text("slug", Mode::OptionalComputed(Computed::AtCreation)).requires_replace(),
                text("id", Mode::Computed(Computed::AtCreation)),
                text("touched", Mode::Computed(Computed::AtEveryChange)),
            ],
            blocks: vec![NestedBlock {
                required: false,
                name: "inner",
                block: Block {
                    attributes: vec![
                        text("level", Mode::Default(Value::string("low"))),
                        text("seal", Mode::Computed(Computed::AtCreation)),
                        text("place", Mode::Optional).requires_replace(),
                    ],
                    ..Block::default()
                },
            }],
        }
    }

    fn object(members: &[(&str, Value)]) -> Value {
        let Value::Object(mut all) = block().null_object() else {
            unreachable!()
        };
        for (name, value) in members {
            all.insert((*name).to_owned(), value.clone());
        }
        Value::Object(all)
    }

    fn s(text: &str) -> Value {
        Value::string(text)
    }

    fn inner(level: Value, seal: Value, place: Value) -> Value {
        Value::object([("level", level), ("seal", seal), ("place", place)])
    }

    fn prior() -> Value {
        object(&[
            ("name", s("a")),
            ("mode", s("Delegate")),
            ("slug", s("a")),
            ("id", s("1")),
            ("touched", s("then")),
        ])
    }

    #[test]
    fn creation_plans_defaults_and_leaves_computed_values_unknown() {
        let config = object(&[
            ("name", s("a")),
            ("inner", inner(Value::Null, Value::Null, Value::Null)),
        ]);
        let planned = planned_state(&block(), &Value::Null, &config, &config);
        let expected = object(&[
            ("name", s("a")),
            ("mode", s("Delegate")),
            ("slug", Value::unknown()),
            ("id", Value::unknown()),
            ("touched", Value::unknown()),
            ("inner", inner(s("low"), Value::unknown(), Value::Null)),
        ]);
        assert_eq!(planned, expected);
        assert!(replacements(&block(), &Value::Null, &planned).is_empty());
    }

    #[test]
    fn without_a_change_the_prior_state_is_planned_unaltered() {
        let config = object(&[("name", s("a"))]);
        assert_eq!(
            planned_state(&block(), &prior(), &config, &prior()),
            prior()
        );
    }

    #[test]
    fn an_update_keeps_values_settled_at_creation() {
        let config = object(&[("name", s("b"))]);
        let proposed = prior().with("name", s("b"));
        let planned = planned_state(&block(), &prior(), &config, &proposed);
        let expected = prior()
            .with("name", s("b"))
            .with("touched", Value::unknown());
        assert_eq!(planned, expected);
        assert!(replacements(&block(), &prior(), &planned).is_empty());
    }

    #[test]
    fn a_default_that_was_changed_outside_is_planned_back() {
        let config = object(&[("name", s("a"))]);
        let drifted = prior().with("mode", s("Platform"));
        let planned = planned_state(&block(), &drifted, &config, &drifted);
        assert_eq!(planned.get("mode"), Some(&s("Delegate")));
        assert_eq!(planned.get("touched"), Some(&Value::unknown()));
    }

    #[test]
    fn a_block_added_by_an_update_gets_defaults_and_unknown_values() {
        let given = inner(Value::Null, Value::Null, Value::Null);
        let config = object(&[("name", s("a")), ("inner", given.clone())]);
        let planned = planned_state(&block(), &prior(), &config, &prior().with("inner", given));
        assert_eq!(
            planned.get("inner"),
            Some(&inner(s("low"), Value::unknown(), Value::Null))
        );
    }

    #[test]
    fn a_block_left_out_of_the_configuration_is_removed() {
        let given = inner(s("low"), s("x"), s("here"));
        let before = prior().with("inner", given.clone());
        let config = object(&[("name", s("a"))]);
        for proposed in [Value::Null, given] {
            let proposed = before.clone().with("inner", proposed);
            let planned = planned_state(&block(), &before, &config, &proposed);
            assert_eq!(planned.get("inner"), Some(&Value::Null));
            assert_eq!(planned.get("touched"), Some(&Value::unknown()));
        }
    }

    #[test]
    fn a_configured_computed_value_wins_and_its_change_replaces() {
        let config = object(&[("name", s("a")), ("slug", s("z"))]);
        let planned = planned_state(&block(), &prior(), &config, &prior().with("slug", s("z")));
        assert_eq!(planned.get("slug"), Some(&s("z")));
        assert_eq!(
            replacements(&block(), &prior(), &planned),
            vec![Path::root().attribute("slug")]
        );
    }

    #[test]
    fn replacement_is_found_for_unknown_values_and_inside_blocks() {
        let before = prior().with("inner", inner(s("low"), s("x"), s("here")));
        let planned = before
            .clone()
            .with("scope", Value::unknown())
            .with("inner", inner(s("low"), s("x"), s("there")));
        assert_eq!(
            replacements(&block(), &before, &planned),
            vec![
                Path::root().attribute("scope"),
                Path::root().attribute("inner").attribute("place"),
            ]
        );
    }

    #[test]
    fn planning_again_what_was_planned_changes_nothing_that_was_known() {
        let unknown_name = object(&[("name", Value::unknown())]);
        let first = planned_state(&block(), &Value::Null, &unknown_name, &unknown_name);
        let known_name = object(&[("name", s("a"))]);
        let second = planned_state(&block(), &Value::Null, &known_name, &known_name);
        let (Value::Object(first), Value::Object(second)) = (first, second) else {
            unreachable!()
        };
        for (name, value) in first {
            assert!(value.is_unknown() || second.get(&name) == Some(&value));
        }
    }
}
