//! What the functions have in common: each has one text as its argument.

use tf_provider::function::{Function, FunctionError, Signature};
use tf_provider::value::Value;

/// A function of one text.
#[derive(Debug)]
pub(super) struct TextFunction {
    pub(super) signature: Signature,
    pub(super) call: fn(&str) -> Result<Value, FunctionError>,
}

impl Function for TextFunction {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let text = match arguments {
            [argument] => argument.as_str(),
            _ => None,
        };
        let text = text.ok_or_else(|| FunctionError {
            text: "the function needs exactly one known string; this is a bug in the caller"
                .to_owned(),
            argument: None,
        })?;
        (self.call)(text)
    }
}

/// Creates the error about a function's only argument. Terraform adds a period to the text.
pub(super) fn refused(text: &str) -> FunctionError {
    FunctionError {
        text: text.strip_suffix('.').unwrap_or(text).to_owned(),
        argument: Some(0),
    }
}
