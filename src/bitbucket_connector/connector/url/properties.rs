//! Property tests of the parser with generated URLs, mutated URLs, and arbitrary text.

use proptest::prelude::*;

use super::{BitbucketUrl, ConnectionType, UrlType};

/// Generates a URL of the grammar, as in Bitbucket's clone buttons and the settings reference.
pub(crate) fn urls() -> impl Strategy<Value = String> {
    let workspace = "[a-z0-9][a-z0-9_-]{0,12}".prop_filter("pages of the site", |name| {
        !["scm", "account", "dashboard", "product", "products"].contains(&name.as_str())
    });
    let slug = "[a-z0-9][a-z0-9._-]{0,12}[a-z0-9](\\.git)?".prop_filter("a page", |name| {
        name != "workspace" && !name.ends_with(".git.git")
    });
    let key = prop_oneof!["[A-Z][A-Z0-9_-]{0,8}", "~[a-z][a-z0-9._-]{0,6}[a-z]"];
    let host = "[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,3})?\\.(acme|corp)\\.(com|de)";
    let context = prop_oneof![
        Just(String::new()),
        "/[a-z]{4,9}".prop_filter("is scm", |c| c != "/scm")
    ];
    let port = |usual: &[u16]| {
        let usual = usual.to_vec();
        prop_oneof![
            Just(String::new()),
            proptest::sample::select(usual).prop_map(|p| format!(":{p}"))
        ]
    };
    let cloud_path = (workspace, proptest::option::of(slug.clone())).prop_map(|(w, s)| match s {
        Some(slug) => format!("{w}/{slug}"),
        None => format!("{w}/"),
    });
    let server_path = proptest::option::of((key, slug)).prop_map(|repository| match repository {
        Some((key, slug)) => format!("{key}/{slug}"),
        None => String::new(),
    });
    let cloud_host = proptest::sample::select(vec![
        "https://bitbucket.org/",
        "git@bitbucket.org:",
        "ssh://git@bitbucket.org/",
    ]);
    let cloud = (cloud_host, cloud_path).prop_map(|(host, path)| format!("{host}{path}"));
    let https = (host, port(&[443, 8443, 7990]), context, server_path.clone())
        .prop_map(|(h, p, c, path)| format!("https://{h}{p}{c}/scm/{path}"));
    let ssh = (host, port(&[22, 7999, 2222]), server_path)
        .prop_map(|(h, p, path)| format!("ssh://git@{h}{p}/{path}"));
    prop_oneof![cloud, https, ssh]
}

/// Mutates a text: adds, removes, or changes a character, swaps two, or doubles a piece.
pub(crate) fn mutated(text: &str, kind: u8, at: usize, with: char) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = at % characters.len().max(1);
    match kind % 5 {
        0 => characters.insert(at, with),
        1 => drop(characters.remove(at)),
        2 => characters[at] = with,
        3 if at + 1 < characters.len() => characters.swap(at, at + 1),
        _ => {
            let again = characters.clone();
            characters.splice(at..at, again.into_iter().skip(at).take(3));
        }
    }
    characters.into_iter().collect()
}

fn types() -> impl Strategy<Value = (Option<UrlType>, Option<ConnectionType>)> {
    (
        proptest::sample::select(vec![
            None,
            Some(UrlType::Account),
            Some(UrlType::Repository),
        ]),
        proptest::sample::select(vec![
            None,
            Some(ConnectionType::Http),
            Some(ConnectionType::Ssh),
        ]),
    )
}

/// Checks the properties that every text must have.
fn holds(text: &str, url_type: Option<UrlType>, connection_type: Option<ConnectionType>) {
    let fixed = match BitbucketUrl::parse(text) {
        Ok(url) => {
            let written = url.to_string();
            let again = BitbucketUrl::parse(&written).expect("what was written can be read");
            assert_eq!(
                again,
                BitbucketUrl {
                    doubled_slash: false,
                    ..url.clone()
                },
                "{text}"
            );
            Some(url.fixed(url_type, connection_type))
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!error.kind().rule().is_empty());
            error.fixed(url_type, connection_type)
        }
    };
    let Some(fixed) = fixed else { return };
    let Some(complete) = fixed.complete() else {
        assert!(fixed.text().contains('<'));
        return;
    };
    let again = BitbucketUrl::parse(complete)
        .unwrap_or_else(|error| panic!("{text} is fixed to {complete}: {error}"));
    assert!(
        !again.doubled_slash && again.scp_port.is_none(),
        "{text}: {complete}"
    );
    assert_eq!(
        again.fixed(url_type, connection_type).complete(),
        Some(complete),
        "{text}: what is fixed needs no fixing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_url_of_the_grammar_is_read_and_written_as_it_was(text in urls()) {
        let url = BitbucketUrl::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        prop_assert_eq!(url.to_string(), text);
    }

    #[test]
    fn a_mutated_url_is_refused_or_read_as_what_it_then_says(
        text in urls(), (url_type, connection_type) in types(),
        kind: u8, at: usize,
        with in prop_oneof![any::<char>(), proptest::sample::select(" /:@.?#%<\\~[]-_Agit\t".chars().collect::<Vec<_>>())],
    ) {
        holds(&mutated(&text, kind, at, with), url_type, connection_type);
    }

    #[test]
    fn arbitrary_text_is_answered(text in ".{0,60}", (url_type, connection_type) in types()) {
        holds(&text, url_type, connection_type);
    }

    #[test]
    fn text_made_of_the_pieces_of_urls_is_answered(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "https", "http", "ssh", "git", "://", ":/", "//", ":", "/", "@", "git@", "bitbucket.org", "bitbucket.com",
            "altssh.bitbucket.org", "api.bitbucket.org", "BITBUCKET.org", "bb.acme.com", "localhost", "[::1]", "scm",
            "projects", "repos", "users", "rest", "2.0", "repositories", "workspace", "src", "acme", "PROJ", "~jdoe",
            "web.git", "web", ".git", "ATATT", "pat.a.b1", "scm/", "t.git", " http", "%7e", "+", "..", "443", "7999", "99999", "?at=x", "#", "%20", "%", " ", "\\", "<ws>", "u:p@",
        ]), 0..12),
        (url_type, connection_type) in types(),
    ) {
        holds(&pieces.concat(), url_type, connection_type);
    }

    #[test]
    fn a_password_is_never_repeated(
        text in urls(), password in "[a-z][!-~]{0,6}s3cr3t[!-~]{0,6}", user in "[a-z]{1,6}",
    ) {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => ("https://".to_owned(), text.as_str()),
        };
        let host = rest.trim_start_matches("git@");
        let with_password = format!("{scheme}{user}:{password}@{host}");
        let error = BitbucketUrl::parse(&with_password).expect_err("it holds a password");
        prop_assert_eq!(error.kind().rule(), "U13", "{}", with_password);
        prop_assert!(!format!("{error}{error:?}").contains("s3cr3t"), "{}", with_password);
    }
}

#[test]
fn long_and_deeply_wrong_texts_are_answered_quickly() {
    for piece in [
        "https://", "git@", "/", "HTTPS:/", " x", "a@", "//a:", "ssh:", "%zz", "[", "u:p@",
    ] {
        holds(&piece.repeat(20_000), None, None);
    }
}
