//! Requests about secrets: whether they exist, and their kind. Their values never leave the platform.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::page::Page;
use crate::http::request::{Effect, Request};
use crate::response::answer::{AnswerProblem, FromAnswer, data};
use crate::response::json::Object;
use crate::response::text::harmless;
use crate::scope::Scope;

/// Looks up a secret by its identifier in exactly this scope (without the prefix that references have).
pub fn get(scope: &Scope, identifier: &str) -> Request<Secret> {
    Request::new(Method::GET, Effect::Safe, "ng/api/v2/secrets")
        .segment(identifier)
        .scope(scope)
}

const LIST: &str = "ng/api/v2/secrets/list";

/// Lists the secrets to which a connector in this scope can refer, including those of wider scopes: the first hundred
/// that the key can see. With an identifier, lists only secrets with exactly this identifier.
pub fn in_reach(scope: &Scope, identifier: Option<&str>) -> Request<SecretPage> {
    let mut filter = json!({"includeAllSecretsAccessibleAtScope": true});
    if let (Some(identifier), Some(members)) = (identifier, filter.as_object_mut()) {
        members.insert("identifiers".to_owned(), json!([identifier]));
    }
    Request::new(Method::POST, Effect::Safe, LIST)
        .scope(scope)
        .query("pageIndex", "0")
        .query("pageSize", "100")
        .body(filter)
}

/// Counts the secrets that the key can see in a scope and in the scopes below. The platform silently leaves out what
/// the key cannot see.
pub fn count(scope: &Scope) -> Request<SecretCount> {
    Request::new(Method::POST, Effect::Safe, LIST)
        .scope(scope)
        .query("pageIndex", "0")
        .query("pageSize", "1")
        .body(json!({"includeSecretsFromEverySubScope": true}))
}

/// A number of secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SecretCount(pub u64);

impl FromAnswer for SecretCount {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        Object::of(data(body)?)
            .integer("totalItems")
            .and_then(|number| u64::try_from(number).ok())
            .map(Self)
            .ok_or_else(|| {
                AnswerProblem::Unexpected("JSON without a number of items in `data`".to_owned())
            })
    }
}

/// One page of a list of secrets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecretPage {
    /// The secrets with their scopes, in the platform's order, without entries that cannot be read.
    pub secrets: Vec<(Scope, Secret)>,
    /// Whether there are no further pages.
    pub is_whole: bool,
}

impl FromAnswer for SecretPage {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let page = Page::of(body)?;
        let listed = page.content.iter().filter_map(|item| {
            let secret = Object::of(item).object("secret");
            let (org, project) = (
                secret.filled("orgIdentifier"),
                secret.filled("projectIdentifier"),
            );
            let scope = Scope::from_ids(org.as_deref(), project.as_deref()).ok()?;
            Some((scope, Secret::read(&secret)?))
        });
        Ok(Self {
            secrets: listed.collect(),
            is_whole: page.next.is_none(),
        })
    }
}

/// What the platform reveals about a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Secret {
    /// The identifier.
    pub identifier: String,
    /// The name.
    pub name: String,
    /// The kind.
    pub kind: SecretKind,
    /// How an SSH credential authenticates; `None` for other types.
    pub ssh: Option<SshCredential>,
}

/// `type` of a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretKind {
    /// `SecretText`.
    Text,
    /// `SecretFile`.
    File,
    /// `SSHKey`: an SSH credential, which itself refers to a key or password.
    SshKey,
    /// `WinRmCredentials`.
    WinRm,
    /// Another kind, as the platform calls it; empty if it sent none.
    Other(String),
}

/// How an SSH credential authenticates, as far as the platform reveals it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SshCredential {
    /// `auth.type`: `SSH` or `Kerberos`.
    pub auth_type: Option<String>,
    /// `credentialType`: `KeyReference`, `KeyPath`, or `Password`.
    pub credential_type: Option<String>,
    /// `userName`: `git` for Git over SSH.
    pub user_name: Option<String>,
    /// `key`: the reference to the secret that holds the key, from the scope of the credential.
    pub key: Option<String>,
}

impl FromAnswer for Secret {
    fn from_body(body: &mut Map<String, Value>) -> Result<Self, AnswerProblem> {
        let secret = Object::of(data(body)?).object("secret");
        Self::read(&secret)
            .ok_or_else(|| AnswerProblem::Unexpected("JSON without a secret in `data`".to_owned()))
    }
}

impl Secret {
    /// Reads the platform's description of a secret. Returns `None` if it has no identifier.
    fn read(secret: &Object<'_>) -> Option<Self> {
        let identifier = secret.filled("identifier")?;
        let kind = match secret.filled("type").unwrap_or_default().as_str() {
            "SecretText" => SecretKind::Text,
            "SecretFile" => SecretKind::File,
            "SSHKey" => SecretKind::SshKey,
            "WinRmCredentials" => SecretKind::WinRm,
            other => SecretKind::Other(harmless(other, 100)),
        };
        let ssh = (kind == SecretKind::SshKey).then(|| {
            let auth = secret.object("spec").object("auth");
            let outer = auth.object("spec");
            let inner = outer.object("spec");
            let text =
                |object: &Object<'_>, name| object.filled(name).map(|text| harmless(&text, 200));
            SshCredential {
                auth_type: text(&auth, "type"),
                credential_type: text(&outer, "credentialType"),
                user_name: text(&inner, "userName"),
                key: text(&inner, "key"),
            }
        });
        Some(Self {
            identifier,
            name: secret.filled("name").unwrap_or_default(),
            kind,
            ssh,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;

    fn read(mut body: Value) -> Result<Secret, AnswerProblem> {
        Secret::from_body(body.as_object_mut().unwrap())
    }

    #[test]
    fn a_secret_is_looked_up_in_exactly_one_scope() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let scope = Scope::from_ids(Some("o"), Some("p")).unwrap();
        let request = get(&scope, "bb/token");
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/v2/secrets/bb%2Ftoken?accountIdentifier=acct&orgIdentifier=o&projectIdentifier=p"
        );
        assert_eq!(
            (request.method().as_str(), request.effect()),
            ("GET", Effect::Safe)
        );
    }

    #[test]
    fn secrets_are_counted_by_the_total_and_not_by_the_page() {
        let endpoint = Endpoint::parse("https://h.example").unwrap();
        let request = count(&Scope::Account);
        assert_eq!(
            request.url(&endpoint, "acct").unwrap().as_str(),
            "https://h.example/ng/api/v2/secrets/list?accountIdentifier=acct&pageIndex=0&pageSize=1"
        );
        assert_eq!(
            request.json(),
            Some(&json!({"includeSecretsFromEverySubScope": true}))
        );
        for (data, counted) in [
            (json!({"totalItems": 7, "content": [{}]}), Some(7)),
            (json!({"totalItems": 0, "content": []}), Some(0)),
            (json!({"content": [{}]}), None),
            (json!({"totalItems": -1}), None),
        ] {
            let mut body = json!({ "data": data });
            let count = SecretCount::from_body(body.as_object_mut().unwrap()).ok();
            assert_eq!(count, counted.map(SecretCount), "{body}");
        }
    }

    #[test]
    fn types_are_distinguished_and_an_ssh_credential_shows_its_user() {
        for (kind, read_as) in [
            ("SecretText", SecretKind::Text),
            ("SecretFile", SecretKind::File),
            ("WinRmCredentials", SecretKind::WinRm),
            ("Vault\u{1b}", SecretKind::Other("Vault".to_owned())),
        ] {
            let body = json!({"data": {"secret": {"type": kind, "identifier": "s", "name": "S", "spec": {"value": null}}}});
            let secret = read(body).unwrap();
            assert_eq!((secret.kind, secret.ssh), (read_as, None), "{kind}");
        }
        let ssh = json!({"data": {"secret": {"type": "SSHKey", "identifier": "k", "name": "K", "spec": {"port": 22,
            "auth": {"type": "SSH", "spec": {"credentialType": "KeyReference", "spec": {"userName": "git", "key": "account.f"}}}}}}});
        assert_eq!(
            read(ssh).unwrap().ssh.unwrap(),
            SshCredential {
                auth_type: Some("SSH".to_owned()),
                credential_type: Some("KeyReference".to_owned()),
                user_name: Some("git".to_owned()),
                key: Some("account.f".to_owned()),
            }
        );
    }

    #[test]
    fn an_answer_without_a_secret_is_none() {
        for body in [
            json!({"data": {}}),
            json!({"data": {"secret": null}}),
            json!({"data": {"secret": 1}}),
            json!({"data": null}),
            json!({}),
        ] {
            assert!(
                matches!(read(body.clone()), Err(AnswerProblem::Unexpected(_))),
                "{body}"
            );
        }
    }
}
