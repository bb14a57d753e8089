//! The report as one JSON object, for scripts. The guide *Reviewing a plan* documents its members. Additions do not
//! change the first number of `format_version`.

use serde_json::{Value, json};

use crate::review::change::difference::{Difference, Shown};
use crate::review::finding::{Finding, link};
use crate::review::occurrence::{Occurrence, in_report};
use crate::review::report::{Connector, Drift, Kind, Report, Users};

/// Returns the report.
pub(super) fn of(report: &Report) -> Value {
    let (level, verdict) = report.verdict();
    let occurs: Vec<&str> = in_report(report)
        .into_iter()
        .map(Occurrence::word)
        .collect();
    let list = |values: Vec<Value>| Value::Array(values);
    json!({
        "format_version": "1.0",
        "provider_version": env!("CARGO_PKG_VERSION"),
        "level": level.word(),
        "verdict": verdict,
        "occurs": occurs,
        "connectors": list(report.connectors.iter().map(connector).collect()),
        "drift": list(report.drift.iter().map(drift).collect()),
        "findings": list(report.findings.iter().map(finding).collect()),
        "failed_checks": list(
            report.failed_checks.iter().map(|(check, messages)| json!({"check": check, "messages": messages})).collect()
        ),
        "deferred": report.deferred,
        "other_resources": report.others,
        "errored": report.is_errored,
        "complete": report.is_complete,
        "notes": report.notes,
    })
}

fn connector(connector: &Connector) -> Value {
    let change = match connector.kind {
        Kind::Gone => "destroy",
        Kind::Replaced => "replace",
        Kind::ReplacedKept => "replace_and_keep",
        Kind::InPlace => "update",
        Kind::New => "create",
        Kind::Forgotten => "forget",
        Kind::Same => "none",
    };
    let users = match &connector.users {
        Users::NotYet => Value::Null,
        Users::NotLookedUp => json!({"known": false, "total": null, "named": []}),
        Users::Found { named, total } => json!({"known": true, "total": total, "named": named}),
    };
    json!({
        "address": connector.address,
        "previous_address": connector.previous_address,
        "id": connector.id,
        "ref": connector.old_ref,
        "new_ref": connector.new_ref,
        "change": change,
        "imported": connector.is_imported,
        "deposed": connector.is_deposed,
        "in_use": connector.hits_users(),
        "means": connector.means,
        "settings": connector.differences.iter().map(setting).collect::<Vec<_>>(),
        "users": users,
    })
}

fn drift(drift: &Drift) -> Value {
    json!({
        "address": drift.address,
        "ref": drift.reference,
        "change": if drift.is_deleted { "delete" } else { "update" },
        "who": drift.who,
        "fate": drift.fate,
        "settings": drift.differences.iter().map(setting).collect::<Vec<_>>(),
    })
}

fn setting(difference: &Difference) -> Value {
    let value = |shown: &Shown| match shown {
        Shown::NotSet => Value::Null,
        other => Value::from(other.words()),
    };
    json!({
        "setting": difference.setting,
        "before": value(&difference.before),
        "after": value(&difference.after),
        "sensitive": difference.before == Shown::Sensitive || difference.after == Shown::Sensitive,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity.word(),
        "rule": finding.rule,
        "link": finding.rule.map(link),
        "summary": finding.summary,
        "detail": finding.detail,
        "address": finding.address,
        "file": finding.range.as_ref().map(|range| &range.file),
        "line": finding.range.as_ref().map(|range| range.start.line),
    })
}
