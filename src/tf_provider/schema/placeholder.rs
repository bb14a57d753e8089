//! Blocks that may turn out to be absent.
//!
//! The `for_each` of a `dynamic` block can be unknown: during validation, all variables, `each.value`, and data sources
//! are, and during a plan, anything that another resource determines. Terraform then sends one block. Its written
//! arguments are unknown, and the others null. A block written out by hand with only unknown arguments looks identical.
//! Such a block is neither present nor absent until it is sent again with more values known.
//!
//! Planned states keep these blocks as they were sent, because Terraform accepts nothing else.

use super::Block;
use crate::value::Value;

/// Returns `object`, a value of `block`, with every nested block that may turn out to be absent unknown as a whole.
///
/// A block is undecided if an argument in it, at any depth, is unknown and no argument has a known value other than
/// null. An empty block is decided: it is present.
#[must_use]
pub fn undecided_as_unknown(block: &Block, object: Value) -> Value {
    let Value::Object(mut members) = object else {
        return object;
    };
    for nested in &block.blocks {
        if let Some(inner) = members.remove(nested.name) {
            let inner = if content(&inner) == Content::Undecided {
                Value::unknown()
            } else {
                undecided_as_unknown(&nested.block, inner)
            };
            members.insert(nested.name.to_owned(), inner);
        }
    }
    Value::Object(members)
}

/// The content of a block, from the weakest to the strongest evidence that the block is present.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Content {
    /// Only null.
    Empty,
    /// Unknown arguments and null.
    Undecided,
    /// A known argument.
    Known,
}

fn content(value: &Value) -> Content {
    match value {
        Value::Null => Content::Empty,
        Value::Unknown(_) => Content::Undecided,
        Value::Object(members) => members
            .values()
            .map(content)
            .max()
            .unwrap_or(Content::Empty),
        _ => Content::Known,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attribute, Mode, NestedBlock};
    use super::*;
    use crate::value::Type;

    /// `outer { a, b, inner { c } }`
    fn block() -> Block {
        let text = |name| Attribute::new(name, Type::String, Mode::Optional, "");
        let nest = |name, block| NestedBlock {
            required: false,
            name,
            block,
        };
        let inner = Block {
            attributes: vec![text("c")],
            ..Block::default()
        };
        let outer = Block {
            attributes: vec![text("a"), text("b")],
            blocks: vec![nest("inner", inner)],
            ..Block::default()
        };
        Block {
            attributes: vec![text("top")],
            blocks: vec![nest("outer", outer)],
            ..Block::default()
        }
    }

    #[test]
    fn a_block_with_only_unknown_arguments_is_undecided() {
        let null = || Value::Null;
        let unknown = Value::unknown;
        let known = || Value::string("x");
        let inner = |c: Value| Value::object([("c", c)]);
        let outer = |a, b, inner| Value::object([("a", a), ("b", b), ("inner", inner)]);
        for (given, expected) in [
            (null(), null()),
            (unknown(), unknown()),
            // Empty blocks are present.
            (outer(null(), null(), null()), outer(null(), null(), null())),
            (
                outer(null(), null(), inner(null())),
                outer(null(), null(), inner(null())),
            ),
            // Only unknown, or only unknown and null.
            (outer(unknown(), unknown(), inner(unknown())), unknown()),
            (outer(unknown(), null(), null()), unknown()),
            (outer(null(), null(), inner(unknown())), unknown()),
            // A known argument decides for its block and the blocks around it, and for no other.
            (
                outer(known(), unknown(), inner(unknown())),
                outer(known(), unknown(), unknown()),
            ),
            (
                outer(unknown(), null(), inner(known())),
                outer(unknown(), null(), inner(known())),
            ),
            (
                outer(known(), null(), unknown()),
                outer(known(), null(), unknown()),
            ),
        ] {
            let object = |outer| Value::object([("top", unknown()), ("outer", outer)]);
            assert_eq!(
                undecided_as_unknown(&block(), object(given.clone())),
                object(expected),
                "{given:?}"
            );
        }
        assert_eq!(undecided_as_unknown(&block(), null()), null());
    }
}
