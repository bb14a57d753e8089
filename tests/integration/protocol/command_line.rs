//! The binary as people run it.

use std::path::PathBuf;

use serde_json::Value as Json;
use tf_provider::proto::go_plugin::Empty;
use tf_provider::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use tf_provider::proto::tfplugin5::get_metadata;

use super::host::{client, is_served, plain_channel};
use super::process::Launch;

const VERSION: &str = concat!("terraform-provider-harness ", env!("CARGO_PKG_VERSION"));

#[tokio::test]
async fn the_version_is_one_line() {
    let process = Launch::by_hand().argument("--version").start().await;
    assert_eq!(process.first_line, format!("{VERSION}\n"));
    assert_eq!(process.ended_well().await, "");
}

#[tokio::test]
async fn help_says_what_the_program_is_and_names_every_argument() {
    let process = Launch::by_hand().argument("--help").start().await;
    assert_eq!(process.first_line, format!("{VERSION}\n"));
    let ended = process.ended().await;
    assert!(ended.status.success());
    for expected in [
        "This is a provider",
        "dev_overrides",
        "--debug",
        "--version",
        "--help",
        "doctor",
        "review",
    ] {
        assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    }
    assert_eq!(ended.stderr, "");
}

#[tokio::test]
async fn an_argument_that_means_nothing_is_refused_with_those_that_do() {
    let process = Launch::by_hand().argument("serve").start().await;
    assert_eq!(process.first_line, "");
    let ended = process.ended().await;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        ended.stderr,
        "terraform-provider-harness: `serve` is not an option or command; expected nothing, or one of --debug, \
         --version, --help, doctor, export, or review\n"
    );
}

#[tokio::test]
async fn started_by_hand_it_explains_how_it_is_installed() {
    let wrong_cookie = Launch::by_hand().with("TF_PLUGIN_MAGIC_COOKIE", "open sesame");
    for launch in [Launch::by_hand(), wrong_cookie] {
        let process = launch.start().await;
        assert_eq!(process.first_line, "");
        let ended = process.ended().await;
        assert_eq!(ended.status.code(), Some(1));
        for expected in [
            "This is a provider",
            "\"harness-rs/harness\"",
            "~/.terraform.d/plugins/registry.terraform.io/harness-rs/harness/",
            "dev_overrides",
        ] {
            assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        }
    }
}

#[tokio::test]
async fn debug_serves_any_number_of_runs_until_ctrl_c() {
    let mut process = Launch::by_hand().argument("--debug").start().await;
    let mut line = process.first_line.clone();
    while !line.trim_start().starts_with("TF_REATTACH_PROVIDERS=") {
        line = process.next_line().await;
        assert_ne!(line, "", "the output ended without the variable");
    }
    let quoted = line
        .trim()
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap();
    let providers: Json = serde_json::from_str(quoted).unwrap();
    let entry = &providers["registry.terraform.io/harness-rs/harness"];
    assert_eq!(
        entry,
        &providers["registry.opentofu.org/harness-rs/harness"]
    );
    assert_eq!(entry["Protocol"], "grpc");
    assert_eq!(entry["ProtocolVersion"], 5);
    assert_eq!(entry["Test"], true);
    assert_eq!(entry["Addr"]["Network"], "unix");
    assert!(entry["Pid"].is_u64());
    let socket = PathBuf::from(entry["Addr"]["String"].as_str().unwrap());

    for _run_of_terraform in 0..2 {
        let channel = plain_channel(socket.clone());
        let metadata = client(&channel)
            .get_metadata(get_metadata::Request {})
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            metadata.resources[0].type_name,
            "harness_bitbucket_connector"
        );
        let mut controller = GrpcControllerClient::new(channel);
        controller.shutdown(Empty {}).await.unwrap();
    }
    assert!(is_served(&plain_channel(socket)).await);
    process.signal("INT");
    let ended = process.ended().await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.left_behind.is_empty(), "{ended:?}");
}
