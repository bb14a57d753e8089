//! The envelope around one page of a list.

use serde_json::{Map, Value};

use crate::response::answer::{AnswerProblem, data};
use crate::response::json::Object;

/// One page: its items, and what the platform says about all pages.
pub(super) struct Page<'a> {
    pub(super) content: &'a mut [Value],
    /// How many items all pages have together.
    pub(super) total: u64,
    /// How many pages there are.
    pub(super) pages: u64,
    /// The number of the next page; `None` if this is the last.
    pub(super) next: Option<u32>,
}

impl<'a> Page<'a> {
    /// Reads the page in the body of an answer. Only its items are required: what it says about other pages is believed
    /// where it can be read. An empty page of a key that may see nothing has page size 0.
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
        // An empty page ends the list, whatever it says of further ones: a client must come to an end.
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
