//! `terraform-provider-harness doctor`: whether this machine, with this environment, can reach Harness with an accepted
//! key.
//!
//! It reads the provider's settings with the provider's own code ([`Settings`](super::provider::Settings)), and sends
//! its requests through the provider's own client, so its results are those of Terraform. It changes nothing.
//!
//! | module | what it covers |
//! |---|---|
//! | `arguments` | the command line |
//! | `check` | the result of a check: a state, a sentence, what to do |
//! | `configuration` | the offline checks: endpoint, key, account, proxy |
//! | `access` | the first request: the connection to Harness, and whether the key is accepted |
//! | `permissions` | what the key can see |
//! | `report` | the results for people, and as JSON |
//!
//! The key is never displayed. It has no option of its own, because command lines are stored and visible to others.

mod access;
mod arguments;
mod check;
mod configuration;
mod permissions;
mod report;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use harness_platform::proxy::Environment;

use crate::command;
use crate::command::text::wants_colors;
use arguments::{Arguments, Command};
use check::{Check, CheckId, FIX_FIRST};
use configuration::Configuration;
use report::{Form, Report};

/// Nothing failed; there may be warnings.
const WELL: u8 = 0;
/// A check failed.
const FAILED: u8 = 1;

/// The command line is invalid, or the report cannot be written.
const UNUSABLE: u8 = 2;

/// Runs the whole command: reads the arguments after `doctor`, runs the checks, writes the report to `output` and
/// errors about the command line to `errors`, and returns the exit code. `is_terminal` says whether the output is a
/// terminal.
pub fn run(
    arguments: &[OsString],
    output: &mut dyn Write,
    errors: &mut dyn Write,
    is_terminal: bool,
) -> ExitCode {
    let environment = command::environment;
    let result = match Command::parse(arguments) {
        Ok(Command::Help) => arguments::write_help(output).map(|()| WELL),
        Ok(Command::Examine(arguments)) => {
            let form = if arguments.json {
                Form::Json
            } else if is_terminal && wants_colors(&environment) {
                Form::Colours
            } else {
                Form::Text
            };
            examine(&arguments, &environment).and_then(|report| {
                report.write(output, form)?;
                Ok(if report.has_failed() { FAILED } else { WELL })
            })
        }
        Err(error) => {
            writeln!(errors, "terraform-provider-harness doctor: {error}").map(|()| UNUSABLE)
        }
    };
    // A reader that closes the output early does not need the rest.
    ExitCode::from(result.unwrap_or(UNUSABLE))
}

fn examine(arguments: &Arguments, environment: Environment<'_>) -> io::Result<Report> {
    let Configuration {
        mut checks,
        client,
        proxy,
        endpoint,
        account_id,
        key_account,
    } = Configuration::read(arguments, environment);
    match client {
        None => {
            checks.extend(access::skipped(FIX_FIRST));
            checks.extend(permissions::skipped(FIX_FIRST));
            checks.push(Check::skipped(CheckId::Changes, FIX_FIRST));
        }
        Some(client) => {
            // One thread is enough, because the work consists of waiting for the platform.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            checks.extend(runtime.block_on(async {
                let access =
                    access::examine(&client, proxy.as_deref(), key_account.as_deref()).await;
                let mut checks = access.checks;
                if access.is_let_in {
                    checks.extend(permissions::examine(&client, &arguments.scope).await);
                    checks.push(Check::changes());
                } else {
                    checks.extend(permissions::skipped(FIX_FIRST));
                    checks.push(Check::skipped(CheckId::Changes, FIX_FIRST));
                }
                checks
            }));
            // A DNS lookup may still be blocking its thread.
            runtime.shutdown_background();
        }
    }
    Ok(Report {
        endpoint,
        account_id,
        scope: arguments.scope.clone(),
        checks,
    })
}
