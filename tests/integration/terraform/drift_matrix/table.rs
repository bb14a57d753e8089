//! The rows of the drift matrix: for each argument that the platform stores, each possible kind of change to it there.
//!
//! Most rows follow from the position of an argument's member on the platform ([`Place`]); blocks appear and disappear
//! as a whole and have rows of their own. An impossible change is in [`IMPOSSIBLE`] with the reason. Arguments that the
//! platform does not store, or by which it finds a connector, are in [`NOT_STORED`] and [`LOCATING`].
//!
//! This file is long because it is one table: a row of an argument is compared with the rows of the others.

use serde_json::{Value, json};

use super::Kind::{self, Added, Changed, Emptied, EntryAdded, EntryRemoved, Removed};

/// One change of one connector outside Terraform.
pub(in crate::terraform) struct Row {
    /// The path of the argument or block.
    pub(in crate::terraform) argument: &'static str,
    pub(super) kind: Kind,
    /// What is configured, in addition to the minimum for a connector.
    pub(in crate::terraform) configured: Value,
    /// The JSON merge patch for the connector.
    pub(in crate::terraform) patch: Value,
    /// The differences that the refresh then finds, by path: the new value, or null if it is gone. A block without
    /// settings is `{}`.
    pub(super) shown: Value,
    /// The summary of the refresh's warning.
    pub(super) warning: Option<&'static str>,
}

/// Arguments that the platform does not store: only the configuration can change them. A block stands for all its
/// contents.
pub(super) const NOT_STORED: [&str; 3] = ["connection_test", "force_delete", "timeouts"];

/// Arguments by which a connector is found: with other values, it is another connector.
pub(super) const LOCATING: [&str; 3] = ["identifier", "org_id", "project_id"];

/// Changes that are impossible.
pub(super) const IMPOSSIBLE: [(&str, Kind, &str); 2] = [
    (
        "connectivity_mode",
        Emptied,
        "the platform has true or false",
    ),
    ("credentials", Added, "every configuration has them"),
];

const UNREADABLE: &str = "Parts of the connector could not be read";
const TOKEN: &str = "account.bitbucket_token";
const OTHER_TOKEN: &str = "account.bitbucket_refresh_token";
const USERNAME_REF: &str = "account.bitbucket_username";
const EMAIL_REF: &str = "account.bitbucket_email";
const SSH_KEY: &str = "account.bitbucket_ssh";
const OTHER_SSH_KEY: &str = "account.rotated_ssh";

/// Returns all rows.
pub(in crate::terraform) fn rows() -> Vec<Row> {
    let places = [details(), git_credentials(), api_credentials()];
    let mut rows: Vec<Row> = places.iter().flatten().flat_map(Place::rows).collect();
    rows.extend(url_types_and_modes());
    rows.extend(collections());
    rows.extend(kinds_of_credentials());
    rows.extend(kinds_of_api_access());
    rows
}

/// The position of an argument's text on the platform, and everything from which its rows follow.
struct Place {
    argument: &'static str,
    pointer: &'static str,
    /// The configuration with the argument.
    given: Value,
    /// The configuration without the argument; `None` if it is always required.
    left_out: Option<Value>,
    /// Another text, identical on the platform and in the state.
    other: &'static str,
    /// The argument that disappears when this one is set, and its pointer.
    instead_of: Option<(&'static str, &'static str)>,
    /// The state's value if the platform has nothing, and the warning about it.
    nothing: (Value, Option<&'static str>),
}

/// Creates the place of a required argument.
fn required(
    argument: &'static str,
    pointer: &'static str,
    given: Value,
    other: &'static str,
) -> Place {
    Place {
        argument,
        pointer,
        given,
        left_out: None,
        other,
        instead_of: None,
        nothing: (Value::Null, None),
    }
}

impl Place {
    /// Makes the argument optional.
    fn or(mut self, left_out: Value) -> Self {
        self.left_out = Some(left_out);
        self
    }

    fn instead_of(mut self, argument: &'static str, pointer: &'static str) -> Self {
        self.instead_of = Some((argument, pointer));
        self
    }

    /// Marks the member as one without which a connector makes no sense.
    fn indispensable(mut self) -> Self {
        self.nothing = (json!(""), Some(UNREADABLE));
        self
    }

    fn rows(&self) -> Vec<Row> {
        let row = |kind, configured: &Value, value: Value, shown: Value, warning| Row {
            argument: self.argument,
            kind,
            configured: configured.clone(),
            patch: at(self.pointer, value),
            shown,
            warning,
        };
        let other = || json!({self.argument: self.other});
        let (nothing, warning) = &self.nothing;
        let nothing = || {
            let mut shown = json!({self.argument: nothing});
            if let Some(block) = self.block_of_this_alone() {
                shown[block] = json!({});
            }
            shown
        };
        let mut rows = vec![
            row(Changed, &self.given, json!(self.other), other(), None),
            row(Removed, &self.given, Value::Null, nothing(), *warning),
            row(Emptied, &self.given, json!(""), nothing(), *warning),
        ];
        if let Some(left_out) = &self.left_out {
            let mut added = row(Added, left_out, json!(self.other), other(), None);
            if let Some((argument, pointer)) = self.instead_of {
                merge(&mut added.patch, &at(pointer, Value::Null));
                added.shown[argument] = Value::Null;
            }
            rows.push(added);
        }
        rows
    }

    /// Returns the block around the argument, if it contains nothing else.
    fn block_of_this_alone(&self) -> Option<&'static str> {
        let (block, _) = self.argument.rsplit_once('.')?;
        let given = self
            .given
            .pointer(&format!("/{}", block.replace('.', "/")))?;
        (given.as_object()?.len() == 1).then_some(block)
    }
}

/// Returns a merge patch for one member.
fn at(pointer: &str, value: Value) -> Value {
    pointer.rsplit('/').fold(value, |inner, name| match name {
        "" => inner,
        name => json!({name: inner}),
    })
}

/// Merges two objects, and the objects in them.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn account() -> Value {
    json!({"url_type": "Account", "url": "https://bitbucket.org/acme/", "test_repository": "web.git"})
}

fn http(user: &str, name: &str) -> Value {
    json!({"credentials": {"http": {user: name, "password_ref": TOKEN}}})
}

fn ssh() -> Value {
    json!({
        "connection_type": "SSH",
        "url": "git@bitbucket.org:acme/web.git",
        "credentials": {"ssh": {"ssh_key_ref": SSH_KEY}},
    })
}

/// Returns username and token, for Bitbucket Data Center.
fn username_token(user: &str, name: &str) -> Value {
    json!({
        "url": "https://bitbucket.acme.com/scm/WEB/web.git",
        "credentials": {"http": {user: name, "password_ref": TOKEN}},
        "api_access": {"username_token": {user: name, "token_ref": TOKEN}},
    })
}

/// Returns email address and API token, without a delegate, because the sandbox's delegates are too old.
fn email_and_api_token(member: &str, email: &str) -> Value {
    json!({
        "connectivity_mode": "Platform",
        "api_access": {"email_and_api_token": {member: email, "token_ref": TOKEN}},
    })
}

/// Returns an access token, with the matching username.
fn access_token() -> Value {
    json!({
        "credentials": {"http": {"username": "x-token-auth", "password_ref": TOKEN}},
        "api_access": {"access_token": {"token_ref": TOKEN}},
    })
}

fn details() -> Vec<Place> {
    vec![
        required("name", "/name", json!({}), "Renamed").indispensable(),
        required(
            "description",
            "/description",
            json!({"description": "Text"}),
            "Other text",
        )
        .or(json!({})),
        required(
            "url",
            "/spec/url",
            json!({}),
            "https://bitbucket.org/acme/api.git",
        )
        .indispensable(),
        required(
            "test_repository",
            "/spec/validationRepo",
            account(),
            "api.git",
        )
        .or(json!({})),
    ]
}

fn git_credentials() -> Vec<Place> {
    const USERNAME: (&str, &str) = (
        "credentials.http.username",
        "/spec/authentication/spec/spec/username",
    );
    const USERNAME_REF_AT: (&str, &str) = (
        "credentials.http.username_ref",
        "/spec/authentication/spec/spec/usernameRef",
    );
    let (plain, secret) = (http("username", "jdoe"), http("username_ref", USERNAME_REF));
    vec![
        required(USERNAME.0, USERNAME.1, plain.clone(), "asmith")
            .or(secret.clone())
            .instead_of(USERNAME_REF_AT.0, USERNAME_REF_AT.1),
        required(USERNAME_REF_AT.0, USERNAME_REF_AT.1, secret, EMAIL_REF)
            .or(plain.clone())
            .instead_of(USERNAME.0, USERNAME.1),
        required(
            "credentials.http.password_ref",
            "/spec/authentication/spec/spec/passwordRef",
            plain,
            OTHER_TOKEN,
        ),
        required(
            "credentials.ssh.ssh_key_ref",
            "/spec/authentication/spec/sshKeyRef",
            ssh(),
            OTHER_SSH_KEY,
        ),
    ]
}

fn api_credentials() -> Vec<Place> {
    const USERNAME: (&str, &str) = (
        "api_access.username_token.username",
        "/spec/apiAccess/spec/username",
    );
    const USERNAME_REF_AT: (&str, &str) = (
        "api_access.username_token.username_ref",
        "/spec/apiAccess/spec/usernameRef",
    );
    const EMAIL: (&str, &str) = (
        "api_access.email_and_api_token.email",
        "/spec/apiAccess/spec/email",
    );
    const EMAIL_REF_AT: (&str, &str) = (
        "api_access.email_and_api_token.email_ref",
        "/spec/apiAccess/spec/emailRef",
    );
    const TOKEN_REF: &str = "/spec/apiAccess/spec/tokenRef";
    let plain = username_token("username", "jdoe");
    let secret = username_token("username_ref", USERNAME_REF);
    let plain_email = email_and_api_token("email", "j@acme.com");
    let secret_email = email_and_api_token("email_ref", EMAIL_REF);
    vec![
        required(USERNAME.0, USERNAME.1, plain.clone(), "asmith")
            .or(secret.clone())
            .instead_of(USERNAME_REF_AT.0, USERNAME_REF_AT.1),
        required(USERNAME_REF_AT.0, USERNAME_REF_AT.1, secret, EMAIL_REF)
            .or(plain.clone())
            .instead_of(USERNAME.0, USERNAME.1),
        required(
            "api_access.username_token.token_ref",
            TOKEN_REF,
            plain,
            OTHER_TOKEN,
        ),
        required(EMAIL.0, EMAIL.1, plain_email.clone(), "a@acme.com")
            .or(secret_email.clone())
            .instead_of(EMAIL_REF_AT.0, EMAIL_REF_AT.1),
        required(EMAIL_REF_AT.0, EMAIL_REF_AT.1, secret_email, USERNAME_REF)
            .or(plain_email.clone())
            .instead_of(EMAIL.0, EMAIL.1),
        required(
            "api_access.email_and_api_token.token_ref",
            TOKEN_REF,
            plain_email,
            OTHER_TOKEN,
        ),
        required(
            "api_access.access_token.token_ref",
            TOKEN_REF,
            access_token(),
            OTHER_TOKEN,
        ),
    ]
}

/// Returns arguments with values that have other names on the platform.
fn url_types_and_modes() -> Vec<Row> {
    let url_type = |kind, value: Value, shown: &str, warning| Row {
        argument: "url_type",
        kind,
        configured: account(),
        patch: at("/spec/type", value),
        shown: json!({"url_type": shown}),
        warning,
    };
    let mode = |kind, configured: Value, value: Value, shown: &str| Row {
        argument: "connectivity_mode",
        kind,
        configured,
        patch: at("/spec/executeOnDelegate", value),
        shown: json!({"connectivity_mode": shown}),
        warning: None,
    };
    let platform = || json!({"connectivity_mode": "Platform"});
    vec![
        url_type(Changed, json!("Repo"), "Repository", None),
        url_type(Removed, Value::Null, "", Some(UNREADABLE)),
        url_type(Emptied, json!(""), "", Some(UNREADABLE)),
        mode(Changed, platform(), json!(true), "Delegate"),
        // No value means a delegate.
        mode(Removed, platform(), Value::Null, "Delegate"),
        mode(Added, json!({}), json!(false), "Platform"),
    ]
}

fn collections() -> Vec<Row> {
    let tags = |kind, configured: Value, patch: Value, shown: Value| Row {
        argument: "tags",
        kind,
        configured,
        patch: at("/tags", patch),
        shown,
        warning: None,
    };
    let two = || json!({"tags": {"team": "web", "critical": ""}});
    let selectors = |kind, configured: Value, stored: Value, shown: Value| Row {
        argument: "delegate_selectors",
        kind,
        configured,
        patch: at("/spec/delegateSelectors", stored),
        shown: json!({"delegate_selectors": shown}),
        warning: None,
    };
    let both = || json!({"delegate_selectors": ["eu", "linux"]});
    let no_tags = || json!({"tags.team": null, "tags.critical": null});
    vec![
        tags(
            Changed,
            two(),
            json!({"team": "api"}),
            json!({"tags.team": "api"}),
        ),
        tags(Removed, two(), Value::Null, no_tags()),
        tags(
            Emptied,
            two(),
            json!({"team": null, "critical": null}),
            no_tags(),
        ),
        tags(
            Added,
            json!({}),
            json!({"more": ""}),
            json!({"tags.more": ""}),
        ),
        tags(
            EntryAdded,
            two(),
            json!({"more": "yes"}),
            json!({"tags.more": "yes"}),
        ),
        tags(
            EntryRemoved,
            two(),
            json!({"critical": null}),
            json!({"tags.critical": null}),
        ),
        selectors(
            Changed,
            both(),
            json!(["arm64", "eu"]),
            json!(["arm64", "eu"]),
        ),
        selectors(Removed, both(), Value::Null, Value::Null),
        selectors(Emptied, both(), json!([]), Value::Null),
        selectors(Added, json!({}), json!(["eu"]), json!(["eu"])),
        selectors(
            EntryAdded,
            both(),
            json!(["amd64", "linux", "eu"]),
            json!(["amd64", "eu", "linux"]),
        ),
        selectors(EntryRemoved, both(), json!(["linux"]), json!(["linux"])),
    ]
}

fn kinds_of_credentials() -> Vec<Row> {
    let row =
        |argument, kind, configured: Value, authentication: Value, shown: Value, warning| Row {
            argument,
            kind,
            configured,
            patch: at("/spec/authentication", authentication),
            shown,
            warning,
        };
    let no_http =
        || json!({"credentials.http.username": null, "credentials.http.password_ref": null});
    let with = |mut shown: Value, more: Value| {
        merge(&mut shown, &more);
        shown
    };
    let none = || with(no_http(), json!({"connection_type": ""}));
    let to_ssh = |argument, kind| {
        row(
            argument,
            kind,
            json!({}),
            json!({"type": "Ssh", "spec": {"type": null, "spec": null, "sshKeyRef": SSH_KEY}}),
            with(
                no_http(),
                json!({"connection_type": "SSH", "credentials.ssh.ssh_key_ref": SSH_KEY}),
            ),
            None,
        )
    };
    let to_http = |argument, kind| {
        row(
            argument,
            kind,
            ssh(),
            json!({"type": "Http", "spec": {
                "sshKeyRef": null,
                "type": "UsernamePassword",
                "spec": {"username": "jdoe", "passwordRef": TOKEN},
            }}),
            json!({
                "connection_type": "HTTP",
                "credentials.ssh.ssh_key_ref": null,
                "credentials.http.username": "jdoe",
                "credentials.http.password_ref": TOKEN,
            }),
            None,
        )
    };
    vec![
        to_ssh("connection_type", Changed),
        row(
            "connection_type",
            Removed,
            json!({}),
            json!({"type": null}),
            none(),
            Some(UNREADABLE),
        ),
        row(
            "connection_type",
            Emptied,
            json!({}),
            json!({"type": ""}),
            none(),
            Some(UNREADABLE),
        ),
        row(
            "credentials",
            Removed,
            json!({}),
            Value::Null,
            none(),
            Some(UNREADABLE),
        ),
        row(
            "credentials",
            Emptied,
            json!({}),
            json!({"type": null, "spec": null}),
            none(),
            Some(UNREADABLE),
        ),
        to_ssh("credentials.http", Removed),
        to_http("credentials.http", Added),
        row(
            "credentials.http",
            Emptied,
            json!({}),
            json!({"spec": {"spec": {"username": null, "passwordRef": null}}}),
            with(no_http(), json!({"credentials.http": {}})),
            None,
        ),
        to_http("credentials.ssh", Removed),
        to_ssh("credentials.ssh", Added),
        row(
            "credentials.ssh",
            Emptied,
            ssh(),
            json!({"spec": {"sshKeyRef": null}}),
            json!({"credentials.ssh.ssh_key_ref": null, "credentials.ssh": {}}),
            None,
        ),
    ]
}

/// A type of API access: the configuration, the platform's members, and the state's values, by path.
struct Access {
    block: &'static str,
    configured: Value,
    stored: Value,
    shown: Value,
}

fn kinds_of_api_access() -> Vec<Row> {
    let kinds = [
        Access {
            block: "api_access.username_token",
            configured: username_token("username", "jdoe"),
            stored: json!({"type": "UsernameToken", "spec": {"username": "jdoe", "tokenRef": TOKEN}}),
            shown: json!({
                "api_access.username_token.username": "jdoe",
                "api_access.username_token.token_ref": TOKEN,
            }),
        },
        Access {
            block: "api_access.email_and_api_token",
            configured: email_and_api_token("email", "j@acme.com"),
            stored: json!({"type": "EmailAndApiToken", "spec": {"email": "j@acme.com", "tokenRef": TOKEN}}),
            shown: json!({
                "api_access.email_and_api_token.email": "j@acme.com",
                "api_access.email_and_api_token.token_ref": TOKEN,
            }),
        },
        Access {
            block: "api_access.access_token",
            configured: access_token(),
            stored: json!({"type": "AccessToken", "spec": {"tokenRef": TOKEN}}),
            shown: json!({"api_access.access_token.token_ref": TOKEN}),
        },
    ];
    let row = |argument, kind, configured: &Value, access: Value, shown: Value, warning| Row {
        argument,
        kind,
        configured: configured.clone(),
        patch: at("/spec/apiAccess", access),
        shown,
        warning,
    };
    let mut rows = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let next = &kinds[(index + 1) % kinds.len()];
        // Members of this type that the next one does not have are removed.
        let mut becomes_next = json!({"spec": nulls(&kind.stored["spec"])});
        merge(&mut becomes_next, &next.stored);
        let mut shows_next = nulls(&kind.shown);
        merge(&mut shows_next, &next.shown);
        let mut shows_nothing = nulls(&kind.shown);
        shows_nothing[kind.block] = json!({});
        rows.extend([
            row(
                kind.block,
                Removed,
                &kind.configured,
                becomes_next,
                shows_next,
                None,
            ),
            row(
                kind.block,
                Emptied,
                &kind.configured,
                json!({"spec": nulls(&kind.stored["spec"])}),
                shows_nothing,
                None,
            ),
            row(
                kind.block,
                Added,
                &json!({}),
                kind.stored.clone(),
                kind.shown.clone(),
                None,
            ),
        ]);
    }
    let token = &kinds[2];
    rows.extend([
        row(
            "api_access",
            Removed,
            &token.configured,
            Value::Null,
            nulls(&token.shown),
            None,
        ),
        row(
            "api_access",
            Emptied,
            &token.configured,
            json!({"type": null, "spec": null}),
            nulls(&token.shown),
            Some(UNREADABLE),
        ),
        row(
            "api_access",
            Added,
            &json!({}),
            token.stored.clone(),
            token.shown.clone(),
            None,
        ),
    ]);
    rows
}

/// Returns the object with all members null.
fn nulls(object: &Value) -> Value {
    let members = object.as_object().expect("an object");
    members
        .keys()
        .map(|name| (name.clone(), Value::Null))
        .collect()
}
