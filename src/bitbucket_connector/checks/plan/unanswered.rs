//! What is to be said when the platform could not be queried. Each matter is reported once in a run, by the connector that meets it first.

use tf_provider::value::Path;

use super::input::{Circumstance, Findings, PlanInput, Rule};
use super::object;
use crate::harness::plan_queries::answers::{Topic, Unanswered, Why};
use crate::harness::platform_error;
use crate::harness::provider_data::NO_ACCESS;

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L02", "", has_no_answer)
        .raised_by_strict()
        .says("Harness gave no answer to a look-up, or none in time.")
        .because("What depends on the answer is not checked. The plan is as good as it would be with `plan_checks = \
                  false`. All look-ups about one connector together take five seconds at most, and after several \
                  without an answer no more are made. This is told once in a run. With `strict` it is an error only if \
                  Harness has answered nothing at all: such a plan was checked offline only.")
        .when(Circumstance::NoAnswer),
    Rule::warning("L03", "", is_refused)
        .says("The API key is not valid, or may not look at organizations and projects, identifiers, delegates, or \
               references to a connector.")
        .because("What depends on the answer is not checked. This is told once in a run for each of them. Of secrets \
                  W15 says the same. With `strict` a key that is not valid is an error: such a plan was checked \
                  offline only.")
        .when(Circumstance::DelegatesHidden),
    Rule::warning("L04", "", has_no_access)
        .raised_by_strict()
        .says("Something is to change, and the provider has no API key or no account id.")
        .because("The plan was checked offline only: nothing was looked up in Harness. It can be reviewed, but not \
                  applied. This is told once in a run. Set `plan_checks = false` to plan offline on purpose.")
        .when(Circumstance::NoKey),
];

/// What a plan without look-ups leaves open, as the end of a sentence.
const UNCHECKED: &str = "this plan was checked offline only. Secrets, delegates, scopes (organizations and projects), \
                         identifiers, and references to connectors were not checked";

/// How to plan without any of this, as the end of a sentence.
const ON_PURPOSE: &str = "set `plan_checks = false` in the provider's configuration";

/// The end of every finding that others of the same run would only repeat.
pub(super) const TOLD_ONCE: &str = "This is told once, however many connectors it concerns.";

/// The gaps of this kind.
pub(crate) fn unanswered<'c>(
    input: &'c PlanInput<'_>,
    why: Why,
    about: impl Fn(Topic) -> bool,
) -> impl Iterator<Item = &'c Unanswered> {
    let unanswered = input.answers.unanswered.iter();
    unanswered.filter(move |query| query.why == why && about(query.about))
}

/// What was looked for, for people.
fn looked_for(about: Topic) -> &'static str {
    match about {
        Topic::Secrets => "secrets",
        Topic::Scopes => "organizations and projects",
        Topic::Identifiers => "identifiers of connectors",
        Topic::Delegates => "delegates",
        Topic::Usage => "references to connectors",
    }
}

/// "Looking up secrets failed: …", and what to do about it.
fn failure(query: &Unanswered) -> (String, String) {
    let about = looked_for(query.about);
    let remedy = query.remedy.clone();
    (
        format!("Looking up {about} failed: {}.", query.error),
        remedy.unwrap_or_else(platform_error::run_doctor),
    )
}

fn has_no_answer(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered(input, Why::NoAnswer, |_| true) {
        let (failed, remedy) = failure(query);
        let causes = ["no answer to a look-up".to_owned(), query.title.clone()];
        let detail = if input.answers.is_reached {
            format!(
                "{failed}\n\nThis plan is checked except for what depends on the answer. Plan again when Harness answers. \
                 To plan without look-ups, {ON_PURPOSE}. {remedy} {TOLD_ONCE}"
            )
        } else {
            format!(
                "{failed}\n\nHarness has answered nothing, so {UNCHECKED}. {remedy} To plan offline on purpose, \
                 {ON_PURPOSE}. {TOLD_ONCE}"
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
        let (failed, remedy) = failure(query);
        let detail = format!(
            "{failed}\n\nHarness accepts no look-up with this key, so {UNCHECKED}. {remedy} To plan offline on purpose, \
             {ON_PURPOSE}. {TOLD_ONCE}"
        );
        findings
            .push(Path::root(), &query.title, detail)
            .once([query.title.clone()], object(input.model()))
            .raised_by_strict();
    }
    for query in unanswered(input, Why::Forbidden, |about| about != Topic::Secrets) {
        let what = looked_for(query.about);
        findings
            .push(
                Path::root(),
                format!("No permission to look up {what}"),
                format!(
                    "The API key may not look at {what} ({}). What depends on them is not checked. Give the owner of the key \
                     a role with the permission to view them. {TOLD_ONCE}",
                    query.error
                ),
            )
            .once([unseen(query.about)], object(input.model()));
    }
}

/// The cause of all findings about things that the key may not see.
pub(super) fn unseen(about: Topic) -> String {
    format!("no permission to look up {}", looked_for(about))
}

fn has_no_access(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if let Some(missing) = &input.answers.no_access {
        findings
            .push(
                Path::root(),
                "Plan made without access to Harness",
                format!(
                    "{NO_ACCESS}, so {UNCHECKED}.\n\n{missing} To plan offline on purpose, {ON_PURPOSE}. {TOLD_ONCE}"
                ),
            )
            .once([NO_ACCESS.to_owned()], object(input.model()));
    }
}
