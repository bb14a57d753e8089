//! Which client is admitted: the one host with the certificate in the environment.

use std::os::unix::fs::PermissionsExt as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::host::{Host, channel_of, is_served, plain_channel};
use super::process::{Identity, Launch, in_time};

#[tokio::test]
async fn only_the_host_with_the_expected_certificate_is_served() {
    let host = Host::start().await;
    let stranger = Identity::new();
    let socket = host.process.handshake().socket;
    for (who, channel) in [
        ("no certificate", channel_of(&host.process, None)),
        (
            "another certificate",
            channel_of(&host.process, Some(&stranger)),
        ),
        ("plain text", plain_channel(socket)),
    ] {
        assert!(!is_served(&channel).await, "{who}");
        assert!(host.is_served().await, "after {who}");
    }
    host.shut_down().await;
}

#[tokio::test]
async fn a_stranger_before_the_host_does_not_keep_the_host_out() {
    let process = Launch::by_terraform().start().await;
    let stranger = Identity::new();
    assert!(!is_served(&channel_of(&process, Some(&stranger))).await);
    let host = Host::connect(process).await;
    assert!(host.is_served().await);
    host.shut_down().await;
}

#[tokio::test]
async fn noise_on_the_socket_is_answered_with_its_end() {
    let host = Host::start().await;
    let socket = host.process.handshake().socket;
    let noise: [&[u8]; 4] = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 4096],
        &[0x16, 0x03, 0x01, 0xff, 0xff, 0x01],
    ];
    for bytes in noise {
        let mut stream = UnixStream::connect(&socket).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // A reset is an end as well.
        in_time("the end", stream.read_to_end(&mut answer))
            .await
            .ok();
        // At most a TLS alert: two bytes in a record of type 21.
        assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
        assert!(host.is_served().await);
    }
    host.shut_down().await;
}

#[tokio::test]
async fn the_socket_is_in_a_directory_that_no_one_else_can_enter() {
    let host = Host::start().await;
    let socket = host.process.handshake().socket;
    let directory = socket.parent().unwrap();
    assert_eq!(directory.parent().unwrap(), host.process.temporary());
    let mode = directory.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    host.shut_down().await;
}

#[tokio::test]
async fn a_host_without_certificate_is_served_in_the_private_directory() {
    let process = Launch::by_terraform()
        .with("PLUGIN_CLIENT_CERT", "")
        .start()
        .await;
    assert!(process.first_line.ends_with("|grpc|\n"), "no certificate");
    let channel = plain_channel(process.handshake().socket);
    assert!(is_served(&channel).await);
    process.signal("TERM");
    process.ended_well().await;
}
