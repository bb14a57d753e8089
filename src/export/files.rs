//! The files: their contents, and writing them without overwriting any.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::hcl::{Content, Value};
use super::official::{Managed, OFFICIAL_TYPE};
use super::selection::{Export, Exported};
use crate::PLUGIN;
use crate::bitbucket_connector::connector::TYPE_NAME;
use crate::command::text::wrapped;
use crate::harness::entity_id;
use crate::harness::wording::file::{self, unusable_directory};

/// How wide a comment is at most.
const WIDTH: usize = 100;
/// Characters in a shell argument that need no quotes.
const PLAIN: &str = "_./-";

/// A file of the export.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// How the resources get their connectors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Way {
    /// `import` blocks.
    Imports,
    /// `moved` blocks, from the official provider's resources.
    Moves,
    /// Commands that make Terraform forget the official provider's resources and import the connectors.
    Commands,
}

impl Way {
    /// Returns the name of the file.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Imports => "imports.tf",
            Self::Moves => "moved.tf",
            Self::Commands => "import.sh",
        }
    }
}

/// The file with the resources.
pub(super) const CONNECTORS: &str = "connectors.tf";
/// The file with the provider's source address.
pub(super) const VERSIONS: &str = "versions.tf";

/// Returns the files of an export. Without connectors, nothing is imported, and there may only be comments.
pub(super) fn of(export: &Export, way: Way, provider: Option<&str>) -> Vec<File> {
    let mut files = Vec::new();
    if !export.connectors.is_empty() {
        files.push(File {
            name: way.file(),
            text: match way {
                Way::Imports => imports(export),
                Way::Moves => moves(export, provider),
                Way::Commands => commands(export, provider),
            },
        });
    }
    let resources = resources(export, provider);
    if !resources.is_empty() {
        files.push(File {
            name: CONNECTORS,
            text: resources.into_file(),
        });
    }
    files
}

/// Returns the file with the provider's source address.
pub(super) fn versions(provider: Option<&str>) -> File {
    let mut terraform = Content::default();
    terraform.block("required_providers", &[], requirement(provider));
    let mut content = Content::default();
    content.block("terraform", &[], terraform);
    File {
        name: VERSIONS,
        text: content.into_file(),
    }
}

/// Returns what `required_providers` needs.
fn requirement(provider: Option<&str>) -> Content {
    let address = PLUGIN.source_address;
    // The registry is the default host.
    let source = address.split_once('/').map_or(address, |(_, rest)| rest);
    let version = concat!(
        "~> ",
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR")
    );
    let requirement = [("source", source), ("version", version)];
    let requirement = requirement.map(|(key, text)| (key.to_owned(), text.to_owned()));
    let mut providers = Content::default();
    providers.argument(
        provider.unwrap_or(PLUGIN.name),
        Value::Map(requirement.into()),
    );
    providers
}

fn resource(label: &str) -> Value {
    Value::Resource {
        kind: TYPE_NAME,
        name: label.to_owned(),
        key: None,
    }
}

fn id(exported: &Exported) -> String {
    let connector = &exported.written.connector;
    entity_id::format(&connector.scope, &connector.identifier)
}

fn imports(export: &Export) -> String {
    let mut content = Content::default();
    content.comment("Imports the connectors in connectors.tf. Delete this file after the apply.");
    for exported in &export.connectors {
        let mut import = Content::default();
        import
            .argument("to", resource(&exported.label))
            .text("id", id(exported));
        content.gap().block("import", &[], import);
    }
    content.into_file()
}

fn moves(export: &Export, provider: Option<&str>) -> String {
    let mut content = Content::default();
    for exported in &export.connectors {
        let Some(Managed { name, key, .. }) = &exported.managed else {
            continue;
        };
        let mut moved = Content::default();
        let from = Value::Resource {
            kind: OFFICIAL_TYPE,
            name: name.clone(),
            key: key.clone(),
        };
        moved
            .argument("from", from)
            .argument("to", resource(&exported.label));
        content.gap().block("moved", &[], moved);
    }
    let mut lines = comment(
        "Moves the connectors to the resources in connectors.tf. Delete this file after the apply.",
    );
    lines.extend(in_place_of_official(export, provider));
    lines.push(String::new());
    lines.join("\n") + "\n" + &content.into_file()
}

/// Returns comments that say where the files belong that replace the official provider's resources, and what is needed
/// there: only the configuration with the state can hand over its resources, and it has `required_providers` already.
fn in_place_of_official(export: &Export, provider: Option<&str>) -> Vec<String> {
    let mut lines = vec!["#".to_owned()];
    lines.extend(comment(&format!(
        "Put this file and connectors.tf next to the `{OFFICIAL_TYPE}` resources, and remove those resources. Add this provider \
         to `required_providers` there:"
    )));
    lines.push("#".to_owned());
    let requirement = requirement(provider).into_file();
    lines.extend(requirement.lines().map(|line| format!("#   {line}")));
    if provider.is_none() {
        lines.push("#".to_owned());
        lines.extend(comment(
            "If `harness` must remain the name of harness/harness there, export again with `--provider NAME`.",
        ));
    }
    lines.push("#".to_owned());
    lines.extend(comment(&references(export)));
    lines
}

/// Returns what to do about references to the old resources, with one of them as the example.
fn references(export: &Export) -> String {
    let of_instance = |it: &&Exported| it.managed.as_ref().is_some_and(|it| it.key.is_some());
    let instance = export.connectors.iter().find(of_instance);
    let example = instance.or(export.connectors.first());
    let (from, to) = example.map_or_else(Default::default, |it| {
        let from = it.managed.as_ref().map(Managed::address);
        (
            from.unwrap_or_default(),
            format!("{TYPE_NAME}.{}", it.label),
        )
    });
    let instances = match instance {
        Some(_) => "Each instance of `for_each` or `count` becomes a resource of its own. ",
        None => "",
    };
    format!("{instances}Change references to the old resources, for example `{from}` to `{to}`.")
}

/// Returns a sentence as lines of a comment.
fn comment(text: &str) -> Vec<String> {
    let lines = wrapped(text, WIDTH - "# ".len()).into_iter();
    lines.map(|line| format!("# {line}")).collect()
}

fn commands(export: &Export, provider: Option<&str>) -> String {
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        "# Imports the connectors in connectors.tf: run `sh import.sh` once, after `terraform init`. Each command takes"
            .to_owned(),
        "# effect at once. If one fails, remove the lines before it and run the rest.".to_owned(),
    ];
    if export.is_of_official() {
        lines.extend(in_place_of_official(export, provider));
    }
    lines.extend(["set -e".to_owned(), String::new()]);
    for exported in &export.connectors {
        let address = format!("{TYPE_NAME}.{}", exported.label);
        lines.push(format!(
            "terraform import {} {}",
            in_shell(&address),
            in_shell(&id(exported))
        ));
        // Only afterwards, so that the state always has the connector.
        if let Some(managed) = &exported.managed {
            lines.push(format!(
                "terraform state rm {}",
                in_shell(&managed.address())
            ));
        }
    }
    lines.join("\n") + "\n"
}

/// Quotes an argument for a POSIX shell.
pub(super) fn in_shell(text: &str) -> String {
    if text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c))
    {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn resources(export: &Export, provider: Option<&str>) -> Content {
    let mut content = Content::default();
    for Exported { label, written, .. } in &export.connectors {
        let block = written.block(provider);
        content.gap().block("resource", &[TYPE_NAME, label], block);
    }
    for left_out in &export.left_out {
        content.gap().comment(format!("Left out: {left_out}"));
    }
    for missed in &export.missed {
        content
            .gap()
            .comment(format!("Not read: {}. {}", missed.what, missed.reason));
    }
    content
}

/// A directory that is ready for files.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Whether it already contains configuration, which sets the source addresses of providers.
    pub(super) has_configuration: bool,
}

impl Directory {
    /// Checks a directory, which may not exist yet, for files with these names.
    ///
    /// # Errors
    /// Returns an error if one of the files exists, or the directory cannot be read.
    pub(super) fn prepare(path: &Path, names: &[&str]) -> Result<Self, String> {
        let mut has_configuration = false;
        match fs::read_dir(path) {
            Ok(entries) => {
                for entry in entries {
                    let entry = entry.map_err(|error| not_usable(path, &error))?;
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    if names.contains(&&*name) {
                        return Err(exists(&path.join(&*name)));
                    }
                    has_configuration |= [".tf", ".tf.json", ".tofu", ".tofu.json"]
                        .iter()
                        .any(|end| name.ends_with(end));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(not_usable(path, &error)),
        }
        Ok(Self {
            path: path.to_owned(),
            has_configuration,
        })
    }

    /// Writes the files. If one fails, those already written are removed again.
    ///
    /// # Errors
    /// Returns an error if a file exists, or cannot be written.
    pub(super) fn write(&self, files: &[File]) -> Result<(), String> {
        fs::create_dir_all(&self.path).map_err(|error| not_usable(&self.path, &error))?;
        let mut written: Vec<PathBuf> = Vec::new();
        for file in files {
            let path = self.path.join(file.name);
            if let Err(complaint) = write_new(&path, &file.text, &mut written) {
                for path in written {
                    // The reported error is about the file that failed.
                    let _ = fs::remove_file(path);
                }
                return Err(complaint);
            }
        }
        Ok(())
    }

    /// Returns the path of a file in it, for people.
    pub(super) fn shown(&self, name: &str) -> String {
        shown(&self.path.join(name))
    }

    /// Returns its path, for people.
    pub(super) fn name(&self) -> String {
        shown(&self.path)
    }
}

/// Writes a file that does not exist yet. Fails if another process creates it at the same moment.
fn write_new(path: &Path, text: &str, written: &mut Vec<PathBuf>) -> Result<(), String> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => unusable(path, &error),
    })?;
    written.push(path.to_owned());
    file.write_all(text.as_bytes())
        .map_err(|error| unusable(path, &error))
}

fn exists(path: &Path) -> String {
    format!(
        "{} exists, and `export` never overwrites a file. Use another directory, or remove the file",
        shown(path)
    )
}

fn not_usable(directory: &Path, error: &io::Error) -> String {
    let reason = unusable_directory(shown(directory), error);
    format!("{reason}. Use another directory; `export` creates it if it does not exist")
}

fn unusable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", shown(path))
}

fn shown(path: &Path) -> String {
    let here = path.strip_prefix(".").ok();
    file::path(here.filter(|rest| *rest != Path::new("")).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_requirement_has_the_layout_of_terraform_fmt() {
        let version = env!("CARGO_PKG_VERSION")
            .rsplit_once('.')
            .map(|(version, _)| version)
            .unwrap();
        let expected = format!(
            "terraform {{\n  required_providers {{\n    bitbucket = {{\n      source  = \"harness-rs/harness\"\n      \
             version = \"~> {version}\"\n    }}\n  }}\n}}\n"
        );
        assert_eq!(versions(Some("bitbucket")).text, expected);
    }

    #[test]
    fn arguments_of_a_shell_are_quoted_where_they_need_it() {
        for (text, expected) in [
            ("shop/web/bb", "shop/web/bb"),
            ("price$", "'price$'"),
            ("x[\"a'b\"]", r#"'x["a'\''b"]'"#),
        ] {
            assert_eq!(in_shell(text), expected);
        }
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left_half_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("deep");
        let files = [
            File {
                name: "imports.tf",
                text: "a".to_owned(),
            },
            File {
                name: "connectors.tf",
                text: "b".to_owned(),
            },
        ];
        let ready = Directory::prepare(&path, &["imports.tf"]).unwrap();
        assert!(!ready.has_configuration);
        ready.write(&files).unwrap();
        assert_eq!(fs::read_to_string(path.join("connectors.tf")).unwrap(), "b");

        let again = Directory::prepare(&path, &["imports.tf"]).unwrap_err();
        assert!(again.contains("imports.tf exists"), "{again}");
        let ready = Directory::prepare(&path, &["moved.tf"]).unwrap();
        assert!(ready.has_configuration);
        // Another process created the second file first.
        fs::remove_file(path.join("imports.tf")).unwrap();
        let late = ready.write(&files).unwrap_err();
        assert!(late.contains("connectors.tf exists"), "{late}");
        assert!(!path.join("imports.tf").exists());
        assert_eq!(fs::read_to_string(path.join("connectors.tf")).unwrap(), "b");

        let file = path.join("connectors.tf");
        let refused = Directory::prepare(&file, &[]).unwrap_err();
        let reason =
            "connectors.tf cannot be a directory: it, or a part of its path, is a file. Use";
        assert!(refused.contains(reason), "{refused}");
    }
}
