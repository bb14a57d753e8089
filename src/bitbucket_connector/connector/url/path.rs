//! What a path names: a workspace, a project, a repository, or a page about none of them.

use super::error::{Excerpt, UrlErrorKind};
use super::parsed::RepositoryPath;

/// Why a path names nothing, and what it was intended to name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Misplaced {
    pub(crate) kind: UrlErrorKind,
    pub(crate) meant: Option<Box<RepositoryPath>>,
}

impl Misplaced {
    fn new(kind: UrlErrorKind, meant: impl Into<Option<RepositoryPath>>) -> Self {
        Self {
            kind,
            meant: meant.into().map(Box::new),
        }
    }
}

/// Pages of a repository on bitbucket.org: the third segment of their URLs.
const CLOUD_PAGES: [&str; 13] = [
    "src",
    "branch",
    "branches",
    "commits",
    "pull-requests",
    "pipelines",
    "downloads",
    "issues",
    "wiki",
    "admin",
    "overview",
    "addon",
    "projects",
];

/// Pages of bitbucket.org itself: the first segment of their URLs.
const CLOUD_SITE: [&str; 4] = ["account", "dashboard", "product", "products"];

/// Parses a path on Bitbucket Cloud: `[workspace[/repository]]`.
pub(crate) fn cloud(segments: &[&str], trailing_slash: bool) -> Result<RepositoryPath, Misplaced> {
    let place = |workspace: Option<&str>, repository: Option<&str>| RepositoryPath {
        trailing_slash,
        ..owned(workspace, repository)
    };
    match segments {
        [] => Ok(place(None, None)),
        // Data Center's prefix. If a workspace follows, leaving `scm` out yields the intended URL.
        ["scm", rest @ ..] => {
            let meant = match cloud(rest, trailing_slash) {
                Ok(place) => place.owner.is_some().then_some(place),
                Err(other) => other.meant.map(|place| *place),
            };
            Err(Misplaced::new(UrlErrorKind::ScmOnCloud, meant))
        }
        [first, ..] if CLOUD_SITE.contains(first) => {
            Err(Misplaced::new(UrlErrorKind::CloudSitePage, None))
        }
        [workspace, "workspace", ..] => Err(Misplaced::new(
            UrlErrorKind::CloudSitePage,
            is_workspace(workspace).then(|| place(Some(workspace), None)),
        )),
        // Before the workspace is checked, which would only report the dot in `.git`.
        [only] if is_git(only) => Err(Misplaced::new(
            UrlErrorKind::RepositoryWithoutWorkspace(Excerpt::new(only)),
            is_slug(without_git(only)).then(|| owned(None, Some(only))),
        )),
        [workspace, ..] if !is_workspace(workspace) => Err(Misplaced::new(
            UrlErrorKind::Workspace(Excerpt::new(workspace)),
            None,
        )),
        [workspace] => Ok(place(Some(workspace), None)),
        [_, repository, ..] if !is_slug(without_git(repository)) => Err(Misplaced::new(
            UrlErrorKind::CloudSlug(Excerpt::new(repository)),
            None,
        )),
        [workspace, repository] => Ok(place(Some(workspace), Some(repository))),
        [workspace, repository, third, ..] => {
            let kind = if CLOUD_PAGES.contains(third) {
                UrlErrorKind::CloudPage(Excerpt::new(third))
            } else {
                UrlErrorKind::CloudSegments
            };
            Err(Misplaced::new(
                kind,
                owned(Some(workspace), Some(repository)),
            ))
        }
    }
}

/// Parses a path on Data Center. Over SSH (`is_ssh`) it has no `scm`.
pub(crate) fn server(
    segments: &[&str],
    trailing_slash: bool,
    is_ssh: bool,
) -> Result<RepositoryPath, Misplaced> {
    let scm = segments
        .iter()
        .position(|segment| segment.eq_ignore_ascii_case("scm"))
        // If no marker is needed and nothing else can be the project, it is a project with that name.
        .filter(|_| !(is_ssh && matches!(segments, [_, repository] if is_git(repository))));
    let (before, after) = match scm {
        Some(index) => (
            segments.get(..index).unwrap_or_default(),
            segments.get(index + 1..).unwrap_or_default(),
        ),
        None => ([].as_slice(), segments),
    };
    if let Some(page) = page(after, scm.is_some() || is_ssh) {
        // The context path comes before a page, with or without `scm`.
        let context = if scm.is_some() { before } else { page.context };
        let meant = page
            .meant
            .filter(|_| context.iter().all(|segment| is_plain(segment)))
            .map(|place| in_context(place, context));
        return Err(Misplaced::new(page.kind, meant));
    }
    let mut place = in_scm(after, scm.is_some() || is_ssh)?;
    if scm.is_none() && !is_ssh {
        place.context = std::mem::take(&mut place.extra);
    } else {
        place.context = before.iter().map(|&segment| segment.to_owned()).collect();
    }
    place.scm = scm.is_some() && segments.contains(&"scm");
    place.trailing_slash = trailing_slash;
    match place.context.iter().find(|segment| !is_plain(segment)) {
        Some(odd) => Err(Misplaced::new(
            UrlErrorKind::ServerPage(Excerpt::new(odd)),
            None,
        )),
        None => Ok(place),
    }
}

/// Parses what follows `scm`, or the host if `scm` is missing: project and repository are the last two segments.
fn in_scm(segments: &[&str], scm: bool) -> Result<RepositoryPath, Misplaced> {
    // Clone URLs have no segments after one that ends with `.git`.
    let end = segments
        .iter()
        .position(|segment| is_git(segment))
        .map_or(segments.len(), |index| index + 1);
    if let (Some(head), Some(next)) = (segments.get(..end), segments.get(end)) {
        return Err(Misplaced::new(
            UrlErrorKind::AfterRepository(Excerpt::new(next)),
            in_scm(head, scm).ok(),
        ));
    }
    let (extra, owner, repository) = match segments {
        [] => return Ok(RepositoryPath::default()),
        [only] if is_git(only) => ([].as_slice(), None, Some(*only)),
        // Without `scm`, it is a project or the context path: keys are usually in capitals, context paths never.
        [only] if scm || looks_like_key(only) => ([].as_slice(), Some(*only), None),
        [_] => (segments, None, None),
        [extra @ .., owner, repository] => (extra, Some(*owner), Some(*repository)),
    };
    if let Some(owner) = owner
        && !is_key(owner)
    {
        let is_sound = |repository: &str| is_slug(without_git(repository));
        let meant = decoded(owner)
            .filter(|key| is_key(key) && repository.is_none_or(is_sound))
            .map(|key| owned(Some(&key), repository));
        return Err(Misplaced::new(
            UrlErrorKind::ProjectKey(Excerpt::new(owner)),
            meant,
        ));
    }
    if let Some(repository) = repository
        && !is_slug(without_git(repository))
    {
        return Err(Misplaced::new(
            UrlErrorKind::Slug(Excerpt::new(repository)),
            None,
        ));
    }
    if scm && let Some(odd) = extra.iter().find(|segment| !is_plain(segment)) {
        return Err(Misplaced::new(
            UrlErrorKind::ProjectKey(Excerpt::new(odd)),
            None,
        ));
    }
    Ok(RepositoryPath {
        extra: extra.iter().map(|&segment| segment.to_owned()).collect(),
        ..owned(owner, repository)
    })
}

/// A page of Data Center's website or its REST API.
struct Page<'a> {
    kind: UrlErrorKind,
    context: &'a [&'a str],
    meant: Option<RepositoryPath>,
}

/// Recognizes the pages of Data Center, also after one segment of context path. In a Git URL (`in_git_url`: over SSH or
/// under `scm`) any name other than that of a complete page may be a project's.
fn page<'a>(segments: &'a [&'a str], in_git_url: bool) -> Option<Page<'a>> {
    let (context, page) = context_and_page(segments, in_git_url)?;
    let named = |owner: &str, repository: Option<&str>| {
        let well_formed = is_key(owner) && repository.is_none_or(|slug| is_slug(without_git(slug)));
        Some(if well_formed {
            owned(Some(owner), repository)
        } else {
            RepositoryPath::default()
        })
    };
    let (kind, meant) = match page {
        // A repository in a project with such a name: /rest/web.git.
        [_, repository] if is_git(repository) => return None,
        ["projects", key, "repos", slug, ..] => {
            (UrlErrorKind::RepositoryPage, named(key, Some(slug)))
        }
        ["users", user, "repos", slug, ..] => (
            UrlErrorKind::PersonalPage,
            named(&format!("~{user}"), Some(slug)),
        ),
        ["rest", .., "projects", key, "repos", slug] => (
            UrlErrorKind::ServerPage(Excerpt::new("/rest/…")),
            named(key, Some(slug)),
        ),
        ["projects", key, ..] => (
            UrlErrorKind::ServerPage(Excerpt::new("/projects/…")),
            named(key, None),
        ),
        ["users", user, ..] => (
            UrlErrorKind::ServerPage(Excerpt::new("/users/…")),
            named(&format!("~{user}"), None),
        ),
        [first, ..] => (
            UrlErrorKind::ServerPage(Excerpt::new(&format!("/{first}"))),
            Some(RepositoryPath::default()),
        ),
        [] => return None,
    };
    Some(Page {
        kind,
        context,
        meant,
    })
}

/// Returns where a page begins, by its first segment, with the context path before it.
fn context_and_page<'a>(
    segments: &'a [&'a str],
    in_git_url: bool,
) -> Option<(&'a [&'a str], &'a [&'a str])> {
    match segments {
        ["projects" | "users", _, "repos", _, ..] => Some((&[], segments)),
        _ if in_git_url => None,
        [
            "projects" | "users" | "rest" | "plugins" | "dashboard" | "login",
            ..,
        ] => Some((&[], segments)),
        // A repository may have such a name: PROJ/rest.
        [_, "users" | "rest" | "plugins"] => None,
        [_, "projects" | "users" | "rest" | "plugins", ..] => segments.split_at_checked(1),
        _ => None,
    }
}

fn in_context(place: RepositoryPath, context: &[&str]) -> RepositoryPath {
    RepositoryPath {
        context: context.iter().map(|&segment| segment.to_owned()).collect(),
        scm: true,
        ..place
    }
}

fn owned(owner: Option<&str>, repository: Option<&str>) -> RepositoryPath {
    RepositoryPath {
        owner: owner.map(str::to_owned),
        repository: repository.map(|slug| without_git(slug).to_owned()),
        git_suffix: repository.is_some_and(is_git),
        ..RepositoryPath::default()
    }
}

fn is_git(segment: &str) -> bool {
    without_git(segment) != segment
}

fn without_git(slug: &str) -> &str {
    slug.strip_suffix(".git").unwrap_or(slug)
}

/// Returns whether a text is a workspace ID. Old ones may contain capitals.
fn is_workspace(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Returns whether a text is a repository slug without `.git`: never only dots, and never with the `~` of a personal
/// project.
fn is_slug(text: &str) -> bool {
    is_plain(text) && !text.contains('~')
}

/// Returns whether segments can be the end of a repository's URL, whatever comes before them: the last must be a slug,
/// and only a project before it may begin with `~`.
pub(crate) fn may_name_repository(segments: &[&str]) -> bool {
    let Some((slug, owners)) = segments.split_last() else {
        return false;
    };
    is_slug(without_git(slug))
        && owners
            .iter()
            .all(|owner| is_slug(owner.strip_prefix('~').unwrap_or(owner)))
}

/// Returns whether a text is a project key of Data Center, or `~user`.
fn is_key(text: &str) -> bool {
    match text.strip_prefix('~') {
        Some(user) => is_slug(user),
        None => {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        }
    }
}

/// Returns whether a text consists of letters, digits, and unescaped URL punctuation, and not only of dots.
fn is_plain(text: &str) -> bool {
    !text.chars().all(|c| c == '.')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
}

fn looks_like_key(text: &str) -> bool {
    text.starts_with('~')
        || (text.contains(|c: char| c.is_ascii_uppercase())
            && !text.contains(|c: char| c.is_ascii_lowercase()))
}

/// Decodes `%7Ejdoe`, as browsers write it, to `~jdoe`.
fn decoded(key: &str) -> Option<String> {
    key.strip_prefix("%7E")
        .or_else(|| key.strip_prefix("%7e"))
        .map(|user| format!("~{user}"))
}
