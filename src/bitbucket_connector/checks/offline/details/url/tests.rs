//! The eight combinations of URL type, connection type, and deployment, each with valid and invalid URLs, and
//! properties of generated URLs.

use proptest::prelude::*;
use tf_provider::diagnostic::Severity;
use tf_provider::field::FromValue;

use crate::bitbucket_connector::checks::offline::check;
use crate::bitbucket_connector::checks::offline::input::Finding;
use crate::bitbucket_connector::checks::offline::testing::{
    apply, config, expect, found, found_in, ids,
};
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::url::properties::{mutated, urls};
use crate::bitbucket_connector::connector::url::{BitbucketUrl, Deployment, Protocol};
use crate::harness::wording::literal;

const SSH_CREDENTIALS: &str = "credentials {\n ssh {\n ssh_key_ref = \"account.key\"\n }\n}";
const API: &str = "api_access {\n access_token {\n token_ref = \"account.token\"\n }\n}";

/// Returns a connector of this kind, with a test repository that matches its URL.
fn connector(url_type: &str, connection_type: &str, url: &str) -> String {
    let credentials = if connection_type == "SSH" {
        SSH_CREDENTIALS
    } else {
        ""
    };
    let test_repository = match (url_type, url) {
        ("Repository", _) => "null",
        (_, "https://bitbucket.org" | "https://bitbucket.org/") => "\"acme/web.git\"",
        _ if url.contains("bitbucket.org") || url.contains("bitbucket.com") => "\"web.git\"",
        _ => "\"PROJ/web.git\"",
    };
    format!(
        "url_type = \"{url_type}\"\nconnection_type = \"{connection_type}\"\nurl = {}\n\
         test_repository = {test_repository}\n{credentials}",
        literal(url)
    )
}

/// URL type, connection type, URL, the ids of the reported rules, and the suggested text, or a text in the message if
/// parts are unknown; `-` for none. C08 only shows under `strict`.
const URLS: &str = "
    Account HTTP https://bitbucket.org/acme/ - -
    Account HTTP https://bitbucket.org/acme - -
    Account HTTP https://www.bitbucket.org/acme/ - -
    Account HTTP https://bitbucket.org C11 -
    Account HTTP https://jdoe@bitbucket.org/acme/ U14 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.org/acme/web.git C01 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.org/acme/workspace/repositories/ C05 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.org/acme/workspace/projects/WEB C05 https://bitbucket.org/acme/
    Account HTTP bitbucket.org/acme U05 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.com/acme U19 https://bitbucket.org/acme/
    Account HTTP git@bitbucket.org:acme/ U08 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.org/acme/web/src/main C04 https://bitbucket.org/acme/
    Account HTTP http://bitbucket.org/acme/ U16 https://bitbucket.org/acme/
    Account HTTP https://bitbucket.org//acme/ U24 https://bitbucket.org/acme/

    Repository HTTP https://bitbucket.org/acme/web.git - -
    Repository HTTP https://bitbucket.org/acme/web - -
    Repository HTTP https://jdoe@bitbucket.org/acme/web.git U14 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/ C02 https://bitbucket.org/acme/<repository>.git
    Repository HTTP https://bitbucket.org C03 https://bitbucket.org/<workspace>/<repository>.git
    Repository HTTP https://bitbucket.org/acme/web/src/main C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/branch/main C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/commits/ C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/pull-requests/7 C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/pipelines C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/admin C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web/overview C04 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/workspace/overview C05 https://bitbucket.org/acme/<repository>.git
    Repository HTTP https://bitbucket.org/scm/acme/web.git C17 https://bitbucket.org/acme/web.git
    Repository HTTP https://x-token-auth:TOKEN@bitbucket.org/acme/web.git U13 https://bitbucket.org/acme/web.git
    Repository HTTP https://api.bitbucket.org/2.0/repositories/acme/web U20 https://bitbucket.org/acme/web.git
    Repository HTTP https://bitbucket.org/acme/web.git/ C19 https://bitbucket.org/acme/web.git

    Account SSH git@bitbucket.org:acme/ - -
    Account SSH git@bitbucket.org:acme - -
    Account SSH ssh://git@bitbucket.org/acme/ - -
    Account SSH ssh://git@bitbucket.org:22/acme/ - -
    Account SSH ssh://git@altssh.bitbucket.org:443/acme/ C16 -
    Account SSH git@bitbucket.org/acme/ C12 git@bitbucket.org:acme/
    Account SSH git@bitbucket.org C14 git@bitbucket.org:<workspace>/
    Account SSH ssh://git@bitbucket.org/ C14 ssh://git@bitbucket.org/<workspace>/
    Account SSH git@bitbucket.org:acme/web.git C01 git@bitbucket.org:acme/
    Account SSH ssh://git@bitbucket.org:acme/ C13 ssh://git@bitbucket.org/acme/
    Account SSH acme@bitbucket.org:acme/ U11 git@bitbucket.org:acme/
    Account SSH ssh://jdoe@bitbucket.org/acme/ U12 ssh://git@bitbucket.org/acme/

    Repository SSH git@bitbucket.org:acme/web.git - -
    Repository SSH ssh://git@bitbucket.org/acme/web.git - -
    Repository SSH ssh://git@altssh.bitbucket.org:443/acme/web.git C16 -
    Repository SSH git@bitbucket.org:acme C02 git@bitbucket.org:acme/<repository>.git
    Repository SSH ssh://git@bitbucket.org/ C03 ssh://git@bitbucket.org/<workspace>/<repository>.git
    Repository SSH git@bitbucket.org/acme/web.git C12 git@bitbucket.org:acme/web.git
    Repository SSH git@altssh.bitbucket.org:acme/web.git C15 ssh://git@altssh.bitbucket.org:443/acme/web.git
    Repository SSH https://bitbucket.org/acme/web.git U09 git@bitbucket.org:acme/web.git

    Account HTTP https://bb.acme.com/scm/ - -
    Account HTTP https://bb.acme.com/scm - -
    Account HTTP https://bb.acme.com:8443/scm/ - -
    Account HTTP https://acme.com/bitbucket/scm/ - -
    Account HTTP http://10.0.0.5:7990/scm/ U16 -
    Account HTTP http://bb.acme.com/scm/ U16 https://bb.acme.com/scm/
    Account HTTP https://bb.acme.com/ X01 https://bb.acme.com/scm/
    Account HTTP https://bb.acme.com/stash X01 https://bb.acme.com/stash/scm/
    Account HTTP https://bb.acme.com/scm/PROJ/web.git X05 https://bb.acme.com/scm/
    Account HTTP https://bb.acme.com/projects/PROJ X04 https://bb.acme.com/scm/
    Account HTTP https://bb.acme.com/rest/api/1.0 X04 https://bb.acme.com/scm/
    Account HTTP https://bb.acme.com:7999/scm/ X19 -
    Account HTTP https://localhost:7990/scm/ U25 -
    Account HTTP https://127.0.0.1/scm/ U25 -
    Account HTTP https://[::1]/scm/ U23 -

    Repository HTTP https://bb.acme.com/scm/PROJ/web.git - -
    Repository HTTP https://bb.acme.com:8443/scm/proj/web.git - -
    Repository HTTP https://acme.com/bitbucket/scm/PROJ/web.git - -
    Repository HTTP https://bb.acme.com/scm/~jdoe/web.git - -
    Repository HTTP https://bb.acme.com/projects/PROJ/repos/web/browse X02 https://bb.acme.com/scm/PROJ/web.git
    Repository HTTP https://bb.acme.com/projects/PROJ/repos/web/commits?at=x X02 https://bb.acme.com/scm/PROJ/web.git
    Repository HTTP https://bb.acme.com/users/jdoe/repos/web X03 https://bb.acme.com/scm/~jdoe/web.git
    Repository HTTP https://bb.acme.com/PROJ/web.git X01 https://bb.acme.com/scm/PROJ/web.git
    Repository HTTP https://bb.acme.com/scm/web.git X07 https://bb.acme.com/scm/<PROJECT>/web.git
    Repository HTTP https://bb.acme.com/scm/ X07 https://bb.acme.com/scm/<PROJECT>/<repository>.git
    Repository HTTP https://bb.acme.com/ X07 https://bb.acme.com/scm/<PROJECT>/<repository>.git
    Repository HTTP https://bb.acme.com/scm/team/PROJ/web.git X08 https://bb.acme.com/scm/PROJ/web.git
    Repository HTTP https://bb.acme.com/a/b/scm/PROJ/web.git X09 -
    Repository HTTP https://bb.acme.com/scm/PROJ/web.git/ X20 https://bb.acme.com/scm/PROJ/web.git
    Repository HTTP ssh://git@bb.acme.com:7999/PROJ/web.git U08 https://bb.acme.com/scm/PROJ/web.git

    Account SSH ssh://git@bb.acme.com:7999/ - -
    Account SSH ssh://git@bb.acme.com:7999 - -
    Account SSH ssh://git@bb.acme.com/ - -
    Account SSH git@bb.acme.com/ X12 ssh://git@bb.acme.com:7999/
    Account SSH git@bb.acme.com X12 ssh://git@bb.acme.com:7999/
    Account SSH git@bb.acme.com: X12 ssh://git@bb.acme.com/
    Account SSH git@bb.acme.com:7999/ X13 ssh://git@bb.acme.com:7999/
    Account SSH git@bb.acme.com:8080/ X13 ssh://git@bb.acme.com:8080/
    Account SSH ssh://git@bb.acme.com:7999/scm/ X14 ssh://git@bb.acme.com:7999/
    Account SSH ssh://git@bb.acme.com:443/ X19 -
    Account SSH ssh://git@bb.acme.com:7999/PROJ/web.git X05 ssh://git@bb.acme.com:7999/

    Repository SSH ssh://git@bb.acme.com:7999/PROJ/web.git - -
    Repository SSH ssh://git@bb.acme.com:7999/~jdoe/web.git - -
    Repository SSH git@bb.acme.com:PROJ/web.git - -
    Repository SSH git@bb.acme.com/PROJ/web.git X12 ssh://git@bb.acme.com:7999/PROJ/web.git
    Repository SSH git@bb.acme.com:7999/PROJ/web.git X13 ssh://git@bb.acme.com:7999/PROJ/web.git
    Repository SSH ssh://git@bb.acme.com:7999/web.git X16 ssh://git@bb.acme.com:7999/<PROJECT>/web.git
    Repository SSH ssh://git@bb.acme.com:7999/ X16 ssh://git@bb.acme.com:7999/<PROJECT>/<repository>.git
    Repository SSH ssh://git@bb.acme.com:7999/scm/PROJ/web.git X14 ssh://git@bb.acme.com:7999/PROJ/web.git
    Repository SSH ssh://bb.acme.com:7999/PROJ/web.git U12 ssh://git@bb.acme.com:7999/PROJ/web.git
    Repository SSH ssh://git@bb.acme.com:7999/team/PROJ/web.git X08 ssh://git@bb.acme.com:7999/PROJ/web.git
    Repository SSH https://bb.acme.com/scm/PROJ/web.git U09 ssh://git@bb.acme.com:7999/PROJ/web.git

    Account HTTP https://bitbucket.YOUR_ORG_HOSTNAME/scm/ - -
    Account HTTP https://bitbucket.org/USERNAME/ C08 https://bitbucket.org/username/
    Account SSH git@bitbucket.org:USERNAME/ C08 git@bitbucket.org:username/
    Account SSH git@bitbucket.YOUR_ORG_HOSTNAME/ X12 ssh://git@bitbucket.YOUR_ORG_HOSTNAME:7999/
    Repository SSH git@bitbucket.acme.com/PROJ/web.git X12 ssh://git@bitbucket.acme.com:7999/PROJ/web.git
";

fn rows() -> impl Iterator<Item = [&'static str; 5]> {
    URLS.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            columns
                .try_into()
                .unwrap_or_else(|_| panic!("five columns in {line}"))
        })
}

fn suggested<'a>(finding: &'a Finding, argument: &str) -> Option<&'a str> {
    let at = |(path, _): &&(_, _)| tf_provider::value::Path::to_string(path) == argument;
    finding
        .suggestion
        .iter()
        .find(at)
        .and_then(|(_, value)| value.as_str())
}

#[test]
fn every_combination_has_its_valid_urls_and_each_mistake_its_one_finding() {
    for [url_type, connection_type, url, id, instead] in rows() {
        let found = found(&connector(url_type, connection_type, url));
        let kind = format!("{url_type} {connection_type} {url}");
        let expected = if id == "-" {
            vec![]
        } else {
            vec![format!("{id} url")]
        };
        assert_eq!(ids(&found), expected, "{kind}");
        let Some(finding) = found.first() else {
            continue;
        };
        let detail = finding.clone().into_diagnostic(true).unwrap().detail;
        assert!(
            instead == "-" || detail.contains(instead),
            "{kind}: {detail}"
        );
        let has_suggestion = instead != "-" && !instead.contains('<') && id != "C15";
        assert_eq!(
            suggested(finding, "url"),
            has_suggestion.then_some(instead),
            "{kind}: {detail}"
        );
    }
}

#[test]
fn each_fixed_url_is_one_in_which_nothing_is_found() {
    for [url_type, connection_type, url, id, instead] in rows() {
        if ["-", "C15", "U16"].contains(&id) || instead.contains(['<']) || instead == "-" {
            continue;
        }
        let config = config(&connector(url_type, connection_type, url));
        let finding = found_in(&config).remove(0);
        let fixed = apply(&config, &finding.suggestion);
        assert_eq!(
            ids(&found_in(&fixed)),
            [""; 0],
            "{url_type} {connection_type} {url}"
        );
    }
}

#[test]
fn type_dependent_url_rules_wait_until_the_types_are_known() {
    let row = |arguments: &str| format!("url_type = var.a\nconnection_type = var.b\n{arguments}");
    for (url, expected) in [
        ("https://bitbucket.org/acme/web.git", None),
        ("git@bitbucket.org:acme", None),
        ("ssh://git@bb.acme.com:7999/PROJ", None),
        ("https://bb.acme.com/scm/", None),
        ("https://bitbucket.org", None),
        ("https://bb.acme.com/scm/PROJ/web.git/", Some("X20 url")),
        ("http://bb.acme.com/scm/", Some("U16 url")),
        ("https://bitbucket.org/acme/web/src", Some("C04 url")),
        ("", Some("U01 url")),
    ] {
        let config = row(&format!("url = {}\ntest_repository = null", literal(url)));
        assert_eq!(ids(&found(&config)), Vec::from_iter(expected), "{url}");
    }
    expect(&[
        ("url = var.url", &[]),
        ("url = null", &["U01 url"]),
        (
            "url = var.url\nurl_type = \"Repository\"\ntest_repository = null",
            &[],
        ),
        (
            "url = \"https://bitbucket.org/acme/web.git\"\ntest_repository = var.r",
            &["C01 url"],
        ),
        (
            "url = \"git@bitbucket.org:acme/\"\ncredentials = var.c",
            &["U08 url"],
        ),
    ]);
}

#[test]
fn where_url_and_credentials_agree_the_connection_type_is_wrong() {
    expect(&[
        (
            &format!("url = \"git@bitbucket.org:acme/\"\n{SSH_CREDENTIALS}"),
            &["U08 connection_type"],
        ),
        ("connection_type = \"SSH\"", &["U09 connection_type"]),
    ]);
}

#[test]
fn api_access_makes_the_address_of_the_api_matter() {
    for (connection_type, url, expected) in [
        ("SSH", "ssh://git@bb.acme.com:7999/", Some("X17 url")),
        ("SSH", "git@bitbucket.org:acme/", None),
        (
            "SSH",
            "ssh://git@altssh.bitbucket.org:443/acme/",
            Some("C16 url"),
        ),
        ("HTTP", "https://bb.acme.com:8443/", Some("X18 url")),
        ("HTTP", "https://bb.acme.com/stash", Some("X18 url")),
        ("HTTP", "https://bb.acme.com/", Some("X01 url")),
        ("HTTP", "https://bb.acme.com:8443/scm/", None),
    ] {
        let config = connector("Account", connection_type, url);
        let found = found(&format!("{config}\n{API}"));
        assert_eq!(ids(&found), Vec::from_iter(expected), "{url}");
        let unknown = ids(
            &crate::bitbucket_connector::checks::offline::testing::found(&format!(
                "{config}\napi_access = var.api"
            )),
        );
        assert!(
            !unknown
                .iter()
                .any(|id| id.starts_with("X17") || id.starts_with("X18")),
            "{url}"
        );
    }
}

#[test]
fn what_is_cut_from_the_url_of_an_account_goes_into_the_test_repository() {
    for (url, test_repository, id, suggestion) in [
        (
            "https://bitbucket.org/acme/web.git",
            "null",
            "C01",
            Some("web.git"),
        ),
        (
            "https://bitbucket.org/acme/web.git",
            "\"acme/web.git\"",
            "C01",
            Some("web.git"),
        ),
        (
            "https://bb.acme.com/scm/PROJ/web.git",
            "null",
            "X05",
            Some("PROJ/web.git"),
        ),
        (
            "https://bb.acme.com/scm/PROJ/",
            "\"web.git\"",
            "X06",
            Some("PROJ/web.git"),
        ),
        (
            "https://bb.acme.com/scm/PROJ/",
            "var.repository",
            "X06",
            None,
        ),
        (
            "https://bb.acme.com/projects/PROJ/repos/web",
            "null",
            "X02",
            Some("PROJ/web.git"),
        ),
    ] {
        let config = config(&format!(
            "url = {}\ntest_repository = {test_repository}",
            literal(url)
        ));
        let found = found_in(&config);
        assert_eq!(
            ids(&found),
            [format!("{id} url")],
            "{url} {test_repository}"
        );
        assert_eq!(
            suggested(&found[0], "test_repository"),
            suggestion,
            "{url} {test_repository}"
        );
        assert_eq!(
            ids(&found_in(&apply(&config, &found[0].suggestion))),
            [""; 0],
            "{url}"
        );
    }
}

#[test]
fn an_account_url_with_a_test_repository_gets_its_url_type() {
    let config = config("url_type = \"Repository\"");
    let found = found_in(&config);
    assert_eq!(ids(&found), ["C02 url"]);
    assert_eq!(suggested(&found[0], "url_type"), Some("Account"));
    assert_eq!(
        ids(&found_in(&apply(&config, &found[0].suggestion))),
        [""; 0]
    );
}

#[test]
fn strict_asks_for_workspaces_in_lower_case_and_real_ssh_urls() {
    let severities = |hcl: &str, strict| -> Vec<Severity> {
        let model = Model::from_value(&config(hcl)).unwrap();
        check(&model, strict)
            .iter()
            .map(|finding| finding.severity)
            .collect()
    };
    let capitals = "url = \"https://bitbucket.org/Acme/\"";
    assert_eq!(severities(capitals, false), []);
    assert_eq!(severities(capitals, true), [Severity::Warning]);
    let short = connector("Account", "SSH", "git@bb.acme.com/");
    assert_eq!(severities(&short, false), [Severity::Warning]);
    assert_eq!(severities(&short, true), [Severity::Error]);
    let doubled = "url = \"https://bitbucket.org/acme//\"";
    assert_eq!(severities(doubled, true), [Severity::Warning]);
}

/// Returns a connector that matches a URL of the grammar.
fn around(url: &BitbucketUrl) -> String {
    let url_type = if url.repository().is_some() {
        "Repository"
    } else {
        "Account"
    };
    let test_repository = match (url.repository(), url.deployment()) {
        (Some(_), _) => "null",
        (None, Deployment::Cloud) => "\"web.git\"",
        (None, Deployment::DataCenter) => "\"PROJ/web.git\"",
    };
    let (connection_type, credentials) = match url.protocol() {
        Protocol::Ssh => ("SSH", SSH_CREDENTIALS),
        Protocol::Http { .. } => ("HTTP", ""),
    };
    format!(
        "url_type = \"{url_type}\"\nconnection_type = \"{connection_type}\"\ntest_repository = {test_repository}\n\
         {credentials}\nurl = "
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_found_in_any_url_of_the_grammar(text in urls()) {
        let url = BitbucketUrl::parse(&text).unwrap();
        let found = found(&format!("{}{}", around(&url), literal(&text)));
        prop_assert_eq!(ids(&found), [""; 0], "{}", text);
    }

    #[test]
    fn a_mutated_url_is_found_or_parses_to_what_it_says_and_can_be_fixed(
        text in urls(), kind: u8, at: usize,
        with in proptest::sample::select(" /:@.?#%<\\~-_Agit".chars().collect::<Vec<_>>()),
    ) {
        let url = BitbucketUrl::parse(&text).unwrap();
        let mutated = mutated(&text, kind, at, with);
        let config = config(&format!("{}{}", around(&url), literal(&mutated)));
        let found = found_in(&config);
        if found.is_empty() {
            let read = BitbucketUrl::parse(&mutated).expect("what cannot be read is found");
            prop_assert_eq!(&read.to_string(), &mutated);
        }
        for finding in found.iter().filter(|finding| !finding.suggestion.is_empty()) {
            let after = ids(&found_in(&apply(&config, &finding.suggestion)));
            let id = format!("{} {}", finding.rule.id, finding.path);
            prop_assert!(!after.contains(&id), "{}: {} is still there: {:?}", mutated, id, after);
        }
    }
}
