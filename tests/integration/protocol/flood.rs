//! Too many connections, streams, bytes, and nesting levels. The provider stays small, and continues to serve its host.

use tf_provider::proto::tfplugin5::{self as proto, DynamicValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::connector::small;
use super::host::{Host, channel_of, is_served};
use super::process::{Identity, in_time};
use super::session::{Session, State, TYPE_NAME, has_errors};

/// The memory limit for a process that serves one host.
const BOUND: u64 = 128 << 20;

#[tokio::test]
async fn a_thousand_connections_of_strangers_keep_the_host_from_nothing() {
    let host = Host::start().await;
    let socket = host.process.handshake().socket;
    // Some send nothing, some send garbage, and all of them stay connected.
    let mut strangers = Vec::new();
    for number in 0..1000 {
        let mut stranger = UnixStream::connect(&socket).await.unwrap();
        if number % 2 == 0 {
            // The other side may have disconnected already.
            stranger.write_all(&[0x16, 3, 1, 0xff]).await.ok();
        }
        strangers.push(stranger);
        if number % 250 == 0 {
            assert!(host.is_served().await, "with {number} strangers");
        }
    }
    assert!(host.is_served().await);
    let impostor = Identity::new();
    assert!(!is_served(&channel_of(&host.process, Some(&impostor))).await);
    assert!(host.is_served().await);
    let memory = host.process.peak_memory();
    assert!(memory < BOUND, "{memory} bytes");
    drop(strangers);
    assert!(host.is_served().await);
    host.shut_down().await;
}

#[tokio::test]
async fn a_thousand_calls_at_once_are_all_answered() {
    let session = Session::start().await;
    let config = session.encode(&small(&session.ty));
    let mut calls = JoinSet::new();
    for _ in 0..1000 {
        let mut client = session.host.provider.clone();
        let request = proto::validate_resource_type_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(config.clone()),
            client_capabilities: None,
        };
        calls.spawn(async move { client.validate_resource_type_config(request).await });
    }
    let answers = in_time("all answers", calls.join_all()).await;
    for answer in answers {
        assert!(!has_errors(&answer.unwrap().into_inner().diagnostics));
    }
    let memory = session.host.process.peak_memory();
    assert!(memory < BOUND, "{memory} bytes");
    session.shut_down().await;
}

#[tokio::test]
async fn oversized_messages_and_false_lengths_cost_no_memory() {
    let session = Session::start().await;
    let state = session.bring(&State::none(), &small(&session.ty)).await;
    let validate = |msgpack: Vec<u8>| {
        let mut client = session.host.provider.clone();
        let request = proto::validate_resource_type_config::Request {
            type_name: TYPE_NAME.to_owned(),
            config: Some(DynamicValue {
                msgpack,
                json: Vec::new(),
            }),
            client_capabilities: None,
        };
        async move { client.validate_resource_type_config(request).await }
    };
    // A string, an array, and a map with a declared length of four billion bytes or members, and no contents.
    for length in [
        vec![0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0xc9, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        let answer = validate(length).await.unwrap().into_inner();
        assert!(has_errors(&answer.diagnostics));
    }
    let answer = validate(vec![0x91; 4 << 20]).await.unwrap().into_inner();
    assert!(has_errors(&answer.diagnostics), "deep nesting");
    let memory = session.host.process.peak_memory();
    assert!(memory < BOUND, "{memory} bytes");
    assert_eq!(session.read(&state).await.clean(), state);
    session.shut_down().await;
}

/// Returns an HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn garbage_from_the_host_itself_ends_that_connection_and_no_other() {
    const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let host = Host::start().await;
    let settings = frame(4, 0, 0, &[]);
    let mut truncated = frame(1, 4, 1, &[0x82; 40]);
    truncated.truncate(12);
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 4096],
        [HELLO, &[0xff; 4096]].concat(),
        // A truncated frame; invalid headers; data of a stream that was never opened; a frame that is too long.
        [HELLO, &settings, &truncated].concat(),
        [HELLO, &settings, &frame(1, 4, 1, &[0xff; 64])].concat(),
        [
            HELLO,
            &settings,
            &frame(0, 0, 7, &[0, 0xff, 0xff, 0xff, 0xff]),
        ]
        .concat(),
        [HELLO, &settings, &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]].concat(),
    ] {
        let mut connection = host.another_connection().await;
        connection.write_all(&bytes).await.unwrap();
        connection.shutdown().await.ok();
        let mut answer = Vec::new();
        // A reset is an end as well.
        in_time("the end", connection.read_to_end(&mut answer))
            .await
            .ok();
        assert!(host.is_served().await, "after {bytes:?}");
    }
    let memory = host.process.peak_memory();
    assert!(memory < BOUND, "{memory} bytes");
    host.shut_down().await;
}
