//! The examples: each is applied as it is, and changes nothing when it is applied again. [`COVERED`] says which test
//! does that for which file, and must list every file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::cli::Workspace;
use super::hosts::test;

/// What a test does with a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cover {
    /// Terraform applies it, and a second plan is empty.
    Applied,
    /// Terraform validates it, because it names a server that does not exist.
    Validated,
    /// `terraform test` runs it.
    Tested,
    /// A template, which Terraform fills in when it applies the example.
    Filled,
    /// It needs a provider that is not available here. The test checks its formatting, and that it only names what the
    /// example has.
    Formatted,
    /// Its commands are run.
    Run,
    /// Not for every host: it is well-formed, the protocol's client sends its contents, and the hosts that support it
    /// run it in the chapters about queries, actions, and identities.
    Sent,
    /// Not for Terraform: the guide quotes it word for word, which a test of the documentation checks. The jobs among
    /// them are run in the chapter about the review.
    Quoted,
    /// A script that builds and starts everything itself: its syntax is checked, and what it applies is applied here.
    Checked,
}

/// Every file of the examples, or a directory in which all files have this cover.
const COVERED: [(&str, Cover); 27] = [
    (
        "actions/harness_bitbucket_connector_test/action.tf",
        Cover::Sent,
    ),
    ("app-passwords/", Cover::Applied),
    ("check-connection/", Cover::Applied),
    ("complete/main.tf", Cover::Applied),
    ("complete/outputs.tf", Cover::Applied),
    ("complete/terraform.tf", Cover::Applied),
    ("complete/variables.tf", Cover::Applied),
    ("complete/modules/", Cover::Tested),
    ("data-sources/", Cover::Applied),
    ("drift/", Cover::Quoted),
    ("functions/", Cover::Applied),
    ("install/", Cover::Quoted),
    ("list-resources/", Cover::Sent),
    ("policy/connectors.rego", Cover::Quoted),
    ("provider/provider.tf", Cover::Validated),
    ("quickstart/", Cover::Checked),
    ("review/", Cover::Quoted),
    (
        "resources/harness_bitbucket_connector/resource.tf",
        Cover::Applied,
    ),
    (
        "resources/harness_bitbucket_connector/map.tf",
        Cover::Applied,
    ),
    (
        "resources/harness_bitbucket_connector/import.sh",
        Cover::Run,
    ),
    (
        "resources/harness_bitbucket_connector/import-by-string-id.tf",
        Cover::Run,
    ),
    (
        "resources/harness_bitbucket_connector/import-by-identity.tf",
        Cover::Sent,
    ),
    ("with-official-provider/connector.tf", Cover::Applied),
    ("with-official-provider/pipelines.tf", Cover::Formatted),
    ("with-official-provider/pipeline.yaml.tftpl", Cover::Filled),
    ("with-official-provider/trigger.yaml.tftpl", Cover::Filled),
    ("with-official-provider/terraform.tf", Cover::Formatted),
];

/// Collects all files below a directory, by their paths from the examples.
fn all_files(below: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(below).expect("the directory can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            let path = path.strip_prefix(directory("")).expect("it is an example");
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
}

#[test]
fn every_file_of_the_examples_is_covered() {
    let mut files = BTreeSet::new();
    all_files(&directory(""), &mut files);
    let covers = |file: &str, by: &str| file == by || (by.ends_with('/') && file.starts_with(by));
    for file in &files {
        let by: Vec<_> = COVERED.iter().filter(|(by, _)| covers(file, by)).collect();
        assert_eq!(by.len(), 1, "{file} is covered by {by:?}");
    }
    for (by, _) in COVERED {
        assert!(
            files.iter().any(|file| covers(file, by)),
            "{by} is not there"
        );
    }
}

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// Returns the `.tf` files directly in a directory of the examples.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .collect()
}

/// Returns the directories of one kind of example.
fn of_kind(kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(kind)).expect("the directory exists");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    found
}

/// Creates a workspace with the files of an example next to its own `versions.tf`.
fn workspace(example: &Path) -> Workspace {
    let workspace = Workspace::new();
    for file in files(example) {
        let name = file.file_name().expect("a file has a name");
        // The workspace contains what terraform.tf says about the provider.
        if name != "terraform.tf" {
            fs::copy(&file, workspace.path().join(name)).expect("the file can be copied");
        }
    }
    workspace
}

/// Applies the selected examples. There must be exactly one for each data source or function that the provider offers.
fn each_has_an_example_that_can_be_applied(
    kind: &str,
    member: &str,
    chosen: impl Fn(&Path) -> bool,
) {
    let schema = Workspace::new();
    let run = schema.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema is JSON");
    let schemas = schema["provider_schemas"].as_object().expect("an object");
    let provider = schemas.values().next().expect("one provider");
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
    for example in examples.iter().filter(|example| chosen(example)) {
        let workspace = workspace(example);
        let run = workspace.try_apply().succeeded();
        assert_eq!(run.diagnostics(), [], "{}\n{run}", example.display());
        workspace.settled();
    }
}

/// Returns whether an example calls a function of the provider.
fn calls_a_function(example: &Path) -> bool {
    files(example).iter().any(|file| {
        let text = fs::read_to_string(file).expect("the file can be read");
        text.contains("provider::")
    })
}

#[test]
fn every_data_source_has_an_example_that_can_be_applied() {
    let member = "data_source_schemas";
    let chosen = |example: &Path| !calls_a_function(example);
    each_has_an_example_that_can_be_applied("data-sources", member, chosen);
}

#[test(needs(Functions))]
fn every_example_of_a_data_source_with_a_function_can_be_applied() {
    let member = "data_source_schemas";
    each_has_an_example_that_can_be_applied("data-sources", member, calls_a_function);
}

#[test(needs(Functions))]
fn every_function_has_an_example_that_can_be_applied() {
    each_has_an_example_that_can_be_applied("functions", "functions", calls_a_function);
}

#[test]
fn the_provider_and_resource_examples_apply_unchanged() {
    for (example, warned) in [
        ("provider", &[][..]),
        ("resources/harness_bitbucket_connector", &[]),
    ] {
        let workspace = Workspace::new();
        for file in files(&directory(example)) {
            let name = file.file_name().expect("a file has a name");
            // Import blocks, for an account that does not have those connectors.
            if !name.to_string_lossy().starts_with("import") {
                fs::copy(&file, workspace.path().join(name)).expect("the file can be copied");
            }
        }
        if example == "provider" {
            // It says about the provider what the workspace says.
            workspace.write_file("versions.tf", "");
        }
        workspace.apply_warned(warned);
    }
}

/// Copies a directory with all its contents.
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

#[test(needs(OptionalAttributes))]
fn the_complete_example_is_applied_as_it_stands() {
    let workspace = Workspace::new();
    // It says about the provider what the workspace says.
    workspace.write_file("versions.tf", "");
    copy(&directory("complete"), workspace.path());
    workspace.run(&["get"]).succeeded();
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    workspace.settled();

    // Destroyed as its comment says: not by mistake, and then completely.
    workspace.try_destroy().failed();
    let main = workspace.read_file("main.tf");
    assert!(main.contains("# To destroy everything, set `prevent_destroy` below to false"));
    let released = main.replace("prevent_destroy = true", "prevent_destroy = false");
    assert_ne!(released, main);
    workspace.write(&released);
    workspace.plan().finds_nothing();
    workspace.destroy();
    assert_eq!(workspace.state().len(), 0);
}

/// This provider creates what the other provider uses: the connector, and the texts that name it. The other provider's
/// blocks are checked as text.
#[test]
fn the_official_provider_example_refers_to_the_connector() {
    let workspace = Workspace::new();
    let example = |name: &str| {
        let file = directory("with-official-provider").join(name);
        fs::read_to_string(file).expect("the file can be read")
    };
    for name in ["pipeline.yaml.tftpl", "trigger.yaml.tftpl"] {
        workspace.write_file(name, &example(name));
    }
    // Terraform can check the formatting of the files without the other provider.
    for name in ["pipelines.tf", "terraform.tf"] {
        let checked = workspace.beside();
        checked.write(&example(name));
        let run = checked
            .run(&["fmt", "-check", "-diff", "main.tf"])
            .succeeded();
        assert_eq!(run.stdout, "", "{name}\n{run}");
    }
    let outputs = "output \"texts\" {\n  value = [local.pipeline_yaml, local.trigger_yaml]\n}\n";
    workspace.write(&format!("{}\n{outputs}", example("connector.tf")));
    workspace.apply();
    let shown = workspace.run(&["output", "-json", "texts"]).succeeded();
    let texts: Vec<String> = serde_json::from_str(&shown.stdout).expect("two texts");
    assert_eq!(texts.len(), 2);
    let pipelines = example("pipelines.tf");
    for (text, local) in texts
        .iter()
        .zip(["local.pipeline_yaml", "local.trigger_yaml"])
    {
        assert!(
            text.contains("connectorRef: Website_repository\n"),
            "{text}"
        );
        assert!(!text.contains("${"), "{text}");
        assert_eq!(pipelines.matches(local).count(), 1, "{local}");
    }
    let resources = pipelines.matches("\nresource ").count();
    assert_eq!(
        (resources, pipelines.matches("provider = official").count()),
        (2, 2)
    );
}

#[test(needs(Mocks))]
fn the_module_of_the_complete_example_passes_its_own_tests() {
    let module = Workspace::new().without_key();
    module.write_file("versions.tf", "");
    copy(&directory("complete/modules/repository"), module.path());
    let run = module.run(&["test", "-json"]).succeeded();
    let messages = run.messages();
    let summary = messages
        .iter()
        .find_map(|message| message.get("test_summary"))
        .expect("there is a summary");
    assert_eq!(
        (&summary["status"], &summary["passed"]),
        (&json!("pass"), &json!(7)),
        "{run}"
    );
}

#[test]
fn the_example_finds_every_app_password_of_the_account() {
    let workspace = workspace(&directory("app-passwords"));
    let run = workspace.try_apply().succeeded();
    assert_eq!(run.diagnostics(), [], "{run}");
    let output = workspace.run(&["output", "-json"]).succeeded();
    let output: Value = serde_json::from_str(&output.stdout).expect("outputs are JSON");
    let found = &output["connectors_with_app_passwords"]["value"];
    let members = found.as_object().expect("an object");
    assert_eq!(members.len(), 1, "{found}");
    let website = &found["platform/website/website_username_token"];
    assert_eq!(website["name"], "Website");
    assert_eq!(website["secret"], "org.bitbucket_token");
    workspace.settled();
}

#[test(needs(CheckBlocks))]
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

/// Returns the files with this cover.
fn covered(cover: Cover) -> Vec<PathBuf> {
    let paths = COVERED.iter().filter(|(_, by)| *by == cover);
    paths
        .flat_map(|(path, _)| {
            let mut files = BTreeSet::new();
            if path.ends_with('/') {
                all_files(&directory(path), &mut files);
            } else {
                files.insert((*path).to_owned());
            }
            files
        })
        .map(|path| directory(&path))
        .collect()
}

/// Terraform imports by identity since 1.12, and runs actions and lists since 1.14. An older host can check that the
/// files are well-formed.
#[test]
fn the_examples_for_newer_versions_are_well_formed() {
    let files = covered(Cover::Sent);
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let workspace = Workspace::new();
        let text = fs::read_to_string(&file).expect("the file can be read");
        workspace.write(&text);
        let run = workspace
            .run(&["fmt", "-check", "-diff", "main.tf"])
            .succeeded();
        assert_eq!(run.stdout, "", "{}\n{run}", file.display());
    }
}

#[test]
fn the_resource_example_applies_and_its_commands_import_it() {
    let workspace = Workspace::new();
    let example = directory("resources/harness_bitbucket_connector");
    let resources = fs::read_to_string(example.join("resource.tf")).expect("it can be read");
    // The commands import what was created with these names.
    workspace.write(&resources);
    let run = workspace.try_apply().succeeded();
    workspace.settled();
    let created = workspace.state();
    assert_eq!(created.len(), 3, "{run}");

    let elsewhere = workspace.beside();
    elsewhere.write(&resources);
    let commands = fs::read_to_string(example.join("import.sh")).expect("it can be read");
    let commands: Vec<Vec<&str>> = commands
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(commands.len(), created.len());
    for command in &commands {
        let [program, import, address, id] = command.as_slice() else {
            panic!("another command: {command:?}");
        };
        assert_eq!((*program, *import), ("terraform", "import"));
        elsewhere
            .run(&["import", "-input=false", "-no-color", address, id])
            .succeeded();
    }
    // An import does not know what only the configuration says.
    elsewhere.try_apply().succeeded();
    elsewhere.settled();
    assert_eq!(elsewhere.state(), created);
}

#[test(needs(ImportBlocks))]
fn the_block_beside_the_example_of_the_resource_imports_what_it_made() {
    let workspace = Workspace::new();
    let example = directory("resources/harness_bitbucket_connector");
    let resources = fs::read_to_string(example.join("resource.tf")).expect("it can be read");
    workspace.write(&resources);
    workspace.try_apply().succeeded();
    let elsewhere = workspace.beside();
    let block = fs::read_to_string(example.join("import-by-string-id.tf"));
    let block = block.expect("it can be read");
    elsewhere.write(&format!("{resources}\n{block}"));
    let planned = elsewhere.plan().finds_changes();
    let messages = planned.messages();
    let imported: Vec<_> = messages
        .iter()
        .filter(|message| message["type"] == "planned_change")
        .filter_map(|message| message.pointer("/change/importing/id"))
        .collect();
    assert_eq!(imported, ["platform/payments/payments_code"], "{planned}");
    assert_eq!(planned.actions().len(), 3, "{planned}");
}

#[test]
fn the_example_of_the_provider_block_is_valid() {
    for file in covered(Cover::Validated) {
        let workspace = Workspace::new();
        // It says about the provider what the workspace says.
        workspace.write_file("versions.tf", "");
        let text = fs::read_to_string(&file).expect("the file can be read");
        workspace.write(&text);
        workspace.run(&["validate", "-no-color"]).succeeded();
    }
}

#[test]
fn what_the_quickstart_applies_is_applied_and_its_script_is_one() {
    let workspace = workspace(&directory("quickstart"));
    workspace.apply();
    workspace.destroy();

    let script = directory("quickstart/run.sh");
    let check = Command::new("bash").arg("-n").arg(&script).output();
    let check = check.expect("bash can be started");
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}
