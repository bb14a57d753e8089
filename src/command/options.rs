//! The command line of a command.
//!
//! It is parsed here, because messages repeat an option as it was written, and refer to an unexpected argument by its
//! position. lexopt splits `-key` into letters, accepts `--`, and does not know positions.

use std::ffi::OsString;

use crate::harness::leaked_secret;

/// The options and operands that a command accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grammar {
    /// The command's name, for messages.
    pub(crate) command: &'static str,
    /// Options without a value.
    pub(crate) flags: &'static [&'static str],
    /// Options with a value: `--name VALUE` or `--name=VALUE`.
    pub(crate) valued: &'static [&'static str],
    /// The maximum number of files.
    pub(crate) operands: usize,
}

/// A parsed command line.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Line {
    /// `--help` or `-h`, regardless of what follows.
    Help,
    /// Anything else.
    Options(Options),
}

/// The options and files of a command line.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Options {
    flags: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
    operands: Vec<OsString>,
}

/// Why the command line is invalid. It repeats no values, because one of them may be a pasted key.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
pub(crate) enum OptionError {
    #[error("`{name}` is not an option; `{command} --help` lists the options")]
    UnknownOption { command: &'static str, name: String },
    #[error(
        "argument {number} is not an option, because it does not start with `--`. Set the API key in \
         HARNESS_PLATFORM_API_KEY"
    )]
    NoOption { number: usize },
    #[error("argument {number} is unexpected; `{command} --help` shows the usage")]
    TooMany {
        command: &'static str,
        number: usize,
    },
    #[error("`{name}` needs a value: write `{name} VALUE` or `{name}=VALUE`")]
    NoValue { name: String },
    #[error("`{name}` takes no value")]
    NeedlessValue { name: String },
    #[error("the value of `{name}` is not UTF-8")]
    NotText { name: String },
    #[error("`{name}` is set twice")]
    Twice { name: String },
}

impl Grammar {
    /// Parses the arguments after the command's name.
    ///
    /// # Errors
    /// Returns an error for the first invalid argument.
    pub(crate) fn read(&self, arguments: &[OsString]) -> Result<Line, OptionError> {
        let mut options = Options::default();
        let mut rest = arguments.iter().enumerate();
        while let Some((index, argument)) = rest.next() {
            let text = argument.to_string_lossy();
            let (name, attached) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*text, None),
            };
            // An option with a value takes the next argument, unless the value is attached.
            let known = |names: &[&'static str]| names.iter().copied().find(|known| *known == name);
            if matches!(name, "--help" | "-h") {
                return Ok(Line::Help);
            } else if let Some(flag) = known(self.flags) {
                if attached.is_some() {
                    return Err(OptionError::NeedlessValue { name: name.into() });
                }
                options.flags.push(flag);
            } else if let Some(option) = known(self.valued) {
                let name = || option.to_owned();
                let value = match (attached, argument.to_str()) {
                    (_, None) => return Err(OptionError::NotText { name: name() }),
                    (Some(value), _) => value,
                    (None, _) => rest
                        .next()
                        .ok_or_else(|| OptionError::NoValue { name: name() })?
                        .1
                        .to_str()
                        .ok_or_else(|| OptionError::NotText { name: name() })?
                        .to_owned(),
                };
                if options.value(option).is_some() {
                    return Err(OptionError::Twice { name: name() });
                }
                options.values.push((option, value));
            } else if name.starts_with('-') && text != "-" {
                return Err(OptionError::UnknownOption {
                    command: self.command,
                    name: leaked_secret::removed_from(name),
                });
            } else if options.operands.len() < self.operands {
                options.operands.push(argument.clone());
            } else if self.operands == 0 {
                return Err(OptionError::NoOption { number: index + 1 });
            } else {
                return Err(OptionError::TooMany {
                    command: self.command,
                    number: index + 1,
                });
            }
        }
        Ok(Line::Options(options))
    }
}

impl Options {
    /// Returns whether a flag is given.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// Returns the value of an option.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        let mut values = self.values.iter();
        values
            .find(|(name, _)| *name == option)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the given files.
    pub(crate) fn operands(&self) -> &[OsString] {
        &self.operands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar = Grammar {
        command: "inspect",
        flags: &["--quick"],
        valued: &["--from"],
        operands: 1,
    };

    fn read(arguments: &[&str]) -> Result<Line, OptionError> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        GRAMMAR.read(&arguments)
    }

    #[test]
    fn options_and_files_come_in_any_order_and_a_hyphen_is_a_file() {
        for (arguments, operand) in [
            (&["--from", "x", "--quick", "plan.json"][..], "plan.json"),
            (&["plan.json", "--from=x", "--quick"], "plan.json"),
            (&["--quick", "-", "--from=x"], "-"),
        ] {
            let Ok(Line::Options(options)) = read(arguments) else {
                panic!("{arguments:?}")
            };
            assert!(options.has("--quick") && !options.has("--slow"));
            assert_eq!(options.value("--from"), Some("x"));
            assert_eq!(options.operands(), [operand]);
        }
    }

    #[test]
    fn what_is_not_understood_is_named_without_its_value() {
        for (arguments, message) in [
            (
                &["--key=hunter2"][..],
                "`--key` is not an option; `inspect --help` lists the options",
            ),
            (
                &["plan.json", "hunter2"],
                "argument 2 is unexpected; `inspect --help` shows the usage",
            ),
            (
                &["--from"],
                "`--from` needs a value: write `--from VALUE` or `--from=VALUE`",
            ),
            (&["--quick=hunter2"], "`--quick` takes no value"),
            (&["--from=hunter2", "--from", "b"], "`--from` is set twice"),
        ] {
            let error = read(arguments).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
