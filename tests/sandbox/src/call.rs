//! One authenticated call of the platform's API: the caller, the account, the query, and the body.
//!
//! A handler that takes a [`Call`] as an argument requires authentication. All reasons to refuse a key get the same
//! response, except for a call that names no account at all.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::account::ApiKey;
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::scope::Scope;
use crate::world::World;

/// A call with an accepted key.
pub(crate) struct Call {
    /// The account of the key.
    pub(crate) account: String,
    pub(crate) key: ApiKey,
    pub(crate) body: Bytes,
    query: Vec<(String, String)>,
    headers: HeaderMap,
}

impl Call {
    /// Returns the first value of a query parameter; an empty one counts as absent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// Returns every value of a query parameter that may be repeated.
    pub(crate) fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns whether a query parameter is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Returns a numeric query parameter; anything else counts as absent.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.query(name)?.parse().ok()
    }

    /// Returns the scope in the query.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of(self.query("orgIdentifier"), self.query("projectIdentifier"))
    }

    /// Checks the parameter that every connector endpoint requires: `accountIdentifier` in the query.
    pub(crate) fn require_account_parameter(&self) -> Result<(), Reply> {
        if self.query("accountIdentifier").is_none() {
            return Err(Reply::violations(&[Violation::new(
                "accountIdentifier",
                "must not be blank",
            )]));
        }
        Ok(())
    }

    /// Checks the media type of a body, if there is one.
    pub(crate) fn require_media_type(&self) -> Result<(), Reply> {
        let accepted = ["application/json", "text/yaml", "text/html", "text/plain"];
        let Some(given) = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
        else {
            return Ok(());
        };
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if self.body.is_empty()
            || accepted
                .iter()
                .any(|accepted| media_type.eq_ignore_ascii_case(accepted))
        {
            return Ok(());
        }
        Err(Reply::failure(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "MEDIA_NOT_SUPPORTED",
            "HTTP 415 Unsupported Media Type",
        ))
    }

    /// Returns the headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the version in `If-Match`; as on the platform, anything but a number counts as absent.
    pub(crate) fn if_match(&self) -> Option<u64> {
        self.headers
            .get(header::IF_MATCH)?
            .to_str()
            .ok()?
            .parse()
            .ok()
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Reply> {
        self.require_media_type()?;
        serde_json::from_slice(&self.body).map_err(|error| {
            Reply::unprocessable(&format!("Unexpected character or end of input: {error}"))
        })
    }

    /// Checks a permission on a resource, in a scope, for one object or for all.
    pub(crate) fn require(
        &self,
        world: &World,
        permission: &str,
        scope: &Scope,
        identifier: Option<&str>,
    ) -> Result<(), Reply> {
        let account = self.query("accountIdentifier").unwrap_or(&self.account);
        if account == self.account && !world.is_denied(&self.key, permission, identifier) {
            return Ok(());
        }
        Err(self.denied(permission, scope, identifier))
    }

    /// Returns the response to a caller without a permission on a resource, in a scope, for one object or for all.
    pub(crate) fn denied(
        &self,
        permission: &str,
        scope: &Scope,
        identifier: Option<&str>,
    ) -> Reply {
        let account = self.query("accountIdentifier").unwrap_or(&self.account);
        let kind = if self.key.is_personal() {
            "USER"
        } else {
            "SERVICE_ACCOUNT"
        };
        let principal = format!(
            "Principal of type {kind} with identifier {}",
            self.key.principal
        );
        // `core_connector_edit` is a permission on a `connector`.
        let resource = permission.split('_').nth(1).unwrap_or("resource");
        Reply::denied(&principal, permission, resource, account, scope, identifier)
    }
}

impl FromRequest<Platform> for Call {
    type Rejection = Reply;

    async fn from_request(request: Request, platform: &Platform) -> Result<Self, Reply> {
        let (mut parts, body) = request.into_parts();
        let query = query_of(&mut parts).await;
        let token = header_text(&parts, "x-api-key").ok_or_else(Reply::unauthorized)?;
        let account = header_text(&parts, "Harness-Account")
            .or_else(|| first(&query, "account"))
            .or_else(|| first(&query, "accountIdentifier"))
            .or_else(|| account_in_path(parts.uri.path()))
            .ok_or_else(|| Reply::invalid_request("Account detail is not present in the request"))?
            .to_owned();
        let key =
            authenticate(&mut platform.world(), token, &account).ok_or_else(Reply::unauthorized)?;
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), platform)
            .await
            .map_err(|_| Reply::empty(StatusCode::PAYLOAD_TOO_LARGE))?;
        Ok(Self {
            account,
            key,
            body,
            query,
            headers: parts.headers,
        })
    }
}

/// A call about the object that its path names, with the parameter that every connector endpoint requires.
pub(crate) struct About(
    pub(crate) Platform,
    /// The identifier in the path.
    pub(crate) String,
    pub(crate) Call,
);

impl FromRequest<Platform> for About {
    type Rejection = Response;

    async fn from_request(request: Request, platform: &Platform) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let path = Path::from_request_parts(&mut parts, platform).await;
        let Path(identifier) = path.map_err(IntoResponse::into_response)?;
        let call = Call::from_request(Request::from_parts(parts, body), platform).await;
        let call = call.map_err(IntoResponse::into_response)?;
        let required = call.require_account_parameter();
        required.map_err(IntoResponse::into_response)?;
        Ok(Self(platform.clone(), identifier, call))
    }
}

/// Returns the key for a token, if the platform would accept it for the account.
pub(crate) fn authenticate(world: &mut World, token: &str, account: &str) -> Option<ApiKey> {
    let (_, token_account, ..) = ApiKey::parts(token)?;
    let belongs =
        world.account == account && token_account.is_none_or(|of_token| of_token == account);
    let now = world.tick();
    let key = world
        .keys
        .iter()
        .find(|key| belongs && key.token == token)?;
    let expired = key.valid_to.is_some_and(|valid_to| valid_to <= now);
    (!expired).then(|| key.clone())
}

async fn query_of(parts: &mut Parts) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::from_request_parts(parts, &())
        .await
        .map(|Query(query)| query)
        .unwrap_or_default()
}

fn first<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query
        .iter()
        .find(|(key, value)| key == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

fn header_text<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts
        .headers
        .get(name)?
        .to_str()
        .ok()
        .filter(|text| !text.is_empty())
}

/// Returns the account in the path of `GET /accounts/{accountIdentifier}`, the only endpoint that has one. The router
/// has removed what comes before it.
fn account_in_path(path: &str) -> Option<&str> {
    path.strip_prefix("/accounts/")
        .filter(|account| !account.contains('/'))
}
