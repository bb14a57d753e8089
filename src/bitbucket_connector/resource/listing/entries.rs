//! What a listing keeps about each connector: the minimum for recognizing an unchanged one.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use harness_platform::{BitbucketReading, ConnectorAnswer, ConnectorRef, RawConnector, Scope};
use tf_provider::field::ToValue;
use tokio::time::Instant;

use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::unmanaged;
use crate::bitbucket_connector::resource::convert;

/// How long the contents of a listing are valid, from the response of its page.
pub(super) const FRESH: Duration = Duration::from_secs(10);

/// What two connectors have in common that a refresh does not distinguish: a digest of their managed settings and of
/// `unmanaged`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(model: &Model) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(ManagedSettings::of(model).to_string().as_bytes());
        for phrase in unmanaged::phrases_of(model) {
            // No text contains this byte, so phrases cannot run into each other.
            context.update(&[0]);
            context.update(phrase.as_bytes());
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.finish().as_ref());
        Self(fingerprint)
    }

    /// Returns the fingerprint of a connector in the state. Returns `None` if reading an identical connector would
    /// change the state, because the state has another form.
    pub(super) fn of_state(connector: &ConnectorRef, current: &Model) -> Option<Self> {
        let same = BitbucketReading::from(convert::desired(current).ok()?);
        let mut observed = convert::observed(&same, &connector.scope, current);
        // Settings alone have nothing unmanaged, but its phrases are part of the fingerprint.
        observed.unmanaged.clone_from(&current.unmanaged);
        (observed.to_value() == current.to_value()).then(|| Self::of(current))
    }

    /// Returns the fingerprint of a listed connector. Returns `None` if a read would have more to report about it than
    /// a state.
    fn of_listed(connector: &RawConnector, scope: &Scope) -> Option<Self> {
        let reading = connector.as_bitbucket()?;
        if unmanaged::of_refresh("", &reading).is_some() {
            return None;
        }
        Some(Self::of(&convert::observed(
            &reading,
            scope,
            &Model::default(),
        )))
    }
}

/// The connectors of one listing, or of one of its pages.
#[derive(Debug, Default)]
pub(super) struct Entries {
    by_identifier: BTreeMap<Box<str>, Entry>,
    /// When the first of its pages was received.
    since: Option<Instant>,
}

/// What is kept of a connector on a page: which one it is, and its fingerprint.
#[derive(Debug)]
pub(super) struct Listed(Option<ConnectorRef>, Option<Fingerprint>);

impl From<ConnectorAnswer> for Listed {
    fn from(ConnectorAnswer { connector, .. }: ConnectorAnswer) -> Self {
        let reference = connector.reference();
        let scope = reference.as_ref().map(|reference| &reference.scope);
        let fingerprint = scope.and_then(|scope| Fingerprint::of_listed(&connector, scope));
        Self(reference, fingerprint)
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// `None` if the connector must be read individually.
    fingerprint: Option<Fingerprint>,
    answered: Instant,
}

impl Entries {
    /// Returns the contents of a page that was received at this time.
    pub(super) fn of(page: Vec<Listed>, scope: &Scope, answered: Instant) -> Self {
        let mut entries = Self {
            since: Some(answered),
            ..Self::default()
        };
        for Listed(connector, fingerprint) in page {
            // A connector of another scope says nothing about this one.
            if let Some(connector) = connector.filter(|connector| connector.scope == *scope) {
                let entry = Entry {
                    fingerprint,
                    answered,
                };
                entries.insert(connector.identifier.into(), entry);
            }
        }
        entries
    }

    /// Adds the contents of another page.
    pub(super) fn extend(&mut self, page: Self) {
        self.since = self.since.into_iter().chain(page.since).min();
        for (identifier, entry) in page.by_identifier {
            self.insert(identifier, entry);
        }
    }

    fn insert(&mut self, identifier: Box<str>, entry: Entry) {
        self.by_identifier
            .entry(identifier)
            // It is unknown which of the two a read would return.
            .and_modify(|entry| entry.fingerprint = None)
            .or_insert(entry);
    }

    /// Returns whether any of it is still valid.
    pub(super) fn are_fresh(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| is_fresh(since, now))
    }

    /// Returns whether the listing contains this connector with this fingerprint.
    pub(super) fn show(&self, identifier: &str, expected: &Fingerprint, now: Instant) -> bool {
        let entry = self.by_identifier.get(identifier);
        entry.is_some_and(|entry| {
            is_fresh(entry.answered, now) && entry.fingerprint.as_ref() == Some(expected)
        })
    }

    /// Returns the number of connectors.
    pub(super) fn len(&self) -> usize {
        self.by_identifier.len()
    }

    #[cfg(test)]
    pub(super) fn sent_at(since: Instant) -> Self {
        Self {
            by_identifier: BTreeMap::new(),
            since: Some(since),
        }
    }
}

fn is_fresh(answered: Instant, now: Instant) -> bool {
    now.saturating_duration_since(answered) <= FRESH
}
