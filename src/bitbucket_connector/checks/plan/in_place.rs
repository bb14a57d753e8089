//! The rules about changes in place that take away from a connector's users what they rely on.
//!
//! Each has an id of its own, because each asks something else of a reviewer, and stands at its own argument. The users are
//! the same for all: the first finding names them, and the others point there.

use harness_platform::Usage;

use super::input::{self, Circumstance, Findings, PlanInput, PlannedChange, Rule};
use super::usage;
use crate::bitbucket_connector::connector::model::Model;
use crate::bitbucket_connector::connector::url::{BitbucketUrl, Deployment, UrlType};
use crate::bitbucket_connector::connector::words::ConnectivityMode;
use crate::harness::wording::{hcl, joined, shown};

pub(crate) static RULES: &[Rule] = &[
    Rule::warning("L06", "url_type", |input, findings| {
        find(input, findings, Hit::url_type);
    })
    .says("The URL type of a connector that others use is changed.")
    .because("What uses a connector for an account names a repository of it. A connector for one repository has no other, \
              and what uses that need not name it.")
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
    .says("A connector that others use gets the URL of another host, workspace, project or repository.")
    .because("Whatever uses the connector clones from the new place at its next run. Another way to the same repository \
              (HTTP or SSH, another port, with or without `.git`) is no finding.")
    .example(
        r#"url = "https://bitbucket.org/acme-archive/""#,
        r#"url = "https://bitbucket.org/acme""#,
    )
    .when(Circumstance::Existing),
    Rule::warning("L08", "connectivity_mode", |input, findings| {
        find(input, findings, Hit::connectivity_mode);
    })
    .says("The connectivity mode of a connector that others use is changed.")
    .because("Harness then connects to Bitbucket from another network: from a delegate's, or from its own cloud. Firewalls and \
              lists of allowed addresses may know only one of them, and builds on Harness Cloud need `Platform`.")
    .example(
        r#"connectivity_mode = "Platform""#,
        r#"connectivity_mode = "Delegate""#,
    )
    .when(Circumstance::Existing),
    // Under `strict` an error where a trigger is among the users: Harness's documentation requires API access for them. All
    // other changes in place may have been prepared at the other end, where this provider cannot look.
    Rule::warning("L09", "api_access", |input, findings| {
        find(input, findings, Hit::api_access);
    })
    .says("API access of a connector that others use is removed.")
    .because("Git triggers, build statuses and pipelines that are stored in Git need it; clones do not. Another kind of API \
              access is no finding. If a trigger is among the users, which fails for certain, `strict` makes an error of it.")
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
    /// What the connector is to do; completes the summary.
    fate: &'static str,
    /// What becomes of the argument: a predicate.
    change: String,
    /// What that means for the users, as sentences.
    means: String,
    /// Whether triggers fail for certain.
    stops_triggers: bool,
}

/// One of the constructors of [`Hit`]: what a change from the first to the second model does, if anything.
type Look = fn(&Model, &Model) -> Option<Hit>;

/// What a change in place can do to users, in the order of the schema.
const LOOKS: [Look; 4] = [
    Hit::url_type,
    Hit::url,
    Hit::connectivity_mode,
    Hit::api_access,
];

/// Whether a change in place does something to the users of the connector, if there are any.
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
    let Some(users) = usage::named(found) else {
        return;
    };
    let mut hits = LOOKS.iter().filter_map(|look| look(prior, planned));
    let users = match hits.next() {
        Some(first) if first.argument != hit.argument => format!(
            "The warning about `{}` names what uses the connector.",
            first.argument
        ),
        _ => users,
    };
    let id = hcl(&connector.identifier);
    let pushed = findings.push(
        hit.argument,
        format!("Connector {id} is in use and to {}", hit.fate),
        format!(
            "`{}` of the connector {id} of the {} {}. {users}\n\n{}",
            hit.argument, connector.scope, hit.change, hit.means
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
                let repository = url(planned).and_then(|url| Some(shown(url.repository()?)));
                format!(
                    "What uses a connector for an account names a repository of it, and this one will have {} only. Check \
                     that nothing names another one.",
                    repository.map_or("one repository".to_owned(), |name| format!(
                        "the repository {name}"
                    ))
                )
            }
            (UrlType::Repository, UrlType::Account) => {
                "What uses a connector for one repository need not name it. With a connector for an account, whatever names \
                 none fails. Name the repository wherever the connector is used, or keep this connector and make another one \
                 for the account."
                    .to_owned()
            }
            _ => return None,
        };
        Some(Self {
            argument: "url_type",
            fate: "change its URL type",
            change: changes(old.name(), new.name()),
            means,
            stops_triggers: false,
        })
    }

    /// Another port or context path is none: a server has others for SSH than for HTTP, and gets others when it gets a
    /// certificate or a proxy.
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
            // With the URL type the repository comes or goes, of which the rule about that speaks.
            (
                "repository",
                old.repository().filter(|_| same_type),
                new.repository().filter(|_| same_type),
            ),
        ];
        let quoted = |part: Option<&str>| part.map_or("none".to_owned(), shown);
        // Bitbucket compares workspaces, projects and repositories without case.
        let lower = |part: Option<&str>| part.map(str::to_ascii_lowercase);
        let changed: Vec<String> = parts
            .into_iter()
            .filter(|(_, old, new)| lower(*old) != lower(*new))
            .map(|(part, old, new)| {
                format!("the {part} changes from {} to {}", quoted(old), quoted(new))
            })
            .collect();
        if changed.is_empty() {
            return None;
        }
        Some(Self {
            argument: "url",
            fate: "lead to another place",
            change: format!("leads to another place: {}", joined(&changed, "and")),
            means: "From the next run on, everything that uses the connector clones from the new place, with the connector's \
                    credentials. Check that the same repositories and branches are there."
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
                "Harness's own cloud will connect to Bitbucket, and no delegate in your network. Check that Bitbucket can be \
                 reached from there, and that its list of allowed addresses has Harness's."
            }
            ConnectivityMode::Delegate => {
                "A delegate will connect to Bitbucket, and Harness's own cloud will not. Check that a delegate reaches \
                 Bitbucket, and that nothing builds on Harness Cloud, which needs \"Platform\"."
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
            means: "Without API access, Git triggers stop, no build status is sent, and pipelines stored in Git cannot be \
                    read. Clones go on. Keep the block if anything needs more than clones."
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

/// The URL, if it is known and one: whatever else stands there is found offline.
fn url(model: &Model) -> Option<BitbucketUrl> {
    BitbucketUrl::parse(model.url.text()?).ok()
}

/// The host, one name for all that Bitbucket Cloud has for Git.
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
            // The same place, otherwise written.
            ("", account("https://bitbucket.org/acme"), &[]),
            ("", account("https://jane@bitbucket.org/ACME/"), &[]),
            ("", format!("{over_ssh}url = \"git@bitbucket.org:acme/\""), &[]),
            ("", format!("{over_ssh}url = \"ssh://git@altssh.bitbucket.org:443/acme/\""), &[]),
            (REPOSITORY, repository("https://bitbucket.org/acme/web"), &[]),
            (SERVER, repository("https://bb.acme.com:8443/scm/web/Shop"), &[]),
            (SERVER, format!("{over_ssh}{}", repository("ssh://git@BB.acme.com:7999/WEB/shop.git")), &[]),
            // Another one.
            ("", account("https://bb.acme.com/scm/acme/"), &["L07 url"]),
            ("", account("https://bitbucket.org/other/"), &["L07 url"]),
            ("", account("https://bitbucket.org/"), &["L07 url"]),
            (REPOSITORY, repository("https://bitbucket.org/acme/shop.git"), &["L07 url"]),
            (SERVER, repository("https://bb.acme.com/bitbucket/scm/OPS/shop.git"), &["L07 url"]),
            (SERVER, repository("https://bb2.acme.com/bitbucket/scm/WEB/shop.git"), &["L07 url"]),
            // Unknown: no opinion.
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

        // A trigger fails for certain.
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
            .map(|finding| format!("{}\n{}\n", finding.summary, finding.detail))
            .collect();
        assert_eq!(
            said.join("\n"),
            "Connector \"Bitbucket_Cloud\" is in use and to change its URL type\n\
             `url_type` of the connector \"Bitbucket_Cloud\" of the account changes from \"Account\" to \"Repository\". \
             1 entity of Harness refers to it:\n- Pipeline \"Release web\" (default/web)\n\n\
             What uses a connector for an account names a repository of it, and this one will have the repository \"shop\" \
             only. Check that nothing names another one.\ndocs/guides/validation-rules.md#l06 (rule L06)\n\n\
             Connector \"Bitbucket_Cloud\" is in use and to lead to another place\n\
             `url` of the connector \"Bitbucket_Cloud\" of the account leads to another place: the host changes from \
             \"bitbucket.org\" to \"bb.acme.com\" and the project changes from \"acme\" to \"WEB\". The warning about \
             `url_type` names what uses the connector.\n\n\
             From the next run on, everything that uses the connector clones from the new place, with the connector's \
             credentials. Check that the same repositories and branches are there.\ndocs/guides/validation-rules.md#l07 (rule L07)\n\n\
             Connector \"Bitbucket_Cloud\" is in use and to connect from elsewhere\n\
             `connectivity_mode` of the connector \"Bitbucket_Cloud\" of the account changes from \"Delegate\" to \
             \"Platform\". The warning about `url_type` names what uses the connector.\n\n\
             Harness's own cloud will connect to Bitbucket, and no delegate in your network. Check that Bitbucket can be \
             reached from there, and that its list of allowed addresses has Harness's.\ndocs/guides/validation-rules.md#l08 (rule L08)\n\n\
             Connector \"Bitbucket_Cloud\" is in use and to lose API access\n\
             `api_access` of the connector \"Bitbucket_Cloud\" of the account is removed. The warning about `url_type` \
             names what uses the connector.\n\n\
             Without API access, Git triggers stop, no build status is sent, and pipelines stored in Git cannot be read. \
             Clones go on. Keep the block if anything needs more than clones.\ndocs/guides/validation-rules.md#l09 (rule L09)\n"
        );
    }
}
