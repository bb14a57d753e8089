//! Scripted faults: which requests fail, how, and how often.
//!
//! A fault lets `skip` matching requests pass, then fires `count` times. If several faults match, the first that fires
//! is used, and the ones after it do not see the request.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault in a script.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its name in the log; its number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The HTTP method; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The exact path without `/gateway`; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A regular expression, not anchored, for the path without `/gateway`; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_regex: Option<String>,
    /// How many matching requests pass before it fires.
    #[serde(default)]
    pub skip: u64,
    /// How often it fires; 0 means every time.
    #[serde(default = "once")]
    pub count: u64,
    /// What happens.
    pub action: Action,
}

impl Fault {
    /// Creates a fault that fires once, on the first request with this method and exact path.
    pub fn on(method: &str, path: &str, action: Action) -> Self {
        Self {
            name: None,
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            path_regex: None,
            skip: 0,
            count: 1,
            action,
        }
    }

    /// Creates a fault that fires once, on the first request with any method and path.
    pub fn anywhere(action: Action) -> Self {
        Self {
            name: None,
            method: None,
            path: None,
            path_regex: None,
            skip: 0,
            count: 1,
            action,
        }
    }

    /// Sets how often the fault fires; 0 means every time.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// Sets how many matching requests pass before the fault fires.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }
}

fn once() -> u64 {
    1
}

/// What happens to a request, or to its response.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Send this response, and do nothing.
    Answer(Answer),
    /// Send an edge's HTML page with this status, and do nothing.
    Html(u16),
    /// Wait this many milliseconds, then handle the request as usual, even if the client has disconnected.
    DelayMs(u64),
    /// Reset the connection, and do nothing.
    ResetBefore,
    /// Carry out the request, then reset the connection.
    CommitThenReset,
    /// Carry out the request, then send this response.
    CommitThenAnswer(Answer),
    /// Carry out the request, then send no response for as long as the client waits.
    CommitThenHang,
    /// Carry out the request; close the connection in the middle of the response body.
    CutBody,
    /// Carry out the request; send the response body byte by byte.
    Drip {
        /// Milliseconds between two bytes.
        every_ms: u64,
    },
    /// Send no response for as long as the client waits, and do nothing.
    Hang,
}

/// A scripted response.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status; 0 means 200.
    pub status: u16,
    /// Headers. Without `content-type`, a `json` body is sent as JSON.
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body as JSON, instead of `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// A filler body of this many bytes, instead of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_size: Option<u64>,
}

impl Answer {
    /// Creates a response without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Creates a response with a JSON body.
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            json: Some(body),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// The script and its progress.
#[derive(Default)]
pub(crate) struct Faults {
    scripted: Vec<Scripted>,
}

struct Scripted {
    fault: Fault,
    path: Option<Regex>,
    seen: u64,
    fired: u64,
}

/// A scripted fault and how often it has fired.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FaultCount {
    /// The fault.
    pub fault: Fault,
    /// How many requests matched it.
    pub seen: u64,
    /// How often it fired.
    pub fired: u64,
}

impl Faults {
    /// Adds faults at the end of the script.
    pub(crate) fn add(&mut self, faults: Vec<Fault>) -> Result<(), String> {
        let mut added = Vec::with_capacity(faults.len());
        for fault in faults {
            let path = fault
                .path_regex
                .as_deref()
                .map(Regex::new)
                .transpose()
                .map_err(|error| format!("path_regex is not a regular expression: {error}"))?;
            added.push(Scripted {
                fault,
                path,
                seen: 0,
                fired: 0,
            });
        }
        self.scripted.extend(added);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.scripted.clear();
    }

    pub(crate) fn counts(&self) -> Vec<FaultCount> {
        self.scripted
            .iter()
            .map(
                |Scripted {
                     fault, seen, fired, ..
                 }| FaultCount {
                    fault: fault.clone(),
                    seen: *seen,
                    fired: *fired,
                },
            )
            .collect()
    }

    /// Returns the fault for a request: its name and action.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<(String, Action)> {
        for (number, scripted) in self.scripted.iter_mut().enumerate() {
            if !scripted.matches(method, path) {
                continue;
            }
            scripted.seen += 1;
            let exhausted = scripted.fault.count != 0 && scripted.fired >= scripted.fault.count;
            if scripted.seen <= scripted.fault.skip || exhausted {
                continue;
            }
            scripted.fired += 1;
            let name = scripted
                .fault
                .name
                .clone()
                .unwrap_or_else(|| number.to_string());
            return Some((name, scripted.fault.action.clone()));
        }
        None
    }
}

impl Scripted {
    fn matches(&self, method: &str, path: &str) -> bool {
        self.fault
            .method
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .fault
                .path
                .as_deref()
                .is_none_or(|wanted| wanted == path)
            && self
                .path
                .as_ref()
                .is_none_or(|wanted| wanted.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(faults: &mut Faults, requests: usize) -> Vec<Option<String>> {
        (0..requests)
            .map(|_| faults.meet("GET", "/x").map(|(name, _)| name))
            .collect()
    }

    #[test]
    fn a_fault_skips_then_fires_its_count_then_is_over() {
        let mut faults = Faults::default();
        faults
            .add(vec![Fault::on("GET", "/x", Action::Hang).after(1).times(2)])
            .unwrap();
        assert!(faults.meet("PUT", "/x").is_none());
        assert!(faults.meet("GET", "/y").is_none());
        let fired = Some("0".to_owned());
        assert_eq!(names(&mut faults, 4), [None, fired.clone(), fired, None]);
        assert_eq!((faults.counts()[0].seen, faults.counts()[0].fired), (4, 2));
    }

    #[test]
    fn faults_on_the_same_request_fire_one_after_the_other() {
        let mut faults = Faults::default();
        let one = Fault::anywhere(Action::ResetBefore);
        faults.add(vec![one.clone(), one.times(0)]).unwrap();
        assert_eq!(
            names(&mut faults, 3),
            [Some("0".into()), Some("1".into()), Some("1".into())]
        );
    }

    #[test]
    fn a_script_reads_as_the_readme_writes_it() {
        let script = r#"[
            {"method": "POST", "path": "/a", "action": {"commit_then_answer": {"status": 502, "body": "x"}}},
            {"path_regex": "^/b", "skip": 1, "count": 0, "action": "reset_before"},
            {"action": {"drip": {"every_ms": 5}}}, {"action": {"html": 503}}, {"action": {"delay_ms": 10}}
        ]"#;
        assert_eq!(serde_json::from_str::<Vec<Fault>>(script).unwrap().len(), 5);
        let misspelled = r#"{"action": "reset_before", "cuont": 2}"#;
        assert!(serde_json::from_str::<Fault>(misspelled).is_err());
    }
}
