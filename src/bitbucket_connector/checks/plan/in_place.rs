//! The rules about changes in place that remove what a connector's users rely on.
//!
//! Each has its own id, because each asks a different question of the reviewer, and has its own argument. The users are
//! the same for all: the first finding lists them, and the others refer to it.

use harness_platform::Usage;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::usage;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::url::{BitbucketUrl, Deployment, UrlType};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::harness::wording::{hcl, joined, shown, written};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L06", "url_type", |input, findings| {
        find(input, findings, Hit::url_type);
    })
    .says("The URL type of a connector in use changes.")
    .because("Users of an account connector name the repository that they need. A repository connector has only one, and its \
              users need not name it.")
    .example(
        r#"url_type        = "Repository"
url             = "https://bitbucket.org/acme/web.git"
test_repository = null"#,
        r#"url_type        = "Account"
url             = "https://bitbucket.org/acme/"
test_repository = "web.git""#,
    )
    .when(Circumstance::Existing),
    Rule::warning("L07", "url", |input, findings| {
        find(input, findings, Hit::url);
    })
    .says("The URL of a connector in use changes to another host, workspace, project, or repository.")
    .because("From their next run on, users of the connector clone from the new place. Another URL of the same repository \
              (HTTP or SSH, another port, with or without `.git`) is not reported.")
    .example(
        r#"url = "https://bitbucket.org/acme-archive/""#,
        r#"url = "https://bitbucket.org/acme""#,
    )
    .when(Circumstance::Existing),
    Rule::warning("L08", "connectivity_mode", |input, findings| {
        find(input, findings, Hit::connectivity_mode);
    })
    .says("The connectivity mode of a connector in use changes.")
    .because("Harness then connects to Bitbucket from another network: through a delegate, or from its own cloud. Firewalls \
              and IP allowlists may allow only one of them, and builds on Harness Cloud need `Platform`.")
    .example(
        r#"connectivity_mode = "Platform""#,
        r#"connectivity_mode = "Delegate""#,
    )
    .when(Circumstance::Existing),
    // An error under `strict` if a trigger is among the users, because Harness's documentation requires API access for
    // them. All other changes in place may have been prepared at the other end, which this provider cannot see.
    Rule::warning("L09", "api_access", |input, findings| {
        find(input, findings, Hit::api_access);
    })
    .says("API access of a connector in use is removed.")
    .because("Git triggers, build statuses, and pipelines stored in Git need it; clones do not. A change to another type of \
              API access is not reported. If a trigger uses the connector, it will fail, so `strict` makes this an error.")
    .example(
        r#"delegate_selectors = ["eu"]"#,
        r#"delegate_selectors = ["eu"]
api_access {
  email_and_api_token {
    email     = "jane@acme.com"
    token_ref = "account.bitbucket_api_token"
  }
}"#,
    )
    .when(Circumstance::ExistingWithApiAccess),
];

/// What a change in place does to the users of a connector.
#[derive(Debug)]
struct Hit {
    argument: &'static str,
    /// What the connector will do; completes the summary.
    fate: &'static str,
    /// What the change does to the argument: a predicate.
    change: String,
    /// What that means for the users, as sentences.
    means: String,
    /// Whether triggers certainly fail.
    stops_triggers: bool,
}

/// A constructor of [`Hit`]: what a change from the first to the second model does, if anything.
type Look = fn(&Model, &Model) -> Option<Hit>;

/// What changes in place can do to users, in the order of the schema.
const LOOKS: [Look; 4] = [
    Hit::url_type,
    Hit::url,
    Hit::connectivity_mode,
    Hit::api_access,
];

/// Returns whether a change in place affects the connector's users, if there are any.
pub(crate) fn hits_users(prior: &Model, planned: &Model) -> bool {
    LOOKS.iter().any(|look| look(prior, planned).is_some())
}

fn find(input: &PlanInput<'_>, findings: &mut Findings<'_>, look: Look) {
    let PlannedChange::Update { prior, planned } = input.change else {
        return;
    };
    let (Some(hit), Some(connector)) = (look(prior, planned), input::connector(prior)) else {
        return;
    };
    let Some(found) = &input.answers.usage else {
        return;
    };
    let Some(users) = usage::named(found, "the connector") else {
        return;
    };
    let mut hits = LOOKS.iter().filter_map(|look| look(prior, planned));
    let users = match hits.next() {
        Some(first) if first.argument != hit.argument => format!(
            "The warning about `{}` lists what uses the connector.",
            first.argument
        ),
        _ => users,
    };
    let id = hcl(&connector.identifier);
    let pushed = findings.push(
        hit.argument,
        format!("Connector {id} in use will {}", hit.fate),
        format!(
            "`{}` {}. {}\n\n{users}",
            hit.argument, hit.change, hit.means
        ),
    );
    if hit.stops_triggers && has_trigger(found) {
        pushed.raised_by_strict();
    }
}

fn has_trigger(usage: &Usage) -> bool {
    usage.referrers.iter().any(|user| user.kind == "Triggers")
}

impl Hit {
    fn url_type(prior: &Model, planned: &Model) -> Option<Self> {
        let (old, new) = (url_type(prior)?, url_type(planned)?);
        let means = match (old, new) {
            (UrlType::Account, UrlType::Repository) => {
                let repository = url(planned).and_then(|url| written(url.repository()?));
                format!(
                    "Users of an account connector name a repository, and this connector will have only {}. Check that none \
                     of them needs another one.",
                    repository.unwrap_or_else(|| "one".to_owned())
                )
            }
            (UrlType::Repository, UrlType::Account) => {
                "Users of a repository connector need not name a repository; users of an account connector must. Name it \
                 wherever the connector is used, or keep this connector and create another one for the account."
                    .to_owned()
            }
            _ => return None,
        };
        Some(Self {
            argument: "url_type",
            fate: "change URL type",
            change: changes(old.name(), new.name()),
            means,
            stops_triggers: false,
        })
    }

    /// Checks for a change of the URL. Another port or context path does not count: Data Center has other ones for SSH
    /// than for HTTP, and gets new ones with a certificate or a proxy.
    fn url(prior: &Model, planned: &Model) -> Option<Self> {
        let (old, new) = (url(prior)?, url(planned)?);
        let owner = match new.deployment() {
            Deployment::Cloud => "workspace",
            Deployment::DataCenter => "project",
        };
        let same_type = url_type(prior) == url_type(planned);
        let parts = [
            ("host", Some(host(&old)), Some(host(&new))),
            (owner, old.owner(), new.owner()),
            // If the URL type changes, the repository appears or disappears, which another rule reports.
            (
                "repository",
                old.repository().filter(|_| same_type),
                new.repository().filter(|_| same_type),
            ),
        ];
        let quoted = |part: Option<&str>| part.map_or("none".to_owned(), shown);
        // Bitbucket ignores case in workspaces, projects, and repositories.
        let lower = |part: Option<&str>| part.map(str::to_ascii_lowercase);
        let changed: Vec<String> = parts
            .into_iter()
            .filter(|(_, old, new)| lower(*old) != lower(*new))
            .map(|(part, old, new)| format!("the {part} from {} to {}", quoted(old), quoted(new)))
            .collect();
        if changed.is_empty() {
            return None;
        }
        Some(Self {
            argument: "url",
            fate: "point elsewhere",
            change: format!("changes {}", joined(&changed, "and")),
            means: "From their next run on, users of the connector clone from the new place, with the connector's credentials. \
                    Check that their repositories and branches exist there."
                .to_owned(),
            stops_triggers: false,
        })
    }

    fn connectivity_mode(prior: &Model, planned: &Model) -> Option<Self> {
        let (old, new) = (ConnectivityMode::of(prior)?, ConnectivityMode::of(planned)?);
        if old == new {
            return None;
        }
        let means = match new {
            ConnectivityMode::Platform => {
                "Harness's own cloud will connect to Bitbucket, instead of a delegate in your network. Check that it can reach \
                 Bitbucket, and that Bitbucket's IP allowlist includes its addresses."
            }
            ConnectivityMode::Delegate => {
                "A delegate will connect to Bitbucket, instead of Harness's own cloud. Check that it can reach Bitbucket, and \
                 that nothing builds on Harness Cloud, which needs \"Platform\"."
            }
        };
        Some(Self {
            argument: "connectivity_mode",
            fate: "connect from elsewhere",
            change: changes(old.name(), new.name()),
            means: means.to_owned(),
            stops_triggers: false,
        })
    }

    fn api_access(prior: &Model, planned: &Model) -> Option<Self> {
        let is_removed = prior.api_access.known().is_some() && planned.api_access.is_null();
        is_removed.then(|| Self {
            argument: "api_access",
            fate: "lose API access",
            change: "is removed".to_owned(),
            means: "Without it, Git triggers stop, and Harness neither sends build statuses nor reads pipelines stored in Git; \
                    cloning still works. Keep the block if anything needs more than cloning."
                .to_owned(),
            stops_triggers: true,
        })
    }
}

fn changes(old: &str, new: &str) -> String {
    format!("changes from {} to {}", hcl(old), hcl(new))
}

fn url_type(model: &Model) -> Option<UrlType> {
    UrlType::from_name(model.url_type.text()?)
}

/// Returns the URL, if it is known and valid. Anything else is reported offline.
fn url(model: &Model) -> Option<BitbucketUrl> {
    BitbucketUrl::parse(model.url.text()?).ok()
}

/// Returns the host, with one name for all of Bitbucket Cloud's Git hosts.
fn host(url: &BitbucketUrl) -> &str {
    let is = |host: &str| url.host().eq_ignore_ascii_case(host);
    if is("altssh.bitbucket.org") || is("www.bitbucket.org") {
        "bitbucket.org"
    } else {
        url.host()
    }
}

#[cfg(test)]
mod tests {
    use harness_platform::Referrer;
    use tf_provider::diagnostic::Severity;
    use tf_provider::field::Field;

    use super::*;
    use crate::bitbucket_connector::checks::offline::testing::{config, ids};
    use crate::bitbucket_connector::checks::plan::testing::{
        Account, change, example_account, found, planned, with_api_access,
    };
    use crate::harness::rule::mentioned;

    const REPOSITORY: &str = "url_type = \"Repository\"\nurl = \"https://bitbucket.org/acme/web.git\"\ntest_repository = null";
    const SERVER: &str = "url_type = \"Repository\"\nurl = \"https://bb.acme.com/bitbucket/scm/WEB/shop.git\"\ntest_repository = null";

    fn repository(url: &str) -> String {
        format!("url_type = \"Repository\"\nurl = \"{url}\"\ntest_repository = null")
    }

    fn account(url: &str) -> String {
        format!("url = \"{url}\"")
    }

    #[test]
    fn what_users_rely_on_is_found_where_it_changes() {
        let used = example_account();
        let unused = Account {
            usage: Usage::default(),
            ..used.clone()
        };
        let over_ssh = "connection_type = \"SSH\"\ncredentials {\n ssh {\n ssh_key_ref = \"account.bitbucket_ssh\"\n }\n}\n";
        let rows: Vec<(&str, String, &[&str])> = vec![
            ("", String::new(), &[]),
            ("", "name = \"Other\"\nidentifier = \"Bitbucket_Cloud\"\ntest_repository = \"shop.git\"".to_owned(), &[]),
            // The same place, written differently.
            ("", account("https://bitbucket.org/acme"), &[]),
            ("", account("https://jane@bitbucket.org/ACME/"), &[]),
            ("", format!("{over_ssh}url = \"git@bitbucket.org:acme/\""), &[]),
            ("", format!("{over_ssh}url = \"ssh://git@altssh.bitbucket.org:443/acme/\""), &[]),
            (REPOSITORY, repository("https://bitbucket.org/acme/web"), &[]),
            (SERVER, repository("https://bb.acme.com:8443/scm/web/Shop"), &[]),
            (SERVER, format!("{over_ssh}{}", repository("ssh://git@BB.acme.com:7999/WEB/shop.git")), &[]),
            // Another place.
            ("", account("https://bb.acme.com/scm/acme/"), &["L07 url"]),
            ("", account("https://bitbucket.org/other/"), &["L07 url"]),
            ("", account("https://bitbucket.org/"), &["L07 url"]),
            (REPOSITORY, repository("https://bitbucket.org/acme/shop.git"), &["L07 url"]),
            (SERVER, repository("https://bb.acme.com/bitbucket/scm/OPS/shop.git"), &["L07 url"]),
            (SERVER, repository("https://bb2.acme.com/bitbucket/scm/WEB/shop.git"), &["L07 url"]),
            // Unknown values are not checked.
            ("", "url = var.u\ntest_repository = var.t".to_owned(), &[]),
            ("", "url_type = var.t\nconnectivity_mode = var.m\napi_access {\n access_token {\n token_ref = var.r\n }\n}".to_owned(), &[]),
            // The URL type, in both directions.
            ("", repository("https://bitbucket.org/acme/web.git"), &["L06 url_type"]),
            (REPOSITORY, String::new(), &["L06 url_type"]),
            ("", repository("https://bitbucket.org/other/web.git"), &["L06 url_type", "L07 url"]),
            ("", "connectivity_mode = \"Platform\"".to_owned(), &["L08 connectivity_mode"]),
            ("connectivity_mode = \"Platform\"", String::new(), &["L08 connectivity_mode"]),
        ];
        for (prior, new, expected) in rows {
            let (prior, new) = (planned(&config(prior)), planned(&config(&new)));
            let change = change(&prior, &new);
            assert_eq!(ids(&found(change, &used)), expected, "{new:?}");
            assert_eq!(ids(&found(change, &unused)), [""; 0], "{new:?}");
        }
    }

    #[test]
    fn api_access_that_is_removed_is_found_and_another_kind_is_not() {
        let mut account = example_account();
        let prior = with_api_access();
        for (hcl, expected) in [
            ("", &["L09 api_access"][..]),
            (
                "api_access {\n username_token {\n username = \"u\"\n token_ref = \"account.bitbucket_api_token\"\n }\n}",
                &[],
            ),
        ] {
            let new = planned(&config(hcl));
            assert_eq!(ids(&found(change(&prior, &new), &account)), expected);
        }
        let unmanaged = Model {
            api_access: Field::Unknown,
            ..prior.clone()
        };
        assert_eq!(ids(&found(change(&prior, &unmanaged), &account)), [""; 0]);

        // A trigger certainly fails.
        let new = planned(&config(""));
        let strictly = |account: &Account| {
            let finding = found(change(&prior, &new), account).remove(0);
            finding.into_diagnostic(true).unwrap().severity
        };
        assert_eq!(strictly(&account), Severity::Warning);
        account.usage.referrers.push(Referrer {
            kind: "Triggers".to_owned(),
            name: "On push".to_owned(),
            ..Referrer::default()
        });
        assert_eq!(strictly(&account), Severity::Error);
    }

    #[test]
    fn the_users_are_named_once() {
        let prior = with_api_access();
        let new = planned(&config(
            "url_type = \"Repository\"\nurl = \"https://bb.acme.com/scm/WEB/shop.git\"\ntest_repository = null\n\
             connectivity_mode = \"Platform\"",
        ));
        let said: Vec<_> = found(change(&prior, &new), &example_account())
            .into_iter()
            .map(|finding| finding.into_diagnostic(false).unwrap())
            .map(|finding| {
                let (said, rule) = mentioned(&finding.detail).unwrap();
                format!("{}\n{said}\n{rule}\n", finding.summary)
            })
            .collect();
        assert_eq!(
            said.join("\n"),
            "Connector \"Bitbucket_Cloud\" in use will change URL type\n\
             `url_type` changes from \"Account\" to \"Repository\". Users of an account connector name a repository, and this \
             connector will have only \"shop\". Check that none of them needs another one.\n\n\
             1 Harness entity uses the connector:\n- Pipeline \"Release web\" (default/web)\nL06\n\n\
             Connector \"Bitbucket_Cloud\" in use will point elsewhere\n\
             `url` changes the host from \"bitbucket.org\" to \"bb.acme.com\" and the project from \"acme\" to \"WEB\". From \
             their next run on, users of the connector clone from the new place, with the connector's credentials. Check that \
             their repositories and branches exist there.\n\n\
             The warning about `url_type` lists what uses the connector.\nL07\n\n\
             Connector \"Bitbucket_Cloud\" in use will connect from elsewhere\n\
             `connectivity_mode` changes from \"Delegate\" to \"Platform\". Harness's own cloud will connect to Bitbucket, \
             instead of a delegate in your network. Check that it can reach Bitbucket, and that Bitbucket's IP allowlist \
             includes its addresses.\n\n\
             The warning about `url_type` lists what uses the connector.\nL08\n\n\
             Connector \"Bitbucket_Cloud\" in use will lose API access\n\
             `api_access` is removed. Without it, Git triggers stop, and Harness neither sends build statuses nor reads \
             pipelines stored in Git; cloning still works. Keep the block if anything needs more than cloning.\n\n\
             The warning about `url_type` lists what uses the connector.\nL09\n"
        );
    }
}
