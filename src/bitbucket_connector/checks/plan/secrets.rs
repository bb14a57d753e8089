//! Rules about the secrets to which a connector refers: that they exist, and are text where text is wanted; and that the
//! SSH credential is one, for the user `git`, with a key in a file secret.

use std::collections::BTreeMap;

use harness_platform::{Scope, Secret, SecretKind, SshCredential};
use tf_provider::value::Path;

use super::input::{self, Circumstance, Findings, PlanInput, Rule};
use super::object;
use super::scope::SAME_RUN;
use super::unanswered::{self, TOLD_ONCE};
use crate::bitbucket_connector::checks::examples::{HTTP, SSH, http_with, ssh_with};
use crate::bitbucket_connector::checks::offline::input::Reference;
use crate::harness::plan_queries::answers::{Existence, Topic, Why};
use crate::harness::plan_queries::secret_id::SecretId;
use crate::harness::secret_ref::SecretRef;
use crate::harness::wording::{code_list, hcl, joined, similar};

const SSH_KEY_REF: &str = "credentials.ssh.ssh_key_ref";

pub(crate) static RULES: &[Rule] = &[
    Rule::error("K04", SSH_KEY_REF, is_no_credential)
        .says("`ssh_key_ref` names a secret that is not an SSH credential.")
        .because("A key alone, in a text or file secret, is not enough: Harness takes user and key from an *SSH \
                  credential*, which refers to the key. Harness does not look at the kind of a secret when it saves a \
                  connector; the connector then fails on every use, with an error that does not say why.")
        .example(ssh_with!(r#""account.deploy_key_file""#), SSH),
    Rule::warning("K05", SSH_KEY_REF, has_other_user)
        .raised_by_strict()
        .says("The SSH credential is for another user than `git`.")
        .because("Bitbucket knows one SSH user, `git`, and tells people apart by their keys.")
        .example(ssh_with!(r#""account.build_machine_ssh""#), SSH),
    Rule::error("K06", SSH_KEY_REF, has_no_key)
        .says("The SSH credential has no key: it signs in with a password or with Kerberos.")
        .because("Git over SSH signs in to Bitbucket with a key only.")
        .example(ssh_with!(r#""account.ssh_password""#), SSH),
    Rule::warning("K07", SSH_KEY_REF, is_on_delegate)
        .says("The key of the SSH credential is a file on a delegate.")
        .because("It works only on delegates that have the file, and not at all where Harness connects directly.")
        .example(ssh_with!(r#""account.ssh_key_path""#), SSH),
    Rule::warning("K08", SSH_KEY_REF, is_in_text_secret)
        .says("The key of the SSH credential is not in a file secret.")
        .because("Harness asks for SSH keys in file secrets: in a text secret the line breaks of a key are easily \
                  lost, and without them it is not a key.")
        .example(ssh_with!(r#""account.ssh_text_key""#), SSH),
    Rule::warning("W12", "*_ref", is_missing)
        .says("There is no secret with this Id in the place to which the reference points.")
        .because("Harness refuses a connector whose secrets do not exist. One that is created in the same run is in \
                  order; the connector has to depend on it, so that it comes first.")
        .example(http_with!(r#""account.bitbucket_tokn""#), HTTP),
    Rule::error("W13", "*_ref", is_credential)
        .says("The secret is an SSH or WinRM credential, and a text secret is needed.")
        .because("Harness does not look at the kind of a secret when it saves a connector; the connector then fails on \
                  every use, with an error that does not say why.")
        .example(http_with!(r#""account.bitbucket_ssh""#), HTTP),
    Rule::warning("W14", "*_ref", is_file)
        .says("The secret is a file secret, and a text secret is expected.")
        .because("A file often ends with a line break, which then is part of the password or token.")
        .example(http_with!(r#""account.deploy_key_file""#), HTTP),
    Rule::warning("W15", "*_ref", may_not_be_seen)
        .says("The API key may not look at secrets.")
        .because("Whether the secrets exist, and whether they are of the right kind, will show only when the connector \
                  is used. This is told once in a run.")
        .when(Circumstance::SecretsHidden),
];

/// The references that the platform has been asked about, with where they lead and what is there.
fn looked_up<'c, 'a>(
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

/// What a secret is, for people; `None` of a kind that this version does not know.
fn kind(secret: &Secret) -> Option<&'static str> {
    match secret.kind {
        SecretKind::Text => Some("a text secret"),
        SecretKind::File => Some("a file secret"),
        SecretKind::SshKey => Some("an SSH credential"),
        SecretKind::WinRm => Some("a WinRM credential"),
        SecretKind::Other(_) => None,
    }
}

fn is_missing(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, secret, found) in looked_up(input) {
        if found.is_some() || is_in_missing_scope(input, &secret) {
            continue;
        }
        findings.push(
            &reference.path,
            format!("Secret {} not found", hcl(reference.text)),
            format!(
                "There is no secret {} in the {}. {} {SAME_RUN}",
                hcl(&secret.identifier),
                secret.scope,
                instead(reference, &secret, &input.answers.alternatives.secrets)
            ),
        );
    }
}

/// What to write instead of a reference to a secret that does not exist: the same identifier in another scope, which is the
/// commonest mistake, or else the most similar ones.
fn instead(
    reference: &Reference<'_>,
    missing: &SecretId,
    existing: &BTreeMap<SecretId, SecretKind>,
) -> String {
    let fits = |kind: &SecretKind| (*kind == SecretKind::SshKey) == reference.is_ssh_key;
    let fitting = || {
        existing
            .iter()
            .filter(|(_, kind)| fits(kind))
            .map(|(id, _)| id)
    };
    let elsewhere: Vec<_> = fitting()
        .filter(|id| id.identifier == missing.identifier)
        .map(|id| format!("`{}`", id.reference()))
        .collect();
    if !elsewhere.is_empty() {
        let (name, found) = (reference.name(), joined(&elsewhere, "and"));
        return match elsewhere.as_slice() {
            [one] => format!(
                "There is {one}: write `{name} = \"{}\"` if you mean it.",
                one.trim_matches('`')
            ),
            _ => format!("There are {found}: write the one that you mean."),
        };
    }
    let references: Vec<String> = fitting().map(SecretId::reference).collect();
    let wanted = missing.reference();
    let meant = similar::meant(&wanted, references.iter().map(String::as_str));
    if meant.is_empty() {
        let kind = if reference.is_ssh_key {
            "an SSH credential"
        } else {
            "a text secret"
        };
        return format!("Write the Id of {kind}, shown next to its name in Harness.");
    }
    format!("Did you mean {}?", code_list(&meant, "or"))
}

/// Whether the organization or project around a secret is missing, which says it all.
fn is_in_missing_scope(input: &PlanInput<'_>, secret: &SecretId) -> bool {
    match input.answers.scope {
        Some(Existence::NoOrganization) => secret.scope != Scope::Account,
        Some(Existence::NoProject) => secret.scope.project().is_some(),
        Some(Existence::There) | None => false,
    }
}

fn is_credential(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, secret) in texts(input) {
        if let (SecretKind::SshKey | SecretKind::WinRm, Some(kind)) = (&secret.kind, kind(secret)) {
            findings.push(
                &reference.path,
                format!("{} is not a text secret", hcl(reference.text)),
                format!(
                    "{}, which is {kind}, and a text secret is needed. Harness would save this, and the connector \
                     would fail on every use. Write the reference of a text secret.",
                    reference.is()
                ),
            );
        }
    }
}

fn is_file(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, secret) in texts(input) {
        if secret.kind == SecretKind::File {
            findings.push(
                &reference.path,
                format!("{} is a file secret", hcl(reference.text)),
                format!(
                    "{}, which is a file secret. If the file ends with a line break, that is taken for a part of \
                     the value. Store the value in a text secret, and write its reference.",
                    reference.is()
                ),
            );
        }
    }
}

fn may_not_be_seen(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered::unanswered(input, Why::Forbidden, |about| about == Topic::Secrets) {
        findings
            .push(
            Path::root(),
            "Secrets could not be looked up",
            format!(
                "The API key may not look at secrets ({}). Whether those to which the connectors refer exist, and are of \
                 the right kind, is not checked. Give the owner of the key a role with the permission to view secrets. \
                 {TOLD_ONCE}",
                query.error
            ),
        )
        .once([unanswered::unseen(query.about)], object(input.model()));
    }
}

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

fn is_no_credential(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, secret) in key(input) {
        if secret.kind != SecretKind::SshKey
            && let Some(kind) = kind(secret)
        {
            findings.push(
                &reference.path,
                format!("{} is not an SSH credential", hcl(reference.text)),
                format!(
                    "{}, which is {kind}, and Git over SSH needs an SSH credential. Harness would save \
                     this, and the connector would fail on every use. {MAKE_ONE}.",
                    reference.is()
                ),
            );
        }
    }
}

/// Pushes what is wrong with a credential: it `has` that, which is what the sentence `found` about it says.
fn push(findings: &mut Findings<'_>, reference: &Reference<'_>, has: &str, found: &str) {
    let credential = hcl(reference.text);
    findings.push(
        &reference.path,
        format!("SSH credential {credential} {has}"),
        found,
    );
}

fn has_other_user(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, ssh) in credential(input) {
        if is_without_key(ssh).is_none()
            && let Some(user) = ssh.user_name.as_deref().filter(|user| *user != "git")
        {
            let found = format!(
                "The SSH credential {} has the user name {}, and Bitbucket's SSH user is always `git`. Change the user name \
                 of the credential in Harness to git; if others need it as it is, make one of its own for Bitbucket and \
                 write its reference.",
                hcl(reference.text),
                hcl(user)
            );
            push(findings, reference, "is not of the user git", &found);
        }
    }
}

fn has_no_key(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, ssh) in credential(input) {
        if let Some(instead) = is_without_key(ssh) {
            let found = format!(
                "The SSH credential {} signs in with {instead}, and Bitbucket accepts a key only. {MAKE_ONE}.",
                hcl(reference.text)
            );
            push(findings, reference, "has no key", &found);
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

fn is_on_delegate(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, ssh) in credential(input) {
        if ssh.credential_type.as_deref() == Some("KeyPath") {
            let found = format!(
                "The key of the SSH credential {} is a file on a delegate: the connector works only through delegates that \
                 have this file. Store the key in a file secret, and let the credential refer to that.",
                hcl(reference.text)
            );
            push(findings, reference, "has its key on a delegate", &found);
        }
    }
}

fn is_in_text_secret(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, credential, ssh) in credential(input) {
        let Some(key) = ssh.key.as_deref() else {
            continue;
        };
        let id = SecretRef::parse(key).ok();
        let id = id.and_then(|key| credential.inside(&key));
        let found = id.and_then(|id| input.answers.secrets.get(&id)?.as_ref());
        if let Some(found) = found.filter(|found| found.kind != SecretKind::File)
            && let Some(kind) = kind(found)
        {
            let found = format!(
                "The SSH credential {} takes its key from {}, which is {kind}; Harness asks for SSH keys in file secrets, \
                 where their line breaks are safe. Store the key in a new file secret, and let the credential refer to \
                 that.",
                hcl(reference.text),
                hcl(key)
            );
            push(
                findings,
                reference,
                "has its key outside a file secret",
                &found,
            );
        }
    }
}
