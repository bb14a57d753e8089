//! The types of credentials and API access that a client can write, with the names of their members.
//!
//! All kinds have the same structure: at most one username or email address, in plaintext or in a secret, and one
//! secret that authenticates it.

use super::model::{ApiAccess, Authentication, TextOrRef};

/// One kind of [`Authentication`] or [`ApiAccess`].
#[derive(Debug)]
pub struct Kind {
    /// The `type` of the kind.
    pub name: &'static str,
    /// The members for the username or email address: first for plaintext, then for a reference.
    pub user: Option<[&'static str; 2]>,
    /// The member for the reference to the password, key, or token.
    pub secret: &'static str,
}

impl Kind {
    /// Credentials over HTTP.
    pub const HTTP: Self = Self::new("Http", Some(USERNAME), "passwordRef");
    /// Credentials over SSH.
    pub const SSH: Self = Self::new("Ssh", None, "sshKeyRef");
    /// API access with a username and a personal access token.
    pub const USERNAME_TOKEN: Self = Self::new("UsernameToken", Some(USERNAME), "tokenRef");
    /// API access with an email address and an API token.
    pub const EMAIL_AND_API_TOKEN: Self =
        Self::new("EmailAndApiToken", Some(["email", "emailRef"]), "tokenRef");
    /// API access with an access token alone.
    pub const ACCESS_TOKEN: Self = Self::new("AccessToken", None, "tokenRef");

    const fn new(
        name: &'static str,
        user: Option<[&'static str; 2]>,
        secret: &'static str,
    ) -> Self {
        Self { name, user, secret }
    }

    /// Returns the `type` of a second object around the members, which only HTTP credentials have.
    pub(super) fn inner(&self) -> Option<&'static str> {
        (self.name == Self::HTTP.name).then_some("UsernamePassword")
    }
}

const USERNAME: [&str; 2] = ["username", "usernameRef"];

/// The parts of credentials or API access.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The username or email address.
    pub user: Option<&'a TextOrRef>,
    /// The reference to the password, key, or token.
    pub secret: Option<&'a str>,
}

impl Authentication {
    /// Returns the platform's name for the kind: `Http`, `Ssh`, or an unknown name as received.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Http { .. } => Kind::HTTP.name,
            Self::Ssh { .. } => Kind::SSH.name,
            Self::Other { type_name } => type_name,
        }
    }

    /// Returns credentials of a type.
    pub fn of(kind: &Kind, username: Option<TextOrRef>, secret: Option<String>) -> Self {
        match kind.name {
            "Http" => Self::Http {
                username,
                password_ref: secret,
            },
            "Ssh" => Self::Ssh {
                ssh_key_ref: secret,
            },
            other => Self::Other {
                type_name: other.to_owned(),
            },
        }
    }

    /// Returns the parts of credentials, or `None` for a kind that clients cannot write.
    pub fn parts(&self) -> Option<Parts<'_>> {
        let (kind, user, secret) = match self {
            Self::Http {
                username,
                password_ref,
            } => (&Kind::HTTP, username, password_ref),
            Self::Ssh { ssh_key_ref } => (&Kind::SSH, &None, ssh_key_ref),
            Self::Other { .. } => return None,
        };
        let (user, secret) = (user.as_ref(), secret.as_deref());
        Some(Parts { kind, user, secret })
    }
}

impl ApiAccess {
    /// Returns the platform's name for the kind.
    pub fn type_name(&self) -> &str {
        match self {
            Self::UsernameToken { .. } => Kind::USERNAME_TOKEN.name,
            Self::AccessToken { .. } => Kind::ACCESS_TOKEN.name,
            Self::EmailAndApiToken { .. } => Kind::EMAIL_AND_API_TOKEN.name,
            Self::OAuth => "OAuth",
            Self::Other { type_name } => type_name,
        }
    }

    /// Returns API access of a type.
    pub fn of(kind: &Kind, user: Option<TextOrRef>, token_ref: Option<String>) -> Self {
        match kind.name {
            "UsernameToken" => Self::UsernameToken {
                username: user,
                token_ref,
            },
            "EmailAndApiToken" => Self::EmailAndApiToken {
                email: user,
                token_ref,
            },
            "AccessToken" => Self::AccessToken { token_ref },
            other => Self::Other {
                type_name: other.to_owned(),
            },
        }
    }

    /// Returns the parts of API access, or `None` for a kind that clients cannot write.
    pub fn parts(&self) -> Option<Parts<'_>> {
        let (kind, user, secret) = match self {
            Self::UsernameToken {
                username,
                token_ref,
            } => (&Kind::USERNAME_TOKEN, username, token_ref),
            Self::EmailAndApiToken { email, token_ref } => {
                (&Kind::EMAIL_AND_API_TOKEN, email, token_ref)
            }
            Self::AccessToken { token_ref } => (&Kind::ACCESS_TOKEN, &None, token_ref),
            Self::OAuth | Self::Other { .. } => return None,
        };
        let (user, secret) = (user.as_ref(), secret.as_deref());
        Some(Parts { kind, user, secret })
    }
}
