//! The step Credentials in Harness's wizard: those of Git, and those of the API access.

pub(crate) mod api_access;
pub(crate) mod blocks;
pub(crate) mod http;
pub(super) mod secret_refs;
pub(crate) mod ssh;
pub(crate) mod username;
