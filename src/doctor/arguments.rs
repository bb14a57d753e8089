//! The command line of `doctor`.

use std::ffi::OsString;
use std::io::{self, Write};

use harness_platform::{ProjectWithoutOrganization, Scope};

use crate::command::access::{ACCOUNT_ID, CA_CERTIFICATE_FILE, ENDPOINT};
use crate::command::options::{Grammar, Line, OptionError};

const JSON: &str = "--json";
const ORG_ID: &str = "--org-id";
const PROJECT_ID: &str = "--project-id";

const GRAMMAR: Grammar = Grammar {
    command: "doctor",
    flags: &[JSON],
    valued: &[
        ENDPOINT,
        ACCOUNT_ID,
        CA_CERTIFICATE_FILE,
        ORG_ID,
        PROJECT_ID,
    ],
    operands: 0,
};

/// The requested action.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Command {
    Help,
    Examine(Arguments),
}

/// The options of an examination.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Arguments {
    pub(super) json: bool,
    pub(super) endpoint: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) ca_certificate_file: Option<String>,
    /// The scope in which to check the key's permissions.
    pub(super) scope: Scope,
}

/// Why the command line is invalid.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum ArgumentError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("--project-id needs --org-id, the project's organization")]
    ProjectWithoutOrganization,
}

impl From<ProjectWithoutOrganization> for ArgumentError {
    fn from(_: ProjectWithoutOrganization) -> Self {
        Self::ProjectWithoutOrganization
    }
}

impl Command {
    /// Parses the arguments after `doctor`.
    pub(super) fn parse(arguments: &[OsString]) -> Result<Self, ArgumentError> {
        let options = match GRAMMAR.read(arguments)? {
            Line::Help => return Ok(Self::Help),
            Line::Options(options) => options,
        };
        let text = |option| options.value(option).map(str::to_owned);
        Ok(Self::Examine(Arguments {
            json: options.has(JSON),
            endpoint: text(ENDPOINT),
            account_id: text(ACCOUNT_ID),
            ca_certificate_file: text(CA_CERTIFICATE_FILE),
            scope: Scope::from_ids(options.value(ORG_ID), options.value(PROJECT_ID))?,
        }))
    }
}

/// Writes the output of `doctor --help`.
pub(super) fn write_help(output: &mut dyn Write) -> io::Result<()> {
    output.write_all(HELP.as_bytes())
}

const HELP: &str = "\
Checks whether the provider can work from this machine: endpoint, proxy, TLS,
key, account, and permissions. Reports problems and how to fix them. Changes
nothing in Harness, and never prints the key.

Usage: terraform-provider-harness doctor [OPTION …]

    --json                      write one JSON object instead of text
    --endpoint URL              use this instead of HARNESS_ENDPOINT
    --account-id ID             use this instead of HARNESS_ACCOUNT_ID
    --ca-certificate-file FILE  as the provider's ca_certificate_file
    --org-id ID                 check permissions in this organization instead
                                of in the account
    --project-id ID             check permissions in this project of --org-id
    --help                      print this

Environment variables, read as the provider reads them: HARNESS_ENDPOINT,
HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY, HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY, and NO_PROXY. NO_COLOR turns colors off.

Exit codes:
    0  no check failed; there may be warnings
    1  a check failed
    2  the command line is invalid, or the report could not be written

The JSON object has the members format_version (\"1.0\"; later additions keep the
1), provider_version, result (ok, warning, or failed), endpoint, account_id,
org_id, project_id, and checks: a list of objects with id, state (ok, warning,
failed, or skipped), found, and remedy (or null).
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
                "`--key` is not an option; `doctor --help` lists the options",
            ),
            (
                &["--json", "pat.a.b.hunter2"],
                "argument 2 is not an option, because it does not start with `--`. Set the API key in \
                 HARNESS_PLATFORM_API_KEY",
            ),
            (
                &["--endpoint"],
                "`--endpoint` needs a value: write `--endpoint VALUE` or `--endpoint=VALUE`",
            ),
            (&["--json=hunter2"], "`--json` takes no value"),
            (
                &["--org-id", "a", "--org-id=hunter2"],
                "`--org-id` is set twice",
            ),
            (
                &["--project-id", "hunter2"],
                "--project-id needs --org-id, the project's organization",
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
