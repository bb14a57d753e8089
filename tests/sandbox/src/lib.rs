//! A server on loopback that behaves like the Harness platform's API for connectors, quirks included, so that clients
//! can be tried and tested without an account.
//!
//! It shares no code and no types with any client of the platform, so that misspelled members are caught here. The
//! README describes the account file, the control surface, and the faults. In Rust tests, [`Sandbox::start`] returns a
//! [`Running`] sandbox with the same controls as methods.
//!
//! ```
//! use harness_sandbox::{Options, Sandbox, Scope};
//!
//! let sandbox = Sandbox::start(Options::default())?;
//! assert!(sandbox.endpoint().ends_with("/gateway"));
//! assert!(sandbox.connector(&Scope::account(), "no_such_connector").is_none());
//! # Ok::<(), std::io::Error>(())
//! ```

mod account;
mod audits;
mod call;
mod connectors;
mod control;
mod credentials;
mod delegates;
mod faults;
mod git_server;
mod governance;
mod identity;
mod making;
mod objects;
mod page;
mod pipelines;
mod platform;
mod reply;
mod request_log;
mod running;
mod scope;
mod scope_lists;
mod secrets;
mod server;
mod settings;
mod structure;
mod usage;
mod world;

pub use account::{
    Account, AccountError, ApiKey, Delegate, Git, GitUser, Organization, Project, Referrer, Secret,
    Usage,
};
pub use connectors::Outcome;
pub use faults::{Action, Answer, Fault, FaultCount};
pub use objects::{ControlError, Kind};
pub use request_log::Request;
pub use running::{Options, Running, Sandbox};
pub use scope::Scope;
pub use settings::{Condition, Policy, Settings, Severity};
