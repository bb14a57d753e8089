//! `parse_bitbucket_url`: the parts of a Bitbucket URL, or an error that says what to write instead.

use tf_provider::function::{FunctionError, Parameter, Signature};
use tf_provider::value::{Type, Value};

use super::text_function::{TextFunction, refused};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, Members, UrlError};
use crate::harness::wording::hcl;

pub(crate) const NAME: &str = "parse_bitbucket_url";

/// Returns the function `parse_bitbucket_url`.
pub(super) fn function() -> TextFunction {
    TextFunction {
        signature: Signature {
            summary: "Parses the URL of a Bitbucket account or repository",
            description: "Parses a URL the way `harness_bitbucket_connector` reads its `url`, and returns an object \
                          with these attributes:\n\n\
                          - `deployment`: `Cloud` or `DataCenter`\n\
                          - `protocol`: `HTTP` or `SSH`\n\
                          - `host`, and `port` (a number)\n\
                          - `context_path`: of a Data Center instance, with its leading slash\n\
                          - `workspace`: on Bitbucket Cloud\n\
                          - `project`: on Bitbucket Data Center\n\
                          - `repository`: without `.git`\n\n\
                          Attributes that the URL does not have are null. An invalid URL is an error, which shows the URL \
                          to write instead if that is clear.",
            parameters: vec![Parameter {
                name: "url",
                ty: Type::String,
                description: "URL of an account or repository, over HTTP or SSH.",
            }],
            returns: Type::object([
                ("deployment", Type::String),
                ("protocol", Type::String),
                ("host", Type::String),
                ("port", Type::Number),
                ("context_path", Type::String),
                ("workspace", Type::String),
                ("project", Type::String),
                ("repository", Type::String),
            ]),
        },
        call,
    }
}

fn call(text: &str) -> Result<Value, FunctionError> {
    match BitbucketUrl::parse(text) {
        Ok(url) => Ok(object(url.members())),
        Err(error) => Err(refused(&advice(&error))),
    }
}

fn object(members: Members<'_>) -> Value {
    // Destructured, so that a new member cannot be forgotten.
    let Members {
        deployment,
        protocol,
        host,
        port,
        context_path,
        workspace,
        project,
        repository,
    } = members;
    Value::object([
        ("deployment", Value::string(deployment)),
        ("protocol", Value::string(protocol)),
        ("host", Value::string(host)),
        ("port", port.map(i64::from).into()),
        ("context_path", context_path.into()),
        ("workspace", workspace.into()),
        ("project", project.into()),
        ("repository", repository.into()),
    ])
}

/// Returns what is wrong, and what to write instead if the intention is known. Never repeats a password.
fn advice(error: &UrlError) -> String {
    let why = error.kind().why();
    let why = why.map_or_else(String::new, |why| format!(". {why}"));
    let Some(fixed) = error.fixed(None, None) else {
        return format!("{}{why}", error.to_string().trim_end_matches('.'));
    };
    let names = if fixed.complete().is_some() {
        ""
    } else {
        ", with your own names instead of those in angle brackets"
    };
    format!("{error} Write {}{names}{why}", hcl(fixed.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_a_url_lacks_are_null() {
        let parsed = call("ssh://git@bb.acme.com:7999/PROJ/web.git").unwrap();
        let expected = Value::object([
            ("deployment", Value::string("DataCenter")),
            ("protocol", Value::string("SSH")),
            ("host", Value::string("bb.acme.com")),
            ("port", Value::number(7999)),
            ("context_path", Value::Null),
            ("workspace", Value::Null),
            ("project", Value::string("PROJ")),
            ("repository", Value::string("web")),
        ]);
        assert_eq!(parsed, expected);
        let account = call("https://bitbucket.org/acme/").unwrap();
        assert_eq!(account.get("workspace"), Some(&Value::string("acme")));
        for absent in ["port", "context_path", "project", "repository"] {
            assert_eq!(account.get(absent), Some(&Value::Null), "{absent}");
        }
    }

    #[test]
    fn what_is_no_url_is_an_error_with_advice_and_without_its_password() {
        for (text, expected) in [
            ("", "`url` is empty. Write the URL"),
            (
                "bitbucket.org/acme",
                "Write \"https://bitbucket.org/acme/\"",
            ),
            (
                "https://bitbucket.org/acme/web/src/main",
                "Write \"https://bitbucket.org/acme/web.git\"",
            ),
            (
                "git@bitbucket.org",
                "Write \"git@bitbucket.org:<workspace>/\", with your own names",
            ),
            ("https://github.com/acme/web", "is not a Bitbucket host"),
            (
                "https://jdoe:s3cr3t@bitbucket.org/acme/web.git",
                "Write \"https://bitbucket.org/acme/web.git\"",
            ),
            (
                "https://ATATT3xFfGF0s3cr3t@bitbucket.org/acme/",
                "Consider the secret leaked",
            ),
            (
                "https://bitbucket.org/?ATATT3xFfGF0s3cr3t",
                "a password or token. Remove it. Consider the secret leaked",
            ),
        ] {
            let error = call(text).unwrap_err();
            assert_eq!(error.argument, Some(0), "{text}");
            assert!(error.text.contains(expected), "{text}: {}", error.text);
            assert!(!error.text.contains("s3cr3t"), "{}", error.text);
            assert!(!error.text.ends_with('.'), "{}", error.text);
        }
    }
}
