//! `…_SHA256SUMS`, which the registry and Terraform verify, and its signature.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{files, hashes, prefix};

/// Returns `terraform-provider-harness_0.1.0_SHA256SUMS`.
pub fn name() -> String {
    format!("{}_SHA256SUMS", prefix())
}

/// Returns `terraform-provider-harness_0.1.0_manifest.json`.
pub fn manifest_name() -> String {
    format!("{}_manifest.json", prefix())
}

/// Returns `terraform-provider-harness_0.1.0_SHA256SUMS.sig`.
pub fn signature_name() -> String {
    format!("{}.sig", name())
}

/// Returns the line for one file: its SHA-256 in hexadecimal, two spaces, its name.
pub fn line(file: &str, content: &[u8]) -> String {
    format!("{}  {file}\n", hashes::sha256(content))
}

/// Writes the checksums of all archives in `directory`, of their bills of materials, and of the manifest, sorted by
/// name. Returns the path. Registries read the lines of the archives and the manifest, and accept others.
///
/// # Errors
/// Returns an error if a file cannot be read or written, or there is no archive.
pub fn write(directory: &Path) -> io::Result<PathBuf> {
    let mut lines = Vec::new();
    let mut has_archive = false;
    for path in files::archives(directory)? {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_archive = path.extension().is_some_and(|extension| extension == "zip");
        let belongs = is_archive || file.ends_with(".spdx.json") || file == manifest_name();
        if belongs && file.starts_with(&format!("{}_", prefix())) {
            has_archive |= is_archive;
            lines.push((file.to_owned(), line(file, &files::read(&path)?)));
        }
    }
    if !has_archive {
        let archive = format!("{}_PLATFORM.zip", prefix());
        return Err(files::no_archive(directory, &archive));
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    let path = directory.join(name());
    files::write(&path, text)?;
    Ok(path)
}

/// Signs the checksums with the GnuPG key of this id: a detached binary signature, as the registry requires.
///
/// # Errors
/// Returns an error if GnuPG is missing or does not sign.
pub fn sign(checksums: &Path, key: &str) -> io::Result<PathBuf> {
    let mut signature = checksums.as_os_str().to_owned();
    signature.push(".sig");
    let signature = PathBuf::from(signature);
    let mut gpg = Command::new("gpg");
    gpg.args(["--batch", "--yes", "--local-user", key, "--detach-sign"])
        .arg("--output")
        .arg(&signature)
        .arg(checksums);
    let status = files::status(&mut gpg)?;
    if status.success() {
        Ok(signature)
    } else {
        Err(io::Error::other(format!(
            "gpg could not sign with the key {key} ({status})"
        )))
    }
}

/// Verifies the signature next to the checksums, and returns the key that made it. It must be a good signature by the
/// key `key`, regardless of GnuPG's other keys.
///
/// # Errors
/// Returns an error if GnuPG is missing, rejects the signature, or reports another key.
pub fn signed_by(checksums: &Path, key: &str) -> io::Result<String> {
    let mut signature = checksums.as_os_str().to_owned();
    signature.push(".sig");
    let gpg = |arguments: &[&str], paths: &[&Path]| {
        let mut command = Command::new("gpg");
        command
            .args(["--batch", "--status-fd", "1"])
            .args(arguments);
        files::output(command.args(paths))
    };
    let output = gpg(&["--verify"], &[Path::new(&signature), checksums])?;
    let said = String::from_utf8_lossy(&output.stdout);
    let status = |name: &str| {
        let mut lines = said
            .lines()
            .filter_map(|line| line.strip_prefix("[GNUPG:] "));
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    // GnuPG also reports a valid signature for an expired or revoked key, but does not call it good.
    let valid = status("VALIDSIG").filter(|_| output.status.success());
    let Some(valid) = status("GOODSIG").and(valid) else {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!(
            "gpg does not accept the signature: {}",
            said.trim()
        )));
    };
    // The fingerprint of the signing key, and at the end, that of its primary key.
    let signers = [valid.split(' ').next(), valid.split(' ').next_back()];
    let output = gpg(&["--with-colons", "--list-keys", key], &[])?;
    let listed = String::from_utf8_lossy(&output.stdout);
    let wanted: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("fpr:"))
        .filter_map(|line| line.split(':').nth(9))
        .collect();
    let signer = signers.into_iter().flatten().find(|it| wanted.contains(it));
    match signer {
        Some(signer) => Ok(format!("signed with {signer}")),
        None => Err(io::Error::other(format!(
            "was not signed with the key {key}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    fn archives_bills_and_manifest_are_listed_by_name_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let archive = |platform: &str| format!("{}_{platform}.zip", prefix());
        for file in [
            archive("linux_amd64"),
            archive("darwin_arm64"),
            format!("{}_darwin_arm64.spdx.json", prefix()),
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
                format!("{}_darwin_arm64.spdx.json", prefix()),
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
