//! Texts that say who changed something and when.

use harness_platform::{Principal, PrincipalKind};
use jiff::Timestamp;

use crate::harness::leaked_secret::kinds_removed_from;

/// Part of every message about a change that Terraform did not make. The summaries of the warnings end with it, and
/// reports recognize them by it.
pub(crate) const OUTSIDE: &str = "outside Terraform";

/// Formats a timestamp of the platform, in milliseconds since 1970: `2026-11-27 22:14 UTC`. Returns `None` if it is
/// invalid.
pub(crate) fn moment(milliseconds: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(milliseconds).ok()?;
    (milliseconds > 0).then(|| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// Returns who it was: `dev@example.com (user)`. The whole address is shown, because readers may have to contact them; a
/// name that looks like a token is not.
pub(crate) fn who(principal: &Principal) -> String {
    let (kind, unnamed) = match &principal.kind {
        PrincipalKind::User => ("user", "a user"),
        PrincipalKind::ServiceAccount => ("service account", "a service account"),
        PrincipalKind::System => return "Harness itself".to_owned(),
        PrincipalKind::Other(kind) => (kind.as_str(), kind.as_str()),
    };
    match &principal.name {
        Some(name) => format!("{} ({kind})", kinds_removed_from(name)),
        None => unnamed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_to_the_minute() {
        assert_eq!(
            moment(1_795_817_640_000).as_deref(),
            Some("2026-11-27 22:14 UTC")
        );
        for none in [0, -1, i64::MAX] {
            assert_eq!(moment(none), None, "{none}");
        }
    }

    #[test]
    fn people_programs_and_the_platform_are_named_as_what_they_are() {
        use PrincipalKind::{Other, ServiceAccount, System, User};
        for (kind, name, words) in [
            (User, Some("dev@example.com"), "dev@example.com (user)"),
            (User, None, "a user"),
            (ServiceAccount, Some("ci"), "ci (service account)"),
            (
                ServiceAccount,
                Some("ATATT3xFfGF0q1w2e3r4t5y6"),
                "(removed: an Atlassian API token) (service account)",
            ),
            (ServiceAccount, None, "a service account"),
            (System, Some("SYSTEM"), "Harness itself"),
            (Other("API_KEY".to_owned()), Some("k"), "k (API_KEY)"),
            (Other("API_KEY".to_owned()), None, "API_KEY"),
        ] {
            let name = name.map(str::to_owned);
            assert_eq!(who(&Principal { kind, name }), words);
        }
    }
}
