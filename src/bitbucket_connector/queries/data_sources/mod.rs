//! The data sources: one connector, all connectors of a scope, and the result of a connection test.
//!
//! None of them changes anything. Each parses its arguments ([`target`](crate::harness::target)), looks up connectors
//! ([`find`](super::find), [`pages`](super::pages)), and describes what it has found
//! ([`view`](super::view)).

pub(crate) mod connection_test;
pub(crate) mod connector;
pub(crate) mod connectors;

use std::collections::BTreeMap;

use tf_provider::data_source::DataSource;
use tf_provider::provider::Named;
use tf_provider::typed::Typed;

use crate::harness::provider_data::SharedProviderData;

/// Returns all data sources, by type name; `provider_data` is set when the provider is configured.
pub(crate) fn data_sources(provider_data: &SharedProviderData) -> Named<dyn DataSource> {
    let connector = connector::ConnectorDataSource(provider_data.clone());
    let connectors = connectors::ConnectorsDataSource(provider_data.clone());
    let test = connection_test::ConnectionTestDataSource(provider_data.clone());
    let connector: Box<dyn DataSource> = Box::new(Typed::new(connector::schema(), connector));
    let connectors: Box<dyn DataSource> = Box::new(Typed::new(connectors::schema(), connectors));
    let test: Box<dyn DataSource> = Box::new(Typed::new(connection_test::schema(), test));
    BTreeMap::from([
        (connector::TYPE_NAME, connector),
        (connectors::TYPE_NAME, connectors),
        (connection_test::TYPE_NAME, test),
    ])
}
