use super::{EMAIL_AND_API_TOKEN, USERNAME_TOKEN};
use crate::bitbucket_connector::checks::offline::testing::expect;

const CLOUD: &str = "";
const DATA_CENTER: &str =
    "url = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n";
const UNKNOWN: &str = "url = var.url\ntest_repository = var.repository\n";

fn rows(rest: &str, rows: &[(&str, &[&str])]) {
    for (inner, expected) in rows {
        expect(&[(&format!("{rest}api_access {{\n {inner}\n}}"), expected)]);
    }
}

#[test]
fn api_access_has_one_kind_or_is_left_out() {
    expect(&[("api_access = null", &[]), ("api_access = var.api", &[])]);
    rows(
        CLOUD,
        &[
            ("", &["E04 api_access"]),
            ("access_token = var.token", &[]),
            ("access_token {\n token_ref = \"account.api\"\n }", &[]),
            (
                "access_token {\n token_ref = var.token\n }\n username_token = var.other",
                &[],
            ),
            (
                "access_token {\n token_ref = \"account.api\"\n }\n email_and_api_token {\n email = \"j@acme.com\"\n \
                 token_ref = \"account.api\"\n }",
                &["E04 api_access"],
            ),
        ],
    );
}

#[test]
fn every_kind_has_its_token() {
    rows(
        UNKNOWN,
        &[
            (
                "access_token {\n}",
                &["P03 api_access.access_token.token_ref"],
            ),
            ("access_token {\n token_ref = var.token\n}", &[]),
            (
                "username_token {\n username = \"jdoe\"\n}",
                &["P03 api_access.username_token.token_ref"],
            ),
            (
                "email_and_api_token {\n email = \"j@acme.com\"\n}",
                &["P03 api_access.email_and_api_token.token_ref"],
            ),
        ],
    );
}

#[test]
fn username_and_token_are_for_data_center_and_those_of_git() {
    let row = |members: &str| format!("username_token {{\n {members}\n}}");
    let valid = row("username = \"jdoe\"\n token_ref = \"account.bitbucket_api_token\"");
    let other = row("username = \"jdoe\"\n token_ref = \"account.other\"");
    rows(
        CLOUD,
        &[
            (&valid, &["P10 api_access.username_token"]),
            (&other, &["P10 api_access.username_token"]),
        ],
    );
    rows(
        UNKNOWN,
        &[
            (&valid, &[]),
            (&other, &["P11 api_access.username_token.token_ref"]),
        ],
    );
    let username = |id: &str| format!("{id} {USERNAME_TOKEN}.username");
    rows(
        DATA_CENTER,
        &[
            (&valid, &[]),
            (&other, &["P11 api_access.username_token.token_ref"]),
            (&row("username = var.user\n token_ref = var.token"), &[]),
            (
                &row("token_ref = \"account.bitbucket_api_token\""),
                &["P04 api_access.username_token"],
            ),
            (
                &row(
                    "username = \"a\"\n username_ref = \"account.a\"\n token_ref = \"account.bitbucket_api_token\"",
                ),
                &["P04 api_access.username_token"],
            ),
            (
                &row("username_ref = \"account.a\"\n token_ref = \"account.bitbucket_api_token\""),
                &["P09 api_access.username_token.username_ref"],
            ),
            (
                &row("username_ref = var.user\n token_ref = \"account.bitbucket_api_token\""),
                &[],
            ),
            (
                &row("username = \"\"\n token_ref = \"account.bitbucket_api_token\""),
                &[&username("P12")],
            ),
            (
                &row("username = \"a:b\"\n token_ref = \"account.bitbucket_api_token\""),
                &[&username("P12")],
            ),
            (
                &row(
                    "username = \"ATATT3xFfGF0abc\"\n token_ref = \"account.bitbucket_api_token\"",
                ),
                &[&username("P12")],
            ),
        ],
    );
}

#[test]
fn email_and_api_token_are_for_cloud() {
    let row = |members: &str| format!("email_and_api_token {{\n {members}\n}}");
    let valid = row("email = \"jane@acme.com\"\n token_ref = \"account.api\"");
    let email = |value: &str| {
        row(&format!(
            "email = \"{value}\"\n token_ref = \"account.api\""
        ))
    };
    rows(
        DATA_CENTER,
        &[
            (&valid, &["P07 api_access.email_and_api_token"]),
            (&email("jdoe"), &["P07 api_access.email_and_api_token"]),
        ],
    );
    rows(
        UNKNOWN,
        &[
            (&valid, &[]),
            (
                &email("jdoe"),
                &["P08 api_access.email_and_api_token.email"],
            ),
        ],
    );
    let p06 = format!("P06 {EMAIL_AND_API_TOKEN}");
    let p08 = format!("P08 {EMAIL_AND_API_TOKEN}.email");
    rows(
        CLOUD,
        &[
            (&valid, &[]),
            (&row("email = var.email\n token_ref = \"account.api\""), &[]),
            (
                &row("email_ref = \"account.email\"\n token_ref = \"account.api\""),
                &[],
            ),
            (&row("token_ref = \"account.api\""), &[&p06]),
            (
                &row(
                    "email = \"j@acme.com\"\n email_ref = \"account.email\"\n token_ref = \"account.api\"",
                ),
                &[&p06],
            ),
            (&email(""), &[&p08]),
            (&email("jdoe"), &[&p08]),
            (&email("jane@acme.com "), &[&p08]),
            (&email("Jane <jane@acme.com>"), &[&p08]),
        ],
    );
}
