//! How values of the configuration appear in findings.

use crate::bitbucket_connector::pasted;

/// The longest value that is shown.
const LONGEST: usize = 60;

/// A value in quotes; one that is, or may be, something pasted by mistake only by what it looks like.
pub(in crate::bitbucket_connector) fn shown(text: &str) -> String {
    let length = text.chars().count();
    if let Some(pasted) = pasted::recognise(text) {
        format!("what looks like {pasted}")
    } else if length > LONGEST {
        format!("a text of {length} characters")
    } else {
        hcl(text)
    }
}

/// Whether [`shown`] shows the value itself.
pub(in crate::bitbucket_connector) fn is_shown(text: &str) -> bool {
    pasted::recognise(text).is_none() && text.chars().count() <= LONGEST
}

/// A text as a literal of HCL, to be copied.
pub(in crate::bitbucket_connector) fn hcl(text: &str) -> String {
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
            control if control.is_control() => {
                literal.extend(format!("\\u{:04X}", u32::from(control)).chars());
            }
            plain => literal.push(plain),
        }
    }
    literal.push('"');
    literal
}

/// `a`, `b` and `c`.
pub(in crate::bitbucket_connector) fn code_list(names: &[&str], conjunction: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    joined(&quoted, conjunction)
}

/// a, b and c.
pub(in crate::bitbucket_connector) fn joined(items: &[String], conjunction: &str) -> String {
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} {conjunction} {last}", rest.join(", "))
        }
        _ => items.concat(),
    }
}

/// The characters of `text` that are not `allowed`, each once, named so that blanks can be seen.
pub(super) fn odd_characters(text: &str, allowed: impl Fn(char) -> bool) -> Vec<String> {
    let mut seen: Vec<char> = Vec::new();
    for character in text.chars().filter(|c| !allowed(*c)) {
        if !seen.contains(&character) {
            seen.push(character);
        }
    }
    seen.into_iter().take(10).map(character).collect()
}

/// A character for people.
pub(super) fn character(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '"' => "a double quote".to_owned(),
        other if other.is_control() || other.is_whitespace() => {
            format!("U+{:04X}", u32::from(other))
        }
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
            ("\u{1}", "\"\\u0001\""),
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
    fn odd_characters_are_named_once_in_the_order_in_which_they_stand() {
        assert_eq!(
            odd_characters("a&b\t&!", |c| c.is_ascii_alphanumeric()),
            ["\"&\"", "a tab", "\"!\""]
        );
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(code_list(&["a"], "and"), "`a`");
        assert_eq!(code_list(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
