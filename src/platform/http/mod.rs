//! How a request is sent: address, key, retries, rate, and errors.

pub(crate) mod api_key;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod operation;
pub mod proxy;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod throttle;
pub(crate) mod tls;
pub(crate) mod tls_problem;
pub(crate) mod transport;
