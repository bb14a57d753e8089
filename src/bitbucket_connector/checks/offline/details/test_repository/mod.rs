//! Rules about `test_repository`: a path that, joined to the account's URL, names a repository.
//!
//! At most one mistake is reported per text. Rules that depend on `url` use the intended URL if `url` itself is
//! invalid.

#[cfg(test)]
pub(crate) mod tests;

use tf_provider::field::Field;
use tf_provider::value::Value;

use crate::bitbucket_connector::checks::offline::input::{Findings, Input, Rule};
use crate::bitbucket_connector::connector::url::{
    BitbucketUrl, Deployment, Protocol, UrlType, join, may_name_repository,
};
use crate::harness::leaked_secret;
use crate::harness::wording::{hcl, hcl_of_repository, shown};

const SERVER: &str =
    "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"WEB/shop.git\"";

const SETTING: &str = "test_repository";

pub(crate) static RULES: &[Rule] = &[
    Rule::error("R01", SETTING, check)
        .summary("Missing test_repository")
        .says("`url_type` is `Account`, but `test_repository` is not set.")
        .because("Harness then tests only API access, if there is any. Whether it can read repositories shows only when \
                  a pipeline runs.")
        .example("test_repository = null", r#"test_repository = "web.git""#),
    Rule::warning("R02", SETTING, check)
        .summary("test_repository has no effect")
        .says("`test_repository` is set, but `url_type` is `Repository`.")
        .because("Harness then tests the repository in `url` and ignores this one.")
        .example(
            "url_type = \"Repository\"\nurl      = \"https://bitbucket.org/acme/web.git\"",
            "url_type        = \"Repository\"\nurl             = \"https://bitbucket.org/acme/web.git\"\ntest_repository = null",
        ),
    Rule::error("R03", SETTING, check)
        .summary("Empty test_repository")
        .says("`test_repository` is empty.")
        .because("Harness needs a repository to test.")
        .example(r#"test_repository = """#, r#"test_repository = "web.git""#),
    Rule::error("R04", SETTING, check)
        .summary("URL in test_repository")
        .says("`test_repository` is a URL.")
        .because("Harness appends it to `url`, so it must be the path that follows `url`.")
        .example(
            r#"test_repository = "https://bitbucket.org/acme/web.git""#,
            r#"test_repository = "web.git""#,
        ),
    Rule::error("R05", SETTING, check)
        .summary("Workspace in test_repository")
        .says("`test_repository` contains the workspace, which `url` already contains.")
        .because("Harness appends it to `url`, so the result would contain the workspace twice.")
        .example(r#"test_repository = "acme/web.git""#, r#"test_repository = "web.git""#),
    Rule::error("R06", SETTING, check)
        .summary("Workspace missing from test_repository")
        .says("Neither `url` nor `test_repository` contains the workspace.")
        .because("On Bitbucket Cloud, every repository belongs to a workspace.")
        .example(
            "url             = \"https://bitbucket.org\"\ntest_repository = \"web.git\"",
            "url             = \"https://bitbucket.org/acme/\"\ntest_repository = \"web.git\"",
        ),
    Rule::error("R07", SETTING, check)
        .summary("Project missing from test_repository")
        .says("Neither `url` nor `test_repository` contains the project key.")
        .because("On Data Center, every repository belongs to a project.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"shop.git\"",
            SERVER,
        ),
    Rule::error("R08", SETTING, check)
        .summary("Project in both url and test_repository")
        .says("Both `url` and `test_repository` contain the project.")
        .because("Harness appends `test_repository` to `url`, so the result would contain the project twice.")
        .example(
            "url             = \"https://bb.acme.com/scm/WEB/\"\ntest_repository = \"WEB/shop.git\"",
            SERVER,
        ),
    Rule::error("R09", SETTING, check)
        .summary("scm/ in test_repository")
        .says("`test_repository` starts with `scm/`.")
        .because("Harness appends it to `url`, which already ends with `scm/`. SSH URLs do not contain `scm/`.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"scm/WEB/shop.git\"",
            SERVER,
        ),
    Rule::error("R10", SETTING, check)
        .summary("Browser path in test_repository")
        .says("`test_repository` is the path of a web page: `projects/…/repos/…`.")
        .because("In Git, the path of a repository consists of the project key and the slug.")
        .example(
            "url             = \"https://bb.acme.com/scm/\"\ntest_repository = \"projects/WEB/repos/shop\"",
            SERVER,
        ),
    Rule::error("R11", SETTING, check)
        .summary("Invalid test_repository")
        .says("`test_repository` is not a repository path: it has too many parts or invalid characters.")
        .because("A slug consists of letters, digits, `.`, `_`, and `-`. The clone URL contains it; the repository's name \
                  may differ.")
        .example(r#"test_repository = "my web""#, r#"test_repository = "web.git""#),
    Rule::warning("R12", SETTING, check)
        .summary("Leading or trailing slash in test_repository")
        .says("`test_repository` starts or ends with `/`.")
        .because("Harness removes only leading slashes.")
        .example(r#"test_repository = "web.git/""#, r#"test_repository = "web.git""#),
    Rule::error("R13", SETTING, check)
        .summary("Placeholder in test_repository")
        .says("`test_repository` contains `<` or `>`: a placeholder or an expression.")
        .because("Connector settings take fixed values.")
        .example(r#"test_repository = "<repo-name>.git""#, r#"test_repository = "web.git""#),
];

/// What is wrong with a test repository.
struct Mistake {
    id: &'static str,
    /// What was found; where `instead` is not known, also what to write.
    found: String,
    /// What to write instead; a text with placeholders is not a suggestion.
    instead: Option<String>,
    /// Why it is wrong; empty if that is plain.
    why: String,
}

impl Mistake {
    fn new(id: &'static str, found: impl Into<String>, instead: Option<String>) -> Self {
        Self {
            id,
            found: found.into(),
            instead,
            why: String::new(),
        }
    }

    fn because(self, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { why, ..self }
    }
}

/// Reports the mistake, if it belongs to the rule.
fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let rule = findings.rule();
    let Some(mistake) = mistake(input).filter(|mistake| mistake.id == rule.id) else {
        return;
    };
    let found = mistake.found;
    // `url` is too long, which X06 or X15 would report next.
    if let ("R08", Some(url)) = (rule.id, input.url()) {
        let account = url.fixed(input.url_type(), input.connection_type());
        let write = format!(
            "Write `url = {}`: the URL of an account does not contain a project.",
            hcl(account.text())
        );
        let pushed = findings
            .push(SETTING, rule.summary, format!("{found} {write}"))
            .note(mistake.why);
        if let Some(account) = account.complete() {
            pushed.suggest("url", account);
        }
        return;
    }
    let detail = match &mistake.instead {
        Some(text) => format!(
            "{found} Write `test_repository = {}`.",
            hcl_of_repository(text)
        ),
        None => found,
    };
    let mut pushed = findings.push(SETTING, rule.summary, detail);
    if !mistake.why.is_empty() {
        pushed = pushed.note(mistake.why);
    }
    match mistake.instead {
        Some(text) if !text.contains('<') => drop(pushed.suggest(SETTING, text)),
        None if rule.id == "R02" => drop(pushed.suggest(SETTING, Value::Null)),
        _ => {}
    }
}

/// Returns whether `text` is a valid test repository for the account's `url`.
pub(super) fn fits(url: &BitbucketUrl, text: &str) -> bool {
    of_text(text, Some(url)).is_none()
}

fn mistake(input: &Input<'_>) -> Option<Mistake> {
    let url = input.address();
    match (input.url_type()?, &input.model.test_repository) {
        (_, Field::Unknown) | (UrlType::Repository, Field::Null) => None,
        (UrlType::Repository, Field::Known(_)) => {
            // If `url` names no repository, `url_type` is wrong.
            let is_effect = input.lacks_repository();
            (!is_effect).then(|| {
                let found = "`test_repository` is set, but `url_type` is \"Repository\". Remove `test_repository`: Harness \
                             tests the repository in `url`.";
                Mistake::new("R02", found, None)
            })
        }
        // The superfluous repository in `url` belongs here; the diagnostic about `url` says so.
        (UrlType::Account, _) if input.has_repository_too_many() => None,
        (UrlType::Account, Field::Null) => {
            let found = format!(
                "`url_type` is \"Account\", but `test_repository` is not set. {}",
                write(url)
            );
            let why = "Without it, Harness does not test whether it can read repositories.";
            Some(Mistake::new("R01", found, None).because(why))
        }
        (UrlType::Account, Field::Known(text)) => {
            // The project that will be removed from an invalid `url` may or may not be here; the diagnostic about the
            // URL says so.
            let url = url.filter(|url| input.url().is_some() || url.project().is_none());
            of_text(text, url)
        }
    }
}

/// Returns what to write where the repository is not known.
fn write(url: Option<&BitbucketUrl>) -> String {
    format!(
        "Write the path of a repository as it follows `url`: {}.",
        forms(url)
    )
}

/// Returns the form of a test repository for `url`.
fn forms(url: Option<&BitbucketUrl>) -> String {
    url.map_or_else(
        || {
            "\"<repository>.git\" on Bitbucket Cloud, \"<PROJECT>/<repository>.git\" on Data Center"
                .to_owned()
        },
        |url| hcl(&form(url, "<repository>")),
    )
}

/// Returns the repository path after `url`, with placeholders for what neither `url` nor `slug` contains.
fn form(url: &BitbucketUrl, slug: &str) -> String {
    let slug = slug.strip_suffix(".git").unwrap_or(slug);
    match (url.deployment(), url.owner()) {
        (_, Some(_)) => format!("{slug}.git"),
        (Deployment::Cloud, None) => format!("<workspace>/{slug}.git"),
        (Deployment::DataCenter, None) => format!("<PROJECT>/{slug}.git"),
    }
}

/// Returns the path of the repository of `owner` after `url`.
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
    // A repository may be named after a hash; otherwise, the text may be a token.
    Some(match leaked_secret::recognize(text) {
        Some(_) if !matches!(found.id, "R11" | "R13") => odd(text, url),
        _ => found,
    })
}

/// Returns the first mistake in the text, in this order: it is not a path, it does not match `url`, it has extra text
/// around it.
fn in_text(text: &str, url: Option<&BitbucketUrl>) -> Option<Mistake> {
    if text.trim().is_empty() {
        let found = format!("`test_repository` is empty. {}", write(url));
        return Some(Mistake::new("R03", found, None));
    }
    if leaked_secret::recognize_kind(text).is_some() {
        let found = format!("`test_repository` is {}. {}", shown(text), write(url));
        return Some(Mistake::new("R11", found, None));
    }
    if text.contains(['<', '>']) {
        let found = format!(
            "`test_repository` contains a placeholder or an expression. {}",
            write(url)
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

/// R04: a URL instead of a path.
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
    let found = "`test_repository` is a URL.";
    let found = match instead {
        Some(_) => found.to_owned(),
        None => format!("{found} {}", write(url)),
    };
    Mistake::new("R04", found, instead).because("Harness appends it to `url`.")
}

/// R10: the path of a browser page about a project's or a user's repository.
fn page_of(is_personal: bool, owner: &str, slug: &str, url: Option<&BitbucketUrl>) -> Mistake {
    let owner = format!("{}{owner}", if is_personal { "~" } else { "" });
    let found = "`test_repository` is the path of a web page.";
    if may_name_repository(&[&owner, slug]) {
        return Mistake::new("R10", found, Some(owned(url, &owner, slug)));
    }
    Mistake::new("R10", format!("{found} {}", write(url)), None)
}

/// Returns the mistake of extra text around a valid path.
fn around(text: &str, trimmed: &str) -> Option<Mistake> {
    let instead = Some(trimmed.to_owned());
    if trimmed != text.trim() {
        let found = "`test_repository` starts or ends with a slash.";
        let why = "Harness removes only leading slashes.";
        Some(Mistake::new("R12", found, instead).because(why))
    } else if trimmed != text {
        let found = "`test_repository` starts or ends with whitespace.";
        Some(Mistake::new("R11", found, instead))
    } else {
        None
    }
}

/// Returns what is wrong with the path `segments` after `url`. Each row has what `url` is, the repository's owner
/// according to `url`, and what the path contains; together they must name owner and repository exactly once.
fn beside(text: &str, segments: &[&str], url: &BitbucketUrl) -> Option<Mistake> {
    let mistake =
        |id, found: &str, instead, why: &str| Some(Mistake::new(id, found, instead).because(why));
    let is_cloud = url.deployment() == Deployment::Cloud;
    let joined = join(&url.without_user(), text);
    let would_try = format!("Harness would look for {}.", hcl_of_repository(&joined));
    match (is_cloud, url.owner(), segments) {
        (false, _, ["scm", rest @ ..]) if !rest.is_empty() => {
            let why = match url.protocol() {
                Protocol::Ssh => "SSH URLs do not contain scm/.",
                Protocol::Http { .. } => "scm/ belongs at the end of `url`.",
            };
            let instead = match rest {
                [owner, slug] => Some(owned(Some(url), owner, slug)),
                _ => Some(form(url, rest.last()?)),
            };
            mistake("R09", "`test_repository` starts with scm/.", instead, why)
        }
        (_, Some(_), [_]) | (_, None, [_, _]) => well_formed(text, segments, url),
        (true, Some(workspace), [_, slug]) => mistake(
            "R05",
            &format!("`url` already contains the workspace {}.", hcl(workspace)),
            Some(form(url, slug)),
            &would_try,
        ),
        // Over SSH, `url` must contain the workspace, which its rules report.
        (true, None, [_]) if url.protocol() == Protocol::Ssh => None,
        (true, None, [slug]) => mistake(
            "R06",
            "Neither `url` nor `test_repository` contains the workspace.",
            Some(form(url, slug)),
            "On Bitbucket Cloud, every repository belongs to a workspace.",
        ),
        (false, None, [slug]) => mistake(
            "R07",
            "Neither `url` nor `test_repository` contains the project key.",
            Some(form(url, slug)),
            "On Data Center, every repository belongs to a project.",
        ),
        (false, Some(project), [_, _]) => mistake(
            "R08",
            &format!("`url` already contains the project {}.", hcl(project)),
            None,
            &would_try,
        ),
        _ => Some(odd(text, Some(url))),
    }
}

/// Checks owner and slug like those in a URL, by parsing the two together.
fn well_formed(text: &str, segments: &[&str], url: &BitbucketUrl) -> Option<Mistake> {
    let is_valid = url.with_repository(&segments.join("/")).is_some();
    (!is_valid).then(|| odd(text, Some(url)))
}

fn odd(text: &str, url: Option<&BitbucketUrl>) -> Mistake {
    let found = format!(
        "`test_repository` is {}, which is not a repository path. {}",
        shown(text),
        write(url)
    );
    let why =
        "A slug consists of letters, digits, \".\", \"_\", and \"-\"; copy it from the clone URL.";
    Mistake::new("R11", found, None).because(why)
}

fn is_url(text: &str) -> bool {
    text.contains("://")
        || text.contains('@')
        || ["bitbucket.org/", "www.bitbucket.org/", "bitbucket.org:"]
            .iter()
            .any(|host| text.starts_with(host))
}
