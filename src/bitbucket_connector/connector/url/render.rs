//! Writes a [`BitbucketUrl`] as text: as given, and in its recommended form.

use std::fmt;

use super::parsed::{BitbucketUrl, Deployment, Form, Protocol};
use super::{ConnectionType, UrlType};

/// The default SSH port of Bitbucket Data Center.
pub(super) const SSH_PORT: u16 = 7999;

/// A URL in its recommended form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fixed {
    text: String,
    complete: bool,
}

impl Fixed {
    /// Returns the text, for people, with unknown parts as `<…>`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text, if it is complete.
    pub fn complete(&self) -> Option<&str> {
        self.complete.then_some(self.text.as_str())
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BitbucketUrl {
    /// Returns the URL as Bitbucket and Harness recommend it: without unusual details, with the documented `/` after an
    /// account and `.git` after a repository. With `url_type`, it names only as much as that type, or has placeholders
    /// for missing parts; with `connection_type`, it uses that protocol. Without a type, it stays as it is.
    pub fn fixed(
        &self,
        url_type: Option<UrlType>,
        connection_type: Option<ConnectionType>,
    ) -> Fixed {
        let is_ssh =
            connection_type.unwrap_or(self.protocol.connection_type()) == ConnectionType::Ssh;
        let path = self.path(url_type, is_ssh);
        let text = match (self.deployment, is_ssh) {
            (Deployment::Cloud, false) => format!("https://bitbucket.org/{path}"),
            (Deployment::Cloud, true) if self.is_altssh() && self.protocol == Protocol::Ssh => {
                format!("ssh://git@altssh.bitbucket.org:443/{path}")
            }
            (Deployment::Cloud, true)
                if self.protocol == Protocol::Ssh && self.form == Form::Url =>
            {
                format!("ssh://git@bitbucket.org/{path}")
            }
            (Deployment::Cloud, true) => format!("git@bitbucket.org:{path}"),
            (Deployment::DataCenter, false) => self.server_https(&path),
            (Deployment::DataCenter, true) => self.server_ssh(&path),
        };
        Fixed {
            complete: !text.contains('<'),
            text,
        }
    }

    /// Returns the URL over HTTPS.
    pub fn to_https(&self) -> Fixed {
        self.fixed(None, Some(ConnectionType::Http))
    }

    /// Returns the URL over SSH. If the URL does not contain Data Center's SSH port, 7999 is assumed.
    pub fn to_ssh(&self) -> Fixed {
        self.fixed(None, Some(ConnectionType::Ssh))
    }

    /// Returns only the workspace or the Data Center instance.
    pub fn account_url(&self) -> Fixed {
        self.fixed(Some(UrlType::Account), None)
    }

    /// Returns the repository, with placeholders for missing parts.
    pub fn repository_url(&self) -> Fixed {
        self.fixed(Some(UrlType::Repository), None)
    }

    /// Returns the `test_repository` that names this repository with [`BitbucketUrl::account_url`]: `web.git` on
    /// Bitbucket Cloud, `PROJ/web.git` on Data Center, with placeholders for missing parts.
    pub fn test_repository(&self) -> Fixed {
        let repository = self.place.repository.as_deref().unwrap_or("<repository>");
        let owner = self.place.owner.as_deref();
        let text = match (self.deployment, owner) {
            (Deployment::Cloud, Some(_)) => format!("{repository}.git"),
            (Deployment::Cloud, None) => format!("<workspace>/{repository}.git"),
            (Deployment::DataCenter, owner) => {
                format!("{}/{repository}.git", owner.unwrap_or("<PROJECT>"))
            }
        };
        Fixed {
            complete: !text.contains('<'),
            text,
        }
    }

    /// Returns the intended path, without Data Center's context path and `scm`.
    fn path(&self, url_type: Option<UrlType>, is_ssh: bool) -> String {
        let is_cloud = self.deployment == Deployment::Cloud;
        let owner = self.place.owner.as_deref();
        let missing_owner = if is_cloud { "<workspace>" } else { "<PROJECT>" };
        let repository = self.place.repository.as_deref();
        match (url_type, repository) {
            (Some(UrlType::Repository), _) | (None, Some(_)) => format!(
                "{}/{}.git",
                owner.unwrap_or(missing_owner),
                repository.unwrap_or("<repository>")
            ),
            // Over SSH, the path of an account on Bitbucket Cloud cannot be empty.
            _ if is_cloud => match owner {
                Some(workspace) => format!("{workspace}/"),
                None if is_ssh || repository.is_some() => "<workspace>/".to_owned(),
                None => String::new(),
            },
            (Some(UrlType::Account), _) => String::new(),
            // Over SSH, a project alone that is named like the marker would be parsed as the marker.
            (None, None) => owner
                .filter(|project| !(is_ssh && project.eq_ignore_ascii_case("scm")))
                .map(|project| format!("{project}/"))
                .unwrap_or_default(),
        }
    }

    fn server_https(&self, path: &str) -> String {
        let (scheme, port) = match self.protocol {
            Protocol::Http { tls: false } => ("http", self.port),
            Protocol::Http { tls: true } => ("https", self.port),
            Protocol::Ssh => ("https", None),
        };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let context = self.context_path().unwrap_or_default();
        format!("{scheme}://{}{port}{context}/scm/{path}", self.host)
    }

    fn server_ssh(&self, path: &str) -> String {
        let host = &self.host;
        let port = match (self.protocol, self.form) {
            (Protocol::Http { .. }, _) | (_, Form::ColonMissing) => Some(SSH_PORT),
            (_, Form::Url | Form::Scp) => self.port(),
        };
        match port {
            Some(port) => format!("ssh://git@{host}:{port}/{path}"),
            None if self.form == Form::Scp && path.ends_with(|c| c != '/') => {
                format!("git@{host}:{path}")
            }
            None => format!("ssh://git@{host}/{path}"),
        }
    }
}

impl fmt::Display for BitbucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.form, self.protocol) {
            (Form::Scp | Form::ColonMissing, _) => "",
            (Form::Url, Protocol::Http { tls: true }) => "https://",
            (Form::Url, Protocol::Http { tls: false }) => "http://",
            (Form::Url, Protocol::Ssh) => "ssh://",
        })?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        let path = self.given_path();
        match self.form {
            Form::Scp => write!(f, ":{}", path.trim_start_matches('/')),
            Form::Url | Form::ColonMissing => f.write_str(&path),
        }
    }
}

impl BitbucketUrl {
    /// Returns the path as given, with its leading slash.
    fn given_path(&self) -> String {
        let place = &self.place;
        let scp_port = self.scp_port.map(|port| port.to_string());
        let scm = place.scm.then_some("scm");
        let repository = place
            .repository
            .as_ref()
            .map(|slug| format!("{slug}{}", if place.git_suffix { ".git" } else { "" }));
        let mut path = String::new();
        for segment in scp_port
            .as_deref()
            .into_iter()
            .chain(place.context.iter().map(String::as_str))
            .chain(scm)
            .chain(place.extra.iter().map(String::as_str))
            .chain(place.owner.as_deref())
            .chain(repository.as_deref())
        {
            path.push('/');
            path.push_str(segment);
        }
        if place.trailing_slash {
            path.push('/');
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> BitbucketUrl {
        BitbucketUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_url_is_written_over_the_other_protocol_for_the_same_place() {
        for (text, https, ssh) in [
            (
                "git@bitbucket.org:acme/",
                "https://bitbucket.org/acme/",
                "git@bitbucket.org:acme/",
            ),
            (
                "https://jdoe@bitbucket.org/acme/web",
                "https://bitbucket.org/acme/web.git",
                "git@bitbucket.org:acme/web.git",
            ),
            (
                "ssh://git@altssh.bitbucket.org:443/acme/web.git",
                "https://bitbucket.org/acme/web.git",
                "ssh://git@altssh.bitbucket.org:443/acme/web.git",
            ),
            (
                "https://bb.acme.com:8443/stash/scm/PROJ/web.git",
                "https://bb.acme.com:8443/stash/scm/PROJ/web.git",
                "ssh://git@bb.acme.com:7999/PROJ/web.git",
            ),
            (
                "git@bb.acme.com:7999/PROJ/web.git",
                "https://bb.acme.com/scm/PROJ/web.git",
                "ssh://git@bb.acme.com:7999/PROJ/web.git",
            ),
            (
                "git@bb.acme.com:PROJ/web.git",
                "https://bb.acme.com/scm/PROJ/web.git",
                "git@bb.acme.com:PROJ/web.git",
            ),
            (
                "git@bb.acme.com/",
                "https://bb.acme.com/scm/",
                "ssh://git@bb.acme.com:7999/",
            ),
            (
                "https://bitbucket.org",
                "https://bitbucket.org/",
                "git@bitbucket.org:<workspace>/",
            ),
        ] {
            let url = parse(text);
            assert_eq!(url.to_https().text(), https, "{text}");
            assert_eq!(url.to_ssh().text(), ssh, "{text}");
        }
    }

    #[test]
    fn a_url_is_cut_to_its_account_and_completed_to_a_repository() {
        for (text, account, repository, test_repository) in [
            (
                "https://bitbucket.org/acme/web.git",
                "https://bitbucket.org/acme/",
                "https://bitbucket.org/acme/web.git",
                "web.git",
            ),
            (
                "https://bb.acme.com/scm/~jdoe/web",
                "https://bb.acme.com/scm/",
                "https://bb.acme.com/scm/~jdoe/web.git",
                "~jdoe/web.git",
            ),
            (
                "ssh://git@bb.acme.com:7999/PROJ/",
                "ssh://git@bb.acme.com:7999/",
                "ssh://git@bb.acme.com:7999/PROJ/<repository>.git",
                "PROJ/<repository>.git",
            ),
            (
                "https://bb.acme.com/scm/web.git",
                "https://bb.acme.com/scm/",
                "https://bb.acme.com/scm/<PROJECT>/web.git",
                "<PROJECT>/web.git",
            ),
            (
                "https://bitbucket.org",
                "https://bitbucket.org/",
                "https://bitbucket.org/<workspace>/<repository>.git",
                "<workspace>/<repository>.git",
            ),
        ] {
            let url = parse(text);
            assert_eq!(url.account_url().text(), account, "{text}");
            assert_eq!(url.repository_url().text(), repository, "{text}");
            assert_eq!(url.test_repository().text(), test_repository, "{text}");
        }
        assert_eq!(
            parse("https://bitbucket.org/acme")
                .repository_url()
                .complete(),
            None
        );
    }
}
