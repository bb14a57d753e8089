//! The place of a finding.

use tf_provider::value::{Path, Step};

/// Returns the path of an argument: `url`, `credentials.http.username`.
pub(crate) fn at(name: &str) -> Path {
    name.split('.')
        .map(|name| Step::Attribute(name.to_owned()))
        .collect()
}

/// The place of a finding: a path, or an argument's name for [`at`].
pub(crate) trait IntoPath {
    /// Returns the path.
    fn into_path(self) -> Path;
}

impl IntoPath for Path {
    fn into_path(self) -> Path {
        self
    }
}

impl IntoPath for &Path {
    fn into_path(self) -> Path {
        self.clone()
    }
}

impl IntoPath for &str {
    fn into_path(self) -> Path {
        at(self)
    }
}
