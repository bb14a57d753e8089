//! The offline rules: every mistake that can be seen in a connector's configuration alone.
//!
//! A rule is data ([`Rule`]): an id, the setting, a weight, words, an example, and a function that looks at a [`Subject`]
//! and pushes findings. [`RULES`] is the one table: [`validate`] and [`plan`] run it, the tests run it, and
//! `docs/guides/validation-rules.md` is written from it.
//!
//! - An unknown value is never judged, nor is a rule that depends on one; what is known is still judged.
//! - One mistake, one finding: what is parsed once (the URL, secret references, names) yields one error, so that the
//!   rules about its form exclude each other; of rules that look at the same setting from different sides, one names
//!   the others in [`Rule::after`] and is silent where they have found something.
//! - Findings come in the order of the schema, then of the table.
//! - A finding never shows a value that may be secret.

mod choices;
pub(crate) mod credentials;
pub(crate) mod details;
pub(crate) mod exactly_one;
pub(crate) mod input;
pub(crate) mod operation;
pub(crate) mod overview;
pub(crate) mod planned;
#[cfg(test)]
mod reference_page;
#[cfg(test)]
pub(crate) mod rule_links;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use planned::{plan, validate};

use crate::bitbucket_connector::connector::model::Model;
use crate::harness::field::Setting;
use crate::harness::rule::{Family, Finding, Findings, Rule};
use credentials::{api_access, blocks, http, secret_refs, ssh};
use details::{test_repository, url};
use input::Subject;
use operation::{connectivity, timeouts};
use overview::{identifier, name, scope, tags};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::value::{Path, Step};

/// All rules, by setting in the order of the schema, then by id.
static RULES: &[&[Rule]] = &[
    name::RULES,
    identifier::RULES,
    tags::RULES,
    scope::RULES,
    choices::DETAILS,
    url::common::RULES,
    url::cloud::RULES,
    url::data_center::RULES,
    test_repository::RULES,
    choices::CONNECTIVITY,
    connectivity::RULES,
    choices::CONNECTION_TEST,
    blocks::RULES,
    http::RULES,
    ssh::RULES,
    secret_refs::RULES,
    api_access::RULES,
    timeouts::RULES,
];

/// The top-level arguments in the order of the schema, which is the order of the findings.
const ARGUMENTS: [&str; 17] = [
    "name",
    "identifier",
    "description",
    "tags",
    "org_id",
    "project_id",
    "url_type",
    "connection_type",
    "url",
    "test_repository",
    "connectivity_mode",
    "delegate_selectors",
    "connection_test",
    "force_delete",
    "credentials",
    "api_access",
    "timeouts",
];

/// All findings about `model`; under `strict` some of them weigh more.
#[cfg(test)]
pub(crate) fn check(model: &Model, strict: bool) -> Diagnostics {
    judge(
        RULES.iter().copied().flatten(),
        &Subject::new(model),
        strict,
    )
}

/// What rules of any family find in what they look at.
pub(crate) fn judge<F: Family>(
    rules: impl IntoIterator<Item = &'static Rule<F>>,
    subject: &F::Subject<'_>,
    strict: bool,
) -> Diagnostics {
    find(rules, subject)
        .into_iter()
        .filter_map(|finding| finding.into_diagnostic(strict))
        .collect()
}

/// The findings about `org_id` and `project_id` where they do not belong to a connector's configuration but say where to
/// look for connectors.
pub(crate) fn check_scope(org_id: &Setting<String>, project_id: &Setting<String>) -> Diagnostics {
    let model = Model {
        org_id: org_id.clone(),
        project_id: project_id.clone(),
        ..Model::default()
    };
    judge(scope::RULES, &Subject::new(&model), false)
}

/// All findings, without those that only follow from others, in order.
pub(crate) fn find<F: Family>(
    rules: impl IntoIterator<Item = &'static Rule<F>>,
    subject: &F::Subject<'_>,
) -> Vec<Finding<F>> {
    let mut found = Vec::new();
    for rule in rules {
        (rule.check)(subject, &mut Findings::of(rule, &mut found));
    }
    let follows: Vec<bool> = found.iter().map(|f| is_consequence(f, &found)).collect();
    let mut kept: Vec<Finding<F>> = found
        .into_iter()
        .zip(follows)
        .filter_map(|(finding, follows)| (!follows).then_some(finding))
        .collect();
    // Stable: within one argument the order of the table stays.
    kept.sort_by_key(|finding| place(&finding.path));
    kept
}

fn is_consequence<F: Family>(finding: &Finding<F>, all: &[Finding<F>]) -> bool {
    let after = finding.rule.after;
    !after.is_empty()
        && all
            .iter()
            .any(|cause| after.contains(&cause.rule.id) && overlap(&cause.path, &finding.path))
}

/// Whether one of the paths leads to the other's place or above it.
fn overlap(one: &Path, other: &Path) -> bool {
    one.steps().iter().zip(other.steps()).all(|(a, b)| a == b)
}

fn place(path: &Path) -> usize {
    match path.steps().first() {
        Some(Step::Attribute(name)) => ARGUMENTS.iter().position(|argument| argument == name),
        _ => None,
    }
    .unwrap_or(ARGUMENTS.len())
}

/// The path of an argument: `url`, `credentials.http.username`.
pub(crate) fn at(name: &str) -> Path {
    name.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}
