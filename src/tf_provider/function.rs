//! The trait for provider-defined functions: pure computations that Terraform may call at any time and any number of
//! times, even before the provider is configured.

use super::value::{Type, Value};

/// A function.
pub trait Function: Send + Sync {
    /// Returns the signature.
    fn signature(&self) -> &Signature;

    /// Returns the result. There are as many arguments as parameters in the signature, and each has the declared type.
    ///
    /// # Errors
    /// Returns an error if the arguments have no result. It names the argument at fault and says what to write instead.
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError>;
}

/// The parameters and the result of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One line, without Markdown.
    pub summary: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// The parameters, in order. They accept only known values, and never null.
    pub parameters: Vec<Parameter>,
    /// The type of the result.
    pub returns: Type,
}

/// One parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name, for the documentation and for messages.
    pub name: &'static str,
    /// The type.
    pub ty: Type,
    /// Markdown.
    pub description: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    /// What was found, what is expected, what to write instead.
    pub text: String,
    /// The argument at fault, counted from 0, or `None` if it is not a single one.
    pub argument: Option<u32>,
}
