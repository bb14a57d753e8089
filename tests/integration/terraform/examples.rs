//! The examples: each is applied as it stands, and changes nothing when it is applied again.

use super::cli::Workspace;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// The `.tf` files directly in a directory of the examples.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .collect()
}

/// The directories of one kind of example.
fn of_kind(kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(kind)).expect("the directory exists");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    found
}

/// A workspace with the files of an example beside its own `versions.tf`.
fn workspace(example: &Path) -> Workspace {
    let workspace = Workspace::new();
    for file in files(example) {
        let name = file.file_name().expect("a file has a name");
        // What terraform.tf says of the provider, the workspace says as well.
        if name != "terraform.tf" {
            fs::copy(&file, workspace.path().join(name)).expect("the file can be copied");
        }
    }
    workspace
}

#[test]
fn every_data_source_and_every_function_has_an_example_that_can_be_applied() {
    let schema = Workspace::new();
    let run = schema.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema is JSON");
    let schemas = schema["provider_schemas"].as_object().expect("an object");
    let provider = schemas.values().next().expect("one provider");
    for (kind, member) in [
        ("data-sources", "data_source_schemas"),
        ("functions", "functions"),
    ] {
        let offered: Vec<&String> = provider[member]
            .as_object()
            .expect("an object")
            .keys()
            .collect();
        let examples = of_kind(kind);
        let names: Vec<_> = examples
            .iter()
            .map(|path| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), offered);
        for example in examples {
            let workspace = workspace(&example);
            let run = workspace.try_apply().succeeded();
            assert_eq!(run.diagnostics(), [], "{}\n{run}", example.display());
            workspace.settled();
        }
    }
}

#[test]
fn the_examples_of_the_provider_and_of_the_resource_are_applied_as_they_stand() {
    for (example, warned) in [
        ("provider", &[][..]),
        ("resources/harness_bitbucket_connector", &[]),
    ] {
        let workspace = Workspace::new();
        for file in files(&directory(example)) {
            let name = file.file_name().expect("a file has a name");
            // Blocks that import, into an account that does not have those connectors.
            if !name.to_string_lossy().starts_with("import") {
                fs::copy(&file, workspace.path().join(name)).expect("the file can be copied");
            }
        }
        if example == "provider" {
            // It says of the provider what the workspace says.
            workspace.write_file("versions.tf", "");
        }
        workspace.apply_warned(warned);
    }
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the directory can be made");
    for entry in fs::read_dir(from).expect("the directory can be read") {
        let path = entry.expect("an entry").path();
        let copied = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).expect("the file can be copied");
        }
    }
}

#[test]
fn the_complete_example_is_applied_as_it_stands_and_its_module_passes_its_own_tests() {
    let workspace = Workspace::new();
    // It says of the provider what the workspace says.
    workspace.write_file("versions.tf", "");
    copy(&directory("complete"), workspace.path());
    workspace.run(&["get"]).succeeded();
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    workspace.settled();

    let module = workspace.without_key();
    let run = module
        .run(&["-chdir=modules/repository", "test", "-no-color"])
        .succeeded();
    assert!(run.stdout.contains("Success! 4 passed"), "{run}");
}

#[test]
fn the_check_of_a_connection_warns_only_while_the_connection_fails() {
    let workspace = workspace(&directory("check-connection"));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    let again = workspace.plan().ended_with(2);
    assert!(
        again.actions().values().all(|action| action == "read"),
        "{again}"
    );
    assert_eq!(again.diagnostics(), [], "{again}");

    workspace.set(&json!({"test_outcomes": {"Website_repository": "not_authorized"}}));
    let failing = workspace.plan().ended_with(2);
    failing.warning().says(
        "Check block assertion failed",
        &[
            "Harness cannot use account.Website_repository.",
            "`x-token-auth`",
        ],
    );
    workspace.destroy();
}

/// Terraform runs actions from version 1.14 on. The protocol's client runs this one; of its example, an older Terraform
/// can say that it is well-formed.
#[test]
fn the_examples_of_actions_are_well_formed() {
    let examples = of_kind("actions");
    assert!(!examples.is_empty());
    for example in examples {
        let workspace = workspace(&example);
        let run = workspace.run(&["fmt", "-check", "-diff"]).succeeded();
        assert_eq!(run.stdout, "", "{}\n{run}", example.display());
    }
}
