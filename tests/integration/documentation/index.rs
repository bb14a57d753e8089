//! `llms.txt`: the pages and examples in plain text, for assistants that write HCL. It is generated from the pages'
//! titles and descriptions and from the comments at the beginning of the examples.

use std::fs;
use std::path::Path;

use super::markdown::{Page, root};
use crate::golden;

/// The base address of the raw files.
const RAW: &str = "https://raw.githubusercontent.com/harness-rs/terraform-provider-harness/main/";

/// What everyone who writes HCL for this provider needs, before the links.
const HEAD: &str = "\
# terraform-provider-harness

> A provider for Terraform and OpenTofu that manages Harness connectors to Bitbucket Cloud and Bitbucket Data Center. Source: `harness-rs/harness`. Resource: `harness_bitbucket_connector`.

- Do not take arguments from `harness_platform_connector_bitbucket` of the provider `harness/harness`: the names differ.
- `url_type` is `Account` or `Repository`, `connection_type` is `HTTP` or `SSH`. `Account` needs `test_repository`.
- `credentials` has one of the blocks `http` and `ssh`; `api_access` has one of `username_token`, `email_and_api_token`, and `access_token`. They are single blocks: no `[0]` in expressions.
- Secrets are references to secrets in Harness, never values: `account.<id>`, `org.<id>`, or `<id>` in the connector's project.
- On Bitbucket Cloud, `username` is `x-bitbucket-api-token-auth` with an API token, and `x-token-auth` with an access token.
- Pipelines refer to a connector by its attribute `ref`.
- Key and account come from the environment: `HARNESS_PLATFORM_API_KEY`, `HARNESS_ACCOUNT_ID`.
";

/// The sections, with the paths of their pages.
const SECTIONS: [(&str, &[&str]); 3] = [
    (
        "Reference",
        &[
            "docs/index.md",
            "docs/resources/",
            "docs/data-sources/",
            "docs/functions/",
            "docs/list-resources/",
            "docs/actions/",
        ],
    ),
    ("Guides", &["docs/guides/"]),
    ("Development", &["docs/ARCHITECTURE.md"]),
];

#[test]
fn the_assistant_index_lists_every_page_and_commented_example() {
    let pages = Page::all();
    let mut index = HEAD.to_owned();
    let mut indexed = 0;
    for (section, places) in SECTIONS {
        index.extend(["\n## ", section, "\n\n"]);
        for place in places {
            for page in pages.iter().filter(|page| page.path.starts_with(place)) {
                index += &entry(page);
                indexed += 1;
            }
        }
    }
    // The README points people to the pages, as this file does for assistants.
    assert_eq!(indexed + 1, pages.len(), "a page is in no section");
    index += "\n## Examples\n\n";
    let mut files = Vec::new();
    collect(Path::new("examples"), &mut files);
    files.sort();
    let examples: Vec<String> = files.iter().filter_map(|file| example(file)).collect();
    assert!(examples.len() > 15, "only {examples:?}");
    index += &examples.concat();
    golden::up_to_date("llms.txt", &index);
}

/// Returns the line for a page.
fn entry(page: &Page) -> String {
    let front = page.front_matter();
    let front = |name: &str| {
        let text = front.get(name)?;
        let text = text.trim().trim_matches('"');
        Some(text.trim_end_matches(" - harness").to_owned())
    };
    let heading = || page.headings().first().map(|heading| heading.text.clone());
    let title = front("page_title")
        .or_else(heading)
        .expect("a page has a title");
    let note = front("description").map_or_else(String::new, |text| format!(": {text}"));
    format!("- [{title}]({RAW}{}){note}\n", page.path)
}

/// Returns the line for an example that begins with a comment, with the comment's first sentence.
fn example(file: &str) -> Option<String> {
    let text = fs::read_to_string(root().join(file)).expect("the file can be read");
    let comment: Vec<&str> = text
        .lines()
        .skip_while(|line| line.starts_with("#!"))
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .take_while(|line| !line.is_empty())
        .collect();
    let comment = comment.join(" ");
    let sentence = comment
        .split_once(". ")
        .map_or(comment.as_str(), |(first, _)| first);
    let sentence = sentence.trim_end_matches(['.', ':']);
    let name = file.strip_prefix("examples/")?;
    (!sentence.is_empty()).then(|| format!("- [{name}]({RAW}{file}): {sentence}.\n"))
}

/// Collects all files below a directory, with `/` in their paths.
fn collect(directory: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(directory)).expect("the directory exists") {
        let entry = entry.expect("an entry");
        let path = directory.join(entry.file_name());
        if entry.path().is_dir() {
            collect(&path, files);
        } else {
            files.push(path.to_str().expect("the path is text").replace('\\', "/"));
        }
    }
}
