//! What this process serves, for the messages that say so.
//!
//! A process serves one provider, and a message that asks for a report can come from any depth. So the provider is named
//! once, by [`plugin::run`](crate::plugin::run), and not handed through every call.

use std::sync::OnceLock;

/// The provider of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    pub(crate) version: &'static str,
    /// The address of its repository, whose issues take reports.
    pub(crate) repository: &'static str,
}

impl About {
    fn issues(&self) -> String {
        format!("{}/issues", self.repository)
    }
}

static ABOUT: OnceLock<About> = OnceLock::new();

/// Names the provider of this process; the first name stays.
pub(crate) fn set(about: About) {
    ABOUT.get_or_init(|| about);
}

/// The version of the provider, without `v`; `unknown` in a process that serves none.
pub(crate) fn version() -> &'static str {
    ABOUT.get().map_or("unknown", |about| about.version)
}

/// Where to report a bug: the page of issues, or words for it in a process that serves no provider.
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
        // No test of this package names the process.
        assert_eq!(issues(), "the provider's page of issues");
    }
}
