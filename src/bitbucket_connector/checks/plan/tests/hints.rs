//! Suggestions for what is missing, and hints about what a new connector probably lacks.

use harness_platform::{Scope, SecretKind};

use super::tables::{detail, expect};
use crate::bitbucket_connector::checks::offline::testing::{config, ids};
use crate::bitbucket_connector::checks::plan::PlannedChange;
use crate::bitbucket_connector::checks::plan::testing::{
    Account, example_account, found, planned, secret,
};

#[test]
fn what_is_missing_leads_to_what_was_probably_meant() {
    let mut account = example_account();
    let add = |account: &mut Account, identifier, kind, scope| {
        account.secrets.push((secret(identifier, kind), scope, ""));
    };
    let org = || Scope::Organization {
        org: "default".to_owned(),
    };
    add(&mut account, "shared", SecretKind::Text, Scope::Account);
    add(&mut account, "shared", SecretKind::Text, org());
    account
        .organizations
        .insert("platform", vec!["website", "shop"]);
    let credentials = |reference: &str| {
        format!(
            "org_id = \"default\"\nproject_id = \"web\"\n\
             credentials {{\n http {{\n username = \"j\"\n password_ref = \"{reference}\"\n }}\n}}"
        )
    };
    let ssh = "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\n\
               credentials {\n ssh {\n ssh_key_ref = \"account.bitbucket_shs\"\n }\n}";
    for (hcl, expected) in [
        (
            credentials("bitbucket_access_token"),
            "There is `account.bitbucket_access_token`; to use it, write `password_ref = \"account.bitbucket_access_token\"`.",
        ),
        (
            credentials("shared"),
            "There are `account.shared` and `org.shared`; write the one you mean.",
        ),
        (
            credentials("account.bitbucket-access-tokn"),
            "Did you mean `account.bitbucket_access_token`?",
        ),
        (
            credentials("account.Bitbucket_Access_Token"),
            "Did you mean `account.bitbucket_access_token`?",
        ),
        (
            credentials("account.something_else"),
            "Write the Id of a text secret, shown next to its name in Harness.",
        ),
        // A text secret cannot replace an SSH credential.
        (ssh.to_owned(), "Did you mean `account.bitbucket_ssh`?"),
        (
            "org_id = \"Platfrom\"".to_owned(),
            "Did you mean `org_id = \"platform\"`?",
        ),
        (
            "org_id = \"engineering\"".to_owned(),
            "Write the Id, shown next to the name in Harness.",
        ),
        (
            "org_id = \"platform\"\nproject_id = \"web-site\"".replace('-', "_"),
            "Did you mean `project_id = \"website\"`?",
        ),
    ] {
        let detail = detail(&account, &hcl);
        assert!(detail.contains(expected), "{hcl}\n{detail}");
        assert!(
            detail.contains("If this run creates it, refer to its resource"),
            "{detail}"
        );
    }
}

#[test]
fn a_secret_to_which_two_references_may_lead_is_named_once() {
    let mut account = example_account();
    account
        .secrets
        .push((secret("shared", SecretKind::Text), Scope::Account, ""));
    let model = planned(&config(
        "org_id = \"default\"\nproject_id = \"web\"\n\
         credentials {\n http {\n username = \"j\"\n password_ref = \"shared\"\n }\n}\n\
         api_access {\n access_token {\n token_ref = \"other\"\n }\n}",
    ));
    let findings = found(PlannedChange::Creation { planned: &model }, &account);
    assert_eq!(
        ids(&findings),
        [
            "W12 credentials.http.password_ref",
            "W12 api_access.access_token.token_ref"
        ]
    );
    let detail = findings[0].clone().into_diagnostic(false).unwrap().detail;
    assert!(
        detail.contains(
            "There is `account.shared`; to use it, write `password_ref = \"account.shared\"`"
        ),
        "{detail}"
    );
}

#[test]
fn only_a_new_connector_gets_hints_about_port_and_identifier() {
    let account = example_account();
    let ssh = |url: &str| {
        format!(
            "connection_type = \"SSH\"\nurl = \"{url}\"\ntest_repository = \"WEB/shop.git\"\n\
             credentials {{\n ssh {{\n ssh_key_ref = \"account.bitbucket_ssh\"\n }}\n}}"
        )
    };
    for (hcl, expected) in [
        (ssh("ssh://git@bb.acme.com/"), &["X21 url"][..]),
        (ssh("ssh://git@bb.acme.com:7999/"), &[]),
        (ssh("ssh://git@bb.acme.com:22/"), &[]),
        (ssh("ssh://git@bitbucket.org/acme/"), &[]),
        ("name = \"Payments-code\"".to_owned(), &["I14 identifier"]),
        ("name = \"2 payments\"".to_owned(), &["I14 identifier"]),
        ("name = \"Payments code\"".to_owned(), &[]),
        (
            "name = \"Payments-code\"\nidentifier = \"Payments_code\"".to_owned(),
            &[],
        ),
    ] {
        expect(&account, &[(&hcl, expected)]);
        let model = planned(&config(&hcl));
        let kept = PlannedChange::Update {
            prior: &model,
            planned: &model,
        };
        assert_eq!(ids(&found(kept, &account)), [""; 0], "{hcl}");
    }
}
