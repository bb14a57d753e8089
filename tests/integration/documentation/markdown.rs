//! Pages of Markdown, read as far as the tests need it: headings, anchors, links, fenced blocks and front matter.
//!
//! Anchors are made of headings as GitHub and the registry make them: the text in lower case, without punctuation other than
//! `-` and `_`, with `-` for each space, and a number behind the second of its kind. What stands in code is no link.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    /// With `/`, from the root of the repository.
    pub(crate) path: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    fenced: bool,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// With a line feed at the end.
    pub(crate) text: String,
    /// The file that the block is a copy of, which a comment on the line above names.
    pub(crate) copy_of: Option<String>,
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    /// All pages below `docs`, and those at the root that lead there.
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
        let mut fence: Option<String> = None;
        let lines = text.lines().map(|text| {
            let marks = text.trim_start();
            let marks: String = marks.chars().take_while(|c| *c == '`').collect();
            let fenced = fence.is_some() || marks.len() >= 3;
            match &fence {
                Some(open) if marks.len() >= open.len() && text.trim() == marks => fence = None,
                None if marks.len() >= 3 => fence = Some(marks),
                _ => {}
            }
            let text = text.to_owned();
            Line { text, fenced }
        });
        let lines = lines.collect();
        let path = path.into();
        Self { path, lines }
    }

    pub(crate) fn is_guide(&self) -> bool {
        self.path.starts_with("docs/guides/")
    }

    /// Whether the registry shows the page.
    pub(crate) fn is_in_registry(&self) -> bool {
        self.path.starts_with("docs/") && self.path != "docs/ARCHITECTURE.md"
    }

    /// The lines between the two `---` at the beginning, as names and the texts behind them; a text on the lines below its
    /// name is one text.
    pub(crate) fn front_matter(&self) -> BTreeMap<String, String> {
        let mut members: BTreeMap<String, String> = BTreeMap::new();
        let mut lines = self.lines.iter().map(|line| line.text.as_str());
        if lines.next() != Some("---") {
            return members;
        }
        let mut last = String::new();
        for line in lines.take_while(|line| *line != "---") {
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

    /// The headings with their level.
    pub(crate) fn headings(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines.iter().filter(|line| !line.fenced);
        lines.filter_map(|line| {
            let text = line.text.trim_start_matches('#');
            let level = line.text.len() - text.len();
            let text = text.strip_prefix(' ').filter(|_| level > 0)?;
            Some((level, text))
        })
    }

    /// What can stand behind the `#` of a link to this page.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let headings = self.headings().map(|(_, text)| slug(text));
        let mut anchors: Vec<String> = headings
            .map(|slug| {
                let times = seen.entry(slug.clone()).or_default();
                *times += 1;
                match *times {
                    1 => slug,
                    times => format!("{slug}-{}", times - 1),
                }
            })
            .collect();
        for line in self.lines.iter().filter(|line| !line.fenced) {
            let marks = line.text.split("<a id=\"").skip(1);
            anchors.extend(marks.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
        anchors
    }

    /// The targets of all links, with their lines.
    pub(crate) fn links(&self) -> Vec<(usize, String)> {
        // A link may be broken over two lines between its words, but not within its target.
        let lines = self.lines.iter().enumerate().filter(|(_, l)| !l.fenced);
        lines
            .flat_map(|(number, line)| {
                let text = without_code(&line.text);
                let targets: Vec<_> = text
                    .split("](")
                    .skip(1)
                    .filter_map(|rest| Some((number + 1, rest.split_once(')')?.0.to_owned())))
                    .collect();
                targets
            })
            .collect()
    }

    /// The fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut lines = self.lines.iter().enumerate().peekable();
        let mut above = "";
        while let Some((number, line)) = lines.next() {
            if line.fenced {
                let mut text = String::new();
                let marks = line.text.trim_start();
                let language = marks.trim_start_matches('`');
                let marks = &marks[..marks.len() - language.len()];
                for (_, line) in lines.by_ref() {
                    if line.text.trim() == marks {
                        break;
                    }
                    text.push_str(&line.text);
                    text.push('\n');
                }
                let comment = above.strip_prefix("<!-- ");
                let copy_of = comment.and_then(|comment| comment.strip_suffix(" -->"));
                blocks.push(Block {
                    line: number + 1,
                    language: language.to_owned(),
                    text,
                    copy_of: copy_of.map(str::to_owned),
                });
            }
            above = &line.text;
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

/// A line without what stands between backticks, of which only the backticks stay.
fn without_code(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let kept = parts.map(|(number, part)| if number % 2 == 0 { part } else { "" });
    kept.collect::<Vec<_>>().join("`")
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
    assert_eq!(page.anchors(), ["one-two_three", "one", "one-1", "z"]);
    let links = [(8, "b.md#c".to_owned()), (9, "#f".to_owned())];
    assert_eq!(page.links(), links);
    let [block] = &page.blocks()[..] else {
        panic!("{page:?}")
    };
    assert_eq!(block.text, "# no heading\n[no](y)\n");
    assert_eq!((block.line, block.language.as_str()), (11, "terraform"));
    assert_eq!(block.copy_of.as_deref(), Some("some/file"));
}
