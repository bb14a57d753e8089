//! Reads the exported text back with hcl-edit's parser, and compares it with Harness's values.
//!
//! This file is long because its tests share that reader and the states of the official provider.

use harness_platform::{ConnectivityDetails, ConnectorAnswer, ConnectorRef, RawConnector};
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::found::Found;
use super::hcl::{Content, Key, Value};
use super::*;

/// A text that looks like a token.
const API_TOKEN: &str = "ATATT3xFfGF0q1w2e3";

fn answer(connector: Json) -> ConnectorAnswer {
    let Json::Object(members) = connector else {
        panic!("{connector} is not an object")
    };
    ConnectorAnswer {
        connector: RawConnector::from_members(members),
        created_at: None,
        last_modified_at: None,
        status: ConnectivityDetails::default(),
        governance: None,
    }
}

/// Returns a connector with members changed by a merge patch.
fn connector(patch: &Json) -> ConnectorAnswer {
    let mut connector = json!({
        "name": "Bitbucket", "identifier": "bb", "type": "Bitbucket", "description": "", "tags": {},
        "spec": {
            "url": "https://bitbucket.org/acme/web.git", "type": "Repo", "executeOnDelegate": true,
            "delegateSelectors": [],
            "authentication": {"type": "Http", "spec": {"type": "UsernamePassword", "spec": {
                "username": "x-token-auth", "usernameRef": null, "passwordRef": "account.token"}}},
        },
    });
    merge(&mut connector, patch);
    answer(connector)
}

fn merge(target: &mut Json, patch: &Json) {
    match (target, patch) {
        (Json::Object(target), Json::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Json::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

fn found(connectors: Vec<ConnectorAnswer>) -> Export {
    let connectors = connectors.into_iter().map(|answer| {
        let (org, project) = (answer.connector.org(), answer.connector.project());
        (Scope::from_ids(org, project).unwrap(), answer)
    });
    Export::of_found(Found {
        connectors: connectors.collect(),
        scopes: 1,
        missed: Vec::new(),
    })
}

fn file(export: &Export, name: &str) -> String {
    let way = match name {
        "moved.tf" => Way::Moves,
        "import.sh" => Way::Commands,
        _ => Way::Imports,
    };
    let files = files::of(export, way, None);
    let file = files.into_iter().find(|file| file.name == name);
    file.map(|file| file.text).unwrap_or_default()
}

fn connectors(answers: Vec<ConnectorAnswer>) -> String {
    file(&found(answers), "connectors.tf")
}

/// Returns the value of an argument, by its path in the first resource of a file.
fn read(text: &str, path: &[&str]) -> Option<Expression> {
    let body: Body = text
        .parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut block: Block = body.into_blocks().find(|it| it.has_ident("resource"))?;
    let (last, outer) = path.split_last()?;
    for name in outer {
        block = block.body.into_blocks().find(|it| it.has_ident(name))?;
    }
    block.body.get_attribute(last).map(|it| it.value.clone())
}

fn text(text: &str, path: &[&str]) -> Option<String> {
    read(text, path)?.as_str().map(str::to_owned)
}

fn object(expression: &Expression) -> Vec<(String, String)> {
    let object = expression.as_object().unwrap();
    let entries = object.iter().map(|(key, value)| {
        let key = match key {
            ObjectKey::Ident(name) => name.to_string(),
            ObjectKey::Expression(text) => text.as_str().unwrap().to_owned(),
        };
        (key, value.expr().as_str().unwrap().to_owned())
    });
    entries.collect()
}

#[test]
fn a_connector_is_written_as_terraform_fmt_would() {
    let answer = connector(&json!({
        "name": "Payments", "identifier": "payments", "orgIdentifier": "shop", "projectIdentifier": "web",
        "description": "Two\nlines", "tags": {"team": "web", "cost-centre": "4711"},
        "spec": {
            "executeOnDelegate": false, "delegateSelectors": ["linux", "eu"],
            "apiAccess": {"type": "AccessToken", "spec": {"tokenRef": "account.token"}},
        },
    }));
    let export = found(vec![answer]);
    assert_eq!(
        file(&export, "connectors.tf"),
        r#"resource "harness_bitbucket_connector" "shop_web_payments" {
  name        = "Payments"
  identifier  = "payments"
  description = "Two\nlines"
  tags = {
    "cost-centre" = "4711"
    team          = "web"
  }
  org_id     = "shop"
  project_id = "web"

  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/web.git"

  connectivity_mode  = "Platform"
  delegate_selectors = ["eu", "linux"]

  credentials {
    http {
      username     = "x-token-auth"
      password_ref = "account.token"
    }
  }

  api_access {
    access_token {
      token_ref = "account.token"
    }
  }
}
"#
    );
    assert_eq!(
        file(&export, "imports.tf"),
        "# Imports the connectors in connectors.tf. Delete this file after the apply.\n\nimport {\n  to = \
         harness_bitbucket_connector.shop_web_payments\n  id = \"shop/web/payments\"\n}\n"
    );
    assert!(file(&export, "import.sh").ends_with(
        "\nterraform import harness_bitbucket_connector.shop_web_payments shop/web/payments\n"
    ));
}

#[test]
fn what_equals_a_default_is_left_out() {
    let text = connectors(vec![connector(&json!({}))]);
    for absent in [
        "description",
        "tags",
        "org_id",
        "test_repository",
        "connectivity_mode",
        "delegate_selectors",
        "api_access",
        "lifecycle",
        "connection_test",
        "provider",
        "\"\"",
    ] {
        assert!(!text.contains(absent), "{absent}\n{text}");
    }
}

const HOSTILE: [&str; 18] = [
    "${a} $${b} $$${c} %%{d} $%{e} %${f} $$%%{g} ${ $${",
    "${${%{%{$${",
    "${path.root}",
    "%{ if true }x%{ endif }",
    "$${x}",
    "$",
    "%%{",
    "\"quoted\" \\ back",
    "a\nb\r\n\tc",
    "EOF\n<<EOF\nx\nEOF",
    "Größe 漢字 👩‍💻 e\u{301}",
    "\u{202e}rtl\u{200b}",
    "# no comment // here /* nor here",
    "\u{7f}\u{1}",
    "}\nresource \"x\" \"y\" {",
    "null",
    "  blanks  ",
    "'",
];

#[test]
fn hostile_texts_are_read_back_as_they_are() {
    for hostile in HOSTILE {
        let answer = connector(
            &json!({"description": hostile, "tags": {hostile: hostile, "for": "", "null": hostile}}),
        );
        let written = connectors(vec![answer]);
        let description = text(&written, &["description"]);
        assert_eq!(description.as_deref(), Some(hostile), "{written}");
        let mut tags = object(&read(&written, &["tags"]).unwrap());
        tags.sort();
        let mut expected = vec![
            (hostile.to_owned(), hostile.to_owned()),
            ("for".to_owned(), String::new()),
        ];
        if hostile != "null" {
            expected.push(("null".to_owned(), hostile.to_owned()));
        }
        expected.sort();
        assert_eq!(tags, expected, "{written}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_read_back_as_it_is(
        description in "\\PC{1,20}|[$%{}\"\\\\\n\r\t]{1,8}|([$%]{0,3}[{]?[ x]?){1,6}",
        tags in proptest::collection::btree_map("\\PC{1,6}|[a-z]{1,6}", "\\PC{0,6}|[$%{\"]{0,4}", 0..4),
    ) {
        let mut content = Content::default();
        content.text("description", description.clone());
        content.argument("tags", Value::Map(tags.clone()));
        let mut outer = Content::default();
        outer.block("resource", &["type", "name"], content);
        let written = outer.into_file();
        let body: Body = written.parse().unwrap();
        let block = body.into_blocks().next().unwrap();
        let found = block.body.get_attribute("description").unwrap().value.as_str().unwrap();
        prop_assert_eq!(found, &description);
        let mut found = object(&block.body.get_attribute("tags").unwrap().value);
        found.sort();
        let expected: Vec<_> = tags.into_iter().collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn instances_of_a_resource_are_addressed_by_number_and_by_text() {
    let mut content = Content::default();
    for (name, key) in [
        ("none", None),
        ("number", Some(Key::Number(2))),
        ("text", Some(Key::Text("a\"${b}".to_owned()))),
    ] {
        let kind = official::OFFICIAL_TYPE;
        let name = name.to_owned();
        content.argument(&name.clone(), Value::Resource { kind, name, key });
    }
    assert_eq!(
        content.into_file(),
        r#"none   = harness_platform_connector_bitbucket.none
number = harness_platform_connector_bitbucket.number[2]
text   = harness_platform_connector_bitbucket.text["a\"$${b}"]
"#
    );
}

/// Returns the names of the ignored arguments, and the text of the file.
fn ignored(patch: &Json) -> (Vec<&'static str>, String) {
    let export = found(vec![connector(patch)]);
    let text = file(&export, "connectors.tf");
    assert_eq!(export.connectors.len(), 1, "{text}");
    let written = &export.connectors[0].written;
    (written.ignored.keys().copied().collect(), text)
}

#[test]
fn what_cannot_be_written_is_ignored_and_the_rest_is_managed() {
    let ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": "account.key"}});
    let secret = format!("see {API_TOKEN}");
    for (patch, arguments) in [
        (
            json!({"spec": {"apiAccess": {"type": "OAuth", "spec": {"tokenRef": "account.t"}}}}),
            &["api_access"][..],
        ),
        (
            json!({"spec": {"url": "https://bitbucket.org/acme/web/src/main"}}),
            &["url"],
        ),
        (json!({"spec": {"url": "no address at all"}}), &["url"]),
        (
            json!({"spec": {"url": "no address at all", "authentication": ssh}}),
            &["url"],
        ),
        (
            json!({"spec": {"url": "https://bitbucket.org/acme/web.git", "authentication": ssh}}),
            &["url"],
        ),
        (
            json!({"spec": {"url": "https://jane:hunter2@bitbucket.org/acme/web.git"}}),
            &["url"],
        ),
        (
            json!({"spec": {"url": format!("https://bitbucket.org/acme/{API_TOKEN}.git")}}),
            &["url"],
        ),
        (json!({"name": "Ünicode?"}), &["name"]),
        (json!({"description": secret}), &["description"]),
        (json!({"tags": {"token": secret}}), &["tags"]),
        (
            json!({"spec": {"delegateSelectors": ["linux", API_TOKEN]}}),
            &["delegate_selectors"],
        ),
        (
            json!({"spec": {"apiAccess": {"type": "AccessToken", "spec": {"tokenRef": "not a reference!"}}}}),
            &["api_access"],
        ),
    ] {
        let (found, written) = ignored(&patch);
        assert_eq!(found, arguments, "{written}");
        let list = read(&written, &["lifecycle", "ignore_changes"]).unwrap();
        assert_eq!(list.as_array().unwrap().len(), arguments.len());
        for hidden in ["hunter2", API_TOKEN, "not a reference"] {
            assert!(!written.contains(hidden), "{written}");
        }
    }
}

#[test]
fn what_would_be_another_connector_is_a_comment() {
    let secret = API_TOKEN;
    let of_http = |members: Json| json!({"spec": {"authentication": {"spec": {"spec": members}}}});
    for (patch, reason) in [
        (
            json!({"spec": {"type": "Project"}}),
            "Its URL type is \"Project\"",
        ),
        (
            json!({"spec": {"authentication": {"type": "Passkey", "spec": {"challenge": 7}}}}),
            "Its credentials are of type \"Passkey\"",
        ),
        (json!({"identifier": "stats"}), "a path of Harness's API"),
        (
            json!({"identifier": secret, "name": secret}),
            "Terraform cannot import its identifier",
        ),
        (
            json!({"identifier": "no-identifier"}),
            "Terraform cannot import its identifier",
        ),
        (
            of_http(json!({"passwordRef": null})),
            "The provider rejects the value",
        ),
        (
            of_http(json!({"username": secret})),
            "Its `credentials`: It contains what looks like a secret",
        ),
    ] {
        let export = found(vec![connector(&patch)]);
        assert!(export.connectors.is_empty(), "{patch}");
        let text = file(&export, "connectors.tf");
        let flowing = text.replace("\n# ", " ");
        assert!(flowing.contains(reason), "{text}");
        assert!(!text.contains(secret), "{text}");
        assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
        assert_eq!(file(&export, "imports.tf"), "");
        assert!(text.parse::<Body>().is_ok());
    }
}

#[test]
fn a_comment_cannot_end_early() {
    let answer = connector(&json!({
        "name": "a\nresource \"x\" \"y\" {}\u{2028}\u{85}z\r", "spec": {"type": "Pro\nject\u{202e}"}}));
    let text = connectors(vec![answer]);
    assert!(text.lines().all(|line| line.starts_with("# ")), "{text}");
    assert!(
        !text.contains(['\u{2028}', '\u{85}', '\u{202e}', '\r']),
        "{text:?}"
    );
}

#[test]
fn connectors_with_one_name_get_different_labels() {
    let answers = vec![
        connector(&json!({"identifier": "o_bb"})),
        connector(&json!({"identifier": "a$"})),
        connector(&json!({"identifier": "a_"})),
        connector(&json!({"identifier": "bb", "orgIdentifier": "o"})),
    ];
    let export = found(answers);
    let labels: Vec<_> = export
        .connectors
        .iter()
        .map(|it| it.label.as_str())
        .collect();
    assert_eq!(labels, ["o_bb", "a_", "a__2", "o_bb_2"]);
}

#[test]
fn an_export_of_nothing_has_no_files() {
    let export = found(Vec::new());
    assert_eq!(files::of(&export, Way::Imports, None), []);
    let text = report::text(&export, None, &[], Way::Imports);
    assert_eq!(text, "0 connectors exported, from 1 scope.\n");
}

#[test]
fn the_local_name_of_the_provider_is_in_each_resource() {
    let export = found(vec![connector(&json!({}))]);
    let files = files::of(&export, Way::Imports, Some("bitbucket"));
    let resources = &files[1].text;
    assert!(
        resources.contains("{\n  provider = bitbucket\n\n  name       = \"Bitbucket\"\n"),
        "{resources}"
    );
}

fn managed(name: &str, identifier: &str, key: Option<Key>, module: Option<&str>) -> Managed {
    Managed {
        connector: ConnectorRef::new(Scope::Account, identifier),
        module: module.map(str::to_owned),
        name: name.to_owned(),
        key,
        is_deposed: false,
    }
}

#[test]
fn connectors_of_the_official_provider_keep_the_names_of_their_resources() {
    let answers = ["a", "b", "c", "d"].map(|id| connector(&json!({"identifier": id})));
    let answers = answers.into_iter().map(|answer| (Scope::Account, answer));
    let state = vec![
        managed("main", "a", None, None),
        managed("each", "b", Some(Key::Text("x y".to_owned())), None),
        managed("deep", "c", None, Some("module.m")),
        managed("gone", "gone", None, None),
        managed("again", "a", None, None),
    ];
    let found = Found {
        connectors: answers.collect(),
        scopes: 1,
        missed: Vec::new(),
    };
    let export = Export::of_managed(state, 1, found, Taken::Moved);
    let moved = file(&export, "moved.tf");
    let introduction = concat!(
        "# Moves the connectors to the resources in connectors.tf. Delete this file after the apply.\n#\n",
        "# Put this file and connectors.tf next to the `harness_platform_connector_bitbucket` resources, and\n",
        "# remove those resources. Add this provider to `required_providers` there:\n#\n",
        "#   harness = {\n#     source  = \"harness-rs/harness\"\n#     version = \"~> 0.1\"\n#   }\n#\n",
        "# If `harness` must remain the name of harness/harness there, export again with `--provider NAME`.\n#\n",
        "# Each instance of `for_each` or `count` becomes a resource of its own. Change references to the old\n",
        "# resources, for example `harness_platform_connector_bitbucket.each[\"x y\"]` to\n",
        "# `harness_bitbucket_connector.each_x_y`.\n\n",
        "moved {\n",
    );
    assert!(moved.starts_with(introduction), "{moved}");
    let [moved_by_name, _] = &files::of(&export, Way::Moves, Some("bitbucket"))[..] else {
        panic!("two files")
    };
    let named = "#   bitbucket = {\n#     source  = \"harness-rs/harness\"\n#     version = \"~> 0.1\"\n#   }\n#\n# Each instance";
    assert!(moved_by_name.text.contains(named), "{moved_by_name:?}");
    assert!(
        moved.ends_with(
            "moved {\n  from = harness_platform_connector_bitbucket.main\n  to   = harness_bitbucket_connector.main\n}\n\n\
             moved {\n  from = harness_platform_connector_bitbucket.each[\"x y\"]\n  to   = \
             harness_bitbucket_connector.each_x_y\n}\n"
        ),
        "{moved}"
    );
    let commands = file(&export, "import.sh");
    assert!(
        commands.contains(
            "\nterraform import harness_bitbucket_connector.each_x_y b\nterraform state rm \
             'harness_platform_connector_bitbucket.each[\"x y\"]'\n"
        ),
        "{commands}"
    );
    assert!(
        commands.contains("#   harness = {\n#     source  = \"harness-rs/harness\"\n"),
        "{commands}"
    );
    let left_out: Vec<_> = export.left_out.iter().map(ToString::to_string).collect();
    assert_eq!(left_out.len(), 3);
    assert!(
        left_out[0]
            .contains("The state has it as module.m.harness_platform_connector_bitbucket.deep."),
        "{left_out:?}"
    );
    assert!(
        left_out[1].contains("Harness does not list it"),
        "{left_out:?}"
    );
    assert!(
        left_out[2].contains("The state contains it twice"),
        "{left_out:?}"
    );
    assert_eq!(export.missed.len(), 1);
    // A connector that is not in the state is not exported.
    assert!(!file(&export, "connectors.tf").contains("\"d\""));
}

fn state(resources: &Json) -> Export {
    let state =
        json!({"format_version": "1.0", "values": {"root_module": {"resources": resources}}});
    let (managed, unreadable) = official::read(state.to_string().as_bytes()).unwrap();
    let answers = ["a", "b"].map(|id| connector(&json!({"identifier": id})));
    let found = Found {
        connectors: answers.map(|answer| (Scope::Account, answer)).into(),
        scopes: 1,
        missed: Vec::new(),
    };
    Export::of_managed(managed, unreadable, found, Taken::Moved)
}

fn official_resource(name: &str, patch: &Json) -> Json {
    let mut resource =
        json!({"mode": "managed", "type": official::OFFICIAL_TYPE, "name": name, "values": {}});
    merge(&mut resource, patch);
    resource
}

#[test]
fn a_deposed_object_is_left_out_and_its_resource_is_moved() {
    for (deposed, left_out) in [("b", "b: "), ("a", "a: ")] {
        let deposed = json!({"deposed_key": "0a1b2c3d", "values": {"identifier": deposed}});
        let current = official_resource("main", &json!({"values": {"identifier": "a"}}));
        let export = state(&json!([official_resource("main", &deposed), current]));
        let moved = file(&export, "moved.tf");
        assert_eq!(moved.matches("from = ").count(), 1, "{moved}");
        let [only] = &export.left_out[..] else {
            panic!("{:?}", export.left_out)
        };
        let only = only.to_string();
        assert!(only.starts_with(left_out), "{only}");
        assert!(only.contains("It is a deposed object"), "{only}");
    }
}

#[test]
fn an_address_that_looks_like_a_secret_is_shown_nowhere() {
    let key = json!({"index": API_TOKEN, "values": {"identifier": "a"}});
    let named = json!({"values": {"identifier": "b"}});
    let module = json!({"index": API_TOKEN, "values": {"identifier": "gone"}});
    let export = state(&json!([
        official_resource("each", &key),
        official_resource(API_TOKEN, &named),
        official_resource("gone", &module),
    ]));
    assert_eq!(export.left_out.len(), 3);
    assert!(export.connectors.is_empty());
    let text = report::text(&export, None, &[], Way::Moves);
    let json = report::json(&export, None, &[]).to_string();
    let written = file(&export, "connectors.tf");
    for text in [text, json, written] {
        let flowing = text.replace("\n#", "");
        let flowing = flowing.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flowing.contains("an Atlassian API token"), "{text}");
        assert!(!text.contains(API_TOKEN), "{text}");
    }
}

#[test]
fn resources_that_cannot_be_read_are_counted_in_words() {
    let odd = official_resource("odd", &json!({}));
    for (resources, expected) in [
        (
            json!([odd]),
            "One harness_platform_connector_bitbucket has no identifier",
        ),
        (
            json!([odd, odd]),
            "2 harness_platform_connector_bitbucket resources have no identifier",
        ),
    ] {
        let reason = &state(&resources).missed[0].reason;
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[test]
fn a_state_without_such_resources_is_explained() {
    let text = report::text(&state(&json!([])), None, &[], Way::Moves);
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "0 connectors exported: the state has no harness_platform_connector_bitbucket resources.",
        "Run `terraform show -json > FILE` in the directory of the configuration that has them",
    ] {
        assert!(flowing.contains(expected), "{text}");
    }
}

#[test]
fn without_instances_only_the_new_references_are_explained() {
    let resource = official_resource("main", &json!({"values": {"identifier": "a"}}));
    let moved = file(&state(&json!([resource])), "moved.tf");
    let flowing = moved.replace("\n# ", " ");
    let expected = "Change references to the old resources, for example `harness_platform_connector_bitbucket.main` to \
                    `harness_bitbucket_connector.main`.";
    assert!(flowing.contains(expected), "{moved}");
    assert!(!moved.contains("for_each"), "{moved}");
}

#[test]
fn a_placeholder_is_called_one() {
    for patch in [
        json!({"name": "Ünicode?"}),
        json!({"spec": {"url": "no address at all"}}),
    ] {
        let (_, written) = ignored(&patch);
        let flowing = written.replace("\n    # ", " ");
        assert!(
            flowing.contains("The value here is a placeholder; correct the"),
            "{written}"
        );
    }
}

#[test]
fn an_import_also_warns_about_what_it_cannot_manage_and_a_move_does_not() {
    let answer = || connector(&json!({"spec": {"apiAccess": {"type": "OAuth", "spec": {}}}}));
    let kept = "API access is kept but not managed";
    for (taken, is_warned) in [(Taken::Imported, true), (Taken::Moved, false)] {
        let found = Found {
            connectors: vec![(Scope::Account, answer())],
            scopes: 1,
            missed: Vec::new(),
        };
        let export = Export::of_managed(vec![managed("bb", "bb", None, None)], 0, found, taken);
        let warnings = &export.connectors[0].written.warnings;
        assert_eq!(warnings.contains(kept), is_warned, "{warnings:?}");
    }
}

#[test]
fn warnings_are_also_about_values_that_harness_keeps() {
    for (patch, warning) in [
        (json!({"name": "Ünicode?"}), "Invalid character"),
        (
            json!({"spec": {"url": "https://bitbucket.org/acme/web/src/main"}}),
            "Browser address in url",
        ),
    ] {
        let export = found(vec![connector(&patch)]);
        let warnings = &export.connectors[0].written.warnings;
        let has = warnings.iter().any(|it| it.contains(warning));
        assert!(has, "{warnings:?}");
    }
}
