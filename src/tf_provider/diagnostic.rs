//! Errors and warnings for the person who runs Terraform.
//!
//! Write a [`Diagnostic`] for someone who reads it at 3 a.m. Its summary names the problem, without a period. Its
//! detail says what was found, what is expected, and what to write instead. Its path points to the narrowest place in
//! the configuration. None of its text may contain a secret. [`Diagnostics`] collects all problems; nothing stops at
//! the first.

use super::about;
use super::value::Path;

/// The severity of a [`Diagnostic`]: an error stops the run, a warning does not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The operation did not, or must not, happen.
    Error,
    /// The operation continues, but needs attention.
    Warning,
}

/// An error or a warning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line without a period.
    pub summary: String,
    /// What was found, what is expected, what to write instead. May have several lines.
    pub detail: String,
    /// The place in the configuration, or `None` for the whole object.
    pub path: Option<Path>,
    /// What the diagnostic has in common with those about other objects. Boxed, because few diagnostics have it.
    pub shared: Option<Box<Shared>>,
}

/// What a diagnostic shares with diagnostics about other objects in the run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shared {
    /// The causes. The detail explains all of them; it can be left out once one of them has been explained.
    pub causes: Vec<String>,
    /// The object, as later diagnostics refer to it: `connector "x"`.
    pub object: String,
    /// What replaces the detail once the cause has been explained; an error is only replaced after an error. `None`
    /// drops the diagnostic, for those that no object needs.
    pub again: Option<Again>,
}

/// A detail that points to another diagnostic. The name of that diagnostic's object goes between the two parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Again {
    /// The text before the object.
    pub before: String,
    /// The text after the object.
    pub after: String,
}

impl Diagnostic {
    /// Creates an error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            shared: None,
        }
    }

    /// Creates a warning about the whole object.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(summary, detail)
        }
    }

    /// Attaches the diagnostic to `path`.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// Lets the diagnostic share its detail with those about other objects with the same cause.
    #[must_use]
    pub fn sharing(mut self, shared: Shared) -> Self {
        self.shared = Some(Box::new(shared));
        self
    }

    /// Puts a text before the detail, whichever detail is shown.
    #[must_use]
    pub fn preceded_by(mut self, text: &str) -> Self {
        self.detail = format!("{text}\n\n{}", self.detail);
        if let Some(again) = self
            .shared
            .as_mut()
            .and_then(|shared| shared.again.as_mut())
        {
            again.before = format!("{text}\n\n{}", again.before);
        }
        self
    }

    /// Creates an error that blames this provider and asks for a bug report.
    ///
    /// `what` completes the sentence "…, which must not happen", and contains no values from the configuration.
    pub fn own_bug(what: impl std::fmt::Display) -> Self {
        Self::error(
            "Bug in the provider",
            format!(
                "{what}. This is a bug, whatever the configuration says. Your state is as it was before this step. \
                 Please report this message, with the versions of Terraform and the provider, at {}.",
                about::issues()
            ),
        )
    }
}

/// Diagnostics in the order in which they were added.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Returns true if at least one diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Returns true if there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the diagnostics, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_alone_is_no_error() {
        let mut diagnostics = Diagnostics::from(Diagnostic::warning("Odd", "Look at it."));
        assert!(!diagnostics.has_errors());
        diagnostics.push(Diagnostic::error("Wrong", "Fix it."));
        assert!(diagnostics.has_errors());
    }
}
