//! One listing of a scope, page by page.

use std::sync::Arc;
use std::time::Duration;

use harness_platform::{Client, Operation, Scope, connectors};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::entries::Entries;
use super::reads::{Ended, SharedReads};

/// The number of pages to request in parallel: as many as Terraform's default for reading connectors.
const SIDE_BY_SIDE: usize = 10;

/// The time limit of a page once it is requested. Waiting for its turn does not count: a read would wait as long.
const PAGE_TIME: Duration = Duration::from_secs(5);

/// A listing in progress.
pub(super) struct Walk {
    pub(super) client: Client,
    pub(super) cancellation: CancellationToken,
    pub(super) scope: Scope,
    /// Counts the pages, and says whether more are allowed.
    pub(super) reads: SharedReads,
}

/// One page.
struct Page {
    entries: Entries,
    /// The number of pages.
    pages: u64,
}

impl Walk {
    /// Reads the first page, and all others in parallel if the reads of the scope allow it.
    pub(super) async fn pages(self: Arc<Self>) -> Ended {
        let Page { mut entries, pages } = match self.page(0).await {
            Ok(first) => first,
            Err(reason) => return Ended::WithoutListing(reason),
        };
        if !self.reads.lock().can_pay(pages.saturating_sub(1)) {
            return Ended::TooLong { pages };
        }
        let mut numbers = 1..pages;
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < SIDE_BY_SIDE
                && let Some(number) = numbers.next()
            {
                let walk = Arc::clone(&self);
                under_way.spawn(async move { walk.page(number).await }.in_current_span());
            }
            match under_way.join_next().await {
                None => return Ended::Whole { entries, pages },
                Some(Ok(Ok(page))) => entries.extend(page.entries),
                Some(Ok(Err(reason))) => return Ended::WithoutListing(reason),
                Some(Err(error)) => return Ended::WithoutListing(error.to_string()),
            }
        }
    }

    /// Reads one page; only the entries stay in memory.
    async fn page(&self, number: u64) -> Result<Page, String> {
        let number = u32::try_from(number).map_err(|error| error.to_string())?;
        let operation = Operation::new(self.cancellation.clone());
        let request = connectors::list_brief(&self.scope, number).optional(PAGE_TIME);
        self.reads.lock().count_page();
        let answer = self.client.send(request, &operation).await;
        let page = answer.map_err(|error| error.to_string())?.value;
        Ok(Page {
            entries: Entries::of(page.connectors, &self.scope, Instant::now()),
            pages: page.pages,
        })
    }
}
