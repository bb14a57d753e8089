//! Rules about the organization and the project around a connector: that they exist.

use super::input::{Findings, PlanInput, Rule};
use crate::harness::plan_queries::answers::Existence;
use crate::harness::wording::hcl;

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("O04", "org_id", has_no_organization)
        .says("There is no organization with the Id in `org_id`.")
        .because("Harness refuses a connector in an organization that does not exist. One that is created in the same \
                  run is in order; the connector has to depend on it, so that it comes first.")
        .example(r#"org_id = "defualt""#, r#"org_id = "default""#),
    Rule::warning("O05", "project_id", has_no_project)
        .says("The organization has no project with the Id in `project_id`.")
        .because("Harness refuses a connector in a project that does not exist. One that is created in the same run is \
                  in order; the connector has to depend on it, so that it comes first.")
        .example(
            "org_id     = \"default\"\nproject_id = \"wbe\"",
            "org_id     = \"default\"\nproject_id = \"web\"",
        ),
];

/// What to do about something that may yet be made in this run.
pub(super) const SAME_RUN: &str = "If it is created in this run, all is well, provided that the connector comes after it: \
                                   refer to it, or name it in `depends_on`. Otherwise Harness will refuse the connector";

fn has_no_organization(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if input.answers.scope == Some(Existence::NoOrganization)
        && let Some(org) = input.model().org_id.text()
    {
        findings.push(
            "org_id",
            format!("Organization {} not found", hcl(org)),
            format!(
                "The account has no organization {}. {SAME_RUN}; write the Id of an organization, which stands beside its \
                 name in Harness.",
                hcl(org)
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
                "The organization {} has no project {}. {SAME_RUN}; write the Id of a project of this organization, which \
                 stands beside its name in Harness.",
                hcl(org),
                hcl(project)
            ),
        );
    }
}
