//! The Bitbucket connectors of a scope and of everything below it: of an account, of an organization and of projects.
//!
//! The platform lists the connectors of exactly one scope, so a walk costs a request for each, and more where a scope has
//! more than 100 connectors. Several scopes are listed at the same time; what is found comes in order.
//!
//! A key that is limited by roles sees a part of the account. The platform leaves organizations and projects out of their
//! lists without a word, and refuses to list connectors where the key may see none, also where there are none. So a scope
//! that cannot be read is a [`Gap`], and the walk goes on. It ends where no request can succeed: without access, without a
//! connection, and when it is cancelled.

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

/// How many scopes are listed at the same time. More would only meet the platform's limit of requests earlier.
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
    /// What a scope has. It may be nothing.
    Listed(Scope, Listing),
    /// Something was not seen, or not whole.
    Gap(Gap),
}

/// Something that a walk did not see, or not whole.
#[derive(Debug)]
pub(crate) struct Gap {
    /// What was not seen.
    pub(crate) part: Part,
    /// Why.
    pub(crate) reason: Reason,
}

/// What a walk lists. `Display` is for people: `connectors of project "p" of organization "o"`.
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
    /// So many items of the list could not be read.
    Unreadable(usize),
    /// The list changed while it was read page by page.
    Unsteady,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organizations => f.write_str("organizations of account"),
            Self::Projects(scope) => write!(f, "projects of {scope}"),
            Self::Connectors(scope) => write!(f, "connectors of {scope}"),
        }
    }
}

impl<'a> Walk<'a> {
    /// Begins a walk for what `filter` finds: in its scope and, if `recursive`, in everything below. Organizations and
    /// projects are listed before the first step.
    ///
    /// # Errors
    /// If no request can succeed.
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

    /// Begins a walk through these scopes, for what `filter` finds apart from its own scope.
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
                    // Each scope may lose as much time as a walk of one would.
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

    /// Returns how many scopes it comes through.
    pub(crate) fn scopes(&self) -> usize {
        self.scopes
    }

    /// Returns the next step; `None` after the last. First come the gaps among the scopes, then the scopes: each organization
    /// after the account, and its projects after it.
    ///
    /// # Errors
    /// If no request can succeed.
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

/// A failure as a gap, unless every other request would fail for the same reason.
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

/// A scope and those below it, as far as they are known.
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

    /// Adds what the platform lists below.
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
        let mut next = Some(0);
        while let Some(number) = next {
            let page = match client.send(request(number), operation).await {
                Ok(answer) => answer.value,
                Err(error) => {
                    self.gaps.push(gap(part, error)?);
                    return Ok(());
                }
            };
            // A page that does not lead on would be asked for without end.
            next = page.next.filter(|next| *next > number);
            is_unsteady |= total
                .replace(page.total)
                .is_some_and(|was| was != page.total);
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

    /// Adds scopes that are below the first. The organization of a project is one of them, though it may not be listed.
    fn add(&mut self, listed: Vec<Scope>) {
        for scope in listed {
            let around = scope.with_wider();
            let around = around.iter().take_while(|wider| **wider != self.top);
            if scope.with_wider().contains(&self.top) {
                self.scopes.extend(around.cloned());
            }
        }
    }

    /// The scopes, each before those that are in it.
    fn in_order(&self) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = self.scopes.iter().cloned().collect();
        scopes.sort_by(|a, b| (a.org(), a.project()).cmp(&(b.org(), b.project())));
        scopes
    }
}
