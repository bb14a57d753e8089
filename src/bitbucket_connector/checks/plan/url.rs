//! Rules about a new URL that is valid but rarely intended. They are among the checks that `plan_checks` turns off.

use super::input::{Findings, PlanInput, PlannedChange, Rule};
use crate::bitbucket_connector::checks::examples::ssh;
use crate::bitbucket_connector::connector::url::{Deployment, Form, Protocol};
use crate::harness::wording::hcl;

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("X21", "url", lacks_ssh_port)
        .says("An `ssh://` URL of Bitbucket Data Center has no port.")
        .because("Git then connects to port 22, but Bitbucket Data Center serves SSH on port 7999 by default. The clone URL \
                  in Bitbucket has the port.")
        .example(ssh!("ssh://git@bb.acme.com/"), ssh!("ssh://git@bb.acme.com:7999/")),
];

fn lacks_ssh_port(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let is_new = match input.change {
        PlannedChange::Update { prior, planned } => prior.url != planned.url,
        PlannedChange::Creation { .. } | PlannedChange::Replacement { .. } => true,
        PlannedChange::Destruction { .. } => false,
    };
    let Some(url) = input.offline.url().filter(|_| is_new) else {
        return;
    };
    if input.answers.is_reached
        && url.deployment() == Deployment::DataCenter
        && url.protocol() == Protocol::Ssh
        && url.form() == Form::Url
        && url.port().is_none()
    {
        findings.push(
            "url",
            "SSH URL without a port",
            format!(
                "`url` is {}, so Git connects to port 22. Write the port of the clone URL in Bitbucket; the default of \
                 Bitbucket Data Center is 7999.",
                hcl(&url.to_string())
            ),
        );
    }
}
