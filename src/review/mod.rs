//! `terraform-provider-harness review`: tells a reviewer what a plan does to connectors.
//!
//! ```text
//! bytes → Plan, Log → Change, Finding → Report → text, Markdown, SARIF, Code Quality, or JSON
//! ```
//!
//! | module | what it covers |
//! |---|---|
//! | `arguments`, `occurrence` | the command line, and the values of `--fail-on` |
//! | `plan` | Terraform's output: `show -json` |
//! | `change` | what happens to a connector, its values before and after, and which may be shown (`difference`) |
//! | `meaning` | what that means for pipelines |
//! | `address` | Terraform addresses |
//! | `finding` | the diagnostics about connectors and this provider, with their rules; `log` reads them from Terraform's output (`plan -json`, `validate -json`), `own` tells this provider's from those of others |
//! | `users` | which entities use the connectors: the only requests |
//! | `report` | all of it together, and the verdict |
//! | `render` | the report in each format |
//!
//! A plan contains sensitive values in plaintext. None of them appears in a report or an error.

mod address;
mod arguments;
mod change;
mod finding;
mod meaning;
mod occurrence;
mod plan;
mod render;
mod report;
#[cfg(test)]
mod tests;
mod users;

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use tf_provider::plugin::Console;

use crate::command;
use crate::command::input::{self, STANDARD_INPUT};
use crate::command::text::{counted, wants_colors};
use arguments::{Arguments, COMMAND};
use finding::Rules;
use finding::log::{self, Log};
use plan::{Plan, PlanError};
use render::{Form, Place};
use report::Report;

/// The error for a command line without a plan.
const NO_PLAN: &str = "there is no plan. Pass the file that `terraform show -json` wrote, or pipe its output to \
                       standard input";

/// The review succeeded.
const REVIEWED: u8 = 0;
/// A condition of `--fail-on` occurred.
const OCCURS: u8 = 2;

/// Runs the whole command: reads the given files, and writes the report.
pub fn run(console: Console<'_>) -> ExitCode {
    let is_terminal = console.is_terminal;
    COMMAND.run(console, |arguments, output, _| {
        review(&arguments, output, is_terminal)
    })
}

fn review(arguments: &Arguments, output: &mut dyn Write, is_terminal: bool) -> Result<u8, String> {
    let environment = command::environment;
    let plan = read_plan(arguments)?;
    let mut notes = Vec::new();
    let log = match &arguments.log {
        None => Log::default(),
        Some(file) => {
            let text = input::read(file, log::HOW).map_err(|error| error.to_string())?;
            Log::read(&text)
                .map_err(|error| format!("{} is not a log: {error}", input::name(file)))?
        }
    };
    if log.unreadable > 0 {
        notes.push(format!(
            "{} of the log could not be read and may contain findings.",
            counted(log.unreadable, "line")
        ));
    }
    // The plan says which connectors to look up, and the report is made offline.
    let changes = report::connectors(&plan);
    let found = users::look_up(
        report::asked_about(&changes),
        plan.own_configurations(),
        arguments,
        &environment,
    )?;
    notes.extend(found.notes);
    let rules = Rules::all();
    let report = Report::new(plan, changes, &log, &rules, &found.usages, notes);
    let directory = std::env::current_dir()
        .map_err(|error| format!("the working directory is not known: {error}"))?;
    let form = Form {
        format: arguments.format,
        has_colors: is_terminal && wants_colors(&environment),
        place: &Place::of(&directory),
        rules: &rules,
    };
    render::write(&report, &form, output)
        .map_err(|error| format!("the report cannot be written: {error}"))?;
    let occurs = occurrence::in_report(&report);
    Ok(if arguments.fail_on.is_disjoint(&occurs) {
        REVIEWED
    } else {
        OCCURS
    })
}

fn read_plan(arguments: &Arguments) -> Result<Plan, String> {
    let file = arguments
        .plan
        .as_deref()
        .unwrap_or(OsStr::new(STANDARD_INPUT));
    // A plan is never typed.
    if arguments.plan.is_none() && io::stdin().is_terminal() {
        return Err(NO_PLAN.to_owned());
    }
    let text = input::read(file, plan::HOW).map_err(|error| error.to_string())?;
    match Plan::read(&text) {
        // `terraform show` has no output after a plan that failed early. The log says why.
        Err(PlanError::Empty) if arguments.log.is_some() => Ok(Plan::failed()),
        read => read.map_err(|error| format!("{} is not a plan: {error}", input::name(file))),
    }
}
