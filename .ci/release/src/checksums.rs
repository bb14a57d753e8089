//! `…_SHA256SUMS`, which the registry and Terraform compare, and its signature.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::prefix;

/// `terraform-provider-harness_0.1.0_SHA256SUMS`
pub fn name() -> String {
    format!("{}_SHA256SUMS", prefix())
}

/// `terraform-provider-harness_0.1.0_manifest.json`
pub fn manifest_name() -> String {
    format!("{}_manifest.json", prefix())
}

/// The line of one file: its SHA-256 in hexadecimal, two blanks, its name.
pub fn line(file: &str, content: &[u8]) -> String {
    let mut line = String::new();
    for byte in Sha256::digest(content) {
        // A `String` takes everything.
        let _ = write!(line, "{byte:02x}");
    }
    line + "  " + file + "\n"
}

/// Writes the checksums of all archives in `directory` and of the manifest, sorted by name, and says where.
///
/// # Errors
/// A file cannot be read or written, or there is no archive.
pub fn write(directory: &Path) -> io::Result<PathBuf> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_archive = file.starts_with(&prefix())
            && path.extension().is_some_and(|extension| extension == "zip");
        if is_archive || file == manifest_name() {
            lines.push((file.to_owned(), line(file, &fs::read(&path)?)));
        }
    }
    if !lines.iter().any(|(file, _)| *file != manifest_name()) {
        return Err(io::Error::other(format!(
            "{} has no archive of version {}",
            directory.display(),
            super::VERSION
        )));
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    let path = directory.join(name());
    fs::write(&path, text)?;
    Ok(path)
}

/// Signs the checksums with the GnuPG key of this id: a detached signature in binary, as the registry wants it.
///
/// # Errors
/// GnuPG is not there, or does not sign.
pub fn sign(checksums: &Path, key: &str) -> io::Result<PathBuf> {
    let mut signature = checksums.as_os_str().to_owned();
    signature.push(".sig");
    let signature = PathBuf::from(signature);
    let status = Command::new("gpg")
        .args(["--batch", "--yes", "--local-user", key, "--detach-sign"])
        .arg("--output")
        .arg(&signature)
        .arg(checksums)
        .status()
        .map_err(|error| io::Error::other(format!("gpg, which signs, cannot be run: {error}")))?;
    if status.success() {
        Ok(signature)
    } else {
        Err(io::Error::other(format!(
            "gpg did not sign with the key {key} ({status})"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_sha256sum_prints() {
        // The digest of "abc" in the standard, FIPS 180-2.
        assert_eq!(
            line("a.zip", b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.zip\n"
        );
    }

    #[test]
    fn archives_and_manifest_are_listed_by_name_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let archive = |platform: &str| format!("{}_{platform}.zip", prefix());
        for file in [
            archive("linux_amd64"),
            archive("darwin_arm64"),
            manifest_name(),
            name(),
            "notes.txt".to_owned(),
            "terraform-provider-harness_0.0.1_linux_amd64.zip".to_owned(),
        ] {
            fs::write(directory.path().join(file), "x").unwrap();
        }
        let written = fs::read_to_string(write(directory.path()).unwrap()).unwrap();
        let files: Vec<&str> = written
            .lines()
            .filter_map(|line| Some(line.split_once("  ")?.1))
            .collect();
        assert_eq!(
            files,
            [
                archive("darwin_arm64"),
                archive("linux_amd64"),
                manifest_name()
            ]
        );
    }

    #[test]
    fn a_directory_without_archives_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(write(directory.path()).is_err());
    }
}
