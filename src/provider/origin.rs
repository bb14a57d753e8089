//! Where a setting comes from: an attribute of the provider block, or the environment variable that can replace it.

use std::ffi::OsString;
use std::fmt;

use harness_platform::proxy::Environment;
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::Field;
use tf_provider::value::Path;

/// The value of a setting.
pub(super) enum Given {
    Nothing,
    /// A variable that is not valid Unicode: an error, and never treated as not set.
    Broken,
    Text(String, Origin),
}

/// Where a setting comes from, for diagnostics about it.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Attribute(&'static str),
    Variable(&'static str),
}

impl Given {
    /// Returns the attribute, or else the variable; an unknown attribute is neither.
    pub(super) fn of(
        (attribute, variable): (&'static str, &'static str),
        field: Field<String>,
        environment: Environment<'_>,
        findings: &mut Diagnostics,
    ) -> Self {
        match field {
            Field::Unknown => return Self::Nothing,
            Field::Known(text) => return Self::Text(text, Origin::Attribute(attribute)),
            Field::Null => {}
        }
        let origin = Origin::Variable(variable);
        match environment(variable).map(OsString::into_string) {
            None => Self::Nothing,
            Some(Ok(text)) => Self::Text(text, origin),
            Some(Err(_)) => {
                findings.push(origin.invalid(attribute, "it is not valid UTF-8; set it again"));
                Self::Broken
            }
        }
    }

    /// Returns the text, and where it comes from.
    pub(super) fn text(self) -> Option<(String, Origin)> {
        match self {
            Self::Text(text, origin) => Some((text, origin)),
            Self::Nothing | Self::Broken => None,
        }
    }
}

impl Origin {
    pub(super) fn invalid(self, name: &str, reason: impl fmt::Display) -> Diagnostic {
        let place = match self {
            Self::Attribute(attribute) => format!("The provider's `{attribute}`"),
            Self::Variable(variable) => format!("The environment variable {variable}"),
        };
        self.place(Diagnostic::error(
            format!("Invalid {name}"),
            format!("{place} cannot be used: {reason}."),
        ))
    }

    pub(super) fn warn(self, summary: &str, detail: &str) -> Diagnostic {
        self.place(Diagnostic::warning(summary, detail))
    }

    fn place(self, finding: Diagnostic) -> Diagnostic {
        match self {
            Self::Attribute(attribute) => finding.at(Path::root().attribute(attribute)),
            Self::Variable(_) => finding,
        }
    }
}
