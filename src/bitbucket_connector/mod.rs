//! The resource type `harness_bitbucket_connector`, with its data sources, list resource, action, and functions.
//!
//! | module | what it covers |
//! |---|---|
//! | [`connector`] | what a connector is: schema, model, URL |
//! | [`checks`] | what can be wrong with one: offline, during a plan, and in the platform's responses |
//! | [`resource`] | how one is managed: plan, create, read, update, delete, import |
//! | [`queries`] | how one is found: data sources, list resource, action |
//! | [`functions`] | what the checks know, for configurations |
//!
//! A module depends only on those above it.

pub mod checks;
pub mod connector;
pub mod functions;
pub mod queries;
pub mod resource;
