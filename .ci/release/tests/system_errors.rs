//! Files and programs that cannot be used, as the program reports them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::process::{Command, Output};

fn release(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_harness-release"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn an_error_of_the_operating_system_is_reported_with_the_file_and_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    let empty = directory.path().to_str().unwrap();
    let build = "build one first: cargo run -p harness-release -- archive --out DIR";
    for (arguments, found, to_do) in [
        (
            &["mirror", "--out", file][..],
            format!("{file} is not a directory."),
            build,
        ),
        (
            &["mirror", "--out", empty],
            format!("{empty} contains no archive"),
            build,
        ),
        (
            &["checksums", "--out", "/no/such"],
            "/no/such does not exist.".to_owned(),
            build,
        ),
        (
            &["checksums", "--out", file],
            format!("{file} is not a directory."),
            build,
        ),
        (
            &["checksums", "--out", empty],
            format!("{empty} contains no archive"),
            build,
        ),
        (
            &["verify", "--signed-by", "k", "--out", "/no/such"],
            "/no/such does not exist.".to_owned(),
            build,
        ),
        (
            &["archive", "--binary", file, "--out", file],
            format!("{file} cannot be a directory: "),
            "Use another directory",
        ),
        (
            &["install", "--binary", file, "--mirror", file],
            format!("{file}/registry.terraform.io/harness-rs/harness cannot be a directory: "),
            "Use another directory",
        ),
        (
            &["install", "--binary", empty, "--mirror", empty],
            format!("{empty} is a directory, not a file"),
            "",
        ),
    ] {
        let output = release(arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&found), "{said}");
        assert!(said.contains(to_do), "{said}");
        assert!(!said.contains("os error"), "{said}");
    }
}

#[test]
fn a_missing_program_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_harness-release"))
        .args(["install", "--mirror"])
        .arg(directory.path())
        .env("PATH", "")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "harness-release: cannot run rustc: install it, or add it to the PATH\n"
    );
}
