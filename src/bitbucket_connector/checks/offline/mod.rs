//! The offline rules: every mistake that can be seen in a connector's configuration alone.
//!
//! A rule is data ([`Rule`]): an id, the setting, a weight, words, an example, and a function that looks at a [`Input`]
//! and pushes findings. [`RULES`] is the one table: [`validate`] and [`plan`] run it, the tests run it, and
//! `docs/guides/validation-rules.md` is written from it.
//!
//! - No rule has an opinion about an unknown value, or about what depends on one; what is known is still checked.
//! - One mistake, one finding: what is parsed once (the URL, secret references, names) yields one error, so that the
//!   rules about its form exclude each other; of rules that look at the same setting from different sides, one names
//!   the others in [`Rule::after`] and is silent where they have found something.
//! - Findings come in the order of the schema, then of the table.
//! - A finding never shows a value that may be secret.

pub(crate) mod choices;
pub(crate) mod credentials;
pub(crate) mod details;
pub(crate) mod exactly_one;
pub(crate) mod input;
pub(crate) mod operation;
pub(crate) mod overview;
pub(crate) mod planned;
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
use credentials::{api_access, blocks, http, secret_refs, ssh};
use details::{test_repository, url};
use input::Input;
pub(super) use input::Rule;
use operation::{connectivity, timeouts};
use overview::{identifier, name, scope, tags};

/// All rules, by setting in the order of the schema, then by id.
pub(super) static RULES: &[&[Rule]] = &[
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

/// All findings about `model`; under `strict` some of them weigh more.
#[cfg(test)]
pub(crate) fn check(model: &Model, strict: bool) -> Diagnostics {
    rule::run(RULES.iter().copied().flatten(), &Input::new(model), strict)
}

/// The findings about `org_id` and `project_id` where they do not belong to a connector's configuration but say where to
/// look for connectors.
pub(crate) fn check_scope(org_id: &Field<String>, project_id: &Field<String>) -> Diagnostics {
    let model = Model {
        org_id: org_id.clone(),
        project_id: project_id.clone(),
        ..Model::default()
    };
    rule::run(scope::RULES, &Input::new(&model), false)
}
