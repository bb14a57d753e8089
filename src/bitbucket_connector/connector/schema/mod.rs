//! The declaration of `harness_bitbucket_connector`: every setting in Harness's Bitbucket connector settings reference,
//! with what a user needs to know about it.
//!
//! The label, values, default, example, and replacement of an attribute are declared next to its description, and
//! `Attribute::paragraph` puts them into words. A description therefore says none of them.

pub(crate) mod blocks;
mod text;

use tf_provider::schema::{Attribute, Block, Computed, Mode, Schema};
use tf_provider::value::{Type, Value};

use super::words::{ConnectionType, ConnectivityMode, UrlType};
use crate::harness::provider_data::ConnectionTestMode;
use text::text;

/// The values of `url_type`: an account with all its repositories, or one repository.
pub(crate) const URL_TYPES: [&str; 2] = UrlType::NAMES;
/// The values of `connection_type`.
pub(crate) const CONNECTION_TYPES: [&str; 2] = ConnectionType::NAMES;
/// The values of `connectivity_mode`; the first is the default.
pub(crate) const CONNECTIVITY_MODES: [&str; 2] = ConnectivityMode::NAMES;

/// Returns the schema, version 0.
pub(crate) fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            description: "Manages a Harness connector to a Bitbucket account or repository, on Bitbucket Cloud or Bitbucket \
                          Data Center. Credentials are always *references* to Harness secrets (`id`, `org.id`, or \
                          `account.id`), never values.",
            attributes: [overview(), details(), connectivity(), behavior(), results()].concat(),
            blocks: vec![
                blocks::credentials(),
                blocks::api_access(),
                blocks::timeouts(),
            ],
        },
    }
}

fn overview() -> Vec<Attribute> {
    vec![
        text("name", Mode::Required, "Name of the connector in Harness.")
            .label("Name")
            .advice(
                "At most 128 characters: letters, digits, spaces, `-`, `_`, `.`, and `/`. Names need not be unique.",
            )
            .example("\"Bitbucket Cloud\""),
        text(
            "identifier",
            Mode::OptionalComputed(Computed::AtCreation),
            "Identifier of the connector, unique in its scope.",
        )
        .label("Id")
        .advice(
            "Starts with a letter or `_`, followed by letters, digits, `_`, or `$`; at most 128 characters. Renaming the \
             connector does not change it. Pipelines refer to it and need to be updated if it changes.",
        )
        .fallback(
            "derived from `name` when the connector is created (`\"Bitbucket Cloud\"` becomes `Bitbucket_Cloud`)",
        )
        .requires_replace()
        .example("\"Bitbucket_Cloud\""),
        text(
            "description",
            Mode::Optional,
            "Description of the connector in Harness.",
        )
        .label("Description")
        .example("\"The workspace, for everybody\""),
        Attribute::new(
            "tags",
            Type::Map(Box::new(Type::String)),
            Mode::Optional,
            "Tags for filtering connectors in Harness, at most 128. The value of a tag can be empty (`\"\"`).",
        )
        .label("Tags")
        .example("{ team = \"payments\" }"),
        text(
            "org_id",
            Mode::Optional,
            "Identifier (not name) of the organization that the connector belongs to.",
        )
        .advice("Omit it for a connector of the account.")
        .requires_replace()
        .example("\"platform\""),
        text(
            "project_id",
            Mode::Optional,
            "Identifier (not name) of the project that the connector belongs to.",
        )
        .advice("Requires `org_id`. Omit it for a connector of the organization or account.")
        .requires_replace()
        .example("\"payments\""),
    ]
}

fn details() -> Vec<Attribute> {
    vec![
        text(
            "url_type",
            Mode::Required,
            "Whether `url` points to a whole Bitbucket account (a workspace, or a Data Center instance) or to a single \
             repository.",
        )
        .label("URL Type")
        .values(&URL_TYPES)
        .example("\"Account\""),
        text(
            "connection_type",
            Mode::Required,
            "How Git connects to Bitbucket. Determines the form of `url` and the block inside `credentials`.",
        )
        .label("Connection Type")
        .values(&CONNECTION_TYPES)
        .example("\"HTTP\""),
        text(
            "url",
            Mode::Required,
            "URL of the account or repository. For an account, the common prefix of its repository URLs; for a repository, \
             its clone URL.",
        )
        .label("Bitbucket Account/Repository URL")
        .advice(
            "The form depends on `url_type`, on `connection_type`, and on whether you use Bitbucket Cloud or Data Center: \
             `https://bitbucket.org/<workspace>/` or `ssh://git@<host>:7999/<PROJECT>/<repository>.git`, for example. The \
             `.git` at the end is optional.",
        )
        .example("\"https://bitbucket.org/example-works/\""),
        text(
            "test_repository",
            Mode::Optional,
            "Repository that Harness reads to test the connection. Pipelines do not use it.",
        )
        .label("Test Repository")
        .advice(
            "Required if `url_type` is `Account`, so the account needs at least one repository; omit it otherwise. Write \
             the part that follows `url`: `<repository>.git` on Bitbucket Cloud, `<PROJECT>/<repository>.git` on Data \
             Center. The `.git` is optional.",
        )
        .example("\"website.git\""),
    ]
}

fn connectivity() -> Vec<Attribute> {
    vec![
        text(
            "connectivity_mode",
            Mode::Default(Value::string(ConnectivityMode::Delegate.name())),
            "How Harness reaches Bitbucket: through a Harness delegate in your network, or directly from the Harness \
             platform. Harness Cloud builds require `Platform`.",
        )
        .label("Connectivity Mode")
        .values(&CONNECTIVITY_MODES)
        .advice(
            "If a private authority signed your server's certificate, add the authority to the delegate: the connector has \
             no setting for it.",
        )
        .example("\"Platform\""),
        Attribute::new(
            "delegate_selectors",
            Type::Set(Box::new(Type::String)),
            Mode::Optional,
            "Tags of the delegate to connect through. A single delegate must have all of them.",
        )
        .label("Delegates Setup")
        .advice(
            "The name of a delegate is also one of its tags. Only used in `Delegate` mode.",
        )
        .fallback("any available delegate")
        .example("[\"linux\", \"pci\"]"),
    ]
}

fn behavior() -> Vec<Attribute> {
    vec![
        text(
            "connection_test",
            Mode::Optional,
            "What a failed connection test does after a create or update. `warn` reports a warning with the cause; with the \
             provider's `strict`, it is an error, nothing is undone, and Terraform marks a new connector as tainted. \
             `require` reports an error and undoes the change: it deletes the new connector, or restores the previous \
             settings. `off` skips the test. Not stored in Harness.",
        )
        .values(&ConnectionTestMode::NAMES)
        .fallback("the provider's `connection_test`")
        .example("\"require\""),
        Attribute::new(
            "force_delete",
            Type::Bool,
            Mode::Optional,
            "Whether to delete the connector even if pipelines or other entities refer to it. Requires the account setting \
             *Enable Force Delete*. Not stored in Harness.",
        )
        .advice("The provider reads it from the state when it destroys the connector, so set and apply it first.")
        .fallback("`false`")
        .example("true"),
    ]
}

fn results() -> Vec<Attribute> {
    vec![
        text(
            "id",
            Mode::Computed(Computed::AtCreation),
            "Import id: `identifier`, `org_id/identifier`, or `org_id/project_id/identifier`.",
        ),
        text(
            "ref",
            Mode::Computed(Computed::AtCreation),
            "Reference to the connector in pipelines (`connectorRef`): `account.<identifier>`, `org.<identifier>`, or \
             `<identifier>` for a connector of a project.",
        ),
        Attribute::new(
            "unmanaged",
            Type::Set(Box::new(Type::String)),
            Mode::Computed(Computed::AtCreation),
            "Settings of the connector in Harness that this provider cannot manage: `api_access: OAuth`, \
             `credentials: <type>`, `url_type: Project`, `proxy`, `ignoreTestConnection`. Usually empty. Updates keep these \
             settings unless the configuration sets them.",
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
