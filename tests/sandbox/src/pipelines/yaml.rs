//! What pipelines and triggers say: the scalars of their YAML, each under the names that lead to it.
//!
//! Understood are block mappings and sequences, quotes, comments, flow collections on one line, and JSON. Everything
//! else is passed over, the text of block scalars (`|`, `>`) above all: a script in it may look like YAML.

use serde_json::Value;

/// A text that was read.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    scalars: Vec<(Vec<String>, String)>,
}

impl Yaml {
    pub(super) fn read(text: &str) -> Self {
        let mut yaml = Self::default();
        match serde_json::from_str::<Value>(text) {
            Ok(json @ Value::Object(_)) => yaml.json(&mut Vec::new(), &json),
            _ => yaml.lines(text),
        }
        yaml
    }

    /// The scalar under these names.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        let found = self.scalars.iter().find(|(path, _)| path == names);
        found.map(|(_, value)| value.as_str())
    }

    /// Every reference to a connector. What is only known when a pipeline runs is none.
    pub(super) fn connectors(&self) -> impl Iterator<Item = &str> {
        let named = self.scalars.iter().filter(|(path, value)| {
            let name = path.last().map(String::as_str);
            matches!(name, Some("connectorRef" | "connector")) && !value.starts_with("<+")
        });
        named.map(|(_, value)| value.as_str())
    }

    fn json(&mut self, path: &mut Vec<String>, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    path.push(name.clone());
                    self.json(path, value);
                    path.pop();
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.json(path, item)),
            Value::Null => {}
            Value::String(text) => self.scalars.push((path.clone(), text.clone())),
            scalar => self.scalars.push((path.clone(), scalar.to_string())),
        }
    }

    fn lines(&mut self, text: &str) {
        // The names that are open, each with its column.
        let mut open: Vec<(usize, String)> = Vec::new();
        // The column that the text of a block scalar is right of.
        let mut block: Option<usize> = None;
        for line in text.lines() {
            let mut content = line.trim();
            let mut column = line.len() - line.trim_start().len();
            if block.is_some_and(|of| content.is_empty() || column > of) {
                continue;
            }
            let mut parent = column;
            while let Some(item) = content.strip_prefix("- ") {
                parent = column;
                column += content.len() - item.trim_start().len();
                content = item.trim_start();
            }
            block = content.starts_with(['|', '>']).then_some(parent);
            let Some((name, value)) = pair(content) else {
                continue;
            };
            open.retain(|(of, _)| *of < column);
            open.push((column, name));
            let path = || -> Vec<String> { open.iter().map(|(_, name)| name.clone()).collect() };
            match value.chars().next() {
                None | Some('#') => {}
                Some('|' | '>') => block = Some(column),
                Some('{' | '[') => self.flow(&path(), value),
                Some(_) => self.scalars.push((path(), scalar(value))),
            }
        }
    }

    /// The pairs of a flow collection; those of nested ones count as its own.
    fn flow(&mut self, path: &[String], text: &str) {
        let mut quote = None;
        let pieces = text.split(|next: char| {
            match quote {
                Some(of) if of == next => quote = None,
                None if next == '"' || next == '\'' => quote = Some(next),
                None => return "{}[],".contains(next),
                Some(_) => {}
            }
            false
        });
        for (name, value) in pieces.filter_map(|piece| pair(piece.trim())) {
            if !value.is_empty() {
                let mut path = path.to_vec();
                path.push(name);
                self.scalars.push((path, scalar(value)));
            }
        }
    }
}

/// A name and what is behind its colon.
fn pair(text: &str) -> Option<(String, &str)> {
    if text.starts_with('#') {
        return None;
    }
    let (name, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (name, rest) = text.get(1..)?.split_once(quote)?;
            (name, rest.trim_start().strip_prefix(':')?)
        }
        _ => match text.split_once(": ") {
            Some(pair) => pair,
            None => (text.strip_suffix(':')?, ""),
        },
    };
    Some((name.trim().to_owned(), rest.trim()))
}

/// A scalar without its quotes and the comment behind it.
fn scalar(text: &str) -> String {
    match text.chars().next() {
        Some('"') => {
            let mut read = serde_json::Deserializer::from_str(text).into_iter::<String>();
            match read.next() {
                Some(Ok(text)) => text,
                _ => text.trim_matches('"').to_owned(),
            }
        }
        Some('\'') => {
            let inner = text.get(1..).unwrap_or_default();
            let inner = inner.split_once(" #").map_or(inner, |(inner, _)| inner);
            inner.trim_end().trim_end_matches('\'').replace("''", "'")
        }
        _ => {
            let plain = text.split_once(" #").map_or(text, |(plain, _)| plain);
            plain.trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPELINE: &str = r#"
# connectorRef: account.comment
pipeline:
  name: 'Bob''s build' # the name
  "identifier": "build"
  properties:
    ci:
      codebase: {connectorRef: org.codebase, build: "a, b: c"}
  variables: [{name: x, connector: account.flow}]
  stages:
  - stage:
      name: not the pipeline's
      spec:
        connectorRef: "account.quoted"   # why
        command: |
          connectorRef: account.script

          pipeline:
            identifier: other
        runtime: <+input>
        steps:
          - step:
              connectorRef: <+input>
              url: https://example.com
              args:
                - |
                  connectorRef: account.item
                - connectorRef: plain
    - >-
      connectorRef: account.folded
  connectorRef: last
"#;

    #[test]
    fn scalars_are_found_under_their_names() {
        let yaml = Yaml::read(PIPELINE);
        for (names, expected) in [
            (&["pipeline", "name"][..], Some("Bob's build")),
            (&["pipeline", "identifier"], Some("build")),
            (
                &["pipeline", "stages", "stage", "name"],
                Some("not the pipeline's"),
            ),
            (
                &["pipeline", "properties", "ci", "codebase", "build"],
                Some("a, b: c"),
            ),
            (
                &[
                    "pipeline", "stages", "stage", "spec", "steps", "step", "url",
                ],
                Some("https://example.com"),
            ),
            (&["pipeline", "description"], None),
            (&["pipeline"], None),
        ] {
            assert_eq!(yaml.text(names), expected, "{names:?}");
        }
    }

    #[test]
    fn connectors_are_found_where_the_platform_looks_for_them() {
        let yaml = Yaml::read(PIPELINE);
        let found: Vec<_> = yaml.connectors().collect();
        let expected = [
            "org.codebase",
            "account.flow",
            "account.quoted",
            "plain",
            "last",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn json_is_yaml_and_other_text_says_nothing() {
        let json = r#"{"pipeline": {"identifier": "a", "stages": [{"stage": {"connectorRef": "account.x", "n": 1}}]}}"#;
        let yaml = Yaml::read(json);
        assert_eq!(yaml.text(&["pipeline", "identifier"]), Some("a"));
        assert_eq!(yaml.text(&["pipeline", "stages", "stage", "n"]), Some("1"));
        assert_eq!(yaml.connectors().collect::<Vec<_>>(), ["account.x"]);
        for text in [
            "", "text", "- ", ":", "\"", "'", "\": \"", "{", "a: \"b", "\u{e9}:",
        ] {
            assert_eq!(Yaml::read(text).connectors().count(), 0, "{text}");
        }
    }
}
