//! Rules about the delegates for a connector: those of its own scope and of wider ones. A delegate's name in lower case
//! is one of its tags; a delegate must have all tags in `delegate_selectors`.

use std::collections::BTreeSet;

use harness_platform::{Delegate, Scope};
use tf_provider::field::Field;

use super::input::{self, Circumstance, Findings, PlanInput, Rule};
use crate::bitbucket_connector::checks::offline::operation::connectivity;
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::plan_queries::answers::Answers;
use crate::harness::wording::{hcl, joined, similar};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("G08", "delegate_selectors", has_no_match)
        .raised_by_strict()
        .says("No delegate has all of the tags in `delegate_selectors`.")
        .because("Harness needs one delegate with *all* of the tags, in the connector's own scope or a wider one. Several \
                  delegates that have them between them do not help. A delegate that is installed in the same run is \
                  fine.")
        .example(
            r#"delegate_selectors = ["linux", "us"]"#,
            r#"delegate_selectors = ["linux", "eu"]"#,
        ),
    Rule::warning("G09", "delegate_selectors", is_disconnected)
        .says("None of the delegates that can serve the connector is connected.")
        .because("Until one of them connects, Harness can neither test nor use the connector.")
        .example(r#"delegate_selectors = ["us"]"#, r#"delegate_selectors = ["eu"]"#),
    Rule::warning("G10", "connectivity_mode", there_is_none)
        .says("The connector connects through a delegate, but there is none.")
        .because("Without a delegate, Harness can neither test nor use the connector. With `connectivity_mode = \
                  \"Platform\"`, the connector needs no delegate, but Harness must be able to reach Bitbucket from its \
                  own cloud.")
        .fixed_by(r#"connectivity_mode = "Platform""#)
        .when(Circumstance::NoDelegates),
];

/// The tags that a delegate must have.
pub(super) enum Wanted<'a> {
    /// Exactly these; an empty set allows any delegate.
    All(BTreeSet<&'a str>),
    /// These, and others that are not known yet.
    AtLeast(BTreeSet<&'a str>),
}

impl<'a> Wanted<'a> {
    /// Returns the tags. Returns `None` if they are completely unknown, or one is invalid, which is reported offline.
    pub(crate) fn of(model: &'a Model) -> Option<Self> {
        let selectors = match &model.delegate_selectors {
            Field::Null => return Some(Self::All(BTreeSet::new())),
            Field::Unknown => return None,
            Field::Known(selectors) => selectors,
        };
        let mut tags = BTreeSet::new();
        let mut is_open = false;
        for selector in selectors {
            match selector {
                Field::Known(tag) if connectivity::is_tag(tag) => {
                    tags.insert(tag.as_str());
                }
                Field::Unknown => is_open = true,
                Field::Known(_) | Field::Null => return None,
            }
        }
        Some(if is_open {
            Self::AtLeast(tags)
        } else {
            Self::All(tags)
        })
    }

    fn known(&self) -> &BTreeSet<&'a str> {
        match self {
            Self::All(tags) | Self::AtLeast(tags) => tags,
        }
    }
}

/// Returns the tags among these that a delegate lacks.
fn lacking<'t>(delegate: &Delegate, tags: &BTreeSet<&'t str>) -> Vec<&'t str> {
    let name = delegate.name.to_lowercase();
    let has = |tag: &str| delegate.tags.contains(tag) || tag == name;
    tags.iter().copied().filter(|tag| !has(tag)).collect()
}

/// Returns the known delegates that can serve the connector, those of the nearest scope first.
pub(crate) fn delegates<'c>(answers: &'c Answers, scope: &Scope) -> Vec<&'c Delegate> {
    let scopes = scope.with_wider().into_iter();
    let known = scopes.filter_map(|scope| answers.delegates.get(&scope));
    known.flatten().collect()
}

/// Returns the known delegates that have all of the tags.
pub(super) fn matching<'c>(input: &'c PlanInput<'_>) -> Vec<&'c Delegate> {
    match (input::scope(input.model()), Wanted::of(input.model())) {
        (Some(scope), Some(Wanted::All(tags))) => {
            let mut delegates = delegates(&input.answers, &scope);
            delegates.retain(|delegate| lacking(delegate, &tags).is_empty());
            delegates
        }
        _ => Vec::new(),
    }
}

/// Returns the connector's scope, if the delegates of every scope that can serve it are known.
fn fully_known(input: &PlanInput<'_>) -> Option<Scope> {
    let scope = input::scope(input.model())?;
    let is_known = |scope: &Scope| input.answers.delegates.contains_key(scope);
    scope.with_wider().iter().all(is_known).then_some(scope)
}

/// Returns the scopes in which the platform looks for a delegate, for people.
fn places(scope: &Scope) -> String {
    match scope {
        Scope::Account => "the account".to_owned(),
        Scope::Organization { .. } => format!("the {scope} or in the account"),
        Scope::Project { org, project } => {
            format!("the project \"{project}\", its organization \"{org}\", or the account")
        }
    }
}

fn has_no_match(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let (Some(scope), Some(wanted)) = (fully_known(input), Wanted::of(input.model())) else {
        return;
    };
    let tags = wanted.known();
    let delegates = delegates(&input.answers, &scope);
    // The first among equals, which is in the nearest scope.
    let nearest = delegates
        .iter()
        .map(|delegate| (lacking(delegate, tags), *delegate))
        .min_by_key(|(lacking, delegate)| (lacking.len(), !delegate.connected));
    let Some((lacking, nearest)) = nearest.filter(|(lacking, _)| !lacking.is_empty()) else {
        return;
    };
    let all: Vec<&str> = tags.iter().copied().collect();
    let has = match all.as_slice() {
        [tag] => format!("has the tag {}", hcl(tag)),
        several => format!("has all of the tags {}", listed(several)),
    };
    // If the tags are split over two delegates, or one is misspelled, the delegate with most of them shows it.
    let near = if lacking.len() < all.len() {
        let (name, lacking) = (hcl(&nearest.name), listed(&lacking));
        format!(
            " The nearest is {name}, which lacks {lacking}; one delegate must have all the tags."
        )
    } else {
        let existing = delegates.iter().flat_map(|delegate| &delegate.tags);
        let existing = existing.map(String::as_str);
        let wanted = lacking.first().copied().unwrap_or_default();
        match similar::nearest(wanted, existing).as_slice() {
            [] => format!(" {}.", without_tags(&delegates)),
            [nearest] => format!(" The nearest tag is {}.", hcl(nearest)),
            nearest => format!(" The nearest tags are {}.", listed(nearest)),
        }
    };
    findings.push(
        "delegate_selectors",
        format!("No delegate has {}", in_summary(&all)),
        format!(
            "No delegate in {} {has}.{near}{} Write tags that one delegate has (its name in lowercase is one of them), or \
             remove `delegate_selectors` to allow any delegate. {INSTALLED_NOW}",
            places(&scope),
            other_case(&lacking, &delegates).unwrap_or_default()
        ),
    );
}

/// The number of tags in a summary.
const IN_SUMMARY: usize = 3;

/// Returns the tags for a summary, which must not be long, but must differ from that about other tags: hosts show only one
/// of several warnings with the same summary.
fn in_summary(tags: &[&str]) -> String {
    let literals: Vec<_> = tags.iter().map(|tag| hcl(tag)).collect();
    match literals.as_slice() {
        [tag] => format!("the tag {tag}"),
        few if few.len() <= IN_SUMMARY => format!("all tags: {}", few.join(", ")),
        many => {
            let first: Vec<_> = many.iter().take(IN_SUMMARY - 1).cloned().collect();
            format!("all tags: {}, …", first.join(", "))
        }
    }
}

fn listed(tags: &[&str]) -> String {
    let tags: Vec<_> = tags.iter().map(|tag| hcl(tag)).collect();
    joined(&tags, "and")
}

/// The end of a finding about delegates that this run may yet install.
const INSTALLED_NOW: &str = "Ignore this warning if the run installs the delegate.";

/// Says that a delegate has one of the tags with different capitalization.
fn other_case(lacking: &[&str], delegates: &[&Delegate]) -> Option<String> {
    lacking.iter().find_map(|tag| {
        let same = |other: &&String| other != tag && other.to_lowercase() == tag.to_lowercase();
        let other = delegates.iter().find_map(|d| d.tags.iter().find(same))?;
        Some(format!(
            " Tags are case-sensitive: write {}, not {}.",
            hcl(other),
            hcl(tag)
        ))
    })
}

/// The maximum number of delegates to name.
const NAMED: usize = 5;

/// That none of the delegates has a tag; the first few are named.
fn without_tags(delegates: &[&Delegate]) -> String {
    let shown = first_names(delegates);
    match delegates.len() {
        1 => format!("The only delegate, {shown}, has no tags"),
        number if number > NAMED => {
            format!("None of the {number} delegates has tags ({shown} are the first)")
        }
        _ => format!("The delegates {shown} have no tags"),
    }
}

fn first_names(delegates: &[&Delegate]) -> String {
    let names = delegates.iter().take(NAMED);
    let names: Vec<_> = names.map(|delegate| hcl(&delegate.name)).collect();
    joined(&names, "and")
}

fn is_disconnected(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let Some(scope) = fully_known(input) else {
        return;
    };
    let matching = matching(input);
    // Other rules report that there is no delegate, or none with these tags.
    if matching.is_empty() || matching.iter().any(|delegate| delegate.connected) {
        return;
    }
    let is_selected =
        matches!(Wanted::of(input.model()), Some(Wanted::All(tags)) if !tags.is_empty());
    let (path, summary, found) = if is_selected {
        let (which, has, is, they, start) = if matching.len() == 1 {
            ("Delegate", "has", "is", "it is", "it")
        } else {
            ("Delegates", "have", "are", "they are", "one of them")
        };
        let names = first_names(&matching);
        (
            "delegate_selectors",
            format!("{which} {names} {is} not connected"),
            format!(
                "Of the delegates in {}, only {names} {has} all the tags, and {they} not connected. Start {start}, or select \
                 another delegate",
                places(&scope)
            ),
        )
    } else {
        (
            "connectivity_mode",
            "No delegate is connected".to_owned(),
            format!("No delegate in {} is connected. Start one", places(&scope)),
        )
    };
    findings.push(
        path,
        summary,
        format!("{found}. Until then, Harness can neither test nor use the connector."),
    );
}

fn there_is_none(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    let Some(scope) = fully_known(input) else {
        return;
    };
    if delegates(&input.answers, &scope).is_empty() {
        findings.push(
            "connectivity_mode",
            "No delegate is installed",
            format!(
                "The connector connects through a delegate, and there is none in {}. Install one, or write \
                 `connectivity_mode = \"Platform\"` if Harness can reach Bitbucket from its own cloud. {INSTALLED_NOW}",
                places(&scope)
            ),
        );
    }
}
