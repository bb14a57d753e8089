//! The first step of Harness's wizard: name, identifier, tags, and scope.

pub(crate) mod identifier;
pub(crate) mod name;
pub(crate) mod scope;
pub(crate) mod tags;

use super::input::Findings;
use crate::harness::wording::shown;

/// Pushes that `setting` is `text`, which `found` goes on to say is wrong, what to write instead, and why.
fn push_text(
    findings: &mut Findings<'_>,
    setting: &str,
    text: &str,
    found: &str,
    fixed: Option<String>,
    why: &str,
) {
    let detail = format!("`{setting}` is {}{found}", shown(text));
    findings
        .push(setting, findings.rule().summary, detail)
        .fix_text(text, fixed)
        .note(why);
}
