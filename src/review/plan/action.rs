//! What Terraform does with an object.

/// What Terraform does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    NoOp,
    Create,
    Update,
    Replace,
    /// A new object is created, and the old one is kept without being managed.
    CreateThenForget,
    Destroy,
    Forget,
    Read,
}

impl Action {
    /// Reads the actions. Unknown words are ignored: a destruction must not be overlooked.
    pub(super) fn of(words: &[String]) -> Self {
        let has = |word: &str| words.iter().any(|other| other == word);
        match (has("delete"), has("create"), has("forget")) {
            (true, true, _) => Self::Replace,
            (true, false, _) => Self::Destroy,
            (false, true, true) => Self::CreateThenForget,
            (false, true, false) => Self::Create,
            (false, false, true) => Self::Forget,
            (false, false, false) if has("update") => Self::Update,
            (false, false, false) if has("read") => Self::Read,
            (false, false, false) if words.is_empty() || has("no-op") => Self::NoOp,
            (false, false, false) => Self::Update,
        }
    }
}
