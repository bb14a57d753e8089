//! Pages of a list: which part was asked for, and the envelope around it.

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
}
