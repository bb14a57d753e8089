//! Paths of files: Terraform's are relative to its working directory, those in reports to the root of the repository.

use std::fs;
use std::path::{Component, Path};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::review::finding::Finding;

/// The file for findings without a place, if there is no better one.
const MAIN: &str = "main.tf";

/// Terraform's working directory.
#[derive(Debug)]
pub(crate) struct Place {
    /// The directory relative to the root of the repository, without a trailing slash.
    directory: String,
    /// The file for findings without a place.
    fallback: String,
}

impl Place {
    /// Creates the place for a directory. The root of its repository has `.git`; without one, the directory itself is
    /// used.
    pub(crate) fn of(directory: &Path) -> Self {
        let root = directory
            .ancestors()
            .find(|parent| parent.join(".git").exists());
        let below = root.and_then(|root| directory.strip_prefix(root).ok());
        let steps = below
            .into_iter()
            .flat_map(Path::components)
            .filter_map(|step| match step {
                Component::Normal(name) => name.to_str(),
                _ => None,
            });
        Self {
            directory: steps.collect::<Vec<_>>().join("/"),
            fallback: fallback(directory),
        }
    }

    /// Returns the file and line of a finding, relative to the root of the repository. A finding without a place gets
    /// the first line of the configuration, because reports are not shown without one.
    pub(super) fn file_and_line(&self, finding: &Finding) -> (String, u32) {
        match &finding.range {
            Some(range) => (self.in_repository(&range.file), range.start.line.max(1)),
            None => (self.in_repository(&self.fallback), 1),
        }
    }

    /// Returns the path of a file relative to the root of the repository.
    pub(super) fn in_repository(&self, file: &str) -> String {
        let file = file.replace('\\', "/");
        if file.starts_with('/') {
            return file;
        }
        let mut steps: Vec<&str> = self.directory.split('/').collect();
        for step in file.split('/') {
            match step {
                ".." if steps
                    .last()
                    .is_some_and(|last| !last.is_empty() && *last != "..") =>
                {
                    steps.pop();
                }
                "." => {}
                step => steps.push(step),
            }
        }
        steps.retain(|step| !step.is_empty());
        steps.join("/")
    }
}

fn fallback(directory: &Path) -> String {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|it| it == "tf"))
        .collect();
    files.sort_by_key(|name| (name != MAIN, name.clone()));
    files.into_iter().next().unwrap_or_else(|| MAIN.to_owned())
}

/// Returns for each finding the fingerprint that identifies it in the next report: its message and subject, but not its
/// line, which may move. Identical findings are numbered.
pub(super) fn fingerprints(findings: &[Finding], place: &Place) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for finding in findings {
        let (file, _) = place.file_and_line(finding);
        let parts = [
            finding.rule.unwrap_or_default(),
            finding.address.as_deref().unwrap_or_default(),
            &file,
            &finding.summary,
        ];
        let digest = digest::digest(&digest::SHA256, parts.join("\n").as_bytes());
        let half = digest.as_ref().get(..16).unwrap_or_default();
        let hash = URL_SAFE_NO_PAD.encode(half);
        let number = 1 + seen.iter().filter(|other| other.starts_with(&hash)).count();
        seen.push(format!("{hash}:{number}"));
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("infra/prod");
        fs::create_dir_all(&directory).unwrap();
        assert_eq!(Place::of(&directory).in_repository("main.tf"), "main.tf");
        fs::create_dir(root.path().join(".git")).unwrap();
        let place = Place::of(&directory);
        for (file, expected) in [
            ("main.tf", "infra/prod/main.tf"),
            ("./main.tf", "infra/prod/main.tf"),
            ("../modules/a/main.tf", "infra/modules/a/main.tf"),
            ("../../main.tf", "main.tf"),
            ("modules\\a\\main.tf", "infra/prod/modules/a/main.tf"),
            ("/etc/main.tf", "/etc/main.tf"),
        ] {
            assert_eq!(place.in_repository(file), expected);
        }
        assert_eq!(Place::of(root.path()).in_repository("main.tf"), "main.tf");
    }

    #[test]
    fn what_has_no_place_is_in_a_file_that_exists() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(fallback(root.path()), "main.tf");
        for (file, expected) in [
            ("b.tf", "b.tf"),
            ("a.tf", "a.tf"),
            ("a.md", "a.tf"),
            ("main.tf", "main.tf"),
        ] {
            fs::write(root.path().join(file), "").unwrap();
            assert_eq!(fallback(root.path()), expected);
        }
    }
}
