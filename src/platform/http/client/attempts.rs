//! Several attempts at one request, and how one of them ended.

use crate::http::error::PlatformError;
use crate::response::refusal::Refusal;

/// What the attempts at a change have come to so far.
#[derive(Debug, Default)]
pub struct Attempts {
    pub(super) number: u32,
    pub(super) internal_errors: u32,
    pub(super) last_answer: Option<Box<Refusal>>,
    pub(super) unknown: bool,
}

/// How an attempt ended that brought no answer.
#[derive(Debug)]
pub enum Attempted {
    /// Another attempt may help, and may be made at once.
    Again,
    /// Another attempt would not help.
    Failed(PlatformError),
}

impl Attempts {
    /// Whether an attempt that failed may have been carried out all the same.
    pub fn may_have_succeeded(&self) -> bool {
        self.unknown
    }

    /// The error with which these attempts end.
    pub(super) fn end(&mut self, error: PlatformError) -> Attempted {
        Attempted::Failed(error.after(self.last_answer.take(), self.unknown))
    }
}
