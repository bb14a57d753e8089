//! Rules about `credentials`: which block it has. Username and password are checked in `http`, keys in `ssh`,
//! references in `secret_refs`.

use tf_provider::field::Field;
use tf_provider::value::Value;

use crate::bitbucket_connector::checks::examples::HTTP;
use crate::bitbucket_connector::checks::offline::exactly_one::{self, Given};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::model::Credentials;
use crate::bitbucket_connector::connector::url::ConnectionType;
use crate::harness::rule::at;

pub(crate) static RULES: &[Rule] = &[
    Rule::error("A01", "credentials", are_not_one)
        .says("`credentials` has neither or both of `http` and `ssh`.")
        .because("Git authenticates in exactly one way, even for public repositories.")
        .example("credentials {}", HTTP),
    Rule::error("A02", "credentials, connection_type", are_of_other_type)
        .says("The credentials do not match `connection_type`.")
        .because(
            "`connection_type = \"HTTP\"` requires `http` credentials; `\"SSH\"` requires `ssh` credentials.",
        )
        .example(
            "credentials {\n  ssh {\n    ssh_key_ref = \"account.bitbucket_ssh\"\n  }\n}",
            HTTP,
        ),
];

/// Returns the blocks of the credentials, or `None` while they are unknown.
fn blocks(input: &Input<'_>) -> Option<[(&'static str, Given); 2]> {
    let given = |credentials: &Credentials| {
        [
            ("http", Given::from(&credentials.http)),
            ("ssh", Given::from(&credentials.ssh)),
        ]
    };
    match &input.model.credentials {
        Field::Unknown => None,
        Field::Null => Some(given(&Credentials::default())),
        Field::Known(credentials) => Some(given(credentials)),
    }
}

/// Returns the block that matches a connection type.
fn wanted(connection_type: ConnectionType) -> &'static str {
    match connection_type {
        ConnectionType::Http => "http",
        ConnectionType::Ssh => "ssh",
    }
}

/// Returns the block that does not go with a connection type.
fn other_than(connection_type: ConnectionType) -> &'static str {
    match connection_type {
        ConnectionType::Http => "ssh",
        ConnectionType::Ssh => "http",
    }
}

/// Returns credentials that match a connection type, ready to copy.
fn block(connection_type: ConnectionType) -> &'static str {
    match connection_type {
        ConnectionType::Http => {
            "\n\n  credentials {\n    http {\n      username     = \"<username>\"\n      password_ref = \
             \"account.<secret>\"\n    }\n  }\n"
        }
        ConnectionType::Ssh => {
            "\n\n  credentials {\n    ssh {\n      ssh_key_ref = \"account.<SSH credential>\"\n    }\n  }\n"
        }
    }
}

fn are_not_one(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(members) = blocks(input) else {
        return;
    };
    let connection_type = input.connection_type();
    // `blocks` treats missing credentials as an empty block, but then there is no block to add the inner one to.
    if matches!(input.model.credentials, Field::Null) {
        let write = connection_type.map_or_else(
            || "Add a block `credentials` with `http` or `ssh`, whichever matches `connection_type`.".to_owned(),
            |it| format!("For `connection_type = \"{}\"`, write:{}", it.name(), block(it)),
        );
        findings.push(
            "credentials",
            "Missing credentials block",
            format!("`credentials` is not set. {write}"),
        );
        return;
    }
    let pushed =
        exactly_one::check(
            "credentials",
            "block",
            &members,
            findings,
            |given| match connection_type {
                Some(connection_type) if given.is_empty() => format!(
                    "For `connection_type = \"{}\"`, write:{}",
                    connection_type.name(),
                    block(connection_type)
                ),
                Some(connection_type) => format!(
                    "Remove `{}`: `connection_type` is \"{}\".",
                    other_than(connection_type),
                    connection_type.name()
                ),
                None if given.is_empty() => {
                    "Add the one that matches `connection_type`.".to_owned()
                }
                None => "Keep only the one that matches `connection_type`.".to_owned(),
            },
        );
    // Removing a block is a complete fix. Adding one would need values that only the user knows.
    let both = members.map(|(_, given)| given) == [Given::Yes; 2];
    if let Some(pushed) = pushed.filter(|_| both)
        && let Some(connection_type) = connection_type
    {
        let other = other_than(connection_type);
        pushed.suggest(at("credentials").attribute(other), Value::Null);
    }
}

fn are_of_other_type(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(connection_type) = input.connection_type() else {
        return;
    };
    let Some(Some(Ok(given))) = blocks(input).map(|members| exactly_one::exactly_one(&members))
    else {
        return;
    };
    let kind = wanted(connection_type);
    // If the URL agrees with the credentials, `connection_type` is the mistake, which the rules about URLs report.
    let url_agrees = input
        .url()
        .is_some_and(|url| wanted(url.protocol().connection_type()) == given);
    if given != kind && !url_agrees {
        findings.push(
            at("credentials").attribute(given),
            "Credentials do not match connection_type",
            format!(
                "`connection_type` is \"{}\", but `credentials` has `{given}`. Write instead:{}",
                connection_type.name(),
                block(connection_type)
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::bitbucket_connector::checks::offline::testing::{expect, found, ids};

    const SSH: &str = "credentials {\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}\n";
    const BOTH: &str = "credentials {\n http {\n username = \"jdoe\"\n password_ref = \"account.token\"\n }\n ssh {\n \
                        ssh_key_ref = \"account.key\"\n }\n}\n";

    #[test]
    fn credentials_are_one_block_and_that_of_the_connection_type() {
        expect(&[
            ("credentials = null", &["A01 credentials"]),
            ("credentials = var.credentials", &[]),
            ("credentials {}", &["A01 credentials"]),
            ("credentials {\n http = var.http\n ssh = null\n}", &[]),
            (
                "credentials {\n http = var.http\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}",
                &[],
            ),
            (BOTH, &["A01 credentials"]),
            (SSH, &["A02 credentials.ssh"]),
            (&format!("{SSH}connection_type = var.type"), &[]),
            (
                &format!("{SSH}connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\""),
                &[],
            ),
            (
                &format!("{SSH}connection_type = \"SSH\"\nurl = var.url"),
                &[],
            ),
            (
                "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"",
                &["A02 credentials.http"],
            ),
            (
                "connection_type = \"SSH\"\nurl = var.url",
                &["A02 credentials.http"],
            ),
        ]);
    }

    #[test]
    fn missing_credentials_are_distinguished_from_an_empty_block() {
        let said = |hcl| found(hcl)[0].clone().into_diagnostic(false).unwrap();
        let missing = said("credentials = null");
        assert_eq!(missing.summary, "Missing credentials block");
        assert!(
            missing.detail.starts_with(
                "`credentials` is not set. For `connection_type = \"HTTP\"`, write:\n"
            )
        );
        let open = said("credentials = null\nconnection_type = var.type").detail;
        assert!(
            open.starts_with("`credentials` is not set. Add a block `credentials` with"),
            "{open}"
        );
        let empty = said("credentials {}").detail;
        assert!(
            empty.starts_with("`credentials` has no `http` or `ssh`. For"),
            "{empty}"
        );
    }

    #[test]
    fn where_url_and_credentials_agree_the_connection_type_is_the_one_mistake() {
        let found = ids(&found("connection_type = \"SSH\""));
        assert!(found.iter().all(|id| !id.starts_with('A')), "{found:?}");
    }
}
