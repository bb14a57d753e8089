//! Files that cannot be used. The operating system's own errors say neither which file is concerned, nor what is there
//! instead.

use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, ErrorKind};

use tf_provider::visible::visible;

use crate::harness::leaked_secret;

/// Returns the path of a file for people. Something pasted in its place is not shown.
pub(crate) fn path(path: impl AsRef<OsStr>) -> String {
    leaked_secret::kinds_removed_from(&visible(&path.as_ref().to_string_lossy()))
}

/// Returns why a file cannot be read: a sentence without a period.
pub(crate) fn unreadable(file: impl Display, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("{file} does not exist"),
        ErrorKind::IsADirectory => format!("{file} is a directory, not a file"),
        ErrorKind::NotADirectory => format!("{file} does not exist: a part of its path is a file"),
        ErrorKind::PermissionDenied => format!("{file} cannot be read: its permissions forbid it"),
        _ => format!("{file} cannot be read: {error}"),
    }
}

/// Returns why a directory cannot be used for files to write: a sentence without a period.
pub(crate) fn unusable_directory(directory: impl Display, error: &io::Error) -> String {
    match error.kind() {
        // Creating a directory reports a file in its place as something that exists.
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("{directory} cannot be a directory: it, or a part of its path, is a file")
        }
        ErrorKind::PermissionDenied => {
            format!("{directory} cannot be used: its permissions, or those above it, forbid it")
        }
        _ => format!("{directory} cannot be used: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_invisible_characters_and_tokens() {
        for (given, shown) in [
            ("a/b.json", "a/b.json"),
            ("a\u{1}b", "a<U+0001>b"),
            (
                "x/d41d8cd98f00b204e9800998ecf8427e/plan.json",
                "x/d41d8cd98f00b204e9800998ecf8427e/plan.json",
            ),
            ("pat.acc0unt.id.s3cr3tvalue", "(removed: a Harness API key)"),
        ] {
            assert_eq!(path(given), shown);
        }
    }

    #[test]
    fn common_errors_are_explained_without_a_number_of_the_system() {
        let shown = |kind: ErrorKind| {
            let error = io::Error::from(kind);
            (unreadable("f", &error), unusable_directory("d", &error))
        };
        for (kind, file, directory) in [
            (
                ErrorKind::NotFound,
                "f does not exist",
                "d cannot be used: entity not found",
            ),
            (
                ErrorKind::IsADirectory,
                "f is a directory, not a file",
                "d cannot be used: is a directory",
            ),
            (
                ErrorKind::NotADirectory,
                "f does not exist: a part of its path is a file",
                "d cannot be a directory: it, or a part of its path, is a file",
            ),
            (
                ErrorKind::PermissionDenied,
                "f cannot be read: its permissions forbid it",
                "d cannot be used: its permissions, or those above it, forbid it",
            ),
            (
                ErrorKind::TimedOut,
                "f cannot be read: timed out",
                "d cannot be used: timed out",
            ),
        ] {
            assert_eq!(shown(kind), (file.to_owned(), directory.to_owned()));
        }
    }
}
