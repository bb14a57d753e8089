//! Connectors: the stored record, its response, and the endpoints under `/ng/api/connectors`.

mod bitbucket;
mod catalogue;
mod draft;
mod git_test;
mod list;
mod model;
mod outcome;
mod read;
mod save;
mod secret_ref;
mod test_connection;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

pub use outcome::Outcome;

pub(crate) use draft::{Malformed, Members, identifier_violation, name_violation};
pub(crate) use secret_ref::SecretRef;

use crate::audits::Resource;
use crate::platform::Platform;
use crate::scope::Scope;
use crate::world::{Key, World};

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route(
            "/connectors",
            post(save::create).put(save::update).get(list::deprecated),
        )
        .route(
            "/connectors/{identifier}",
            get(read::get).delete(read::delete),
        )
        .route("/connectors/listV2", post(list::v2))
        .route("/connectors/listbyfqn", post(list::by_fqn))
        .route("/connectors/validateUniqueIdentifier", get(read::is_unique))
        .route("/connectors/stats", get(catalogue::stats))
        .route("/connectors/catalogue", get(catalogue::catalogue))
        .route(
            "/connectors/testConnection/{identifier}",
            post(test_connection::connection),
        )
        .route(
            "/connectors/testGitRepoConnection/{identifier}",
            post(test_connection::repository),
        )
}

/// A stored connector.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    /// The `connector` member, as accepted or as set through the control surface.
    pub(crate) info: Map<String, Value>,
    pub(crate) created_at: i64,
    pub(crate) last_modified_at: i64,
    pub(crate) connectivity: Connectivity,
}

/// The result of the last connection test.
#[derive(Clone, Debug)]
pub(crate) struct Connectivity {
    /// `SUCCESS`, `FAILURE`, `PARTIAL`, `UNKNOWN`, or `PENDING`.
    pub(crate) status: &'static str,
    pub(crate) error_summary: Option<String>,
    pub(crate) errors: Value,
    /// Milliseconds since 1970; 0 means never.
    pub(crate) tested_at: i64,
    /// The last success.
    pub(crate) last_connected_at: i64,
}

impl Connectivity {
    const NEVER: Self = Self {
        status: "PENDING",
        error_summary: None,
        errors: Value::Null,
        tested_at: 0,
        last_connected_at: 0,
    };
}

impl Connector {
    /// Creates a connector that was just accepted and has not been tested yet.
    pub(crate) fn new(info: Map<String, Value>, now: i64) -> Self {
        Self {
            info,
            created_at: now,
            last_modified_at: now,
            connectivity: Connectivity::NEVER,
        }
    }

    /// Creates an older connector with a successful last test.
    pub(crate) fn tested(info: Map<String, Value>, now: i64) -> Self {
        let connectivity = Connectivity {
            status: "SUCCESS",
            tested_at: now,
            last_connected_at: now,
            ..Connectivity::NEVER
        };
        Self {
            info,
            created_at: now,
            last_modified_at: now,
            connectivity,
        }
    }

    /// Returns its scope and identifier.
    pub(crate) fn key(&self) -> Key {
        (
            self.scope(),
            self.text("identifier").unwrap_or_default().to_owned(),
        )
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::of(self.text("orgIdentifier"), self.text("projectIdentifier"))
    }

    /// Returns the object that events about it are about.
    pub(crate) fn resource(&self) -> Resource {
        Resource {
            kind: "CONNECTOR",
            scope: self.scope(),
            identifier: self.text("identifier").unwrap_or_default().to_owned(),
            name: self.text("name").map(str::to_owned),
        }
    }

    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.info.get(member).and_then(Value::as_str)
    }

    /// Returns a member of the spec, by JSON pointer.
    pub(crate) fn spec(&self, pointer: &str) -> Option<&Value> {
        self.info.get("spec")?.pointer(pointer)
    }

    /// Returns a text member of the spec, by JSON pointer.
    pub(crate) fn spec_text(&self, pointer: &str) -> Option<&str> {
        self.spec(pointer).and_then(Value::as_str)
    }

    pub(crate) fn is_bitbucket(&self) -> bool {
        self.text("type") == Some("Bitbucket")
    }

    /// Returns whether it is tested through a delegate, which is the default.
    pub(crate) fn executes_on_delegate(&self) -> bool {
        self.spec("/executeOnDelegate")
            .and_then(Value::as_bool)
            .unwrap_or(true)
    }

    /// Returns the `connector` member of a response, with null for absent optional members.
    pub(crate) fn wire_info(&self, world: &World) -> Value {
        let mut info = self.info.clone();
        info.insert("accountIdentifier".into(), world.account.clone().into());
        for member in ["description", "orgIdentifier", "projectIdentifier"] {
            info.entry(member).or_insert(Value::Null);
        }
        fill(&mut info, "tags", json!({}));
        if self.is_bitbucket()
            && let Some(spec) = info.get_mut("spec").and_then(Value::as_object_mut)
        {
            bitbucket::write_out(spec);
        }
        Value::Object(info)
    }

    /// Returns the ConnectorResponse.
    pub(crate) fn response(&self, world: &World) -> Value {
        let Connectivity {
            status,
            error_summary,
            errors,
            tested_at,
            last_connected_at,
        } = &self.connectivity;
        json!({
            "connector": self.wire_info(world),
            "createdAt": self.created_at,
            "lastModifiedAt": self.last_modified_at,
            "status": {"status": status, "errorSummary": error_summary, "errors": errors, "testedAt": tested_at,
                       "lastTestedAt": 0, "lastConnectedAt": last_connected_at, "lastAlertSent": 0},
            "activityDetails": {"lastActivityTime": self.last_modified_at},
            "harnessManaged": false,
            "gitDetails": {"objectId": null, "branch": null, "repoIdentifier": null, "rootFolder": null,
                           "filePath": null, "repoName": null, "commitId": null, "fileUrl": null, "repoUrl": null,
                           "parentEntityConnectorRef": null, "parentEntityRepoName": null,
                           "isHarnessCodeRepo": null},
            "entityValidityDetails": {"valid": true, "invalidYaml": null},
            "governanceMetadata": null,
            "isFavorite": null,
        })
    }
}

/// Sets a member that is absent or null.
fn fill(members: &mut Map<String, Value>, member: &str, value: Value) {
    let slot = members.entry(member).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value;
    }
}
