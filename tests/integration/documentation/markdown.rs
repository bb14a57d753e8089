//! Markdown pages, parsed as far as the tests need: headings, anchors, links, fenced blocks, and front matter.
//!
//! Anchors are derived from headings as on GitHub and in the registry: the text in lower case, without punctuation
//! except `-` and `_`, with `-` for each space, and a number after duplicates.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    /// The path from the root of the repository, with `/`.
    pub(crate) path: String,
    text: String,
    /// The possible fragments of links to this page.
    pub(crate) anchors: Vec<String>,
}

/// A heading.
#[derive(Debug, Default)]
pub(crate) struct Heading {
    /// From `h1` to `h6`.
    pub(crate) level: String,
    /// The text as shown.
    pub(crate) text: String,
    /// The parts of the text that are code.
    pub(crate) codes: Vec<String>,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line where it begins, counted from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The text, with a newline at the end.
    pub(crate) text: String,
    /// The file that the block copies, named in a comment on the line above.
    pub(crate) copy_of: Option<String>,
}

/// Returns the root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    /// Returns all pages below `docs`, and those at the root that link to them.
    pub(crate) fn all() -> Vec<Self> {
        let mut paths = vec![PathBuf::from("README.md")];
        collect(Path::new("docs"), &mut paths);
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(root().join(path)).expect("the page can be read");
        let path = path.to_str().expect("the path is text").replace('\\', "/");
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: impl Into<String>, text: &str) -> Self {
        let mut page = Self {
            path: path.into(),
            text: text.to_owned(),
            anchors: Vec::new(),
        };
        page.anchors = page.found_anchors();
        page
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
        Parser::new_ext(&self.text, options).into_offset_iter()
    }

    /// Returns the line of a position in the text, counted from 1.
    fn line(&self, place: usize) -> usize {
        self.text[..place].matches('\n').count() + 1
    }

    pub(crate) fn is_guide(&self) -> bool {
        self.path.starts_with("docs/guides/")
    }

    /// Returns whether the registry shows the page.
    pub(crate) fn is_in_registry(&self) -> bool {
        self.path.starts_with("docs/") && self.path != "docs/ARCHITECTURE.md"
    }

    /// Returns the fields between the two `---` at the beginning. The lines below a field's name form one text.
    pub(crate) fn front_matter(&self) -> BTreeMap<String, String> {
        let mut members: BTreeMap<String, String> = BTreeMap::new();
        let mut events = self.events();
        if !matches!(
            events.next(),
            Some((Event::Start(Tag::MetadataBlock(_)), _))
        ) {
            return members;
        }
        let Some((Event::Text(text), _)) = events.next() else {
            return members;
        };
        let mut last = String::new();
        for line in text.lines() {
            if let Some(more) = line.strip_prefix("  ") {
                let text = members.entry(last.clone()).or_default();
                *text = format!("{} {more}", text.trim_end_matches("|-").trim_end());
            } else if let Some((name, text)) = line.split_once(':') {
                name.clone_into(&mut last);
                members.insert(last.clone(), text.trim().to_owned());
            }
        }
        members
    }

    /// Returns the headings.
    pub(crate) fn headings(&self) -> Vec<Heading> {
        let mut headings = Vec::new();
        let mut open: Option<Heading> = None;
        for (event, _) in self.events() {
            match (event, &mut open) {
                (Event::Start(Tag::Heading { level, .. }), _) => {
                    open = Some(Heading {
                        level: level.to_string(),
                        ..Heading::default()
                    });
                }
                (Event::End(TagEnd::Heading(_)), _) => headings.extend(open.take()),
                (Event::Text(text), Some(heading)) => heading.text.push_str(&text),
                (Event::Code(code), Some(heading)) => {
                    heading.text.push_str(&code);
                    heading.codes.push(code.into_string());
                }
                _ => {}
            }
        }
        headings
    }

    fn found_anchors(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let headings = self.headings();
        let slugs = headings.iter().map(|heading| slug(&heading.text));
        let mut anchors: Vec<String> = slugs
            .map(|slug| {
                let times = seen.entry(slug.clone()).or_default();
                *times += 1;
                match *times {
                    1 => slug,
                    times => format!("{slug}-{}", times - 1),
                }
            })
            .collect();
        for (event, _) in self.events() {
            if let Event::Html(html) | Event::InlineHtml(html) = event {
                let marks = html.split("<a id=\"").skip(1);
                anchors.extend(marks.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
        anchors
    }

    /// Returns the targets of all links, with the lines on which the links begin.
    pub(crate) fn links(&self) -> Vec<(usize, String)> {
        let links = self.events().filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((self.line(range.start), dest_url.into_string()))
            }
            _ => None,
        });
        links.collect()
    }

    /// Returns the fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        let mut above = "";
        for (event, range) in self.events() {
            match (event, &mut open) {
                (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))), _) => {
                    let comment = above.strip_prefix("<!-- ");
                    let copy_of = comment.and_then(|comment| comment.strip_suffix(" -->"));
                    open = Some(Block {
                        line: self.line(range.start),
                        language: language.into_string(),
                        text: String::new(),
                        copy_of: copy_of.map(str::to_owned),
                    });
                }
                (Event::End(TagEnd::CodeBlock), _) => blocks.extend(open.take()),
                (Event::Text(text), Some(block)) => block.text.push_str(&text),
                _ => {}
            }
            let before = self.text[..range.end].trim_end();
            above = before.rsplit('\n').next().unwrap_or_default().trim();
        }
        blocks
    }
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(directory)).expect("the directory exists") {
        let entry = entry.expect("an entry");
        let path = directory.join(entry.file_name());
        if entry.path().is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

fn slug(heading: &str) -> String {
    let text = heading.to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_page_is_read_as_a_reader_sees_it() {
    let page = Page::parse(
        "docs/page.md",
        "---\npage_title: \"X\"\ndescription: |-\n  Two\n  lines.\n---\n# One `two_three`\n[a](b.md#c) `[no](x)` and [d\n\
         e](#f)\n<!-- some/file -->\n```terraform\n# no heading\n[no](y)\n```\n## One\n## One\n<a id=\"z\"></a>\n",
    );
    let front = page.front_matter();
    assert_eq!(front["page_title"], "\"X\"");
    assert_eq!(front["description"].trim(), "Two lines.");
    assert_eq!(page.anchors, ["one-two_three", "one", "one-1", "z"]);
    let links = [(8, "b.md#c".to_owned()), (8, "#f".to_owned())];
    assert_eq!(page.links(), links);
    let [block] = &page.blocks()[..] else {
        panic!("{page:?}")
    };
    assert_eq!(block.text, "# no heading\n[no](y)\n");
    assert_eq!((block.line, block.language.as_str()), (11, "terraform"));
    assert_eq!(block.copy_of.as_deref(), Some("some/file"));
}
