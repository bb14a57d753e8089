//! The account file: everything a sandbox starts with, and what a reset restores.
//!
//! Members have the names of the platform's API. The README describes those that only the sandbox has (tokens, secret
//! values, settings). An unknown member is an error, so that a misspelled one is not lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::scope::Scope;
use crate::settings::Settings;

const DEFAULT: &str = include_str!("../accounts/default.json");

/// The contents of an account file.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The account's identifier; the second part of every four-part key.
    pub identifier: String,
    /// The account's name.
    pub name: String,
    /// The company's name.
    #[serde(default)]
    pub company_name: Option<String>,
    /// The cluster that hosts the account.
    #[serde(default = "default_cluster")]
    pub cluster: String,
    /// API keys; the ready line announces the first one.
    pub keys: Vec<ApiKey>,
    /// The switches.
    #[serde(default)]
    pub settings: Settings,
    /// Organizations.
    #[serde(default)]
    pub organizations: Vec<Organization>,
    /// Projects.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// Secrets.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Delegates.
    #[serde(default)]
    pub delegates: Vec<Delegate>,
    /// Connectors, as in the `connector` member of the API.
    #[serde(default)]
    pub connectors: Vec<Map<String, Value>>,
    /// The uses of connectors.
    #[serde(default)]
    pub usages: Vec<Usage>,
    /// The built-in Git server.
    #[serde(default)]
    pub git: Git,
}

impl Account {
    /// Returns the built-in account.
    ///
    /// # Errors
    /// Never fails with the compiled-in file, as a test checks.
    pub fn built_in() -> Result<Self, AccountError> {
        Self::from_json(DEFAULT)
    }

    /// Reads an account from the text of an account file.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, has an unknown or missing member, or contradicts itself.
    pub fn from_json(text: &str) -> Result<Self, AccountError> {
        let account: Self = serde_json::from_str(text).map_err(AccountError::Syntax)?;
        account.check().map_err(AccountError::Contents)?;
        Ok(account)
    }

    fn check(&self) -> Result<(), String> {
        if self.keys.is_empty() {
            return Err("\"keys\" is empty; write at least one API key".into());
        }
        for key in &self.keys {
            key.check(&self.identifier)?;
        }
        for project in &self.projects {
            if !self
                .organizations
                .iter()
                .any(|org| org.identifier == project.org_identifier)
            {
                let Project {
                    identifier,
                    org_identifier,
                    ..
                } = project;
                return Err(format!(
                    "project \"{identifier}\" is in organization \"{org_identifier}\", which is missing in \
                     \"organizations\""
                ));
            }
        }
        for connector in &self.connectors {
            if connector
                .get("identifier")
                .and_then(Value::as_str)
                .is_none()
            {
                return Err("a connector has no \"identifier\"; write one as a string".into());
            }
        }
        self.settings.check()
    }
}

fn default_cluster() -> String {
    "sandbox".into()
}

/// What is wrong with an account file.
#[derive(Debug)]
pub enum AccountError {
    /// Not JSON, or not of the expected structure.
    Syntax(serde_json::Error),
    /// Of the expected structure, but contradictory.
    Contents(String),
}

impl std::fmt::Display for AccountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(_) => f.write_str("the account file cannot be read"),
            Self::Contents(reason) => write!(f, "the account file is inconsistent: {reason}"),
        }
    }
}

impl std::error::Error for AccountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Syntax(error) => Some(error),
            Self::Contents(_) => None,
        }
    }
}

/// An API key and what its owner may do. Has no `Debug`, because the token is a secret in accounts other than the
/// built-in one.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiKey {
    /// The name of the key in settings.
    pub name: String,
    /// `<pat|sat>.<account>.<id>.<secret>`, or `<pat|sat>.<id>.<secret>` for a key of the old form.
    pub token: String,
    /// The user's or service account's identifier.
    pub principal: String,
    /// The owner's email address.
    #[serde(default)]
    pub email: Option<String>,
    /// Denied permissions: `core_connector_edit`, or `core_secret_view:prod_password` for one object.
    #[serde(default)]
    pub denied_permissions: Vec<String>,
    /// When the key expires, in milliseconds since 1970; never if absent.
    #[serde(default)]
    pub valid_to: Option<i64>,
}

impl ApiKey {
    /// Returns the parts of a token: kind, account (absent in keys of the old form), identifier, secret.
    pub(crate) fn parts(token: &str) -> Option<(&str, Option<&str>, &str, &str)> {
        let mut parts = token.split('.');
        match (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) {
            (Some(kind), Some(account), Some(id), Some(secret), None) => {
                Some((kind, Some(account), id, secret))
            }
            (Some(kind), Some(id), Some(secret), None, None) => Some((kind, None, id, secret)),
            _ => None,
        }
    }

    /// Returns whether the key belongs to a person rather than to a service account.
    pub(crate) fn is_personal(&self) -> bool {
        self.token.starts_with("pat.")
    }

    fn check(&self, account: &str) -> Result<(), String> {
        let name = &self.name;
        let expected = "write <pat|sat>.<account>.<id>.<secret>, or <pat|sat>.<id>.<secret>";
        let Some((kind, key_account, _, _)) = Self::parts(&self.token) else {
            let parts = self.token.split('.').count();
            return Err(format!(
                "the token of key \"{name}\" has {parts} parts; {expected}"
            ));
        };
        if !["pat", "sat"].contains(&kind) {
            return Err(format!(
                "the token of key \"{name}\" does not start with pat or sat; {expected}"
            ));
        }
        if key_account.is_some_and(|key_account| key_account != account) {
            return Err(format!(
                "the token of key \"{name}\" names another account than \"{account}\""
            ));
        }
        Ok(())
    }
}

/// An organization.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Organization {
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether the platform created it.
    #[serde(default)]
    pub harness_managed: bool,
}

/// A project.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// Its organization.
    pub org_identifier: String,
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// Its color.
    #[serde(default = "default_color")]
    pub color: String,
    /// The modules in use.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

fn default_color() -> String {
    "#0063f7".into()
}

/// A secret. Has no `Debug`, because of the value.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secret {
    /// `SecretText`, `SecretFile`, `SSHKey`, or `WinRmCredentials`.
    pub r#type: String,
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// Its organization, unless it belongs to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_identifier: Option<String>,
    /// Its project, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_identifier: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The type's own members; if empty, those of the platform's built-in secret manager.
    #[serde(default)]
    pub spec: Map<String, Value>,
    /// The secret value. Never part of a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A delegate group.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delegate {
    /// Its name, which is also one of its tags in lower case.
    pub name: String,
    /// Its kind.
    #[serde(default = "default_delegate_type")]
    pub r#type: String,
    /// Its organization, unless it belongs to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_identifier: Option<String>,
    /// Its project, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_identifier: Option<String>,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// Its tags, except for the implicit one.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether it sends heartbeats.
    pub connected: bool,
    /// The version that every replica runs.
    #[serde(default = "default_delegate_version")]
    pub version: String,
    /// How many replicas it has.
    #[serde(default = "default_replicas")]
    pub replicas: u8,
}

impl Delegate {
    /// Returns its own tags and the implicit one.
    pub(crate) fn all_tags(&self) -> Vec<String> {
        let mut tags = self.tags.clone();
        let implicit = self.name.to_lowercase();
        if !tags.contains(&implicit) {
            tags.push(implicit);
        }
        tags
    }
}

fn default_delegate_type() -> String {
    "KUBERNETES".into()
}

fn default_delegate_version() -> String {
    "26.07.89100".into()
}

fn default_replicas() -> u8 {
    1
}

/// The entities that use a connector.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Usage {
    /// The connector's identifier.
    pub connector: String,
    /// The connector's organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_identifier: Option<String>,
    /// The connector's project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_identifier: Option<String>,
    /// The entities that use it.
    pub referred_by: Vec<Referrer>,
}

/// An entity that uses a connector.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Referrer {
    /// `Pipelines`, `Template`, `Service`, …
    pub r#type: String,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub identifier: String,
    /// Its organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_identifier: Option<String>,
    /// Its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_identifier: Option<String>,
    /// The pipeline of a trigger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_identifier: Option<String>,
}

/// The built-in Git server: users and repositories.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Git {
    /// The users who can sign in.
    pub users: Vec<GitUser>,
    /// `PROJECT/repository.git`; every user can read all of them.
    pub repositories: Vec<String>,
}

/// A user who can sign in to the Git server. Has no `Debug`, because of the password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitUser {
    /// The user's name.
    pub username: String,
    /// The password or token.
    pub password: String,
}

/// An object that lives in a scope.
pub(crate) trait Scoped {
    fn scope(&self) -> Scope;
}

macro_rules! scoped {
    ($($entry:ty),+) => {
        $(impl Scoped for $entry {
            fn scope(&self) -> Scope {
                Scope::of(self.org_identifier.as_deref(), self.project_identifier.as_deref())
            }
        })+
    };
}
scoped!(Secret, Delegate, Usage);
