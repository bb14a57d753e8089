//! Blocks from `dynamic`. During validation, and in a plan wherever another resource decides, Terraform sends such a
//! block with unknown arguments before it knows whether the block exists.

use std::fs;

use harness_sandbox::Scope;
use serde_json::Value;

use super::cli::Workspace;
use super::hosts::test;

/// The source of the value that decides which blocks exist: its name, its declaration, the expression that is "http",
/// and an argument that every connector needs for it.
const SOURCES: [(&str, &str, &str, &str); 5] = [
    (
        "a variable",
        "variable \"kind\" {\n  default = \"http\"\n}\n",
        "var.kind",
        "",
    ),
    (
        "a constant",
        "locals {\n  kind = \"http\"\n}\n",
        "local.kind",
        "",
    ),
    (
        "each.value",
        "",
        "each.value",
        "for_each = { one = \"http\" }",
    ),
    (
        "a data source",
        "data \"harness_bitbucket_connector\" \"other\" {\n  identifier = \"bitbucket_cloud\"\n}\n",
        "lower(data.harness_bitbucket_connector.other.connection_type)",
        "",
    ),
    (
        IN_A_MODULE,
        "variable \"kind\" {\n  type = string\n}\n",
        "var.kind",
        "",
    ),
];

const IN_A_MODULE: &str = "an argument of a module";

const HTTP_SETTINGS: &str = r#"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/example-works/website.git"
"#;

const BOTH_KINDS: &str = r#"
  credentials {
    dynamic "http" {
      for_each = KIND == "http" ? [1] : []
      content {
        username     = "x-token-auth"
        password_ref = "account.bitbucket_token"
      }
    }
    dynamic "ssh" {
      for_each = KIND == "ssh" ? [1] : []
      content {
        ssh_key_ref = "account.bitbucket_ssh"
      }
    }
  }
"#;

const WRITTEN_BESIDE_MADE: &str = r#"
  credentials {
    http {
      username     = "x-token-auth"
      password_ref = "account.bitbucket_token"
    }
    dynamic "ssh" {
      for_each = KIND == "ssh" ? [1] : []
      content {
        ssh_key_ref = "account.bitbucket_ssh"
      }
    }
  }
"#;

const CREDENTIALS: &str = r#"
  credentials {
    http {
      username     = "x-token-auth"
      password_ref = "account.bitbucket_token"
    }
  }
"#;

const KINDS_OF_ACCESS: &str = r#"
  api_access {
    dynamic "access_token" {
      for_each = KIND == "http" ? [1] : []
      content {
        token_ref = "account.bitbucket_token"
      }
    }
    dynamic "email_and_api_token" {
      for_each = KIND == "ssh" ? [1] : []
      content {
        email     = "jane@example.com"
        token_ref = "account.bitbucket_token"
      }
    }
    dynamic "username_token" {
      for_each = KIND == "none" ? [1] : []
      content {
        username  = "jdoe"
        token_ref = "account.bitbucket_token"
      }
    }
  }
"#;

const ACCESS_AND_ITS_KIND: &str = r#"
  dynamic "api_access" {
    for_each = KIND == "http" ? ["account.bitbucket_token"] : []
    content {
      dynamic "access_token" {
        for_each = [api_access.value]
        content {
          token_ref = access_token.value
        }
      }
    }
  }
"#;

const ACCESS: &str = r#"
  dynamic "api_access" {
    for_each = KIND == "ssh" ? [1] : []
    content {
      access_token {
        token_ref = "account.bitbucket_token"
      }
    }
  }
"#;

const TIMEOUTS: &str = r#"
  dynamic "timeouts" {
    for_each = KIND == "http" ? ["5m"] : []
    content {
      create = timeouts.value
    }
  }
"#;

/// The generated blocks: the connector, its blocks, and the platform's API access afterwards.
const FORMS: [(&str, &[&str], Option<&str>); 6] = [
    ("both_kinds", &[BOTH_KINDS], None),
    ("written_beside_made", &[WRITTEN_BESIDE_MADE], None),
    (
        "kinds_of_access",
        &[CREDENTIALS, KINDS_OF_ACCESS],
        Some("AccessToken"),
    ),
    (
        "access_and_its_kind",
        &[CREDENTIALS, ACCESS_AND_ITS_KIND],
        Some("AccessToken"),
    ),
    ("no_access", &[CREDENTIALS, ACCESS], None),
    ("timeouts", &[BOTH_KINDS, TIMEOUTS], None),
];

/// Returns a connector with blocks that depend on `kind`.
fn connector(label: &str, more: &str, blocks: &[&str], kind: &str) -> String {
    format!(
        "resource \"harness_bitbucket_connector\" \"{label}\" {{\n  name = \"{label}\"\n  {more}{HTTP_SETTINGS}{}}}\n",
        blocks.concat().replace("KIND", kind)
    )
}

#[test]
fn made_blocks_validate_plan_and_apply_whatever_decides_about_them() {
    for (source, declaration, kind, more) in SOURCES {
        let connectors = FORMS.map(|(label, blocks, _)| connector(label, more, blocks, kind));
        let configuration = format!("{declaration}{}", connectors.concat());
        let workspace = Workspace::new();
        if source == IN_A_MODULE {
            let module = workspace.path().join("connectors");
            fs::create_dir(&module).expect("the directory can be made");
            fs::copy(
                workspace.path().join("versions.tf"),
                module.join("versions.tf"),
            )
            .expect("the file can be copied");
            workspace.write_file("connectors/main.tf", &configuration);
            workspace.write(
                "module \"connectors\" {\n  source = \"./connectors\"\n  kind   = \"http\"\n}\n",
            );
            workspace.run(&["get"]).succeeded();
        } else {
            workspace.write(&configuration);
        }
        let validated = workspace.run(&["validate", "-json"]).succeeded();
        assert!(
            !validated.stdout.contains("(rule "),
            "{source}: {validated}"
        );
        workspace.apply();
        for (label, _, api_access) in FORMS {
            let stored = workspace.stored(&Scope::account(), label);
            let spec = &stored.unwrap_or_else(|| panic!("{label}, decided by {source}"))["spec"];
            assert_eq!(spec["authentication"]["type"], "Http", "{label}, {source}");
            let kind = spec.pointer("/apiAccess/type").and_then(Value::as_str);
            assert_eq!(kind, api_access, "{label}, decided by {source}");
        }
    }
}

#[test]
fn a_mistake_in_a_made_block_is_found_when_the_block_is_known() {
    let workspace = Workspace::new();
    let both = BOTH_KINDS.replace("KIND == \"ssh\"", "KIND != \"ssh\"");
    let no_username = BOTH_KINDS.replace("username ", "# username ");
    let no_username_of_access = KINDS_OF_ACCESS
        .replace("KIND == \"http\"", "false")
        .replace("KIND == \"none\"", "KIND == \"http\"")
        .replace("username ", "# username ");
    let bad_time = TIMEOUTS.replace("5m", "5 minutes");
    let connectors = [
        ("both", &[both.as_str()][..]),
        ("no_username", &[no_username.as_str()]),
        ("of_access", &[CREDENTIALS, no_username_of_access.as_str()]),
        ("bad_time", &[CREDENTIALS, bad_time.as_str()]),
    ]
    .map(|(label, blocks)| connector(label, "", blocks, "var.kind"));
    let declaration = SOURCES[0].1;
    workspace.write(&format!("{declaration}{}", connectors.concat()));
    let run = workspace.plan().failed();
    let expected = [
        "A01 both",
        "A03 no_username",
        "E03 bad_time",
        "P04 of_access",
    ];
    assert_eq!(run.rules(), expected.map(str::to_owned).into(), "{run}");
}

/// The provider's part for a block that another resource decides: Terraform itself refuses one that turns out to be
/// absent.
#[test(needs(TerraformData))]
fn a_block_that_is_unknown_until_the_apply_is_planned_and_applied() {
    const DECIDING: &str = "resource \"terraform_data\" \"kind\" {\n  input = \"http\"\n}\n";
    let workspace = Workspace::new();
    let kind = "terraform_data.kind.output";
    let credentials = r#"
  credentials {
    dynamic "http" {
      for_each = toset([KIND])
      content {
        username     = "x-token-auth"
        password_ref = "account.bitbucket_token"
      }
    }
  }
"#;
    let access = r#"
  dynamic "api_access" {
    for_each = toset([KIND])
    content {
      access_token {
        token_ref = "account.bitbucket_token"
      }
    }
  }
"#;
    let access_kind = r#"
  api_access {
    dynamic "access_token" {
      for_each = toset([KIND])
      content {
        token_ref = "account.bitbucket_token"
      }
    }
  }
"#;
    let timeouts = r#"
  dynamic "timeouts" {
    for_each = toset([KIND])
    content {
      create = "5m"
    }
  }
"#;
    let connectors = [
        ("credentials", &[credentials][..]),
        ("access", &[CREDENTIALS, access]),
        ("access_kind", &[CREDENTIALS, access_kind]),
        ("timeouts", &[credentials, access, timeouts]),
    ]
    .map(|(label, blocks)| connector(label, "", blocks, kind));
    workspace.write(&format!("{DECIDING}{}", connectors.concat()));
    workspace.apply();
    for (label, has_access) in [
        ("credentials", false),
        ("access", true),
        ("access_kind", true),
        ("timeouts", true),
    ] {
        let stored = workspace.stored(&Scope::account(), label).expect(label);
        assert_eq!(stored["spec"]["authentication"]["type"], "Http", "{label}");
        let kind = stored
            .pointer("/spec/apiAccess/type")
            .and_then(Value::as_str);
        assert_eq!(kind, has_access.then_some("AccessToken"), "{label}");
    }
}
