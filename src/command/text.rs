//! Text for a terminal.

use harness_platform::proxy::Environment;

/// Returns whether to write colors to a terminal. `NO_COLOR` turns them off, whatever its value.
pub(crate) fn wants_colors(environment: Environment<'_>) -> bool {
    environment("NO_COLOR").is_none() && environment("TERM").is_none_or(|term| term != "dumb")
}

/// Returns a number with its noun: `1 connector`, `2 connectors`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// Breaks a text into lines of at most `width` characters. A word longer than a line is not broken.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_for_terminals_that_have_them_and_people_who_want_them() {
        for (variables, wanted) in [
            (&[("TERM", "xterm")][..], true),
            (&[], true),
            (&[("TERM", "dumb")], false),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
            (&[("NO_COLOR", "0")], false),
        ] {
            let environment = |wanted: &str| {
                let found = variables.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, value)| (*value).into())
            };
            assert_eq!(wants_colors(&environment), wanted, "{variables:?}");
        }
    }

    #[test]
    fn a_line_ends_before_the_word_that_does_not_fit() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("extraordinary a", 4), ["extraordinary", "a"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
