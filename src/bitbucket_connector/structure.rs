//! Checks of a connector's structure: everything without which it cannot be turned into the platform's form.
//!
//! These are values from a fixed list, blocks and arguments of which exactly one is to be given, arguments that another
//! one requires, identifiers and durations. An unknown value is never judged, nor is a rule that depends on one.

use super::access::ConnectionTestMode;
use super::identifier;
use super::model::{ApiAccess, Credentials, HttpCredentials, Model};
use super::schema::{CONNECTION_TYPES, CONNECTIVITY_MODES, URL_TYPES};
use super::setting::Setting;
use crate::tf_provider::diagnostic::{Diagnostic, Diagnostics};
use crate::tf_provider::duration;
use crate::tf_provider::value::Path;

/// All findings about `model`, in the order of the schema.
pub(super) fn check(model: &Model) -> Diagnostics {
    let mut findings = Diagnostics::new();
    check_name(model, &mut findings);
    check_scope(model, &mut findings);
    one_of("url_type", &model.url_type, &URL_TYPES, &mut findings);
    one_of(
        "connection_type",
        &model.connection_type,
        &CONNECTION_TYPES,
        &mut findings,
    );
    not_blank("url", &model.url, &mut findings);
    check_test_repository(model, &mut findings);
    one_of(
        "connectivity_mode",
        &model.connectivity_mode,
        &CONNECTIVITY_MODES,
        &mut findings,
    );
    one_of(
        "connection_test",
        &model.connection_test,
        &ConnectionTestMode::NAMES,
        &mut findings,
    );
    check_credentials(model, &mut findings);
    check_api_access(model, &mut findings);
    check_timeouts(model, &mut findings);
    findings
}

fn at(name: &str) -> Path {
    Path::root().attribute(name)
}

fn one_of(name: &str, setting: &Setting<String>, accepted: &[&str], findings: &mut Diagnostics) {
    let Some(text) = setting.text() else { return };
    if accepted.contains(&text) {
        return;
    }
    let list = accepted
        .iter()
        .map(|value| format!("\"{value}\""))
        .collect::<Vec<_>>()
        .join(" or ");
    let nearest = accepted
        .iter()
        .find(|value| value.eq_ignore_ascii_case(text.trim()))
        .map(|value| format!(" Write \"{value}\"."))
        .unwrap_or_default();
    findings.push(
        Diagnostic::error(
            format!("Invalid {name}"),
            format!("`{name}` is {}, and must be {list}.{nearest}", quoted(text)),
        )
        .at(at(name)),
    );
}

/// A short text in quotes; a long one, which may be something pasted by mistake, only by its length.
fn quoted(text: &str) -> String {
    let length = text.chars().count();
    if length > 40 {
        format!("a text of {length} characters")
    } else {
        format!("\"{}\"", text.escape_debug())
    }
}

fn not_blank(name: &str, setting: &Setting<String>, findings: &mut Diagnostics) {
    if setting.text().is_some_and(|text| text.trim().is_empty()) {
        findings.push(
            Diagnostic::error(
                format!("Empty {name}"),
                format!("`{name}` has no text in it, and Harness needs one. Give its value."),
            )
            .at(at(name)),
        );
    }
}

fn check_name(model: &Model, findings: &mut Diagnostics) {
    not_blank("name", &model.name, findings);
    match (&model.identifier, model.name.text()) {
        (Setting::Known(given), _) => {
            if let Err(error) = identifier::check(given) {
                findings.push(
                    Diagnostic::error(
                        "Invalid identifier",
                        format!(
                            "`identifier` is {}: {error}. Write another one, or leave `identifier` out to derive it \
                             from the name.",
                            quoted(given)
                        ),
                    )
                    .at(at("identifier")),
                );
            }
        }
        (Setting::Null, Some(name)) if !name.trim().is_empty() => {
            if let Err(error) = identifier::from_name(name) {
                findings.push(
                    Diagnostic::error(
                        "No identifier in the name",
                        format!(
                            "`identifier` is left out, and the name {} does not give one: of what it leaves, {error}. \
                             Set `identifier`, for example `identifier = \"bitbucket\"`.",
                            quoted(name)
                        ),
                    )
                    .at(at("identifier")),
                );
            }
        }
        _ => {}
    }
}

fn check_scope(model: &Model, findings: &mut Diagnostics) {
    for (name, setting) in [("org_id", &model.org_id), ("project_id", &model.project_id)] {
        if let Some(text) = setting.text()
            && let Err(error) = identifier::check(text)
            && error != identifier::IdentifierError::Reserved
        {
            findings.push(
                Diagnostic::error(
                    format!("Invalid {name}"),
                    format!(
                        "`{name}` is {}: {error}. Write the Id that Harness shows, not the name.",
                        quoted(text)
                    ),
                )
                .at(at(name)),
            );
        }
    }
    if model.project_id.is_known() && model.org_id.is_null() {
        findings.push(
            Diagnostic::error(
                "Project without organization",
                "`project_id` is given and `org_id` is not. A project belongs to an organization: add `org_id`, often \
                 `org_id = \"default\"`.",
            )
            .at(at("project_id")),
        );
    }
}

fn check_test_repository(model: &Model, findings: &mut Diagnostics) {
    if model.url_type.text() == Some("Account") && model.test_repository.is_null() {
        findings.push(
            Diagnostic::error(
                "Missing test_repository",
                "`url_type` is \"Account\" and `test_repository` is not given: Harness would not test whether it can \
                 read the account's repositories. Name one of them, as it follows `url`: `test_repository = \
                 \"<repository>.git\"` on Bitbucket Cloud, `\"<PROJECT>/<repository>.git\"` on Data Center.",
            )
            .at(at("test_repository")),
        );
    }
    not_blank("test_repository", &model.test_repository, findings);
}

/// Which of the members of a block, of which exactly one must be given, are given. `None` when an unknown one decides.
fn given<'a>(members: &[(&'a str, Given)]) -> Option<Vec<&'a str>> {
    let known: Vec<_> = members
        .iter()
        .filter(|(_, given)| *given == Given::Yes)
        .map(|(name, _)| *name)
        .collect();
    let undecided = members.iter().any(|(_, given)| *given == Given::Unknown);
    (known.len() > 1 || !undecided).then_some(known)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Yes,
    No,
    Unknown,
}

impl<T> From<&Setting<T>> for Given {
    fn from(setting: &Setting<T>) -> Self {
        match setting {
            Setting::Null => Self::No,
            Setting::Unknown => Self::Unknown,
            Setting::Known(_) => Self::Yes,
        }
    }
}

/// Exactly one of `members` in the block at `path`, or a finding that ends with `remedy`.
fn exactly_one(path: &Path, members: &[(&str, Given)], remedy: &str, findings: &mut Diagnostics) {
    let Some(names) = given(members) else { return };
    let found = match names.as_slice() {
        [_] => return,
        [] => "none is given".to_owned(),
        several => format!("{} are given", code_list(several, "and")),
    };
    let all: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    findings.push(
        Diagnostic::error(
            format!("Give exactly one of {}", all.join(", ")),
            format!(
                "`{path}` takes exactly one of {}, and {found}. {remedy}",
                code_list(&all, "and")
            ),
        )
        .at(path.clone()),
    );
}

fn code_list(names: &[&str], conjunction: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} {conjunction} {last}", rest.join(", "))
        }
        _ => quoted.join(""),
    }
}

fn check_credentials(model: &Model, findings: &mut Diagnostics) {
    let path = at("credentials");
    let credentials = match &model.credentials {
        Setting::Unknown => return,
        Setting::Null => &Credentials::default(),
        Setting::Known(credentials) => credentials,
    };
    let wanted = match model.connection_type.text() {
        Some("HTTP") => Some((
            "http",
            "http { username = \"…\", password_ref = \"account.…\" }",
        )),
        Some("SSH") => Some(("ssh", "ssh { ssh_key_ref = \"account.…\" }")),
        _ => None,
    };
    let members = [
        ("http", Given::from(&credentials.http)),
        ("ssh", Given::from(&credentials.ssh)),
    ];
    let remedy = match (wanted, model.connection_type.text()) {
        (Some((_, example)), Some(connection_type)) => {
            format!(
                "`connection_type` is \"{connection_type}\": write `credentials {{ {example} }}`."
            )
        }
        _ => "Give the one that `connection_type` names.".to_owned(),
    };
    exactly_one(&path, &members, &remedy, findings);
    if let (Some([only]), Some((kind, _))) = (given(&members).as_deref(), wanted)
        && *only != kind
    {
        findings.push(
            Diagnostic::error(
                "Credentials of the other connection type",
                format!("`connection_type` asks for `{kind}` credentials, and `{only}` is given. {remedy}"),
            )
            .at(path.attribute(*only)),
        );
    }
    if let Some(http) = credentials.http.known() {
        exactly_one(
            &path.attribute("http"),
            &[
                ("username", Given::from(&http.username)),
                ("username_ref", Given::from(&http.username_ref)),
            ],
            "HTTP needs a user name, for public repositories too: in plain text as `username`, or as a secret's \
             reference in `username_ref`.",
            findings,
        );
    }
}

fn check_api_access(model: &Model, findings: &mut Diagnostics) {
    let Some(access) = model.api_access.known() else {
        return;
    };
    let path = at("api_access");
    exactly_one(
        &path,
        &[
            ("username_token", Given::from(&access.username_token)),
            (
                "email_and_api_token",
                Given::from(&access.email_and_api_token),
            ),
            ("access_token", Given::from(&access.access_token)),
        ],
        "On Bitbucket Cloud use `email_and_api_token` or `access_token`, on Data Center `access_token`; without API \
         access leave the whole block out.",
        findings,
    );
    if let Some(token) = access.username_token.known() {
        exactly_one(
            &path.clone().attribute("username_token"),
            &[
                ("username", Given::from(&token.username)),
                ("username_ref", Given::from(&token.username_ref)),
            ],
            "Give the user name in plain text, or a secret's reference.",
            findings,
        );
    }
    if let Some(token) = access.email_and_api_token.known() {
        exactly_one(
            &path.clone().attribute("email_and_api_token"),
            &[
                ("email", Given::from(&token.email)),
                ("email_ref", Given::from(&token.email_ref)),
            ],
            "Give the e-mail address of the Atlassian account in plain text, or a secret's reference.",
            findings,
        );
    }
    if let Some(http) = model
        .credentials
        .known()
        .and_then(|credentials| credentials.http.known())
    {
        check_user_names(http, access, findings);
    }
}

/// The platform refuses a connector of which one user name is plain and the other a reference.
fn check_user_names(http: &HttpCredentials, access: &ApiAccess, findings: &mut Diagnostics) {
    let Some(token) = access.username_token.known() else {
        return;
    };
    let kind = |plain: &Setting<String>, reference: &Setting<String>| match (plain, reference) {
        (Setting::Known(_), Setting::Null) => Some("username"),
        (Setting::Null, Setting::Known(_)) => Some("username_ref"),
        _ => None,
    };
    if let (Some(git), Some(api)) = (
        kind(&http.username, &http.username_ref),
        kind(&token.username, &token.username_ref),
    ) && git != api
    {
        let path = at("api_access").attribute("username_token").attribute(api);
        findings.push(
            Diagnostic::error(
                "One user name plain, the other a reference",
                format!(
                    "`credentials.http` has `{git}` and `api_access.username_token` has `{api}`. Harness refuses the \
                     mix: use `{git}` in both places, or `{api}` in both."
                ),
            )
            .at(path),
        );
    }
}

fn check_timeouts(model: &Model, findings: &mut Diagnostics) {
    let Some(timeouts) = model.timeouts.known() else {
        return;
    };
    for (name, setting) in [
        ("create", &timeouts.create),
        ("read", &timeouts.read),
        ("update", &timeouts.update),
        ("delete", &timeouts.delete),
    ] {
        if let Some(text) = setting.text()
            && let Err(error) = duration::parse(text)
        {
            findings.push(
                Diagnostic::error(
                    "Invalid duration",
                    format!(
                        "`timeouts.{name}` is {}: {error}. Write a number with its unit, such as \"90s\" or \"5m\".",
                        quoted(text)
                    ),
                )
                .at(at("timeouts").attribute(name)),
            );
        }
    }
}

#[cfg(test)]
mod tests;
