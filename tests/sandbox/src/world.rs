//! The platform's data: every object of the account, its settings, and the clock for changes.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::account::{
    Account, ApiKey, Delegate, Git, Organization, Project, Referrer, Scoped, Secret,
};
use crate::audits::Event;
use crate::connectors::Connector;
use crate::pipelines::{Pipeline, Trigger};
use crate::scope::Scope;
use crate::settings::Settings;

/// The creation time of the first object in an account file; the others follow one second apart, so that none looks
/// new.
const BEGINNING: i64 = 1_735_689_600_000;

/// Scope and identifier.
pub(crate) type Key = (Scope, String);

/// An object and the times that the platform keeps for it.
#[derive(Clone)]
pub(crate) struct Dated<T> {
    pub(crate) entry: T,
    pub(crate) created_at: i64,
    pub(crate) last_modified_at: i64,
    /// How often it was changed; the entity tag of organizations and projects.
    pub(crate) version: u64,
}

/// All data.
pub(crate) struct World {
    pub(crate) account: String,
    pub(crate) account_name: String,
    pub(crate) company_name: Option<String>,
    pub(crate) cluster: String,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) settings: Settings,
    pub(crate) organizations: BTreeMap<String, Dated<Organization>>,
    /// By organization and identifier.
    pub(crate) projects: BTreeMap<(String, String), Dated<Project>>,
    pub(crate) secrets: BTreeMap<Key, Dated<Secret>>,
    /// By scope and name.
    pub(crate) delegates: BTreeMap<Key, Dated<Delegate>>,
    pub(crate) connectors: BTreeMap<Key, Connector>,
    /// Who uses a connector besides the pipelines and triggers below.
    pub(crate) usages: BTreeMap<Key, Vec<Referrer>>,
    pub(crate) pipelines: BTreeMap<Key, Dated<Pipeline>>,
    /// By pipeline and identifier.
    pub(crate) triggers: BTreeMap<(Key, String), Dated<Trigger>>,
    pub(crate) git: Git,
    /// In chronological order.
    pub(crate) audit_trail: Vec<Event>,
    last_tick: i64,
}

impl World {
    /// Creates the world that an account file describes, with `settings` instead of the file's own.
    pub(crate) fn new(account: &Account, settings: Settings) -> Self {
        let mut times = (0..).map(|second: i64| BEGINNING + second * 1000);
        let mut next = || times.next().unwrap_or(BEGINNING);
        Self {
            account: account.identifier.clone(),
            account_name: account.name.clone(),
            company_name: account.company_name.clone(),
            cluster: account.cluster.clone(),
            keys: account.keys.clone(),
            settings,
            organizations: account
                .organizations
                .iter()
                .map(|org| (org.identifier.clone(), Dated::new(org.clone(), next())))
                .collect(),
            projects: account
                .projects
                .iter()
                .map(|project| {
                    let key = (project.org_identifier.clone(), project.identifier.clone());
                    (key, Dated::new(project.clone(), next()))
                })
                .collect(),
            secrets: account
                .secrets
                .iter()
                .map(|secret| {
                    (
                        (secret.scope(), secret.identifier.clone()),
                        Dated::new(secret.clone(), next()),
                    )
                })
                .collect(),
            delegates: account
                .delegates
                .iter()
                .map(|delegate| {
                    (
                        (delegate.scope(), delegate.name.clone()),
                        Dated::new(delegate.clone(), next()),
                    )
                })
                .collect(),
            connectors: account
                .connectors
                .iter()
                .map(|info| {
                    let connector = Connector::tested(info.clone(), next());
                    (connector.key(), connector)
                })
                .collect(),
            usages: account
                .usages
                .iter()
                .map(|usage| {
                    (
                        (usage.scope(), usage.connector.clone()),
                        usage.referred_by.clone(),
                    )
                })
                .collect(),
            pipelines: BTreeMap::new(),
            triggers: BTreeMap::new(),
            git: account.git.clone(),
            audit_trail: Vec::new(),
            last_tick: 0,
        }
    }

    /// Returns the present time in milliseconds since 1970, always later than the last returned one, so that two
    /// changes in the same millisecond have different times.
    pub(crate) fn tick(&mut self) -> i64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .unwrap_or(BEGINNING);
        self.last_tick = now.max(self.last_tick + 1);
        self.last_tick
    }

    /// Returns the missing organization or project of a scope, in the words of the platform's scope filter.
    pub(crate) fn missing_scope(&self, scope: &Scope) -> Option<String> {
        let org = scope.org_id()?;
        if !self.organizations.contains_key(org) {
            return Some(format!("Organization with identifier [{org}] not found"));
        }
        let project = scope.project_id()?;
        let exists = self
            .projects
            .contains_key(&(org.to_owned(), project.to_owned()));
        (!exists).then(|| {
            format!("Project with orgIdentifier [{org}] and identifier [{project}] not found")
        })
    }

    /// Returns whether a permission is denied to a key, for all objects or for the named one.
    pub(crate) fn is_denied(
        &self,
        key: &ApiKey,
        permission: &str,
        identifier: Option<&str>,
    ) -> bool {
        self.denials(key)
            .any(|denied| match denied.split_once(':') {
                None => denied == permission,
                Some((denied, of)) => denied == permission && Some(of) == identifier,
            })
    }

    /// Returns whether a permission is denied to a key for all objects.
    pub(crate) fn is_restricted(&self, key: &ApiKey, permission: &str) -> bool {
        self.denials(key).any(|denied| {
            let denied = denied.split_once(':').map_or(denied, |(denied, _)| denied);
            denied == permission
        })
    }

    fn denials<'a>(&'a self, key: &'a ApiKey) -> impl Iterator<Item = &'a str> {
        let set = self.settings.denied_permissions.get(&key.name);
        let set = set.into_iter().flatten();
        set.chain(&key.denied_permissions).map(String::as_str)
    }
}

impl<T> Dated<T> {
    /// Creates an object.
    pub(crate) fn new(entry: T, now: i64) -> Self {
        Self {
            entry,
            created_at: now,
            last_modified_at: now,
            version: 0,
        }
    }
}
