//! A Git server that stands for Bitbucket Data Center: smart HTTP at `/git/scm/{PROJECT}/{repository}.git`.
//!
//! It advertises one branch and serves no objects, which is enough for `git ls-remote` in a connection test.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::platform::Platform;
use crate::reply::Reply;
use crate::world::World;

const COMMIT: &str = "5a4d5a4d5a4d5a4d5a4d5a4d5a4d5a4d5a4d5a4d";

/// Returns the endpoint, below `/git`.
pub(crate) fn routes() -> Router<Platform> {
    Router::new().route("/scm/{project}/{repository}/info/refs", get(references))
}

async fn references(
    State(platform): State<Platform>,
    Path((project, repository)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Reply {
    let plain = |status, text: &str| Reply::text(status, "text/plain", text.to_owned());
    let world = platform.world();
    if !may_sign_in(&world, &headers) {
        return plain(StatusCode::UNAUTHORIZED, "Authentication is required.\n")
            .with_header(header::WWW_AUTHENTICATE, "Basic realm=\"Git\"");
    }
    let name = format!("{project}/{repository}");
    if !world
        .git
        .repositories
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&name))
    {
        return plain(StatusCode::NOT_FOUND, "Repository not found\n");
    }
    if !query
        .iter()
        .any(|(key, value)| key == "service" && value == "git-upload-pack")
    {
        return plain(
            StatusCode::FORBIDDEN,
            "Only git-upload-pack is served here\n",
        );
    }
    let advertisement = [
        line("# service=git-upload-pack\n"),
        "0000".to_owned(),
        line(&format!(
            "{COMMIT} HEAD\0symref=HEAD:refs/heads/main agent=harness-sandbox\n"
        )),
        line(&format!("{COMMIT} refs/heads/main\n")),
        "0000".to_owned(),
    ];
    Reply::text(
        StatusCode::OK,
        "application/x-git-upload-pack-advertisement",
        advertisement.concat(),
    )
    .with_header(header::CACHE_CONTROL, "no-cache")
}

fn may_sign_in(world: &World, headers: &HeaderMap) -> bool {
    let sign_in = || {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (username, password) = text.split_once(':')?;
        world
            .git
            .users
            .iter()
            .find(|user| user.username == username && user.password == password)
    };
    sign_in().is_some()
}

/// Formats a line of the Git protocol: its length, including itself, in four hexadecimal digits, and the text.
fn line(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_its_own_length() {
        assert_eq!(
            line("# service=git-upload-pack\n"),
            "001e# service=git-upload-pack\n"
        );
    }
}
