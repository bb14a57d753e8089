//! The rules about destroyed connectors: which entities still use them, and where the users were not looked up.

use harness_platform::Usage;
use tf_provider::value::Path;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::unanswered::unanswered;
use crate::harness::plan_queries::answers::{Topic, Why};
use crate::harness::plan_queries::lookups::MOST_USAGES;
use crate::harness::wording::connector::with_users;
use crate::harness::wording::{hcl, usage};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L01", "", is_in_use)
    .says("The plan destroys or replaces a connector in use.")
    .because("Harness refuses to delete a connector that pipelines, templates, or other entities refer to. With \
              `force_delete`, Harness deletes the connector, and those entities fail when they next need it. (If the \
              `identifier` changes, I09 reports it.)")
    .example(r#"org_id = "default""#, "org_id = null")
    .when(Circumstance::Existing),
    Rule::warning("L10", "", is_not_looked_at)
        .says("The plan destroys or replaces more than 100 connectors, and did not look up the users of this one.")
        .because("Harness can look up users of only one connector per request, and limits the requests of a key, so a plan \
                  looks up the first 100 connectors. The apply still asks Harness to delete each connector, and Harness \
                  refuses if anything refers to it. Terraform shows one of these warnings and counts the others.")
        .when(Circumstance::OneOfMany),
];

fn is_in_use(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (prior, fate) = match input.change {
        PlannedChange::Destruction { prior } => (prior, "destroyed"),
        // The rule about identifiers already reports this, with more detail.
        PlannedChange::Replacement { prior, planned }
            if input::changed_identifier(prior, planned).is_none() =>
        {
            (prior, "replaced")
        }
        _ => return,
    };
    if let (Some(users), Some(connector)) = (users(input, "it"), input::connector(prior)) {
        let id = hcl(&connector.identifier);
        findings.push(
            Path::root(),
            format!("Connector {id} in use will be {fate}"),
            format!("The {} will be {fate}, but {users}", with_users(&connector)),
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
            "The {} will be {fate}, and what refers to it was not looked up: a plan does this for \
             {MOST_USAGES} connectors at most. To look up each of them, plan fewer at a time (`-target`).{outlook} This \
             warning comes once for each connector that was not looked up.",
            with_users(&prior)
        ),
    );
}

/// Returns a sentence about the entities that use what it calls `connector`, and a list of them; `None` if the platform
/// names none.
pub(super) fn named(found: &Usage, connector: &str) -> Option<String> {
    let list = usage::list(found)?;
    let number = found
        .total
        .max(u64::try_from(found.referrers.len()).unwrap_or(u64::MAX));
    let entities = if number == 1 {
        "1 Harness entity uses".to_owned()
    } else {
        format!("{number} Harness entities use")
    };
    Some(format!("{entities} {connector}:\n{list}"))
}

/// Returns the users of the destroyed connector and the consequences, or `None` if the platform names none, or was not
/// queried.
pub(crate) fn users(input: &PlanInput<'_>, connector: &str) -> Option<String> {
    let users = named(input.answers.usage.as_ref()?, connector)?;
    let is_forced = input
        .change
        .prior()
        .is_some_and(|prior| prior.force_delete.known() == Some(&true));
    let outlook = if is_forced {
        "`force_delete` is set: if the account allows it, Harness deletes the connector anyway, and what refers to it fails \
         when it next needs it. Remove the references first."
    } else {
        "Harness refuses to delete it while in use. Remove the references, in this run or before it, or apply \
         `force_delete = true` first if the account allows it."
    };
    Some(format!("{users}\n\n{outlook}"))
}
