//! The end of the plugin's life: signals, and a host that has gone away.
//!
//! A host that ends normally calls `Shutdown`. A host that is killed does not; instead, its connection closes, and on
//! Unix the plugin gets another parent process. Either is enough: the host may have started the plugin through a
//! script, which is then the parent and keeps running.

use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a host that lost its connection has to reconnect.
const RECONNECT_GRACE: Duration = Duration::from_millis(600);

/// How long the first connection may take. A host connects at once; go-plugin allows a plugin one minute to start.
/// Without this limit, a host that died before the first check of the parent would leave the plugin running forever.
const FIRST_CONNECTION: Duration = Duration::from_mins(1);

/// The interval at which the parent is checked, with one cheap system call.
#[cfg(unix)]
const PARENT_INTERVAL: Duration = Duration::from_millis(250);

/// Stops Ctrl-C from ending the process.
///
/// The terminal sends the signal to the whole process group. Terraform handles it, lets operations in progress finish,
/// and informs its plugins through `Stop` and `Shutdown`. Closing the terminal works the same way.
///
/// # Errors
/// Returns an error if the system does not let the process handle the signal.
pub(super) fn ignore_interrupts() -> io::Result<()> {
    // Tokio handles a signal for the rest of the process's life, even if no task waits for it.
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        drop(signal(SignalKind::interrupt())?);
        drop(signal(SignalKind::hangup())?);
    }
    #[cfg(windows)]
    {
        drop(tokio::signal::windows::ctrl_c()?);
        drop(tokio::signal::windows::ctrl_break()?);
    }
    Ok(())
}

/// Resolves when the system asks the process to terminate. Never resolves where there is no such signal.
///
/// # Errors
/// Returns an error if the system does not let the process handle the signal.
pub(super) fn terminated() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())?
    };
    Ok(async move {
        #[cfg(unix)]
        terminate.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    })
}

/// Resolves when the user presses Ctrl-C.
///
/// # Errors
/// Returns an error if the system does not let the process handle the signal.
pub(super) fn interrupted() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut interrupt = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::interrupt())?
    };
    #[cfg(windows)]
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Resolves when the host is gone: all its connections are closed, or the process has lost its parent.
pub(super) async fn gone(open_connections: watch::Receiver<usize>) {
    tokio::select! {
        () = disconnected(open_connections) => tracing::debug!("the host is gone: no connection is left"),
        () = orphaned() => tracing::debug!("the host is gone: the parent process has ended"),
    }
}

/// Resolves when the last connection closes, or when the first one never arrives.
async fn disconnected(mut open: watch::Receiver<usize>) {
    let mut patience = FIRST_CONNECTION;
    loop {
        let Ok(Ok(_)) = timeout(patience, open.wait_for(|open| *open > 0)).await else {
            return;
        };
        if open.wait_for(|open| *open == 0).await.is_err() {
            return;
        }
        patience = RECONNECT_GRACE;
    }
}

#[cfg(unix)]
async fn orphaned() {
    use std::os::unix::process::parent_id;

    let parent = parent_id();
    let mut interval = tokio::time::interval(PARENT_INTERVAL);
    while parent_id() == parent {
        interval.tick().await;
    }
}

#[cfg(not(unix))]
async fn orphaned() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    /// Lets the other task run until it waits again. Time stands still unless it is advanced.
    async fn settle() {
        for _ in 0..10 {
            yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_gone_when_its_last_connection_stays_closed() {
        let open = watch::Sender::new(0);
        let gone = tokio::spawn(disconnected(open.subscribe()));
        for count in [1, 2, 1, 0] {
            open.send_replace(count);
            settle().await;
        }
        assert!(!gone.is_finished());
        tokio::time::advance(RECONNECT_GRACE / 2).await;
        settle().await;
        assert!(!gone.is_finished());
        tokio::time::advance(RECONNECT_GRACE).await;
        gone.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_connects_again_in_time_is_not_gone() {
        let open = watch::Sender::new(0);
        let gone = tokio::spawn(disconnected(open.subscribe()));
        for count in [1, 0, 1] {
            open.send_replace(count);
            settle().await;
        }
        tokio::time::advance(FIRST_CONNECTION * 2).await;
        settle().await;
        assert!(!gone.is_finished());
        open.send_replace(0);
        gone.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_connects_is_gone_after_a_minute() {
        let open = watch::Sender::new(0);
        let before = tokio::time::Instant::now();
        disconnected(open.subscribe()).await;
        assert!(before.elapsed() >= FIRST_CONNECTION);
    }
}
