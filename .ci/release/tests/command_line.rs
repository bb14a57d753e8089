//! The program as people and workflows run it, with a dummy provider.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness_release::platform::Platform;
use harness_release::{VERSION, archive, checksums, hashes, notes, sbom};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_harness-release");
/// The platform of most tests.
const TARGET: &str = "x86_64-unknown-linux-musl";

fn release(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn succeeded(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Packs a dummy provider for a target into `out` below the directory.
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
fn a_release_is_complete_and_independent_of_build_order() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let targets = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];
    for target in targets {
        archived(one.path(), target);
    }
    for target in targets.into_iter().rev() {
        archived(other.path(), target);
    }
    let (one, other) = (one.path().join("out"), other.path().join("out"));
    let platforms = targets.map(|target| Platform::of(target).unwrap());
    let mut expected = vec![checksums::name(), checksums::manifest_name()];
    expected.extend(platforms.map(archive::name));
    expected.extend(platforms.map(sbom::name));
    expected.sort();
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
    // All files except the one with the checksums, which is the first.
    assert_eq!(summed, expected[1..]);
    let manifest = fs::read_to_string(one.join(checksums::manifest_name())).unwrap();
    assert!(manifest.contains("\"5.0\""), "{manifest}");
}

/// Returns the root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn a_bill_of_materials_is_valid_spdx_and_lists_what_is_linked() {
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), TARGET);
    let platform = Platform::of(TARGET).unwrap();
    let out = directory.path().join("out");
    let bill = fs::read(out.join(sbom::name(platform))).unwrap();
    let bill: Value = serde_json::from_slice(&bill).unwrap();

    let schema = root().join("tests/fixtures/schemas/spdx-2.3.json");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let schema = compiler.compile(schema.to_str().unwrap(), &mut schemas);
    let schema = schema.unwrap();
    if let Err(error) = schemas.validate(&bill, schema) {
        panic!("{error}");
    }
    let invalid = serde_json::json!({"spdxVersion": "SPDX-2.3"});
    assert!(schemas.validate(&invalid, schema).is_err());

    // Each id occurs once, and each relationship is between existing elements.
    let packages = bill["packages"].as_array().unwrap();
    let mut ids: BTreeSet<&str> = packages
        .iter()
        .map(|it| it["SPDXID"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), packages.len());
    ids.insert("SPDXRef-DOCUMENT");
    for related in bill["relationships"].as_array().unwrap() {
        for end in ["spdxElementId", "relatedSpdxElement"] {
            assert!(ids.contains(related[end].as_str().unwrap()), "{related}");
        }
    }
    let named = |name: &str| packages.iter().find(|package| package["name"] == name);
    let tls = named("rustls").unwrap();
    assert!(tls.pointer("/checksums/0/checksumValue").is_some(), "{tls}");
    assert_eq!(tls["licenseDeclared"], "Apache-2.0 OR ISC OR MIT");
    assert!(
        named("harness-platform")
            .unwrap()
            .get("checksums")
            .is_none()
    );
    // Crates of the tests, the build, other platforms, and features that only the tests turn on.
    for absent in [
        "harness-sandbox",
        "proptest",
        "tonic-prost-build",
        "async-trait",
        "windows-sys",
        "ring",
    ] {
        assert_eq!(named(absent), None, "{absent}");
    }
    let packed = fs::read(out.join(archive::name(platform))).unwrap();
    let digests = sbom::digests(&bill.to_string()).unwrap();
    assert_eq!(
        digests,
        (hashes::sha256(&packed), hashes::sha256(b"a program"))
    );
}

/// Every command on a page must be one that the program knows, with options that it knows.
#[test]
fn the_commands_on_the_pages_are_those_of_the_help() {
    let help = String::from_utf8(release(&["--help"]).stdout).unwrap();
    let known = |word: &str| help.contains(&format!("\n  {word} "));
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    let guides = fs::read_dir(root().join("docs/guides")).unwrap();
    pages.extend(guides.map(|entry| entry.unwrap().path()));
    let mut found = 0;
    for page in pages {
        // A command may continue on the next line of the text.
        let text = fs::read_to_string(&page).unwrap().replace('\n', " ");
        for rest in text.split("-p harness-release -- ").skip(1) {
            let rest = rest.split(['`', '#']).next().unwrap();
            let rest = rest
                .split("cargo ")
                .next()
                .unwrap()
                .split("```")
                .next()
                .unwrap();
            let mut words = rest.split_whitespace();
            let command = words.next().unwrap();
            found += 1;
            assert!(
                known(command) || command == "--help",
                "{}: {command}",
                page.display()
            );
            for option in words.filter(|word| word.starts_with("--")) {
                assert!(known(option), "{}: {option}", page.display());
            }
        }
    }
    assert!(found >= 8, "only {found} commands are found");
}

#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let output = release(&["notes"]);
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    match notes::of(&changelog, VERSION) {
        Ok(expected) => {
            succeeded(&output);
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        }
        // The usual case between two releases.
        Err(expected) => {
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said, format!("harness-release: {expected}\n"));
        }
    }
}

#[test]
fn archives_are_laid_out_as_a_mirror_for_files_and_for_the_network() {
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), TARGET);
    let (out, mirror) = (
        directory.path().join("out"),
        directory.path().join("mirror"),
    );
    let arguments = [
        "mirror",
        "--out",
        out.to_str().unwrap(),
        "--mirror",
        mirror.to_str().unwrap(),
    ];
    let output = release(&arguments);
    succeeded(&output);
    let zip = archive::name(Platform::of(TARGET).unwrap());
    for host in ["registry.opentofu.org", "registry.terraform.io"] {
        let below = mirror.join(host).join("harness-rs/harness");
        let expected = [
            format!("{VERSION}.json"),
            "index.json".to_owned(),
            zip.clone(),
        ];
        assert_eq!(names(&below), expected);
        assert_eq!(
            fs::read(below.join(&zip)).unwrap(),
            fs::read(out.join(&zip)).unwrap()
        );
    }
    let written = String::from_utf8(output.stdout).unwrap();
    assert_eq!(written.lines().count(), 6, "{written}");
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
    // The next steps: Terraform must be told about this directory, and `doctor` is where `init` will install it.
    let said = String::from_utf8(output.stdout).unwrap();
    let path = format!("path    = {}", Value::from(mirror.to_str().unwrap()));
    let doctor = format!(
        "\n  .terraform/providers/registry.terraform.io/harness-rs/harness/{VERSION}/darwin_arm64/terraform-provider-harness_v{VERSION} doctor\n"
    );
    for expected in [path.as_str(), "\n  terraform init\n", &doctor] {
        assert!(said.contains(expected), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn an_installation_in_the_default_directory_needs_no_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    fs::write(&program, "a program").unwrap();
    let output = Command::new(PROGRAM)
        .args([
            "install",
            "--target",
            "x86_64-unknown-linux-musl",
            "--binary",
        ])
        .arg(&program)
        .env("HOME", directory.path())
        .output()
        .unwrap();
    succeeded(&output);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("/.terraform.d/plugins/registry.terraform.io/"),
        "{said}"
    );
    assert!(!said.contains("provider_installation"), "{said}");
    assert!(said.contains("\n  terraform init\n"), "{said}");
}

#[test]
fn what_is_not_understood_is_said_and_nothing_is_built() {
    for (arguments, expected) in [
        (&["publish"][..], "unknown command publish"),
        (&["archive", "--verbose"], "--verbose"),
        (&["archive", "--out"], "--out needs a value"),
        (&["verify"], "verify needs --signed-by KEY"),
        (
            &["mirror", "--out", "/no/such", "--mirror", "/no/such"],
            "/no/such does not exist. Set --out to a directory with archives, or build one first: cargo run -p \
             harness-release -- archive --out DIR",
        ),
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

/// A GnuPG home directory for one test. GnuPG runs an agent for it, which ends with it.
#[cfg(unix)]
struct GnuPg(tempfile::TempDir);

#[cfg(unix)]
impl GnuPg {
    const KEY: &str = "release@example.com";

    /// Creates a home directory with a key, or returns `None` if this machine has no GnuPG.
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
fn a_release_is_verified_as_a_whole_and_each_fault_is_named() {
    let Some(gnupg) = GnuPg::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), TARGET);
    let out = directory.path().join("out");
    let run = |command: &str, option: &str, key: &str| {
        let mut arguments = vec![command, "--out", out.to_str().unwrap(), option, key];
        if command == "verify" {
            arguments.extend(["--target", TARGET]);
        }
        gnupg.run(PROGRAM, &arguments).unwrap()
    };
    succeeded(&run("checksums", "--sign", GnuPg::KEY));
    let verified = run("verify", "--signed-by", GnuPg::KEY);
    succeeded(&verified);
    let said = String::from_utf8(verified.stdout).unwrap();
    let platform = Platform::of(TARGET).unwrap();
    let (zip, bill) = (archive::name(platform), sbom::name(platform));
    let (sums, manifest) = (checksums::name(), checksums::manifest_name());
    let signature = checksums::signature_name();
    for name in [&zip, &bill, &sums, &manifest, &signature] {
        assert!(said.contains(&format!("{name}: ")), "{said}");
    }

    // Another key, a missing platform, and each file altered in turn.
    let faulty = |output: &Output, expected: &[String]| {
        assert_eq!(output.status.code(), Some(1), "{expected:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.starts_with("harness-release: do not publish this release:\n"),
            "{said}"
        );
        for part in expected {
            assert!(said.contains(part), "{part}: {said}");
        }
    };
    let other = run("verify", "--signed-by", "stranger@example.com");
    faulty(
        &other,
        &[format!(
            "{signature}: was not signed with the key stranger@example.com"
        )],
    );
    let all = [
        "verify",
        "--signed-by",
        GnuPg::KEY,
        "--out",
        out.to_str().unwrap(),
    ];
    let windows = format!("terraform-provider-harness_{VERSION}_windows_arm64.zip: is missing");
    faulty(&gnupg.run(PROGRAM, &all).unwrap(), &[windows]);
    let sound = |name: &str| fs::read(out.join(name)).unwrap();
    let repacked = archive::bytes(platform, b"another program").unwrap();
    let elsewhere = archive::bytes(
        Platform::of("x86_64-pc-windows-msvc").unwrap(),
        b"a program",
    )
    .unwrap();
    let described = String::from_utf8(sound(&bill)).unwrap();
    let described = described.replace(&hashes::sha256(b"a program"), &hashes::sha256(b"another"));
    let line = |name: &str| {
        format!(
            "{sums}: line {} is not the checksum of {name}",
            if name == zip { 2 } else { 3 }
        )
    };
    for (name, content, expected) in [
        (
            &zip,
            Some(repacked),
            vec![format!("{bill}: does not match the digests"), line(&zip)],
        ),
        (
            &zip,
            Some(b"PK".to_vec()),
            vec![format!("{zip}: is not an archive")],
        ),
        (
            &zip,
            Some(elsewhere),
            vec![format!(
                "{zip}: contains terraform-provider-harness_v{VERSION}.exe instead of only"
            )],
        ),
        (
            &zip,
            None,
            vec![
                format!("{zip}: is missing"),
                format!("{bill}: describes an archive"),
            ],
        ),
        (
            &bill,
            Some(described.into_bytes()),
            vec![format!("{bill}: does not match the digests")],
        ),
        (&bill, None, vec![format!("{bill}: is missing")]),
        (
            &manifest,
            Some(b"{}".to_vec()),
            vec![
                format!("{manifest}: differs from the manifest in the sources"),
                line(&manifest),
            ],
        ),
        (
            &sums,
            Some([sound(&sums), b"0  x\n".to_vec()].concat()),
            vec![
                format!("{sums}: has 4 lines for 3 files"),
                format!("{signature}: gpg does not accept the signature"),
            ],
        ),
        (
            &signature,
            Some(b"none".to_vec()),
            vec![format!("{signature}: gpg does not accept the signature")],
        ),
        (&signature, None, vec![format!("{signature}: is missing")]),
        (
            &"notes.txt".to_owned(),
            Some(b"x".to_vec()),
            vec!["notes.txt: does not belong".to_owned()],
        ),
    ] {
        let path = out.join(name);
        let before = fs::read(&path).ok();
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        faulty(&run("verify", "--signed-by", GnuPg::KEY), &expected);
        match before {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    succeeded(&run("verify", "--signed-by", GnuPg::KEY));
}

#[cfg(unix)]
#[test]
fn the_sums_are_signed_so_that_gnupg_finds_the_signature_good() {
    // Without GnuPG there is nothing to sign with; the next test covers that.
    let Some(gnupg) = GnuPg::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    archived(directory.path(), TARGET);
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

    let refused = sign("unknown@example.com");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("gpg could not sign with the key unknown@example.com"),
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
    archived(directory.path(), TARGET);
    let out = directory.path().join("out");
    let output = Command::new(PROGRAM)
        .args(["checksums", "--out", out.to_str().unwrap(), "--sign", "me"])
        .env("PATH", directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot run gpg: install it"), "{said}");
    assert!(out.join(checksums::name()).is_file());
}
