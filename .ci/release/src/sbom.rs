//! The software bill of materials of an archive: an SPDX 2.3 document in JSON, one for each platform.
//!
//! It lists what the platform's program links: the crates, as Cargo resolves them for the target, with their licenses
//! and the checksums from Cargo.lock, and Rust's standard library. It uses `cargo tree`, because `cargo metadata`
//! unites the features of the whole workspace, including tests, and then lists crates that are not in the program.
//! cargo-sbom writes such documents too, but with a random namespace, the time of day, and the crates of all targets.
//!
//! The same sources give the same bytes: the time is that of the commit, and the namespace contains the archive's
//! digest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, io};

use cargo_lock::Lockfile;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::platform::Platform;
use super::{PROGRAM, REPOSITORY, VERSION, archive, files, hashes, prefix};

/// SPDX's word for an unknown value.
const UNKNOWN: &str = "NOASSERTION";
/// The elements of the document that tests and [`verify`](super::verify) look for.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const ARCHIVE: &str = "SPDXRef-archive";
const BINARY: &str = "SPDXRef-program";
const STANDARD_LIBRARY: &str = "SPDXRef-rust-std";

/// Returns `terraform-provider-harness_0.1.0_linux_amd64.spdx.json`.
pub fn name(platform: Platform) -> String {
    format!("{}_{}.spdx.json", prefix(), platform.name)
}

/// A linked crate.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Crate {
    name: String,
    version: String,
    license: String,
    /// The digest on crates.io, or `None` for a package of this repository.
    checksum: Option<String>,
}

impl Crate {
    /// Returns its identifier within a document, which may only contain letters, digits, dots, and hyphens.
    fn id(&self) -> String {
        let text = format!("SPDXRef-crate-{}-{}", self.name, self.version);
        text.replace(['_', '+'], "-")
    }

    fn package(&self) -> Value {
        let (name, version) = (&self.name, &self.version);
        let location = if self.checksum.is_some() {
            format!("https://static.crates.io/crates/{name}/{name}-{version}.crate")
        } else {
            format!("git+{REPOSITORY}@v{VERSION}")
        };
        let license = if self.license.is_empty() {
            UNKNOWN.to_owned()
        } else {
            // Some crates still use the separator that Cargo allowed before SPDX expressions.
            self.license.replace('/', " OR ")
        };
        let package = json!({
            "SPDXID": self.id(),
            "name": name,
            "versionInfo": version,
            "downloadLocation": location,
            "filesAnalyzed": false,
            "licenseConcluded": UNKNOWN,
            "licenseDeclared": license,
            "copyrightText": UNKNOWN,
            "primaryPackagePurpose": "LIBRARY",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": format!("pkg:cargo/{name}@{version}"),
            }],
        });
        match &self.checksum {
            Some(checksum) => with(package, "checksums", sha256(checksum)),
            None => package,
        }
    }
}

/// The crates that a program links, and their dependencies.
#[derive(Debug, Default)]
pub struct Linked {
    crates: BTreeSet<Crate>,
    /// Pairs of ids: the first depends on the second.
    dependencies: BTreeSet<(String, String)>,
}

/// Returns what a platform's program links, built from the repository at `root`.
///
/// # Errors
/// Returns an error if `cargo` or Cargo.lock cannot be read.
pub fn linked(root: &Path, platform: Platform) -> io::Result<Linked> {
    let lock = files::read_text(&root.join("Cargo.lock"))?;
    let lock: Lockfile = lock.parse().map_err(io::Error::other)?;
    let mut tree = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tree.current_dir(root)
        .args(["tree", "--locked", "--package", PROGRAM, "--target"])
        .arg(platform.target)
        // Crates that build or expand code are not in the program.
        .args(["--edges", "normal,no-proc-macro", "--prefix", "depth"])
        .args(["--format", "{p}\t{l}"]);
    let output = files::output(&mut tree)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("cargo tree: {}", said.trim())));
    }
    let tree = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    parsed(&tree, &lock)
}

/// Parses lines such as `2http v1.5.0<TAB>MIT OR Apache-2.0`, which begin with the depth. If a crate occurs again, the
/// line ends with ` (*)`, and its dependencies are left out.
fn parsed(tree: &str, lock: &Lockfile) -> io::Result<Linked> {
    let checksums: BTreeMap<(&str, String), String> = lock
        .packages
        .iter()
        .filter_map(|package| {
            let checksum = package.checksum.as_ref()?.to_string();
            Some((
                (package.name.as_str(), package.version.to_string()),
                checksum,
            ))
        })
        .collect();
    let mut linked = Linked::default();
    // The ids from the program down to the crate of the last line.
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let strange = || io::Error::other(format!("cargo tree printed an unexpected line: {line}"));
        let named = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let depth = line
            .strip_suffix(named)
            .and_then(|depth| depth.parse().ok());
        let depth: usize = depth.ok_or_else(strange)?;
        let (package, license) = named.split_once('\t').ok_or_else(strange)?;
        let mut words = package.split(' ');
        let (name, version) = (
            words.next(),
            words.next().and_then(|word| word.strip_prefix('v')),
        );
        let (name, version) = name.zip(version).ok_or_else(strange)?;
        let is_here = package.ends_with(')');
        let checksum = checksums.get(&(name, version.to_owned())).cloned();
        if checksum.is_none() && !is_here {
            return Err(io::Error::other(format!(
                "Cargo.lock has no checksum of {name} {version}"
            )));
        }
        let found = Crate {
            name: name.to_owned(),
            version: version.to_owned(),
            license: license.trim_end_matches(" (*)").to_owned(),
            checksum,
        };
        above.truncate(depth);
        if let Some(user) = above.last() {
            linked.dependencies.insert((user.clone(), found.id()));
        }
        above.push(found.id());
        linked.crates.insert(found);
    }
    if linked.crates.is_empty() {
        return Err(io::Error::other("cargo tree lists nothing"));
    }
    Ok(linked)
}

/// The compiler, which contributes the standard library of every program.
#[derive(Debug)]
pub struct Compiler {
    version: String,
    commit: String,
}

impl Compiler {
    /// Returns the compiler that `rustc` on the PATH is.
    ///
    /// # Errors
    /// Returns an error if it cannot be run, or does not print its version.
    pub fn current(root: &Path) -> io::Result<Self> {
        let output = files::output(Command::new("rustc").current_dir(root).arg("-vV"))?;
        Self::parsed(&String::from_utf8_lossy(&output.stdout))
    }

    fn parsed(said: &str) -> io::Result<Self> {
        let line = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
        let both = line("release: ").zip(line("commit-hash: "));
        let (version, commit) =
            both.ok_or_else(|| io::Error::other("rustc does not report its version and commit"))?;
        Ok(Self {
            version: version.to_owned(),
            commit: commit.to_owned(),
        })
    }
}

/// Returns when the sources were made: `SOURCE_DATE_EPOCH` if it is set, else the time of the commit.
///
/// # Errors
/// Returns an error if neither is known.
pub fn created(root: &Path) -> io::Result<Timestamp> {
    let seconds = if let Ok(seconds) = env::var("SOURCE_DATE_EPOCH") {
        seconds
    } else {
        let mut git = Command::new("git");
        git.args(["show", "--no-patch", "--format=%ct", "HEAD"]);
        let output = files::output(git.current_dir(root))?;
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let seconds = seconds.trim().parse().ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| {
        let message = "the sources have no commit with a date; set SOURCE_DATE_EPOCH";
        io::Error::other(message)
    })
}

/// Returns the document for an archive.
pub fn document(
    platform: Platform,
    archive: &[u8],
    program: &[u8],
    linked: &Linked,
    compiler: &Compiler,
    created: Timestamp,
) -> String {
    let digest = hashes::sha256(archive);
    let file = archive::name(platform);
    // What was built: the archive, and the program in it.
    let mut packages = vec![
        json!({
            "SPDXID": ARCHIVE,
            "name": PROGRAM,
            "versionInfo": VERSION,
            "packageFileName": file,
            "downloadLocation": format!("{REPOSITORY}/releases/download/v{VERSION}/{file}"),
            "filesAnalyzed": false,
            "checksums": sha256(&digest),
            "licenseConcluded": UNKNOWN,
            "licenseDeclared": env!("CARGO_PKG_LICENSE"),
            "copyrightText": UNKNOWN,
            "primaryPackagePurpose": "ARCHIVE",
        }),
        json!({
            "SPDXID": BINARY,
            "name": archive::program_name(platform),
            "versionInfo": VERSION,
            "packageFileName": archive::program_name(platform),
            "downloadLocation": UNKNOWN,
            "filesAnalyzed": false,
            "checksums": sha256(&hashes::sha256(program)),
            "licenseConcluded": UNKNOWN,
            "licenseDeclared": UNKNOWN,
            "copyrightText": UNKNOWN,
            "primaryPackagePurpose": "APPLICATION",
        }),
    ];
    // The crates that it contains.
    packages.extend(linked.crates.iter().map(Crate::package));
    let library = json!({
        "SPDXID": STANDARD_LIBRARY,
        "name": "rust-std",
        "versionInfo": compiler.version,
        "downloadLocation": format!("git+https://github.com/rust-lang/rust@{}", compiler.commit),
        "filesAnalyzed": false,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": "MIT OR Apache-2.0",
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": "LIBRARY",
    });
    packages.push(if platform.target.ends_with("-musl") {
        let comment = "With the musl C library that Rust ships for this target";
        with(library, "comment", comment.into())
    } else {
        library
    });

    // The relationships between them.
    let related = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
    let mut relationships = vec![
        related(DOCUMENT, "DESCRIBES", ARCHIVE),
        related(ARCHIVE, "CONTAINS", BINARY),
        related(BINARY, "STATIC_LINK", STANDARD_LIBRARY),
    ];
    let roots = linked.crates.iter().filter(|found| found.name == PROGRAM);
    relationships.extend(roots.map(|root| related(BINARY, "GENERATED_FROM", &root.id())));
    let edges = linked.dependencies.iter();
    relationships.extend(edges.map(|(user, used)| related(user, "DEPENDS_ON", used)));
    let document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": name(platform),
        "documentNamespace": format!("{REPOSITORY}/releases/download/v{VERSION}/{}/sha256-{digest}", name(platform)),
        "creationInfo": {
            "created": created.to_string(),
            "creators": [format!("Tool: harness-release-{VERSION}")],
        },
        "packages": packages,
        "relationships": relationships,
    });
    format!("{document:#}\n")
}

/// Returns the checksum member of a package.
fn sha256(digest: &str) -> Value {
    json!([{"algorithm": "SHA256", "checksumValue": digest}])
}

/// Returns the object with one more member.
fn with(mut object: Value, name: &str, member: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), member);
    }
    object
}

/// Returns the digests in a document: that of the archive, and that of the program in it.
///
/// # Errors
/// Returns an error if the text is not such a document.
pub fn digests(document: &str) -> Result<(String, String), String> {
    let document: Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
    if document.get("spdxVersion") != Some(&"SPDX-2.3".into()) {
        return Err("is not an SPDX 2.3 document".to_owned());
    }
    let packages = document.get("packages").and_then(Value::as_array);
    let digest_of = |id: &str| {
        let is_it = |package: &&Value| package.get("SPDXID") == Some(&id.into());
        let package = packages?.iter().find(is_it)?;
        let digest = package.pointer("/checksums/0/checksumValue")?.as_str()?;
        Some(digest.to_owned())
    };
    digest_of(ARCHIVE)
        .zip(digest_of(BINARY))
        .ok_or_else(|| "has no digests of archive and program".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\nsource = \
                        \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \
                        \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n";

    #[test]
    fn crates_and_their_dependencies_are_read_from_the_tree() {
        let lock: Lockfile = LOCK.parse().unwrap();
        let tree = "0terraform-provider-harness v0.1.0 (/x y)\tApache-2.0\n1harness-platform v0.1.0 (/x \
                    y/p)\tApache-2.0\n2serde v1.0.1\tMIT/Apache-2.0\n1serde v1.0.1\tMIT/Apache-2.0 (*)\n";
        let linked = parsed(tree, &lock).unwrap();
        let names: Vec<_> = linked.crates.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["harness-platform", "serde", PROGRAM]);
        let ids = |user: &str, used: &str| {
            let id = |name| format!("SPDXRef-crate-{name}");
            (id(user), id(used))
        };
        let root = "terraform-provider-harness-0.1.0";
        let expected = [
            ids("harness-platform-0.1.0", "serde-1.0.1"),
            ids(root, "harness-platform-0.1.0"),
            ids(root, "serde-1.0.1"),
        ];
        assert!(linked.dependencies.iter().eq(&expected), "{linked:?}");
        let serde = linked.crates.iter().find(|it| it.name == "serde").unwrap();
        assert_eq!(serde.package()["licenseDeclared"], "MIT OR Apache-2.0");

        for strange in ["serde v1.0.1\tMIT", "0serde\tMIT", "0other v2.0.0\tMIT", ""] {
            assert!(parsed(strange, &lock).is_err(), "{strange}");
        }
    }

    #[test]
    fn a_compiler_is_known_by_version_and_commit() {
        let said =
            "rustc 1.95.0 (abc 2026-03-01)\nbinary: rustc\ncommit-hash: abcdef\nrelease: 1.95.0\n";
        let compiler = Compiler::parsed(said).unwrap();
        assert_eq!(
            (&*compiler.version, &*compiler.commit),
            ("1.95.0", "abcdef")
        );
        assert!(Compiler::parsed("").is_err());
    }

    #[test]
    fn a_text_that_is_not_a_document_has_no_digests() {
        for text in ["", "{}", "{\"spdxVersion\": \"SPDX-2.3\"}"] {
            assert!(digests(text).is_err(), "{text}");
        }
    }
}
