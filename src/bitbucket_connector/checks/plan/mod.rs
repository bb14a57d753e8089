//! The rules that ask the platform: what a configuration alone cannot show, looked up while the plan is made, so that the
//! review of the plan shows it and not the first pipeline that fails.
//!
//! They are data as the [offline](super::offline) rules are, and look at a [`PlanInput`]: a planned change, and what the
//! platform has said about it. So they are pure functions; [`queries`] says what is asked, [`PlanQueries`] asks.
//!
//! - What may be made or removed in the same run (a secret, a project, a delegate, a taken identifier) is a warning, worded
//!   for that case. What is there and of the wrong kind is an error. A look-up that is refused, or brings no answer, is one
//!   warning in the run, and fails no plan.
//! - **When they are asked.** Of a connector that is created everything is looked up; of one that is updated what concerns
//!   the settings that change, and who uses it if those are what users rely on; of one that is destroyed who uses it; of one
//!   that is replaced both. A plan without changes costs no look-up: a scheduled plan that looks for drift in five hundred
//!   connectors does not ask for their secrets again and again. Terraform plans the new connector of a replacement once more,
//!   as a creation, and shows no warnings of that; so all is said about the replacement.
//! - **How they are summed up.** Terraform shows one of several warnings with the same summary, and counts the others. So a
//!   summary names the thing that it is about: a secret that is missing is shown once, however many connectors refer to it,
//!   and hides no other.
//! - **How much that costs.** All look-ups about one change run side by side and take five seconds at most; if something is
//!   missing, a second round lists what may have been meant, with five seconds of its own. Each thing is looked up once per
//!   process, however many connectors name it. Identifiers are looked up many at once; who uses a
//!   connector that goes can only be looked up for one at a time, so a plan does it for a hundred and names the others.
//!   Nothing that is asked changes anything.
//! - **While applying.** Before it creates or updates a connector, Terraform plans it a second time, with what has become
//!   known in the meantime, in another process. In a process that applies, the platform itself answers in a moment, and no
//!   warning is repeated; secrets are still looked up, so that one of the wrong kind stops the connector that would be
//!   broken by it. Some hosts do not tell a process that it applies (see [`phase`](tf_provider::phase)): until its first
//!   change, it looks like one that plans. Under those, a warning about the very first connectors (as many as the host
//!   treats side by side) shows a second time if it still holds.
//! - `plan_checks = false`, or an unknown provider configuration: nothing is looked up, and only what needs no answer is said.
//! - **Without eyes.** A plan that changes something and has no key, or to which Harness gives no answer at all, was checked
//!   offline only. One warning says so for the whole run, under `strict` an error. Once Harness has answered anything, a
//!   look-up that fails is a warning also under `strict`: it says nothing about the rest of the plan.

pub(crate) mod api_access;
pub(crate) mod delegates;
pub(crate) mod identifier;
pub(crate) mod in_place;
pub(crate) mod input;
pub(crate) mod queries;
pub(crate) mod scope;
pub(crate) mod secrets;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod unanswered;
pub(crate) mod unmanaged;
pub(crate) mod url;
pub(crate) mod usage;

pub(crate) use input::PlannedChange;

use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tokio_util::sync::CancellationToken;

use crate::bitbucket_connector::connector::model::Model;
use crate::harness::plan_queries::PlanQueries;
use crate::harness::plan_queries::answers::{Answers, Identifier};
use crate::harness::plan_queries::query::Query;
use crate::harness::{platform_error, rule, wording};
use input::{PlanInput, Rule};

/// All rules, by setting in the order of the schema, then by id; last those about the connector as a whole.
pub(super) static RULES: &[&[Rule]] = &[
    identifier::RULES,
    scope::RULES,
    url::RULES,
    delegates::RULES,
    secrets::RULES,
    api_access::RULES,
    usage::RULES,
    in_place::RULES,
    unmanaged::RULES,
    unanswered::RULES,
];

/// What is to be said about a planned change, with what the platform says about it. It ends early when it is cancelled.
pub(crate) async fn check(
    change: PlannedChange<'_>,
    queries: &PlanQueries,
    strict: bool,
    cancellation: CancellationToken,
) -> Diagnostics {
    let is_applying = queries.is_applying();
    if let Some(prior) = change.prior().and_then(input::connector) {
        queries.add_in_state(prior);
    }
    let mut asked = queries::for_change(&change);
    if is_applying {
        asked.retain(Query::is_about_secret);
    }
    let mut answers = queries.answers(asked, cancellation.clone()).await;
    if is_applying {
        // The platform will be asked again in a moment, for the change itself.
        answers.unanswered.clear();
    } else {
        let missing = queries::about_missing(change.model(), &answers);
        answers.alternatives = queries.answers(missing, cancellation).await.alternatives;
    }
    if answers.identifier == Some(Identifier::Taken)
        && input::connector(change.model()).is_some_and(|connector| queries.is_in_state(&connector))
    {
        answers.identifier = Some(Identifier::TakenInState);
    }
    let is_due = |finding: &Diagnostic| !is_applying || finding.severity == Severity::Error;
    run(change, answers, strict)
        .into_iter()
        .filter(is_due)
        .collect()
}

/// What can be said about a planned change where there is no access to the platform; `missing` says what to set.
pub(crate) fn check_without_access(
    change: PlannedChange<'_>,
    strict: bool,
    missing: &Diagnostic,
) -> Diagnostics {
    let answers = Answers {
        no_access: change.is_one().then(|| missing.detail.clone()),
        ..Answers::default()
    };
    run(change, answers, strict)
}

/// How findings about other connectors name the one that a model describes; `None` if it has no name yet.
pub(crate) fn object(model: &Model) -> Option<String> {
    match (input::connector(model), model.name.text()) {
        (Some(connector), _) => Some(platform_error::object(&connector)),
        (None, Some(name)) if wording::is_shown(name) => {
            Some(format!("connector {}", wording::hcl(name)))
        }
        (None, _) => None,
    }
}

/// What can be said about a planned change without asking anybody.
pub(crate) fn check_unasked(change: PlannedChange<'_>, strict: bool) -> Diagnostics {
    run(change, Answers::default(), strict)
}

fn run(change: PlannedChange<'_>, answers: Answers, strict: bool) -> Diagnostics {
    let rules = RULES.iter().copied().flatten();
    rule::run(rules, &PlanInput::new(change, answers), strict)
}
