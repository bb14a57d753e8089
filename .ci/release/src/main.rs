//! The release program: builds, archives, writes checksums, verifies, mirrors, and installs.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::{self, Path, PathBuf};
use std::process::{Command, ExitCode};

use harness_release::platform::{self, Platform};
use harness_release::{
    MANIFEST, VERSION, archive, build, checksums, files, mirror, notes, sbom, verify,
};

const HELP: &str = "\
harness-release: builds the provider's release files for a Terraform registry,
or installs the provider on this machine

Usage: cargo run -p harness-release -- COMMAND [OPTIONS]

Commands:
  archive    Build the provider; write its archive, bill of materials (SPDX),
             manifest, and checksums
  checksums  Rewrite the checksums of all archives in a directory, and sign them
  verify     Verify a release before publishing it: archives, bills of
             materials, manifest, checksums, signature
  notes      Print the release notes: this version's section in CHANGELOG.md
  mirror     Lay out the archives in a directory as a filesystem mirror and a
             network mirror
  install    Build the provider, and put its archive where `terraform init`
             finds it

Options:
  --target TRIPLE  Build for this Rust target [default: this machine's]; verify
                   only this platform [default: all platforms of a release]
  --auditable      Build with cargo-auditable, which embeds the list of crates
                   in the program, as releases do
  --binary FILE    Use this program, built from this checkout, instead of
                   building one
  --out DIR        Directory of the archives, for every command that writes or
                   reads them [default: target/release-files]
  --sign KEY       Sign the checksums with the GnuPG key of this id
  --signed-by KEY  The GnuPG key that must have signed
  --mirror DIR     Where to install [default: ~/.terraform.d/plugins, where
                   Terraform looks by itself], or where to lay out a mirror
                   [default: target/release-mirror]
  -h, --help       Print this text

Two builds of the same sources produce identical bytes if SOURCE_DATE_EPOCH, or
the time of the commit, is the same.
";

/// The parsed command line.
#[derive(Default)]
struct Arguments {
    command: String,
    target: Option<String>,
    auditable: bool,
    binary: Option<PathBuf>,
    out: Option<PathBuf>,
    sign: Option<String>,
    signed_by: Option<String>,
    mirror: Option<PathBuf>,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match parse(env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(said) if io::stdout().write_all(said.as_bytes()).is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // If standard error is closed, the error cannot be reported.
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
            "--auditable" => parsed.auditable = true,
            "--binary" => parsed.binary = Some(value()?.into()),
            "--out" => parsed.out = Some(value()?.into()),
            "--sign" => parsed.sign = Some(value()?),
            "--signed-by" => parsed.signed_by = Some(value()?),
            "--mirror" => parsed.mirror = Some(value()?.into()),
            command if parsed.command.is_empty() && !command.starts_with('-') => {
                command.clone_into(&mut parsed.command);
            }
            unknown => {
                return Err(format!("unknown argument {unknown}; --help shows the options").into());
            }
        }
    }
    Ok(parsed)
}

/// Runs the command, and returns what to print.
fn run(arguments: &Arguments) -> Outcome<String> {
    let root = repository()?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| root.join("target").join("release-files"));
    match arguments.command.as_str() {
        "archive" => {
            let (platform, program) = built(&root, arguments)?;
            let archive = archive::bytes(platform, &program)?;
            let bill = sbom::document(
                platform,
                &archive,
                &program,
                &sbom::linked(&root, platform)?,
                &sbom::Compiler::current(&root)?,
                sbom::created(&root)?,
            );
            files::create_directory(&out)?;
            let paths = [
                out.join(archive::name(platform)),
                out.join(sbom::name(platform)),
            ];
            let [archive_path, bill_path] = &paths;
            files::write(archive_path, archive)?;
            files::write(bill_path, bill)?;
            Ok(listed(&paths) + &summed_up(&out, arguments.sign.as_deref())?)
        }
        "checksums" => summed_up(&out, arguments.sign.as_deref()),
        "verify" => {
            let key = arguments.signed_by.as_deref();
            let key = key.ok_or("verify needs --signed-by KEY, the key that must have signed")?;
            let platforms = match &arguments.target {
                Some(target) => vec![platform(target)?],
                None => platform::RELEASED.to_vec(),
            };
            let verified = verify::release(&out, &platforms, key);
            let verified = verified
                .map_err(|faults| format!("do not publish this release:\n{}", faults.join("\n")))?;
            Ok(verified.join("\n") + "\n")
        }
        "notes" => {
            let changelog = files::read_text(&root.join("CHANGELOG.md"))?;
            Ok(notes::of(&changelog, VERSION)?)
        }
        "mirror" => {
            let mirror = arguments.mirror.clone();
            let mirror = mirror.unwrap_or_else(|| root.join("target").join("release-mirror"));
            Ok(listed(&mirror::fill(&mirror, &out)?))
        }
        "install" => {
            let mirror = arguments.mirror.clone().or_else(mirror::implied);
            let mirror =
                mirror.ok_or("cannot find your home directory; set --mirror to the directory")?;
            let (platform, program) = built(&root, arguments)?;
            let archive = archive::bytes(platform, &program)?;
            // The CLI configuration needs an absolute path.
            let mirror = path::absolute(mirror)?;
            let installed = mirror::install(&mirror, platform, &archive)?;
            Ok(listed(&installed) + &mirror::next_steps(&mirror, platform))
        }
        "help" | "" => Ok(HELP.to_owned()),
        unknown => Err(format!("unknown command {unknown}; --help shows the commands").into()),
    }
}

/// Returns the root of the repository, which contains this package in `.ci/release`.
fn repository() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if cfg!(windows) {
        // The canonical form on Windows, `\\?\C:\…`, cannot be used as a working directory of programs.
        path::absolute(root)
    } else {
        root.canonicalize()
    }
}

/// Returns the requested platform and its program, built now if it does not exist.
fn built(root: &Path, arguments: &Arguments) -> Outcome<(Platform, Vec<u8>)> {
    let platform = match &arguments.target {
        Some(target) => platform(target)?,
        None => platform(&host()?)?,
    };
    let program = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => build::program(root, platform, arguments.auditable)?,
    };
    Ok((platform, files::read(&program)?))
}

/// Returns the platform of a target.
fn platform(target: &str) -> Outcome<Platform> {
    let unknown = || format!("Terraform's platform name for the target {target} is not known");
    Ok(Platform::of(target).ok_or_else(unknown)?)
}

/// Returns the compiler's own target.
fn host() -> Outcome<String> {
    let output = files::output(Command::new("rustc").arg("-vV"))?;
    let version = String::from_utf8(output.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .ok_or("rustc does not report its host; set --target")?
        .to_owned())
}

fn summed_up(out: &Path, key: Option<&str>) -> Outcome<String> {
    // A directory without archives gets no manifest.
    files::archives(out)?;
    let manifest = out.join(checksums::manifest_name());
    files::write(&manifest, MANIFEST)?;
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
