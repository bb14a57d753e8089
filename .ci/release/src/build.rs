//! Builds the program so that two builds from the same sources produce the same bytes, in any directory.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

use super::platform::Platform;
use super::{PROGRAM, files};

/// Names that replace this machine's directories, which compilers write into a program.
const SOURCES: &str = "/provider";
const CARGO_HOME: &str = "/cargo";
const TOOLCHAIN: &str = "/rust";

/// Builds the program for a platform, in `target/release-build` of the repository at `root`.
///
/// With `is_auditable`, cargo-auditable embeds the list of crates, so that scanners can find them without a separate
/// bill of materials. It adds some kilobytes to nine megabytes, less than a thousandth.
///
/// # Errors
/// Returns an error if `cargo` cannot be run, or the build fails.
pub fn program(root: &Path, platform: Platform, is_auditable: bool) -> io::Result<PathBuf> {
    let target_directory = root.join("target").join("release-build");
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .current_dir(root)
        .args(is_auditable.then_some("auditable"))
        .args([
            "build",
            "--release",
            "--locked",
            // Built alone, so that no other package of the workspace adds features to the linked crates.
            "--package",
            PROGRAM,
            "--bin",
            PROGRAM,
            "--target",
        ])
        .arg(platform.target)
        .arg("--target-dir")
        .arg(&target_directory)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(root).join("\u{1f}"))
        .env("CFLAGS", c_flags(root).join(" "));
    let status = files::status(&mut build)?;
    if !status.success() {
        return Err(io::Error::other(format!(
            "the build for {} failed ({status})",
            platform.target
        )));
    }
    let file = format!("{PROGRAM}{}", platform.exe_suffix());
    Ok(target_directory
        .join(platform.target)
        .join("release")
        .join(file))
}

/// Returns the replacement of each directory. Longer paths come last, because the last match is used.
fn mapped(root: &Path) -> Vec<(PathBuf, &'static str)> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|path| PathBuf::from(path.trim()));
    let mut mapped = vec![(root.to_owned(), SOURCES)];
    mapped.extend(sysroot.map(|path| (path, TOOLCHAIN)));
    mapped.extend(cargo_home.map(|path| (path, CARGO_HOME)));
    mapped
}

fn rust_flags(root: &Path) -> Vec<String> {
    let flag =
        |(path, name): (PathBuf, &str)| format!("--remap-path-prefix={}={name}", path.display());
    mapped(root).into_iter().map(flag).collect()
}

/// Returns flags for the cryptography, part of which is C. Microsoft's compiler has no such flag, and writes no paths
/// unless debugging is on.
fn c_flags(root: &Path) -> Vec<String> {
    if cfg!(windows) {
        return Vec::new();
    }
    let flag =
        |(path, name): (PathBuf, &str)| format!("-ffile-prefix-map={}={name}", path.display());
    mapped(root).into_iter().map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_sources_is_in_no_program() {
        let root = Path::new("/somewhere/provider");
        let flag = "=/somewhere/provider=/provider";
        assert!(rust_flags(root).contains(&format!("--remap-path-prefix{flag}")));
        if !cfg!(windows) {
            assert!(c_flags(root).contains(&format!("-ffile-prefix-map{flag}")));
        }
    }
}
