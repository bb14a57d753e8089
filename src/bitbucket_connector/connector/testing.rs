//! Configurations as HCL, for tests: the rules' examples and the rows of tables are a single text for both people and
//! code.
//!
//! ```text
//! body       := { argument | block }
//! argument   := name "=" expression
//! block      := name "{" body "}"
//! expression := string | "true" | "false" | "null" | list | map | comprehension | reference
//! list       := "[" [ expression { "," expression } ] "]"
//! map        := "{" { ( name | string ) "=" expression [ "," ] } "}"
//! comprehension := "{ for" name "in range(" number ") :" string "=>" expression "}"
//! reference  := name { "." name }          unknown
//! ```
//!
//! Not supported, because no example needs them: numbers, functions, templates other than `${name}` in a comprehension.

use std::collections::BTreeMap;

use tf_provider::schema::{Block, placeholder};
use tf_provider::value::{Path, Step, Type, Value};

use super::schema;

/// The valid connector that examples modify.
pub(crate) const VALID: &str = r#"name            = "Bitbucket Cloud"
url_type        = "Account"
connection_type = "HTTP"
url             = "https://bitbucket.org/acme/"
test_repository = "web.git"

credentials {
  http {
    username     = "jdoe"
    password_ref = "account.bitbucket_api_token"
  }
}
"#;

/// Returns the value of a resource with [`VALID`] and the arguments and blocks of `hcl` instead of its own.
pub(crate) fn config(hcl: &str) -> Value {
    let block = schema::schema().block;
    let base = overlay(&block, block.null_object(), VALID);
    placeholder::undecided_as_unknown(&block, overlay(&block, base, hcl))
}

/// Returns `config` with the changes of a suggestion.
pub(crate) fn apply(config: &Value, changes: &[(Path, Value)]) -> Value {
    let block = schema::schema().block;
    changes
        .iter()
        .fold(config.clone(), |config, (path, value)| {
            replace(&block, config, path.steps(), value)
        })
}

fn replace(block: &Block, object: Value, steps: &[Step], value: &Value) -> Value {
    match steps {
        [Step::Attribute(name)] => {
            let value = match (nested(block, name), value) {
                // A suggestion contains only the members that it sets.
                (Some(nested), Value::Object(members)) => {
                    let object = nested.null_object();
                    members.iter().fold(object, |object, (name, member)| {
                        object.with(name, member.clone())
                    })
                }
                _ => value.clone(),
            };
            object.with(name, value)
        }
        [Step::Attribute(name), rest @ ..] => {
            let nested = nested(block, name).unwrap_or_else(|| panic!("no block {name}"));
            let inner = match object.get(name) {
                Some(inner) if !inner.is_null() => inner.clone(),
                _ => nested.null_object(),
            };
            object.with(name, replace(nested, inner, rest, value))
        }
        _ => panic!("suggestions change arguments"),
    }
}

fn nested<'a>(block: &'a Block, name: &str) -> Option<&'a Block> {
    let blocks = block.blocks.iter();
    blocks
        .filter(|nested| nested.name == name)
        .map(|nested| &nested.block)
        .next()
}

/// Replaces arguments and blocks in `object` with those of `hcl`.
pub(crate) fn overlay(block: &Block, object: Value, hcl: &str) -> Value {
    let mut reader = Reader(hcl);
    let object = reader.body(block, object);
    assert!(reader.rest().is_empty(), "left over: {}", reader.0);
    object
}

/// Valid connectors of every type.
pub(crate) const SOUND: &[&str] = &[
    "",
    "org_id = \"default\"\nproject_id = \"web\"\ntags = { team = \"payments\" }\ndelegate_selectors = [\"linux\"]",
    "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\ncredentials {\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}",
    "url = \"https://bitbucket.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\nconnection_test = \"require\"\n\
     api_access {\n access_token {\n token_ref = \"account.http_token\"\n }\n}",
    "url_type = \"Repository\"\nurl = \"https://bitbucket.org/acme/web.git\"\ntest_repository = null\n\
     api_access {\n email_and_api_token {\n email = \"jane@acme.com\"\n token_ref = \"account.api_token\"\n }\n}",
    "url = \"https://bitbucket.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n\
     credentials {\n http {\n username_ref = \"account.user\"\n password_ref = \"account.token\"\n }\n}\n\
     api_access {\n username_token {\n username_ref = \"account.user\"\n token_ref = \"account.token\"\n }\n}\n\
     timeouts {\n create = \"5m\"\n}",
];

/// Returns every path in a block at which a value can be unknown or null, from the outside in.
fn places(block: &Block, at: &Path) -> Vec<Path> {
    let attributes = block
        .attributes
        .iter()
        .map(|attribute| at.attribute(attribute.name));
    let blocks = block.blocks.iter().flat_map(|nested| {
        let path = at.attribute(nested.name);
        let mut places = vec![path.clone()];
        places.extend(self::places(&nested.block, &path));
        places
    });
    attributes.chain(blocks).collect()
}

/// Returns every path in the resource at which a value can be unknown or null, from the outside in.
pub(crate) fn all_places() -> Vec<Path> {
    places(&schema::schema().block, &Path::root())
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn rest(&mut self) -> &'a str {
        self.0 = self.0.trim_start();
        self.0
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest();
        match rest.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, token: &str) {
        assert!(self.take(token), "{token} expected before: {}", self.0);
    }

    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        assert!(end > 0, "a name expected before: {rest}");
        let (name, rest) = rest.split_at(end);
        self.0 = rest;
        name
    }

    fn body(&mut self, block: &Block, mut object: Value) -> Value {
        while !self.rest().is_empty() && !self.rest().starts_with('}') {
            let name = self.name();
            let value = if self.take("{") {
                let nested = nested(block, name).unwrap_or_else(|| panic!("no block {name}"));
                let value = self.body(nested, nested.null_object());
                self.need("}");
                value
            } else {
                self.need("=");
                let attribute = block.attributes.iter().find(|a| a.name == name);
                let ty = attribute.map(|a| &a.ty);
                // The only way to write a block that is not known yet.
                let ty = ty.or_else(|| nested(block, name).map(|_| &Type::Bool));
                self.expression(ty.unwrap_or_else(|| panic!("no argument {name}")))
            };
            object = object.with(name, value);
        }
        object
    }

    fn expression(&mut self, ty: &Type) -> Value {
        if self.rest().starts_with('"') {
            Value::string(self.string())
        } else if self.take("[") {
            Value::set(self.items("]", |reader| reader.expression(&Type::String)))
        } else if self.take("{") {
            assert!(matches!(ty, Type::Map(_)), "a map is no {ty}");
            Value::Map(self.map())
        } else {
            match self.name() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => {
                    while self.take(".") {
                        self.name();
                    }
                    Value::unknown()
                }
            }
        }
    }

    fn items<T>(&mut self, end: &str, item: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(item(self));
            self.take(",");
        }
        items
    }

    fn map(&mut self) -> BTreeMap<String, Value> {
        if self.take("for ") {
            return self.comprehension();
        }
        let entries = self.items("}", |reader| {
            let key = if reader.rest().starts_with('"') {
                reader.string()
            } else {
                reader.name().to_owned()
            };
            reader.need("=");
            (key, reader.expression(&Type::String))
        });
        entries.into_iter().collect()
    }

    fn comprehension(&mut self) -> BTreeMap<String, Value> {
        let variable = format!("${{{}}}", self.name());
        self.need("in range(");
        let count: usize = self.name().parse().unwrap();
        self.need(") :");
        let key = self.string();
        self.need("=>");
        let value = self.expression(&Type::String);
        self.need("}");
        (0..count)
            .map(|number| (key.replace(&variable, &number.to_string()), value.clone()))
            .collect()
    }

    fn string(&mut self) -> String {
        self.need("\"");
        let mut text = String::new();
        let mut characters = self.0.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    self.0 = characters.as_str();
                    return text;
                }
                '\\' => text.push(match characters.next().unwrap() {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                }),
                // `$${` stands for `${`.
                '$' if characters.as_str().starts_with("${") => {}
                other => text.push(other),
            }
        }
        panic!("the string does not end: {}", self.0)
    }
}
