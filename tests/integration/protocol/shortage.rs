//! A start, or a life, with scarce resources: no standard error, no directory for temporary files, no file descriptors.
//! It succeeds, or ends at once with a reason.

use std::path::Path;

use super::connector::small;
use super::host::Host;
use super::process::Launch;
use super::session::{Session, State};

#[tokio::test]
async fn without_standard_error_everything_goes_as_with_it() {
    let launch = || Launch::by_terraform().with("TF_LOG", "trace");
    // Closed from the start, so that the next file that is opened could take its number.
    let closed = launch().start_by("exec \"$0\" 2>&-").await;
    let host = Host::connect(closed).await;
    assert!(host.is_served().await);
    host.shut_down().await;
    // A pipe without a reader, as when a terminal is closed.
    let host = Host::connect(launch().start().await.without_reader_of_stderr().await).await;
    for _ in 0..3 {
        assert!(host.is_served().await);
    }
    host.shut_down().await;
}

#[tokio::test]
async fn a_place_for_temporary_files_that_cannot_be_written_to_is_passed_over() {
    // Not even an administrator can write there.
    for directory in ["/proc", "/no/such/directory", "/dev/null"] {
        let process = Launch::by_terraform()
            .with("TMPDIR", directory)
            .start()
            .await;
        let host = Host::connect(process).await;
        let socket = host.process.handshake().socket;
        assert!(socket.starts_with("/tmp"), "{}", socket.display());
        assert!(host.is_served().await);
        host.shut_down().await;
        assert!(!socket.parent().is_some_and(Path::exists));
    }
}

#[tokio::test]
async fn a_start_with_too_few_file_descriptors_ends_with_a_reason() {
    let mut refused = 0;
    for most in 4..20 {
        let line = format!("ulimit -n {most} && exec \"$0\"");
        let process = Launch::by_terraform().start_by(&line).await;
        if process.first_line.is_empty() {
            refused += 1;
            let ended = process.ended().await;
            assert_eq!(ended.status.code(), Some(1), "{most}: {ended:?}");
            assert!(
                ended.stderr.starts_with("terraform-provider-harness: "),
                "{most}: {ended:?}"
            );
            assert!(!ended.stderr.contains("panicked"), "{most}: {ended:?}");
            assert_eq!(ended.left_behind, Vec::<std::path::PathBuf>::new());
        } else {
            // What can be started can be ended.
            process.signal("TERM");
            process.ended_well().await;
        }
    }
    assert!(refused > 0, "four descriptors are too few");

    let process = Launch::by_terraform()
        .start_by("ulimit -n 20 && exec \"$0\"")
        .await;
    let host = Host::connect(process).await;
    assert!(host.is_served().await);
    host.shut_down().await;
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_keeps_the_state() {
    let session = Session::start().await;
    let state = session.bring(&State::none(), &small(&session.ty)).await;
    let session = session.restarted(&[("retry_timeout", "300ms")]).await;
    session.host.process.limit_descriptors(3);
    let read = session.read(&state).await;
    let said = super::session::sentences(&read.findings);
    assert!(
        said.len() == 1 && said[0].contains("no response"),
        "{said:#?}"
    );
    assert_eq!(read.state, state);
    session.host.process.limit_descriptors(1000);
    assert_eq!(session.read(&state).await.clean(), state);
    session.shut_down().await;
}
