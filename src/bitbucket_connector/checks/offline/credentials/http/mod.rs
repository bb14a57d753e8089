//! Rules about `credentials.http`: username and password of Git over HTTP. References as such are checked in
//! `secret_refs`.
//!
//! Source of the usernames: Atlassian's pages on API tokens and on access tokens, and Harness's settings reference. The
//! file is longer than most because half of it is words: what the rules say, and their examples.

#[cfg(test)]
pub(crate) mod tests;

use super::username::{ACCESS_TOKEN_USER, API_TOKEN_USER, Mistake, is_email};
use crate::bitbucket_connector::checks::examples::{HTTP, http_with, with_api};
use crate::bitbucket_connector::checks::offline::exactly_one;
use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule, secret};
use crate::bitbucket_connector::connector::url::Deployment;
use crate::harness::wording::{hcl, shown};

const USERNAME: &str = "credentials.http.username";
const PASSWORD_REF: &str = "credentials.http.password_ref";

/// HTTP credentials for the examples.
macro_rules! http {
    ($($member:literal),*) => {
        concat!("credentials {\n  http {\n", $("    ", $member, "\n",)* "  }\n}")
    };
}

/// HTTP credentials with this username and the usual password, or with this secret as the password.
macro_rules! user {
    ($name:literal) => {
        user!($name, "bitbucket_api_token")
    };
    ($name:literal, $secret:literal) => {
        concat!(
            "credentials {\n  http {\n    username     = \"",
            $name,
            "\"\n    password_ref = \"account.",
            $secret,
            "\"\n  }\n}"
        )
    };
}

pub(crate) static RULES: &[Rule] = &[
    Rule::error("A03", "credentials.http", has_not_one_username)
        // A block that must be removed needs no username.
        .after(&["A02"])
        .says("Neither or both of `username` and `username_ref` are set.")
        .because("HTTP needs exactly one username, in plaintext or from a secret, even for public repositories.")
        .example(
            http!(
                r#"username     = "jdoe""#,
                r#"username_ref = "account.bitbucket_user""#,
                r#"password_ref = "account.bitbucket_api_token""#
            ),
            http!(
                r#"username_ref = "account.bitbucket_user""#,
                r#"password_ref = "account.bitbucket_api_token""#
            ),
        ),
    Rule::error("A04", PASSWORD_REF, lacks_password)
        .says("`password_ref` is not set.")
        .because("Git over HTTP authenticates with a token, which Harness takes from a secret.")
        .example(http_with!("null"), HTTP),
    Rule::error("A05", USERNAME, is_wrong)
        .says("`username` is empty.")
        .because("Harness accepts an empty username, and every connection then fails.")
        .example(user!(""), HTTP),
    Rule::error("A06", USERNAME, is_wrong)
        .says("`username` contains a colon, a space, or a control character.")
        .because("HTTP authentication separates username and password by a colon, and Bitbucket usernames contain no \
                  spaces or control characters.")
        .example(user!("Jane Doe"), HTTP),
    Rule::warning("A07", USERNAME, is_email_on_cloud)
        .raised_by_strict()
        .after(&["A06", "A10", "A13"])
        .says("`username` is an email address, on Bitbucket Cloud.")
        .because("Git over HTTPS requires the Bitbucket username, or the fixed username for the type of token. The \
                  email address of the account works for the API only.")
        .example(user!("jane@acme.com"), HTTP),
    Rule::warning("A08", USERNAME, is_of_cloud_on_data_center)
        .raised_by_strict()
        .says("`username` is a fixed username of Bitbucket Cloud, on Data Center.")
        .because("`x-token-auth` and `x-bitbucket-api-token-auth` exist only on Bitbucket Cloud. Data Center requires the \
                  name of a user and an HTTP access token of that user. Project and repository tokens do not work with a \
                  username.")
        .example(
            concat!(
                "url             = \"https://bitbucket.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n",
                user!("x-token-auth")
            ),
            concat!(
                "url             = \"https://bitbucket.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n",
                user!("jdoe")
            ),
        ),
    Rule::warning("A09", USERNAME, is_git)
        .after(&["A13"])
        .says("`username` is `git`.")
        .because("`git` is the SSH user. Over HTTP, Bitbucket requires the username of the token's owner.")
        .example(user!("git"), HTTP),
    Rule::error("A10", USERNAME, is_wrong)
        .says("`username` contains a token.")
        .because("Tokens belong in Harness secrets. A token in the configuration ends up in the state, in plans, and in \
                  version control, so consider it leaked and create a new one.")
        .example(
            user!("ATCTT3xFfGN0T4JNjZRlV2hLk0dummy", "bitbucket_access_token"),
            user!("x-token-auth", "bitbucket_access_token"),
        ),
    Rule::warning("A11", "credentials.http.username_ref", is_same_secret_twice)
        .says("Username and password reference the same secret.")
        .because("A secret holds one value, so Git would send the token as the username.")
        .example(
            http!(
                r#"username_ref = "account.bitbucket_api_token""#,
                r#"password_ref = "account.bitbucket_api_token""#
            ),
            http!(
                r#"username_ref = "account.bitbucket_user""#,
                r#"password_ref = "account.bitbucket_api_token""#
            ),
        ),
    Rule::warning("A12", "credentials.http, api_access", serves_as_both_tokens)
        .raised_by_strict()
        .says("`username` is for access tokens, but `api_access` uses the secret of `password_ref` as an API token.")
        .because("On Bitbucket Cloud, access tokens and API tokens differ, and a secret can hold only one. With an API \
                  token, Git uses the username `x-bitbucket-api-token-auth`.")
        .example(
            concat!(
                user!("x-token-auth"),
                "\napi_access {\n  email_and_api_token {\n    email     = \"jane@acme.com\"\n    token_ref = \"account.bitbucket_api_token\"\n  }\n}"
            ),
            concat!(
                user!("x-bitbucket-api-token-auth"),
                "\napi_access {\n  email_and_api_token {\n    email     = \"jane@acme.com\"\n    token_ref = \"account.bitbucket_api_token\"\n  }\n}"
            ),
        ),
    Rule::warning("A13", "credentials.http, api_access", is_access_token_of_user)
        .after(&["A05", "A06", "A10"])
        .says("`api_access` uses the secret of `password_ref` as an access token, but `username` is not `x-token-auth`, on \
               Bitbucket Cloud.")
        .because("With an access token, Git authenticates as `x-token-auth`, regardless of who created the token.")
        .example(
            with_api!(user!("jdoe", "bitbucket_access_token")),
            with_api!(user!("x-token-auth", "bitbucket_access_token")),
        ),
];

fn has_not_one_username(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(http) = input.http() else { return };
    exactly_one::check_pair(
        "credentials.http",
        [
            ("username", &http.username),
            ("username_ref", &http.username_ref),
        ],
        "Write the username as `username`, or the reference to a secret that holds it as `username_ref`. HTTP needs one \
         even for public repositories.",
        findings,
    );
}

fn lacks_password(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.http().is_some_and(|http| http.password_ref.is_null()) {
        findings.push(
            PASSWORD_REF,
            "Missing password_ref",
            "`password_ref` is not set. Store the token in a Harness text secret, and write the secret's reference, such \
             as \"account.bitbucket_token\". Git over HTTP needs a token.",
        );
    }
}

/// Returns the username in plaintext, if it is known.
fn username<'a>(input: &Input<'a>) -> Option<&'a str> {
    input.http()?.username.text()
}

/// Pushes what makes the username impossible, if that is the mistake of the rule.
fn is_wrong(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(text) = username(input)
        && let Some(mistake) = Mistake::of(text)
    {
        let id = match mistake {
            Mistake::Empty => "A05",
            Mistake::Character(_) => "A06",
            Mistake::Pasted(_) => "A10",
        };
        if findings.rule().id == id {
            mistake.push(USERNAME, text, findings);
        }
    }
}

/// Returns the fixed username that goes with the token, as far as the API access shows its kind.
fn fixed_user(input: &Input<'_>) -> Option<&'static str> {
    let password = secret(&input.http()?.password_ref)?;
    let api = input.api_access()?;
    if let Some(token) = api.access_token.known()
        && secret(&token.token_ref).as_ref() == Some(&password)
    {
        return Some(ACCESS_TOKEN_USER);
    }
    let token = api.email_and_api_token.known()?;
    (secret(&token.token_ref)? == password).then_some(API_TOKEN_USER)
}

fn is_email_on_cloud(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(text) = username(input) else {
        return;
    };
    if !is_email(text) || input.deployment() != Some(Deployment::Cloud) {
        return;
    }
    let fixed = fixed_user(input);
    let write = match fixed {
        Some(fixed) => format!(
            "Write {}, which goes with this connector's token.",
            hcl(fixed)
        ),
        None => format!(
            "Write your Bitbucket username (see bitbucket.org/account/settings), \"{API_TOKEN_USER}\" with an API token, or \
             \"{ACCESS_TOKEN_USER}\" with an access token."
        ),
    };
    let pushed = findings.push(
        USERNAME,
        "Email address as Git username",
        format!(
            "`username` is the email address {}. {write} On Bitbucket Cloud, email addresses work for API access only.",
            shown(text)
        ),
    );
    if let Some(fixed) = fixed {
        pushed.suggest(USERNAME, fixed);
    }
}

fn is_of_cloud_on_data_center(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(text) = username(input)
        && [ACCESS_TOKEN_USER, API_TOKEN_USER].contains(&text)
        && input.deployment() == Some(Deployment::DataCenter)
    {
        findings.push(
            USERNAME,
            "Bitbucket Cloud username on Data Center",
            format!(
                "`username` is \"{text}\", which exists only on Bitbucket Cloud, but `url` is a Data Center URL. Write the \
                 name of a user, and reference an HTTP access token of that user in `password_ref`. Project and repository \
                 tokens do not work with a username."
            ),
        );
    }
}

fn is_git(input: &Input<'_>, findings: &mut Findings<'_>) {
    if username(input) == Some("git") {
        findings.push(
            USERNAME,
            "SSH user as HTTP username",
            "`username` is \"git\", the user for SSH. Write the Bitbucket username of the token's owner.",
        );
    }
}

fn is_same_secret_twice(input: &Input<'_>, findings: &mut Findings<'_>) {
    let Some(http) = input.http() else { return };
    if let (Some(user), Some(password)) = (secret(&http.username_ref), secret(&http.password_ref))
        && user == password
    {
        findings.push(
            "credentials.http.username_ref",
            "Same secret for username and password",
            format!(
                "`username_ref` and `password_ref` are both {}. Reference the secret that holds the username in \
                 `username_ref`, or write the username as `username`. A secret holds only one value.",
                hcl(&user.to_string())
            ),
        );
    }
}

fn serves_as_both_tokens(input: &Input<'_>, findings: &mut Findings<'_>) {
    if username(input) == Some(ACCESS_TOKEN_USER)
        && fixed_user(input) == Some(API_TOKEN_USER)
        && input.deployment() != Some(Deployment::DataCenter)
    {
        findings
            .push(
                USERNAME,
                "One secret as two types of token",
                format!(
                    "`username` is \"{ACCESS_TOKEN_USER}\", which is for access tokens, but \
                     `api_access.email_and_api_token` uses the secret of `password_ref` as an API token. For an API token, write \
                     `username = \"{API_TOKEN_USER}\"`. For an access token, use `access_token` in `api_access`."
                ),
            )
            .suggest(USERNAME, API_TOKEN_USER);
    }
}

fn is_access_token_of_user(input: &Input<'_>, findings: &mut Findings<'_>) {
    if let Some(text) = username(input)
        && text != ACCESS_TOKEN_USER
        && fixed_user(input) == Some(ACCESS_TOKEN_USER)
        && input.deployment() == Some(Deployment::Cloud)
    {
        findings
            .push(
                USERNAME,
                "Username does not match the access token",
                format!(
                    "`username` is {}, but `api_access.access_token` uses the secret of `password_ref` as an access token.",
                    shown(text)
                ),
            )
            .fix(Some(ACCESS_TOKEN_USER))
            .note("On Bitbucket Cloud, Git always uses this username with an access token.");
    }
}
