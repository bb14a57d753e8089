//! The result of a connection test that does not use Git: a small, deterministic model.
//!
//! The first matching row applies:
//!
//! | condition | outcome |
//! |---|---|
//! | an outcome is set for the connector | that outcome |
//! | another type than Bitbucket, or `ignoreTestConnection` | success |
//! | a referenced secret is gone | missing secret |
//! | a text reference points to an SSH or WinRM credential, or `sshKeyRef` to anything but SSH | unexpected |
//! | through a delegate: none connected at the scope or above / none with all selectors | no (eligible) delegate |
//! | Account or Project without test repository | no Git check |
//! | the host ends in `.invalid` / starts with `timeout.` | unknown host / timeout |
//! | HTTP: an email address as username on Bitbucket Cloud, or a password that starts with `wrong` | not authorized |
//! | SSH: not a key / user is not `git` / key in OpenSSH format | unsupported / refused / malformed |
//! | the repository's name starts with `missing` | bad URL |
//! | API access: token starts with `wrong`, or an email address without `@` | API not authorized |
//! | email address and API token on delegates that are all too old | unsupported |
//! | else | success |

use serde_json::Value;

use super::Connector;
use super::outcome::{Finding, Outcome};
use super::secret_ref::SecretRef;
use crate::account::{Delegate, Secret};
use crate::world::World;

const CLOUD_HOSTS: [&str; 3] = ["bitbucket.org", "www.bitbucket.org", "api.bitbucket.org"];
/// The first delegate version that supports email address and API token.
const API_TOKEN_DELEGATE: &str = "26.02.88600";

/// Where a Bitbucket spec contains secrets, and whether a text secret is expected.
const REFERENCES: [(&str, bool); 7] = [
    ("/authentication/spec/spec/usernameRef", true),
    ("/authentication/spec/spec/passwordRef", true),
    ("/authentication/spec/sshKeyRef", false),
    ("/apiAccess/spec/usernameRef", true),
    ("/apiAccess/spec/emailRef", true),
    ("/apiAccess/spec/tokenRef", true),
    ("/apiAccess/spec/refreshTokenRef", true),
];

/// The parameters of a Git check.
#[derive(Clone)]
pub(super) struct GitCheck {
    pub(super) url: String,
    pub(super) username: String,
    pub(super) password: String,
}

/// A connector with everything that its test needs.
pub(super) struct Subject<'a> {
    world: &'a World,
    connector: &'a Connector,
}

impl<'a> Subject<'a> {
    pub(super) fn new(world: &'a World, connector: &'a Connector) -> Self {
        Self { world, connector }
    }

    /// Returns the secrets that the test would open: the stored reference, the scope it points to, and its identifier.
    pub(super) fn secrets(&self) -> Vec<(crate::scope::Scope, String)> {
        REFERENCES
            .iter()
            .filter_map(|(pointer, _)| {
                let reference = SecretRef::parse(self.connector.spec_text(pointer)?).ok()?;
                let scope = reference.scope_from(&self.connector.scope()).ok()?;
                Some((scope, reference.identifier().to_owned()))
            })
            .collect()
    }

    /// Returns what is decided before Git is used.
    pub(super) fn before_git(&self) -> Option<Finding> {
        let key = self.connector.key();
        if let Some(outcome) = self
            .world
            .settings
            .test_outcomes
            .get(&key.0.path_of(&key.1))
        {
            return Some(Finding::new(*outcome, &self.git_url()));
        }
        let ignored = self
            .connector
            .spec("/ignoreTestConnection")
            .and_then(Value::as_bool)
            == Some(true);
        if !self.connector.is_bitbucket() || ignored {
            return Some(Finding::new(Outcome::Success, ""));
        }
        for (pointer, wants_text) in REFERENCES {
            let Some(reference) = self.connector.spec_text(pointer) else {
                continue;
            };
            let Some(secret) = self.secret(pointer) else {
                return Some(Finding::new(Outcome::MissingSecret, reference));
            };
            let is_text = ["SecretText", "SecretFile"].contains(&secret.r#type.as_str());
            if is_text != wants_text || (!wants_text && secret.r#type != "SSHKey") {
                return Some(Finding::new(Outcome::Unexpected, reference));
            }
        }
        if self.connector.executes_on_delegate() && self.eligible_delegates().is_empty() {
            let outcome = if self.selectors().is_empty()
                || self.delegates().any(|delegate| self.suits(delegate))
            {
                Outcome::NoDelegate
            } else {
                Outcome::NoEligibleDelegate
            };
            return Some(Finding::new(outcome, ""));
        }
        None
    }

    /// Returns whether Git is used at all.
    pub(super) fn has_git_check(&self) -> bool {
        let is_repository = self.connector.spec_text("/type") == Some("Repo");
        is_repository
            || self
                .connector
                .spec_text("/validationRepo")
                .is_some_and(|repository| !repository.is_empty())
    }

    /// Returns Git's result in the model.
    pub(super) fn git(&self) -> Option<Finding> {
        let url = self.git_url();
        let host = host_of(&url).unwrap_or_default();
        let found = |outcome| Some(Finding::new(outcome, &url));
        if host.ends_with(".invalid") {
            return found(Outcome::UnknownHost);
        }
        if host.starts_with("timeout.") {
            return found(Outcome::Timeout);
        }
        let refused = if self.is_ssh() {
            self.ssh()
        } else {
            self.http(&host)
        };
        if let Some(outcome) = refused {
            return found(outcome);
        }
        let repository = url
            .trim_end_matches('/')
            .rsplit(['/', ':'])
            .next()
            .unwrap_or_default();
        if repository.starts_with("missing") {
            found(Outcome::BadUrl)
        } else {
            None
        }
    }

    /// Returns the Git check over HTTP, or `None` for other protocols, which only the model covers.
    pub(super) fn git_check(&self) -> Option<GitCheck> {
        let url = self.git_url();
        let is_http = ["http://", "https://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if self.is_ssh() || !is_http {
            return None;
        }
        Some(GitCheck {
            url,
            username: self.username(),
            password: self.value("/authentication/spec/spec/passwordRef"),
        })
    }

    /// Returns the SCM API's result in the model.
    pub(super) fn api(&self) -> Option<Finding> {
        let kind = self.connector.spec_text("/apiAccess/type")?;
        let found = |outcome| Some(Finding::new(outcome, "apiAccess"));
        if kind == "EmailAndApiToken" {
            let email = match self.connector.spec_text("/apiAccess/spec/email") {
                Some(email) => email.to_owned(),
                None => self.value("/apiAccess/spec/emailRef"),
            };
            if !email.contains('@') {
                return found(Outcome::ApiNotAuthorized);
            }
            let delegates = self.eligible_delegates();
            let too_old =
                |delegate: &&Delegate| version(&delegate.version) < version(API_TOKEN_DELEGATE);
            if self.connector.executes_on_delegate() && delegates.iter().all(too_old) {
                return found(Outcome::UnsupportedAuthentication);
            }
        }
        let wrong = self.value("/apiAccess/spec/tokenRef").starts_with("wrong");
        if wrong {
            found(Outcome::ApiNotAuthorized)
        } else {
            None
        }
    }

    /// Returns the delegate that would run the test.
    pub(super) fn delegate_id(&self) -> Option<String> {
        if !self.connector.executes_on_delegate() {
            return None;
        }
        self.eligible_delegates()
            .first()
            .map(|delegate| crate::delegates::replica_id(&delegate.name, 0))
    }

    /// Returns the URL to test: for an account or a project, that of the test repository.
    pub(super) fn git_url(&self) -> String {
        let url = self.connector.spec_text("/url").unwrap_or_default().trim();
        match self.connector.spec_text("/validationRepo") {
            Some(repository)
                if self.connector.spec_text("/type") != Some("Repo") && !repository.is_empty() =>
            {
                format!(
                    "{}/{}",
                    url.trim_end_matches('/'),
                    repository.trim_start_matches('/')
                )
            }
            _ => url.to_owned(),
        }
    }

    fn http(&self, host: &str) -> Option<Outcome> {
        let is_email_on_cloud = CLOUD_HOSTS.contains(&host) && self.username().contains('@');
        let wrong = self
            .value("/authentication/spec/spec/passwordRef")
            .starts_with("wrong");
        (is_email_on_cloud || wrong).then_some(Outcome::NotAuthorized)
    }

    fn ssh(&self) -> Option<Outcome> {
        let secret = self.secret("/authentication/spec/sshKeyRef")?;
        let spec = Value::Object(secret.spec.clone());
        let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str);
        let is_key = text("/auth/type") == Some("SSH")
            && text("/auth/spec/credentialType") != Some("Password");
        if !is_key {
            return Some(Outcome::UnsupportedAuthentication);
        }
        if text("/auth/spec/spec/userName") != Some("git") {
            return Some(Outcome::SshRefused);
        }
        let file = text("/auth/spec/spec/key")?;
        let openssh = self
            .resolve(file)?
            .value
            .as_deref()?
            .contains("OPENSSH PRIVATE KEY");
        openssh.then_some(Outcome::SshKeyMalformed)
    }

    fn is_ssh(&self) -> bool {
        self.connector.spec_text("/authentication/type") == Some("Ssh")
    }

    fn username(&self) -> String {
        match self
            .connector
            .spec_text("/authentication/spec/spec/username")
        {
            Some(username) => username.to_owned(),
            None => self.value("/authentication/spec/spec/usernameRef"),
        }
    }

    fn secret(&self, pointer: &str) -> Option<&'a Secret> {
        self.resolve(self.connector.spec_text(pointer)?)
    }

    fn value(&self, pointer: &str) -> String {
        self.secret(pointer)
            .and_then(|secret| secret.value.clone())
            .unwrap_or_default()
    }

    fn resolve(&self, reference: &str) -> Option<&'a Secret> {
        let reference = SecretRef::parse(reference).ok()?;
        let scope = reference.scope_from(&self.connector.scope()).ok()?;
        self.world
            .secrets
            .get(&(scope, reference.identifier().to_owned()))
            .map(|secret| &secret.entry)
    }

    fn selectors(&self) -> Vec<&'a str> {
        let selectors = self
            .connector
            .spec("/delegateSelectors")
            .and_then(Value::as_array);
        selectors
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Returns all delegates of the connector's scope and the wider ones.
    fn delegates(&self) -> impl Iterator<Item = &'a Delegate> {
        let scope = self.connector.scope();
        let delegates = self
            .world
            .delegates
            .iter()
            .filter(move |((of, _), _)| of.contains(&scope));
        delegates.map(|(_, delegate)| &delegate.entry)
    }

    fn suits(&self, delegate: &Delegate) -> bool {
        let tags = delegate.all_tags();
        self.selectors()
            .iter()
            .all(|selector| tags.iter().any(|tag| tag == selector))
    }

    fn eligible_delegates(&self) -> Vec<&'a Delegate> {
        self.delegates()
            .filter(|delegate| delegate.connected && self.suits(delegate))
            .collect()
    }
}

/// Returns the host of a URL or of `git@host:path`.
fn host_of(url: &str) -> Option<String> {
    let authority = match url.split_once("://") {
        Some((_, rest)) => rest.split('/').next()?,
        None => url.split('/').next()?,
    };
    let host = authority.rsplit('@').next()?;
    Some(host.split(':').next()?.to_lowercase())
}

fn version(text: &str) -> Vec<u64> {
    text.split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_form_of_url() {
        for (url, host) in [
            ("https://Bitbucket.org/a", "bitbucket.org"),
            ("https://user@host:8443/scm/a.git", "host"),
            ("ssh://git@host.example:7999/a/b.git", "host.example"),
            ("git@bitbucket.org:a/b.git", "bitbucket.org"),
        ] {
            assert_eq!(host_of(url).as_deref(), Some(host));
        }
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(version("26.02.88600") > version("26.01.99999"));
        assert!(version("26.2.88600") >= version(API_TOKEN_DELEGATE));
        assert!(version("25.12.1") < version(API_TOKEN_DELEGATE));
    }
}
