//! What the platform has said about one planned change.

use super::case::SecretId;
use harness_platform::{Delegate, Scope, Secret, Usage};
use std::collections::BTreeMap;

/// The answers to the questions about one change. What is not here was not asked, or not answered: no opinion.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Whether the organization or project around the connector exists.
    pub(super) scope: Option<Existence>,
    /// Whether the identifier of a new connector is free.
    pub(super) identifier: Option<Identifier>,
    /// The secrets to which it refers; `None`: the platform says that there is none.
    pub(super) secrets: BTreeMap<SecretId, Option<Secret>>,
    /// The delegates by the scope in which they are.
    pub(super) delegates: BTreeMap<Scope, Vec<Delegate>>,
    /// Who refers to it.
    pub(super) usage: Option<Usage>,
    /// What could not be looked up.
    pub(super) gaps: Vec<Gap>,
    /// Whether the platform has answered anything yet.
    pub(super) is_reached: bool,
    /// What is missing, and how to give it, where there is no access to the platform.
    pub(super) no_access: Option<String>,
}

/// Whether an organization, or a project in it, exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    There,
    NoOrganization,
    NoProject,
}

/// Whether an identifier is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identifier {
    Free,
    Taken,
    /// By a connector that is in Terraform's state: perhaps the one that is to be replaced.
    TakenInState,
}

/// A look-up that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) why: Why,
    pub(super) about: About,
    /// What became of the request, in a few words.
    pub(super) title: String,
    /// The request and what became of it, for people.
    pub(super) error: String,
    /// What to do about it, if that does not depend on what was asked for.
    pub(super) remedy: Option<String>,
}

/// What a look-up was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Secrets,
    Scopes,
    Identifiers,
    Delegates,
    Usage,
}

/// Why a look-up brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// The key is not valid.
    Unauthorized,
    /// The key lacks a permission.
    Forbidden,
    /// No answer in time, or one that says nothing.
    NoAnswer,
    /// It was not made, because so many before it brought nothing, or because the run is being stopped.
    NotMade,
}
