//! Pages of a list: the search, the requested part, and the envelope around it.

use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Reply, Violation};

/// The requested part of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    index: usize,
    size: usize,
}

impl Page {
    /// Reads `pageIndex` (from 0) and `pageSize` (at most `most`).
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

    /// Returns the envelope with this page of `items`.
    pub(crate) fn envelope(self, items: &[Value]) -> Value {
        self.envelope_of(items, Value::clone)
    }

    /// Returns the envelope with this page of `items`; only those on the page are converted.
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

    /// Returns the envelope of a list in which the key can see nothing: its page has size 0.
    pub(crate) fn nothing() -> Value {
        json!({
            "totalPages": 1, "totalItems": 0, "pageItemCount": 0, "pageSize": 0, "content": [], "pageIndex": 0,
            "empty": true, "pageToken": null,
        })
    }
}

/// Compiles a search of the platform: a case-insensitive regular expression without anchors.
pub(crate) fn pattern(text: &str) -> Result<Regex, Reply> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .build()
        .map_err(|_| {
            Reply::violations(&[Violation::new("searchTerm", "is not a regular expression")])
        })
}
