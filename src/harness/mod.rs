//! What every Harness resource needs: names, references to secrets, the rule engine, plan-time queries, and diagnostics
//! for the platform's errors. It knows nothing about Bitbucket.

pub(super) mod entity_id;
pub mod identifier;
pub mod leaked_secret;
pub mod plan_queries;
pub(super) mod platform_error;
pub mod provider_data;
pub(super) mod rule;
pub mod secret_ref;
pub(super) mod target;
#[cfg(test)]
pub(crate) mod testing;
pub(super) mod wording;
