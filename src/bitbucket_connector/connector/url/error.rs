//! The mistakes that keep a text from being an address of Bitbucket, each with the rule that it breaks.

use std::fmt;

use tf_provider::visible::visible;

use super::{BitbucketUrl, ConnectionType, Fixed, UrlType};
use crate::harness::leaked_secret;
use crate::harness::wording::without_emails;

/// Why a text is not the address of a Bitbucket account or repository, and which address was meant, where that is plain.
///
/// `Display` says what was found and what is expected, and never repeats a password; the text to write instead is
/// [`UrlError::fixed`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlError {
    pub(crate) kind: UrlErrorKind,
    pub(crate) meant: Option<Box<BitbucketUrl>>,
}

impl UrlError {
    /// Which mistake it is.
    pub fn kind(&self) -> &UrlErrorKind {
        &self.kind
    }

    /// The address that was meant, where that is plain.
    pub fn meant(&self) -> Option<&BitbucketUrl> {
        self.meant.as_deref()
    }

    /// The text to write instead, for the given types; see [`BitbucketUrl::fixed`]. `None` where it is not known what was
    /// meant.
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
        self.kind.fmt(f)
    }
}

impl std::error::Error for UrlError {}

/// The mistakes of form. Each breaks one rule ([`UrlErrorKind::rule`]); several kinds may break the same one.
#[derive(Clone, Debug, Eq, thiserror::Error, PartialEq)]
pub enum UrlErrorKind {
    /// Nothing, or blanks only.
    #[error(
        "`url` has no text in it. Give the address of the Bitbucket account or repository, such as \
         \"https://bitbucket.org/<workspace>/\"."
    )]
    Empty,
    /// A password or token. Its text is not here.
    #[error(
        "`url` holds a password or token. Everybody who may read the state or the connector could read \
         it, so consider it leaked. Remove it, store a new one as a Harness secret, and name that secret in \
         `credentials.http.password_ref`."
    )]
    Password,
    /// `<…>` or `<+…>`.
    #[error(
        "`url` still has a placeholder or an expression in it ({0}). A connector takes fixed values only."
    )]
    Placeholder(Excerpt),
    /// Blanks at the start or the end.
    #[error("`url` has blanks around it, which Harness would keep.")]
    SurroundingBlanks,
    /// A blank or an invisible character inside.
    #[error(
        "`url` contains {0}. A URL has slugs, which never have blanks, and not the names that Bitbucket displays."
    )]
    InnerBlank(&'static str),
    /// `%` without two hexadecimal digits.
    #[error("`url` has a bad percent escape near {0}: after \"%\" come two hexadecimal digits.")]
    BadEscape(Excerpt),
    /// `\`.
    #[error("`url` has a backslash in it. The parts of a URL are separated by \"/\".")]
    Backslash,
    /// Neither `https://`, `http://`, `ssh://` nor `git@` at the start.
    #[error("`url` must start with https://, http://, ssh:// or git@.")]
    NoScheme,
    /// Nothing between the scheme and the path.
    #[error(
        "`url` has no host in it. After https://, http://, ssh:// or git@ comes the name of the Bitbucket server."
    )]
    NoHost,
    /// A host with characters that no host name has.
    #[error(
        "{0} in `url` is not a host name: letters, digits, \"-\" and \"_\" in parts that are separated by dots."
    )]
    BadHost(Excerpt),
    /// `HTTPS://`.
    #[error("The scheme of `url` is in capitals. Harness compares schemes in lower case.")]
    UpperCaseScheme,
    /// `https:/x`, `htps://x`.
    #[error("The scheme of `url` is misspelt.")]
    MisspeltScheme,
    /// `git://`.
    #[error("The git:// protocol has no authentication. Use https:// or ssh://.")]
    GitProtocol,
    /// `jdoe@host:path`.
    #[error(
        "`url` has another SSH user than git. SSH URLs of Bitbucket start with \"git@\"; the key says who you are."
    )]
    ForeignUser,
    /// `?…` or `#…`.
    #[error("`url` goes on after \"{0}\", which no clone URL does.")]
    Query(char),
    /// bitbucket.org in capitals.
    #[error(
        "{0} has capitals. Harness compares hosts in lower case and would take it for a Data Center server."
    )]
    UpperCaseHost(Excerpt),
    /// The host of another Git provider.
    #[error("{host} is not Bitbucket. Use the {connector} connector of Harness for it.")]
    OtherProvider {
        /// The host.
        host: Excerpt,
        /// The connector of Harness for it.
        connector: &'static str,
    },
    /// api.bitbucket.org.
    #[error("\"api.bitbucket.org\" is the host of the REST API, not of repositories.")]
    ApiHost,
    /// Not a number from 1 to 65535.
    #[error(
        "{0} in `url` is not a port: a number from 1 to 65535 follows the colon after the host."
    )]
    BadPort(Excerpt),
    /// `ssh://git@bitbucket.org:workspace/`.
    #[error(
        "`url` has a colon after the host, as in the short form git@bitbucket.org:…, but starts with ssh://, where a \
         slash stands there."
    )]
    ColonInSshUrl,
    /// A page of a repository on bitbucket.org.
    #[error(
        "`url` is a browser address ({0} follows the repository). Harness would take what follows the workspace for \
         the repository's name."
    )]
    CloudPage(Excerpt),
    /// A page of a workspace, or of bitbucket.org itself.
    #[error(
        "`url` is a page of the Bitbucket web site, not the address of a workspace or repository."
    )]
    CloudSitePage,
    /// A third segment.
    #[error("URLs of Bitbucket Cloud have a workspace and a repository, and nothing more.")]
    CloudSegments,
    /// Not a workspace ID.
    #[error("{0} in `url` is not a workspace ID: letters, digits, \"-\" and \"_\".")]
    Workspace(Excerpt),
    /// A repository where the workspace belongs.
    #[error("{0} in `url` is a repository, and the workspace before it is missing.")]
    RepositoryWithoutWorkspace(Excerpt),
    /// Not a slug of Bitbucket Cloud.
    #[error(
        "{0} in `url` is not a repository slug: letters, digits, \"-\", \"_\" and \".\". Use the name as it stands in the \
         clone URL."
    )]
    CloudSlug(Excerpt),
    /// `git@bitbucket.org/workspace`.
    #[error("`url` lacks the colon after the host: git@bitbucket.org:<workspace>/.")]
    ColonMissing,
    /// `git@bitbucket.org`.
    #[error("`url` stops at the host, and the workspace is missing.")]
    WorkspaceMissing,
    /// altssh.bitbucket.org in another form than its own.
    #[error(
        "altssh.bitbucket.org serves SSH on port 443, which only the long form can say: \
         ssh://git@altssh.bitbucket.org:443/…"
    )]
    AltSsh,
    /// `/scm/` on bitbucket.org.
    #[error("\"/scm/\" belongs to Bitbucket Data Center; URLs of Bitbucket Cloud do not have it.")]
    ScmOnCloud,
    /// A port that bitbucket.org does not serve.
    #[error("bitbucket.org does not serve port {0}.")]
    CloudPort(u16),
    /// `/projects/K/repos/r…` of a server.
    #[error("`url` is a browser address (\"/projects/…/repos/…\"), not the clone URL.")]
    RepositoryPage,
    /// `/users/u/repos/r…` of a server.
    #[error(
        "`url` is the browser address of a personal repository (\"/users/…/repos/…\"), not its clone URL."
    )]
    PersonalPage,
    /// Another page of a server.
    #[error("`url` is a page or the REST API of the server ({0}), not a Git URL.")]
    ServerPage(Excerpt),
    /// Not a project key.
    #[error(
        "{0} in `url` is not a project key: letters, digits, \"_\" and \"-\", starting with a letter; personal projects \
         start with \"~\"."
    )]
    ProjectKey(Excerpt),
    /// Not a slug of Data Center.
    #[error("{0} in `url` is not a repository slug: letters, digits, \".\", \"_\" and \"-\".")]
    Slug(Excerpt),
    /// Something after `repository.git`.
    #[error("`url` goes on after the repository (with {0}), where a clone URL ends.")]
    AfterRepository(Excerpt),
}

impl UrlErrorKind {
    /// The id of the rule that it breaks.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "U01",
            Self::SurroundingBlanks => "U02",
            Self::InnerBlank(_) => "U03",
            Self::BadEscape(_) => "U04",
            Self::NoScheme | Self::NoHost | Self::BadHost(_) => "U05",
            Self::UpperCaseScheme => "U06",
            Self::MisspeltScheme => "U07",
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

/// A short piece of a text for a message, in quotes: control characters escaped, and cut after 40 characters. A piece that
/// may be a token is told by what it looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The excerpt of `text`, from its start.
    pub fn new(text: &str) -> Self {
        const LONGEST: usize = 40;
        if let Some(pasted) = leaked_secret::recognise(text) {
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
        // Quotes are escaped by `escape_debug`, so that the ones around it stand out.
        Self(format!("\"{shown}{cut}\""))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
