//! Each finding, where it is made and what it says; and what is none.

use super::super::model::{AccessToken, EmailAndApiToken, SshCredentials, Timeouts, UsernameToken};
use super::super::setting::Member;
use super::*;
use crate::tf_provider::diagnostic::Severity;
use crate::tf_provider::value::Value;

fn known<T>(value: T) -> Setting<T> {
    Setting::Known(value)
}

fn text(value: &str) -> Setting<String> {
    Setting::Known(value.to_owned())
}

fn http() -> HttpCredentials {
    HttpCredentials {
        username: text("jdoe"),
        password_ref: text("account.token"),
        ..Default::default()
    }
}

fn valid() -> Model {
    Model {
        name: text("Bitbucket"),
        url_type: text("Account"),
        connection_type: text("HTTP"),
        url: text("https://bitbucket.org/acme/"),
        test_repository: text("web.git"),
        credentials: known(Credentials {
            http: known(http()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A change of the valid model, and the paths and summaries that it must yield.
type Case = (fn(&mut Model), &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (|_| {}, &[]),
    (|m| m.name = text(" "), &[("name", "Empty name")]),
    (
        |m| m.name = text("42"),
        &[("identifier", "No identifier in the name")],
    ),
    (
        |m| m.identifier = text("a-b"),
        &[("identifier", "Invalid identifier")],
    ),
    (
        |m| m.org_id = text("my org"),
        &[("org_id", "Invalid org_id")],
    ),
    (
        |m| m.project_id = text("web"),
        &[("project_id", "Project without organization")],
    ),
    (
        |m| m.url_type = text("account"),
        &[("url_type", "Invalid url_type")],
    ),
    (
        |m| m.connection_type = text("Http"),
        &[("connection_type", "Invalid connection_type")],
    ),
    (|m| m.url = text(""), &[("url", "Empty url")]),
    (
        |m| m.test_repository = Setting::Null,
        &[("test_repository", "Missing test_repository")],
    ),
    (
        |m| m.connectivity_mode = text("Manager"),
        &[("connectivity_mode", "Invalid connectivity_mode")],
    ),
    (
        |m| m.connection_test = text("on"),
        &[("connection_test", "Invalid connection_test")],
    ),
    (
        |m| m.credentials = Setting::Null,
        &[("credentials", "Give exactly one of http, ssh")],
    ),
    (
        |m| m.connection_type = text("SSH"),
        &[(
            "credentials.http",
            "Credentials of the other connection type",
        )],
    ),
    (
        |m| {
            m.credentials = known(Credentials {
                http: known(http()),
                ssh: known(SshCredentials {
                    ssh_key_ref: text("account.key"),
                }),
            });
        },
        &[("credentials", "Give exactly one of http, ssh")],
    ),
    (
        |m| {
            m.credentials = known(Credentials {
                http: known(HttpCredentials {
                    username: Setting::Null,
                    ..http()
                }),
                ..Default::default()
            });
        },
        &[(
            "credentials.http",
            "Give exactly one of username, username_ref",
        )],
    ),
    (
        |m| m.api_access = known(ApiAccess::default()),
        &[(
            "api_access",
            "Give exactly one of username_token, email_and_api_token, access_token",
        )],
    ),
    (
        |m| {
            m.api_access = known(ApiAccess {
                email_and_api_token: known(EmailAndApiToken {
                    email: text("j@acme.com"),
                    email_ref: text("account.mail"),
                    token_ref: text("account.token"),
                }),
                ..Default::default()
            });
        },
        &[(
            "api_access.email_and_api_token",
            "Give exactly one of email, email_ref",
        )],
    ),
    (
        |m| {
            m.api_access = known(ApiAccess {
                username_token: known(UsernameToken {
                    username_ref: text("account.user"),
                    token_ref: text("account.token"),
                    ..Default::default()
                }),
                ..Default::default()
            });
        },
        &[(
            "api_access.username_token.username_ref",
            "One user name plain, the other a reference",
        )],
    ),
    (
        |m| {
            m.api_access = known(ApiAccess {
                access_token: known(AccessToken {
                    token_ref: text("account.token"),
                }),
                ..Default::default()
            });
        },
        &[],
    ),
    (
        |m| {
            m.timeouts = known(Timeouts {
                create: text("5 minutes"),
                ..Default::default()
            });
        },
        &[("timeouts.create", "Invalid duration")],
    ),
];

#[test]
fn each_mistake_is_found_once_at_its_narrowest_path() {
    for (index, (change, expected)) in CASES.iter().enumerate() {
        let mut model = valid();
        change(&mut model);
        let found = check(&model);
        let found: Vec<_> = found
            .iter()
            .map(|d| {
                assert_eq!(d.severity, Severity::Error);
                (d.path.as_ref().unwrap().to_string(), d.summary.as_str())
            })
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|(path, summary)| (path.as_str(), *summary))
            .collect();
        assert_eq!(found, *expected, "case {index}");
    }
}

#[test]
fn an_unknown_setting_is_never_judged_whichever_it_is() {
    let Value::Object(members) = valid().write() else {
        unreachable!()
    };
    for name in members.keys() {
        let value = Value::Object(members.clone()).with(name, Value::unknown());
        let findings = check(&Model::read(&value).unwrap());
        assert!(findings.is_empty(), "{name}: {findings:?}");
    }
}

#[test]
fn a_wrong_value_is_told_what_to_write_instead() {
    let mut model = valid();
    model.url_type = text("account");
    let findings = check(&model);
    assert_eq!(
        findings.iter().next().unwrap().detail,
        "`url_type` is \"account\", and must be \"Account\" or \"Repository\". Write \"Account\"."
    );
}
