//! Blocks that need exactly one of several members.

use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::input::{Findings, Offline, is_blank};
use crate::harness::rule::Pushed;
use crate::harness::wording::{code_list, joined};

/// Whether a member is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Given {
    Yes,
    No,
    /// Not known yet.
    Open,
}

impl<T> From<&Field<T>> for Given {
    fn from(setting: &Field<T>) -> Self {
        match setting {
            Field::Null => Self::No,
            Field::Unknown => Self::Open,
            Field::Known(_) => Self::Yes,
        }
    }
}

/// Returns the one member that is given.
///
/// # Errors
/// Returns the given members, none or several. Returns `None` as long as an unknown member decides.
pub(crate) fn exactly_one(
    members: &[(&'static str, Given)],
) -> Option<Result<&'static str, Vec<&'static str>>> {
    let given: Vec<_> = members
        .iter()
        .filter(|(_, given)| *given == Given::Yes)
        .map(|(name, _)| *name)
        .collect();
    let is_open = members.iter().any(|(_, given)| *given == Given::Open);
    match given.as_slice() {
        [_, _, ..] => Some(Err(given)),
        _ if is_open => None,
        [one] => Some(Ok(one)),
        [] => Some(Err(given)),
    }
}

/// Returns what a block has instead of exactly one of its members: "has no `a` or `b`".
pub(crate) fn expected_one(members: &[(&'static str, Given)], given: &[&str]) -> String {
    let all: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    match (given, all.as_slice()) {
        ([], all) => format!("has no {}", code_list(all, "or")),
        ([one, other], [_, _]) => format!("has both `{one}` and `{other}`"),
        (several, _) => format!("has {}", code_list(several, "and")),
    }
}

/// Returns the summary of such a finding: "Missing a or b", "Conflicting a and b".
pub(crate) fn summary(members: &[(&'static str, Given)]) -> String {
    let names = |wanted: fn(Given) -> bool| -> Vec<String> {
        let members = members.iter().filter(|(_, given)| wanted(*given));
        members.map(|(name, _)| (*name).to_owned()).collect()
    };
    match names(|given| given == Given::Yes) {
        none if none.is_empty() => format!("Missing {}", joined(&names(|_| true), "or")),
        several => format!("Conflicting {}", joined(&several, "and")),
    }
}

/// Pushes that the block at `path` has none of its members, or several; `noun` says what they are where their names do not,
/// and `remedy` what to do about those that are given.
pub(super) fn check<'f>(
    path: &str,
    noun: &str,
    members: &[(&'static str, Given)],
    findings: &'f mut Findings<'_>,
    remedy: impl FnOnce(&[&str]) -> String,
) -> Option<Pushed<'f, Offline>> {
    let given = exactly_one(members)?.err()?;
    let detail = format!(
        "`{path}` {}. {}",
        expected_one(members, &given),
        remedy(&given)
    );
    let plural = if given.is_empty() { "" } else { "s" };
    let summary = match noun {
        "" => summary(members),
        noun => format!("{} {noun}{plural}", summary(members)),
    };
    Some(findings.push(path, summary, detail))
}

/// Checks that the block at `path` has its text either plain or as the reference to a secret; `missing` says what to write if
/// it has neither. An empty text is not counted: that it is there is a mistake of its own.
pub(super) fn check_pair(
    path: &str,
    pair: [(&'static str, &Field<String>); 2],
    missing: &str,
    findings: &mut Findings<'_>,
) {
    if !pair.iter().any(|(_, setting)| is_blank(setting)) {
        let members = pair.map(|(name, setting)| (name, Given::from(setting)));
        check(path, "", &members, findings, |given| match given {
            [] => missing.to_owned(),
            _ => "Remove one of them.".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_hides_a_missing_one_but_not_several() {
        use Given::{No, Open, Yes};
        for (members, expected) in [
            ([No, No, No], Some(Err(vec![]))),
            ([No, Yes, No], Some(Ok("b"))),
            ([Yes, No, Yes], Some(Err(vec!["a", "c"]))),
            ([Open, No, No], None),
            ([Open, Yes, No], None),
            ([Open, Yes, Yes], Some(Err(vec!["b", "c"]))),
        ] {
            let [a, b, c] = members;
            assert_eq!(
                exactly_one(&[("a", a), ("b", b), ("c", c)]),
                expected,
                "{members:?}"
            );
        }
    }

    #[test]
    fn what_is_missing_and_what_contradicts_is_named() {
        use Given::{No, Open, Yes};
        let words = |members: &[(&'static str, Given)]| {
            let given = exactly_one(members).unwrap().unwrap_err();
            format!("{}: {}", summary(members), expected_one(members, &given))
        };
        assert_eq!(
            words(&[("a", No), ("b", No)]),
            "Missing a or b: has no `a` or `b`"
        );
        assert_eq!(
            words(&[("a", Yes), ("b", Yes)]),
            "Conflicting a and b: has both `a` and `b`"
        );
        assert_eq!(
            words(&[("a", No), ("b", No), ("c", No)]),
            "Missing a, b, or c: has no `a`, `b`, or `c`"
        );
        assert_eq!(
            words(&[("a", Yes), ("b", Open), ("c", Yes)]),
            "Conflicting a and c: has `a` and `c`"
        );
    }
}
