//! Rules about `test_repository`.

use super::rule::Rule;

pub(super) static RULES: &[Rule] = &[];
