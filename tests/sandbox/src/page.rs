//! Pages of a list: what was searched for, which part was asked for, and the envelope around it.

use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Reply, Violation};

/// The part of a list that a call asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    index: usize,
    size: usize,
}

impl Page {
    /// Reads `pageIndex` (from 0) and `pageSize` (not above `most`).
    pub(crate) fn of(call: &Call, default: usize, most: usize) -> Result<Self, Reply> {
        let size = call.number("pageSize").unwrap_or(default);
        if size > most {
            let message = format!("must be less than or equal to {most}");
            return Err(Reply::violations(&[Violation::new("pageSize", message)]));
        }
        Ok(Self {
            index: call.number("pageIndex").unwrap_or(0),
            size: size.max(1),
        })
    }

    /// The envelope with this page of `items`.
    pub(crate) fn envelope(self, items: &[Value]) -> Value {
        self.envelope_of(items, Value::clone)
    }

    /// The envelope with this page of `items`, of which only those on the page are shown.
    pub(crate) fn envelope_of<T>(self, items: &[T], show: impl Fn(&T) -> Value) -> Value {
        let content: Vec<Value> = items
            .iter()
            .skip(self.index.saturating_mul(self.size))
            .take(self.size)
            .map(show)
            .collect();
        json!({
            "totalPages": items.len().div_ceil(self.size), "totalItems": items.len(),
            "pageItemCount": content.len(), "pageSize": self.size, "content": content, "pageIndex": self.index,
            "empty": content.is_empty(), "pageToken": null,
        })
    }

    /// The envelope of a list in which the key may see nothing at all: its page has no size.
    pub(crate) fn nothing() -> Value {
        json!({
            "totalPages": 1, "totalItems": 0, "pageItemCount": 0, "pageSize": 0, "content": [], "pageIndex": 0,
            "empty": true, "pageToken": null,
        })
    }
}

/// A search of the platform: a regular expression without anchors and without regard to case.
pub(crate) fn pattern(text: &str) -> Result<Regex, Reply> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .build()
        .map_err(|_| {
            Reply::violations(&[Violation::new("searchTerm", "is not a regular expression")])
        })
}
