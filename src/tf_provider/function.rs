//! What a provider-defined function has to offer: a pure computation, which Terraform may call at any time, before the
//! provider is configured, and as often as it likes.

use super::value::{Type, Value};

/// A function.
pub trait Function: Send + Sync {
    /// How it is called.
    fn signature(&self) -> &Signature;

    /// The result for these arguments, of which there are as many as the signature says, each of its type.
    ///
    /// # Errors
    /// The arguments have no result; the error says which argument is to blame, and what to write instead.
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError>;
}

/// How a function is called, and what it yields.
#[derive(Clone, Debug)]
pub struct Signature {
    /// One line, without Markdown.
    pub summary: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// The parameters, in order. Every one of them takes known values only, never null.
    pub parameters: Vec<Parameter>,
    /// The type of the result.
    pub returns: Type,
}

/// One parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, for the documentation and for messages.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Markdown.
    pub description: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    /// What was found, what is expected, what to write instead.
    pub text: String,
    /// The argument to blame, counted from 0; `None` if it is not one alone.
    pub argument: Option<u32>,
}
