//! The kinds of credentials and of API access that a client can write, with their members' names.
//!
//! All of them are built alike: at most one user name or e-mail address, in plain text or in a secret, and one secret that
//! proves it.

use super::model::{ApiAccess, Authentication, TextOrRef};

/// One kind of credentials ([`Authentication`]) or API access ([`ApiAccess`]).
#[derive(Debug)]
pub struct Kind<T> {
    /// Its `type`.
    pub name: &'static str,
    /// The `type` of a second object around the members, which HTTP credentials have.
    pub(super) inner: Option<&'static str>,
    /// The members for the user name or e-mail address: the one in plain text, and the one for a reference.
    pub user: Option<[&'static str; 2]>,
    /// The member for the reference to the password, the key or the token.
    pub secret: &'static str,
    /// Makes credentials or API access of this kind from the user and the secret.
    pub make: fn(Option<TextOrRef>, Option<String>) -> T,
}

/// Credentials or API access, taken apart.
#[derive(Debug)]
pub struct Parts<'a, T: 'static> {
    /// Of which kind they are.
    pub kind: &'static Kind<T>,
    /// The user name or e-mail address.
    pub user: Option<&'a TextOrRef>,
    /// The reference to the password, the key or the token.
    pub secret: Option<&'a str>,
}

const USERNAME: Option<[&str; 2]> = Some(["username", "usernameRef"]);

impl Authentication {
    /// `Http` with `UsernamePassword`.
    pub const HTTP: Kind<Self> = Kind {
        name: "Http",
        inner: Some("UsernamePassword"),
        user: USERNAME,
        secret: "passwordRef",
        make: |username, password_ref| Self::Http {
            username,
            password_ref,
        },
    };
    /// `Ssh`.
    pub const SSH: Kind<Self> = Kind {
        name: "Ssh",
        inner: None,
        user: None,
        secret: "sshKeyRef",
        make: |_, ssh_key_ref| Self::Ssh { ssh_key_ref },
    };

    /// Returns the parts of credentials; `None` for a kind that this version does not know.
    pub fn parts(&self) -> Option<Parts<'_, Self>> {
        let (kind, user, secret) = match self {
            Self::Http {
                username,
                password_ref,
            } => (&Self::HTTP, username.as_ref(), password_ref),
            Self::Ssh { ssh_key_ref } => (&Self::SSH, None, ssh_key_ref),
            Self::Other { .. } => return None,
        };
        Some(Parts {
            kind,
            user,
            secret: secret.as_deref(),
        })
    }
}

impl ApiAccess {
    /// `UsernameToken`.
    pub const USERNAME_TOKEN: Kind<Self> = Kind {
        name: "UsernameToken",
        inner: None,
        user: USERNAME,
        secret: "tokenRef",
        make: |username, token_ref| Self::UsernameToken {
            username,
            token_ref,
        },
    };
    /// `EmailAndApiToken`.
    pub const EMAIL_AND_API_TOKEN: Kind<Self> = Kind {
        name: "EmailAndApiToken",
        inner: None,
        user: Some(["email", "emailRef"]),
        secret: "tokenRef",
        make: |email, token_ref| Self::EmailAndApiToken { email, token_ref },
    };
    /// `AccessToken`.
    pub const ACCESS_TOKEN: Kind<Self> = Kind {
        name: "AccessToken",
        inner: None,
        user: None,
        secret: "tokenRef",
        make: |_, token_ref| Self::AccessToken { token_ref },
    };
    pub(super) const KINDS: [&'static Kind<Self>; 3] = [
        &Self::USERNAME_TOKEN,
        &Self::EMAIL_AND_API_TOKEN,
        &Self::ACCESS_TOKEN,
    ];

    /// Returns the parts of API access; `None` for a kind that no client can write.
    pub fn parts(&self) -> Option<Parts<'_, Self>> {
        let (kind, user, secret) = match self {
            Self::UsernameToken {
                username,
                token_ref,
            } => (&Self::USERNAME_TOKEN, username.as_ref(), token_ref),
            Self::EmailAndApiToken { email, token_ref } => {
                (&Self::EMAIL_AND_API_TOKEN, email.as_ref(), token_ref)
            }
            Self::AccessToken { token_ref } => (&Self::ACCESS_TOKEN, None, token_ref),
            Self::OAuth | Self::Other { .. } => return None,
        };
        Some(Parts {
            kind,
            user,
            secret: secret.as_deref(),
        })
    }
}
