//! Texts that say which entities use a connector.
//!
//! No text here says that there are none. Harness does not record references in input sets and expressions, or on
//! branches other than the default one, so an empty response means only that no use was found.

use harness_platform::{Referrer, Usage};

use super::hcl;

/// The number of entities in a message.
const NAMED: usize = 10;

/// Harness's record types, with the name of one such entity for people. Any other type keeps its name.
const KINDS: &[(&str, &str)] = &[
    ("Connectors", "Connector"),
    ("InputSets", "Input set"),
    ("MonitoredService", "Monitored service"),
    ("Overrides", "Override"),
    ("Pipelines", "Pipeline"),
    ("Secrets", "Secret"),
    ("Triggers", "Trigger"),
];

/// Returns the first entities that use a connector, one per line, and how many more there are. Returns `None` if the
/// platform names none.
pub(crate) fn list(usage: &Usage) -> Option<String> {
    if usage.referrers.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = usage
        .referrers
        .iter()
        .take(NAMED)
        .map(|user| format!("- {}", named(user)))
        .collect();
    let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let more = usage.total.saturating_sub(shown);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    Some(lines.join("\n"))
}

/// Parses a [`list`] out of a text: the entities in it, and their total number. Returns `None` without one.
pub(crate) fn listed(text: &str) -> Option<(Vec<String>, u64)> {
    let mut named = Vec::new();
    let mut more = 0;
    let lines = text.lines().skip_while(|line| !line.starts_with("- "));
    for item in lines.map_while(|line| line.strip_prefix("- ")) {
        let rest = item
            .strip_prefix("and ")
            .and_then(|rest| rest.strip_suffix(" more"));
        match rest.and_then(|number| number.parse::<u64>().ok()) {
            Some(number) => more = number,
            None => named.push(item.to_owned()),
        }
    }
    let number = u64::try_from(named.len()).unwrap_or(u64::MAX);
    (number > 0).then(|| (named, number.saturating_add(more)))
}

/// Returns one entity: `Pipeline "Build" (platform/website)`.
pub(crate) fn named(user: &Referrer) -> String {
    let kind = KINDS
        .iter()
        .find(|(kind, _)| *kind == user.kind)
        .map_or(user.kind.as_str(), |(_, one)| one);
    let kind = if kind.is_empty() { "Entity" } else { kind };
    let place: Vec<&str> = [&user.organization, &user.project]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    let place = if place.is_empty() {
        "account".to_owned()
    } else {
        place.join("/")
    };
    format!("{kind} {} ({place})", hcl(&user.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ten_are_named_and_the_others_counted() {
        let usage = |named: usize, total| Usage {
            referrers: (1..=named)
                .map(|number| Referrer {
                    kind: "Pipelines".to_owned(),
                    name: format!("p{number}"),
                    ..Referrer::default()
                })
                .collect(),
            total,
        };
        assert_eq!(list(&usage(0, 0)), None);
        assert_eq!(
            list(&usage(1, 1)).as_deref(),
            Some("- Pipeline \"p1\" (account)")
        );
        let many = list(&usage(12, 30)).unwrap();
        assert!(
            many.ends_with("- Pipeline \"p10\" (account)\n- and 20 more"),
            "{many}"
        );
        let (named, total) =
            listed(&format!("30 entities refer to it:\n{many}\n\nMore text.")).unwrap();
        assert_eq!((named.len(), total), (10, 30));
        assert_eq!(named[9], "Pipeline \"p10\" (account)");
        assert_eq!(listed("No list.\n -x"), None);
        // A total that contradicts the list.
        assert!(list(&usage(2, 1)).unwrap().ends_with("\"p2\" (account)"));
    }

    #[test]
    fn an_entity_is_named_by_kind_name_and_place() {
        for (kind, name, organization, project, words) in [
            (
                "Pipelines",
                "Build",
                Some("platform"),
                Some("website"),
                "Pipeline \"Build\" (platform/website)",
            ),
            (
                "Triggers",
                "On push",
                Some("platform"),
                None,
                "Trigger \"On push\" (platform)",
            ),
            ("Template", "t", None, None, "Template \"t\" (account)"),
            (
                "IacmWorkspaces",
                "w",
                None,
                None,
                "IacmWorkspaces \"w\" (account)",
            ),
            (
                "",
                "a \"b\"",
                None,
                None,
                "Entity \"a \\\"b\\\"\" (account)",
            ),
        ] {
            let user = Referrer {
                kind: kind.to_owned(),
                name: name.to_owned(),
                organization: organization.map(str::to_owned),
                project: project.map(str::to_owned),
            };
            assert_eq!(named(&user), words);
        }
    }
}
