//! The command line of `export`.

use std::ffi::OsString;
use std::path::PathBuf;

use harness_platform::Scope;

use crate::command::Command;
use crate::command::access::{ACCOUNT_ID, AccessOptions, CA_CERTIFICATE_FILE, ENDPOINT};
use crate::command::options::{Grammar, OptionError, Options};

const ORG: &str = "--org";
const PROJECT: &str = "--project";
const RECURSIVE: &str = "--recursive";
const OUT: &str = "--out";
const IMPORT_COMMANDS: &str = "--import-commands";
const FROM_OFFICIAL: &str = "--from-official";
const PROVIDER: &str = "--provider";
const JSON: &str = "--json";

/// The exit code if the command line, the access to Harness, a file, or the output fails.
const FAILED: u8 = 1;

pub(super) const COMMAND: Command<Arguments, ArgumentError> = Command {
    grammar: Grammar {
        command: "export",
        flags: &[RECURSIVE, IMPORT_COMMANDS, JSON],
        valued: &[
            ORG,
            PROJECT,
            OUT,
            FROM_OFFICIAL,
            PROVIDER,
            ENDPOINT,
            ACCOUNT_ID,
            CA_CERTIFICATE_FILE,
        ],
        operands: 0,
    },
    help: HELP,
    read: Arguments::of,
    failed: FAILED,
};

/// What to export, and in which form.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Arguments {
    /// The connectors to export.
    pub(super) source: Source,
    /// The directory to write to, or `None` for standard output.
    pub(super) out: Option<PathBuf>,
    /// Whether to write commands instead of `import` and `moved` blocks.
    pub(super) has_commands: bool,
    /// The local name of this provider in the configuration, if it is not `harness`.
    pub(super) provider: Option<String>,
    pub(super) is_json: bool,
    pub(super) access: AccessOptions,
}

/// Which connectors to export.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// The connectors in a scope and, if recursive, in everything below.
    Scope { scope: Scope, is_recursive: bool },
    /// The connectors that the official provider manages, in the state in this file.
    Official(OsString),
}

/// Why the command line is invalid.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum ArgumentError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("`{0}` is empty: set a value, or omit the option")]
    Empty(&'static str),
    #[error("`--project` needs `--org`: add the project's organization")]
    ProjectWithoutOrg,
    #[error(
        "`{0}` cannot be used with `--from-official`, which exports all connectors in the state"
    )]
    NotWithOfficial(&'static str),
    #[error(
        "`--import-commands` needs `--out DIR`, because commands and configuration are two files"
    )]
    CommandsWithoutOut,
    #[error(
        "`--provider` must be a name from `required_providers`: letters, digits, `-`, and `_`, starting with a letter"
    )]
    ProviderName,
}

impl Arguments {
    fn of(options: &Options) -> Result<Self, ArgumentError> {
        let filled = |option: &'static str| match options.value(option) {
            Some("") => Err(ArgumentError::Empty(option)),
            value => Ok(value.map(str::to_owned)),
        };
        let (org, project) = (filled(ORG)?, filled(PROJECT)?);
        let is_recursive = options.has(RECURSIVE);
        let source = match filled(FROM_OFFICIAL)? {
            Some(file) => {
                let given = [(ORG, org.is_some()), (PROJECT, project.is_some())];
                let mut given = given.into_iter().chain([(RECURSIVE, is_recursive)]);
                if let Some((option, _)) = given.find(|(_, is_given)| *is_given) {
                    return Err(ArgumentError::NotWithOfficial(option));
                }
                Source::Official(file.into())
            }
            None => Source::Scope {
                scope: Scope::from_ids(org.as_deref(), project.as_deref())
                    .map_err(|_| ArgumentError::ProjectWithoutOrg)?,
                is_recursive,
            },
        };
        let (out, is_json) = (filled(OUT)?, options.has(JSON));
        let has_commands = options.has(IMPORT_COMMANDS);
        if has_commands && out.is_none() && !is_json {
            return Err(ArgumentError::CommandsWithoutOut);
        }
        let provider = filled(PROVIDER)?;
        if !provider.as_deref().is_none_or(is_provider_name) {
            return Err(ArgumentError::ProviderName);
        }
        Ok(Self {
            source,
            out: out.map(PathBuf::from),
            has_commands,
            // The type's first word selects this name anyway.
            provider: provider.filter(|name| name != "harness"),
            is_json,
            access: AccessOptions::of(options),
        })
    }
}

fn is_provider_name(name: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_inner)
}

/// The text of `export --help`.
const HELP: &str = "\
Writes Terraform configuration for existing Bitbucket connectors, with the
blocks that import them. The plan of it imports and changes nothing. Export
changes nothing in Harness, and writes references to secrets, never secrets.

Usage: terraform-provider-harness export [OPTION …]

    --org ID                    export this organization's connectors instead of
                                the account's
    --project ID                export the connectors of this project of --org
    --recursive                 also export the organizations and projects below
    --out DIR                   write files to this directory, never overwriting
                                any; default: write to standard output
    --import-commands           write `terraform import` commands instead of
                                blocks, for Terraform before 1.5
    --from-official FILE        export the connectors that the provider
                                harness/harness manages, with `moved` blocks
                                (Terraform 1.8, OpenTofu 1.10). FILE is the
                                output of `terraform show -json`; -: standard
                                input
    --provider NAME             this provider's name in required_providers, if
                                it is not `harness`
    --json                      write the report, and without --out the files,
                                as JSON
    --endpoint URL              use this instead of HARNESS_ENDPOINT
    --account-id ID             use this instead of HARNESS_ACCOUNT_ID
    --ca-certificate-file FILE  as the provider's ca_certificate_file
    --help                      print this

The files are imports.tf (or moved.tf, or import.sh) and connectors.tf, and
versions.tf in a directory without configuration, except with --from-official. A
connector that cannot be managed, or a scope that the API key cannot read, is
left out, and the report explains why. Without --out, the report goes to
standard error.

Environment variables, read as the provider reads them: HARNESS_ENDPOINT,
HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY, HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY, and NO_PROXY.

Exit codes:
    0  exported, even if something was left out
    1  failed: the command line, the access to Harness, a file, or the output
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Arguments>, ArgumentError> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        COMMAND.parse(&arguments)
    }

    fn plain() -> Arguments {
        Arguments {
            source: Source::Scope {
                scope: Scope::Account,
                is_recursive: false,
            },
            out: None,
            has_commands: false,
            provider: None,
            is_json: false,
            access: AccessOptions::default(),
        }
    }

    fn read(arguments: &[&str]) -> Arguments {
        match parse(arguments) {
            Ok(Some(arguments)) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_option_is_read() {
        assert_eq!(read(&[]), plain());
        assert_eq!(
            read(&[
                "--org=o",
                "--project",
                "p",
                "--recursive",
                "--out=dir",
                "--import-commands",
                "--provider=bitbucket",
                "--json",
                "--endpoint=https://h",
                "--account-id=a",
                "--ca-certificate-file=f",
            ]),
            Arguments {
                source: Source::Scope {
                    scope: Scope::from_ids(Some("o"), Some("p")).unwrap(),
                    is_recursive: true,
                },
                out: Some("dir".into()),
                has_commands: true,
                provider: Some("bitbucket".to_owned()),
                is_json: true,
                access: AccessOptions {
                    endpoint: Some("https://h".to_owned()),
                    account_id: Some("a".to_owned()),
                    ca_certificate_file: Some("f".to_owned()),
                },
            }
        );
        assert_eq!(
            read(&["--from-official", "-", "--provider", "harness"]),
            Arguments {
                source: Source::Official("-".into()),
                ..plain()
            }
        );
        assert_eq!(parse(&["--recursive", "-h"]), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (arguments, message) in [
            (
                &["--project=p"][..],
                "`--project` needs `--org`: add the project's organization",
            ),
            (
                &["--out="],
                "`--out` is empty: set a value, or omit the option",
            ),
            (
                &["--from-official=s.json", "--recursive"],
                "`--recursive` cannot be used with `--from-official`, which exports all connectors in the state",
            ),
            (
                &["--import-commands"],
                "`--import-commands` needs `--out DIR`, because commands and configuration are two files",
            ),
            (
                &["--provider=my provider"],
                "`--provider` must be a name from `required_providers`: letters, digits, `-`, and `_`, starting with a \
                 letter",
            ),
        ] {
            assert_eq!(parse(arguments).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_help_has_every_option_and_fits_a_terminal() {
        let grammar = COMMAND.grammar;
        for option in grammar.flags.iter().chain(grammar.valued) {
            assert!(HELP.contains(option), "{option}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 120));
    }
}
