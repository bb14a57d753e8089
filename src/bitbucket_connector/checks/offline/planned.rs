//! What is reported about a configuration before there is a state, and what is reported during a plan.
//!
//! Terraform validates the configuration as written, but plans it with `ignore_changes` applied: an ignored argument
//! then has the state's value. So a plan may contain an invalid value that is not in the configuration and that nothing
//! changes. If the existing connector has an identical finding about the same value, the value is Harness's own, and
//! the finding is a warning, even under `strict`. A new connector has no such values. Nothing is reported about a setting
//! that `unmanaged` shows: the import already warned, and every plan would repeat it.
//!
//! A few rules refuse for a new connector what Harness accepts and existing connectors have ([`EXISTING`]). Validation
//! does not know whether the connector exists, and warns; the plan knows.

use tf_provider::diagnostic::{Diagnostic, Diagnostics, Severity};
use tf_provider::field::{Field, ToValue};
use tf_provider::value::{Path, Step};

use super::input::Input;
use super::table::RULES;
use crate::bitbucket_connector::checks::offline::input::Finding;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::{settings, unmanaged};
use crate::harness::rule::find;

/// The rules that refuse what existing connectors may have.
pub(crate) const EXISTING: [&str; 1] = ["R01"];

/// Returns all findings about `model` as written, before anything is known about a state.
pub(crate) fn validate(model: &Model) -> Diagnostics {
    let findings = findings(model).into_iter();
    findings.filter_map(validated).collect()
}

/// Returns the findings about `model` to report during a plan. `prior` is the connector that the plan keeps or changes,
/// if there is one.
///
/// Terraform validates the configuration immediately before, so warnings that do not depend on `strict` are not
/// repeated: it is known for each finding what validation reported.
pub(crate) fn plan(model: &Model, prior: Option<&Model>, strict: bool) -> Diagnostics {
    let prior = prior.map(|prior| as_written(prior, model));
    let before = prior.as_ref().map(findings).unwrap_or_default();
    let is_kept = |finding: &Finding| {
        before.iter().any(|other| other.says_the_same(finding))
            && prior
                .as_ref()
                .is_some_and(|prior| has_the_same(prior, model, &finding.path))
    };
    let recorded: Vec<_> = prior.iter().flat_map(unmanaged::phrases_of).collect();
    let recorded = unmanaged::arguments(&recorded);
    let mut planned = Diagnostics::default();
    for finding in findings(model) {
        let may_exist = EXISTING.contains(&finding.rule.id);
        let is_kept = is_kept(&finding);
        let is_recorded = first(&finding.path).is_some_and(|name| recorded.contains(name));
        let said = validated(finding.clone());
        let Some(finding) = finding.into_diagnostic(strict) else {
            continue;
        };
        match finding.severity {
            Severity::Error if is_kept && (may_exist || is_recorded) => {}
            Severity::Error if is_kept => planned.push(kept(finding)),
            Severity::Warning if said.as_ref() == Some(&finding) => {}
            Severity::Error | Severity::Warning => planned.push(finding),
        }
    }
    planned
}

fn findings(model: &Model) -> Vec<Finding> {
    find(RULES.iter().copied().flatten(), &Input::new(model))
}

fn validated(finding: Finding) -> Option<Diagnostic> {
    if !EXISTING.contains(&finding.rule.id) {
        return finding.into_diagnostic(false);
    }
    let warning =
        finding.with_sentence("The plan fails unless the connector already exists without it.");
    let finding = warning.into_diagnostic(false)?;
    Some(Diagnostic {
        severity: Severity::Warning,
        ..finding
    })
}

/// Converts the error about a value that the plan keeps to a warning.
fn kept(finding: Diagnostic) -> Diagnostic {
    let argument = finding.path.as_ref().and_then(first);
    let is_of_terraform = argument.is_some_and(settings::is_of_terraform);
    let whose = if is_of_terraform {
        "The state has this value, and the plan does not change it."
    } else {
        "Harness has this value, and the plan does not change it. If `ignore_changes` covers it, change it in Harness."
    };
    Diagnostic {
        severity: Severity::Warning,
        ..finding
    }
    .preceded_by(whose)
}

/// Returns the name of the argument at the top level that a path points to or into.
fn first(path: &Path) -> Option<&str> {
    match path.steps().first()? {
        Step::Attribute(name) => Some(name),
        _ => None,
    }
}

/// Returns the connector as a configuration like `written` would describe it, without the values that `written` leaves
/// to the provider.
fn as_written(prior: &Model, written: &Model) -> Model {
    fn given<T: Clone>(prior: &Field<T>, written: &Field<T>) -> Field<T> {
        match written {
            Field::Null => Field::Null,
            Field::Unknown | Field::Known(_) => prior.clone(),
        }
    }
    Model {
        identifier: given(&prior.identifier, &written.identifier),
        connectivity_mode: given(&prior.connectivity_mode, &written.connectivity_mode),
        force_delete: given(&prior.force_delete, &written.force_delete),
        ..prior.clone()
    }
}

/// Returns whether two connectors have equal values at `path`, or around it if `path` points into a set.
fn has_the_same(one: &Model, other: &Model, path: &Path) -> bool {
    let (one, other) = (one.to_value(), other.to_value());
    let steps = path.steps();
    let mut around = (1..=steps.len()).rev();
    around.any(|length| {
        let path: Path = steps.iter().take(length).cloned().collect();
        match (one.get_path(&path), other.get_path(&path)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use tf_provider::field::FromValue;

    use super::*;
    use crate::bitbucket_connector::checks::offline::check;
    use crate::bitbucket_connector::checks::offline::testing::{config, rules};
    use crate::harness::rule::{Strict, mentioned};

    fn model(hcl: &str) -> Model {
        Model::from_value(&config(hcl)).unwrap()
    }

    /// Returns the findings as `severity rule`.
    fn shown(findings: &Diagnostics) -> Vec<String> {
        let shown = findings.iter().map(|finding| {
            let (_, rule) = mentioned(&finding.detail).unwrap();
            format!("{:?} {rule}", finding.severity)
        });
        shown.collect()
    }

    #[test]
    fn what_the_connector_has_already_is_at_most_a_warning() {
        for rule in rules() {
            let model = model(rule.wrong.content().unwrap());
            for strict in [false, true] {
                let planned = plan(&model, Some(&model), strict);
                assert!(!planned.has_errors(), "{}: {planned:?}", rule.id);
                let alone = plan(&model, None, strict);
                assert_eq!(alone.has_errors(), check(&model, strict).has_errors());
                if alone.has_errors() && !EXISTING.contains(&rule.id) {
                    let first = planned.iter().next().unwrap();
                    let whose = "has this value, and the plan does not change it.";
                    assert!(first.detail.contains(whose), "{}", first.detail);
                }
                if rule.strict == Strict::Same && rule.severity == Severity::Warning {
                    assert_eq!(planned, Diagnostics::default(), "{}", rule.id);
                }
            }
        }
    }

    #[test]
    fn a_finding_about_an_existing_value_is_only_a_warning() {
        const BROWSER: &str = "url = \"https://bitbucket.org/acme/web/src/main\"\nurl_type = \"Repository\"\n\
                               test_repository = null";
        let refused = |text: &str| format!("identifier = \"{text}\"");
        for (prior, config, expected) in [
            ("", BROWSER, &["Error C04"][..]),
            (BROWSER, BROWSER, &["Warning C04"]),
            // Another argument changes.
            (
                BROWSER,
                &format!("{BROWSER}\nname = \"x\""),
                &["Warning C04"],
            ),
            // The message is identical, but about another value, which is not shown.
            (
                &refused("ATATT3xFfGF0q1w2e3r4"),
                &refused("ATATT3xFfGF0q1w2e3r4"),
                &["Warning E05"],
            ),
            (
                &refused("ATATT3xFfGF0q1w2e3r4"),
                &refused("ATATT3xFfGF0r4e3w2q1"),
                &["Error E05"],
            ),
            // The value was valid with another argument.
            (
                "url = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"",
                "test_repository = \"WEB/shop.git\"",
                &["Error R05"],
            ),
            // A name changed in Harness yields no identifier, and does not need to.
            (
                "name = \"42\"\nidentifier = \"bb\"",
                "name = \"42\"",
                &["Warning I08"],
            ),
            (
                "name = \"x\"\nidentifier = \"bb\"",
                "name = \"42\"",
                &["Error I08"],
            ),
            ("test_repository = null", "test_repository = null", &[]),
            ("", "test_repository = null", &["Error R01"]),
        ] {
            let planned = plan(&model(config), Some(&model(prior)), false);
            assert_eq!(shown(&planned), expected, "{prior}\n→\n{config}");
        }
    }

    #[test]
    fn a_setting_that_unmanaged_shows_is_not_reported() {
        let project = "url_type = \"Project\"";
        let ignored = model(project);
        let mut recorded = model(project);
        let phrase = Field::Known("url_type: Project".to_owned());
        recorded.unmanaged = Field::Known(vec![phrase]);
        for (prior, expected) in [
            (&recorded, &[][..]),
            (&ignored, &["Warning U26"]),
            (&model(""), &["Error U26"]),
        ] {
            let planned = plan(&ignored, Some(prior), false);
            assert_eq!(shown(&planned), expected);
        }
    }

    #[test]
    fn a_value_that_only_terraform_knows_is_called_that_of_the_state() {
        let model = model("timeouts {\n create = \"5 minutes\"\n}");
        let planned = plan(&model, Some(&model), false);
        let said = &planned.iter().next().unwrap().detail;
        assert!(said.starts_with("The state has this value"), "{said}");
    }

    #[test]
    fn validation_warns_of_what_may_exist() {
        let found = validate(&model("test_repository = null"));
        assert_eq!(shown(&found), ["Warning R01"]);
        let (said, _) = mentioned(&found.iter().next().unwrap().detail).unwrap();
        assert!(
            said.ends_with(" unless the connector already exists without it."),
            "{said}"
        );
    }
}
