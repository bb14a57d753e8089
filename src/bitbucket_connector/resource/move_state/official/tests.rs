#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "tables are long, and their literals are given away"
)]

use serde_json::{Value as Json, json};

use super::*;
use crate::bitbucket_connector::connector::schema::schema;

/// Returns a state as the official provider stores it after a refresh: an HTTP connector of the account.
fn official() -> Json {
    json!({
        "id": "bb",
        "identifier": "bb",
        "name": "Bitbucket",
        "description": "",
        "org_id": "",
        "project_id": "",
        "tags": [],
        "url": "https://bitbucket.org/acme/web.git",
        "connection_type": "Repo",
        "validation_repo": "",
        "delegate_selectors": [],
        "credentials": [{
            "http": [{"username": "jdoe", "username_ref": "", "password_ref": "account.token"}],
            "ssh": [],
        }],
        "api_authentication": [],
    })
}

/// Returns the converted state.
fn ours() -> Json {
    json!({
        "id": "bb",
        "ref": "account.bb",
        "unmanaged": [],
        "identifier": "bb",
        "name": "Bitbucket",
        "description": null,
        "org_id": null,
        "project_id": null,
        "tags": null,
        "url_type": "Repository",
        "connection_type": "HTTP",
        "url": "https://bitbucket.org/acme/web.git",
        "test_repository": null,
        "credentials": {
            "http": {"username": "jdoe", "username_ref": null, "password_ref": "account.token"},
            "ssh": null,
        },
        "api_access": null,
        "connectivity_mode": "Delegate",
        "delegate_selectors": null,
        "connection_test": null,
        "force_delete": null,
        "timeouts": null,
    })
}

/// Returns an object with some members replaced.
fn with(mut object: Json, members: Json) -> Json {
    let (Json::Object(all), Json::Object(members)) = (&mut object, members) else {
        panic!("two objects are expected");
    };
    all.extend(members);
    object
}

fn source(state: &Json) -> MoveSource {
    MoveSource {
        provider_address: "registry.terraform.io/harness/harness".to_owned(),
        type_name: SOURCE_TYPE.to_owned(),
        schema_version: 0,
        state: state.to_string().into_bytes(),
        private: Vec::new(),
        target_type_name: TYPE_NAME.to_owned(),
    }
}

/// Returns the moved state as Terraform stores it, and the summaries of the diagnostics.
fn moved(state: &Json) -> (Json, Vec<String>) {
    let schema = schema();
    let moved = move_state(&source(state), &schema).unwrap();
    assert_eq!(moved.private, b"{\"moved\":true}");
    assert!(!moved.diagnostics.has_errors());
    let bytes = json::encode(&moved.state, &schema.ty()).unwrap();
    let summaries = moved.diagnostics.into_iter().map(|finding| finding.summary);
    (serde_json::from_slice(&bytes).unwrap(), summaries.collect())
}

fn refusal(source: &MoveSource) -> Diagnostic {
    let findings = move_state(source, &schema()).unwrap_err();
    let found: Vec<_> = findings.into_iter().collect();
    assert_eq!(found.len(), 1);
    found.into_iter().next().unwrap()
}

fn api_access(block: &str, members: Json) -> Json {
    let none = json!({"username_token": null, "email_and_api_token": null, "access_token": null});
    json!({"api_access": with(none, json!({block: members}))})
}

#[test]
fn each_member_becomes_what_a_configuration_that_says_the_same_has() {
    let api = |members: Json| json!({"api_authentication": [members]});
    let rows = [
        ("as it is", json!({}), json!({})),
        (
            "texts",
            json!({"name": "N", "description": "D", "url": "U"}),
            json!({"name": "N", "description": "D", "url": "U"}),
        ),
        (
            "account with its test repository",
            json!({"connection_type": "Account", "validation_repo": "web.git"}),
            json!({"url_type": "Account", "test_repository": "web.git"}),
        ),
        (
            "a URL type that only an import can have brought",
            json!({"connection_type": "Project"}),
            json!({"url_type": "Project"}),
        ),
        (
            "organization",
            json!({"org_id": "default"}),
            json!({"org_id": "default", "id": "default/bb", "ref": "org.bb"}),
        ),
        (
            "project",
            json!({"org_id": "default", "project_id": "web"}),
            json!({"org_id": "default", "project_id": "web", "id": "default/web/bb", "ref": "bb"}),
        ),
        (
            "tags",
            json!({"tags": ["team:web", "critical", "url:https://x:1", "empty:", "a:1", "a:2"]}),
            json!({"tags": {
                "team": "web", "critical": "", "url": "https://x:1", "empty": "", "a": "2",
            }}),
        ),
        (
            "selectors",
            json!({"delegate_selectors": ["linux", "eu"]}),
            json!({"delegate_selectors": ["eu", "linux"]}),
        ),
        (
            "username in a secret",
            json!({"credentials": [{"ssh": [], "http": [
                {"username": "", "username_ref": "account.user", "password_ref": "Account.token"},
            ]}]}),
            json!({"credentials": {"ssh": null, "http": {
                "username": null, "username_ref": "account.user", "password_ref": "Account.token",
            }}}),
        ),
        (
            "SSH",
            json!({"credentials": [{"http": [], "ssh": [{"ssh_key_ref": "account.key"}]}]}),
            json!({
                "connection_type": "SSH",
                "credentials": {"http": null, "ssh": {"ssh_key_ref": "account.key"}},
            }),
        ),
        (
            "SSH beside a list that is null",
            json!({"credentials": [{"http": null, "ssh": [{"ssh_key_ref": "account.key"}]}]}),
            json!({
                "connection_type": "SSH",
                "credentials": {"http": null, "ssh": {"ssh_key_ref": "account.key"}},
            }),
        ),
        (
            "username and token",
            api(json!({
                "auth_type": "UsernameToken", "username": "jdoe", "username_ref": "",
                "email": "", "email_ref": "", "token_ref": "account.api",
            })),
            api_access(
                "username_token",
                json!({"username": "jdoe", "username_ref": null, "token_ref": "account.api"}),
            ),
        ),
        (
            "username and token of an older release",
            api(
                json!({"username": "", "username_ref": "account.user", "token_ref": "account.api"}),
            ),
            api_access(
                "username_token",
                json!({"username": null, "username_ref": "account.user", "token_ref": "account.api"}),
            ),
        ),
        (
            "username and token, the type null or empty",
            api(
                json!({"auth_type": "", "username": "jdoe", "username_ref": null, "token_ref": "t"}),
            ),
            api_access(
                "username_token",
                json!({"username": "jdoe", "username_ref": null, "token_ref": "t"}),
            ),
        ),
        (
            "access token",
            api(json!({
                "auth_type": "AccessToken", "username": "", "username_ref": "",
                "email": "", "email_ref": "", "token_ref": "account.api",
            })),
            api_access("access_token", json!({"token_ref": "account.api"})),
        ),
        (
            "email",
            api(json!({
                "auth_type": "EmailAndApiToken", "username": "", "username_ref": "",
                "email": "j@acme.com", "email_ref": "", "token_ref": "account.api",
            })),
            api_access(
                "email_and_api_token",
                json!({"email": "j@acme.com", "email_ref": null, "token_ref": "account.api"}),
            ),
        ),
        (
            "email in a secret",
            api(json!({
                "auth_type": "EmailAndApiToken", "username": "", "username_ref": "",
                "email": "", "email_ref": "account.mail", "token_ref": "account.api",
            })),
            api_access(
                "email_and_api_token",
                json!({"email": null, "email_ref": "account.mail", "token_ref": "account.api"}),
            ),
        ),
        (
            "before the first refresh",
            json!({"tags": null, "delegate_selectors": null, "api_authentication": null}),
            json!({}),
        ),
        ("a member that is newer", json!({"proxy": true}), json!({})),
    ];
    for (name, there, here) in rows {
        let (state, findings) = moved(&with(official(), there));
        assert_eq!(state, with(ours(), here), "{name}");
        assert_eq!(findings, [""; 0], "{name}");
    }
}

#[test]
fn members_that_older_releases_lack_count_as_not_set() {
    for name in [
        "id",
        "description",
        "org_id",
        "project_id",
        "tags",
        "validation_repo",
        "delegate_selectors",
        "api_authentication",
    ] {
        let mut older = official();
        older.as_object_mut().unwrap().remove(name).unwrap();
        assert_eq!(moved(&older), (ours(), Vec::new()), "{name}");
    }
}

#[test]
fn api_access_of_a_newer_kind_is_not_managed_and_is_a_warning() {
    let newer = json!({"api_authentication": [{"auth_type": "OAuth", "token_ref": "account.api"}]});
    let (state, findings) = moved(&with(official(), newer));
    assert_eq!(state, ours());
    assert_eq!(findings, ["API access is kept but not managed"]);
}

#[test]
fn the_provider_is_known_under_every_spelling_that_a_host_sends() {
    for address in [
        "registry.terraform.io/harness/harness",
        "registry.opentofu.org/harness/harness",
        "mirror.acme.com:8443/harness/harness",
        "harness/harness",
        "harness",
        // The other instances of a resource whose first instance OpenTofu has moved.
        "registry.opentofu.org/harness-rs/harness",
        "harness-rs/harness",
    ] {
        let source = MoveSource {
            provider_address: address.to_owned(),
            ..source(&official())
        };
        assert!(move_state(&source, &schema()).is_ok(), "{address}");
    }
}

#[test]
fn similar_addresses_are_refused_and_only_valid_ones_suggested() {
    for (address, proposed) in [
        ("someone/harness", Some("someone/harness harness/harness")),
        ("harness/other", Some("harness/other harness/harness")),
        (
            "registry.terraform.io/-/harness",
            Some("registry.terraform.io/-/harness registry.terraform.io/harness/harness"),
        ),
        ("harnessed", None),
        ("", None),
        ("/harness", None),
        ("harness/harness/", None),
        ("a/b/harness/harness", None),
        ("evil host/harness/other", None),
        ("registry.terraform.io/harness/harness\n", None),
    ] {
        let finding = refusal(&MoveSource {
            provider_address: address.to_owned(),
            ..source(&official())
        });
        assert_eq!(finding.summary, "State of another provider", "{address}");
        let advice = finding.detail.split("replace-provider ").nth(1);
        let advice = advice.map(|rest| rest.lines().next().unwrap());
        assert_eq!(advice, proposed, "{address}");
        assert!(finding.detail.contains("import {"), "{address}");
    }
}

#[test]
fn another_source_is_refused_with_what_to_write() {
    let official = source(&official());
    let of = |provider: &str, type_name: &str, schema_version| MoveSource {
        provider_address: provider.to_owned(),
        type_name: type_name.to_owned(),
        schema_version,
        ..official.clone()
    };
    let here = "registry.terraform.io/harness/harness";
    for (source, summary, parts) in [
        (
            of(here, "harness_platform_connector_github", 0),
            "State cannot be moved",
            ["harness_platform_connector_github", SOURCE_TYPE],
        ),
        (
            of("registry.terraform.io/acme/harness", SOURCE_TYPE, 0),
            "State of another provider",
            [
                "replace-provider registry.terraform.io/acme/harness registry.terraform.io/harness/harness",
                "destroy = false",
            ],
        ),
        (
            of("registry.terraform.io/harness/harness/x", SOURCE_TYPE, 0),
            "State of another provider",
            ["harness/harness/x", "import {"],
        ),
        (
            of(here, SOURCE_TYPE, 1),
            "State of a newer official provider",
            ["schema version 1", "import {"],
        ),
    ] {
        let finding = refusal(&source);
        assert_eq!(finding.summary, summary);
        for part in parts {
            assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
        }
    }
}

#[test]
fn a_state_of_another_type_is_refused_with_the_reason() {
    let http = json!([{"username": "u", "password_ref": "account.p"}]);
    let ssh = json!([{"ssh_key_ref": "account.k"}]);
    for (members, reason) in [
        (json!({"identifier": ""}), "`identifier` is not set"),
        (json!({"name": null}), "`name` is not set"),
        (json!({"url": ""}), "`url` is not set"),
        (
            json!({"connection_type": null}),
            "`connection_type` is not set",
        ),
        (json!({"credentials": []}), "`credentials` is not set"),
        (
            json!({"credentials": [null]}),
            "`credentials` has an element that is null",
        ),
        (
            json!({"credentials": [{"http": [], "ssh": []}]}),
            "neither or both of `http` and `ssh`",
        ),
        (
            json!({"credentials": [{"http": http, "ssh": ssh}]}),
            "neither or both of `http` and `ssh`",
        ),
        (
            json!({"credentials": [{"ssh": [ssh[0], ssh[0]]}]}),
            "`ssh` has 2 blocks where one is expected",
        ),
        (
            json!({"tags": [null]}),
            "`tags` has an element that is null",
        ),
        (
            json!({"tags": {"a": "b"}}),
            "tags: expected a set, found an object",
        ),
        (
            json!({"project_id": "web"}),
            "project \"web\" is set without its organization",
        ),
        (
            json!({"credentials": {"http": {}}}),
            "credentials: expected a list, found an object",
        ),
    ] {
        let finding = refusal(&source(&with(official(), members)));
        assert_eq!(finding.summary, "State cannot be moved");
        for part in [reason, "Nothing was changed", "destroy = false"] {
            assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
        }
    }
    for state in [&b""[..], b"null", b"[]", b"{\"identifier\"", b"\xff"] {
        let source = MoveSource {
            state: state.to_vec(),
            ..source(&official())
        };
        assert_eq!(
            refusal(&source).summary,
            "State cannot be moved",
            "{state:?}"
        );
    }
}

/// Collects the paths of everything in a JSON value.
fn places(value: &Json, at: &str, found: &mut Vec<String>) {
    let members: Vec<(String, &Json)> = match value {
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (step, value) in members {
        let place = format!("{at}/{step}");
        places(value, &place, found);
        found.push(place);
    }
}

#[test]
fn any_member_value_is_refused_or_moved_to_fit_the_schema() {
    let full = with(
        official(),
        json!({
            "tags": ["a:b"],
            "delegate_selectors": ["eu"],
            "api_authentication": [{"auth_type": "AccessToken", "token_ref": "account.t"}],
        }),
    );
    let mut all = Vec::new();
    places(&full, "", &mut all);
    assert!(all.len() > 20);
    let (mut accepted, mut refused) = (0, 0);
    for place in all {
        for other in [
            json!(null),
            json!(true),
            json!(7),
            json!("x"),
            json!([]),
            json!([null]),
            json!([{}]),
            json!({}),
        ] {
            let mut state = full.clone();
            *state.pointer_mut(&place).unwrap() = other;
            match move_state(&source(&state), &schema()) {
                Ok(moved) => {
                    json::encode(&moved.state, &schema().ty()).unwrap();
                    accepted += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(accepted > 30 && refused > 100, "{accepted} {refused}");
}
