//! The drift matrix: any change to a connector outside Terraform shows as exactly that difference, and an apply repairs
//! it.
//!
//! The possible changes follow from the schema, as Terraform prints it: an argument that is missing in [`table`], or
//! lacks a kind of change there, fails the test by name. All rows are in one workspace, one connector each.

pub(super) mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use harness_sandbox::Scope;
use serde_json::Value;

use super::cli::{TYPE, Workspace, address};
use super::hcl::Connector;
use super::hosts::test;
use super::who_changed::drifted;
use table::{IMPOSSIBLE, LOCATING, NOT_STORED, Row};

/// A change to an argument or a block on the platform.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::terraform) enum Kind {
    /// It was configured, and has another value.
    Changed,
    /// It was configured, and is gone; for a block: another one exists, or none.
    Removed,
    /// It was configured, and is now empty.
    Emptied,
    /// It was left out, and now exists.
    Added,
    /// A collection has an additional entry.
    EntryAdded,
    /// A collection has one entry less.
    EntryRemoved,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Emptied => "emptied",
            Self::Added => "added",
            Self::EntryAdded => "entry_added",
            Self::EntryRemoved => "entry_removed",
        })
    }
}

impl Row {
    /// Returns the name of this row's connector, in the configuration and on the platform.
    pub(in crate::terraform) fn label(&self) -> String {
        format!("{}_{}", self.argument.replace('.', "_"), self.kind)
    }

    fn connector(&self) -> Connector {
        Connector::new(&self.label()).with(&self.configured)
    }
}

/// Returns the schema of the resource as Terraform prints it.
fn schema(workspace: &Workspace) -> Value {
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let mut printed: Value = serde_json::from_str(&run.stdout).expect("the schemas are JSON");
    let providers = printed["provider_schemas"].as_object_mut();
    let (_, provider) = providers
        .and_then(|providers| providers.iter_mut().next())
        .expect("there is one provider");
    provider["resource_schemas"][TYPE]["block"].take()
}

/// Collects all arguments and blocks, with the kinds of changes that their declarations allow, without results, which
/// are not configured.
fn possible_changes(prefix: &str, block: &Value, changes: &mut BTreeSet<(String, Kind)>) {
    use Kind::{Added, Changed, Emptied, EntryAdded, EntryRemoved, Removed};
    let members = |name: &str| block[name].as_object().cloned().unwrap_or_default();
    for (name, attribute) in members("attributes") {
        let is = |mode: &str| attribute[mode] == Value::Bool(true);
        if !is("required") && !is("optional") {
            continue;
        }
        let mut kinds = vec![Changed, Removed, Emptied];
        if is("optional") {
            kinds.push(Added);
        }
        if attribute["type"].is_array() {
            kinds.extend([EntryAdded, EntryRemoved]);
        }
        changes.extend(
            kinds
                .into_iter()
                .map(|kind| (format!("{prefix}{name}"), kind)),
        );
    }
    for (name, nested) in members("block_types") {
        let path = format!("{prefix}{name}");
        let kinds = [Removed, Emptied, Added];
        changes.extend(kinds.into_iter().map(|kind| (path.clone(), kind)));
        possible_changes(&format!("{path}."), &nested["block"], changes);
    }
}

/// Returns whether the platform stores an argument as a setting of the connector.
fn is_setting(argument: &str) -> bool {
    let outermost = argument.split('.').next().unwrap_or_default();
    !NOT_STORED.contains(&outermost) && !LOCATING.contains(&argument)
}

#[test]
fn every_argument_of_the_schema_has_a_row_for_every_kind_of_change() {
    let mut possible = BTreeSet::new();
    possible_changes("", &schema(&Workspace::new()), &mut possible);
    let arguments: BTreeSet<&str> = possible.iter().map(|(name, _)| name.as_str()).collect();
    for known in NOT_STORED.iter().chain(&LOCATING) {
        assert!(arguments.contains(known), "there is no argument {known}");
    }
    let mut rows: BTreeMap<(String, Kind), usize> = BTreeMap::new();
    let impossible = IMPOSSIBLE.map(|(argument, kind, _)| (argument, kind));
    let known = table::rows()
        .into_iter()
        .map(|row| (row.argument, row.kind));
    for (argument, kind) in known.chain(impossible) {
        *rows.entry((argument.to_owned(), kind)).or_default() += 1;
    }
    for (change, count) in &rows {
        assert!(possible.contains(change), "no such change: {change:?}");
        assert_eq!(*count, 1, "{change:?}");
    }
    let missing: Vec<_> = possible
        .iter()
        .filter(|(argument, _)| is_setting(argument))
        .filter(|change| !rows.contains_key(change))
        .collect();
    assert!(missing.is_empty(), "changes without a row: {missing:#?}");
}

/// Collects the values in a state object by path. A set is one value, an entry of a map has its own path; null is not a
/// value, and a block without settings is `{}`.
fn leaves(prefix: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(members) if members.values().any(|member| !member.is_null()) => {
            for (name, member) in members {
                let path = match prefix {
                    "" => name.clone(),
                    prefix => format!("{prefix}.{name}"),
                };
                leaves(&path, member, found);
            }
        }
        Value::Object(_) => {
            found.insert(prefix.to_owned(), Value::Object(serde_json::Map::new()));
        }
        Value::Array(entries) => {
            let mut entries = entries.clone();
            entries.sort_by_key(ToString::to_string);
            found.insert(prefix.to_owned(), Value::Array(entries));
        }
        scalar => {
            found.insert(prefix.to_owned(), scalar.clone());
        }
    }
}

/// Returns where two states differ: the second one's values by path.
pub(super) fn differences(before: &Value, after: &Value) -> Value {
    let [before, after] = [before, after].map(|value| {
        let mut found = BTreeMap::new();
        leaves("", value, &mut found);
        found
    });
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| (path.clone(), after.get(path).cloned().unwrap_or_default()))
        .collect()
}

/// Returns the changes in a list of a plan, by address.
fn changes(plan: &Value, list: &str) -> BTreeMap<String, Value> {
    let changes = plan[list].as_array().cloned().unwrap_or_default();
    changes
        .into_iter()
        .map(|mut change| {
            let address = change["address"].as_str().expect("an address").to_owned();
            (address, change["change"].take())
        })
        .collect()
}

/// Asserts that a refresh found exactly the row's difference for each connector, and reported what it could not read.
#[track_caller]
fn assert_drift(plan: &Value, rows: &[Row], before: &BTreeMap<String, Value>) {
    let mut drift = changes(plan, "resource_drift");
    for row in rows {
        let address = address(&row.label());
        let change = drift
            .remove(&address)
            .unwrap_or_else(|| panic!("{address} does not show"));
        assert_eq!(
            change["actions"],
            serde_json::json!(["update"]),
            "{address}"
        );
        assert_eq!(change["before"], before[&address], "{address}");
        let found = differences(&change["before"], &change["after"]);
        assert_eq!(found, row.shown, "{address}");
    }
    assert!(drift.is_empty(), "{drift:#?}");
}

#[test]
fn every_outside_change_shows_exactly_and_is_repaired() {
    let scope = Scope::account();
    let workspace = Workspace::new();
    let rows = table::rows();
    let connectors: Vec<_> = rows.iter().map(Row::connector).collect();
    workspace.configure(&connectors);
    workspace.try_apply().succeeded();
    let stored = || {
        let stored = rows.iter().map(|row| {
            let label = row.label();
            let stored = workspace.stored(&scope, &label);
            (label, stored)
        });
        stored.collect::<BTreeMap<_, _>>()
    };
    let (state, platform) = (workspace.state(), stored());
    for row in &rows {
        workspace.patch(&scope, &row.label(), &row.patch);
    }

    // A plan shows what was changed, and changes it back.
    let run = workspace.save_plan();
    let warned: BTreeSet<_> = run
        .diagnostics()
        .into_iter()
        .map(|found| (found.address, found.severity, found.summary))
        .collect();
    // Each of them was changed outside Terraform, which is reported.
    let expected: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| {
            let (label, warning) = (row.label(), row.warning.map(str::to_owned));
            let said = warning.into_iter().chain([drifted(&label)]);
            said.map(move |summary| (address(&label), "warning".to_owned(), summary))
        })
        .collect();
    assert_eq!(warned, expected, "{run}");
    let plan = workspace.shown_plan();
    assert_drift(&plan, &rows, &state);
    let drift = changes(&plan, "resource_drift");
    let planned = changes(&plan, "resource_changes");
    assert_eq!(planned.len(), rows.len());
    for (address, change) in &planned {
        assert_eq!(
            change["actions"],
            serde_json::json!(["update"]),
            "{address}"
        );
        assert_eq!(change["before"], drift[address]["after"], "{address}");
        assert_eq!(change["after"], state[address], "{address}");
    }

    // So does a refresh-only plan, which reports changes by its exit code.
    let only_looking = [
        "plan",
        "-json",
        "-input=false",
        "-refresh-only",
        "-detailed-exitcode",
        "-out=saved.tfplan",
    ];
    workspace.run(&only_looking).finds_changes();
    let looked = workspace.shown_plan();
    assert_drift(&looked, &rows, &state);
    assert_eq!(changes(&looked, "resource_drift"), drift);

    // Accepted into the state, it is what the plan has shown; then it is repaired.
    workspace.apply_saved_plan().succeeded();
    for (address, values) in workspace.state() {
        assert_eq!(values, drift[&address]["after"], "{address}");
    }
    workspace.try_apply().succeeded();
    workspace.settled();
    let healed = workspace.state();
    assert_eq!(healed, state);
    assert_eq!(stored(), platform);
    print(&rows, &drift, &healed);
}

/// Prints the matrix, for test runs with `--nocapture`: what was found, not what was expected.
#[allow(clippy::print_stdout, reason = "it is asked for")]
fn print(rows: &[Row], drift: &BTreeMap<String, Value>, healed: &BTreeMap<String, Value>) {
    let mut lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let address = address(&row.label());
            let change = &drift[&address];
            let shown = differences(&change["before"], &change["after"]);
            let is_healed = healed.get(&address) == Some(&change["before"]);
            let (healed, warning) = (if is_healed { "yes" } else { "NO" }, row.warning);
            let warning =
                warning.map_or(String::new(), |summary| format!("  (warning: {summary})"));
            format!(
                "{:<42} {:<13} {healed:<6} {shown}{warning}",
                row.argument,
                row.kind.to_string(),
            )
        })
        .collect();
    lines.sort();
    println!(
        "{:<42} {:<13} {:<6} plan shows",
        "argument", "change", "healed"
    );
    for line in &lines {
        println!("{line}");
    }
    println!(
        "\n{} changes: `plan -refresh-only -detailed-exitcode` ended with 2; after one apply with 0, and every connector is \
         on the platform what it was.",
        lines.len()
    );
    for (argument, kind, reason) in IMPOSSIBLE {
        println!("not possible: {argument} {kind}: {reason}");
    }
}
