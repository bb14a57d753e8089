//! Who is calling: validation of a token, and the user who owns a personal key.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::json;

use crate::account::ApiKey;
use crate::call::{Call, authenticate};
use crate::platform::Platform;
use crate::reply::Reply;

/// Returns the endpoints, below `/ng/api`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new()
        .route("/token/validate", post(validate))
        .route("/user/currentUser", get(current_user))
}

/// Validates a token. The body is the token itself, as text.
async fn validate(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    let token = String::from_utf8_lossy(&call.body).trim().to_owned();
    let mut world = platform.world();
    let key = authenticate(&mut world, &token, &call.account).ok_or_else(Reply::unauthorized)?;
    let token_id = ApiKey::parts(&key.token)
        .map(|(_, _, id, _)| id.to_owned())
        .unwrap_or_default();
    let kind = if key.is_personal() {
        "USER"
    } else {
        "SERVICE_ACCOUNT"
    };
    Ok(Reply::data(json!({
        "identifier": token_id, "name": key.name, "validFrom": 1_735_689_600_000_i64, "validTo": key.valid_to,
        "scheduledExpireTime": null, "valid": true, "accountIdentifier": world.account, "orgIdentifier": null,
        "projectIdentifier": null, "apiKeyIdentifier": key.name, "parentIdentifier": key.principal,
        "apiKeyType": kind, "description": null, "tags": {}, "email": key.email, "username": key.principal,
        "encodedPassword": "$2a$10$sandboxsandboxsandboxsandboxsandbox",
    })))
}

async fn current_user(State(platform): State<Platform>, call: Call) -> Result<Reply, Reply> {
    if !call.key.is_personal() {
        return Err(Reply::invalid_request(
            "Current user can be accessed only by 'USER' principal type",
        ));
    }
    let world = platform.world();
    Ok(Reply::data(json!({
        "uuid": call.key.principal, "name": call.key.principal, "email": call.key.email, "admin": false,
        "twoFactorAuthenticationEnabled": false, "emailVerified": true, "locked": false, "disabled": false,
        "externallyManaged": false, "defaultAccountId": world.account,
        "accounts": [{"uuid": world.account, "accountName": world.account_name, "companyName": world.company_name,
                      "defaultExperience": "NG", "nextGenEnabled": true}],
    })))
}
