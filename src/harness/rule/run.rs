//! Runs rules, and returns each mistake once, in the order of the schema.

use tf_provider::diagnostic::Diagnostics;
use tf_provider::value::{Path, Step};

use super::definition::{Family, Finding, Findings, Rule};

/// Returns what rules of any family find in their input.
pub(crate) fn run<F: Family>(
    rules: impl IntoIterator<Item = &'static Rule<F>>,
    input: &F::Input<'_>,
    strict: bool,
) -> Diagnostics {
    find(rules, input)
        .into_iter()
        .filter_map(|finding| finding.into_diagnostic(strict))
        .collect()
}

/// Returns all findings in order, without those that only follow from others.
pub(crate) fn find<F: Family>(
    rules: impl IntoIterator<Item = &'static Rule<F>>,
    input: &F::Input<'_>,
) -> Vec<Finding<F>> {
    let mut found = Vec::new();
    for rule in rules {
        (rule.check)(input, &mut Findings::of(rule, &mut found));
    }
    let follows: Vec<bool> = found.iter().map(|f| is_consequence(f, &found)).collect();
    let mut kept: Vec<Finding<F>> = found
        .into_iter()
        .zip(follows)
        .filter_map(|(finding, follows)| (!follows).then_some(finding))
        .collect();
    // A stable sort, which keeps the order of the table within one argument.
    kept.sort_by_key(|finding| position::<F>(&finding.path));
    kept
}

fn is_consequence<F: Family>(finding: &Finding<F>, all: &[Finding<F>]) -> bool {
    let after = finding.rule.after;
    !after.is_empty()
        && all
            .iter()
            .any(|cause| after.contains(&cause.rule.id) && overlap(&cause.path, &finding.path))
}

/// Returns whether one of the paths is the other's, or above it.
fn overlap(one: &Path, other: &Path) -> bool {
    one.steps().iter().zip(other.steps()).all(|(a, b)| a == b)
}

/// Returns the position of the argument in the schema.
pub(crate) fn position<F: Family>(path: &Path) -> usize {
    match path.steps().first() {
        Some(Step::Attribute(name)) => F::arguments().iter().position(|argument| argument == name),
        _ => None,
    }
    .unwrap_or(F::arguments().len())
}
