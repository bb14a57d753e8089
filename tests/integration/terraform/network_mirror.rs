//! A network mirror: the files that the release writes for one, behind a plain web server with a certificate of its own
//! authority. On Linux only, because elsewhere Go programs use the system's trust store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use harness_release::platform::{self, Platform};
use harness_release::{SOURCE, VERSION, archive, hashes, mirror};
use serde_json::Value;

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::{self, Product, test};
use super::review::in_shell;
use crate::doctor::certificates::TlsServer;
use crate::documentation::markdown::Page;

/// A web server for the files of a directory, below `/providers`.
struct Site {
    url: String,
    /// The file with the certificate of its authority.
    authority: PathBuf,
    /// The paths that were requested.
    requested: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn serving(directory: &Path) -> Self {
        let requested = Arc::new(Mutex::new(Vec::new()));
        let (log, files) = (Arc::clone(&requested), directory.to_owned());
        let server = TlsServer::answering(Box::new(move |path| {
            log.lock()
                .expect("no test fails here")
                .push(path.to_owned());
            let file = path
                .strip_prefix("/providers/")
                .map(|path| files.join(path));
            let content = file.as_ref().and_then(|file| fs::read(file).ok());
            let (status, kind) = match &file {
                // Terraform requires the content type, which web servers derive from the extension.
                Some(file) if content.is_some() => match file.extension() {
                    Some(json) if json == "json" => ("200 OK", "application/json"),
                    _ => ("200 OK", "application/zip"),
                },
                _ => ("404 Not Found", "text/plain"),
            };
            let content = content.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                content.len()
            );
            [head.into_bytes(), content].concat()
        }));
        let authority = directory.join("authority.pem");
        fs::write(&authority, &server.authority).expect("the file can be written");
        Self {
            url: format!("https://{}/providers/", server.address),
            authority,
            requested,
        }
    }
}

/// A platform's archive, with its name and its hash for a lock file.
struct Packed {
    platform: Platform,
    name: String,
    hash: String,
}

/// Creates the archives of a release in `archives` below the workspace, this machine's first. Their programs are not
/// run here; the chapter about the installation does that.
fn archives(workspace: &Workspace) -> Vec<Packed> {
    let version = workspace.run(&["version", "-json"]).succeeded();
    let version: Value = serde_json::from_str(&version.stdout).expect("the version is JSON");
    let directory = workspace.path().join("archives");
    fs::create_dir(&directory).expect("the directory can be made");
    let packed = platform::RELEASED.into_iter().map(|platform| {
        let program = format!("#!/bin/sh\n# {}\n", platform.name);
        let packed = archive::bytes(platform, program.as_bytes()).expect("it fits an archive");
        let name = archive::name(platform);
        fs::write(directory.join(&name), &packed).expect("it can be written");
        let hash = hashes::h1(&packed).expect("it is an archive");
        Packed {
            platform,
            name,
            hash: format!("\"{hash}\""),
        }
    });
    let mut packed: Vec<Packed> = packed.collect();
    packed.sort_by_key(|packed| version["platform"] != packed.platform.name);
    packed
}

/// The URL of the mirror in the guide.
const URL: &str = "https://mirror.example.com/terraform/";

/// Returns a file of the repository with another mirror instead of the guide's.
fn with_mirror(file: &str, mirror: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let text = text.expect("the file can be read");
    assert!(text.contains(URL), "{file} names another mirror");
    text.replace(URL, mirror)
}

#[test]
fn a_network_mirror_serves_init_and_locks_for_several_platforms() {
    let workspace = Workspace::new();
    workspace.configure([&Connector::new("installed")]);
    let packed = archives(&workspace);
    let (own, others) = packed.split_first().expect("there are platforms");
    let directory = workspace.path().join("site");
    mirror::fill(&directory, &workspace.path().join("archives")).expect("the mirror is laid out");
    let site = Site::serving(&directory);
    // The team's CLI configuration, as in the examples.
    let configuration = with_mirror("examples/install/terraform.tfrc", &site.url);
    workspace.write_file("cli.tfrc", &configuration);
    let trusted = site
        .authority
        .to_str()
        .expect("the path is text")
        .to_owned();
    let trust = [("SSL_CERT_FILE", trusted.as_str())];
    let run = |arguments: &[&str]| workspace.run_with(&trust, arguments);
    let forget = |name: &str| {
        let path = workspace.path().join(name);
        fs::remove_dir_all(&path)
            .or_else(|_| fs::remove_file(&path))
            .expect("it was made");
    };

    // One platform: `init` records only the hash of the archive that it used.
    let init = run(&["init", "-input=false", "-no-color"]).succeeded();
    assert!(init.stdout.contains("(verified checksum)"), "{init}");
    let lock = workspace.read_file(".terraform.lock.hcl");
    assert!(lock.contains(&own.hash), "{lock}");
    assert!(
        !others.iter().any(|other| lock.contains(&other.hash)),
        "{lock}"
    );
    let host = match hosts::current().product {
        Product::Terraform => "registry.terraform.io",
        Product::OpenTofu => "registry.opentofu.org",
    };
    let below = format!("/providers/{host}/{SOURCE}");
    let mut requested = site.requested.lock().expect("no test fails here").clone();
    // Some versions check an archive before they download it.
    requested.dedup();
    assert_eq!(
        requested,
        [
            format!("{below}/index.json"),
            format!("{below}/{VERSION}.json"),
            format!("{below}/{}", own.name),
        ]
    );

    // Several platforms: the guide's command, after which `init` on any of the platforms finds its own hash.
    forget(".terraform.lock.hcl");
    let guide = with_mirror("docs/guides/installing-for-a-team.md", &site.url);
    let command = Page::parse("guide", &guide).blocks().into_iter();
    let command = command
        .map(|block| block.text)
        .find(|text| text.contains("-net-mirror="));
    let command = command.expect("the guide has it");
    in_shell(&workspace, &command, &trust).succeeded();
    let lock = workspace.read_file(".terraform.lock.hcl");
    let locked: Vec<&str> = packed
        .iter()
        .filter(|it| lock.contains(&it.hash))
        .map(|it| it.platform.name)
        .collect();
    let asked: Vec<&str> = packed
        .iter()
        .map(|it| it.platform.name)
        .filter(|name| command.contains(&format!("-platform={name}")))
        .collect();
    assert_eq!((locked.len(), locked), (3, asked), "{lock}");
    forget(".terraform");
    let readonly = ["init", "-input=false", "-no-color", "-lockfile=readonly"];
    run(&readonly).succeeded();
    assert_eq!(workspace.read_file(".terraform.lock.hcl"), lock);
    // The directory is also a filesystem mirror, for which the lock file is valid.
    let files = command.replace(&format!("-net-mirror={}", site.url), "-fs-mirror=site");
    in_shell(&workspace, &files, &[]).succeeded();
    assert_eq!(workspace.read_file(".terraform.lock.hcl"), lock);

    // Other bytes with the same name are refused: by the index, and, with a matching index, by the lock file.
    let forged =
        archive::bytes(own.platform, b"#!/bin/sh\n# forged\n").expect("it fits an archive");
    let swapped = directory.join(host).join(SOURCE).join(&own.name);
    fs::write(swapped, &forged).expect("it can be written");
    forget(".terraform");
    let by_index = run(&["init", "-input=false", "-no-color", "-upgrade"]).failed();
    assert!(by_index.stderr.contains("checksum"), "{by_index}");
    let archives = workspace.path().join("archives");
    fs::write(archives.join(&own.name), &forged).expect("it can be written");
    mirror::fill(&directory, &archives).expect("the mirror is laid out");
    let by_lock = run(&readonly).failed();
    assert!(by_lock.stderr.contains("checksum"), "{by_lock}");
}

#[test]
fn an_image_has_the_provider_in_a_filesystem_mirror() {
    let workspace = Workspace::new();
    workspace.configure([&Connector::new("installed")]);
    archives(&workspace);
    // What the Dockerfile copies, in another directory.
    let directory = workspace.path().join("mirror");
    mirror::fill(&directory, &workspace.path().join("archives")).expect("the mirror is laid out");
    let example = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples/install")
            .join(name);
        fs::read_to_string(path).expect("the example can be read")
    };
    let image = example("Dockerfile");
    let (place, file) = ("/opt/terraform/mirror", "/etc/terraform.tfrc");
    for line in [
        format!("COPY mirror {place}"),
        format!("COPY image.tfrc {file}"),
        format!("ENV TF_CLI_CONFIG_FILE={file}"),
    ] {
        assert!(image.lines().any(|it| it == line), "{line}");
    }
    let configuration = example("image.tfrc");
    assert!(configuration.contains(place), "{configuration}");
    let configuration = configuration.replace(place, directory.to_str().expect("the path is text"));
    workspace.write_file("cli.tfrc", &configuration);
    let init = workspace
        .run(&["init", "-input=false", "-no-color"])
        .succeeded();
    assert!(init.stdout.contains("(unauthenticated)"), "{init}");
}
