//! `identifier_from_name`: the identifier that a connector gets whose configuration leaves it out.

use tf_provider::function::{FunctionError, Parameter, Signature};
use tf_provider::value::{Type, Value};

use super::{TextFunction, refused};
use crate::bitbucket_connector::checks::offline::overview::identifier::underivable;
use crate::harness::identifier;
use crate::harness::wording::hcl;

pub(crate) const NAME: &str = "identifier_from_name";

/// The function `identifier_from_name`.
pub(super) fn function() -> TextFunction {
    TextFunction {
        signature: Signature {
            summary: "The identifier that Harness derives from a name",
            description: "Derives an identifier from a name as the Harness UI does, and as `harness_bitbucket_connector` \
                          does where `identifier` is left out: blanks around the name, then leading digits, `-` and `$`, \
                          then every character outside letters, digits, `_`, `$` and the space are dropped; each run of \
                          spaces becomes one `_`. `\"My Bitbucket\"` gives `My_Bitbucket`. A name of which nothing \
                          remains, or a word that Harness keeps for itself, is an error. Nothing is done to make the \
                          identifier unique.",
            parameters: vec![Parameter {
                name: "name",
                ty: Type::String,
                description: "The name, as `harness_bitbucket_connector` takes it.",
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
            "{reason}. Give another name, or write an identifier of your own instead of the call, for example {}",
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
    fn a_name_without_an_identifier_in_it_is_told_what_to_write() {
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
