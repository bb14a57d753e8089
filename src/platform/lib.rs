//! A client for the Harness platform: HTTP, its JSON, its errors, and its limits. It knows nothing about Terraform.
//!
//! | module | what it covers |
//! |---|---|
//! | `api` | requests, built as data, and their response types: [`connectors`], [`taken`], [`secrets`], [`scopes`], [`delegates`], [`audits`], [`token`] |
//! | `http` | sending them: endpoint, key, proxy, and certificates; retries, rate, and time limits; errors |
//! | `response` | reading responses: the platform's JSON and its families of errors; texts sanitized for terminals and logs |
//! | `scope` | a part of the account, and references to connectors |
//!
//! `api` depends on `http`, `http` on `response`, and all on `scope`.
//!
//! # Invariants
//! - The key is sent in one header, and in the body of the one request that validates it. It appears nowhere else, not
//!   in `Debug`, errors, or logs, and redirects are not followed.
//! - An object counts as missing only if the platform says so, in its own JSON, about this very object.
//! - A create is never sent twice unless the first certainly never arrived or was turned away unread (429).
//! - Reading never fails because of an unexpected or new member; writing never loses one.
//! - Every text from the platform is sanitized for terminals before it can be displayed.
//!
//! # Deliberately absent
//! Git-synchronized connectors (`branch`, `repoIdentifier`, and so on, a discontinued feature), the v1 API (it has no
//! Bitbucket connectors), connectors of other types, a switch that turns off certificate verification, cookies, SOCKS
//! proxies. Compression is not requested.

mod api;
mod http;
mod response;
mod scope;

pub use api::audits::{AuditAction, AuditEvent, AuditPage, Audited, Principal, PrincipalKind};
pub use api::connector::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketReading, BitbucketSpec,
    ConnectionError, ConnectivityDetails, ConnectivityState, ConnectorAnswer, Kind, Parts,
    RawConnector, TextOrRef, UrlType,
};
pub use api::connectors::{ConnectionTest, ConnectorPage};
pub use api::delegates::{Delegate, Delegates, Replica};
pub use api::scopes::{Organization, Project, ScopePage};
pub use api::secrets::{Secret, SecretCount, SecretKind, SecretPage, SshCredential};
pub use api::taken::{Taken, TakenIdentifier, TakenPage};
pub use api::usage::{Referrer, Usage};
pub use http::api_key::{ApiKey, ApiKeyError, KeyKind};
#[cfg(any(test, feature = "testing"))]
pub use http::client::testing;
pub use http::client::{Attempted, Attempts, Client, ClientConfig};
pub use http::endpoint::{Endpoint, EndpointError};
pub use http::error::{Failure, PlatformError, SetupError};
pub use http::operation::Operation;
pub use http::proxy::{Proxy, ProxyError, ProxyProblem};
pub use http::request::{Effect, Request, UnsendableSegment};
pub use http::retry::{Attempt, Decision, Outcome, RetryPolicy};
pub use response::answer::{Answer, AnswerProblem, Deleted, FromAnswer, Topic};
pub use response::governance::{Governance, PolicyFinding};
pub use response::json::UnknownMember;
pub use response::refusal::{FieldError, Missing, Refusal, RefusalBody, ResponseMessage};
pub use scope::{ConnectorRef, ProjectWithoutOrganization, Scope};

pub use api::token::Token;
pub use api::{audits, connectors, delegates, scopes, secrets, taken, token};
pub use http::proxy;
pub use http::tls_problem::TlsProblem;
pub use http::transport::{TransportError, TransportKind};
