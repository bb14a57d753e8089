//! Walks through the sandbox's account.

use std::time::Duration;

use harness_sandbox::{Action, Answer, Fault, Kind, Options, Running, Sandbox};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;

use crate::harness::testing::config;

fn client(sandbox: &Running) -> Client {
    Client::new(config(sandbox, Duration::ZERO)).unwrap()
}

fn filter(org: Option<&str>, project: Option<&str>) -> Filter {
    Filter::of_scope(Scope::from_ids(org, project).unwrap())
}

/// Returns the steps as texts: a scope with its connectors, or what was not seen and why.
async fn steps(client: &Client, filter: &Filter) -> Result<Vec<String>, PlatformError> {
    let operation = Operation::new(CancellationToken::new());
    let mut walk = Walk::begin(client, filter, true, &operation).await?;
    let mut steps = Vec::new();
    while let Some(step) = walk.next().await? {
        steps.push(match step {
            Step::Listed(scope, listing) => {
                let ids = listing.connectors.iter();
                let ids: Vec<_> = ids.map(|found| found.connector.identifier()).collect();
                format!("{scope}: {}", ids.join(" "))
            }
            Step::Gap(Gap { part, reason }) => match reason {
                Reason::Failed(error) => {
                    format!("{part}: HTTP {}", error.refusal().unwrap().status)
                }
                Reason::Unreadable(items) => format!("{part}: {items} unreadable"),
                Reason::Unsteady => format!("{part}: unsteady"),
            },
        });
    }
    Ok(steps)
}

const ACCOUNT: &str = "account: bitbucket_cloud bitbucket_cloud_api_token bitbucket_cloud_email_secret bitbucket_oauth \
    bitbucket_project";
const DEFAULT: &str = "organization \"default\": ";
const DEFAULT_PROJECT: &str = "project \"default_project\" of organization \"default\": ";
const PLATFORM: &str = "organization \"platform\": bitbucket_server bitbucket_server_ssh";
const PAYMENTS: &str =
    "project \"payments\" of organization \"platform\": payments_repo payments_ssh";
const WEBSITE: &str = "project \"website\" of organization \"platform\": website_ssh_access_token website_ssh_api_token \
    website_ssh_oauth website_username_token";

fn start() -> (Running, Client) {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = client(&sandbox);
    (sandbox, client)
}

#[tokio::test]
async fn a_walk_lists_each_scope_before_those_in_it() {
    let (_sandbox, client) = start();
    for (org, project, expected) in [
        (
            None,
            None,
            &[
                ACCOUNT,
                DEFAULT,
                DEFAULT_PROJECT,
                PLATFORM,
                PAYMENTS,
                WEBSITE,
            ][..],
        ),
        (Some("platform"), None, &[PLATFORM, PAYMENTS, WEBSITE]),
        (Some("platform"), Some("payments"), &[PAYMENTS]),
        (Some("nope"), None, &["organization \"nope\": "]),
    ] {
        let found = steps(&client, &filter(org, project)).await.unwrap();
        // Whether the projects of a missing organization are listed does not matter here.
        let found: Vec<_> = found
            .iter()
            .filter(|step| !step.starts_with("projects of the organization \"nope\""))
            .collect();
        assert_eq!(found, expected, "{org:?} {project:?}");
    }
}

#[tokio::test]
async fn a_walk_that_is_not_recursive_lists_one_scope() {
    let (sandbox, client) = start();
    let operation = Operation::new(CancellationToken::new());
    let filter = filter(None, None);
    let walk = Walk::begin(&client, &filter, false, &operation);
    let mut walk = walk.await.unwrap();
    assert_eq!(walk.scopes(), 1);
    assert!(matches!(
        walk.next().await,
        Ok(Some(Step::Listed(Scope::Account, _)))
    ));
    assert!(walk.next().await.unwrap().is_none());
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test]
async fn scopes_that_a_key_may_not_read_are_gaps_and_the_others_are_listed() {
    let (sandbox, client) = start();
    let denied =
        ["bitbucket_server", "bitbucket_server_ssh"].map(|id| format!("core_connector_view:{id}"));
    let mut denied = denied.to_vec();
    // Its project is listed anyway.
    denied.push("core_organization_view:platform".to_owned());
    denied.push("core_project_view:website".to_owned());
    let settings = json!({"denied_permissions": {"developer": denied}});
    sandbox.change_settings(&settings).unwrap();
    let found = steps(&client, &filter(None, None)).await.unwrap();
    // A restricted key is refused even if there is nothing to see.
    let refused = |part: &str| format!("connectors of the {part}: HTTP 403");
    let expected = [
        ACCOUNT.to_owned(),
        refused("organization \"default\""),
        refused("project \"default_project\" of organization \"default\""),
        refused("organization \"platform\""),
        PAYMENTS.to_owned(),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_list_of_scopes_that_fails_is_a_gap() {
    let (sandbox, client) = start();
    let refusal = Answer::json(
        403,
        json!({"status": "ERROR", "code": "NG_ACCESS_DENIED", "message": "no", "correlationId": "c"}),
    );
    let fault = Fault::on("GET", "/ng/api/organizations", Action::Answer(refusal));
    sandbox.script([fault]).unwrap();
    let found = steps(&client, &filter(None, None)).await.unwrap();
    // Projects reveal their organizations.
    let expected = [
        "organizations of the account: HTTP 403",
        ACCOUNT,
        DEFAULT,
        DEFAULT_PROJECT,
        PLATFORM,
        PAYMENTS,
        WEBSITE,
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_scope_that_is_deleted_during_the_walk_is_empty_or_a_gap() {
    let (sandbox, client) = start();
    let settings = json!({"scope_filter": true});
    sandbox.change_settings(&settings).unwrap();
    let operation = Operation::new(CancellationToken::new());
    let filter = filter(Some("platform"), None);
    let walk = Walk::begin(&client, &filter, true, &operation);
    let mut walk = walk.await.unwrap();
    let platform = harness_sandbox::Scope::organization("platform");
    sandbox.delete(Kind::Project, &platform, "website").unwrap();
    let mut last = None;
    while let Some(step) = walk.next().await.unwrap() {
        last = Some(step);
    }
    let Some(Step::Gap(Gap { part, reason })) = last else {
        panic!("{last:?}")
    };
    let website = Scope::from_ids(Some("platform"), Some("website")).unwrap();
    assert_eq!(part, Part::Connectors(website));
    assert!(matches!(reason, Reason::Failed(error) if error.is_scope_not_found()));
}

#[tokio::test]
async fn lists_are_read_to_their_last_page_and_what_comes_twice_counts_once() {
    let (sandbox, client) = start();
    let default = harness_sandbox::Scope::organization("default");
    for number in 0..150 {
        let (identifier, project) = (format!("p{number:03}"), json!({"name": "Project"}));
        sandbox
            .put(Kind::Project, &default, &identifier, project)
            .unwrap();
    }
    let found = steps(&client, &filter(Some("default"), None))
        .await
        .unwrap();
    assert_eq!(found.len(), 152);

    // The second page starts over, and has an unreadable item.
    let page = |index: u64, items: &[&str], total: u64| {
        let mut content: Vec<_> = items
            .iter()
            .map(|id| json!({"project": {"orgIdentifier": "default", "identifier": id}}))
            .collect();
        content.push(json!({"project": {"orgIdentifier": "elsewhere", "identifier": "x"}}));
        content.push(json!({"project": null}));
        let data =
            json!({"content": content, "pageIndex": index, "totalPages": 2, "totalItems": total});
        let body = json!({"status": "SUCCESS", "data": data});
        let answer = Answer::json(200, body);
        Fault::on("GET", "/ng/api/projects", Action::Answer(answer))
    };
    sandbox
        .script([page(0, &["a", "b"], 3), page(1, &["b", "c"], 4)])
        .unwrap();
    let found = steps(&client, &filter(Some("default"), None))
        .await
        .unwrap();
    let project = |id: &str| format!("project \"{id}\" of organization \"default\": ");
    let expected = [
        "projects of the organization \"default\": 2 unreadable".to_owned(),
        "projects of the organization \"default\": unsteady".to_owned(),
        DEFAULT.to_owned(),
        project("a"),
        project("b"),
        project("c"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_walk_ends_where_no_request_can_succeed() {
    let (sandbox, client) = start();
    let unauthorized = Answer::json(
        401,
        json!({"status": "ERROR", "code": "INVALID_TOKEN", "message": "Token is not valid."}),
    );
    let page = |action| Fault::on("POST", "/ng/api/connectors/listV2", action);
    let first = Fault::on(
        "GET",
        "/ng/api/organizations",
        Action::Answer(unauthorized.clone()),
    );
    for (fault, is_unauthorized) in [
        (first, true),
        (page(Action::Answer(unauthorized)), true),
        (page(Action::Html(502)), false),
        (page(Action::ResetBefore), false),
    ] {
        sandbox.clear_faults();
        sandbox.script([fault.times(0)]).unwrap();
        let error = steps(&client, &filter(None, None)).await.unwrap_err();
        assert_eq!(error.is_unauthorized(), is_unauthorized, "{error}");
    }
}

#[tokio::test]
async fn few_scopes_are_listed_at_the_same_time() {
    let (sandbox, client) = start();
    let delay = json!({"answer_delay_ms": 30});
    sandbox.change_settings(&delay).unwrap();
    steps(&client, &filter(None, None)).await.unwrap();
    let lists: Vec<_> = sandbox
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/listV2"))
        .map(|request| (request.at_ms, request.at_ms + request.took_ms.unwrap_or(0)))
        .collect();
    assert_eq!(lists.len(), 6);
    let at_once = lists.iter().map(|(began, _)| {
        lists
            .iter()
            .filter(|(from, to)| from <= began && began < to)
            .count()
    });
    let most = at_once.max().unwrap();
    assert!(most > 1 && most <= AT_ONCE, "{most}");
}
