//! The guide about existing connectors: its commands, as written, under each host.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness_sandbox::{Kind, Scope};

use super::cli::{Run, Workspace, address};
use super::export::write_shown_state;
use super::hosts::test;
use super::moves::{HOST, OURS, Writer, official, one, write_state};
use super::review::{finding_command, in_shell, installed};

const GUIDE: &str = "docs/guides/bringing-existing-connectors-under-terraform.md";
const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-harness");

/// Returns the code blocks below a heading, up to the next one, in order: language and text.
fn blocks(heading: &str) -> Vec<(String, String)> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join(GUIDE);
    let guide = fs::read_to_string(guide).expect("there is the guide");
    let mut lines = guide.lines();
    let is_heading =
        |line: &str| line.trim_start_matches('#').trim() == heading && line.starts_with('#');
    assert!(lines.any(is_heading), "no heading {heading}");
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for line in lines {
        match line.strip_prefix("```") {
            Some("") => is_inside = false,
            Some(language) => {
                is_inside = true;
                blocks.push((language.to_owned(), String::new()));
            }
            None if is_inside => {
                let (_, text) = blocks.last_mut().expect("a block has begun");
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with('#') => break,
            None => {}
        }
    }
    blocks
}

/// Returns the commands below a heading, each block separately.
fn commands(heading: &str) -> Vec<String> {
    let blocks = blocks(heading).into_iter();
    let commands = blocks.filter(|(language, _)| language == "shell");
    commands.map(|(_, text)| text).collect()
}

/// Returns the only configuration below a heading.
fn configuration(heading: &str) -> String {
    let blocks = blocks(heading).into_iter();
    let mut blocks = blocks.filter(|(language, _)| language != "shell");
    let (_, text) = blocks.next().expect("there is a configuration");
    assert_eq!(blocks.next(), None);
    text
}

/// Runs commands as the reader does, and confirms each apply.
#[track_caller]
fn play(workspace: &Workspace, commands: &str) -> Run {
    let agreed = [
        ("TF_CLI_ARGS_apply", "-auto-approve -no-color"),
        ("TF_CLI_ARGS_plan", "-no-color"),
        ("TF_IN_AUTOMATION", "1"),
    ];
    in_shell(workspace, commands, &agreed).succeeded()
}

/// Creates a directory as the reader does.
fn new_directory() -> Workspace {
    let workspace = installed();
    workspace.write_file("versions.tf", &blocks("Before you start")[1].1);
    workspace
}

/// Returns the last line of a plan that only imports this many connectors.
fn imports(count: usize) -> String {
    format!("Plan: {count} to import, 0 to add, 0 to change, 0 to destroy.")
}

#[test]
fn the_guide_finds_the_program_as_the_other_guides_do() {
    for heading in [
        "With export",
        "Connectors that are created later",
        "Before Terraform 1.5",
        "From the official provider",
    ] {
        let commands = commands(heading).concat();
        assert!(commands.contains(&finding_command()), "{heading}");
    }
}

#[test(needs(ImportBlocks))]
fn an_account_comes_under_terraform_with_export() {
    let workspace = new_directory();
    let commands = commands("With export");
    let [export, plan, rest] = commands.as_slice() else {
        panic!("{commands:#?}")
    };
    let run = play(&workspace, export);
    assert!(run.stdout.contains("12 connectors exported"), "{run}");
    // The block in the guide is one in the file.
    let shown = configuration("With export");
    assert!(
        workspace.read_file("imports.tf").contains(&shown),
        "{shown}"
    );
    let run = play(&workspace, plan);
    assert!(run.flowing().contains(&imports(12)), "{run}");
    let run = play(&workspace, rest);
    assert!(run.flowing().contains("No changes."), "{run}");
    workspace.settled();
}

#[test(needs(ImportBlocks))]
fn a_connector_that_is_created_later_comes_under_terraform_too() {
    let workspace = new_directory();
    play(&workspace, &commands("With export").concat());
    let scope = Scope::account();
    let existing = workspace.stored(&scope, "bitbucket_cloud");
    let mut existing = existing.expect("it is there");
    existing["name"] = "Late".into();
    existing["identifier"] = "late".into();
    let put = workspace
        .platform
        .put(Kind::Connector, &scope, "late", existing);
    put.expect("a valid connector");
    play(
        &workspace,
        &commands("Connectors that are created later").concat(),
    );
    // The names of the other resources are still those of the first export.
    let again = workspace.read_file("later/connectors.tf");
    let (late, others): (Vec<&str>, Vec<&str>) = again
        .split_inclusive("\n}\n")
        .partition(|block| block.contains("\"late\""));
    assert_eq!(
        others.concat().trim(),
        workspace.read_file("connectors.tf").trim()
    );
    let imports_again = workspace.read_file("later/imports.tf");
    let import = imports_again
        .split("\n\n")
        .find(|block| block.contains("\"late\""));
    workspace.write_file(
        "late.tf",
        &format!("{}{}", late.concat(), import.expect("an import")),
    );
    let run = play(&workspace, "terraform plan");
    assert!(run.flowing().contains(&imports(1)), "{run}");
}

#[test]
fn an_organization_comes_under_terraform_with_commands() {
    let workspace = new_directory();
    let run = play(&workspace, &commands("Before Terraform 1.5").concat());
    assert!(run.flowing().contains("No changes."), "{run}");
    assert_eq!(workspace.state().len(), 2);
}

#[test(needs(Lists))]
fn what_a_search_finds_comes_under_terraform_with_a_query() {
    let workspace = new_directory();
    workspace.write_file(
        "payments.tfquery.hcl",
        &configuration("With terraform query"),
    );
    let run = play(&workspace, &commands("With terraform query").concat());
    assert!(run.flowing().contains(&imports(2)), "{run}");
    workspace.settled();
}

#[test(needs(GeneratedConfiguration))]
fn a_connector_comes_under_terraform_by_hand() {
    let workspace = new_directory();
    workspace.write_file("import.tf", &configuration("By hand"));
    let commands = commands("By hand");
    let run = play(&workspace, &commands[0]);
    assert!(run.flowing().contains(&imports(1)), "{run}");
    assert!(run.flowing().contains("No changes."), "{run}");
    // The resource of the first method is what the reader of the second writes.
    let other = new_directory();
    other.write_file("payments.tf", &workspace.read_file("payments.tf"));
    play(&other, "terraform init");
    let run = play(&other, &commands[1]);
    assert!(run.flowing().contains("No changes."), "{run}");
}

#[test(needs(ImportBlocks))]
fn a_connector_of_url_type_project_is_managed_as_the_guide_says() {
    let workspace = Workspace::new();
    workspace.write(&configuration("URL type Project"));
    workspace.import("project", "bitbucket_project").succeeded();
    let plan = workspace.plan();
    assert!(plan.actions().is_empty(), "{plan}");
    assert!(plan.rules().is_empty(), "{plan}");
    workspace.settled();
    // Another setting can be changed.
    let scope = Scope::account();
    let changed = configuration("URL type Project").replace(
        "\n\n  credentials {",
        "\n  description     = \"New\"\n  connection_test = \"off\"\n\n  credentials {",
    );
    workspace.write(&changed);
    workspace.try_apply().succeeded();
    let stored = workspace
        .stored(&scope, "bitbucket_project")
        .expect("it is there");
    assert_eq!(stored["description"], "New");
    assert_eq!(stored["spec"]["type"], "Project");
}

#[test(needs(MovedTypes))]
fn connectors_of_the_official_provider_come_over_with_export() {
    let workspace = Workspace::new();
    workspace.install(&[OURS, &official(HOST)]);
    let scope = Scope::project("platform", "payments");
    let state = one(HOST, &workspace, &scope, "payments_ssh", Writer::Refresh);
    write_state(&workspace, std::slice::from_ref(&state));
    let commands = commands("From the official provider");
    let [show, export, rest] = commands.as_slice() else {
        panic!("{commands:#?}")
    };
    // It requires the official provider, which is not available here, to show its state.
    assert_eq!(show.trim(), "terraform show -json > state.json");
    write_shown_state(&workspace, std::slice::from_ref(&state));
    let program = format!("provider='{PROGRAM}'");
    play(&workspace, &export.replace(&finding_command(), &program));
    let plan = workspace.plan().finds_changes();
    let moved = BTreeMap::from([(address("payments_ssh"), "move".to_owned())]);
    assert_eq!(plan.actions(), moved, "{plan}");
    play(&workspace, rest);
    workspace.install(&[OURS]);
    workspace.settled();
}
