//! Sanitizes external texts for a terminal, a log, or a Terraform message.

use visible_text::{is_invisible, numbered};

use super::redact::{without_secrets, without_url_users};

/// Returns the text on one line and without anything that affects a terminal. Control characters (C0, DEL, C1) become
/// spaces, runs of spaces become one, characters that reorder or hide text are written as `<U+200B>`, user and password
/// in a URL are removed, and the text is cut with `…` after `limit` characters.
pub(crate) fn harmless(text: &str, limit: usize) -> String {
    let text = without_url_users(text);
    let mut clean = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    let mut blank = true;
    for character in text.chars() {
        let is_blank = character.is_whitespace() || character.is_control();
        if is_blank && blank {
            continue;
        }
        blank = is_blank;
        let shown = match character {
            _ if is_blank => " ".to_owned(),
            hidden if is_invisible(hidden) => numbered(hidden),
            plain => plain.to_string(),
        };
        count += shown.chars().count();
        if count > limit {
            clean.push('…');
            return clean;
        }
        clean.push_str(&shown);
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// The maximum length of a message from the platform, in characters.
pub(crate) const LONG: usize = 4000;

/// How many characters of an unreadable response are shown.
const BEGINNING: usize = 200;

/// Returns the first 200 characters of an unexpected text, on one line: runs of spaces become one, characters that
/// affect a terminal or hide text are escaped, and what may be secret is removed. It ends before a word that would be
/// cut, so that no unrecognizable part of a token remains.
pub(crate) fn beginning(text: &str) -> String {
    // Far more than is shown, but not megabytes.
    let head: String = text.chars().take(20 * BEGINNING).collect();
    let head = without_url_users(&without_secrets(&head));
    let mut shown = String::new();
    let mut count = 0;
    for word in head.split_whitespace() {
        let word: String = word.chars().map(escaped).collect();
        let length = word.chars().count();
        if count + length > BEGINNING {
            if count == 0 {
                shown.extend(word.chars().take(BEGINNING));
            }
            shown.push('…');
            return shown;
        }
        if count > 0 {
            shown.push(' ');
        }
        shown.push_str(&word);
        count += length + 1;
    }
    shown
}

/// Returns an invisible character as its code point, and all others unchanged.
fn escaped(character: char) -> String {
    if is_invisible(character) {
        numbered(character)
    } else {
        character.to_string()
    }
}

/// Returns the visible text of an HTML page: without tags, comments, scripts, and its head.
pub(crate) fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        // Only ASCII changes case here, so positions stay the same.
        let lower = tag.to_ascii_lowercase();
        let end = if lower.starts_with("!--") {
            lower.find("-->").map(|at| at + 3)
        } else if let Some(name) = ["head", "script", "style", "title"]
            .into_iter()
            .find(|name| lower.strip_prefix(name).is_some_and(is_end_of_name))
        {
            let close = format!("</{name}");
            let at = lower.find(&close);
            at.and_then(|at| Some(at + lower.get(at..)?.find('>')? + 1))
        } else {
            lower.find('>').map(|at| at + 1)
        };
        rest = end.and_then(|end| tag.get(end..)).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

fn is_end_of_name(rest: &str) -> bool {
    rest.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_survives() {
        for (text, clean) in [
            ("plain text", "plain text"),
            ("a\u{1b}[31mred\u{1b}[0m", "a [31mred [0m"),
            ("two\r\nlines\tand more  ", "two lines and more"),
            ("\u{9b}2J\u{202e}evil\u{2066}", "2J<U+202E>evil<U+2066>"),
            ("my\u{200b}token", "my<U+200B>token"),
            ("100 % {} {:?} %s", "100 % {} {:?} %s"),
            ("äöü ☃", "äöü ☃"),
            ("", ""),
        ] {
            assert_eq!(harmless(text, 200), clean, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(harmless("ääää", 4), "ääää");
        assert_eq!(harmless("äääää", 4), "ääää…");
    }

    #[test]
    fn the_beginning_of_an_answer_is_harmless_and_ends_before_a_word() {
        for (text, shown) in [
            ("", ""),
            (" upstream\r\n connect\terror ", "upstream connect error"),
            (
                "a\u{1b}[31m \u{202e}b\u{0}",
                "a<U+001B>[31m <U+202E>b<U+0000>",
            ),
            (
                "see https://me:hunter2@host/x",
                "see https://(removed)@host/x",
            ),
            (
                "{\"token\": \"hunter2\", \"a\": 1",
                "{\"token\": \"(redacted)\", \"a\": 1",
            ),
            (
                "Authorization: Bearer hunter2 x",
                "Authorization: Bearer (redacted) x",
            ),
        ] {
            assert_eq!(beginning(text), shown, "{text:?}");
        }
        let words = "word ".repeat(60);
        assert_eq!(
            beginning(&words),
            format!("{}…", "word ".repeat(40).trim_end())
        );
        assert_eq!(beginning(&"x".repeat(300)), format!("{}…", "x".repeat(200)));
        assert_eq!(beginning(&"ä ".repeat(5_000_000)).chars().count(), 200);
    }

    #[test]
    fn of_a_page_only_what_people_see_is_shown() {
        for (html, text) in [
            (
                "<!DOCTYPE html><html><head><title>T</title><style>a{}</style></head><body><h1>502</h1>\n<p>Bad <b>Gateway</b></p>",
                "502 Bad Gateway",
            ),
            (
                "<!-- a > b --><script src='x'>if (a < b) {}</SCRIPT >x",
                "x",
            ),
            ("<header>x</header>", "x"),
            ("<script>never closed", ""),
            ("a < b", "a"),
            ("<", ""),
            ("plain", "plain"),
        ] {
            assert_eq!(beginning(&visible(html)), text, "{html}");
        }
    }
}
