//! Lists of connectors: filtered and paged, the deprecated form, and by fully qualified name.
//!
//! `connectorNames` and `searchTerm` are case-insensitive regular expressions without anchors, so they match more than
//! the exact name. Scopes are exact unless the caller requests everything available at the scope.

use std::collections::BTreeSet;

use axum::extract::State;
use regex::Regex;
use serde_json::{Map, Value};

use super::Connector;
use super::catalogue::category_of;
use crate::call::Call;
use crate::page::{Page, pattern};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::world::World;

const VIEW: &str = "core_connector_view";

/// `POST /connectors/listV2`
pub(super) async fn v2(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    call.require_media_type()?;
    let window = Page::of(&call, 50, 100)?;
    let body: Value = if call.body.is_empty() {
        Value::Null
    } else {
        call.json()?
    };
    let filter = match &body {
        Value::Null => Filter::default(),
        Value::Object(members) => {
            match members.get("filterType").and_then(Value::as_str) {
                Some("Connector") => {}
                Some(other) => {
                    let details = format!(
                        "Could not resolve type id '{other}' as a subtype of `FilterPropertiesDTO`"
                    );
                    return Err(Reply::unprocessable(&details));
                }
                None => {
                    return Err(Reply::unprocessable(
                        "missing type id property 'filterType'",
                    ));
                }
            }
            Filter::read(members)?
        }
        _ => {
            return Err(Reply::unprocessable(
                "Cannot deserialize value of type `ConnectorFilterPropertiesDTO`",
            ));
        }
    };
    if call.query("filterIdentifier").is_some() {
        if !body.is_null() {
            return Err(Reply::invalid_request(
                "Can not apply both filter properties and saved filter together",
            ));
        }
        return Err(Reply::resource_not_found(
            "No saved filter exists with that identifier",
        ));
    }
    let world = platform.world();
    let found = listed(&call, &world, &filter)?;
    Ok(Reply::data(
        window.envelope_of(&found, |connector| entry(connector, &world)),
    ))
}

/// `GET /connectors`, deprecated.
pub(super) async fn deprecated(
    State(platform): State<Platform>,
    call: Call,
) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let window = Page::of(&call, 100, 1000)?;
    let given = |name: &str| call.query_all(name).map(str::to_owned).collect();
    let filter = Filter {
        types: given("type"),
        categories: given("category"),
        ..Filter::default()
    };
    let world = platform.world();
    let found = listed(&call, &world, &filter)?;
    Ok(Reply::data(
        window.envelope_of(&found, |connector| entry(connector, &world)),
    ))
}

/// `POST /connectors/listbyfqn`
pub(super) async fn by_fqn(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let body = call.json()?;
    if body.is_null() {
        return Err(Reply::unknown_error());
    }
    let names = body
        .as_array()
        .ok_or_else(|| Reply::unprocessable("Cannot deserialize value of type `List<String>`"))?;
    if names.len() > 1000 {
        return Err(Reply::invalid_request(
            "The number of connector FQNs should be less than or equal to 1000.",
        ));
    }
    let names: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
    let world = platform.world();
    // No permission is checked, and connectors that do not exist are silently left out.
    let found = world.connectors.iter().filter(|((scope, id), _)| {
        let fqn = scope.fqn_of(&world.account, id);
        names.contains(fqn.as_str())
    });
    let mut found: Vec<&Connector> = found.map(|(_, connector)| connector).collect();
    sort(&mut found, "createdAt,DESC");
    let found = found.into_iter().map(|found| found.response(&world));
    Ok(Reply::data(found.collect()))
}

fn listed<'a>(call: &Call, world: &'a World, filter: &Filter) -> Result<Vec<&'a Connector>, Reply> {
    let scope = call.scope();
    if world.settings.scope_filter
        && let Some(message) = world.missing_scope(&scope)
    {
        return Err(Reply::resource_not_found(&message));
    }
    let upwards = call.flag("includeAllConnectorsAvailableAtScope");
    let search = call.query("searchTerm").map(pattern).transpose()?;
    let mut connectors: Vec<&Connector> = world
        .connectors
        .iter()
        .filter(|((of, _), _)| *of == scope || (upwards && of.contains(&scope)))
        .filter(|((_, id), _)| !world.is_denied(&call.key, VIEW, Some(id)))
        .map(|(_, connector)| connector)
        .filter(|connector| filter.accepts(connector))
        .filter(|connector| {
            search
                .as_ref()
                .is_none_or(|search| mentions(connector, search))
        })
        .collect();
    // The platform then checks objects one by one, and an empty list counts as no permission.
    if connectors.is_empty() && world.is_restricted(&call.key, VIEW) {
        return Err(call.denied(VIEW, &scope, None));
    }
    sort(
        &mut connectors,
        call.query_all("sortOrders")
            .next()
            .unwrap_or("lastModifiedAt,DESC"),
    );
    if call.flag("onlyFavorites") {
        connectors.clear();
    }
    Ok(connectors)
}

/// Returns a connector as lists show it.
fn entry(connector: &Connector, world: &World) -> Value {
    let mut entry = connector.response(world);
    if let Some(members) = entry.as_object_mut() {
        members.insert("isFavorite".into(), false.into());
    }
    entry
}

/// The filter properties that the sandbox supports; others are accepted and have no effect.
#[derive(Default)]
struct Filter {
    names: Vec<Regex>,
    identifiers: Vec<String>,
    description_words: Vec<String>,
    types: Vec<String>,
    categories: Vec<String>,
    statuses: Vec<String>,
    modes: Vec<String>,
    tags: Map<String, Value>,
}

impl Filter {
    fn read(members: &Map<String, Value>) -> Result<Self, Reply> {
        let texts = |name: &str| -> Result<Vec<String>, Reply> {
            match members.get(name) {
                None | Some(Value::Null) => Ok(Vec::new()),
                Some(Value::Array(items)) => Ok(items
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()),
                Some(_) => Err(Reply::unprocessable(&format!(
                    "Cannot deserialize `{name}`: a list is expected"
                ))),
            }
        };
        let names = texts("connectorNames")?;
        let description = members
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Ok(Self {
            names: names
                .iter()
                .map(|name| pattern(name))
                .collect::<Result<_, _>>()?,
            identifiers: texts("connectorIdentifiers")?,
            description_words: description
                .split_whitespace()
                .map(str::to_lowercase)
                .collect(),
            types: texts("types")?,
            categories: texts("categories")?,
            statuses: texts("connectivityStatuses")?,
            modes: texts("connectorConnectivityModes")?,
            tags: members
                .get("tags")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        })
    }

    fn accepts(&self, connector: &Connector) -> bool {
        let text = |member: &str| connector.text(member).unwrap_or_default();
        let among = |allowed: &[String], value: &str| {
            allowed.is_empty() || allowed.iter().any(|each| each == value)
        };
        let description = text("description").to_lowercase();
        let mode = if connector.executes_on_delegate() {
            "DELEGATE"
        } else {
            "MANAGER"
        };
        let tags = connector.info.get("tags");
        (self.names.is_empty() || self.names.iter().any(|name| name.is_match(text("name"))))
            && among(&self.identifiers, text("identifier"))
            && among(&self.types, text("type"))
            && among(
                &self.categories,
                category_of(text("type")).unwrap_or_default(),
            )
            && among(&self.statuses, connector.connectivity.status)
            && among(&self.modes, mode)
            && (self.description_words.is_empty()
                || self
                    .description_words
                    .iter()
                    .any(|word| description.contains(word)))
            && self
                .tags
                .iter()
                .all(|(key, value)| tags.and_then(|tags| tags.get(key)) == Some(value))
    }
}

/// Returns whether the name, identifier, description, or a tag (as `key` or `key:value`) matches.
fn mentions(connector: &Connector, search: &Regex) -> bool {
    let in_text = |member: &str| {
        connector
            .text(member)
            .is_some_and(|text| search.is_match(text))
    };
    let tags = connector.info.get("tags").and_then(Value::as_object);
    ["name", "identifier", "description"]
        .into_iter()
        .any(in_text)
        || tags.into_iter().flatten().any(|(key, value)| {
            search.is_match(key)
                || search.is_match(&format!("{key}:{}", value.as_str().unwrap_or_default()))
        })
}

fn sort(connectors: &mut [&Connector], order: &str) {
    let (field, direction) = order.split_once(',').unwrap_or((order, "ASC"));
    match field {
        "lastModifiedAt" => connectors.sort_by_key(|connector| connector.last_modified_at),
        "createdAt" | "timeOfConnection" => {
            connectors.sort_by_key(|connector| connector.created_at);
        }
        _ => connectors.sort_by(|a, b| a.text(field).cmp(&b.text(field))),
    }
    if direction.eq_ignore_ascii_case("DESC") {
        connectors.reverse();
    }
}
