//! The names of resources, derived from identifiers, so that a second export uses identical names.
//!
//! A name begins with the organization and the project, even if the identifier alone would be unique: exporting more
//! connectors later changes no name. If two connectors still get one name, a number distinguishes them.

use std::collections::BTreeSet;

use harness_platform::ConnectorRef;

/// Returns the name of a connector's resource, unless another has it: `bb`, `org_bb`, `org_project_bb`.
pub(super) fn of_connector(connector: &ConnectorRef) -> String {
    let scope = &connector.scope;
    let parts = [scope.org(), scope.project(), Some(&*connector.identifier)];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    sanitized(&parts.join("_"))
}

/// Returns a text as a valid resource name: letters, digits, `-`, and `_`, beginning with a letter or `_`.
pub(super) fn sanitized(text: &str) -> String {
    let mut name: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || matches!(character, '-' | '_') {
                character
            } else {
                '_'
            }
        })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name
}

/// Returns the names without duplicates: the second of two equal names gets the suffix `_2`, and so on. Unique names
/// stay.
pub(super) fn unique(names: Vec<String>) -> Vec<String> {
    let reserved: BTreeSet<String> = names.iter().cloned().collect();
    let mut taken = BTreeSet::new();
    let different = |name: String| {
        let mut numbered = (2_u32..).map(|number| format!("{name}_{number}"));
        let free = if taken.contains(&name) {
            numbered.find(|next| !taken.contains(next) && !reserved.contains(next))
        } else {
            Some(name.clone())
        };
        let free = free.unwrap_or(name);
        taken.insert(free.clone());
        free
    };
    names.into_iter().map(different).collect()
}

#[cfg(test)]
mod tests {
    use harness_platform::Scope;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_made_from_scope_and_identifier() {
        for (org, project, identifier, name) in [
            (None, None, "bb", "bb"),
            (None, None, "Bitbucket_Cloud", "Bitbucket_Cloud"),
            (None, None, "price$", "price_"),
            (None, None, "für", "f_r"),
            (None, None, "1st", "_1st"),
            (None, None, "for", "for"),
            (Some("shop"), None, "bb", "shop_bb"),
            (Some("shop"), Some("web"), "bb", "shop_web_bb"),
            (Some("1shop"), None, "bb", "_1shop_bb"),
        ] {
            let scope = Scope::from_ids(org, project).unwrap();
            assert_eq!(of_connector(&ConnectorRef::new(scope, identifier)), name);
        }
    }

    #[test]
    fn equal_names_are_made_different_and_others_stay() {
        let names = ["a", "b", "a", "a_2", "a", "b"].map(str::to_owned);
        let expected = ["a", "b", "a_3", "a_2", "a_4", "b_2"];
        assert_eq!(unique(names.to_vec()), expected);
        assert_eq!(unique(Vec::new()), [""; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_are_valid_and_different(texts in proptest::collection::vec("\\PC{0,4}|[ab]_?2?", 0..20)) {
            let names = unique(texts.iter().map(|text| sanitized(text)).collect());
            let different: BTreeSet<_> = names.iter().collect();
            prop_assert_eq!(different.len(), texts.len());
            for name in &names {
                prop_assert!(name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
            }
        }
    }
}
