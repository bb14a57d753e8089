//! Texts from outside made fit for a terminal, a log and a Terraform message.

use super::redact::without_secrets;

/// The text on one line and without anything that acts on a terminal: control characters (C0, DEL, C1) and the
/// characters that reorder or hide text become blanks, runs of blanks become one, a password in a URL is removed, and
/// what exceeds `limit` characters is cut with `…`.
pub(super) fn harmless(text: &str, limit: usize) -> String {
    let text = without_url_passwords(text);
    let mut clean = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    let mut blank = true;
    for character in text.chars() {
        let character = if acts(character) { ' ' } else { character };
        if character == ' ' && blank {
            continue;
        }
        if count == limit {
            clean.push('…');
            return clean;
        }
        blank = character == ' ';
        clean.push(character);
        count += 1;
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// How many characters of an answer that cannot be read are shown.
const BEGINNING: usize = 200;

/// The first 200 characters of a text that is not what was expected, on one line: blanks are one, characters that act on a
/// terminal or hide are escaped, and what may be secret is removed. It ends before a word that would be cut, so that no part
/// of a token remains that nothing recognises.
pub(super) fn beginning(text: &str) -> String {
    // Far more than is shown, and not megabytes.
    let head: String = text.chars().take(20 * BEGINNING).collect();
    let head = without_url_passwords(&without_secrets(&head));
    let mut shown = String::new();
    let mut count = 0;
    for word in head.split_whitespace() {
        let word: String = word.chars().flat_map(escaped).collect();
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

/// A character that acts, in letters; all others as they are.
fn escaped(character: char) -> impl Iterator<Item = char> {
    let escape = acts(character).then(|| character.escape_unicode());
    let plain = (!acts(character)).then_some(character);
    escape.into_iter().flatten().chain(plain)
}

/// The visible text of a page in HTML: without tags, comments, scripts and what stands in its head.
pub(super) fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        // Only ASCII changes case here, so that the positions stay the same.
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

/// Replaces the password of `scheme://user:password@host`, wherever in the text it stands.
pub(super) fn without_url_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
            })
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        match authority.rsplit_once('@') {
            Some((user_information, host)) => {
                let user = user_information.split(':').next().unwrap_or_default();
                clean.push_str(user);
                if user_information.contains(':') {
                    clean.push_str(":(removed)");
                }
                clean.push('@');
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

/// Characters that do something instead of showing something.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
        )
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
            ("\u{9b}2J\u{202e}evil\u{2066}", "2J evil"),
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
                "a\\u{1b}[31m \\u{202e}b\\u{0}",
            ),
            (
                "see https://me:hunter2@host/x",
                "see https://me:(removed)@host/x",
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

    #[test]
    fn a_password_in_a_url_is_removed_and_the_rest_kept() {
        for (text, clean) in [
            (
                "Invalid repo url  https://me:hunter2@host/x, no",
                "Invalid repo url  https://me:(removed)@host/x, no",
            ),
            (
                "https://me@bitbucket.org/x.git",
                "https://me@bitbucket.org/x.git",
            ),
            ("https://:hunter2@host", "https://:(removed)@host"),
            (
                "https://me:hun@ter2@host/a@b:c",
                "https://me:(removed)@host/a@b:c",
            ),
            (
                "a://x:1/b https://u:p@h?q=https://u:p@i",
                "a://x:1/b https://u:(removed)@h?q=https://u:(removed)@i",
            ),
            ("git@host:a/b", "git@host:a/b"),
        ] {
            assert_eq!(without_url_passwords(text), clean);
        }
    }
}
