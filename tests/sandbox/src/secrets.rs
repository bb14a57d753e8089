//! Secrets: one by its identifier, and lists. Values are never returned.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::account::Secret;
use crate::call::{About, Call};
use crate::credentials;
use crate::page::{Page, pattern};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::world::Dated;

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/v2/secrets", get(deprecated))
        .route("/v2/secrets/list", post(list))
        .route("/v2/secrets/{identifier}", get(one))
}

async fn one(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let world = platform.world();
    let key = (call.scope(), identifier);
    let Some(secret) = world.secrets.get(&key) else {
        return Err(Reply::resource_not_found(&format!(
            "Secret with identifier [{}] is not found in the given scope",
            key.1
        )));
    };
    call.require(&world, "core_secret_view", &key.0, Some(&key.1))?;
    Ok(Reply::data(wire(secret)))
}

/// `POST /v2/secrets/list`: the filter is in the body.
async fn list(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let body: Value = if call.body.is_empty() {
        json!({})
    } else {
        call.json()?
    };
    let texts = |name: &str| -> Vec<String> {
        body.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let filter = Filter {
        identifiers: texts("identifiers"),
        types: texts("secretTypes"),
        search: search(body.get("searchTerm").and_then(Value::as_str))?,
        upwards: flag("includeAllSecretsAccessibleAtScope"),
        downwards: flag("includeSecretsFromEverySubScope"),
    };
    page(&platform, &call, &filter)
}

/// `GET /v2/secrets`, deprecated: the filter is in the query.
async fn deprecated(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    call.require_account_parameter()?;
    let texts = |name: &str| call.query_all(name).map(str::to_owned).collect::<Vec<_>>();
    let mut types = texts("types");
    types.extend(texts("type"));
    let filter = Filter {
        identifiers: texts("identifiers"),
        types,
        search: search(call.query("searchTerm"))?,
        upwards: call.flag("includeAllSecretsAccessibleAtScope"),
        downwards: call.flag("includeSecretsFromEverySubScope"),
    };
    page(&platform, &call, &filter)
}

/// The requested secrets; an empty list matches all.
struct Filter {
    identifiers: Vec<String>,
    types: Vec<String>,
    /// Matches the name, identifier, and keys and values of tags.
    search: Option<Regex>,
    /// Whether to include wider scopes.
    upwards: bool,
    /// Whether to include the scopes below.
    downwards: bool,
}

impl Filter {
    fn lets_through(&self, secret: &Secret) -> bool {
        let Secret {
            name,
            identifier,
            r#type,
            tags,
            ..
        } = secret;
        let is_found = |search: &Regex| {
            let tags = tags.iter().flat_map(|(key, value)| [key, value]);
            [name, identifier]
                .into_iter()
                .chain(tags)
                .any(|text| search.is_match(text))
        };
        (self.identifiers.is_empty() || self.identifiers.contains(identifier))
            && (self.types.is_empty() || self.types.contains(r#type))
            && self.search.as_ref().is_none_or(is_found)
    }
}

/// Compiles a search term; an empty one matches all.
fn search(term: Option<&str>) -> Result<Option<Regex>, Reply> {
    let term = term.filter(|term| !term.is_empty());
    term.map(pattern).transpose()
}

fn page(platform: &Platform, call: &Call, filter: &Filter) -> Result<Reply, Reply> {
    let window = Page::of(call, 50, 100)?;
    let scope = call.scope();
    let in_scope = |of: &Scope| {
        *of == scope
            || (filter.upwards && of.contains(&scope))
            || (filter.downwards && scope.contains(of))
    };
    let world = platform.world();
    let found: Vec<Value> = world
        .secrets
        .iter()
        .filter(|((of, id), _)| {
            in_scope(of) && !world.is_denied(&call.key, "core_secret_view", Some(id))
        })
        .map(|(_, secret)| secret)
        .filter(|secret| filter.lets_through(&secret.entry))
        .map(wire)
        .collect();
    Ok(Reply::data(window.envelope(&found)))
}

/// Returns the response's `data` for a secret.
pub(crate) fn wire(secret: &Dated<Secret>) -> Value {
    let Secret {
        r#type,
        identifier,
        name,
        org_identifier,
        project_identifier,
        description,
        tags,
        spec,
        value: _,
    } = &secret.entry;
    let mut members = Map::new();
    members.insert("type".into(), json!(r#type));
    members.insert("name".into(), json!(name));
    members.insert("identifier".into(), json!(identifier));
    members.insert("tags".into(), json!(tags));
    members.insert("spec".into(), spec_of(r#type, spec));
    // Only this object leaves out absent members.
    for (member, text) in [
        ("orgIdentifier", org_identifier),
        ("projectIdentifier", project_identifier),
        ("description", description),
    ] {
        if let Some(text) = text {
            members.insert(member.into(), json!(text));
        }
    }
    json!({
        "secret": members, "createdAt": secret.created_at, "updatedAt": secret.last_modified_at, "draft": false,
        "governanceMetadata": null,
    })
}

fn spec_of(kind: &str, spec: &Map<String, Value>) -> Value {
    if credentials::KINDS.contains(&kind) {
        return Value::Object(credentials::typed(kind, spec));
    }
    if !spec.is_empty() {
        return Value::Object(spec.clone());
    }
    match kind {
        "SecretText" => {
            json!({"secretManagerIdentifier": "harnessSecretManager", "valueType": "Inline", "value": null})
        }
        _ => json!({"secretManagerIdentifier": "harnessSecretManager"}),
    }
}
