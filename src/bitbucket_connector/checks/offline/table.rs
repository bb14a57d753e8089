//! The table of all offline rules.

use super::choices;
use super::credentials::{api_access, blocks, http, secret_refs, ssh};
use super::details::{test_repository, url};
use super::input::Rule;
use super::operation::{connectivity, timeouts};
use super::overview::{identifier, name, scope, tags};

/// All rules, by setting in the order of the schema, then by id.
pub(crate) static RULES: &[&[Rule]] = &[
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
