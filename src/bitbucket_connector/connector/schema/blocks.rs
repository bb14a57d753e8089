//! The blocks: how Git authenticates, how Harness uses Bitbucket's API, and how long it all may take.

use tf_provider::schema::{Attribute, Block, Mode, NestedBlock};

use super::text;

fn block(
    name: &'static str,
    description: &'static str,
    attributes: Vec<Attribute>,
    blocks: Vec<NestedBlock>,
) -> NestedBlock {
    NestedBlock {
        name,
        required: false,
        block: Block {
            description,
            attributes,
            blocks,
        },
    }
}

pub(crate) fn credentials() -> NestedBlock {
    let description = "*Authentication*: how Git authenticates. Exactly one of `http` and `ssh`, as `connection_type` says.";
    NestedBlock {
        required: true,
        ..block("credentials", description, Vec::new(), vec![http(), ssh()])
    }
}

fn http() -> NestedBlock {
    let attributes = vec![
        text("username", Mode::Optional, "The user name in plain text.")
            .label("Username")
            .advice(
                "On Bitbucket Cloud, `x-bitbucket-api-token-auth` or the Bitbucket username with an API token, and \
                 `x-token-auth` with an access token. The username stands in Bitbucket's *Account settings*; it is not \
                 the e-mail address. On Data Center, the name of the user.",
            )
            .example("\"x-bitbucket-api-token-auth\""),
        text(
            "username_ref",
            Mode::Optional,
            "Reference to a text secret with the user name.",
        )
        .label("Username")
        .example("\"account.bitbucket_username\""),
        text(
            "password_ref",
            Mode::Required,
            "Reference to a text secret with the token.",
        )
        .label("Password")
        .advice(
            "On Bitbucket Cloud an API token, or an access token of the workspace; on Data Center an HTTP access token of \
             the user. A token of one repository clones it, but fails the connection test. The password with which \
             somebody logs in to Bitbucket Cloud is no credential for Git, nor is an app password any more.",
        )
        .example("\"account.bitbucket_api_token\""),
    ];
    let description = "User name and token, for `connection_type = \"HTTP\"`; needed for public repositories too. Exactly one \
                       of `username` and `username_ref`.";
    block("http", description, attributes, Vec::new())
}

fn ssh() -> NestedBlock {
    let key = text(
        "ssh_key_ref",
        Mode::Required,
        "Reference to an SSH credential in Harness with the user name `git`.",
    )
    .label("SSH Key")
    .advice(
        "Its key is a file secret in PEM form, not in that of OpenSSH: `ssh-keygen -t rsa -m PEM` makes such a key, and \
         `ssh-keygen -p -m PEM -f FILE` converts one.",
    )
    .example("\"org.platform_ssh\"");
    let description = "SSH key, for `connection_type = \"SSH\"`.";
    block("ssh", description, vec![key], Vec::new())
}

pub(crate) fn api_access() -> NestedBlock {
    let description = "*Enable API access*: how Harness uses Bitbucket's API. Needed for Git triggers, webhooks, build \
                       statuses and the Harness Git Experience. Exactly one inner block.";
    let kinds = vec![username_token(), email_and_api_token(), access_token()];
    block("api_access", description, Vec::new(), kinds)
}

fn token(label: &'static str, description: &'static str) -> Attribute {
    text("token_ref", Mode::Required, description)
        .label(label)
        .example("\"account.bitbucket_api_token\"")
}

fn username_token() -> NestedBlock {
    let attributes = vec![
        text("username", Mode::Optional, "The user name in plain text.")
            .label("Username")
            .advice("In plain text as well where `credentials` give the user name so.")
            .example("\"jdoe\""),
        text(
            "username_ref",
            Mode::Optional,
            "Reference to a text secret with the user name.",
        )
        .label("Username")
        .advice("A reference as well where `credentials` give the user name so.")
        .example("\"account.bitbucket_username\""),
        token(
            "Personal Access Token",
            "Reference to a text secret with the token.",
        )
        .advice("With `connection_type = \"HTTP\"` the same as `password_ref`."),
    ];
    let description = "User name and personal access token. On Bitbucket Cloud these were app passwords, which Atlassian \
                       removed on July 28, 2026; use `email_and_api_token` or `access_token` there. Exactly one of \
                       `username` and `username_ref`.";
    block("username_token", description, attributes, Vec::new())
}

fn email_and_api_token() -> NestedBlock {
    let attributes = vec![
        text(
            "email",
            Mode::Optional,
            "The e-mail address of the Atlassian account, in plain text.",
        )
        .label("Email")
        .example("\"bot@example.com\""),
        text(
            "email_ref",
            Mode::Optional,
            "Reference to a text secret with the e-mail address.",
        )
        .label("Email")
        .example("\"account.bitbucket_email\""),
        token(
            "API Token",
            "Reference to a text secret with the API token.",
        )
        .advice("It can be that of `password_ref`, if it has the scopes for both."),
    ];
    let description = "E-mail address of the Atlassian account and API token, for Bitbucket Cloud; needs delegate \
                       26.02.88600 or later. Exactly one of `email` and `email_ref`.";
    block("email_and_api_token", description, attributes, Vec::new())
}

fn access_token() -> NestedBlock {
    let token = token(
        "Access Token",
        "Reference to a text secret with the access token.",
    );
    let description = "An access token: of the workspace on Bitbucket Cloud, an HTTP access token on Data Center.";
    block("access_token", description, vec![token], Vec::new())
}

pub(crate) fn timeouts() -> NestedBlock {
    let limit = |name, description| {
        text(name, Mode::Optional, description)
            .fallback("the provider's `retry_timeout`, which is `2m` unless it is set")
            .example("\"5m\"")
    };
    let attributes = vec![
        limit("create", "Limit of the creation."),
        limit("read", "Limit of the refresh."),
        limit("update", "Limit of an update."),
        limit("delete", "Limit of the destruction."),
    ];
    let description = "How long each operation may take with all its retries, as Go durations such as `30s` or `5m`. The \
                       connection test after a creation or an update has 150 seconds of its own.";
    block("timeouts", description, attributes, Vec::new())
}
