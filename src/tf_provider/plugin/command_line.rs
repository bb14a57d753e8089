//! The program's command line, and the texts that it prints.
//!
//! Terraform starts a provider without arguments; only people pass any. At most one argument is meaningful, and
//! `-debug` is a single word, which a parser library would split into letters. So the arguments are parsed here.

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use super::description::Plugin;
use crate::wording::joined;

/// A command that the provider offers to its users: `PROGRAM NAME …`. It runs instead of the plugin, and then the
/// process ends.
#[derive(Clone, Copy, Debug)]
pub struct Subcommand {
    /// The first argument, which selects the command.
    pub name: &'static str,
    /// A short description for `--help`.
    pub about: &'static str,
    /// Runs the command and returns the exit code.
    pub run: fn(Console<'_>) -> ExitCode,
}

/// The input and output of a [`Subcommand`]. Only this module writes to standard output.
pub struct Console<'a> {
    /// The arguments after the subcommand's name.
    pub arguments: Vec<OsString>,
    /// Standard output.
    pub output: &'a mut dyn Write,
    /// Standard error.
    pub errors: &'a mut dyn Write,
    /// Whether standard output is a terminal, rather than a file or a program.
    pub is_terminal: bool,
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The arguments are left out, because they may contain secrets.
        f.debug_struct("Console")
            .field("is_terminal", &self.is_terminal)
            .finish_non_exhaustive()
    }
}

/// What the program does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Command {
    /// Serve as a plugin of the host that started the process.
    Serve,
    /// Wait for Terraform, for debugging.
    Debug,
    /// Print the name and the version.
    Version,
    /// Print the usage.
    Help,
}

/// Arguments that are not valid.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
#[error("{} is not an option or command; expected nothing, or one of {}", repeated(.found.as_deref()), joined(.understood, "or"))]
pub(super) struct ArgumentError {
    /// The arguments, or `None` if they do not look like any: one may be a secret.
    found: Option<String>,
    understood: Vec<&'static str>,
}

impl Command {
    /// Parses the arguments after the program's name, if they do not select a subcommand.
    pub(super) fn from_args<I>(args: I, subcommands: &[Subcommand]) -> Result<Self, ArgumentError>
    where
        I: IntoIterator<Item = OsString>,
    {
        let args: Vec<String> = args
            .into_iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        match args.as_slice() {
            [] => Ok(Self::Serve),
            // Providers written in Go accept a single hyphen.
            ["--debug" | "-debug"] => Ok(Self::Debug),
            ["--version" | "-V"] => Ok(Self::Version),
            ["--help" | "-h"] => Ok(Self::Help),
            _ => Err(ArgumentError {
                found: args.iter().all(|arg| is_word(arg)).then(|| args.join(" ")),
                understood: understood(subcommands),
            }),
        }
    }
}

/// The longest argument that an error repeats.
const LONGEST_WORD: usize = 24;

/// Returns whether an argument looks like a mistyped option or command.
fn is_word(argument: &str) -> bool {
    let is_of_word = |c: char| c.is_ascii_lowercase() || c == '-';
    argument.len() <= LONGEST_WORD && argument.chars().all(is_of_word)
}

fn repeated(arguments: Option<&str>) -> String {
    arguments.map_or_else(
        || "an argument (not shown here)".to_owned(),
        |arguments| format!("`{arguments}`"),
    )
}

fn understood(subcommands: &[Subcommand]) -> Vec<&'static str> {
    let mut names = vec!["--debug", "--version", "--help"];
    names.extend(subcommands.iter().map(|command| command.name));
    names
}

/// Returns the program's name and version as one line.
pub(super) fn version(plugin: &Plugin) -> String {
    format!("terraform-provider-{} {}", plugin.name, plugin.version)
}

/// Returns the usage.
pub(super) fn help(plugin: &Plugin, subcommands: &[Subcommand]) -> String {
    let Plugin { name, version, .. } = plugin;
    let about = about(plugin);
    let (mut words, mut lines) = (String::new(), String::new());
    for Subcommand { name, about, .. } in subcommands {
        words = format!("{words} | {name}");
        lines = format!("{lines}\n    {name:<9}  {about}");
    }
    if !lines.is_empty() {
        lines.push_str("\n\nEach command describes its options with --help.");
    }
    format!(
        "terraform-provider-{name} {version}\n\n{about}\n\nUsage: terraform-provider-{name} [--debug | --version | \
         --help{words}]\n\n    --debug    wait for Terraform, and print how it can connect\n    --version  print the \
         version\n    --help     print this{lines}"
    )
}

/// Returns the text for a person who starts the program without arguments.
pub(super) fn about(plugin: &Plugin) -> String {
    let Plugin {
        name,
        version,
        source_address,
        ..
    } = plugin;
    let short_address = source_address
        .split_once('/')
        .map_or(*source_address, |(_, rest)| rest);
    format!(
        "This is a provider: a plugin that Terraform or OpenTofu starts when a\n\
         configuration needs \"{short_address}\". You do not run it by hand.\n\
         To install it, do one of these:\n\n\
         - Put the program where Terraform looks for providers (a filesystem mirror):\n    \
           ~/.terraform.d/plugins/{source_address}/{version}/<os>_<arch>/terraform-provider-{name}_v{version}\n\
         - Or add its directory to the CLI configuration (~/.terraformrc, ~/.tofurc):\n    \
           provider_installation {{\n      \
             dev_overrides {{ \"{short_address}\" = \"/directory/of/this/program\" }}\n      \
             direct {{}}\n    \
           }}"
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::plugin::testing::PLUGIN;

    const NURSE: Subcommand = Subcommand {
        name: "nurse",
        about: "take the temperature",
        run: |_| ExitCode::SUCCESS,
    };

    #[test]
    fn each_argument_has_one_meaning_and_anything_else_is_an_error() {
        let rows = [
            (&[][..], Ok(Command::Serve)),
            (&["--debug"], Ok(Command::Debug)),
            (&["-debug"], Ok(Command::Debug)),
            (&["--version"], Ok(Command::Version)),
            (&["-V"], Ok(Command::Version)),
            (&["--help"], Ok(Command::Help)),
            (&["-h"], Ok(Command::Help)),
            (&["serve"], Err(Some("serve"))),
            (&[""], Err(Some(""))),
            (&["--debug", "--version"], Err(Some("--debug --version"))),
            // What may be a secret is not repeated.
            (&["S3cr3t"], Err(None)),
            (&["--key=secret"], Err(None)),
            (&["a-lower-case-secret-that-is-long"], Err(None)),
        ];
        for (args, expected) in rows {
            let expected = expected.map_err(|found: Option<&str>| ArgumentError {
                found: found.map(str::to_owned),
                understood: vec!["--debug", "--version", "--help", "nurse"],
            });
            assert_eq!(
                Command::from_args(args.iter().map(OsString::from), &[NURSE]),
                expected,
                "{args:?}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_all_that_is() {
        let error = Command::from_args([OsString::from("nruse")], &[NURSE]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`nruse` is not an option or command; expected nothing, or one of --debug, --version, --help, or nurse"
        );
        let error = Command::from_args([OsString::from("S3cr3t")], &[NURSE]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an argument (not shown here) is not an option or command; expected nothing, or one of --debug, --version, \
             --help, or nurse"
        );
    }

    #[test]
    fn the_texts_name_the_provider_and_where_it_goes() {
        assert_eq!(version(&PLUGIN), "terraform-provider-cloud 0.1.0");
        let about = about(&PLUGIN);
        for expected in [
            "\"example/cloud\"",
            "~/.terraform.d/plugins/registry.terraform.io/example/cloud/0.1.0/<os>_<arch>/terraform-provider-cloud_v0.1.0",
            "dev_overrides { \"example/cloud\" = ",
        ] {
            assert!(about.contains(expected), "{about}");
        }
        let help = help(&PLUGIN, &[NURSE]);
        for expected in [
            "--debug",
            "--version",
            "[--debug | --version | --help | nurse]",
            "\n    --help     print this\n    nurse      take the temperature\n\nEach command",
            &about,
        ] {
            assert!(help.contains(expected), "{help}");
        }
    }
}
