//! Texts about a rule, as opposed to its messages. Only the reference page and the tests read them; the program
//! contains none.

#[cfg(not(test))]
use std::marker::PhantomData;

/// Data that only the reference page and the tests read. It is empty outside of tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prose<T> {
    #[cfg(test)]
    content: Option<T>,
    #[cfg(not(test))]
    content: PhantomData<T>,
}

impl<T: Copy> Prose<T> {
    /// No content.
    pub(crate) const NONE: Self = Self {
        #[cfg(test)]
        content: None,
        #[cfg(not(test))]
        content: PhantomData,
    };

    /// Keeps the content in tests, and drops it elsewhere.
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

    /// Returns the content, or `None` if there is none.
    #[cfg(test)]
    pub(crate) fn content(self) -> Option<T> {
        self.content
    }
}

#[cfg(test)]
impl Prose<&'static str> {
    /// Returns the text, or an empty text if there is none.
    pub(crate) fn text(self) -> &'static str {
        self.content.unwrap_or_default()
    }
}
