//! The result of an RPC.

use crate::diagnostic::Diagnostics;

/// The result of an RPC: its response, or the diagnostics that replace it.
pub(super) type Answer<A> = Result<A, Diagnostics>;

/// Responses and events that can consist of diagnostics alone.
pub(super) trait OfFindings {
    fn of(findings: Diagnostics) -> Self;
}
