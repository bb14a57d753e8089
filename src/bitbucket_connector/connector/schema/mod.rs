//! The declaration of `harness_bitbucket_connector`: every setting of Harness's Bitbucket connector settings reference,
//! with what a user needs to know about it.
//!
//! What an attribute's label, values, default, example and replacement are is declared beside its description, and put into
//! words in one place (`Attribute::paragraph`), so that a description says none of it.

pub(crate) mod blocks;

use tf_provider::schema::{Attribute, Block, Computed, Mode, Schema};
use tf_provider::value::{Type, Value};

use super::words::{ConnectionType, ConnectivityMode, UrlType};
use crate::harness::provider_data::ConnectionTestMode;

/// The values of `url_type`: an account with all its repositories, or one repository.
pub(crate) const URL_TYPES: [&str; 2] = UrlType::NAMES;
/// The values of `connection_type`.
pub(crate) const CONNECTION_TYPES: [&str; 2] = ConnectionType::NAMES;
/// The values of `connectivity_mode`; the first is the default.
pub(crate) const CONNECTIVITY_MODES: [&str; 2] = ConnectivityMode::NAMES;

/// The schema, version 0.
pub(crate) fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            description: "A Harness connector to a Bitbucket account or repository, on Bitbucket Cloud or Bitbucket Data \
                          Center. Credentials are always *references* to Harness secrets (`id`, `org.id` or \
                          `account.id`), never values.",
            attributes: [
                overview(),
                details(),
                connectivity(),
                behaviour(),
                results(),
            ]
            .concat(),
            blocks: vec![
                blocks::credentials(),
                blocks::api_access(),
                blocks::timeouts(),
            ],
        },
    }
}

fn text(name: &'static str, mode: Mode, description: &'static str) -> Attribute {
    Attribute::new(name, Type::String, mode, description)
}

fn overview() -> Vec<Attribute> {
    vec![
        text(
            "name",
            Mode::Required,
            "Name of the connector, as the Harness UI shows it.",
        )
        .label("Name")
        .advice(
            "At most 128 characters: letters, digits, spaces and `-`, `_`, `.`, `/`. Names need not be unique.",
        )
        .example("\"Bitbucket Cloud\""),
        text(
            "identifier",
            Mode::OptionalComputed(Computed::AtCreation),
            "Id of the connector, unique in its scope.",
        )
        .label("Id")
        .advice(
            "A letter or `_`, then letters, digits, `_` or `$`, at most 128 characters. Harness locks it after creation: \
             another `name` keeps it. Pipelines that refer to a connector under an Id that is changed lose it.",
        )
        .fallback(
            "derived from `name` when the connector is created (`\"Bitbucket Cloud\"` gives `Bitbucket_Cloud`)",
        )
        .requires_replace()
        .example("\"Bitbucket_Cloud\""),
        text(
            "description",
            Mode::Optional,
            "Free text for the people who read the connector in Harness.",
        )
        .label("Description")
        .example("\"The workspace, for everybody\""),
        Attribute::new(
            "tags",
            Type::Map(Box::new(Type::String)),
            Mode::Optional,
            "Labels by which connectors can be filtered. A tag without a value has the value `\"\"`.",
        )
        .label("Tags")
        .advice("At most 128.")
        .example("{ team = \"payments\" }"),
        text(
            "org_id",
            Mode::Optional,
            "Id (not name) of the organization in which the connector lives.",
        )
        .fallback("the connector belongs to the account")
        .requires_replace()
        .example("\"platform\""),
        text(
            "project_id",
            Mode::Optional,
            "Id (not name) of the project in which the connector lives.",
        )
        .advice("Needs `org_id`.")
        .fallback("the connector belongs to the organization, or to the account")
        .requires_replace()
        .example("\"payments\""),
    ]
}

fn details() -> Vec<Attribute> {
    vec![
        text(
            "url_type",
            Mode::Required,
            "Whether `url` leads to all repositories of a Bitbucket account (a workspace, or a server), or to a single one.",
        )
        .label("URL Type")
        .values(&URL_TYPES)
        .example("\"Account\""),
        text(
            "connection_type",
            Mode::Required,
            "How Git clones and authenticates.",
        )
        .label("Connection Type")
        .values(&CONNECTION_TYPES)
        .advice("Decides the form of `url` and the block inside `credentials`.")
        .example("\"HTTP\""),
        text(
            "url",
            Mode::Required,
            "Where Bitbucket is: of an account what the addresses of all its repositories begin with, of a repository the \
             address by which Git clones it.",
        )
        .label("Bitbucket Account/Repository URL")
        .advice(
            "Its form depends on `url_type`, on `connection_type`, and on whether it is Bitbucket Cloud or a server of \
             your own: `https://bitbucket.org/<workspace>/`, `ssh://git@<host>:7999/<PROJECT>/<repository>.git` and so on.",
        )
        .example("\"https://bitbucket.org/example-works/\""),
        text(
            "test_repository",
            Mode::Optional,
            "A repository of the account that Harness reads to test the connection, and for nothing else: pipelines name \
             their own.",
        )
        .label("Test Repository")
        .advice(
            "Required where `url_type` is `Account`, so that the account needs at least one repository; left out \
             otherwise. It is the part that follows `url`: `<repository>.git` on Bitbucket Cloud, \
             `<PROJECT>/<repository>.git` on Data Center.",
        )
        .example("\"website.git\""),
    ]
}

fn connectivity() -> Vec<Attribute> {
    vec![
        text(
            "connectivity_mode",
            Mode::Default(Value::string(ConnectivityMode::Delegate.name())),
            "Who connects to Bitbucket: a Harness delegate in your network, or the Harness platform itself, which Harness \
             Cloud builds require.",
        )
        .label("Connectivity Mode")
        .values(&CONNECTIVITY_MODES)
        .advice(
            "Where a certificate of the server is signed by an authority of your own, the delegate has to know it: the \
             connector has no setting for that.",
        )
        .example("\"Platform\""),
        Attribute::new(
            "delegate_selectors",
            Type::Set(Box::new(Type::String)),
            Mode::Optional,
            "Tags of the delegate that connects: one delegate that has all of them.",
        )
        .label("Delegates Setup")
        .advice(
            "Every delegate also has its own name for a tag. Of use with the `Delegate` mode only.",
        )
        .fallback("any available delegate")
        .example("[\"linux\", \"pci\"]"),
    ]
}

fn behaviour() -> Vec<Attribute> {
    vec![
        text(
            "connection_test",
            Mode::Optional,
            "What happens with Harness's connection test after the connector was created or updated. `warn`: a failed \
             test is a warning with its cause; with the provider's `strict` it is an error, nothing is undone, and Terraform \
             marks a new connector as tainted. `require`: a failed test is an error, and the change is undone (the new \
             connector deleted, the former settings put back). `off`: no test. Not stored in Harness.",
        )
        .values(&ConnectionTestMode::NAMES)
        .fallback("what the provider's `connection_test` says")
        .example("\"require\""),
        Attribute::new(
            "force_delete",
            Type::Bool,
            Mode::Optional,
            "Delete the connector even while pipelines or other entities refer to it. Takes effect only where the \
             account setting *Enable Force Delete* is on. Not stored in Harness.",
        )
        .advice("Used when the connector is destroyed, and to be applied before that.")
        .fallback("`false`")
        .example("true"),
    ]
}

fn results() -> Vec<Attribute> {
    vec![
        text(
            "id",
            Mode::Computed(Computed::AtCreation),
            "The import id: `identifier`, `org_id/identifier` or `org_id/project_id/identifier`.",
        ),
        text(
            "ref",
            Mode::Computed(Computed::AtCreation),
            "How a pipeline refers to the connector (`connectorRef`): `account.<identifier>`, `org.<identifier>`, or \
             `<identifier>` for a connector of a project.",
        ),
        Attribute::new(
            "unmanaged",
            Type::Set(Box::new(Type::String)),
            Mode::Computed(Computed::AtCreation),
            "What Harness has set on the connector and this provider cannot manage: `api_access: OAuth`, \
             `credentials: <type>`, `url_type: Project`, `proxy`, `ignoreTestConnection`. Usually empty. Updates of other \
             settings keep it.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_mode_is_one_of_the_modes() {
        let block = schema().block;
        let mode = block
            .attributes
            .iter()
            .find(|attribute| attribute.name == "connectivity_mode");
        let default = Mode::Default(Value::string(CONNECTIVITY_MODES[0]));
        assert_eq!(mode.unwrap().mode, default);
    }
}
