//! Looks up connectors that are managed elsewhere: data sources, list resource, and action.

mod coverage;
pub(crate) mod data_sources;
pub(crate) mod filter;
pub(crate) mod find;
mod last_change;
pub mod list_resource;
pub(crate) mod pages;
pub(crate) mod test_action;
pub(crate) mod view;
pub(crate) mod walk;
