//! Rules about keys in `credentials.ssh.ssh_key_ref`. References are checked in `secret_refs`.

use crate::bitbucket_connector::checks::examples::{SSH, ssh_with};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Reference, Rule};
use crate::harness::leaked_secret::Pasted;
use crate::harness::secret_ref::SecretRefError;

pub(crate) static RULES: &[Rule] = &[
    Rule::error("K01", "credentials.ssh.ssh_key_ref", is_missing)
        .says("`ssh_key_ref` is not set.")
        .because("Git over SSH needs a key. Harness stores keys in *SSH credentials*, a type of secret.")
        .example(ssh_with!(r#"null"#), SSH),
    Rule::error("K02", "credentials.ssh.ssh_key_ref", holds_key)
        .says("`ssh_key_ref` contains a key instead of a reference.")
        .because("Harness takes the key from a secret. A key in the configuration ends up in the state, in plans, and in \
                  version control, so consider it leaked.")
        .example(ssh_with!(r#""-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA…""#), SSH),
    Rule::error("K03", "credentials.ssh.ssh_key_ref", is_file)
        .says("`ssh_key_ref` is the name of a file.")
        .because("Harness and its delegates cannot read files on the machine that runs Terraform. The key must be in a \
                  secret.")
        .example(ssh_with!(r#""~/.ssh/id_rsa""#), SSH),
];

const PATH: &str = "credentials.ssh.ssh_key_ref";

const STORE: &str = "in Harness as an SSH credential with the username `git`, and write its reference, such as \
                     \"account.bitbucket_ssh\".";

fn is_missing(input: &Input<'_>, findings: &mut Findings<'_>) {
    let ssh = input
        .credentials()
        .and_then(|credentials| credentials.ssh.known());
    if ssh.is_some_and(|ssh| ssh.ssh_key_ref.is_null()) {
        findings.push(
            PATH,
            "Missing ssh_key_ref",
            format!("`ssh_key_ref` is not set. Store the key (PEM) {STORE} Git over SSH needs it."),
        );
    }
}

fn holds_key(input: &Input<'_>, findings: &mut Findings<'_>) {
    let key = wrong(input, |error| {
        matches!(error, SecretRefError::Pasted(Pasted::PrivateKey))
    });
    if let Some(reference) = key {
        findings.push(
            &reference.path,
            "Key instead of a reference",
            format!(
                "`ssh_key_ref` contains what looks like a private key (not shown here). Consider it leaked. Store a new \
                 key (PEM) {STORE}"
            ),
        );
    }
}

fn is_file(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(reference) = wrong(input, |error| matches!(error, SecretRefError::File)) {
        findings.push(
            &reference.path,
            "File instead of a reference",
            format!(
                "`ssh_key_ref` looks like a file name. Store the key (PEM) {STORE} Harness cannot read files on the machine \
                 that runs Terraform."
            ),
        );
    }
}

/// Returns the reference to the key, if it has this mistake.
fn wrong<'s, 'a>(
    input: &'s Input<'a>,
    way: impl Fn(&SecretRefError) -> bool,
) -> Option<&'s Reference<'a>> {
    input
        .references
        .iter()
        .find(|reference| reference.is_ssh_key && reference.read.as_ref().is_err_and(&way))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::{found, ids};

    #[test]
    fn the_key_is_a_reference_to_an_ssh_credential() {
        for (reference, expected) in [
            ("null", &["K01"][..]),
            ("var.key", &[]),
            ("\"account.bitbucket-ssh\"", &[]),
            ("\"account.id_rsa\"", &[]),
            ("\"-----BEGIN RSA PRIVATE KEY-----\\nMIIE\"", &["K02"]),
            ("\"MIIE\\nabcd\\n\"", &["K02"]),
            ("\"/home/jdoe/.ssh/key\"", &["K03"]),
            ("\"~/.ssh/id_rsa\"", &["K03"]),
            ("\"bitbucket.pem\"", &["K03"]),
            ("\"id_rsa.pub\"", &["K03"]),
            ("\"\"", &["W01"]),
            ("\"ATATT3xFfGF0T4JNjZRlV2\"", &["W06"]),
        ] {
            let hcl = format!(
                "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\n\
                 credentials {{\n ssh {{\n ssh_key_ref = {reference}\n }}\n}}"
            );
            let expected: Vec<_> = expected.iter().map(|id| format!("{id} {PATH}")).collect();
            assert_eq!(ids(&found(&hcl)), expected, "{reference}");
        }
    }
}
