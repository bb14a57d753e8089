//! `terraform-provider-harness review`: what a reviewer wants to know about a plan.
//!
//! ```text
//! bytes → Plan, Log → Change, Finding → Report → text, Markdown, SARIF, Code Quality or JSON
//! ```
//!
//! | module | what it knows |
//! |---|---|
//! | `arguments` | the command line |
//! | `plan`, `log` | what Terraform writes: `show -json`, `plan -json`, `validate -json` |
//! | `change`, `difference` | what happens to a connector, from what to what; which values may be shown |
//! | `meaning` | what that means for pipelines |
//! | `address` | what an address of Terraform says |
//! | `finding` | the diagnostics about connectors and this provider, with their rules |
//! | `own` | what tells this provider's diagnostics from those of others |
//! | `users` | who uses the connectors: the only requests |
//! | `report` | all of it together, and the verdict |
//! | `occurrence` | what `--fail-on` can name |
//! | `render` | the report in each format |
//!
//! A plan holds sensitive values in plaintext: nothing of them is in a report or an error.

mod address;
mod arguments;
mod change;
mod difference;
mod finding;
mod log;
mod meaning;
mod occurrence;
mod own;
mod plan;
mod render;
mod report;
#[cfg(test)]
mod tests;
mod users;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::command;
use crate::command::input::{self, STANDARD_INPUT};
use crate::command::text::wants_colors;
use arguments::{Arguments, Command};
use finding::Rules;
use log::Log;
use plan::{Plan, PlanError};
use render::{Form, Place};
use report::Report;

/// The complaint of a command line without a plan.
const NO_PLAN: &str = "there is no plan. Pass the file that `terraform show -json` wrote, or pipe its output to \
                       standard input";

/// Reviewed.
const REVIEWED: u8 = 0;
/// The command line, a file, or the output.
const FAILED: u8 = 1;
/// Something of `--fail-on` occurs.
const OCCURS: u8 = 2;

/// The whole command: reads the arguments after `review` and the files that they name, writes the report to `output` and
/// complaints to `errors`, and returns the exit code. `is_terminal` says that a person looks at the output.
pub fn run(
    arguments: &[OsString],
    output: &mut dyn Write,
    errors: &mut dyn Write,
    is_terminal: bool,
) -> ExitCode {
    let result = match Command::parse(arguments) {
        Ok(Command::Help) => arguments::write_help(output)
            .map(|()| REVIEWED)
            .map_err(|error| error.to_string()),
        Ok(Command::Review(arguments)) => review(&arguments, output, is_terminal),
        Err(error) => Err(error.to_string()),
    };
    ExitCode::from(result.unwrap_or_else(|error| {
        // If nobody takes the complaint, the exit code says it.
        let _ = writeln!(errors, "terraform-provider-harness review: {error}");
        FAILED
    }))
}

fn review(arguments: &Arguments, output: &mut dyn Write, is_terminal: bool) -> Result<u8, String> {
    let environment = command::environment;
    let plan = read_plan(arguments)?;
    let mut notes = Vec::new();
    let log = match &arguments.log {
        None => Log::default(),
        Some(file) => {
            let text = input::read(file).map_err(|error| error.to_string())?;
            Log::read(&text)
                .map_err(|error| format!("{} is not a log: {error}", input::name(file)))?
        }
    };
    if log.unreadable > 0 {
        notes.push(format!(
            "{} of the log could not be read and may contain findings.",
            report::counted(log.unreadable, "line")
        ));
    }
    // The plan says whom to ask about, and the report is made without asking anybody.
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
    // Nobody types a plan.
    if arguments.plan.is_none() && io::stdin().is_terminal() {
        return Err(NO_PLAN.to_owned());
    }
    let text = input::read(file).map_err(|error| error.to_string())?;
    match Plan::read(&text) {
        // `terraform show` has nothing to show after a plan that failed early. The log says why.
        Err(PlanError::Empty) if arguments.log.is_some() => Ok(Plan::failed()),
        read => read.map_err(|error| format!("{} is not a plan: {error}", input::name(file))),
    }
}
