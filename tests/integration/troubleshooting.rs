//! The guide to troubleshooting is looked up by the message that somebody sees. So each message in its headings must be
//! one that this program, or Terraform, really says.

use std::path::Path;
use std::{fs, io};

/// Messages of Terraform's own.
const OF_TERRAFORM: [&str; 4] = [
    "Failed to query available provider packages",
    "Provider development overrides are in effect",
    "Unrecognized remote plugin message",
    "Failed to load plugin schemas",
];

/// What the library that verifies certificates says; `client::tests::trust` of the platform has it said.
const OF_VERIFIER: &str = "does not allow extended key usage for server authentication";

/// What separates the constant parts of a message: an ellipsis stands in a heading for what differs from case to case, and a
/// summary is put together of what happened and what became of the connector.
const SEPARATORS: [char; 2] = ['…', ';'];

#[test]
fn each_message_that_the_guide_explains_is_one_that_is_really_said() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/guides/troubleshooting.md")).unwrap();
    let mut source = String::new();
    read(&root.join("src"), &mut source).unwrap();
    // Texts are broken over lines.
    let source = source.replace('\\', "");
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");

    let messages: Vec<&str> = guide
        .lines()
        .filter(|line| line.starts_with("### "))
        .flat_map(|heading| heading.split('`').skip(1).step_by(2))
        .collect();
    assert!(messages.len() > 30, "the guide has {}", messages.len());
    let unsaid: Vec<&str> = messages
        .into_iter()
        .filter(|message| !OF_TERRAFORM.contains(message) && *message != OF_VERIFIER)
        .filter(|message| {
            let mut parts = message.split(SEPARATORS).map(str::trim);
            !parts.all(|part| source.contains(part))
        })
        .collect();
    assert!(unsaid.is_empty(), "nothing in src says {unsaid:?}");
}

/// Adds the text of all source files that are not tests.
fn read(directory: &Path, text: &mut String) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                read(&path, text)?;
            }
        } else if !path.ends_with("tests.rs") {
            text.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
