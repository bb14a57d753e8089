//! How much of the requested connectors a walk has seen. What it could not read becomes one warning with a list, or an
//! error if it could read nothing.

use harness_platform::{PlatformError, Scope};
use tf_provider::diagnostic::Diagnostic;

use super::find;
use super::walk::{Gap, Part, Reason};
use crate::harness::platform_error;

/// The maximum number of parts in a warning.
const SHOWN: usize = 20;

/// What a walk has seen so far.
#[derive(Debug)]
pub(super) struct Coverage {
    /// The scope where the walk began.
    top: Scope,
    /// Whether any scope could be read.
    has_read: bool,
    gaps: Vec<Gap>,
}

impl Coverage {
    /// Creates a record in which nothing has been seen yet.
    pub(super) fn of(top: &Scope) -> Self {
        Self {
            top: top.clone(),
            has_read: false,
            gaps: Vec::new(),
        }
    }

    /// Records that a scope was read.
    pub(super) fn add_read(&mut self) {
        self.has_read = true;
    }

    /// Records something that was not seen.
    ///
    /// # Errors
    /// Returns an error if the requested organization or project does not exist.
    pub(super) fn add_gap(&mut self, gap: Gap) -> Result<(), Diagnostic> {
        if let (Part::Connectors(scope) | Part::Projects(scope), Reason::Failed(error)) =
            (&gap.part, &gap.reason)
            && *scope == self.top
            && error.missing().is_some()
        {
            return Err(find::not_read(scope, error));
        }
        self.gaps.push(gap);
        Ok(())
    }

    /// Returns the warning about what was not seen, or `None` if there is nothing.
    ///
    /// # Errors
    /// Returns an error if no scope could be read.
    pub(super) fn finish(self) -> Result<Option<Diagnostic>, Diagnostic> {
        let mut failures = self.gaps.iter().filter_map(failure);
        let is_forbidden = failures.clone().any(PlatformError::is_forbidden);
        if let (false, Some(error)) = (self.has_read, failures.next()) {
            return Err(find::not_read(&self.top, error));
        }
        if self.gaps.is_empty() {
            return Ok(None);
        }
        let mut lines: Vec<String> = self.gaps.iter().take(SHOWN).map(line).collect();
        let more = self.gaps.len() - lines.len();
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
        let advice = if is_forbidden {
            "Give the key's owner a role with `core_connector_view` there, or set `org_id` and `project_id` to list \
             only what the key may see. Harness may also refuse such a key where there are no connectors."
        } else {
            "Run the command again."
        };
        Ok(Some(Diagnostic::warning(
            "Some connectors could not be listed",
            format!(
                "Connectors may be missing from the result, because Harness did not list:\n{}\n\n{advice}",
                lines.join("\n")
            ),
        )))
    }
}

fn failure(gap: &Gap) -> Option<&PlatformError> {
    match &gap.reason {
        Reason::Failed(error) => Some(error),
        Reason::Unreadable(_) | Reason::Unsteady => None,
    }
}

/// Returns the line about a part.
fn line(gap: &Gap) -> String {
    let reason = match &gap.reason {
        Reason::Failed(error) => platform_error::title(error),
        Reason::Unreadable(1) => "one item cannot be read".to_owned(),
        Reason::Unreadable(items) => format!("{items} items cannot be read"),
        Reason::Unsteady => "changed during the listing".to_owned(),
    };
    format!("  {}: {reason}", gap.part)
}
