//! What Cargo cannot check about the sources: the words that the two libraries and our texts must not contain, the layers
//! of the provider, circles between a module and its children, and the length of files.
//!
//! The packages' `Cargo.toml` files determine which may use which; `docs/ARCHITECTURE.md` says why.

#![allow(clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The number of lines from which a file needs a reason.
const LONG: usize = 600;
/// The beginning of the reason, in the file's own documentation.
const REASON: &str = "This file is long because";

/// Returns the path, relative to the root of the repository, and the text of each Rust file below a directory.
fn sources(directory: &str) -> Vec<(String, String)> {
    files(directory, &["rs"])
}

/// Like [`sources`], for files with these extensions.
fn files(directory: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut directories: Vec<PathBuf> = vec![root.join(directory)];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("the directory is there") {
            let path = entry.expect("the directory can be read").path();
            if path.is_dir() {
                directories.extend((!path.ends_with("target")).then_some(path));
            } else if path
                .extension()
                .and_then(OsStr::to_str)
                .is_some_and(|extension| extensions.contains(&extension))
            {
                let text = fs::read_to_string(&path).expect("the file is text");
                let path = path.strip_prefix(root).expect("the file is below the root");
                files.push((path.display().to_string(), text));
            }
        }
    }
    assert!(!files.is_empty(), "no files in {directory}");
    files
}

/// Returns the lines in a directory that contain one of these words, ignoring case.
fn mentions(directory: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(directory) {
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            if words.iter().any(|word| lower.contains(word)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn the_framework_has_no_word_of_the_platform() {
    assert_eq!(
        mentions("src/tf_provider", &["harness", "bitbucket"]),
        [""; 0]
    );
}

#[test]
fn the_client_of_the_platform_has_no_word_of_the_protocol() {
    assert_eq!(
        mentions("src/platform", &["tfplugin", "tf_provider", "hcl"]),
        [""; 0]
    );
}

/// Words for which CONTRIBUTING.md names others, each in two parts, so that this file does not contain them.
const UNUSED_WORDS: [(&str, &str); 11] = [
    ("some", "body"),
    ("no", "body"),
    ("any", "body"),
    ("fol", "der"),
    ("jud", "g"),
    ("mend", "ed"),
    ("look", "-up"),
    ("back", "-off"),
    ("time", "-out"),
    ("e", "-mail"),
    ("user", " name"),
];

#[test]
fn texts_use_one_word_for_one_thing() {
    let words = UNUSED_WORDS.map(|(first, second)| format!("{first}{second}"));
    let extensions = ["rs", "md", "tf", "hcl", "yml", "yaml", "sh", "toml", "txt"];
    let mut found = Vec::new();
    for directory in ["src", "docs", "examples", "tests", ".ci", ".github"] {
        for (path, text) in files(directory, &extensions) {
            for (number, line) in text.lines().enumerate() {
                let line = line.to_lowercase();
                let begins_word = |at: usize| {
                    let before = line.get(..at).unwrap_or_default();
                    !before.ends_with(char::is_alphanumeric)
                };
                for word in &words {
                    if line.match_indices(word).any(|(at, _)| begins_word(at)) {
                        found.push(format!("{path}:{}: {word}", number + 1));
                    }
                }
            }
        }
    }
    assert_eq!(found, [""; 0], "CONTRIBUTING.md has the words to use");
}

/// The layers of the provider, lowest first. A layer names only those below it.
const LAYERS: [&str; 11] = [
    "harness",
    "bitbucket_connector::connector",
    "bitbucket_connector::checks",
    "bitbucket_connector::resource",
    "bitbucket_connector::queries",
    "bitbucket_connector::functions",
    "provider",
    "command",
    "doctor",
    "export",
    "review",
];

#[test]
fn a_layer_names_only_those_below_it() {
    for (number, layer) in LAYERS.iter().enumerate() {
        let above: Vec<String> = LAYERS[number + 1..]
            .iter()
            .map(|above| format!("crate::{above}::"))
            .collect();
        let above: Vec<&str> = above.iter().map(String::as_str).collect();
        let directory = format!("src/{}", layer.replace("::", "/"));
        let mut found = mentions(&directory, &above);
        // Test helpers build a state as a resource does.
        found.retain(|line| !line.contains("/testing.rs:"));
        assert_eq!(found, [""; 0], "above {layer}");
    }
}

/// Returns the code of a file above its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
}

/// Returns the names in a piece of code.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let names = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    names.filter(|name| !name.is_empty())
}

/// Returns the items that a module declares itself, rather than its children.
fn own_items(code: &str) -> BTreeSet<&str> {
    const KINDS: [&str; 7] = ["const", "enum", "fn", "static", "struct", "trait", "type"];
    let items = code
        .lines()
        .filter(|line| line.starts_with(char::is_alphabetic));
    let items = items.filter_map(|line| {
        let mut words = names(line).skip_while(|word| !KINDS.contains(word));
        words.find(|word| !KINDS.contains(word))
    });
    items.collect()
}

/// Returns the items of its parent that a module names.
fn taken_from_parent<'a>(code: &'a str, items: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let paths = code.split("super::").skip(1);
    let taken = paths.flat_map(|path| {
        let is_list = path.starts_with('{');
        let path = path.split(';').next().unwrap_or_default();
        names(path).take(if is_list { usize::MAX } else { 1 })
    });
    taken.filter(|name| items.contains(name)).collect()
}

#[test]
fn a_module_names_no_item_of_a_parent_that_uses_it() {
    let sources: BTreeMap<String, String> = sources("src").into_iter().collect();
    let mut circles = Vec::new();
    for (path, text) in &sources {
        let above = ["mod.rs", "lib.rs"];
        let Some(directory) = above.iter().find_map(|name| path.strip_suffix(name)) else {
            continue;
        };
        let parent = code(text);
        let items = own_items(parent);
        let mut before = "";
        for line in parent.lines() {
            // Only modules of tests have an attribute.
            let is_for_tests = std::mem::replace(&mut before, line).starts_with("#[");
            let child = line.strip_suffix(';').and_then(|it| it.rsplit_once("mod "));
            let Some((_, child)) = child.filter(|_| !is_for_tests) else {
                continue;
            };
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let mut before_uses = parent.split(&format!("{child}::")).collect::<Vec<_>>();
            before_uses.pop();
            let is_used = before_uses.iter().any(|before| !before.ends_with(is_name));
            let file = ["{}.rs", "{}/mod.rs"]
                .map(|name| directory.to_owned() + &name.replace("{}", child));
            let child = file.iter().find_map(|file| sources.get(file));
            let taken = taken_from_parent(code(child.expect("the module has a file")), &items);
            if is_used && !taken.is_empty() {
                circles.push(format!("{}: {taken:?}", file[0]));
            }
        }
    }
    assert_eq!(circles, [""; 0], "move the items to a file next to these");
}

#[test]
fn a_long_file_says_why() {
    let long = ["src", "tests/integration", "tests/sandbox"]
        .map(sources)
        .into_iter()
        .flatten()
        .filter(|(_, text)| text.lines().count() > LONG);
    let without_reason: Vec<_> = long
        .filter(|(_, text)| {
            let mut documentation = text.lines().take_while(|line| line.starts_with("//!"));
            !documentation.any(|line| line.contains(REASON))
        })
        .map(|(path, _)| path)
        .collect();
    assert_eq!(without_reason, [""; 0], "split it, or say \"{REASON} …\"");
}
