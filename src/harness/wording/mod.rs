//! How values of the configuration appear in diagnostics.

pub(crate) mod change;
pub(crate) mod connector;
pub(crate) mod file;
pub(crate) mod similar;
pub(crate) mod usage;

use tf_provider::visible::{is_invisible, numbered, visible};
pub(crate) use tf_provider::wording::joined;

use super::leaked_secret::{self, Pasted};

/// The maximum displayed length of a type's name.
const LONGEST_TYPE: usize = 100;

/// The maximum length of a displayed value.
const LONGEST: usize = 60;

/// How much of a value is shown.
enum Display {
    /// Nothing, because it is, or may be, something pasted by mistake: only what it looks like.
    Kind(Pasted),
    /// Only the number of characters.
    Length(usize),
    /// The value in quotes, with shortened email addresses.
    Literal(String),
}

impl Display {
    fn of(text: &str) -> Self {
        let length = text.chars().count();
        if let Some(pasted) = leaked_secret::recognize_to_hide(text) {
            Self::Kind(pasted)
        } else if length > LONGEST {
            Self::Length(length)
        } else {
            Self::Literal(literal(&without_emails(text)))
        }
    }
}

/// Returns a value in quotes. If it is, or may be, something pasted by mistake, returns only what it looks like.
///
/// This completes "It is …". After a noun, use [`named`], and for a value to write, [`written`].
pub(crate) fn shown(text: &str) -> String {
    match Display::of(text) {
        Display::Kind(pasted) => format!("what looks like {pasted}"),
        Display::Length(length) => format!("a text of {length} characters"),
        Display::Literal(literal) => literal,
    }
}

/// Returns a noun with the value that it stands for: `tag "a"`, or `tag that looks like a token (not shown here)`.
pub(crate) fn named(noun: &str, text: &str) -> String {
    match Display::of(text) {
        Display::Kind(pasted) => format!("{noun} that looks like {pasted} (not shown here)"),
        Display::Length(length) => format!("{noun} of {length} characters"),
        Display::Literal(literal) => format!("{noun} {literal}"),
    }
}

/// Returns a text that begins with a capital letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// Returns a value to write, in quotes. Returns `None` if [`shown`] would only describe it.
pub(crate) fn written(text: &str) -> Option<String> {
    match Display::of(text) {
        Display::Literal(literal) => Some(literal),
        Display::Kind(_) | Display::Length(_) => None,
    }
}

/// Returns whether [`shown`] shows the value itself.
pub(crate) fn is_shown(text: &str) -> bool {
    written(text).is_some() && without_emails(text) == text
}

/// Returns a text with email addresses reduced to their first character and domain: `j…@acme.com`.
pub(crate) fn without_emails(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-=?^_`{|}~.".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut parts = text.split('@').peekable();
    while let Some(part) = parts.next() {
        let Some(domain) = parts.peek() else {
            shown.push_str(part);
            break;
        };
        let (before, local) = part.split_at(part.rfind(|c| !is_local(c)).map_or(0, |at| {
            at + part
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8)
        }));
        shown.push_str(before);
        let mut characters = local.chars();
        match characters.next() {
            // In `git@host`, the user is not personal.
            Some(first) if local != "git" && domain.starts_with(char::is_alphanumeric) => {
                shown.push(first);
                shown.push('…');
            }
            _ => shown.push_str(local),
        }
        shown.push('@');
    }
    shown
}

/// Returns a text as an HCL literal, ready to copy, with invisible characters as code points. If it contains a secret, the
/// literal only says what the secret looks like.
pub(crate) fn hcl(text: &str) -> String {
    let is_url = text.contains("://") || text.starts_with("git@");
    if is_url {
        return hcl_of_repository(text);
    }
    unless_secret(text, leaked_secret::recognize_to_hide(text))
}

/// Like [`hcl`], for a URL or the path of a repository: of a segment that is a long run, the rest is shown.
pub(crate) fn hcl_of_repository(text: &str) -> String {
    let shown = leaked_secret::runs_removed_from_path(text);
    unless_secret(&shown, leaked_secret::recognize_to_hide_in_url(text))
}

fn unless_secret(text: &str, pasted: Option<Pasted>) -> String {
    match pasted {
        Some(pasted) => format!("\"{}\"", leaked_secret::removed(pasted)),
        None => literal(text),
    }
}

/// Returns a text as an HCL literal, whatever it contains: not for messages.
pub(crate) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                literal.extend([character, character]);
            }
            hidden if is_invisible(hidden) => literal.push_str(&numbered(hidden)),
            plain => literal.push(plain),
        }
    }
    literal.push('"');
    literal
}

/// Returns `a`, `b`, and `c` as a list, each as code.
pub(crate) fn code_list(names: &[&str], conjunction: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    joined(&quoted, conjunction)
}

/// Returns the name of a type that Harness reports, such as that of a connector or of credentials, without quotes. A text
/// with a secret in it is not such a name, and not shown.
pub(crate) fn type_name(name: &str) -> String {
    match leaked_secret::recognize_for_identifier(name) {
        Some(pasted) => leaked_secret::removed(pasted),
        None => visible(name).escape_debug().take(LONGEST_TYPE).collect(),
    }
}

/// Returns the characters of `text` that are not `allowed`, each once, named so that spaces are visible.
pub(crate) fn odd_characters(text: &str, allowed: impl Fn(char) -> bool) -> Vec<String> {
    let mut seen: Vec<char> = Vec::new();
    for character in text.chars().filter(|c| !allowed(*c)) {
        if !seen.contains(&character) {
            seen.push(character);
        }
    }
    seen.into_iter().take(10).map(character).collect()
}

/// Returns a character for people.
pub(crate) fn character(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '"' => "a double quote".to_owned(),
        other if is_invisible(other) => format!("U+{:04X}", u32::from(other)),
        other => format!("\"{other}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_hcl_and_secrets_are_not() {
        for (text, expected) in [
            ("Web", "\"Web\""),
            ("a\"b\\c\n", "\"a\\\"b\\\\c\\n\""),
            ("${x}", "\"$${x}\""),
            ("\u{1}", "\"<U+0001>\""),
            ("my\u{200B}token", "\"my<U+200B>token\""),
            ("team:payments", "\"team:payments\""),
            (
                "bot:s3cr3tPassw0rdXyz",
                "what looks like a username with its password",
            ),
            (
                "https://bot:hunter2@bitbucket.org/",
                "what looks like a URL with a password",
            ),
            (
                "x ATATT3xFfGF0abc",
                "what looks like an Atlassian API token",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown(&"x".repeat(61)), "a text of 61 characters");
    }

    #[test]
    fn a_hidden_value_fits_its_sentence_and_no_literal_contains_a_secret() {
        let long = "x".repeat(61);
        let token = "ATATT3xFfGF0q1w2e3r4";
        for (text, after_noun, to_write) in [
            ("a", "tag \"a\"", Some("\"a\"")),
            (
                "jane@acme.com",
                "tag \"j…@acme.com\"",
                Some("\"j…@acme.com\""),
            ),
            (long.as_str(), "tag of 61 characters", None),
            (
                token,
                "tag that looks like an Atlassian API token (not shown here)",
                None,
            ),
        ] {
            assert_eq!(named("tag", text), after_noun);
            assert_eq!(written(text).as_deref(), to_write);
        }
        for (text, expected) in [
            (token, "\"(removed: an Atlassian API token)\""),
            (
                "bot:s3cr3tPassw0rdXyz",
                "\"(removed: a username with its password)\"",
            ),
            (
                "https://bitbucket.org/acme/d41d8cd98f00b204e9800998ecf8427e",
                "\"https://bitbucket.org/acme/(removed: a hexadecimal token)\"",
            ),
            (
                "jdoe:hunter2@bitbucket.org",
                "\"(removed: a username with its password)\"",
            ),
            ("eu:us-east-1", "\"eu:us-east-1\""),
        ] {
            assert_eq!(hcl(text), expected);
        }
    }

    #[test]
    fn of_an_email_address_the_first_character_and_the_domain_are_shown() {
        for (text, shown) in [
            ("jane@acme.com", "j…@acme.com"),
            (
                "Jane Doe <jane.doe+x@acme.com>, b@c",
                "Jane Doe <j…@acme.com>, b…@c",
            ),
            ("jane@acme", "j…@acme"),
            ("äöü@ü.de", "ä…@ü.de"),
            ("git@bitbucket.org:acme/", "git@bitbucket.org:acme/"),
            ("@acme", "@acme"),
            ("a@ b", "a@ b"),
            ("a@b@c", "a…@b…@c"),
            ("jdoe", "jdoe"),
        ] {
            assert_eq!(without_emails(text), shown);
            assert_eq!(is_shown(text), text == shown);
        }
    }

    #[test]
    fn the_name_of_a_type_is_short_and_contains_no_secret() {
        let long = "word ".repeat(30);
        for (name, expected) in [
            ("Github", "Github"),
            ("a\n\u{1b}\"", "a\\n<U+001B>\\\""),
            (
                "Http/ATATT3xFfGF0q1w2e3r4",
                "(removed: an Atlassian API token)",
            ),
            ("jdoe:hunter2", "(removed: a username with its password)"),
            (&long, long.get(..100).unwrap()),
        ] {
            assert_eq!(type_name(name), expected);
        }
    }

    #[test]
    fn odd_characters_are_named_once_in_the_order_in_which_they_stand() {
        assert_eq!(
            odd_characters("a&b\t&!", |c| c.is_ascii_alphanumeric()),
            ["\"&\"", "a tab", "\"!\""]
        );
    }

    #[test]
    fn names_in_a_list_are_code() {
        assert_eq!(code_list(&["a"], "and"), "`a`");
        assert_eq!(code_list(&["a", "b", "c"], "or"), "`a`, `b`, or `c`");
    }
}
