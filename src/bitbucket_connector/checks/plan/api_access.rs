//! The rule about delegate versions, which one type of API access depends on.

use harness_platform::Delegate;

use super::delegates;
use super::input::{Findings, PlanInput, Rule};
use crate::bitbucket_connector::connector::url::Deployment;
use crate::harness::wording::{hcl, joined};

pub(crate) static RULES: &[Rule] = &[Rule::warning("P13", "api_access", has_old_delegate)
    .says("A delegate that can serve the connector is too old for API access with an email address and an API token.")
    .because("Delegates support this type of API access since version 26.02.88600. With an older one, triggers, build \
              statuses, and the connection test fail. Without `delegate_selectors`, Harness may use any connected \
              delegate.")
    .example(
        r#"delegate_selectors = ["arm64"]
api_access {
  email_and_api_token {
    email     = "jane@acme.com"
    token_ref = "account.bitbucket_api_token"
  }
}"#,
        r#"delegate_selectors = ["eu"]
api_access {
  email_and_api_token {
    email     = "jane@acme.com"
    token_ref = "account.bitbucket_api_token"
  }
}"#,
    )];

/// The first delegate version with API token support, from the platform's release notes.
const FIRST: &str = "26.02.88600";

fn has_old_delegate(input: &PlanInput<'_>, findings: &mut Findings<'_>) {
    if input.offline.email_and_api_token().is_none()
        // This type of API access is wrong there for another reason.
        || input.offline.deployment() == Some(Deployment::DataCenter)
    {
        return;
    }
    let matching = delegates::matching(input);
    let (names, old): (Vec<String>, Vec<String>) = matching
        .iter()
        .filter_map(|delegate| {
            let (name, version) = (hcl(&delegate.name), too_old(delegate)?);
            Some((name.clone(), format!("{name} (version {version})")))
        })
        .unzip();
    if old.is_empty() {
        return;
    }
    let (which, is, it) = if old.len() == 1 {
        ("Delegate", "is", "it")
    } else {
        ("Delegates", "are", "them")
    };
    findings.push(
        "api_access.email_and_api_token",
        format!("{which} {} {is} too old for API tokens", joined(&names, "and")),
        format!(
            "{which} {} can serve this connector, but `email_and_api_token` needs version {FIRST} or later. Upgrade {it}, \
             or set `delegate_selectors` to tags that only newer delegates have.",
            joined(&old, "and")
        ),
    );
}

/// Returns a delegate's version if it is too old for API tokens; the oldest among its replicas. Disconnected replicas
/// count if none is connected, because they may run again. Returns `None` if no version can be parsed.
fn too_old(delegate: &Delegate) -> Option<&str> {
    let any_connected = delegate.replicas.iter().any(|replica| replica.connected);
    let first = version(FIRST)?;
    delegate
        .replicas
        .iter()
        .filter(|replica| replica.connected || !any_connected)
        .filter_map(|replica| {
            let text = replica.version.as_deref()?;
            Some((version(text)?, text))
        })
        .filter(|(version, _)| *version < first)
        .min()
        .map(|(_, text)| text)
}

/// Parses a version such as `26.02.88600`, with or without a suffix, into its numbers.
fn version(text: &str) -> Option<[u64; 3]> {
    let numbers = text.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    });
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use harness_platform::Replica;

    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (text, read) in [
            ("26.02.88600", Some([26, 2, 88600])),
            ("26.2.88600-ubi", Some([26, 2, 88600])),
            ("1.0.77606", Some([1, 0, 77606])),
            ("26.10.100", Some([26, 10, 100])),
            ("26.02", None),
            ("26.02.88600.1", None),
            ("v26.02.88600", None),
            ("26.02.+1", None),
            ("latest", None),
            ("", None),
            ("26.02.99999999999999999999", None),
        ] {
            assert_eq!(version(text), read, "{text}");
        }
        assert!(version("26.10.1") > version(FIRST) && version("26.01.99999") < version(FIRST));
    }

    #[test]
    fn a_delegate_is_as_old_as_its_oldest_replica_that_runs() {
        let delegate = |replicas: &[(bool, &str)]| Delegate {
            replicas: replicas
                .iter()
                .map(|(connected, version)| Replica {
                    connected: *connected,
                    version: Some((*version).to_owned()),
                })
                .collect(),
            ..Delegate::default()
        };
        for (replicas, old) in [
            (&[][..], None),
            (&[(true, "26.02.88600")], None),
            (&[(true, "26.02.88599")], Some("26.02.88599")),
            (&[(true, "26.02.88600"), (true, "9.9.9")], Some("9.9.9")),
            (
                &[(true, "26.1.1"), (true, "25.12.1"), (true, "27.1.1")],
                Some("25.12.1"),
            ),
            (&[(true, "27.1.1"), (false, "25.12.1")], None),
            (&[(false, "25.12.1")], Some("25.12.1")),
            (&[(true, "soon")], None),
        ] {
            assert_eq!(too_old(&delegate(replicas)), old, "{replicas:?}");
        }
    }
}
