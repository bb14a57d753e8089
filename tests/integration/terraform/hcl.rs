//! Connectors as HCL: a valid minimal one, with a test's changes.
//!
//! Values are given as JSON, which is also HCL; where HCL requires a block, the JSON object becomes one.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

const BLOCKS: [&str; 8] = [
    "access_token",
    "api_access",
    "credentials",
    "email_and_api_token",
    "http",
    "ssh",
    "timeouts",
    "username_token",
];

/// The resource block of a connector.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    label: String,
    arguments: Map<String, Value>,
}

impl Connector {
    /// Creates a connector to one repository over HTTP, with only what is required. The label is also its name, and so
    /// its identifier.
    pub(super) fn new(label: &str) -> Self {
        let connector = Self {
            label: label.to_owned(),
            arguments: Map::new(),
        };
        connector.with(&json!({
            "name": label,
            "url_type": "Repository",
            "connection_type": "HTTP",
            "url": "https://bitbucket.org/acme/web.git",
            "credentials": {"http": {"username": "jdoe", "password_ref": "account.bitbucket_token"}},
        }))
    }

    /// Replaces some arguments and blocks, each as a whole.
    pub(super) fn with(mut self, arguments: &Value) -> Self {
        let arguments = arguments.as_object().expect("arguments are an object");
        self.arguments.extend(arguments.clone());
        self
    }

    /// Removes an argument.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.arguments.remove(name);
        self
    }

    /// Returns the label.
    pub(super) fn label(&self) -> &str {
        &self.label
    }
}

/// Returns the block that imports the connector with this id to this label.
pub(super) fn import(label: &str, id: &str) -> String {
    let to = super::cli::address(label);
    format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n")
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = format!("resource \"{}\" \"{}\"", super::cli::TYPE, self.label);
        write_block(f, &header, &self.arguments, 0)
    }
}

fn write_block(
    f: &mut impl Write,
    header: &str,
    members: &Map<String, Value>,
    depth: usize,
) -> fmt::Result {
    let margin = "  ".repeat(depth);
    writeln!(f, "{margin}{header} {{")?;
    for (name, value) in members {
        match value {
            Value::Object(inner) if BLOCKS.contains(&name.as_str()) => {
                write_block(f, name, inner, depth + 1)?;
            }
            value => writeln!(f, "{margin}  {name} = {value}")?,
        }
    }
    writeln!(f, "{margin}}}")
}
