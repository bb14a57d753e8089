//! `terraform-provider-harness export`: writes configuration for existing connectors, and the blocks that import them.
//!
//! ```text
//! Harness → Found → Outcome of each connector → Export → files, report
//! ```
//!
//! | module | what it covers |
//! |---|---|
//! | `arguments` | the command line |
//! | `official` | the connectors that the official provider manages, from its state |
//! | `found` | the connectors in Harness: the only requests |
//! | `resource` | one connector as configuration, or why it is left out |
//! | `selection` | what is exported, and what is left out |
//! | `labels` | the names of resources |
//! | `hcl` | configuration as text, formatted as by `terraform fmt` |
//! | `files` | the contents of each file, and writing them |
//! | `report` | what was exported and what was not |
//!
//! Nothing is written before everything has been read, and nothing is overwritten.

mod arguments;
mod files;
mod found;
mod hcl;
mod labels;
mod official;
mod report;
mod resource;
mod selection;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use harness_platform::Scope;
use tf_provider::plugin::Console;

use crate::command;
use crate::command::input;
use crate::harness::wording::shown;
use arguments::{Arguments, COMMAND, Source};
use files::{Directory, Way};
use found::Where;
use official::Managed;
use resource::{LeftOut, Taken};
use selection::Export;

/// The export succeeded, possibly not for everything.
const EXPORTED: u8 = 0;

/// Runs the whole command: looks up connectors in Harness, and writes files, or their text to standard output. With a
/// directory for the files, the report is written to standard output, otherwise to standard error.
pub fn run(console: Console<'_>) -> ExitCode {
    COMMAND.run(console, |arguments, output, errors| {
        export(&arguments, output, errors).map(|()| EXPORTED)
    })
}

fn export(
    arguments: &Arguments,
    output: &mut dyn Write,
    errors: &mut dyn Write,
) -> Result<(), String> {
    let managed = match &arguments.source {
        Source::Scope { .. } => None,
        Source::Official(file) => Some(read_state(file)?),
    };
    let way = match (arguments.has_commands, &managed) {
        (true, _) => Way::Commands,
        (false, Some(_)) => Way::Moves,
        (false, None) => Way::Imports,
    };
    // An unusable directory is reported before any request to Harness.
    // A directory with a file of the third name already has configuration, so that file is not written.
    let names = [way.file(), files::CONNECTORS];
    let directory = arguments.out.as_deref();
    let directory = directory
        .map(|path| Directory::prepare(path, &names))
        .transpose()?;

    let place = place(
        &arguments.source,
        managed.as_ref().map(|(managed, _)| managed),
    );
    let environment = command::environment;
    let found = found::look_up(&place, arguments, &environment, errors)?;
    let mut export = match managed {
        Some((managed, unreadable)) => {
            let taken = if arguments.has_commands {
                Taken::Imported
            } else {
                Taken::Moved
            };
            Export::of_managed(managed, unreadable, found, taken)
        }
        None => Export::of_found(found),
    };
    if let Where::Below {
        scope: Scope::Account | Scope::Organization { .. },
        is_recursive: false,
    } = place
    {
        export.is_narrow = true;
    }

    // Files that stand alone also require the provider. All others are added to a configuration that already does.
    let provider = arguments.provider.as_deref();
    let mut files = files::of(&export, way, provider);
    let is_new = directory.as_ref().is_none_or(|it| !it.has_configuration);
    let stands_alone = is_new && !export.is_of_official();
    if stands_alone && !export.connectors.is_empty() {
        files.insert(0, files::versions(provider));
    }
    if let Some(directory) = &directory
        && !files.is_empty()
    {
        directory.write(&files)?;
    }
    let failed = |error: std::io::Error| format!("the output cannot be written: {error}");
    if arguments.is_json {
        let report = report::json(&export, directory.as_ref(), &files);
        return writeln!(output, "{report:#}").map_err(failed);
    }
    // Without a directory, standard output has only the files, so that it can be redirected to one.
    let report = report::text(&export, directory.as_ref(), &files, way);
    if directory.is_some() {
        return output.write_all(report.as_bytes()).map_err(failed);
    }
    output
        .write_all(one_text(&files).as_bytes())
        .map_err(failed)?;
    errors.write_all(report.as_bytes()).map_err(failed)
}

/// Returns where to look up connectors: in the given scope, or where the official provider manages some.
fn place(source: &Source, managed: Option<&Vec<Managed>>) -> Where {
    match source {
        Source::Scope {
            scope,
            is_recursive,
        } => Where::Below {
            scope: scope.clone(),
            is_recursive: *is_recursive,
        },
        Source::Official(_) => {
            let managed = managed.into_iter().flatten();
            Where::In(managed.map(|it| it.connector.scope.clone()).collect())
        }
    }
}

fn read_state(file: &OsString) -> Result<(Vec<Managed>, usize), String> {
    let text = input::read(file, official::HOW).map_err(|error| error.to_string())?;
    official::read(&text).map_err(|error| format!("{} {error}", input::name(file)))
}

/// Returns the files as one text. A configuration can require a provider only once, so the requirement is a comment.
fn one_text(files: &[files::File]) -> String {
    let texts = files.iter().map(|file| {
        if file.name != files::VERSIONS {
            return file.text.clone();
        }
        let lines = file.text.lines().map(|line| format!("# {line}\n"));
        let introduction =
            "# Add this if the configuration does not declare the provider yet:\n#\n".to_owned();
        std::iter::once(introduction).chain(lines).collect()
    });
    texts.collect::<Vec<_>>().join("\n")
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id())?;
        if !self.name.is_empty() && self.name != self.connector.identifier {
            write!(f, " ({})", shown(&self.name))?;
        }
        write!(f, ": {}", self.reason)
    }
}
