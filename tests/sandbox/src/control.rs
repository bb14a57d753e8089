//! The control surface under `/sandbox`: JSON over HTTP, without keys, for tests and for people with curl.
//!
//! Each endpoint calls one of the functions that [`crate::Running`] offers to Rust tests.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audits::Principal;
use crate::faults::Fault;
use crate::objects::{ControlError, Kind, merge};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::scope::Scope;
use crate::settings::Settings;

/// Returns the endpoints, below `/sandbox`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/state", get(state))
        .route("/requests", get(requests).delete(forget_requests))
        .route(
            "/faults",
            get(faults).post(script_faults).delete(forget_faults),
        )
        .route("/settings", get(settings).post(change_settings))
        .route("/reset", post(reset))
        .route(
            "/{kind}/{identifier}",
            put(put_object)
                .get(object)
                .patch(patch_object)
                .delete(delete_object),
        )
        .fallback(no_such_control)
}

impl Platform {
    /// Applies a merge patch to the settings.
    pub(crate) fn change_settings(&self, patch: &Value) -> Result<Settings, ControlError> {
        let mut world = self.world();
        let mut changed = json!(world.settings);
        merge(&mut changed, patch);
        let settings: Settings = serde_json::from_value(changed).map_err(|error| {
            ControlError::Invalid(format!("the settings cannot be read: {error}"))
        })?;
        settings.check().map_err(ControlError::Invalid)?;
        world.settings = settings.clone();
        Ok(settings)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Where {
    org_identifier: Option<String>,
    project_identifier: Option<String>,
    touch: Option<bool>,
    by: Option<String>,
}

impl Where {
    fn scope(&self) -> Scope {
        Scope::of(
            self.org_identifier.as_deref(),
            self.project_identifier.as_deref(),
        )
    }

    fn by(&self) -> Result<Option<Principal>, Reply> {
        let by = self.by.as_deref().map(Principal::parse).transpose();
        by.map_err(|reason| bad(&reason))
    }
}

async fn state(State(platform): State<Platform>) -> Reply {
    ok(platform.world().snapshot())
}

async fn requests(State(platform): State<Platform>) -> Reply {
    ok(json!(platform.log().all()))
}

async fn forget_requests(State(platform): State<Platform>) -> Reply {
    platform.log().clear();
    done()
}

async fn faults(State(platform): State<Platform>) -> Reply {
    ok(json!(platform.faults().counts()))
}

/// Adds one fault or a list of them at the end of the script.
async fn script_faults(State(platform): State<Platform>, body: Bytes) -> Result<Reply, Reply> {
    let script = parse(&body)?;
    let list = if script.is_array() {
        script
    } else {
        json!([script])
    };
    let faults: Vec<Fault> =
        serde_json::from_value(list).map_err(|error| bad(&format!("not a fault: {error}")))?;
    platform
        .faults()
        .add(faults)
        .map_err(|reason| bad(&reason))?;
    Ok(ok(json!(platform.faults().counts())))
}

async fn forget_faults(State(platform): State<Platform>) -> Reply {
    platform.faults().clear();
    done()
}

async fn settings(State(platform): State<Platform>) -> Reply {
    ok(json!(platform.world().settings))
}

async fn change_settings(State(platform): State<Platform>, body: Bytes) -> Result<Reply, Reply> {
    let settings = platform.change_settings(&parse(&body)?).map_err(refused)?;
    Ok(ok(json!(settings)))
}

async fn reset(State(platform): State<Platform>) -> Reply {
    platform.reset();
    done()
}

async fn object(
    State(platform): State<Platform>,
    Path((kind, identifier)): Path<(String, String)>,
    Query(place): Query<Where>,
) -> Result<Reply, Reply> {
    let kind = known(&kind)?;
    let found = platform.world().object(kind, &place.scope(), &identifier);
    found.map(ok).ok_or_else(|| refused(ControlError::Missing))
}

async fn put_object(
    State(platform): State<Platform>,
    Path((kind, identifier)): Path<(String, String)>,
    Query(place): Query<Where>,
    body: Bytes,
) -> Result<Reply, Reply> {
    let (kind, object) = (known(&kind)?, parse(&body)?);
    platform
        .world()
        .put_object(kind, &place.scope(), &identifier, object, place.by()?)
        .map_err(refused)?;
    Ok(done())
}

async fn patch_object(
    State(platform): State<Platform>,
    Path((kind, identifier)): Path<(String, String)>,
    Query(place): Query<Where>,
    body: Bytes,
) -> Result<Reply, Reply> {
    let (kind, patch) = (known(&kind)?, parse(&body)?);
    let touch = place.touch.unwrap_or(true);
    platform
        .world()
        .patch_object(
            kind,
            &place.scope(),
            &identifier,
            &patch,
            touch,
            place.by()?,
        )
        .map_err(refused)?;
    Ok(done())
}

async fn delete_object(
    State(platform): State<Platform>,
    Path((kind, identifier)): Path<(String, String)>,
    Query(place): Query<Where>,
) -> Result<Reply, Reply> {
    let kind = known(&kind)?;
    platform
        .world()
        .delete_object(kind, &place.scope(), &identifier, place.by()?)
        .map_err(refused)?;
    Ok(done())
}

async fn no_such_control() -> Reply {
    let error = "no such control; the README of harness-sandbox lists them";
    Reply::json(StatusCode::NOT_FOUND, json!({"error": error}))
}

fn known(segment: &str) -> Result<Kind, Reply> {
    Kind::from_segment(segment).ok_or_else(|| {
        bad(&format!(
            "\"{segment}\" is not a kind of object; write connectors, secrets, organizations, projects, delegates, or \
             usages"
        ))
    })
}

fn parse(body: &Bytes) -> Result<Value, Reply> {
    serde_json::from_slice(body).map_err(|error| bad(&format!("the body is not JSON: {error}")))
}

fn ok(body: Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

fn done() -> Reply {
    ok(json!({"done": true}))
}

fn bad(error: &str) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, json!({"error": error}))
}

fn refused(error: ControlError) -> Reply {
    match error {
        ControlError::Missing => {
            Reply::json(StatusCode::NOT_FOUND, json!({"error": error.to_string()}))
        }
        ControlError::Invalid(reason) => bad(&reason),
    }
}
