//! How Harness interprets `url`: which deployment it assumes, where it calls the API, and which repository it tests.
//!
//! It goes by the text rather than by its meaning, and so differs from this parser in places; some rules warn about
//! these differences. Source: the Git client of Harness's manager and delegate.

use super::parsed::{BitbucketUrl, Deployment, Form, Protocol, RepositoryPath};

/// Returns the deployment that Harness assumes for a URL, valid or not: Cloud for three hosts of bitbucket.org,
/// compared exactly, and Data Center for everything else.
pub fn seen_by_harness(url: &str) -> Deployment {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', ':']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    of_host(host)
}

fn of_host(host: &str) -> Deployment {
    if ["bitbucket.org", "www.bitbucket.org", "api.bitbucket.org"].contains(&host) {
        Deployment::Cloud
    } else {
        Deployment::DataCenter
    }
}

/// Returns the repository that Harness tests: `url` and `test_repository` with one slash between them.
pub fn join(url: &str, test_repository: &str) -> String {
    format!(
        "{}/{}",
        url.trim_end_matches('/'),
        test_repository.trim_start_matches('/')
    )
}

impl BitbucketUrl {
    /// Returns the deployment that Harness assumes, which is Data Center even for `altssh.bitbucket.org` and
    /// `bitbucket.com`.
    pub fn seen_by_harness(&self) -> Deployment {
        of_host(&self.host)
    }

    /// Returns the address below which Harness calls Bitbucket's API, with its trailing slash.
    ///
    /// For Data Center, it is the host with whatever is between it and `/scm`. Without `/scm`, port and context path are
    /// lost, and SSH URLs always yield `https`.
    pub fn api_base(&self) -> String {
        if self.seen_by_harness() == Deployment::Cloud {
            return "https://api.bitbucket.org/".to_owned();
        }
        let scheme = match self.protocol {
            Protocol::Http { tls: false } => "http",
            Protocol::Http { tls: true } | Protocol::Ssh => "https",
        };
        let (port, context) = if self.place.scm {
            (
                self.port.map(|port| format!(":{port}")).unwrap_or_default(),
                self.context_path().unwrap_or_default(),
            )
        } else {
            (String::new(), String::new())
        };
        format!("{scheme}://{}{port}{context}/", self.host)
    }

    /// Returns the URL of an account with `path` appended, if the result names a repository.
    pub(crate) fn with_repository(&self, path: &str) -> Option<Self> {
        let account = Self {
            place: RepositoryPath {
                owner: self.place.owner.clone(),
                scm: true,
                ..RepositoryPath::default()
            },
            scp_port: None,
            form: Form::Url,
            protocol: Protocol::Http { tls: true },
            ..self.clone()
        };
        let account = match self.deployment {
            Deployment::Cloud => account.fixed(None, None).text().to_owned(),
            Deployment::DataCenter => account.to_string(),
        };
        let url = Self::parse(&join(&account, path)).ok()?;
        (url.place.repository.is_some() && url.place.owner.is_some() && url.place.extra.is_empty())
            .then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harness_goes_by_the_exact_host() {
        for (text, expected) in [
            ("https://bitbucket.org/acme/", Deployment::Cloud),
            ("https://jdoe@www.bitbucket.org/acme/", Deployment::Cloud),
            ("git@bitbucket.org:acme/web.git", Deployment::Cloud),
            ("git@bitbucket.org", Deployment::Cloud),
            ("https://api.bitbucket.org/2.0/", Deployment::Cloud),
            ("https://BITBUCKET.org/acme/", Deployment::DataCenter),
            ("https://bitbucket.com/acme/", Deployment::DataCenter),
            (
                "ssh://git@altssh.bitbucket.org:443/acme/",
                Deployment::DataCenter,
            ),
            ("https://bb.acme.com/bitbucket.org/", Deployment::DataCenter),
            ("", Deployment::DataCenter),
        ] {
            assert_eq!(seen_by_harness(text), expected, "{text}");
            if let Ok(url) = BitbucketUrl::parse(text) {
                assert_eq!(url.seen_by_harness(), expected, "{text}");
            }
        }
    }

    #[test]
    fn the_api_is_called_where_harness_calls_it() {
        for (text, base) in [
            (
                "https://bitbucket.org/acme/web.git",
                "https://api.bitbucket.org/",
            ),
            ("git@bitbucket.org:acme/", "https://api.bitbucket.org/"),
            ("https://bb/stash/scm/P/r.git", "https://bb/stash/"),
            ("https://bb:8443/scm/P/r.git", "https://bb:8443/"),
            ("https://bb:8443/P/r.git", "https://bb/"),
            ("http://10.0.0.5:7990/scm/", "http://10.0.0.5:7990/"),
            ("ssh://git@bb:7999/P/r.git", "https://bb/"),
            ("ssh://git@bb:7999/scm/P/r.git", "https://bb:7999/"),
            (
                "ssh://git@altssh.bitbucket.org:443/a/r.git",
                "https://altssh.bitbucket.org/",
            ),
        ] {
            assert_eq!(
                BitbucketUrl::parse(text).unwrap().api_base(),
                base,
                "{text}"
            );
        }
    }

    #[test]
    fn url_and_test_repository_are_joined_with_one_slash() {
        for (url, repository) in [
            ("https://bitbucket.org/acme/", "web.git"),
            ("https://bitbucket.org/acme", "/web.git"),
        ] {
            assert_eq!(join(url, repository), "https://bitbucket.org/acme/web.git");
        }
    }
}
