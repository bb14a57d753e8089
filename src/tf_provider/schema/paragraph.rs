//! The description of an attribute, generated from its declaration: one paragraph, identical in editors and on pages.

use super::{Attribute, Mode};
use crate::value::Value;
use crate::wording::joined;

impl Attribute {
    /// Returns the full description as one paragraph of Markdown. For a result, it only says what the value is; how to
    /// write a value matters only for arguments.
    pub fn paragraph(&self) -> String {
        let mut sentences = vec![self.description.to_owned()];
        if !self.values.is_empty() {
            let values: Vec<_> = self.values.iter().map(|it| format!("`{it}`")).collect();
            let which = if values.len() == 2 {
                "Either"
            } else {
                "One of"
            };
            sentences.push(format!("{which} {}.", joined(&values, "or")));
        }
        let is_result = matches!(self.mode, Mode::Computed(_));
        if !is_result {
            sentences.push(self.advice.to_owned());
        }
        if !self.is_labeled_by_name() {
            sentences.push(format!("Shown as *{}* in the UI.", self.label));
        }
        if !is_result {
            sentences.extend(self.default().map(|it| format!("Default: {it}.")));
            if self.requires_replace {
                sentences.push("Changing this forces a new resource.".to_owned());
            }
            if !self.example.is_empty() {
                sentences.push(format!("Example: `{}`.", self.example));
            }
        }
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(" ")
    }

    /// Whether the label says nothing that the name does not say.
    fn is_labeled_by_name(&self) -> bool {
        let name = self.name.replace('_', " ");
        self.label.is_empty() || self.label.eq_ignore_ascii_case(&name)
    }

    /// Returns what applies if no value is given, as Markdown.
    fn default(&self) -> Option<String> {
        match &self.mode {
            Mode::Default(Value::String(text)) => Some(format!("`{text}`")),
            Mode::Default(Value::Bool(value)) => Some(format!("`{value}`")),
            Mode::Default(Value::Number(number)) => Some(format!("`{number}`")),
            _ => (!self.fallback.is_empty()).then(|| self.fallback.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Computed;
    use crate::value::Type;

    #[test]
    fn a_paragraph_has_all_declarations_of_an_argument() {
        let size = |mode| {
            Attribute::new("box_size", Type::String, mode, "How large.")
                .label("Size")
                .values(&["S", "L"])
                .advice("Choose well.")
                .example("\"L\"")
                .requires_replace()
        };
        for (attribute, expected) in [
            (
                size(Mode::Default(Value::string("S"))),
                "How large. Either `S` or `L`. Choose well. Shown as *Size* in the UI. Default: `S`. Changing this forces a \
                 new resource. Example: `\"L\"`.",
            ),
            (
                size(Mode::Optional).fallback("as the box is"),
                "How large. Either `S` or `L`. Choose well. Shown as *Size* in the UI. Default: as the box is. Changing this \
                 forces a new resource. Example: `\"L\"`.",
            ),
            (
                size(Mode::Computed(Computed::AtCreation)),
                "How large. Either `S` or `L`. Shown as *Size* in the UI.",
            ),
            (
                size(Mode::Computed(Computed::AtCreation)).label("Box Size"),
                "How large. Either `S` or `L`.",
            ),
            (
                Attribute::new("on", Type::Bool, Mode::Default(Value::Bool(true)), "On."),
                "On. Default: `true`.",
            ),
            (Attribute::new("x", Type::Bool, Mode::Required, "X."), "X."),
        ] {
            assert_eq!(attribute.paragraph(), expected);
        }
    }

    #[test]
    fn the_type_of_an_object_is_made_of_its_members() {
        let member = Attribute::new("code", Type::Number, Mode::Optional, "A code.");
        let object = Type::object([("code", Type::Number)]);
        let one = Attribute::object("one", vec![member.clone()], Mode::Optional, "One.");
        let many = Attribute::objects("many", vec![member], Mode::Optional, "Many.");
        assert_eq!((one.ty, many.ty), (object.clone(), Type::list(object)));
        assert_eq!(many.members.len(), 1);
    }
}
