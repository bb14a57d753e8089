//! Queries to the platform: in parallel, within one time limit, each once per process. No request changes anything.
//!
//! A failure is also an answer ([`Unanswered`]), and is kept, so that repeating a query fails in the same way. After
//! several failures in a row, no more queries are sent in this process: a slow or unreachable platform costs a run the
//! time limit once or twice, not once per connector.

use std::collections::BTreeSet;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use harness_platform::{
    Client, ConnectorRef, Delegate, FromAnswer, Missing, Operation, PlatformError, Refusal,
    Request, Scope, ScopePage, Secret, SecretKind, SecretPage, Usage, connectors, delegates,
    scopes, secrets,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::answers::{Answers, Existence, Identifier, Topic, Unanswered, Why};
use super::cache::Cache;
use super::identifiers::Identifiers;
use super::patience::Patience;
use super::query::Query;
use super::secret_id::SecretId;
use crate::harness::platform_error;
use crate::harness::secret_ref::SecretRef;

/// The maximum number of connectors per plan for which users are looked up, because each needs a request of its own.
pub(crate) const MOST_USAGES: usize = 100;

/// What is known about one subject, or why nothing is.
type Looked<T> = Result<T, Unanswered>;

/// The queries of one process.
#[derive(Debug)]
pub(super) struct Lookups {
    client: Client,
    /// The time limit for all queries about one change.
    time_limit: Duration,
    scopes: Cache<Scope, Looked<Existence>>,
    identifiers: Cache<ConnectorRef, Looked<Identifier>>,
    /// Answers about many identifiers at once.
    together: Arc<Identifiers>,
    secrets: Cache<SecretId, Looked<Option<Secret>>>,
    delegates: Cache<Scope, Looked<Vec<Delegate>>>,
    usages: Cache<ConnectorRef, Looked<Usage>>,
    usages_asked: AtomicUsize,
    in_reach: Cache<Scope, Option<SecretPage>>,
    organizations: Cache<(), Option<Vec<String>>>,
    projects: Cache<String, Option<Vec<String>>>,
    patience: Patience,
    /// Whether the platform has answered any query yet.
    is_reached: AtomicBool,
}

impl Lookups {
    /// Creates the state without any answers.
    pub(crate) fn new(client: Client, time_limit: Duration) -> Self {
        Self {
            // Leaves enough time for the queries that it leaves open.
            together: Arc::new(Identifiers::new(client.clone(), time_limit / 2)),
            client,
            time_limit,
            scopes: Cache::default(),
            identifiers: Cache::default(),
            secrets: Cache::default(),
            delegates: Cache::default(),
            usages: Cache::default(),
            usages_asked: AtomicUsize::new(0),
            in_reach: Cache::default(),
            organizations: Cache::default(),
            projects: Cache::default(),
            patience: Patience::default(),
            is_reached: AtomicBool::new(false),
        }
    }

    /// Returns the answers that arrive within the time limit. Ends early on cancellation.
    pub(crate) async fn answers(
        self: &Arc<Self>,
        questions: BTreeSet<Query>,
        cancellation: CancellationToken,
    ) -> Answers {
        let operation = Operation::new(cancellation).with_time_limit(self.time_limit);
        let shared = Arc::new((operation, Mutex::<Answers>::default()));
        let mut under_way = JoinSet::new();
        for question in questions {
            let (lookups, shared) = (Arc::clone(self), Arc::clone(&shared));
            let looking = async move { lookups.look(question, &shared.0, &shared.1).await };
            under_way.spawn(looking.in_current_span());
        }
        while let Some(ended) = under_way.join_next().await {
            // A bug in the provider, which the panic hook has logged; the plan does not depend on this query.
            if let Err(error) = ended {
                tracing::error!(%error, "a lookup did not end");
            }
        }
        let mut answers = mem::take(&mut *locked(&shared.1));
        // They arrived in an arbitrary order.
        answers.unanswered.sort();
        answers.unanswered.retain(|gap| gap.why != Why::NotMade);
        answers.is_reached = self.is_reached.load(Ordering::Relaxed);
        answers
    }

    /// Records that the platform has responded to another request.
    pub(crate) fn platform_answers(&self) {
        self.is_reached.store(true, Ordering::Relaxed);
    }

    /// Sends one query, and adds its answer.
    async fn look(&self, question: Query, operation: &Operation, answers: &Mutex<Answers>) {
        match question {
            Query::Scope(scope) => {
                let look = self.scope(&scope, operation);
                let looked = self.scopes.answer(scope.clone(), look).await;
                locked(answers).add(looked, |answers, scope| answers.scope = Some(scope));
            }
            Query::Identifier(connector) => {
                let look = self.identifier(&connector, operation);
                let looked = self.identifiers.answer(connector.clone(), look).await;
                locked(answers).add(looked, |answers, found| answers.identifier = Some(found));
            }
            Query::Secret(secret) => {
                self.secret(secret, operation, answers).await;
            }
            Query::SshCredential(credential) => {
                let found = self.secret(credential.clone(), operation, answers).await;
                if let Some(key) = found.and_then(|secret| key_of(&credential, &secret)) {
                    self.secret(key, operation, answers).await;
                }
            }
            Query::Delegates(scope) => {
                let look = self.delegates(&scope, operation);
                let looked = self.delegates.answer(scope.clone(), look).await;
                locked(answers).add(looked, |answers, found| {
                    answers.delegates.insert(scope, found);
                });
            }
            Query::Usage(connector) => {
                let look = self.usage(&connector, operation);
                let looked = self.usages.answer(connector.clone(), look).await;
                locked(answers).add(looked, |answers, usage| answers.usage = Some(usage));
            }
            // The others are only used for suggestions in messages about missing objects.
            Query::SecretsInReach { from, instead_of } => {
                let found = self.secrets_in_reach(from, &instead_of, operation).await;
                locked(answers).alternatives.secrets.extend(found);
            }
            Query::Organizations => {
                let look = self.ids(scopes::organizations(0), Scope::org, operation);
                let found = self.organizations.answer((), look).await;
                let found = found.into_iter().flatten();
                locked(answers).alternatives.organizations.extend(found);
            }
            Query::Projects { org } => {
                let request = scopes::projects(Some(&org), 0);
                let look = self.ids(request, Scope::project, operation);
                let found = self.projects.answer(org, look).await;
                let found = found.into_iter().flatten();
                locked(answers).alternatives.projects.extend(found);
            }
        }
    }

    /// Returns the secrets to which a connector in a scope can refer. If they fill more than one page, a second request
    /// asks for those with the given identifier: most often, only the prefix is wrong.
    async fn secrets_in_reach(
        &self,
        from: Scope,
        instead_of: &str,
        operation: &Operation,
    ) -> Vec<(SecretId, SecretKind)> {
        let look = async {
            self.ask(secrets::in_reach(&from, None), operation)
                .await
                .ok()
        };
        let first = self.in_reach.answer(from.clone(), look).await;
        let Some(mut page) = first else {
            return Vec::new();
        };
        if !page.is_whole {
            let request = secrets::in_reach(&from, Some(instead_of));
            if let Ok(more) = self.ask(request, operation).await {
                page.secrets.extend(more.secrets);
            }
        }
        let found = page.secrets.into_iter().map(|(scope, secret)| {
            let identifier = secret.identifier;
            (SecretId { scope, identifier }, secret.kind)
        });
        found.collect()
    }

    /// Returns the Ids on the first page of a list of organizations or projects, a hundred at most.
    async fn ids(
        &self,
        request: Request<ScopePage>,
        id: impl Fn(&Scope) -> Option<&str>,
        operation: &Operation,
    ) -> Option<Vec<String>> {
        let page = self.ask(request, operation).await.ok()?;
        let ids = page.scopes.iter().filter_map(id);
        Some(ids.map(str::to_owned).collect())
    }

    async fn scope(&self, scope: &Scope, operation: &Operation) -> Looked<Existence> {
        let looked = match scope {
            Scope::Account => return Ok(Existence::There),
            Scope::Organization { org } => {
                let request = scopes::organization(org);
                self.ask(request, operation).await.map(drop)
            }
            Scope::Project { org, project } => {
                let request = scopes::project(org, project);
                self.ask(request, operation).await.map(drop)
            }
        };
        match looked {
            Ok(()) => Ok(Existence::There),
            Err(NoAnswer::Missing(Missing::Organization, _)) => Ok(Existence::NoOrganization),
            Err(NoAnswer::Missing(Missing::Project, _)) => Ok(Existence::NoProject),
            Err(other) => Err(other.into_gap(Topic::Scopes)),
        }
    }

    async fn identifier(
        &self,
        connector: &ConnectorRef,
        operation: &Operation,
    ) -> Looked<Identifier> {
        if !self.patience.is_over()
            && let Some(is_free) = self.together.is_free(connector, operation).await
        {
            self.answered();
            return Ok(if is_free {
                Identifier::Free
            } else {
                Identifier::Taken
            });
        }
        let request = connectors::validate_unique_identifier(connector);
        match self.ask(request, operation).await {
            Ok(false) => Ok(Identifier::Taken),
            // Nothing is taken in a scope that does not exist.
            Ok(true) | Err(NoAnswer::Missing(Missing::Organization | Missing::Project, _)) => {
                Ok(Identifier::Free)
            }
            Err(other) => Err(other.into_gap(Topic::Identifiers)),
        }
    }

    /// Looks up a secret, and adds the answer. Also returns the secret, if it exists.
    async fn secret(
        &self,
        secret: SecretId,
        operation: &Operation,
        answers: &Mutex<Answers>,
    ) -> Option<Secret> {
        let look = async {
            let request = secrets::get(&secret.scope, &secret.identifier);
            match self.ask(request, operation).await {
                Ok(found) if found.identifier == secret.identifier => Ok(Some(found)),
                Ok(_) => Err(NoAnswer::mixed_up("secret").into_gap(Topic::Secrets)),
                Err(NoAnswer::Missing(
                    Missing::Secret | Missing::Organization | Missing::Project,
                    _,
                )) => Ok(None),
                Err(other) => Err(other.into_gap(Topic::Secrets)),
            }
        };
        let looked = self.secrets.answer(secret.clone(), look).await;
        let found = looked.clone().ok().flatten();
        locked(answers).add(looked, |answers, found| {
            answers.secrets.insert(secret, found);
        });
        found
    }

    async fn delegates(&self, scope: &Scope, operation: &Operation) -> Looked<Vec<Delegate>> {
        match self.ask(delegates::list(scope, []), operation).await {
            Ok(found) => Ok(found.0),
            Err(NoAnswer::Missing(Missing::Organization | Missing::Project, _)) => Ok(Vec::new()),
            Err(other) => Err(other.into_gap(Topic::Delegates)),
        }
    }

    async fn usage(&self, connector: &ConnectorRef, operation: &Operation) -> Looked<Usage> {
        if self.usages_asked.fetch_add(1, Ordering::Relaxed) >= MOST_USAGES {
            return Err(Unanswered::without_request(Why::TooMany, Topic::Usage));
        }
        match self.ask(connectors::usage(connector), operation).await {
            Ok(usage) => Ok(usage),
            Err(NoAnswer::Missing(Missing::Organization | Missing::Project, _)) => {
                Ok(Usage::default())
            }
            Err(other) => Err(other.into_gap(Topic::Usage)),
        }
    }

    /// Records an answered query.
    fn answered(&self) {
        self.patience.answered();
        self.platform_answers();
    }

    /// Sends a request, unless so many before it failed that this one would, too.
    async fn ask<A: FromAnswer>(
        &self,
        request: Request<A>,
        operation: &Operation,
    ) -> Result<A, NoAnswer> {
        if self.patience.is_over() {
            return Err(NoAnswer::NotMade);
        }
        let error = match self.client.send(request, operation).await {
            Ok(answer) => {
                self.answered();
                return Ok(answer.value);
            }
            Err(error) => error,
        };
        if error.refusal().is_some_and(Refusal::is_from_platform) && !error.is_unauthorized() {
            self.platform_answers();
        }
        let no_fact = NoAnswer::of(&error);
        match &no_fact {
            NoAnswer::Nothing(Unanswered {
                why: Why::Unauthorized,
                ..
            }) => self.patience.end(),
            NoAnswer::Nothing(Unanswered {
                why: Why::NoAnswer, ..
            }) => self.patience.unanswered(),
            NoAnswer::NotMade => {}
            NoAnswer::Missing(..) | NoAnswer::Nothing(..) => self.patience.answered(),
        }
        Err(no_fact)
    }
}

/// Returns the secret with the key of an SSH credential, if there is one.
pub(crate) fn key_of(credential: &SecretId, secret: &Secret) -> Option<SecretId> {
    let key = secret.ssh.as_ref()?.key.as_deref()?;
    credential.inside(&SecretRef::parse(key).ok()?)
}

/// Why a request did not return what was requested.
enum NoAnswer {
    /// The platform itself reports that this does not exist; with the answer to use if the request was about something
    /// else.
    Missing(Missing, Unanswered),
    Nothing(Unanswered),
    NotMade,
}

impl NoAnswer {
    fn of(error: &PlatformError) -> Self {
        if error.is_cancelled() {
            return Self::NotMade;
        }
        let is_from_platform = error.refusal().is_some_and(Refusal::is_from_platform);
        let why = if error.is_unauthorized() {
            Why::Unauthorized
        } else if error.is_forbidden() && is_from_platform {
            Why::Forbidden
        } else {
            Why::NoAnswer
        };
        let gap = Unanswered {
            why,
            // The caller sets the subject.
            about: Topic::Secrets,
            title: platform_error::title(error),
            error: platform_error::said(error),
            remedy: platform_error::cause(error)
                .and_then(|_| platform_error::remedy_of_lookup(error)),
            is_limited: error.is_rate_limited(),
        };
        match error.missing() {
            Some(missing) if missing != Missing::Other => Self::Missing(missing, gap),
            _ => Self::Nothing(gap),
        }
    }

    /// Creates the answer for a response about another object than requested.
    fn mixed_up(what: &str) -> Self {
        Self::Nothing(Unanswered {
            why: Why::NoAnswer,
            about: Topic::Secrets,
            title: "Harness responded about something else".to_owned(),
            error: format!("The response describes another {what} than the one that was requested"),
            remedy: None,
            is_limited: false,
        })
    }

    fn into_gap(self, about: Topic) -> Unanswered {
        match self {
            // Another object does not exist, which says nothing about the requested one.
            Self::Missing(_, gap) | Self::Nothing(gap) => Unanswered { about, ..gap },
            Self::NotMade => Unanswered::without_request(Why::NotMade, about),
        }
    }
}

impl Unanswered {
    /// Creates the answer for a query that was not sent.
    fn without_request(why: Why, about: Topic) -> Self {
        Self {
            why,
            about,
            title: String::new(),
            error: String::new(),
            remedy: None,
            is_limited: false,
        }
    }
}

impl Answers {
    /// Adds what one query has brought: a fact, or why there is none.
    fn add<T>(&mut self, looked: Looked<T>, add: impl FnOnce(&mut Self, T)) {
        match looked {
            Ok(fact) => add(self, fact),
            Err(gap) => self.unanswered.push(gap),
        }
    }
}

/// Locks the answers. After a panic elsewhere, one may be missing, but none is wrong.
fn locked(answers: &Mutex<Answers>) -> MutexGuard<'_, Answers> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}
