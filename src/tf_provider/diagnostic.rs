//! Findings for the person in front of Terraform.
//!
//! A [`Diagnostic`] is read at 3 a.m.: its summary names the matter without a full stop, its detail says what was found,
//! what is expected and what to write instead, and its path leads to the narrowest place in the configuration. None of
//! its texts may hold a secret. [`Diagnostics`] collects: nothing stops at the first finding.

use super::about;
use super::value::Path;

/// How much a [`Diagnostic`] weighs: an error stops the run, a warning is shown and the run goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The operation did not, or must not, happen.
    Error,
    /// The operation goes on; somebody should look.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line without a full stop.
    pub summary: String,
    /// What was found, what is expected, what to write instead. May have several lines.
    pub detail: String,
    /// The place in the configuration; `None` when the whole object is meant.
    pub path: Option<Path>,
    /// What it has in common with diagnostics about other objects; boxed, because few have it.
    pub shared: Option<Box<Shared>>,
}

/// What a diagnostic shares with diagnostics about other objects of the same run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shared {
    /// The causes. Its detail explains all of them; it need not be said where one of them has been explained.
    pub causes: Vec<String>,
    /// The object, as later diagnostics name it to lead to the explanation: `connector "x"`.
    pub object: String,
    /// What is said in place of the detail once the cause has been explained, for an error by an error; `None`: nothing at
    /// all, for diagnostics without which no object loses anything.
    pub again: Option<Again>,
}

/// A detail that leads to another diagnostic, whose object stands between the two parts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Again {
    /// What comes before the object.
    pub before: String,
    /// What comes after it.
    pub after: String,
}

impl Diagnostic {
    /// An error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            shared: None,
        }
    }

    /// A warning about the whole object.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(summary, detail)
        }
    }

    /// The same finding, attached to `path`.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// The same finding, of which the detail is said once for all objects with the same cause.
    #[must_use]
    pub fn sharing(mut self, shared: Shared) -> Self {
        self.shared = Some(Box::new(shared));
        self
    }

    /// The same finding with this text before its detail, whichever detail is shown.
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

    /// A finding that blames this provider: it says so and asks for a report.
    ///
    /// `what` completes the sentence "…, which must not happen", and holds no values of the configuration.
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

/// Findings in the order in which they were made.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No findings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// True when at least one finding is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// True when there is no finding at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings, in order.
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
