//! Finds the existing names that are most similar to a missing one, for messages about what was not found.

use std::collections::BTreeSet;

use strsim::levenshtein;

/// The number of names in a message.
const SHOWN: usize = 3;

/// Returns the names most similar to `wanted`, nearest first, at most three. Equally near names are in alphabetical
/// order. Case counts for little, because it is the most common mistake.
pub(crate) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (levenshtein(&lower, &name.to_lowercase()), name))
        .collect();
    // A stable sort, which keeps names of the same distance in alphabetical order.
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| name)
        .collect()
}

/// Returns those of [`nearest`] that may well have been meant: at most one character in four differs, and at most twice
/// as many as in the nearest of all.
pub(crate) fn meant<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let mut near = nearest(wanted, names);
    let distance = |name: &str| levenshtein(&lower, &name.to_lowercase());
    let best = near.first().copied().map_or(0, distance);
    let most = (wanted.chars().count() / 4).max(2).min(2 * best);
    near.retain(|name| distance(name) <= most);
    near
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
            assert_eq!(levenshtein(one, other), expected, "{one:?} {other:?}");
            assert_eq!(levenshtein(other, one), expected, "{one:?} {other:?}");
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
        assert_eq!(meant("bitbucket-clowd", names), ["Bitbucket_Cloud"]);
        assert_eq!(meant("workspace", names), [""; 0]);
        assert_eq!(nearest("x", []), [""; 0]);
        assert_eq!(nearest("x", ["b", "a", "b"]), ["a", "b"]);
    }
}
