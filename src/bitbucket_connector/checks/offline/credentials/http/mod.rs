//! Rules about `credentials.http`: user name and password of Git over HTTP. References as such are checked in
//! `secret_refs`.
//!
//! Source of the user names: Atlassian's pages on API tokens and on access tokens, and Harness's settings reference. The
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

/// The same with this user name and the usual password, or with this secret as the password.
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
        // Where the whole block is to go, it needs no user name.
        .after(&["A02"])
        .says("Neither or both of `username` and `username_ref` are given.")
        .because("HTTP needs a user name, for public repositories too: in plain text or from a secret.")
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
        .says("`password_ref` is not given.")
        .because("Git over HTTP authenticates with a token, which Harness takes from a secret.")
        .example(http_with!("null"), HTTP),
    Rule::error("A05", USERNAME, is_wrong)
        .says("`username` is given, and empty.")
        .because("Harness takes an empty text for a user name and fails on it later.")
        .example(user!(""), HTTP),
    Rule::error("A06", USERNAME, is_wrong)
        .says("`username` has a colon, a blank or a control character in it.")
        .because("HTTP authentication separates user name and password by a colon, and Bitbucket's user names have \
                  neither blanks nor control characters.")
        .example(user!("Jane Doe"), HTTP),
    Rule::warning("A07", USERNAME, is_email_on_cloud)
        .raised_by_strict()
        .after(&["A06", "A10", "A13"])
        .says("`username` is an e-mail address, on Bitbucket Cloud.")
        .because("Git over HTTPS wants the Bitbucket username, or the fixed user name that goes with the kind of \
                  token. The e-mail address of the account is for the API only.")
        .example(user!("jane@acme.com"), HTTP),
    Rule::warning("A08", USERNAME, is_of_cloud_on_data_center)
        .raised_by_strict()
        .says("`username` is one of Bitbucket Cloud's fixed user names, on Data Center.")
        .because("`x-token-auth` and `x-bitbucket-api-token-auth` exist on Bitbucket Cloud only. On Data Center the \
                  user name goes with an HTTP access token of that user; tokens of projects and repositories cannot be \
                  used with a user name.")
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
        .because("`git` is the user of SSH. Over HTTP Bitbucket wants to know whose token it is.")
        .example(user!("git"), HTTP),
    Rule::error("A10", USERNAME, is_wrong)
        .says("`username` holds a token.")
        .because("Tokens belong in Harness secrets. In the configuration they end up in the state, in plans and in \
                  version control; consider it leaked, and make a new one.")
        .example(
            user!("ATCTT3xFfGN0T4JNjZRlV2hLk0dummy", "bitbucket_access_token"),
            user!("x-token-auth", "bitbucket_access_token"),
        ),
    Rule::warning("A11", "credentials.http.username_ref", is_same_secret_twice)
        .says("User name and password refer to the same secret.")
        .because("One secret holds one text: Git would authenticate with the token as its user name.")
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
        .says("`username` is that of access tokens, and the secret is used as an API token too.")
        .because("An access token and an API token are different things of Bitbucket Cloud; no secret can be both. \
                  With an API token the user name of Git is `x-bitbucket-api-token-auth`.")
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
        .says("The secret is used as an access token for the API, and `username` is not `x-token-auth`, on Bitbucket \
               Cloud.")
        .because("With an access token Git authenticates as `x-token-auth`, whoever made the token.")
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
        "HTTP needs a user name, for public repositories too: in plain text as `username`, or as the reference of a \
         secret in `username_ref`.",
        findings,
    );
}

fn lacks_password(input: &Input<'_>, findings: &mut Findings<'_>) {
    if input.http().is_some_and(|http| http.password_ref.is_null()) {
        findings.push(
            PASSWORD_REF,
            "Missing password_ref",
            "`password_ref` is not given, and Git over HTTP needs a token. Store it in a Harness text secret and write \
             its reference, such as \"account.bitbucket_token\".",
        );
    }
}

/// The user name in plain text, if it is known.
fn username<'a>(input: &Input<'a>) -> Option<&'a str> {
    input.http()?.username.text()
}

/// Pushes what makes the user name impossible, if that is the mistake of the rule.
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

/// The fixed user name that goes with the token, as far as the API access shows its kind.
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
            "The token of this connector goes with {}: write that.",
            hcl(fixed)
        ),
        None => format!(
            "Write your Bitbucket username, which bitbucket.org/account/settings shows; or with an API token \
             \"{API_TOKEN_USER}\"; or with an access token \"{ACCESS_TOKEN_USER}\"."
        ),
    };
    let pushed = findings.push(
        USERNAME,
        "E-mail address as the user name of Git",
        format!(
            "`username` is {}. Git over HTTPS does not take e-mail addresses on Bitbucket Cloud; they are for API access \
             only. {write}",
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
            "User name of Bitbucket Cloud",
            format!(
                "`username` is \"{text}\", which exists on Bitbucket Cloud only, and `url` leads to Bitbucket Data \
                 Center. Write the name of a user, and let `password_ref` refer to an HTTP access token of that user; \
                 tokens of a project or repository do not work with a user name."
            ),
        );
    }
}

fn is_git(input: &Input<'_>, findings: &mut Findings<'_>) {
    if username(input) == Some("git") {
        findings.push(
            USERNAME,
            "User name of SSH",
            "`username` is \"git\", the user of SSH. Over HTTP write the name of the Bitbucket user to whom the token \
             belongs.",
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
            "One secret for user name and password",
            format!(
                "`username_ref` and `password_ref` are both {}, and a secret holds one text. Refer to the secret with \
                 the user name in `username_ref`, or write the user name in plain text as `username`.",
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
                "One secret for an access token and an API token",
                format!(
                    "`username` is \"{ACCESS_TOKEN_USER}\", which goes with an access token, and \
                     `api_access.email_and_api_token` uses the same secret as an API token. It cannot be both. If it \
                     is an API token, write \"{API_TOKEN_USER}\" as the user name; if it is an access token, use \
                     `api_access {{ access_token {{ … }} }}`."
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
                "User name that does not go with an access token",
                format!(
                    "`username` is {}, and `password_ref` is the secret that `api_access.access_token` uses as an access \
                     token. With an access token Git authenticates on Bitbucket Cloud by a fixed name, not as a user.",
                    shown(text)
                ),
            )
            .fix(Some(ACCESS_TOKEN_USER));
    }
}
