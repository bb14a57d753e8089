//! Rules about a connector's secrets: they must exist and be of the right type, and an SSH credential must be for the
//! user `git`, with a key in a file secret.

use std::collections::BTreeMap;

use harness_platform::{Scope, Secret, SecretKind, SshCredential};

use super::input::{self, Circumstance, Findings, PlanInput, Rule};
use super::scope::SAME_RUN;
use super::unanswered;
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
        .because("A key in a text or file secret is not enough: Harness takes the user and the key from an *SSH \
                  credential*, which refers to the key. Harness saves a connector without checking the types of its \
                  secrets; the connector then fails on every use, with an error that does not say why.")
        .example(ssh_with!(r#""account.deploy_key_file""#), SSH),
    Rule::warning("K05", SSH_KEY_REF, has_other_user)
        .raised_by_strict()
        .says("The SSH credential has a username other than `git`.")
        .because("Bitbucket has one SSH user, `git`, and tells people apart by their keys.")
        .example(ssh_with!(r#""account.build_machine_ssh""#), SSH),
    Rule::error("K06", SSH_KEY_REF, has_no_key)
        .says("The SSH credential has no key: it uses a password or Kerberos.")
        .because("Bitbucket accepts only keys for Git over SSH.")
        .example(ssh_with!(r#""account.ssh_password""#), SSH),
    Rule::warning("K07", SSH_KEY_REF, is_on_delegate)
        .says("The key of the SSH credential is a file on a delegate.")
        .because("It works only on delegates that have the file, and not at all if Harness connects directly.")
        .example(ssh_with!(r#""account.ssh_key_path""#), SSH),
    Rule::warning("K08", SSH_KEY_REF, is_in_text_secret)
        .says("The key of the SSH credential is not in a file secret.")
        .because("Harness asks for SSH keys in file secrets: a text secret easily loses the line breaks of a key, and \
                  without them the key is not valid.")
        .example(ssh_with!(r#""account.ssh_text_key""#), SSH),
    Rule::warning("W12", "*_ref", is_missing)
        .says("The secret does not exist in the scope to which the reference points.")
        .because("Harness refuses a connector with a secret that does not exist. The same run may create the secret, if \
                  the connector depends on it.")
        .example(http_with!(r#""account.bitbucket_tokn""#), HTTP),
    Rule::error("W13", "*_ref", is_credential)
        .says("The secret is an SSH or WinRM credential, but a text secret is needed.")
        .because("Harness saves a connector without checking the types of its secrets; the connector then fails on every \
                  use, with an error that does not say why.")
        .example(http_with!(r#""account.bitbucket_ssh""#), HTTP),
    Rule::warning("W14", "*_ref", is_file)
        .says("The secret is a file secret, but a text secret is expected.")
        .because("Files often end with a line break, which becomes part of the password or token.")
        .example(http_with!(r#""account.deploy_key_file""#), HTTP),
    Rule::warning("W15", "*_ref", may_not_be_seen)
        .says("The API key is not allowed to view secrets.")
        .because("The plan cannot check whether the secrets exist and have the right type; a mistake shows only when the \
                  connector is saved or used. Reported once per run.")
        .when(Circumstance::SecretsHidden),
];

/// Returns the references that were looked up, with the secret that each points to.
fn looked_up<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, Option<&'c Secret>)> {
    input.offline.references.iter().filter_map(|reference| {
        let secret = input::secret_id(input.model(), reference.read.as_ref().ok()?)?;
        let found = input.answers.secrets.get(&secret)?;
        Some((reference, secret, found.as_ref()))
    })
}

/// Returns the text references among them that point to an existing secret.
fn texts<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, &'c Secret)> {
    looked_up(input)
        .filter(|(reference, ..)| !reference.is_ssh_key)
        .filter_map(|(reference, _, found)| Some((reference, found?)))
}

/// Returns the type of a secret, for people, or `None` if this version does not know it.
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

/// Returns what to write instead of a reference to a missing secret: the same identifier in another scope, which is the
/// most common mistake, or else the most similar ones.
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
                "There is {one}; to use it, write `{name} = \"{}\"`.",
                one.trim_matches('`')
            ),
            _ => format!("There are {found}; write the one you mean."),
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

/// Returns whether a secret's organization or project is missing, which already explains it.
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
                    "{}, which is {kind}. Write the reference of a text secret. {WOULD_FAIL}",
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
                    "{}, which is a file secret. Store the value in a text secret, and write its reference: a line break at \
                     the end of the file would become part of the value.",
                    reference.is()
                ),
            );
        }
    }
}

fn may_not_be_seen(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for query in unanswered::unanswered(input, Why::Forbidden, |about| about == Topic::Secrets) {
        unanswered::push_unseen(findings, query, input);
    }
}

/// Returns the secret with the key, if the platform reports one: its reference, and its kind.
fn key<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, &'c Secret)> {
    looked_up(input)
        .filter(|(reference, ..)| reference.is_ssh_key)
        .filter_map(|(reference, id, found)| Some((reference, id, found?)))
}

/// Returns the SSH credential, if it is one.
fn credential<'c, 'a>(
    input: &'c PlanInput<'a>,
) -> impl Iterator<Item = (&'c Reference<'a>, SecretId, &'c SshCredential)> {
    key(input).filter_map(|(reference, id, secret)| Some((reference, id, secret.ssh.as_ref()?)))
}

const MAKE_ONE: &str = "Create an SSH credential in Harness (New Secret, SSH Credential) with the username `git` and the \
                        key in a file secret, and write its reference.";

/// What becomes of a connector with a secret of the wrong type.
const WOULD_FAIL: &str = "Harness would save the connector, but every use of it would fail.";

fn is_no_credential(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, secret) in key(input) {
        if secret.kind != SecretKind::SshKey
            && let Some(kind) = kind(secret)
        {
            findings.push(
                &reference.path,
                format!("{} is not an SSH credential", hcl(reference.text)),
                format!(
                    "{}, which is {kind}; Git over SSH needs an SSH credential. {MAKE_ONE} {WOULD_FAIL}",
                    reference.is()
                ),
            );
        }
    }
}

/// Reports what is wrong with a credential: it `has` that, as the sentence `found` says.
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
                "The SSH credential {} has the username {}, but Bitbucket's SSH user is always `git`. Change the username to \
                 `git` in Harness. If others need this one, create another credential for Bitbucket and write its reference.",
                hcl(reference.text),
                hcl(user)
            );
            push(findings, reference, "is not for user git", &found);
        }
    }
}

fn has_no_key(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    for (reference, _, ssh) in credential(input) {
        if let Some(instead) = is_without_key(ssh) {
            let found = format!(
                "The SSH credential {} uses {instead}, but Bitbucket accepts only keys. {MAKE_ONE}",
                hcl(reference.text)
            );
            push(findings, reference, "has no key", &found);
        }
    }
}

/// Returns what a credential uses to sign in instead of a key.
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
                "The key of the SSH credential {} is a file on a delegate, so the connector works only through delegates that \
                 have the file. Store the key in a file secret, and refer to that in the credential.",
                hcl(reference.text)
            );
            push(findings, reference, "uses a delegate's key file", &found);
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
                "The SSH credential {} takes its key from {}, which is {kind}. Store the key in a new file secret, which \
                 keeps its line breaks, and refer to that in the credential.",
                hcl(reference.text),
                hcl(key)
            );
            push(findings, reference, "needs a file secret", &found);
        }
    }
}
