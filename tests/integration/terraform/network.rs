//! The connection to the platform: failed connections, proxies, and unreadable variables.

use harness_sandbox::Scope;
use serde_json::json;

use super::cli::{Run, Workspace};
use super::hcl::Connector;
use super::hosts::test;
use crate::proxy::Proxy;

const APPLY: [&str; 4] = ["apply", "-json", "-input=false", "-auto-approve"];
const PASSWORD: &str = "hunter2hunter2";
/// A host that only a proxy could reach.
const ENDPOINT: (&str, &str) = ("HARNESS_ENDPOINT", "https://harness.invalid/gateway");

/// Returns a configuration whose first request is the creation.
fn configuration(provider: &str, connectors: &[Connector]) -> String {
    let connectors: Vec<String> = connectors.iter().map(Connector::to_string).collect();
    format!(
        "provider \"harness\" {{\n  plan_checks = false\n{provider}}}\n{}",
        connectors.join("\n")
    )
}

/// Asserts that nothing was created, and that Terraform knows it: no tainted resource, and nothing left to clean up.
fn nothing_is_left(workspace: &Workspace, run: &Run) {
    assert!(workspace.state().is_empty(), "{run}");
    assert_eq!(workspace.stored(&Scope::account(), "bb"), None, "{run}");
    assert!(!run.stdout.contains(PASSWORD), "{run}");
    assert!(!run.stderr.contains(PASSWORD), "{run}");
}

#[test]
fn of_an_endpoint_that_does_not_exist_the_endpoint_is_the_first_advice() {
    let short = configuration("  retry_timeout = \"1s\"\n", &[Connector::new("bb")]);
    let workspace = Workspace::new();
    workspace.write(&short);
    // The port of a closed listener.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let refused = format!("http://{}", port.local_addr().expect("it has one"));
    drop(port);
    for endpoint in [refused.as_str(), ENDPOINT.1] {
        let run = workspace
            .run_with(&[("HARNESS_ENDPOINT", endpoint)], &APPLY)
            .failed();
        run.error().says(
            "Connector was not created",
            &["NO_PROXY). The provider's `retry_timeout` ended the attempts."],
        );
    }
}

#[test]
fn a_hanging_connection_leaves_nothing_in_the_state() {
    let silent = Proxy::silent();
    let address = silent.address();
    let proxy = format!("http://me:{PASSWORD}@{address}");
    let through = format!("connecting to harness.invalid:443 through the proxy http://{address}");
    let short = "  request_timeout = \"1s\"\n  retry_timeout = \"1200ms\"\n";
    let limited = json!({"timeouts": {"create": "1s"}});
    let direct = format!("https://{address}/gateway");
    for (what, environment, provider, connector, said) in [
        (
            "a proxy that does not answer",
            vec![ENDPOINT, ("HTTPS_PROXY", &proxy)],
            short,
            Connector::new("bb"),
            through.clone(),
        ),
        (
            "a server that does not answer the first message of TLS",
            vec![("HARNESS_ENDPOINT", direct.as_str())],
            short,
            Connector::new("bb"),
            format!("connecting to {address}"),
        ),
        (
            "the time of the operation is over before that of the connection",
            vec![ENDPOINT, ("HTTPS_PROXY", &proxy)],
            "",
            Connector::new("bb").with(&limited),
            through,
        ),
    ] {
        let workspace = Workspace::new();
        workspace.write(&configuration(provider, &[connector]));
        let run = workspace.run_with(&environment, &APPLY).failed();
        let error = run.error();
        error.says("Connector was not created", &[&format!("timed out {said}")]);
        nothing_is_left(&workspace, &run);
        // With a connection, the next run creates it.
        workspace.try_apply().succeeded();
        assert!(
            workspace.stored(&Scope::account(), "bb").is_some(),
            "{what}"
        );
    }
}

#[test]
fn a_wrong_password_is_sent_to_the_proxy_once() {
    let proxy = Proxy::answering(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"",
    );
    let address = proxy.address();
    let url = format!("http://me:{PASSWORD}@{address}");
    let workspace = Workspace::new();
    let connectors = ["bb", "cc", "dd"].map(Connector::new);
    workspace.write(&configuration("", &connectors));
    for (endpoint, variable) in [
        ("https://harness.invalid/gateway", "https_proxy"),
        ("http://harness.invalid/gateway", "HTTP_PROXY"),
    ] {
        let before = proxy.requests().len();
        let environment = [("HARNESS_ENDPOINT", endpoint), (variable, url.as_str())];
        let run = workspace.run_with(&environment, &APPLY).failed();
        assert!(
            run.stdout.contains(&format!(
                "the proxy http://{address} on the way to harness.invalid:"
            )),
            "{run}"
        );
        assert!(
            run.stdout.contains("http://user:password@host:port"),
            "{run}"
        );
        nothing_is_left(&workspace, &run);
        assert_eq!(proxy.requests().len() - before, 1, "{run}");
    }
    for head in proxy.requests() {
        assert!(
            head.contains("roxy-authorization: Basic ")
                || head.contains("roxy-Authorization: Basic "),
            "{head}"
        );
    }
}

#[test]
fn a_proxy_that_is_not_there_ends_the_run_at_once() {
    let workspace = Workspace::new();
    workspace.write(&configuration("", &[Connector::new("bb")]));
    for (proxy, said) in [
        (
            "http://127.0.0.1:9",
            "the connection to the proxy http://127.0.0.1:9 on the way to harness.invalid:443 was refused",
        ),
        (
            "proxy.invalid:3128",
            "the host name of the proxy http://proxy.invalid:3128 on the way to harness.invalid:443 cannot be resolved",
        ),
    ] {
        let environment = [ENDPOINT, ("ALL_PROXY", proxy)];
        let run = workspace.run_with(&environment, &APPLY).failed();
        let error = run.error();
        error.says(
            "Connector was not created",
            &[said, "HTTPS_PROXY", "NO_PROXY"],
        );
        assert!(!error.detail.contains("attempts"), "{run}");
        nothing_is_left(&workspace, &run);
    }
}

#[test]
fn a_proxy_variable_that_cannot_be_read_is_an_error_that_names_it() {
    let workspace = Workspace::new();
    workspace.write(&configuration("", &[Connector::new("bb")]));
    for (variable, value, said) in [
        (
            "HTTPS_PROXY",
            format!("socks5://me:{PASSWORD}@127.0.0.1:1080"),
            "a SOCKS proxy",
        ),
        (
            "https_proxy",
            format!("http://me:{PASSWORD}@"),
            "not the URL of a proxy",
        ),
        (
            "ALL_PROXY",
            format!("me:{PASSWORD}@127.0.0.1:x"),
            "not the URL of a proxy",
        ),
        (
            "all_proxy",
            format!("ftp://{PASSWORD}"),
            "not `http` or `https`",
        ),
    ] {
        let environment = [ENDPOINT, (variable, value.as_str())];
        let run = workspace.run_with(&environment, &APPLY).failed();
        run.error().says(
            &format!("Invalid {variable}"),
            &[
                &format!("The environment variable {variable} cannot be used: "),
                said,
            ],
        );
        nothing_is_left(&workspace, &run);
        // Not used, so there is no error.
        let environment = [(variable, value.as_str())];
        workspace.run_with(&environment, &["validate"]).succeeded();
        workspace
            .run_with(&environment, &["plan", "-input=false"])
            .succeeded();
    }
}

#[test]
fn what_no_proxy_lists_is_reached_without_one() {
    let proxy = Proxy::answering("HTTP/1.1 503 Service Unavailable");
    let url = format!("http://{}", proxy.address());
    let workspace = Workspace::new();
    workspace.write(&configuration(
        "  retry_timeout = \"1ms\"\n",
        &[Connector::new("bb")],
    ));
    for (list, goes_through) in [
        ("*", false),
        ("invalid", false),
        (".invalid:443", false),
        ("harness.invalid:80,10.0.0.0/8", true),
    ] {
        let before = proxy.requests().len();
        let environment = [ENDPOINT, ("HTTPS_PROXY", &url), ("NO_PROXY", list)];
        let run = workspace.run_with(&environment, &APPLY).failed();
        let said = if goes_through {
            "did not open a connection"
        } else {
            "the host name in harness.invalid:443 cannot be resolved"
        };
        run.error().says("Connector was not created", &[said]);
        assert_eq!(
            proxy.requests().len() > before,
            goes_through,
            "{list}: {run}"
        );
    }
}

#[test]
fn an_answer_that_is_not_harness_s_names_the_proxy_that_may_have_given_it() {
    for head in [
        "HTTP/1.1 403 Forbidden",
        "HTTP/1.1 404 Not Found",
        "HTTP/1.1 200 OK",
        "HTTP/1.1 302 Found\r\nLocation: https://sso.example.com/",
        "HTTP/1.1 502 Bad Gateway",
    ] {
        let proxy = Proxy::answering(head);
        let url = format!("http://me:{PASSWORD}@{}", proxy.address());
        let workspace = Workspace::new();
        workspace.write(
            "provider \"harness\" {\n  retry_timeout = \"1ms\"\n}\n\
             data \"harness_bitbucket_connector\" \"bb\" {\n  identifier = \"bb\"\n}\n",
        );
        let environment = [
            ("HARNESS_ENDPOINT", "http://harness.invalid/gateway"),
            ("HTTP_PROXY", url.as_str()),
        ];
        let run = workspace.run_with(&environment, &APPLY).failed();
        let shown = format!("Requests go through the proxy http://{}.", proxy.address());
        let diagnostics = run.diagnostics();
        let error = diagnostics.iter().find(|found| found.severity == "error");
        assert!(
            error.is_some_and(|error| error.detail.contains(&shown)),
            "{head}: {run}"
        );
        nothing_is_left(&workspace, &run);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_with_invalid_unicode_is_an_error_before_requests() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let workspace = Workspace::new();
    workspace.write(&configuration("", &[Connector::new("bb")]));
    let bytes = OsStr::from_bytes(b"http://127.0.0.1:1/\xff");
    for (variable, name) in [
        ("HARNESS_ENDPOINT", "endpoint"),
        ("HARNESS_ACCOUNT_ID", "account_id"),
        ("HARNESS_PLATFORM_API_KEY", "platform_api_key"),
    ] {
        let run = workspace
            .run_with_bytes(&[(variable, bytes)], &APPLY)
            .failed();
        run.error().says(
            &format!("Invalid {name}"),
            &[&format!(
                "The environment variable {variable} cannot be used: it is not valid UTF-8"
            )],
        );
    }
    for variable in ["HTTPS_PROXY", "all_proxy", "NO_PROXY"] {
        let endpoint = (ENDPOINT.0, OsStr::new(ENDPOINT.1));
        let run = workspace
            .run_with_bytes(&[endpoint, (variable, bytes)], &APPLY)
            .failed();
        run.error().says(
            &format!("Invalid {variable}"),
            &[&format!(
                "The environment variable {variable} cannot be used: it is not valid UTF-8"
            )],
        );
    }
    assert!(workspace.platform.requests().is_empty());
    // A variable that does not concern the connection to Harness does no harm.
    let harmless = [
        ("TF_LOG_PROVIDER_HARNESS", bytes),
        ("SSL_CERT_FILE", bytes),
        ("SSL_CERT_DIR", bytes),
        ("HTTPS_PROXY", bytes),
    ];
    workspace.run_with_bytes(&harmless, &APPLY).succeeded();
}

#[test]
fn blanks_around_the_account_id_do_not_matter() {
    let workspace = Workspace::new();
    workspace.write(&configuration("", &[Connector::new("bb")]));
    let account = format!(" {}\n", workspace.platform.account_id());
    let environment = [("HARNESS_ACCOUNT_ID", account.as_str())];
    workspace.run_with(&environment, &APPLY).succeeded();
    workspace.settled();
    for request in workspace.platform.requests() {
        assert_eq!(
            request.status,
            Some(200),
            "{} {}",
            request.method,
            request.path
        );
    }
}
