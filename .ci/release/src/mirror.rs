//! Mirrors: a directory in which Terraform finds providers by their address, or the same directory on a web server.
//!
//! A filesystem mirror consists of the archives. With `index.json` and one `VERSION.json` per version next to them, any
//! static HTTPS server turns the directory into a network mirror. Source: Terraform's "Provider Network Mirror
//! Protocol"; OpenTofu's is identical.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, io};

use serde_json::{Value, json};

use super::platform::Platform;
use super::{PROGRAM, SOURCE, VERSION, archive, files, hashes};

/// The registry hosts of Terraform and OpenTofu, which are the default hosts of source addresses.
pub const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Returns the directory that Terraform and OpenTofu search by default: `terraform.d/plugins` in the user's data.
pub fn implied() -> Option<PathBuf> {
    let (home, directory) = if cfg!(windows) {
        ("APPDATA", "terraform.d")
    } else {
        ("HOME", ".terraform.d")
    };
    let home = env::var_os(home).filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(directory).join("plugins"))
}

/// Puts a platform's archive under each host, and returns the paths.
///
/// # Errors
/// Returns an error if a file cannot be written.
pub fn install(mirror: &Path, platform: Platform, archive: &[u8]) -> io::Result<Vec<PathBuf>> {
    let installed = HOSTS.iter().map(|host| {
        let directory = mirror.join(host).join(SOURCE);
        files::create_directory(&directory)?;
        let path = directory.join(archive::name(platform));
        files::write(&path, archive)?;
        Ok(path)
    });
    installed.collect()
}

/// Copies every archive in `archives`, of any version, into a mirror, and writes the indexes of all archives in the
/// mirror. Returns what was written.
///
/// # Errors
/// Returns an error if there is no archive, one of them cannot be read, or a file cannot be written.
pub fn fill(mirror: &Path, archives: &Path) -> io::Result<Vec<PathBuf>> {
    let found = archives_in(archives)?;
    if found.is_empty() {
        let archive = format!("{PROGRAM}_VERSION_PLATFORM.zip");
        return Err(files::no_archive(archives, &archive));
    }
    let mut written = Vec::new();
    for host in HOSTS {
        let directory = mirror.join(host).join(SOURCE);
        files::create_directory(&directory)?;
        for archive in &found {
            let copy = directory.join(&archive.file);
            files::copy(&archives.join(&archive.file), &copy)?;
            written.push(copy);
        }
        written.extend(index(&directory)?);
    }
    Ok(written)
}

/// An archive, from the parts of its name.
struct Archive {
    file: String,
    version: String,
    platform: String,
}

impl Archive {
    /// Parses `terraform-provider-harness_0.1.0_linux_amd64.zip`.
    fn named(file: &str) -> Option<Self> {
        let name = file.strip_prefix(PROGRAM)?.strip_prefix('_')?;
        let (version, platform) = name.strip_suffix(".zip")?.split_once('_')?;
        let (system, architecture) = platform.split_once('_')?;
        let are_words = [version, system, architecture]
            .iter()
            .all(|word| !word.is_empty() && !word.contains('_'));
        are_words.then(|| Self {
            file: file.to_owned(),
            version: version.to_owned(),
            platform: platform.to_owned(),
        })
    }
}

/// Returns the archives directly in a directory, sorted by name.
fn archives_in(directory: &Path) -> io::Result<Vec<Archive>> {
    let mut found = Vec::new();
    for path in files::archives(directory)? {
        let name = path.file_name().and_then(|name| name.to_str());
        found.extend(name.and_then(Archive::named));
    }
    found.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(found)
}

/// Writes the indexes of the archives in a directory, and returns their paths. The list of versions is written last, so
/// that a client that reads at the same time finds every listed version.
fn index(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut versions: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for archive in archives_in(directory)? {
        let content = files::read(&directory.join(&archive.file))?;
        let broken = |error| io::Error::other(format!("{}: {error}", archive.file));
        let entry = json!({
            "url": archive.file,
            "hashes": [hashes::h1(&content).map_err(broken)?, hashes::zh(&content)],
        });
        let platforms = versions.entry(archive.version).or_default();
        platforms.insert(archive.platform, entry);
    }
    let mut written = Vec::new();
    let mut write = |name: &str, content: &Value| -> io::Result<()> {
        let path = directory.join(name);
        files::write(&path, format!("{content:#}\n"))?;
        written.push(path);
        Ok(())
    };
    for (version, platforms) in &versions {
        write(&format!("{version}.json"), &json!({"archives": platforms}))?;
    }
    let versions: BTreeMap<&String, Value> = versions.keys().map(|it| (it, json!({}))).collect();
    write("index.json", &json!({ "versions": versions }))?;
    Ok(written)
}

/// Returns what to do after an installation: where the CLI configuration must name the mirror, and the next commands.
pub fn next_steps(mirror: &Path, platform: Platform) -> String {
    let configure = if implied().as_deref() == Some(mirror) {
        String::new()
    } else {
        format!(
            "\nTerraform does not look there by itself. Add to the CLI configuration\n(~/.terraformrc, or \
             ~/.tofurc):\n\n{}",
            cli_configuration(mirror)
        )
    };
    let [host, other_host] = HOSTS;
    let program = format!(
        "{SOURCE}/{VERSION}/{}/{}",
        platform.name,
        archive::program_name(platform)
    );
    format!(
        "{configure}\nNext, in the directory of a configuration with the source \"{SOURCE}\":\n\n  \
         terraform init\n\nThen check endpoint, key, and permissions:\n\n  \
         .terraform/providers/{host}/{program} doctor\n\n\
         With OpenTofu, run `tofu init`; the path then contains {other_host}.\n"
    )
}

/// Returns the block of a CLI configuration that sets a filesystem mirror for this provider only.
fn cli_configuration(mirror: &Path) -> String {
    // JSON and HCL escape paths alike.
    let path = Value::from(mirror.display().to_string());
    let owner = SOURCE.split('/').next().unwrap_or(SOURCE);
    format!(
        "  provider_installation {{\n    filesystem_mirror {{\n      path    = {path}\n      include = \
         [\"{owner}/*\"]\n    }}\n    direct {{\n      exclude = [\"{owner}/*\"]\n    }}\n  }}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_archive_is_known_by_its_name() {
        let known = Archive::named("terraform-provider-harness_0.2.0-rc.1_linux_amd64.zip");
        let known = known.unwrap();
        let parts = (known.version.as_str(), known.platform.as_str());
        assert_eq!(parts, ("0.2.0-rc.1", "linux_amd64"));
        for other in [
            "terraform-provider-harness_0.2.0_linux_amd64.spdx.json",
            "terraform-provider-harness_0.2.0_linux.zip",
            "terraform-provider-harness_0.2.0_linux_amd64_v1.zip",
            "terraform-provider-harness__linux_amd64.zip",
            "terraform-provider-harnesses_0.2.0_linux_amd64.zip",
            "terraform-provider-aws_0.2.0_linux_amd64.zip",
        ] {
            assert!(Archive::named(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_mirror_keeps_the_versions_that_it_had() {
        let directory = tempfile::tempdir().unwrap();
        let (mirror, archives) = (directory.path().join("m"), directory.path().join("a"));
        fs::create_dir(&archives).unwrap();
        let packed = |target| archive::bytes(Platform::of(target).unwrap(), b"program").unwrap();
        let (linux, mac) = (
            packed("x86_64-unknown-linux-gnu"),
            packed("x86_64-apple-darwin"),
        );
        fs::write(
            archives.join(format!("{PROGRAM}_0.0.9_linux_amd64.zip")),
            &linux,
        )
        .unwrap();
        fill(&mirror, &archives).unwrap();
        fs::remove_dir_all(&archives).unwrap();
        fs::create_dir(&archives).unwrap();
        fs::write(
            archives.join(format!("{PROGRAM}_0.1.0_linux_amd64.zip")),
            &linux,
        )
        .unwrap();
        fs::write(
            archives.join(format!("{PROGRAM}_0.1.0_darwin_amd64.zip")),
            &mac,
        )
        .unwrap();
        fill(&mirror, &archives).unwrap();
        for host in HOSTS {
            let read = |name: &str| -> Value {
                let path = mirror.join(host).join(SOURCE).join(name);
                serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
            };
            assert_eq!(
                read("index.json"),
                json!({"versions": {"0.0.9": {}, "0.1.0": {}}})
            );
            let newer = read("0.1.0.json");
            let platforms: Vec<_> = newer["archives"].as_object().unwrap().keys().collect();
            assert_eq!(platforms, ["darwin_amd64", "linux_amd64"]);
            assert_eq!(
                newer["archives"]["darwin_amd64"],
                json!({
                    "url": format!("{PROGRAM}_0.1.0_darwin_amd64.zip"),
                    "hashes": [hashes::h1(&mac).unwrap(), hashes::zh(&mac)],
                })
            );
        }
    }

    #[test]
    fn a_mirror_cannot_be_filled_from_a_directory_without_archives() {
        let directory = tempfile::tempdir().unwrap();
        let error = fill(&directory.path().join("m"), directory.path()).unwrap_err();
        assert!(error.to_string().contains("contains no archive"), "{error}");
        let broken = directory
            .path()
            .join(format!("{PROGRAM}_0.1.0_linux_amd64.zip"));
        fs::write(broken, "no archive").unwrap();
        let error = fill(&directory.path().join("m"), directory.path()).unwrap_err();
        assert!(error.to_string().contains("_linux_amd64.zip: "), "{error}");
    }
}
