//! What to report if the platform could not be queried. Each problem is reported once per run, with the first connector
//! that it affects.

use tf_provider::value::Path;

use super::input::{Circumstance, Findings, PlanInput, Rule, object};
use crate::harness::plan_queries::answers::{Topic, Unanswered, Why};
use crate::harness::platform_error;
use crate::harness::provider_data::NO_ACCESS;

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L02", "", has_no_answer)
        .raised_by_strict()
        .says("Harness did not respond to a lookup, or not in time.")
        .because("What depends on the response was not checked. The lookups for one connector take five seconds at most, \
                  and after several without a response the plan makes no more. Reported once per run. With `strict`, \
                  this is an error only if Harness did not respond at all: then the plan was checked offline only. Set \
                  `plan_checks = false` to plan offline on purpose.")
        .when(Circumstance::NoAnswer),
    Rule::warning("L03", "", is_refused)
        .says("The API key is not valid, or is not allowed to view organizations and projects, identifiers, \
               delegates, or references to a connector.")
        .because("What depends on the response was not checked. Each kind of lookup is reported once per run; for secrets, \
                  see W15. With `strict`, an invalid key is an error: the plan was checked offline only.")
        .when(Circumstance::DelegatesHidden),
    Rule::warning("L04", "", has_no_access)
        .raised_by_strict()
        .says("The plan changes something, and the provider has no API key or no account id.")
        .because("Nothing was looked up in Harness (secrets, organizations, projects, delegates, identifiers, users): the \
                  plan was checked offline only. It can be reviewed, but not applied. Reported once per run. Set \
                  `plan_checks = false` to plan offline on purpose.")
        .when(Circumstance::NoKey),
];

/// The consequence of a plan without any lookup, as the end of a sentence.
const OFFLINE: &str = "the plan was checked offline only";

/// How to plan without lookups.
const ON_PURPOSE: &str = "To plan offline on purpose, set `plan_checks = false`.";

/// Returns the failed queries of this kind.
pub(crate) fn unanswered<'c>(
    input: &'c PlanInput<'_>,
    why: Why,
    about: impl Fn(Topic) -> bool,
) -> impl Iterator<Item = &'c Unanswered> {
    let unanswered = input.answers.unanswered.iter();
    unanswered.filter(move |query| query.why == why && about(query.about))
}

/// Returns what was looked up, for people.
fn looked_for(about: Topic) -> &'static str {
    match about {
        Topic::Secrets => "secrets",
        Topic::Scopes => "organizations and projects",
        Topic::Identifiers => "connector identifiers",
        Topic::Delegates => "delegates",
        Topic::Usage => "references to connectors",
    }
}

/// Returns the text about a failed query: what was not checked, what to do, and the request. The summary says what happened
/// to it.
fn failure(query: &Unanswered, unchecked: &str) -> String {
    let about = looked_for(query.about);
    let remedy = query
        .remedy
        .clone()
        .unwrap_or_else(|| format!("Plan again later. {}", platform_error::run_doctor()));
    format!(
        "Looking up {about} failed, so {unchecked}. {remedy}\n\n{}.",
        query.error
    )
}

fn has_no_answer(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered(input, Why::NoAnswer, |_| true) {
        let causes = ["no answer to a lookup".to_owned(), query.title.clone()];
        let unchecked = if input.answers.is_reached {
            "the plan did not check them"
        } else {
            OFFLINE
        };
        let pushed = findings
            .push(Path::root(), &query.title, failure(query, unchecked))
            .note(ON_PURPOSE)
            .once(causes, object(input.model()));
        if input.answers.is_reached {
            pushed.not_raised_by_strict();
        }
    }
}

fn is_refused(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered(input, Why::Unauthorized, |_| true) {
        findings
            .push(Path::root(), &query.title, failure(query, OFFLINE))
            .note(ON_PURPOSE)
            .once([query.title.clone()], object(input.model()))
            .raised_by_strict();
    }
    for query in unanswered(input, Why::Forbidden, |about| about != Topic::Secrets) {
        push_unseen(findings, query, input);
    }
}

/// Pushes the finding about things that the key may not view.
pub(super) fn push_unseen(findings: &mut Findings<'_>, query: &Unanswered, input: &PlanInput<'_>) {
    let what = looked_for(query.about);
    findings
        .push(
            Path::root(),
            format!("No permission to look up {what}"),
            format!(
                "The API key is not allowed to view {what}, so the plan did not check them. Give the owner of the key a role \
                 that can view them.\n\n{}.",
                query.error
            ),
        )
        .once(
            [format!("no permission to look up {what}")],
            object(input.model()),
        );
}

fn has_no_access(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if let Some(missing) = &input.answers.no_access {
        findings
            .push(
                Path::root(),
                "Plan made without access to Harness",
                format!("The plan was checked offline only. {missing} {ON_PURPOSE}"),
            )
            .once([NO_ACCESS.to_owned()], object(input.model()));
    }
}
