//! The blocks: credentials for Git, credentials for Bitbucket's API, and timeouts.

use tf_provider::schema::{Attribute, Block, Mode, NestedBlock};

use super::text::text;

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
    let description = "Credentials for Git: either `http` or `ssh`, matching `connection_type`. Shown as *Authentication* in the UI.";
    NestedBlock {
        required: true,
        ..block("credentials", description, Vec::new(), vec![http(), ssh()])
    }
}

fn http() -> NestedBlock {
    let attributes = vec![
        text("username", Mode::Optional, "Username, in plaintext.")
            .label("Username")
            .advice(
                "On Bitbucket Cloud, use `x-bitbucket-api-token-auth` or your Bitbucket username with an API token, and \
                 `x-token-auth` with an access token. Your Bitbucket username is shown in Bitbucket's *Account settings*; \
                 it is not your email address. On Data Center, use the name of the user who owns the token.",
            )
            .example("\"x-bitbucket-api-token-auth\""),
        text(
            "username_ref",
            Mode::Optional,
            "Reference to a text secret with the username.",
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
            "On Bitbucket Cloud, use an API token or a workspace access token; a repository access token can clone but \
             fails the connection test. On Data Center, use the HTTP access token of a user; tokens of a project or \
             repository work only as bearer tokens, which the connector does not send. Bitbucket Cloud no longer accepts \
             account passwords or app passwords.",
        )
        .example("\"account.bitbucket_api_token\""),
    ];
    let description = "Username (either `username` or `username_ref`) and token, for `connection_type = \"HTTP\"`, even with \
                       public repositories.";
    block("http", description, attributes, Vec::new())
}

fn ssh() -> NestedBlock {
    let key = text(
        "ssh_key_ref",
        Mode::Required,
        "Reference to a Harness SSH credential with the username `git`.",
    )
    .label("SSH Key")
    .advice(
        "The key must be a file secret in PEM format, not in OpenSSH format. `ssh-keygen -t rsa -m PEM` creates such a \
         key; `ssh-keygen -p -m PEM -f FILE` converts an existing one.",
    )
    .example("\"org.platform_ssh\"");
    let description = "SSH credential, for `connection_type = \"SSH\"`.";
    block("ssh", description, vec![key], Vec::new())
}

pub(crate) fn api_access() -> NestedBlock {
    let description = "Credentials for Bitbucket's API: one of the inner blocks. Git triggers, webhooks, build statuses, and \
                       Harness Git Experience need them. Shown as *Enable API access* in the UI.";
    let kinds = vec![username_token(), email_and_api_token(), access_token()];
    block("api_access", description, Vec::new(), kinds)
}

fn token(label: &'static str, description: &'static str, example: &'static str) -> Attribute {
    text("token_ref", Mode::Required, description)
        .label(label)
        .example(example)
}

fn username_token() -> NestedBlock {
    let attributes = vec![
        text("username", Mode::Optional, "Username, in plaintext.")
            .label("Username")
            .advice("Required if `credentials.http` has a plaintext `username`: Harness does not accept a mix.")
            .example("\"jdoe\""),
        text(
            "username_ref",
            Mode::Optional,
            "Reference to a text secret with the username.",
        )
        .label("Username")
        .advice("Required if `credentials.http` has a `username_ref`: Harness does not accept a mix.")
        .example("\"account.bitbucket_username\""),
        token(
            "Personal Access Token",
            "Reference to a text secret with the token.",
            "\"account.bitbucket_http_access_token\"",
        )
        .advice("With `connection_type = \"HTTP\"`, use the secret that `password_ref` names."),
    ];
    let description = "Username (either `username` or `username_ref`) and token, for Bitbucket Data Center. On Bitbucket \
                       Cloud, this method needs an app password, and Atlassian removed app passwords on July 28, 2026: use \
                       `email_and_api_token` or `access_token` there.";
    block("username_token", description, attributes, Vec::new())
}

fn email_and_api_token() -> NestedBlock {
    let attributes = vec![
        text(
            "email",
            Mode::Optional,
            "Email address of the Atlassian account, in plaintext.",
        )
        .label("Email")
        .example("\"bot@example.com\""),
        text(
            "email_ref",
            Mode::Optional,
            "Reference to a text secret with the email address.",
        )
        .label("Email")
        .example("\"account.bitbucket_email\""),
        token(
            "API Token",
            "Reference to a text secret with the API token.",
            "\"account.bitbucket_api_token\"",
        )
        .advice(
            "Can be the secret that `password_ref` names, if the token has the scopes for both.",
        ),
    ];
    let description = "Email address (either `email` or `email_ref`) and API token of an Atlassian account, for Bitbucket \
                       Cloud. Requires delegate 26.02.88600 or later.";
    block("email_and_api_token", description, attributes, Vec::new())
}

fn access_token() -> NestedBlock {
    let token = token(
        "Access Token",
        "Reference to a text secret with the access token.",
        "\"account.bitbucket_access_token\"",
    );
    let description = "Access token: a workspace access token on Bitbucket Cloud, an HTTP access token on Data Center.";
    block("access_token", description, vec![token], Vec::new())
}

pub(crate) fn timeouts() -> NestedBlock {
    let limit = |name, description| {
        text(name, Mode::Optional, description)
            .fallback("only the provider's `retry_timeout` applies")
            .example("\"5m\"")
    };
    let attributes = vec![
        limit("create", "Timeout for creating the connector."),
        limit("read", "Timeout for reading the connector."),
        limit("update", "Timeout for updating the connector."),
        limit("delete", "Timeout for deleting the connector."),
    ];
    let description = "How long each operation may take, including retries, as Go durations such as `30s` or `5m`. Retries \
                       also end after the provider's `retry_timeout`. The connection test after a create or update has its \
                       own timeout of 150 seconds.";
    block("timeouts", description, attributes, Vec::new())
}
