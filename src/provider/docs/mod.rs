//! Writes the registry's pages, and checks that they match what is served: the provider block, resources, data sources,
//! functions, actions, and list resources, each generated from its declaration, its examples, and the rules.
//!
//! A page has the layout and headings by which the registry recognizes its parts. [`reference`] describes a schema,
//! [`page`] assembles the parts, and [`templates`] has the text that no declaration contains. With `UPDATE_DOCS=1` the
//! test writes the pages; otherwise it compares them.

mod page;
mod reference;
mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tf_provider::provider::Provider;

use super::HarnessProvider;
use crate::golden::{at_root, up_to_date};
use page::PROVIDER;

/// The directories that contain only generated pages.
const DIRECTORIES: [&str; 5] = [
    "docs/resources",
    "docs/data-sources",
    "docs/functions",
    "docs/actions",
    "docs/list-resources",
];

/// Returns all pages by path.
fn pages() -> BTreeMap<String, String> {
    let provider = HarnessProvider::with_environment(|_| None);
    let offers = provider.offers();
    let mut pages = BTreeMap::from([("docs/index.md".to_owned(), page::index(provider.schema()))]);
    let mut add = |directory: &str, name: &str, page: String| {
        let prefix = format!("{PROVIDER}_");
        let file = name.strip_prefix(&prefix).unwrap_or(name);
        pages.insert(format!("docs/{directory}/{file}.md"), page);
    };
    for (name, resource) in &offers.resources {
        add("resources", name, page::resource(name, &**resource));
    }
    for (name, source) in &offers.data_sources {
        add(
            "data-sources",
            name,
            page::data_source(name, source.schema()),
        );
    }
    for (name, function) in &offers.functions {
        add(
            "functions",
            name,
            page::function(name, function.signature()),
        );
    }
    for (name, action) in &offers.actions {
        add("actions", name, page::action(name, action.schema()));
    }
    for (name, list) in &offers.list_resources {
        add(
            "list-resources",
            name,
            page::list_resource(name, list.schema()),
        );
    }
    pages
}

#[test]
fn the_pages_of_the_registry_say_what_is_served() {
    for (path, page) in pages() {
        up_to_date(&path, &page);
    }
}

#[test]
fn there_is_no_page_for_what_is_not_served() {
    let pages = pages();
    for directory in DIRECTORIES {
        for entry in fs::read_dir(at_root(directory)).unwrap() {
            let name = entry.unwrap().file_name();
            let path = format!("{directory}/{}", name.to_str().unwrap());
            assert!(
                pages.contains_key(&path),
                "{path}: nothing of that name is served"
            );
        }
    }
}

#[test]
fn whatever_a_configuration_can_say_has_an_example_value() {
    let provider = HarnessProvider::with_environment(|_| None);
    let resources = provider.offers().resources.values();
    let sources = provider.offers().data_sources.values();
    let schemas = resources.map(|it| it.schema());
    let schemas = schemas.chain(sources.map(|it| it.schema()));
    for schema in schemas.chain([provider.schema()]) {
        let bare: BTreeSet<_> = reference::arguments(&schema.block)
            .into_iter()
            .filter(|attribute| attribute.example.is_empty())
            .map(|attribute| attribute.name)
            .collect();
        assert_eq!(bare, BTreeSet::new());
    }
}
