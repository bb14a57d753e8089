//! The provider's functions: what the rules know about names and URLs, for use in configurations.
//!
//! They are pure, need no provider configuration, and call the code that checks a connector's arguments
//! ([`identifier`](crate::harness::identifier), [`url`](super::connector::url)): the resource accepts what a function
//! accepts.

mod identifier_from_name;
mod parse_bitbucket_url;
mod text_function;

use std::collections::BTreeMap;

use tf_provider::function::Function;
use tf_provider::provider::Named;

/// Returns all functions, by the name after `provider::harness::`.
pub fn functions() -> Named<dyn Function> {
    let identifier: Box<dyn Function> = Box::new(identifier_from_name::function());
    let url: Box<dyn Function> = Box::new(parse_bitbucket_url::function());
    BTreeMap::from([
        (identifier_from_name::NAME, identifier),
        (parse_bitbucket_url::NAME, url),
    ])
}

#[cfg(test)]
mod tests {
    use tf_provider::value::{Value, msgpack};

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
