//! Rules about the SSH credential of a connector: that it is one, for the user `git`, with a key in a file secret.

use harness_platform::{Secret, SecretKind, SshCredential};
use tf_provider::diagnostic::Severity;

use super::input::{PlanInput, WithPlatform};
use super::secrets::{kind, looked_up};
use super::{Circumstance, PlanRule};
use crate::bitbucket_connector::checks::offline::input::Reference;
use crate::harness::plan_queries::secret_id::SecretId;
use crate::harness::rule::{Example, Findings, Rule, Strict};
use crate::harness::secret_ref::SecretRef;
use crate::harness::wording::hcl;

/// The example with another credential.
macro_rules! with_key {
    ($reference:literal) => {
        concat!(
            "connection_type = \"SSH\"\n",
            "url             = \"git@bitbucket.org:acme/\"\n",
            "credentials {\n  ssh {\n    ssh_key_ref = \"",
            $reference,
            "\"\n  }\n}"
        )
    };
}

/// The rules of this group differ in little more than their words.
macro_rules! rule {
    ($id:literal, $severity:ident, $strict:ident, $says:literal, $why:literal, $wrong:literal, $check:ident) => {
        PlanRule {
            rule: Rule {
                id: $id,
                setting: "credentials.ssh.ssh_key_ref",
                severity: Severity::$severity,
                strict: Strict::$strict,
                says: $says,
                why: $why,
                example: Example {
                    wrong: with_key!($wrong),
                    mended: with_key!("account.bitbucket_ssh"),
                },
                after: &[],
                check: $check,
            },
            circumstance: Circumstance::Creation,
        }
    };
}

pub(crate) static RULES: &[PlanRule] = &[
    rule!(
        "K04",
        Error,
        Same,
        "`ssh_key_ref` names a secret that is not an SSH credential.",
        "A key alone, in a text or file secret, is not enough: Harness takes user and key from an *SSH credential*, which \
         refers to the key. Harness does not look at the kind of a secret when it saves a connector; the connector then \
         fails on every use, with an error that does not say why.",
        "account.deploy_key_file",
        is_no_credential
    ),
    rule!(
        "K05",
        Warning,
        Raised,
        "The SSH credential is for another user than `git`.",
        "Bitbucket knows one SSH user, `git`, and tells people apart by their keys.",
        "account.build_machine_ssh",
        has_other_user
    ),
    rule!(
        "K06",
        Error,
        Same,
        "The SSH credential has no key: it signs in with a password or with Kerberos.",
        "Git over SSH signs in to Bitbucket with a key only.",
        "account.ssh_password",
        has_no_key
    ),
    rule!(
        "K07",
        Warning,
        Same,
        "The key of the SSH credential is a file on a delegate.",
        "It works only on delegates that have the file, and not at all where Harness connects directly.",
        "account.ssh_key_path",
        is_on_delegate
    ),
    rule!(
        "K08",
        Warning,
        Same,
        "The key of the SSH credential is not in a file secret.",
        "Harness asks for SSH keys in file secrets: in a text secret the line breaks of a key are easily lost, and without \
         them it is not a key.",
        "account.ssh_text_key",
        is_in_text_secret
    ),
];

/// The secret that stands for the key, if the platform has one: how it is referred to, and what it is.
fn key<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, &'c Secret)> {
    looked_up(input)
        .filter(|(reference, ..)| reference.is_ssh_key)
        .filter_map(|(reference, id, found)| Some((reference, id, found?)))
}

/// The SSH credential, if it is one.
fn credential<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, &'c SshCredential)> {
    key(input).filter_map(|(reference, id, secret)| Some((reference, id, secret.ssh.as_ref()?)))
}

const MAKE_ONE: &str = "Create an SSH credential in Harness (New Secret, SSH Credential) with the user name `git` and the \
                        key in a file secret, and write its reference";

fn is_no_credential(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, _, secret) in key(input) {
        if secret.kind != SecretKind::SshKey
            && let Some(kind) = kind(secret)
        {
            findings.push(
                reference.path.clone(),
                format!("{} is not an SSH credential", hcl(reference.text)),
                format!(
                    "`ssh_key_ref` is {}, which is {kind}, and Git over SSH needs an SSH credential. Harness would save \
                     this, and the connector would fail on every use. {MAKE_ONE}.",
                    hcl(reference.text)
                ),
            );
        }
    }
}

fn has_other_user(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, _, ssh) in credential(input) {
        if is_without_key(ssh).is_none()
            && let Some(user) = ssh.user_name.as_deref().filter(|user| *user != "git")
        {
            findings.push(
                reference.path.clone(),
                format!("SSH credential {} is not of the user git", hcl(reference.text)),
                format!(
                    "The SSH credential {} has the user name {}, and Bitbucket's SSH user is always `git`. Change the user \
                     name of the credential in Harness to git; if others need it as it is, make one of its own for \
                     Bitbucket and write its reference.",
                    hcl(reference.text),
                    hcl(user)
                ),
            );
        }
    }
}

fn has_no_key(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, _, ssh) in credential(input) {
        if let Some(instead) = is_without_key(ssh) {
            findings.push(
                reference.path.clone(),
                format!("SSH credential {} has no key", hcl(reference.text)),
                format!(
                    "The SSH credential {} signs in with {instead}, and Bitbucket accepts a key only. {MAKE_ONE}.",
                    hcl(reference.text)
                ),
            );
        }
    }
}

/// With what a credential signs in instead of a key.
fn is_without_key(ssh: &SshCredential) -> Option<&'static str> {
    match (ssh.auth_type.as_deref(), ssh.credential_type.as_deref()) {
        (Some("Kerberos"), _) => Some("Kerberos"),
        (_, Some("Password")) => Some("a password"),
        _ => None,
    }
}

fn is_on_delegate(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, _, ssh) in credential(input) {
        if ssh.credential_type.as_deref() == Some("KeyPath") {
            findings.push(
                reference.path.clone(),
                format!("SSH credential {} has its key on a delegate", hcl(reference.text)),
                format!(
                    "The key of the SSH credential {} is a file on a delegate: the connector works only through delegates \
                     that have this file. Store the key in a file secret, and let the credential refer to that.",
                    hcl(reference.text)
                ),
            );
        }
    }
}

fn is_in_text_secret(input: &PlanInput<'_>, findings: &mut Findings<'_, WithPlatform>) {
    for (reference, credential, ssh) in credential(input) {
        let key = ssh.key.as_deref();
        let id = key
            .and_then(|key| SecretRef::parse(key).ok())
            .and_then(|key| credential.inside(&key));
        let found = id.and_then(|id| input.answers.secrets.get(&id)?.as_ref());
        if let (Some(key), Some(found)) = (key, found)
            && found.kind != SecretKind::File
            && let Some(kind) = kind(found)
        {
            findings.push(
                reference.path.clone(),
                format!("SSH credential {} has its key outside a file secret", hcl(reference.text)),
                format!(
                    "The SSH credential {} takes its key from {}, which is {kind}; Harness asks for SSH keys in file \
                     secrets, where their line breaks are safe. Store the key in a new file secret, and let the credential \
                     refer to that.",
                    hcl(reference.text),
                    hcl(key)
                ),
            );
        }
    }
}
