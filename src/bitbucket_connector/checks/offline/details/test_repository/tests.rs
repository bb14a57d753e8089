//! Test repositories with account URLs, and what the rules report.

use crate::bitbucket_connector::checks::offline::testing::{apply, config, expect, found_in, ids};
use crate::harness::wording::literal;

const CLOUD: &str = "https://bitbucket.org/acme/";
const BARE: &str = "https://bitbucket.org";
const SERVER: &str = "https://bb.acme.com/scm/";
const SSH: &str = "ssh://git@bb.acme.com:7999/";
const PROJECT: &str = "https://bb.acme.com/scm/PROJ/";

/// The account's URL, the test repository, the violated rule, and what to write instead.
const ROWS: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    (CLOUD, "web.git", None, None),
    (CLOUD, "web", None, None),
    (CLOUD, "", Some("R03"), None),
    (CLOUD, " ", Some("R03"), None),
    (
        CLOUD,
        "https://bitbucket.org/acme/web.git",
        Some("R04"),
        Some("web.git"),
    ),
    (
        CLOUD,
        "git@bitbucket.org:acme/web.git",
        Some("R04"),
        Some("web.git"),
    ),
    (
        CLOUD,
        "bitbucket.org/acme/web",
        Some("R04"),
        Some("web.git"),
    ),
    (
        CLOUD,
        "https://bb.acme.com/scm/PROJ/web.git",
        Some("R04"),
        None,
    ),
    (CLOUD, "acme/web.git", Some("R05"), Some("web.git")),
    (CLOUD, "other/web", Some("R05"), Some("web.git")),
    (CLOUD, "/acme/web.git", Some("R05"), Some("web.git")),
    (CLOUD, "acme/web/src", Some("R11"), None),
    (CLOUD, "my web", Some("R11"), None),
    (CLOUD, "web+shop", Some("R11"), None),
    (CLOUD, "we~b", Some("R11"), None),
    (CLOUD, "~web.git", Some("R11"), None),
    (CLOUD, "we%20b", Some("R11"), None),
    (CLOUD, "acme/we~b", Some("R11"), None),
    (BARE, "we~b", Some("R11"), None),
    (CLOUD, " web.git", Some("R11"), Some("web.git")),
    (
        CLOUD,
        "da39a3ee5e6b4b0d3255bfef95601890afd80709.git",
        None,
        None,
    ),
    (
        SERVER,
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        Some("R11"),
        None,
    ),
    (
        CLOUD,
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        Some("R11"),
        None,
    ),
    (CLOUD, "glpat-q3zT9sXyWvU7SrQpOnMl", Some("R11"), None),
    (CLOUD, "/web.git", Some("R12"), Some("web.git")),
    (CLOUD, "web.git/", Some("R12"), Some("web.git")),
    (CLOUD, "<repo-name>.git", Some("R13"), None),
    (CLOUD, "<+input>", Some("R13"), None),
    (BARE, "acme/web.git", Some("C11"), None),
    (BARE, "web.git", Some("R06"), None),
    (SERVER, "PROJ/web.git", None, None),
    (SERVER, "~jdoe/web.git", None, None),
    (SERVER, "web.git", Some("R07"), None),
    (
        SERVER,
        "scm/PROJ/web.git",
        Some("R09"),
        Some("PROJ/web.git"),
    ),
    (SERVER, "scm/web.git", Some("R09"), None),
    (
        SERVER,
        "projects/PROJ/repos/web/browse",
        Some("R10"),
        Some("PROJ/web.git"),
    ),
    (
        SERVER,
        "users/jdoe/repos/web",
        Some("R10"),
        Some("~jdoe/web.git"),
    ),
    (SERVER, "team/PROJ/web.git", Some("R11"), None),
    (SERVER, "1PROJ/web.git", Some("R11"), None),
    (SERVER, "PROJ/we+b.git", Some("R11"), None),
    (SERVER, "PROJ/we~b.git", Some("R11"), None),
    (SERVER, "~jdoe/~web.git", Some("R11"), None),
    (SERVER, "PR~OJ/web.git", Some("R11"), None),
    (SERVER, "~j~doe/web.git", Some("R11"), None),
    (SERVER, "we~b.git", Some("R11"), None),
    (SERVER, "scm/PROJ/we~b.git", Some("R11"), None),
    (SERVER, "projects/PROJ/repos/we~b", Some("R10"), None),
    (SERVER, "projects/PR OJ/repos/web", Some("R10"), None),
    (
        SERVER,
        "https://bb.acme.com/scm/PROJ/web.git",
        Some("R04"),
        Some("PROJ/web.git"),
    ),
    (SSH, "PROJ/web.git", None, None),
    (SSH, "web.git", Some("R07"), None),
    (SSH, "scm/PROJ/web.git", Some("R09"), Some("PROJ/web.git")),
    (PROJECT, "PROJ/web.git", Some("R08"), Some(SERVER)),
];

fn hcl_of(url: &str, test_repository: &str) -> String {
    let credentials =
        "connection_type = \"SSH\"\ncredentials {\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}";
    let kind = if url.starts_with("ssh") {
        credentials
    } else {
        ""
    };
    format!(
        "url = {}\ntest_repository = {test_repository}\n{kind}",
        literal(url)
    )
}

#[test]
fn a_test_repository_must_name_a_repository_together_with_the_url() {
    for (url, text, id, instead) in ROWS {
        let config = config(&hcl_of(url, &literal(text)));
        let found = found_in(&config);
        let at = if *id == Some("C11") {
            "url"
        } else {
            "test_repository"
        };
        assert_eq!(
            ids(&found),
            Vec::from_iter(id.map(|id| format!("{id} {at}"))),
            "{url} {text}"
        );
        let suggestion = found.first().and_then(|finding| finding.suggestion.first());
        assert_eq!(
            suggestion.and_then(|(_, value)| value.as_str()),
            *instead,
            "{url} {text}"
        );
        if instead.is_some() {
            let fixed = apply(&config, &found[0].suggestion);
            assert_eq!(ids(&found_in(&fixed)), [""; 0], "{url} {text}");
        }
    }
}

#[test]
fn it_is_required_for_accounts_only_and_waits_for_what_is_unknown() {
    let repository = "url_type = \"Repository\"\nurl = \"https://bitbucket.org/acme/web.git\"";
    expect(&[
        ("test_repository = null", &["R01 test_repository"]),
        (
            "test_repository = null\nurl = var.url",
            &["R01 test_repository"],
        ),
        ("test_repository = null\nurl_type = var.type", &[]),
        ("test_repository = var.repository", &[]),
        ("test_repository = \"a/b\"\nurl = var.url", &[]),
        (
            "test_repository = \"<a>\"\nurl = var.url",
            &["R13 test_repository"],
        ),
        ("test_repository = \"a/b\"\nurl_type = var.type", &[]),
        // No slug or key contains these characters, for any `url`.
        (
            "test_repository = \"we*b\"\nurl = var.url",
            &["R11 test_repository"],
        ),
        (
            "test_repository = \"we~b.git\"\nurl = var.url",
            &["R11 test_repository"],
        ),
        ("test_repository = \"~jdoe/web.git\"\nurl = var.url", &[]),
        (repository, &["R02 test_repository"]),
        (&format!("{repository}\ntest_repository = null"), &[]),
        (&format!("{repository}\ntest_repository = var.r"), &[]),
    ]);
}

#[test]
fn the_message_shows_what_harness_would_try() {
    for (url, text, joined) in [
        (
            CLOUD,
            "acme/web.git",
            "https://bitbucket.org/acme/acme/web.git",
        ),
        (
            PROJECT,
            "PROJ/web.git",
            "https://bb.acme.com/scm/PROJ/PROJ/web.git",
        ),
    ] {
        let found = found_in(&config(&hcl_of(url, &literal(text))));
        let detail = found[0].clone().into_diagnostic(false).unwrap().detail;
        assert!(detail.contains(joined), "{detail}");
    }
}
