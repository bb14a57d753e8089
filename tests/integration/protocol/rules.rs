//! The offline rules through the real `ValidateResourceTypeConfig`: a corpus of configurations, and the findings in
//! each.
//!
//! The corpus is `tests/fixtures/validation-corpus.txt`, whose head describes its format. Rules end their words with a line
//! that ends with `(rule U08)`, by which they are recognized here.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tf_provider::proto::tfplugin5::Diagnostic;
use tf_provider::proto::tfplugin5::diagnostic::Severity;
use tf_provider::value::{Step, Type, Value};

use super::process::Launch;
use super::session::{Session, State, attribute_path, null_object, path_text};

const CORPUS: &str = include_str!("../../fixtures/validation-corpus.txt");
const REFERENCE_PAGE: &str = include_str!("../../../docs/guides/validation-rules.md");

/// A configuration, and its findings as `severity rule path`.
struct Row {
    number: usize,
    text: &'static str,
    config: Value,
    expected: Vec<&'static str>,
}

fn rows(ty: &Type) -> Vec<Row> {
    let mut head = "";
    let mut rows = Vec::new();
    for (number, text) in (1..).zip(CORPUS.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if text.starts_with('[') {
            (_, head) = text.split_once(']').expect("a section has a title");
            continue;
        }
        let (settings, findings) = text.split_once("=>").unwrap_or((text, ""));
        let base = with_settings(null_object(ty), ty, head);
        rows.push(Row {
            number,
            text,
            config: with_settings(base, ty, settings),
            expected: findings
                .split(',')
                .map(str::trim)
                .filter(|finding| !finding.is_empty())
                .collect(),
        });
    }
    rows
}

/// Sets settings such as `url="x" tags=unknown` in a value.
fn with_settings(value: Value, ty: &Type, settings: &str) -> Value {
    let mut value = value;
    let mut rest = settings.trim_start();
    while let Some((path, after)) = rest.split_once('=') {
        let path = attribute_path(path);
        let unknown = after.strip_prefix("unknown");
        let (setting, left) = if let Some(left) = unknown {
            (None, left)
        } else {
            let mut json = serde_json::Deserializer::from_str(after).into_iter::<Json>();
            let setting = json.next().expect(settings).expect(settings);
            (Some(setting), after.split_at(json.byte_offset()).1)
        };
        value = placed(&value, ty, path.steps(), setting.as_ref());
        rest = left.trim_start();
    }
    assert_eq!(rest, "", "{settings}");
    value
}

/// Returns the value with another one at a path, creating blocks on the way. No setting means an unknown one.
fn placed(value: &Value, ty: &Type, path: &[Step], setting: Option<&Json>) -> Value {
    let [Step::Attribute(name), rest @ ..] = path else {
        return setting.map_or_else(Value::unknown, |json| from_json(json, ty));
    };
    let Type::Object(members) = ty else {
        panic!("no {name} in {ty}");
    };
    let object = if value.is_null() {
        null_object(ty)
    } else {
        value.clone()
    };
    let member = object.get(name).expect(name).clone();
    object.with(name, placed(&member, &members[name], rest, setting))
}

fn from_json(json: &Json, ty: &Type) -> Value {
    match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(given), _) => Value::Bool(*given),
        (Json::String(text), _) => Value::string(text.as_str()),
        (Json::Array(items), Type::Set(element)) => {
            Value::set(items.iter().map(|item| from_json(item, element)))
        }
        (Json::Object(members), Type::Map(element)) => Value::map(
            members
                .iter()
                .map(|(key, member)| (key.clone(), from_json(member, element))),
        ),
        (Json::Object(members), Type::Object(types)) => members
            .iter()
            .fold(null_object(ty), |object, (name, member)| {
                object.with(name, from_json(member, &types[name]))
            }),
        _ => panic!("{json} is no {ty}"),
    }
}

/// Returns a finding as `severity rule path`; without a rule, with its text instead.
fn found(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Invalid => panic!("a finding without severity"),
    };
    let last = diagnostic.detail.lines().last().unwrap_or_default();
    let rule = last
        .strip_suffix(')')
        .and_then(|last| last.split_once(" (rule "))
        .map_or(diagnostic.summary.as_str(), |(_, rule)| rule);
    let path = diagnostic.attribute.as_ref().expect("a place");
    format!("{severity} {rule} {}", path_text(path))
}

fn all_found(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(found).collect()
}

/// Returns what `validate` reports for an expected finding.
fn by_validate(expected: &str) -> Option<String> {
    match expected.split_once(' ').expect(expected) {
        ("raised" | "planned", rest) => Some(format!("warning {rest}")),
        ("strict", _) => None,
        ("error" | "warning", _) => Some(expected.to_owned()),
        _ => panic!("no severity in {expected}"),
    }
}

/// Returns what a plan reports for it under `strict`: what `validate` reported is not repeated, unless it stops the
/// plan.
fn by_strict_plan(expected: &str) -> Option<String> {
    match expected.split_once(' ').expect(expected) {
        ("raised" | "planned", rest) => Some(format!("error {rest}")),
        ("strict", rest) => Some(format!("warning {rest}")),
        ("error", _) => Some(expected.to_owned()),
        _ => None,
    }
}

/// Compares all rows before it fails.
fn agree(rows: &[Row], found: &[Vec<String>], expected: fn(&str) -> Option<String>) {
    let wrong: Vec<String> = rows
        .iter()
        .zip(found)
        .filter_map(|(row, found)| {
            let expected: Vec<String> = row.expected.iter().filter_map(|f| expected(f)).collect();
            (*found != expected)
                .then(|| format!("line {}: {}\n  found {found:?}", row.number, row.text))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_configuration_has_the_findings_that_the_corpus_says() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let rows = rows(&session.ty);
    let mut all = Vec::new();
    for row in &rows {
        all.push(all_found(&session.validate(&row.config).await));
    }
    agree(&rows, &all, by_validate);
    session.shut_down().await;
}

#[tokio::test]
async fn strict_raises_at_plan_time_what_the_corpus_says() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let sandbox = session.sandbox();
    let strict = null_object(&session.provider_ty)
        .with("strict", Value::Bool(true))
        .with("plan_checks", Value::Bool(false))
        .with("endpoint", Value::string(sandbox.endpoint()))
        .with("account_id", Value::string(sandbox.account_id()))
        .with("platform_api_key", Value::string(sandbox.api_key()));
    assert_eq!(all_found(&session.configure(&strict).await), [""; 0]);
    let rows = rows(&session.ty);
    let mut all = Vec::new();
    for row in &rows {
        let plan = session.plan(&State::none(), &row.config).await;
        all.push(all_found(&plan.findings));
    }
    agree(&rows, &all, by_strict_plan);
    session.shut_down().await;
}

#[tokio::test]
async fn a_valid_configuration_stays_valid_whatever_of_it_is_unknown() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let valid = rows(&session.ty);
    let valid: Vec<_> = valid.iter().filter(|row| row.expected.is_empty()).collect();
    for row in valid {
        for path in given(&row.config) {
            let path = attribute_path(&path);
            let config = placed(&row.config, &session.ty, path.steps(), None);
            let found = all_found(&session.validate(&config).await);
            assert_eq!(found, [""; 0], "line {} without {path}", row.number);
        }
    }
    session.shut_down().await;
}

/// Returns the paths of the given settings and blocks.
fn given(config: &Value) -> Vec<String> {
    let Value::Object(members) = config else {
        return Vec::new();
    };
    let given = members.iter().filter(|(_, member)| !member.is_null());
    given
        .flat_map(|(name, member)| {
            let inner = self::given(member).into_iter();
            std::iter::once(name.clone()).chain(inner.map(move |path| format!("{name}.{path}")))
        })
        .collect()
}

#[test]
fn the_corpus_has_an_example_of_every_rule_of_the_reference_page() {
    let in_corpus: BTreeSet<&str> = CORPUS
        .lines()
        .filter_map(|line| line.split_once("=>"))
        .flat_map(|(_, findings)| findings.split(','))
        .filter_map(|finding| finding.split_whitespace().nth(1))
        .collect();
    // The labels of the others say that they find nothing before the plan.
    let offline = |(_, text): &(&str, &str)| {
        let text = text.trim_start();
        text.starts_with("**Error") || text.starts_with("**Warning")
    };
    let on_page: BTreeSet<&str> = REFERENCE_PAGE
        .split("\n### ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .filter(offline)
        .map(|(id, _)| id)
        .collect();
    assert!(on_page.len() > 100, "{on_page:?}");
    let missing: Vec<_> = on_page.difference(&in_corpus).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
