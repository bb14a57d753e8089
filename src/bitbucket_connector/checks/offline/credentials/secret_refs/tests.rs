use crate::bitbucket_connector::checks::offline::testing::{found, ids};

/// Every argument that takes a reference, in an otherwise valid connector.
const PLACES: &[(&str, &str)] = &[
    (
        "credentials.http.username_ref",
        "credentials {\n http {\n username_ref = %\n password_ref = \"account.token\"\n }\n}",
    ),
    (
        "credentials.http.password_ref",
        "credentials {\n http {\n username = \"jdoe\"\n password_ref = %\n }\n}",
    ),
    (
        "credentials.ssh.ssh_key_ref",
        "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\ncredentials {\n ssh {\n ssh_key_ref = %\n }\n}",
    ),
    (
        "api_access.username_token.username_ref",
        "url = var.url\ntest_repository = var.repository\ncredentials = var.credentials\n\
             api_access {\n username_token {\n username_ref = %\n token_ref = \"account.token\"\n }\n}",
    ),
    (
        "api_access.username_token.token_ref",
        "url = var.url\ntest_repository = var.repository\ncredentials = var.credentials\n\
             api_access {\n username_token {\n username = \"jdoe\"\n token_ref = %\n }\n}",
    ),
    (
        "api_access.email_and_api_token.email_ref",
        "api_access {\n email_and_api_token {\n email_ref = %\n token_ref = \"account.token\"\n }\n}",
    ),
    (
        "api_access.email_and_api_token.token_ref",
        "api_access {\n email_and_api_token {\n email = \"jane@acme.com\"\n token_ref = %\n }\n}",
    ),
    (
        "api_access.access_token.token_ref",
        "api_access {\n access_token {\n token_ref = %\n }\n}",
    ),
];

const ACCOUNT: &str = "";
const ORGANIZATION: &str = "org_id = \"default\"\n";
const PROJECT: &str = "org_id = \"default\"\nproject_id = \"web\"\n";

/// A scope, the text instead of the reference, and the rules that report it.
const ROWS: &[(&str, &str, &[&str])] = &[
    (ACCOUNT, "var.reference", &[]),
    (ACCOUNT, "\"account.a-b_1\"", &[]),
    (ORGANIZATION, "\"org.x\"", &[]),
    (ORGANIZATION, "\"account.x\"", &[]),
    (PROJECT, "\"x\"", &[]),
    (PROJECT, "\"org.x\"", &[]),
    (ACCOUNT, "\"\"", &["W01"]),
    (ACCOUNT, "\"account.\"", &["W01"]),
    (ACCOUNT, "\"account.1x\"", &["W01"]),
    (PROJECT, "\"pa55#word\"", &["W01"]),
    (PROJECT, "\"project.x\"", &["W02"]),
    (ACCOUNT, "\"project.x\"", &["W02"]),
    (PROJECT, "\"vault.x\"", &["W03"]),
    (PROJECT, "\"org.web.x\"", &["W03"]),
    (PROJECT, "\"account/x\"", &["W01"]),
    (PROJECT, "\"default.x\"", &["W03"]),
    (PROJECT, "\"web.x\"", &["W03"]),
    (PROJECT, "\"organization.x\"", &["W03"]),
    (ACCOUNT, "\"x\"", &["W04"]),
    (ACCOUNT, "\"org.x\"", &["W04"]),
    (ACCOUNT, "\"Org.x\"", &["W04"]),
    (ORGANIZATION, "\"x\"", &["W05"]),
    ("org_id = var.org\n", "\"x\"", &[]),
    ("org_id = \"\"\n", "\"x\"", &[]),
    (
        "org_id = \"default\"\nproject_id = var.project\n",
        "\"x\"",
        &[],
    ),
    ("org_id = var.org\nproject_id = \"web\"\n", "\"x\"", &[]),
    (ACCOUNT, "\"ATATT3xFfGF0T4JNjZRlV2\"", &["W06"]),
    (ACCOUNT, "\"account.ATCTT3xFfGN0T4JNjZRl\"", &["W06"]),
    (
        ACCOUNT,
        "\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln\"",
        &["W06"],
    ),
    (
        ACCOUNT,
        "\"<+secrets.getValue(\\\"account.x\\\")>\"",
        &["W07"],
    ),
    (ACCOUNT, "\"<+secrets.getValue('org.x')>\"", &["W07"]),
    (ACCOUNT, "\"<+input>\"", &["W08"]),
    (ACCOUNT, "\"$${TOKEN}\"", &["W08"]),
    (ACCOUNT, "\"ACCOUNT.x\"", &["W09"]),
    (ACCOUNT, "\"hashicorpvault://vault/path#key\"", &["W10"]),
    (ACCOUNT, "\"Bitbucket Token\"", &["W11"]),
    (ACCOUNT, "\"account.x \"", &["W11"]),
];

#[test]
fn every_reference_is_checked_alike_in_every_scope() {
    for (path, place) in PLACES {
        for (scope, reference, expected) in ROWS {
            // The connector's other references are account secrets, which every scope may use.
            let hcl = format!("{scope}{}", place.replace('%', reference));
            let findings = found(&hcl);
            let expected: Vec<_> = expected.iter().map(|id| format!("{id} {path}")).collect();
            let here = ids(&findings);
            let here: Vec<_> = here.iter().filter(|id| id.starts_with('W')).collect();
            assert_eq!(here, expected.iter().collect::<Vec<_>>(), "{hcl}");
        }
    }
}

#[test]
fn a_reference_out_of_reach_is_reported_with_one_in_reach() {
    let (_, place) = PLACES[1];
    for (scope, reference, write) in [
        (ACCOUNT, "\"x\"", "Write \"account.x\", and"),
        (ACCOUNT, "\"project.x\"", "Write \"account.x\"."),
        (
            ORGANIZATION,
            "\"x\"",
            "Write \"org.x\" or \"account.x\", depending",
        ),
        (PROJECT, "\"project.x\"", "Write \"x\"."),
        (PROJECT, "\"account/x\"", "Write \"account.x\"."),
        (PROJECT, "\"org/x\"", "Write \"org.x\"."),
        (PROJECT, "\"default.x\"", "Write \"org.x\"."),
        (PROJECT, "\"web.x\"", "Write \"x\"."),
        (
            ORGANIZATION,
            "\"<+secrets.getValue(\\\"x\\\")>\"",
            "Write \"org.x\".",
        ),
    ] {
        let findings = found(&format!("{scope}{}", place.replace('%', reference)));
        let detail = findings[0].clone().into_diagnostic(false).unwrap().detail;
        assert!(detail.contains(write), "{detail}");
    }
}
