//! One change of an existing connector: a write or a deletion, made only to the connector that Terraform knows.
//!
//! The connector is read before each attempt, not only before the first: minutes may pass between two attempts, in
//! which someone else may change or replace it.

use harness_platform::{
    Attempted, Attempts, ConnectorAnswer, Operation, PlatformError, RawConnector, Request,
    connectors,
};

use super::standing::{self, Instead, Known, Standing};
use crate::bitbucket_connector::resource::task::Task;

/// How often a write is retried after losing a race against the platform's own bookkeeping.
const LOST_RACES: u32 = 3;

/// Why a change was not made, as far as that is known.
pub(crate) enum NotMade {
    /// The existing connector is not the one that Terraform knows.
    Blocked(Instead),
    /// The connector could not be read.
    NotRead(PlatformError),
    /// The platform refused it.
    Refused(PlatformError),
    /// It is unknown whether the change was made. `error` is how it failed, `look` why the platform could not be
    /// queried. Without an `error`, an earlier attempt may have made the change.
    Unknown {
        error: Option<PlatformError>,
        look: PlatformError,
    },
}

/// The result of a write: the connector before and after it.
pub(crate) struct Written {
    pub(crate) former: RawConnector,
    pub(crate) answer: ConnectorAnswer,
}

/// Writes a connector: `request` builds the request from the platform's connector, and `is_written` says whether the
/// platform already has the intended settings.
///
/// # Errors
/// Returns an error if it was not written, or that is unknown.
pub(crate) async fn write(
    task: &Task,
    operation: &Operation,
    known: Known<'_>,
    request: impl Fn(&RawConnector) -> Request<ConnectorAnswer>,
    is_written: impl Fn(&ConnectorAnswer) -> bool,
) -> Result<Written, NotMade> {
    let client = &task.provider_data.client;
    let mut attempts = Attempts::default();
    let mut former: Option<RawConnector> = None;
    let mut races = 0;
    loop {
        let found = match (standing::look(task, operation, known).await, former) {
            (Ok(Standing::AsExpected(found)), _) => found,
            // An attempt that seemed to fail has made the change.
            (Ok(Standing::Instead(Instead::Changed(answer))), Some(former))
                if is_written(&answer) =>
            {
                let answer = *answer;
                return Ok(Written { former, answer });
            }
            (Ok(Standing::Instead(other)), _) => return Err(NotMade::Blocked(other)),
            (Err(look), _) => return unread(&attempts, look),
        };
        let sent = client.attempt(request(&found.connector), operation, &mut attempts);
        match sent.await {
            Ok(answer) => {
                return Ok(Written {
                    former: found.connector,
                    answer: answer.value,
                });
            }
            Err(Attempted::Again) => {}
            // The platform's own bookkeeping (at the end of a connection test) counts as a writer too. It does not
            // change settings, so the next read distinguishes it from a person.
            Err(Attempted::Failed(error)) if error.is_optimistic_lock() => {
                races += 1;
                if races > LOST_RACES {
                    return Err(NotMade::Blocked(Instead::Changed(found)));
                }
            }
            Err(Attempted::Failed(error)) if error.is_gone(known.connector) => {
                return Err(NotMade::Blocked(Instead::Gone(error)));
            }
            Err(Attempted::Failed(error)) if error.outcome_unknown() => {
                let former = found.connector;
                let answer = look_again(task, operation, known, error, is_written).await?;
                return Ok(Written { former, answer });
            }
            Err(Attempted::Failed(error)) => return Err(NotMade::Refused(error)),
        }
        former = Some(found.connector);
    }
}

/// Deletes a connector; one that is already gone counts as deleted. Also returns what was found before.
///
/// The result is an error if the connector was not deleted, or that is unknown.
pub(crate) async fn delete(
    task: &Task,
    operation: &Operation,
    known: Known<'_>,
    force: bool,
) -> (Result<(), NotMade>, Option<Box<ConnectorAnswer>>) {
    let client = &task.provider_data.client;
    let mut attempts = Attempts::default();
    let mut seen = None;
    let ending = loop {
        match standing::look(task, operation, known).await {
            Ok(Standing::AsExpected(found)) => seen = Some(found),
            Ok(Standing::Instead(Instead::Gone(_))) => break Ok(()),
            Ok(Standing::Instead(other)) => break Err(NotMade::Blocked(other)),
            Err(look) => break unread(&attempts, look),
        }
        let request = connectors::delete(known.connector, force);
        match client.attempt(request, operation, &mut attempts).await {
            Ok(_) => break Ok(()),
            Err(Attempted::Again) => {}
            Err(Attempted::Failed(error)) if error.is_gone(known.connector) => {
                break Ok(());
            }
            // The platform's message about a missing connector does not name it, and a response from elsewhere says
            // nothing.
            Err(Attempted::Failed(error))
                if error.is_nothing_to_delete() || error.outcome_unknown() =>
            {
                // A connector that exists was not deleted.
                break match look_again(task, operation, known, error, |_| false).await {
                    Ok(_) | Err(NotMade::Blocked(Instead::Gone(_))) => Ok(()),
                    Err(other) => Err(other),
                };
            }
            Err(Attempted::Failed(error)) => break Err(NotMade::Refused(error)),
        }
    };
    (ending, seen)
}

/// Reads the connector after a change with an inconclusive response, `error`: if it `is_changed`, the change was made.
///
/// # Errors
/// Returns an error if the change was not made, if the connector is gone, or if it could not be read: it is then unknown
/// whether the change was made.
async fn look_again(
    task: &Task,
    operation: &Operation,
    known: Known<'_>,
    error: PlatformError,
    is_changed: impl Fn(&ConnectorAnswer) -> bool,
) -> Result<ConnectorAnswer, NotMade> {
    let request = connectors::get(known.connector);
    match task.provider_data.client.send(request, operation).await {
        Ok(answer) if is_changed(&answer.value) => Ok(answer.value),
        Ok(_) => Err(NotMade::Refused(error)),
        Err(look) if look.is_gone(known.connector) => Err(NotMade::Blocked(Instead::Gone(look))),
        Err(look) => Err(NotMade::Unknown {
            error: Some(error),
            look,
        }),
    }
}

/// Returns the result of a change if the connector could not be read before the next attempt.
fn unread<T>(attempts: &Attempts, look: PlatformError) -> Result<T, NotMade> {
    if attempts.may_have_succeeded() {
        Err(NotMade::Unknown { error: None, look })
    } else {
        Err(NotMade::NotRead(look))
    }
}
