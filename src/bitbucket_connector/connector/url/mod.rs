//! Addresses of Bitbucket accounts and repositories: from the text of `url` to what it means.
//!
//! Harness hands `url` to Git almost as it stands, and derives from it whether it speaks to Bitbucket Cloud or to a Data
//! Center server and where its API is. So the text is parsed here once, into a [`BitbucketUrl`] or into a [`UrlError`]
//! that says which mistake it is and, where that can be told, which URL was meant.
//!
//! # Grammar
//!
//! ```text
//! url      := http | ssh | scp
//! http     := ("https://" | "http://") [ user "@" ] host [ ":" port ] path
//! ssh      := "ssh://" [ user "@" ] host [ ":" port ] path
//! scp      := "git@" host ":" { segment "/" } [ segment ]
//!           | "git@" host path                         documented by Harness, refused by Harness, a folder to Git
//! path     := { "/" segment } [ "/" ]
//!
//! cloud    := [ workspace [ "/" repository ] ]         host bitbucket.org, www.bitbucket.org, altssh.bitbucket.org
//! server   := [ context "/" ] "scm" [ "/" project [ "/" repository ] ]            every other host, HTTP
//!           | [ project [ "/" repository ] ]                                      every other host, SSH
//!
//! host      := label { "." label } | "[" IPv6 "]"      label := letter, digit, "_", inside also "-"; at most 63
//! port      := 1 to 65535
//! workspace := (letter | digit) { letter | digit | "-" | "_" }
//! project   := letter { letter | digit | "-" | "_" } | "~" (letter | digit | "-" | "_" | ".") { … }
//! repository := (letter | digit | "-" | "_" | ".") { … } [ ".git" ]
//! ```
//!
//! What is odd but accepted is kept as data, so that a warning can speak of it: another user than `git`, a user name over
//! HTTP, `/scm` missing or in an SSH URL, segments too many before the project, slashes too many, the documented SSH forms
//! of Data Center that Git reads otherwise (`git@host/…`, `git@host:7999/…`). `bitbucket.com` is read as Bitbucket Cloud,
//! which is what is meant by it, although Harness takes it for a server; see [`BitbucketUrl::seen_by_harness`].
//!
//! # Limits
//!
//! Every text is answered in time linear in its length. Passwords and tokens in the user information are recognised and
//! neither kept nor repeated. Percent-encoded characters are not decoded: no clone URL needs one.
//!
//! Sources: Harness's Bitbucket connector settings reference, the delegate's Git client, Atlassian's documentation of
//! workspaces, repository slugs and project keys, and Git's own reading of the forms.

pub(crate) mod authority;
pub(crate) mod error;
pub(crate) mod harness;
pub(crate) mod parse;
pub(crate) mod path;
#[cfg(test)]
pub(crate) mod properties;
mod render;

pub use error::{UrlError, UrlErrorKind};
pub use harness::{join, seen_by_harness};
pub(crate) use path::may_name_repository;
pub use render::Fixed;

pub use super::words::{ConnectionType, UrlType};

/// A well-formed address of a Bitbucket account, project or repository.
///
/// `Display` writes it as it was given, except for doubled slashes. The names of its parts are those of Bitbucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BitbucketUrl {
    deployment: Deployment,
    protocol: Protocol,
    form: Form,
    /// The user information, which is a user name and never a password or token.
    user: Option<String>,
    /// As written; an IPv6 address with its brackets.
    host: String,
    port: Option<u16>,
    /// The number at the start of an scp path, which Git takes for a folder: `git@host:7999/…`.
    scp_port: Option<u16>,
    place: RepositoryPath,
    /// Slashes stand where one would do, or one where none belongs.
    doubled_slash: bool,
}

/// Which Bitbucket is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deployment {
    /// bitbucket.org.
    Cloud,
    /// A server of one's own.
    DataCenter,
}

impl Deployment {
    /// The names in configurations.
    pub const NAMES: [&'static str; 2] = ["Cloud", "DataCenter"];

    /// What has that name in configurations; `None` for another word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cloud, Self::DataCenter]
            .into_iter()
            .find(|deployment| deployment.name() == name)
    }

    /// Where the text of a URL leads. Of one that cannot be read, it is Cloud where bitbucket.org is in it: to Harness, all
    /// other hosts are servers.
    pub fn of_text(url: &str) -> Self {
        match BitbucketUrl::parse(url) {
            Ok(url) => url.deployment(),
            Err(_) if url.to_lowercase().contains("bitbucket.org") => Self::Cloud,
            Err(_) => Self::DataCenter,
        }
    }

    /// The name in configurations: `Cloud` or `DataCenter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Cloud",
            Self::DataCenter => "DataCenter",
        }
    }
}

/// How Git speaks to Bitbucket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// `https://`, or without `tls` `http://`.
    Http {
        /// Encrypted.
        tls: bool,
    },
    /// `ssh://` or `git@`.
    Ssh,
}

impl Protocol {
    /// The name in configurations: `HTTP` or `SSH`.
    pub fn name(self) -> &'static str {
        self.connection_type().name()
    }

    /// The value of `connection_type` that goes with it.
    pub fn connection_type(self) -> ConnectionType {
        match self {
            Self::Http { .. } => ConnectionType::Http,
            Self::Ssh => ConnectionType::Ssh,
        }
    }
}

/// How the text is built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `scheme://host/path`.
    Url,
    /// `git@host:path`.
    Scp,
    /// `git@host/path`, which lacks its colon.
    ColonMissing,
}

/// What the path names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RepositoryPath {
    /// The segments before `scm` of a server behind a context path.
    context: Vec<String>,
    /// Whether `scm` is there.
    scm: bool,
    /// The segments between `scm` (or the host) and the project, which do not belong there.
    extra: Vec<String>,
    /// The workspace on Cloud, the project key on Data Center.
    owner: Option<String>,
    /// The slug, without `.git`. Without an owner where the project key was forgotten.
    repository: Option<String>,
    git_suffix: bool,
    trailing_slash: bool,
}

impl BitbucketUrl {
    /// Parses the value of `url`.
    ///
    /// # Errors
    /// [`UrlError`] says which mistake it is. It never holds a password.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        parse::url(text)
    }

    /// Which Bitbucket is meant; Harness may see it otherwise ([`BitbucketUrl::seen_by_harness`]).
    pub fn deployment(&self) -> Deployment {
        self.deployment
    }

    /// HTTP or SSH.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The host, as written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The URL without its user name, which may be a token; `git` is none.
    pub(crate) fn without_user(&self) -> String {
        let text = self.to_string();
        match self.user() {
            Some(user) if user != "git" => text.replacen(&format!("{user}@"), "", 1),
            _ => text,
        }
    }

    /// The port that is meant: also that of `git@host:7999/…`, where Git takes it for a folder. `None` without one.
    pub fn port(&self) -> Option<u16> {
        self.port.or(self.scp_port)
    }

    /// The path under which a server of one's own lives, such as `/bitbucket`. `None` without one.
    pub fn context_path(&self) -> Option<String> {
        let segments = &self.place.context;
        (!segments.is_empty()).then(|| format!("/{}", segments.join("/")))
    }

    /// The workspace ID on Bitbucket Cloud. `None` without one, and on Data Center.
    pub fn workspace(&self) -> Option<&str> {
        (self.deployment == Deployment::Cloud)
            .then_some(self.place.owner.as_deref())
            .flatten()
    }

    /// The project key on Data Center, `~user` of a personal one. `None` without one, and on Cloud.
    pub fn project(&self) -> Option<&str> {
        (self.deployment == Deployment::DataCenter)
            .then_some(self.place.owner.as_deref())
            .flatten()
    }

    /// The repository's slug, without `.git`. `None` in the URL of an account.
    pub fn repository(&self) -> Option<&str> {
        self.place.repository.as_deref()
    }

    /// What the function `parse_bitbucket_url` gives to configurations.
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

/// What only the rules ask for.
impl BitbucketUrl {
    /// The workspace or the project.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.place.owner.as_deref()
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The number that follows the colon of the scp form, which Git takes for a folder.
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

    /// The segments that do not belong between the server and the project.
    pub(crate) fn extra(&self) -> &[String] {
        &self.place.extra
    }

    /// Bitbucket Cloud's host for SSH on port 443.
    pub(crate) fn is_altssh(&self) -> bool {
        self.host.eq_ignore_ascii_case("altssh.bitbucket.org")
    }

    /// bitbucket.com.
    pub(crate) fn is_lookalike(&self) -> bool {
        authority::Known::of(&self.host.to_ascii_lowercase()) == authority::Known::Lookalike
    }

    /// The same with its workspace in lower case.
    pub(crate) fn in_lower_case(&self) -> Self {
        let mut lower = self.clone();
        lower.place.owner = self
            .place
            .owner
            .as_ref()
            .map(|owner| owner.to_ascii_lowercase());
        lower
    }

    /// The URL of an account with `path` after it, if that is one of a repository.
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

/// The object that `provider::harness::parse_bitbucket_url` returns, member by member; `None` is null.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Members<'a> {
    /// `Cloud` or `DataCenter`.
    pub deployment: &'static str,
    /// `HTTP` or `SSH`.
    pub protocol: &'static str,
    /// The host, as written.
    pub host: &'a str,
    /// The port, where the URL has one.
    pub port: Option<u16>,
    /// The context path of a server, with its leading slash.
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
