//! Who changed a connector outside Terraform, and when. A refresh adds this to the drift that it has found, and an
//! apply to its refusal.
//!
//! The audit trail has this information. It is queried only after something was found, and adds only a warning or a
//! sentence: no error, no value in the state, nothing in the private state.
//!
//! - Every save of a connector is one event, even without a change. The event comes after the save, so the events since
//!   the state was written begin with that of the save in the state, which is not counted.
//! - The trail is delayed by seconds to minutes. If it does not contain the latest save yet, `lastModifiedAt` still
//!   says when.
//! - Connectors that are deleted with their organization or project have no event of their own. The scope's event says
//!   who deleted it.
//! - If the platform has saved nothing since the state was written, there was no change: a newer version of the
//!   provider may see more of the connector. Nothing is reported then.
//! - Nothing is reported after an import, a move, or a creation that was never confirmed, because the state then does
//!   not show what Terraform knew.
//!
//! Terraform shows one of several warnings with equal summaries. So a summary contains the connector's import id.

mod differences;

use harness_platform::{
    AuditAction, AuditEvent, ConnectorAnswer, ConnectorRef, Operation, Principal, Scope,
};
use tf_provider::diagnostic::{Diagnostic, Diagnostics};
use tf_provider::field::ToValue;
use tf_provider::resource::NewState;

use super::private_state::Private;
use super::task::Task;
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::entity_id;
use crate::harness::plan_queries::audit_trail::{AuditTrail, History};
use crate::harness::wording::change::{OUTSIDE, moment, who};

/// The time after `lastModifiedAt` within which the platform records the event of that save, in milliseconds.
const SAME_SAVE: i64 = 5_000;

/// What a refresh has found.
pub(super) enum Seen<'a> {
    /// This connector, of any type.
    There(&'a ConnectorAnswer),
    /// No connector, if the refresh says so.
    Gone,
}

/// Adds to a refresh who has changed the connector since the state was written, if it was changed.
pub(super) async fn explain(
    task: &Task,
    connector: &ConnectorRef,
    current: &Model,
    stored: &Private,
    seen: Seen<'_>,
    read: NewState,
) -> NewState {
    let Some(asker) = Asker::of(task, connector, stored) else {
        return read;
    };
    if asker.is_applying {
        return read;
    }
    match seen {
        // The error about another type is already there, and only lacks who it was.
        Seen::There(answer) if answer.connector.as_bitbucket().is_none() => {
            let sentence = asker.changed(answer.last_modified_at).await;
            NewState {
                diagnostics: with_sentence(read.diagnostics, sentence),
                ..read
            }
        }
        Seen::There(_) if read.diagnostics.has_errors() => read,
        Seen::There(answer) => {
            let before = current.to_value();
            let Some(settings) = differences::sentence(&before, &read.state) else {
                return read;
            };
            match asker.changed(answer.last_modified_at).await {
                Some(sentence) => {
                    let detail = format!("{sentence}\n\n{settings}");
                    let summary = asker.summary("changed");
                    read.with([Diagnostic::warning(summary, detail)])
                }
                None => read,
            }
        }
        // It could not be read, and may well exist.
        Seen::Gone if !read.state.is_null() => read,
        Seen::Gone => {
            // A warning, such as that the connector is gone with its scope, is completed rather than followed by another.
            let sentence = asker.deleted().await;
            if !read.diagnostics.is_empty() {
                return NewState {
                    diagnostics: with_sentence(read.diagnostics, sentence),
                    ..read
                };
            }
            match sentence {
                Some(sentence) => {
                    let summary = asker.summary("deleted");
                    read.with([Diagnostic::warning(summary, sentence)])
                }
                None => read,
            }
        }
    }
}

/// Adds to the refusal of a change who has changed the connector since it was read.
pub(super) async fn explain_refusal(
    task: &Task,
    connector: &ConnectorRef,
    stored: &Private,
    seen: Seen<'_>,
    findings: Diagnostics,
) -> Diagnostics {
    let Some(asker) = Asker::of(task, connector, stored) else {
        return findings;
    };
    let sentence = match seen {
        Seen::There(answer) => asker.changed(answer.last_modified_at).await,
        Seen::Gone => asker.deleted().await,
    };
    with_sentence(findings, sentence)
}

/// Returns the diagnostics with a paragraph added to the first one.
fn with_sentence(findings: Diagnostics, sentence: Option<String>) -> Diagnostics {
    let mut sentence = sentence;
    findings
        .into_iter()
        .map(|mut finding| {
            if let Some(sentence) = sentence.take() {
                finding.detail = format!("{}\n\n{sentence}", finding.detail);
            }
            finding
        })
        .collect()
}

/// The queries about one connector.
struct Asker<'a> {
    trail: &'a AuditTrail,
    operation: Operation,
    connector: &'a ConnectorRef,
    /// `lastModifiedAt` of the connector when the state was written.
    since: Option<i64>,
    is_applying: bool,
}

impl<'a> Asker<'a> {
    /// Creates the queries, or returns `None` if there is nothing to look up.
    fn of(task: &'a Task, connector: &'a ConnectorRef, stored: &Private) -> Option<Self> {
        let queries = task.provider_data.plan_queries.as_ref()?;
        if stored.importing || stored.moved || stored.unconfirmed {
            return None;
        }
        let trail = &queries.audit_trail;
        Some(Self {
            trail,
            operation: trail.operation(task.cancellation()),
            connector,
            since: stored.last_modified_at,
            is_applying: queries.is_applying(),
        })
    }

    fn summary(&self, what: &str) -> String {
        let id = entity_id::format(&self.connector.scope, &self.connector.identifier);
        format!("Connector \"{id}\" was {what} {OUTSIDE}")
    }

    /// Returns who changed the connector, which was last saved at this moment.
    async fn changed(&self, saved_at: Option<i64>) -> Option<String> {
        let saved_at = saved_at?;
        if self.since.is_some_and(|since| saved_at <= since) {
            return None;
        }
        let history = self
            .trail
            .history(self.connector, self.since, &self.operation)
            .await;
        changed(saved_at, self.since, history.as_ref())
    }

    /// Returns who deleted the connector, or its organization or project.
    async fn deleted(&self) -> Option<String> {
        let history = self
            .trail
            .history(self.connector, self.since, &self.operation)
            .await?;
        if let Some(event) = deletion(&history) {
            return Some(deleted(event, self.since, &history));
        }
        let scope = &self.connector.scope;
        let event = self
            .trail
            .scope_deletion(scope, self.since, &self.operation)
            .await;
        Some(match event {
            Some(event) => deleted_with_scope(&event),
            None => format!("Deleted {OUTSIDE}. {LAGGING}"),
        })
    }
}

const LAGGING: &str = "The audit trail does not show yet who it was; that can take some minutes.";

/// Returns the sentences about a connector that was last saved at this moment.
fn changed(saved_at: i64, since: Option<i64>, history: Option<&History>) -> Option<String> {
    let Some(history) = history else {
        return Some(format!("Changed {OUTSIDE} on {}.", moment(saved_at)?));
    };
    let newest = history
        .events
        .iter()
        .find(|event| event.action != AuditAction::Delete)
        .filter(|event| event.at >= saved_at);
    let Some(event) = newest else {
        return Some(format!(
            "Changed {OUTSIDE} on {}. {LAGGING}",
            moment(saved_at)?
        ));
    };
    let verb = if event.action == AuditAction::Create {
        "Recreated"
    } else {
        "Changed"
    };
    Some(format!(
        "{verb} {OUTSIDE} on {}{}.{}",
        moment(event.at)?,
        by(event.principal.as_ref()),
        count(since, history)
    ))
}

/// Returns the deletion at the end of a history.
fn deletion(history: &History) -> Option<&AuditEvent> {
    let newest = history.events.first()?;
    (newest.action == AuditAction::Delete).then_some(newest)
}

fn deleted(event: &AuditEvent, since: Option<i64>, history: &History) -> String {
    format!(
        "Deleted {OUTSIDE}{}{}.{}",
        on(event.at),
        by(event.principal.as_ref()),
        count(since, history)
    )
}

fn deleted_with_scope(event: &AuditEvent) -> String {
    let what = match &event.scope {
        Scope::Project { .. } => "project",
        Scope::Organization { .. } | Scope::Account => "organization",
    };
    format!(
        "Deleted {OUTSIDE}{} together with its {what} \"{}\"{}.",
        on(event.at),
        event.identifier,
        by(event.principal.as_ref()),
    )
}

fn on(at: i64) -> String {
    moment(at).map_or(String::new(), |moment| format!(" on {moment}"))
}

fn by(principal: Option<&Principal>) -> String {
    principal.map_or(String::new(), |principal| format!(" by {}", who(principal)))
}

/// Returns how many changes there were since the state was written, or an empty text if that is not known.
fn count(since: Option<i64>, history: &History) -> String {
    let Some(since) = since else {
        return String::new();
    };
    let listed = u64::try_from(history.events.len()).unwrap_or(u64::MAX);
    let oldest = history.events.last();
    // If not all are listed, the oldest is among those that are not.
    let has_own = listed < history.total
        || oldest.is_some_and(|event| event.at.saturating_sub(since) <= SAME_SAVE);
    let has_own = has_own && !history.is_open;
    let changes = history.total.saturating_sub(u64::from(has_own));
    let at_least = if history.is_open { "At least " } else { "" };
    match changes {
        0 => String::new(),
        1 => format!(" {at_least}1 change since this state was written."),
        _ => format!(" {at_least}{changes} changes since this state was written."),
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::PrincipalKind;

    use super::*;

    /// When the state was written: 2026-11-27 22:00 UTC.
    const WRITTEN: i64 = 1_795_816_800_000;
    const MINUTE: i64 = 60_000;

    fn event(at: i64, action: AuditAction) -> AuditEvent {
        AuditEvent {
            at,
            action,
            resource_type: "CONNECTOR".to_owned(),
            identifier: "bb".to_owned(),
            scope: Scope::Account,
            principal: Some(Principal {
                kind: PrincipalKind::User,
                name: Some("dev@example.com".to_owned()),
            }),
        }
    }

    /// Returns a history with updates at these moments.
    fn updates(at: &[i64]) -> History {
        History {
            events: at
                .iter()
                .map(|at| event(*at, AuditAction::Update))
                .collect(),
            total: u64::try_from(at.len()).unwrap(),
            is_open: false,
        }
    }

    #[test]
    fn a_change_says_when_by_whom_and_how_many_there_were() {
        let saved = WRITTEN + 14 * MINUTE;
        let own = WRITTEN + 20;
        let at = "Changed outside Terraform on 2026-11-27 22:14 UTC";
        let by = "by dev@example.com (user).";
        let lagging = format!("{at}. {LAGGING}");
        let since = "since this state was written.";
        let newest = saved + 30;
        for (history, said) in [
            // The save in the state is not counted, whether it is listed or not.
            (
                updates(&[newest, own]),
                format!("{at} {by} 1 change {since}"),
            ),
            (updates(&[newest]), format!("{at} {by} 1 change {since}")),
            (
                updates(&[newest, WRITTEN + 2 * MINUTE, WRITTEN + MINUTE, own]),
                format!("{at} {by} 3 changes {since}"),
            ),
            (
                History {
                    total: 41,
                    ..updates(&[newest, newest - 1])
                },
                format!("{at} {by} 40 changes {since}"),
            ),
            (
                History {
                    is_open: true,
                    ..updates(&[newest, newest - 1])
                },
                format!("{at} {by} At least 2 changes {since}"),
            ),
            // The trail does not contain it yet.
            (updates(&[]), lagging.clone()),
            (updates(&[own]), lagging.clone()),
            (updates(&[saved - MINUTE, own]), lagging.clone()),
            // Deleted, and created again.
            (
                History {
                    events: vec![
                        event(newest, AuditAction::Create),
                        event(newest - MINUTE, AuditAction::Delete),
                        event(own, AuditAction::Update),
                    ],
                    total: 3,
                    is_open: false,
                },
                format!(
                    "Recreated outside Terraform on 2026-11-27 22:14 UTC {by} 2 changes {since}"
                ),
            ),
            (
                History {
                    events: vec![event(newest, AuditAction::Other("MOVE".to_owned()))],
                    total: 1,
                    is_open: false,
                },
                format!("{at} {by} 1 change {since}"),
            ),
        ] {
            assert_eq!(
                changed(saved, Some(WRITTEN), Some(&history)).as_deref(),
                Some(said.as_str()),
                "{history:?}"
            );
        }
        assert_eq!(changed(saved, Some(WRITTEN), None), Some(format!("{at}.")));
        // It is unknown when the state was written.
        assert_eq!(
            changed(saved, None, Some(&updates(&[newest, own]))),
            Some(format!("{at} {by}"))
        );
        let mut anonymous = updates(&[newest]);
        anonymous.events[0].principal = None;
        assert_eq!(
            changed(saved, None, Some(&anonymous)),
            Some(format!("{at}."))
        );
    }

    #[test]
    fn a_deletion_is_the_last_that_happened() {
        use AuditAction::{Create, Delete, Update};
        let history = |actions: &[AuditAction]| {
            let actions = actions.iter().zip(0..);
            let events = actions.map(|(action, age)| event(WRITTEN + MINUTE - age, action.clone()));
            History {
                events: events.collect(),
                ..History::default()
            }
        };
        for (actions, is_deleted) in [
            (&[][..], false),
            (&[Delete, Update], true),
            (&[Update, Delete], false),
            (&[Create, Delete], false),
        ] {
            assert_eq!(
                deletion(&history(actions)).is_some(),
                is_deleted,
                "{actions:?}"
            );
        }
        let history = History {
            total: 2,
            ..updates(&[WRITTEN + 2 * MINUTE, WRITTEN + MINUTE])
        };
        assert_eq!(
            deleted(&history.events[0], Some(WRITTEN), &history),
            "Deleted outside Terraform on 2026-11-27 22:02 UTC by dev@example.com (user). 2 changes since this state was \
             written."
        );
        let organization = AuditEvent {
            identifier: "platform".to_owned(),
            scope: Scope::Organization {
                org: "platform".to_owned(),
            },
            ..event(WRITTEN, Delete)
        };
        assert_eq!(
            deleted_with_scope(&organization),
            "Deleted outside Terraform on 2026-11-27 22:00 UTC together with its organization \"platform\" by \
             dev@example.com (user)."
        );
    }
}
