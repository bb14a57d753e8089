//! The program as people and workflows call it, on something that only pretends to be the provider.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness_release::{VERSION, archive, checksums, platform};

const PROGRAM: &str = env!("CARGO_BIN_EXE_harness-release");

fn release(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn succeeded(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Packs a pretended provider for a target into `out` below the directory.
fn archived(directory: &Path, target: &str) {
    let program = directory.join("program");
    fs::write(&program, "a program").unwrap();
    let (program, out) = (program.to_str().unwrap(), directory.join("out"));
    let out = out.to_str().unwrap();
    succeeded(&release(&[
        "archive", "--target", target, "--binary", program, "--out", out,
    ]));
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_release_has_archives_manifest_and_sums_and_is_the_same_in_whatever_order_it_is_made() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let targets = ["x86_64-unknown-linux-musl", "aarch64-pc-windows-msvc"];
    for target in targets {
        archived(one.path(), target);
    }
    for target in targets.into_iter().rev() {
        archived(other.path(), target);
    }
    let (one, other) = (one.path().join("out"), other.path().join("out"));
    let zip = |target| archive::name(platform::Platform::of(target).unwrap());
    let expected = [
        checksums::name(),
        zip(targets[0]),
        checksums::manifest_name(),
        zip(targets[1]),
    ];
    assert_eq!(names(&one), expected);
    assert_eq!(names(&other), expected);
    for name in &expected {
        let (one, other) = (fs::read(one.join(name)), fs::read(other.join(name)));
        assert_eq!(one.unwrap(), other.unwrap(), "{name}");
    }
    let sums = fs::read_to_string(one.join(checksums::name())).unwrap();
    let summed: Vec<_> = sums
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(summed, expected[1..]);
    let manifest = fs::read_to_string(one.join(checksums::manifest_name())).unwrap();
    assert!(manifest.contains("\"5.0\""), "{manifest}");
}

#[test]
fn a_mirror_is_filled_for_terraform_and_for_opentofu() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    fs::write(&program, "a program").unwrap();
    let mirror = directory.path().join("mirror");
    let output = release(&[
        "install",
        "--target",
        "aarch64-apple-darwin",
        "--binary",
        program.to_str().unwrap(),
        "--mirror",
        mirror.to_str().unwrap(),
    ]);
    succeeded(&output);
    for host in ["registry.opentofu.org", "registry.terraform.io"] {
        let name = format!("terraform-provider-harness_{VERSION}_darwin_arm64.zip");
        let path = mirror.join(host).join("harness-rs/harness").join(name);
        assert!(path.is_file(), "{}", path.display());
    }
}

#[test]
fn what_is_not_understood_is_said_and_nothing_is_built() {
    for (arguments, expected) in [
        (&["publish"][..], "no command publish"),
        (&["archive", "--verbose"], "--verbose"),
        (&["archive", "--out"], "--out needs a value"),
        (
            &["archive", "--target", "riscv64gc-unknown-linux-gnu"],
            "riscv64gc-unknown-linux-gnu",
        ),
        (
            &[
                "install",
                "--binary",
                "/no/such/program",
                "--mirror",
                "/no/such",
            ],
            "/no/such/program",
        ),
    ] {
        let output = release(arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("harness-release: "), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

/// A home of GnuPG's for one test. GnuPG keeps an agent for it, which ends with it.
#[cfg(unix)]
struct GnuPg(tempfile::TempDir);

#[cfg(unix)]
impl GnuPg {
    const KEY: &str = "release@example.com";

    /// A home with a key in it; `None` if this machine has no GnuPG.
    fn new() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt as _;

        let home = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(home.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let generate = [
            "--batch",
            "--passphrase",
            "",
            "--quick-generate-key",
            Self::KEY,
            "ed25519",
        ];
        succeeded(&home.run("gpg", &generate)?);
        Some(home)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Option<Output> {
        let mut command = Command::new(program);
        command.args(arguments).env("GNUPGHOME", self.0.path());
        command.output().ok()
    }
}

#[cfg(unix)]
impl Drop for GnuPg {
    fn drop(&mut self) {
        self.run("gpgconf", &["--kill", "all"]);
    }
}

#[cfg(unix)]
#[test]
fn the_sums_are_signed_so_that_gnupg_finds_the_signature_good() {
    // Where there is none, there is nothing to sign with, which the next test is about.
    let Some(gnupg) = GnuPg::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), "x86_64-unknown-linux-musl");
    let out = directory.path().join("out");
    let sign = |key| {
        let arguments = ["checksums", "--out", out.to_str().unwrap(), "--sign", key];
        gnupg.run(PROGRAM, &arguments).unwrap()
    };
    succeeded(&sign(GnuPg::KEY));
    let sums = out.join(checksums::name());
    let signature = format!("{}.sig", sums.display());
    let verify = ["--batch", "--verify", &signature, sums.to_str().unwrap()];
    succeeded(&gnupg.run("gpg", &verify).unwrap());

    let refused = sign("nobody@example.com");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("gpg did not sign with the key nobody@example.com"),
        "{said}"
    );

    fs::write(&sums, "other sums").unwrap();
    let verified = gnupg.run("gpg", &verify).unwrap();
    assert!(
        !verified.status.success(),
        "a signature of other sums is good"
    );
}

#[test]
fn without_gnupg_a_sentence_says_so_and_the_sums_are_there_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), "x86_64-unknown-linux-musl");
    let out = directory.path().join("out");
    let output = Command::new(PROGRAM)
        .args(["checksums", "--out", out.to_str().unwrap(), "--sign", "me"])
        .env("PATH", directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("gpg, which signs, cannot be run"), "{said}");
    assert!(out.join(checksums::name()).is_file());
}
