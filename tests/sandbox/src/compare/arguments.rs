//! The command line of `harness-sandbox compare`.

use std::path::PathBuf;

pub(crate) const HELP: &str = "\
harness-sandbox compare: send the same requests to a Harness account and to the
sandbox, and compare the responses

Usage: harness-sandbox compare [OPTIONS]

Creates a scratch project with secrets and connectors in the account, sends
about a hundred requests (all kinds of connectors, reads, lists, usage, audit
trail, connection tests, refusals, deletions), and removes everything it
created, also after Ctrl-C. Prints differences in status, codes, members, and
types. Never prints or records the values in responses.

Environment variables, as for the provider:
  HARNESS_PLATFORM_API_KEY  Key that may create and delete projects, secrets,
                            and connectors (never printed)
  HARNESS_ACCOUNT_ID        Account [default: the second part of the key]
  HARNESS_ENDPOINT          Base URL [default: https://app.harness.io/gateway]

Options:
  --org ID        Organization of the scratch project [default: default]
  --project ID    Use and keep this existing project instead of creating one
  --record FILE   Write the result, without values, as JSON, to attach to an
                  issue
  --dry-run       Print the requests without sending any
  -h, --help      Print this text

Exit codes: 0 no difference, 2 differences, 1 the comparison failed or left
something behind.
";

/// The parsed command line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Arguments {
    pub(super) org: String,
    pub(super) project: Option<String>,
    pub(super) record: Option<PathBuf>,
    pub(super) dry_run: bool,
}

/// Parses the arguments after `compare`. Returns `None` if the help is requested.
///
/// # Errors
/// Returns a sentence that names the argument.
pub(crate) fn parse(arguments: &[String]) -> Result<Option<Arguments>, String> {
    let mut parsed = Arguments {
        org: "default".to_owned(),
        project: None,
        record: None,
        dry_run: false,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let mut value = || {
            let value = attached.clone().or_else(|| arguments.next().cloned());
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name {
            "--org" => parsed.org = value()?,
            "--project" => parsed.project = Some(value()?),
            "--record" => parsed.record = Some(value()?.into()),
            "--dry-run" => parsed.dry_run = true,
            "-h" | "--help" => return Ok(None),
            other => return Err(format!("unknown argument \"{other}\"")),
        }
    }
    Ok(Some(parsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Option<Arguments>, String> {
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        parse(&arguments)
    }

    #[test]
    fn options_say_where_and_what_to_record() {
        let default = parsed(&[]).unwrap().unwrap();
        assert_eq!((default.org.as_str(), default.project), ("default", None));
        let given = parsed(&["--org", "platform", "--project=p", "--record", "r.json"]);
        let expected = Arguments {
            org: "platform".to_owned(),
            project: Some("p".to_owned()),
            record: Some("r.json".into()),
            dry_run: false,
        };
        assert_eq!(given, Ok(Some(expected)));
        assert_eq!(parsed(&["--dry-run", "--help"]), Ok(None));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for (arguments, message) in [
            (
                &["--organization", "x"][..],
                "unknown argument \"--organization\"",
            ),
            (&["--org"], "--org needs a value"),
            (&["--org="], "--org needs a value"),
        ] {
            assert_eq!(parsed(arguments), Err(message.to_owned()));
        }
    }
}
