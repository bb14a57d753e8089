//! The input of the rules: the model, and what several rules need from it, computed once.

use std::convert::Infallible;
use std::sync::LazyLock;

use tf_provider::field::Field;
use tf_provider::schema::Mode;
use tf_provider::value::{Path, Step};

use crate::bitbucket_connector::connector::model::{
    ApiAccess, Credentials, EmailAndApiToken, HttpCredentials, Model, UsernameToken,
};
use crate::bitbucket_connector::connector::schema;
use crate::bitbucket_connector::connector::settings::{self, TextKind};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, ConnectionType, Deployment, UrlError, UrlType,
};
use crate::harness::rule::{self, Family, at};
use crate::harness::secret_ref::{Level, SecretRef, SecretRefError};
use crate::harness::wording::hcl;

/// The top-level arguments in the order of the schema, which is the order of the findings, without results.
static ARGUMENTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let block = schema::schema().block;
    let attributes = block.attributes.iter();
    let arguments = attributes.filter(|attribute| !matches!(attribute.mode, Mode::Computed(_)));
    let blocks = block.blocks.iter().map(|nested| nested.name);
    arguments
        .map(|attribute| attribute.name)
        .chain(blocks)
        .collect()
});

/// The rules that check a connector's configuration alone.
#[derive(Clone, Debug)]
pub(crate) enum Offline {}

impl Family for Offline {
    type Input<'a> = Input<'a>;

    type Circumstance = Infallible;

    fn arguments() -> &'static [&'static str] {
        &ARGUMENTS
    }
}

pub(crate) type Rule = rule::Rule<Offline>;
pub(crate) type Finding = rule::Finding<Offline>;
pub(crate) type Findings<'a> = rule::Findings<'a, Offline>;

/// A connector to check.
pub(crate) struct Input<'a> {
    /// Every setting: null, unknown, or known.
    pub(crate) model: &'a Model,
    /// The parsed `url`; a missing one is parsed as an empty text.
    pub(crate) url: Field<Result<BitbucketUrl, UrlError>>,
    /// The level of the connector's scope; `None` while it is unknown.
    pub(crate) level: Option<Level>,
    /// All known references to secrets, in the order of the schema.
    pub(crate) references: Vec<Reference<'a>>,
}

/// A reference to a secret in the configuration.
pub(crate) struct Reference<'a> {
    pub(crate) path: Path,
    pub(crate) text: &'a str,
    /// Whether it must be an SSH credential, rather than a text secret.
    pub(crate) is_ssh_key: bool,
    pub(crate) read: Result<SecretRef, SecretRefError>,
}

impl Reference<'_> {
    /// Returns the argument's own name: `password_ref`.
    pub(crate) fn name(&self) -> &str {
        match self.path.steps().last() {
            Some(Step::Attribute(name)) => name,
            _ => "reference",
        }
    }

    /// Returns a clause with the value: "`password_ref` is \"account.token\"".
    pub(crate) fn is(&self) -> String {
        format!("`{}` is {}", self.name(), hcl(self.text))
    }
}

impl<'a> Input<'a> {
    /// Creates the input for `model`.
    pub(crate) fn new(model: &'a Model) -> Self {
        Self {
            model,
            url: match &model.url {
                // Terraform allows null where the schema requires a value; it counts as an empty text.
                Field::Null => Field::Known(BitbucketUrl::parse("")),
                Field::Unknown => Field::Unknown,
                Field::Known(text) => Field::Known(BitbucketUrl::parse(text)),
            },
            level: level(model),
            references: references(model),
        }
    }

    /// Returns the URL, if it is valid.
    pub(crate) fn url(&self) -> Option<&BitbucketUrl> {
        self.url.known()?.as_ref().ok()
    }

    /// Returns the URL, or the intended one if it is invalid.
    pub(crate) fn address(&self) -> Option<&BitbucketUrl> {
        match self.url.known()? {
            Ok(url) => Some(url),
            Err(error) => error.meant(),
        }
    }

    /// Returns the deployment that the URL points to, as far as it is known.
    pub(crate) fn deployment(&self) -> Option<Deployment> {
        self.address().map(BitbucketUrl::deployment)
    }

    /// Returns the connection type of the credentials, if credentials of exactly one type are given.
    pub(super) fn credentials_type(&self) -> Option<ConnectionType> {
        let credentials = self.credentials()?;
        match (&credentials.http, &credentials.ssh) {
            (Field::Known(_), Field::Null) => Some(ConnectionType::Http),
            (Field::Null, Field::Known(_)) => Some(ConnectionType::Ssh),
            _ => None,
        }
    }

    /// Returns `connection_type`, if it is valid.
    pub(crate) fn connection_type(&self) -> Option<ConnectionType> {
        ConnectionType::from_name(self.model.connection_type.text()?)
    }

    /// Returns `url_type`, if it is valid.
    pub(crate) fn url_type(&self) -> Option<UrlType> {
        UrlType::from_name(self.model.url_type.text()?)
    }

    /// Returns whether `url` names a repository although it should name an account. The test repository is then not
    /// checked.
    pub(super) fn has_repository_too_many(&self) -> bool {
        self.url_type() == Some(UrlType::Account)
            && self.address().is_some_and(|url| url.repository().is_some())
    }

    /// Returns whether `url` lacks the required repository.
    pub(super) fn lacks_repository(&self) -> bool {
        self.url_type() == Some(UrlType::Repository)
            && self
                .url()
                .is_some_and(|url| url.owner().is_none() || url.repository().is_none())
    }

    /// Returns the credentials block, if it is given.
    pub(crate) fn credentials(&self) -> Option<&'a Credentials> {
        self.model.credentials.known()
    }

    /// Returns the HTTP credentials, if they are given.
    pub(crate) fn http(&self) -> Option<&'a HttpCredentials> {
        self.credentials()?.http.known()
    }

    /// Returns the block of the API access, if it is given.
    pub(crate) fn api_access(&self) -> Option<&'a ApiAccess> {
        self.model.api_access.known()
    }

    /// API access by username and token, if that is given.
    pub(crate) fn username_token(&self) -> Option<&'a UsernameToken> {
        self.api_access()?.username_token.known()
    }

    /// API access by email address and API token, if that is given.
    pub(crate) fn email_and_api_token(&self) -> Option<&'a EmailAndApiToken> {
        self.api_access()?.email_and_api_token.known()
    }
}

/// Returns whether a setting is an empty text, which is a mistake of its own.
pub(super) fn is_blank(setting: &Field<String>) -> bool {
    setting.text().is_some_and(|text| text.trim().is_empty())
}

/// Returns the secret that a setting refers to, if any.
pub(crate) fn secret(setting: &Field<String>) -> Option<SecretRef> {
    setting.text().and_then(|text| SecretRef::parse(text).ok())
}

fn level(model: &Model) -> Option<Level> {
    // An empty id is a mistake of its own, and leaves open which level was intended.
    if is_blank(&model.org_id) || is_blank(&model.project_id) {
        return None;
    }
    match (&model.org_id, &model.project_id) {
        (Field::Null, Field::Null) => Some(Level::Account),
        (Field::Known(_), Field::Null) => Some(Level::Organization),
        (_, Field::Known(_)) => Some(Level::Project),
        _ => None,
    }
}

fn references(model: &Model) -> Vec<Reference<'_>> {
    let references = settings::references().filter_map(|reference| {
        let text = reference.of(model).text()?;
        Some(Reference {
            path: at(reference.argument),
            text,
            is_ssh_key: reference.kind == TextKind::SshKey,
            read: SecretRef::parse(text),
        })
    });
    references.collect()
}
