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
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use harness_platform::{ConnectorAnswer, ConnectorRef, Scope};

use crate::command;
use crate::command::input;
use crate::harness::wording::shown;
use arguments::{Arguments, Command, Source};
use files::{Directory, Way};
use found::{Found, Missed, Where};
use official::Managed;
use resource::{LeftOut, Outcome, Taken, Written};

/// The export succeeded, possibly not for everything.
const EXPORTED: u8 = 0;
/// The command line, the access to Harness, a file, or the output failed.
const FAILED: u8 = 1;

/// Everything to write and report.
#[derive(Debug, Default)]
struct Export {
    /// The connectors: the account's first, and those of each organization before those of its projects.
    connectors: Vec<Exported>,
    left_out: Vec<LeftOut>,
    missed: Vec<Missed>,
    /// The number of scopes that were listed.
    scopes: usize,
    /// Whether there may be scopes below that were not searched.
    is_narrow: bool,
    /// Whether the state has no resources of the official provider's type.
    is_of_other_state: bool,
}

/// An exported connector.
#[derive(Debug)]
struct Exported {
    /// The name of its resource.
    label: String,
    written: Written,
    /// The official provider's resource that managed it.
    managed: Option<Managed>,
}

/// Runs the whole command: reads the arguments after `export`, looks up connectors in Harness, writes files or their
/// text to `output`, the report and errors to `errors`, and returns the exit code. With a directory for the files, the
/// report is written to `output`.
pub fn run(arguments: &[OsString], output: &mut dyn Write, errors: &mut dyn Write) -> ExitCode {
    let result = match Command::parse(arguments) {
        Ok(Command::Help) => arguments::write_help(output).map_err(|error| error.to_string()),
        Ok(Command::Export(arguments)) => export(&arguments, output, errors),
        Err(error) => Err(error.to_string()),
    };
    ExitCode::from(match result {
        Ok(()) => EXPORTED,
        Err(error) => {
            // If the error cannot be written, the exit code still reports it.
            let _ = writeln!(errors, "terraform-provider-harness export: {error}");
            FAILED
        }
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

    let place = match (&arguments.source, &managed) {
        (
            Source::Scope {
                scope,
                is_recursive,
            },
            _,
        ) => Where::Below {
            scope: scope.clone(),
            is_recursive: *is_recursive,
        },
        (Source::Official(_), managed) => {
            let managed = managed.iter().flat_map(|(managed, _)| managed);
            Where::In(managed.map(|it| it.connector.scope.clone()).collect())
        }
    };
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
    let report = report::text(&export, directory.as_ref(), &files, way);
    if directory.is_some() {
        return output.write_all(report.as_bytes()).map_err(failed);
    }
    output
        .write_all(one_text(&files).as_bytes())
        .map_err(failed)?;
    errors.write_all(report.as_bytes()).map_err(failed)
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

impl Export {
    /// Creates the export of everything that was found.
    fn of_found(found: Found) -> Self {
        let connectors = found.connectors.into_iter();
        let outcomes = connectors.map(|(scope, answer)| {
            let connector = ConnectorRef::new(scope.clone(), answer.connector.identifier());
            let label = labels::of_connector(&connector);
            (label, None, resource::of(&answer, &scope, Taken::Imported))
        });
        let mut export = Self {
            missed: found.missed,
            scopes: found.scopes,
            ..Self::default()
        };
        export.add(outcomes.collect());
        export
    }

    /// Creates the export of the found connectors that the official provider manages.
    fn of_managed(managed: Vec<Managed>, unreadable: usize, found: Found, taken: Taken) -> Self {
        let mut export = Self {
            missed: found.missed,
            scopes: found.scopes,
            is_of_other_state: managed.is_empty() && unreadable == 0,
            ..Self::default()
        };
        if unreadable > 0 {
            export.missed.push(Missed {
                what: "state".to_owned(),
                reason: match unreadable {
                    1 => format!(
                        "One {} has no identifier, or a project without an organization.",
                        official::OFFICIAL_TYPE
                    ),
                    many => format!(
                        "{many} {} resources have no identifier, or a project without an organization.",
                        official::OFFICIAL_TYPE
                    ),
                },
            });
        }
        let answers: BTreeMap<ConnectorRef, ConnectorAnswer> = found
            .connectors
            .into_iter()
            .map(|(scope, answer)| {
                let identifier = answer.connector.identifier().to_owned();
                (ConnectorRef::new(scope, identifier), answer)
            })
            .collect();
        let mut seen = BTreeSet::new();
        let outcomes = managed.into_iter().map(|managed| {
            let outcome = of_managed(&managed, &answers, &mut seen, taken);
            let key = match &managed.key {
                None => String::new(),
                Some(hcl::Key::Number(number)) => format!("_{number}"),
                Some(hcl::Key::Text(text)) => format!("_{text}"),
            };
            let label = labels::sanitized(&format!("{}{key}", managed.name));
            (label, Some(managed), outcome)
        });
        export.add(outcomes.collect());
        export
    }

    /// Whether the files replace resources of the official provider, and so belong to the configuration with their state.
    fn is_of_official(&self) -> bool {
        self.connectors.iter().any(|it| it.managed.is_some())
    }

    /// Adds connectors, each with the intended name of its resource.
    fn add(&mut self, outcomes: Vec<(String, Option<Managed>, Outcome)>) {
        let mut labels = Vec::new();
        let mut written = Vec::new();
        for (label, managed, outcome) in outcomes {
            match outcome {
                Outcome::Written(one) => {
                    labels.push(label);
                    written.push((*one, managed));
                }
                Outcome::LeftOut(one) => self.left_out.push(one),
            }
        }
        let labels = labels::unique(labels).into_iter().zip(written);
        self.connectors
            .extend(labels.map(|(label, (written, managed))| Exported {
                label,
                written,
                managed,
            }));
    }
}

/// Returns what a connector of the official provider becomes.
fn of_managed(
    managed: &Managed,
    answers: &BTreeMap<ConnectorRef, ConnectorAnswer>,
    seen: &mut BTreeSet<ConnectorRef>,
    taken: Taken,
) -> Outcome {
    let connector = &managed.connector;
    let reason = match answers.get(connector) {
        // It does not count as seen: the state may also have the connector in a resource that can be moved.
        _ if managed.is_deposed => {
            "It is a deposed object, which an unfinished replacement left behind. The next apply deletes it. Run that \
             apply with the old configuration before you move the other connectors, or keep the connector: remove the \
             resource from the state (`terraform state rm`), and import what you need."
                .to_owned()
        }
        _ if managed.module.is_some() => {
            "Its resource is in a module. Write the `moved` block and the resource in that module."
                .to_owned()
        }
        _ if managed.secret().is_some() => {
            "Its resource has a name or an instance key that looks like a secret, which is not written here. Write the \
             `moved` block yourself."
                .to_owned()
        }
        _ if !seen.insert(connector.clone()) => {
            "The state contains it twice. Remove one of the two from the state.".to_owned()
        }
        Some(answer) => return resource::of(answer, &connector.scope, taken),
        None => {
            "Harness does not list it: it was deleted, or the API key is not allowed to view it."
                .to_owned()
        }
    };
    Outcome::LeftOut(LeftOut {
        connector: connector.clone(),
        name: String::new(),
        reason: format!("{reason} The state has it as {}.", managed.shown()),
    })
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
