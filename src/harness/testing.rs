//! What tests with the sandbox share.

use std::time::Duration;

use harness_platform::{ApiKey, ClientConfig, Endpoint};
use harness_sandbox::Running;

/// Returns the configuration of a client of the sandbox that spends this long on failed attempts.
pub(crate) fn config(sandbox: &Running, retry_timeout: Duration) -> ClientConfig {
    ClientConfig {
        endpoint: Endpoint::parse(&sandbox.endpoint()).unwrap(),
        account_id: sandbox.account_id().to_owned(),
        api_key: ApiKey::parse(sandbox.api_key()).unwrap(),
        user_agent: "test".to_owned(),
        request_timeout: Duration::from_secs(30),
        retry_timeout,
        max_requests_per_minute: None,
        ca_certificate_pem: None,
        proxy: None,
        log_filter: str::to_owned,
    }
}
