//! Texts that several formats have.

use tf_provider::visible::visible;

/// Returns a text on one line, without characters that affect a terminal.
pub(super) fn one_line(text: &str) -> String {
    let text = visible(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns users by name, and how many more there are.
pub(super) fn users(named: &[String], total: u64) -> Vec<String> {
    let listed = u64::try_from(named.len()).unwrap_or(u64::MAX);
    let more = total.saturating_sub(listed);
    let rest = (more > 0).then(|| format!("and {more} more"));
    named.iter().cloned().chain(rest).collect()
}
