//! The data sources: one connector, all connectors of a scope, and what a connection test finds now.
//!
//! None of them changes anything. Each takes its arguments apart ([`target`](crate::harness::target)), looks
//! ([`find`](super::find), [`pages`](super::pages)), and describes what it has found
//! ([`view`](super::view)).

pub(crate) mod connection_test;
pub(crate) mod connector;
pub(crate) mod connectors;

use std::collections::BTreeMap;

use tf_provider::data_source::{DataSource, Reading};
use tf_provider::diagnostic::Diagnostics;
use tf_provider::provider::Named;
use tf_provider::value::Value;

use crate::harness::provider_data::SharedProviderData;

/// All data sources, by their type names; `access` is opened when the provider is configured.
pub(crate) fn data_sources(access: &SharedProviderData) -> Named<dyn DataSource> {
    let connector: Box<dyn DataSource> =
        Box::new(connector::ConnectorDataSource::new(access.clone()));
    let connectors: Box<dyn DataSource> =
        Box::new(connectors::ConnectorsDataSource::new(access.clone()));
    let test: Box<dyn DataSource> = Box::new(connection_test::ConnectionTestDataSource::new(
        access.clone(),
    ));
    BTreeMap::from([
        (connector::TYPE_NAME, connector),
        (connectors::TYPE_NAME, connectors),
        (connection_test::TYPE_NAME, test),
    ])
}

/// What a look has brought.
fn reading(looked: Result<(Value, Diagnostics), Diagnostics>) -> Reading {
    match looked {
        Ok((state, diagnostics)) => Reading { state, diagnostics },
        Err(diagnostics) => Reading::failed(diagnostics),
    }
}

/// The findings, if there is an error among them: nothing is looked for under arguments that are wrong.
fn refuse_errors(findings: Diagnostics) -> Result<(), Diagnostics> {
    if findings.has_errors() {
        return Err(findings);
    }
    Ok(())
}
