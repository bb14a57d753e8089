//! The settings of a Bitbucket connector as the platform names them: the typed half of the wire model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::scope::{ConnectorRef, ProjectWithoutOrganization, Scope};

/// A Bitbucket connector: what a client can set and read back.
///
/// Read from the platform, an `Option` is `None` for null and absent alike. Texts are kept as they are; only where the
/// platform itself treats the empty text as none (`org`, `project`), or where it names nothing (references,
/// `validation_repo`), does `""` read as `None`. Written, `None` and empty collections are absent from the JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketConnector {
    /// `name`: not unique, at most 128 characters.
    pub name: String,
    /// `identifier`: unique within the scope, immutable.
    pub identifier: String,
    /// `description`: `None` and `Some("")` differ on the wire; the platform returns what it was given.
    pub description: Option<String>,
    /// `orgIdentifier`: `None` for a connector of the account. Immutable.
    pub org: Option<String>,
    /// `projectIdentifier`: `None` outside a project. Immutable.
    pub project: Option<String>,
    /// `tags`: the platform does not distinguish none from empty.
    pub tags: BTreeMap<String, String>,
    /// `spec`.
    pub spec: BitbucketSpec,
}

impl BitbucketConnector {
    /// Where the connector lives and what it is called there.
    ///
    /// # Errors
    /// If there is a project without an organization.
    pub fn connector_ref(&self) -> Result<ConnectorRef, ProjectWithoutOrganization> {
        let scope = Scope::from_ids(self.org.as_deref(), self.project.as_deref())?;
        Ok(ConnectorRef::new(scope, self.identifier.clone()))
    }
}

/// The `spec` of a connector of type `Bitbucket`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketSpec {
    /// `url`: stored and returned byte for byte.
    pub url: String,
    /// `type`: what the URL names.
    pub url_type: UrlType,
    /// `validationRepo`: the repository that a connection test clones where the URL names none.
    pub validation_repo: Option<String>,
    /// `authentication`: the credentials for Git.
    pub authentication: Authentication,
    /// `apiAccess`: the credentials for Bitbucket's API; `None` if it is not enabled.
    pub api_access: Option<ApiAccess>,
    /// `executeOnDelegate`: through a delegate (true, also what the platform assumes when nothing is sent) or from the
    /// platform itself.
    pub execute_on_delegate: bool,
    /// `delegateSelectors`: a delegate needs all of these tags; empty is any delegate.
    pub delegate_selectors: BTreeSet<String>,
}

/// `spec.type`: what the URL names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UrlType {
    /// `Account`: a workspace or a whole server.
    Account,
    /// `Repo`: one repository.
    Repo,
    /// Another value, `Project` for instance, which the API accepts and no page of the product offers. Empty if the
    /// platform gave none.
    Other(String),
}

impl UrlType {
    /// The value on the wire.
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

/// `spec.authentication`: how Git proves who it is.
///
/// References to secrets are texts as the platform takes them: `id`, `org.id`, `account.id`. The platform requires
/// them; they are optional here because what is read may lack them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// `Http` with `UsernamePassword`, the only kind that Bitbucket connectors have over HTTP.
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
    /// A kind that this version does not know: its `type`, for HTTP followed by `/` and the inner type. Empty if the
    /// platform gave none. It cannot be written, only kept by an overlay.
    Other {
        /// The kind as the platform calls it.
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
    /// `AccessToken`: a token of a workspace, project or repository.
    AccessToken {
        /// `tokenRef`.
        token_ref: Option<String>,
    },
    /// `EmailAndApiToken`: Bitbucket Cloud's API token with the e-mail of its owner.
    EmailAndApiToken {
        /// `email` or `emailRef`.
        email: Option<TextOrRef>,
        /// `tokenRef`.
        token_ref: Option<String>,
    },
    /// `OAuth`: made by the product's own flow, which no API client can go through. It cannot be written, only kept by
    /// an overlay.
    OAuth,
    /// A kind that this version does not know; empty if the platform gave none. It cannot be written, only kept.
    Other {
        /// The kind as the platform calls it.
        type_name: String,
    },
}

/// A user name or e-mail address: in plain text, or in a secret. The platform takes exactly one of the two.
#[derive(Clone, Eq, PartialEq)]
pub enum TextOrRef {
    /// In plain text, in the member of that name.
    Plain(String),
    /// A reference to a text secret, in the member that ends with `Ref`.
    Ref(String),
}

impl TextOrRef {
    /// The text, if it is plain.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Ref(_) => None,
        }
    }

    /// The reference, if it is one.
    pub fn secret_ref(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Ref(reference) => Some(reference),
        }
    }
}

/// A user name is personal rather than secret; it is still left out, for debug output ends up in public reports.
impl fmt::Debug for TextOrRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(..)"),
            Self::Ref(reference) => f.debug_tuple("Ref").field(reference).finish(),
        }
    }
}
