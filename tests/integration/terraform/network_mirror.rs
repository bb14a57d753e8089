//! A network mirror: what the release writes for one, behind a web server that knows files and nothing else, with a
//! certificate of an authority of its own. On Linux only: elsewhere, programs in Go ask the system whom to trust.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use harness_release::platform::{self, Platform};
use harness_release::{SOURCE, VERSION, archive, hashes, mirror};
use serde_json::Value;

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::{self, Product, test};
use crate::doctor::certificates::TlsServer;

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
                // Terraform insists on the type, which web servers know by the ending.
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

/// The archives of two platforms, that of this machine and another one, in `archives` below the workspace.
fn archives(workspace: &Workspace) -> [(Platform, Vec<u8>); 2] {
    let version = workspace.run(&["version", "-json"]).succeeded();
    let version: Value = serde_json::from_str(&version.stdout).expect("the version is JSON");
    let is_own = |platform: &Platform| version["platform"] == platform.name;
    let (own, others): (Vec<_>, Vec<_>) = platform::RELEASED.into_iter().partition(is_own);
    let directory = workspace.path().join("archives");
    fs::create_dir(&directory).expect("the directory can be made");
    // Nothing here starts the program: that it can be, the chapter of the installation shows.
    [own[0], others[0]].map(|platform| {
        let program = format!("#!/bin/sh\n# {}\n", platform.name);
        let packed = archive::bytes(platform, program.as_bytes()).expect("it fits an archive");
        fs::write(directory.join(archive::name(platform)), &packed).expect("it can be written");
        (platform, packed)
    })
}

#[test]
fn a_network_mirror_serves_init_and_locks_for_several_platforms() {
    let workspace = Workspace::new();
    workspace.configure([&Connector::new("installed")]);
    let [own, other] = archives(&workspace);
    let directory = workspace.path().join("site");
    mirror::fill(&directory, &workspace.path().join("archives")).expect("the mirror is laid out");
    let site = Site::serving(&directory);
    workspace.write_file(
        "cli.tfrc",
        &format!(
            "provider_installation {{\n  network_mirror {{\n    url = \"{}\"\n  }}\n}}\n",
            site.url
        ),
    );
    let trusted = site
        .authority
        .to_str()
        .expect("the path is text")
        .to_owned();
    let run = |arguments: &[&str]| workspace.run_with(&[("SSL_CERT_FILE", &trusted)], arguments);
    let hash = |(_, packed): &(Platform, Vec<u8>)| {
        format!("\"{}\"", hashes::h1(packed).expect("it is an archive"))
    };

    // One platform: `init` alone notes the hashes of the archive that it took.
    run(&["init", "-input=false", "-no-color"]).succeeded();
    let lock = workspace.read_file(".terraform.lock.hcl");
    assert!(lock.contains(&hash(&own)), "{lock}");
    assert!(!lock.contains(&hash(&other)), "{lock}");
    let host = match hosts::current().product {
        Product::Terraform => "registry.terraform.io",
        Product::OpenTofu => "registry.opentofu.org",
    };
    let below = format!("/providers/{host}/{SOURCE}");
    let mut requested = site.requested.lock().expect("no test fails here").clone();
    // Some versions look at an archive before they take it.
    requested.dedup();
    assert_eq!(
        requested,
        [
            format!("{below}/index.json"),
            format!("{below}/{VERSION}.json"),
            format!("{below}/{}", archive::name(own.0)),
        ]
    );

    // Several: `providers lock` takes both archives, and `init` on either platform finds its own hash.
    fs::remove_file(workspace.path().join(".terraform.lock.hcl")).expect("it was made");
    let platforms = [&own, &other].map(|(platform, _)| format!("-platform={}", platform.name));
    let net_mirror = format!("-net-mirror={}", site.url);
    let [this, that] = &platforms;
    run(&["providers", "lock", "-no-color", &net_mirror, this, that]).succeeded();
    let lock = workspace.read_file(".terraform.lock.hcl");
    assert!(
        lock.contains(&hash(&own)) && lock.contains(&hash(&other)),
        "{lock}"
    );
    fs::remove_dir_all(workspace.path().join(".terraform")).expect("it was made");
    let readonly = ["init", "-input=false", "-no-color", "-lockfile=readonly"];
    run(&readonly).succeeded();
    assert_eq!(workspace.read_file(".terraform.lock.hcl"), lock);
    // The same directory is a filesystem mirror, to which the same lock file applies.
    let files = format!("-fs-mirror={}", directory.display());
    run(&["providers", "lock", "-no-color", &files, this, that]).succeeded();
    assert_eq!(workspace.read_file(".terraform.lock.hcl"), lock);

    // Other bytes under the same name: refused by what the index says, and, with an index that agrees, by the lock file.
    let swapped = directory.join(host).join(SOURCE).join(archive::name(own.0));
    let forged = archive::bytes(own.0, b"#!/bin/sh\n# forged\n").expect("it fits an archive");
    fs::write(&swapped, &forged).expect("it can be written");
    fs::remove_dir_all(workspace.path().join(".terraform")).expect("it was made");
    let by_index = run(&["init", "-input=false", "-no-color", "-upgrade"]).failed();
    assert!(by_index.stderr.contains("checksum"), "{by_index}");
    fs::write(
        workspace.path().join("archives").join(archive::name(own.0)),
        &forged,
    )
    .expect("it can be written");
    mirror::fill(&directory, &workspace.path().join("archives")).expect("the mirror is laid out");
    let by_lock = run(&readonly).failed();
    assert!(by_lock.stderr.contains("checksum"), "{by_lock}");
}
