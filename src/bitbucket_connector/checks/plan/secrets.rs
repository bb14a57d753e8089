//! Rules about the secrets to which a connector refers: that they exist, and are text where text is wanted. What an SSH
//! credential has to be is a matter of its own ([`ssh_key`](super::ssh_key)).

use harness_platform::{Scope, Secret, SecretKind};
use tf_provider::diagnostic::Severity;
use tf_provider::value::{Path, Step};

use super::input::{self, PlanInput, WithPlatform};
use super::scope::SAME_RUN;
use super::unanswered::{self, TOLD_ONCE};
use super::{Circumstance, PlanRule, object};
use crate::bitbucket_connector::checks::offline::input::Reference;
use crate::harness::plan_queries::answers::{Existence, Topic, Why};
use crate::harness::plan_queries::secret_id::SecretId;
use crate::harness::rule::{Example, Findings, Rule, Strict};
use crate::harness::wording::hcl;

pub(crate) static RULES: &[PlanRule] = &[
    PlanRule {
        rule: Rule {
            id: "W12",
            setting: "*_ref",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "There is no secret with this Id in the place to which the reference points.",
            why: "Harness refuses a connector whose secrets do not exist. One that is created in the same run is in order; \
                  the connector has to depend on it, so that it comes first.",
            example: Example {
                wrong: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_tokn"
  }
}"#,
                mended: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_token"
  }
}"#,
            },
            after: &[],
            check: is_missing,
        },
        circumstance: Circumstance::Creation,
    },
    PlanRule {
        rule: Rule {
            id: "W13",
            setting: "*_ref",
            severity: Severity::Error,
            strict: Strict::Same,
            says: "The secret is an SSH or WinRM credential, and a text secret is needed.",
            why: "Harness does not look at the kind of a secret when it saves a connector; the connector then fails on every \
                  use, with an error that does not say why.",
            example: Example {
                wrong: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_ssh"
  }
}"#,
                mended: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_token"
  }
}"#,
            },
            after: &[],
            check: is_credential,
        },
        circumstance: Circumstance::Creation,
    },
    PlanRule {
        rule: Rule {
            id: "W14",
            setting: "*_ref",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "The secret is a file secret, and a text secret is expected.",
            why: "A file often ends with a line break, which then is part of the password or token.",
            example: Example {
                wrong: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.deploy_key_file"
  }
}"#,
                mended: r#"credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_token"
  }
}"#,
            },
            after: &[],
            check: is_file,
        },
        circumstance: Circumstance::Creation,
    },
    PlanRule {
        rule: Rule {
            id: "W15",
            setting: "*_ref",
            severity: Severity::Warning,
            strict: Strict::Same,
            says: "The API key may not look at secrets.",
            why: "Whether the secrets exist, and whether they are of the right kind, will show only when the connector is \
                  used. This is told once in a run.",
            example: Example {
                wrong: "",
                mended: "",
            },
            after: &[],
            check: may_not_be_seen,
        },
        circumstance: Circumstance::SecretsHidden,
    },
];

/// The references that the platform has been asked about, with where they lead and what is there.
pub(super) fn looked_up<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, Option<&'c Secret>)> {
    input.offline.references.iter().filter_map(|reference| {
        let secret = input::secret_id(input.model(), reference.read.as_ref().ok()?)?;
        let found = input.answers.secrets.get(&secret)?;
        Some((reference, secret, found.as_ref()))
    })
}

/// The text references among them that lead to a secret.
fn texts<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, &'c Secret)> {
    looked_up(input)
        .filter(|(reference, ..)| !reference.is_ssh_key)
        .filter_map(|(reference, _, found)| Some((reference, found?)))
}

/// The last name in a path: `password_ref`.
pub(crate) fn name(path: &Path) -> &str {
    match path.steps().last() {
        Some(Step::Attribute(name)) => name,
        _ => "",
    }
}

/// What a secret is, for people; `None` of a kind that this version does not know.
pub(crate) fn kind(secret: &Secret) -> Option<&'static str> {
    match secret.kind {
        SecretKind::Text => Some("a text secret"),
        SecretKind::File => Some("a file secret"),
        SecretKind::SshKey => Some("an SSH credential"),
        SecretKind::WinRm => Some("a WinRM credential"),
        SecretKind::Other(_) => None,
    }
}

fn is_missing(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, secret, found) in looked_up(input) {
        if found.is_some() || is_in_missing_scope(input, &secret) {
            continue;
        }
        findings.push(
            reference.path.clone(),
            format!("Secret {} not found", hcl(reference.text)),
            format!(
                "`{}` is {}, and the {} has no secret {}. {SAME_RUN}; write the Id of {}, which stands beside its name in \
                 Harness.",
                name(&reference.path),
                hcl(reference.text),
                secret.scope,
                hcl(&secret.identifier),
                if reference.is_ssh_key {
                    "an SSH credential"
                } else {
                    "a text secret"
                }
            ),
        );
    }
}

/// Whether the organization or project around a secret is missing, which says it all.
fn is_in_missing_scope(input: &PlanInput<'_>, secret: &SecretId) -> bool {
    match input.answers.scope {
        Some(Existence::NoOrganization) => secret.scope != Scope::Account,
        Some(Existence::NoProject) => secret.scope.project().is_some(),
        Some(Existence::There) | None => false,
    }
}

fn is_credential(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, secret) in texts(input) {
        if let (SecretKind::SshKey | SecretKind::WinRm, Some(kind)) = (&secret.kind, kind(secret)) {
            findings.push(
                reference.path.clone(),
                format!("{} is not a text secret", hcl(reference.text)),
                format!(
                    "`{}` is {}, which is {kind}, and a text secret is needed. Harness would save this, and the connector \
                     would fail on every use. Write the reference of a text secret.",
                    name(&reference.path),
                    hcl(reference.text)
                ),
            );
        }
    }
}

fn is_file(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, secret) in texts(input) {
        if secret.kind == SecretKind::File {
            findings.push(
                reference.path.clone(),
                format!("{} is a file secret", hcl(reference.text)),
                format!(
                    "`{}` is {}, which is a file secret. If the file ends with a line break, that is taken for a part of \
                     the value. Store the value in a text secret, and write its reference.",
                    name(&reference.path),
                    hcl(reference.text)
                ),
            );
        }
    }
}

fn may_not_be_seen(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for unanswered_query in
        unanswered::unanswered(input, Why::Forbidden, |about| about == Topic::Secrets)
    {
        findings
            .push(
            Path::root(),
            "Secrets could not be looked up",
            format!(
                "The API key may not look at secrets ({}). Whether those to which the connectors refer exist, and are of \
                 the right kind, is not checked. Give the owner of the key a role with the permission to view secrets. \
                 {TOLD_ONCE}",
                unanswered_query.error
            ),
        )
        .once([unanswered::unseen(unanswered_query.about)], object(input.model()));
    }
}
