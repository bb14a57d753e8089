//! The configurations on the pages: the real Terraform validates each complete one, and all are formatted as by
//! `terraform fmt`.

use std::fs;

use serde_json::Value;

use super::cli::Workspace;
use super::hosts::test;
use crate::documentation::markdown::{Block, Page};

/// Returns every block of HCL on every page, with its page.
fn blocks() -> Vec<(String, Block)> {
    let pages = Page::all();
    let blocks = pages.iter().flat_map(|page| {
        let blocks = page.blocks().into_iter();
        blocks.map(move |block| (page.path.clone(), block))
    });
    blocks
        .filter(|(_, block)| ["terraform", "hcl"].contains(&block.language.as_str()))
        // The CLI's own configuration has another grammar.
        .filter(|(_, block)| !block.text.starts_with("provider_installation"))
        .collect()
}

/// Returns whether a block is complete: it declares something of this provider, leaves nothing out, and needs no other
/// provider, no variable, and no other block of its page.
fn is_whole(text: &str) -> bool {
    let declares = [
        "resource \"harness_bitbucket_",
        "data \"harness_bitbucket_",
        "check \"",
    ]
    .iter()
    .any(|header| text.lines().any(|line| line.starts_with(header)));
    let needs_more = [
        "# …",
        "harness_platform_",
        "time_sleep",
        "harness/harness",
        "var.",
        "\nmodule \"",
    ]
    .iter()
    .any(|part| text.contains(part));
    declares && !needs_more
}

#[test]
fn every_whole_configuration_of_a_page_is_valid() {
    are_valid(8, |text| !text.contains("check \""));
}

#[test(needs(CheckBlocks))]
fn every_whole_configuration_of_a_page_with_a_check_block_is_valid() {
    are_valid(1, |text| text.contains("check \""));
}

/// Validates the selected complete configurations, of which there must be at least `least`.
fn are_valid(least: usize, chosen: impl Fn(&str) -> bool) {
    let workspace = Workspace::new().without_key();
    let versions = workspace.read_file("versions.tf");
    let whole: Vec<_> = blocks()
        .into_iter()
        .filter(|(page, block)| page.starts_with("docs/guides/") || block.language == "hcl")
        .filter(|(_, block)| is_whole(&block.text) && chosen(&block.text))
        .collect();
    assert!(
        whole.len() >= least,
        "only {} configurations are whole",
        whole.len()
    );
    for (number, (page, block)) in whole.iter().enumerate() {
        let directory = format!("block-{number}");
        fs::create_dir(workspace.path().join(&directory)).expect("the directory can be made");
        if !block.text.contains("required_providers") {
            workspace.write_file(&format!("{directory}/versions.tf"), &versions);
        }
        workspace.write_file(&format!("{directory}/main.tf"), &block.text);
        let run = workspace.run(&[&format!("-chdir={directory}"), "validate", "-json"]);
        let found: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}\n{run}"));
        let findings = found["diagnostics"].as_array().expect("an array");
        let findings: Vec<_> = findings
            .iter()
            .filter(|it| it["summary"] != "Provider development overrides are in effect")
            .collect();
        assert!(findings.is_empty(), "{page}:{}: {findings:#?}", block.line);
        assert_eq!(found["valid"], true, "{page}:{}\n{run}", block.line);
    }
}

/// The first configurations that new users run: neither has warnings with the secrets named on the pages.
#[test]
fn the_first_configurations_in_the_docs_apply_without_warnings() {
    for page in [
        "README.md",
        "docs/guides/getting-started.md",
        "docs/index.md",
    ] {
        let workspace = Workspace::new();
        let first = blocks().into_iter().find(|(path, block)| {
            path == page
                && block
                    .text
                    .contains("\nresource \"harness_bitbucket_connector\"")
        });
        let (_, block) = first.unwrap_or_else(|| panic!("{page} has no configuration"));
        // It says about the provider what the workspace says.
        workspace.write_file("versions.tf", "");
        workspace.write(&block.text);
        workspace.apply();
    }
}

#[test]
fn every_configuration_of_a_page_is_formatted() {
    are_formatted(30, |text| !text.contains("provider::"));
}

#[test(needs(Functions))]
fn every_configuration_of_a_page_with_a_function_is_formatted() {
    are_formatted(3, |text| text.contains("provider::"));
}

/// Checks the formatting of the selected configurations, of which there must be at least `least`.
fn are_formatted(least: usize, chosen: impl Fn(&str) -> bool) {
    let workspace = Workspace::new();
    let blocks: Vec<_> = blocks()
        .into_iter()
        .filter(|(_, block)| chosen(&block.text))
        .collect();
    assert!(blocks.len() >= least, "only {} are found", blocks.len());
    for (page, block) in &blocks {
        let name = format!("{}-{}.tf", page.replace(['/', '.'], "_"), block.line);
        workspace.write_file(&name, &block.text);
    }
    let run = workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    assert_eq!(run.stdout, "", "{run}");
}
