//! Who uses the connectors of a plan: asked as the plan's own look-ups are, within a time limit, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness_platform::proxy::Environment;
use harness_platform::{ConnectorRef, Usage};
use tf_provider::diagnostic::Diagnostics;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arguments::Arguments;
use super::report::counted;
use crate::command::access;
use crate::harness::plan_queries::PlanQueries;
use crate::harness::plan_queries::answers::Why;
use crate::harness::plan_queries::lookups::MOST_USAGES;
use crate::harness::plan_queries::query::Query;
use crate::provider::{API_KEY, Settings};

/// How many connectors are asked about side by side.
const AT_ONCE: usize = 10;
/// How long all look-ups may take together.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// What Harness's records say, and what they do not.
#[derive(Default)]
pub(super) struct Found {
    pub(super) usages: BTreeMap<ConnectorRef, Usage>,
    /// Why some are missing, as sentences.
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

/// Looks up the users of these connectors, in this order, if there is access to Harness. What is missing is a note, never a
/// failure.
pub(super) fn look_up(
    connectors: Vec<ConnectorRef>,
    arguments: &Arguments,
    environment: Environment<'_>,
) -> Found {
    if connectors.is_empty() {
        return Found::default();
    }
    if arguments.is_offline {
        return Found::nothing("Users were not looked up (`--offline`).");
    }
    let block = access::provider_block(
        arguments.endpoint.as_deref(),
        arguments.account_id.as_deref(),
        arguments.ca_certificate_file.as_deref(),
    );
    let mut findings = Diagnostics::new();
    let settings = Settings::read(block, environment, &mut findings);
    if settings.api_key.is_none() && !findings.has_errors() {
        return Found::nothing(format!(
            "Users were not looked up: {} is not set.",
            API_KEY.1
        ));
    }
    let opened = if findings.has_errors() {
        None
    } else {
        let user_agent = access::user_agent("review");
        match settings.open(user_agent, environment, &mut findings) {
            Ok(opened) => opened.plan_queries,
            Err(finding) => {
                findings.push(finding);
                None
            }
        }
    };
    let Some(queries) = opened else {
        let reason = findings.iter().next().map(|finding| finding.detail.clone());
        return Found::nothing(format!(
            "Users were not looked up. {}",
            reason.unwrap_or_default()
        ));
    };
    // One thread is enough: the work is waiting for the platform.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let found = runtime.block_on(ask(Arc::new(queries), connectors));
            // A look-up of a host name may still be waiting in a thread of its own.
            runtime.shutdown_background();
            found
        }
        Err(error) => Found::nothing(format!("Users were not looked up: {error}.")),
    }
}

async fn ask(queries: Arc<PlanQueries>, connectors: Vec<ConnectorRef>) -> Found {
    let end = Instant::now() + TIME_LIMIT;
    let wanted = connectors.len().min(MOST_USAGES);
    let beyond = connectors.len() - wanted;
    let mut usages = BTreeMap::new();
    let mut reason = None;
    let mut waiting = connectors.into_iter().take(wanted);
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE && Instant::now() < end {
            let Some(connector) = waiting.next() else {
                break;
            };
            let queries = Arc::clone(&queries);
            asked.spawn(async move {
                let question = BTreeSet::from([Query::Usage(connector.clone())]);
                let answers = queries.answers(question, CancellationToken::new()).await;
                (connector, answers)
            });
        }
        let Some(answered) = asked.join_next().await else {
            break;
        };
        // A bug of ours, of which the panic hook has told: one look-up is missing.
        let Ok((connector, answers)) = answered else {
            continue;
        };
        if let Some(usage) = answers.usage {
            usages.insert(connector, usage);
        } else if reason.is_none() {
            let gap = answers
                .unanswered
                .into_iter()
                .find(|gap| gap.why != Why::NotMade);
            reason = gap.map(|gap| gap.error);
        }
    }
    let missing = wanted - usages.len();
    let notes = (missing > 0).then(|| {
        let reason = reason.unwrap_or_else(|| "Harness did not answer in time".to_owned());
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
