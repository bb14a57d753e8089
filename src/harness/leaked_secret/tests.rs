//! What is a secret, and what only looks like one.

use super::*;

#[test]
fn tokens_and_keys_are_recognized_wherever_they_stand_in_a_text() {
    for (text, said) in [
        ("ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
        ("account.ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
        ("Bearer ATCTT3xFfGN0q1w2e3", "a Bitbucket access token"),
        (
            "https://x-token-auth:ATCTT3xFfGN0q1w2e3@bitbucket.org/acme/",
            "a Bitbucket access token",
        ),
        ("ATBBq1w2e3r4t5z6u7i8o9p0", "a Bitbucket app password"),
        ("token=ATATT3xFfGF0q1w2e3", "an Atlassian API token"),
        ("x-ATBBq1w2e3r4t5z6u7i8o9p0", "a Bitbucket app password"),
        ("BBDC-NDc1Mjg5MTIzNDU2OvR2", "a Bitbucket Data Center token"),
        (
            "BBDC-NDcOMjgSMTIzNDUvOvRsXqYzWvUtSrQpOnMlKj",
            "a Bitbucket Data Center token",
        ),
        ("BBDC-qXvRtZpLmKjHgFdSwQyB", "a Bitbucket Data Center token"),
        ("ATBBqXvRtZpLmKjHgFdSwQyBnMxC", "a Bitbucket app password"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
        (
            "org.gho_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
            "a GitHub token",
        ),
        ("ghu_16C7e42F292c6912E771", "a GitHub token"),
        ("ghs_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
        ("ghr_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
        (
            "github_pat_11ABCDEFG0q3zT9sXyWvU7_SrQpOnMlKj2HgFd5sAzX1cV4bN6mQ8wE",
            "a GitHub token",
        ),
        ("glpat-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
        ("account.glpat-q3zT-sXyWvU_SrQpOnMl", "a GitLab token"),
        ("gldt-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
        (
            "glptt-da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "a GitLab token",
        ),
        ("glrt-q3zT9sXyWvU7SrQpOnMl", "a GitLab token"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("account.AKIAQWERTYUIOPASDFGH", "an AWS access key"),
        ("ASIAQ3ZT7SXYWVU2SRQP", "an AWS access key"),
        (
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "an AWS secret key",
        ),
        (
            "account.da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "a hexadecimal token",
        ),
        ("d41d8cd98f00b204e9800998ecf8427e", "a hexadecimal token"),
        (
            "token=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            "a hexadecimal token",
        ),
        ("NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj==", "a token"),
        ("NDc1Mjg5MTIz/DU2OvR2q3zT+sXyWvUtSrQpOnMlKj4a", "a token"),
        ("pat.acc0unt.id.s3cr3tvalue", "a Harness API key"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "a JSON Web Token",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END",
            "a private key",
        ),
    ] {
        assert_eq!(
            recognize(text).map(|pasted| pasted.to_string()).as_deref(),
            Some(said),
            "{text}"
        );
    }
}

#[test]
fn secrets_are_found_behind_escapes_and_in_base64() {
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    for (text, said, clean) in [
        (
            &format!("x-token-auth%3A{token}%40bitbucket.org"),
            "a GitHub token",
            "x-token-auth:(removed: a GitHub token)@bitbucket.org",
        ),
        (
            &format!("https%253A%252F%252Fme%253A{token}%2540h"),
            "a GitHub token",
            "https://me:(removed: a GitHub token)@h",
        ),
        (
            &format!("url\\u003a{token} &#58;"),
            "a GitHub token",
            "url:(removed: a GitHub token) &#58;",
        ),
        (
            &"Basic amRvZTpodW50ZXIy".to_owned(),
            "a username with its password",
            "Basic (removed: a username with its password)",
        ),
        (
            &"auth=Z2hwXzE2QzdlNDJGMjkyYzY5MTJFNzcxMGM4MzgzNDdBZTE3OEI0YQ==, x".to_owned(),
            "a GitHub token",
            "",
        ),
        (
            &"ghp%5F16C7e42F292c6912E7710c838347Ae178B4a".to_owned(),
            "a GitHub token",
            "(removed: a GitHub token)",
        ),
    ] {
        let found = recognize(text).map(|pasted| pasted.to_string());
        assert_eq!(found.as_deref(), Some(said), "{text}");
        let shown = removed_from(text);
        if clean.is_empty() {
            assert!(!shown.contains("Z2hw"), "{shown}");
        } else {
            assert_eq!(shown, clean);
        }
    }
    let found = recognize_for_identifier("jdoe%3Ahunter2");
    assert_eq!(found, Some(Pasted::Token("a username with its password")));
}

#[test]
fn no_message_advises_an_app_password() {
    for (text, makes) in [
        ("ATBBq1w2e3r4t5z6u7i8o9p0", "create an API token"),
        ("ATATT3xFfGF0q1w2e3", "Create a new one"),
        ("-----BEGIN RSA PRIVATE KEY-----", "Create a new one"),
    ] {
        let pasted = recognize(text).unwrap();
        assert!(pasted.replacement().ends_with(makes), "{pasted}");
    }
}

/// Names and references that look like secrets but are not.
const LOOK_ALIKES: &[&str] = &[
    "",
    "jdoe",
    "jane.doe@acme.com",
    "account.bitbucket_token",
    "org.my_very_long_secret_name_for_team_payments_production",
    "account.my-very-long-secret-name-for-team-payments-production-2024",
    "MyVeryLongSecretNameForTeamPaymentsProduction2024",
    "ORG_WIDE_BITBUCKET_TOKEN_FOR_TEAM_PAYMENTS_PRODUCTION_2",
    "bitbucketcloudreadonlytokenforteampaymentsproduction",
    "k8s_eu_west_1_prod_app_team_abc_key_v2_qa_runner_3",
    "K8sEuWest1ProdAppTeamAbcKeyV2QaRunner3",
    "x$y$z",
    // UUIDs in all their forms, and ids of Harness.
    "a50e8400e29b41d4a716446655440000",
    "_550e8400_e29b_41d4_a716_446655440000",
    "account.a50e8400-e29b-41d4-a716-446655440000",
    "A50E8400E29B41D4A716446655440000",
    "kmpySmUISimoRrJL6NL73w",
    // Generated names: a hash after a word.
    "bitbucket_da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "org.bb_d41d8cd98f00b204e9800998ecf8427e",
    "_d41d8cd98f00b204e9800998ecf8427e",
    // Names that begin like tokens.
    "ATBB_bitbucket_app_password",
    "ATBB_bitbucket_app_password_2",
    "BBDC-token",
    "BBDC-token-for-team-payments-2",
    "ghp_for_team_payments",
    "account.ghp_token_2024",
    "github_pat_for_team_payments_2",
    "gho_oauth_application_of_the_web_shop",
    "glpat-for-team-payments-production",
    "gldt-deploy-token",
    "AKIA_access_key_of_team_payments",
    "ASIA_PACIFIC_TOKEN_2",
    "ASIAPACIFICTOKENPROD",
    "AKIAAWSKEY",
    "FORMATATTRIBUTES",
    "DATATTL_SERVICE",
    "ATATTECH-corp",
    "account.ATATT_of_the_team",
    "pat.smith",
    "compat.acme.example1234567.com",
    "eyJ",
    "deadbeef",
    "facade",
    "https://bitbucket.org/acme/web.git",
    "https://bitbucket.org/acme/ATATTgit.git",
    "<+secrets.getValue(\"account.x\")>",
    "git@bitbucket.org:acme/web.git",
    "hashicorpvault://vault/path",
];

#[test]
fn ordinary_names_and_references_are_no_tokens() {
    for text in LOOK_ALIKES {
        assert_eq!(recognize_for_identifier(text), None, "{text}");
    }
}

#[test]
fn a_username_with_its_password_is_found_where_nothing_has_a_colon() {
    for text in [
        "jdoe:hunter2",
        "jane@acme.com:s3cret",
        "x-token-auth:abc",
        "a:b:c",
    ] {
        let found = recognize_for_identifier(text).map(|pasted| pasted.to_string());
        assert_eq!(
            found.as_deref(),
            Some("a username with its password"),
            "{text}"
        );
        assert_eq!(recognize(text), None, "{text}");
    }
    let address = recognize_for_identifier("https://jdoe:hunter2@bb.acme.com/scm/");
    assert_eq!(address, Some(Pasted::Token("a URL with a password")));
    for text in ["a:", ":b", "cost center: it", "${a:b}"] {
        assert_eq!(recognize_for_identifier(text), None, "{text}");
    }
}

#[test]
fn the_name_of_a_repository_may_be_a_long_run() {
    let url = "https://bitbucket.org/acme/da39a3ee5e6b4b0d3255bfef95601890afd80709.git";
    assert_eq!(recognize_kind(url), None);
    assert!(recognize(url).is_some());
    assert!(
        recognize_kind("https://bitbucket.org/acme/ghp_16C7e42F292c6912E7710c838347Ae178B4a")
            .is_some()
    );
}

#[test]
fn a_long_run_in_a_path_is_removed_and_the_rest_of_the_address_stays() {
    for (text, clean) in [
        (
            "https://bitbucket.org/acme/q3zT9sXyWvU7SrQpOnMlKj2HgFd5sAzX.git",
            "https://bitbucket.org/acme/(removed: a token)",
        ),
        (
            "git@bitbucket.org:d41d8cd98f00b204e9800998ecf8427e/web.git",
            "git@bitbucket.org:(removed: a hexadecimal token)/web.git",
        ),
        (
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "(removed: an AWS secret key)",
        ),
        (
            "https://d41d8cd98f00b204e9800998ecf8427e.example.com/scm/web",
            "https://d41d8cd98f00b204e9800998ecf8427e.example.com/scm/web",
        ),
        ("https://bb.acme.com", "https://bb.acme.com"),
        ("acme/web-shop.git", "acme/web-shop.git"),
    ] {
        assert_eq!(runs_removed_from_path(text), clean);
    }
}

#[test]
fn secrets_are_removed_from_a_text_and_the_rest_stays() {
    let long = "x9".repeat(80);
    for (text, clean) in [
        ("", ""),
        (
            "No secret exists with the id bitbucket_token  in organization o",
            "No secret exists with the id bitbucket_token  in organization o",
        ),
        (
            "url https://bitbucket.org/acme/ATATT3xFfGF0q1w2e3.git",
            "url https://bitbucket.org/acme/(removed: an Atlassian API token)",
        ),
        (
            "id ATATT3xFfGF0q1w2e3, token=ATATT3xFfGF0q1w2e3 and account.ATCTT3xFfGN0q1w2e3.",
            "id (removed: an Atlassian API token), token=(removed: an Atlassian API token) and \
             account.(removed: a Bitbucket access token).",
        ),
        (
            "Invalid repo url  https://ATCTT3xFfGN0q1w2e3@bitbucket.org/acme/, no",
            "Invalid repo url  https://(removed: a Bitbucket access token)@bitbucket.org/acme/, no",
        ),
        (
            "key -----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY----- and pat.acc0unt.id.s3cr3tvalue",
            "key (removed: a private key) and (removed: a Harness API key)",
        ),
        ("-----BEGIN OPENSSH", "(removed: a private key)"),
        (
            "correlation id d41d8cd98f00b204e9800998ecf8427e.",
            "correlation id (removed: a hexadecimal token).",
        ),
        (
            "id account.d41d8cd98f00b204e9800998ecf8427e, token=NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj==",
            "id account.(removed: a hexadecimal token), token=(removed: a token)",
        ),
        (
            "d41d8cd98f00b204e9800998ecf8427e=NDc1Mjg5MTIzNDU2OvR2q3zT9sXyWvUtSrQpOnMlKj",
            "(removed: a hexadecimal token)",
        ),
        (
            "correlation a50e8400-e29b-41d4-a716-446655440000 of ghp_for_team_payments",
            "correlation a50e8400-e29b-41d4-a716-446655440000 of ghp_for_team_payments",
        ),
        (
            &format!("id {long} is unknown"),
            "id (removed: a token) is unknown",
        ),
        ("äöü ☃ → 400", "äöü ☃ → 400"),
    ] {
        assert_eq!(removed_from(text), clean);
    }
}

#[test]
fn a_text_longer_than_any_reference_is_recognized_by_its_length() {
    assert!(!is_too_long_for_a_reference(&"x".repeat(136)));
    assert!(is_too_long_for_a_reference(&"x".repeat(137)));
    assert!(!is_too_long_for_a_reference(&"word ".repeat(40)));
}
