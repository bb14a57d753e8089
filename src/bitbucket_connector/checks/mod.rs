//! The checks of a connector: of its configuration alone ([`offline`]), with lookups during a plan ([`plan`]), and of
//! the platform's error responses ([`api_errors`]).

pub(super) mod api_errors;
#[cfg(test)]
mod example_pair;
mod examples;
pub(crate) mod offline;
pub(crate) mod plan;
#[cfg(test)]
mod reference_page;
#[cfg(test)]
pub(crate) mod rule_links;

/// Returns the rules by id, each with the sentence that says what is wrong. If Harness's responses show a mistake that
/// a rule also finds, both have one id.
pub(crate) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let offline = offline::RULES.iter().copied().flatten();
    let plan = plan::RULES.iter().copied().flatten();
    let answers = api_errors::CHANGES.iter().chain(api_errors::TESTS);
    offline
        .map(|rule| (rule.id, rule.says))
        .chain(plan.map(|rule| (rule.id, rule.says)))
        .chain(answers.map(|rule| (rule.id, rule.says)))
}
