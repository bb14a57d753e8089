//! The most common kind of attribute.

use tf_provider::schema::{Attribute, Mode};
use tf_provider::value::Type;

/// Declares an attribute that is a text.
pub(super) fn text(name: &'static str, mode: Mode, description: &'static str) -> Attribute {
    Attribute::new(name, Type::String, mode, description)
}
