//! Responses about single settings: references, usernames, the URL, and what validation refuses.

use super::*;

/// Returns the platform's response about a reference. It contains the reason twice, the second time without the field.
fn reference(field: &str, reason: &str) -> Value {
    let inner = format!("Invalid request: {reason}");
    let outer = format!("Invalid request: Error while validating {field} field : {inner}");
    let message =
        |text: &str| json!({"code": "INVALID_REQUEST", "level": "ERROR", "message": text});
    json!({"status": "ERROR", "code": "INVALID_REQUEST", "message": outer, "correlationId": "c-2",
        "responseMessages": [message(&outer), message(&inner)]})
}

#[test]
fn a_reference_is_found_by_field_identifier_and_block() {
    let chain = "No scope found for string: team (through reference chain: io.harness.ConnectorDTO[\"connector\"]->\
                 io.harness.Info[\"spec\"]->io.harness.Bitbucket[\"apiAccess\"]->io.harness.Api[\"spec\"]->\
                 io.harness.Token[\"tokenRef\"])";
    let path = "Invalid Secret Reference (through reference chain: connector.spec.authentication.spec.spec.passwordRef)";
    become_findings(&[
        (
            project(),
            reference(
                "passwordRef",
                "No secret exists with the id password  in organization platform in project payments",
            ),
            "W16 credentials.http.password_ref: Secret does not exist",
            &[
                "Harness says: Error while validating passwordRef field : Invalid request: No secret exists with the id password",
                "\"password\" refers to the secret \"password\" in the project \"payments\" of organization \
                 \"platform\"",
                "`depends_on`",
            ],
        ),
        (
            project(),
            reference("usernameRef", "No secret exists with the id user"),
            "W16 api_access.username_token.username_ref: Secret does not exist",
            &["\"account.user\" refers to the secret \"user\" in the account"],
        ),
        (
            project(),
            reference("tokenRef", "No secret exists with the id token"),
            "W16 api_access.username_token.token_ref: Secret does not exist",
            &["in the account"],
        ),
        (
            connector("access_token"),
            reference("tokenRef", "No secret exists with the id token"),
            "W16 api_access.access_token.token_ref: Secret does not exist",
            &["in the account"],
        ),
        (
            connector("email_and_api_token"),
            reference(
                "emailRef",
                "No secret exists with the id email  in organization platform",
            ),
            "W16 api_access.email_and_api_token.email_ref: Secret does not exist",
            &["in the organization \"platform\""],
        ),
        (
            connector("ssh"),
            reference(
                "sshKeyRef",
                "No secret exists with the id key  in organization platform",
            ),
            "W16 credentials.ssh.ssh_key_ref: Secret does not exist",
            &["\"org.key\" refers to"],
        ),
        (
            over_ssh("git@bitbucket.org:acme/", UrlType::Account, "org.key"),
            reference(
                "sshKeyRef",
                "The org level secret cannot be used at account level",
            ),
            "W16 credentials.ssh.ssh_key_ref: Secret outside the connector's scope",
            &["cannot use \"org.key\". Write \"account.key\""],
        ),
        (
            project(),
            reference("passwordRef", "Empty identifier values are not supported"),
            "W16 credentials.http.password_ref: Invalid secret reference",
            &["\"org.<id>\" for one of its organization"],
        ),
        (
            project(),
            reference("somethingRef", "No secret exists with the id x"),
            "W16 -: Secret does not exist",
            &["The secret does not exist"],
        ),
        (
            project(),
            unreadable(path),
            "W16 credentials.http.password_ref: Invalid secret reference",
            &["Unable to process JSON", "Write the reference as \"<id>\""],
        ),
        (
            project(),
            unreadable(chain),
            "W16 api_access.username_token.token_ref: Invalid secret reference",
            &["Write the reference as"],
        ),
    ]);
}

#[test]
fn the_repeated_identifier_tells_two_username_secrets_apart() {
    let mut connector = project();
    connector.spec.authentication = Authentication::Http {
        username: Some(TextOrRef::Ref("org.jdoe".to_owned())),
        password_ref: Some("password".to_owned()),
    };
    for (id, argument) in [
        ("jdoe", "credentials.http.username_ref"),
        ("user", "api_access.username_token.username_ref"),
        // If neither matches, it is Git's, which Harness checks first.
        ("other", "credentials.http.username_ref"),
    ] {
        let body = reference("usernameRef", &format!("No secret exists with the id {id}"));
        let expected = format!("W16 {argument}: Secret does not exist");
        becomes_finding(&connector, 400, &body, &expected, &[]);
    }
}

#[test]
fn mixed_usernames_are_shown_at_the_one_of_the_api_access() {
    const MIXED: &str = "Both usernames should be set either as secret or plain text";
    let mut other_way = project();
    other_way.spec.authentication = Authentication::Http {
        username: Some(TextOrRef::Ref("jdoe".to_owned())),
        password_ref: None,
    };
    other_way.spec.api_access = Some(harness_platform::ApiAccess::UsernameToken {
        username: Some(TextOrRef::Plain("jdoe".to_owned())),
        token_ref: None,
    });
    become_findings(&[
        (
            project(),
            error(MIXED),
            "P09 api_access.username_token.username_ref: Mixed plaintext and secret usernames",
            &[MIXED, "Write `username` in both"],
        ),
        (
            other_way,
            error(MIXED),
            "P09 api_access.username_token.username: Mixed plaintext and secret usernames",
            &["Write `username_ref` in both"],
        ),
        (
            connector("none"),
            error(MIXED),
            "P09 api_access: Mixed plaintext and secret usernames",
            &["both as `username_ref`"],
        ),
    ]);
}

#[test]
fn a_refused_url_is_shown_with_the_one_to_write() {
    use UrlType::{Account, Repo};
    let start = |url: &str| {
        format!(
            "Invalid repo url  {url},should start with either http:// , https:// , ssh:// or git@"
        )
    };
    let forms = |url: &str| {
        format!(
            "Invalid repo url  {url}, valid ssh url formats are git@provider.com:username/repo, \
             ssh://provider.com/username/repo, ssh://git@provider.com/username/repo"
        )
    };
    let blanks =
        |url: &str| format!("Invalid repo url  {url}, It should not contain spaces in between");
    for (connector, said, parts) in [
        (
            over_ssh("git@bb.acme.com/WEB/shop.git", Repo, "account.key"),
            forms("git@bb.acme.com/WEB/shop.git"),
            [
                "documentation shows this form",
                "Write \"ssh://git@bb.acme.com:7999/WEB/shop.git\".",
            ],
        ),
        (
            over_ssh("git@bb.acme.com/", Account, "account.key"),
            forms("git@bb.acme.com/"),
            [
                "documentation shows this form",
                "Write \"ssh://git@bb.acme.com:7999/\".",
            ],
        ),
        (
            over_ssh("git@bitbucket.org", Repo, "account.key"),
            forms("git@bitbucket.org"),
            [
                "\"git@bitbucket.org:<workspace>/<repository>.git\"",
                "your own names",
            ],
        ),
        (
            with_url("bitbucket.org/acme", Account),
            start("bitbucket.org/acme"),
            [
                "should start with",
                "Write \"https://bitbucket.org/acme/\".",
            ],
        ),
        (
            with_url("HTTPS://bitbucket.org/acme/", Account),
            start("HTTPS://bitbucket.org/acme/"),
            [
                "should start with",
                "Write \"https://bitbucket.org/acme/\".",
            ],
        ),
        (
            with_url("https://bitbucket.org/ac me/", Account),
            blanks("https://bitbucket.org/ac me/"),
            [
                "should not contain spaces",
                "Write \"https://bitbucket.org/ac-me/\".",
            ],
        ),
        (
            with_url("https://bitbucket.org/acme%zz/", Account),
            "Url https://bitbucket.org/acme%zz/ is invalid".to_owned(),
            ["acme%zz/ is invalid", "percent escapes"],
        ),
        (
            with_url(" ", Account),
            "Url cannot be left blank".to_owned(),
            ["cannot be left blank", "`url` must start with"],
        ),
    ] {
        becomes_finding(
            &connector,
            400,
            &error(&said),
            "U28 url: Harness rejected `url`",
            &parts,
        );
    }
}

#[test]
fn the_suggestion_for_a_refused_url_is_accepted() {
    let start = "Invalid repo url  x,should start with either http:// , https:// , ssh:// or git@";
    for (url, url_type) in [
        ("git@bb.acme.com/WEB/shop.git", UrlType::Repo),
        ("git@bb.acme.com:7999", UrlType::Account),
        ("bb.acme.com/scm/", UrlType::Account),
        ("SSH://git@bb.acme.com:7999/WEB/shop.git", UrlType::Repo),
        ("git@bb.acme.com", UrlType::Account),
    ] {
        let connector = over_ssh(url, url_type, "account.key");
        let findings = of_create(&connector, 400, &error(start));
        let (_, rest) = findings[0].detail.split_once("Write \"").expect(url);
        let (fixed, _) = rest.split_once('"').unwrap();
        assert!(
            fixed.starts_with("ssh://git@bb.acme.com:7999/"),
            "{url}: {fixed}"
        );
    }
}

fn row(
    connector: BitbucketConnector,
    field: &str,
    error: &str,
    expected: &'static str,
    parts: &'static [&'static str],
) -> Row {
    (connector, violations(&[(field, error)]), expected, parts)
}

#[test]
fn each_setting_that_validation_refuses_has_a_finding_of_its_own() {
    const REFUSED: &str = "Harness rejected an argument";
    let name =
        "can only contain alphanumeric, dot, hyphen, forward slash and underscore characters.";
    let one_of = "Maximum one of fields: [username, usernameRef] should be set";
    become_findings(&[
        row(
            project(),
            "connector.name",
            name,
            "M11 name: Harness rejected an argument",
            &["Harness says: connector.name: can only contain alphanumeric"],
        ),
        row(
            project(),
            "connector.identifier",
            "new is a keyword, so cannot be used",
            "M11 identifier: Harness rejected an argument",
            &["\"web_connector\""],
        ),
        row(
            project(),
            "passwordRef",
            "must not be null",
            "M11 credentials.http.password_ref: Harness rejected an argument",
            &["Set `credentials.http.password_ref`."],
        ),
        row(
            project(),
            "connector.spec.authentication.spec.spec",
            one_of,
            "M11 credentials.http: Harness rejected an argument",
            &["exactly one of `username` and `username_ref` in `credentials.http`"],
        ),
        row(
            connector("email_and_api_token"),
            "connector.spec.apiAccess.spec",
            "Maximum one of fields: [email, emailRef] should be set",
            "M11 api_access.email_and_api_token: Harness rejected an argument",
            &["`email` and `email_ref`"],
        ),
        row(
            project(),
            "somethingNew",
            "is odd",
            "M11 -: Harness rejected an argument",
            &["Harness says: somethingNew: is odd"],
        ),
    ]);

    let several = violations(&[
        ("connector.name", name),
        ("connector.spec.url", "must not be blank"),
        ("connector.spec.apiAccess.spec.tokenRef", "must not be null"),
    ]);
    let findings = of_create(&project(), 400, &several);
    let found: Vec<String> = findings.iter().map(in_short).collect();
    let expected = ["name", "url", "api_access.username_token.token_ref"];
    assert_eq!(found, expected.map(|path| format!("M11 {path}: {REFUSED}")));
    assert!(!findings[0].detail.contains("must not be blank"));
}

#[test]
fn what_the_json_reader_stumbles_over_is_shown_where_it_is() {
    become_findings(&[
        (
            project(),
            unreadable(
                "Cannot deserialize value of type `GitConnectionType` from String \"Group\" (through reference chain: \
                 connector.spec.type)",
            ),
            "M12 url_type: Harness cannot read a value",
            &["GitConnectionType", "report this message"],
        ),
        (
            project(),
            unreadable("Unexpected end-of-input"),
            "M12 -: Harness cannot read a value",
            &["Unexpected end-of-input"],
        ),
    ]);
}

#[test]
fn a_reference_that_is_none_is_removed_from_what_harness_repeats() {
    let mut connector = connector("none");
    connector.spec.authentication = Authentication::Http {
        username: None,
        password_ref: Some("correct horse!".to_owned()),
    };
    let body = reference("passwordRef", "Invalid identifier reference correct horse!");
    let finding = &of_create(&connector, 400, &body)[0];
    holds(&finding.detail, &["Invalid identifier reference (removed)"]);
    assert!(!finding.detail.contains("horse"), "{}", finding.detail);
}
