//! The notes of a release: its section in CHANGELOG.md.

/// Returns the section of a version, without its heading.
///
/// # Errors
/// Returns an error if the changelog has no such section, marks it as unreleased, or leaves it empty.
pub fn of(changelog: &str, version: &str) -> Result<String, String> {
    let wanted = format!("## {version} (");
    let mut lines = changelog
        .lines()
        .skip_while(|line| !line.starts_with(&wanted));
    let heading = lines
        .next()
        .ok_or_else(|| format!("CHANGELOG.md has no heading `{wanted}DATE)`"))?;
    if heading.to_lowercase().contains("unreleased") {
        return Err(format!(
            "CHANGELOG.md lists {version} as unreleased; write the date into its heading, such as `{wanted}March 1, \
             2027)`"
        ));
    }
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    let notes = section.join("\n").trim().to_owned();
    if notes.is_empty() {
        return Err(format!(
            "the section about {version} in CHANGELOG.md is empty"
        ));
    }
    Ok(notes + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "## 0.2.1 (Unreleased)\n\nNOTES:\n\n* a\n\n## 0.2.0 (March 1, 2027)\n\nFEATURES:\n\n\
                             * b\n\nNOTES:\n\n* c\n\n## 0.1.0 (May 1, 2026)\n\n## 0.0.1 (May 1, 2025)\n\n* d\n";

    #[test]
    fn the_notes_are_the_section_of_the_version() {
        let notes = of(CHANGELOG, "0.2.0").unwrap();
        assert_eq!(notes, "FEATURES:\n\n* b\n\nNOTES:\n\n* c\n");
        assert_eq!(of(CHANGELOG, "0.0.1").unwrap(), "* d\n");
    }

    #[test]
    fn a_version_without_notes_is_not_released() {
        for (version, expected) in [
            ("0.2.1", "lists 0.2.1 as unreleased"),
            ("0.1.0", "the section about 0.1.0 in CHANGELOG.md is empty"),
            ("0.2", "has no heading `## 0.2 (DATE)`"),
        ] {
            let error = of(CHANGELOG, version).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
