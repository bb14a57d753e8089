//! Create, import, and destroy in each scope, for every type of credentials and API access.

use harness_sandbox::Scope;
use serde_json::{Value, json};

use super::cli::{Workspace, address};
use super::hcl::{self, Connector};
use super::hosts::{Feature, current, test};

/// A scope, and its secrets.
pub(super) struct Place {
    org: Option<&'static str>,
    project: Option<&'static str>,
    /// The prefix of the identifier in an import id, and in a pipeline's reference.
    pub(super) id_prefix: &'static str,
    ref_prefix: &'static str,
    username_ref: &'static str,
    email_ref: &'static str,
    token_ref: &'static str,
    ssh_key_ref: &'static str,
}

pub(super) const ACCOUNT: Place = Place {
    org: None,
    project: None,
    id_prefix: "",
    ref_prefix: "account.",
    username_ref: "account.bitbucket_username",
    email_ref: "account.bitbucket_email",
    token_ref: "account.bitbucket_token",
    ssh_key_ref: "account.bitbucket_ssh",
};

pub(super) const ORGANIZATION: Place = Place {
    org: Some("platform"),
    project: None,
    id_prefix: "platform/",
    ref_prefix: "org.",
    username_ref: "org.bitbucket_username",
    email_ref: "account.bitbucket_email",
    token_ref: "org.bitbucket_token",
    ssh_key_ref: "org.platform_ssh",
};

pub(super) const PROJECT: Place = Place {
    org: Some("platform"),
    project: Some("payments"),
    id_prefix: "platform/payments/",
    ref_prefix: "",
    username_ref: "payments_username",
    email_ref: "payments_email",
    token_ref: "payments_token",
    ssh_key_ref: "payments_ssh",
};

/// A connector, and the `authentication` and `apiAccess` that the platform must then have.
pub(super) struct Case {
    pub(super) connector: Connector,
    authentication: Value,
    pub(super) api_access: Value,
    /// The offline rule that correctly warns about it.
    pub(super) warned_by: Option<&'static str>,
}

/// On Bitbucket Cloud, username and token are an app password, and an access token requires its own username.
fn warned_by(credentials: &str, access: &str) -> Option<&'static str> {
    match (credentials, access) {
        (_, "username" | "username_ref") => Some("P10"),
        ("http", "access_token") => Some("A13"),
        _ => None,
    }
}

impl Place {
    pub(super) fn scope(&self) -> Scope {
        Scope::of(self.org, self.project)
    }

    /// Returns name, arguments, and the platform's `authentication`, for every type of credentials.
    fn credentials(&self) -> [(&'static str, Value, Value); 3] {
        let http = |user: Value, stored: Value| {
            let mut block = user;
            block["password_ref"] = json!(self.token_ref);
            let mut spec = stored;
            spec["passwordRef"] = json!(self.token_ref);
            (
                json!({"credentials": {"http": block}}),
                json!({"type": "Http", "spec": {"type": "UsernamePassword", "spec": spec}}),
            )
        };
        let (plain, stored_plain) = http(
            json!({"username": "jdoe"}),
            json!({"username": "jdoe", "usernameRef": null}),
        );
        let (secret, stored_secret) = http(
            json!({"username_ref": self.username_ref}),
            json!({"username": null, "usernameRef": self.username_ref}),
        );
        let ssh = json!({
            "connection_type": "SSH",
            "url": "git@bitbucket.org:acme/web.git",
            "credentials": {"ssh": {"ssh_key_ref": self.ssh_key_ref}},
        });
        let stored_ssh = json!({"type": "Ssh", "spec": {"sshKeyRef": self.ssh_key_ref}});
        [
            ("http", plain, stored_plain),
            ("http_ref", secret, stored_secret),
            ("ssh", ssh, stored_ssh),
        ]
    }

    /// Returns name, arguments, and the platform's `apiAccess`, for every type of API access.
    fn api_access(&self) -> [(&'static str, Value, Value); 6] {
        let (user, email, token) = (self.username_ref, self.email_ref, self.token_ref);
        let block = |name: &str, members: Value| {
            let mut members = members;
            members["token_ref"] = json!(token);
            json!({"api_access": {name: members}})
        };
        let stored = |kind: &str, members: Value| {
            let mut members = members;
            members["tokenRef"] = json!(token);
            json!({"type": kind, "spec": members})
        };
        [
            ("none", json!({}), Value::Null),
            (
                "username",
                block("username_token", json!({"username": "jdoe"})),
                stored(
                    "UsernameToken",
                    json!({"username": "jdoe", "usernameRef": null}),
                ),
            ),
            (
                "username_ref",
                block("username_token", json!({"username_ref": user})),
                stored(
                    "UsernameToken",
                    json!({"username": null, "usernameRef": user}),
                ),
            ),
            (
                "email",
                block("email_and_api_token", json!({"email": "j@acme.com"})),
                stored(
                    "EmailAndApiToken",
                    json!({"email": "j@acme.com", "emailRef": null}),
                ),
            ),
            (
                "email_ref",
                block("email_and_api_token", json!({"email_ref": email})),
                stored(
                    "EmailAndApiToken",
                    json!({"email": null, "emailRef": email}),
                ),
            ),
            (
                "access_token",
                block("access_token", json!({})),
                stored("AccessToken", json!({})),
            ),
        ]
    }

    /// Returns every combination that the platform accepts: both usernames must be plaintext, or both secret.
    pub(super) fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for (credentials, arguments, authentication) in self.credentials() {
            for (access, access_arguments, api_access) in self.api_access() {
                if matches!(
                    (credentials, access),
                    ("http", "username_ref") | ("http_ref", "username")
                ) {
                    continue;
                }
                // The sandbox's delegates are too old for email address and API token.
                let mut connector = Connector::new(&format!("{credentials}_with_{access}"))
                    .with(&json!({"connectivity_mode": "Platform"}))
                    .with(&arguments)
                    .with(&access_arguments);
                if let Some(org) = self.org {
                    connector = connector.with(&json!({"org_id": org}));
                }
                if let Some(project) = self.project {
                    connector = connector.with(&json!({"project_id": project}));
                }
                cases.push(Case {
                    connector,
                    authentication: authentication.clone(),
                    api_access: api_access.clone(),
                    warned_by: warned_by(credentials, access),
                });
            }
        }
        cases
    }
}

pub(super) fn configure<'a>(workspace: &Workspace, cases: impl IntoIterator<Item = &'a Case>) {
    workspace.configure(cases.into_iter().map(|case| &case.connector));
}

fn created_imported_and_destroyed(place: &Place) {
    let scope = place.scope();
    let cases = place.cases();
    assert_eq!(cases.len(), 16);
    let workspace = Workspace::new();
    let others = workspace.platform.state()["connectors"].clone();

    let warnings: Vec<String> = cases
        .iter()
        .filter_map(|case| Some(format!("{} {}", case.warned_by?, case.connector.label())))
        .collect();
    let warnings: Vec<&str> = warnings.iter().map(String::as_str).collect();
    assert_eq!(warnings.len(), 5);

    configure(&workspace, &cases);
    workspace.apply_warned(&warnings);
    let created = workspace.state();
    for case in &cases {
        let label = case.connector.label();
        let stored = workspace.stored(&scope, label).expect(label);
        let spec = &stored["spec"];
        assert_eq!(spec["authentication"], case.authentication, "{label}");
        assert_eq!(spec["apiAccess"], case.api_access, "{label}");
        let values = &created[&address(label)];
        assert_eq!(values["identifier"], label);
        assert_eq!(values["id"], format!("{}{label}", place.id_prefix));
        assert_eq!(values["ref"], format!("{}{label}", place.ref_prefix));
    }

    // Someone else imports all of them: one with the command, the rest with blocks, if the host has them.
    let elsewhere = workspace.beside();
    configure(&elsewhere, &cases);
    let has_blocks = current().has(Feature::ImportBlocks);
    let (by_command, by_block) = cases.split_at(if has_blocks { 1 } else { cases.len() });
    let id = |case: &Case| format!("{}{}", place.id_prefix, case.connector.label());
    for case in by_command {
        elsewhere
            .import(case.connector.label(), &id(case))
            .succeeded();
    }
    let mut configuration: String = cases
        .iter()
        .map(|case| case.connector.to_string())
        .collect();
    for case in by_block {
        configuration += &hcl::import(case.connector.label(), &id(case));
    }
    elsewhere.write(&configuration);
    let run = elsewhere.apply_warned(&warnings);
    let imports = run.actions();
    assert!(
        imports.values().all(|action| action == "import"),
        "{imports:?}"
    );
    assert_eq!(imports.len(), by_block.len(), "{run}");
    assert_eq!(elsewhere.state(), created);

    workspace.destroy();
    assert_eq!(workspace.platform.state()["connectors"], others);
    assert!(workspace.state().is_empty());
    // For the other state they have been destroyed already, and it does not check before it destroys.
    elsewhere
        .run(&["destroy", "-auto-approve", "-input=false", "-refresh=false"])
        .succeeded();
    assert!(elsewhere.state().is_empty());
}

#[test]
fn account_connectors_of_every_kind_complete_the_life_cycle() {
    created_imported_and_destroyed(&ACCOUNT);
}

#[test]
fn organization_connectors_of_every_kind_complete_the_life_cycle() {
    created_imported_and_destroyed(&ORGANIZATION);
}

#[test]
fn every_kind_of_connector_of_a_project_is_created_imported_and_destroyed() {
    created_imported_and_destroyed(&PROJECT);
}
