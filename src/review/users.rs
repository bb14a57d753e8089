//! The users of a plan's connectors, looked up with the plan's own queries, within a time limit, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness_platform::proxy::Environment;
use harness_platform::{Client, Usage};
use tf_provider::diagnostic::Diagnostics;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use super::change::Asked;
use crate::command;
use crate::command::access::{self, Patience};
use crate::command::text::counted;
use crate::harness::plan_queries::PlanQueries;
use crate::harness::plan_queries::answers::{Unanswered, Why};
use crate::harness::plan_queries::lookups::MOST_USAGES;
use crate::harness::plan_queries::query::Query;
use crate::harness::wording::shown;
use crate::provider::API_KEY;

/// The number of parallel lookups.
const AT_ONCE: usize = 10;
/// The time limit for all lookups together.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// After a rate limit, lookups are repeated as long as there is time.
const MORE_PATIENCE: Patience = Patience {
    retry_timeout: "1m",
    ..Patience::LITTLE
};

/// The users in Harness's records, and what is missing.
#[derive(Default)]
pub(super) struct Found {
    pub(super) usages: BTreeMap<Asked, Usage>,
    /// Why some users are missing, as sentences.
    pub(super) notes: Vec<String>,
}

impl Found {
    fn nothing(reason: impl Into<String>) -> Self {
        Self {
            usages: BTreeMap::new(),
            notes: vec![reason.into()],
        }
    }
}

/// Looks up the users of these connectors, in this order, if there is access to Harness. A failure is a note, never an
/// error. `configurations` is the number of this provider's configurations.
///
/// # Errors
/// Returns an error if a command-line option cannot be used.
pub(super) fn look_up(
    connectors: Vec<Asked>,
    configurations: usize,
    arguments: &Arguments,
    environment: Environment<'_>,
) -> Result<Found, String> {
    let options = &arguments.access;
    options.check_certificate_file()?;
    let mut findings = Diagnostics::new();
    let settings = options.settings(Patience::LITTLE, environment, &mut findings);
    access::refused_option(&findings)?;
    if connectors.is_empty() {
        return Ok(Found::default());
    }
    if arguments.is_offline {
        return Ok(Found::nothing("Users were not looked up (`--offline`)."));
    }
    // If a key is given but unusable, the finding about it gives a better reason below.
    if settings.api_key.is_none() && !findings.has_errors() {
        return Ok(Found::nothing(format!(
            "Users were not looked up: {} is not set.",
            API_KEY.1
        )));
    }
    let first = access::open(settings, "review", environment, &mut findings);
    access::refused_option(&findings)?;
    let Some(first) = first else {
        let reason = findings.iter().next().map(|finding| finding.detail.clone());
        return Ok(Found::nothing(format!(
            "Users were not looked up. {}",
            reason.unwrap_or_default()
        )));
    };
    let account = first.account_id().to_owned();
    let settings = options.settings(MORE_PATIENCE, environment, &mut findings);
    let patient = access::open(settings, "review", environment, &mut findings);
    let clients = iter::once(first).chain(patient).collect();
    // A connector of another account may have the name of one in this account.
    let (own, foreign): (Vec<Asked>, Vec<Asked>) = connectors
        .into_iter()
        .partition(|(named, _)| named.as_ref().is_none_or(|named| *named == account));
    let is_said = own.iter().all(|(named, _)| named.is_some());
    let mut found = command::wait_for(ask(clients, own))
        .unwrap_or_else(|error| Found::nothing(format!("Users were not looked up: {error}.")));
    let account = shown(&account);
    if !foreign.is_empty() {
        let connectors = counted(foreign.len(), "connector");
        found.notes.push(format!(
            "The users of {connectors} in another account were not looked up: the API key is for the account {account}."
        ));
    }
    if configurations > 1 && !is_said {
        found.notes.push(format!(
            "Users were looked up only in the account {account}. The provider has {configurations} configurations, and \
             the plan does not say which account a connector belongs to."
        ));
    }
    Ok(found)
}

/// Looks up with the first client, and again with the next one those connectors that a rate limit left open.
async fn ask(clients: Vec<Client>, connectors: Vec<Asked>) -> Found {
    let end = Instant::now() + TIME_LIMIT;
    let wanted = connectors.len().min(MOST_USAGES);
    let beyond = connectors.len() - wanted;
    let mut usages = BTreeMap::new();
    let mut reason = None;
    let mut open: Vec<Asked> = connectors.into_iter().take(wanted).collect();
    for (round, client) in clients.into_iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let queries = if round == 0 {
            PlanQueries::new(client)
        } else {
            PlanQueries::within(client, left)
        };
        let gap = ask_once(queries, end, &mut open, &mut usages).await;
        let is_limited = gap.as_ref().is_some_and(|gap| gap.is_limited);
        reason = gap.map(|gap| gap.error);
        // Only a rate limit is worth waiting for, which the next client does.
        if open.is_empty() || !is_limited {
            break;
        }
    }
    let missing = open.len();
    let notes = (missing > 0).then(|| {
        let reason = reason.filter(|reason| !reason.is_empty());
        let reason = reason.unwrap_or_else(|| "Harness did not respond in time".to_owned());
        let of = counted(missing, "connector");
        format!(
            "The users of {of} could not be looked up: {}.",
            reason.trim_end_matches('.')
        )
    });
    let further = (beyond > 0).then(|| {
        let connectors = counted(beyond, "more connector");
        format!("The users of {connectors} were not looked up: the limit is {MOST_USAGES}.")
    });
    Found {
        usages,
        notes: notes.into_iter().chain(further).collect(),
    }
}

/// Looks up each of these connectors. Those without an answer stay in `open`; returns the first reason.
async fn ask_once(
    queries: PlanQueries,
    end: Instant,
    open: &mut Vec<Asked>,
    usages: &mut BTreeMap<Asked, Usage>,
) -> Option<Unanswered> {
    let queries = Arc::new(queries);
    let mut reason = None;
    let mut waiting = open.clone().into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE && Instant::now() < end {
            let Some(connector) = waiting.next() else {
                break;
            };
            let queries = Arc::clone(&queries);
            asked.spawn(async move {
                let question = BTreeSet::from([Query::Usage(connector.1.clone())]);
                let answers = queries.answers(question, CancellationToken::new()).await;
                (connector, answers)
            });
        }
        let Some(answered) = asked.join_next().await else {
            break;
        };
        // A bug in the provider, which the panic hook has logged: one lookup is missing.
        let Ok((connector, answers)) = answered else {
            continue;
        };
        if let Some(usage) = answers.usage {
            open.retain(|other| *other != connector);
            usages.insert(connector, usage);
        } else if reason.is_none() {
            reason = answers
                .unanswered
                .into_iter()
                .find(|gap| gap.why != Why::NotMade);
        }
    }
    reason
}
