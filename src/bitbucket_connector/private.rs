//! What the resource stores beside its state, unseen by users: JSON of its own.

use serde::{Deserialize, Serialize};

/// The private data of one connector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Private {
    /// `lastModifiedAt` of the connector when it was last read or written, in milliseconds since 1970. An update is
    /// refused when the platform has another one by then. `None`: not known, as after a move; nothing is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_modified_at: Option<i64>,
    /// The platform's answer to the creation was lost, and whether it happened could not be found out. The next refresh
    /// settles it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) unconfirmed: bool,
    /// The state comes from an import and was never read.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) importing: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Private {
    /// What was stored. Bytes of another origin (a moved resource's, an older version's) count as nothing known.
    pub(super) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn as_of(last_modified_at: Option<i64>) -> Self {
        Self {
            last_modified_at,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_read_back() {
        let private = Private {
            last_modified_at: Some(1_750_000_000_123),
            unconfirmed: true,
            importing: false,
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
}
