//! Speaking to the Harness platform: HTTP, its JSON, its errors and its limits. Nothing here knows Terraform.
//!
//! | module | what it knows |
//! |---|---|
//! | [`connectors`], [`secrets`], [`scopes`], [`delegates`], [`token`] | requests, built as data, and the types of their answers |
//! | `endpoint`, `api_key`, `scope`, [`proxy`] | where, as whom, in which part of the account, and on which way |
//! | `connector` | a connector on the wire: whole, and as typed settings |
//! | `answer`, `refusal`, `error`, `transport` | what came back: the platform's four families of errors, pages, silence |
//! | `tls` | whom to trust |
//! | `client`, `retry`, `throttle`, `operation` | sending, trying again, keeping the pace, stopping |
//! | `json`, `text`, `redact` | tolerant reading; texts made harmless; bodies made fit for a log |
//!
//! # Invariants
//! - The key is in one header, and in the body of the one question about itself; nowhere else: not in `Debug`, errors or
//!   logs, and no redirect is followed.
//! - A thing counts as missing only if the platform says so, in its own JSON, about this very thing.
//! - A create is never sent twice unless the first surely never arrived or was turned away unread (429).
//! - Reading never fails because of a member that is odd or new; writing never loses one.
//! - Every text of the platform is made harmless for terminals before anybody can show it.
//!
//! # Deliberately absent
//! Git-synchronized connectors (`branch`, `repoIdentifier` and so on: a feature of the past), the v1 API (it has no
//! Bitbucket connectors), connectors of other types, a switch that turns off the checking of certificates, cookies,
//! SOCKS proxies. Compression is not asked for.

mod answer;
mod api_key;
mod client;
mod clock;
mod connector;
pub mod connectors;
pub mod delegates;
mod endpoint;
mod error;
mod json;
mod operation;
pub mod proxy;
mod redact;
mod refusal;
mod request;
mod retry;
mod scope;
pub mod scopes;
pub mod secrets;
mod text;
mod throttle;
mod tls;
pub mod token;
mod transport;

pub use answer::{Answer, AnswerProblem, Deleted, FromAnswer, Topic};
pub use api_key::{ApiKey, ApiKeyError, KeyKind};
#[cfg(any(test, feature = "testing"))]
pub use client::testing;
pub use client::{Attempted, Attempts, Client, ClientConfig};
pub use connector::{
    ApiAccess, Authentication, BitbucketConnector, BitbucketReading, BitbucketSpec,
    ConnectionError, ConnectivityDetails, ConnectivityState, ConnectorAnswer, Governance,
    PolicyFinding, RawConnector, TextOrRef, UrlType,
};
pub use connectors::{ConnectionTest, ConnectorPage, Referrer, Usage};
pub use delegates::{Delegate, Delegates, Replica};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Failure, PlatformError, SetupError};
pub use json::UnknownMember;
pub use operation::Operation;
pub use proxy::{Proxy, ProxyError, ProxyProblem};
pub use refusal::{FieldError, Missing, Refusal, RefusalBody, ResponseMessage};
pub use request::{Effect, Request, UnsendableSegment};
pub use retry::{Attempt, Decision, Outcome, RetryPolicy};
pub use scope::{ConnectorRef, ProjectWithoutOrganization, Scope};
pub use scopes::{Organization, Project};
pub use secrets::{Secret, SecretCount, SecretKind, SshCredential};

#[cfg(any(test, feature = "testing"))]
pub use text::is_invisible;
pub use token::Token;
pub use transport::{TransportError, TransportKind};
