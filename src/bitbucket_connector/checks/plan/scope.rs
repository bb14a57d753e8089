//! Rules about the connector's organization and project, which must exist.

use super::input::{Findings, PlanInput, Rule};
use crate::harness::plan_queries::answers::Existence;
use crate::harness::wording::{hcl, joined, similar};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("O04", "org_id", has_no_organization)
        .says("No organization has the Id in `org_id`.")
        .because("Harness refuses a connector in an organization that does not exist. The same run may create the \
                  organization, if the connector depends on it.")
        .example(r#"org_id = "defualt""#, r#"org_id = "default""#),
    Rule::warning("O05", "project_id", has_no_project)
        .says("No project of the organization has the Id in `project_id`.")
        .because("Harness refuses a connector in a project that does not exist. The same run may create the project, if \
                  the connector depends on it.")
        .example(
            "org_id     = \"default\"\nproject_id = \"wbe\"",
            "org_id     = \"default\"\nproject_id = \"web\"",
        ),
];

/// What to do about something that this run may still create. `it` refers to the subject of the sentence before.
pub(super) const SAME_RUN: &str = "If this run creates it, refer to its resource or use `depends_on`, so that Terraform \
                                   creates it first. Otherwise, Harness will refuse the connector.";

fn has_no_organization(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if input.answers.scope == Some(Existence::NoOrganization)
        && let Some(org) = input.model().org_id.text()
    {
        findings.push(
            "org_id",
            format!("Organization {} not found", hcl(org)),
            format!(
                "The account has no organization {} that this API key can see. {} {SAME_RUN}",
                hcl(org),
                instead("org_id", org, &input.answers.alternatives.organizations)
            ),
        );
    }
}

fn has_no_project(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if input.answers.scope == Some(Existence::NoProject)
        && let (Some(org), Some(project)) =
            (input.model().org_id.text(), input.model().project_id.text())
    {
        findings.push(
            "project_id",
            format!("Project {} not found", hcl(project)),
            format!(
                "The organization {} has no project {} that this API key can see. {} {SAME_RUN}",
                hcl(org),
                hcl(project),
                instead("project_id", project, &input.answers.alternatives.projects)
            ),
        );
    }
}

/// Returns what to write instead of an id that does not exist: the nearest existing ones.
fn instead(argument: &str, id: &str, existing: &[String]) -> String {
    let meant = similar::meant(id, existing.iter().map(String::as_str));
    let meant: Vec<_> = meant
        .into_iter()
        .map(|id| format!("`{argument} = {}`", hcl(id)))
        .collect();
    if meant.is_empty() {
        "Write the Id, shown next to the name in Harness.".to_owned()
    } else {
        format!("Did you mean {}?", joined(&meant, "or"))
    }
}
