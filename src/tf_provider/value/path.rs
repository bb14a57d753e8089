//! The position of a value inside a configuration or a state: `credentials.http.username`, `tags["team"]`, `items[0]`.
//!
//! The steps are those of the protocol's `AttributePath`: attribute names, string keys, and integer keys. Elements of a
//! set have neither a name nor a position, so a path into a set ends at the set.

use std::fmt;

use crate::visible::{is_invisible, numbered};

/// One step from a value to a value inside it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// An attribute of an object, or a nested block.
    Attribute(String),
    /// A key of a map.
    Key(String),
    /// A position in a list or a tuple, from 0.
    Index(u64),
}

/// Steps from the top of a value downward; without steps, the value itself.
///
/// `Display` writes the path as an HCL reference, and nothing for the root. Names that are not HCL identifiers are
/// quoted, and very long ones are shortened: the text is for people, [`Path::steps`] for programs.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Path(Vec<Step>);

impl Path {
    /// Returns the path of the value itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Extends the path to an attribute of an object.
    #[must_use]
    pub fn attribute(&self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// Extends the path to a key of a map.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// Extends the path to a position in a list or tuple.
    #[must_use]
    pub fn index(&self, index: u64) -> Self {
        self.then(Step::Index(index))
    }

    /// Returns the steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Returns whether this is the path of the value itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if !is_identifier(name) => write!(f, "[{}]", Quoted(name))?,
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{}]", Quoted(key))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Text quoted and escaped as in HCL, cut after a line's length, because names can come from untrusted input.
pub(super) struct Quoted<'a>(pub(super) &'a str);

const LONGEST_QUOTED: usize = 80;

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let mut characters = self.0.chars().peekable();
        for character in characters.by_ref().take(LONGEST_QUOTED) {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                hidden if is_invisible(hidden) => f.write_str(&numbered(hidden))?,
                plain => write!(f, "{plain}")?,
            }
        }
        f.write_str(if characters.peek().is_some() {
            "…\""
        } else {
            "\""
        })
    }
}

/// Returns whether HCL accepts the name without quotes, as far as ASCII is concerned. Cut names are never identifiers.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= LONGEST_QUOTED
        && bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_hcl_refers_to_the_value() {
        let root = Path::root();
        let rows = [
            (root.clone(), ""),
            (root.attribute("name"), "name"),
            (
                root.attribute("credentials")
                    .attribute("http")
                    .attribute("username"),
                "credentials.http.username",
            ),
            (root.attribute("tags").key("a b"), r#"tags["a b"]"#),
            (root.attribute("tags").key("team"), r#"tags["team"]"#),
            (root.attribute("list").index(0), "list[0]"),
            (root.attribute("list").index(2).attribute("x"), "list[2].x"),
            (root.attribute("not plain"), r#"["not plain"]"#),
            (root.attribute("a").attribute("1"), r#"a["1"]"#),
            (root.attribute("a").attribute(""), r#"a[""]"#),
            (
                root.attribute("m").key("a\"\\\n\r\t\u{1}z"),
                r#"m["a\"\\\n\r\t<U+0001>z"]"#,
            ),
        ];
        for (path, text) in rows {
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn a_very_long_name_is_cut_in_the_text_but_kept_in_the_steps() {
        let long = "ä".repeat(100_000);
        let path = Path::root().attribute("tags").key(long.clone());
        assert_eq!(path.to_string(), format!("tags[\"{}…\"]", "ä".repeat(80)));
        assert_eq!(path.steps().last(), Some(&Step::Key(long)));
        let exact = "k".repeat(80);
        assert_eq!(
            Path::root().key(exact.clone()).to_string(),
            format!("[\"{exact}\"]")
        );
    }

    #[test]
    fn steps_come_back_as_they_were_given() {
        let steps = vec![
            Step::Attribute("a".into()),
            Step::Index(3),
            Step::Key("k".into()),
        ];
        assert_eq!(
            Path::from(steps.clone()),
            steps.iter().cloned().collect::<Path>()
        );
        assert_eq!(Path::from(steps.clone()).steps(), steps);
        assert!(Path::root().is_root());
        assert!(!Path::from(steps).is_root());
    }
}
