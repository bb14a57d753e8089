//! Several attempts of one request, and how each of them ended.

use crate::http::error::PlatformError;
use crate::response::refusal::Refusal;

/// The state of the attempts to make a change.
#[derive(Debug, Default)]
pub struct Attempts {
    pub(super) number: u32,
    pub(super) internal_errors: u32,
    pub(super) last_answer: Option<Box<Refusal>>,
    pub(super) unknown: bool,
}

/// How an attempt without a response ended.
#[derive(Debug)]
pub enum Attempted {
    /// Another attempt may succeed, and may be made at once.
    Again,
    /// Another attempt would not succeed.
    Failed(PlatformError),
}

impl Attempts {
    /// Returns whether a failed attempt may have been carried out anyway.
    pub fn may_have_succeeded(&self) -> bool {
        self.unknown
    }

    /// Creates the error with which these attempts end.
    pub(super) fn end(&mut self, error: PlatformError) -> Attempted {
        Attempted::Failed(error.after(self.last_answer.take(), self.unknown))
    }
}
