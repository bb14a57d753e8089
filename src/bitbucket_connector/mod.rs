//! The resource type `harness_bitbucket_connector`, and what is offered beside it.
//!
//! | module | what it is |
//! |---|---|
//! | [`connector`] | what a connector is: schema, model, URL |
//! | [`checks`] | what is wrong with one: offline, while planning, and in the platform's answers |
//! | [`resource`] | how one is managed: plan, create, read, update, delete, import |
//! | [`queries`] | how one is found: data sources, list resource, action |
//! | [`functions`] | what the checks know, for configurations |
//!
//! A module depends on those above it only.

pub mod checks;
pub mod connector;
pub mod functions;
pub mod queries;
pub mod resource;
