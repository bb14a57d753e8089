//! References to Harness secrets.
//!
//! ```text
//! reference  := [ scope "." ] identifier
//! scope      := "account" | "org"          in any case; none: the connector's project
//! identifier := ( letter | "_" ) { letter | digit | "_" | "$" | "-" }      1 to 128 characters, ASCII
//! ```
//!
//! Source: the platform's reference parser, as its responses show it, and its entity identifier reference (only
//! identifiers of secrets may contain hyphens). A text that is there by mistake is often more valuable than a
//! reference: errors contain no part of it except what is certainly a name.

use std::fmt;

use super::identifier;
use super::leaked_secret::{self, Pasted};

/// A reference that the platform accepts. `Display` writes its canonical form, with the scope in lower case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretRef {
    level: Level,
    identifier: String,
}

/// The level in the hierarchy of a connector or a secret, from wide to narrow.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The account.
    Account,
    /// An organization.
    Organization,
    /// A project.
    Project,
}

impl Level {
    /// Returns the prefix of references to this level.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Account => "account.",
            Self::Organization => "org.",
            Self::Project => "",
        }
    }
}

impl SecretRef {
    /// Creates a reference to the secret `identifier` at `level`.
    fn new(level: Level, identifier: &str) -> Self {
        Self {
            level,
            identifier: identifier.to_owned(),
        }
    }

    /// Parses a reference.
    ///
    /// # Errors
    /// Returns a [`SecretRefError`] that says what the text is instead.
    pub fn parse(text: &str) -> Result<Self, SecretRefError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(SecretRefError::Empty);
        }
        if let Some(pasted) = leaked_secret::recognize_for_identifier(text) {
            return Err(SecretRefError::Pasted(pasted));
        }
        if trimmed.contains(['\n', '\r']) {
            return Err(SecretRefError::Pasted(Pasted::PrivateKey));
        }
        if let Some(inner) = expression(trimmed) {
            return Err(SecretRefError::SecretExpression(Self::plain(inner).ok()));
        }
        if text.contains("<+") || text.contains("${") {
            return Err(SecretRefError::Expression);
        }
        if leaked_secret::is_too_long_for_a_reference(trimmed) {
            return Err(SecretRefError::Pasted(Pasted::Token("a token")));
        }
        if trimmed.contains("://") {
            return Err(SecretRefError::Address);
        }
        if let Some(meant) = with_slash(trimmed) {
            return Err(SecretRefError::Slash(meant));
        }
        if is_file(trimmed) {
            return Err(SecretRefError::File);
        }
        if text.contains(char::is_whitespace) {
            return Err(SecretRefError::Blanks(Self::plain(trimmed).ok()));
        }
        Self::plain(text)
    }

    /// Parses a text that matches no other case.
    fn plain(text: &str) -> Result<Self, SecretRefError> {
        let Some((scope, identifier)) = text.split_once('.') else {
            return Self::at(Level::Project, text);
        };
        if identifier.contains('.') {
            return Err(SecretRefError::TooManyParts);
        }
        match scope.to_ascii_lowercase().as_str() {
            "account" => Self::at(Level::Account, identifier),
            "org" => Self::at(Level::Organization, identifier),
            "project" => match Self::at(Level::Project, identifier) {
                Ok(plain) => Err(SecretRefError::ProjectPrefix(plain)),
                Err(error) => Err(error),
            },
            "acc" | "acct" => Err(SecretRefError::UnknownScope(
                Self::at(Level::Account, identifier).ok(),
            )),
            "organization" | "organisation" => Err(SecretRefError::UnknownScope(
                Self::at(Level::Organization, identifier).ok(),
            )),
            _ => Err(SecretRefError::UnknownScope(None)),
        }
    }

    fn at(level: Level, identifier: &str) -> Result<Self, SecretRefError> {
        let mut characters = identifier.chars();
        let starts_well = characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        let odd = identifier
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-')));
        if starts_well && odd.is_none() && identifier.len() <= identifier::MAX_LENGTH {
            Ok(Self::new(level, identifier))
        } else {
            Err(SecretRefError::Malformed)
        }
    }

    /// Returns the level of the secret.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the identifier, without a prefix.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Returns a reference with this identifier at another level.
    pub(crate) fn moved_to(&self, level: Level) -> Self {
        Self::new(level, &self.identifier)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.level.prefix(), self.identifier)
    }
}

/// What a text is instead of a reference. It contains the reference that was probably meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretRefError {
    /// An empty text, or only spaces.
    Empty,
    /// A secret itself.
    Pasted(Pasted),
    /// `<+secrets.getValue("…")>`, with its content if that is a reference.
    SecretExpression(Option<SecretRef>),
    /// Another Harness expression, or a template.
    Expression,
    /// `hashicorpvault://…` or another address.
    Address,
    /// The path of a file.
    File,
    /// `account/…` or `org/…`, with a slash instead of the dot.
    Slash(SecretRef),
    /// Spaces inside or around.
    Blanks(Option<SecretRef>),
    /// `project.…`.
    ProjectPrefix(SecretRef),
    /// Another prefix before the dot.
    UnknownScope(Option<SecretRef>),
    /// Two dots or more.
    TooManyParts,
    /// Not an identifier.
    Malformed,
}

/// Returns the content of `<+secrets.getValue("…")>`.
fn expression(text: &str) -> Option<&str> {
    let inner = text
        .strip_prefix("<+secrets.getValue(")?
        .strip_suffix(")>")?
        .trim();
    inner
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .or_else(|| {
            inner
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''))
        })
}

/// Returns the reference that is meant by one with a slash after its scope.
fn with_slash(text: &str) -> Option<SecretRef> {
    let (scope, identifier) = text.split_once('/')?;
    let is_scope = ["account", "org"].contains(&scope);
    SecretRef::plain(&format!("{scope}.{identifier}"))
        .ok()
        .filter(|_| is_scope)
}

/// Recognizes a path, or the usual name of a key file. `id_rsa` alone is a valid identifier of a secret.
fn is_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map(|(_, ending)| ending);
    text.starts_with(['/', '~'])
        || text.contains('\\')
        || (text.contains('/') && !text.contains(char::is_whitespace))
        || ending.is_some_and(|ending| ["pem", "pub", "key", "ppk"].contains(&ending))
            && !text.starts_with("account.")
            && !text.starts_with("org.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn references_are_read_with_the_scope_in_any_case() {
        for (text, level, canonical) in [
            ("token", Level::Project, "token"),
            ("org.token", Level::Organization, "org.token"),
            ("account.token", Level::Account, "account.token"),
            ("Account.a-b$c", Level::Account, "account.a-b$c"),
            ("account.pem", Level::Account, "account.pem"),
            ("id_rsa", Level::Project, "id_rsa"),
        ] {
            let reference = SecretRef::parse(text).unwrap();
            assert_eq!(
                (reference.level(), reference.to_string().as_str()),
                (level, canonical)
            );
        }
    }

    #[test]
    fn other_texts_are_distinguished() {
        let account = || SecretRef::new(Level::Account, "x");
        let project = || SecretRef::new(Level::Project, "x");
        for (text, error) in [
            ("", SecretRefError::Empty),
            (" ", SecretRefError::Empty),
            (
                "<+secrets.getValue(\"account.x\")>",
                SecretRefError::SecretExpression(Some(account())),
            ),
            (
                "<+secrets.getValue('x')>",
                SecretRefError::SecretExpression(Some(project())),
            ),
            (
                "<+secrets.getValue(\"a b\")>",
                SecretRefError::SecretExpression(None),
            ),
            ("<+input>", SecretRefError::Expression),
            ("${TOKEN}", SecretRefError::Expression),
            ("hashicorpvault://vault/path#key", SecretRefError::Address),
            ("~/.ssh/id_rsa", SecretRefError::File),
            ("keys/bitbucket", SecretRefError::File),
            ("account/x", SecretRefError::Slash(account())),
            ("account/x/y", SecretRefError::File),
            ("id_rsa.pub", SecretRefError::File),
            ("My Token", SecretRefError::Blanks(None)),
            (" account.x", SecretRefError::Blanks(Some(account()))),
            ("project.x", SecretRefError::ProjectPrefix(project())),
            ("acct.x", SecretRefError::UnknownScope(Some(account()))),
            ("vault.x", SecretRefError::UnknownScope(None)),
            ("org.web.x", SecretRefError::TooManyParts),
            ("1x", SecretRefError::Malformed),
            ("account.", SecretRefError::Malformed),
            ("pa$$w0rd!", SecretRefError::Malformed),
            ("line\nline", SecretRefError::Pasted(Pasted::PrivateKey)),
            (
                "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
                SecretRefError::Pasted(Pasted::Token("a GitHub token")),
            ),
            (
                "account.da39a3ee5e6b4b0d3255bfef95601890afd80709",
                SecretRefError::Pasted(Pasted::Token("a hexadecimal token")),
            ),
            (
                "jdoe:hunter2",
                SecretRefError::Pasted(Pasted::Token("a username with its password")),
            ),
        ] {
            assert_eq!(SecretRef::parse(text), Err(error), "{text}");
        }
        assert_eq!(
            SecretRef::parse(&"x".repeat(137)),
            Err(SecretRefError::Pasted(Pasted::Token("a token")))
        );
        assert_eq!(
            SecretRef::parse(&"x".repeat(129)),
            Err(SecretRefError::Malformed)
        );
    }

    proptest! {
        #[test]
        fn a_reference_reads_as_what_it_displays(
            level in prop::sample::select(vec!["", "org.", "account.", "Org.", "ACCOUNT."]),
            identifier in "[A-Za-z_][A-Za-z0-9_$-]{0,18}",
        ) {
            let reference = SecretRef::parse(&format!("{level}{identifier}"));
            prop_assume!(leaked_secret::recognize(&identifier).is_none());
            let reference = reference.unwrap();
            prop_assert_eq!(SecretRef::parse(&reference.to_string()), Ok(reference));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = SecretRef::parse(&text);
        }
    }
}
