//! Reading, writing, and overlaying, in tables and over all combinations.
//!
//! This file is long because its tests share one response of the platform and the table of combinations.

use serde_json::{Value, json};

use super::*;
use crate::response::governance::PolicyFinding;

/// Returns a connector as the platform does: with explicit nulls, and members that clients do not set.
fn returned() -> Value {
    json!({
        "name": "Bitbucket main", "identifier": "bitbucket_main", "description": "", "accountIdentifier": "acct",
        "orgIdentifier": "platform", "projectIdentifier": null, "tags": {"team": "core", "flag": ""},
        "type": "Bitbucket", "parentUniqueId": "u1", "uniqueId": "u2", "invented": {"a": [1]}, "inventedToo": null,
        "spec": {
            "url": "https://bitbucket.org/acme/", "type": "Account", "validationRepo": "app.git",
            "authentication": {"type": "Http", "invented": 1, "spec": {"type": "UsernamePassword", "invented": 2,
                "spec": {"username": "me", "usernameRef": null, "passwordRef": "account.pw", "invented": 3}}},
            "apiAccess": {"type": "UsernameToken", "spec": {"username": "me", "usernameRef": null, "tokenRef": "account.token", "invented": 4}},
            "delegateSelectors": ["b", "a", "b"], "executeOnDelegate": false, "proxy": true, "ignoreTestConnection": null
        }
    })
}

fn raw(value: Value) -> RawConnector {
    match value {
        Value::Object(members) => RawConnector::from_members(members),
        other => panic!("{other} is not an object"),
    }
}

/// Returns the notes about what could not be read.
fn notes(reading: &BitbucketReading) -> Vec<String> {
    reading.unknown.iter().map(ToString::to_string).collect()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn plain(name: &str) -> Option<TextOrRef> {
    Some(TextOrRef::Plain(name.to_owned()))
}

fn secret(name: &str) -> Option<TextOrRef> {
    Some(TextOrRef::Ref(name.to_owned()))
}

/// Returns a connector for every combination of settings.
fn combinations() -> Vec<BitbucketConnector> {
    let authentications = [
        Authentication::Http {
            username: plain("me"),
            password_ref: text("account.pw"),
        },
        Authentication::Http {
            username: secret("org.user"),
            password_ref: text("pw"),
        },
        Authentication::Ssh {
            ssh_key_ref: text("account.key"),
        },
    ];
    let accesses = [
        None,
        Some(ApiAccess::UsernameToken {
            username: plain("me"),
            token_ref: text("t"),
        }),
        Some(ApiAccess::UsernameToken {
            username: secret("u"),
            token_ref: text("t"),
        }),
        Some(ApiAccess::AccessToken {
            token_ref: text("t"),
        }),
        Some(ApiAccess::EmailAndApiToken {
            email: plain("me@example.com"),
            token_ref: text("t"),
        }),
        Some(ApiAccess::EmailAndApiToken {
            email: secret("e"),
            token_ref: text("t"),
        }),
    ];
    let mut all = Vec::new();
    for authentication in &authentications {
        for api_access in &accesses {
            for bits in 0..32_u32 {
                let on = |bit: u32| bits & (1 << bit) != 0;
                all.push(BitbucketConnector {
                    name: "N".to_owned(),
                    identifier: "n".to_owned(),
                    description: on(0).then(|| "d".to_owned()),
                    org: on(1).then(|| "o".to_owned()),
                    project: (on(1) && on(0)).then(|| "p".to_owned()),
                    tags: if on(2) {
                        [("k".to_owned(), String::new())].into()
                    } else {
                        [].into()
                    },
                    spec: BitbucketSpec {
                        url: "https://bitbucket.org/acme".to_owned(),
                        url_type: if on(3) {
                            UrlType::Account
                        } else {
                            UrlType::Repo
                        },
                        validation_repo: on(3).then(|| "r".to_owned()),
                        authentication: authentication.clone(),
                        api_access: api_access.clone(),
                        execute_on_delegate: on(4),
                        delegate_selectors: if on(2) {
                            ["a".to_owned()].into()
                        } else {
                            [].into()
                        },
                    },
                });
            }
        }
    }
    all
}

#[test]
fn what_the_platform_returns_is_read_whole() {
    let reading = raw(returned()).bitbucket();
    assert_eq!(notes(&reading), [""; 0]);
    assert_eq!(
        reading.connector,
        BitbucketConnector {
            name: "Bitbucket main".to_owned(),
            identifier: "bitbucket_main".to_owned(),
            description: text(""),
            org: text("platform"),
            project: None,
            tags: [
                ("flag".to_owned(), String::new()),
                ("team".to_owned(), "core".to_owned())
            ]
            .into(),
            spec: BitbucketSpec {
                url: "https://bitbucket.org/acme/".to_owned(),
                url_type: UrlType::Account,
                validation_repo: text("app.git"),
                authentication: Authentication::Http {
                    username: plain("me"),
                    password_ref: text("account.pw")
                },
                api_access: Some(ApiAccess::UsernameToken {
                    username: plain("me"),
                    token_ref: text("account.token")
                }),
                execute_on_delegate: false,
                delegate_selectors: ["a".to_owned(), "b".to_owned()].into(),
            },
        }
    );
}

#[test]
fn null_absent_and_empty_read_alike() {
    let read = |optional: Value| {
        let mut connector = returned();
        for name in ["orgIdentifier", "projectIdentifier"] {
            connector[name] = optional.clone();
        }
        connector["spec"]["validationRepo"] = optional.clone();
        connector["spec"]["authentication"]["spec"]["spec"]["usernameRef"] = optional;
        raw(connector).bitbucket()
    };
    let (null, empty) = (read(Value::Null), read(json!("")));
    let mut absent = returned();
    for name in ["orgIdentifier", "projectIdentifier"] {
        absent.as_object_mut().unwrap().remove(name);
    }
    absent["spec"]
        .as_object_mut()
        .unwrap()
        .remove("validationRepo");
    absent["spec"]["authentication"]["spec"]["spec"]
        .as_object_mut()
        .unwrap()
        .remove("usernameRef");
    assert_eq!(null, empty);
    assert_eq!(null, raw(absent).bitbucket());
    assert_eq!(notes(&null), [""; 0]);

    for (tags, selectors, execute, access) in [
        (Value::Null, Value::Null, Value::Null, Value::Null),
        (json!({}), json!([]), json!(true), Value::Null),
    ] {
        let mut connector = returned();
        connector["tags"] = tags;
        connector["spec"]["delegateSelectors"] = selectors;
        connector["spec"]["executeOnDelegate"] = execute;
        connector["spec"]["apiAccess"] = access;
        let reading = raw(connector).bitbucket();
        assert_eq!(notes(&reading), [""; 0]);
        assert!(reading.connector.tags.is_empty());
        assert!(reading.connector.spec.delegate_selectors.is_empty());
        assert!(reading.connector.spec.execute_on_delegate);
        assert_eq!(reading.connector.spec.api_access, None);
    }
}

#[test]
fn kinds_that_are_not_known_become_other_and_are_noted() {
    let cases: [(&str, Value, &str); 9] = [
        (
            "/spec/type",
            json!("Project"),
            "`spec.type` is \"Project\", which this version does not know",
        ),
        (
            "/spec/authentication/type",
            json!("Kerberos\u{7}"),
            "`spec.authentication.type` is \"Kerberos\", which this version does not know",
        ),
        (
            "/spec/authentication/spec/type",
            json!("OAuth"),
            "`spec.authentication.spec.type` is \"OAuth\", which this version does not know",
        ),
        (
            "/spec/apiAccess/type",
            json!("Passkey"),
            "`spec.apiAccess.type` is \"Passkey\", which this version does not know",
        ),
        (
            "/spec/apiAccess/type",
            Value::Null,
            "`spec.apiAccess.type` is missing where a string is expected",
        ),
        (
            "/spec",
            Value::Null,
            "`spec` is missing where an object is expected",
        ),
        (
            "/spec/apiAccess/spec",
            Value::Null,
            "`spec.apiAccess.spec` is missing where an object is expected",
        ),
        (
            "/spec/authentication/spec",
            Value::Null,
            "`spec.authentication.spec` is missing where an object is expected",
        ),
        (
            "/spec/authentication/spec/spec",
            Value::Null,
            "`spec.authentication.spec.spec` is missing where an object is expected",
        ),
    ];
    for (pointer, value, note) in cases {
        let mut connector = returned();
        *connector.pointer_mut(pointer).unwrap() = value;
        let reading = raw(connector).bitbucket();
        assert_eq!(notes(&reading), [note]);
    }
    let mut connector = returned();
    connector["spec"]["authentication"]["spec"]["type"] = json!("OAuth");
    connector["spec"]["apiAccess"] =
        json!({"type": "OAuth", "spec": {"tokenRef": "a", "refreshTokenRef": "b"}});
    let reading = raw(connector).bitbucket();
    assert_eq!(
        reading.connector.spec.authentication.type_name(),
        "Http/OAuth"
    );
    assert_eq!(reading.connector.spec.api_access, Some(ApiAccess::OAuth));
    assert_eq!(notes(&reading).len(), 1, "OAuth API access is known");
}

#[test]
fn members_that_a_later_platform_adds_are_nothing_to_note() {
    assert_eq!(raw(returned()).bitbucket().unknown, []);
    let ssh = raw(json!({"name": "n", "identifier": "i", "new": 0, "spec": {
        "url": "u", "type": "Repo", "new": 1,
        "authentication": {"type": "Ssh", "new": 2, "spec": {"sshKeyRef": "k", "new": 3}},
        "apiAccess": {"type": "AccessToken", "new": 4, "spec": {"tokenRef": "t", "new": 5}},
    }}));
    assert_eq!(ssh.bitbucket().unknown, []);
}

#[test]
fn flags_that_no_client_sets_are_read_where_they_are_true() {
    for (spec, proxy, ignore_test_connection, noted) in [
        (json!({}), false, false, 0),
        (
            json!({"proxy": null, "ignoreTestConnection": false}),
            false,
            false,
            0,
        ),
        (json!({"proxy": true}), true, false, 0),
        (json!({"ignoreTestConnection": true}), false, true, 0),
        (
            json!({"proxy": "true", "ignoreTestConnection": 1}),
            false,
            false,
            2,
        ),
    ] {
        let mut connector = returned();
        let members = connector["spec"].as_object_mut().unwrap();
        members.remove("proxy");
        members.extend(spec.as_object().unwrap().clone());
        let reading = raw(connector).bitbucket();
        assert_eq!(
            (
                reading.proxy,
                reading.ignore_test_connection,
                reading.unknown.len()
            ),
            (proxy, ignore_test_connection, noted),
            "{spec}"
        );
    }
}

#[test]
fn both_a_username_and_its_reference_show_the_name_and_a_note() {
    let mut connector = returned();
    connector["spec"]["authentication"]["spec"]["spec"]["usernameRef"] = json!("account.u");
    let reading = raw(connector).bitbucket();
    assert!(
        matches!(&reading.connector.spec.authentication, Authentication::Http { username, .. } if *username == plain("me"))
    );
    assert_eq!(
        notes(&reading)[0],
        "`spec.authentication.spec.spec.usernameRef` is set together with `username`, where only one of them is \
         expected"
    );
}

#[test]
fn no_member_of_any_json_type_makes_reading_or_overlaying_fail() {
    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), all)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, v)| pointers(v, &format!("{at}/{i}"), all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    pointers(&returned(), "", &mut all);
    let desired = combinations().remove(0);
    let mut read = 0;
    for pointer in all.iter().filter(|pointer| !pointer.is_empty()) {
        for odd in [
            json!(null),
            json!(7),
            json!(1.5),
            json!(true),
            json!("x"),
            json!([]),
            json!([[null]]),
            json!({}),
            json!({"type": 1, "spec": []}),
        ] {
            let mut connector = returned();
            *connector.pointer_mut(pointer).unwrap() = odd;
            let connector = raw(connector);
            let _ = (connector.bitbucket(), connector.connector_type().len());
            let after = connector.overlay(&desired, false);
            assert_eq!(after.bitbucket().connector, desired, "{pointer}");
            read += 1;
        }
    }
    assert!(read > 200, "{read}");
    assert_eq!(
        raw(json!({})).bitbucket().connector.spec.url_type,
        UrlType::Other(String::new())
    );
}

#[test]
fn what_is_written_reads_back_as_it_was() {
    for connector in combinations() {
        let reading = RawConnector::new(&connector).bitbucket();
        assert_eq!(reading.unknown, []);
        assert_eq!(reading.connector, connector);
    }
}

#[test]
fn nothing_empty_is_ever_sent_and_the_connectivity_mode_always_is() {
    fn empties(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Null => found.push(at.to_owned()),
            Value::String(text) if text.is_empty() => found.push(at.to_owned()),
            Value::Array(items) if items.is_empty() => found.push(at.to_owned()),
            Value::Object(members) if members.is_empty() => found.push(at.to_owned()),
            Value::Object(members) => members
                .iter()
                .for_each(|(k, v)| empties(v, &format!("{at}/{k}"), found)),
            Value::Array(items) => items.iter().for_each(|v| empties(v, at, found)),
            _ => {}
        }
    }
    for connector in combinations() {
        for written in [
            RawConnector::new(&connector),
            raw(returned()).overlay(&connector, false),
        ] {
            let mut found = Vec::new();
            empties(&Value::Object(written.members().clone()), "", &mut found);
            // An empty value stands for a tag without a value.
            found.retain(|at| at != "/tags/k");
            assert_eq!(found, Vec::<String>::new());
            assert_eq!(
                written.members()["spec"]["executeOnDelegate"],
                json!(connector.spec.execute_on_delegate)
            );
        }
    }
}

#[test]
fn a_new_connector_is_exactly_this_json() {
    let connector = BitbucketConnector {
        name: "Main".to_owned(),
        identifier: "main".to_owned(),
        description: None,
        org: text("o"),
        project: None,
        tags: [].into(),
        spec: BitbucketSpec {
            url: "ssh://git@bitbucket.example:7999/p/r.git".to_owned(),
            url_type: UrlType::Repo,
            validation_repo: None,
            authentication: Authentication::Ssh {
                ssh_key_ref: text("org.key"),
            },
            api_access: Some(ApiAccess::EmailAndApiToken {
                email: secret("org.mail"),
                token_ref: text("org.token"),
            }),
            execute_on_delegate: true,
            delegate_selectors: ["b".to_owned(), "a".to_owned()].into(),
        },
    };
    assert_eq!(
        Value::Object(RawConnector::new(&connector).members().clone()),
        json!({
            "type": "Bitbucket", "name": "Main", "identifier": "main", "orgIdentifier": "o",
            "spec": {
                "url": "ssh://git@bitbucket.example:7999/p/r.git", "type": "Repo",
                "authentication": {"type": "Ssh", "spec": {"sshKeyRef": "org.key"}},
                "apiAccess": {"type": "EmailAndApiToken", "spec": {"emailRef": "org.mail", "tokenRef": "org.token"}},
                "executeOnDelegate": true, "delegateSelectors": ["a", "b"]
            }
        })
    );
}

#[test]
fn an_overlay_shows_what_was_desired_and_loses_nothing_else() {
    for connector in combinations() {
        let after = raw(returned()).overlay(&connector, false);
        assert_eq!(after.bitbucket().connector, connector);
        let members = after.members();
        assert_eq!(members["invented"], json!({"a": [1]}));
        assert_eq!(members["spec"]["proxy"], json!(true));
        for assigned in ["accountIdentifier", "uniqueId", "parentUniqueId"] {
            assert!(!members.contains_key(assigned), "{assigned}");
        }
        let authentication = &members["spec"]["authentication"];
        match connector.spec.authentication {
            Authentication::Http { .. } => {
                assert_eq!(authentication["invented"], json!(1));
                assert_eq!(authentication["spec"]["invented"], json!(2));
                assert_eq!(authentication["spec"]["spec"]["invented"], json!(3));
            }
            _ => assert!(
                !authentication.to_string().contains("invented"),
                "another type replaces the object"
            ),
        }
        let kept = members["spec"]["apiAccess"]["spec"]["invented"] == json!(4);
        assert_eq!(
            kept,
            matches!(
                connector.spec.api_access,
                Some(ApiAccess::UsernameToken { .. })
            )
        );
    }
}

#[test]
fn what_could_not_be_read_stays_unless_the_setting_is_set() {
    let unset = BitbucketConnector {
        description: None,
        tags: [].into(),
        ..combinations().remove(0)
    };
    let mut set = unset.clone();
    set.description = text("d");
    set.tags = [("a".to_owned(), "x".to_owned())].into();
    set.spec.validation_repo = text("r");
    set.spec.execute_on_delegate = false;
    set.spec.delegate_selectors = ["eu".to_owned()].into();
    set.spec.api_access = Some(ApiAccess::AccessToken {
        token_ref: text("t"),
    });
    let unset = {
        let mut unset = unset;
        unset.spec.execute_on_delegate = true;
        unset
    };
    // A member, a value of the wrong type, and the value after the setting is set.
    let cases = [
        ("/description", json!({"de": "x"}), json!("d")),
        ("/tags", json!(["a"]), json!({"a": "x"})),
        (
            "/tags",
            json!({"a": 1, "b": [2]}),
            json!({"a": "x", "b": [2]}),
        ),
        ("/spec/validationRepo", json!(["r"]), json!("r")),
        ("/spec/executeOnDelegate", json!("no"), json!(false)),
        ("/spec/delegateSelectors", json!("eu"), json!(["eu"])),
        ("/spec/delegateSelectors", json!([7]), json!(["eu", 7])),
        (
            "/spec/apiAccess",
            json!("x"),
            json!({"type": "AccessToken", "spec": {"tokenRef": "t"}}),
        ),
    ];
    for (pointer, odd, once_set) in cases {
        let mut connector = returned();
        *connector.pointer_mut(pointer).unwrap() = odd.clone();
        let found = raw(connector);
        let member = |after: RawConnector| {
            let members = Value::Object(after.members().clone());
            members.pointer(pointer).cloned()
        };
        assert_eq!(member(found.overlay(&unset, false)), Some(odd), "{pointer}");
        assert_eq!(
            member(found.overlay(&set, false)),
            Some(once_set),
            "{pointer}"
        );
    }
}

#[test]
fn an_api_access_that_is_not_managed_or_cannot_be_written_stays_as_it_is() {
    let oauth = json!({"type": "OAuth", "spec": {"tokenRef": "a", "refreshTokenRef": "b", "invented": null}});
    let mut connector = returned();
    connector["spec"]["apiAccess"] = oauth.clone();
    connector["spec"]["authentication"] = json!({"type": "Kerberos", "spec": {"realm": "X"}});
    let found = raw(connector);
    let mut desired = found.bitbucket().connector;
    let same = found.overlay(&desired, false);
    assert_eq!(same.members()["spec"]["apiAccess"], oauth);
    assert_eq!(
        same.members()["spec"]["authentication"],
        json!({"type": "Kerberos", "spec": {"realm": "X"}})
    );
    for access in [
        None,
        Some(ApiAccess::AccessToken {
            token_ref: text("t"),
        }),
    ] {
        desired.spec.api_access = access;
        assert_eq!(
            found.overlay(&desired, true).members()["spec"]["apiAccess"],
            oauth
        );
        assert_ne!(
            found.overlay(&desired, false).members()["spec"].get("apiAccess"),
            Some(&oauth)
        );
    }
}

#[test]
fn a_connector_is_the_one_that_was_asked_for_only_in_its_own_scope() {
    let found = raw(returned());
    let in_scope = |org: Option<&str>, project: Option<&str>, identifier: &str| {
        let scope = Scope::from_ids(org, project).unwrap();
        found.is_for(&ConnectorRef::new(scope, identifier))
    };
    assert!(in_scope(Some("platform"), None, "bitbucket_main"));
    assert!(!in_scope(Some("platform"), None, "other"));
    assert!(!in_scope(None, None, "bitbucket_main"));
    assert!(!in_scope(Some("platform"), Some("p"), "bitbucket_main"));
    assert!(found.is_bitbucket());
    assert!(!raw(json!({"type": "Github"})).is_bitbucket());
    assert!(!raw(json!({})).is_bitbucket());
}

#[test]
fn debug_output_names_the_connector_and_none_of_its_settings() {
    assert_eq!(
        format!("{:?}", raw(returned())),
        "RawConnector { type: \"Bitbucket\", identifier: \"bitbucket_main\", .. }"
    );
    assert_eq!(
        format!("{:?} {:?}", plain("me"), secret("account.u")),
        "Some(Plain(..)) Some(Ref(\"account.u\"))"
    );
}

#[test]
fn governance_is_read_under_either_naming() {
    let policy = |messages: &str| json!({"policyName": "no-ssh", "status": "error", messages: ["use \u{1b}HTTP", 7]});
    let proto = json!({"id": "e1", "deny": true, "status": "error", "message": "denied",
        "details": [{"policySetName": "git", "policyMetadata": [policy("denyMessages"), {"policyName": "ok", "status": "pass"}]}]});
    let beans = json!({"id": "e1", "status": "error", "message": "denied",
        "detailsList": [{"policySetName": "git", "policyMetadataList": [policy("denyMessagesList")]}]});
    for value in [proto, beans] {
        let governance = Governance::read(&Object::of(&value)).unwrap();
        assert!(governance.deny);
        assert_eq!(
            governance.findings,
            [PolicyFinding {
                policy_set: "git".to_owned(),
                policy: "no-ssh".to_owned(),
                status: "error".to_owned(),
                messages: vec!["use HTTP".to_owned()],
            }]
        );
    }
    assert_eq!(Governance::read(&Object::of(&Value::Null)), None);
}

#[test]
fn a_status_of_never_has_no_times() {
    let mut data = json!({"connector": returned(), "createdAt": 1_700_000_000_000_i64, "lastModifiedAt": "soon",
        "status": {"status": "PENDING", "errorSummary": null, "errors": null, "testedAt": 0, "lastConnectedAt": 0}});
    let answer = ConnectorAnswer::take(&mut data).unwrap();
    assert_eq!(answer.created_at, Some(1_700_000_000_000));
    assert_eq!(answer.last_modified_at, None);
    assert_eq!(
        answer.status,
        ConnectivityDetails {
            state: ConnectivityState::Pending,
            ..ConnectivityDetails::default()
        }
    );
    assert_eq!(answer.governance, None);
}
