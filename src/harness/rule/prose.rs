//! What is said about a rule, and not by it. The reference page and the tests read it; the program carries none of it.

#[cfg(not(test))]
use std::marker::PhantomData;

/// Something that only the reference page and the tests read; outside of tests, it holds nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prose<T> {
    #[cfg(test)]
    content: Option<T>,
    #[cfg(not(test))]
    content: PhantomData<T>,
}

impl<T: Copy> Prose<T> {
    /// Nothing is said.
    pub(crate) const NONE: Self = Self {
        #[cfg(test)]
        content: None,
        #[cfg(not(test))]
        content: PhantomData,
    };

    /// Holds the content in tests, and drops it elsewhere.
    #[cfg_attr(
        not(test),
        expect(unused_variables, reason = "the content is for tests only")
    )]
    pub(crate) const fn of(content: T) -> Self {
        Self {
            #[cfg(test)]
            content: Some(content),
            #[cfg(not(test))]
            content: PhantomData,
        }
    }

    /// Returns the content; `None` if nothing is said.
    #[cfg(test)]
    pub(crate) fn content(self) -> Option<T> {
        self.content
    }
}

#[cfg(test)]
impl Prose<&'static str> {
    /// Returns the text; empty if nothing is said.
    pub(crate) fn text(self) -> &'static str {
        self.content.unwrap_or_default()
    }
}
