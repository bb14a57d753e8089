//! The offline rules: all mistakes that a connector's configuration alone reveals.
//!
//! A rule is data ([`Rule`](input::Rule)): an id, the setting, a severity, texts, an example, and a function that checks an
//! [`Input`] and adds findings. [`RULES`] is the only table: [`validate`] and [`plan`] run it, the tests run it, and
//! `docs/guides/validation-rules.md` is generated from it.
//!
//! - Rules ignore unknown values, and everything that depends on one; what is known is still checked.
//! - One mistake, one finding: what is parsed once (the URL, secret references, names) yields one error, so that the
//!   rules about its form exclude each other. Of rules that check one setting from different sides, one lists the
//!   others in [`after`](rule::Rule::after), and reports nothing if they do.
//! - Findings are in the order of the schema, then of the table.
//! - A finding never shows a value that may be secret.

pub(crate) mod choices;
pub(crate) mod credentials;
pub(crate) mod details;
pub(crate) mod exactly_one;
pub(crate) mod input;
pub(crate) mod operation;
pub(crate) mod overview;
pub(crate) mod planned;
mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
pub(super) use overview::scope::RULES as SCOPE_RULES;
#[cfg(test)]
pub(super) use planned::EXISTING;
pub(crate) use planned::{plan, validate};

use tf_provider::diagnostic::Diagnostics;
use tf_provider::field::Field;

use crate::bitbucket_connector::connector::model::Model;
use crate::harness::rule;
use input::Input;
use overview::scope;
pub(super) use table::RULES;

/// Returns all findings about `model`. Under `strict`, some of them are more severe.
#[cfg(test)]
pub(crate) fn check(model: &Model, strict: bool) -> Diagnostics {
    rule::run(RULES.iter().copied().flatten(), &Input::new(model), strict)
}

/// Checks `org_id` and `project_id` where they do not configure a connector but say where to look for connectors.
pub(crate) fn check_scope(org_id: &Field<String>, project_id: &Field<String>) -> Diagnostics {
    let model = Model {
        org_id: org_id.clone(),
        project_id: project_id.clone(),
        ..Model::default()
    };
    rule::run(scope::RULES, &Input::new(&model), false)
}
