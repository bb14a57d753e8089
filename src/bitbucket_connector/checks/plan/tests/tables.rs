//! The table of each rule.
//!
//! This file is long because it has a table for every rule.

use harness_platform::{Scope, Secret, SecretKind, SshCredential, Usage};
use tf_provider::diagnostic::Severity;
use tf_provider::field::Field;

use crate::bitbucket_connector::checks::offline::testing::{config, ids};
use crate::bitbucket_connector::checks::plan::PlannedChange;
use crate::bitbucket_connector::checks::plan::queries::for_change;
use crate::bitbucket_connector::checks::plan::testing::{
    Account, change, checked, delegate, example_account, existing, found, planned, secret,
    unanswered_query,
};
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::plan_queries::answers::{Answers, Topic, Unanswered, Why};
use crate::harness::testing::is_short;

/// Checks what is found about creating each row's connector, as `rule path`.
pub(super) fn expect(account: &Account, rows: &[(&str, &[&str])]) {
    for (hcl, expected) in rows {
        let planned = planned(&config(hcl));
        let found = found(PlannedChange::Creation { planned: &planned }, account);
        assert_eq!(ids(&found), *expected, "in\n{hcl}");
        for finding in &found {
            is_short(finding.summary());
        }
    }
}

/// Returns the detail of the only finding about a creation.
pub(super) fn detail(account: &Account, hcl: &str) -> String {
    let planned = planned(&config(hcl));
    let mut found = found(PlannedChange::Creation { planned: &planned }, account);
    assert_eq!(found.len(), 1, "{:?}", ids(&found));
    found.remove(0).into_diagnostic(false).unwrap().detail
}

#[test]
fn missing_scopes_are_reported_without_consequences() {
    let in_scope = |org: &str, project: &str, secret: &str| {
        format!(
            "org_id = {org}\nproject_id = {project}\ncredentials {{\n http {{\n username = \"j\"\n password_ref = \
             {secret}\n }}\n}}"
        )
    };
    let token = "\"account.bitbucket_api_token\"";
    expect(
        &example_account(),
        &[
            (&in_scope("null", "null", token), &[]),
            (&in_scope("\"default\"", "null", token), &[]),
            (&in_scope("\"default\"", "\"web\"", token), &[]),
            (&in_scope("var.o", "\"wbe\"", token), &[]),
            (&in_scope("\"default\"", "var.p", token), &[]),
            (&in_scope("\"nope\"", "null", token), &["O04 org_id"]),
            (&in_scope("\"nope\"", "var.p", token), &["O04 org_id"]),
            (&in_scope("\"nope\"", "\"web\"", token), &["O04 org_id"]),
            (
                &in_scope("\"default\"", "\"wbe\"", token),
                &["O05 project_id"],
            ),
            // Their secrets do not exist either.
            (&in_scope("\"nope\"", "\"web\"", "\"s\""), &["O04 org_id"]),
            (&in_scope("\"nope\"", "null", "\"org.s\""), &["O04 org_id"]),
            (
                &in_scope("\"default\"", "\"wbe\"", "\"s\""),
                &["O05 project_id"],
            ),
            (
                &in_scope("\"default\"", "\"wbe\"", "\"org.s\""),
                &["O05 project_id", "W12 credentials.http.password_ref"],
            ),
        ],
    );
}

#[test]
fn an_identifier_is_taken_or_perhaps_the_one_that_is_replaced() {
    let account = Account {
        connectors: vec![("bb", false), ("mine", true)],
        ..example_account()
    };
    expect(
        &account,
        &[
            ("identifier = \"free\"", &[]),
            ("identifier = var.i", &[]),
            ("identifier = \"bb\"", &["I10 identifier"]),
            ("name = \"bb\"", &["I10 identifier"]),
            ("identifier = \"bb\"\norg_id = \"default\"", &[]),
            ("identifier = \"mine\"", &["I10 identifier"]),
        ],
    );
    let taken = detail(&account, "name = \"bb\"");
    assert!(
        taken.contains("terraform import harness_bitbucket_connector.<name> bb\n"),
        "{taken}"
    );
    let mine = planned(&config("identifier = \"mine\""));
    let found = found(PlannedChange::Creation { planned: &mine }, &account).remove(0);
    let finding = found.into_diagnostic(true).unwrap();
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.detail.contains("`create_before_destroy`"));
}

#[test]
fn a_changed_identifier_is_found_where_it_is_certain() {
    let prior = existing();
    for (hcl, expected) in [
        ("", &[][..]),
        ("name = \"Other\"\nidentifier = \"Bitbucket_Cloud\"", &[]),
        ("identifier = var.i", &[]),
        ("identifier = \"other\"", &["I09 identifier"]),
        (
            "identifier = \"other\"\norg_id = \"default\"",
            &["I09 identifier"],
        ),
    ] {
        let planned = planned(&config(hcl));
        let unused = Account {
            usage: Usage::default(),
            ..example_account()
        };
        let found = found(change(&prior, &planned), &unused);
        assert_eq!(ids(&found), expected, "{hcl}");
    }
}

#[test]
fn a_connector_that_goes_while_it_is_used_is_found_with_its_users() {
    let account = example_account();
    let unused = Account {
        usage: Usage::default(),
        ..account.clone()
    };
    let prior = existing();
    let forced = Model {
        force_delete: Field::Known(true),
        ..prior.clone()
    };
    let refused = "Harness refuses to delete it while in use";
    for (prior, hcl, rule, summary, outlook) in [
        (
            &prior,
            None,
            "L01",
            "Connector \"Bitbucket_Cloud\" in use will be destroyed",
            refused,
        ),
        (
            &forced,
            None,
            "L01",
            "Connector \"Bitbucket_Cloud\" in use will be destroyed",
            "Harness deletes the connector anyway",
        ),
        (
            &prior,
            Some("org_id = \"default\""),
            "L01",
            "Connector \"Bitbucket_Cloud\" in use will be replaced",
            refused,
        ),
        // Whether the new identifier differs is not known.
        (
            &prior,
            Some("identifier = var.i"),
            "L01",
            "Connector \"Bitbucket_Cloud\" in use will be replaced",
            refused,
        ),
        (
            &prior,
            Some("identifier = \"other\""),
            "I09",
            "Identifier \"Bitbucket_Cloud\" changes to \"other\"",
            refused,
        ),
        // The applied setting counts.
        (
            &forced,
            Some("identifier = \"other\"\nforce_delete = false"),
            "I09",
            "Identifier \"Bitbucket_Cloud\" changes to \"other\"",
            "Harness deletes the connector anyway",
        ),
    ] {
        let planned = hcl.map(|hcl| planned(&config(hcl)));
        let change = match &planned {
            Some(planned) => change(prior, planned),
            None => PlannedChange::Destruction { prior },
        };
        let mut findings = found(change, &account);
        assert_eq!(findings.len(), 1, "{hcl:?}: {:?}", ids(&findings));
        let finding = findings.remove(0);
        assert_eq!(finding.rule.id, rule);
        let finding = finding.into_diagnostic(true).unwrap();
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.summary, summary);
        for part in [
            "1 Harness entity uses ",
            ":\n- Pipeline \"Release web\" (default/web)\n",
            outlook,
        ] {
            assert!(finding.detail.contains(part), "{part}: {}", finding.detail);
        }
        let unused: Vec<_> = found(change, &unused).iter().map(|f| f.rule.id).collect();
        assert!(!unused.contains(&"L01"), "{unused:?}");
    }
}

#[test]
fn secrets_are_there_and_are_text() {
    const AT: &str = "credentials.http.password_ref";
    let mut account = example_account();
    for (identifier, kind) in [
        ("windows", SecretKind::WinRm),
        ("newer", SecretKind::Other("Certificate".to_owned())),
        ("unnamed", SecretKind::Other(String::new())),
    ] {
        let secret = secret(identifier, kind);
        account.secrets.push((secret, Scope::Account, ""));
    }
    let org = Scope::Organization {
        org: "default".to_owned(),
    };
    account
        .secrets
        .push((secret("s", SecretKind::File), org, ""));
    for (reference, expected) in [
        ("null", None),
        ("var.s", None),
        ("\"account.bitbucket_api_token\"", None),
        ("\"Account.bitbucket_api_token\"", None),
        ("\"account.newer\"", None),
        ("\"account.unnamed\"", None),
        ("\"account.nope\"", Some("W12")),
        ("\"account.bitbucket_ssh\"", Some("W13")),
        ("\"account.windows\"", Some("W13")),
        ("\"account.deploy_key_file\"", Some("W14")),
        ("\"org.s\"", Some("W14")),
        ("\"org.bitbucket_api_token\"", Some("W12")),
    ] {
        let hcl = format!(
            "org_id = \"default\"\ncredentials {{\n http {{\n username = \"j\"\n password_ref = {reference}\n }}\n}}"
        );
        let expected: Vec<_> = expected.iter().map(|id| format!("{id} {AT}")).collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        expect(&account, &[(&hcl, &expected)]);
    }
    // Every reference is checked at its own argument.
    expect(
        &account,
        &[(
            "credentials {\n http {\n username_ref = \"account.a\"\n password_ref = \"account.bitbucket_ssh\"\n }\n}\n\
             api_access {\n username_token {\n username_ref = \"account.deploy_key_file\"\n token_ref = \"account.b\"\n }\n}",
            &[
                "W12 credentials.http.username_ref",
                "W13 credentials.http.password_ref",
                "W12 api_access.username_token.token_ref",
                "W14 api_access.username_token.username_ref",
            ],
        )],
    );
}

#[test]
fn the_ssh_key_is_a_credential_of_git_with_a_key_in_a_file() {
    const AT: &str = "credentials.ssh.ssh_key_ref";
    let mut account = example_account();
    let mut add = |identifier: &str, ssh: SshCredential| {
        let secret = secret(identifier, SecretKind::SshKey);
        let secret = Secret {
            ssh: Some(ssh),
            ..secret
        };
        account.secrets.push((secret, Scope::Account, ""));
    };
    let credential = |auth: &str, kind: Option<&str>, user: Option<&str>, key: Option<&str>| {
        let owned = |text: &str| text.to_owned();
        SshCredential {
            auth_type: Some(auth.to_owned()),
            credential_type: kind.map(owned),
            user_name: user.map(owned),
            key: key.map(owned),
        }
    };
    let reference = Some("KeyReference");
    add("kerberos", credential("Kerberos", None, None, None));
    add(
        "kerberos_of_other",
        credential("Kerberos", None, Some("ubuntu"), None),
    );
    add("bare", SshCredential::default());
    add(
        "lost_key",
        credential("SSH", reference, Some("git"), Some("account.nope")),
    );
    add(
        "odd_key",
        credential("SSH", reference, Some("git"), Some("a b")),
    );
    add(
        "narrow_key",
        credential("SSH", reference, Some("git"), Some("bitbucket_api_token")),
    );
    add(
        "nested",
        credential("SSH", reference, Some("git"), Some("account.bare")),
    );
    add(
        "other_and_text",
        credential(
            "SSH",
            reference,
            Some("root"),
            Some("account.bitbucket_api_token"),
        ),
    );
    for (reference, expected) in [
        ("null", &[][..]),
        ("var.key", &[]),
        ("\"account.bitbucket_ssh\"", &[]),
        ("\"account.nope\"", &["W12"]),
        ("\"account.bitbucket_api_token\"", &["K04"]),
        ("\"account.deploy_key_file\"", &["K04"]),
        ("\"account.build_machine_ssh\"", &["K05"]),
        ("\"account.ssh_password\"", &["K06"]),
        ("\"account.kerberos\"", &["K06"]),
        ("\"account.kerberos_of_other\"", &["K06"]),
        ("\"account.ssh_key_path\"", &["K07"]),
        ("\"account.ssh_text_key\"", &["K08"]),
        ("\"account.nested\"", &["K08"]),
        ("\"account.other_and_text\"", &["K05", "K08"]),
        // What the platform does not reveal is not checked.
        ("\"account.bare\"", &[]),
        ("\"account.lost_key\"", &[]),
        ("\"account.odd_key\"", &[]),
        ("\"account.narrow_key\"", &[]),
    ] {
        let hcl = format!(
            "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\n\
             credentials {{\n ssh {{\n ssh_key_ref = {reference}\n }}\n}}"
        );
        let expected: Vec<_> = expected.iter().map(|id| format!("{id} {AT}")).collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        expect(&account, &[(&hcl, &expected)]);
    }
}

#[test]
fn a_delegate_with_all_tags_is_there_and_connected() {
    const AT: &str = "delegate_selectors";
    let mut account = example_account();
    let project = Scope::Project {
        org: "default".to_owned(),
        project: "web".to_owned(),
    };
    account.delegates.push((
        project,
        delegate("Web-Delegate", &["pci"], true, "26.07.89100"),
    ));
    let row = |hcl: &str, expected: Option<&str>| {
        let expected: Vec<_> = expected.into_iter().collect();
        expect(&account, &[(hcl, &expected)]);
    };
    for (selectors, expected) in [
        ("null", None),
        ("[]", None),
        ("var.tags", None),
        ("[var.tag]", None),
        ("[null]", None),
        // An invalid tag is reported offline.
        ("[\"\"]", None),
        ("[\"my tag\"]", None),
        ("[\"linux,us\"]", None),
        ("[\"<+input>\"]", None),
        ("[\"li#nux\"]", Some("G08 delegate_selectors")),
        ("[\"linux\"]", None),
        ("[\"linux\", \"eu\"]", None),
        ("[\"linux\", var.tag]", None),
        ("[\"main-delegate\"]", None),
        ("[\"linux\", \"us\"]", Some("G08 delegate_selectors")),
        (
            "[\"linux\", \"us\", var.tag]",
            Some("G08 delegate_selectors"),
        ),
        ("[\"mars\"]", Some("G08 delegate_selectors")),
        ("[\"Linux\"]", Some("G08 delegate_selectors")),
        ("[\"us\"]", Some("G09 delegate_selectors")),
        // A delegate of a project serves only that project.
        ("[\"pci\"]", Some("G08 delegate_selectors")),
    ] {
        row(&format!("{AT} = {selectors}"), expected);
        let direct = format!("{AT} = {selectors}\nconnectivity_mode = \"Platform\"");
        row(&direct, None);
    }
    let in_project = "org_id = \"default\"\nproject_id = \"web\"\n";
    row(&format!("{in_project}{AT} = [\"pci\"]"), None);
    row(&format!("{in_project}{AT} = [\"web-delegate\"]"), None);
    row(&format!("{in_project}{AT} = [\"eu\"]"), None);
    row(
        &format!("{in_project}{AT} = [\"pci\", \"eu\"]"),
        Some("G08 delegate_selectors"),
    );

    for (selectors, part) in [
        (
            "[\"linux\", \"eu\", \"gpu\"]",
            "No delegate in the account has all of the tags \"eu\", \"gpu\", and \"linux\". The nearest is \
             \"main-delegate\", which lacks \"gpu\";",
        ),
        // The nearest lacks a tag that another delegate has.
        (
            "[\"linux\", \"us\"]",
            "which lacks \"us\"; one delegate must have all the tags. Write tags",
        ),
        (
            "[\"mars\"]",
            "has the tag \"mars\". The nearest tags are \"us\", \"arm64\", and \"eu\".",
        ),
        (
            "[\"Linux\"]",
            "Tags are case-sensitive: write \"linux\", not \"Linux\".",
        ),
    ] {
        let detail = detail(&account, &format!("{AT} = {selectors}"));
        assert!(detail.contains(part), "{detail}");
    }
    let detail = detail(&account, &format!("{in_project}{AT} = [\"pci\", \"eu\"]"));
    let places = "No delegate in the project \"web\", its organization \"default\", or the account";
    assert!(detail.contains(places), "{detail}");
    assert!(
        detail.contains("The nearest is \"Web-Delegate\""),
        "{detail}"
    );
}

#[test]
fn without_a_delegate_that_is_connected_nothing_can_connect_through_one() {
    let mut account = example_account();
    account.delegates.clear();
    let rows: [(&str, &[&str]); 4] = [
        ("", &["G10 connectivity_mode"]),
        ("connectivity_mode = \"Platform\"", &[]),
        ("connectivity_mode = var.m", &[]),
        // There are no delegates at all, which explains it.
        ("delegate_selectors = [\"eu\"]", &["G10 connectivity_mode"]),
    ];
    expect(&account, &rows);
    let off = delegate("off", &["eu"], false, "26.07.89100");
    account.delegates.push((Scope::Account, off));
    expect(
        &account,
        &[
            ("", &["G09 connectivity_mode"]),
            ("delegate_selectors = [\"eu\"]", &["G09 delegate_selectors"]),
            ("delegate_selectors = var.tags", &[]),
        ],
    );
}

#[test]
fn unknown_delegates_of_one_scope_prevent_findings_about_all() {
    let planned = planned(&config(
        "org_id = \"default\"\ndelegate_selectors = [\"mars\"]",
    ));
    let change = PlannedChange::Creation { planned: &planned };
    let whole = example_account().answers(for_change(&change));
    assert_eq!(
        ids(&checked(change, whole.clone())),
        ["G08 delegate_selectors"]
    );
    for scope in whole.delegates.keys() {
        let mut answers = whole.clone();
        answers.delegates.remove(scope);
        assert_eq!(ids(&checked(change, answers)), [""; 0], "without {scope}");
    }
}

#[test]
fn delegates_that_can_serve_api_tokens_are_not_older_than_those() {
    let api = "api_access {\n email_and_api_token {\n email = \"j@acme.com\"\n token_ref = \"account.bitbucket_api_token\"\n }\n}";
    let found_at = "P13 api_access.email_and_api_token";
    let row = |hcl: &str, expected: &[&str]| {
        expect(&example_account(), &[(&format!("{hcl}\n{api}"), expected)]);
    };
    row("", &[found_at]);
    row("delegate_selectors = [\"eu\"]", &[]);
    row("delegate_selectors = [\"linux\"]", &[found_at]);
    row("delegate_selectors = [\"arm64\"]", &[found_at]);
    row("delegate_selectors = [\"linux\", var.tag]", &[]);
    row("delegate_selectors = var.tags", &[]);
    row("connectivity_mode = \"Platform\"", &[]);
    row("url = var.url", &[found_at]);
    // This type of API access is wrong on Data Center anyway.
    row(
        "url = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"",
        &[],
    );
    expect(
        &example_account(),
        &[(
            "api_access {\n access_token {\n token_ref = \"account.bitbucket_access_token\"\n }\n}",
            &[],
        )],
    );
}

#[test]
fn failed_lookups_are_reported_by_what_they_were_about() {
    use Topic::{Delegates, Identifiers, Scopes, Secrets, Usage};
    let planned = existing();
    let reported = |unanswered: Vec<Unanswered>| {
        let answers = Answers {
            unanswered,
            ..Answers::default()
        };
        let found = checked(PlannedChange::Creation { planned: &planned }, answers);
        let found = found.into_iter().map(|finding| {
            let id = finding.rule.id;
            let finding = finding.into_diagnostic(true).unwrap();
            assert_eq!(finding.path, None);
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            format!("{severity} {id} {}", finding.summary)
        });
        found.collect::<Vec<_>>()
    };
    for (why, about, expected) in [
        (
            Why::Forbidden,
            Secrets,
            "warning W15 No permission to look up secrets",
        ),
        (
            Why::Forbidden,
            Scopes,
            "warning L03 No permission to look up organizations and projects",
        ),
        (
            Why::Forbidden,
            Identifiers,
            "warning L03 No permission to look up connector identifiers",
        ),
        (
            Why::Forbidden,
            Delegates,
            "warning L03 No permission to look up delegates",
        ),
        (
            Why::Forbidden,
            Usage,
            "warning L03 No permission to look up references to connectors",
        ),
        (
            Why::Unauthorized,
            Secrets,
            "error L03 Harness refused the API key",
        ),
        (
            Why::NoAnswer,
            Secrets,
            "error L02 Harness cannot be reached: connection refused",
        ),
    ] {
        assert_eq!(reported(vec![unanswered_query(why, about)]), [expected]);
    }
}

#[test]
fn findings_are_in_the_order_of_the_schema() {
    let mut account = example_account();
    account.connectors.push(("bb", false));
    expect(
        &account,
        &[(
            "identifier = \"bb\"\ndelegate_selectors = [\"arm64\"]\n\
             credentials {\n http {\n username = \"j\"\n password_ref = \"account.nope\"\n }\n}\n\
             api_access {\n email_and_api_token {\n email = \"j@acme.com\"\n token_ref = \"account.bitbucket_ssh\"\n }\n}",
            &[
                "I10 identifier",
                "W12 credentials.http.password_ref",
                "W13 api_access.email_and_api_token.token_ref",
                "P13 api_access.email_and_api_token",
            ],
        )],
    );
}

#[test]
fn a_name_from_the_platform_cannot_break_out_of_its_sentence() {
    let mut account = example_account();
    account.delegates = vec![(
        Scope::Account,
        delegate("evil\" or `x\n", &["linux"], true, "26.07.89100"),
    )];
    let detail = detail(&account, "delegate_selectors = [\"linux\", \"eu\"]");
    assert!(
        detail.contains(r#"The nearest is "evil\" or `x\n", which"#),
        "{detail}"
    );
}
