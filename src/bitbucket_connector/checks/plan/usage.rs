//! The rules about connectors that go: who still uses them, and where nobody has looked.

use harness_platform::Usage;
use tf_provider::value::Path;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::unanswered::unanswered;
use crate::harness::plan_queries::answers::{Topic, Why};
use crate::harness::plan_queries::lookups::MOST_USAGES;
use crate::harness::wording::{hcl, usage};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L01", "", is_in_use)
    .says("A connector that others use is destroyed or replaced.")
    .because("Harness refuses to delete a connector that pipelines, templates or other entities refer to, unless it is \
              forced to; then they fail when they next need it. (Where it is the `identifier` that changes, I09 says \
              so.)")
    .example(r#"org_id = "default""#, "org_id = null")
    .when(Circumstance::Existing),
    Rule::warning("L10", "", is_not_looked_at)
        .says("A plan destroys or replaces more than 100 connectors, and this is one of those whose users are not looked \
               up.")
        .because("Harness answers this for one connector at a time, and limits the requests of a key. So a plan asks about \
                  the first 100. The apply still asks Harness to delete each connector, which it refuses if anything \
                  refers to it. Terraform shows one of these warnings and counts the others.")
        .when(Circumstance::OneOfMany),
];

fn is_in_use(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (prior, fate) = match input.change {
        PlannedChange::Destruction { prior } => (prior, "destroyed"),
        // The rule about identifiers says the same, and more.
        PlannedChange::Replacement { prior, planned }
            if input::changed_identifier(prior, planned).is_none() =>
        {
            (prior, "replaced")
        }
        _ => return,
    };
    if let (Some(users), Some(connector)) = (users(input), input::connector(prior)) {
        let id = hcl(&connector.identifier);
        findings.push(
            Path::root(),
            format!("Connector {id} is in use and to be {fate}"),
            format!(
                "The connector {id} of the {} is to be {fate}. {users}",
                connector.scope
            ),
        );
    }
}

fn is_not_looked_at(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let Some(prior) = input.change.prior().and_then(input::connector) else {
        return;
    };
    if unanswered(input, Why::TooMany, |about| about == Topic::Usage)
        .next()
        .is_none()
    {
        return;
    }
    let refused =
        " If anything refers to it, Harness refuses to delete it, unless `force_delete` is set.";
    let (fate, outlook) = match input.change {
        PlannedChange::Destruction { .. } => ("destroyed", refused),
        PlannedChange::Replacement { .. } => ("replaced", refused),
        PlannedChange::Creation { .. } | PlannedChange::Update { .. } => ("changed", ""),
    };
    findings.push(
        Path::root(),
        format!("Users not looked up beyond {MOST_USAGES} connectors"),
        format!(
            "The connector {} of the {} is to be {fate}, and this plan did not look up what refers to it: it asks Harness \
             about {MOST_USAGES} connectors at most.{outlook} To have each connector looked up, plan fewer at a time (`-target`).\n\nThis warning \
             comes once for each connector that was not looked up.",
            hcl(&prior.identifier),
            prior.scope
        ),
    );
}

/// How many entities use a connector, and which; `None` if the platform names none.
pub(super) fn named(found: &Usage) -> Option<String> {
    let list = usage::list(found)?;
    let number = found
        .total
        .max(u64::try_from(found.referrers.len()).unwrap_or(u64::MAX));
    let entities = if number == 1 {
        "1 entity of Harness refers".to_owned()
    } else {
        format!("{number} entities of Harness refer")
    };
    Some(format!("{entities} to it:\n{list}"))
}

/// Who uses the connector that goes, and what that means; `None` if the platform names nobody, or was not asked.
pub(crate) fn users(input: &PlanInput<'_>) -> Option<String> {
    let users = named(input.answers.usage.as_ref()?)?;
    let is_forced = input
        .change
        .prior()
        .is_some_and(|prior| prior.force_delete.known() == Some(&true));
    let outlook = if is_forced {
        "`force_delete` is on: where the account allows that, the connector is deleted all the same, and what refers to it \
         fails when it next needs it. Change the references first."
    } else {
        "Harness refuses to delete the connector as long as anything refers to it. Change the references first, or set \
         `force_delete = true` and apply that before, where the account allows it."
    };
    Some(format!("{users}\n\n{outlook}"))
}
