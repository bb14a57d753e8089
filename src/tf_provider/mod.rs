//! BEING A TERRAFORM PROVIDER: the process that Terraform starts, its protocol, values, schemas and findings.
//!
//! This room knows Terraform and nothing of Harness. It could be published as a framework of its own: a program
//! implements [`Provider`](provider::Provider) and [`Resource`](resource::Resource), and hands the provider to
//! [`rpc::Server`] and [`plugin`].
//!
//! | module | what it is |
//! |---|---|
//! | [`plugin`] | the go-plugin process: handshake, listener, TLS, broker, standard streams, logs |
//! | [`rpc`] | tfplugin5 ↔ domain, one thin function per RPC |
//! | [`proto`] | the generated messages |
//! | [`value`] | values with null and unknown, their types, msgpack and JSON |
//! | [`schema`] | declarations, and the planning steps that follow from them |
//! | [`diagnostic`], [`explained`] | findings with paths; what many of them share, explained once |
//! | [`provider`], [`resource`], [`data_source`], [`function`], [`list_resource`], [`action`] | the traits to implement |

pub mod action;
pub mod data_source;
pub mod diagnostic;
pub mod duration;
pub mod explained;
pub mod function;
pub mod list_resource;
pub mod plugin;
pub mod proto;
pub mod provider;
pub mod resource;
pub mod rpc;
pub mod schema;
pub mod value;
pub mod visible;
