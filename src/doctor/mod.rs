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

use std::io;
use std::process::ExitCode;

use harness_platform::proxy::Environment;
use tf_provider::plugin::Console;

use crate::command;
use crate::command::text::wants_colors;
use arguments::{Arguments, COMMAND, UNUSABLE};
use check::{Check, CheckId, FIX_FIRST};
use configuration::Configuration;
use report::{Form, Report};

/// Nothing failed; there may be warnings.
const WELL: u8 = 0;
/// A check failed.
const FAILED: u8 = 1;

/// Runs the whole command: runs the checks, and writes the report.
pub fn run(console: Console<'_>) -> ExitCode {
    let environment = command::environment;
    let is_terminal = console.is_terminal;
    COMMAND.run(console, |arguments, output, _| {
        let form = if arguments.json {
            Form::Json
        } else if is_terminal && wants_colors(&environment) {
            Form::Colors
        } else {
            Form::Text
        };
        let result = examine(&arguments, &environment).and_then(|report| {
            report.write(output, form)?;
            Ok(if report.has_failed() { FAILED } else { WELL })
        });
        // A reader that closes the output early does not need the rest.
        Ok(result.unwrap_or(UNUSABLE))
    })
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
            checks.extend(command::wait_for(async {
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
            })?);
        }
    }
    Ok(Report {
        endpoint,
        account_id,
        scope: arguments.scope.clone(),
        checks,
    })
}
