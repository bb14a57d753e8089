//! The pages, one function for each kind: front matter, title, description, example, what there is to know, schema.

use std::fmt::Write;
use std::fs;

use tf_provider::function::Signature;
use tf_provider::resource::{IdentitySchema, Resource};
use tf_provider::schema::Schema;

use super::reference::{self, chapter};
use super::{PROVIDER, words};
use crate::bitbucket_connector::checks::rule_links;
use crate::golden::at_root;

/// Where the rules are explained, from the pages below a directory of `docs/`.
const RULES: &str = "../guides/validation-rules.md";

const NOTE: &str = "<!-- Written from the declarations in src and the files in examples. Change them there, then run the tests \
                    with UPDATE_DOCS=1. -->";

/// The overview of the provider.
pub(super) fn index(schema: &Schema) -> String {
    let title = format!("{PROVIDER} Provider");
    let mut page = opening(&title, &title, schema.block.description);
    page.push_str(words::INDEX);
    example(&mut page, "terraform", "provider/provider.tf");
    page.push_str(words::ACCESS);
    page.push_str("## Guides\n\n");
    for (file, title, description) in guides() {
        writeln!(page, "- [{title}](guides/{file}): {description}").unwrap();
    }
    page.push('\n');
    page.push_str(&chapter(&schema.block, &|_| String::new()));
    page
}

/// A resource, with its import.
pub(super) fn resource(name: &str, resource: &dyn Resource) -> String {
    let schema = resource.schema();
    let mut page = of_kind(name, "Resource", schema.block.description);
    let directory = format!("resources/{name}");
    example(&mut page, "terraform", &format!("{directory}/resource.tf"));
    page.push_str(words::MADE_BLOCKS);
    fence(&mut page, "terraform", &format!("{directory}/map.tf"));
    page.push_str(words::UNDECIDED_BLOCKS);
    page.push_str(&words::of_resource());
    page.push_str(&chapter(&schema.block, &|path| {
        rule_links::of_argument(path, RULES)
    }));
    page.push_str(words::IMPORT);
    fence(&mut page, "shell", &format!("{directory}/import.sh"));
    page.push_str(words::IMPORT_BLOCK);
    fence(
        &mut page,
        "terraform",
        &format!("{directory}/import-by-string-id.tf"),
    );
    page.push_str(words::IMPORT_BY_IDENTITY);
    fence(
        &mut page,
        "terraform",
        &format!("{directory}/import-by-identity.tf"),
    );
    identity(&mut page, resource.identity_schema().unwrap());
    page.push_str(words::AFTER_IMPORT);
    page
}

fn identity(page: &mut String, schema: &IdentitySchema) {
    page.push_str("### Identity Schema\n");
    for (title, required) in [("Required", true), ("Optional", false)] {
        write!(page, "\n#### {title}\n\n").unwrap();
        for attribute in &schema.attributes {
            if attribute.required_for_import == required {
                let ty = reference::words(&attribute.ty);
                writeln!(
                    page,
                    "- `{}` ({ty}) {}",
                    attribute.name, attribute.description
                )
                .unwrap();
            }
        }
    }
}

/// A data source.
pub(super) fn data_source(name: &str, schema: &Schema) -> String {
    let example = format!("data-sources/{name}/data-source.tf");
    searching(name, "Data Source", "terraform", &example, schema)
}

/// An action.
pub(super) fn action(name: &str, schema: &Schema) -> String {
    let example = format!("actions/{name}/action.tf");
    searching(name, "Action", "terraform", &example, schema)
}

/// A list resource.
pub(super) fn list_resource(name: &str, schema: &Schema) -> String {
    let example = format!("list-resources/{name}/list-resource.tfquery.hcl");
    searching(name, "List Resource", "terraform", &example, schema)
}

/// Something that says which connectors it is about.
fn searching(name: &str, kind: &str, language: &str, file: &str, schema: &Schema) -> String {
    let mut page = of_kind(name, kind, schema.block.description);
    example(&mut page, language, file);
    page.push_str(words::of(name, kind));
    page.push_str(&chapter(&schema.block, &|path| {
        rule_links::of_scope(path, RULES)
    }));
    page
}

/// A function.
pub(super) fn function(name: &str, signature: &Signature) -> String {
    let title = format!("{name} function - {PROVIDER}");
    let mut page = opening(&title, &format!("function: {name}"), signature.summary);
    write!(page, "{}\n\n", signature.description).unwrap();
    page.push_str(words::FUNCTIONS);
    example(
        &mut page,
        "terraform",
        &format!("functions/{name}/function.tf"),
    );
    let parameters = signature.parameters.iter();
    let parameters: Vec<_> = parameters
        .map(|it| format!("{} {}", it.name, it.ty))
        .collect();
    let (parameters, returns) = (parameters.join(", "), &signature.returns);
    write!(
        page,
        "## Signature\n\n```text\n{name}({parameters}) {returns}\n```\n\n"
    )
    .unwrap();
    page.push_str("## Arguments\n\n");
    for (parameter, number) in signature.parameters.iter().zip(1..) {
        let (name, ty) = (parameter.name, reference::words(&parameter.ty));
        writeln!(page, "{number}. `{name}` ({ty}) {}", parameter.description).unwrap();
    }
    page
}

fn of_kind(name: &str, kind: &str, description: &str) -> String {
    let title = format!("{name} {kind} - {PROVIDER}");
    let mut page = opening(&title, &format!("{name} ({kind})"), description);
    write!(page, "{description}\n\n").unwrap();
    page
}

/// Front matter and title.
fn opening(title: &str, heading: &str, description: &str) -> String {
    let plain = description.replace(['`', '*'], "");
    let plain = plain.trim_end_matches('.');
    format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {plain}.\n---\n\n{NOTE}\n\n# {heading}\n\n"
    )
}

fn example(page: &mut String, language: &str, file: &str) {
    page.push_str("## Example Usage\n\n");
    fence(page, language, file);
}

/// A file of the examples as it stands.
fn fence(page: &mut String, language: &str, file: &str) {
    let text = fs::read_to_string(at_root("examples").join(file)).unwrap();
    let text = text.trim_end();
    write!(page, "```{language}\n{text}\n```\n\n").unwrap();
}

/// The guides as their own front matter presents them: file, title and description. Those for newcomers first.
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
    let place = |file: &str| words::GUIDES.iter().position(|guide| *guide == file);
    guides.sort_by_key(|(file, ..)| (place(file).unwrap_or(words::GUIDES.len()), file.clone()));
    guides
}
