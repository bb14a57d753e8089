//! Files of the repository that tests write: pages and fixtures that follow from what the code says. A test compares such a
//! file with what it ought to be; with `UPDATE_DOCS=1` it writes the file.

use std::fs;
use std::path::{Path, PathBuf};

/// Set to anything, this environment variable has the tests write their files.
const UPDATE: &str = "UPDATE_DOCS";

/// A path from the root of the repository.
pub(crate) fn at_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the tests are to write their files.
pub(crate) fn is_update() -> bool {
    std::env::var_os(UPDATE).is_some()
}

/// Insists that the file at `path`, from the root of the repository, is `expected`; writes it first where that is asked for.
#[track_caller]
pub(crate) fn up_to_date(path: &str, expected: &str) {
    let file = at_root(path);
    if is_update() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    if let Some(difference) = difference(&stored, expected) {
        panic!(
            "{path} is stale: {difference}\nRun this test with {UPDATE}=1, look at the difference, and commit the file."
        );
    }
}

/// A template of a page, in which each `{{name}}` is replaced by the part of that name, without line breaks at its end.
/// A paragraph that consists of an empty part is left out.
pub(crate) fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut page = template.to_owned();
    for (name, part) in parts {
        let place = format!("{{{{{name}}}}}");
        assert!(page.contains(&place), "the template has no {place}");
        let part = part.trim_end();
        if part.is_empty() {
            page = page.replace(&format!("{place}\n\n"), "");
        }
        page = page.replace(&place, part);
    }
    assert!(!page.contains("{{"), "a part is missing in:\n{page}");
    page
}

/// Where two texts begin to differ, for people; `None` if they are the same.
fn difference(stored: &str, expected: &str) -> Option<String> {
    if stored == expected {
        return None;
    }
    let mut lines = stored.lines().zip(expected.lines()).zip(1..);
    let first = lines.find(|((stored, expected), _)| stored != expected);
    Some(match first {
        Some(((stored, expected), line)) => {
            format!("line {line} is\n  {stored}\nand would be\n  {expected}")
        }
        None => format!(
            "it has {} lines, and would have {}",
            stored.lines().count(),
            expected.lines().count()
        ),
    })
}

#[test]
fn a_difference_is_shown_where_it_begins() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    let shown = difference("a\nb\nc\n", "a\nB\nC\n").unwrap();
    assert_eq!(shown, "line 2 is\n  b\nand would be\n  B");
    let shown = difference("", "a\n").unwrap();
    assert_eq!(shown, "it has 0 lines, and would have 1");
}
