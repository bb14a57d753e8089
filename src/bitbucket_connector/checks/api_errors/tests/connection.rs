//! Failed connection tests, in both channels.

use super::*;

/// Returns a failed test in the channel of results.
pub(crate) fn result(reason: &str, message: &str, code: Option<i64>) -> ConnectionTest {
    ConnectionTest {
        details: ConnectivityDetails {
            state: ConnectivityState::Failure,
            error_summary: Some(message.to_owned()),
            errors: vec![ConnectionError {
                reason: Some(reason.to_owned()),
                message: Some(message.to_owned()),
                code,
            }],
            ..ConnectivityDetails::default()
        },
        ..ConnectionTest::default()
    }
}

pub(crate) fn tested(connector: &BitbucketConnector, test: &ConnectionTest) -> FailedTest {
    let answer = Answer {
        value: test.clone(),
        correlation_id: Some("c-3".to_owned()),
    };
    about(connector, |about| failed_test(Ok(&answer), about))
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table with a row for each cause")]
fn each_cause_of_a_failed_test_is_known_in_the_channel_of_results() {
    let cloud = || connector("access_token");
    let server = || with_url("https://bb.acme.com/scm/", UrlType::Account);
    let server_ssh = || {
        over_ssh(
            "ssh://git@bb.acme.com:7999/",
            UrlType::Account,
            "account.key",
        )
    };
    let without_selectors = || {
        let mut connector = connector("none");
        connector.spec.delegate_selectors.clear();
        connector
    };
    let one = |url_type| BitbucketConnector {
        spec: harness_platform::BitbucketSpec {
            url_type,
            ..connector("none").spec
        },
        ..connector("none")
    };
    for (connector, text, expected, part) in [
        (
            server(),
            "x509: certificate signed by unknown authority",
            "G13 url",
            "DESTINATION_CA_PATH",
        ),
        (
            server(),
            "PKIX path building failed",
            "G13 url",
            "ADDITIONAL_CERTS_PATH",
        ),
        (
            cloud(),
            "Rate limit reached on BitBucket provider.",
            "B01 api_access.access_token.token_ref",
            "Try again later",
        ),
        (
            connector("none"),
            "Rate limit reached on BitBucket provider.",
            "B01 credentials.http.password_ref",
            "its own token",
        ),
        (
            cloud(),
            " No Delegate Found ( No Delegate Eligible to perform the request)",
            "B02 delegate_selectors",
            "\"eu\" and \"linux\"",
        ),
        (
            without_selectors(),
            " No Delegate Found ",
            "B02 connectivity_mode",
            "\"Platform\"",
        ),
        (
            cloud(),
            "No eligible delegate(s) in account to execute task.",
            "B02 delegate_selectors",
            "one delegate",
        ),
        (
            cloud(),
            "Please make sure that your delegates are connected",
            "B02 delegate_selectors",
            "one delegate",
        ),
        (
            cloud(),
            "Delegate task was never executed and timed out.",
            "B02 delegate_selectors",
            "one delegate",
        ),
        (
            server_ssh(),
            "Private key is either malformed or not correct",
            "K09 credentials.ssh.ssh_key_ref",
            "ssh-keygen -p -m PEM",
        ),
        (
            server_ssh(),
            "Auth fail",
            "K10 credentials.ssh.ssh_key_ref",
            "username `git`",
        ),
        (
            server_ssh(),
            "Authorization not successful.",
            "K10 credentials.ssh.ssh_key_ref",
            "public key",
        ),
        (
            server_ssh(),
            "git: not authorized",
            "K10 credentials.ssh.ssh_key_ref",
            "public key",
        ),
        (
            cloud(),
            "Provided api access credentials are not authorized.",
            "P14 api_access.access_token.token_ref",
            "workspace token",
        ),
        (
            cloud(),
            "SCM request failed with status 410",
            "P14 api_access.access_token.token_ref",
            "read:workspace:bitbucket",
        ),
        (
            connector("email_and_api_token"),
            "Please ensure that the api access credentials are correct.",
            "B03 api_access.email_and_api_token.token_ref",
            "Atlassian account",
        ),
        (
            project(),
            "Please ensure that the api access credentials are correct.",
            "B03 api_access.username_token.token_ref",
            "July 28, 2026",
        ),
        (
            connector("none"),
            "Please ensure that the api access credentials are correct.",
            "B03 api_access",
            "`api_access`",
        ),
        (
            server_ssh(),
            "Authentication is not supported.",
            "B09 credentials.ssh.ssh_key_ref",
            "Kerberos",
        ),
        (
            connector("email_and_api_token"),
            "Please ensure that the authentication is supported by git provider.",
            "B09 api_access.email_and_api_token",
            "26.02.88600",
        ),
        (
            connector("none"),
            "Authentication is not supported.",
            "B09 credentials.http",
            "username and a token",
        ),
        (
            cloud(),
            "Please ensure that the credentials are correct.",
            "B04 credentials.http.password_ref",
            "`x-token-auth`",
        ),
        (
            cloud(),
            "Please check your credentials (potential token expiration issue)",
            "B04 credentials.http.password_ref",
            "has probably expired",
        ),
        (
            server(),
            "not authorized",
            "B04 credentials.http.password_ref",
            "HTTP access token of that user",
        ),
        (
            server(),
            "No secret configured with identifier: password",
            "B10 credentials.http.password_ref",
            "same Id",
        ),
        (
            cloud(),
            "No secret configured with identifier: token",
            "B10 api_access.access_token.token_ref",
            "same Id",
        ),
        (
            server(),
            "java.net.UnknownHostException: bb.acme.com",
            "B05 url",
            "\"https://bb.acme.com/scm/\"",
        ),
        (server_ssh(), "Git connection timed out", "B06 url", "7999"),
        (
            server(),
            "Provided bitbucket server repository url is invalid.",
            "B07 url",
            "/scm/<PROJECT>",
        ),
        (
            cloud(),
            "Provided repo url is invalid.",
            "R14 test_repository",
            "\"https://bitbucket.org/acme/web.git\"",
        ),
        (
            one(UrlType::Repo),
            "Couldn't connect to given repo",
            "R14 url",
            "\"https://bitbucket.org/acme/\"",
        ),
        (
            cloud(),
            "SCM service running with delegate has error",
            "B08 -",
            "outbound network",
        ),
        (
            server_ssh(),
            "Unexpected Error",
            "B11 credentials.ssh.ssh_key_ref",
            "instead of an SSH",
        ),
        (
            server(),
            "Unexpected Error",
            "B11 credentials.http.password_ref",
            "text secrets",
        ),
        (server(), "Invalid Yaml", "B12 -", "saves it again"),
        (server(), "Something else", "M05 -", "run the test again"),
    ] {
        let failed = tested(&connector, &result("Title of it", text, None));
        let found = format!("{} {}", id(&text_of(&failed)), path(failed.path.as_ref()));
        assert_eq!(found, expected, "{text}");
        holds(
            &text_of(&failed),
            &[part, text.trim(), "Harness says: ", "c-3"],
        );
    }
    for code in 460..=463 {
        let failed = tested(
            &connector("none"),
            &result("Odd", "No words known", Some(code)),
        );
        assert_eq!(id(&text_of(&failed)), "B02", "{code}");
    }
    let unknown = ConnectionTest::default();
    holds(
        &text_of(&tested(&cloud(), &unknown)),
        &["status UNKNOWN", &mention("M05")],
    );
}

#[test]
fn each_cause_of_a_failed_test_is_known_in_the_channel_of_errors() {
    let connect = "Couldn't connect to given repo: https://bitbucket.org/acme/web.git";
    for (kind, hint, explanation, cause, expected) in [
        (
            "none",
            "Please provide valid git repository url",
            "Provided repo url is invalid.",
            connect,
            "R14 test_repository",
        ),
        (
            "none",
            "Please provide valid git repository url and ensure delegate to git provider connectivity",
            "Provided repo url is invalid.",
            connect,
            "B05 url",
        ),
        (
            "none",
            "Please ensure that the credentials are correct.",
            "Provided credentials are not authorized.",
            "not authorized: https://bitbucket.org/acme/web.git",
            "B04 credentials.http.password_ref",
        ),
        (
            "ssh",
            "Please ensure that the authentication is supported by git provider.",
            "Authentication is not supported.",
            connect,
            "B09 credentials.ssh.ssh_key_ref",
        ),
        (
            "access_token",
            "Please ensure that the api access credentials are correct.",
            "Provided api access credentials are not authorized.",
            "Unable to list the repositories: apiAccess",
            "P14 api_access.access_token.token_ref",
        ),
        (
            "ssh",
            "Please provide valid git ssh private key in PEM format.",
            "Provided ssh key uses incorrect format.",
            "Private key is either malformed or not correct: git@bitbucket.org",
            "K09 credentials.ssh.ssh_key_ref",
        ),
        (
            "ssh",
            "Please provide correct git ssh private key with 'git' username.",
            "Provided ssh credentials are not authorized.",
            "Authorization not successful.: git@bitbucket.org",
            "K10 credentials.ssh.ssh_key_ref",
        ),
        (
            "none",
            "Please ensure that git scm has connectivity from delegate or harness platform",
            "Git connection timed out",
            connect,
            "B06 url",
        ),
    ] {
        let error = answered(400, &hinted(hint, explanation, cause));
        let test = harness_platform::FromAnswer::from_refusal(error.refusal().unwrap());
        let failed = tested(&connector(kind), &test.unwrap());
        let found = format!("{} {}", id(&text_of(&failed)), path(failed.path.as_ref()));
        assert_eq!(found, expected, "{hint}");
        let shown = text_of(&failed);
        let said = shown.split_once("Harness says: ").unwrap().1;
        let places = [cause, explanation, hint.trim_end_matches('.')].map(|it| said.find(it));
        assert!(places[0].is_some() && places.is_sorted(), "{shown}");
    }
}

#[test]
fn removals_of_bitbucket_cloud_are_distinguished_from_refusals() {
    let cloud = |kind: &str| connector(kind);
    let server = || with_url("https://bb.acme.com/scm/", UrlType::Account);
    let bare = || with_url("https://bitbucket.org", UrlType::Account);
    let git = "B04 credentials.http.password_ref";
    for (connector, text, expected, part) in [
        (
            cloud("none"),
            "CHANGE-3222: App passwords are deprecated",
            git,
            "This secret holds an app password",
        ),
        (
            cloud("access_token"),
            "App passwords are deprecated and must be replaced with API tokens",
            git,
            "API token",
        ),
        (
            cloud("none"),
            "fatal: unable to access 'https://bitbucket.org/acme/web.git/': The requested URL returned error: 410",
            git,
            "x-bitbucket-api-token-auth",
        ),
        (cloud("none"), "HTTP 410 Gone", git, "July 28, 2026"),
        (
            cloud("username_token"),
            "SCM request failed with status 410",
            "B04 api_access.username_token.token_ref",
            "`email_and_api_token`",
        ),
        (
            cloud("ssh"),
            "API answered CHANGE-3222",
            "B04 -",
            "July 28, 2026",
        ),
        // The API responds with 410 for other reasons if no app password is sent.
        (
            cloud("access_token"),
            "SCM request failed with status 410",
            "P14 api_access.access_token.token_ref",
            "workspace token",
        ),
        (
            cloud("email_and_api_token"),
            "SCM request failed with status 410",
            "B03 api_access.email_and_api_token.token_ref",
            "API token",
        ),
        // Data Center, and a number that is not a status.
        (server(), "HTTP 410 Gone", "M05 -", "Test"),
        (
            cloud("none"),
            "took 410 ms and was of no use",
            "M05 -",
            "Test",
        ),
        (
            bare(),
            "HTTP 410 Gone: CHANGE-2770",
            "C11 url",
            "https://bitbucket.org/<workspace>/",
        ),
        (
            cloud("username_token"),
            "SCM: 410 CHANGE-2770 api access credentials",
            "C11 url",
            "Update the delegate",
        ),
    ] {
        let failed = tested(&connector, &result("Title of it", text, None));
        let found = format!("{} {}", id(&text_of(&failed)), path(failed.path.as_ref()));
        assert_eq!(found, expected, "{text}");
        holds(&text_of(&failed), &[part, text]);
    }
    let coded = tested(
        &cloud("none"),
        &result("Title of it", "Something of no use", Some(410)),
    );
    assert_eq!(id(&text_of(&coded)), "B04");
}

#[test]
fn an_expired_token_is_named_where_harness_says_so() {
    for (kind, text, expected) in [
        (
            "none",
            "Please check your credentials (potential token expiration issue)",
            "B04 credentials.http.password_ref",
        ),
        (
            "none",
            "The token has expired",
            "B04 credentials.http.password_ref",
        ),
        (
            "access_token",
            "Provided api access credentials are not authorized: token expired",
            "P14 api_access.access_token.token_ref",
        ),
        (
            "email_and_api_token",
            "api access credentials: the access token is expired",
            "B03 api_access.email_and_api_token.token_ref",
        ),
    ] {
        let failed = tested(&connector(kind), &result("Title of it", text, None));
        let found = format!("{} {}", id(&text_of(&failed)), path(failed.path.as_ref()));
        assert_eq!(found, expected, "{text}");
        holds(&text_of(&failed), &["has probably expired"]);
    }
    for text in [
        "not authorized",
        "Provided api access credentials are not authorized.",
    ] {
        let failed = tested(&connector("none"), &result("Title of it", text, None));
        assert!(
            !text_of(&failed).contains("probably expired"),
            "{}",
            text_of(&failed)
        );
    }
}

#[test]
fn a_test_that_is_refused_is_about_what_the_refusal_names() {
    let access = json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "responseMessages": null,
        "message": "Principal of type USER with identifier x : Missing permission core_secret_access on secret with identifier token",
        "failedPermissionChecks": [{"permission": "core_secret_access"}]});
    for (status, body, expected, part) in [
        (
            403,
            access,
            "M02 api_access.access_token.token_ref",
            "lacks core_secret_access",
        ),
        (
            400,
            error(" No Delegate Found "),
            "B02 delegate_selectors",
            "No Delegate Found",
        ),
        (
            400,
            error("No secret configured with identifier: password"),
            "B10 credentials.http.password_ref",
            "same Id",
        ),
        (
            400,
            coded(
                "CONNECTOR_NOT_FOUND_EXCEPTION",
                "No connector found with identifier web",
            ),
            "M05 -",
            "No connector found",
        ),
    ] {
        let error = answered(status, &body);
        let failed = about(&connector("access_token"), |about| {
            failed_test(Err(&error), about)
        });
        let found = format!("{} {}", id(&text_of(&failed)), path(failed.path.as_ref()));
        assert_eq!(found, expected);
        holds(&text_of(&failed), &[part, "Harness says:"]);
    }
    let error = PlatformError::of_failure("POST /test", Failure::OutOfTime);
    let failed = about(&connector("none"), |about| failed_test(Err(&error), about));
    assert_eq!(
        (id(&text_of(&failed)), path(failed.path.as_ref())),
        ("M05", "-".to_owned())
    );
    holds(
        &text_of(&failed),
        &["could not run the test", "the operation timed out"],
    );
}

#[test]
fn a_change_that_was_undone_is_not_referred_to_the_connectors_page() {
    let page = "open the connector's page in Harness";
    let failed = tested(&connector("none"), &result("Odd", "Something new", None));
    holds(&failed.text(Tested::Kept, "It was saved."), &[page]);
    let undone = failed.text(Tested::Undone, "It was deleted.");
    assert!(!undone.contains(page), "{undone}");
    holds(
        &undone,
        &["Harness says: ", "Something new", "\n\nIt was deleted.\n"],
    );
    // What the rules know helps in any case.
    let failed = tested(
        &connector("none"),
        &result("Odd", "Rate limit reached", None),
    );
    let undone = failed.text(Tested::Undone, "It was deleted.");
    holds(
        &undone,
        &["Try again later, or give each connector its own token. It was deleted.\n\nHarness says"],
    );
}

#[test]
fn texts_of_harness_follow_each_other_as_sentences() {
    for (texts, expected) in [
        (&["Token is not valid."][..], "Token is not valid"),
        (&["one", "Two.", "three"], "one; Two. three"),
        (&["wait...", "why?", "so"], "wait... why? so"),
        (&["wait..."], "wait..."),
    ] {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(sentences(&texts), expected);
    }
}
