//! A finding of a rule.

use tf_provider::diagnostic::{Again, Diagnostic, Severity, Shared};
use tf_provider::value::{Path, Value};

use super::{Family, IntoPath, Rule, Strict};
use crate::harness::leaked_secret;
use crate::harness::provider_data::ELSEWHERE;
use crate::harness::wording::{hcl, without_emails};

/// A finding of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Finding<F: Family> {
    pub(crate) rule: &'static Rule<F>,
    /// The argument; an empty path for the connector as a whole.
    pub(crate) path: Path,
    severity: Severity,
    strict: Strict,
    summary: String,
    detail: String,
    shared: Option<Shared>,
    /// Changes to the configuration that make the finding go away: places and their new values (null: leave it out).
    #[cfg(test)]
    pub(crate) suggestion: Vec<(Path, Value)>,
}

impl<F: Family> Finding<F> {
    /// Returns whether another finding has the same rule, text, and place.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.rule.id == other.rule.id
            && self.path == other.path
            && self.summary == other.summary
            && self.detail == other.detail
    }

    /// Returns the summary.
    #[cfg(test)]
    pub(crate) fn summary(&self) -> &str {
        &self.summary
    }

    /// Adds a sentence to the finding.
    pub(crate) fn with_sentence(mut self, sentence: &str) -> Self {
        self.detail = format!("{} {sentence}", self.detail);
        self
    }

    /// Returns the finding for Terraform; `None` if it shows under `strict` only. Its last line says where the rule is
    /// explained.
    pub(crate) fn into_diagnostic(self, strict: bool) -> Option<Diagnostic> {
        let severity = match (self.strict, strict) {
            (Strict::Only, false) => return None,
            (Strict::Raised, true) => Severity::Error,
            _ => self.severity,
        };
        Some(Diagnostic {
            severity,
            // A last line of defense: rules show values through [`wording`](crate::harness::wording), which hides secrets.
            summary: leaked_secret::kinds_removed_from(&self.summary),
            detail: format!(
                "{}\n{}",
                leaked_secret::kinds_removed_from(&self.detail),
                mention(self.rule.id)
            ),
            path: Some(self.path).filter(|path| !path.steps().is_empty()),
            shared: self
                .shared
                .filter(|shared| severity == Severity::Error || shared.again.is_none())
                .map(Box::new),
        })
    }
}

/// The page that explains every rule, from the root of the repository. Once the provider is published, this becomes the
/// page's address in the registry.
pub(crate) const REFERENCE: &str = "docs/guides/validation-rules.md";

/// Returns where a rule is explained: the reference page and the rule's anchor there.
pub(crate) fn address(id: &str) -> String {
    format!("{REFERENCE}#{}", id.to_lowercase())
}

/// Returns the last line of a finding: where its rule is explained, and the rule's id.
pub(crate) fn mention(id: &str) -> String {
    format!("{} (rule {id})", address(id))
}

/// Splits the text of a finding into what it says and the id of its rule; `None` if its last line is anything else than a
/// rule, because other people's words may end with one. The last line of an older version of the provider has no address,
/// and that of a newer one may have another.
pub(crate) fn mentioned(detail: &str) -> Option<(&str, &str)> {
    let detail = detail.trim_end();
    let (said, line) = detail.rsplit_once('\n').unwrap_or(("", detail));
    let (address, id) = line.trim().strip_suffix(')')?.rsplit_once("(rule ")?;
    let address = address.trim_end();
    let is_address = !address.contains(char::is_whitespace)
        && address.ends_with(&format!("#{}", id.to_lowercase()));
    (address.is_empty() || is_address).then(|| (said.trim_end(), id))
}

/// Collects the findings of a rule.
pub(crate) struct Findings<'a, F: Family> {
    rule: &'static Rule<F>,
    found: &'a mut Vec<Finding<F>>,
}

impl<'a, F: Family> Findings<'a, F> {
    pub(crate) fn of(rule: &'static Rule<F>, found: &'a mut Vec<Finding<F>>) -> Self {
        Self { rule, found }
    }
}

impl<F: Family> Findings<'_, F> {
    /// Returns the rule that is being checked.
    pub(crate) fn rule(&self) -> &'static Rule<F> {
        self.rule
    }

    /// Pushes a finding at the narrowest `path`. `summary` names the problem in a few words and has no full stop. `detail`
    /// says what was found, then what to write, ends as a sentence and holds no secret; [`Pushed::fix`] and [`Pushed::note`]
    /// add to it, and the rule's id follows.
    pub(crate) fn push(
        &mut self,
        path: impl IntoPath,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Pushed<'_, F> {
        self.found.push(Finding {
            rule: self.rule,
            path: path.into_path(),
            severity: self.rule.severity,
            strict: self.rule.strict,
            summary: summary.into(),
            detail: detail.into(),
            shared: None,
            #[cfg(test)]
            suggestion: Vec::new(),
        });
        Pushed(self.found)
    }
}

/// The last added finding.
pub(crate) struct Pushed<'a, F: Family>(&'a mut Vec<Finding<F>>);

impl<F: Family> Pushed<'_, F> {
    fn changed(self, change: impl FnOnce(&mut Finding<F>)) -> Self {
        if let Some(finding) = self.0.last_mut() {
            change(finding);
        }
        self
    }

    /// Changes the finding's severity from that of the rule, for a less serious case of the mistake.
    pub(crate) fn weighing(self, severity: Severity) -> Self {
        self.changed(|finding| finding.severity = severity)
    }

    /// Keeps the severity under `strict`, whatever the rule says, for a case that may be legitimate.
    pub(crate) fn not_raised_by_strict(self) -> Self {
        self.changed(|finding| finding.strict = Strict::Same)
    }

    /// Raises the severity under `strict`, whatever the rule says, for a more serious case of the mistake.
    pub(crate) fn raised_by_strict(self) -> Self {
        self.changed(|finding| finding.strict = Strict::Raised)
    }

    /// Shows only one finding with any of these causes in a run. `object` is what this one is about.
    pub(crate) fn once(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
    ) -> Self {
        self.sharing(causes, object, None)
    }

    /// Explains errors with any of these causes only once in a run; the others refer to the explanation, with the
    /// rule's id. Of warnings with the same summary, hosts show an arbitrary one.
    pub(crate) fn explained_once(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
        again: Again,
    ) -> Self {
        let rule = self.0.last().map(|finding| mention(finding.rule.id));
        let after = match rule {
            Some(rule) => format!("{}\n{rule}", again.after),
            None => again.after,
        };
        self.sharing(causes, object, Some(Again { after, ..again }))
    }

    fn sharing(
        self,
        causes: impl IntoIterator<Item = String>,
        object: Option<String>,
        again: Option<Again>,
    ) -> Self {
        self.changed(|finding| {
            finding.shared = Some(Shared {
                causes: causes.into_iter().collect(),
                object: object.unwrap_or_else(|| ELSEWHERE.to_owned()),
                again,
            });
        })
    }

    /// Adds a sentence for those who want to know more: why it is wrong, or what else there is to know.
    pub(crate) fn note(self, sentence: impl AsRef<str>) -> Self {
        self.changed(|finding| {
            finding.detail = format!("{} {}", finding.detail, sentence.as_ref());
        })
    }

    /// Adds "Write …" where it is known what was meant: the text that makes the finding go away, at its path.
    pub(crate) fn fix(self, meant: Option<impl Into<String>>) -> Self {
        let Some(meant) = meant.map(Into::into) else {
            return self;
        };
        self.changed(|finding| {
            let literal = hcl(&without_emails(&meant));
            finding.detail = format!("{} Write {literal}.", finding.detail);
            #[cfg(test)]
            finding
                .suggestion
                .push((finding.path.clone(), meant.into()));
        })
    }

    /// Adds "Write …" like [`Pushed::fix`], unless `found`, the text that the finding is about, is or holds a secret.
    pub(crate) fn fix_text(self, found: &str, meant: Option<impl Into<String>>) -> Self {
        self.fix(meant.filter(|_| leaked_secret::recognise_to_hide(found).is_none()))
    }

    /// Adds a change that the detail describes: the new `value` at `path` (null: leave it out). A test applies all
    /// changes together: the finding must then be gone, and no new one may appear.
    #[cfg(test)]
    pub(crate) fn suggest(self, path: impl IntoPath, value: impl Into<Value>) -> Self {
        let change = (path.into_path(), value.into());
        self.changed(|finding| finding.suggestion.push(change))
    }

    /// Ignores the change outside of tests, which alone need it as data.
    #[cfg(not(test))]
    pub(crate) fn suggest(self, _: impl IntoPath, _: impl Into<Value>) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_finding_says_where_its_rule_is_explained() {
        assert_eq!(
            mention("N01"),
            "docs/guides/validation-rules.md#n01 (rule N01)"
        );
    }

    #[test]
    fn the_rule_of_a_finding_is_found_again_in_its_text() {
        for (detail, expected) in [
            (
                format!("Two\nlines.\n{}", mention("P10")),
                Some(("Two\nlines.", "P10")),
            ),
            (mention("P10"), Some(("", "P10"))),
            (
                "One line.\n(rule P10)".to_owned(),
                Some(("One line.", "P10")),
            ),
            (
                "One line.\nhttps://registry.example.com/x/rules#p10 (rule P10)\n".to_owned(),
                Some(("One line.", "P10")),
            ),
            ("See #p11 (rule P10)".to_owned(), None),
            ("As agreed.\nNot allowed (rule P10)".to_owned(), None),
            ("Our policy forbids this (rule N01)".to_owned(), None),
            ("See docs/x.md#n01 (rule N01)".to_owned(), None),
            ("A (rule of thumb) is not one.".to_owned(), None),
            ("Nothing".to_owned(), None),
        ] {
            assert_eq!(mentioned(&detail), expected);
        }
    }
}
