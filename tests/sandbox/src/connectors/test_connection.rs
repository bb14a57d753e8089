//! Runs connection tests: on request, and once in the background after a creation.

use std::time::Duration;

use serde_json::Value;

use super::model::Subject;
use super::outcome::{Finding, Outcome};
use super::{Connectivity, Connector, git_test};
use crate::call::{About, Call};
use crate::platform::Platform;
use crate::reply::{Reply, Violation};
use crate::world::{Key, World};

/// `POST /connectors/testConnection/{identifier}`
pub(super) async fn connection(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let key = (call.scope(), identifier);
    let connector = testable(&platform.world(), &call, &key)?;
    let finding = examine(&platform, &connector).await;
    let connectivity = record(&mut platform.world(), &key, &connector, &finding);
    Ok(answer(&platform, &finding, &connectivity))
}

/// `POST /connectors/testGitRepoConnection/{identifier}`: the connector as if its URL were the repository `repoURL`.
pub(super) async fn repository(About(platform, identifier, call): About) -> Result<Reply, Reply> {
    let Some(url) = call.query("repoURL") else {
        return Err(Reply::violations(&[Violation::new(
            "repoURL",
            "must not be blank",
        )]));
    };
    let mut connector = testable(&platform.world(), &call, &(call.scope(), identifier))?;
    if let Some(spec) = connector
        .info
        .get_mut("spec")
        .and_then(Value::as_object_mut)
    {
        spec.insert("url".into(), url.into());
        spec.insert("type".into(), "Repo".into());
    }
    let finding = examine(&platform, &connector).await;
    let connectivity = finding.connectivity(platform.world().tick(), &connector.connectivity);
    Ok(answer(&platform, &finding, &connectivity))
}

/// Runs the test that follows a creation. It changes only the status.
pub(super) fn in_background(platform: &Platform, key: Key) {
    let platform = platform.clone();
    tokio::spawn(async move {
        let Some(connector) = platform.world().connectors.get(&key).cloned() else {
            return;
        };
        let finding = examine(&platform, &connector).await;
        record(&mut platform.world(), &key, &connector, &finding);
    });
}

/// Returns the connector, if it exists and the caller may use its secrets.
fn testable(world: &World, call: &Call, key: &Key) -> Result<Connector, Reply> {
    let Some(connector) = world.connectors.get(key) else {
        let message = format!("No connector found with identifier {}", key.1);
        return Err(Reply::error("CONNECTOR_NOT_FOUND_EXCEPTION", message));
    };
    for (scope, identifier) in Subject::new(world, connector).secrets() {
        call.require(world, "core_secret_access", &scope, Some(&identifier))?;
    }
    Ok(connector.clone())
}

async fn examine(platform: &Platform, connector: &Connector) -> Finding {
    let delay = platform.world().settings.test_delay_ms;
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let for_git = {
        let world = platform.world();
        let subject = Subject::new(&world, connector);
        if let Some(finding) = subject.before_git() {
            return Finding {
                delegate_id: subject.delegate_id(),
                ..finding
            };
        }
        match subject
            .git_check()
            .filter(|_| subject.has_git_check() && world.settings.real_tests)
        {
            Some(check) => Some(check),
            None if subject.has_git_check() => match subject.git() {
                Some(finding) => return finding,
                None => None,
            },
            None => None,
        }
    };
    if let Some(check) = for_git
        && let Some(outcome) = git_test::ls_remote(&check).await
    {
        return Finding::new(outcome, &check.url);
    }
    let world = platform.world();
    let subject = Subject::new(&world, connector);
    let success = Finding {
        delegate_id: subject.delegate_id(),
        ..Finding::new(Outcome::Success, "")
    };
    subject.api().unwrap_or(success)
}

/// Stores the result, unless the connector has changed in the meantime.
fn record(world: &mut World, key: &Key, tested: &Connector, finding: &Finding) -> Connectivity {
    let connectivity = finding.connectivity(world.tick(), &tested.connectivity);
    if let Some(stored) = world.connectors.get_mut(key)
        && stored.created_at == tested.created_at
    {
        stored.connectivity = connectivity.clone();
    }
    connectivity
}

fn answer(platform: &Platform, finding: &Finding, connectivity: &Connectivity) -> Reply {
    let task_id = platform.next_id();
    finding.reply(
        connectivity,
        &task_id,
        platform.world().settings.no_delegate_status,
    )
}
