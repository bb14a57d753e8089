//! The configuration of a client.

use std::time::Duration;

use crate::http::api_key::ApiKey;
use crate::http::endpoint::Endpoint;
use crate::http::proxy::Proxy;

/// The configuration of a client.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The base URL of the platform.
    pub endpoint: Endpoint,
    /// The account for all requests.
    pub account_id: String,
    /// The key.
    pub api_key: ApiKey,
    /// The `User-Agent`: products and versions.
    pub user_agent: String,
    /// The time limit of a request without its own.
    pub request_timeout: Duration,
    /// How long one operation may spend on failed attempts and waits.
    pub retry_timeout: Duration,
    /// A cap on requests per minute for the whole process.
    pub max_requests_per_minute: Option<u32>,
    /// PEM certificates to trust in addition to the system's roots.
    pub ca_certificate_pem: Option<Vec<u8>>,
    /// The proxy for all requests; see [`proxy::for_endpoint`](crate::http::proxy::for_endpoint).
    pub proxy: Option<Proxy>,
    /// Removes from a text of a body what must not be logged. Members whose names tell that they are secret are already
    /// hidden.
    pub log_filter: fn(&str) -> String,
}
