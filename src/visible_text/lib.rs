//! Makes invisible characters visible. A value with a zero-width space looks right in a message but is not, and a
//! character that reverses the writing direction displays another text than the value has.
//!
//! A package of its own, because the framework and the client of the platform both show texts of others, know nothing of
//! each other, and must hide the same characters.

use std::borrow::Cow;

/// Returns whether a character shows nothing or affects the text around it: control characters, unusual spaces,
/// zero-width and filler characters, direction marks, variation selectors, and tags.
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Returns a character as its code point, such as `<U+200B>`.
pub fn numbered(character: char) -> String {
    format!("<U+{:04X}>", u32::from(character))
}

/// Returns the text with invisible characters shown as code points; line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |character| is_invisible(character) && !matches!(character, '\n' | '\t');
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            shown.push_str(&numbered(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use icu_properties::CodePointSetData;
    use icu_properties::props::DefaultIgnorableCodePoint;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_unicode_calls_ignorable_is_invisible_and_little_else() {
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        // The blank of Braille, and the characters around annotations.
        let is_more = |character| matches!(character, '\u{2800}' | '\u{FFF9}'..='\u{FFFB}');
        for character in '\0'..=char::MAX {
            let is_blank = character.is_control() || character.is_whitespace();
            let expected =
                is_blank && character != ' ' || ignorable.contains(character) || is_more(character);
            assert_eq!(is_invisible(character), expected, "{character:?}");
        }
    }

    #[test]
    fn invisible_characters_are_numbered_and_the_rest_stays() {
        for (text, shown) in [
            ("", ""),
            ("my\u{200B}token", "my<U+200B>token"),
            ("\u{202E}gpj.exe", "<U+202E>gpj.exe"),
            ("a\u{A0}b\u{FEFF}", "a<U+00A0>b<U+FEFF>"),
            ("\u{E0041}", "<U+E0041>"),
            ("\u{1b}[31m\r", "<U+001B>[31m<U+000D>"),
            ("two\n\tlines", "two\n\tlines"),
            ("äöü ☃ 値 ⠁", "äöü ☃ 値 ⠁"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_invisible_remains_in_any_text(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.contains(|c| is_invisible(c) && c != '\n' && c != '\t'));
            prop_assert_eq!(visible(&shown).into_owned(), shown.clone().into_owned());
        }
    }
}
