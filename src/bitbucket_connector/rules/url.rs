//! Rules about `url`.

use super::rule::Rule;

pub(super) static RULES: &[Rule] = &[];
