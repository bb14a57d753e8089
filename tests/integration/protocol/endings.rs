//! How the process ends, and what does not end it.

use super::host::Host;
use super::process::{Launch, PROMPTLY, until};

#[tokio::test]
async fn shutdown_ends_the_process_with_success_and_without_a_trace() {
    let host = Host::start().await;
    let socket = host.process.handshake().socket;
    assert!(socket.exists());
    let log = host.shut_down().await;
    assert!(!socket.exists());
    assert_eq!(log, "", "without TF_LOG only errors are logged");
}

#[tokio::test]
async fn a_host_that_goes_away_without_a_word_ends_the_process() {
    let host = Host::start().await;
    let ended = host.die().ended().await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.left_behind.is_empty(), "{ended:?}");
    // The plugin gives the host a moment to reconnect.
    assert!(ended.took < PROMPTLY * 2, "{ended:?}");
}

#[tokio::test]
async fn a_host_that_is_killed_while_its_connection_stays_open_ends_the_process() {
    let host = Host::connect(Launch::by_terraform().start_from_shell().await).await;
    let socket = host.process.handshake().socket;
    host.process.signal("KILL");
    until("the end of the orphan", || !socket.exists()).await;
    // The connection existed until the end; this waits for standard output to be closed.
    let ended = host.die().ended().await;
    assert!(ended.left_behind.is_empty(), "{ended:?}");
    assert!(ended.took < PROMPTLY, "{ended:?}");
}

#[tokio::test]
async fn an_interrupt_or_a_closed_terminal_ends_nothing() {
    let host = Host::start().await;
    for signal in ["INT", "HUP", "INT"] {
        host.process.signal(signal);
        assert!(host.is_served().await, "after {signal}");
    }
    host.shut_down().await;
}

#[tokio::test]
async fn sigterm_ends_the_process_cleanly_with_a_connected_host() {
    let host = Host::start().await;
    host.process.signal("TERM");
    let connection = host.channel.clone();
    host.die().ended_well().await;
    drop(connection);
}

#[tokio::test]
async fn a_host_that_speaks_no_version_5_reads_why_nothing_is_served() {
    for offered in ["6", "4,6", "7"] {
        let process = Launch::by_terraform()
            .with("PLUGIN_PROTOCOL_VERSIONS", offered)
            .start()
            .await;
        assert_eq!(process.first_line, "");
        let ended = process.ended().await;
        assert_eq!(ended.status.code(), Some(1));
        assert!(ended.left_behind.is_empty());
        assert_eq!(
            ended.stderr,
            format!(
                "terraform-provider-harness: cannot run as a plugin of the program that started it: Terraform supports \
                 the plugin protocol versions {offered}, but this provider needs version 5; use Terraform 1.0 or \
                 later\n"
            )
        );
    }
}

#[tokio::test]
async fn an_environment_that_cannot_be_served_is_named() {
    for (name, value, expected) in [
        (
            "PLUGIN_CLIENT_CERT",
            "none",
            "PLUGIN_CLIENT_CERT has no certificate",
        ),
        ("PLUGIN_MIN_PORT", "many", "PLUGIN_MIN_PORT is `many`"),
        (
            "PLUGIN_MAX_PORT",
            "1",
            "expected PLUGIN_MIN_PORT to be at most",
        ),
        ("PLUGIN_UNIX_SOCKET_GROUP", "no such group", "no such group"),
    ] {
        let ended = Launch::by_terraform().with(name, value).start().await;
        let ended = ended.ended().await;
        assert_eq!(ended.status.code(), Some(1), "{name}");
        assert!(ended.stderr.contains(expected), "{name}: {}", ended.stderr);
        assert!(ended.left_behind.is_empty(), "{name}");
    }
}
