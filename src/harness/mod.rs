//! What every Harness resource needs: names, references to secrets, rules and how they are written, queries while planning,
//! and errors of the platform in words. Knows no Bitbucket.

pub(super) mod entity_id;
pub mod identifier;
pub(super) mod leaked_secret;
pub mod plan_queries;
pub(super) mod platform_error;
pub mod provider_data;
pub(super) mod rule;
pub mod secret_ref;
pub(super) mod target;
pub(super) mod wording;
