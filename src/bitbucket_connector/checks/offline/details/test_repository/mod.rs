//! Rules about `test_repository`: a path that, joined to the URL of the account, names a repository.
//!
//! A text has at most one fault. Those that depend on `url` are checked against the URL that is meant, where `url` itself
//! could not be read.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;
use tf_provider::value::Value;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Protocol, UrlType, join, may_name_repository,
};
use crate::harness::leaked_secret;
use crate::harness::wording::{hcl, shown};

const SERVER: &str =
    "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"";

const SETTING: &str = "test_repository";

pub(crate) static RULES: &[Rule] = &[
    Rule::error("R01", SETTING, check)
        .summary("Missing test_repository")
        .says("`url_type` is `Account`, and `test_repository` is not given.")
        .because("Harness then tests API access at most: whether it can read repositories shows in a pipeline only.")
        .example("test_repository = null", r#"test_repository = "web.git""#),
    Rule::warning("R02", SETTING, check)
        .summary("Test repository without effect")
        .says("`test_repository` is given, and `url_type` is `Repository`.")
        .because("Harness tests the repository of `url` then, and does not look at this one.")
        .example(
            "url_type = \"Repository\"\nurl      = \"https://bitbucket.org/acme/web.git\"",
            "url_type        = \"Repository\"\nurl             = \"https://bitbucket.org/acme/web.git\"\ntest_repository = null",
        ),
    Rule::error("R03", SETTING, check)
        .summary("Empty test_repository")
        .says("`test_repository` has no text in it.")
        .because("Harness needs a repository to test.")
        .example(r#"test_repository = """#, r#"test_repository = "web.git""#),
    Rule::error("R04", SETTING, check)
        .summary("URL as test_repository")
        .says("`test_repository` is a URL.")
        .because("Harness adds it to `url`, so that it must be what follows there.")
        .example(
            r#"test_repository = "https://bitbucket.org/acme/web.git""#,
            r#"test_repository = "web.git""#,
        ),
    Rule::error("R05", SETTING, check)
        .summary("Workspace in test_repository")
        .says("`test_repository` has a `/` in it, and `url` has the workspace already.")
        .because("Harness adds it to `url`: the workspace would stand there twice.")
        .example(r#"test_repository = "acme/web.git""#, r#"test_repository = "web.git""#),
    Rule::error("R06", SETTING, check)
        .summary("No workspace in test_repository")
        .says("Neither `url` nor `test_repository` has the workspace.")
        .because("On Bitbucket Cloud every repository lives in a workspace.")
        .example(
            "url             = \"https://bitbucket.org\"\ntest_repository = \"web.git\"",
            "url             = \"https://bitbucket.org/acme/\"\ntest_repository = \"web.git\"",
        ),
    Rule::error("R07", SETTING, check)
        .summary("No project in test_repository")
        .says("Neither `url` nor `test_repository` has the project key.")
        .because("On Data Center every repository lives in a project.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"shop.git\"",
            SERVER,
        ),
    Rule::error("R08", SETTING, check)
        .summary("Project named twice")
        .says("`url` has the project already, and `test_repository` has it too.")
        .because("Harness adds it to `url`: the project would stand there twice.")
        .example(
            "url             = \"https://bb.acme.com/scm/WEB/\"\ntest_repository = \"WEB/shop.git\"",
            SERVER,
        ),
    Rule::error("R09", SETTING, check)
        .summary("scm in test_repository")
        .says("`test_repository` starts with `scm/`.")
        .because("`url` ends with it already (or, over SSH, there is none), and Harness adds one to the other.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"scm/WEB/shop.git\"",
            SERVER,
        ),
    Rule::error("R10", SETTING, check)
        .summary("Browser path as test_repository")
        .says("`test_repository` is the path of a page: `projects/…/repos/…`.")
        .because("Git knows a repository as project key and slug.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"projects/WEB/repos/shop\"",
            SERVER,
        ),
    Rule::error("R11", SETTING, check)
        .summary("Not a repository path")
        .says("`test_repository` is not a repository path: too many parts, or characters that no slug or key has.")
        .because("Slugs consist of letters, digits, `.`, `_` and `-`; they stand in the clone URL, and names may \
                  differ.")
        .example(r#"test_repository = "my web""#, r#"test_repository = "web.git""#),
    Rule::warning("R12", SETTING, check)
        .summary("Slashes around test_repository")
        .says("`test_repository` starts or ends with `/`.")
        .because("Harness strips leading slashes only.")
        .example(r#"test_repository = "web.git/""#, r#"test_repository = "web.git""#),
    Rule::error("R13", SETTING, check)
        .summary("Placeholder in test_repository")
        .says("`test_repository` has `<` or `>` in it: a placeholder or an expression.")
        .because("Connector settings take fixed values.")
        .example(r#"test_repository = "<repo-name>.git""#, r#"test_repository = "web.git""#),
];

/// What is wrong with a test repository.
struct Mistake {
    id: &'static str,
    /// One or two sentences.
    found: String,
    /// What to write instead; with placeholders in it, it is no suggestion.
    instead: Option<String>,
}

impl Mistake {
    fn new(id: &'static str, found: impl Into<String>, instead: Option<String>) -> Self {
        Self {
            id,
            found: found.into(),
            instead,
        }
    }
}

/// Pushes the mistake, if it is that of the rule.
fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let rule = findings.rule();
    let Some(mistake) = mistake(input).filter(|mistake| mistake.id == rule.id) else {
        return;
    };
    let found = mistake.found;
    // It is `url` that has too much in it, and X06 or X15 would say so next.
    if let ("R08", Some(url)) = (rule.id, input.url()) {
        let account = url.fixed(input.url_type(), input.connection_type());
        let write = format!(
            "The URL of an account stops before the project: write `url = {}`.",
            hcl(account.text())
        );
        let pushed = findings.push(SETTING, rule.summary, format!("{found} {write}"));
        if let Some(account) = account.complete() {
            pushed.suggest("url", account);
        }
        return;
    }
    if let Some(text) = mistake.instead {
        let detail = format!("{found} Write `test_repository = {}`.", hcl(&text));
        let pushed = findings.push(SETTING, rule.summary, detail);
        if !text.contains('<') {
            pushed.suggest(SETTING, text);
        }
    } else {
        let pushed = findings.push(SETTING, rule.summary, found);
        if rule.id == "R02" {
            pushed.suggest(SETTING, Value::Null);
        }
    }
}

/// Whether `text` is the right test repository beside the account's `url`.
pub(super) fn fits(url: &BitbucketUrl, text: &str) -> bool {
    of_text(text, Some(url)).is_none()
}

fn mistake(input: &Input<'_>) -> Option<Mistake> {
    let url = input.address();
    match (input.url_type()?, &input.model.test_repository) {
        (_, Field::Unknown) | (UrlType::Repository, Field::Null) => None,
        (UrlType::Repository, Field::Known(_)) => {
            // Where `url` names no repository, it is `url_type` that is wrong.
            let is_effect = input.lacks_repository();
            (!is_effect).then(|| Mistake {
                id: "R02",
                found: "`url_type` is \"Repository\": Harness tests the repository of `url`, and `test_repository` has no \
                        effect. Leave it out."
                    .to_owned(),
                instead: None,
            })
        }
        // The repository that is too many in `url` belongs here; the finding about `url` says so.
        (UrlType::Account, _) if input.has_repository_too_many() => None,
        (UrlType::Account, Field::Null) => Some(Mistake {
            id: "R01",
            found: format!(
                "`url_type` is \"Account\", and `test_repository` is not given: Harness would not test whether it can read \
                 the account's repositories. Name one of them, as it follows `url`: test_repository = {}.",
                forms(url)
            ),
            instead: None,
        }),
        (UrlType::Account, Field::Known(text)) => {
            // The project that will be cut from an unreadable `url` may stand here or not: the finding about the URL says so.
            let url = url.filter(|url| input.url().is_some() || url.project().is_none());
            of_text(text, url)
        }
    }
}

/// How a test repository looks beside `url`.
fn forms(url: Option<&BitbucketUrl>) -> String {
    url.map_or_else(
        || {
            "\"<repository>.git\" on Bitbucket Cloud, \"<PROJECT>/<repository>.git\" on Data Center"
                .to_owned()
        },
        |url| hcl(&form(url, "<repository>")),
    )
}

/// The repository as it follows `url`, with placeholders for what `url` lacks and `slug` does not say.
fn form(url: &BitbucketUrl, slug: &str) -> String {
    let slug = slug.strip_suffix(".git").unwrap_or(slug);
    match (url.deployment(), url.owner()) {
        (_, Some(_)) => format!("{slug}.git"),
        (Deployment::Cloud, None) => format!("<workspace>/{slug}.git"),
        (Deployment::DataCenter, None) => format!("<PROJECT>/{slug}.git"),
    }
}

/// The repository of `owner` as it follows `url`.
fn owned(url: Option<&BitbucketUrl>, owner: &str, slug: &str) -> String {
    let slug = slug.strip_suffix(".git").unwrap_or(slug);
    if url.is_some_and(|url| url.owner().is_some()) {
        format!("{slug}.git")
    } else {
        format!("{owner}/{slug}.git")
    }
}

fn of_text(text: &str, url: Option<&BitbucketUrl>) -> Option<Mistake> {
    let found = in_text(text, url)?;
    // A repository may well be called by a hash; where it is not found to be one, it may be a token.
    Some(match leaked_secret::recognise(text) {
        Some(_) if !matches!(found.id, "R11" | "R13") => odd(text, url),
        _ => found,
    })
}

/// What is wrong with the text, the first of what follows: that it is no path, that it is none beside `url`, and what is
/// around it.
fn in_text(text: &str, url: Option<&BitbucketUrl>) -> Option<Mistake> {
    if text.trim().is_empty() {
        let found = format!(
            "`test_repository` has no text in it. Name a repository, as it follows `url`: {}.",
            forms(url)
        );
        return Some(Mistake::new("R03", found, None));
    }
    if leaked_secret::recognise_kind(text).is_some() {
        let found = format!(
            "`test_repository` is {}, and not a repository path such as {}.",
            shown(text),
            forms(url)
        );
        return Some(Mistake::new("R11", found, None));
    }
    if text.contains(['<', '>']) {
        let found = format!(
            "`test_repository` still has a placeholder or an expression in it. Name a repository that exists, as it follows \
             `url`: {}.",
            forms(url)
        );
        return Some(Mistake::new("R13", found, None));
    }
    if is_url(text) {
        return Some(whole_url(text, url));
    }
    let trimmed = text.trim_matches(|c: char| c == '/' || c.is_whitespace());
    let segments: Vec<&str> = trimmed.split('/').collect();
    if let [page @ ("projects" | "users"), owner, "repos", slug, ..] = segments.as_slice() {
        return Some(page_of(*page == "users", owner, slug, url));
    }
    if !may_name_repository(&segments) {
        return Some(odd(text, url));
    }
    let beside = url.and_then(|url| beside(text, &segments, url));
    beside.or_else(|| around(text, trimmed))
}

/// R04: a URL where a path belongs.
fn whole_url(text: &str, url: Option<&BitbucketUrl>) -> Mistake {
    let named = match BitbucketUrl::parse(text) {
        Ok(url) => Some(url),
        Err(error) => error.meant().cloned(),
    };
    let instead = named.and_then(|named| {
        let slug = named.repository()?;
        let is_there = url.is_none_or(|url| url.deployment() == named.deployment());
        is_there.then(|| named.owner().map(|owner| owned(url, owner, slug)))?
    });
    let found = "`test_repository` is a URL. Harness adds it to `url`, so that it must be a path.";
    let found = match instead {
        Some(_) => found.to_owned(),
        None => format!("{found} Write what follows `url`: {}.", forms(url)),
    };
    Mistake::new("R04", found, instead)
}

/// R10: the path of a page in the browser, of a project's repository or a person's.
fn page_of(is_personal: bool, owner: &str, slug: &str, url: Option<&BitbucketUrl>) -> Mistake {
    let owner = format!("{}{owner}", if is_personal { "~" } else { "" });
    let found = "`test_repository` is the path of a page in the browser.";
    if may_name_repository(&[&owner, slug]) {
        return Mistake::new("R10", found, Some(owned(url, &owner, slug)));
    }
    let found = format!(
        "{found} Write a repository as it follows `url`: {}.",
        forms(url)
    );
    Mistake::new("R10", found, None)
}

/// What is around a path that is in order.
fn around(text: &str, trimmed: &str) -> Option<Mistake> {
    let (id, found) = if trimmed != text.trim() {
        (
            "R12",
            "`test_repository` starts or ends with a slash, of which Harness strips leading ones only.",
        )
    } else if trimmed != text {
        ("R11", "`test_repository` has blanks around it.")
    } else {
        return None;
    };
    Some(Mistake::new(id, found, Some(trimmed.to_owned())))
}

/// What is wrong with the path `segments` beside `url`: each row is what `url` is, who owns the repository according to
/// `url`, and what the path has; together they name owner and repository exactly once.
fn beside(text: &str, segments: &[&str], url: &BitbucketUrl) -> Option<Mistake> {
    let mistake = |id, found: String, instead| Some(Mistake::new(id, found, instead));
    let is_cloud = url.deployment() == Deployment::Cloud;
    let joined = join(&url.without_user(), text);
    match (is_cloud, url.owner(), segments) {
        (false, _, ["scm", rest @ ..]) if !rest.is_empty() => {
            let place = match url.protocol() {
                Protocol::Ssh => "over SSH there is no such path",
                Protocol::Http { .. } => "that belongs to the end of `url`",
            };
            let found = format!("`test_repository` starts with scm/, and {place}.");
            let instead = match rest {
                [owner, slug] => Some(owned(Some(url), owner, slug)),
                _ => Some(form(url, rest.last()?)),
            };
            mistake("R09", found, instead)
        }
        (_, Some(_), [_]) | (_, None, [_, _]) => well_formed(text, segments, url),
        (true, Some(workspace), [_, slug] ) => mistake(
            "R05",
            format!(
                "`url` has the workspace {} already; Harness would try {}.",
                hcl(workspace),
                hcl(&joined)
            ),
            Some(form(url, slug)),
        ),
        // Over SSH it is `url` that must have the workspace, and its rules say so.
        (true, None, [_]) if url.protocol() == Protocol::Ssh => None,
        (true, None, [slug]) => mistake(
            "R06",
            "`url` has no workspace, so that `test_repository` must name it.".to_owned(),
            Some(form(url, slug)),
        ),
        (false, None, [slug]) => mistake(
            "R07",
            "On Data Center a repository lives in a project, and `test_repository` must name its key.".to_owned(),
            Some(form(url, slug)),
        ),
        (false, Some(project), [_, _]) => mistake(
            "R08",
            format!(
                "`url` has the project {} already; Harness would try {}.",
                hcl(project),
                hcl(&joined)
            ),
            None,
        ),
        _ => Some(odd(text, Some(url))),
    }
}

/// Checks owner and slug as those of a URL are checked, by reading the two together.
fn well_formed(text: &str, segments: &[&str], url: &BitbucketUrl) -> Option<Mistake> {
    let is_valid = url.with_repository(&segments.join("/")).is_some();
    (!is_valid).then(|| odd(text, Some(url)))
}

fn odd(text: &str, url: Option<&BitbucketUrl>) -> Mistake {
    Mistake {
        id: "R11",
        found: format!(
            "`test_repository` is {}, which is not a repository path. Write a repository as it follows `url`: {}.",
            shown(text),
            forms(url)
        ),
        instead: None,
    }
}

fn is_url(text: &str) -> bool {
    text.contains("://")
        || text.contains('@')
        || ["bitbucket.org/", "www.bitbucket.org/", "bitbucket.org:"]
            .iter()
            .any(|host| text.starts_with(host))
}
