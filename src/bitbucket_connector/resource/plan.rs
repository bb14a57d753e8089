//! What is already known when a connector is planned: the identifier derived from its name, with `id` and `ref`, and
//! references that are written differently but do not change. The schema's planning steps determine everything else.

use tf_provider::field::Field;

use super::convert;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::settings;
use crate::harness::{entity_id, identifier};

/// Fills in what follows from the other settings. Known values stay.
///
/// This is a pure function of the model, so that planning again with more known values agrees with the first plan.
pub(crate) fn complete(mut model: Model) -> Model {
    if model.identifier.is_unknown()
        && let Some(name) = model.name.text()
        && let Ok(derived) = identifier::from_name(name)
    {
        model.identifier = Field::Known(derived);
    }
    if let Ok(Some(scope)) = model.scope()
        && let Some(identifier) = model.identifier.text()
    {
        if model.id.is_unknown() {
            model.id = Field::Known(entity_id::format(&scope, identifier));
        }
        if model.reference.is_unknown() {
            model.reference = Field::Known(entity_id::reference(&scope, identifier));
        }
    }
    model
}

/// Keeps the state's form of each reference that names the same secret as the configuration's. Harness ignores the
/// scope's case, so after an import `ACCOUNT.x` in the configuration is not a change of `account.x` in the state.
pub(super) fn keep_forms(mut planned: Model, prior: &Model) -> Model {
    for reference in settings::references() {
        if let (Some(given), Some(stored)) =
            (reference.of(&planned).text(), reference.of(prior).text())
            && convert::same_reference(given, stored)
        {
            reference.set(&mut planned, reference.of(prior).clone());
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use tf_provider::field::{FromValue, ToValue};
    use tf_provider::schema::Block;
    use tf_provider::value::{Type, Value};

    use super::*;
    use crate::bitbucket_connector::connector::schema;

    /// Returns an object with this value for every text, and nothing else.
    fn texts(block: &Block, text: &str) -> Value {
        let attributes = block.attributes.iter().map(|attribute| {
            let value = match attribute.ty {
                Type::String => Value::string(text),
                _ => Value::Null,
            };
            (attribute.name, value)
        });
        let blocks = block.blocks.iter();
        let blocks = blocks.map(|nested| (nested.name, texts(&nested.block, text)));
        Value::object(attributes.chain(blocks))
    }

    /// Collects the paths at which two objects differ.
    fn differing(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in one {
                    differing(value, &other[name], &format!("{at}.{name}"), found);
                }
            }
            _ if one != other => found.push(at.to_owned()),
            _ => {}
        }
    }

    #[test]
    fn of_all_texts_the_references_alone_keep_the_form_of_the_state() {
        let block = &schema::schema().block;
        let prior = Model::from_value(&texts(block, "account.x")).unwrap();
        let given = texts(block, "ACCOUNT.x");
        let planned = keep_forms(Model::from_value(&given).unwrap(), &prior).to_value();
        let mut kept = Vec::new();
        differing(&given, &planned, "", &mut kept);
        let mut all = Vec::new();
        differing(&given, &prior.to_value(), "", &mut all);
        all.retain(|path| path.ends_with("_ref"));
        assert_eq!(all.len(), 8, "{all:?}");
        assert_eq!(kept, all);
    }

    #[test]
    fn another_secret_an_unknown_one_and_none_are_planned_as_they_are_given() {
        let block = &schema::schema().block;
        let prior = Model::from_value(&texts(block, "account.x")).unwrap();
        let others = ["ACCOUNT.y", "org.x", "x", ""].map(|text| texts(block, text));
        let unknown = block.null_object().with("credentials", Value::unknown());
        for given in others.into_iter().chain([block.null_object(), unknown]) {
            let planned = keep_forms(Model::from_value(&given).unwrap(), &prior).to_value();
            assert_eq!(planned, given);
        }
    }

    fn text(value: &str) -> Field<String> {
        Field::Known(value.to_owned())
    }

    fn new(name: Field<String>) -> Model {
        Model {
            name,
            identifier: Field::Unknown,
            id: Field::Unknown,
            reference: Field::Unknown,
            ..Model::default()
        }
    }

    #[test]
    fn a_known_name_makes_identifier_id_and_ref_known() {
        let planned = complete(Model {
            org_id: text("default"),
            ..new(text("My Bitbucket"))
        });
        assert_eq!(planned.identifier, text("My_Bitbucket"));
        assert_eq!(planned.id, text("default/My_Bitbucket"));
        assert_eq!(planned.reference, text("org.My_Bitbucket"));
    }

    #[test]
    fn an_unknown_name_or_scope_leaves_open_what_depends_on_it() {
        assert_eq!(complete(new(Field::Unknown)), new(Field::Unknown));
        let planned = complete(Model {
            org_id: Field::Unknown,
            ..new(text("bb"))
        });
        assert_eq!(planned.identifier, text("bb"));
        assert!(planned.id.is_unknown() && planned.reference.is_unknown());
    }
}
