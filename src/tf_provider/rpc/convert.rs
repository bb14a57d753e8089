//! Conversion of values, diagnostics, and paths to and from protobuf messages.

use super::super::about;
use super::super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::super::proto::tfplugin5 as proto;
use super::super::schema::Block;
use super::super::value::{DecodeError, Path, Step, Type, Value, json, msgpack};
use super::answer::Answer;
use crate::visible::visible;

/// Decodes the value that Terraform calls `what` ("config", "prior_state", …): an object, or null for a missing
/// message.
pub(super) fn decode(
    what: &str,
    message: Option<&proto::DynamicValue>,
    ty: &Type,
) -> Answer<Value> {
    let Some(message) = message else {
        return Ok(Value::Null);
    };
    match decode_message(message, ty) {
        // Parts of a configuration or a state can be unknown, but not the whole.
        Ok(value) if value.is_unknown() => {
            Err(malformed(what, &"expected an object or null, found an unknown value").into())
        }
        Ok(value) => Ok(value),
        Err(error) => {
            let place = error.path().clone();
            Err(malformed(what, &error).at(place).into())
        }
    }
}

/// Decodes any value, including unknown ones.
pub(super) fn decode_message(
    message: &proto::DynamicValue,
    ty: &Type,
) -> Result<Value, DecodeError> {
    if message.msgpack.is_empty() && !message.json.is_empty() {
        json::decode(&message.json, ty)
    } else {
        msgpack::decode(&message.msgpack, ty)
    }
}

/// Decodes a value that must be an object.
pub(super) fn decode_object(
    what: &str,
    message: Option<&proto::DynamicValue>,
    ty: &Type,
) -> Answer<Value> {
    match decode(what, message, ty)? {
        Value::Null => Err(malformed(what, &"expected an object, found null").into()),
        object => Ok(object),
    }
}

/// Decodes the content of a block that may be left out as a whole: null stands for a block without arguments.
pub(super) fn decode_block(
    what: &str,
    message: Option<&proto::DynamicValue>,
    block: &Block,
) -> Answer<Value> {
    match decode(what, message, &block.ty())? {
        Value::Null => Ok(block.null_object()),
        object => Ok(object),
    }
}

/// Returns whether the message is null, in either encoding.
pub(super) fn is_null(message: &proto::DynamicValue) -> bool {
    let bytes = if message.msgpack.is_empty() {
        &message.json
    } else {
        &message.msgpack
    };
    matches!(bytes.as_slice(), [] | [0xc0] | b"null")
}

/// Refuses a value with unknown parts, in calls for which Terraform waits until all is known.
pub(super) fn wholly_known(what: &str, value: Value) -> Answer<Value> {
    if value.is_wholly_known() {
        return Ok(value);
    }
    Err(malformed(what, &"expected known values, found an unknown one").into())
}

pub(super) fn malformed(what: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(
        format!("Malformed value in `{what}`"),
        format!(
            "Terraform sent a value that does not fit this provider's schema: {error}. Check that the state and the \
             lock file belong to this provider and version. If they do, please report this message at {}.",
            about::issues()
        ),
    )
}

/// Encodes a value that this provider produced.
pub(super) fn encode(value: &Value, ty: &Type) -> Answer<proto::DynamicValue> {
    match msgpack::encode(value, ty) {
        Ok(msgpack) => Ok(proto::DynamicValue {
            msgpack,
            json: Vec::new(),
        }),
        Err(error) => Err(Diagnostic::own_bug(format_args!(
            "The provider produced a value that does not fit its own schema ({error})"
        ))
        .into()),
    }
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics
        .into_iter()
        .map(|diagnostic| {
            let severity = match diagnostic.severity {
                Severity::Error => proto::diagnostic::Severity::Error,
                Severity::Warning => proto::diagnostic::Severity::Warning,
            };
            proto::Diagnostic {
                severity: severity.into(),
                summary: shown(&diagnostic.summary),
                detail: shown(&diagnostic.detail),
                attribute: diagnostic.path.as_ref().map(path),
            }
        })
        .collect()
}

/// Returns a text that Terraform shows as it is: with every character visible, and without color codes.
pub(super) fn shown(text: &str) -> String {
    without_color_codes(&visible(text))
}

/// Quotes words such as `[default]` or `[red]`, which Terraform removes from a diagnostic as color codes, even where
/// `[default]` is the name of an organization in a message from the platform.
fn without_color_codes(text: &str) -> String {
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('[') {
        shown.push_str(before);
        match after.split_once(']') {
            Some((word, behind)) if is_color_code(word) => {
                shown.push('"');
                shown.push_str(word);
                shown.push('"');
                rest = behind;
            }
            _ => {
                shown.push('[');
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    shown
}

fn is_color_code(word: &str) -> bool {
    const COLORS: &str = "default black red green yellow blue magenta cyan white light_gray dark_gray light_red \
                           light_green light_yellow light_blue light_magenta light_cyan";
    const EFFECTS: &str = "bold dim underline blink_slow blink_fast invert hidden reset reset_bold";
    let is_among = |words: &str, word| words.split(' ').any(|it| it == word);
    // A color between underscores is a background color.
    let color = word
        .strip_prefix('_')
        .and_then(|word| word.strip_suffix('_'))
        .unwrap_or(word);
    is_among(COLORS, color) || is_among(EFFECTS, word)
}

pub(super) fn path(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path.steps().iter().map(|step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            // An index beyond 2^63 cannot occur in a list that was received.
            Step::Index(index) => {
                Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX))
            }
        };
        proto::attribute_path::Step {
            selector: Some(selector),
        }
    });
    proto::AttributePath {
        steps: steps.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_codes_are_quoted_and_other_brackets_stay() {
        for (text, shown) in [
            (
                "not found in org [default].",
                "not found in org \"default\".",
            ),
            ("[bold]a[_red_]b", "\"bold\"a\"_red_\"b"),
            ("[x] [ [default", "[x] [ [default"),
            ("[[reset]]", "[\"reset\"]"),
            ("tags[\"red\"], list[0]", "tags[\"red\"], list[0]"),
            ("", ""),
        ] {
            assert_eq!(without_color_codes(text), shown);
        }
    }
}
