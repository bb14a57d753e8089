//! A URL, parsed: its parts, and what they say.

use super::ConnectionType;

/// A valid URL of a Bitbucket account, project, or repository.
///
/// `Display` writes it as given, except for doubled slashes. Its parts have Bitbucket's names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketUrl {
    pub(super) deployment: Deployment,
    pub(super) protocol: Protocol,
    pub(super) form: Form,
    /// The user information: a username, never a password or token.
    pub(super) user: Option<String>,
    /// As written; an IPv6 address with its brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// The number at the start of an scp path, which Git treats as a directory: `git@host:7999/…`.
    pub(super) scp_port: Option<u16>,
    pub(super) place: RepositoryPath,
    /// Whether there are more slashes than necessary.
    pub(super) doubled_slash: bool,
}

/// The deployment that is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deployment {
    /// bitbucket.org.
    Cloud,
    /// Bitbucket Data Center.
    DataCenter,
}

impl Deployment {
    /// The names in configurations.
    pub const NAMES: [&'static str; 2] = ["Cloud", "DataCenter"];

    /// Returns the deployment with this name in configurations, or `None` for another word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cloud, Self::DataCenter]
            .into_iter()
            .find(|deployment| deployment.name() == name)
    }

    /// Returns the name in configurations: `Cloud` or `DataCenter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Cloud",
            Self::DataCenter => "DataCenter",
        }
    }
}

/// The protocol between Git and Bitbucket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// `https://`, or `http://` without `tls`.
    Http {
        /// Whether it is encrypted.
        tls: bool,
    },
    /// `ssh://` or `git@`.
    Ssh,
}

impl Protocol {
    /// Returns the name in configurations: `HTTP` or `SSH`.
    pub fn name(self) -> &'static str {
        self.connection_type().name()
    }

    /// Returns the matching value of `connection_type`.
    pub fn connection_type(self) -> ConnectionType {
        match self {
            Self::Http { .. } => ConnectionType::Http,
            Self::Ssh => ConnectionType::Ssh,
        }
    }
}

/// The form of the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `scheme://host/path`.
    Url,
    /// `git@host:path`.
    Scp,
    /// `git@host/path`, with the colon missing.
    ColonMissing,
}

/// What the path names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RepositoryPath {
    /// The segments before `scm`, on Data Center with a context path.
    pub(super) context: Vec<String>,
    /// Whether `scm` is present.
    pub(super) scm: bool,
    /// The superfluous segments between `scm` (or the host) and the project.
    pub(super) extra: Vec<String>,
    /// The workspace on Cloud, the project key on Data Center.
    pub(super) owner: Option<String>,
    /// The slug, without `.git`. There is no owner if the project key is missing.
    pub(super) repository: Option<String>,
    pub(super) git_suffix: bool,
    pub(super) trailing_slash: bool,
}

impl BitbucketUrl {
    /// Returns the intended deployment; Harness may assume another one ([`BitbucketUrl::seen_by_harness`]).
    pub fn deployment(&self) -> Deployment {
        self.deployment
    }

    /// Returns HTTP or SSH.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns the host, as written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the URL without its username, which may be a token, except for `git`.
    pub(crate) fn without_user(&self) -> String {
        let text = self.to_string();
        match self.user() {
            Some(user) if user != "git" => text.replacen(&format!("{user}@"), "", 1),
            _ => text,
        }
    }

    /// Returns the intended port, including that in `git@host:7999/…`, which Git treats as a directory. `None` without
    /// one.
    pub fn port(&self) -> Option<u16> {
        self.port.or(self.scp_port)
    }

    /// Returns Data Center's context path, such as `/bitbucket`. `None` without one.
    pub fn context_path(&self) -> Option<String> {
        let segments = &self.place.context;
        (!segments.is_empty()).then(|| format!("/{}", segments.join("/")))
    }

    /// Returns the workspace ID on Bitbucket Cloud. `None` without one, and on Data Center.
    pub fn workspace(&self) -> Option<&str> {
        (self.deployment == Deployment::Cloud)
            .then_some(self.place.owner.as_deref())
            .flatten()
    }

    /// Returns the project key on Data Center, `~user` for a personal project. `None` without one, and on Cloud.
    pub fn project(&self) -> Option<&str> {
        (self.deployment == Deployment::DataCenter)
            .then_some(self.place.owner.as_deref())
            .flatten()
    }

    /// Returns the repository's slug, without `.git`. `None` in the URL of an account.
    pub fn repository(&self) -> Option<&str> {
        self.place.repository.as_deref()
    }

    /// Returns the members of the function `parse_bitbucket_url`.
    pub fn members(&self) -> Members<'_> {
        Members {
            deployment: self.deployment.name(),
            protocol: self.protocol.name(),
            host: &self.host,
            port: self.port(),
            context_path: self.context_path(),
            workspace: self.workspace(),
            project: self.project(),
            repository: self.repository(),
        }
    }
}

/// Accessors that only the rules use.
impl BitbucketUrl {
    /// Returns the workspace or the project.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.place.owner.as_deref()
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the number after the colon of the scp form, which Git treats as a directory.
    pub(crate) fn scp_port(&self) -> Option<u16> {
        self.scp_port
    }

    pub(crate) fn has_scm(&self) -> bool {
        self.place.scm
    }

    pub(crate) fn has_doubled_slash(&self) -> bool {
        self.doubled_slash
    }

    pub(crate) fn has_trailing_slash(&self) -> bool {
        self.place.trailing_slash
    }

    /// Returns the superfluous segments before the project.
    pub(crate) fn extra(&self) -> &[String] {
        &self.place.extra
    }

    /// Returns whether the host is Bitbucket Cloud's for SSH on port 443.
    pub(crate) fn is_altssh(&self) -> bool {
        self.host.eq_ignore_ascii_case("altssh.bitbucket.org")
    }

    /// Returns the URL with its workspace in lower case.
    pub(crate) fn in_lower_case(&self) -> Self {
        let mut lower = self.clone();
        lower.place.owner = self
            .place
            .owner
            .as_ref()
            .map(|owner| owner.to_ascii_lowercase());
        lower
    }
}

/// The object that `provider::harness::parse_bitbucket_url` returns, member by member; `None` becomes null.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Members<'a> {
    /// `Cloud` or `DataCenter`.
    pub deployment: &'static str,
    /// `HTTP` or `SSH`.
    pub protocol: &'static str,
    /// The host, as written.
    pub host: &'a str,
    /// The port, if the URL has one.
    pub port: Option<u16>,
    /// The context path of Data Center, with its leading slash.
    pub context_path: Option<String>,
    /// The workspace ID; Cloud only.
    pub workspace: Option<&'a str>,
    /// The project key; Data Center only.
    pub project: Option<&'a str>,
    /// The repository's slug, without `.git`.
    pub repository: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> String {
        let url = BitbucketUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let m = url.members();
        let port = m.port.map(|port| port.to_string());
        [
            Some(m.deployment),
            Some(m.protocol),
            Some(m.host),
            port.as_deref(),
            m.context_path.as_deref(),
            m.workspace,
            m.project,
            m.repository,
        ]
        .map(|member| member.unwrap_or("-"))
        .join(" ")
    }

    #[test]
    fn the_members_are_those_of_the_text_and_null_where_it_has_none() {
        for (text, expected) in [
            (
                "https://bitbucket.org",
                "Cloud HTTP bitbucket.org - - - - -",
            ),
            (
                "https://bitbucket.org/acme/",
                "Cloud HTTP bitbucket.org - - acme - -",
            ),
            (
                "https://jdoe@bitbucket.org/acme/web.git",
                "Cloud HTTP bitbucket.org - - acme - web",
            ),
            (
                "git@bitbucket.org:acme/web",
                "Cloud SSH bitbucket.org - - acme - web",
            ),
            (
                "ssh://git@altssh.bitbucket.org:443/acme/web.git",
                "Cloud SSH altssh.bitbucket.org 443 - acme - web",
            ),
            (
                "http://10.0.0.5:7990/scm/",
                "DataCenter HTTP 10.0.0.5 7990 - - - -",
            ),
            (
                "https://acme.com/bitbucket/scm/PROJ/web.git",
                "DataCenter HTTP acme.com - /bitbucket - PROJ web",
            ),
            (
                "ssh://git@bb.acme.com:7999/~jdoe/web.git",
                "DataCenter SSH bb.acme.com 7999 - - ~jdoe web",
            ),
            (
                "git@bb.acme.com:7999/PROJ/web.git",
                "DataCenter SSH bb.acme.com 7999 - - PROJ web",
            ),
            ("git@bb.acme.com/", "DataCenter SSH bb.acme.com - - - - -"),
            (
                "https://[2001:db8::1]:8443/scm/PROJ",
                "DataCenter HTTP [2001:db8::1] 8443 - - PROJ -",
            ),
        ] {
            assert_eq!(members(text), expected, "{text}");
        }
    }
}
