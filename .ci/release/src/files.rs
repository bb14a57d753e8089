//! Files and programs, with errors that name them. The operating system's own errors say neither which file is concerned
//! nor what to do.

use std::fs::{self, ReadDir};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

/// Reads a file.
///
/// # Errors
/// Returns an error that names the file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| unusable(path, "read", &error))
}

/// Reads a text file.
///
/// # Errors
/// Returns an error that names the file.
pub fn read_text(path: &Path) -> io::Result<String> {
    fs::read_to_string(path).map_err(|error| unusable(path, "read", &error))
}

/// Writes a file.
///
/// # Errors
/// Returns an error that names the file.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    fs::write(path, content).map_err(|error| unusable(path, "written", &error))
}

/// Copies a file.
///
/// # Errors
/// Returns an error that names both files.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop).map_err(|error| {
        let (from, to) = (from.display(), to.display());
        io::Error::other(format!("{from} cannot be copied to {to}: {error}"))
    })
}

/// Creates a directory with its parents, unless it exists.
///
/// # Errors
/// Returns an error that names the directory.
pub fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => io::Error::other(format!(
            "{} cannot be a directory: it, or a part of its path, is a file. Use another directory",
            path.display()
        )),
        _ => unusable(path, "created", &error),
    })
}

/// Lists the directory of the archives, which the option `--out` sets.
///
/// # Errors
/// Returns an error that names the directory, and says how archives get there.
pub fn archives(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = |entries: ReadDir| entries.map(|entry| Ok(entry?.path())).collect();
    let listed: io::Result<Vec<PathBuf>> = fs::read_dir(directory).and_then(paths);
    listed.map_err(|error| {
        let is = match error.kind() {
            ErrorKind::NotFound => "does not exist".to_owned(),
            ErrorKind::NotADirectory => "is not a directory".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        io::Error::other(format!("{} {is}. {WITH_ARCHIVES}", directory.display()))
    })
}

/// The error for a directory without the archives that it needs.
pub fn no_archive(directory: &Path, archive: &str) -> io::Error {
    let directory = directory.display();
    io::Error::other(format!(
        "{directory} contains no archive {archive}. {WITH_ARCHIVES}"
    ))
}

/// What to do about a directory without archives.
const WITH_ARCHIVES: &str = "Set --out to a directory with archives, or build one first: cargo run -p harness-release \
                             -- archive --out DIR";

/// Runs a program, and returns what it printed.
///
/// # Errors
/// Returns an error that names the program.
pub fn output(command: &mut Command) -> io::Result<Output> {
    let output = command.output();
    output.map_err(|error| not_run(command, &error))
}

/// Runs a program, whose output goes to the terminal.
///
/// # Errors
/// Returns an error that names the program.
pub fn status(command: &mut Command) -> io::Result<ExitStatus> {
    let status = command.status();
    status.map_err(|error| not_run(command, &error))
}

fn not_run(command: &Command, error: &io::Error) -> io::Error {
    let program = command.get_program().display();
    io::Error::other(match error.kind() {
        ErrorKind::NotFound => format!("cannot run {program}: install it, or add it to the PATH"),
        _ => format!("cannot run {program}: {error}"),
    })
}

fn unusable(path: &Path, action: &str, error: &io::Error) -> io::Error {
    let path = path.display();
    io::Error::other(match error.kind() {
        ErrorKind::NotFound if action == "read" => format!("{path} does not exist"),
        ErrorKind::IsADirectory => format!("{path} is a directory, not a file"),
        _ => format!("{path} cannot be {action}: {error}"),
    })
}
