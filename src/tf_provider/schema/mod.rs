//! Declarations: what a resource or a provider accepts, and how its planned state follows from it.
//!
//! A [`Schema`] is plain data. From it come the protocol's schema, the type by which values are decoded, the planning
//! steps ([`planning`]), generated configuration ([`generation`]) and the documentation; nothing about an attribute is
//! said twice.
//!
//! Nested blocks are of nesting mode *single* only: `credentials.http.username` in expressions, no `[0]`. Lists, sets
//! and maps of blocks are not supported, because protocol 5 plans them by position and this project has no use for them;
//! an attribute of a collection type does their work.

pub mod generation;
mod paragraph;
pub mod placeholder;
pub mod planning;

use std::collections::BTreeMap;

use super::value::{Type, Value};

/// A versioned [`Block`]: the schema of a provider or of a resource.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Raised whenever stored state needs an upgrade.
    pub version: i64,
    /// The top-level block.
    pub block: Block,
}

impl Schema {
    /// The first version of a schema without blocks.
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

    /// The object type of every value of this schema.
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
    /// The object type that attributes and blocks make together.
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

    /// An object of this block in which every attribute and every block is null.
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

/// A block inside a block, given at most once.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// As written in HCL.
    pub name: &'static str,
    /// Every configuration needs it. For people: it is the resource that finds it missing, not the host, because a finding
    /// can say what to write.
    pub required: bool,
    /// Its content.
    pub block: Block,
}

/// One argument or result.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// As written in HCL.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Who gives its value.
    pub mode: Mode,
    /// Markdown: what the value is, whoever gives it.
    pub description: &'static str,
    /// Markdown, for whoever gives the value: what else to know.
    pub advice: &'static str,
    /// What the platform's own screens call it; empty if they do not have it.
    pub label: &'static str,
    /// The only values that there are; empty if there are others.
    pub values: &'static [&'static str],
    /// Markdown: what holds where the value is left out; empty if nothing does, or if the mode says it.
    pub fallback: &'static str,
    /// A value as a configuration says it.
    pub example: &'static str,
    /// Of an object, and of a list of objects, the members, of which the type is made.
    pub members: Vec<Attribute>,
    /// Terraform hides the value in its output.
    pub sensitive: bool,
    /// A change of this argument replaces the object.
    pub requires_replace: bool,
}

impl Attribute {
    /// An attribute of which nothing else is said.
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

    /// An object with these members.
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

    /// A list of objects with these members.
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

    /// With something to know for whoever gives the value.
    #[must_use]
    pub fn advice(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }

    /// With the name that the platform's screens have for it.
    #[must_use]
    pub fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// With the only values that there are.
    #[must_use]
    pub fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// With what holds where it is left out.
    #[must_use]
    pub fn fallback(mut self, fallback: &'static str) -> Self {
        self.fallback = fallback;
        self
    }

    /// With a value as a configuration says it.
    #[must_use]
    pub fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// Hidden in Terraform's output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// A change replaces the object.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }
}

/// Who gives the value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// The configuration, always.
    Required,
    /// The configuration, or nobody: null stays null.
    Optional,
    /// The configuration, or else this value.
    Default(Value),
    /// The configuration, or else the provider.
    OptionalComputed(Computed),
    /// The provider.
    Computed(Computed),
}

/// What happens to a value that the provider gives when the object is updated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Computed {
    /// Settled at creation: an update keeps it.
    AtCreation,
    /// Any update may change it, so that it is unknown while one is planned.
    AtEveryChange,
}
