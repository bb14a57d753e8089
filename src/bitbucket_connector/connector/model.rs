//! The connector in configuration and state, typed, with each setting null, unknown, or known.
//!
//! The names are those of the schema. A test compares the two, so that an argument cannot be declared in only one of
//! them.

use std::collections::BTreeMap;

use harness_platform::{ProjectWithoutOrganization, Scope};
use tf_provider::field::Field;
use tf_provider::model;

model! {
    /// All arguments and results of the resource.
    pub(crate) struct Model {
        name: String;
        identifier: String;
        description: String;
        tags: BTreeMap<String, Field<String>>;
        org_id: String;
        project_id: String;
        url_type: String;
        connection_type: String;
        url: String;
        test_repository: String;
        credentials: Credentials;
        api_access: ApiAccess;
        connectivity_mode: String;
        delegate_selectors: Vec<Field<String>>;
        connection_test: String;
        force_delete: bool;
        timeouts: Timeouts;
        id: String;
        reference: String, as "ref";
        unmanaged: Vec<Field<String>>;
    }
}

impl Model {
    /// Returns the connector's scope, or `None` while it is unknown.
    ///
    /// # Errors
    /// Returns an error for a project without an organization.
    pub(crate) fn scope(&self) -> Result<Option<Scope>, ProjectWithoutOrganization> {
        if self.org_id.is_unknown() || self.project_id.is_unknown() {
            return Ok(None);
        }
        Scope::from_ids(self.org_id.text(), self.project_id.text()).map(Some)
    }
}

model! {
    /// One of the two ways for Git to authenticate.
    pub(crate) struct Credentials {
        http: HttpCredentials;
        ssh: SshCredentials;
    }
}

model! {
    /// Username and password for Git over HTTP.
    pub(crate) struct HttpCredentials {
        username: String;
        username_ref: String;
        password_ref: String;
    }
}

model! {
    /// The key for Git over SSH.
    pub(crate) struct SshCredentials {
        ssh_key_ref: String;
    }
}

model! {
    #[allow(clippy::struct_field_names, reason = "the names are those of the schema")]
    /// One of the ways to authenticate with Bitbucket's API.
    pub(crate) struct ApiAccess {
        username_token: UsernameToken;
        email_and_api_token: EmailAndApiToken;
        access_token: AccessToken;
    }
}

model! {
    /// Username and personal access token.
    pub(crate) struct UsernameToken {
        username: String;
        username_ref: String;
        token_ref: String;
    }
}

model! {
    /// Atlassian account email and API token.
    pub(crate) struct EmailAndApiToken {
        email: String;
        email_ref: String;
        token_ref: String;
    }
}

model! {
    /// An access token alone.
    pub(crate) struct AccessToken {
        token_ref: String;
    }
}

model! {
    /// The time limit of each operation, as Go durations.
    pub(crate) struct Timeouts {
        create: String;
        read: String;
        update: String;
        delete: String;
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::field::{FromValue, ToValue};
    use tf_provider::schema::Block;
    use tf_provider::value::{Type, Value};

    use super::*;
    use crate::bitbucket_connector::connector::schema;

    /// Returns an object with every block present and every attribute known.
    fn full_object(block: &Block) -> Value {
        let attributes = block.attributes.iter().map(|attribute| {
            let value = match attribute.ty {
                Type::String => Value::string(attribute.name),
                Type::Bool => Value::Bool(true),
                Type::Map(_) => Value::map([("key", Value::string("value"))]),
                Type::Set(_) => Value::set([Value::string("element")]),
                ref other => panic!("no example of {other}"),
            };
            (attribute.name, value)
        });
        let blocks = block
            .blocks
            .iter()
            .map(|nested| (nested.name, full_object(&nested.block)));
        Value::object(attributes.chain(blocks))
    }

    #[test]
    fn the_model_has_every_argument_of_the_schema_and_no_other() {
        let value = full_object(&schema::schema().block);
        assert_eq!(Model::from_value(&value).unwrap().to_value(), value);
        assert_eq!(
            Model::default().to_value(),
            schema::schema().block.null_object()
        );
    }

    #[test]
    fn null_and_unknown_survive_the_way_through_the_model() {
        let Value::Object(members) = Model::default().to_value() else {
            unreachable!()
        };
        for name in members.keys() {
            let value = Value::Object(members.clone()).with(name, Value::unknown());
            assert_eq!(
                Model::from_value(&value).unwrap().to_value(),
                value,
                "{name}"
            );
        }
    }
}
