//! Rust sources, read as far as rules about them need it: words, literals, and the paths that lead to other modules.
//!
//! Comments count for nothing. Paths are made absolute, groups of `use` included, so that `super::super::platform` and
//! `crate::{platform, …}` are the same as `crate::platform`. Macros are read as if their content were code, which it is
//! wherever it names a path.

use std::iter;
use std::path::Path;

/// One file below `src/`.
#[derive(Debug)]
pub(super) struct Source {
    /// With `/`, from the root of the package.
    pub(super) path: String,
    /// The module that the file is, from the root of the crate.
    module: Vec<String>,
    /// What its first lines say about it.
    pub(super) doc: String,
    pub(super) lines: usize,
    tokens: Vec<Token>,
    /// Modules in files of their own that are compiled for tests only.
    test_modules: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: Kind,
    line: usize,
    in_test: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// The content of a literal in quotes.
    Text(String),
    /// `::`
    Separator,
    Other(char),
}

/// Something that a source mentions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mention {
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) in_test: bool,
}

impl Source {
    /// All sources below `src/`, with everything in test modules marked as such.
    pub(super) fn all(root: &Path) -> Vec<Self> {
        let mut sources = Vec::new();
        collect(root, "src", &mut sources);
        mark_test_files(&mut sources);
        sources
    }

    pub(super) fn parse(path: &str, text: &str) -> Self {
        let mut tokens = tokens(text);
        let test_modules = mark_tests(&mut tokens);
        let doc_lines = text.lines().map_while(|line| line.strip_prefix("//!"));
        Self {
            path: path.to_owned(),
            module: module_of(path),
            doc: doc_lines.collect::<Vec<_>>().join("\n"),
            lines: text.lines().count(),
            tokens,
            test_modules,
        }
    }

    /// Identifiers, and the content of literals.
    pub(super) fn words(&self) -> impl Iterator<Item = Mention> {
        self.tokens.iter().filter_map(|token| match &token.kind {
            Kind::Word(text) | Kind::Text(text) => Some(token.mention(text.clone())),
            Kind::Separator | Kind::Other(_) => None,
        })
    }

    /// Identifiers alone.
    pub(super) fn identifiers(&self) -> impl Iterator<Item = Mention> {
        self.tokens.iter().filter_map(|token| match &token.kind {
            Kind::Word(text) => Some(token.mention(text.clone())),
            _ => None,
        })
    }

    /// Paths of two segments and more: those of this crate begin with `crate`, others with what they begin with.
    pub(super) fn paths(&self) -> Vec<Mention> {
        let mut paths = Vec::new();
        let mut module = self.module.clone();
        // Where the braces of inline modules were opened.
        let mut inline = Vec::new();
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            match &token.kind {
                Kind::Other('{') => depth += 1,
                Kind::Other('}') => {
                    depth -= 1;
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        module.pop();
                    }
                }
                Kind::Word(word) if word == "mod" => {
                    if let (Some(Kind::Word(name)), Some(Kind::Other('{'))) =
                        (self.kind(at + 1), self.kind(at + 2))
                    {
                        inline.push(depth);
                        module.push(name.clone());
                    }
                }
                Kind::Word(_) if self.kind(at + 1) == Some(&Kind::Separator) => {
                    let mut found = Vec::new();
                    at = self.tree(at, &[], &mut found);
                    paths.extend(found.into_iter().map(|(segments, line)| Mention {
                        text: absolute(&module, &segments).join("::"),
                        line,
                        in_test: token.in_test,
                    }));
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        paths
    }

    fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    /// Reads a path, or a tree of paths as `use` has it, from its first word; returns where it ends.
    fn tree(
        &self,
        mut at: usize,
        prefix: &[String],
        found: &mut Vec<(Vec<String>, usize)>,
    ) -> usize {
        let mut path = prefix.to_vec();
        let line = self.tokens[at].line;
        while let Some(Kind::Word(word)) = self.kind(at) {
            path.push(word.clone());
            at += 1;
            match (self.kind(at), self.kind(at + 1)) {
                (Some(Kind::Separator), Some(Kind::Word(_))) => at += 1,
                (Some(Kind::Separator), Some(Kind::Other('{'))) => {
                    return self.group(at + 2, &path, found);
                }
                // `::*`, `::<T>`, or the end.
                _ => break,
            }
        }
        found.push((path, line));
        at
    }

    /// Reads the members of a group up to its closing brace.
    fn group(
        &self,
        mut at: usize,
        path: &[String],
        found: &mut Vec<(Vec<String>, usize)>,
    ) -> usize {
        loop {
            match self.kind(at) {
                None => return at,
                Some(Kind::Other('}')) => return at + 1,
                Some(Kind::Word(word)) if word == "as" => at += 2,
                Some(Kind::Word(_)) => at = self.tree(at, path, found),
                Some(_) => at += 1,
            }
        }
    }
}

impl Token {
    fn mention(&self, text: String) -> Mention {
        Mention {
            text,
            line: self.line,
            in_test: self.in_test,
        }
    }
}

fn collect(root: &Path, directory: &str, sources: &mut Vec<Source>) {
    let entries = std::fs::read_dir(root.join(directory)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    for name in names {
        let path = format!("{directory}/{name}");
        if root.join(&path).is_dir() {
            collect(root, &path, sources);
        } else if path.strip_suffix(".rs").is_some() {
            let text = std::fs::read_to_string(root.join(&path)).unwrap();
            sources.push(Source::parse(&path, &text));
        }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let below = path.strip_prefix("src/").unwrap_or(path);
    let below = below.strip_suffix(".rs").unwrap_or(below);
    let mut segments: Vec<String> = below.split('/').map(str::to_owned).collect();
    if ["mod", "lib", "main"].contains(&segments.last().map_or("", String::as_str)) {
        segments.pop();
    }
    segments
}

/// Marks the files of modules that are declared for tests only, and of the modules below them.
fn mark_test_files(sources: &mut [Source]) {
    let tests: Vec<Vec<String>> = sources
        .iter()
        .flat_map(|source| {
            source.test_modules.iter().map(|name| {
                let module = source.module.iter().chain(iter::once(name));
                module.cloned().collect()
            })
        })
        .collect();
    for source in sources {
        if tests.iter().any(|module| source.module.starts_with(module)) {
            for token in &mut source.tokens {
                token.in_test = true;
            }
        }
    }
}

/// A path as seen from the root of the crate.
fn absolute(module: &[String], segments: &[String]) -> Vec<String> {
    let mut segments = segments.iter().cloned().peekable();
    let first = segments.next().unwrap_or_default();
    let mut start = match first.as_str() {
        "crate" | "terraform_provider_harness" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return iter::once(first).chain(segments).collect(),
    };
    if first == "super" {
        start.pop();
    }
    while segments.next_if(|segment| segment == "super").is_some() {
        start.pop();
    }
    iter::once("crate".to_owned())
        .chain(start)
        .chain(segments)
        .collect()
}

/// Marks the items under `#[cfg(test)]`, alone or among other conditions of `all`. Returns those that are modules in
/// files of their own.
fn mark_tests(tokens: &mut [Token]) -> Vec<String> {
    let mut modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(mut end) = attribute_end(tokens, at) else {
            at += 1;
            continue;
        };
        let words: Vec<&Kind> = tokens[at..end].iter().map(|token| &token.kind).collect();
        let is = |index: usize, text: &str| {
            words
                .get(index)
                .is_some_and(|it| **it == Kind::Word(text.into()))
        };
        let has = |text: &str| words.contains(&&Kind::Word(text.into()));
        if !is(2, "cfg") || !has("test") || has("not") || has("any") {
            at = end;
            continue;
        }
        while let Some(next) = attribute_end(tokens, end) {
            end = next;
        }
        let start = end;
        end = item_end(tokens, start);
        for token in &mut tokens[at..end] {
            token.in_test = true;
        }
        let word = |index: usize| tokens.get(index).map(|token| token.kind.clone());
        if let (Some(Kind::Word(keyword)), Some(Kind::Word(name)), Some(Kind::Other(';'))) =
            (word(start), word(start + 1), word(start + 2))
            && keyword == "mod"
        {
            modules.push(name);
        }
        at = end;
    }
    modules
}

/// Where the attribute that begins here ends, if one does.
fn attribute_end(tokens: &[Token], at: usize) -> Option<usize> {
    let is = |at: usize, character| {
        tokens
            .get(at)
            .is_some_and(|token| token.kind == Kind::Other(character))
    };
    if !is(at, '#') || !is(at + 1, '[') {
        return None;
    }
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at + 1) {
        match token.kind {
            Kind::Other('[') => depth += 1,
            Kind::Other(']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

/// Where an item ends: at its semicolon, or at the brace that closes its block.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.kind {
            Kind::Other('{' | '(' | '[') => depth += 1,
            Kind::Other(')' | ']') => depth -= 1,
            Kind::Other('}') => {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
            Kind::Other(';') if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Characters with a position.
struct Reader {
    characters: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(character == '\n');
        Some(character)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while self.peek(0).is_some_and(&wanted) {
            text.extend(self.next());
        }
        text
    }

    /// A comment between `/*` and `*/`, of which there may be some inside.
    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.next(), self.peek(0)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => continue,
            }
            self.next();
            if depth == 0 {
                return;
            }
        }
    }

    /// What follows the opening quote, up to the closing one.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(character) = self.next() {
            match character {
                '\\' => text.extend(iter::once('\\').chain(self.next())),
                end if end == quote => break,
                other => text.push(other),
            }
        }
        text
    }

    /// What follows `r`, `br` or `cr`: hashes, a quote, the text, the same again.
    fn raw(&mut self) -> String {
        let hashes = self.take_while(|c| c == '#').len();
        self.next();
        let mut text = String::new();
        while let Some(character) = self.next() {
            if character == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.at += hashes;
                break;
            }
            text.push(character);
        }
        text
    }

    fn token(&mut self) -> Option<Kind> {
        let character = self.next()?;
        Some(match (character, self.peek(0)) {
            ('/', Some('/')) => {
                self.take_while(|c| c != '\n');
                return self.token();
            }
            ('/', Some('*')) => {
                self.at -= 1;
                self.skip_block_comment();
                return self.token();
            }
            ('"', _) => Kind::Text(self.quoted('"')),
            ('\'', Some('\\')) => Kind::Text(self.quoted('\'')),
            ('\'', _) if self.peek(1) == Some('\'') => Kind::Text(self.quoted('\'')),
            (':', Some(':')) => {
                self.next();
                Kind::Separator
            }
            (start, _) if start == '_' || start.is_alphanumeric() => {
                let rest = self.take_while(|c| c == '_' || c.is_alphanumeric());
                let word = format!("{start}{rest}");
                let raw = ["r", "br", "cr"].contains(&word.as_str());
                match self.peek(0) {
                    Some('"') if raw => Kind::Text(self.raw()),
                    Some('#') if raw && matches!(self.peek(1), Some('"' | '#')) => {
                        Kind::Text(self.raw())
                    }
                    Some('#') if word == "r" => {
                        self.next();
                        Kind::Word(self.take_while(|c| c == '_' || c.is_alphanumeric()))
                    }
                    _ => Kind::Word(word),
                }
            }
            (other, _) => Kind::Other(other),
        })
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader {
        characters: text.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    loop {
        reader.take_while(char::is_whitespace);
        let line = reader.line;
        let Some(kind) = reader.token() else {
            return tokens;
        };
        // A comment before the token moves the line on; a text of several lines does not.
        let line = if matches!(kind, Kind::Text(_)) {
            line
        } else {
            reader.line
        };
        if kind != Kind::Other(' ') && !matches!(kind, Kind::Other(c) if c.is_whitespace()) {
            tokens.push(Token {
                kind,
                line,
                in_test: false,
            });
        }
    }
}
