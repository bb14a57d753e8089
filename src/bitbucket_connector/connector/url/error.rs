//! The mistakes that make a text an invalid Bitbucket URL, each with the rule that it violates.

use std::fmt;

use tf_provider::visible::visible;

use super::parsed::BitbucketUrl;
use super::render::Fixed;
use super::{ConnectionType, UrlType};
use crate::harness::leaked_secret;
use crate::harness::wording::without_emails;

/// Why a text is not the URL of a Bitbucket account or repository, and the intended URL, if it is clear.
///
/// `Display` says what was found and, where no other address was meant, what to write. It never repeats a password. The text
/// to write instead is [`UrlError::fixed`]; [`UrlErrorKind::why`] says more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlError {
    pub(crate) kind: UrlErrorKind,
    pub(crate) meant: Option<Box<BitbucketUrl>>,
}

impl UrlError {
    /// Returns the kind of mistake.
    pub fn kind(&self) -> &UrlErrorKind {
        &self.kind
    }

    /// Returns the intended URL, if it is clear.
    pub fn meant(&self) -> Option<&BitbucketUrl> {
        self.meant.as_deref()
    }

    /// Returns the text to write instead, for the given types; see [`BitbucketUrl::fixed`]. Returns `None` if the
    /// intention is not known.
    pub fn fixed(
        &self,
        url_type: Option<UrlType>,
        connection_type: Option<ConnectionType>,
    ) -> Option<Fixed> {
        self.meant
            .as_ref()
            .map(|url| url.fixed(url_type, connection_type))
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.kind.instead() {
            Some(instead) if self.meant.is_none() => write!(f, " {instead}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for UrlError {}

/// The mistakes in the form of a URL. Each violates one rule ([`UrlErrorKind::rule`]); several kinds may violate one
/// rule.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
pub enum UrlErrorKind {
    /// Nothing, or whitespace only.
    #[error("`url` is empty.")]
    Empty,
    /// A password or token. Its text is not stored here.
    #[error("`url` contains a password or token.")]
    Password,
    /// `<…>` or `<+…>`.
    #[error("`url` contains the placeholder or expression {0}.")]
    Placeholder(Excerpt),
    /// Whitespace at the start or the end.
    #[error("`url` starts or ends with whitespace.")]
    SurroundingBlanks,
    /// Whitespace or an invisible character inside.
    #[error("`url` contains {0}.")]
    InnerBlank(&'static str),
    /// `%` without two hexadecimal digits.
    #[error("`url` contains the invalid percent escape {0}.")]
    BadEscape(Excerpt),
    /// `\`.
    #[error("`url` contains a backslash.")]
    Backslash,
    /// Neither `https://`, `http://`, `ssh://` nor `git@` at the start.
    #[error("`url` does not start with https://, http://, ssh://, or git@.")]
    NoScheme,
    /// No text between the scheme and the path.
    #[error("`url` has no host after https://, http://, ssh://, or git@.")]
    NoHost,
    /// A host with invalid characters.
    #[error("{0} in `url` is not a host name.")]
    BadHost(Excerpt),
    /// `HTTPS://`.
    #[error("The scheme of `url` contains uppercase letters.")]
    UpperCaseScheme,
    /// `https:/x`, `htps://x`.
    #[error("The scheme of `url` is misspelled.")]
    MisspelledScheme,
    /// `git://`.
    #[error("`url` starts with git://, a protocol without authentication.")]
    GitProtocol,
    /// `jdoe@host:path`.
    #[error("The SSH user in `url` is not \"git\".")]
    ForeignUser,
    /// `?…` or `#…`.
    #[error("`url` continues after \"{0}\".")]
    Query(char),
    /// bitbucket.org in capitals.
    #[error("The host {0} in `url` contains uppercase letters.")]
    UpperCaseHost(Excerpt),
    /// The host of another Git provider.
    #[error("{host} is not a Bitbucket host. Use Harness's {connector} connector for it.")]
    OtherProvider {
        /// The host.
        host: Excerpt,
        /// The connector of Harness for it.
        connector: &'static str,
    },
    /// api.bitbucket.org.
    #[error("\"api.bitbucket.org\" in `url` is the host of the REST API, not of repositories.")]
    ApiHost,
    /// Not a number from 1 to 65535.
    #[error("{0} in `url` is not a port.")]
    BadPort(Excerpt),
    /// `ssh://git@bitbucket.org:workspace/`.
    #[error("`url` starts with ssh://, but a colon follows the host.")]
    ColonInSshUrl,
    /// A page of a repository on bitbucket.org.
    #[error("`url` is a browser address: {0} follows the repository.")]
    CloudPage(Excerpt),
    /// A page of a workspace, or of bitbucket.org itself.
    #[error("`url` is a page of the Bitbucket website, not a workspace or repository.")]
    CloudSitePage,
    /// A third path segment.
    #[error("`url` continues after the workspace and the repository.")]
    CloudSegments,
    /// Not a workspace ID.
    #[error("{0} in `url` is not a workspace ID.")]
    Workspace(Excerpt),
    /// A repository instead of the workspace.
    #[error("{0} in `url` is a repository without a workspace.")]
    RepositoryWithoutWorkspace(Excerpt),
    /// Not a slug of Bitbucket Cloud.
    #[error("{0} in `url` is not a repository slug.")]
    CloudSlug(Excerpt),
    /// `git@bitbucket.org/workspace`.
    #[error("`url` has no colon after the host.")]
    ColonMissing,
    /// `git@bitbucket.org`.
    #[error("`url` ends at the host.")]
    WorkspaceMissing,
    /// altssh.bitbucket.org with another form than its own.
    #[error("`url` has the wrong form for altssh.bitbucket.org.")]
    AltSsh,
    /// `/scm/` on bitbucket.org.
    #[error("`url` contains /scm/, which belongs to Bitbucket Data Center.")]
    ScmOnCloud,
    /// A port that bitbucket.org does not use.
    #[error("Port {0} in `url` is wrong for Bitbucket Cloud.")]
    CloudPort(u16),
    /// `/projects/K/repos/r…` on Data Center.
    #[error("`url` is a browser address (/projects/…/repos/…), not a clone URL.")]
    RepositoryPage,
    /// `/users/u/repos/r…` on Data Center.
    #[error("`url` is the browser address of a personal repository (/users/…/repos/…).")]
    PersonalPage,
    /// Another page of Data Center.
    #[error("`url` is a web page or the REST API of Data Center ({0}), not a Git URL.")]
    ServerPage(Excerpt),
    /// Not a project key.
    #[error("{0} in `url` is not a project key.")]
    ProjectKey(Excerpt),
    /// Not a slug of Data Center.
    #[error("{0} in `url` is not a repository slug.")]
    Slug(Excerpt),
    /// Text after `repository.git`.
    #[error("`url` continues after the repository with {0}.")]
    AfterRepository(Excerpt),
}

impl UrlErrorKind {
    /// Returns what to write where no other address is plainly meant.
    fn instead(&self) -> Option<&'static str> {
        Some(match self {
            Self::Empty | Self::NoScheme => {
                "Write the URL of the Bitbucket account or repository, such as \"https://bitbucket.org/<workspace>/\"."
            }
            Self::Placeholder(_) => "Replace it with a fixed value.",
            Self::Password
            | Self::SurroundingBlanks
            | Self::InnerBlank(_)
            | Self::ScmOnCloud
            | Self::CloudPort(_) => "Remove it.",
            Self::BadEscape(_) => "Remove it, or write two hexadecimal digits after the \"%\".",
            Self::Backslash => "Write \"/\" instead.",
            Self::NoHost | Self::BadHost(_) => "Write the host name of Bitbucket.",
            Self::UpperCaseScheme => "Write the scheme in lowercase.",
            Self::MisspelledScheme => "Write https://, http://, or ssh://.",
            Self::GitProtocol => "Write an https:// or ssh:// URL.",
            Self::ForeignUser => "Write \"git@\".",
            Self::Query(_) | Self::AfterRepository(_) => "Remove the rest.",
            Self::UpperCaseHost(_) => "Write the host in lowercase.",
            Self::ApiHost => {
                "Write the URL of a workspace, \"https://bitbucket.org/<workspace>/\"."
            }
            Self::BadPort(_) => "Correct it, or remove it with its colon to use the default port.",
            Self::ColonInSshUrl => "Write a slash instead.",
            Self::CloudPage(_)
            | Self::RepositoryPage
            | Self::PersonalPage
            | Self::CloudSegments => "Copy the clone URL from the repository's page.",
            Self::CloudSitePage => {
                "Write the URL of a workspace or repository, such as \"https://bitbucket.org/<workspace>/\"."
            }
            Self::Workspace(_) | Self::RepositoryWithoutWorkspace(_) => {
                "Copy the ID from the address of the workspace in your browser."
            }
            Self::CloudSlug(_) | Self::Slug(_) => "Copy the slug from the clone URL.",
            Self::ProjectKey(_) => "Copy the key from the clone URL.",
            Self::ColonMissing => "Write the colon, as in \"git@bitbucket.org:<workspace>/\".",
            Self::WorkspaceMissing => "Add the workspace.",
            Self::AltSsh => "Write \"ssh://git@altssh.bitbucket.org:443/<workspace>/\".",
            Self::ServerPage(_) => {
                "Write the URL under which Data Center serves Git, such as \"https://<host>/scm/\"."
            }
            // Its own words say which connector to use.
            Self::OtherProvider { .. } => return None,
        })
    }

    /// Returns why it is wrong, or what else there is to know.
    pub(crate) fn why(&self) -> Option<&'static str> {
        Some(match self {
            Self::Password => {
                "Consider the secret leaked: anyone who can read the connector or the state can read it. Store a new one in \
                 a Harness secret, and reference that in `credentials.http.password_ref`."
            }
            Self::Placeholder(_) => "Harness resolves expressions only in pipelines.",
            Self::SurroundingBlanks => "Harness stores it and passes it to Git.",
            Self::InnerBlank(_) => "Clone URLs contain slugs without spaces, not display names.",
            Self::BadEscape(_) => "Clone URLs of Bitbucket need no escapes.",
            Self::Backslash => "Slashes separate the parts of a URL.",
            Self::BadHost(_) => {
                "A host name consists of letters, digits, \"-\", and \"_\" in parts that are separated by dots."
            }
            Self::UpperCaseScheme => "Harness accepts schemes in lowercase only.",
            Self::GitProtocol => "Bitbucket serves Git over HTTPS and SSH.",
            Self::ForeignUser => {
                "SSH URLs of Bitbucket start with \"git@\"; the key identifies the user."
            }
            Self::Query(_) => "A clone URL contains no query or fragment.",
            Self::UpperCaseHost(_) => {
                "Harness compares hosts in lowercase, and would treat this one as Data Center."
            }
            Self::BadPort(_) => "A port is a number from 1 to 65535.",
            Self::ColonInSshUrl => "Only the short form, git@bitbucket.org:…, has a colon there.",
            Self::CloudPage(_) => {
                "Harness would treat everything after the workspace as the name of the repository."
            }
            Self::CloudSegments => "URLs of Bitbucket Cloud contain nothing else.",
            Self::Workspace(_) => "A workspace ID consists of letters, digits, \"-\", and \"_\".",
            Self::CloudSlug(_) | Self::Slug(_) => {
                "A slug consists of letters, digits, \"-\", \"_\", and \".\"."
            }
            Self::ProjectKey(_) => {
                "A project key starts with a letter, followed by letters, digits, \"_\", or \"-\"; the key of a personal \
                 project starts with \"~\"."
            }
            Self::ColonMissing => "Without the colon, Git treats the URL as a local directory.",
            Self::WorkspaceMissing => "SSH URLs of Bitbucket Cloud must contain the workspace.",
            Self::AltSsh => {
                "That host serves SSH on port 443, and only the long form, ssh://…, can contain a port."
            }
            Self::CloudPort(_) => "Bitbucket Cloud serves HTTPS on port 443 and SSH on port 22.",
            Self::AfterRepository(_) => "A clone URL ends with the repository.",
            _ => return None,
        })
    }

    /// Returns the id of the violated rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "U01",
            Self::SurroundingBlanks => "U02",
            Self::InnerBlank(_) => "U03",
            Self::BadEscape(_) => "U04",
            Self::NoScheme | Self::NoHost | Self::BadHost(_) => "U05",
            Self::UpperCaseScheme => "U06",
            Self::MisspelledScheme => "U07",
            Self::GitProtocol => "U10",
            Self::ForeignUser => "U11",
            Self::Password => "U13",
            Self::Query(_) => "U15",
            Self::UpperCaseHost(_) => "U17",
            Self::OtherProvider { .. } => "U18",
            Self::ApiHost => "U20",
            Self::Placeholder(_) => "U21",
            Self::BadPort(_) => "U22",
            Self::Backslash => "U24",
            Self::CloudPage(_) => "C04",
            Self::CloudSitePage => "C05",
            Self::CloudSegments => "C06",
            Self::Workspace(_) | Self::RepositoryWithoutWorkspace(_) => "C07",
            Self::CloudSlug(_) => "C09",
            Self::ColonMissing => "C12",
            Self::ColonInSshUrl => "C13",
            Self::WorkspaceMissing => "C14",
            Self::AltSsh => "C15",
            Self::ScmOnCloud => "C17",
            Self::CloudPort(_) => "C18",
            Self::RepositoryPage => "X02",
            Self::PersonalPage => "X03",
            Self::ServerPage(_) => "X04",
            Self::ProjectKey(_) => "X10",
            Self::Slug(_) | Self::AfterRepository(_) => "X11",
        }
    }
}

/// A short excerpt of a text for a message, in quotes: control characters are escaped, and it is cut after 40
/// characters. An excerpt that may be a token is replaced by what it looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excerpt(String);

impl Excerpt {
    /// Creates the excerpt from the start of `text`.
    pub fn new(text: &str) -> Self {
        const LONGEST: usize = 40;
        if let Some(pasted) = leaked_secret::recognize(text) {
            return Self(format!("(not shown, it looks like {pasted})"));
        }
        let text = without_emails(text);
        let shown: String = text.chars().take(LONGEST).collect();
        let shown = visible(&shown).escape_debug().to_string();
        let cut = if text.chars().nth(LONGEST).is_some() {
            "…"
        } else {
            ""
        };
        // `escape_debug` escapes quotes, which distinguishes them from the enclosing ones.
        Self(format!("\"{shown}{cut}\""))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
