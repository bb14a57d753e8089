//! The real connection test: `git ls-remote`, with the credentials only in the environment.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;

use super::model::GitCheck;
use super::outcome::Outcome;

/// The time that the platform gives a delegate.
const LIMIT: Duration = Duration::from_mins(2);

/// Lists the references of a repository with Git. Returns `None` if there are some.
pub(super) async fn ls_remote(check: &GitCheck) -> Option<Outcome> {
    let credentials = STANDARD.encode(format!("{}:{}", check.username, check.password));
    let settings = [
        (
            "http.extraHeader",
            format!("Authorization: Basic {credentials}"),
        ),
        // A redirect must not carry the header to another host.
        ("http.followRedirects", "false".to_owned()),
        ("credential.helper", String::new()),
    ];
    let mut git = Command::new("git");
    git.args(["ls-remote", "--", &check.url])
        .env_clear()
        .env("GIT_CONFIG_COUNT", settings.len().to_string())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "http:https")
        .env("LC_ALL", "C")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(path) = std::env::var_os("PATH") {
        git.env("PATH", path);
    }
    for (index, (key, value)) in settings.iter().enumerate() {
        git.env(format!("GIT_CONFIG_KEY_{index}"), key)
            .env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    match tokio::time::timeout(LIMIT, git.output()).await {
        Err(_) => Some(Outcome::Timeout),
        Ok(Err(_)) => Some(Outcome::Unexpected),
        Ok(Ok(output)) if output.status.success() => None,
        Ok(Ok(output)) => Some(reason(&String::from_utf8_lossy(&output.stderr))),
    }
}

/// Classifies Git's error message.
fn reason(complaint: &str) -> Outcome {
    let complaint = complaint.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| complaint.contains(phrase));
    if says(&[
        "authentication failed",
        "could not read username",
        "error: 401",
        "error: 403",
    ]) {
        Outcome::NotAuthorized
    } else if says(&["could not resolve host"]) {
        Outcome::UnknownHost
    } else if says(&["timed out"]) {
        Outcome::Timeout
    } else {
        Outcome::BadUrl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gits_complaints_are_understood() {
        for (complaint, outcome) in [
            (
                "fatal: Authentication failed for 'http://x/'",
                Outcome::NotAuthorized,
            ),
            (
                "fatal: could not read Username for 'http://x': terminal prompts disabled",
                Outcome::NotAuthorized,
            ),
            (
                "fatal: unable to access 'http://x/': The requested URL returned error: 403",
                Outcome::NotAuthorized,
            ),
            (
                "fatal: unable to access 'http://x/': Could not resolve host: x",
                Outcome::UnknownHost,
            ),
            (
                "fatal: unable to access 'http://x/': Connection timed out",
                Outcome::Timeout,
            ),
            ("fatal: repository 'http://x/' not found", Outcome::BadUrl),
        ] {
            assert_eq!(reason(complaint), outcome, "{complaint}");
        }
    }
}
