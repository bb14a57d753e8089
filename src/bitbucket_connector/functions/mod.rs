//! The provider's functions: what the rules know about names and URLs, for use in configurations.
//!
//! They are pure, need no provider configuration, and call the code that checks a connector's arguments
//! ([`identifier`](crate::harness::identifier), [`url`](super::connector::url)): the resource accepts what a function
//! accepts.

mod identifier_from_name;
mod parse_bitbucket_url;

use std::collections::BTreeMap;

use tf_provider::function::{Function, FunctionError, Signature};
use tf_provider::provider::Named;
use tf_provider::value::Value;

/// Returns all functions, by the name after `provider::harness::`.
pub fn functions() -> Named<dyn Function> {
    let identifier: Box<dyn Function> = Box::new(identifier_from_name::function());
    let url: Box<dyn Function> = Box::new(parse_bitbucket_url::function());
    BTreeMap::from([
        (identifier_from_name::NAME, identifier),
        (parse_bitbucket_url::NAME, url),
    ])
}

/// A function of one text.
#[derive(Debug)]
struct TextFunction {
    signature: Signature,
    call: fn(&str) -> Result<Value, FunctionError>,
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
fn refused(text: &str) -> FunctionError {
    FunctionError {
        text: text.strip_suffix('.').unwrap_or(text).to_owned(),
        argument: Some(0),
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::value::msgpack;

    use super::*;

    #[test]
    fn a_function_is_offered_under_its_name_and_describes_itself() {
        let functions = functions();
        let names: Vec<_> = functions.keys().copied().collect();
        assert_eq!(names, ["identifier_from_name", "parse_bitbucket_url"]);
        for (name, function) in &functions {
            let signature = function.signature();
            assert!(!signature.summary.is_empty() && !signature.summary.contains('`'));
            assert!(!signature.description.is_empty());
            assert_eq!(signature.parameters.len(), 1, "{name}");
        }
    }

    #[test]
    fn every_result_is_of_the_type_that_the_signature_promises() {
        for (name, argument) in [
            ("identifier_from_name", "My Bitbucket"),
            ("parse_bitbucket_url", "https://bitbucket.org"),
            (
                "parse_bitbucket_url",
                "https://bb.acme.com:8443/stash/scm/PROJ/web.git",
            ),
        ] {
            let functions = functions();
            let function = &functions[name];
            let result = function.call(&[Value::string(argument)]).unwrap();
            let ty = &function.signature().returns;
            let encoded = msgpack::encode(&result, ty).unwrap();
            assert_eq!(msgpack::decode(&encoded, ty).unwrap(), result);
        }
    }

    #[test]
    fn arguments_that_the_host_must_not_send_are_an_error_and_no_panic() {
        for function in functions().values() {
            let text = Value::string("x");
            for arguments in [
                vec![],
                vec![Value::Null],
                vec![Value::unknown()],
                vec![text.clone(), text],
            ] {
                assert_eq!(function.call(&arguments).unwrap_err().argument, None);
            }
        }
    }
}
