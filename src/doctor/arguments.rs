//! The command line of `doctor`.

use harness_platform::{ProjectWithoutOrganization, Scope};

use crate::command::Command;
use crate::command::access::{ACCOUNT_ID, AccessOptions, CA_CERTIFICATE_FILE, ENDPOINT};
use crate::command::options::{Grammar, OptionError, Options};
use crate::harness::leaked_secret::{self, Pasted};

const JSON: &str = "--json";
const ORG_ID: &str = "--org-id";
const PROJECT_ID: &str = "--project-id";

/// The exit code if the command line is invalid, or the report cannot be written.
pub(super) const UNUSABLE: u8 = 2;

pub(super) const COMMAND: Command<Arguments, ArgumentError> = Command {
    grammar: Grammar {
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
    },
    help: HELP,
    read: Arguments::of,
    failed: UNUSABLE,
};

/// The options of an examination.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Arguments {
    pub(super) json: bool,
    pub(super) access: AccessOptions,
    /// The scope in which to check the key's permissions.
    pub(super) scope: Scope,
}

/// Why the command line is invalid.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum ArgumentError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("`{0}` is empty: set a value, or omit the option")]
    Empty(&'static str),
    #[error("`{option}` looks like {pasted} (not shown here); write the Id that Harness shows")]
    Secret {
        option: &'static str,
        pasted: Pasted,
    },
    #[error("--project-id needs --org-id, the project's organization")]
    ProjectWithoutOrganization,
}

impl From<ProjectWithoutOrganization> for ArgumentError {
    fn from(_: ProjectWithoutOrganization) -> Self {
        Self::ProjectWithoutOrganization
    }
}

impl Arguments {
    fn of(options: &Options) -> Result<Self, ArgumentError> {
        let id = |option| match options.value(option) {
            Some("") => Err(ArgumentError::Empty(option)),
            value => match value.and_then(leaked_secret::recognize_kind) {
                Some(pasted) => Err(ArgumentError::Secret { option, pasted }),
                None => Ok(value),
            },
        };
        Ok(Self {
            json: options.has(JSON),
            access: AccessOptions::of(options),
            scope: Scope::from_ids(id(ORG_ID)?, id(PROJECT_ID)?)?,
        })
    }
}

/// The text of `doctor --help`.
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
    use std::ffi::OsString;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Arguments>, ArgumentError> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        COMMAND.parse(&arguments)
    }

    fn plain() -> Arguments {
        Arguments {
            json: false,
            access: AccessOptions::default(),
            scope: Scope::Account,
        }
    }

    #[test]
    fn options_are_read_in_both_spellings_and_any_order() {
        let given = |endpoint: &str| {
            let access = AccessOptions {
                endpoint: Some(endpoint.to_owned()),
                ..AccessOptions::default()
            };
            Ok(Some(Arguments { access, ..plain() }))
        };
        assert_eq!(parse(&[]), Ok(Some(plain())));
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
            Ok(Some(Arguments {
                json: true,
                access: AccessOptions {
                    endpoint: None,
                    account_id: Some("a".into()),
                    ca_certificate_file: Some("f".into()),
                },
                scope: Scope::from_ids(Some("o"), Some("p")).unwrap(),
            }))
        );
        for help in [&["--help"][..], &["-h"], &["--json", "--help", "nonsense"]] {
            assert_eq!(parse(help), Ok(None));
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
            (
                &["--org-id", "pat.acc0unt.id.hunter2hunter2"],
                "`--org-id` looks like a Harness API key (not shown here); write the Id that Harness shows",
            ),
            (
                &["--org-id", ""],
                "`--org-id` is empty: set a value, or omit the option",
            ),
            (
                &["--pat.acc0unt.id.hunter2hunter2"],
                "`--(removed: a Harness API key)` is not an option; `doctor --help` lists the options",
            ),
        ] {
            let error = parse(arguments).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!format!("{error}{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn every_option_is_in_the_help() {
        for option in [
            "--json",
            "--endpoint",
            "--account-id",
            "--ca-certificate-file",
            "--org-id",
            "--project-id",
        ] {
            assert!(HELP.contains(option));
            let arguments = ["--org-id=o", option, "value"];
            let skip = usize::from(option == "--org-id");
            let end = if option == "--json" { 2 } else { 3 };
            assert!(parse(&arguments[skip..end]).is_ok(), "{option}");
        }
    }
}
