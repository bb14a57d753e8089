//! The connector as its configuration and its state describe it, typed, each setting null, unknown or known.
//!
//! The names are those of the schema; a test holds the two together, so that an argument cannot be declared in one place
//! and forgotten in the other.

use crate::harness::field::{Member, Mismatch, Setting};
use harness_platform::{ProjectWithoutOrganization, Scope};
use std::collections::BTreeMap;
use tf_provider::value::Value;

/// Declares a struct of settings together with the way to and from an object value. A member whose name in HCL is a
/// keyword of Rust gives that name after `as`.
macro_rules! object {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $ty:ty $(, as $hcl:literal)?;)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name {
            $(pub(crate) $field: Setting<$ty>,)+
        }

        impl Member for $name {
            fn read(value: &Value) -> Result<Self, Mismatch> {
                let member = |name: &'static str| value.get(name).ok_or(Mismatch(name));
                Ok(Self {
                    $($field: Setting::read(member(object!(@name $field $($hcl)?))?)?,)+
                })
            }

            fn write(&self) -> Value {
                Value::object([$((object!(@name $field $($hcl)?), self.$field.write()),)+])
            }
        }
    };
    (@name $field:ident $hcl:literal) => { $hcl };
    (@name $field:ident) => { stringify!($field) };
}
pub(crate) use object;

object! {
    /// All arguments and results of the resource.
    Model {
        name: String;
        identifier: String;
        description: String;
        tags: BTreeMap<String, Setting<String>>;
        org_id: String;
        project_id: String;
        url_type: String;
        connection_type: String;
        url: String;
        test_repository: String;
        credentials: Credentials;
        api_access: ApiAccess;
        connectivity_mode: String;
        delegate_selectors: Vec<Setting<String>>;
        connection_test: String;
        force_delete: bool;
        timeouts: Timeouts;
        id: String;
        reference: String, as "ref";
        unmanaged: Vec<Setting<String>>;
    }
}

impl Model {
    /// Where the connector lives; `None` while that is not known.
    ///
    /// # Errors
    /// It has a project and no organization.
    pub(crate) fn scope(&self) -> Result<Option<Scope>, ProjectWithoutOrganization> {
        if self.org_id.is_unknown() || self.project_id.is_unknown() {
            return Ok(None);
        }
        Scope::from_ids(self.org_id.text(), self.project_id.text()).map(Some)
    }
}

object! {
    /// One of the two ways to authenticate Git.
    Credentials {
        http: HttpCredentials;
        ssh: SshCredentials;
    }
}

object! {
    /// User name and password of Git over HTTP.
    HttpCredentials {
        username: String;
        username_ref: String;
        password_ref: String;
    }
}

object! {
    /// The key of Git over SSH.
    SshCredentials {
        ssh_key_ref: String;
    }
}

object! {
    #[allow(clippy::struct_field_names, reason = "the names are those of the schema")]
    /// One of the ways to authenticate calls of Bitbucket's API.
    ApiAccess {
        username_token: UsernameToken;
        email_and_api_token: EmailAndApiToken;
        access_token: AccessToken;
    }
}

object! {
    /// User name and personal access token.
    UsernameToken {
        username: String;
        username_ref: String;
        token_ref: String;
    }
}

object! {
    /// Atlassian account e-mail and API token.
    EmailAndApiToken {
        email: String;
        email_ref: String;
        token_ref: String;
    }
}

object! {
    /// An access token alone.
    AccessToken {
        token_ref: String;
    }
}

object! {
    /// How long each operation may take, as Go durations.
    Timeouts {
        create: String;
        read: String;
        update: String;
        delete: String;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::connector::schema;
    use tf_provider::schema::Block;
    use tf_provider::value::{Type, Value};

    /// An object in which every block is present and every attribute is known.
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
        assert_eq!(Model::read(&value).unwrap().write(), value);
        assert_eq!(
            Model::default().write(),
            schema::schema().block.null_object()
        );
    }

    #[test]
    fn null_and_unknown_survive_the_way_through_the_model() {
        let Value::Object(members) = Model::default().write() else {
            unreachable!()
        };
        for name in members.keys() {
            let value = Value::Object(members.clone()).with(name, Value::unknown());
            assert_eq!(Model::read(&value).unwrap().write(), value, "{name}");
        }
    }
}
