//! Explains a cause once that many objects share.
//!
//! Terraform calls the provider for each object separately and in parallel, and shows each error as it arrives, so an
//! expired key would be explained once per object. Each error is needed, because it keeps the object's state, but its
//! explanation is not. So a diagnostic can declare what it [shares](Shared) with those about other objects. The first
//! one that leaves the process explains the cause; the others refer to it in one line, or are dropped.
//!
//! This is decided where diagnostics leave the process, so a diagnostic that was created and dropped explains nothing.
//! This is decided where diagnostics leave the process, so that one that was made and dropped explains nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::diagnostic::{Again, Diagnostic, Diagnostics, Severity, Shared};

/// The causes that this process has explained so far.
#[derive(Clone, Debug, Default)]
pub struct Explained(Arc<Mutex<BTreeMap<String, Explanation>>>);

/// Where a cause was explained.
#[derive(Clone, Debug)]
struct Explanation {
    object: String,
    severity: Severity,
}

impl Explained {
    /// Returns the diagnostics to show now, and records what they explain.
    pub fn report(&self, diagnostics: Diagnostics) -> Diagnostics {
        // A panic while the lock was held does no harm: at worst, a cause is missing from the map.
        let mut explained = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        diagnostics
            .into_iter()
            .filter_map(|mut diagnostic| {
                let Some(shared) = diagnostic.shared.take() else {
                    return Some(diagnostic);
                };
                reported(&mut explained, diagnostic, *shared)
            })
            .collect()
    }

    /// Returns the diagnostics to show where Terraform ignores warnings. Warnings explain nothing there, because they
    /// are not displayed.
    pub fn report_errors(&self, diagnostics: Diagnostics) -> Diagnostics {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(is_error);
        let mut reported = self.report(errors.into_iter().collect());
        reported.extend(warnings);
        reported
    }
}

fn reported(
    explained: &mut BTreeMap<String, Explanation>,
    diagnostic: Diagnostic,
    shared: Shared,
) -> Option<Diagnostic> {
    let severity = diagnostic.severity;
    // An error must not refer to a warning: people who look for the error do not read warnings first.
    let serves =
        |known: &&Explanation| severity == Severity::Warning || known.severity == Severity::Error;
    let mut known = shared
        .causes
        .iter()
        .filter_map(|cause| explained.get(cause));
    let Some(known) = known.find(serves) else {
        let here = Explanation {
            object: shared.object,
            severity,
        };
        let causes = shared.causes.into_iter();
        explained.extend(causes.map(|cause| (cause, here.clone())));
        return Some(diagnostic);
    };
    shared.again.map(|Again { before, after }| Diagnostic {
        detail: format!("{before}{}{after}", known.object),
        ..diagnostic
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(object: &str, causes: &[&str], diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.sharing(Shared {
            causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
            object: object.to_owned(),
            again: Some(Again {
                before: "Refused, as explained for ".to_owned(),
                after: ".".to_owned(),
            }),
        })
    }

    fn error(object: &str) -> Diagnostic {
        about(
            object,
            &["key"],
            Diagnostic::error("Not read", "The whole story."),
        )
    }

    /// Creates a warning that is shown once or not at all.
    fn once(object: &str, causes: &[&str], severity: Severity) -> Diagnostic {
        let mut warning = about(
            object,
            causes,
            Diagnostic::warning("Unseen", "Not checked."),
        );
        warning.severity = severity;
        if let Some(shared) = &mut warning.shared {
            shared.again = None;
        }
        warning
    }

    fn details(explained: &Explained, diagnostic: Diagnostic) -> Vec<String> {
        let reported = explained.report(diagnostic.into()).into_iter();
        reported.map(|diagnostic| diagnostic.detail).collect()
    }

    #[test]
    fn the_first_explains_and_the_others_name_it() {
        let explained = Explained::default();
        assert_eq!(details(&explained, error("a")), ["The whole story."]);
        for object in ["b", "a", "c"] {
            let reported = details(&explained, error(object));
            assert_eq!(reported, ["Refused, as explained for a."]);
        }
        let other = about("d", &["network"], Diagnostic::error("Not read", "Another."));
        assert_eq!(details(&explained, other), ["Another."]);
    }

    #[test]
    fn what_shares_nothing_is_always_shown_whole() {
        let explained = Explained::default();
        for _ in 0..2 {
            let reported = details(&explained, Diagnostic::error("Wrong", "Fix it."));
            assert_eq!(reported, ["Fix it."]);
        }
    }

    #[test]
    fn several_at_once_are_reported_as_one_after_the_other() {
        let explained = Explained::default();
        let reported = explained.report([error("a"), error("b")].into_iter().collect());
        let reported: Vec<_> = reported
            .iter()
            .map(|reported| reported.detail.as_str())
            .collect();
        assert_eq!(
            reported,
            ["The whole story.", "Refused, as explained for a."]
        );
    }

    #[test]
    fn a_diagnostic_of_several_causes_is_left_out_for_any_and_explains_all() {
        let explained = Explained::default();
        let first = once("a", &["unseen", "dns"], Severity::Warning);
        assert_eq!(details(&explained, first), ["Not checked."]);
        for cause in ["unseen", "dns"] {
            let again = once("b", &[cause], Severity::Warning);
            assert_eq!(details(&explained, again), [""; 0]);
        }
    }

    #[test]
    fn an_error_is_explained_even_after_a_warning_but_not_vice_versa() {
        let explained = Explained::default();
        let warning = || once("a", &["key"], Severity::Warning);
        assert_eq!(details(&explained, warning()), ["Not checked."]);
        assert_eq!(details(&explained, error("b")), ["The whole story."]);
        let reported = details(&explained, error("c"));
        assert_eq!(reported, ["Refused, as explained for b."]);
        assert_eq!(details(&explained, warning()), [""; 0]);
        let strict = once("d", &["key"], Severity::Error);
        assert_eq!(details(&explained, strict), [""; 0]);
    }

    #[test]
    fn a_warning_that_terraform_passes_over_explains_nothing() {
        let explained = Explained::default();
        let warning = || once("a", &["key"], Severity::Warning);
        assert_eq!(explained.report_errors(warning().into()).iter().len(), 1);
        assert_eq!(details(&explained, error("b")), ["The whole story."]);
        let reported = explained.report_errors(error("c").into());
        let reported: Vec<_> = reported
            .iter()
            .map(|reported| reported.detail.as_str())
            .collect();
        assert_eq!(reported, ["Refused, as explained for b."]);
    }

    #[test]
    fn of_many_at_the_same_time_exactly_one_explains() {
        let explained = Explained::default();
        let whole: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..20)
                .map(|number| {
                    let explained = explained.clone();
                    scope.spawn(move || details(&explained, error(&number.to_string())))
                })
                .collect();
            let reported = threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap());
            reported
                .filter(|detail| detail == "The whole story.")
                .count()
        });
        assert_eq!(whole, 1);
    }
}
