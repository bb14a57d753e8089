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
                  this is an error only if Harness did not respond at all: then the plan was checked offline only.")
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
        .because("Nothing was looked up in Harness: the plan was checked offline only. It can be reviewed, but not \
                  applied. Reported once per run. Set `plan_checks = false` to plan offline on purpose.")
        .when(Circumstance::NoKey),
];

/// What a plan without lookups leaves open, as the end of a sentence.
const UNCHECKED: &str = "this plan was checked offline only, without looking up secrets, organizations, projects, \
                         delegates, identifiers, and references to connectors";

/// How to plan without lookups, as the end of a sentence.
const ON_PURPOSE: &str = "set `plan_checks = false` in the provider block";

/// The end of every finding that others of the same run would only repeat.
const REPORTED_ONCE: &str = "Reported once per run.";

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

/// "Looking up secrets failed: …"
fn failure(query: &Unanswered) -> String {
    let about = looked_for(query.about);
    format!("Looking up {about} failed: {}.", query.error)
}

fn remedy(query: &Unanswered) -> String {
    let remedy = query.remedy.clone();
    remedy.unwrap_or_else(platform_error::run_doctor)
}

fn has_no_answer(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered(input, Why::NoAnswer, |_| true) {
        let (failed, remedy) = (failure(query), remedy(query));
        let causes = ["no answer to a lookup".to_owned(), query.title.clone()];
        let detail = if input.answers.is_reached {
            format!(
                "{failed} The rest of the plan was checked.\n\nPlan again when Harness responds. {remedy} To plan without \
                 lookups, {ON_PURPOSE}. {REPORTED_ONCE}"
            )
        } else {
            format!(
                "Harness did not respond, so {UNCHECKED}. {remedy}\n\n{failed} To plan offline on purpose, {ON_PURPOSE}. \
                 {REPORTED_ONCE}"
            )
        };
        let pushed = findings
            .push(Path::root(), &query.title, detail)
            .once(causes, object(input.model()));
        if input.answers.is_reached {
            pushed.not_raised_by_strict();
        }
    }
}

fn is_refused(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered(input, Why::Unauthorized, |_| true) {
        let (failed, remedy) = (failure(query), remedy(query));
        let detail = format!(
            "Harness refuses this key, so {UNCHECKED}. {remedy}\n\n{failed} To plan offline on purpose, {ON_PURPOSE}. \
             {REPORTED_ONCE}"
        );
        findings
            .push(Path::root(), &query.title, detail)
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
                "The API key is not allowed to view {what}, so they were not checked. Give the owner of the key a role that \
                 can view them. {REPORTED_ONCE}\n\n{}.",
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
                format!(
                    "{NO_ACCESS}, so {UNCHECKED}.\n\n{missing} To plan offline on purpose, {ON_PURPOSE}. {REPORTED_ONCE}"
                ),
            )
            .once([NO_ACCESS.to_owned()], object(input.model()));
    }
}
