//! Distinguishes random texts from names that people chose.
//!
//! A name contains words, even without spaces: `TeamPaymentsProd2`, `k8s_eu_west_1`. A random text contains next to
//! none. So a text is split into pieces where letters and digits meet and where capitals begin. The measure is how many
//! of its characters are in pieces of three letters or more that consist of letter pairs common in English words. Of
//! random texts of 32 characters, 95 in 100 have less than a quarter of such characters; of names made of usual
//! abbreviations, 1 in 100 does.

/// The shortest run that counts as a token, of any kind.
const SHORTEST: usize = 32;

/// The shortest tail of a token with a known prefix.
const SHORTEST_TAIL: usize = 16;

/// What a long run of letters and digits looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Run {
    /// Hexadecimal digits, such as those of a hash, but not a UUID.
    Hexadecimal,
    /// Forty characters of base64, as AWS's secret keys have.
    AwsSecretKey,
    /// Letters and digits without words, as base64 writes random bytes.
    Random,
}

impl Run {
    /// Classifies `text` as a whole; `None` for a name.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('=');
        let parts: Vec<&str> = text
            .split(['_', '-', '/', '+'])
            .filter(|part| !part.is_empty())
            .collect();
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let is_drawable = parts
            .iter()
            .all(|part| part.chars().all(|c| c.is_ascii_alphanumeric()));
        if length < SHORTEST || !is_drawable {
            return None;
        }
        if is_hexadecimal(text) {
            return (!is_uuid(text)).then_some(Self::Hexadecimal);
        }
        let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
        let has_digit = has(char::is_ascii_digit);
        let is_mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
        if text.len() == 40
            && text.contains(['/', '+'])
            && !text.contains(['_', '-'])
            && has_digit
            && is_mixed
            && words_in(text) < 60
        {
            return Some(Self::AwsSecretKey);
        }
        // A name followed by a hash is a name.
        let without_words = || {
            parts
                .iter()
                .filter(|part| part.len() >= 4)
                .all(|part| words_in(part) < 25)
        };
        let is_scattered = !text.contains(['_', '-']) && islands_of_digits(text) >= 4;
        (has_digit && (is_mixed || is_scattered) && without_words()).then_some(Self::Random)
    }
}

/// Returns whether the text after a known prefix is random: a long run with a digit in it, a very long one, or a text
/// without words.
pub(super) fn is_tail(text: &str) -> bool {
    let tail: &str = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "_-+/=".contains(c)))
        .next()
        .unwrap_or_default();
    let mut runs = tail.split(['_', '-', '+', '/', '=']);
    let characters = tail.chars().filter(char::is_ascii_alphanumeric).count();
    let is_run = |run: &str| {
        run.len() >= 36
            || (run.len() >= SHORTEST_TAIL && run.contains(|c: char| c.is_ascii_digit()))
    };
    runs.any(is_run) || (characters >= SHORTEST_TAIL && words_in(tail) < 25)
}

/// Recognizes hexadecimal digits of one case, with both letters and numbers.
fn is_hexadecimal(text: &str) -> bool {
    let has_digit = text.chars().any(|c| c.is_ascii_digit());
    let of_case = |is_letter: fn(char) -> bool| {
        has_digit
            && text.chars().all(|c| c.is_ascii_digit() || is_letter(c))
            && text.chars().any(is_letter)
    };
    of_case(|c| matches!(c, 'a'..='f')) || of_case(|c| matches!(c, 'A'..='F'))
}

/// Recognizes a UUID without hyphens: 32 digits, with its version and variant in their places.
fn is_uuid(text: &str) -> bool {
    let digit = |at: usize| text.as_bytes().get(at).copied().unwrap_or_default();
    text.len() == 32
        && matches!(digit(12), b'1'..=b'8')
        && matches!(digit(16), b'8' | b'9' | b'a' | b'b' | b'A' | b'B')
}

/// Returns how often a digit follows something else, or begins the text.
fn islands_of_digits(text: &str) -> usize {
    pieces(text)
        .iter()
        .filter(|piece| piece.starts_with(|c: char| c.is_ascii_digit()))
        .count()
}

/// Returns the percentage of letters and digits that belong to words; 100 for a text without any.
fn words_in(text: &str) -> usize {
    let pieces = pieces(text);
    let all: usize = pieces.iter().map(String::len).sum();
    let in_words: usize = pieces
        .iter()
        .filter(|piece| is_word(piece))
        .map(String::len)
        .sum();
    (in_words * 100).checked_div(all).unwrap_or(100)
}

/// Splits a text into words, numbers, and abbreviations: `MyApp2DEV` becomes `My`, `App`, `2`, and `DEV`.
fn pieces(text: &str) -> Vec<String> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Lower,
        Upper,
        Digit,
    }
    let mut pieces: Vec<String> = Vec::new();
    let mut last = None;
    for character in text.chars() {
        let kind = match character {
            'a'..='z' => Some(Kind::Lower),
            'A'..='Z' => Some(Kind::Upper),
            '0'..='9' => Some(Kind::Digit),
            _ => None,
        };
        if let Some(kind) = kind {
            match pieces.last_mut() {
                Some(piece)
                    if last == Some(kind)
                        || (last == Some(Kind::Upper)
                            && kind == Kind::Lower
                            && piece.len() == 1) =>
                {
                    piece.push(character);
                }
                _ => pieces.push(character.to_string()),
            }
        }
        last = kind;
    }
    pieces
}

/// Returns whether a piece has three letters or more, with at least seven in ten pairs of neighbors being common.
fn is_word(piece: &str) -> bool {
    let letters = piece.to_ascii_lowercase();
    let neighbours = letters.chars().zip(letters.chars().skip(1));
    let usual = neighbours
        .filter(|(first, second)| may_follow(*first).contains(*second))
        .count();
    let all = letters.len().saturating_sub(1);
    letters.len() >= 3
        && letters.starts_with(|c: char| c.is_ascii_lowercase())
        && usual * 10 >= all * 7
}

/// Returns the letters that often follow this one in English words and in technical abbreviations.
fn may_follow(letter: char) -> &'static str {
    match letter {
        'a' => "bcdgilmnprstuvy",
        'b' => "aelioruy",
        'c' => "acehiklorstuy",
        'd' => "aeioruvs",
        'e' => "acdelmnprstvwxy",
        'f' => "aefioru",
        'g' => "aehiloru",
        'h' => "aeiotuy",
        'i' => "acdefglmnoprstvz",
        'j' => "aou",
        'k' => "aeisy",
        'l' => "aedilosuyt",
        'm' => "aemiopuby",
        'n' => "acdegiostukv",
        'o' => "abcdgklmnoprstuvw",
        'p' => "aehiloprstuy",
        'q' => "u",
        'r' => "acdegikmnorstuvy",
        's' => "aceihklmnopstuwy",
        't' => "aehiorstuwyc",
        'u' => "abcdegilmnprst",
        'v' => "aeio",
        'w' => "aehiosn",
        'x' => "aeitp",
        'y' => "aeomps",
        'z' => "aeioz",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_falls_into_words_numbers_and_abbreviations() {
        for (text, expected) in [
            ("MyApp2DEV", "My App 2 DEV"),
            ("k8s_eu-west/1", "k 8 s eu west 1"),
            ("aB3dE5", "a B 3 d E 5"),
            ("", ""),
            ("äöü", ""),
        ] {
            assert_eq!(pieces(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn runs_are_distinguished_from_names_and_from_ids() {
        for (text, run) in [
            ("5f4dcc3b5aa765d61d8327deb882cf99", Some(Run::Hexadecimal)),
            (
                "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                Some(Run::Hexadecimal),
            ),
            (
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                Some(Run::AwsSecretKey),
            ),
            (
                "NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj==",
                Some(Run::Random),
            ),
            ("q3zT9sXy-WvU7SrQpOnMl_Kj2HgFd5sAzX1cV4b", Some(Run::Random)),
            (
                "k3j5h2l7x4q6v2n5m7p3r4t6w2y5z3b4c6d7f2g5h3j4k6l7q2w3",
                Some(Run::Random),
            ),
            // A UUID, an account id, a name with a hash after it, a number, names.
            ("a50e8400e29b41d4a716446655440000", None),
            ("kmpySmUISimoRrJL6NL73w", None),
            ("bitbucket_da39a3ee5e6b4b0d3255bfef95601890afd80709", None),
            ("12345678901234567890123456789012345678901234", None),
            ("abadcafefacadedeadbeefdecadeaccededbeaded", None),
            ("K8sEuWest1ProdAppTeamAbcKeyV2QaRunner3", None),
            ("BitbucketDataCenterTokenOfTeamPayments2", None),
            ("organizationwidebitbuckettokenforpayments2024", None),
            ("default/WebShop2/BitbucketCloudPayments0", None),
        ] {
            assert_eq!(Run::of(text), run, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_of_words_is_never_a_run(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "account", "bitbucket", "cloud", "connector", "dev", "git", "harness", "infra", "payments", "platform",
                    "prod", "readonly", "robot", "secret", "service", "shop", "team", "token", "user", "web",
                ]),
                1..12,
            ),
            separator in proptest::sample::select(vec!["", "_", "-"]),
            capitals in any::<bool>(),
            number in proptest::option::of(0_u16..3000),
        ) {
            let words: Vec<String> = words
                .iter()
                .map(|word| match word.split_at_checked(1) {
                    Some((first, rest)) if capitals => format!("{}{rest}", first.to_ascii_uppercase()),
                    _ => (*word).to_owned(),
                })
                .collect();
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            let name = format!("{}{separator}{number}", words.join(separator));
            prop_assert_eq!(Run::of(&name), None, "{}", name);
        }
    }
}
