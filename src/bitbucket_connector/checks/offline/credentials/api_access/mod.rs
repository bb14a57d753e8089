//! Rules about `api_access`. References are checked in `secret_refs`.
//!
//! E04 is this provider's own: the configuration has one block for each type of API access in Harness.
//!
//! The file is longer than most because half of it is text: the rules' messages and their examples.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::{Field, ToValue};
use tf_provider::value::Value;

use super::username::{Mistake, is_email};
use crate::bitbucket_connector::checks::offline::exactly_one::{self, Given};
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule, is_blank, secret};
use crate::bitbucket_connector::connector::url::Deployment;
use crate::harness::rule::at;
use crate::harness::wording::{hcl, shown, written};

const USERNAME_TOKEN: &str = "api_access.username_token";
const EMAIL_AND_API_TOKEN: &str = "api_access.email_and_api_token";
const ACCESS_TOKEN: &str = "api_access.access_token";

/// API access for the examples: on Data Center, or with the default deployment.
macro_rules! api {
    ($block:literal $(, $member:literal)*) => {
        concat!("api_access {\n  ", $block, " {\n", $("    ", $member, "\n",)* "  }\n}")
    };
    (data_center: $block:literal $(, $member:literal)*) => {
        concat!(
            "url             = \"https://bitbucket.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n",
            api!($block $(, $member)*)
        )
    };
}

/// Valid API access on Bitbucket Cloud.
const BY_EMAIL: &str = api!(
    "email_and_api_token",
    r#"email     = "jane@acme.com""#,
    r#"token_ref = "account.bitbucket_api_token""#
);

/// Valid API access on Data Center.
const BY_USERNAME: &str = api!(
    data_center: "username_token",
    r#"username  = "jdoe""#,
    r#"token_ref = "account.bitbucket_api_token""#
);

pub(crate) static RULES: &[Rule] = &[
    Rule::error("E04", "api_access", has_not_one_block)
        .says("`api_access` does not have exactly one inner block.")
        .because("Harness calls Bitbucket's API with one type of credentials. A connector without API access has no \
                  `api_access` block.")
        .example("api_access {}", BY_EMAIL),
    Rule::error("P03", "api_access.*.token_ref", lacks_token)
        .says("`token_ref` is not set.")
        .because("Every type of API access authenticates with a token, which Harness takes from a secret.")
        .example(
            api!("access_token", "token_ref = null"),
            api!(
                "access_token",
                r#"token_ref = "account.bitbucket_workspace_token""#
            ),
        ),
    Rule::error("P04", USERNAME_TOKEN, has_not_one_username)
        .says("Neither or both of `username` and `username_ref` are set.")
        .because("The API needs exactly one username, in plaintext or from a secret.")
        .example(api!(data_center: "username_token", r#"token_ref = "account.bitbucket_api_token""#), BY_USERNAME),
    Rule::error("P06", EMAIL_AND_API_TOKEN, has_not_one_email)
        .says("Neither or both of `email` and `email_ref` are set.")
        .because("The API needs exactly one email address of the Atlassian account, in plaintext or from a secret.")
        .example(
            api!(
                "email_and_api_token",
                r#"token_ref = "account.bitbucket_api_token""#
            ),
            BY_EMAIL,
        ),
    Rule::error("P07", EMAIL_AND_API_TOKEN, is_for_cloud)
        .says("`email_and_api_token` is used with Bitbucket Data Center.")
        .because("API tokens belong to Atlassian accounts, which work only with Bitbucket Cloud. Data Center has HTTP \
                  access tokens.")
        .example(
            api!(
                data_center: "email_and_api_token",
                r#"email     = "jane@acme.com""#,
                r#"token_ref = "account.bitbucket_api_token""#
            ),
            api!(data_center: "access_token", r#"token_ref = "account.bitbucket_http_token""#),
        ),
    Rule::error("P08", "api_access.email_and_api_token.email", is_no_email)
        .after(&["P07"])
        .says("`email` is not an email address.")
        .because("With an API token, Bitbucket's API requires the email address of the Atlassian account, not the \
                  Bitbucket username.")
        .example(
            api!(
                "email_and_api_token",
                r#"email     = "jdoe""#,
                r#"token_ref = "account.bitbucket_api_token""#
            ),
            BY_EMAIL,
        ),
    Rule::error("P09", "credentials.http, api_access.username_token", mixes_usernames)
        .says("One of the usernames for Git and the API is in plaintext, and the other is in a secret.")
        .because("Harness requires both usernames in plaintext, or both in secrets.")
        .example(
            api!(
                data_center: "username_token",
                r#"username_ref = "account.bitbucket_user""#,
                r#"token_ref    = "account.bitbucket_api_token""#
            ),
            BY_USERNAME,
        ),
    Rule::warning("P10", USERNAME_TOKEN, is_app_password)
        .raised_by_strict()
        .after(&["P04", "P09", "P12"])
        .says("`username_token` is used with Bitbucket Cloud.")
        .because("On Bitbucket Cloud, this token is an app password. Atlassian removed app passwords on July 28, 2026.")
        .example(
            api!(
                "username_token",
                r#"username  = "jdoe""#,
                r#"token_ref = "account.bitbucket_api_token""#
            ),
            BY_EMAIL,
        ),
    Rule::warning("P11", "api_access.username_token.token_ref", is_another_password)
        .after(&["P10", "W04", "W05"])
        .says("`token_ref` and `password_ref` reference different secrets.")
        .because("With `username_token`, Harness expects the same password for Git and the API.")
        .example(
            api!(
                data_center: "username_token",
                r#"username  = "jdoe""#,
                r#"token_ref = "account.other_token""#
            ),
            BY_USERNAME,
        ),
    Rule::error("P12", "api_access.username_token.username", has_faulty_username)
        .says("`username` is empty, or contains a token, a colon, a space, or a control character.")
        .because("HTTP authentication ends the username at a colon, Bitbucket usernames contain no spaces, and tokens \
                  belong in Harness secrets.")
        .example(
            api!(
                data_center: "username_token",
                r#"username  = "Jane Doe""#,
                r#"token_ref = "account.bitbucket_api_token""#
            ),
            BY_USERNAME,
        ),
];

fn has_not_one_block(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(api) = input.api_access() else {
        return;
    };
    let members = [
        ("username_token", Given::from(&api.username_token)),
        ("email_and_api_token", Given::from(&api.email_and_api_token)),
        ("access_token", Given::from(&api.access_token)),
    ];
    let write = match input.deployment() {
        Some(Deployment::Cloud) => "on Bitbucket Cloud, `email_and_api_token` or `access_token`",
        Some(Deployment::DataCenter) => "on Bitbucket Data Center, `access_token`",
        None => {
            "on Bitbucket Cloud, `email_and_api_token` or `access_token`; on Data Center, `access_token`"
        }
    };
    let pushed = exactly_one::check(
        "api_access",
        "block",
        &members,
        findings,
        |given| match given {
            [] => format!("Add one: {write}. Without API access, remove `api_access`."),
            _ => format!("Keep only one: {write}."),
        },
    );
    let none = members.map(|(_, given)| given) == [Given::No; 3];
    if let Some(pushed) = pushed.filter(|_| none) {
        pushed.suggest("api_access", Value::Null);
    }
}

fn lacks_token(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(api) = input.api_access() else {
        return;
    };
    let username_token = input.username_token().map(|token| &token.token_ref);
    let email_and_api_token = input.email_and_api_token().map(|token| &token.token_ref);
    let access_token = api.access_token.known().map(|token| &token.token_ref);
    for (block, token_ref) in [
        (USERNAME_TOKEN, username_token),
        (EMAIL_AND_API_TOKEN, email_and_api_token),
        (ACCESS_TOKEN, access_token),
    ] {
        if token_ref.is_some_and(Field::is_null) {
            findings.push(
                at(block).attribute("token_ref"),
                "Missing token_ref",
                format!(
                    "`{block}.token_ref` is not set. Store the token in a Harness text secret, and write the secret's \
                     reference, such as \"account.bitbucket_token\"."
                ),
            );
        }
    }
}

fn has_not_one_username(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(token) = input.username_token() {
        exactly_one::check_pair(
            USERNAME_TOKEN,
            [
                ("username", &token.username),
                ("username_ref", &token.username_ref),
            ],
            "Write the username as `username`, or the reference to a secret that holds it as `username_ref`.",
            findings,
        );
    }
}

fn has_not_one_email(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(token) = input.email_and_api_token() {
        exactly_one::check_pair(
            EMAIL_AND_API_TOKEN,
            [("email", &token.email), ("email_ref", &token.email_ref)],
            "Write the email address of the Atlassian account as `email`, or the reference to a secret that holds it as \
             `email_ref`.",
            findings,
        );
    }
}

fn is_for_cloud(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(token) = input.email_and_api_token() else {
        return;
    };
    if input.deployment() != Some(Deployment::DataCenter) {
        return;
    }
    let same = match token.token_ref.text() {
        Some(text) if secret(&token.token_ref).is_some() => hcl(text),
        _ => "\"account.<secret>\"".to_owned(),
    };
    let replacement = Value::object([("token_ref", token.token_ref.to_value())]);
    findings
        .push(
            EMAIL_AND_API_TOKEN,
            "Bitbucket Cloud API access on Data Center",
            format!(
                "`email_and_api_token` is for Bitbucket Cloud only. Store an HTTP access token from Data Center in a Harness \
                 text secret, and write instead:\n\n  api_access {{\n    access_token {{\n      \
                 token_ref = {same}\n    }}\n  }}\n"
            ),
        )
        .suggest(EMAIL_AND_API_TOKEN, Value::Null)
        .suggest(ACCESS_TOKEN, replacement);
}

fn is_no_email(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = input
        .email_and_api_token()
        .and_then(|token| token.email.text())
    else {
        return;
    };
    if is_email(text) {
        return;
    }
    let path = at(EMAIL_AND_API_TOKEN).attribute("email");
    let trimmed = text.trim();
    let found = if trimmed.is_empty() {
        "empty".to_owned()
    } else {
        format!("{}, which is not an email address", shown(text))
    };
    let write = if is_email(trimmed) {
        match written(trimmed) {
            Some(trimmed) => format!("Write {trimmed} without whitespace around it."),
            None => "Remove the whitespace around it.".to_owned(),
        }
    } else {
        "Write the email address of the API token's Atlassian account, such as \"jane@acme.com\", not the Bitbucket \
         username."
            .to_owned()
    };
    let pushed = findings.push(
        path.clone(),
        "Not an email address",
        format!("`{path}` is {found}. {write}"),
    );
    if is_email(trimmed) {
        pushed.suggest(path, trimmed);
    }
}

fn mixes_usernames(input: &Input<'_>, findings: &mut Findings<'_>) {
    let (Some(http), Some(token)) = (input.http(), input.username_token()) else {
        return;
    };
    let kind = |plain: &Field<String>, reference: &Field<String>| match (plain, reference) {
        (Field::Known(_), Field::Null) if !is_blank(plain) => Some("username"),
        (Field::Null, Field::Known(_)) if !is_blank(reference) => Some("username_ref"),
        _ => None,
    };
    let git = kind(&http.username, &http.username_ref);
    let api = kind(&token.username, &token.username_ref);
    if let (Some(git), Some(api)) = (git, api)
        && git != api
    {
        let same = match git {
            "username" => http.username.text(),
            _ => http.username_ref.text(),
        }
        .unwrap_or_default();
        findings
            .push(
                at(USERNAME_TOKEN).attribute(api),
                "Mixed username and username_ref",
                format!(
                    "`credentials.http` has `{git}`, but `{USERNAME_TOKEN}` has `{api}`. Write `{git} = {}` here as well, \
                     or use `{api}` in both blocks. Harness refuses a mix.",
                    shown(same)
                ),
            )
            .suggest(at(USERNAME_TOKEN).attribute(api), Value::Null)
            .suggest(at(USERNAME_TOKEN).attribute(git), same);
    }
}

fn is_app_password(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.username_token().is_some() && input.deployment() == Some(Deployment::Cloud) {
        findings.push(
            USERNAME_TOKEN,
            "App password for API access",
            "On Bitbucket Cloud, `username_token` is an app password, and Bitbucket refuses it. Create an API token \
             (id.atlassian.com, app Bitbucket) and use `email_and_api_token` (delegates 26.02.88600 or later), or create a \
             workspace access token and use `access_token`. Atlassian removed app passwords on July 28, 2026.",
        );
    }
}

fn is_another_password(input: &Input<'_>, findings: &mut Findings<'_>) {
    let (Some(http), Some(token)) = (input.http(), input.username_token()) else {
        return;
    };
    if let (Some(password), Some(other)) = (secret(&http.password_ref), secret(&token.token_ref))
        && password != other
    {
        let path = at(USERNAME_TOKEN).attribute("token_ref");
        let password = password.to_string();
        findings
            .push(
                path.clone(),
                "Different passwords for Git and the API",
                format!(
                    "`token_ref` is {}, but `credentials.http.password_ref` is {}. Write {} in both places. Harness expects \
                     one password for Git and the API.",
                    hcl(&other.to_string()),
                    hcl(&password),
                    hcl(&password)
                ),
            )
            .suggest(path, password);
    }
}

fn has_faulty_username(input: &Input<'_>, findings: &mut Findings<'_>) {
    let text = input
        .username_token()
        .and_then(|token| token.username.text());
    if let Some(text) = text
        && let Some(mistake) = Mistake::of(text)
    {
        mistake.push("api_access.username_token.username", text, findings);
    }
}
