//! Promises about a value that is not known yet.
//!
//! Terraform 1.6 and later refine unknown values: `"pre-${terraform_data.x.id}"` is unknown, but not null, and starts
//! with `pre-`. A provider may use such promises or ignore them; passing them on makes later plans more precise.

use std::fmt;

use super::number::Number;

/// Promises about an unknown value; usually none.
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Refinement(
    /// Boxed, because most values have no promises; `Some` only if there is a promise.
    Option<Box<Promises>>,
);

impl Refinement {
    /// Creates a refinement without promises.
    pub fn none() -> Self {
        Self::default()
    }

    /// Creates the promise that the value will not be null.
    pub fn not_null() -> Self {
        Self::from(Promises {
            not_null: true,
            ..Promises::default()
        })
    }

    /// Returns whether nothing is promised.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Returns whether the value is promised not to be null.
    pub fn is_not_null(&self) -> bool {
        self.promises().is_some_and(|promises| promises.not_null)
    }

    /// Returns the promised beginning of the string, if any.
    pub fn string_prefix(&self) -> Option<&str> {
        self.promises()?.string_prefix.as_deref()
    }

    pub(super) fn promises(&self) -> Option<&Promises> {
        self.0.as_deref()
    }
}

impl From<Promises> for Refinement {
    fn from(promises: Promises) -> Self {
        Self((promises != Promises::default()).then(|| Box::new(promises)))
    }
}

/// Shows which promises there are. A prefix is part of a value, which may be secret, and is not shown.
impl fmt::Debug for Refinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(promises) = self.promises() else {
            return f.write_str("none");
        };
        let present = [
            (promises.not_null, "not_null"),
            (promises.string_prefix.is_some(), "string_prefix"),
            (promises.number_min.is_some(), "number_min"),
            (promises.number_max.is_some(), "number_max"),
            (promises.length_min.is_some(), "length_min"),
            (promises.length_max.is_some(), "length_max"),
        ];
        let names = present
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name));
        f.debug_set().entries(names).finish()
    }
}

/// The promises that the protocol knows.
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Promises {
    pub(super) not_null: bool,
    /// The beginning of a string.
    pub(super) string_prefix: Option<String>,
    /// The lower bound of a number.
    pub(super) number_min: Option<Bound>,
    /// The upper bound of a number.
    pub(super) number_max: Option<Bound>,
    /// The lower bound of the length of a list, set, or map.
    pub(super) length_min: Option<i64>,
    /// The upper bound of the length of a list, set, or map.
    pub(super) length_max: Option<i64>,
}

/// One end of a range of numbers.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Bound {
    pub(super) number: Number,
    pub(super) inclusive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_promise_is_no_refinement() {
        assert_eq!(Refinement::from(Promises::default()), Refinement::none());
        assert!(Refinement::none().is_none());
        assert!(!Refinement::none().is_not_null());
        assert!(Refinement::not_null().is_not_null());
        assert!(!Refinement::not_null().is_none());
    }

    #[test]
    fn the_debug_form_does_not_show_a_prefix() {
        let refinement = Refinement::from(Promises {
            not_null: true,
            string_prefix: Some("hunter2".into()),
            ..Promises::default()
        });
        assert_eq!(refinement.string_prefix(), Some("hunter2"));
        assert_eq!(
            format!("{refinement:?}"),
            r#"{"not_null", "string_prefix"}"#
        );
        assert_eq!(format!("{:?}", Refinement::none()), "none");
    }
}
