//! The envelope around one page of a list.

use serde_json::{Map, Value};

use crate::response::answer::{AnswerProblem, data};
use crate::response::json::Object;

/// One page: its items, and what the platform reports about all pages.
pub(super) struct Page<'a> {
    pub(super) content: &'a mut [Value],
    /// The total number of items on all pages.
    pub(super) total: u64,
    /// The number of pages.
    pub(super) pages: u64,
    /// The number of the next page, or `None` on the last page.
    pub(super) next: Option<u32>,
}

impl<'a> Page<'a> {
    /// Reads the page in a response body. Only the items are required; information about other pages is used if it is
    /// readable. If the key can see nothing, the page is empty and has page size 0.
    pub(super) fn of(body: &'a mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let object = Object::of(data(body)?);
        let number = |name: &str| {
            object
                .integer(name)
                .and_then(|number| u64::try_from(number).ok())
        };
        let (index, pages) = (
            number("pageIndex").unwrap_or(0),
            number("totalPages").unwrap_or(0),
        );
        let total = number("totalItems");
        let content = body
            .get_mut("data")
            .and_then(|data| data.get_mut("content"))
            .and_then(Value::as_array_mut);
        let Some(content) = content else {
            return Err(AnswerProblem::Unexpected(
                "JSON without a page in `data`".to_owned(),
            ));
        };
        // An empty page ends the list, even if the platform reports more pages, so that a client always terminates.
        let next = (!content.is_empty() && index + 1 < pages)
            .then(|| u32::try_from(index + 1).ok())
            .flatten();
        Ok(Self {
            total: total.unwrap_or_else(|| u64::try_from(content.len()).unwrap_or(0)),
            content,
            pages,
            next,
        })
    }
}
