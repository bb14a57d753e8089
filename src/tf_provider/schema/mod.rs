//! Declarations: what a resource or a provider accepts, and how its planned state follows from that.
//!
//! A [`Schema`] is plain data. The protocol's schema, the type for decoding values, the planning steps ([`planning`]),
//! generated configuration ([`generation`]), and the documentation are all derived from it, so each fact about an
//! attribute is written once.
//!
//! Nested blocks have nesting mode *single* only: `credentials.http.username` in expressions, no `[0]`. Lists, sets,
//! and maps of blocks are not supported, because protocol 5 plans them by position and this project does not need them;
//! use an attribute with a collection type.

pub mod generation;
mod paragraph;
pub mod placeholder;
pub mod planning;

use std::collections::BTreeMap;

use super::value::{Type, Value};

/// A versioned [`Block`]: the schema of a provider or of a resource.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The schema version. Increase it whenever stored state needs an upgrade.
    pub version: i64,
    /// The top-level block.
    pub block: Block,
}

impl Schema {
    /// Creates a schema with version 0 and without blocks.
    pub fn new(description: &'static str, attributes: Vec<Attribute>) -> Self {
        Self {
            version: 0,
            block: Block {
                description,
                attributes,
                blocks: Vec::new(),
            },
        }
    }

    /// Returns the object type of every value of this schema.
    pub fn ty(&self) -> Type {
        self.block.ty()
    }
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Markdown, for the documentation and for editors.
    pub description: &'static str,
    /// In the order of the documentation.
    pub attributes: Vec<Attribute>,
    /// In the order of the documentation.
    pub blocks: Vec<NestedBlock>,
}

impl Block {
    /// Returns the object type that attributes and blocks make together.
    pub fn ty(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
        let blocks = self
            .blocks
            .iter()
            .map(|nested| (nested.name.to_owned(), nested.block.ty()));
        Type::Object(attributes.chain(blocks).collect())
    }

    /// Returns an object of this block with every attribute and every block null.
    pub fn null_object(&self) -> Value {
        let names = self.attributes.iter().map(|attribute| attribute.name);
        let blocks = self.blocks.iter().map(|nested| nested.name);
        Value::Object(
            names
                .chain(blocks)
                .map(|name| (name.to_owned(), Value::Null))
                .collect::<BTreeMap<_, _>>(),
        )
    }
}

/// A block inside a block, which can occur at most once.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// As written in HCL.
    pub name: &'static str,
    /// Whether every configuration needs the block. This is for the documentation: the resource reports a missing
    /// block, not the host, because the resource can say what to write.
    pub required: bool,
    /// The content.
    pub block: Block,
}

/// One argument or result.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// As written in HCL.
    pub name: &'static str,
    /// The type.
    pub ty: Type,
    /// Who sets the value.
    pub mode: Mode,
    /// Markdown: what the value is, regardless of who sets it.
    pub description: &'static str,
    /// Markdown: advice for the person who sets the value.
    pub advice: &'static str,
    /// The label in the platform's UI; empty if it has none.
    pub label: &'static str,
    /// The allowed values; empty if there is no fixed list.
    pub values: &'static [&'static str],
    /// Markdown: what applies if the value is left out; empty if nothing does, or if the mode says it.
    pub fallback: &'static str,
    /// An example value, as written in a configuration.
    pub example: &'static str,
    /// The members of an object or of a list of objects, which determine the type.
    pub members: Vec<Attribute>,
    /// Whether Terraform hides the value in its output.
    pub sensitive: bool,
    /// Whether changing this argument replaces the object.
    pub requires_replace: bool,
}

impl Attribute {
    /// Creates an attribute without any further properties.
    pub fn new(name: &'static str, ty: Type, mode: Mode, description: &'static str) -> Self {
        Self {
            name,
            ty,
            mode,
            description,
            advice: "",
            label: "",
            values: &[],
            fallback: "",
            example: "",
            members: Vec::new(),
            sensitive: false,
            requires_replace: false,
        }
    }

    /// Creates an object with these members.
    pub fn object(
        name: &'static str,
        members: Vec<Attribute>,
        mode: Mode,
        description: &'static str,
    ) -> Self {
        let ty = Type::object(members.iter().map(|it| (it.name, it.ty.clone())));
        Self {
            members,
            ..Self::new(name, ty, mode, description)
        }
    }

    /// Creates a list of objects with these members.
    pub fn objects(
        name: &'static str,
        members: Vec<Attribute>,
        mode: Mode,
        description: &'static str,
    ) -> Self {
        let object = Self::object(name, members, mode, description);
        Self {
            ty: Type::list(object.ty),
            ..object
        }
    }

    /// Sets the advice for the person who sets the value.
    #[must_use]
    pub fn advice(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// Sets the label in the platform's UI.
    #[must_use]
    pub fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// Sets the allowed values.
    #[must_use]
    pub fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// Sets what applies if the value is left out.
    #[must_use]
    pub fn fallback(mut self, fallback: &'static str) -> Self {
        self.fallback = fallback;
        self
    }

    /// Sets an example value, as written in a configuration.
    #[must_use]
    pub fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// Hides the value in Terraform's output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Makes a change of this argument replace the object.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }
}

/// Who sets the value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// The configuration, always.
    Required,
    /// The configuration, if at all: null stays null.
    Optional,
    /// The configuration, or else this value.
    Default(Value),
    /// The configuration, or else the provider.
    OptionalComputed(Computed),
    /// The provider.
    Computed(Computed),
}

/// What an update does to a value that the provider sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Computed {
    /// The value is set at creation, and an update keeps it.
    AtCreation,
    /// Any update may change the value, so it is unknown while an update is planned.
    AtEveryChange,
}
