//! Reports of typical plans, in each format. The outputs are in `tests/fixtures/review/`, so that changes are reviewed;
//! with `UPDATE_DOCS=1` the tests write them.

#![allow(
    clippy::needless_pass_by_value,
    reason = "a test makes a value where it passes it on"
)]

mod harmless;
mod outputs;
mod schemas;

use std::collections::BTreeMap;

use harness_platform::{ConnectorRef, Referrer, Scope, Usage};
use serde_json::{Value, json};

use super::arguments::Format;
use super::change::Asked;
use super::finding::Rules;
use super::finding::log::Log;
use super::meaning::tests::connector;
use super::plan::Plan;
use super::render::{self, Form, Place};
use super::report::{self, Report};

const TYPE: &str = "harness_bitbucket_connector";

/// A plan, a log, and the users that Harness knows.
#[derive(Default)]
struct Case {
    changes: Vec<Value>,
    drift: Vec<Value>,
    more: Value,
    log: Vec<Value>,
    usages: BTreeMap<Asked, Usage>,
    notes: Vec<String>,
}

impl Case {
    fn changing(mut self, change: Value) -> Self {
        self.changes.push(change);
        self
    }

    fn drifting(mut self, change: Value) -> Self {
        self.drift.push(change);
        self
    }

    /// Adds members to the plan.
    fn with(mut self, more: Value) -> Self {
        self.more = more;
        self
    }

    fn finding(mut self, finding: Value) -> Self {
        self.log
            .push(json!({"@level": "warn", "type": "diagnostic", "diagnostic": finding}));
        self
    }

    /// Sets that this many pipelines use a connector, two of which are named.
    fn used(self, identifier: &str, total: u64) -> Self {
        self.used_in(Scope::Account, identifier, total)
    }

    fn used_in(mut self, scope: Scope, identifier: &str, total: u64) -> Self {
        let user = |kind: &str, name: &str| Referrer {
            kind: kind.to_owned(),
            name: name.to_owned(),
            organization: Some("platform".to_owned()),
            project: Some("website".to_owned()),
        };
        let referrers = [user("Pipelines", "Build"), user("Triggers", "On push")];
        let referrers = referrers
            .into_iter()
            .take(usize::try_from(total).unwrap())
            .collect();
        let connector = ConnectorRef::new(scope, identifier);
        self.usages
            .insert((None, connector), Usage { referrers, total });
        self
    }

    fn plan(&self) -> Value {
        let mut plan = json!({
            "format_version": "1.2", "terraform_version": "1.15.9", "planned_values": {}, "configuration": {},
            "resource_changes": self.changes, "resource_drift": self.drift, "complete": true, "errored": false,
        });
        if let Value::Object(more) = &self.more {
            plan.as_object_mut().unwrap().extend(more.clone());
        }
        plan
    }

    fn report(&self) -> Report {
        let plan = Plan::read(self.plan().to_string().as_bytes()).ok().unwrap();
        let lines: Vec<String> = self.log.iter().map(Value::to_string).collect();
        let log = Log::read(lines.join("\n").as_bytes()).unwrap();
        let changes = report::connectors(&plan);
        Report::new(
            plan,
            changes,
            &log,
            &Rules::all(),
            &self.usages,
            self.notes.clone(),
        )
    }

    fn written(&self, format: Format) -> String {
        written(&self.report(), format, false)
    }
}

fn written(report: &Report, format: Format, has_colors: bool) -> String {
    // Not a repository, and without files.
    let directory = tempfile::tempdir().unwrap();
    let form = Form {
        format,
        has_colors,
        place: &Place::of(directory.path()),
        rules: &Rules::all(),
    };
    let mut output = Vec::new();
    render::write(report, &form, &mut output).unwrap();
    String::from_utf8(output).unwrap()
}

/// Returns a connector with this identifier, changed by this patch.
fn with(identifier: &str, patch: &Value) -> Value {
    let mut connector = connector();
    connector["identifier"] = json!(identifier);
    connector["id"] = json!(identifier);
    connector["ref"] = json!(format!("account.{identifier}"));
    connector["name"] = json!(identifier);
    for (name, value) in patch.as_object().into_iter().flatten() {
        connector[name] = value.clone();
    }
    connector
}

/// Returns a resource of a plan.
fn resource(label: &str, actions: &[&str], before: Value, after: Value) -> Value {
    json!({
        "address": format!("{TYPE}.{label}"), "mode": "managed", "type": TYPE, "name": label,
        "provider_name": "registry.terraform.io/harness-rs/harness",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}},
    })
}

/// Returns a diagnostic about a connector.
fn warning(label: &str, rule: &str, line: u32, summary: &str) -> Value {
    json!({
        "severity": "warning", "summary": summary, "detail": format!("What was found, and what to write.\n(rule {rule})"),
        "address": format!("{TYPE}.{label}"),
        "range": {"filename": "main.tf", "start": {"line": line, "column": 16, "byte": 1},
            "end": {"line": line, "column": 25, "byte": 10}},
    })
}

/// All formats.
const FORMATS: [Format; 5] = [
    Format::Text,
    Format::Markdown,
    Format::Sarif,
    Format::GitLab,
    Format::Json,
];
