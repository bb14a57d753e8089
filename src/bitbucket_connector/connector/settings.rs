//! The table of the settings: what each argument is on the wire, and who keeps it.
//!
//! [`SETTINGS`] has a row for each argument and result at the top level, in the order of the schema. [`CREDENTIALS`] and
//! [`API_ACCESS`] have the blocks inside two of them: each block says who authenticates, in plain text or by a reference,
//! and refers to the secret that proves it. Tests compare the rows with the schema, and the blocks with the platform's
//! kinds.

use harness_platform::{
    ApiAccess, Authentication, BitbucketConnector, Kind as WireKind, TextOrRef,
};
use tf_provider::field::{Field, ToValue};
use tf_provider::value::Value;

use super::model::Model;

/// Who keeps a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Owner {
    /// Harness, as this member of its connector; an update writes it.
    Harness(&'static str),
    /// Terraform alone: it says how the connector is managed.
    Terraform,
    /// Nobody: it follows from other settings or from what Harness answers.
    Result,
}

/// An argument or result at the top level.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name in the schema.
    pub(crate) name: &'static str,
    /// Who keeps it.
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
    /// Returns the setting of that name at the top level.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Returns the last part of the member's name on the wire, for a setting that Harness keeps.
    pub(crate) fn member(&self) -> Option<&'static str> {
        match self.owner {
            Owner::Harness(member) => member.rsplit('.').next(),
            Owner::Terraform | Owner::Result => None,
        }
    }
}

/// Whether an update writes the setting of that name.
pub(crate) fn is_managed(name: &str) -> bool {
    Setting::named(name).is_some_and(|setting| matches!(setting.owner, Owner::Harness(_)))
}

/// Whether Harness does not know the argument of that name.
pub(crate) fn is_of_terraform(name: &str) -> bool {
    Setting::named(name).is_some_and(|setting| setting.owner == Owner::Terraform)
}

/// What a text in a block is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextKind {
    /// A user name or e-mail address in plain text.
    Plain,
    /// A reference to a text secret.
    Secret,
    /// A reference to an SSH credential.
    SshKey,
}

/// A text in a block.
#[derive(Debug)]
pub(crate) struct Text {
    /// Its path in the schema, with dots.
    pub(crate) argument: &'static str,
    /// The name of its member on the wire.
    pub(crate) member: &'static str,
    /// What it is.
    pub(crate) kind: TextKind,
    get: fn(&Model) -> Option<&Field<String>>,
    set: fn(&mut Model, Field<String>),
}

impl Text {
    /// Returns the text in a model; null where its block is not known.
    pub(crate) fn of<'a>(&self, model: &'a Model) -> &'a Field<String> {
        (self.get)(model).unwrap_or(&Field::Null)
    }

    /// Puts the text into a model, with the blocks around it.
    pub(crate) fn set(&self, model: &mut Model, text: Field<String>) {
        (self.set)(model, text);
    }

    /// Returns the last part of the path: its name in the block.
    pub(crate) fn name(&self) -> &'static str {
        self.argument.rsplit('.').next().unwrap_or_default()
    }

    /// Whether it refers to a secret of either kind.
    pub(crate) fn is_reference(&self) -> bool {
        self.kind != TextKind::Plain
    }
}

/// A block inside `credentials` or `api_access`.
#[derive(Debug)]
pub(crate) struct Block<T: 'static> {
    /// Its path in the schema, with dots.
    pub(crate) argument: &'static str,
    /// What it is on the wire.
    pub(crate) kind: &'static WireKind<T>,
    /// The user name or e-mail address: in plain text, and by reference.
    pub(crate) user: Option<[Text; 2]>,
    /// The reference to the password, the key or the token.
    pub(crate) secret: Text,
}

/// The row of one text: its member on the wire, its kind, and its path in the model.
macro_rules! text {
    ($member:literal, $kind:ident, $outer:ident.$block:ident.$name:ident) => {
        Text {
            argument: concat!(
                stringify!($outer),
                ".",
                stringify!($block),
                ".",
                stringify!($name)
            ),
            member: $member,
            kind: TextKind::$kind,
            get: |model| Some(&model.$outer.known()?.$block.known()?.$name),
            set: |model, text| {
                if let Some(block) =
                    filled(&mut model.$outer).and_then(|outer| filled(&mut outer.$block))
                {
                    block.$name = text;
                }
            },
        }
    };
}

/// A block to write into, which is made if it is not known.
fn filled<T: Default>(block: &mut Field<T>) -> Option<&mut T> {
    if block.known().is_none() {
        *block = Field::Known(T::default());
    }
    block.known_mut()
}

/// The blocks inside `credentials`.
pub(crate) static CREDENTIALS: [Block<Authentication>; 2] = [
    Block {
        argument: "credentials.http",
        kind: &Authentication::HTTP,
        user: Some([
            text!("username", Plain, credentials.http.username),
            text!("usernameRef", Secret, credentials.http.username_ref),
        ]),
        secret: text!("passwordRef", Secret, credentials.http.password_ref),
    },
    Block {
        argument: "credentials.ssh",
        kind: &Authentication::SSH,
        user: None,
        secret: text!("sshKeyRef", SshKey, credentials.ssh.ssh_key_ref),
    },
];

/// The blocks inside `api_access`.
pub(crate) static API_ACCESS: [Block<ApiAccess>; 3] = [
    Block {
        argument: "api_access.username_token",
        kind: &ApiAccess::USERNAME_TOKEN,
        user: Some([
            text!("username", Plain, api_access.username_token.username),
            text!(
                "usernameRef",
                Secret,
                api_access.username_token.username_ref
            ),
        ]),
        secret: text!("tokenRef", Secret, api_access.username_token.token_ref),
    },
    Block {
        argument: "api_access.email_and_api_token",
        kind: &ApiAccess::EMAIL_AND_API_TOKEN,
        user: Some([
            text!("email", Plain, api_access.email_and_api_token.email),
            text!("emailRef", Secret, api_access.email_and_api_token.email_ref),
        ]),
        secret: text!("tokenRef", Secret, api_access.email_and_api_token.token_ref),
    },
    Block {
        argument: "api_access.access_token",
        kind: &ApiAccess::ACCESS_TOKEN,
        user: None,
        secret: text!("tokenRef", Secret, api_access.access_token.token_ref),
    },
];

impl<T> Block<T> {
    /// Returns its texts in the order of the schema.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.user.iter().flatten().chain([&self.secret])
    }

    /// Returns the last part of the path: its name in the block around it.
    pub(crate) fn name(&self) -> &'static str {
        self.argument.rsplit('.').next().unwrap_or_default()
    }

    /// Whether a model has it.
    pub(crate) fn is_in(&self, model: &Model) -> bool {
        (self.secret.get)(model).is_some()
    }

    /// Returns the block for a kind of the platform.
    fn of_kind<'a>(blocks: &'a [Self], kind: &WireKind<T>) -> Option<&'a Self> {
        blocks.iter().find(|block| block.kind.name == kind.name)
    }

    /// Returns its texts, each with the value that a connector of this kind has.
    fn texts_with<'a>(
        &'static self,
        user: Option<&'a TextOrRef>,
        secret: Option<&'a str>,
    ) -> impl Iterator<Item = (&'static Text, Option<&'a str>)> {
        self.texts().map(move |text| {
            let value = match (text.kind, user) {
                _ if text.member == self.secret.member => secret,
                (TextKind::Plain, user) => user.and_then(TextOrRef::plain),
                (_, user) => user.and_then(TextOrRef::secret_ref),
            };
            (text, value)
        })
    }
}

/// Returns the texts of all blocks in the order of the schema.
pub(crate) fn texts() -> impl Iterator<Item = &'static Text> {
    let credentials = CREDENTIALS.iter().flat_map(Block::texts);
    credentials.chain(API_ACCESS.iter().flat_map(Block::texts))
}

/// Returns the references to secrets among the [`texts`].
pub(crate) fn references() -> impl Iterator<Item = &'static Text> {
    texts().filter(|text| text.is_reference())
}

/// Returns the block of the credentials that a connector of the platform has; `None` for an unknown kind.
pub(crate) fn credentials_of(
    connector: &BitbucketConnector,
) -> Option<&'static Block<Authentication>> {
    Block::of_kind(&CREDENTIALS, connector.spec.authentication.parts()?.kind)
}

/// Returns the block of the API access that a connector of the platform has; `None` if it has none of a known kind.
pub(crate) fn api_access_of(connector: &BitbucketConnector) -> Option<&'static Block<ApiAccess>> {
    let access = connector.spec.api_access.as_ref()?;
    Block::of_kind(&API_ACCESS, access.parts()?.kind)
}

/// Returns the texts of the blocks that a connector of the platform has, each with its value, in the order in which
/// Harness checks them.
pub(crate) fn texts_of(connector: &BitbucketConnector) -> Vec<(&'static Text, Option<&str>)> {
    let mut texts = Vec::new();
    if let Some(block) = credentials_of(connector)
        && let Some(parts) = connector.spec.authentication.parts()
    {
        texts.extend(block.texts_with(parts.user, parts.secret));
    }
    if let Some(block) = api_access_of(connector)
        && let Some(parts) = connector
            .spec
            .api_access
            .as_ref()
            .and_then(ApiAccess::parts)
    {
        texts.extend(block.texts_with(parts.user, parts.secret));
    }
    texts
}

/// Whether a block, or one inside it, is not known yet.
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

    fn agrees<T>(block: &Block<T>) {
        let user = block.user.as_ref();
        let members = user.map(|user| [user[0].member, user[1].member]);
        assert_eq!(members, block.kind.user, "{}", block.argument);
        assert_eq!(block.secret.member, block.kind.secret);
        assert!(
            block
                .texts()
                .all(|text| text.argument.starts_with(block.argument))
        );
    }

    #[test]
    fn the_blocks_have_the_members_of_their_kinds() {
        CREDENTIALS.iter().for_each(agrees);
        API_ACCESS.iter().for_each(agrees);
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
