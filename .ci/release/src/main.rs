//! The release as a program: builds, archives, sums up, installs.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use harness_release::platform::Platform;
use harness_release::{MANIFEST, archive, build, checksums, mirror};

const HELP: &str = "\
harness-release: builds what a Terraform registry publishes of the provider, or installs it on this machine

Usage: cargo run -p harness-release -- COMMAND [OPTIONS]

Commands:
  archive     Build the provider; write its archive, the manifest and the checksums
  checksums   Write the checksums of all archives in a directory anew, and sign them
  install     Build the provider; put its archive where `terraform init` finds it

Options:
  --target TRIPLE  Build for this target of Rust [default: this machine's]
  --binary FILE    Take this program instead of building one
  --out DIR        Where archives are written, or summed up [default: target/release-files]
  --sign KEY       Sign the checksums with the GnuPG key of this id
  --mirror DIR     Where to install [default: ~/.terraform.d/plugins, where Terraform looks by itself]
  -h, --help       Print this text

Two builds of the same sources give the same bytes.
";

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    command: String,
    target: Option<String>,
    binary: Option<PathBuf>,
    out: Option<PathBuf>,
    sign: Option<String>,
    mirror: Option<PathBuf>,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match parse(env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(said) if io::stdout().write_all(said.as_bytes()).is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody can be told if standard error is closed.
            let _ = writeln!(io::stderr(), "harness-release: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Outcome<Arguments> {
    let mut parsed = Arguments::default();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let missing = || format!("{argument} needs a value; --help shows the options");
            arguments.next().ok_or_else(missing)
        };
        match argument.as_str() {
            "-h" | "--help" => "help".clone_into(&mut parsed.command),
            "--target" => parsed.target = Some(value()?),
            "--binary" => parsed.binary = Some(value()?.into()),
            "--out" => parsed.out = Some(value()?.into()),
            "--sign" => parsed.sign = Some(value()?),
            "--mirror" => parsed.mirror = Some(value()?.into()),
            command if parsed.command.is_empty() && !command.starts_with('-') => {
                command.clone_into(&mut parsed.command);
            }
            unknown => return Err(format!("{unknown}: --help shows what there is").into()),
        }
    }
    Ok(parsed)
}

/// Does what is asked for, and returns what there is to say.
fn run(arguments: &Arguments) -> Outcome<String> {
    // The package is in .ci/release.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| root.join("target").join("release-files"));
    match arguments.command.as_str() {
        "archive" => {
            let (platform, archive) = archived(&root, arguments)?;
            fs::create_dir_all(&out)?;
            let path = out.join(archive::name(platform));
            fs::write(&path, archive)?;
            Ok(format!(
                "{}\n{}",
                path.display(),
                summed_up(&out, arguments.sign.as_deref())?
            ))
        }
        "checksums" => summed_up(&out, arguments.sign.as_deref()),
        "install" => {
            let mirror = arguments.mirror.clone().or_else(mirror::implied);
            let mirror = mirror.ok_or("where is your home? Give the directory with --mirror")?;
            let (platform, archive) = archived(&root, arguments)?;
            let installed = mirror::install(&mirror, platform, &archive)?;
            Ok(listed(&installed))
        }
        "help" | "" => Ok(HELP.to_owned()),
        unknown => Err(format!("no command {unknown}: --help shows the commands").into()),
    }
}

/// The archive of the platform that is asked for, of a program that is there or is built now.
fn archived(root: &Path, arguments: &Arguments) -> Outcome<(Platform, Vec<u8>)> {
    let target = match &arguments.target {
        Some(target) => target.clone(),
        None => host()?,
    };
    let unknown = || format!("Terraform has no name here for the target {target}");
    let platform = Platform::of(&target).ok_or_else(unknown)?;
    let program = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => build::program(root, platform)?,
    };
    let unreadable = |error| format!("{}: {error}", program.display());
    let program = fs::read(&program).map_err(unreadable)?;
    Ok((platform, archive::bytes(platform, &program)?))
}

/// The target of the compiler that is used.
fn host() -> Outcome<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let version = String::from_utf8(output.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .ok_or("rustc does not say its host; give --target")?
        .to_owned())
}

fn summed_up(out: &Path, key: Option<&str>) -> Outcome<String> {
    let manifest = out.join(checksums::manifest_name());
    fs::write(&manifest, MANIFEST)?;
    let sums = checksums::write(out)?;
    let mut written = vec![manifest, sums.clone()];
    if let Some(key) = key {
        written.push(checksums::sign(&sums, key)?);
    }
    Ok(listed(&written))
}

fn listed(paths: &[PathBuf]) -> String {
    let lines: Vec<String> = paths
        .iter()
        .map(|path| format!("{}\n", path.display()))
        .collect();
    lines.concat()
}
