//! How Harness reaches Bitbucket, and how long an operation may take.

pub(crate) mod connectivity;
pub(crate) mod timeouts;
