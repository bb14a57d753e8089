//! `terraform validate`: what a person sees of the mistakes in a configuration, word for word.

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;

/// Returns what `validate` writes to standard error about `configuration`. Terraform validates resources in parallel,
/// so the diagnostics are sorted in the order of the configuration; those of one resource keep their order.
fn findings(configuration: &str) -> String {
    let workspace = Workspace::new().without_key();
    workspace.write(configuration);
    let run = workspace.run(&["validate", "-no-color"]).failed();
    assert!(workspace.platform.requests().is_empty());
    let mut findings: Vec<&str> = run.stderr.trim().split("\nError: ").collect();
    findings.sort_by_key(|finding| resource_of(finding, configuration));
    findings
        .iter()
        .map(|finding| format!("Error: {}", finding.trim_start_matches("Error: ")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Returns the position in the configuration of the diagnostic's resource.
fn resource_of(finding: &str, configuration: &str) -> Option<usize> {
    let (_, about) = finding.split_once("in resource ")?;
    let (header, _) = about.split_once(':')?;
    configuration.find(header)
}

#[track_caller]
fn shows(configuration: &str, expected: &str) {
    let found = findings(configuration.trim_start());
    assert!(
        found.trim() == expected.trim(),
        "--- found\n{}\n--- expected\n{}",
        found.trim(),
        expected.trim()
    );
}

#[test]
fn all_mistakes_of_a_connector_are_shown_at_once_each_where_it_is() {
    shows(
        r#"
resource "harness_bitbucket_connector" "bb" {
  name            = "Bitbucket"
  project_id      = "payments"
  url_type        = "account"
  connection_type = "SSH"
  url             = "git@bitbucket.org:acme/"

  credentials {
    http {
      password_ref = "account.bitbucket_token"
    }
  }

  api_access {
    username_token {
      username     = "jdoe"
      username_ref = "account.bitbucket_username"
      token_ref    = "account.bitbucket_token"
    }
  }

  timeouts {
    create = "5 minutes"
  }
}
"#,
        r#"
Error: Project without organization

  with harness_bitbucket_connector.bb,
  on main.tf line 3, in resource "harness_bitbucket_connector" "bb":
   3:   project_id      = "payments"

`project_id` is "payments", but `org_id` is not set. Set `org_id` to the Id
of the project's organization. The address of the project's page in Harness
contains it after `/orgs/`.
docs/guides/validation-rules.md#o01 (rule O01)

Error: Invalid url_type

  with harness_bitbucket_connector.bb,
  on main.tf line 4, in resource "harness_bitbucket_connector" "bb":
   4:   url_type        = "account"

`url_type` is "account". Write "Account". Valid values: "Account" for all
repositories of an account, "Repository" for a single one.
docs/guides/validation-rules.md#u26 (rule U26)

Error: Credentials do not match connection_type

  with harness_bitbucket_connector.bb,
  on main.tf line 9, in resource "harness_bitbucket_connector" "bb":
   9:     http {

`connection_type` is "SSH", but `credentials` has `http`. Write instead:

  credentials {
    ssh {
      ssh_key_ref = "account.<SSH credential>"
    }
  }

docs/guides/validation-rules.md#a02 (rule A02)

Error: Conflicting username and username_ref

  with harness_bitbucket_connector.bb,
  on main.tf line 15, in resource "harness_bitbucket_connector" "bb":
  15:     username_token {

`api_access.username_token` has both `username` and `username_ref`. Remove
one of them.
docs/guides/validation-rules.md#p04 (rule P04)

Error: Invalid duration

  with harness_bitbucket_connector.bb,
  on main.tf line 23, in resource "harness_bitbucket_connector" "bb":
  23:     create = "5 minutes"

`timeouts.create` is "5 minutes": 5 has no unit; the units are h, m, s, ms,
us, and ns. Write "5m".
docs/guides/validation-rules.md#e03 (rule E03)
"#,
    );
}

#[test]
fn missing_credentials_and_a_missing_identifier_say_what_to_write() {
    shows(
        r#"
resource "harness_bitbucket_connector" "bb" {
  name            = "42"
  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/"
  test_repository = "web.git"
}
"#,
        r#"
Error: Identifier cannot be derived from name

  with harness_bitbucket_connector.bb,
  on main.tf line 1, in resource "harness_bitbucket_connector" "bb":
   1: resource "harness_bitbucket_connector" "bb" {

`identifier` is not set, and the name "42" yields none: nothing remains
without leading digits and special characters. Write one, such as `identifier
= "bitbucket_42"`.
docs/guides/validation-rules.md#i08 (rule I08)

Error: Missing credentials block

  with harness_bitbucket_connector.bb,
  on main.tf line 1, in resource "harness_bitbucket_connector" "bb":
   1: resource "harness_bitbucket_connector" "bb" {

`credentials` is not set. For `connection_type = "HTTP"`, write:

  credentials {
    http {
      username     = "<username>"
      password_ref = "account.<secret>"
    }
  }

docs/guides/validation-rules.md#a01 (rule A01)
"#,
    );
}

#[test]
fn url_repository_and_reference_mistakes_show_the_fix() {
    shows(
        r#"
resource "harness_bitbucket_connector" "browser" {
  name            = "Web"
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/web/src/main"

  credentials {
    http {
      username     = "jdoe"
      password_ref = "bitbucket_token"
    }
  }
}

resource "harness_bitbucket_connector" "data_center" {
  name            = "Data Center"
  url_type        = "Account"
  connection_type = "HTTP"
  url             = "git@bb.acme.com:7999/"
  test_repository = "web.git"

  credentials {
    http {
      username     = "jdoe"
      password_ref = "account.bitbucket_token"
    }
  }
}

resource "harness_bitbucket_connector" "account" {
  name            = "Account"
  url_type        = "Account"
  connection_type = "HTTP"
  url             = "https://bitbucket.org/acme/"
  test_repository = "acme/web.git"

  credentials {
    http {
      username     = "jdoe"
      password_ref = "account.bitbucket_token"
    }
  }
}
"#,
        r#"
Error: Browser address in url

  with harness_bitbucket_connector.browser,
  on main.tf line 5, in resource "harness_bitbucket_connector" "browser":
   5:   url             = "https://bitbucket.org/acme/web/src/main"

`url` is a browser address: "src" follows the repository. Write
"https://bitbucket.org/acme/web.git". Harness would treat everything after
the workspace as the name of the repository.
docs/guides/validation-rules.md#c04 (rule C04)

Error: Secret outside the connector's scope

  with harness_bitbucket_connector.browser,
  on main.tf line 10, in resource "harness_bitbucket_connector" "browser":
  10:       password_ref = "bitbucket_token"

`password_ref` is "bitbucket_token": without a prefix, this means a secret of
a project. Write "account.bitbucket_token", and make sure that this secret
exists. A connector of the account (without `org_id`) can use only secrets of
the account.
docs/guides/validation-rules.md#w04 (rule W04)

Error: url does not match connection_type

  with harness_bitbucket_connector.data_center,
  on main.tf line 19, in resource "harness_bitbucket_connector" "data_center":
  19:   url             = "git@bb.acme.com:7999/"

`connection_type` is "HTTP", but `url` is an SSH URL. Write
"https://bb.acme.com/scm/", or set `connection_type = "SSH"` and `ssh`
credentials.
docs/guides/validation-rules.md#u08 (rule U08)

Error: Project missing from test_repository

  with harness_bitbucket_connector.data_center,
  on main.tf line 20, in resource "harness_bitbucket_connector" "data_center":
  20:   test_repository = "web.git"

Neither `url` nor `test_repository` contains the project key. Write
`test_repository = "<PROJECT>/web.git"`. On Data Center, every repository
belongs to a project.
docs/guides/validation-rules.md#r07 (rule R07)

Error: Workspace in test_repository

  with harness_bitbucket_connector.account,
  on main.tf line 35, in resource "harness_bitbucket_connector" "account":
  35:   test_repository = "acme/web.git"

`url` already contains the workspace "acme". Write `test_repository =
"web.git"`. Harness would look for "https://bitbucket.org/acme/acme/web.git".
docs/guides/validation-rules.md#r05 (rule R05)
"#,
    );
}

#[test]
fn provider_block_mistakes_show_their_place_but_never_the_key() {
    let connector = Connector::new("bb");
    let found = findings(&format!(
        "provider \"harness\" {{\n  endpoint         = \"app.harness.io\"\n  platform_api_key = \"s3cret-s3cret\"\n  \
         request_timeout  = \"30\"\n  connection_test  = \"on\"\n}}\n{connector}"
    ));
    for marker in [
        "on main.tf line 2, in provider \"harness\":",
        "on main.tf line 3, in provider \"harness\":",
        "on main.tf line 4, in provider \"harness\":",
        "on main.tf line 5, in provider \"harness\":",
        "Error: Invalid endpoint",
        "Error: Invalid platform_api_key",
        "Error: Invalid request_timeout",
        "Error: Invalid connection_test",
    ] {
        assert!(found.contains(marker), "{marker} is missing in:\n{found}");
    }
    // Terraform repeats the line of the configuration; the provider's own text begins after it.
    let own_words = found
        .lines()
        .filter(|line| !line.contains("3:   platform_api_key"));
    assert!(
        own_words.into_iter().all(|line| !line.contains("s3cret")),
        "{found}"
    );
}

#[test(needs(TerraformData))]
fn what_is_not_known_yet_is_not_checked() {
    let workspace = Workspace::new().without_key();
    workspace.write(
        r#"
variable "anything" {}

variable "tags" {
  type = map(string)
}

resource "terraform_data" "x" {
  input = "x"
}

resource "harness_bitbucket_connector" "bb" {
  name               = terraform_data.x.output
  identifier         = var.anything
  org_id             = var.anything
  project_id         = terraform_data.x.output
  description        = var.anything
  tags               = var.tags
  url_type           = var.anything
  connection_type    = var.anything
  url                = var.anything
  test_repository    = var.anything
  connectivity_mode  = var.anything
  connection_test    = var.anything
  force_delete       = var.anything
  delegate_selectors = var.anything

  credentials {
    http {
      username     = var.anything
      username_ref = terraform_data.x.output
      password_ref = var.anything
    }
  }

  api_access {
    username_token {
      username     = terraform_data.x.output
      username_ref = var.anything
      token_ref    = var.anything
    }
  }

  timeouts {
    create = var.anything
  }
}
"#,
    );
    workspace.run(&["validate"]).succeeded();
}

#[test]
fn invisible_characters_are_numbered_and_secrets_are_left_out() {
    let workspace = Workspace::new().without_key();
    let http = |username: &str| serde_json::json!({"http": {"username": username, "password_ref": "account.p"}});
    let api = serde_json::json!({"email_and_api_token": {"email": "planted@acme", "token_ref": "account.t"}});
    let connectors = [
        (
            serde_json::json!({"identifier": "my\u{200B}token"}),
            "\"my<U+200B>token\"",
            "",
        ),
        (
            serde_json::json!({"tags": {"a\u{202E}b.c": "x"}}),
            "a<U+202E>b.c",
            "",
        ),
        (
            serde_json::json!({"delegate_selectors": [null]}),
            "The item null of",
            "",
        ),
        (
            serde_json::json!({"api_access": api}),
            "\"p…@acme\"",
            "planted",
        ),
        (
            serde_json::json!({"credentials": http("planted@acme.com")}),
            "\"p…@acme.com\"",
            "planted",
        ),
        (
            serde_json::json!({"url": "https://pl4nted@bitbucket.org/acme/web.git"}),
            "Username in url",
            "pl4nted@bitbucket.org/acme/web.git\\\"",
        ),
        (
            serde_json::json!({"url": "https://x-token-auth%3Apl4nted@bitbucket.org/acme/web.git"}),
            "Password in url",
            "",
        ),
        (
            serde_json::json!({"url": "https://bitbucket.org:443x/acme/web.git"}),
            "Write \\\"https://bitbucket.org/acme/web.git\\\"",
            "",
        ),
        (
            serde_json::json!({"timeouts": {"create": "2d"}}),
            "the units are h, m, s, ms, us, and ns",
            "",
        ),
    ];
    for (arguments, shown, hidden) in connectors {
        workspace.configure(&[Connector::new("bb").with(&arguments)]);
        let run = workspace.run(&["validate", "-json"]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        let found = report["diagnostics"].as_array().expect("diagnostics");
        let said: Vec<_> = found
            .iter()
            .map(|found| format!("{} {}", found["summary"], found["detail"]))
            .collect();
        let said = said.join("\n");
        assert!(
            said.replace("\\\"", "\"")
                .contains(&shown.replace("\\\"", "\"")),
            "{shown}: {run}"
        );
        assert!(hidden.is_empty() || !said.contains(hidden), "{run}");
        assert!(!said.contains("pl4nted"), "{said}");
    }
}
