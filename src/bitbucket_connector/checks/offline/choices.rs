//! Rules about arguments with a fixed list of values.
//!
//! E01 and E02 are this provider's own: the platform has these arguments in another form, or not at all.

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Rule};
use crate::bitbucket_connector::connector::schema::{
    CONNECTION_TYPES, CONNECTIVITY_MODES, URL_TYPES,
};
use crate::harness::provider_data::ConnectionTestMode;
use crate::harness::wording::{hcl, shown};

/// `url_type` and `connection_type`.
pub(super) static DETAILS: &[Rule] = &[
    Rule::error("U26", "url_type", |input, findings| {
        URL_TYPE.check(&input.model.url_type, findings);
    })
    .says("`url_type` is neither `Account` nor `Repository`.")
    .because("It tells Harness whether `url` is the common prefix of an account's repositories or the URL of a single one.")
    .example(r#"url_type = "account""#, r#"url_type = "Account""#),
    Rule::error("U27", "connection_type", |input, findings| {
        CONNECTION_TYPE.check(&input.model.connection_type, findings);
    })
    .says("`connection_type` is neither `HTTP` nor `SSH`.")
    .because("It decides how Git connects to Bitbucket, and with which credentials.")
    .example(r#"connection_type = "https""#, r#"connection_type = "HTTP""#),
];

/// `connectivity_mode`.
pub(super) static CONNECTIVITY: &[Rule] = &[
    Rule::error("E01", "connectivity_mode", |input, findings| {
        CONNECTIVITY_MODE.check(&input.model.connectivity_mode, findings);
    })
    .says("`connectivity_mode` is neither `Delegate` nor `Platform`.")
    .because("It decides what connects to Bitbucket: a Harness delegate in your network, or the Harness platform itself.")
    .example(r#"connectivity_mode = "delegate""#, r#"connectivity_mode = "Delegate""#),
];

/// `connection_test`.
pub(super) static CONNECTION_TEST: &[Rule] =
    &[Rule::error("E02", "connection_test", |input, findings| {
        TEST_MODE.check(&input.model.connection_test, findings);
    })
    .says("`connection_test` is not `off`, `warn`, or `require`.")
    .because("It decides what happens if the connection test fails after the connector was saved.")
    .example(r#"connection_test = "on""#, r#"connection_test = "warn""#)];

const URL_TYPE: Choice = Choice {
    name: "url_type",
    accepted: &URL_TYPES,
    meant: &[
        ("Repository", &["repo", "repositories"]),
        ("Account", &["workspace"]),
    ],
    foreign: &[(
        "Project",
        "This provider cannot set that type. To manage such a connector and keep its type, write the arguments of an \
         account and `lifecycle { ignore_changes = [url_type, url, test_repository] }`.",
    )],
    is_required: true,
    means: "\"Account\" for all repositories of an account, \"Repository\" for a single one",
};

const CONNECTION_TYPE: Choice = Choice {
    name: "connection_type",
    accepted: &CONNECTION_TYPES,
    meant: &[("HTTP", &["https"]), ("SSH", &["git"])],
    foreign: &[
        (
            "Account",
            "That is the `url_type`: write `url_type = \"Account\"`, and \"HTTP\" or \"SSH\" here.",
        ),
        (
            "Repo",
            "That is the `url_type`: write `url_type = \"Repository\"`, and \"HTTP\" or \"SSH\" here.",
        ),
    ],
    is_required: true,
    means: "\"HTTP\" for http:// and https:// URLs, \"SSH\" for ssh:// and git@ URLs",
};

const CONNECTIVITY_MODE: Choice = Choice {
    name: "connectivity_mode",
    accepted: &CONNECTIVITY_MODES,
    meant: &[
        ("Delegate", &["delegates"]),
        (
            "Platform",
            &["direct", "manager", "harness", "harness platform"],
        ),
    ],
    foreign: &[],
    is_required: false,
    means: "\"Delegate\" for a Harness delegate in your network (default), \"Platform\" for the Harness platform itself",
};

const TEST_MODE: Choice = Choice {
    name: "connection_test",
    accepted: &ConnectionTestMode::NAMES,
    meant: &[
        ("off", &["false", "none", "no", "disabled"]),
        ("warn", &["warning", "on", "true", "yes"]),
        ("require", &["required", "error", "fail"]),
    ],
    foreign: &[],
    is_required: false,
    means: "\"off\" for no test, \"warn\" for a warning if it fails, \"require\" to undo the change if it fails",
};

/// An argument with a fixed list of values.
pub(crate) struct Choice {
    /// The argument.
    pub(crate) name: &'static str,
    /// The values.
    pub(crate) accepted: &'static [&'static str],
    /// What people write instead, in lower case, with the intended values.
    pub(crate) meant: &'static [(&'static str, &'static [&'static str])],
    /// Values of Harness or of the official provider that cannot be written here, each with sentences that say what to do about it.
    pub(crate) foreign: &'static [(&'static str, &'static str)],
    /// Whether it is required.
    pub(crate) is_required: bool,
    /// The values, and what they mean.
    pub(crate) means: &'static str,
}

/// What is wrong with the value of an argument that has a fixed list of values.
pub(crate) struct NoChoice {
    pub(crate) summary: String,
    /// What was found.
    found: String,
    /// The value that was probably meant.
    nearest: Option<&'static str>,
    /// Which values there are.
    valid: String,
}

impl NoChoice {
    /// Returns what was found, what to write where that is known, and which values there are.
    pub(crate) fn detail(&self) -> String {
        let Self { found, valid, .. } = self;
        match self.nearest {
            Some(nearest) => format!("{found} Write {}. {valid}", hcl(nearest)),
            None => format!("{found} {valid}"),
        }
    }
}

impl Choice {
    fn check(&self, setting: &Field<String>, findings: &mut Findings<'_>) {
        if let Some(problem) = self.problem(setting) {
            findings
                .push(self.name, problem.summary, problem.found)
                .fix(problem.nearest)
                .note(problem.valid);
        }
    }

    /// Returns what is wrong with a value, or `None` if it is in the list, or not known yet.
    pub(crate) fn problem(&self, setting: &Field<String>) -> Option<NoChoice> {
        let name = self.name;
        let text = match setting {
            Field::Known(text) if !self.accepted.contains(&text.as_str()) => Some(text),
            Field::Null if self.is_required => None,
            _ => return None,
        };
        let found = text.map_or("is not set".to_owned(), |text| {
            format!("is {}", shown(text))
        });
        let found = format!("`{name}` {found}.");
        let foreign = text.and_then(|text| self.foreign(text));
        Some(NoChoice {
            summary: match text {
                Some(_) => format!("Invalid {name}"),
                None => format!("Missing {name}"),
            },
            found: match foreign {
                Some(advice) => format!("{found} {advice}"),
                None => found,
            },
            nearest: text.and_then(|text| self.nearest(text)),
            valid: format!("Valid values: {}.", self.means),
        })
    }

    /// Returns what to do about a value of Harness.
    fn foreign(&self, text: &str) -> Option<&'static str> {
        let text = text.trim();
        let mut foreign = self.foreign.iter();
        let (_, advice) = foreign.find(|(value, _)| value.eq_ignore_ascii_case(text))?;
        Some(advice)
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
    fn values_outside_the_list_and_missing_required_ones_are_errors() {
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
    fn a_value_that_only_harness_has_is_explained_and_not_replaced() {
        for word in ["Project", "project", " PROJECT"] {
            let findings = found(&format!("url_type = \"{word}\""));
            let detail = findings[0].clone().into_diagnostic(false).unwrap().detail;
            assert!(!detail.contains("Write "), "{detail}");
            assert!(
                detail.contains("ignore_changes = [url_type, url, test_repository]"),
                "{detail}"
            );
        }
    }

    #[test]
    fn every_value_is_explained() {
        for choice in [&URL_TYPE, &CONNECTION_TYPE, &CONNECTIVITY_MODE, &TEST_MODE] {
            for value in choice.accepted {
                assert!(choice.means.contains(&hcl(value)), "{value}");
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
