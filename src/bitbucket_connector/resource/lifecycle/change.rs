//! One change of a connector that exists: a write or a deletion, made only to the connector that Terraform knows.
//!
//! The connector is read before each attempt, not only before the first: between two attempts minutes may pass, in which
//! somebody else changes it, or puts another in its place.

use harness_platform::{
    Attempted, Attempts, ConnectorAnswer, Operation, PlatformError, RawConnector, Request,
    connectors,
};

use super::standing::{self, Instead, Known, Standing};
use crate::bitbucket_connector::resource::task::Task;

/// How often a write that lost a race against the platform's own bookkeeping is tried again.
const LOST_RACES: u32 = 3;

/// Why a change was not made, as far as anybody knows.
pub(crate) enum NotMade {
    /// What stands there is not the connector that Terraform knows.
    Blocked(Instead),
    /// The connector could not be read.
    NotRead(PlatformError),
    /// So the platform said.
    Refused(PlatformError),
    /// Nobody can tell whether it was made. `error` is how it failed, `look` why the platform could not be asked; where there
    /// is no `error`, an earlier attempt may have made it.
    Unknown {
        error: Option<PlatformError>,
        look: PlatformError,
    },
}

/// What a write leaves behind: the connector before and after it.
pub(crate) struct Written {
    pub(crate) former: RawConnector,
    pub(crate) answer: ConnectorAnswer,
}

/// Writes a connector: `request` makes the request from what the platform has, and `is_written` tells whether the platform
/// has what was to be written.
///
/// # Errors
/// It was not written, or nobody can tell.
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
        let found = match standing::look(task, operation, known).await {
            Ok(Standing::AsExpected(found)) => found,
            Ok(Standing::Instead(Instead::Changed(answer))) => {
                return match former {
                    // An attempt that seemed to fail has made it.
                    Some(former) if is_written(&answer) => Ok(Written {
                        former,
                        answer: *answer,
                    }),
                    _ => Err(NotMade::Blocked(Instead::Changed(answer))),
                };
            }
            Ok(Standing::Instead(other)) => return Err(NotMade::Blocked(other)),
            Err(look) => return unread(&attempts, look),
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
            // The platform's own bookkeeping (a connection test that ends) counts as a writer too; it does not change the
            // settings, so that the next look tells it from a person.
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
                let (answer, error) = find_out(task, operation, known, error).await?;
                if !is_written(&answer) {
                    return Err(NotMade::Refused(error));
                }
                return Ok(Written {
                    former: found.connector,
                    answer,
                });
            }
            Err(Attempted::Failed(error)) => return Err(NotMade::Refused(error)),
        }
        former = Some(found.connector);
    }
}

/// Deletes a connector; what is gone already is deleted. Returns also what was seen of it.
///
/// The result is an error if it was not deleted, or nobody can tell.
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
            // The platform's words for a missing connector name none, and an answer that is not the platform's says nothing.
            Err(Attempted::Failed(error))
                if error.is_nothing_to_delete() || error.outcome_unknown() =>
            {
                break match find_out(task, operation, known, error).await {
                    Ok((_, error)) => Err(NotMade::Refused(error)),
                    Err(NotMade::Blocked(Instead::Gone(_))) => Ok(()),
                    Err(unknown) => Err(unknown),
                };
            }
            Err(Attempted::Failed(error)) => break Err(NotMade::Refused(error)),
        }
    };
    (ending, seen)
}

/// Reads the connector after a change whose answer says nothing about it, and gives the answer's `error` back.
///
/// # Errors
/// The connector is gone, or could not be read: nobody can tell whether the change was made.
async fn find_out(
    task: &Task,
    operation: &Operation,
    known: Known<'_>,
    error: PlatformError,
) -> Result<(ConnectorAnswer, PlatformError), NotMade> {
    let request = connectors::get(known.connector);
    match task.provider_data.client.send(request, operation).await {
        Ok(answer) => Ok((answer.value, error)),
        Err(look) if look.is_gone(known.connector) => Err(NotMade::Blocked(Instead::Gone(look))),
        Err(look) => Err(NotMade::Unknown {
            error: Some(error),
            look,
        }),
    }
}

/// The end of a change before whose next attempt the connector could not be read.
fn unread<T>(attempts: &Attempts, look: PlatformError) -> Result<T, NotMade> {
    if attempts.may_have_succeeded() {
        Err(NotMade::Unknown { error: None, look })
    } else {
        Err(NotMade::NotRead(look))
    }
}
