//! The resource's private state: its own JSON, which users do not see.
//!
//! Hosts compare these bytes when they look for drift. So a refresh that finds no change returns the bytes that it was
//! given, regardless of which version wrote them, and nothing in them changes by itself.

use serde::{Deserialize, Serialize};
use tf_provider::diagnostic::Diagnostic;

use crate::bitbucket_connector::connector::managed_settings::ManagedSettings;
use crate::bitbucket_connector::connector::model::Model;
use crate::harness::wording::hcl;

/// The private data of one connector.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Private {
    /// `lastModifiedAt` of the connector when this was written, in milliseconds since 1970: a record, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified_at: Option<i64>,
    /// The digest of the managed settings on the platform when this was written ([`ManagedSettings::digest`]). `None`
    /// if not known, as in states of version 0.1.0 and after a move; the state itself is then compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<String>,
    /// The connector's account. `None` if not known, as in states of version 0.1.0 and after a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<String>,
    /// Whether the response to the creation was lost, and it is unknown whether the connector was created. The next
    /// operation settles it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) unconfirmed: bool,
    /// Whether the state comes from an import and was never read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) importing: bool,
    /// Whether the state was moved from another provider and was never read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) moved: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Private {
    /// Reads what was stored. Bytes of another origin (a moved resource's) count as nothing known.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// Reads the private state of a connector to delete. Hosts pass none for a tainted connector that is replaced
    /// without a refresh, so it is unknown whether its creation was ever confirmed, and it counts as unconfirmed.
    pub(super) fn of_deletion(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self {
                unconfirmed: true,
                ..Self::default()
            };
        }
        Self::read(bytes)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Refuses a state with a connector in another account than this one.
    ///
    /// # Errors
    /// Returns an error that names both accounts and says what to write.
    pub(super) fn check_account(&self, account_id: &str) -> Result<(), Diagnostic> {
        match &self.account_id {
            Some(stored) if stored != account_id => Err(other_account(stored, account_id)),
            _ => Ok(()),
        }
    }

    /// Returns whether a connector with these managed settings is the one in the state, unchanged since.
    pub(super) fn recognizes(&self, found: &ManagedSettings, state: &Model) -> bool {
        match &self.settings {
            Some(digest) => *digest == found.digest(),
            None => *found == ManagedSettings::of(state),
        }
    }
}

fn other_account(stored: &str, account_id: &str) -> Diagnostic {
    Diagnostic::error(
        "Connector of another account",
        format!(
            "This connector is in the account {}, but the provider is configured for the account {}. Nothing was read or \
             changed. Set HARNESS_ACCOUNT_ID (or the provider's `account_id`) and a key for the connector's account, or give \
             the resource the `provider` alias that has them.",
            hcl(stored),
            hcl(account_id)
        ),
    )
}

#[cfg(test)]
mod tests {
    use tf_provider::field::FromValue;

    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::config;

    #[test]
    fn what_was_stored_is_read_back() {
        let private = Private {
            last_modified_at: Some(1_750_000_000_123),
            settings: Some("0123".to_owned()),
            account_id: Some("acct".to_owned()),
            unconfirmed: true,
            importing: false,
            moved: true,
        };
        assert_eq!(Private::read(&private.write()), private);
        assert_eq!(Private::default().write(), b"{}");
    }

    #[test]
    fn foreign_bytes_count_as_nothing_known() {
        for bytes in [&b""[..], b"garbage", b"{\"schema_version\":\"0\"}", b"[]"] {
            assert_eq!(Private::read(bytes), Private::default());
        }
    }

    #[test]
    fn a_deletion_without_private_state_counts_as_unconfirmed() {
        assert!(Private::of_deletion(b"").unconfirmed);
        assert_eq!(Private::of_deletion(b"{}"), Private::default());
        let stored = b"{\"settings\":\"0\"}";
        assert_eq!(Private::of_deletion(stored), Private::read(stored));
    }

    #[test]
    fn a_state_of_another_account_is_refused_and_one_that_names_none_is_not() {
        let of = |account_id: Option<&str>| Private {
            account_id: account_id.map(str::to_owned),
            ..Private::default()
        };
        assert_eq!(of(None).check_account("a"), Ok(()));
        assert_eq!(of(Some("a")).check_account("a"), Ok(()));
        let refused = of(Some("a")).check_account("b").unwrap_err();
        assert!(refused.detail.contains("account \"a\"") && refused.detail.contains("\"b\""));
    }

    #[test]
    fn a_connector_is_recognized_by_the_digest_or_else_by_the_state() {
        let model = |hcl| Model::from_value(&config(hcl)).unwrap();
        let (ours, others) = (model(""), model("description = \"changed\""));
        let settings = ManagedSettings::of(&ours);
        let version_0_1 = Private::read(b"{\"last_modified_at\":1750000000123}");
        assert!(version_0_1.recognizes(&settings, &ours));
        assert!(!version_0_1.recognizes(&settings, &others));
        let with_digest = Private {
            settings: Some(settings.digest()),
            ..Private::default()
        };
        // What the platform had is compared, even if the state differs because the platform stored another value.
        assert!(with_digest.recognizes(&settings, &others));
        assert!(!with_digest.recognizes(&ManagedSettings::of(&others), &others));
    }
}
