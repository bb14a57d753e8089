//! The release as a program: builds, archives, sums up, verifies, mirrors, installs.

use std::error::Error;
use std::io::{self, Write};
use std::path::{self, Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use harness_release::platform::{self, Platform};
use harness_release::{MANIFEST, VERSION, archive, build, checksums, mirror, notes, sbom, verify};

const HELP: &str = "\
harness-release: builds what a Terraform registry publishes of the provider, or installs it on this machine

Usage: cargo run -p harness-release -- COMMAND [OPTIONS]

Commands:
  archive     Build the provider; write its archive, its bill of materials (SPDX), the manifest and the checksums
  checksums   Write the checksums of all archives in a directory anew, and sign them
  verify      Verify a release before it is published: archives, bills of materials, manifest, checksums, signature
  notes       Print the notes of the release: the section of this version in CHANGELOG.md
  mirror      Lay out the archives of a directory as a mirror: filesystem mirror and network mirror
  install     Build the provider; put its archive where `terraform init` finds it

Options:
  --target TRIPLE  Build for this target of Rust [default: this machine's]; verify this platform alone
                   [default: all platforms of a release]
  --auditable      Build with cargo-auditable, which puts the list of crates into the program, as releases do
  --binary FILE    Take this program, built from this checkout, instead of building one
  --out DIR        Where archives are written, summed up, verified, or taken from [default: target/release-files]
  --sign KEY       Sign the checksums with the GnuPG key of this id
  --signed-by KEY  The GnuPG key that must have signed
  --mirror DIR     Where to install [default: ~/.terraform.d/plugins, where Terraform looks by itself], or where to
                   lay out a mirror [default: target/release-mirror]
  -h, --help       Print this text

Two builds of the same sources give the same bytes, SOURCE_DATE_EPOCH or the time of the commit included.
";

/// What the command line asks for.
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
            "--auditable" => parsed.auditable = true,
            "--binary" => parsed.binary = Some(value()?.into()),
            "--out" => parsed.out = Some(value()?.into()),
            "--sign" => parsed.sign = Some(value()?),
            "--signed-by" => parsed.signed_by = Some(value()?),
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
            fs::create_dir_all(&out)?;
            let paths = [
                out.join(archive::name(platform)),
                out.join(sbom::name(platform)),
            ];
            let [archive_path, bill_path] = &paths;
            fs::write(archive_path, archive)?;
            fs::write(bill_path, bill)?;
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
                .map_err(|faults| format!("not to be published:\n{}", faults.join("\n")))?;
            Ok(verified.join("\n") + "\n")
        }
        "notes" => {
            let changelog = fs::read_to_string(root.join("CHANGELOG.md"))?;
            Ok(notes::of(&changelog, VERSION)?)
        }
        "mirror" => {
            let mirror = arguments.mirror.clone();
            let mirror = mirror.unwrap_or_else(|| root.join("target").join("release-mirror"));
            Ok(listed(&mirror::fill(&mirror, &out)?))
        }
        "install" => {
            let mirror = arguments.mirror.clone().or_else(mirror::implied);
            let mirror = mirror.ok_or("where is your home? Give the directory with --mirror")?;
            let (platform, program) = built(&root, arguments)?;
            let archive = archive::bytes(platform, &program)?;
            // As a CLI configuration has to name it.
            let mirror = path::absolute(mirror)?;
            let installed = mirror::install(&mirror, platform, &archive)?;
            Ok(listed(&installed) + &mirror::next_steps(&mirror, platform))
        }
        "help" | "" => Ok(HELP.to_owned()),
        unknown => Err(format!("no command {unknown}: --help shows the commands").into()),
    }
}

/// The root of the repository; this package is in `.ci/release` of it.
fn repository() -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if cfg!(windows) {
        // The canonical form there, `\\?\C:\…`, is not a directory to start programs in.
        path::absolute(root)
    } else {
        root.canonicalize()
    }
}

/// The platform that is asked for, and its program, which is there or is built now.
fn built(root: &Path, arguments: &Arguments) -> Outcome<(Platform, Vec<u8>)> {
    let platform = match &arguments.target {
        Some(target) => platform(target)?,
        None => platform(&host()?)?,
    };
    let program = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => build::program(root, platform, arguments.auditable)?,
    };
    let unreadable = |error| format!("{}: {error}", program.display());
    Ok((platform, fs::read(&program).map_err(unreadable)?))
}

/// The platform of a target.
fn platform(target: &str) -> Outcome<Platform> {
    let unknown = || format!("Terraform has no name here for the target {target}");
    Ok(Platform::of(target).ok_or_else(unknown)?)
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
