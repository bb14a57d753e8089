//! The settings of a Bitbucket connector with the platform's names: the typed half of the wire model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::response::json::UnknownMember;
use crate::scope::{ConnectorRef, ProjectWithoutOrganization, Scope};

/// The `type` of the connectors that this crate manages.
pub(crate) const BITBUCKET: &str = "Bitbucket";

/// A Bitbucket connector: what a client can set and read back.
///
/// When read, an `Option` is `None` for null and for an absent member. Texts are kept as they are; `""` is read as
/// `None` only where the platform treats it as none (`org`, `project`) or where it names nothing (references,
/// `validation_repo`). When written, `None` and empty collections are left out of the JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketConnector {
    /// `name`: not unique, at most 128 characters.
    pub name: String,
    /// `identifier`: unique within the scope, immutable.
    pub identifier: String,
    /// `description`: `None` and `Some("")` differ on the wire; the platform returns what it received.
    pub description: Option<String>,
    /// `orgIdentifier`: `None` for a connector of the account. Immutable.
    pub org: Option<String>,
    /// `projectIdentifier`: `None` outside a project. Immutable.
    pub project: Option<String>,
    /// `tags`: the platform does not distinguish between absent and empty.
    pub tags: BTreeMap<String, String>,
    /// `spec`.
    pub spec: BitbucketSpec,
}

impl BitbucketConnector {
    /// Returns the connector's scope and identifier.
    ///
    /// # Errors
    /// Returns an error if there is a project without an organization.
    pub fn connector_ref(&self) -> Result<ConnectorRef, ProjectWithoutOrganization> {
        let scope = Scope::from_ids(self.org.as_deref(), self.project.as_deref())?;
        Ok(ConnectorRef::new(scope, self.identifier.clone()))
    }
}

/// The settings of a Bitbucket connector, as read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketReading {
    /// The settings.
    pub connector: BitbucketConnector,
    /// `spec.proxy`: whether to connect through Harness's Secure Connect tunnel.
    pub proxy: bool,
    /// `spec.ignoreTestConnection`: whether every connection test succeeds.
    pub ignore_test_connection: bool,
    /// What could not be read or has an unknown kind, in the order of the members. OAuth API access is known and
    /// therefore not included; neither are members that a later version of the platform adds.
    pub unknown: Vec<UnknownMember>,
}

/// Creates a reading of a connector with only these settings.
impl From<BitbucketConnector> for BitbucketReading {
    fn from(connector: BitbucketConnector) -> Self {
        Self {
            connector,
            proxy: false,
            ignore_test_connection: false,
            unknown: Vec::new(),
        }
    }
}

/// The `spec` of a connector of type `Bitbucket`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketSpec {
    /// `url`: stored and returned byte for byte.
    pub url: String,
    /// `type`: what the URL names.
    pub url_type: UrlType,
    /// `validationRepo`: the repository that a connection test clones if the URL does not name one.
    pub validation_repo: Option<String>,
    /// `authentication`: the credentials for Git.
    pub authentication: Authentication,
    /// `apiAccess`: the credentials for Bitbucket's API; `None` if it is not enabled.
    pub api_access: Option<ApiAccess>,
    /// `executeOnDelegate`: through a delegate (true, also the platform's default) or from the platform itself.
    pub execute_on_delegate: bool,
    /// `delegateSelectors`: a delegate must have all of these tags; an empty set allows any delegate.
    pub delegate_selectors: BTreeSet<String>,
}

/// `spec.type`: what the URL names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UrlType {
    /// `Account`: a workspace or a whole server.
    Account,
    /// `Repo`: one repository.
    Repo,
    /// Another value, such as `Project`, which the API accepts but the product's UI does not offer. Empty if the
    /// platform sent none.
    Other(String),
}

impl UrlType {
    /// Returns the value on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account => "Account",
            Self::Repo => "Repo",
            Self::Other(other) => other,
        }
    }
}

impl From<&str> for UrlType {
    fn from(value: &str) -> Self {
        match value {
            "Account" => Self::Account,
            "Repo" => Self::Repo,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// `spec.authentication`: the credentials for Git.
///
/// References to secrets have the platform's format: `id`, `org.id`, `account.id`. The platform requires them; they are
/// optional here because a connector that is read may lack them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// `Http` with `UsernamePassword`, the only type over HTTP that Bitbucket connectors have.
    Http {
        /// `username` or `usernameRef`.
        username: Option<TextOrRef>,
        /// `passwordRef`.
        password_ref: Option<String>,
    },
    /// `Ssh`.
    Ssh {
        /// `sshKeyRef`.
        ssh_key_ref: Option<String>,
    },
    /// An unknown kind: its `type`, followed by `/` and the inner type for HTTP. Empty if the platform sent none. It
    /// cannot be written, only kept by an overlay.
    Other {
        /// The type as the platform calls it.
        type_name: String,
    },
}

/// `spec.apiAccess`: how the platform calls Bitbucket's API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ApiAccess {
    /// `UsernameToken`.
    UsernameToken {
        /// `username` or `usernameRef`.
        username: Option<TextOrRef>,
        /// `tokenRef`.
        token_ref: Option<String>,
    },
    /// `AccessToken`: a token of a workspace, project, or repository.
    AccessToken {
        /// `tokenRef`.
        token_ref: Option<String>,
    },
    /// `EmailAndApiToken`: a Bitbucket Cloud API token with its owner's email address.
    EmailAndApiToken {
        /// `email` or `emailRef`.
        email: Option<TextOrRef>,
        /// `tokenRef`.
        token_ref: Option<String>,
    },
    /// `OAuth`: created by the product's own flow, which API clients cannot use. It cannot be written, only kept by an
    /// overlay.
    OAuth,
    /// An unknown kind; empty if the platform sent none. It cannot be written, only kept.
    Other {
        /// The type as the platform calls it.
        type_name: String,
    },
}

/// A username or email address, in plaintext or in a secret. The platform accepts exactly one of the two.
#[derive(Clone, Eq, PartialEq)]
pub enum TextOrRef {
    /// Plaintext, in the member of that name.
    Plain(String),
    /// A reference to a text secret, in the member that ends with `Ref`.
    Ref(String),
}

impl TextOrRef {
    /// Returns the text, if it is plaintext.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Ref(_) => None,
        }
    }

    /// Returns the reference, if it is one.
    pub fn secret_ref(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Ref(reference) => Some(reference),
        }
    }
}

/// Hides the text. A username is personal rather than secret, but debug output can end up in public reports.
impl fmt::Debug for TextOrRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(..)"),
            Self::Ref(reference) => f.debug_tuple("Ref").field(reference).finish(),
        }
    }
}
