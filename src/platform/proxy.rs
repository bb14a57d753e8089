//! Through which proxy requests to an endpoint go, if through any: by the rules of the HTTP client itself, which reads
//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and on macOS and Windows the system's settings.

use hyper_util::client::proxy::matcher::Matcher;

use super::endpoint::Endpoint;
use super::text::harmless;

/// The proxy for this endpoint, as `scheme://host:port`, without the user and password that it may be used with; `None`
/// if requests go straight there, as they always do to this machine.
pub fn for_endpoint(endpoint: &Endpoint) -> Option<String> {
    chosen(&Matcher::from_system(), endpoint)
}

fn chosen(matcher: &Matcher, endpoint: &Endpoint) -> Option<String> {
    if endpoint.is_loopback() {
        return None;
    }
    let proxy = matcher.intercept(&endpoint.to_string().parse().ok()?)?;
    let uri = proxy.uri();
    // The authority may hold a password; host and port do not.
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    let text = match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    Some(harmless(&text, 300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_environment_choose_and_no_password_is_shown() {
        let matcher = Matcher::builder()
            .https("http://me:hunter2@proxy.example:3128")
            .http("http://plain.example")
            .no("internal.example,10.0.0.0/8")
            .build();
        for (endpoint, proxy) in [
            (
                "https://app.harness.io/gateway",
                Some("http://proxy.example:3128"),
            ),
            ("http://app.harness.io", Some("http://plain.example")),
            ("https://harness.internal.example", None),
            ("https://10.1.2.3", None),
            ("https://localhost:8443", None),
            ("http://127.0.0.1:1/gateway", None),
        ] {
            let endpoint = Endpoint::parse(endpoint).unwrap();
            assert_eq!(chosen(&matcher, &endpoint).as_deref(), proxy, "{endpoint}");
        }
    }
}
