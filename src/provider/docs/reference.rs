//! A schema in Markdown, with the headings, groups, and anchors that the registry uses.

use std::fmt::Write;

use tf_provider::schema::{Attribute, Block, Mode, NestedBlock};
use tf_provider::value::Type;

/// Who sets a value, as the registry groups attributes.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

impl Group {
    const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    fn of(attribute: &Attribute) -> Self {
        match attribute.mode {
            Mode::Required => Self::Required,
            Mode::Optional | Mode::Default(_) | Mode::OptionalComputed(_) => Self::Optional,
            Mode::Computed(_) => Self::ReadOnly,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// Returns what to add to the declaration of the argument at a path: a sentence, or nothing.
type More<'a> = &'a dyn Fn(&str) -> String;

/// Returns the chapter `Schema`.
pub(super) fn chapter(block: &Block, more: More<'_>) -> String {
    let mut text = "## Schema\n\n".to_owned();
    let mut nested = Nested::default();
    groups(&mut text, "### ", "", block, more, &mut nested, &[]);
    nested.write(&mut text, more);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Returns every attribute that a configuration can set, in all blocks.
pub(super) fn arguments(block: &Block) -> Vec<&Attribute> {
    let own = block.attributes.iter();
    let own = own.filter(|attribute| Group::of(attribute) != Group::ReadOnly);
    let nested = block
        .blocks
        .iter()
        .flat_map(|nested| arguments(&nested.block));
    own.chain(nested).collect()
}

/// The sections for nested objects, in the order of their first mention.
#[derive(Default)]
struct Nested(Vec<(Vec<&'static str>, &'static str, Block)>);

impl Nested {
    fn write(self, text: &mut String, more: More<'_>) {
        for (path, kind, block) in self.0 {
            let (anchor, name) = (path.join("--"), path.join("."));
            write!(
                text,
                "<a id=\"{kind}--{anchor}\"></a>\n### Nested Schema for `{name}`\n\n"
            )
            .unwrap();
            let mut nested = Self::default();
            groups(text, "", ":", &block, more, &mut nested, &path);
            nested.write(text, more);
        }
    }
}

/// Returns the lists of required, optional, and read-only attributes. `before` and `after` enclose the name of each
/// group.
fn groups(
    text: &mut String,
    before: &str,
    after: &str,
    block: &Block,
    more: More<'_>,
    nested: &mut Nested,
    path: &[&'static str],
) {
    for group in Group::ALL {
        let attributes = block.attributes.iter();
        let attributes: Vec<_> = attributes.filter(|it| Group::of(it) == group).collect();
        let blocks = block.blocks.iter();
        let blocks: Vec<_> = blocks.filter(|it| group_of(it) == group).collect();
        if attributes.is_empty() && blocks.is_empty() {
            continue;
        }
        write!(text, "{before}{}{after}\n\n", group.title()).unwrap();
        for attribute in attributes {
            let path = [path, &[attribute.name]].concat();
            let more = more(&path.join("."));
            let mut line = format!(
                "- `{}` ({}) {} {more}",
                attribute.name,
                type_of(attribute),
                attribute.paragraph()
            );
            if !attribute.members.is_empty() {
                // This is how the registry distinguishes an object in an attribute from one in an object.
                let kind = if path.len() == 1 {
                    "nestedatt"
                } else {
                    "nestedobjatt"
                };
                see_below(&mut line, kind, &path);
                let members = Block {
                    attributes: attribute.members.clone(),
                    ..Block::default()
                };
                nested.0.push((path, kind, members));
            }
            writeln!(text, "{}", line.trim_end()).unwrap();
        }
        for block in blocks {
            let path = [path, &[block.name]].concat();
            let kind = if block.required {
                "Block"
            } else {
                "Block, Optional"
            };
            let description = block.block.description;
            let more = more(&path.join("."));
            let mut line = format!("- `{}` ({kind}) {description} {more}", block.name);
            see_below(&mut line, "nestedblock", &path);
            writeln!(text, "{line}").unwrap();
            nested.0.push((path, "nestedblock", block.block.clone()));
        }
        text.push('\n');
    }
}

fn group_of(nested: &NestedBlock) -> Group {
    if nested.required {
        Group::Required
    } else {
        Group::Optional
    }
}

fn see_below(line: &mut String, kind: &str, path: &[&str]) {
    line.truncate(line.trim_end().len());
    write!(
        line,
        " (see [below for nested schema](#{kind}--{}))",
        path.join("--")
    )
    .unwrap();
}

fn type_of(attribute: &Attribute) -> String {
    let sensitive = if attribute.sensitive {
        ", Sensitive"
    } else {
        ""
    };
    format!("{}{sensitive}", words(&attribute.ty))
}

/// Returns the registry's name of a type.
pub(super) fn words(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::List(element) => format!("List of {}", words(element)),
        Type::Set(element) => format!("Set of {}", words(element)),
        Type::Map(element) => format!("Map of {}", words(element)),
    }
}

#[test]
fn a_schema_is_written_as_the_registry_shows_it() {
    use tf_provider::schema::Computed;
    let text = |name, mode| Attribute::new(name, Type::String, mode, "A text.");
    let result = Mode::Computed(Computed::AtCreation);
    let inner = NestedBlock {
        name: "inner",
        required: false,
        block: Block {
            description: "Inner.",
            attributes: vec![text("key", Mode::Required).sensitive()],
            blocks: Vec::new(),
        },
    };
    let block = Block {
        description: "",
        attributes: vec![
            text("name", Mode::Required).example("\"x\""),
            Attribute::objects("all", vec![text("id", result.clone())], result, "All."),
        ],
        blocks: vec![NestedBlock {
            name: "outer",
            required: true,
            block: Block {
                description: "Outer.",
                attributes: Vec::new(),
                blocks: vec![inner],
            },
        }],
    };
    let more = |path: &str| match path {
        "name" | "outer.inner.key" => format!("More of {path}."),
        _ => String::new(),
    };
    let expected = r#"## Schema

### Required

- `name` (String) A text. Example: `"x"`. More of name.
- `outer` (Block) Outer. (see [below for nested schema](#nestedblock--outer))

### Read-Only

- `all` (List of Object) All. (see [below for nested schema](#nestedatt--all))

<a id="nestedblock--outer"></a>
### Nested Schema for `outer`

Optional:

- `inner` (Block, Optional) Inner. (see [below for nested schema](#nestedblock--outer--inner))

<a id="nestedblock--outer--inner"></a>
### Nested Schema for `outer.inner`

Required:

- `key` (String, Sensitive) A text. More of outer.inner.key.

<a id="nestedatt--all"></a>
### Nested Schema for `all`

Read-Only:

- `id` (String) A text.
"#;
    assert_eq!(chapter(&block, &more), expected);
}
