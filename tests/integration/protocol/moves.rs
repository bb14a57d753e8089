//! Moves in the hosts' order of calls: before the provider is configured, with one call for each instance.

use serde_json::json;
use tf_provider::proto::tfplugin5 as proto;
use tf_provider::value::Value;

use super::connector::large;
use super::process::Launch;
use super::session::{Session, State, TYPE_NAME, has_errors, sentences};

const OFFICIAL: &str = "harness_platform_connector_bitbucket";

/// Returns the move of an instance of the official provider's resource at this address.
fn of_official(address: &str, identifier: &str) -> proto::move_resource_state::Request {
    let state = json!({
        "id": identifier, "identifier": identifier, "name": identifier, "description": "", "org_id": "",
        "project_id": "", "tags": null, "url": "https://bitbucket.org/acme/web.git", "connection_type": "Repo",
        "validation_repo": "", "delegate_selectors": [], "api_authentication": [],
        "credentials": [{"ssh": [], "http": [
            {"username": "jdoe", "username_ref": "", "password_ref": "account.bitbucket_token"},
        ]}],
    });
    proto::move_resource_state::Request {
        source_provider_address: address.to_owned(),
        source_type_name: OFFICIAL.to_owned(),
        source_state: Some(proto::RawState {
            json: state.to_string().into_bytes(),
            ..Default::default()
        }),
        target_type_name: TYPE_NAME.to_owned(),
        ..Default::default()
    }
}

/// OpenTofu stores the provider's address once for all instances: after the first one has moved, the others arrive with
/// the old type and the new address. Versions 1.10.0 to 1.12.3 send only the last part of the address.
#[tokio::test]
async fn instances_move_in_the_order_and_with_the_addresses_of_every_host() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for (first, others) in [
        (
            "registry.terraform.io/harness/harness",
            "registry.terraform.io/harness/harness",
        ),
        (
            "registry.opentofu.org/harness/harness",
            "registry.opentofu.org/harness-rs/harness",
        ),
        ("harness/harness", "harness-rs/harness"),
        ("harness", "harness"),
    ] {
        let addresses = [first].into_iter().chain([others; 19]);
        for (number, address) in addresses.enumerate() {
            let identifier = format!("bb{number}");
            let moved = session.call_move(of_official(address, &identifier)).await;
            let state = moved.clean();
            assert_eq!(state.text("identifier"), Some(&*identifier), "{address}");
            assert_eq!(state.value.get("unmanaged"), Some(&Value::set([])));
        }
    }
    for address in [
        "harnessed",
        "someone/harness",
        "registry.terraform.io/someone/harness",
        "harness/other",
        "registry.terraform.io/harness/other",
    ] {
        let refused = session.call_move(of_official(address, "bb")).await;
        assert!(has_errors(&refused.findings), "{address}");
        let said = sentences(&refused.findings).join("\n");
        let written = said.contains("replace-provider");
        assert_eq!(written, address.contains('/'), "{said}");
    }
    session.shut_down().await;
}

#[tokio::test]
async fn this_type_under_another_address_moves_with_its_private_state() {
    let session = Session::start().await;
    let created = session.bring(&State::none(), &large(&session.ty)).await;
    for address in [
        "registry.opentofu.org/harness-rs/harness",
        "mirror.example.com/harness-rs/harness",
        "harness-rs/harness",
        "harness",
    ] {
        let moved = session.move_state(address, TYPE_NAME, &created).await;
        let moved = moved.clean();
        assert_eq!(moved, created, "{address}");
        assert_eq!(session.read(&moved).await.clean(), created);
    }
    session.shut_down().await;
}
