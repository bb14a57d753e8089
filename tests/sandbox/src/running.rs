//! Starts the sandbox inside another program, which controls it without HTTP.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::account::{Account, AccountError};
use crate::faults::{Fault, FaultCount};
use crate::objects::{ControlError, Kind};
use crate::platform::Platform;
use crate::request_log::Request;
use crate::scope::Scope;
use crate::server;
use crate::settings::Settings;

/// The options for starting a sandbox.
#[derive(Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 chooses a free one.
    pub port: u16,
    /// The account; the built-in one if absent.
    pub account: Option<Account>,
    /// Requests per minute and key before a 429; the account's setting if absent.
    pub rate_limit: Option<u32>,
    /// How long a connection test takes; the account's setting if absent.
    pub test_delay: Option<Duration>,
    /// How much longer each API response takes; the account's setting if absent.
    pub answer_delay: Option<Duration>,
    /// Whether connection tests use Git; the account's setting if false.
    pub real_tests: bool,
}

/// The sandbox, before it runs.
pub struct Sandbox;

impl Sandbox {
    /// Starts the sandbox on its own thread. It is ready when this returns.
    ///
    /// # Errors
    /// Returns an error if the port is not available, or the system provides no thread or runtime.
    pub fn start(options: Options) -> io::Result<Running> {
        let account = match options.account {
            Some(account) => account,
            None => Account::built_in().map_err(|error: AccountError| io::Error::other(error))?,
        };
        let mut settings: Settings = account.settings.clone();
        settings.rate_limit = options.rate_limit.or(settings.rate_limit);
        settings.real_tests |= options.real_tests;
        let millis = |delay: Duration| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        if let Some(delay) = options.test_delay {
            settings.test_delay_ms = millis(delay);
        }
        if let Some(delay) = options.answer_delay {
            settings.answer_delay_ms = millis(delay);
        }
        let account_id = account.identifier.clone();
        let api_key = account
            .keys
            .first()
            .map(|key| key.token.clone())
            .unwrap_or_default();
        let platform = Platform::new(account, settings);

        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Entered rather than blocked on, because the caller may be inside its own runtime.
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let served = platform.clone();
        let thread = thread::Builder::new()
            .name("harness-sandbox".into())
            .spawn(move || runtime.block_on(server::serve(listener, served, stopped)))?;
        Ok(Running {
            platform,
            address,
            account_id,
            api_key,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A running sandbox. Dropping it stops it and closes its connections.
pub struct Running {
    platform: Platform,
    address: SocketAddr,
    account_id: String,
    api_key: String,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Returns the base URL for clients of the platform: `http://127.0.0.1:PORT/gateway`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/gateway", self.address)
    }

    /// Returns the base URL of the control surface: `http://127.0.0.1:PORT/sandbox`.
    pub fn control_url(&self) -> String {
        format!("http://{}/sandbox", self.address)
    }

    /// Returns the base URL of the Git server: `http://127.0.0.1:PORT/git/scm`.
    pub fn git_url(&self) -> String {
        format!("http://{}/git/scm", self.address)
    }

    /// Returns the account's identifier.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Returns the account's first API key.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Returns everything the platform has, as `GET /sandbox/state` does.
    pub fn state(&self) -> Value {
        self.platform.world().snapshot()
    }

    /// Returns a connector as the API does (`connector`, `lastModifiedAt`, `status`, …), or `None` if there is none.
    pub fn connector(&self, scope: &Scope, identifier: &str) -> Option<Value> {
        let world = self.platform.world();
        world
            .connectors
            .get(&(scope.clone(), identifier.to_owned()))
            .map(|connector| connector.response(&world))
    }

    /// Returns an object in the form of the account file.
    pub fn object(&self, kind: Kind, scope: &Scope, identifier: &str) -> Option<Value> {
        self.platform.world().object(kind, scope, identifier)
    }

    /// Creates or replaces an object outside the API, as the principal in the setting `changes_by`.
    ///
    /// # Errors
    /// Returns an error if the object does not have the form of the account file.
    pub fn put(
        &self,
        kind: Kind,
        scope: &Scope,
        identifier: &str,
        object: Value,
    ) -> Result<(), ControlError> {
        self.platform
            .world()
            .put_object(kind, scope, identifier, object, None)
    }

    /// Applies a JSON merge patch to an object outside the API, and updates a connector's `lastModifiedAt`.
    ///
    /// # Errors
    /// Returns an error if the object does not exist, or the patched one does not have the form of the account file.
    pub fn patch(
        &self,
        kind: Kind,
        scope: &Scope,
        identifier: &str,
        patch: &Value,
    ) -> Result<(), ControlError> {
        self.platform
            .world()
            .patch_object(kind, scope, identifier, patch, true, None)
    }

    /// Like [`Running::patch`], but a connector keeps its `lastModifiedAt`, and the audit trail gets no event.
    ///
    /// # Errors
    /// Returns the errors of [`Running::patch`].
    pub fn patch_untouched(
        &self,
        kind: Kind,
        scope: &Scope,
        identifier: &str,
        patch: &Value,
    ) -> Result<(), ControlError> {
        self.platform
            .world()
            .patch_object(kind, scope, identifier, patch, false, None)
    }

    /// Deletes an object outside the API; an organization or project with everything in it.
    ///
    /// # Errors
    /// Returns an error if the object does not exist.
    pub fn delete(&self, kind: Kind, scope: &Scope, identifier: &str) -> Result<(), ControlError> {
        self.platform
            .world()
            .delete_object(kind, scope, identifier, None)
    }

    /// Returns the settings.
    pub fn settings(&self) -> Settings {
        self.platform.world().settings.clone()
    }

    /// Applies a JSON merge patch to the settings and returns the new ones.
    ///
    /// # Errors
    /// Returns an error if a setting does not exist or has an invalid value.
    pub fn change_settings(&self, patch: &Value) -> Result<Settings, ControlError> {
        self.platform.change_settings(patch)
    }

    /// Adds faults at the end of the script.
    ///
    /// # Errors
    /// Returns an error if a `path_regex` is not a regular expression.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), ControlError> {
        self.platform
            .faults()
            .add(faults.into_iter().collect())
            .map_err(ControlError::Invalid)
    }

    /// Returns the script, with how often each fault has fired.
    pub fn faults(&self) -> Vec<FaultCount> {
        self.platform.faults().counts()
    }

    /// Clears the script.
    pub fn clear_faults(&self) {
        self.platform.faults().clear();
    }

    /// Returns the requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.platform.log().all().to_vec()
    }

    /// Clears the log of requests.
    pub fn clear_requests(&self) {
        self.platform.log().clear();
    }

    /// Restores the account as it was at the start; also clears log and script.
    pub fn reset(&self) {
        self.platform.reset();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
