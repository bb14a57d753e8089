//! Who refers to a connector, in words.

use harness_platform::Usage;

/// How many of the entities that use a connector are named.
const NAMED: usize = 10;

/// Their kinds and names, one a line, the first of them only, and how many more there are. `None` if there are none.
pub(crate) fn list(usage: &Usage) -> Option<String> {
    if usage.referrers.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = usage
        .referrers
        .iter()
        .take(NAMED)
        .map(|user| format!("- {} \"{}\"", user.kind, user.name))
        .collect();
    let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let more = usage.total.saturating_sub(shown);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use harness_platform::Referrer;

    use super::*;

    #[test]
    fn the_first_ten_are_named_and_the_others_counted() {
        let usage = |named: usize, total| Usage {
            referrers: (1..=named)
                .map(|number| Referrer {
                    kind: "Pipelines".to_owned(),
                    name: format!("p{number}"),
                })
                .collect(),
            total,
        };
        assert_eq!(list(&usage(0, 0)), None);
        assert_eq!(list(&usage(1, 1)).as_deref(), Some("- Pipelines \"p1\""));
        let many = list(&usage(12, 30)).unwrap();
        assert!(
            many.ends_with("- Pipelines \"p10\"\n- and 20 more"),
            "{many}"
        );
        // A total that contradicts the list.
        assert!(list(&usage(2, 1)).unwrap().ends_with("\"p2\""));
    }
}
