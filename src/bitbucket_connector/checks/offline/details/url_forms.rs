//! The forms of a connector's URL, for the resource's page.

use std::fmt::Write;

use crate::bitbucket_connector::checks::offline::testing::found;

/// `url_type`, `connection_type`, and such a URL on Bitbucket Cloud and on Bitbucket Data Center.
const FORMS: [[&str; 4]; 4] = [
    [
        "Account",
        "HTTP",
        "https://bitbucket.org/example-works/",
        "https://bitbucket.example.com/scm/",
    ],
    [
        "Account",
        "SSH",
        "git@bitbucket.org:example-works/",
        "ssh://git@bitbucket.example.com:7999/",
    ],
    [
        "Repository",
        "HTTP",
        "https://bitbucket.org/example-works/website.git",
        "https://bitbucket.example.com/scm/PAY/payments.git",
    ],
    [
        "Repository",
        "SSH",
        "git@bitbucket.org:example-works/website.git",
        "ssh://git@bitbucket.example.com:7999/PAY/payments.git",
    ],
];

/// What to append to an account's URL.
const TEST_REPOSITORIES: [&str; 2] = ["website.git", "PAY/payments.git"];

/// The forms in Markdown, a table for each deployment: so the tables fit a narrow window.
pub(crate) fn tables() -> String {
    let mut text = String::new();
    for (title, column) in [("Bitbucket Cloud", 2), ("Bitbucket Data Center", 3)] {
        let header = "| `url_type`, `connection_type` | `url` |\n|---|---|";
        writeln!(text, "On {title}:\n\n{header}").unwrap();
        for form in FORMS {
            let (url_type, connection_type, url) = (form[0], form[1], form[column]);
            writeln!(text, "| `{url_type}`, `{connection_type}` | `{url}` |").unwrap();
        }
        text.push('\n');
    }
    let [cloud, server] = TEST_REPOSITORIES;
    write!(
        text,
        "With `Account`, `test_repository` is the part that follows `url`: `{cloud}` on Bitbucket Cloud, `{server}` on \
         Bitbucket Data Center."
    )
    .unwrap();
    text
}

#[test]
fn no_rule_finds_anything_in_the_forms_that_the_page_shows() {
    for [url_type, connection_type, cloud, server] in FORMS {
        for (url, repository) in [cloud, server].into_iter().zip(TEST_REPOSITORIES) {
            let mut hcl = format!(
                "url_type = \"{url_type}\"\nconnection_type = \"{connection_type}\"\nurl = \"{url}\"\n"
            );
            match url_type {
                "Account" => writeln!(hcl, "test_repository = \"{repository}\"").unwrap(),
                _ => hcl.push_str("test_repository = null\n"),
            }
            if connection_type == "SSH" {
                hcl.push_str("credentials {\n  ssh {\n    ssh_key_ref = \"account.key\"\n  }\n}\n");
            }
            assert!(found(&hcl).is_empty(), "{:?} in\n{hcl}", found(&hcl));
        }
    }
}
