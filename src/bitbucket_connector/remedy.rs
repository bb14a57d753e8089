//! What usually is behind a failed connection test, and what to do about it.
//!
//! The platform's texts come from Git, from Bitbucket and from its own delegates; they are recognised by what they say.
//! Source: the platform's error catalogue and the troubleshooting section of its Bitbucket settings reference.

use super::url::{self, Deployment};
use crate::platform::{ApiAccess, BitbucketConnector, UrlType};

/// The remedy for a failed test of `connector`, of which the platform said `text`. `None` for a text that says nothing
/// known.
pub(super) fn find(text: &str, connector: &BitbucketConnector) -> Option<String> {
    let text = text.to_lowercase();
    CAUSES
        .iter()
        .find(|cause| cause.signs.iter().any(|sign| text.contains(sign)))
        .map(|cause| (cause.remedy)(connector))
}

struct Cause {
    /// Any of these, in lower case, is in the platform's text.
    signs: &'static [&'static str],
    remedy: fn(&BitbucketConnector) -> String,
}

/// The first match counts: the narrow signs stand before the wide ones.
const CAUSES: &[Cause] = &[
    Cause {
        signs: &[
            "x509",
            "pkix",
            "certificate signed by unknown authority",
            "certificate",
        ],
        remedy: |_| {
            "The delegate does not trust the server's certificate. Mount the authority's certificate into the \
             delegate and name it in DESTINATION_CA_PATH (older delegates: ADDITIONAL_CERTS_PATH together with \
             CI_MOUNT_VOLUMES)."
                .to_owned()
        },
    },
    Cause {
        signs: &["rate limit"],
        remedy: |_| {
            "Bitbucket limits the requests of this token. Try again later, and use separate tokens for separate \
             connectors."
                .to_owned()
        },
    },
    Cause {
        signs: &[
            "no delegate",
            "no eligible delegate",
            "delegates are connected",
            "no delegate eligible",
        ],
        remedy: delegates,
    },
    Cause {
        signs: &[
            "private key is either malformed",
            "incorrect format",
            "ssh private key in pem format",
        ],
        remedy: |_| {
            "The key of the SSH credential is not in PEM form. Convert it (`ssh-keygen -p -m PEM -f <key file>`), \
             store it as a new file secret, and name that in the SSH credential."
                .to_owned()
        },
    },
    Cause {
        signs: &[
            "auth fail",
            "authorization not successful",
            "ssh credentials are not authorized",
            "'git' username",
        ],
        remedy: |_| {
            "Bitbucket refused the SSH key. Add the public key to the Bitbucket account or repository, and check \
             that the SSH credential in Harness has the user name `git`."
                .to_owned()
        },
    },
    Cause {
        signs: &["api access credentials"],
        remedy: api_credentials,
    },
    Cause {
        signs: &[
            "not authorized",
            "check your credentials",
            "credentials are correct",
        ],
        remedy: git_credentials,
    },
    Cause {
        signs: &[
            "unknownhostexception",
            "unknown host",
            "delegate to git provider connectivity",
        ],
        remedy: |connector| {
            format!(
                "The host in `url` ({}) was not found from where Harness connects. Check its spelling, and that the \
                 delegate's network can resolve it.",
                connector.spec.url
            )
        },
    },
    Cause {
        signs: &["timed out", "timeout"],
        remedy: |connector| {
            format!(
                "Nothing answered at `url` ({}). Check that the delegate can reach its host and port; SSH on Bitbucket \
                 Data Center usually listens on 7999, and Bitbucket Cloud offers \
                 ssh://git@altssh.bitbucket.org:443/ where port 22 is closed.",
                connector.spec.url
            )
        },
    },
    Cause {
        signs: &["bitbucket server repository url is invalid"],
        remedy: |_| {
            "On Bitbucket Data Center the clone URL has the form https://<host>/scm/<PROJECT>/<repository>.git, with \
             at most one path segment before /scm/."
                .to_owned()
        },
    },
    Cause {
        signs: &[
            "repo url is invalid",
            "couldn't connect to given repo",
            "valid git repository url",
        ],
        remedy: |connector| {
            format!(
                "Harness tried to read the repository {}. Check that it exists under exactly this address and that the \
                 credentials may read it; mend `url` or `test_repository`.",
                tested_url(connector)
            )
        },
    },
    Cause {
        signs: &["scm service running with delegate"],
        remedy: |_| {
            "The delegate could not call Bitbucket's API. Check the delegate's outbound network, and its log."
                .to_owned()
        },
    },
];

/// The repository that the connection test reads: `url`, or `url` and the test repository joined as Harness joins them.
fn tested_url(connector: &BitbucketConnector) -> String {
    let spec = &connector.spec;
    match &spec.validation_repo {
        Some(repository) if spec.url_type != UrlType::Repo => url::join(&spec.url, repository),
        _ => spec.url.clone(),
    }
}

/// Whether Harness takes the server for Bitbucket Cloud.
fn is_cloud(connector: &BitbucketConnector) -> bool {
    url::seen_by_harness(&connector.spec.url) == Deployment::Cloud
}

fn delegates(connector: &BitbucketConnector) -> String {
    let selectors: Vec<_> = connector
        .spec
        .delegate_selectors
        .iter()
        .map(|tag| format!("\"{tag}\""))
        .collect();
    if selectors.is_empty() {
        return "No connected delegate could run the test. Start one, or set `connectivity_mode = \"Platform\"` if \
                Harness itself can reach Bitbucket."
            .to_owned();
    }
    format!(
        "No connected delegate has all of these tags: {}. All of them must be on one delegate; mend \
         `delegate_selectors`, or start such a delegate.",
        selectors.join(", ")
    )
}

fn git_credentials(connector: &BitbucketConnector) -> String {
    if is_cloud(connector) {
        "Bitbucket refused user name or token. On Bitbucket Cloud the user name is the Bitbucket username (not the \
         e-mail address) or `x-bitbucket-api-token-auth` with an API token, and `x-token-auth` with an access token; \
         app passwords were removed on July 28, 2026."
            .to_owned()
    } else {
        "Bitbucket refused user name or token. On Bitbucket Data Center use the user's name and a user-level HTTP \
         access token; tokens of a project or repository do not work with a user name."
            .to_owned()
    }
}

fn api_credentials(connector: &BitbucketConnector) -> String {
    match &connector.spec.api_access {
        Some(ApiAccess::EmailAndApiToken { .. }) => {
            "Bitbucket's API refused the e-mail address or the API token. Give the address of the Atlassian account, an \
             API token with Bitbucket scopes (read:workspace:bitbucket among them), and a delegate of version \
             26.02.88600 or later."
                .to_owned()
        }
        Some(ApiAccess::AccessToken { .. }) if is_cloud(connector) => {
            "Bitbucket's API refused the access token. Tokens of a single repository fail since delegate 26.02.88600: \
             use a token of the workspace, or an API token with read:workspace:bitbucket."
                .to_owned()
        }
        Some(ApiAccess::UsernameToken { .. }) if is_cloud(connector) => {
            "Bitbucket's API refused the user name or the token. App passwords were removed on July 28, 2026: use \
             `email_and_api_token` or `access_token`."
                .to_owned()
        }
        _ => "Bitbucket's API refused the credentials of `api_access`. Check the token's permissions and whether it \
              has expired."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Authentication, BitbucketSpec};

    fn connector() -> BitbucketConnector {
        BitbucketConnector {
            name: "bb".to_owned(),
            identifier: "bb".to_owned(),
            description: None,
            org: None,
            project: None,
            tags: std::collections::BTreeMap::new(),
            spec: BitbucketSpec {
                url: "https://bitbucket.org/acme/".to_owned(),
                url_type: UrlType::Account,
                validation_repo: Some("/web.git".to_owned()),
                authentication: Authentication::Ssh { ssh_key_ref: None },
                api_access: Some(ApiAccess::AccessToken { token_ref: None }),
                execute_on_delegate: true,
                delegate_selectors: ["linux".to_owned(), "eu".to_owned()].into(),
            },
        }
    }

    #[test]
    fn each_text_of_the_platform_leads_to_its_remedy() {
        for (text, part) in [
            (
                "Please ensure that the credentials are correct.",
                "x-token-auth",
            ),
            ("Provided credentials are not authorized.", "x-token-auth"),
            (
                "Provided api access credentials are not authorized.",
                "token of the workspace",
            ),
            (
                "Provided repo url is invalid.",
                "https://bitbucket.org/acme/web.git",
            ),
            (
                "Couldn't connect to given repo",
                "https://bitbucket.org/acme/web.git",
            ),
            ("Git connection timed out", "7999"),
            (
                "Private key is either malformed or not correct",
                "ssh-keygen -p -m PEM",
            ),
            ("Auth fail", "user name `git`"),
            (
                "x509: certificate signed by unknown authority",
                "DESTINATION_CA_PATH",
            ),
            ("java.net.UnknownHostException: bb", "Check its spelling"),
            (
                " No Delegate Found ( No Delegate Eligible to perform the request)",
                "\"eu\", \"linux\"",
            ),
            (
                "Rate limit reached on BitBucket provider.",
                "Try again later",
            ),
            (
                "Provided bitbucket server repository url is invalid.",
                "/scm/<PROJECT>",
            ),
            (
                "SCM service running with delegate has error",
                "outbound network",
            ),
        ] {
            let remedy = find(text, &connector()).unwrap_or_default();
            assert!(remedy.contains(part), "{text}: {remedy}");
        }
        assert_eq!(find("Something else", &connector()), None);
    }

    #[test]
    fn the_remedy_fits_the_kind_of_server_and_of_api_access() {
        let mut connector = connector();
        connector.spec.url = "https://bb.acme.com/scm/".to_owned();
        assert!(
            find("not authorized", &connector)
                .unwrap()
                .contains("Data Center")
        );
        connector.spec.delegate_selectors.clear();
        assert!(
            find("No Delegate Found", &connector)
                .unwrap()
                .contains("\"Platform\"")
        );
    }
}
