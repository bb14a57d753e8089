//! States from elsewhere: from the state file, an import, or another resource type; and the configuration for a state.

use std::fmt;
use std::sync::Arc;

use super::offered;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::proto::tfplugin5 as proto;
use crate::provider::Provider;
use crate::resource::{Context, MoveSource, NewState};
use crate::rpc::answer::Answer;
use crate::rpc::convert::{self, decode_object, encode};
use crate::rpc::identity;
use crate::value::{Type, Value, json};

const BEFORE_0_12: &str = "it has the format of Terraform before 0.12";

pub(crate) fn upgrade(
    provider: &dyn Provider,
    request: proto::upgrade_resource_state::Request,
) -> Answer<proto::upgrade_resource_state::Response> {
    let resource = offered::resource(provider, &request.type_name)?;
    let schema = resource.schema();
    let stored = Stored {
        what: "State",
        type_name: &request.type_name,
        version: request.version,
        newest: schema.version,
    };
    let ty = schema.ty();
    let state = stored.read(request.raw_state.as_ref(), &ty)?;
    let state = if state.is_null() {
        state
    } else {
        resource.upgrade_state(state)
    };
    Ok(proto::upgrade_resource_state::Response {
        upgraded_state: Some(encode(&state, &ty)?),
        diagnostics: Vec::new(),
    })
}

pub(crate) fn upgrade_identity(
    provider: &dyn Provider,
    request: proto::upgrade_resource_identity::Request,
) -> Answer<proto::upgrade_resource_identity::Response> {
    let resource = offered::resource(provider, &request.type_name)?;
    let Some(schema) = resource.identity_schema() else {
        return Err(Diagnostic::error(
            format!("No identity of \"{}\"", request.type_name),
            format!(
                "{} has no identity in this version of the provider. Use the version that wrote the state, or a newer \
                 one.",
                request.type_name
            ),
        )
        .into());
    };
    let stored = Stored {
        what: "Identity",
        type_name: &request.type_name,
        version: request.version,
        newest: schema.version,
    };
    let upgraded = stored.read(request.raw_identity.as_ref(), &schema.ty())?;
    let upgraded = Some(upgraded).filter(|identity| !identity.is_null());
    Ok(proto::upgrade_resource_identity::Response {
        upgraded_identity: identity::encode(resource, upgraded.as_ref())?,
        diagnostics: Vec::new(),
    })
}

/// An object in the state file, with the version of its schema.
struct Stored<'a> {
    /// `State` or `Identity`.
    what: &'static str,
    type_name: &'a str,
    version: i64,
    /// The version that this provider writes.
    newest: i64,
}

impl Stored<'_> {
    fn read(&self, raw: Option<&proto::RawState>, ty: &Type) -> Answer<Value> {
        if self.version > self.newest {
            return Err(self.too_new().into());
        }
        match raw {
            None => Ok(Value::Null),
            Some(raw) if !raw.json.is_empty() => {
                json::decode_lenient(&raw.json, ty).map_err(|error| self.unreadable(&error).into())
            }
            Some(_) => Err(self.unreadable(&BEFORE_0_12).into()),
        }
    }

    fn too_new(&self) -> Diagnostic {
        Diagnostic::error(
            format!("{} of a newer provider", self.what),
            format!(
                "The {} has schema version {} of {}; this provider supports versions up to {}. Use the provider \
                 version that wrote the state, or a newer one.",
                self.what.to_lowercase(),
                self.version,
                self.type_name,
                self.newest
            ),
        )
    }

    fn unreadable(&self, reason: &dyn fmt::Display) -> Diagnostic {
        Diagnostic::error(
            format!("{} cannot be read", self.what),
            format!(
                "The stored {} of a {} does not fit its schema: {reason}. Nothing was changed. Restore the state from \
                 a backup, or remove the object from the state (`terraform state rm`) and import it again.",
                self.what.to_lowercase(),
                self.type_name
            ),
        )
    }
}

pub(crate) async fn import(
    provider: Arc<dyn Provider>,
    request: proto::import_resource_state::Request,
    context: Context,
) -> Answer<proto::import_resource_state::Response> {
    let resource = offered::resource(&*provider, &request.type_name)?;
    let wanted = identity::wanted(resource, request.identity.as_ref())?;
    let NewState {
        state,
        private,
        diagnostics,
    } = match &wanted {
        Some(identity) => resource.import_identity(identity, &context).await?,
        None => resource.import(&request.id, &context).await?,
    };
    let identity = identity::known(resource, &state).or(wanted);
    let imported = proto::import_resource_state::ImportedResource {
        state: Some(encode(&state, &resource.schema().ty())?),
        type_name: request.type_name,
        private,
        identity: identity::encode(resource, identity.as_ref())?,
    };
    Ok(proto::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics: convert::diagnostics(diagnostics),
        deferred: None,
    })
}

pub(crate) fn move_state(
    provider: &dyn Provider,
    request: proto::move_resource_state::Request,
) -> Answer<proto::move_resource_state::Response> {
    let resource = offered::resource(provider, &request.target_type_name)?;
    let source = MoveSource {
        provider_address: request.source_provider_address,
        type_name: request.source_type_name,
        schema_version: request.source_schema_version,
        state: request.source_state.map(|raw| raw.json).unwrap_or_default(),
        private: request.source_private,
        target_type_name: request.target_type_name,
    };
    if source.state.is_empty() {
        return Err(not_json(&source));
    }
    let moved = resource.move_state(&source)?;
    let identity = match (resource.identity_schema(), &request.source_identity) {
        // The same type under another address: the object keeps its identity.
        (Some(schema), Some(raw)) if source.type_name == source.target_type_name => {
            let stored = Stored {
                what: "Identity",
                type_name: &source.type_name,
                version: request.source_identity_schema_version,
                newest: schema.version,
            };
            Some(stored.read(Some(raw), &schema.ty())?).filter(|identity| !identity.is_null())
        }
        _ => identity::known(resource, &moved.state),
    };
    Ok(proto::move_resource_state::Response {
        target_state: Some(encode(&moved.state, &resource.schema().ty())?),
        diagnostics: convert::diagnostics(moved.diagnostics),
        target_private: moved.private,
        target_identity: identity::encode(resource, identity.as_ref())?,
    })
}

fn not_json(source: &MoveSource) -> Diagnostics {
    Diagnostic::error(
        "State cannot be moved",
        format!(
            "The state of the {} cannot be read: none was sent, or {BEFORE_0_12}. First apply once with the provider \
             that wrote it ({}).",
            source.type_name, source.provider_address
        ),
    )
    .into()
}

pub(crate) fn generate_config(
    provider: &dyn Provider,
    request: proto::generate_resource_config::Request,
) -> Answer<proto::generate_resource_config::Response> {
    let resource = offered::resource(provider, &request.type_name)?;
    let ty = resource.schema().ty();
    let state = decode_object("state", request.state.as_ref(), &ty)?;
    let generated = resource.generate_config(&state);
    Ok(proto::generate_resource_config::Response {
        config: Some(encode(&generated.config, &ty)?),
        diagnostics: convert::diagnostics(generated.diagnostics),
    })
}
