//! What is to be said when the platform could not be asked. Each matter is told once in a run, whoever meets it first.

use super::case::{Case, WithPlatform};
use super::facts::{About, Gap, Why};
use super::{Circumstance, PlanRule};
use crate::bitbucket_connector::rules::rule::{Example, Findings, Rule, Strict};
use crate::tf_provider::diagnostic::Severity;
use crate::tf_provider::value::Path;

pub(super) static RULES: &[PlanRule] = &[
    PlanRule {
        rule: Rule {
            id: "L02",
            setting: "",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "Harness gave no answer to a look-up, or none in time.",
            why: "What depends on the answer is not checked. The plan is as good as it would be with `plan_checks = false`. \
                  All look-ups about one connector together take five seconds at most, and after several without an answer \
                  no more are made. This is told once in a run.",
            example: Example {
                wrong: "",
                mended: "",
            },
            after: &[],
            check: has_no_answer,
        },
        circumstance: Circumstance::NoAnswer,
    },
    PlanRule {
        rule: Rule {
            id: "L03",
            setting: "",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "The API key is not valid, or may not look at organizations and projects, identifiers, delegates, or \
                   references to a connector.",
            why: "What depends on the answer is not checked. This is told once in a run for each of them. Of secrets W15 \
                  says the same.",
            example: Example {
                wrong: "",
                mended: "",
            },
            after: &[],
            check: is_refused,
        },
        circumstance: Circumstance::DelegatesHidden,
    },
];

/// The end of every finding that others of the same run would only repeat.
pub(super) const TOLD_ONCE: &str = "This is told once, however many connectors it concerns.";

/// The gaps of this kind.
pub(super) fn gaps<'c>(
    case: &'c Case<'_>,
    why: Why,
    about: impl Fn(About) -> bool,
) -> impl Iterator<Item = &'c Gap> {
    let gaps = case.facts.gaps.iter();
    gaps.filter(move |gap| gap.why == why && about(gap.about))
}

/// What was looked for, for people.
fn looked_for(about: About) -> &'static str {
    match about {
        About::Secrets => "secrets",
        About::Scopes => "organizations and projects",
        About::Identifiers => "identifiers of connectors",
        About::Delegates => "delegates",
        About::Usage => "references to connectors",
    }
}

fn has_no_answer(case: &Case<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for gap in gaps(case, Why::NoAnswer, |_| true) {
        findings.push(
            Path::root(),
            "Harness did not answer in time",
            format!(
                "A look-up of {} brought nothing: {}. The plan is right as far as it goes, but what could not be looked up \
                 is not checked. Plan again when Harness answers, or write `plan_checks = false` in the provider's \
                 configuration to plan without look-ups. {TOLD_ONCE}",
                looked_for(gap.about),
                gap.error
            ),
        );
    }
}

fn is_refused(case: &Case<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for gap in gaps(case, Why::Unauthorized, |_| true) {
        findings.push(
            Path::root(),
            "Harness refused the API key",
            format!(
                "Nothing could be looked up: {}. The key is not valid, has expired, or belongs to another account. Check \
                 HARNESS_PLATFORM_API_KEY (or the provider's `platform_api_key`) and `account_id`. {TOLD_ONCE}",
                gap.error
            ),
        );
    }
    for gap in gaps(case, Why::Forbidden, |about| about != About::Secrets) {
        let what = looked_for(gap.about);
        findings.push(
            Path::root(),
            format!("No permission to look up {what}"),
            format!(
                "The API key may not look at {what} ({}). What depends on them is not checked. Give the owner of the key a \
                 role with the permission to view them. {TOLD_ONCE}",
                gap.error
            ),
        );
    }
}
