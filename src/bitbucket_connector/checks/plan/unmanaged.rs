//! The rule about settings that this provider cannot manage and that an apply replaces. It needs no query.

use tf_provider::field::Field;

use super::input::{Circumstance, Findings, PlanInput, PlannedChange, Rule};
use crate::bitbucket_connector::connector::unmanaged;
use crate::harness::wording::code_list;

pub(crate) static RULES: &[Rule] = &[Rule::warning("L05", "unmanaged", are_replaced)
    .says("The apply replaces settings that this provider cannot manage.")
    .because("Someone chose them in Harness, and Terraform cannot restore them.")
    .example(
        r#"delegate_selectors = ["eu"]
api_access {
  email_and_api_token {
    email     = "jane@acme.com"
    token_ref = "account.bitbucket_api_token"
  }
}"#,
        r#"description = "Without api_access, which leaves the one in Harness as it is""#,
    )
    .when(Circumstance::Unmanaged)];

fn are_replaced(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (replaced, how) = match input.change {
        PlannedChange::Update { prior, planned } => (
            unmanaged::replaced(prior, planned),
            "The configuration replaces",
        ),
        PlannedChange::Replacement { prior, .. } => {
            let all = prior.unmanaged.known().into_iter().flatten();
            let all = all.filter_map(Field::text).collect();
            (all, "The new connector will not have")
        }
        PlannedChange::Creation { .. } | PlannedChange::Destruction { .. } => return,
    };
    if replaced.is_empty() {
        return;
    }
    let list = code_list(&replaced, "and");
    let is_update = matches!(input.change, PlannedChange::Update { .. });
    let arguments: Vec<&str> = unmanaged::arguments(&replaced).into_iter().collect();
    let ignore = format!(
        "lifecycle {{ ignore_changes = [{}] }}",
        arguments.join(", ")
    );
    // Only an update can keep anything, because a new connector starts from the configuration. Of these arguments, only
    // `api_access` can be left out, and then an update keeps what Harness has.
    let keep = if !is_update || arguments.is_empty() {
        "Set it again in Harness after the apply, if pipelines need it.".to_owned()
    } else if arguments == ["api_access"] {
        format!("To keep it, remove the `api_access` block, or add `{ignore}`.")
    } else {
        format!("To keep it, add `{ignore}`.")
    };
    findings.push(
        "unmanaged",
        format!("Replaces {list}"),
        format!(
            "{how} {list}, which someone set in Harness and this provider cannot restore. {keep}"
        ),
    );
}
