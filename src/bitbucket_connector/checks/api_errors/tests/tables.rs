//! Properties of all rules, for any response.

use super::connection::{result, tested};
use super::*;

/// Returns all rules.
fn all() -> impl Iterator<Item = &'static ErrorRule> {
    CHANGES.iter().chain(TESTS)
}

#[test]
fn an_id_stands_once_in_each_table_and_the_decision_table_is_covered() {
    for table in [CHANGES, TESTS] {
        let ids: BTreeSet<_> = table.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), table.len());
    }
    let ids: BTreeSet<_> = all().map(|rule| rule.id).collect();
    for id in [
        "I11", "O06", "U28", "R14", "K09", "K10", "W16", "P14", "G13", "M01", "M02", "M03", "M04",
        "M05", "M06", "M09",
    ] {
        assert!(ids.contains(id), "{id}");
    }
}

#[test]
fn the_example_of_each_rule_is_known_to_it() {
    let in_use = coded("ENTITY_REFERENCE_EXCEPTION", "");
    for rule in CHANGES {
        let example = rule.example.text();
        let (status, mut body) = match rule.id {
            // There is no error body: the response is HTTP 200.
            "M01" => continue,
            "M02" => (403, coded("NG_ACCESS_DENIED", example)),
            "O06" => (400, missing(example)),
            "M06" => (400, in_use.clone()),
            "M11" => {
                let (field, error) = example.split_once(": ").unwrap();
                (400, violations(&[(field, error)]))
            }
            "M12" => (400, unreadable(example.split_once(" (").unwrap().1)),
            _ => (400, error(example)),
        };
        if rule.id == "M06" {
            body["message"] = json!(example);
        }
        let connector = match rule.id {
            "U28" => over_ssh("git@bb.acme.com/WEB/shop.git", UrlType::Repo, "account.key"),
            _ => project(),
        };
        let finding = &of_create(&connector, status, &body)[0];
        assert_eq!(id(&finding.detail), rule.id, "{example}");
        // These say the same in their own words.
        let says_it_all = matches!(rule.id, "I11" | "M06");
        assert_eq!(finding.detail.contains("Harness says: "), !says_it_all);
        if !says_it_all {
            holds(&finding.detail, &[example.trim_end_matches('.')]);
        }
    }
    for rule in TESTS {
        if rule.id == "M02" {
            continue;
        }
        let kind = if rule.id.starts_with('K') {
            "ssh"
        } else {
            "access_token"
        };
        let connector = if rule.id == "B03" {
            connector("email_and_api_token")
        } else {
            connector(kind)
        };
        let failed = tested(
            &connector,
            &result("Title of it", rule.example.text(), None),
        );
        assert_eq!(id(&text_of(&failed)), rule.id, "{}", rule.example.text());
    }
}

#[test]
fn the_words_of_the_tables_are_sentences_and_their_settings_exist() {
    for rule in all() {
        let (id, says, advice) = (rule.id, rule.says, rule.page_advice());
        assert!(says.ends_with('.') && advice.ends_with('.'), "{id}");
        assert!(!says.contains("  ") && !advice.contains("  "), "{id}");
        for setting in rule
            .about
            .split(", ")
            .filter(|s| !s.is_empty() && !s.starts_with('*'))
        {
            assert!(
                exists(&crate::harness::rule::at(setting)),
                "{id}: {setting}"
            );
        }
    }
}

/// Returns whether the schema has this path.
fn exists(path: &Path) -> bool {
    let mut block: &Block = &schema::schema().block;
    let mut steps = path.steps().iter();
    while let Some(Step::Attribute(name)) = steps.next() {
        if block
            .attributes
            .iter()
            .any(|attribute| attribute.name == name)
        {
            return steps.next().is_none();
        }
        match block.blocks.iter().find(|nested| nested.name == name) {
            Some(nested) => block = &nested.block,
            None => return false,
        }
    }
    true
}

/// Texts from which responses are built: recognized texts, names of fields, and secrets.
fn pieces() -> impl Strategy<Value = String> {
    let examples: Vec<String> = all().map(|rule| rule.example.text().to_owned()).collect();
    let fields = [
        "passwordRef",
        "usernameRef",
        "tokenRef",
        "emailRef",
        "sshKeyRef",
        "connector.spec.apiAccess.spec.tokenRef",
        "connector.spec.authentication.type",
        "connector.spec.authentication.spec.spec",
        "tags[x]",
        "Error while validating ",
        " field : ",
        "through reference chain: ",
        "No secret exists with the id ",
        "ATATT3xFfGF0PLANTED1",
        "must not be null",
        "Maximum one of fields: [username, usernameRef]",
        "is a keyword",
        "Unable to process JSON",
        "Invalid Secret Reference",
    ];
    let known = examples
        .into_iter()
        .chain(fields.map(str::to_owned))
        .collect::<Vec<_>>();
    prop_oneof![4 => prop::sample::select(known), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_answered_leads_to_places_of_the_schema_and_shows_no_secret(
        kind in prop::sample::select(vec!["none", "ssh", "username_token", "email_and_api_token", "access_token"]),
        texts in prop::collection::vec(pieces(), 1..4),
        hint in pieces(),
        fields in prop::collection::vec((pieces(), pieces()), 0..3),
        status in prop::sample::select(vec![400_u16, 401, 403, 404, 418, 429, 500, 503]),
    ) {
        let connector = connector(kind);
        let text = texts.concat();
        let mut body = hinted(&hint, &text, &text);
        let errors: Vec<Value> = fields
            .iter()
            .map(|(field, error)| json!({"fieldId": field, "error": error}))
            .collect();
        body["errors"] = json!(errors);
        for change in [ChangeRequest::Create, ChangeRequest::Update, ChangeRequest::Delete] {
            let error = answered(status, &body);
            let findings = about(&connector, |about| refused(change, &error, about));
            prop_assert_eq!(findings.iter().count(), fields.len().max(1));
            for finding in &findings {
                prop_assert!(finding.path.as_ref().is_none_or(exists), "{:?}", finding);
                prop_assert!(!finding.detail.contains("PLANTED"), "{}", finding.detail);
                prop_assert!(!finding.summary.ends_with('.'));
                is_short(&finding.summary);
            }
        }
        let failed = tested(&connector, &result(&hint, &text, None));
        prop_assert!(failed.path.as_ref().is_none_or(exists), "{:?}", failed);
        prop_assert!(!text_of(&failed).contains("PLANTED"), "{}", text_of(&failed));
        prop_assert!(id(&text_of(&failed)) != "-");
    }
}
