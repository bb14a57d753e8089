//! `identifier_from_name`: the identifier of a connector with a configuration that leaves it out.

use tf_provider::function::{FunctionError, Parameter, Signature};
use tf_provider::value::{Type, Value};

use super::text_function::{TextFunction, refused};
use crate::bitbucket_connector::checks::offline::overview::identifier::underivable;
use crate::harness::identifier;
use crate::harness::wording::hcl;

pub(crate) const NAME: &str = "identifier_from_name";

/// Returns the function `identifier_from_name`.
pub(super) fn function() -> TextFunction {
    TextFunction {
        signature: Signature {
            summary: "Derives the identifier of a connector from its name",
            description: "Derives an identifier from a name as the Harness UI does, and as `harness_bitbucket_connector` \
                          does if `identifier` is omitted: `\"My Bitbucket\"` becomes `My_Bitbucket`. The \
                          function drops spaces around the name, then leading digits, `-`, and `$`, then all characters \
                          except letters, digits, `_`, `$`, and spaces. Each run of spaces becomes one `_`. It is an error \
                          if nothing remains, or if the result is a word that Harness reserves. The function does not \
                          check whether the identifier is taken.",
            parameters: vec![Parameter {
                name: "name",
                ty: Type::String,
                description: "Name of the connector.",
            }],
            returns: Type::String,
        },
        call,
    }
}

fn call(name: &str) -> Result<Value, FunctionError> {
    let derived = identifier::from_name(name);
    derived.map(Value::String).map_err(|error| {
        let words = ["no identifier", "the identifier"];
        let (reason, proposal) = underivable(words, name, error);
        refused(&format!(
            "{reason}. Use another name, or write an identifier instead of the function call, such as {}",
            hcl(&proposal)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_yields_the_identifier_that_the_resource_derives() {
        for name in ["My Bitbucket", "  bb-cloud.prod", "1st repo"] {
            let derived = identifier::from_name(name).unwrap();
            assert_eq!(call(name), Ok(Value::String(derived)), "{name}");
        }
    }

    #[test]
    fn a_name_without_an_identifier_in_it_is_an_error_with_advice() {
        for (name, reason, proposal) in [
            ("42", "nothing remains without", "\"bitbucket_42\""),
            ("", "nothing remains without", "\"bitbucket_\""),
            (
                "\u{43d}\u{43e}\u{432}",
                "nothing remains without",
                "\"bitbucket\"",
            ),
            ("new", "it is a reserved word", "\"new_connector\""),
            (
                "harnessSecretManager",
                "built-in secret manager",
                "\"harnessSecretManager_connector\"",
            ),
        ] {
            let error = call(name).unwrap_err();
            assert_eq!(error.argument, Some(0));
            assert!(error.text.contains(reason), "{}", error.text);
            assert!(error.text.ends_with(proposal), "{}", error.text);
        }
    }
}
