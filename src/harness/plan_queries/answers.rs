//! What the platform has reported about one planned change.

use std::collections::BTreeMap;

use harness_platform::{Delegate, Scope, Secret, SecretKind, Usage};

use super::secret_id::SecretId;

/// The answers to the queries about one change. A missing answer was not requested or not received, so it means
/// nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Whether the connector's organization or project exists.
    pub(crate) scope: Option<Existence>,
    /// Whether the identifier of a new connector is free.
    pub(crate) identifier: Option<Identifier>,
    /// The secrets to which it refers; `None` if the platform reports that the secret does not exist.
    pub(crate) secrets: BTreeMap<SecretId, Option<Secret>>,
    /// The delegates by scope.
    pub(crate) delegates: BTreeMap<Scope, Vec<Delegate>>,
    /// The entities that use it.
    pub(crate) usage: Option<Usage>,
    /// Existing objects that may have been meant by missing ones. Also empty if they could not be looked up.
    pub(crate) alternatives: Alternatives,
    /// The queries without an answer.
    pub(crate) unanswered: Vec<Unanswered>,
    /// Whether the platform has answered any query yet.
    pub(crate) is_reached: bool,
    /// What is missing, and how to provide it, if there is no access to the platform.
    pub(crate) no_access: Option<String>,
}

/// Existing names, from which a message suggests those most similar to a missing one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives {
    /// Secrets to which the connector can refer, with their types. Several queries can lead to one secret.
    pub(crate) secrets: BTreeMap<SecretId, SecretKind>,
    /// The Ids of the organizations.
    pub(crate) organizations: Vec<String>,
    /// The Ids of the projects in the connector's organization.
    pub(crate) projects: Vec<String>,
}

/// Whether an organization, or a project in it, exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Existence {
    There,
    NoOrganization,
    NoProject,
}

/// Whether an identifier is free.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Identifier {
    Free,
    Taken,
    /// Taken by a connector in Terraform's state, possibly the one to be replaced.
    TakenInState,
}

/// A failed query.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Unanswered {
    pub(crate) why: Why,
    pub(crate) about: Topic,
    /// What happened to the request, in a few words.
    pub(crate) title: String,
    /// The request and what happened to it, for people.
    pub(crate) error: String,
    /// What to do about it, if that does not depend on the query.
    pub(crate) remedy: Option<String>,
    /// Whether the platform only limits the request rate, and will answer the query later.
    pub(crate) is_limited: bool,
}

/// The subject of a query.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Topic {
    Secrets,
    Scopes,
    Identifiers,
    Delegates,
    Usage,
}

/// Why a query failed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Why {
    /// The key is not valid.
    Unauthorized,
    /// The key lacks a permission.
    Forbidden,
    /// There was no response in time, or no useful one.
    NoAnswer,
    /// The query was not sent, because one plan sends only a limited number of its kind.
    TooMany,
    /// The query was not sent, because too many before it failed, or because the run is being stopped.
    NotMade,
}
