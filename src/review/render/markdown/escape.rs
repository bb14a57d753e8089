//! Texts from others in Markdown. Whatever they contain, nothing in them is markup, a mention, a reference, a link, HTML, or
//! a command that a service reads from comments.

use crate::review::render::phrase::one_line;

/// Where a text is displayed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Within {
    /// In a table, in which bars are parsed before anything else.
    Cell,
    /// In a paragraph.
    Text,
}

/// Returns a text as code in a table cell.
pub(super) fn code(text: &str) -> String {
    code_within(text, Within::Cell)
}

/// Returns a text as code: between more backticks than it contains.
pub(super) fn code_within(text: &str, within: Within) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    let text = match within {
        // A backslash before a bar would be parsed with it.
        Within::Cell => text.replace("\\|", "\\ |").replace('|', "\\|"),
        Within::Text => text,
    };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// Returns a sentence without markup: the characters that begin some are escaped, or followed by a zero-width character.
pub(super) fn plain(text: &str) -> String {
    escaped(&one_line(text))
}

/// Like [`plain`], but text between single backticks is code. If the backticks do not come in pairs, all are escaped.
pub(super) fn sentence(text: &str, within: Within) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let is_code = |at: usize| at % 2 == 1;
    let is_in_pairs = !is_code(last);
    // Two backticks in a row would begin or end another kind of code.
    let is_filled = |(at, part): (usize, &&str)| {
        at == 0 || at == last || !part.trim().is_empty() || (!is_code(at) && !part.is_empty())
    };
    if !is_in_pairs || !parts.iter().enumerate().all(is_filled) {
        return escaped(&text);
    }
    let parts = parts.iter().enumerate();
    let shown = parts.map(|(at, part)| {
        if is_code(at) {
            code_within(part, within)
        } else {
            escaped(part)
        }
    });
    shown.collect()
}

/// Returns a message of several lines. Lines after a blank one that are indented, as in this provider's messages, are a
/// code block, and lines that begin with `- ` are a list. Each other line is a paragraph, because services disagree
/// about line breaks inside one.
pub(super) fn message(text: &str) -> String {
    let mut shown = String::new();
    let mut before = Part::Blank;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let part = Part::of(line, before);
        if part == Part::Blank {
            before = part;
            continue;
        }
        if !shown.is_empty() {
            shown.push_str(if (before, part) == (Part::Item, Part::Item) {
                "\n"
            } else {
                "\n\n"
            });
        }
        match part {
            Part::Code => {
                let mut code = vec![line];
                while let Some(line) = lines.next_if(|line| line.starts_with(INDENT)) {
                    code.push(line);
                }
                shown.push_str(&block(&code));
            }
            Part::Item => {
                let item = line.strip_prefix("- ").unwrap_or(line);
                shown.push_str("- ");
                shown.push_str(&paragraph(item));
            }
            Part::Blank | Part::Paragraph => shown.push_str(&paragraph(line)),
        }
        before = part;
    }
    shown
}

/// How this provider's messages indent code.
const INDENT: &str = "  ";

/// The kinds of lines in a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Blank,
    Code,
    Item,
    Paragraph,
}

impl Part {
    fn of(line: &str, before: Self) -> Self {
        if one_line(line).is_empty() {
            Self::Blank
        } else if line.starts_with(INDENT) && before == Self::Blank {
            Self::Code
        } else if line.starts_with("- ") {
            Self::Item
        } else {
            Self::Paragraph
        }
    }
}

/// Returns a sentence that begins a line. There, a number begins a list, and a slash a command to GitLab or to a bot.
fn paragraph(text: &str) -> String {
    let shown = sentence(text, Within::Text);
    if let Some(rest) = shown.strip_prefix('/') {
        return format!("&#47;{rest}");
    }
    let number = shown.trim_start_matches(|c: char| c.is_ascii_digit());
    match number.strip_prefix('.') {
        Some(rest) if number.len() < shown.len() => {
            let digits = shown.len() - number.len();
            format!("{}\\.{rest}", shown.get(..digits).unwrap_or_default())
        }
        _ => shown,
    }
}

fn escaped(text: &str) -> String {
    const NO_WIDTH: &str = "&#8203;";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = rest.next() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            // `&12` is an epic.
            '&' => {
                shown.push_str("&amp;");
                shown.push_str(NO_WIDTH);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '=' | '+'
            | '-' => {
                shown.extend(['\\', character]);
                // `GH-12` is an issue.
                let is_key = character == '-' && before.is_alphabetic();
                if is_key && rest.peek().is_some_and(char::is_ascii_digit) {
                    shown.push_str(NO_WIDTH);
                }
            }
            '@' | '#' | '!' | '~' | '%' | '$' => {
                shown.extend(['\\', character]);
                shown.push_str(NO_WIDTH);
            }
            // `https:` begins a link. `[issue:5]` is a reference, and `:tada:` an emoji, but `12:30` is a time.
            ':' if rest.peek() == Some(&'/')
                || (!before.is_ascii_digit()
                    && rest.peek().is_some_and(|next| next.is_alphanumeric())) =>
            {
                shown.push_str(NO_WIDTH);
                shown.push(':');
                shown.push_str(NO_WIDTH);
            }
            '.' if before == 'w' || before == 'W' => {
                shown.push_str(NO_WIDTH);
                shown.push('.');
            }
            plain => shown.push(plain),
        }
        before = character;
    }
    shown
}

/// Returns indented lines as a code block. A line that begins with a slash stays indented, because bots do not know code.
fn block(lines: &[&str]) -> String {
    let is_hcl = |line: &&str| line.ends_with('{') || line.contains(" = ");
    let language = if lines.iter().any(is_hcl) {
        "hcl"
    } else {
        "text"
    };
    let lines = lines.iter().map(|line| {
        let bare = line
            .strip_prefix(INDENT)
            .filter(|bare| !bare.starts_with('/'));
        tf_provider::visible::visible(bare.unwrap_or(line))
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_backticks_is_code_and_all_else_is_escaped() {
        for (text, shown) in [
            (
                "Replaces `api_access: OAuth`",
                "Replaces `api_access: OAuth`",
            ),
            ("`a` or `b|c`", r"`a` or `b\|c`"),
            ("`a` `b`", "`a` `b`"),
            ("`a``b`", r"\`a\`\`b\`"),
            ("a ` b_c", r"a \` b\_c"),
            ("``", r"\`\`"),
            ("` `", r"\` \`"),
            ("`@all` <b>", "`@all` &lt;b&gt;"),
            ("a_b", r"a\_b"),
            // Services find references in the text as displayed.
            ("GH-12, &3", r"GH\-&#8203;12, &amp;&#8203;3"),
            (
                "[issue:5] :a:",
                r"\[issue&#8203;:&#8203;5\] &#8203;:&#8203;a:",
            ),
            ("2026-11-29 at 12:30: x-y", r"2026\-11\-29 at 12:30: x\-y"),
            ("", ""),
        ] {
            assert_eq!(sentence(text, Within::Cell), shown, "{text}");
        }
        assert_eq!(sentence("`b|c` b|c", Within::Text), r"`b|c` b\|c");
    }

    #[test]
    fn a_message_has_paragraphs_lists_and_code() {
        for (text, shown) in [
            ("", ""),
            ("One `a`.\nTwo.\n\nThree.", "One `a`.\n\nTwo.\n\nThree."),
            (
                "Write:\n\n  http {\n    a = \"b|`c\"\n  }\n\nDone.",
                "Write:\n\n```hcl\nhttp {\n  a = \"b|`c\"\n}\n```\n\nDone.",
            ),
            (
                "Run:\n\n  terraform plan",
                "Run:\n\n```text\nterraform plan\n```",
            ),
            (
                "Users:\n- Pipeline `a`\n- b_c\nEnd.",
                "Users:\n\n- Pipeline `a`\n- b\\_c\n\nEnd.",
            ),
            ("a\n  b\n   - c", "a\n\nb\n\n\\- c"),
            ("  ```\n  x", "````text\n```\nx\n````"),
            ("/merge\n- /merge\n/", "&#47;merge\n\n- &#47;merge\n\n&#47;"),
            ("  /merge\n  x", "```text\n  /merge\nx\n```"),
            ("12. a\n1) b\n1.5", "12\\. a\n\n1\\) b\n\n1\\.5"),
            (
                "a\u{202e}\n\u{2028}",
                "a&lt;U\\+202E&gt;\n\n&lt;U\\+2028&gt;",
            ),
            ("- - a\n-", "- \\- a\n\n\\-"),
        ] {
            assert_eq!(message(text), shown, "{text:?}");
        }
    }
}
