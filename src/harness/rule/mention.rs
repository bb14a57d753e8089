//! The last line of a finding: where its rule is explained, and the rule's id.

/// The page that explains every rule, from the root of the repository. Once the provider is published, this becomes the
/// page's address in the registry.
pub(crate) const REFERENCE: &str = "docs/guides/validation-rules.md";

/// Returns where a rule is explained: the reference page and the rule's anchor there.
pub(crate) fn address(id: &str) -> String {
    format!("{REFERENCE}#{}", id.to_lowercase())
}

/// Returns the last line of a finding: where its rule is explained, and the rule's id.
pub(crate) fn mention(id: &str) -> String {
    format!("{} (rule {id})", address(id))
}

/// Splits the text of a finding into what it says and the id of its rule; `None` if its last line is anything else than a
/// rule, because other people's words may end with one. The last line of an older version of the provider has no address,
/// and that of a newer one may have another.
pub(crate) fn mentioned(detail: &str) -> Option<(&str, &str)> {
    let detail = detail.trim_end();
    let (said, line) = detail.rsplit_once('\n').unwrap_or(("", detail));
    let (address, id) = line.trim().strip_suffix(')')?.rsplit_once("(rule ")?;
    let address = address.trim_end();
    let is_address = !address.contains(char::is_whitespace)
        && address.ends_with(&format!("#{}", id.to_lowercase()));
    (address.is_empty() || is_address).then(|| (said.trim_end(), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_finding_says_where_its_rule_is_explained() {
        assert_eq!(
            mention("N01"),
            "docs/guides/validation-rules.md#n01 (rule N01)"
        );
    }

    #[test]
    fn the_rule_of_a_finding_is_found_again_in_its_text() {
        for (detail, expected) in [
            (
                format!("Two\nlines.\n{}", mention("P10")),
                Some(("Two\nlines.", "P10")),
            ),
            (mention("P10"), Some(("", "P10"))),
            (
                "One line.\n(rule P10)".to_owned(),
                Some(("One line.", "P10")),
            ),
            (
                "One line.\nhttps://registry.example.com/x/rules#p10 (rule P10)\n".to_owned(),
                Some(("One line.", "P10")),
            ),
            ("See #p11 (rule P10)".to_owned(), None),
            ("As agreed.\nNot allowed (rule P10)".to_owned(), None),
            ("Our policy forbids this (rule N01)".to_owned(), None),
            ("See docs/x.md#n01 (rule N01)".to_owned(), None),
            ("A (rule of thumb) is not one.".to_owned(), None),
            ("Nothing".to_owned(), None),
        ] {
            assert_eq!(mentioned(&detail), expected);
        }
    }
}
