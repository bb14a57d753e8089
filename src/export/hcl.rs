//! Configuration as text, formatted as by `terraform fmt`.
//!
//! hcl-edit knows the grammar: how to escape a text, where to put brackets and labels. It writes the given whitespace
//! and aligns nothing, so the layout is computed here: indentation, comments, and the equal signs of neighboring lines
//! in one column. The rules are those of hclwrite: a value of several lines, a comment, an empty line, and a block each
//! end a group of aligned lines.

use std::collections::BTreeMap;

use hcl_edit::expr::{
    Expression, Object, ObjectKey, ObjectValue, ObjectValueTerminator, Traversal, TraversalOperator,
};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::{Element, StringTemplate};
use hcl_edit::{Decorate, Decorated, Ident};
use tf_provider::visible::visible;
use unicode_segmentation::UnicodeSegmentation;

use crate::command::text::wrapped;

/// The maximum width of a comment, with its indentation.
const WIDTH: usize = 100;

/// Words with a meaning of their own in place of a key, which are therefore quoted.
const KEYWORDS: [&str; 4] = ["for", "null", "true", "false"];

/// The contents of a file or a block, from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Content(Vec<Item>);

#[derive(Debug)]
enum Item {
    Gap,
    Comment(String),
    Attribute(String, Value),
    Block {
        kind: &'static str,
        labels: Vec<String>,
        content: Content,
    },
}

/// The value of an argument.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A map of texts.
    Map(BTreeMap<String, String>),
    /// A name in the configuration: a local name, or an argument of a block.
    Name(String),
    /// A list of such names.
    Names(Vec<String>),
    /// A resource by its type and name, and one instance of it.
    Resource {
        kind: &'static str,
        name: String,
        key: Option<Key>,
    },
}

/// The key of an instance from `count` or `for_each`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// A key of `count`.
    Number(u64),
    /// A key of `for_each`.
    Text(String),
}

impl Content {
    /// Adds an empty line, unless there is no content yet.
    pub(super) fn gap(&mut self) -> &mut Self {
        if !matches!(self.0.last(), None | Some(Item::Gap)) {
            self.0.push(Item::Gap);
        }
        self
    }

    /// Adds a comment, broken into lines. Invisible characters are shown as code points.
    pub(super) fn comment(&mut self, text: impl Into<String>) -> &mut Self {
        self.0.push(Item::Comment(text.into()));
        self
    }

    /// Adds an argument.
    pub(super) fn argument(&mut self, name: &str, value: Value) -> &mut Self {
        self.0.push(Item::Attribute(name.to_owned(), value));
        self
    }

    /// Adds an argument with a text as its value.
    pub(super) fn text(&mut self, name: &str, text: impl Into<String>) -> &mut Self {
        self.argument(name, Value::Text(text.into()))
    }

    /// Adds a block.
    pub(super) fn block(
        &mut self,
        kind: &'static str,
        labels: &[&str],
        content: Content,
    ) -> &mut Self {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.0.push(Item::Block {
            kind,
            labels,
            content,
        });
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the text of a file with this content.
    pub(super) fn into_file(self) -> String {
        let (mut body, rest) = self.into_body(0);
        // Comments after the last block belong to no node.
        body.decor_mut().set_suffix(rest);
        body.to_string()
    }

    /// Returns the nodes of this content at this nesting depth, and the comments after the last of them.
    fn into_body(self, depth: usize) -> (Body, String) {
        let indent = "  ".repeat(depth);
        let columns = columns(&self.0);
        let mut body = Body::new();
        let mut before = String::new();
        for (item, column) in self.0.into_iter().zip(columns) {
            match item {
                Item::Gap => before.push('\n'),
                Item::Comment(text) => {
                    for line in comment(&text, WIDTH.saturating_sub(indent.len())) {
                        before.push_str(&indent);
                        before.push_str(&line);
                        before.push('\n');
                    }
                }
                Item::Attribute(name, value) => {
                    let blanks = " ".repeat(column.saturating_sub(width(&name)) + 1);
                    let key = Decorated::new(identifier(&name)).decorated(("", blanks));
                    let value = expression(value, &indent);
                    let mut attribute = Attribute::new(key, value);
                    attribute
                        .decor_mut()
                        .set_prefix(format!("{before}{indent}"));
                    before.clear();
                    // No block here has two arguments with one name.
                    body.push(attribute);
                }
                Item::Block {
                    kind,
                    labels,
                    content,
                } => {
                    let mut block = Block::new(identifier(kind));
                    block.labels = labels.into_iter().map(Into::into).collect();
                    let (mut inner, rest) = content.into_body(depth + 1);
                    inner.decor_mut().set_suffix(format!("{rest}{indent}"));
                    block.body = inner;
                    block.decor_mut().set_prefix(format!("{before}{indent}"));
                    before.clear();
                    body.push(block);
                }
            }
        }
        (body, before)
    }
}

/// Returns for each item the width to which the names in its group are padded.
fn columns(items: &[Item]) -> Vec<usize> {
    let widths: Vec<Option<usize>> = items
        .iter()
        .map(|item| match item {
            Item::Attribute(_, value) if value.has_lines() => None,
            Item::Attribute(name, _) => Some(width(name)),
            Item::Gap | Item::Comment(_) | Item::Block { .. } => None,
        })
        .collect();
    let mut columns = Vec::with_capacity(items.len());
    for group in widths.chunk_by(|one, next| one.is_some() && next.is_some()) {
        let widest = group.iter().flatten().max().copied().unwrap_or_default();
        columns.extend(group.iter().map(|_| widest));
    }
    columns
}

/// Returns the number of columns that a text takes, as hclwrite counts them.
fn width(text: &str) -> usize {
    text.graphemes(true).count()
}

impl Value {
    /// Returns whether the value is written on several lines.
    fn has_lines(&self) -> bool {
        matches!(self, Self::Map(entries) if entries.len() > 1)
    }
}

/// Returns a text as a literal.
///
/// A text may contain several template markers (`${`, `%{`). hcl-edit 0.10 does not escape one that follows another and
/// a `$`, because it examines the characters in pairs. So each piece of a text ends with its first marker.
fn literal(text: &str) -> Expression {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(end) = ["${", "%{"]
        .iter()
        .filter_map(|marker| rest.find(marker))
        .min()
        && let Some((piece, after)) = rest.split_at_checked(end + "${".len())
    {
        pieces.push(Element::from(piece));
        rest = after;
    }
    if pieces.is_empty() {
        return Expression::from(text);
    }
    pieces.push(Element::from(rest));
    Expression::from(StringTemplate::from(pieces))
}

fn expression(value: Value, indent: &str) -> Expression {
    match value {
        Value::Text(text) => literal(&text),
        Value::Texts(texts) => texts.iter().map(|text| literal(text)).collect(),
        Value::Map(entries) => Expression::from(object(entries, indent)),
        Value::Name(name) => Expression::from(identifier(&name)),
        Value::Names(names) => {
            let names = names.iter().map(|name| Expression::from(identifier(name)));
            names.collect()
        }
        Value::Resource { kind, name, key } => {
            let mut operators = vec![TraversalOperator::GetAttr(identifier(&name).into())];
            operators.extend(key.map(|key| {
                TraversalOperator::Index(match key {
                    Key::Number(number) => Expression::from(number),
                    Key::Text(text) => literal(&text),
                })
            }));
            let operators: Vec<Decorated<TraversalOperator>> =
                operators.into_iter().map(Decorated::new).collect();
            Expression::from(Traversal::new(identifier(kind), operators))
        }
    }
}

/// Returns a map, with a single entry on one line, and several on lines of their own.
fn object(entries: BTreeMap<String, String>, indent: &str) -> Object {
    let is_one = entries.len() == 1;
    let keys: Vec<ObjectKey> = entries.keys().map(|key| object_key(key)).collect();
    let widths = keys.iter().map(|key| width(&written(key)));
    let widths: Vec<usize> = widths.collect();
    let widest = widths.iter().max().copied().unwrap_or_default();
    let mut object = Object::new();
    for (number, ((mut key, own), text)) in keys
        .into_iter()
        .zip(widths)
        .zip(entries.into_values())
        .enumerate()
    {
        let mut value = ObjectValue::new(literal(&text));
        if is_one {
            value.set_terminator(ObjectValueTerminator::None);
            key.decor_mut().set_prefix(" ");
            key.decor_mut().set_suffix(" ");
            value.expr_mut().decor_mut().set_prefix(" ");
            value.expr_mut().decor_mut().set_suffix(" ");
        } else {
            let line = if number == 0 { "\n" } else { "" };
            value.set_terminator(ObjectValueTerminator::Newline);
            key.decor_mut().set_prefix(format!("{line}{indent}  "));
            let blanks = " ".repeat(widest.saturating_sub(own) + 1);
            key.decor_mut().set_suffix(blanks);
        }
        object.insert(key, value);
    }
    if !is_one && !object.is_empty() {
        object.set_trailing(indent);
    }
    object
}

/// Returns a key as a name if that is unambiguous, and as a text otherwise.
fn object_key(key: &str) -> ObjectKey {
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&key);
    if is_plain {
        ObjectKey::from(identifier(key))
    } else {
        ObjectKey::from(literal(key))
    }
}

fn written(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Ident(name) => name.to_string(),
        ObjectKey::Expression(text) => text.to_string(),
    }
}

/// Returns a name. Only arguments of the schema, local names, and names of resources are written here, all of which are
/// already valid.
fn identifier(name: &str) -> Ident {
    Ident::new_sanitized(name)
}

/// Returns a text as lines of a comment.
fn comment(text: &str, width: usize) -> Vec<String> {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    wrapped(&visible(&text), width.saturating_sub("# ".len()))
        .into_iter()
        .map(|line| format!("# {line}"))
        .collect()
}
