use crate::bitbucket_connector::checks::offline::testing::{expect, found, ids};

fn http(members: &str) -> String {
    format!("credentials {{\n http {{\n {members}\n }}\n}}\n")
}

/// Checks rows of HTTP credentials members.
fn expect_http(rest: &str, rows: &[(&str, &[&str])]) {
    for (members, expected) in rows {
        expect(&[(&format!("{}{rest}", http(members)), expected)]);
    }
}

const DATA_CENTER: &str =
    "url = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"\n";

#[test]
fn username_and_password_are_given_once() {
    const AT: &str = "A03 credentials.http";
    expect_http(
        "",
        &[
            (
                "username = \"jdoe\"\n password_ref = \"account.token\"",
                &[],
            ),
            (
                "username_ref = \"account.user\"\n password_ref = \"account.token\"",
                &[],
            ),
            ("username = var.user\n password_ref = var.reference", &[]),
            (
                "username = var.user\n username_ref = var.other\n password_ref = \"account.token\"",
                &[],
            ),
            ("password_ref = \"account.token\"", &[AT]),
            (
                "username = \"a\"\n username_ref = \"account.user\"\n password_ref = \"account.token\"",
                &[AT],
            ),
            (
                "username = \"jdoe\"",
                &["A04 credentials.http.password_ref"],
            ),
        ],
    );
}

#[test]
fn the_username_is_one_that_bitbucket_knows() {
    let row = |name: &str| format!("username = \"{name}\"\n password_ref = \"account.token\"");
    let at = |id: &str| format!("{id} credentials.http.username");
    for (name, cloud, data_center) in [
        ("jdoe", None, None),
        ("x-token-auth", None, Some("A08")),
        ("x-bitbucket-api-token-auth", None, Some("A08")),
        ("", Some("A05"), Some("A05")),
        (" ", Some("A05"), Some("A05")),
        ("jdoe:pass", Some("A06"), Some("A06")),
        ("Jane Doe", Some("A06"), Some("A06")),
        (" jdoe", Some("A06"), Some("A06")),
        ("jane@acme.com", Some("A07"), None),
        ("git", Some("A09"), Some("A09")),
        ("ATBBq1w2e3r4t5z6u7i8o9p0", Some("A10"), Some("A10")),
    ] {
        for (rest, expected) in [("", cloud), (DATA_CENTER, data_center)] {
            let found = ids(&found(&format!("{}{rest}", http(&row(name)))));
            assert_eq!(found, Vec::from_iter(expected.map(at)), "{name} {rest}");
        }
        // If the deployment is unknown, mistakes in every deployment are still reported.
        let found = ids(&found(&format!(
            "{}url = var.url\ntest_repository = var.repository",
            http(&row(name))
        )));
        let everywhere = cloud.filter(|_| cloud == data_center);
        assert_eq!(found, Vec::from_iter(everywhere.map(at)), "{name}");
    }
}

#[test]
fn the_username_matches_the_type_of_the_token() {
    const TOKEN: &str = "password_ref = \"account.token\"";
    const AT: &str = "credentials.http.username";
    let api_token = |reference: &str| {
        format!(
            "api_access {{\n email_and_api_token {{\n email = \"j@acme.com\"\n token_ref = {reference}\n }}\n}}"
        )
    };
    let access_token = |reference: &str| {
        format!("api_access {{\n access_token {{\n token_ref = {reference}\n }}\n}}")
    };
    let row = |name: &str, api: &str| {
        ids(&found(&format!(
            "{}{api}",
            http(&format!("username = {name}\n {TOKEN}"))
        )))
    };
    for (name, api, expected) in [
        (
            "\"x-token-auth\"",
            api_token("\"account.token\""),
            Some("A12"),
        ),
        ("\"x-token-auth\"", api_token("\"account.other\""), None),
        ("\"x-token-auth\"", api_token("var.token"), None),
        ("\"jdoe\"", api_token("\"account.token\""), None),
        (
            "\"x-bitbucket-api-token-auth\"",
            api_token("\"account.token\""),
            None,
        ),
        ("var.user", api_token("\"account.token\""), None),
        (
            "\"jane@acme.com\"",
            api_token("\"account.token\""),
            Some("A07"),
        ),
        ("\"jdoe\"", access_token("\"account.token\""), Some("A13")),
        ("\"git\"", access_token("\"account.token\""), Some("A13")),
        (
            "\"jane@acme.com\"",
            access_token("\"Account.token\""),
            Some("A13"),
        ),
        ("\"x-token-auth\"", access_token("\"account.token\""), None),
        ("\"jdoe\"", access_token("\"account.other\""), None),
        ("\"jdoe\"", access_token("var.token"), None),
        ("var.user", access_token("\"account.token\""), None),
    ] {
        let found = row(name, &api);
        let found: Vec<_> = found.iter().filter(|id| id.starts_with('A')).collect();
        let expected = expected.map(|id| format!("{id} {AT}"));
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{name} {api}");
    }
    // On Data Center, HTTP access tokens are used with the user's own name, for both Git and API.
    let api = access_token("\"account.token\"");
    assert_eq!(row("\"jdoe\"", &format!("{api}\n{DATA_CENTER}")), [""; 0]);
}

#[test]
fn one_secret_is_not_both_username_and_password() {
    expect_http(
        "",
        &[
            (
                "username_ref = \"account.a\"\n password_ref = \"account.b\"",
                &[],
            ),
            ("username_ref = \"account.a\"\n password_ref = var.b", &[]),
            (
                "username_ref = \"account.a\"\n password_ref = \"account.a\"",
                &["A11 credentials.http.username_ref"],
            ),
        ],
    );
}
