//! Texts from outside made fit for a terminal, a log and a Terraform message.

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
