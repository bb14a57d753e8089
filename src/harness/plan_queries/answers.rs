//! What the platform has said about one planned change.

use std::collections::BTreeMap;

use harness_platform::{Delegate, Scope, Secret, SecretKind, Usage};

use super::secret_id::SecretId;

/// The answers to the questions about one change. What is not here was not asked, or not answered: no opinion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Whether the organization or project around the connector exists.
    pub(crate) scope: Option<Existence>,
    /// Whether the identifier of a new connector is free.
    pub(crate) identifier: Option<Identifier>,
    /// The secrets to which it refers; `None`: the platform says that there is none.
    pub(crate) secrets: BTreeMap<SecretId, Option<Secret>>,
    /// The delegates by the scope in which they are.
    pub(crate) delegates: BTreeMap<Scope, Vec<Delegate>>,
    /// Who refers to it.
    pub(crate) usage: Option<Usage>,
    /// What exists and may have been meant by something that is missing. Empty as well if it could not be looked up.
    pub(crate) alternatives: Alternatives,
    /// What could not be looked up.
    pub(crate) unanswered: Vec<Unanswered>,
    /// Whether the platform has answered anything yet.
    pub(crate) is_reached: bool,
    /// What is missing, and how to give it, where there is no access to the platform.
    pub(crate) no_access: Option<String>,
}

/// What exists: the names from which a message takes those that are most like one that is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternatives {
    /// Secrets to which the connector can refer, with their kinds. Several questions can lead to the same secret.
    pub(crate) secrets: BTreeMap<SecretId, SecretKind>,
    /// The Ids of the organizations.
    pub(crate) organizations: Vec<String>,
    /// The Ids of the projects of the connector's organization.
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
    /// By a connector that is in Terraform's state: perhaps the one that is to be replaced.
    TakenInState,
}

/// A look-up that brought nothing.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Unanswered {
    pub(crate) why: Why,
    pub(crate) about: Topic,
    /// What became of the request, in a few words.
    pub(crate) title: String,
    /// The request and what became of it, for people.
    pub(crate) error: String,
    /// What to do about it, if that does not depend on what was asked for.
    pub(crate) remedy: Option<String>,
    /// Whether the platform only wants fewer requests: it answers the same question later.
    pub(crate) is_limited: bool,
}

/// What a look-up was about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Topic {
    Secrets,
    Scopes,
    Identifiers,
    Delegates,
    Usage,
}

/// Why a look-up brought nothing.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Why {
    /// The key is not valid.
    Unauthorized,
    /// The key lacks a permission.
    Forbidden,
    /// No answer in time, or one that says nothing.
    NoAnswer,
    /// It was not made, because one plan makes only so many of its kind.
    TooMany,
    /// It was not made, because so many before it brought nothing, or because the run is being stopped.
    NotMade,
}
