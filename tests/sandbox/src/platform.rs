//! The running platform: the world behind a lock, the log, the faults, and the routes.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;

use crate::account::Account;
use crate::faults::Faults;
use crate::reply::Reply;
use crate::request_log::RequestLog;
use crate::settings::Settings;
use crate::world::World;
use crate::{
    audits, connectors, control, delegates, git_server, identity, making, pipelines, secrets,
    structure, usage,
};

const MINUTE: Duration = Duration::from_mins(1);

/// A handle to the platform; clones refer to the same platform.
#[derive(Clone)]
pub(crate) struct Platform(Arc<Shared>);

struct Shared {
    initial: Account,
    initial_settings: Settings,
    world: Mutex<World>,
    log: Mutex<RequestLog>,
    faults: Mutex<Faults>,
    /// When each key was used in the last minute.
    used: Mutex<HashMap<String, VecDeque<Instant>>>,
    ids: AtomicU64,
    throttled: AtomicU64,
}

impl Platform {
    /// Creates a platform with one account; a reset restores `settings`.
    pub(crate) fn new(account: Account, settings: Settings) -> Self {
        let world = World::new(&account, settings.clone());
        Self(Arc::new(Shared {
            initial: account,
            initial_settings: settings,
            world: Mutex::new(world),
            log: Mutex::new(RequestLog::new()),
            faults: Mutex::default(),
            used: Mutex::default(),
            ids: AtomicU64::new(1),
            throttled: AtomicU64::new(0),
        }))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.0.log)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.0.faults)
    }

    /// Returns an identifier in the form of a UUID, different each time but identical in each run.
    pub(crate) fn next_id(&self) -> String {
        format!(
            "00000000-0000-4000-8000-{:012x}",
            self.0.ids.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// Restores the account as it was at the start; also clears log and faults.
    pub(crate) fn reset(&self) {
        *self.world() = World::new(&self.0.initial, self.0.initial_settings.clone());
        self.log().clear();
        self.faults().clear();
        lock(&self.0.used).clear();
    }

    /// Counts the use of a key. Returns the edge's 429 if it was used too often within a minute.
    pub(crate) fn throttle(&self, key: &str) -> Result<(), Reply> {
        let Some(limit) = self
            .world()
            .settings
            .rate_limit
            .and_then(|limit| usize::try_from(limit).ok())
        else {
            return Ok(());
        };
        let now = Instant::now();
        let mut by_key = lock(&self.0.used);
        let times = by_key.entry(key.to_owned()).or_default();
        while times
            .front()
            .is_some_and(|time| now.duration_since(*time) >= MINUTE)
        {
            times.pop_front();
        }
        if times.len() >= limit {
            // The body that the edge sends is not documented, so a page and an empty body alternate.
            let with_page = self
                .0
                .throttled
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(2);
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Err(if with_page {
                Reply::html(status)
            } else {
                Reply::empty(status)
            });
        }
        times.push_back(now);
        Ok(())
    }

    /// Returns the routes: the API with and without `/gateway`, the control surface, and the Git server.
    pub(crate) fn routes(&self) -> Router {
        let api = Router::new()
            .merge(connectors::routes())
            .merge(secrets::routes())
            .merge(structure::routes())
            .merge(making::routes())
            .merge(delegates::routes())
            .merge(identity::routes())
            .merge(usage::routes())
            .fallback(no_such_endpoint)
            .method_not_allowed_fallback(no_such_method);
        let with_fallbacks = |routes: Router<Self>| {
            routes
                .fallback(no_such_endpoint)
                .method_not_allowed_fallback(no_such_method)
        };
        let audit = with_fallbacks(audits::routes());
        let pipelines = with_fallbacks(pipelines::routes());
        let triggers = with_fallbacks(pipelines::trigger_routes());
        Router::new()
            .nest("/gateway/ng/api", api.clone())
            .nest("/ng/api", api)
            .nest("/gateway/audit/api", audit.clone())
            .nest("/audit/api", audit)
            .nest("/gateway/pipeline/api", triggers.clone())
            .nest("/pipeline/api", triggers)
            .nest("/gateway/v1", pipelines.clone())
            .nest("/v1", pipelines)
            .nest("/sandbox", control::routes())
            .nest("/git", git_server::routes())
            .fallback(nothing_here)
            .with_state(self.clone())
    }
}

/// Locks a mutex. A test that panicked while it held the lock must not make others fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn no_such_endpoint() -> Reply {
    Reply::failure(
        StatusCode::NOT_FOUND,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        "HTTP 404 Not Found",
    )
}

async fn no_such_method() -> Reply {
    let code = "RESOURCE_NOT_FOUND_EXCEPTION";
    Reply::failure(
        StatusCode::METHOD_NOT_ALLOWED,
        code,
        "HTTP 405 Method Not Allowed",
    )
}

async fn nothing_here() -> Reply {
    Reply::html(StatusCode::NOT_FOUND)
}
