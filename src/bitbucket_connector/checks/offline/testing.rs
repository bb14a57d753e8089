//! Helpers for tests: what the rules find in configurations.

use proptest::prelude::*;
use tf_provider::diagnostic::Diagnostic;
use tf_provider::field::FromValue;
use tf_provider::schema::Block;
use tf_provider::value::{Type, Value};

use super::RULES;
use super::input::{Finding, Input, Rule};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::schema;
pub(crate) use crate::bitbucket_connector::connector::testing::{
    SOUND, VALID, all_places, apply, config,
};
use crate::harness::rule::{self, Family, find, mention};
use crate::harness::testing::is_short;

/// Returns what the rules find in [`config`].
pub(crate) fn found(hcl: &str) -> Vec<Finding> {
    found_in(&config(hcl))
}

/// Returns what the rules find in a configuration.
pub(crate) fn found_in(config: &Value) -> Vec<Finding> {
    let found = find(rules(), &Input::new(&Model::from_value(config).unwrap()));
    for finding in &found {
        is_short(finding.summary());
    }
    found
}

/// Returns findings as `id path`, the form in test tables.
pub(crate) fn ids<F: Family>(findings: &[rule::Finding<F>]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.rule.id, finding.path))
        .collect()
}

/// Checks the form of a finding's words, and returns what it says above the line with its rule.
pub(crate) fn sentences(finding: &Diagnostic, id: &str) -> String {
    let summary = &finding.summary;
    assert!(
        !summary.ends_with('.') && (1..=80).contains(&summary.len()),
        "{id}: {summary}"
    );
    let (detail, last) = finding.detail.rsplit_once('\n').unwrap();
    assert_eq!(last, mention(id));
    let detail = detail.trim_end();
    assert!(
        !detail.contains("  ") || detail.contains('\n'),
        "{id}: {detail}"
    );
    assert!(detail.len() > 60, "{id}: {detail}");
    detail.to_owned()
}

/// Checks that each configuration yields exactly the findings `id path` of its row, in this order.
pub(crate) fn expect(rows: &[(&str, &[&str])]) {
    for (hcl, expected) in rows {
        assert_eq!(ids(&found(hcl)), *expected, "in\n{hcl}");
    }
}

/// Returns all rules in the order of the table.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}

/// Generates any configuration that the schema allows, mostly with texts that rules check.
pub(crate) fn any_config() -> BoxedStrategy<Value> {
    object_of(&schema::schema().block)
}

/// Generates any value that the schema allows, mostly with texts that rules check.
fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    let text = prop_oneof![
        any::<String>(),
        prop::sample::select(
            rules()
                .flat_map(|rule| rule.wrong.text().split('"'))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        ),
    ];
    let text = text.prop_map(Value::string).boxed();
    let element =
        || prop_oneof![1 => Just(Value::Null), 1 => Just(Value::unknown()), 6 => text.clone()];
    let known = match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Map(_) => prop::collection::btree_map(any::<String>(), element(), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Set(_) => prop::collection::vec(element(), 0..4)
            .prop_map(Value::set)
            .boxed(),
        _ => text.clone(),
    };
    prop_oneof![1 => Just(Value::Null), 1 => Just(Value::unknown()), 6 => known].boxed()
}

/// Generates any object of a block, with null and unknown members.
fn object_of(block: &Block) -> BoxedStrategy<Value> {
    let attributes = block.attributes.iter();
    let attributes = attributes.map(|attribute| (attribute.name, value_of(&attribute.ty)));
    let blocks = block.blocks.iter().map(|nested| {
        let object = object_of(&nested.block);
        let block = prop_oneof![1 => Just(Value::Null), 1 => Just(Value::unknown()), 6 => object];
        (nested.name, block.boxed())
    });
    let (names, values): (Vec<_>, Vec<_>) = attributes.chain(blocks).unzip();
    values
        .prop_map(move |values| Value::object(names.iter().copied().zip(values)))
        .boxed()
}
