//! Rules about the organization and the project around a connector: that they exist.

use tf_provider::diagnostic::Severity;

use super::input::{PlanInput, WithPlatform};
use super::{Circumstance, PlanRule};
use crate::harness::plan_queries::answers::Existence;
use crate::harness::rule::{Example, Findings, Rule, Strict, at};
use crate::harness::wording::hcl;

pub(crate) static RULES: &[PlanRule] = &[
    PlanRule {
        rule: Rule {
            id: "O04",
            setting: "org_id",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "There is no organization with the Id in `org_id`.",
            why: "Harness refuses a connector in an organization that does not exist. One that is created in the same run is \
                  in order; the connector has to depend on it, so that it comes first.",
            example: Example {
                wrong: r#"org_id = "defualt""#,
                mended: r#"org_id = "default""#,
            },
            after: &[],
            check: has_no_organization,
        },
        circumstance: Circumstance::Creation,
    },
    PlanRule {
        rule: Rule {
            id: "O05",
            setting: "project_id",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "The organization has no project with the Id in `project_id`.",
            why: "Harness refuses a connector in a project that does not exist. One that is created in the same run is in \
                  order; the connector has to depend on it, so that it comes first.",
            example: Example {
                wrong: "org_id     = \"default\"\nproject_id = \"wbe\"",
                mended: "org_id     = \"default\"\nproject_id = \"web\"",
            },
            after: &[],
            check: has_no_project,
        },
        circumstance: Circumstance::Creation,
    },
];

/// What to do about something that may yet be made in this run.
pub(super) const SAME_RUN: &str = "If it is created in this run, all is well, provided that the connector comes after it: \
                                   refer to it, or name it in `depends_on`. Otherwise Harness will refuse the connector";

fn has_no_organization(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    if input.answers.scope == Some(Existence::NoOrganization)
        && let Some(org) = input.model().org_id.text()
    {
        findings.push(
            at("org_id"),
            format!("Organization {} not found", hcl(org)),
            format!(
                "The account has no organization {}. {SAME_RUN}; write the Id of an organization, which stands beside its \
                 name in Harness.",
                hcl(org)
            ),
        );
    }
}

fn has_no_project(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    if input.answers.scope == Some(Existence::NoProject)
        && let (Some(org), Some(project)) =
            (input.model().org_id.text(), input.model().project_id.text())
    {
        findings.push(
            at("project_id"),
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
