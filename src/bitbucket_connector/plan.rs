//! What can be known about a connector while its creation is planned: the identifier that its name yields, and with it
//! `id` and `ref`. Everything else the schema's planning steps have settled.

use super::conversion;
use super::identifier;
use super::import_id;
use super::model::Model;
use super::setting::Setting;

/// Fills in what follows from the other settings. Values that are already known stay.
///
/// A pure function of the model, so that planning again with more known agrees with what was planned before.
pub(super) fn complete(mut model: Model) -> Model {
    if model.identifier.is_unknown()
        && let Some(name) = model.name.text()
        && let Ok(derived) = identifier::from_name(name)
    {
        model.identifier = Setting::Known(derived);
    }
    if let Ok(Some(scope)) = conversion::scope(&model)
        && let Some(identifier) = model.identifier.text()
    {
        if model.id.is_unknown() {
            model.id = Setting::Known(import_id::format(&scope, identifier));
        }
        if model.reference.is_unknown() {
            model.reference = Setting::Known(import_id::reference(&scope, identifier));
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Setting<String> {
        Setting::Known(value.to_owned())
    }

    fn new(name: Setting<String>) -> Model {
        Model {
            name,
            identifier: Setting::Unknown,
            id: Setting::Unknown,
            reference: Setting::Unknown,
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
        assert_eq!(complete(new(Setting::Unknown)), new(Setting::Unknown));
        let planned = complete(Model {
            org_id: Setting::Unknown,
            ..new(text("bb"))
        });
        assert_eq!(planned.identifier, text("bb"));
        assert!(planned.id.is_unknown() && planned.reference.is_unknown());
    }
}
