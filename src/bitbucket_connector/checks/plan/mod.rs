//! The rules that query the platform: what a configuration alone cannot show is looked up during the plan, so that its
//! reviewer sees it before the first pipeline fails.
//!
//! They are data like the [offline](super::offline) rules, and check a [`PlanInput`]: a planned change, and what the
//! platform has reported about it. So they are pure functions; [`queries`] lists the queries, and [`PlanQueries`] sends
//! them.
//!
//! - What the run itself may create or remove (a secret, a project, a delegate, a taken identifier) is a warning,
//!   worded for that case. What exists of the wrong type is an error. A failed lookup is one warning per run, and
//!   fails no plan.
//! - **When the platform is queried.** For a new connector, everything is looked up. For an update, what concerns the
//!   changed settings, and the connector's users if those settings are what users rely on. For a destroyed connector,
//!   its users; for a replacement, both. A plan without changes needs no lookups: a scheduled drift check of five
//!   hundred connectors does not look up their secrets again and again. Terraform plans the new connector of a
//!   replacement once more, as a creation, and shows no warnings from that; so everything is reported with the
//!   replacement.
//! - **How findings are combined.** Terraform shows one of several warnings with equal summaries, and counts the
//!   others. So a summary names its subject: a missing secret is shown once, however many connectors refer to it, and
//!   hides no other.
//! - **What the queries cost.** All lookups for one change run in parallel and take at most five seconds; if something
//!   is missing, a second round with its own five seconds lists what may have been meant. Each object is looked up once
//!   per process, however many connectors refer to it. Identifiers are looked up many at once. The users of a connector
//!   can only be looked up one connector at a time, so a plan does it for a hundred and lists the others. No query
//!   changes anything.
//! - **During an apply.** Before Terraform creates or updates a connector, it plans it a second time, with what has
//!   become known in the meantime, in another process. In a process that applies, the platform itself is about to
//!   respond, so warnings are not repeated. Secrets are still looked up, so that one of the wrong type stops the
//!   connector that it would break. Some hosts do not tell a process that it applies (see
//!   [`phase`](tf_provider::phase)): until its first change, it looks like one that plans. There, a warning about the
//!   very first connectors (as many as the host plans in parallel) is shown a second time if it still applies.
//! - `plan_checks = false`, or an unknown provider configuration: there are no lookups, and only findings that need
//!   none.
//! - **Plans without Harness.** A plan with changes but without a key, or without any response from Harness, was
//!   checked offline only. One warning says so for the whole run; it is an error under `strict`. Once Harness has
//!   responded to anything, a failed lookup is a warning even under `strict`, because it says nothing about the rest of
//!   the plan.

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

use crate::harness::plan_queries::PlanQueries;
use crate::harness::plan_queries::answers::{Answers, Identifier};
use crate::harness::plan_queries::query::Query;
use crate::harness::rule;
use input::{PlanInput, Rule};

/// All rules, by setting in the order of the schema, then by id; those about the connector as a whole come last.
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

/// Checks a planned change with information from the platform. Ends early on cancellation.
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
        // The change itself is about to query the platform again.
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

/// Checks a planned change without access to the platform; `missing` says what to set.
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

/// Checks a planned change offline.
pub(crate) fn check_unasked(change: PlannedChange<'_>, strict: bool) -> Diagnostics {
    run(change, Answers::default(), strict)
}

fn run(change: PlannedChange<'_>, answers: Answers, strict: bool) -> Diagnostics {
    let rules = RULES.iter().copied().flatten();
    rule::run(rules, &PlanInput::new(change, answers), strict)
}
