//! Reads the items of a page one at a time.
//!
//! A page has a hundred connectors, and the tree of a connector takes several times the memory of its text.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The members of an object, not read yet. Of two with the same name, the last one counts, as in a [`Map`].
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The items of a page, as text.
#[derive(Debug)]
pub(crate) struct Items(Vec<Box<RawValue>>);

impl Items {
    /// Reads a response, except for the items of its page, which have null in their places. Without a page in the
    /// response, reads all of it.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON.
    pub(crate) fn set_aside(text: &str) -> serde_json::Result<(Value, Option<Self>)> {
        match page_in(text) {
            Some((mut body, mut data, items)) => {
                data.remove("content");
                let mut page = read(&data)?;
                page.insert("content".to_owned(), vec![Value::Null; items.len()].into());
                body.remove("data");
                let mut body = read(&body)?;
                body.insert("data".to_owned(), page.into());
                Ok((body.into(), Some(Self(items))))
            }
            None => Ok((serde_json::from_str(text)?, None)),
        }
    }

    /// Reads one item after the other; `None` for one that cannot be read.
    pub(crate) fn values(self) -> impl Iterator<Item = Option<Value>> {
        self.0.into_iter().map(|text| {
            // As deep as in the response, because the depth that can be read is limited.
            let text = format!("[[[{}]]]", text.get());
            let [[[item]]] = serde_json::from_str::<[[[Value; 1]; 1]; 1]>(&text).ok()?;
            Some(item)
        })
    }
}

/// Returns the envelope, its `data`, and the items there.
fn page_in(text: &str) -> Option<(Members<'_>, Members<'_>, Vec<Box<RawValue>>)> {
    let body: Members<'_> = serde_json::from_str(text).ok()?;
    let data: Members<'_> = serde_json::from_str(body.get("data")?.get()).ok()?;
    let items = serde_json::from_str(data.get("content")?.get()).ok()?;
    Some((body, data, items))
}

fn read(members: &Members<'_>) -> serde_json::Result<Map<String, Value>> {
    members
        .iter()
        .map(|(name, text)| Ok((name.clone(), serde_json::from_str(text.get())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Returns what reading the response at once returns, put together from its parts.
    fn together(text: &str) -> serde_json::Result<Value> {
        let (mut body, items) = Items::set_aside(text)?;
        if let Some(items) = items {
            let content = body.pointer_mut("/data/content").unwrap().as_array_mut();
            let content = content.unwrap();
            let values: Vec<_> = items.values().map(Option::unwrap).collect();
            assert_eq!(content.len(), values.len());
            for (place, value) in content.iter_mut().zip(values) {
                assert_eq!(*place, Value::Null);
                *place = value;
            }
        }
        Ok(body)
    }

    #[test]
    fn a_page_read_item_by_item_is_the_page_read_at_once() {
        for text in [
            r#"{"status": "SUCCESS", "data": {"content": [{"a": 1.50}, null, "x", []], "totalItems": 4}, "n": 1e400}"#,
            r#"{"data": {"content": []}}"#,
            r#"{"data": {"content": {"a": 1}}}"#,
            r#"{"data": {"content": [1], "content": [2, 3]}, "data": {"content": [4]}}"#,
            r#"{"data": null}"#,
            "{}",
            "[]",
            "\u{a0}{}",
            r#"{"data": {"content": [{"a": 1}"#,
            r#"{"data": {"content": [1,]}}"#,
            r#"{"data": {"content": [1]}} x"#,
        ] {
            let at_once = serde_json::from_str::<Value>(text);
            assert_eq!(
                together(text).map_err(|error| error.to_string()),
                at_once.map_err(|error| error.to_string()),
                "{text}"
            );
        }
    }

    #[test]
    fn an_item_that_cannot_be_read_is_none() {
        let (body, items) =
            Items::set_aside(r#"{"data": {"content": [{"a": "\ud800"}, 1]}}"#).unwrap();
        assert_eq!(body, json!({"data": {"content": [null, null]}}));
        assert_eq!(
            items.unwrap().values().collect::<Vec<_>>(),
            [None, Some(json!(1))]
        );
    }

    #[test]
    fn an_item_is_read_if_it_can_be_read_in_the_response() {
        let mut read = 0;
        for depth in 110..140 {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let text = format!(r#"{{"data": {{"content": [{{"x": {open}{close}}}]}}}}"#);
            let at_once = serde_json::from_str::<Value>(&text);
            let (_, items) = Items::set_aside(&text).unwrap();
            let item = items.unwrap().values().next().unwrap();
            assert_eq!(item.is_some(), at_once.is_ok(), "{depth}");
            read += usize::from(item.is_some());
        }
        assert!(0 < read && read < 30, "{read}");
    }

    proptest! {
        #[test]
        fn no_text_is_read_differently(text in r#"(\{"data": ?)?(\{"content": ?)?(\[[0-9{}",\]]{0,6})?[\]}]{0,4}"#) {
            prop_assert_eq!(
                together(&text).map_err(|error| error.to_string()),
                serde_json::from_str::<Value>(&text).map_err(|error| error.to_string())
            );
        }
    }
}
