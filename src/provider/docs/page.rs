//! The pages, one function for each kind, which fill in the template.

use std::fmt::Write;
use std::fs;

use tf_provider::function::Signature;
use tf_provider::resource::{IdentitySchema, Resource};
use tf_provider::schema::Schema;
use tf_provider::value::Type;

use super::reference::{self, chapter};
use super::templates;
use crate::bitbucket_connector::checks::offline::details::url_forms;
use crate::bitbucket_connector::checks::rule_links;
use crate::golden::{at_root, filled};

/// The provider's name, which file names leave out.
pub(super) const PROVIDER: &str = "harness";

/// The page that explains the rules, relative to the pages in a directory of `docs/`.
const RULES: &str = "../guides/validation-rules.md";

const NOTE: &str = "<!-- Written from the declarations in src and the files in examples. Change them there, then run the tests \
                    with UPDATE_DOCS=1. -->";

/// Returns the overview of the provider.
pub(super) fn index(schema: &Schema) -> String {
    let title = format!("{PROVIDER} Provider");
    let guides = guides().into_iter();
    let guides = guides
        .map(|(file, title, description)| format!("- [{title}](guides/{file}): {description}\n"));
    let parts = [
        ("opening", opening(&title, &title, schema.block.description)),
        ("example", example("terraform", "provider/provider.tf")),
        ("guides", guides.collect()),
        ("schema", chapter(&schema.block, &|_| String::new())),
    ];
    filled(templates::INDEX, &parts)
}

/// Returns the page of a resource, with its import.
pub(super) fn resource(name: &str, resource: &dyn Resource) -> String {
    let schema = resource.schema();
    let file = |name_of_file: &str| format!("resources/{name}/{name_of_file}");
    let rules = |path: &str| rule_links::of_argument(path, RULES);
    let parts = [
        (
            "opening",
            of_kind(name, "Resource", schema.block.description),
        ),
        ("cloud", explained(&file("resource.tf"), "cloud")),
        (
            "data_center",
            explained(&file("resource.tf"), "data_center"),
        ),
        ("project", explained(&file("resource.tf"), "project")),
        ("map", explained(&file("map.tf"), "repository")),
        ("url_forms", url_forms::tables()),
        ("schema", chapter(&schema.block, &rules)),
        ("import", fence("shell", &file("import.sh"))),
        (
            "import_block",
            fence("terraform", &file("import-by-string-id.tf")),
        ),
        (
            "import_by_identity",
            fence("terraform", &file("import-by-identity.tf")),
        ),
        ("identity", identity(resource.identity_schema().unwrap())),
    ];
    filled(templates::RESOURCE, &parts)
}

fn identity(schema: &IdentitySchema) -> String {
    let mut text = "### Identity Schema\n".to_owned();
    for (title, required) in [("Required", true), ("Optional", false)] {
        write!(text, "\n#### {title}\n\n").unwrap();
        for attribute in &schema.attributes {
            if attribute.required_for_import == required {
                let ty = reference::words(&attribute.ty);
                writeln!(
                    text,
                    "- `{}` ({ty}) {}",
                    attribute.name, attribute.description
                )
                .unwrap();
            }
        }
    }
    text
}

/// Returns the page of a data source.
pub(super) fn data_source(name: &str, schema: &Schema) -> String {
    let example = format!("data-sources/{name}/data-source.tf");
    searching(name, "Data Source", "terraform", &example, schema)
}

/// Returns the page of an action.
pub(super) fn action(name: &str, schema: &Schema) -> String {
    let example = format!("actions/{name}/action.tf");
    searching(name, "Action", "terraform", &example, schema)
}

/// Returns the page of a list resource.
pub(super) fn list_resource(name: &str, schema: &Schema) -> String {
    let example = format!("list-resources/{name}/list-resource.tfquery.hcl");
    searching(name, "List Resource", "terraform", &example, schema)
}

/// Returns the page of something with arguments that select connectors.
fn searching(name: &str, kind: &str, language: &str, file: &str, schema: &Schema) -> String {
    let rules = |path: &str| rule_links::of_scope(path, RULES);
    let parts = [
        ("opening", of_kind(name, kind, schema.block.description)),
        ("example", example(language, file)),
        ("schema", chapter(&schema.block, &rules)),
    ];
    filled(templates::of(name, kind), &parts)
}

/// Returns the page of a function.
pub(super) fn function(name: &str, signature: &Signature) -> String {
    let title = format!("{name} function - {PROVIDER}");
    let parameters = signature.parameters.iter();
    let declared: Vec<_> = parameters
        .map(|it| format!("{} {}", it.name, it.ty))
        .collect();
    let mut arguments = String::new();
    for (parameter, number) in signature.parameters.iter().zip(1..) {
        let (name, ty) = (parameter.name, reference::words(&parameter.ty));
        writeln!(
            arguments,
            "{number}. `{name}` ({ty}) {}",
            parameter.description
        )
        .unwrap();
    }
    let parts = [
        (
            "opening",
            opening(&title, &format!("function: {name}"), signature.summary),
        ),
        ("description", signature.description.to_owned()),
        (
            "example",
            example("terraform", &format!("functions/{name}/function.tf")),
        ),
        (
            "signature",
            format!(
                "{name}({}) {}",
                declared.join(", "),
                returned(&signature.returns)
            ),
        ),
        ("arguments", arguments),
    ];
    filled(templates::FUNCTION, &parts)
}

/// Returns the type that a function returns, with each attribute of an object on a line of its own.
fn returned(ty: &Type) -> String {
    let Type::Object(attributes) = ty else {
        return ty.to_string();
    };
    let lines = attributes
        .iter()
        .map(|(name, ty)| format!("  {name} = {ty}"));
    format!("object({{\n{}\n}})", lines.collect::<Vec<_>>().join("\n"))
}

fn of_kind(name: &str, kind: &str, description: &str) -> String {
    let title = format!("{name} {kind} - {PROVIDER}");
    let opening = opening(&title, &format!("{name} ({kind})"), description);
    format!("{opening}{description}")
}

/// Returns front matter and title.
fn opening(title: &str, heading: &str, description: &str) -> String {
    let plain = description.replace(['`', '*'], "");
    let plain = plain.trim_end_matches('.');
    format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {plain}.\n---\n\n{NOTE}\n\n# {heading}\n\n"
    )
}

fn example(language: &str, file: &str) -> String {
    format!("## Example Usage\n\n{}", fence(language, file))
}

/// Returns an example file as a code block.
fn fence(language: &str, file: &str) -> String {
    let text = fs::read_to_string(at_root("examples").join(file)).unwrap();
    format!("```{language}\n{}\n```", text.trim_end())
}

/// The part of an example that declares the resource of this label: the comment above it as text, then the code up to the
/// next resource. A part begins with a comment after an empty line.
fn explained(file: &str, label: &str) -> String {
    let text = fs::read_to_string(at_root("examples").join(file)).unwrap();
    let is_resource = |part: &&str| part.contains("\nresource ");
    let declaration = format!("\" \"{label}\" {{\n");
    let mut parts = text
        .trim_end()
        .split("\n\n# ")
        .skip_while(|part| !part.contains(&declaration));
    let part = parts.next();
    let part = part.unwrap_or_else(|| panic!("{file} has no {label}"));
    let is_comment = |(number, line): &(usize, &str)| *number == 0 || line.starts_with('#');
    let (comment, code): (Vec<_>, Vec<_>) = part.lines().enumerate().partition(is_comment);
    let comment: Vec<_> = comment
        .into_iter()
        .map(|(_, line)| line.trim_start_matches('#').trim())
        .collect();
    let code: Vec<_> = code.into_iter().map(|(_, line)| line).collect();
    let mut code = code.join("\n");
    for more in parts.take_while(|part| !is_resource(part)) {
        write!(code, "\n\n# {more}").unwrap();
    }
    format!("{}\n\n```terraform\n{code}\n```", comment.join(" "))
}

/// Returns the guides as their own front matter presents them: file, title, and description. Those for new users come
/// first.
fn guides() -> Vec<(String, String, String)> {
    let mut guides: Vec<_> = fs::read_dir(at_root("docs/guides"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            let title = text.split("page_title: \"").nth(1).unwrap();
            let title = title.split('"').next().unwrap().to_owned();
            let description = text.split("description: |-\n  ").nth(1).unwrap();
            let description = description.lines().next().unwrap().to_owned();
            (entry.file_name().into_string().unwrap(), title, description)
        })
        .collect();
    let place = |file: &str| templates::GUIDES.iter().position(|guide| *guide == file);
    guides.sort_by_key(|(file, ..)| (place(file).unwrap_or(templates::GUIDES.len()), file.clone()));
    guides
}
