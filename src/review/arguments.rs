//! The command line of `review`.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::occurrence::{Occurrence, UnknownWord};
use crate::command::Command;
use crate::command::access::{ACCOUNT_ID, AccessOptions, CA_CERTIFICATE_FILE, ENDPOINT};
use crate::command::input::STANDARD_INPUT;
use crate::command::options::{Grammar, OptionError, Options};
use crate::harness::wording::similar::nearest;
use crate::harness::wording::{joined, shown};

const LOG: &str = "--log";
const FORMAT: &str = "--format";
const FAIL_ON: &str = "--fail-on";
const JSON: &str = "--json";
const OFFLINE: &str = "--offline";

/// The exit code if the command line, a file, or the output fails.
const FAILED: u8 = 1;

pub(super) const COMMAND: Command<Arguments, ArgumentError> = Command {
    grammar: Grammar {
        command: "review",
        flags: &[JSON, OFFLINE],
        valued: &[
            LOG,
            FORMAT,
            FAIL_ON,
            ENDPOINT,
            ACCOUNT_ID,
            CA_CERTIFICATE_FILE,
        ],
        operands: 1,
    },
    help: HELP,
    read: Arguments::of,
    failed: FAILED,
};

/// What to review, and how.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Arguments {
    /// The plan, or `None` for standard input.
    pub(super) plan: Option<OsString>,
    pub(super) log: Option<OsString>,
    pub(super) format: Format,
    pub(super) fail_on: BTreeSet<Occurrence>,
    pub(super) is_offline: bool,
    pub(super) access: AccessOptions,
}

/// The format of the report.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Format {
    #[default]
    Text,
    Markdown,
    Sarif,
    GitLab,
    Json,
}

impl Format {
    const ALL: [Self; 5] = [
        Self::Text,
        Self::Markdown,
        Self::Sarif,
        Self::GitLab,
        Self::Json,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Sarif => "sarif",
            Self::GitLab => "gitlab",
            Self::Json => "json",
        }
    }
}

/// Why the command line is invalid.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(super) enum ArgumentError {
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("{0}")]
    UnknownWord(UnknownWord),
    #[error(
        "{} is not a format; did you mean `{nearest}`? The other formats are {others}",
        shown(word)
    )]
    UnknownFormat {
        word: String,
        nearest: &'static str,
        others: String,
    },
    #[error("`--json` is the same as `--format json`: use only one of them")]
    TwoFormats,
    #[error(
        "the plan and the log cannot both come from standard input: use a file for one of them"
    )]
    OneInput,
    #[error("`{0}` is empty: write a file name, or - for standard input")]
    Empty(&'static str),
}

impl Arguments {
    fn of(options: &Options) -> Result<Self, ArgumentError> {
        let format = match (options.value(FORMAT), options.has(JSON)) {
            (None, false) => Format::Text,
            (None, true) => Format::Json,
            (Some(word), is_json) => match format(word)? {
                Format::Json => Format::Json,
                _ if is_json => return Err(ArgumentError::TwoFormats),
                other => other,
            },
        };
        let fail_on = options.value(FAIL_ON).map(Occurrence::list).transpose();
        let plan = options.operands().first().cloned();
        let log = options.value(LOG).map(OsString::from);
        for (name, file) in [("PLAN.json", &plan), (LOG, &log)] {
            if file.as_ref().is_some_and(|file| file.is_empty()) {
                return Err(ArgumentError::Empty(name));
            }
        }
        let is_input = |file: &OsString| file == STANDARD_INPUT;
        if log.as_ref().is_some_and(is_input) && plan.as_ref().is_none_or(is_input) {
            return Err(ArgumentError::OneInput);
        }
        Ok(Self {
            plan,
            log,
            format,
            fail_on: fail_on
                .map_err(ArgumentError::UnknownWord)?
                .unwrap_or_default(),
            is_offline: options.has(OFFLINE),
            access: AccessOptions::of(options),
        })
    }
}

fn format(word: &str) -> Result<Format, ArgumentError> {
    let mut all = Format::ALL.into_iter();
    all.find(|format| format.word() == word).ok_or_else(|| {
        let words = Format::ALL.map(Format::word);
        let nearest = nearest(word, words).first().copied().unwrap_or_default();
        let others = words.into_iter().filter(|word| *word != nearest);
        let others: Vec<String> = others.map(|word| format!("`{word}`")).collect();
        ArgumentError::UnknownFormat {
            word: word.to_owned(),
            nearest,
            others: joined(&others, "and"),
        }
    })
}

/// The text of `review --help`.
const HELP: &str = "\
Reviews a plan: what happens to each Bitbucket connector, what that means for
pipelines, who uses it, what was changed outside Terraform, and what is wrong.
Changes nothing, and prints no sensitive value.

Usage: terraform-provider-harness review [OPTION …] [PLAN.json]

    PLAN.json                   the output of `terraform show -json PLAN`; - or
                                nothing: standard input
    --log FILE                  the output of `terraform plan -json` or
                                `terraform validate -json`: adds its findings
    --format FORMAT             text (default), markdown (a comment), sarif
                                (GitHub code scanning), gitlab (GitLab Code
                                Quality), or json
    --json                      the same as --format json
    --fail-on LIST              exit with 2 if any of these occurs: replaced,
                                destroyed, in-use, drift, warning, error
    --offline                   do not ask Harness who uses the connectors
    --endpoint URL              use this instead of HARNESS_ENDPOINT
    --account-id ID             use this instead of HARNESS_ACCOUNT_ID
    --ca-certificate-file FILE  as the provider's ca_certificate_file
    --help                      print this

Run it in the directory in which Terraform ran.

Environment variables, read as the provider reads them: HARNESS_ENDPOINT,
HARNESS_ACCOUNT_ID, HARNESS_PLATFORM_API_KEY, HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY, and NO_PROXY. NO_COLOR turns colors off. Without a key, or if Harness
cannot be reached, the report says so and lists no users.

If the plan failed, pass an empty plan with the log: the report then has the
findings of the log. A failed plan does not say which values are sensitive, so
the report shows its findings as Terraform does.

Words for --fail-on, separated by commas:
    replaced   a connector is replaced; this does not count as destroyed
    destroyed  a connector is destroyed
    in-use     a connector in use is destroyed, replaced, or changed in place in
               a way that affects its users
    drift      a connector was changed or deleted outside Terraform
    warning    there is a warning about connectors or this provider
    error      there is an error about connectors or this provider

Exit codes:
    0  reviewed
    1  anything failed: the command line, a file, or the output
    2  reviewed, and something in --fail-on occurs
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Arguments>, ArgumentError> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        COMMAND.parse(&arguments)
    }

    #[test]
    fn every_option_is_read() {
        assert_eq!(parse(&[]), Ok(Some(Arguments::default())));
        assert_eq!(
            parse(&[
                "plan.json",
                "--log=log.json",
                "--format",
                "sarif",
                "--fail-on",
                "drift,in-use",
                "--offline",
                "--endpoint=https://h",
                "--account-id=a",
                "--ca-certificate-file=f",
            ]),
            Ok(Some(Arguments {
                plan: Some("plan.json".into()),
                log: Some("log.json".into()),
                format: Format::Sarif,
                fail_on: BTreeSet::from([Occurrence::Drift, Occurrence::InUse]),
                is_offline: true,
                access: AccessOptions {
                    endpoint: Some("https://h".to_owned()),
                    account_id: Some("a".to_owned()),
                    ca_certificate_file: Some("f".to_owned()),
                },
            }))
        );
        let json = || {
            Ok(Some(Arguments {
                format: Format::Json,
                ..Arguments::default()
            }))
        };
        assert_eq!(parse(&["--json"]), json());
        assert_eq!(parse(&["--json", "--format=json"]), json());
        assert_eq!(parse(&["-h"]), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_answered_with_what_was_meant() {
        for (arguments, message) in [
            (
                &["--format=markdwon"][..],
                "\"markdwon\" is not a format; did you mean `markdown`? The other formats are `text`, `sarif`, \
                 `gitlab`, and `json`",
            ),
            (
                &["--json", "--format=text"],
                "`--json` is the same as `--format json`: use only one of them",
            ),
            (
                &["--log", "-"],
                "the plan and the log cannot both come from standard input: use a file for one of them",
            ),
            (
                &[""],
                "`PLAN.json` is empty: write a file name, or - for standard input",
            ),
            (
                &["--log="],
                "`--log` is empty: write a file name, or - for standard input",
            ),
            (
                &["a", "b"],
                "argument 2 is unexpected; `review --help` shows the usage",
            ),
        ] {
            assert_eq!(parse(arguments).unwrap_err().to_string(), message);
        }
        assert!(
            parse(&["--fail-on=drif"])
                .unwrap_err()
                .to_string()
                .contains("`drift`")
        );
    }

    #[test]
    fn the_help_has_every_option_format_and_word() {
        let words = Occurrence::ALL.map(Occurrence::word);
        let formats = Format::ALL.map(Format::word);
        let grammar = COMMAND.grammar;
        for expected in grammar
            .flags
            .iter()
            .chain(grammar.valued)
            .copied()
            .chain(words)
            .chain(formats)
        {
            assert!(HELP.contains(expected), "{expected}");
        }
        assert!(HELP.lines().all(|line| line.chars().count() <= 120));
    }
}
