//! Identifiers of connectors: their form, and how they are derived from a name.
//!
//! ```text
//! identifier := ( letter | "_" ) { letter | digit | "_" | "$" }      1 to 128 characters, ASCII, not reserved
//! ```
//!
//! Source: the platform's connector schema and its entity identifier reference; the derivation is that of the Harness UI.

/// The maximum length of an identifier, and of a name, in characters.
pub const MAX_LENGTH: usize = 128;

/// What to do about a connector whose identifier the one that replaces it needs.
pub(crate) const MAKE_WAY: &str = "If this resource replaces it, remove `create_before_destroy` from its `lifecycle`: two \
                                   connectors cannot have the same identifier.";

/// Words that Harness reserves for its expression language, compared exactly. Only the documentation has the last two.
const RESERVED: [&str; 26] = [
    "or",
    "and",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "div",
    "mod",
    "not",
    "null",
    "true",
    "false",
    "new",
    "var",
    "return",
    "step",
    "parallel",
    "stepGroup",
    "org",
    "account",
    "class",
    "shellScriptProvisioner",
    "status",
    "liteEngineTask",
];

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
pub enum IdentifierError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// A character that is not allowed, or a digit or `$` at the start.
    #[error(
        "an identifier starts with a letter or _, followed by letters, digits, _, or $, at most {MAX_LENGTH} characters"
    )]
    Malformed,
    /// A word that Harness reserves.
    #[error("it is a reserved word in Harness")]
    Reserved,
    /// The one identifier that the platform refuses although it has the right form.
    #[error("it names the built-in secret manager of Harness")]
    SecretManager,
}

/// Checks the form of an identifier.
///
/// # Errors
/// Returns an [`IdentifierError`] that says what is wrong.
pub fn check(text: &str) -> Result<(), IdentifierError> {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return Err(IdentifierError::Empty);
    };
    let starts_well = first.is_ascii_alphabetic() || first == '_';
    let goes_on_well = characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if !starts_well || !goes_on_well || text.len() > MAX_LENGTH {
        return Err(IdentifierError::Malformed);
    }
    if RESERVED.contains(&text) {
        return Err(IdentifierError::Reserved);
    }
    if text == "harnessSecretManager" {
        return Err(IdentifierError::SecretManager);
    }
    Ok(())
}

/// Derives an identifier from a connector's name, as the Harness UI does. It drops spaces at both ends, leading digits,
/// `-`, and `$`, and then all characters other than letters, digits, `_`, `$`, and spaces; each run of spaces becomes
/// one `_`. The result is not made unique.
///
/// # Errors
/// Returns an error if the name yields no identifier, or a reserved word.
pub fn from_name(name: &str) -> Result<String, IdentifierError> {
    let kept: String = name
        .trim()
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '$')
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ' '))
        .collect();
    let mut identifier = String::with_capacity(kept.len());
    let mut after_space = false;
    for c in kept.chars() {
        if c != ' ' {
            identifier.push(c);
        } else if !after_space {
            identifier.push('_');
        }
        after_space = c == ' ';
    }
    identifier.truncate(MAX_LENGTH);
    check(&identifier).map(|()| identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_the_identifiers_that_the_harness_ui_gives() {
        for (name, identifier) in [
            ("My Bitbucket", "My_Bitbucket"),
            ("  My   Bitbucket ", "My_Bitbucket"),
            ("bb-cloud.prod", "bbcloudprod"),
            ("1st repo", "st_repo"),
            ("A & B", "A_B"),
            ("$-9a$b", "a$b"),
            ("Größe/x", "Grex"),
        ] {
            assert_eq!(from_name(name).as_deref(), Ok(identifier), "{name}");
        }
        assert_eq!(from_name(&"n".repeat(200)).map(|id| id.len()), Ok(128));
    }

    #[test]
    fn names_without_an_identifier_in_them_are_refused() {
        for (name, error) in [
            ("", IdentifierError::Empty),
            ("42", IdentifierError::Empty),
            ("---", IdentifierError::Empty),
            ("новый", IdentifierError::Empty),
            ("new", IdentifierError::Reserved),
            ("harnessSecretManager", IdentifierError::SecretManager),
        ] {
            assert_eq!(from_name(name), Err(error), "{name}");
        }
    }

    #[test]
    fn identifiers_are_checked_as_the_platform_checks_them() {
        for good in ["a", "_", "A1", "a$b", "New", &"x".repeat(128)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["1a", "$a", "a-b", "a.b", "a b", "ä", &"x".repeat(129)] {
            assert_eq!(check(bad), Err(IdentifierError::Malformed), "{bad}");
        }
        assert_eq!(check(""), Err(IdentifierError::Empty));
        assert_eq!(check("stepGroup"), Err(IdentifierError::Reserved));
    }
}
