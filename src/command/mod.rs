//! Code that the commands `doctor`, `export`, and `review` share.
//!
//! | module | what it covers |
//! |---|---|
//! | `options` | a command line: options, values, operands |
//! | `access` | the access to Harness, from options and environment |
//! | `input` | files that Terraform wrote, and their encodings |
//! | `text` | lines of limited width, and whether to use colors |

pub(crate) mod access;
pub(crate) mod input;
pub(crate) mod options;
pub(crate) mod text;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use tf_provider::plugin::Console;

use options::{Grammar, Line, OptionError, Options};

/// A command: its command line and its help.
pub(crate) struct Command<A, E> {
    pub(crate) grammar: Grammar,
    /// The output of `--help`.
    pub(crate) help: &'static str,
    /// Reads the command's arguments from its options.
    pub(crate) read: fn(&Options) -> Result<A, E>,
    /// The exit code if the command line is invalid, or the command fails.
    pub(crate) failed: u8,
}

impl<A, E: Display + From<OptionError>> Command<A, E> {
    /// Parses the arguments after the command's name. The result is `None` for `--help`.
    ///
    /// # Errors
    /// Returns an error if the command line is invalid.
    pub(crate) fn parse(&self, arguments: &[OsString]) -> Result<Option<A>, E> {
        match self.grammar.read(arguments)? {
            Line::Help => Ok(None),
            Line::Options(options) => (self.read)(&options).map(Some),
        }
    }

    /// Runs the whole command: parses the arguments, does the work, reports its error, and returns the exit code.
    pub(crate) fn run(
        &self,
        console: Console<'_>,
        work: impl FnOnce(A, &mut dyn Write, &mut dyn Write) -> Result<u8, String>,
    ) -> ExitCode {
        let Console {
            arguments,
            output,
            errors,
            ..
        } = console;
        let result = match self.parse(&arguments) {
            Ok(None) => output
                .write_all(self.help.as_bytes())
                .map(|()| 0)
                .map_err(|error| error.to_string()),
            Ok(Some(arguments)) => work(arguments, output, errors),
            Err(error) => Err(error.to_string()),
        };
        ExitCode::from(result.unwrap_or_else(|error| {
            let name = self.grammar.command;
            // If the error cannot be written, the exit code still reports it.
            let _ = writeln!(errors, "terraform-provider-harness {name}: {error}");
            self.failed
        }))
    }
}

/// Waits for the requests of a command. One thread is enough, because the work consists of waiting for the platform.
///
/// # Errors
/// Returns an error if the runtime cannot be started.
pub(crate) fn wait_for<T>(requests: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(requests);
    // A DNS lookup may still be blocking its thread.
    runtime.shutdown_background();
    Ok(result)
}

/// Returns an environment variable. As in the provider, an empty one counts as not set.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
