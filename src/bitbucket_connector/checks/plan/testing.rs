//! The account in which the examples of the rules are planned, and answers out of it.

use std::collections::{BTreeMap, BTreeSet};

use harness_platform::{
    Delegate, Referrer, Replica, Scope, Secret, SecretKind, SshCredential, Usage,
};
use tf_provider::field::{Field, FromValue, ToValue};
use tf_provider::schema::planning;
use tf_provider::value::Value;

use super::RULES;
use super::input::{Circumstance, PlanInput, PlannedChange, Rule, WithPlatform};
use super::queries::{about_missing, for_change};
use crate::bitbucket_connector::checks::offline;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::schema;
use crate::bitbucket_connector::resource::plan;
use crate::harness::plan_queries::answers::{
    Answers, Existence, Identifier, Topic, Unanswered, Why,
};
use crate::harness::plan_queries::query::Query;
use crate::harness::plan_queries::secret_id::SecretId;
use crate::harness::rule::{Finding, find};

/// The contents of an account.
#[derive(Clone)]
pub(crate) struct Account {
    /// Organizations, each with its projects.
    pub(crate) organizations: BTreeMap<&'static str, Vec<&'static str>>,
    /// Secrets, each with a description.
    pub(crate) secrets: Vec<(Secret, Scope, &'static str)>,
    /// Delegates by scope.
    pub(crate) delegates: Vec<(Scope, Delegate)>,
    /// The identifiers of the account's connectors, and whether they are in Terraform's state.
    pub(crate) connectors: Vec<(&'static str, bool)>,
    /// The users of the existing connector.
    pub(crate) usage: Usage,
}

/// Returns the account of the examples.
pub(crate) fn example_account() -> Account {
    let key = |key: &str| SshCredential {
        auth_type: Some("SSH".to_owned()),
        credential_type: Some("KeyReference".to_owned()),
        user_name: Some("git".to_owned()),
        key: Some(key.to_owned()),
    };
    let file = || key("account.deploy_key_file");
    let kind = |credential_type: &str| SshCredential {
        credential_type: Some(credential_type.to_owned()),
        key: None,
        ..file()
    };
    let ssh = |identifier, credential, words| {
        let secret = Secret {
            ssh: Some(credential),
            ..secret(identifier, SecretKind::SshKey)
        };
        (secret, Scope::Account, words)
    };
    Account {
        organizations: BTreeMap::from([("default", vec!["web"])]),
        secrets: vec![
            (
                secret("bitbucket_api_token", SecretKind::Text),
                Scope::Account,
                "a text secret",
            ),
            (
                secret("bitbucket_access_token", SecretKind::Text),
                Scope::Account,
                "a text secret",
            ),
            (
                secret("deploy_key_file", SecretKind::File),
                Scope::Account,
                "a file secret",
            ),
            ssh(
                "bitbucket_ssh",
                file(),
                "an SSH credential of the user `git`, with its key in `account.deploy_key_file`",
            ),
            ssh(
                "build_machine_ssh",
                SshCredential {
                    user_name: Some("ubuntu".to_owned()),
                    ..file()
                },
                "an SSH credential of the user `ubuntu`",
            ),
            ssh(
                "ssh_password",
                kind("Password"),
                "an SSH credential with a password",
            ),
            ssh(
                "ssh_key_path",
                kind("KeyPath"),
                "an SSH credential with a key file on the delegate",
            ),
            ssh(
                "ssh_text_key",
                key("account.bitbucket_api_token"),
                "an SSH credential with its key in the text secret `account.bitbucket_api_token`",
            ),
        ],
        delegates: vec![
            (
                Scope::Account,
                delegate("main-delegate", &["linux", "eu"], true, "26.07.89100"),
            ),
            (
                Scope::Account,
                delegate("old-delegate", &["linux", "arm64"], true, "26.01.88100"),
            ),
            (
                Scope::Account,
                delegate("us-delegate", &["us"], false, "26.07.89100"),
            ),
        ],
        connectors: vec![("github_mirror", false)],
        usage: Usage {
            referrers: vec![Referrer {
                kind: "Pipelines".to_owned(),
                name: "Release web".to_owned(),
                organization: Some("default".to_owned()),
                project: Some("web".to_owned()),
            }],
            total: 1,
        },
    }
}

/// Returns a secret of this kind.
pub(crate) fn secret(identifier: &str, kind: SecretKind) -> Secret {
    Secret {
        identifier: identifier.to_owned(),
        name: identifier.to_owned(),
        kind,
        ssh: None,
    }
}

/// Returns a delegate with one replica.
pub(crate) fn delegate(name: &str, tags: &[&str], connected: bool, version: &str) -> Delegate {
    let tags = tags.iter().chain([&name]).map(|tag| (*tag).to_owned());
    Delegate {
        name: name.to_owned(),
        tags: tags.collect(),
        connected,
        replicas: vec![Replica {
            connected,
            version: Some(version.to_owned()),
        }],
    }
}

/// Returns a failed lookup.
pub(crate) fn unanswered_query(why: Why, about: Topic) -> Unanswered {
    Unanswered {
        why,
        about,
        title: match why {
            Why::Unauthorized => "Harness refused the API key",
            Why::Forbidden => "The API key is not allowed to do this",
            Why::NoAnswer | Why::NotMade | Why::TooMany => {
                "Harness cannot be reached: connection refused"
            }
        }
        .to_owned(),
        error: "GET /ng/api/x → 403: no (correlation id 1)".to_owned(),
        remedy: None,
        is_limited: false,
    }
}

impl Account {
    /// Returns the answers to these queries.
    pub(crate) fn answers(&self, queries: BTreeSet<Query>) -> Answers {
        let mut answers = Answers {
            is_reached: true,
            ..Answers::default()
        };
        for query in queries {
            match query {
                Query::Scope(scope) => answers.scope = Some(self.existence(&scope)),
                Query::Identifier(connector) => {
                    let taken = self
                        .connectors
                        .iter()
                        .find(|(identifier, _)| *identifier == connector.identifier)
                        .filter(|_| connector.scope == Scope::Account);
                    answers.identifier = Some(match taken {
                        None => Identifier::Free,
                        Some((_, false)) => Identifier::Taken,
                        Some((_, true)) => Identifier::TakenInState,
                    });
                }
                Query::Secret(id) => {
                    let found = self.secret(&id);
                    answers.secrets.insert(id, found);
                }
                Query::SshCredential(id) => {
                    let found = self.secret(&id);
                    if let Some(key) = found.as_ref().and_then(|secret| {
                        crate::harness::plan_queries::lookups::key_of(&id, secret)
                    }) {
                        let key_secret = self.secret(&key);
                        answers.secrets.insert(key, key_secret);
                    }
                    answers.secrets.insert(id, found);
                }
                Query::Delegates(scope) => {
                    let delegates = self.delegates.iter().filter(|(of, _)| *of == scope);
                    let delegates = delegates.map(|(_, delegate)| delegate.clone()).collect();
                    answers.delegates.insert(scope, delegates);
                }
                Query::Usage(_) => answers.usage = Some(self.usage.clone()),
                Query::SecretsInReach { from, .. } => {
                    let scopes = from.with_wider();
                    let found = self.secrets.iter().filter(|(_, of, _)| scopes.contains(of));
                    let found = found.map(|(secret, scope, _)| {
                        let (scope, identifier) = (scope.clone(), secret.identifier.clone());
                        (SecretId { scope, identifier }, secret.kind.clone())
                    });
                    answers.alternatives.secrets.extend(found);
                }
                Query::Organizations => {
                    let organizations = self.organizations.keys().map(|org| (*org).to_owned());
                    answers.alternatives.organizations.extend(organizations);
                }
                Query::Projects { org } => {
                    let projects = self.organizations.get(org.as_str()).into_iter().flatten();
                    let projects = projects.map(|project| (*project).to_owned());
                    answers.alternatives.projects.extend(projects);
                }
            }
        }
        answers
    }

    fn existence(&self, scope: &Scope) -> Existence {
        let Some(org) = scope.org() else {
            return Existence::There;
        };
        match (self.organizations.get(org), scope.project()) {
            (None, _) => Existence::NoOrganization,
            (Some(projects), Some(project)) if !projects.contains(&project) => Existence::NoProject,
            _ => Existence::There,
        }
    }

    fn secret(&self, id: &SecretId) -> Option<Secret> {
        let found = self
            .secrets
            .iter()
            .find(|(secret, scope, _)| *scope == id.scope && secret.identifier == id.identifier);
        found.map(|(secret, ..)| secret.clone())
    }
}

/// Returns the model that Terraform plans for creating a configuration.
pub(crate) fn planned(config: &Value) -> Model {
    let block = schema::schema().block;
    let state = planning::planned_state(&block, &Value::Null, config, config);
    let model = Model::from_value(&state).unwrap();
    let identifier = config.get("identifier").unwrap();
    if identifier.is_unknown() {
        return model;
    }
    plan::complete(Model {
        identifier: if identifier.is_null() {
            Field::Unknown
        } else {
            model.identifier.clone()
        },
        ..model
    })
}

/// Returns the existing connector of the examples.
pub(crate) fn existing() -> Model {
    planned(&offline::testing::config(""))
}

/// Returns the existing connector with API access.
pub(crate) fn with_api_access() -> Model {
    planned(&offline::testing::config(
        "api_access {\n access_token {\n token_ref = \"account.bitbucket_access_token\"\n }\n}",
    ))
}

/// Returns the change that Terraform makes from one model to another.
pub(crate) fn change<'a>(prior: &'a Model, planned: &'a Model) -> PlannedChange<'a> {
    let block = schema::schema().block;
    if planning::replacements(&block, &prior.to_value(), &planned.to_value()).is_empty() {
        PlannedChange::Update { prior, planned }
    } else {
        PlannedChange::Replacement { prior, planned }
    }
}

/// Returns what the rules find about a change in an account.
pub(crate) fn found(change: PlannedChange<'_>, account: &Account) -> Vec<Finding<WithPlatform>> {
    let mut answers = account.answers(for_change(&change));
    let missing = about_missing(change.model(), &answers);
    answers.alternatives = account.answers(missing).alternatives;
    checked(change, answers)
}

/// Returns what the rules find about a change with these answers.
pub(crate) fn checked(change: PlannedChange<'_>, answers: Answers) -> Vec<Finding<WithPlatform>> {
    find(plan_rules(), &PlanInput::new(change, answers))
}

/// Returns what the rules find about arguments that override the example connector's, in a circumstance of the
/// examples.
pub(crate) fn found_in(
    hcl: &str,
    circumstance: Option<Circumstance>,
) -> Vec<Finding<WithPlatform>> {
    let planned = planned(&offline::testing::config(hcl));
    let creation = PlannedChange::Creation { planned: &planned };
    let mut account = example_account();
    let mut hidden = Vec::new();
    match circumstance {
        None => {}
        Some(Circumstance::Existing) => {
            let prior = existing();
            return found(change(&prior, &planned), &account);
        }
        Some(Circumstance::ExistingWithApiAccess) => {
            let prior = with_api_access();
            return found(change(&prior, &planned), &account);
        }
        Some(Circumstance::Unmanaged) => {
            let oauth = Field::Known("api_access: OAuth".to_owned());
            let prior = Model {
                unmanaged: Field::Known(vec![oauth]),
                ..existing()
            };
            account.usage = Usage::default();
            return found(change(&prior, &planned), &account);
        }
        Some(Circumstance::NoDelegates) => account.delegates.clear(),
        Some(Circumstance::SecretsHidden) => {
            hidden.push(unanswered_query(Why::Forbidden, Topic::Secrets));
        }
        Some(Circumstance::DelegatesHidden) => {
            hidden.push(unanswered_query(Why::Forbidden, Topic::Delegates));
        }
        Some(Circumstance::NoKey) => {
            return checked(
                creation,
                Answers {
                    no_access: Some("Set an API key.".to_owned()),
                    ..Answers::default()
                },
            );
        }
        Some(Circumstance::OneOfMany) => {
            return checked(
                PlannedChange::Destruction { prior: &planned },
                Answers {
                    unanswered: vec![unanswered_query(Why::TooMany, Topic::Usage)],
                    ..Answers::default()
                },
            );
        }
        Some(Circumstance::NoAnswer) => {
            let unanswered = vec![unanswered_query(Why::NoAnswer, Topic::Scopes)];
            return checked(
                creation,
                Answers {
                    unanswered,
                    ..Answers::default()
                },
            );
        }
    }
    let mut answers = account.answers(for_change(&creation));
    match circumstance {
        Some(Circumstance::SecretsHidden) => answers.secrets.clear(),
        Some(Circumstance::DelegatesHidden) => answers.delegates.clear(),
        _ => {}
    }
    answers.unanswered = hidden;
    checked(creation, answers)
}

/// Returns all rules in the order of the table.
pub(crate) fn plan_rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}
