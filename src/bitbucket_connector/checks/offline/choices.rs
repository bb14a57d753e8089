//! Rules about arguments that take one word of a fixed list.
//!
//! E01 and E02 are this provider's own: they concern arguments that the platform has in another form, or not at all.

use tf_provider::diagnostic::Severity;
use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Rule};
use crate::bitbucket_connector::connector::schema::{
    CONNECTION_TYPES, CONNECTIVITY_MODES, URL_TYPES,
};
use crate::harness::provider_data::ConnectionTestMode;
use crate::harness::rule::{Example, Strict, at};
use crate::harness::wording::{hcl, joined, shown};

/// `url_type` and `connection_type`.
pub(super) static DETAILS: &[Rule] = &[
    Rule {
        id: "U26",
        setting: "url_type",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`url_type` is neither `Account` nor `Repository`.",
        why: "It decides how Harness reads `url`: as the address of all repositories of an account, or of one repository.",
        example: Example {
            wrong: r#"url_type = "account""#,
            mended: r#"url_type = "Account""#,
        },
        after: &[],
        check: |input, findings| {
            let choice = Choice {
                name: "url_type",
                accepted: &URL_TYPES,
                meant: &[
                    ("Repository", &["repo", "repositories"]),
                    ("Account", &["workspace", "project"]),
                ],
                is_required: true,
                means: "\"Account\" for all repositories of an account, \"Repository\" for a single one",
            };
            choice.check(&input.model.url_type, findings);
        },
    },
    Rule {
        id: "U27",
        setting: "connection_type",
        severity: Severity::Error,
        strict: Strict::Same,
        says: "`connection_type` is neither `HTTP` nor `SSH`.",
        why: "It decides how Git reaches Bitbucket, and with which credentials.",
        example: Example {
            wrong: r#"connection_type = "https""#,
            mended: r#"connection_type = "HTTP""#,
        },
        after: &[],
        check: |input, findings| {
            let choice = Choice {
                name: "connection_type",
                accepted: &CONNECTION_TYPES,
                meant: &[("HTTP", &["https"]), ("SSH", &["git"])],
                is_required: true,
                means: "\"HTTP\" for http:// and https:// URLs, \"SSH\" for ssh:// and git@",
            };
            choice.check(&input.model.connection_type, findings);
        },
    },
];

/// `connectivity_mode`.
pub(super) static CONNECTIVITY: &[Rule] = &[Rule {
    id: "E01",
    setting: "connectivity_mode",
    severity: Severity::Error,
    strict: Strict::Same,
    says: "`connectivity_mode` is neither `Delegate` nor `Platform`.",
    why: "It decides who connects to Bitbucket: a Harness delegate in your network, or the Harness platform itself.",
    example: Example {
        wrong: r#"connectivity_mode = "delegate""#,
        mended: r#"connectivity_mode = "Delegate""#,
    },
    after: &[],
    check: |input, findings| {
        let choice = Choice {
            name: "connectivity_mode",
            accepted: &CONNECTIVITY_MODES,
            meant: &[
                ("Delegate", &["delegates"]),
                (
                    "Platform",
                    &["direct", "manager", "harness", "harness platform"],
                ),
            ],
            is_required: false,
            means: "\"Delegate\" for a Harness delegate in your network (the default), \"Platform\" for Harness itself",
        };
        choice.check(&input.model.connectivity_mode, findings);
    },
}];

/// `connection_test`.
pub(super) static CONNECTION_TEST: &[Rule] = &[Rule {
    id: "E02",
    setting: "connection_test",
    severity: Severity::Error,
    strict: Strict::Same,
    says: "`connection_test` is not `off`, `warn` or `require`.",
    why: "It decides what becomes of a connection test that fails after the connector was saved.",
    example: Example {
        wrong: r#"connection_test = "on""#,
        mended: r#"connection_test = "warn""#,
    },
    after: &[],
    check: |input, findings| {
        let choice = Choice {
            name: "connection_test",
            accepted: &ConnectionTestMode::NAMES,
            meant: &[
                ("off", &["false", "none", "no", "disabled"]),
                ("warn", &["warning", "on", "true", "yes"]),
                ("require", &["required", "error", "fail"]),
            ],
            is_required: false,
            means: "\"off\" for no test, \"warn\" to be warned when it fails, \"require\" to undo the change then",
        };
        choice.check(&input.model.connection_test, findings);
    },
}];

/// An argument with a fixed list of values.
struct Choice {
    name: &'static str,
    accepted: &'static [&'static str],
    /// What people write instead, in lower case.
    meant: &'static [(&'static str, &'static [&'static str])],
    is_required: bool,
    means: &'static str,
}

impl Choice {
    fn check(&self, setting: &Field<String>, findings: &mut Findings<'_>) {
        let name = self.name;
        let text = match setting {
            Field::Known(text) if !self.accepted.contains(&text.as_str()) => Some(text),
            Field::Null if self.is_required => None,
            _ => return,
        };
        let found = text.map_or("is not given".to_owned(), |text| {
            format!("is {}", shown(text))
        });
        let nearest = text.and_then(|text| self.nearest(text));
        let write = nearest
            .map(|value| format!(" Write {}.", hcl(value)))
            .unwrap_or_default();
        let accepted: Vec<_> = self.accepted.iter().map(|value| hcl(value)).collect();
        let pushed = findings.push(
            at(name),
            match text {
                Some(_) => format!("Invalid {name}"),
                None => format!("Missing {name}"),
            },
            format!(
                "`{name}` {found}, and must be {}: {}.{write}",
                joined(&accepted, "or"),
                self.means
            ),
        );
        if let Some(value) = nearest {
            pushed.suggest(at(name), value);
        }
    }

    fn nearest(&self, text: &str) -> Option<&'static str> {
        let text = text.trim().to_lowercase();
        let accepted = self.accepted.iter().copied();
        let meant = self
            .meant
            .iter()
            .filter(|(_, synonyms)| synonyms.contains(&text.as_str()))
            .map(|(value, _)| *value);
        accepted
            .filter(|value| value.to_lowercase() == text)
            .chain(meant)
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::{found, ids};

    #[test]
    fn words_outside_the_list_are_found_and_absent_ones_where_they_are_required() {
        for (name, id, required) in [
            ("url_type", "U26 url_type", true),
            ("connection_type", "U27 connection_type", true),
            ("connectivity_mode", "E01 connectivity_mode", false),
            ("connection_test", "E02 connection_test", false),
        ] {
            let row = |value: &str| ids(&found(&format!("{name} = {value}")));
            let null: &[&str] = if required { &[id] } else { &[] };
            assert_eq!(row("null"), null);
            assert_eq!(row("var.x"), [""; 0]);
            for wrong in ["\"\"", "\"other\"", "\"HTTP \"", "\"<+input>\""] {
                assert_eq!(row(wrong), [id], "{name} = {wrong}");
            }
        }
        for (name, values) in [
            ("url_type", &URL_TYPES[..1]),
            ("connection_type", &CONNECTION_TYPES[..1]),
            ("connectivity_mode", &CONNECTIVITY_MODES[..]),
            ("connection_test", &ConnectionTestMode::NAMES[..]),
        ] {
            for value in values {
                assert_eq!(ids(&found(&format!("{name} = \"{value}\""))), [""; 0]);
            }
        }
    }

    #[test]
    fn the_word_that_was_meant_is_named() {
        for (hcl, word) in [
            ("url_type = \"REPO\"", "\"Repository\""),
            ("connection_type = \"Http\"", "\"HTTP\""),
            ("connectivity_mode = \"manager\"", "\"Platform\""),
            ("connection_test = \"true\"", "\"warn\""),
        ] {
            let findings = found(hcl);
            let detail = findings[0].clone().into_diagnostic(false).unwrap().detail;
            assert!(detail.contains(&format!("Write {word}.")), "{detail}");
        }
    }
}
