//! The real Terraform CLI.
//!
//! [`hosts`] says which one, [`cli`] runs it, [`hcl`] writes its configurations; each other module is one chapter of
//! the provider's promises. A test often runs many connectors through one story, each a row of a table, because a
//! Terraform command takes a third of a second whether it plans one of them or twenty.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "a test ends where something is not as it should be, and its tables are long"
)]

mod cli;
mod finding;
mod hcl;
mod hosts;
pub(crate) mod report;

mod access;
mod actions;
mod adoption;
mod changes;
mod check_blocks;
mod connection_test;
mod creation;
mod data_sources;
mod deletion;
mod drift;
mod drift_matrix;
mod empty_values;
mod examples;
mod export;
mod faults;
mod functions;
mod guides;
mod identities;
mod imports;
mod in_place;
mod installation;
#[cfg(target_os = "linux")]
mod killed;
mod leaks;
mod left_alone;
mod made_blocks;
mod many;
mod moves;
mod network;
#[cfg(target_os = "linux")]
mod network_mirror;
mod nights;
mod no_noise;
mod ownership;
mod plan_checks;
mod plan_output;
mod provider_configuration;
mod queries;
mod refusals;
mod review;
mod scopes_and_credentials;
mod scopes_below;
#[cfg(unix)]
mod started;
mod time_limits;
mod update;
mod validate;
mod who_changed;
