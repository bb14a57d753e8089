//! The command line of `doctor`.
//!
//! It is read by hand, because the messages name an argument as it was written, and one that is none by its position. lexopt
//! takes `-key` apart into letters, accepts `--`, and knows no positions.

use std::ffi::OsString;
use std::io::{self, Write};

use harness_platform::{ProjectWithoutOrganization, Scope};

/// What is wanted.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Command {
    Help,
    Examine(Arguments),
}

/// How to examine.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Arguments {
    pub(super) json: bool,
    pub(super) endpoint: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) ca_certificate_file: Option<String>,
    /// Where the key is to see something.
    pub(super) scope: Scope,
}

/// Why the command line is not understood. It repeats no values, since one of them may be a key that somebody pasted.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum ArgumentError {
    #[error("`{name}` is no option; `doctor --help` lists those that are")]
    UnknownOption { name: String },
    #[error(
        "argument {number} is no option: it does not begin with `--`. The API key is read from \
         HARNESS_PLATFORM_API_KEY only"
    )]
    NoOption { number: usize },
    #[error("`{name}` needs a value: write `{name} VALUE` or `{name}=VALUE`")]
    NoValue { name: String },
    #[error("`{name}` takes no value")]
    NeedlessValue { name: String },
    #[error("the value of `{name}` is not UTF-8")]
    NotText { name: String },
    #[error("`{name}` is given twice")]
    Twice { name: String },
    #[error("--project-id needs --org-id, the organization that the project is in")]
    ProjectWithoutOrganization,
}

impl From<ProjectWithoutOrganization> for ArgumentError {
    fn from(_: ProjectWithoutOrganization) -> Self {
        Self::ProjectWithoutOrganization
    }
}

impl Command {
    /// Reads what follows `doctor`.
    pub(super) fn parse(arguments: &[OsString]) -> Result<Self, ArgumentError> {
        let mut json = false;
        let [mut endpoint, mut account_id, mut ca, mut org, mut project] = [const { None }; 5];
        let mut rest = arguments.iter().enumerate();
        while let Some((index, argument)) = rest.next() {
            let text = argument.to_string_lossy();
            let (name, attached) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*text, None),
            };
            let target = match name {
                "--help" | "-h" => return Ok(Self::Help),
                "--json" if attached.is_some() => {
                    return Err(ArgumentError::NeedlessValue { name: name.into() });
                }
                "--json" => {
                    json = true;
                    continue;
                }
                "--endpoint" => &mut endpoint,
                "--account-id" => &mut account_id,
                "--ca-certificate-file" => &mut ca,
                "--org-id" => &mut org,
                "--project-id" => &mut project,
                _ if name.starts_with('-') => {
                    return Err(ArgumentError::UnknownOption { name: name.into() });
                }
                _ => return Err(ArgumentError::NoOption { number: index + 1 }),
            };
            let name = || name.to_owned();
            let value = match (attached, argument.to_str()) {
                (_, None) => return Err(ArgumentError::NotText { name: name() }),
                (Some(value), _) => value,
                (None, _) => rest
                    .next()
                    .ok_or_else(|| ArgumentError::NoValue { name: name() })?
                    .1
                    .to_str()
                    .ok_or_else(|| ArgumentError::NotText { name: name() })?
                    .to_owned(),
            };
            if target.replace(value).is_some() {
                return Err(ArgumentError::Twice { name: name() });
            }
        }
        Ok(Self::Examine(Arguments {
            json,
            endpoint,
            account_id,
            ca_certificate_file: ca,
            scope: Scope::from_ids(org.as_deref(), project.as_deref())?,
        }))
    }
}

/// What `doctor --help` answers.
pub(super) fn write_help(output: &mut dyn Write) -> io::Result<()> {
    output.write_all(HELP.as_bytes())
}

const HELP: &str = "\
Checks whether the provider can work from here: endpoint, proxy, TLS, key, account, permissions. Says what it found and
what to do. It changes nothing in Harness, and never shows the key.

Usage: terraform-provider-harness doctor [OPTION …]

    --json                      write one JSON object instead of text
    --endpoint URL              instead of HARNESS_ENDPOINT
    --account-id ID             instead of HARNESS_ACCOUNT_ID
    --ca-certificate-file FILE  what the provider's ca_certificate_file says
    --org-id ID                 check the permissions in this organization,
    --project-id ID             or in this project of it, instead of in the account
    --help                      print this

The environment is read as the provider reads it: HARNESS_ENDPOINT, HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY, and
HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY. NO_COLOR switches colours off.

Exit codes:
    0  no check failed; there may be warnings
    1  a check failed
    2  the command line is not understood, or the report could not be written

The JSON object: format_version (\"1.0\"; what is added later leaves the 1), provider_version, result (ok, warning or
failed), endpoint, account_id, org_id, project_id, and checks, a list of objects: id, state (ok, warning, failed or
skipped), found, and remedy or null.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, ArgumentError> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        Command::parse(&arguments)
    }

    fn plain() -> Arguments {
        Arguments {
            json: false,
            endpoint: None,
            account_id: None,
            ca_certificate_file: None,
            scope: Scope::Account,
        }
    }

    #[test]
    fn options_are_read_in_both_spellings_and_any_order() {
        let given = |endpoint: &str| {
            let endpoint = Some(endpoint.to_owned());
            Ok(Command::Examine(Arguments {
                endpoint,
                ..plain()
            }))
        };
        assert_eq!(parse(&[]), Ok(Command::Examine(plain())));
        assert_eq!(parse(&["--endpoint", "https://h"]), given("https://h"));
        assert_eq!(parse(&["--endpoint=https://h?a=b"]), given("https://h?a=b"));
        assert_eq!(
            parse(&[
                "--project-id",
                "p",
                "--json",
                "--account-id=a",
                "--org-id",
                "o",
                "--ca-certificate-file",
                "f"
            ]),
            Ok(Command::Examine(Arguments {
                json: true,
                endpoint: None,
                account_id: Some("a".into()),
                ca_certificate_file: Some("f".into()),
                scope: Scope::from_ids(Some("o"), Some("p")).unwrap(),
            }))
        );
        for help in [&["--help"][..], &["-h"], &["--json", "--help", "nonsense"]] {
            assert_eq!(parse(help), Ok(Command::Help));
        }
    }

    #[test]
    fn what_is_not_understood_is_named_without_its_value() {
        for (arguments, message) in [
            (
                &["--key=pat.a.b.hunter2"][..],
                "`--key` is no option; `doctor --help` lists those that are",
            ),
            (
                &["--json", "pat.a.b.hunter2"],
                "argument 2 is no option: it does not begin with `--`. The API key is read from \
                 HARNESS_PLATFORM_API_KEY only",
            ),
            (
                &["--endpoint"],
                "`--endpoint` needs a value: write `--endpoint VALUE` or `--endpoint=VALUE`",
            ),
            (&["--json=hunter2"], "`--json` takes no value"),
            (
                &["--org-id", "a", "--org-id=hunter2"],
                "`--org-id` is given twice",
            ),
            (
                &["--project-id", "hunter2"],
                "--project-id needs --org-id, the organization that the project is in",
            ),
        ] {
            let error = parse(arguments).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!format!("{error}{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn every_option_is_in_the_help() {
        let mut help = Vec::new();
        write_help(&mut help).unwrap();
        let help = String::from_utf8(help).unwrap();
        for option in [
            "--json",
            "--endpoint",
            "--account-id",
            "--ca-certificate-file",
            "--org-id",
            "--project-id",
        ] {
            assert!(help.contains(option));
            let arguments = ["--org-id=o", option, "value"];
            let skip = usize::from(option == "--org-id");
            let end = if option == "--json" { 2 } else { 3 };
            assert!(parse(&arguments[skip..end]).is_ok(), "{option}");
        }
    }
}
