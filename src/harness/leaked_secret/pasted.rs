//! What a secret in the wrong place looks like.

use std::fmt;

/// What a misplaced text looks like. `Display` completes "it looks like …".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pasted {
    /// A private key.
    PrivateKey,
    /// An app password, which Bitbucket Cloud no longer accepts.
    AppPassword,
    /// A token of this kind.
    Token(&'static str),
}

impl fmt::Display for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::AppPassword => "a Bitbucket app password",
            Self::Token(kind) => kind,
        })
    }
}

impl Pasted {
    /// Returns what to do to replace it, since it counts as leaked: the beginning of a sentence.
    pub(crate) fn replacement(self) -> &'static str {
        match self {
            Self::AppPassword => {
                "Bitbucket Cloud no longer accepts app passwords: create an API token"
            }
            Self::PrivateKey | Self::Token(_) => "Create a new one",
        }
    }
}

/// Returns what a message shows in place of a secret.
pub(crate) fn removed(pasted: Pasted) -> String {
    format!("(removed: {pasted})")
}
