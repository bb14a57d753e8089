//! Blocks in which exactly one of several members is to be given.

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

/// The one member that is given.
///
/// # Errors
/// The members that are given, none or several. `None` while an unknown one decides.
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

/// "takes exactly one of `a` and `b`, and none is given".
pub(crate) fn expected_one(members: &[(&'static str, Given)], given: &[&str]) -> String {
    let all: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    let found = match given {
        [] => "none is given".to_owned(),
        both if all.len() == 2 && both.len() == 2 => "both are given".to_owned(),
        several => format!("{} are given", code_list(several, "and")),
    };
    format!(
        "takes exactly one of {}, and {found}",
        code_list(&all, "and")
    )
}

/// "Give exactly one of a, b".
pub(crate) fn summary(members: &[(&'static str, Given)]) -> String {
    let all: Vec<_> = members.iter().map(|(name, _)| (*name).to_owned()).collect();
    format!("Give exactly one of {}", joined(&all, "and"))
}

/// Pushes that the block at `path` has none of its members, or several; `remedy` says what to do about those that are
/// given.
pub(super) fn check<'f>(
    path: &str,
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
    Some(findings.push(path, summary(members), detail))
}

/// Checks that the block at `path` has its text either plain or as the reference of a secret. An empty text is not
/// counted: that it is there is a mistake of its own.
pub(super) fn check_pair(
    path: &str,
    pair: [(&'static str, &Field<String>); 2],
    remedy: &str,
    findings: &mut Findings<'_>,
) {
    if !pair.iter().any(|(_, setting)| is_blank(setting)) {
        let members = pair.map(|(name, setting)| (name, Given::from(setting)));
        check(path, &members, findings, |_| remedy.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_leaves_open_whether_one_is_given_but_not_that_several_are() {
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
}
