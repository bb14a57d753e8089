//! Scripted faults: which requests go wrong, how, and how often.
//!
//! A fault lets `skip` matching requests pass, then fires `count` times. Of several faults the first that fires wins;
//! the ones after it do not see that request.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault, as a script has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What the log calls it; absent: its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The HTTP method; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The exact path without `/gateway`; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A regular expression, not anchored, on the path without `/gateway`; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_regex: Option<String>,
    /// How many matching requests pass before it fires.
    #[serde(default)]
    pub skip: u64,
    /// How often it fires; 0: every time.
    #[serde(default = "once")]
    pub count: u64,
    /// What happens.
    pub action: Action,
}

impl Fault {
    /// A fault that fires once, on the first request of this method and exact path.
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

    /// A fault that fires once, on the first request of any method and path.
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

    /// The same fault, firing so many times; 0 means every time.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// The same fault, after letting so many matching requests pass.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }
}

fn once() -> u64 {
    1
}

/// What happens to a request, or to its answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// This answer, and nothing is done.
    Answer(Answer),
    /// The HTML page of an edge with this status, and nothing is done.
    Html(u16),
    /// So many milliseconds before the request is handled as usual, even if the client has gone by then.
    DelayMs(u64),
    /// The connection is reset, and nothing is done.
    ResetBefore,
    /// The request is carried out, then the connection is reset.
    CommitThenReset,
    /// The request is carried out, then this is the answer.
    CommitThenAnswer(Answer),
    /// The request is carried out, then there is no answer for as long as the client waits.
    CommitThenHang,
    /// The request is carried out; the connection ends in the middle of the answer's body.
    CutBody,
    /// The request is carried out; the answer's body comes byte by byte.
    Drip {
        /// Milliseconds between two bytes.
        every_ms: u64,
    },
    /// No answer, for as long as the client waits; nothing is done.
    Hang,
}

/// An answer out of a script.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status; 0: 200.
    pub status: u16,
    /// Headers. Without `content-type` a `json` body is sent as JSON.
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body as JSON, in place of `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// A body of so many bytes of filling, in place of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_size: Option<u64>,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            json: Some(body),
            ..Self::default()
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// The script, and how far it has come.
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

    /// The fault that a request meets: its name and what it does.
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
        let misspelt = r#"{"action": "reset_before", "cuont": 2}"#;
        assert!(serde_json::from_str::<Fault>(misspelt).is_err());
    }
}
