//! What is wrong with a connector: seen in its configuration alone ([`offline`]), looked up while planning ([`plan`]), or
//! answered by the platform ([`api_errors`]).

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

/// Returns the rules by their ids, each with the sentence that says what is wrong. Of a mistake that Harness's answers show
/// too, both have the same id.
pub(crate) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let offline = offline::RULES.iter().copied().flatten();
    let plan = plan::RULES.iter().copied().flatten();
    let answers = api_errors::CHANGES.iter().chain(api_errors::TESTS);
    offline
        .map(|rule| (rule.id, rule.says))
        .chain(plan.map(|rule| (rule.id, rule.says)))
        .chain(answers.map(|rule| (rule.id, rule.says)))
}
