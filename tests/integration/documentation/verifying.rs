//! The commands that the guide for teams gives for verifying an archive, run on a release that the test makes, with a
//! temporary key. If a machine lacks one of the programs, its command is left out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use harness_release::platform::Platform;
use harness_release::{VERSION, archive, checksums, sbom};
use tempfile::TempDir;

use super::markdown::{Page, root};

const KEY: &str = "release@example.com";

/// Returns whether a program is installed.
fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Returns the commands in the guide's only block that contains this text, for the current version.
fn commands(part: &str) -> String {
    let pages = Page::all();
    let is_guide = |page: &&Page| page.path == "docs/guides/installing-for-a-team.md";
    let guide = pages.iter().find(is_guide).expect("there is the guide");
    let mut blocks = guide.blocks().into_iter().map(|block| block.text);
    let block = blocks.find(|text| text.contains(part)).expect(part);
    assert!(block.starts_with("version="), "{block}");
    let (_, commands) = block.split_once('\n').expect("more lines");
    format!("version={VERSION}\n{commands}")
}

/// A release for one platform in a directory, and a GnuPG home directory with the key that signed it.
struct Release {
    files: TempDir,
    home: TempDir,
}

impl Release {
    fn signed() -> Self {
        let release = Self {
            files: tempfile::tempdir().expect("a directory"),
            home: tempfile::tempdir().expect("a directory"),
        };
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(release.home.path(), private).expect("they can be set");
        let platform = Platform::of("x86_64-unknown-linux-musl").expect("it is known");
        let packed = archive::bytes(platform, b"a program").expect("it fits an archive");
        let bill = sbom::document(
            platform,
            &packed,
            b"a program",
            &sbom::linked(root(), platform).expect("cargo says it"),
            &sbom::Compiler::current(root()).expect("rustc says it"),
            sbom::created(root()).expect("git says it"),
        );
        fs::write(release.files.path().join(archive::name(platform)), packed)
            .expect("it can be written");
        fs::write(release.files.path().join(sbom::name(platform)), bill)
            .expect("it can be written");
        checksums::write(release.files.path()).expect("it can be written");
        let sums = checksums::name();
        for script in [
            format!("gpg --batch --quiet --passphrase '' --quick-generate-key {KEY} ed25519"),
            format!("gpg --batch --local-user {KEY} --detach-sign {sums}"),
        ] {
            let output = release.run(&script);
            assert!(output.status.success(), "{script}: {output:?}");
        }
        release
    }

    /// Runs a script in the directory of the release.
    fn run(&self, script: &str) -> Output {
        let shell = Command::new("sh")
            .args(["-eu", "-c", script])
            .current_dir(self.files.path())
            .env("GNUPGHOME", self.home.path())
            .output();
        shell.expect("there is a shell")
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        // GnuPG runs an agent for each home directory.
        self.run("gpgconf --kill all");
    }
}

#[test]
fn the_commands_of_the_guide_verify_an_archive_and_refuse_another_one() {
    if !is_there("gpg") || !is_there("sha256sum") {
        return;
    }
    let release = Release::signed();
    let verify = commands("gpg --verify");
    let output = release.run(&verify);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.matches(": OK").count(), 2, "{said}");

    if is_there("jq") {
        let output = release.run(&commands("jq -r"));
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("rustls\t"), "{said}");
    }

    let refused = |name: &Path| {
        let path = release.files.path().join(name);
        let before = fs::read(&path).expect("it was made");
        fs::write(&path, [&before[..], b"\n"].concat()).expect("it can be written");
        let output = release.run(&verify);
        assert!(!output.status.success(), "{}: {output:?}", name.display());
        fs::write(&path, before).expect("it can be written");
    };
    let platform = Platform::of("x86_64-unknown-linux-musl").expect("it is known");
    refused(archive::name(platform).as_ref());
    refused(checksums::name().as_ref());
    assert!(release.run(&verify).status.success());
}
