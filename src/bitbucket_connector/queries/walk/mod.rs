//! The Bitbucket connectors of a scope and of everything below it: an account, its organizations, and their projects.
//!
//! The platform lists the connectors of exactly one scope, so a walk costs a request for each scope, and more if a
//! scope has more than 100 connectors. Several scopes are listed in parallel; the results are in order.
//!
//! A key that is limited by roles sees only part of the account. The platform silently leaves organizations and
//! projects out of their lists, and refuses to list connectors if the key can see none, even if there are none. So a
//! scope that cannot be read is a [`Gap`], and the walk continues. It ends if no request can succeed: without access,
//! without a connection, or after a cancellation.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use harness_platform::{
    Client, Failure, Operation, PlatformError, Request, Scope, ScopePage, scopes,
};

use super::filter::Filter;
use super::pages::{self, Listing};

/// The number of scopes to list in parallel. More would only reach the platform's rate limit earlier.
const AT_ONCE: usize = 4;

/// A walk through a scope and everything below it.
pub(crate) struct Walk<'a> {
    gaps: std::vec::IntoIter<Gap>,
    scopes: usize,
    listings: BoxStream<'a, (Scope, Result<Listing, PlatformError>)>,
}

/// One step of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// The connectors of a scope, possibly none.
    Listed(Scope, Listing),
    /// Something that was not seen, or not completely.
    Gap(Gap),
}

/// Something that a walk did not see, or not completely.
#[derive(Debug)]
pub(crate) struct Gap {
    /// What was not seen.
    pub(crate) part: Part,
    /// The reason.
    pub(crate) reason: Reason,
}

/// What a walk lists. `Display` is for people: `connectors of the project "p" of organization "o"`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// The organizations of the account.
    Organizations,
    /// The projects of an organization, or of all organizations of the account.
    Projects(Scope),
    /// The connectors of exactly this scope.
    Connectors(Scope),
}

/// Why something was not seen.
#[derive(Debug)]
pub(crate) enum Reason {
    /// The platform refused to list it, or failed to.
    Failed(PlatformError),
    /// This many items of the list could not be read.
    Unreadable(usize),
    /// The list changed between pages.
    Unsteady,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organizations => f.write_str("organizations of the account"),
            Self::Projects(scope) => write!(f, "projects of the {scope}"),
            Self::Connectors(scope) => write!(f, "connectors of the {scope}"),
        }
    }
}

impl<'a> Walk<'a> {
    /// Begins a walk for `filter`: through its scope and, if recursive, everything below. Lists organizations and
    /// projects before the first step.
    ///
    /// # Errors
    /// Returns an error if no request can succeed.
    pub(crate) async fn begin(
        client: &'a Client,
        filter: &Filter,
        recursive: bool,
        operation: &'a Operation,
    ) -> Result<Self, PlatformError> {
        let mut below = Below::at(filter.scope.clone());
        if recursive {
            below.extend(client, operation).await?;
        }
        let mut walk = Self::through(client, below.in_order(), filter, operation);
        walk.gaps = below.gaps.into_iter();
        Ok(walk)
    }

    /// Begins a walk through these scopes, for `filter` apart from its own scope.
    pub(crate) fn through(
        client: &'a Client,
        scopes: Vec<Scope>,
        filter: &Filter,
        operation: &'a Operation,
    ) -> Self {
        let count = scopes.len();
        let filter = filter.clone();
        let listings = stream::iter(scopes)
            .map(move |scope| {
                let filter = Filter {
                    scope,
                    ..filter.clone()
                };
                async move {
                    // Each scope may retry for as long as a walk of one scope.
                    let listed = pages::all(client, &filter, &operation.part()).await;
                    (filter.scope, listed)
                }
            })
            .buffered(AT_ONCE);
        Self {
            gaps: Vec::new().into_iter(),
            scopes: count,
            listings: listings.boxed(),
        }
    }

    /// Returns the number of scopes in the walk.
    pub(crate) fn scopes(&self) -> usize {
        self.scopes
    }

    /// Returns the next step, or `None` after the last. The gaps among the scopes come first, then the scopes: the
    /// account, followed by each organization and its projects.
    ///
    /// # Errors
    /// Returns an error if no request can succeed.
    pub(crate) async fn next(&mut self) -> Result<Option<Step>, PlatformError> {
        if let Some(gap) = self.gaps.next() {
            return Ok(Some(Step::Gap(gap)));
        }
        match self.listings.next().await {
            None => Ok(None),
            Some((scope, Ok(listing))) => Ok(Some(Step::Listed(scope, listing))),
            Some((scope, Err(error))) => {
                gap(Part::Connectors(scope), error).map(|gap| Some(Step::Gap(gap)))
            }
        }
    }
}

/// Converts a failure to a gap, unless every other request would fail for the same reason.
fn gap(part: Part, error: PlatformError) -> Result<Gap, PlatformError> {
    let is_of_this_part = match error.failure() {
        Failure::Refused(refusal) => refusal.is_from_platform() && !error.is_unauthorized(),
        Failure::MixedUp { .. } | Failure::Unsendable(_) => true,
        _ => false,
    };
    if is_of_this_part {
        Ok(Gap {
            part,
            reason: Reason::Failed(error),
        })
    } else {
        Err(error)
    }
}

/// A scope and the known scopes below it.
struct Below {
    top: Scope,
    scopes: BTreeSet<Scope>,
    gaps: Vec<Gap>,
}

impl Below {
    fn at(top: Scope) -> Self {
        Self {
            scopes: BTreeSet::from([top.clone()]),
            top,
            gaps: Vec::new(),
        }
    }

    /// Adds the scopes that the platform lists below.
    async fn extend(
        &mut self,
        client: &Client,
        operation: &Operation,
    ) -> Result<(), PlatformError> {
        let top = self.top.clone();
        match &top {
            Scope::Account => {
                let part = Part::Organizations;
                self.list(part, client, operation, scopes::organizations)
                    .await?;
                let part = Part::Projects(top.clone());
                self.list(part, client, operation, |page| scopes::projects(None, page))
                    .await
            }
            Scope::Organization { org } => {
                let part = Part::Projects(top.clone());
                let pages = |page| scopes::projects(Some(org), page);
                self.list(part, client, operation, pages).await
            }
            Scope::Project { .. } => Ok(()),
        }
    }

    async fn list(
        &mut self,
        part: Part,
        client: &Client,
        operation: &Operation,
        request: impl Fn(u32) -> Request<ScopePage>,
    ) -> Result<(), PlatformError> {
        let (mut unreadable, mut total, mut is_unsteady) = (0, None, false);
        let mut seen = BTreeSet::new();
        let mut next = Some(0);
        while let Some(number) = next {
            let page = match client.send(request(number), operation).await {
                Ok(answer) => answer.value,
                Err(error) => {
                    self.gaps.push(gap(part, error)?);
                    return Ok(());
                }
            };
            // A page that does not advance would be requested forever.
            next = page.next.filter(|next| *next > number);
            is_unsteady |= total
                .replace(page.total)
                .is_some_and(|was| was != page.total);
            is_unsteady |= !page.scopes.iter().all(|scope| seen.insert(scope.clone()));
            unreadable += page.unreadable;
            self.add(page.scopes);
        }
        let unreadable = (unreadable > 0).then_some(Reason::Unreadable(unreadable));
        let unsteady = is_unsteady.then_some(Reason::Unsteady);
        for reason in unreadable.into_iter().chain(unsteady) {
            let part = part.clone();
            self.gaps.push(Gap { part, reason });
        }
        Ok(())
    }

    /// Adds scopes below the first one. The organization of a project is included, even if it is not listed.
    fn add(&mut self, listed: Vec<Scope>) {
        for scope in listed {
            let around = scope.with_wider();
            let around = around.iter().take_while(|wider| **wider != self.top);
            if scope.with_wider().contains(&self.top) {
                self.scopes.extend(around.cloned());
            }
        }
    }

    /// Returns the scopes, each before those in it.
    fn in_order(&self) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = self.scopes.iter().cloned().collect();
        scopes.sort_by(|a, b| (a.org(), a.project()).cmp(&(b.org(), b.project())));
        scopes
    }
}
