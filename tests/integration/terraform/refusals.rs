//! What Harness refuses during an apply: what a person sees, word for word, at the argument concerned. The sandbox
//! makes the platform's checks if it can; the rest is scripted.

use harness_sandbox::{Action, Answer, Fault, Scope};
use serde_json::{Value, json};

use super::cli::Workspace;
use super::hosts::test;

const CONNECTORS: &str = "/ng/api/connectors";
const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];
const URL: &str = "https://bitbucket.org/acme/web.git";

/// Returns a connector over HTTP. `scope` is a line of arguments.
fn http(scope: &str, url: &str, password_ref: &str) -> String {
    format!(
        r#"resource "harness_bitbucket_connector" "bb" {{
  name            = "Web"
  {scope}
  url_type        = "Repository"
  connection_type = "HTTP"
  url             = "{url}"

  credentials {{
    http {{
      username     = "jdoe"
      password_ref = "{password_ref}"
    }}
  }}
}}
"#
    )
}

/// Returns the diagnostics in a command's output, as a person sees them, with a placeholder for correlation ids.
fn findings(output: &str) -> String {
    let without_id = |word: &str| {
        let id = word.trim_end_matches(['.', ')']);
        let is_id = id.len() == 36 && id.split('-').count() == 5;
        if is_id {
            word.replace(id, "<id>")
        } else {
            word.to_owned()
        }
    };
    let lines = output.lines().map(|line| {
        let words = line.split(' ').map(without_id);
        words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    });
    lines
        .skip_while(String::is_empty)
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// Returns what a person sees of a refused apply.
#[track_caller]
fn refusal(workspace: &Workspace, configuration: &str) -> String {
    workspace.write(configuration);
    findings(&workspace.run(&APPLY).failed().stderr)
}

/// Asserts that the text contains each of these parts, wherever Terraform breaks the lines.
#[track_caller]
fn has(text: &str, parts: &[&str]) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = words(text);
    for part in parts {
        assert!(
            whole.contains(&words(part)),
            "{part} is missing in:\n{text}"
        );
    }
}

#[track_caller]
fn shows(found: &str, expected: &str) {
    let expected = expected.trim();
    assert!(
        found == expected,
        "--- found\n{found}\n--- expected\n{expected}"
    );
}

#[test]
fn a_secret_that_does_not_exist_is_shown_at_its_reference() {
    let workspace = Workspace::new();
    let found = refusal(&workspace, &http("", URL, "account.bitbucket_tokn"));
    shows(
        &found,
        r#"
Error: Secret does not exist

  with harness_bitbucket_connector.bb,
  on main.tf line 11, in resource "harness_bitbucket_connector" "bb":
  11:       password_ref = "account.bitbucket_tokn"

"account.bitbucket_tokn" refers to the secret "bitbucket_tokn" in the
account, which does not exist. Write the reference of an existing secret (the
Id, not the name), or create this one. If this configuration creates it,
refer to its resource or add `depends_on`, so that Terraform creates it
first.

Harness says: Error while validating passwordRef field : Invalid request: No
secret exists with the id bitbucket_tokn (POST /ng/api/connectors → 400,
correlation id <id>).
docs/guides/validation-rules.md#w16 (rule W16)
"#,
    );
    assert!(workspace.state().is_empty());
}

#[test]
fn a_missing_organization_or_project_is_shown_at_its_argument() {
    let organization = http(
        "org_id          = \"nowhere\"",
        URL,
        "account.bitbucket_token",
    );
    shows(
        &refusal(&Workspace::new(), &organization),
        r#"
Error: Organization does not exist

  with harness_bitbucket_connector.bb,
  on main.tf line 3, in resource "harness_bitbucket_connector" "bb":
   3:   org_id          = "nowhere"

The account has no organization "nowhere". Write the Id (shown next to the
name in Harness), not the name. If this configuration creates it, refer to
its resource, so that Terraform creates it first.

Harness says: org [nowhere] not found (POST /ng/api/connectors → 400,
correlation id <id>).
docs/guides/validation-rules.md#o06 (rule O06)
"#,
    );
    let scope = "org_id          = \"platform\"\n  project_id      = \"nowhere\"";
    shows(
        &refusal(
            &Workspace::new(),
            &http(scope, URL, "account.bitbucket_token"),
        ),
        r#"
Error: Project does not exist

  with harness_bitbucket_connector.bb,
  on main.tf line 4, in resource "harness_bitbucket_connector" "bb":
   4:   project_id      = "nowhere"

The organization "platform" has no project "nowhere". Write the Id (shown
next to the name in Harness), not the name. If this configuration creates it,
refer to its resource, so that Terraform creates it first.

Harness says: project [nowhere] not found (POST /ng/api/connectors → 400,
correlation id <id>).
docs/guides/validation-rules.md#o06 (rule O06)
"#,
    );
}

#[test]
fn an_identifier_that_is_taken_is_shown_with_the_import_command() {
    let configuration = http(
        "identifier      = \"bitbucket_cloud\"",
        URL,
        "account.bitbucket_token",
    );
    shows(
        &refusal(&Workspace::new(), &configuration),
        r#"
Error: Connector already exists

  with harness_bitbucket_connector.bb,
  on main.tf line 3, in resource "harness_bitbucket_connector" "bb":
   3:   identifier      = "bitbucket_cloud"

The account already has a connector "bitbucket_cloud". If this resource
replaces it, remove `create_before_destroy` from its `lifecycle`: two
connectors cannot have the same identifier.

Otherwise, choose another `identifier`, or import that connector if no
resource manages it yet:

  terraform import harness_bitbucket_connector.<name> bitbucket_cloud

POST /ng/api/connectors → 400, correlation id
<id>.
docs/guides/validation-rules.md#i11 (rule I11)
"#,
    );
}

#[test]
fn a_documented_but_refused_url_shows_the_one_to_write() {
    let configuration = |url: &str| {
        format!(
            r#"resource "harness_bitbucket_connector" "bb" {{
  name            = "Web"
  url_type        = "Repository"
  connection_type = "SSH"
  url             = "{url}"

  credentials {{
    ssh {{
      ssh_key_ref = "account.bitbucket_ssh"
    }}
  }}
}}
"#
        )
    };
    let workspace = Workspace::new();
    shows(
        &refusal(&workspace, &configuration("git@bb.acme.com/WEB/shop.git")),
        r#"
Error: Harness rejected `url`

  with harness_bitbucket_connector.bb,
  on main.tf line 5, in resource "harness_bitbucket_connector" "bb":
   5:   url             = "git@bb.acme.com/WEB/shop.git"

Write "ssh://git@bb.acme.com:7999/WEB/shop.git". Harness's documentation
shows this form, but Harness rejects it, and Git would treat it as a
directory.

Harness says: Invalid repo url git@bb.acme.com/WEB/shop.git, valid ssh url
formats are git@provider.com:username/repo, ssh://provider.com/username/repo,
ssh://git@provider.com/username/repo (POST /ng/api/connectors → 400,
correlation id <id>).
docs/guides/validation-rules.md#u28 (rule U28)
"#,
    );
    workspace.write(&configuration("ssh://git@bb.acme.com:7999/WEB/shop.git"));
    workspace.apply();
}

#[test]
fn several_refused_arguments_are_several_findings_each_at_its_own() {
    let workspace = Workspace::new();
    let body = json!({"status": "FAILURE", "code": "INVALID_REQUEST", "correlationId": "c-1",
    "message": "connector.spec.authentication.spec.spec.passwordRef: must not be null, connector.name: cannot be empty.",
    "errors": [
        {"fieldId": "connector.spec.authentication.spec.spec.passwordRef", "error": "must not be null"},
        {"fieldId": "connector.name", "error": "cannot be empty."},
    ]});
    let answer = Action::Answer(Answer::json(400, body));
    workspace.script(Fault::on("POST", CONNECTORS, answer));
    let found = refusal(
        &workspace,
        &http("description     = \"Shop\"", URL, "account.bitbucket_token"),
    );
    shows(
        &found,
        r#"
Error: Harness rejected an argument

  with harness_bitbucket_connector.bb,
  on main.tf line 2, in resource "harness_bitbucket_connector" "bb":
   2:   name            = "Web"

Harness says: connector.name: cannot be empty (POST /ng/api/connectors → 400,
correlation id c-1).

Set `name`.
docs/guides/validation-rules.md#m11 (rule M11)

Error: Harness rejected an argument

  with harness_bitbucket_connector.bb,
  on main.tf line 11, in resource "harness_bitbucket_connector" "bb":
  11:       password_ref = "account.bitbucket_token"

Harness says: connector.spec.authentication.spec.spec.passwordRef: must not
be null (POST /ng/api/connectors → 400, correlation id c-1).

Set `credentials.http.password_ref`.
docs/guides/validation-rules.md#m11 (rule M11)
"#,
    );
}

/// Returns an error of the platform's domain.
fn error(code: &str, message: &str) -> Value {
    json!({"status": "ERROR", "code": code, "message": message, "correlationId": "c-1", "detailedMessage": null,
        "responseMessages": [{"code": code, "level": "ERROR", "message": message}], "metadata": null})
}

#[test]
fn other_refusals_are_shown_at_their_argument_with_a_remedy() {
    let invalid = |message: &str| error("INVALID_REQUEST", &format!("Invalid request: {message}"));
    let too_narrow = "Error while validating tokenRef field : Invalid request: The project level secret cannot be used at \
                      account level";
    let pasted = "Error while validating passwordRef field : Invalid request: No secret exists with the id \
                  ATATT3xFfGF0PLANTED1q2w3e";
    // The line of the diagnostic, and what it says besides Harness's words.
    for (body, line, parts) in [
        (
            invalid("Both usernames should be set either as secret or plain text"),
            "16:     username_token {",
            ["Both usernames should be set", "(rule P09)"],
        ),
        (
            invalid(too_narrow),
            "18:       token_ref = \"account.bitbucket_token\"",
            ["level secret cannot be used", "(rule W16)"],
        ),
        (
            invalid(pasted),
            "11:       password_ref = \"account.bitbucket_token\"",
            ["(removed: an Atlassian", "(rule W16)"],
        ),
        (
            invalid("Exceeded static limitation. Current Limit: 100"),
            "1: resource \"harness_bitbucket_connector\" \"bb\"",
            ["Current Limit: 100", "(rule M03)"],
        ),
        (
            error("NG_ACCESS_DENIED", "Something new"),
            "1: resource \"harness_bitbucket_connector\" \"bb\"",
            ["Harness says: Something new", "(rule M09)"],
        ),
    ] {
        let workspace = Workspace::new();
        let answer = Action::Answer(Answer::json(400, body));
        workspace.script(Fault::on("POST", CONNECTORS, answer));
        let configuration = http("description     = \"Shop\"", URL, "account.bitbucket_token");
        let api_access = "\n  api_access {\n    username_token {\n      username  = \"jdoe\"\n      token_ref = \
                          \"account.bitbucket_token\"\n    }\n  }\n}\n";
        let (connector, _) = configuration.rsplit_once('}').expect("it ends");
        let found = refusal(&workspace, &format!("{connector}{api_access}"));
        has(&found, &parts);
        has(&found, &[line, "correlation id c-1"]);
        assert!(!found.contains("PLANTED"), "{found}");
        assert!(workspace.state().is_empty());
    }
}

#[test]
fn a_heartbeat_failure_is_retried_or_creates_nothing() {
    let message = "Connector could not be created because we could not create the heartbeat";
    let answer = || Action::Answer(Answer::json(400, error("INVALID_REQUEST", message)));
    let configuration = http("", URL, "account.bitbucket_token");
    for (times, posts) in [(2, 3), (0, 3)] {
        let workspace = Workspace::new();
        workspace.script(Fault::on("POST", CONNECTORS, answer()).times(times));
        workspace.write(&configuration);
        let run = workspace.run(&APPLY);
        let sent = workspace.platform.requests();
        let sent = sent
            .iter()
            .filter(|request| request.method == "POST" && request.path == CONNECTORS);
        assert_eq!(sent.count(), posts, "{run}");
        let exists = workspace.stored(&Scope::account(), "Web").is_some();
        assert_eq!(exists, times > 0, "{run}");
        if !exists {
            let found = findings(&run.failed().stderr);
            has(
                &found,
                &["after 3 attempts", "every half hour", "(rule M04)"],
            );
        }
    }
}

#[test]
fn a_refused_update_is_shown_at_its_argument_and_keeps_the_state() {
    let workspace = Workspace::new();
    workspace.write(&http("", URL, "account.bitbucket_token"));
    workspace.apply();
    let before = workspace.values("bb");
    let found = refusal(&workspace, &http("", URL, "account.bitbucket_tokn"));
    has(
        &found,
        &[
            "11:       password_ref = \"account.bitbucket_tokn\"",
            "Harness says: Error while validating passwordRef",
            "PUT /ng/api/connectors → 400",
            "(rule W16)",
        ],
    );
    assert_eq!(workspace.values("bb"), before);
}

#[test]
fn a_failed_connection_test_is_shown_at_what_is_behind_it() {
    let workspace = Workspace::new();
    workspace.set(&json!({"test_outcomes": {"Web": "not_authorized"}}));
    workspace.write(&http("", URL, "account.bitbucket_token"));
    let run = workspace.run(&APPLY).succeeded();
    let (_, warning) = run.stdout.rsplit_once("\nWarning: ").expect("a warning");
    let (warning, _) = warning.split_once("\nApply complete!").expect("success");
    shows(
        &findings(&format!("Warning: {warning}")),
        r#"
Warning: Connection test failed

  with harness_bitbucket_connector.bb,
  on main.tf line 11, in resource "harness_bitbucket_connector" "bb":
  11:       password_ref = "account.bitbucket_token"

Bitbucket refused the username or the token. With an API token, `username`
must be `x-bitbucket-api-token-auth` or the Bitbucket username (not the email
address); with an access token, `x-token-auth`. App passwords no longer work.
The connector was saved.

Harness says: not authorized: https://bitbucket.org/acme/web.git; Provided
credentials are not authorized. Please ensure that the credentials are
correct (correlation id <id>).
docs/guides/validation-rules.md#b04 (rule B04)
"#,
    );

    // The causes that the sandbox finds by itself, in both channels, each at its own argument.
    let ssh = r#"resource "harness_bitbucket_connector" "ssh" {
  name            = "SSH"
  url_type        = "Account"
  connection_type = "SSH"
  url             = "ssh://git@bb.acme.com:7999/"
  test_repository = "WEB/shop.git"

  credentials {
    ssh {
      ssh_key_ref = "account.bitbucket_token"
    }
  }
}
"#;
    for (configuration, line, parts) in [
        (
            http(
                "delegate_selectors = [\"linx\"]",
                URL,
                "account.bitbucket_token",
            ),
            "3:   delegate_selectors = [\"linx\"]",
            ["the tag \"linx\"", "(rule B02)"],
        ),
        (
            http(
                "",
                "https://bitbucket.org/acme/missing.git",
                "account.bitbucket_token",
            ),
            "6:   url             = \"https://bitbucket.org/acme/missing.git\"",
            ["could not read", "(rule R14)"],
        ),
        (
            ssh.replace("WEB/shop.git", "WEB/missing.git")
                .replace("bitbucket_token", "bitbucket_ssh"),
            "6:   test_repository = \"WEB/missing.git\"",
            ["WEB/missing.git\".", "(rule R14)"],
        ),
        (
            ssh.replace("bitbucket_token", "openssh_key"),
            "10:       ssh_key_ref = \"account.openssh_key\"",
            ["ssh-keygen -p -m PEM", "(rule K09)"],
        ),
        (
            ssh.replace("bitbucket_token", "ubuntu_ssh"),
            "10:       ssh_key_ref = \"account.ubuntu_ssh\"",
            ["username `git`", "(rule K10)"],
        ),
        (
            ssh.to_owned(),
            "10:       ssh_key_ref = \"account.bitbucket_token\"",
            ["text or file\nsecret", "(rule B11)"],
        ),
        (
            http(
                "",
                "https://bb.invalid/scm/WEB/shop.git",
                "account.bitbucket_token",
            ),
            "6:   url             = \"https://bb.invalid/scm/WEB/shop.git\"",
            ["could not find the host", "(rule B05)"],
        ),
    ] {
        let workspace = Workspace::new();
        // The plan would refuse some of them.
        workspace.write(&format!(
            "{configuration}\nprovider \"harness\" {{\n  plan_checks = false\n}}\n"
        ));
        let run = workspace.run(&APPLY).succeeded();
        has(&run.stdout, &parts);
        has(&run.stdout, &[line, "correlation id"]);
    }
}

#[test]
fn under_strict_a_failed_test_is_an_error_and_the_connector_stays() {
    let strict = "provider \"harness\" {\n  strict = true\n}\n\n";
    let configuration = |description: &str| {
        let description = format!("description     = \"{description}\"");
        format!(
            "{strict}{}",
            http(&description, URL, "account.bitbucket_token")
        )
    };
    let workspace = Workspace::new();
    workspace.set(&json!({"test_outcomes": {"Web": "not_authorized"}}));
    let found = refusal(&workspace, &configuration("Old"));
    has(
        &found,
        &[
            "Error: Connection test failed",
            "15:       password_ref",
            "terraform untaint",
            "(rule B04)",
        ],
    );
    assert!(workspace.stored(&Scope::account(), "Web").is_some());
    let plan = workspace.plan().finds_changes();
    assert_eq!(plan.action("bb").as_deref(), Some("replace"), "{plan}");
    workspace
        .run(&["untaint", "harness_bitbucket_connector.bb"])
        .succeeded();

    let found = refusal(&workspace, &configuration("New"));
    has(
        &found,
        &[
            "Error: Connection test failed",
            "The connector and the state have the new settings.",
        ],
    );
    assert_eq!(workspace.values("bb")["description"], "New");
    workspace.settled();
}
