//! The provider that this process serves, for the messages that name it.
//!
//! A process serves one provider, and any layer can produce a message that asks for a bug report. So
//! [`plugin::run`](crate::plugin::run) names the provider once, instead of passing it through every call.

use std::sync::OnceLock;

/// The provider of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) version: &'static str,
    /// The address of the provider's repository, where users report issues.
    pub(crate) repository: &'static str,
}

impl About {
    fn issues(&self) -> String {
        format!("{}/issues", self.repository)
    }
}

static ABOUT: OnceLock<About> = OnceLock::new();

/// Names the provider of this process. Later calls have no effect.
pub(crate) fn set(about: About) {
    ABOUT.get_or_init(|| about);
}

/// Returns the version of the provider, without `v`, or `unknown` in a process that serves none.
pub(crate) fn version() -> &'static str {
    ABOUT.get().map_or("unknown", |about| about.version)
}

/// Returns where to report a bug: the issues page, or a description of it in a process that serves no provider.
pub(crate) fn issues() -> String {
    let nameless = || "the provider's page of issues".to_owned();
    ABOUT.get().map_or_else(nameless, About::issues)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_go_to_the_issues_of_the_repository() {
        let about = About {
            version: "1.0.0",
            repository: "https://example.com/provider",
        };
        assert_eq!(about.issues(), "https://example.com/provider/issues");
        // No test of this package names the provider.
        assert_eq!(issues(), "the provider's page of issues");
    }
}
