//! The values of arguments with a fixed list, and their counterparts on the wire. The model keeps any other word for
//! the rule that reports it.

use harness_platform::{ApiAccess, Authentication, UrlType as WireUrlType};

use super::model::Model;

/// Declares the values of an argument as an enum.
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        $vis enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The names in configurations.
            $vis const NAMES: [&'static str; [$($word),+].len()] = [$($word),+];

            /// Returns the name in configurations.
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Returns the value with this name, or `None` for another word.
            $vis fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// The values of `url_type`: what `url` names.
    pub enum UrlType {
        /// A workspace, or a Data Center instance.
        Account = "Account",
        /// One repository.
        Repository = "Repository",
    }
}

words! {
    /// The values of `connection_type`.
    pub enum ConnectionType {
        /// `HTTP`.
        Http = "HTTP",
        /// `SSH`.
        Ssh = "SSH",
    }
}

words! {
    /// The values of `connectivity_mode`: who connects to Bitbucket.
    pub(crate) enum ConnectivityMode {
        /// A delegate; the default.
        Delegate = "Delegate",
        /// The Harness platform itself.
        Platform = "Platform",
    }
}

words! {
    /// The values of `api_access_type`, which selects connectors: the blocks inside `api_access`, and types that no
    /// block can set.
    pub(crate) enum ApiAccessType {
        /// No API access.
        None = "none",
        /// Username and token: on Bitbucket Cloud, an app password.
        UsernameToken = "username_token",
        /// Email address and API token.
        EmailAndApiToken = "email_and_api_token",
        /// An access token.
        AccessToken = "access_token",
        /// OAuth, which the Harness UI sets up.
        OAuth = "oauth",
    }
}

impl ApiAccessType {
    /// Returns the type of a connector's API access, or `None` for a type that this version does not know.
    pub(crate) fn of_wire(api_access: Option<&ApiAccess>) -> Option<Self> {
        match api_access {
            None => Some(Self::None),
            Some(ApiAccess::UsernameToken { .. }) => Some(Self::UsernameToken),
            Some(ApiAccess::EmailAndApiToken { .. }) => Some(Self::EmailAndApiToken),
            Some(ApiAccess::AccessToken { .. }) => Some(Self::AccessToken),
            Some(ApiAccess::OAuth) => Some(Self::OAuth),
            Some(ApiAccess::Other { .. }) => None,
        }
    }
}

impl ConnectivityMode {
    /// Returns the mode of a model, if it is known and valid.
    pub(crate) fn of(model: &Model) -> Option<Self> {
        Self::from_name(model.connectivity_mode.text()?)
    }

    /// Returns the mode for `executeOnDelegate`.
    pub(crate) fn of_wire(execute_on_delegate: bool) -> Self {
        if execute_on_delegate {
            Self::Delegate
        } else {
            Self::Platform
        }
    }
}

impl UrlType {
    /// Returns the platform's value for a word of `url_type`; another word is passed through.
    pub(crate) fn wire(word: &str) -> WireUrlType {
        match Self::from_name(word) {
            Some(Self::Account) => WireUrlType::Account,
            Some(Self::Repository) => WireUrlType::Repo,
            None => WireUrlType::from(word),
        }
    }

    /// Returns the URL type for a value of the platform, or `None` for one that this version does not know.
    pub(crate) fn of_wire(wire: &WireUrlType) -> Option<Self> {
        match wire {
            WireUrlType::Account => Some(Self::Account),
            WireUrlType::Repo => Some(Self::Repository),
            WireUrlType::Other(_) => None,
        }
    }

    /// Returns the word of `url_type` for a value of the platform.
    pub(crate) fn word(wire: &WireUrlType) -> &str {
        match Self::of_wire(wire) {
            Some(known) => known.name(),
            None => wire.as_str(),
        }
    }
}

impl ConnectionType {
    /// Returns the connection type for credentials of the platform, or `None` for a type that this version does not
    /// know.
    pub(crate) fn of_wire(authentication: &Authentication) -> Option<Self> {
        match authentication {
            Authentication::Http { .. } => Some(Self::Http),
            Authentication::Ssh { .. } => Some(Self::Ssh),
            Authentication::Other { .. } => None,
        }
    }

    /// Returns the word of `connection_type` for credentials of the platform.
    pub(crate) fn word(authentication: &Authentication) -> &str {
        match Self::of_wire(authentication) {
            Some(known) => known.name(),
            None => authentication.type_name(),
        }
    }
}
