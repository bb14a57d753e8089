//! The table of settings: what each argument is on the wire, and who stores it.
//!
//! [`SETTINGS`] has a row for each argument and result at the top level. [`BLOCKS`] has the blocks inside `credentials`
//! and `api_access`. Each block has a user, in plaintext or by reference, and a reference to the secret that
//! authenticates the user. Tests compare the rows with the schema.

use harness_platform::{ApiAccess, BitbucketConnector, Kind, Parts, TextOrRef};
use tf_provider::field::{Field, ToValue};
use tf_provider::value::Value;

use super::model::Model;

/// Who stores a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    /// Harness, as this member of the connector; an update writes it.
    Harness(&'static str),
    /// Terraform alone: it configures how the connector is managed.
    Terraform,
    /// Neither: it follows from other settings or from Harness's response.
    Result,
}

/// An argument or result at the top level.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The name in the schema.
    pub(crate) name: &'static str,
    /// Who stores it.
    pub(crate) owner: Owner,
}

const fn sent(name: &'static str, member: &'static str) -> Setting {
    let owner = Owner::Harness(member);
    Setting { name, owner }
}

const fn kept(name: &'static str, owner: Owner) -> Setting {
    Setting { name, owner }
}

/// The arguments and results at the top level, in the order of the schema.
pub(crate) static SETTINGS: &[Setting] = &[
    sent("name", "name"),
    sent("identifier", "identifier"),
    sent("description", "description"),
    sent("tags", "tags"),
    sent("org_id", "orgIdentifier"),
    sent("project_id", "projectIdentifier"),
    sent("url_type", "spec.type"),
    sent("connection_type", "spec.authentication.type"),
    sent("url", "spec.url"),
    sent("test_repository", "spec.validationRepo"),
    sent("connectivity_mode", "spec.executeOnDelegate"),
    sent("delegate_selectors", "spec.delegateSelectors"),
    kept("connection_test", Owner::Terraform),
    kept("force_delete", Owner::Terraform),
    kept("id", Owner::Result),
    kept("ref", Owner::Result),
    kept("unmanaged", Owner::Result),
    sent("credentials", "spec.authentication"),
    sent("api_access", "spec.apiAccess"),
    kept("timeouts", Owner::Terraform),
];

impl Setting {
    /// Returns the top-level setting with this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Returns the last part of the member's name on the wire, for a setting that Harness stores.
    pub(crate) fn member(&self) -> Option<&'static str> {
        match self.owner {
            Owner::Harness(member) => Some(last(member)),
            Owner::Terraform | Owner::Result => None,
        }
    }
}

/// Returns whether an update writes the setting with this name.
pub(crate) fn is_managed(name: &str) -> bool {
    Setting::named(name).is_some_and(|setting| matches!(setting.owner, Owner::Harness(_)))
}

/// Returns whether Harness does not know the argument with this name.
pub(crate) fn is_of_terraform(name: &str) -> bool {
    Setting::named(name).is_some_and(|setting| setting.owner == Owner::Terraform)
}

/// The kind of a text in a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextKind {
    /// A plaintext username or email address.
    Plain,
    /// A reference to a text secret.
    Secret,
    /// A reference to an SSH credential.
    SshKey,
}

/// A text in a block.
#[derive(Debug)]
pub(crate) struct Text {
    /// The path in the schema, with dots.
    pub(crate) argument: &'static str,
    /// The name of the member on the wire.
    pub(crate) member: &'static str,
    /// The kind.
    pub(crate) kind: TextKind,
    get: fn(&Model) -> Option<&Field<String>>,
    set: fn(&mut Model, Field<String>),
}

impl Text {
    /// Returns the text in a model, or null if its block is not known.
    pub(crate) fn of<'a>(&self, model: &'a Model) -> &'a Field<String> {
        (self.get)(model).unwrap_or(&Field::Null)
    }

    /// Sets the text in a model, with the blocks around it.
    pub(crate) fn set(&self, model: &mut Model, text: Field<String>) {
        (self.set)(model, text);
    }

    /// Returns the last part of the path: its name in the block.
    pub(crate) fn name(&self) -> &'static str {
        last(self.argument)
    }

    /// Returns whether it refers to a secret of either kind.
    pub(crate) fn is_reference(&self) -> bool {
        self.kind != TextKind::Plain
    }
}

/// A block inside `credentials` or `api_access`.
#[derive(Debug)]
pub(crate) struct Block {
    /// The path in the schema, with dots.
    pub(crate) argument: &'static str,
    /// The type on the wire.
    pub(crate) kind: Kind,
    /// The username or email address: in plaintext, and by reference.
    pub(crate) user: Option<[Text; 2]>,
    /// The reference to the password, key, or token.
    pub(crate) secret: Text,
}

/// A block with this path and kind, with the names of its user, if it has one, and the kind and name of its secret.
macro_rules! block {
    ($outer:ident.$block:ident, $kind:ident, $([$plain:ident, $reference:ident],)? $secret_kind:ident $secret:ident) => {
        Block {
            argument: concat!(stringify!($outer), ".", stringify!($block)),
            kind: Kind::$kind,
            user: block!(@user Kind::$kind.user $(, $outer.$block.$plain, $outer.$block.$reference)?),
            secret: block!(@text $outer.$block.$secret, Kind::$kind.secret, $secret_kind),
        }
    };
    (@user $members:expr) => { None };
    (@user $members:expr, $($plain:ident).+, $($reference:ident).+) => {
        match $members {
            Some([plain, reference]) => Some([
                block!(@text $($plain).+, plain, Plain),
                block!(@text $($reference).+, reference, Secret),
            ]),
            None => None,
        }
    };
    (@text $outer:ident.$block:ident.$name:ident, $member:expr, $kind:ident) => {
        Text {
            argument: concat!(stringify!($outer), ".", stringify!($block), ".", stringify!($name)),
            member: $member,
            kind: TextKind::$kind,
            get: |model| Some(&model.$outer.known()?.$block.known()?.$name),
            set: |model, text| {
                let outer = filled(&mut model.$outer);
                if let Some(block) = outer.and_then(|outer| filled(&mut outer.$block)) {
                    block.$name = text;
                }
            },
        }
    };
}

/// Returns a block to write into, which is created if it is not known.
fn filled<T: Default>(block: &mut Field<T>) -> Option<&mut T> {
    if block.known().is_none() {
        *block = Field::Known(T::default());
    }
    block.known_mut()
}

/// The blocks inside `credentials` and `api_access`, in the order of the schema.
#[rustfmt::skip]
pub(crate) static BLOCKS: [Block; 5] = [
    block!(credentials.http, HTTP, [username, username_ref], Secret password_ref),
    block!(credentials.ssh, SSH, SshKey ssh_key_ref),
    block!(api_access.username_token, USERNAME_TOKEN, [username, username_ref], Secret token_ref),
    block!(api_access.email_and_api_token, EMAIL_AND_API_TOKEN, [email, email_ref], Secret token_ref),
    block!(api_access.access_token, ACCESS_TOKEN, Secret token_ref),
];

/// Returns the blocks inside `credentials` or `api_access`.
pub(crate) fn blocks_in(outer: &str) -> impl Iterator<Item = &'static Block> {
    BLOCKS.iter().filter(move |block| block.is_in(outer))
}

impl Block {
    /// Returns whether it is inside the given block, `credentials` or `api_access`.
    pub(crate) fn is_in(&self, outer: &str) -> bool {
        self.argument.split('.').next() == Some(outer)
    }

    /// Returns the last part of the path: its name in the block around it.
    pub(crate) fn name(&self) -> &'static str {
        last(self.argument)
    }

    /// Returns whether a model has the block.
    pub(crate) fn is_given(&self, model: &Model) -> bool {
        (self.secret.get)(model).is_some()
    }

    /// Returns its texts in the order of the schema.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.user.iter().flatten().chain([&self.secret])
    }
}

/// Returns the texts of all blocks in the order of the schema.
pub(crate) fn texts() -> impl Iterator<Item = &'static Text> {
    BLOCKS.iter().flat_map(Block::texts)
}

/// Returns the references to secrets among the [`texts`].
pub(crate) fn references() -> impl Iterator<Item = &'static Text> {
    texts().filter(|text| text.is_reference())
}

/// Returns the blocks that a platform connector has, with their parts: one for its credentials and one for its API
/// access, if their types are known.
fn in_use(connector: &BitbucketConnector) -> impl Iterator<Item = (&'static Block, Parts<'_>)> {
    let api_access = connector.spec.api_access.as_ref();
    let parts = [
        connector.spec.authentication.parts(),
        api_access.and_then(ApiAccess::parts),
    ];
    parts.into_iter().flatten().filter_map(|parts| {
        let mut blocks = BLOCKS.iter();
        let block = blocks.find(|block| block.kind.name == parts.kind.name)?;
        Some((block, parts))
    })
}

/// Returns the platform connector's block inside `credentials` or `api_access`.
pub(crate) fn block_of(connector: &BitbucketConnector, outer: &str) -> Option<&'static Block> {
    let mut blocks = in_use(connector).map(|(block, _)| block);
    blocks.find(|block| block.is_in(outer))
}

/// Returns the texts in the platform connector's blocks, each with its value, in the order of Harness's checks.
pub(crate) fn texts_of(connector: &BitbucketConnector) -> Vec<(&'static Text, Option<&str>)> {
    let texts = in_use(connector).flat_map(|(block, parts)| {
        let user = parts.user;
        let user = [
            user.and_then(TextOrRef::plain),
            user.and_then(TextOrRef::secret_ref),
        ];
        let user = block.user.iter().flatten().zip(user);
        user.chain([(&block.secret, parts.secret)])
    });
    texts.collect()
}

/// Returns the last part of a path.
fn last(path: &'static str) -> &'static str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Returns whether a block, or one inside it, is not known yet.
pub(crate) fn is_open<T: ToValue>(block: &Field<T>) -> bool {
    match block.to_value() {
        Value::Object(inner) => inner.values().any(Value::is_unknown),
        other => other.is_unknown(),
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::schema;

    use super::*;
    use crate::bitbucket_connector::connector::schema::schema;

    #[test]
    fn the_table_has_the_arguments_and_results_of_the_schema_in_its_order() {
        let block = schema().block;
        let attributes = block.attributes.iter().map(|it| it.name);
        let declared: Vec<_> = attributes
            .chain(block.blocks.iter().map(|it| it.name))
            .collect();
        let table: Vec<_> = SETTINGS.iter().map(|it| it.name).collect();
        assert_eq!(table, declared);
    }

    fn paths(block: &schema::Block, at: &str, found: &mut Vec<String>) {
        for nested in &block.blocks {
            let path = format!("{at}{}", nested.name);
            let attributes = nested.block.attributes.iter();
            found.extend(attributes.map(|it| format!("{path}.{}", it.name)));
            paths(&nested.block, &format!("{path}."), found);
        }
    }

    #[test]
    fn the_blocks_have_the_texts_of_the_schema_in_its_order() {
        let mut declared = Vec::new();
        paths(&schema().block, "", &mut declared);
        declared.retain(|path| !path.starts_with("timeouts."));
        let table: Vec<_> = texts().map(|text| text.argument).collect();
        assert_eq!(table, declared);
        for text in texts() {
            assert_eq!(text.name().ends_with("_ref"), text.is_reference());
        }
    }

    #[test]
    fn a_block_has_a_user_if_its_kind_has_one() {
        for block in &BLOCKS {
            let has_user = block.kind.user.is_some();
            assert_eq!(block.user.is_some(), has_user, "{}", block.argument);
        }
    }

    #[test]
    fn a_text_is_put_where_it_is_read() {
        for text in texts() {
            let mut model = Model::default();
            text.set(&mut model, Field::Known("x".to_owned()));
            let found: Vec<_> = texts()
                .filter(|other| other.of(&model).text() == Some("x"))
                .map(|other| other.argument)
                .collect();
            assert_eq!(found, [text.argument]);
        }
    }
}
