//! The pages of `docs/` and the README, checked against what they refer to: files, headings, and the files that they
//! quote. `terraform::guides` runs the configurations in them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it should be"
)]

mod index;
pub(crate) mod markdown;
#[cfg(unix)]
mod verifying;

use std::fs;
use std::path::Path;

use markdown::{Page, root};

/// The address at which the registry's readers find files of the repository.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// Fails with all problems at once.
fn held(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Returns what is wrong with a link of `page`, if anything. Other websites are not checked.
fn fault(page: &Page, target: &str, pages: &[Page]) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file.strip_prefix(REPOSITORY) {
        Some(path) => path.to_owned(),
        None if file.contains("://") || file.starts_with("mailto:") => return None,
        None if file.is_empty() => page.path.clone(),
        None => match beside(&page.path, file) {
            Some(path) => path,
            None => return Some("leads out of the repository".to_owned()),
        },
    };
    if !root().join(&path).exists() {
        return Some(format!("there is no {path}"));
    }
    // The registry shows only what is below docs/.
    if page.is_in_registry() && !file.starts_with(REPOSITORY) && !path.starts_with("docs/") {
        return Some(format!(
            "the registry does not show {path}; write {REPOSITORY}{path}"
        ));
    }
    let leads_to = pages.iter().find(|page| page.path == path);
    let exists = |page: &Page| page.anchors.iter().any(|other| other == anchor);
    if anchor.is_empty() || leads_to.is_some_and(exists) {
        return None;
    }
    Some(format!("{path} has no heading and no anchor #{anchor}"))
}

/// Returns the target of a relative link on the page `from`, or `None` above the root.
fn beside(from: &str, link: &str) -> Option<String> {
    let mut steps: Vec<&str> = from.split('/').collect();
    steps.pop();
    for step in link.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let pages = Page::all();
    let links: Vec<_> = pages
        .iter()
        .flat_map(|page| page.links().into_iter().map(move |link| (page, link)))
        .collect();
    assert!(links.len() > 200, "only {} links are found", links.len());
    let faults: Vec<String> = links
        .iter()
        .filter_map(|(page, (line, target))| {
            let fault = fault(page, target, &pages)?;
            Some(format!("{}:{line}: {target}: {fault}", page.path))
        })
        .collect();
    held(&faults);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let pages = Page::all();
    let guide = Page::parse("docs/guides/x.md", "");
    let readme = Page::parse("README.md", "");
    let elsewhere = |path: &str| format!("{REPOSITORY}{path}");
    for (page, target, is_right) in [
        (&guide, "getting-started.md", true),
        (&guide, "getting-started.md#1-a-key", true),
        (&guide, "getting-started.md#no-such-heading", false),
        (&guide, "validation-rules.md#n01", true),
        (&guide, "../guides/validation-rules.md#url", true),
        (&guide, "nowhere.md", false),
        (&guide, "#nothing", false),
        (&guide, "../../LICENSE", false),
        (&guide, "../../../../etc/hosts", false),
        (&guide, "https://example.com/x#y", true),
        (&guide, &elsewhere("LICENSE"), true),
        (&guide, &elsewhere("LICENCE"), false),
        (&readme, "LICENSE", true),
        (
            &readme,
            "docs/guides/getting-started.md#with-the-sandbox",
            true,
        ),
    ] {
        assert_eq!(fault(page, target, &pages).is_none(), is_right, "{target}");
    }
}

#[test]
fn every_page_of_the_registry_has_a_title_and_a_description() {
    let pages = Page::all();
    let shown: Vec<_> = pages.iter().filter(|page| page.is_in_registry()).collect();
    assert!(shown.iter().filter(|page| page.is_guide()).count() >= 9);
    let mut faults = Vec::new();
    for page in shown {
        let front = page.front_matter();
        let says = |name: &str| front.get(name).map(|text| text.trim().trim_matches('"'));
        if says("page_title").is_none_or(str::is_empty) {
            faults.push(format!("{}:1: no page_title", page.path));
        }
        if says("description").is_none_or(|text| !text.ends_with('.')) {
            faults.push(format!("{}:1: the description is no sentence", page.path));
        }
        if page.path != "docs/index.md" && says("subcategory").is_none() {
            faults.push(format!("{}:1: no subcategory", page.path));
        }
        let headings = page.headings();
        if headings
            .iter()
            .filter(|heading| heading.level == "h1")
            .count()
            != 1
        {
            faults.push(format!(
                "{}:1: not one heading of the first level",
                page.path
            ));
        }
    }
    held(&faults);
}

#[test]
fn workflow_actions_are_pinned_by_commit_with_their_version() {
    let mut faults = Vec::new();
    let mut pinned = 0;
    for directory in [".github/workflows", "examples/drift", "examples/review"] {
        for entry in fs::read_dir(root().join(directory)).expect("the directory exists") {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("the file can be read");
            for (number, line) in (1..).zip(text.lines()) {
                let uses = line
                    .trim_start()
                    .trim_start_matches("- ")
                    .strip_prefix("uses: ");
                // A workflow of this repository is in the commit that uses it.
                let Some(action) = uses.filter(|action| !action.starts_with("./")) else {
                    continue;
                };
                let (action, version) = action.split_once(" # v").unwrap_or((action, ""));
                let commit = action.split_once('@').map_or("", |(_, commit)| commit);
                let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
                if is_commit && version.split('.').count() == 3 {
                    pinned += 1;
                } else {
                    faults.push(format!("{}:{number}: {action}", path.display()));
                }
            }
        }
    }
    held(&faults);
    assert!(pinned > 20, "only {pinned} are found");
}

#[test]
fn workflow_jobs_declare_their_own_permissions() {
    for file in ["ci.yml", "release.yml"] {
        let text = fs::read_to_string(root().join(".github/workflows").join(file));
        let text = text.expect("the file can be read");
        assert!(text.contains("\npermissions: {}\n"), "{file}");
        let jobs = text.split_once("\njobs:\n").expect("there are jobs").1;
        let is_header =
            |line: &&str| line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        let number = jobs.lines().filter(is_header).count();
        let permissions = jobs.matches("\n    permissions:\n").count();
        assert!(number > 3, "{file} has {number} jobs");
        assert_eq!(permissions, number, "{file}");
    }
}

#[test]
fn code_on_a_page_of_the_registry_does_not_scroll() {
    // In the registry's column, 88 characters fit on a line; a tab is as wide as eight.
    const LONGEST: usize = 88;
    let mut faults = Vec::new();
    for page in Page::all().iter().filter(|page| page.is_in_registry()) {
        for block in page.blocks() {
            for (line, number) in block.text.lines().zip(block.line + 1..) {
                let length = line.replace('\t', "        ").chars().count();
                // The commit of an action, and its version in a comment, are on one line.
                if length > LONGEST && !line.contains("uses: ") {
                    faults.push(format!(
                        "{}:{number}: {length} characters: {line}",
                        page.path
                    ));
                }
            }
        }
    }
    held(&faults);
}

#[test]
fn what_a_page_quotes_is_what_the_file_says() {
    let mut faults = Vec::new();
    let mut quoted = Vec::new();
    for page in Page::all() {
        for block in page.blocks() {
            let place = format!("{}:{}", page.path, block.line);
            match block.copy_of {
                Some(file) => {
                    let text = fs::read_to_string(root().join(&file)).unwrap_or_default();
                    if text != block.text {
                        faults.push(format!("{place}: is not {file} as it is now"));
                    }
                    quoted.push(file);
                }
                // No test would run a policy or a pipeline on a page.
                None if ["rego", "yaml", "yml"].contains(&block.language.as_str()) => {
                    faults.push(format!(
                        "{place}: is no copy of a file; name it as <!-- FILE --> above"
                    ));
                }
                None => {}
            }
        }
    }
    held(&faults);
    for directory in [
        "examples/drift",
        "examples/install",
        "examples/policy",
        "examples/review",
    ] {
        for entry in fs::read_dir(root().join(directory)).expect("the directory exists") {
            let path = Path::new(directory).join(entry.expect("an entry").file_name());
            let file = path.display().to_string();
            assert!(quoted.contains(&file), "{file} is on no page");
        }
    }
}
