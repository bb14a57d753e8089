//! The report about what was exported, and what was left out and why: for people, and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::files::{self, Directory, File, Way};
use super::official::OFFICIAL_TYPE;
use super::selection::{Export, Exported};
use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::command::text::{counted, wrapped};
use crate::harness::entity_id;

/// The width of a line.
const WIDTH: usize = 80;
/// The maximum number of entries of a list in the report for people. The files and the JSON have all.
const SHOWN: usize = 20;

/// Returns the report for people.
pub(super) fn text(
    export: &Export,
    directory: Option<&Directory>,
    files: &[File],
    way: Way,
) -> String {
    let mut text = format!(
        "{} exported, from {}.\n",
        counted(export.connectors.len(), "connector"),
        counted(export.scopes, "scope")
    );
    // Nothing was searched then, so the count of scopes would say nothing.
    if export.is_of_other_state {
        text = format!("0 connectors exported: the state has no {OFFICIAL_TYPE} resources.\n");
        paragraph(
            &mut text,
            "Run `terraform show -json > FILE` in the directory of the configuration that has them, with its workspace \
             selected. Then export again with that file.",
        );
    }
    if let Some(directory) = directory {
        for file in files {
            line(&mut text, &directory.shown(file.name));
        }
    }
    let left_out = export.left_out.iter().map(ToString::to_string);
    section(&mut text, "Left out", left_out.collect());
    let missed = export.missed.iter();
    let missed = missed.map(|missed| format!("{}: {}", missed.what, missed.reason));
    section(&mut text, "Not read", missed.collect());
    let ignored = export.connectors.iter().flat_map(|exported| {
        let ignored = exported.written.ignored.iter();
        ignored.map(move |(argument, reason)| format!("{}: `{argument}`. {reason}", exported.label))
    });
    let title = "Kept as Harness has it, by `ignore_changes`";
    section(&mut text, title, ignored.collect());
    let notes = export.connectors.iter().flat_map(|exported| {
        let notes = exported.written.notes.iter();
        notes.map(move |note| format!("{}: {note}", exported.label))
    });
    section(
        &mut text,
        "Set in Harness, but not managed",
        notes.collect(),
    );
    let warned: Vec<String> = warnings(export);
    section(&mut text, "Terraform will show these warnings", warned);
    if export.is_narrow {
        paragraph(
            &mut text,
            "Connectors in organizations and projects below were not exported. Add `--recursive` to include them.",
        );
    }
    // Without connectors, there is nothing to import or move.
    if let (Some(directory), false) = (directory, export.connectors.is_empty()) {
        text.push_str(&next(export, directory, files, way));
    }
    text
}

/// Returns each warning, with the resources that have it.
fn warnings(export: &Export) -> Vec<String> {
    let mut warnings = std::collections::BTreeMap::<&str, Vec<&str>>::new();
    for Exported { label, written, .. } in &export.connectors {
        for warning in &written.warnings {
            warnings.entry(warning).or_default().push(label);
        }
    }
    warnings
        .into_iter()
        .map(|(warning, labels)| format!("{warning}: {}", labels.join(", ")))
        .collect()
}

fn next(export: &Export, directory: &Directory, files: &[File], way: Way) -> String {
    let count = export.connectors.len();
    let name = directory.name();
    // The state of the official provider's resources belongs to another directory, if this one has no configuration.
    let is_elsewhere = export.is_of_official() && !directory.has_configuration && name != ".";
    let title = if is_elsewhere {
        "Next, in the directory of the configuration that has the state"
    } else {
        "Next"
    };
    let mut steps = Vec::new();
    if is_elsewhere {
        let files = files.iter().map(|file| directory.shown(file.name));
        let files: Vec<String> = files.map(|file| files::in_shell(&file)).collect();
        steps.push(format!("cp {} .", files.join(" ")));
    } else if name != "." {
        steps.push(format!("cd {}", files::in_shell(&name)));
    }
    if export.is_of_official() {
        steps.push(format!("# Remove the {OFFICIAL_TYPE} resources, and add"));
        steps.push(format!(
            "# this provider to `required_providers` as {} says.",
            way.file()
        ));
    }
    steps.push("terraform init".to_owned());
    match way {
        Way::Imports => steps.push(format!(
            "terraform plan    # {count} to import, 0 to add, 0 to change, 0 to destroy"
        )),
        Way::Moves => steps.push(format!(
            "terraform plan    # {} moved, nothing to change",
            counted(count, "resource")
        )),
        Way::Commands => {
            steps.push("sh import.sh".to_owned());
            steps.push("terraform plan    # no changes".to_owned());
        }
    }
    format!("\n{title}:\n\n  {}\n", steps.join("\n  "))
}

fn section(text: &mut String, title: &str, entries: Vec<String>) {
    if entries.is_empty() {
        return;
    }
    let _ = write!(text, "\n{title} ({}):\n", entries.len());
    let more = entries.len().saturating_sub(SHOWN);
    for entry in entries.into_iter().take(SHOWN) {
        line(text, &entry);
    }
    if more > 0 {
        line(
            text,
            &format!("{more} more: see the comments in the files, or use `--json`"),
        );
    }
}

fn line(text: &mut String, entry: &str) {
    for (number, line) in wrapped(entry, WIDTH - 4).into_iter().enumerate() {
        let indent = if number == 0 { "  " } else { "    " };
        let _ = writeln!(text, "{indent}{line}");
    }
}

fn paragraph(text: &mut String, sentence: &str) {
    text.push('\n');
    for line in wrapped(sentence, WIDTH) {
        let _ = writeln!(text, "{line}");
    }
}

/// Returns the report for programs.
pub(super) fn json(export: &Export, directory: Option<&Directory>, files: &[File]) -> Value {
    let connectors = export.connectors.iter().map(connector);
    let left_out = export.left_out.iter();
    let left_out = left_out.map(|it| json!({"id": it.id(), "name": it.name, "reason": it.reason}));
    let missed = export.missed.iter();
    let missed = missed.map(|missed| json!({"what": missed.what, "reason": missed.reason}));
    let files = files.iter().map(|file| match directory {
        Some(directory) => json!({"name": file.name, "path": directory.shown(file.name)}),
        None => json!({"name": file.name, "text": file.text}),
    });
    json!({
        "format_version": "1.0",
        "provider_version": env!("CARGO_PKG_VERSION"),
        "scopes": export.scopes,
        "connectors": connectors.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "not_read": missed.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
    })
}

fn connector(exported: &Exported) -> Value {
    let written = &exported.written;
    let connector = &written.connector;
    json!({
        "id": entity_id::format(&connector.scope, &connector.identifier),
        "ref": entity_id::reference(&connector.scope, &connector.identifier),
        "name": written.name,
        "address": format!("{TYPE_NAME}.{}", exported.label),
        "moved_from": exported.managed.as_ref().map(super::official::Managed::address),
        "ignore_changes": written.ignored,
        "notes": written.notes,
        "warnings": written.warnings,
    })
}
