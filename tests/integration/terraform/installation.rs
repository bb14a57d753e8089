//! From an archive of a release to a provider that Terraform has installed, without `dev_overrides`.

use std::fs;

use harness_release::{archive, mirror};
use serde_json::Value;

use super::cli::Workspace;
use super::hcl::Connector;
use super::hosts::test;
use super::review::{finding_command, in_shell, platform_of};

#[test]
fn terraform_installs_from_a_mirror_and_the_lock_file_pins_it() {
    let workspace = Workspace::new();
    let platform = platform_of(&workspace);
    let program = fs::read(env!("CARGO_BIN_EXE_terraform-provider-harness")).expect("it was built");
    let packed = archive::bytes(platform, &program).expect("it fits an archive");
    let directory = workspace.path().join("mirror");
    mirror::install(&directory, platform, &packed).expect("the mirror can be written");

    workspace.write_file(
        "cli.tfrc",
        &format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = {}\n  }}\n}}\n",
            Value::from(directory.to_str().expect("the path is text"))
        ),
    );
    workspace.write_file(
        "versions.tf",
        &format!(
            "terraform {{\n  required_providers {{\n    harness = {{\n      source = \"{}\"\n      version = \"{}\"\n    }}\n  }}\n}}\n",
            harness_release::SOURCE,
            harness_release::VERSION
        ),
    );
    workspace.configure([&Connector::new("installed")]);
    workspace.run(&["init", "-no-color"]).succeeded();
    let lock = workspace.read_file(".terraform.lock.hcl");
    assert!(lock.contains("\"h1:"), "{lock}");

    // Another person, with the lock file from the repository.
    fs::remove_dir_all(workspace.path().join(".terraform")).expect("it was made");
    workspace
        .run(&["init", "-no-color", "-lockfile=readonly"])
        .succeeded();
    assert_eq!(workspace.read_file(".terraform.lock.hcl"), lock);
    workspace.apply();
    // The program's commands are found where `init` installed it, as the guides say.
    let found = in_shell(
        &workspace,
        &format!("{}\n\"$provider\" --version", finding_command()),
        &[],
    )
    .succeeded();
    assert_eq!(
        found.stdout.trim(),
        concat!("terraform-provider-harness ", env!("CARGO_PKG_VERSION"))
    );
    workspace.destroy();

    // Other bytes with the same name are refused.
    let other = archive::bytes(platform, b"#!/bin/sh\n").expect("it fits an archive");
    mirror::install(&directory, platform, &other).expect("the mirror can be written");
    fs::remove_dir_all(workspace.path().join(".terraform")).expect("it was made");
    let refused = workspace
        .run(&["init", "-no-color", "-lockfile=readonly"])
        .failed();
    assert!(refused.stderr.contains("checksum"), "{refused}");
}
