//! Which of the names that exist are most like one that does not: for messages about what was not found.

use std::collections::BTreeSet;

/// How many names a message shows.
const SHOWN: usize = 3;

/// The names that are most like `wanted`, the nearest first, at most three of them; names that are equally near in the
/// order of the alphabet. Case counts for little, since it is the commonest mistake.
pub(crate) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower: Vec<char> = wanted.to_lowercase().chars().collect();
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| {
            let other: Vec<char> = name.to_lowercase().chars().collect();
            (distance(&lower, &other), name)
        })
        .collect();
    // Stable: names of the same distance stay in the order of the alphabet.
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| name)
        .collect()
}

/// How many characters must be added, dropped or changed to make one word the other.
fn distance(one: &[char], other: &[char]) -> usize {
    // The distances of a prefix of `one` to every prefix of `other`.
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, character) in one.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (above, candidate) in row.iter().skip(1).zip(other) {
            let changed = diagonal + usize::from(character != candidate);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_two_words_counts_their_differences() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("kitten", "sitting", 3),
            ("größe", "grosse", 3),
        ] {
            let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
            assert_eq!(distance(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(distance(&other, &one), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn the_nearest_names_come_first_and_only_three_of_them() {
        let names = [
            "tools",
            "bitbucket_eu",
            "Bitbucket_Cloud",
            "bitbucket_us",
            "web",
        ];
        assert_eq!(
            nearest("bitbucket_cloud", names),
            ["Bitbucket_Cloud", "bitbucket_eu", "bitbucket_us"]
        );
        assert_eq!(
            nearest("bitbucket_es", names)[..2],
            ["bitbucket_eu", "bitbucket_us"]
        );
        assert_eq!(nearest("x", []), [""; 0]);
        assert_eq!(nearest("x", ["b", "a", "b"]), ["a", "b"]);
    }
}
