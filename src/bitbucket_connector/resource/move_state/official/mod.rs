//! The move from the official provider: a state of its `harness_platform_connector_bitbucket` becomes a state of ours.
//!
//! `moved` passes what that provider has stored, before any provider is configured. So this is a pure function of
//! bytes. Terraform stores its result as if this provider had written it, refreshes it, and plans; if the configuration
//! agrees, the plan is empty.
//!
//! - The official provider stores `""` for unset values. It becomes null, as in a configuration that leaves it out.
//! - It has no `connectivity_mode`, and each of its writes makes Harness return to delegates. So the moved state has
//!   `Delegate`, and any other mode that was chosen since shows in the refresh as a change.
//! - Its private state is not read: an update compares Harness's connector with the moved state itself.
//!
//! Source: the schema of harness/harness 0.45, and states from its older releases, which lack members.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::fmt;

use harness_platform::{Authentication, Kind, Scope, UrlType as WireUrlType};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::resource::{MoveSource, NewState};
use tf_provider::schema::Schema;
use tf_provider::value::{Type, Value, json};
use tf_provider::visible::visible;

use crate::bitbucket_connector::connector::settings::{Block, Text, blocks_in};
use crate::bitbucket_connector::connector::url::{ConnectionType, UrlType};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::bitbucket_connector::connector::{OFFICIAL_TYPE_NAME, TYPE_NAME};
use crate::bitbucket_connector::resource::private_state::Private;
use crate::harness::entity_id;
use crate::harness::wording::type_name;

/// The resource type to move from.
const SOURCE_TYPE: &str = OFFICIAL_TYPE_NAME;
/// Namespace and name of its provider, on any registry.
const SOURCE_PROVIDER: (&str, &str) = ("harness", "harness");
/// Namespace and name of this provider.
const OWN_PROVIDER: (&str, &str) = ("harness-rs", "harness");
/// The newest supported version of its schema.
const SOURCE_SCHEMA_VERSION: i64 = 0;

/// Members that are texts in both types: their names there and here.
const TEXTS: [(&str, &str); 7] = [
    ("name", "name"),
    ("identifier", "identifier"),
    ("description", "description"),
    ("org_id", "org_id"),
    ("project_id", "project_id"),
    ("url", "url"),
    ("validation_repo", "test_repository"),
];

/// The members without which there is no connector.
const REQUIRED: [&str; 4] = ["name", "identifier", "url", "connection_type"];

/// Converts a state of the official provider to one of ours.
///
/// # Errors
/// Returns an error if it has another type or provider, a newer schema, or is not what that type stores. It says what
/// to do.
pub(crate) fn move_state(source: &MoveSource, schema: &Schema) -> Result<NewState, Diagnostics> {
    check_source(source)?;
    let stored =
        json::decode_lenient(&source.state, &source_type()).map_err(|error| unreadable(&error))?;
    if stored.is_null() {
        return Err(unreadable(&"it is empty").into());
    }
    let mut findings = Diagnostics::new();
    let state = convert(&stored, schema, &mut findings).map_err(|error| unreadable(&error))?;
    let private = Private {
        moved: true,
        ..Private::default()
    };
    Ok(NewState::of(state, private.write()).with(findings))
}

/// The source address of a provider, as sent by a host or written by a person: `[host/]namespace/name`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ProviderAddress<'a> {
    host: Option<&'a str>,
    namespace: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> ProviderAddress<'a> {
    /// Parses an address. Returns `None` if the text cannot be one.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (host, namespace, name) = match *parts.as_slice() {
            [namespace, name] => (None, namespace, name),
            [host, namespace, name] => (Some(host), namespace, name),
            _ => return None,
        };
        let is_part = |part: &str| {
            let mut bytes = part.bytes();
            !part.is_empty() && bytes.all(|it| it.is_ascii_alphanumeric() || b"-_.:".contains(&it))
        };
        let is_address = host.is_none_or(is_part) && is_part(namespace) && is_part(name);
        is_address.then_some(Self {
            host,
            namespace,
            name,
        })
    }

    fn is(&self, (namespace, name): (&str, &str)) -> bool {
        self.namespace == namespace && self.name == name
    }
}

/// Returns whether the official provider wrote the state, on any registry. Some versions of OpenTofu send only the last
/// part of the address. And OpenTofu stores the address once for all instances of a resource: as soon as the first one
/// has moved, the others arrive with the old type and the new address, which is this provider's.
fn is_official(address: &str) -> bool {
    address == SOURCE_PROVIDER.1
        || ProviderAddress::parse(address)
            .is_some_and(|address| address.is(SOURCE_PROVIDER) || address.is(OWN_PROVIDER))
}

fn check_source(source: &MoveSource) -> Result<(), Diagnostic> {
    let official = format!("{}/{}", SOURCE_PROVIDER.0, SOURCE_PROVIDER.1);
    if source.type_name != SOURCE_TYPE {
        let refused = source.refused();
        let detail = format!(
            "{} Only a {SOURCE_TYPE} of the provider {official} can be moved to a {TYPE_NAME}.",
            refused.detail
        );
        return Err(Diagnostic { detail, ..refused });
    }
    if !is_official(&source.provider_address) {
        let found = visible(&source.provider_address).escape_debug().to_string();
        // Only a valid address is suggested.
        let rename = match ProviderAddress::parse(&source.provider_address) {
            Some(ProviderAddress { host, .. }) => {
                let host = host.map(|host| format!("{host}/")).unwrap_or_default();
                format!(
                    " If that provider is a copy of it, or its name before Terraform 0.13, change the state and plan \
                     again:\n\n  terraform state replace-provider {found} {host}{official}\n\n"
                )
            }
            None => " ".to_owned(),
        };
        return Err(Diagnostic::error(
            "State of another provider",
            format!(
                "The state of the {SOURCE_TYPE} was written by the provider {found}; only a state of {official} can be \
                 moved.{rename}{}",
                way_out()
            ),
        ));
    }
    if source.schema_version > SOURCE_SCHEMA_VERSION {
        return Err(Diagnostic::error(
            "State of a newer official provider",
            format!(
                "The state of the {SOURCE_TYPE} has schema version {}; this provider supports version \
                 {SOURCE_SCHEMA_VERSION}. Use a newer version of this provider if there is one. {}",
                source.schema_version,
                way_out()
            ),
        ));
    }
    Ok(())
}

fn unreadable(reason: &dyn fmt::Display) -> Diagnostic {
    Diagnostic::error(
        "State cannot be moved",
        format!(
            "The stored state is not that of a {SOURCE_TYPE}: {reason}. Nothing was changed. {}",
            way_out()
        ),
    )
}

/// Returns what to do if there is nothing to move.
fn way_out() -> String {
    format!(
        "To import the connector instead, replace the `moved` block with\n\n  removed {{\n    from = \
         {SOURCE_TYPE}.<name>\n    lifecycle {{ destroy = false }}\n  }}\n  import {{\n    to = {TYPE_NAME}.<name>\n    id = \
         \"<identifier>\"\n  }}\n\nIn an organization, the id is \"<org_id>/<identifier>\"; in a project, \
         \"<org_id>/<project_id>/<identifier>\"."
    )
}

/// Returns the type of the official provider's state, as far as it is read.
fn source_type() -> Type {
    let object =
        |members: &[&'static str]| Type::object(members.iter().map(|name| (*name, Type::String)));
    let credentials = blocks_in("credentials").map(|block| {
        let members: Vec<_> = block.texts().map(Text::name).collect();
        (block.name(), Type::list(object(&members)))
    });
    let mut api_access = vec!["auth_type"];
    api_access.extend(
        blocks_in("api_access")
            .flat_map(Block::texts)
            .map(Text::name),
    );
    let texts = TEXTS.iter().map(|(there, _)| (*there, Type::String));
    Type::object(texts.chain([
        ("connection_type", Type::String),
        ("tags", Type::set(Type::String)),
        ("delegate_selectors", Type::set(Type::String)),
        ("credentials", Type::list(Type::object(credentials))),
        ("api_authentication", Type::list(object(&api_access))),
    ]))
}

/// Why a state is not what the type stores.
#[derive(Debug, Eq, thiserror::Error, PartialEq)]
enum Unfit {
    #[error("`{0}` is not set")]
    Missing(&'static str),
    #[error("`{0}` has {1} blocks where one is expected")]
    Repeated(&'static str, usize),
    #[error("`credentials` has neither or both of `http` and `ssh`")]
    Credentials,
    #[error("`{0}` has an element that is null")]
    NullElement(&'static str),
    #[error(transparent)]
    Scope(#[from] harness_platform::ProjectWithoutOrganization),
}

fn convert(stored: &Value, schema: &Schema, findings: &mut Diagnostics) -> Result<Value, Unfit> {
    for name in REQUIRED {
        text(stored, name).ok_or(Unfit::Missing(name))?;
    }
    let mut state = schema.block.null_object();
    for (there, here) in TEXTS {
        state = state.with(here, text(stored, there).into());
    }
    // Its `connection_type` is our `url_type`. An unknown value was imported, and the refresh returns it again.
    let url_type = text(stored, "connection_type").map(WireUrlType::from);
    let (connection_type, credentials) = credentials(stored, schema)?;
    let scope = Scope::from_ids(text(stored, "org_id"), text(stored, "project_id"))?;
    let identifier = text(stored, "identifier").unwrap_or_default();
    Ok(state
        .with("url_type", url_type.as_ref().map(UrlType::word).into())
        .with("connection_type", connection_type.into())
        .with("credentials", credentials)
        .with("api_access", api_access(stored, schema, findings)?)
        .with("tags", tags(stored)?)
        .with("delegate_selectors", selectors(stored)?)
        .with(
            "connectivity_mode",
            ConnectivityMode::Delegate.name().into(),
        )
        .with("unmanaged", Value::set([]))
        .with("id", entity_id::format(&scope, identifier).into())
        .with("ref", entity_id::reference(&scope, identifier).into()))
}

/// Returns a text that is set; an empty text means that it is not.
fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Returns the only block of a list, or none for absent, null, and empty lists.
fn only<'a>(object: &'a Value, name: &'static str) -> Result<Option<&'a Value>, Unfit> {
    match object.get(name).and_then(Value::as_elements) {
        None | Some([]) => Ok(None),
        Some([Value::Null]) => Err(Unfit::NullElement(name)),
        Some([block]) => Ok(Some(block)),
        Some(blocks) => Err(Unfit::Repeated(name, blocks.len())),
    }
}

/// Returns a block of ours, in its parent, with everything else null.
fn moved_block(there: &Value, block: &Block, parent: &'static str, schema: &Schema) -> Value {
    let names = block.texts().map(Text::name);
    let members = names.map(|name| (name, Value::from(text(there, name))));
    let siblings = schema
        .block
        .blocks
        .iter()
        .find(|nested| nested.name == parent);
    let siblings = siblings.map_or(Value::Null, |nested| nested.block.null_object());
    siblings.with(block.name(), Value::object(members))
}

/// Returns `connection_type` and `credentials`.
fn credentials(stored: &Value, schema: &Schema) -> Result<(Option<&'static str>, Value), Unfit> {
    let outer = only(stored, "credentials")?.ok_or(Unfit::Missing("credentials"))?;
    let mut found = None;
    for block in blocks_in("credentials") {
        let Some(inner) = only(outer, block.name())? else {
            continue;
        };
        let moved = moved_block(inner, block, "credentials", schema);
        let connection_type = ConnectionType::of_wire(&Authentication::of(&block.kind, None, None));
        let connection_type = connection_type.map(ConnectionType::name);
        if found.replace((connection_type, moved)).is_some() {
            return Err(Unfit::Credentials);
        }
    }
    found.ok_or(Unfit::Credentials)
}

fn api_access(stored: &Value, schema: &Schema, findings: &mut Diagnostics) -> Result<Value, Unfit> {
    let Some(there) = only(stored, "api_authentication")? else {
        return Ok(Value::Null);
    };
    let kind = text(there, "auth_type").unwrap_or(Kind::USERNAME_TOKEN.name);
    if let Some(block) = blocks_in("api_access").find(|block| block.kind.name == kind) {
        return Ok(moved_block(there, block, "api_access", schema));
    }
    findings.push(Diagnostic::warning(
        "API access is kept but not managed",
        format!(
            "The {SOURCE_TYPE} \"{}\" has API access of type \"{}\", which this provider cannot manage. Updates of other \
             settings keep it; the moved state does not show it.",
            visible(text(stored, "identifier").unwrap_or_default()).escape_debug(),
            type_name(kind)
        ),
    ));
    Ok(Value::Null)
}

/// Parses tags, `key:value` or `key`, at the first colon. If a key occurs twice, the later one is used, and the refresh
/// fills in what Harness has.
fn tags(stored: &Value) -> Result<Value, Unfit> {
    let tags = texts(stored, "tags")?.into_iter().map(|tag| {
        let (key, value) = tag.split_once(':').unwrap_or((tag, ""));
        (key, Value::from(value))
    });
    Ok(null_if_empty(Value::map(tags)))
}

fn selectors(stored: &Value) -> Result<Value, Unfit> {
    let selectors = texts(stored, "delegate_selectors")?;
    Ok(null_if_empty(Value::set(
        selectors.into_iter().map(Value::from),
    )))
}

/// Returns the elements of a set of texts; none if it is absent or null.
fn texts<'a>(stored: &'a Value, name: &'static str) -> Result<Vec<&'a str>, Unfit> {
    let elements = stored.get(name).and_then(Value::as_elements);
    elements
        .unwrap_or_default()
        .iter()
        .map(|element| element.as_str().ok_or(Unfit::NullElement(name)))
        .collect()
}

fn null_if_empty(collection: Value) -> Value {
    let is_empty = collection.as_map().is_some_and(BTreeMap::is_empty)
        || collection.as_elements().is_some_and(<[Value]>::is_empty);
    if is_empty { Value::Null } else { collection }
}
