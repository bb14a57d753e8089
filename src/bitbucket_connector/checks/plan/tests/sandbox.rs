//! The queries with the sandbox, whose log shows the actual requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use harness_platform::{ApiKey, Client, ClientConfig, ConnectorRef, Endpoint, Scope, SecretKind};
use harness_sandbox::{Action, Answer, Fault, Options, Running, Sandbox};
use serde_json::json;
use tf_provider::diagnostic::{Diagnostics, Severity};
use tf_provider::explained::Explained;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bitbucket_connector::checks::offline::testing::config;
use crate::bitbucket_connector::checks::plan::queries::for_change;
use crate::bitbucket_connector::checks::plan::testing::{existing, planned};
use crate::bitbucket_connector::checks::plan::{PlannedChange, check};
use crate::harness::plan_queries::PlanQueries;
use crate::harness::plan_queries::answers::{Answers, Existence, Identifier};

/// Long enough for every response.
const PATIENT: Duration = Duration::from_mins(1);

fn client(sandbox: &Running, key: &str) -> Client {
    connected(sandbox, &sandbox.endpoint(), key)
}

fn connected(sandbox: &Running, endpoint: &str, key: &str) -> Client {
    Client::new(ClientConfig {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        account_id: sandbox.account_id().to_owned(),
        api_key: ApiKey::parse(key).unwrap(),
        user_agent: "test".to_owned(),
        request_timeout: Duration::from_secs(30),
        // No response is waited for twice.
        retry_timeout: Duration::ZERO,
        max_requests_per_minute: None,
        ca_certificate_pem: None,
        proxy: None,
        log_filter: str::to_owned,
    })
    .unwrap()
}

/// One process that plans: its queries, and what it has reported.
struct Process {
    queries: PlanQueries,
    explained: Explained,
}

impl Process {
    fn of(client: Client, time_limit: Duration) -> Self {
        Self {
            queries: PlanQueries::within(client, time_limit),
            explained: Explained::default(),
        }
    }
}

impl std::ops::Deref for Process {
    type Target = PlanQueries;

    fn deref(&self) -> &PlanQueries {
        &self.queries
    }
}

/// Starts a sandbox, and a process that plans for it.
fn start(time_limit: Duration) -> (Running, Process) {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let client = client(&sandbox, sandbox.api_key());
    (sandbox, Process::of(client, time_limit))
}

/// A connector in a project, with references to secrets in all scopes.
const IN_PROJECT: &str = "org_id = \"platform\"\nproject_id = \"payments\"\ndelegate_selectors = [\"linux\"]\n\
    credentials {\n http {\n username_ref = \"account.bitbucket_username\"\n password_ref = \"payments_token\"\n }\n}\n\
    api_access {\n username_token {\n username_ref = \"org.bitbucket_username\"\n token_ref = \"org.bitbucket_api_token\"\n }\n}";

async fn answers(queries: &Process, hcl: &str) -> Answers {
    let planned = planned(&config(hcl));
    let questions = for_change(&PlannedChange::Creation { planned: &planned });
    queries.answers(questions, CancellationToken::new()).await
}

/// Returns what a process reports about a creation, as summaries.
async fn reported(process: &Process, hcl: &str) -> Vec<String> {
    summaries(findings(process, hcl, false).await)
}

/// Returns what a process reports about a creation.
async fn findings(process: &Process, hcl: &str, strict: bool) -> Diagnostics {
    let planned = planned(&config(hcl));
    let change = PlannedChange::Creation { planned: &planned };
    let found = check(change, process, strict, CancellationToken::new());
    process.explained.report(found.await)
}

fn summaries(findings: Diagnostics) -> Vec<String> {
    findings
        .into_iter()
        .map(|finding| finding.summary)
        .collect()
}

/// Returns how often each request was sent.
fn requests(sandbox: &Running) -> BTreeMap<String, usize> {
    let mut requests = BTreeMap::new();
    for request in sandbox.requests() {
        let scope = ["orgIdentifier", "projectIdentifier", "identifier"]
            .iter()
            .filter_map(|name| request.query.get(*name)?.as_str());
        let scope: Vec<_> = scope.collect();
        let request = format!("{} {} {}", request.method, request.path, scope.join("/"));
        *requests.entry(request.trim_end().to_owned()).or_default() += 1;
    }
    requests
}

#[tokio::test]
async fn a_new_connector_is_looked_up_without_changing_anything() {
    let (sandbox, queries) = start(PATIENT);
    let before = sandbox.state();
    let answers = answers(&queries, IN_PROJECT).await;
    assert_eq!(answers.unanswered, []);
    assert_eq!(answers.scope, Some(Existence::There));
    assert_eq!(answers.identifier, Some(Identifier::Free));
    assert_eq!(answers.secrets.len(), 4);
    assert!(
        answers
            .secrets
            .values()
            .all(|secret| secret.as_ref().is_some_and(|s| s.kind == SecretKind::Text))
    );
    let delegates: Vec<_> = answers.delegates.values().map(Vec::len).collect();
    assert_eq!(delegates, [3, 1, 1]);

    let delegates = "POST /ng/api/delegate-setup/listDelegates";
    let expected = [
        "GET /ng/api/connectors/validateUniqueIdentifier platform/payments/Bitbucket_Cloud",
        "GET /ng/api/projects/payments platform",
        "GET /ng/api/v2/secrets/bitbucket_api_token platform",
        "GET /ng/api/v2/secrets/bitbucket_username",
        "GET /ng/api/v2/secrets/bitbucket_username platform",
        "GET /ng/api/v2/secrets/payments_token platform/payments",
        delegates,
        &format!("{delegates} platform"),
        &format!("{delegates} platform/payments"),
    ];
    let sent = requests(&sandbox);
    assert_eq!(sent.keys().collect::<Vec<_>>(), expected);
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn however_many_connectors_name_a_thing_it_is_looked_up_once() {
    let (sandbox, queries) = start(PATIENT);
    let queries: Arc<Process> = Arc::new(queries);
    let mut plans = JoinSet::new();
    for number in 0..20 {
        let queries = Arc::clone(&queries);
        plans.spawn(async move {
            let hcl = format!("{IN_PROJECT}\nname = \"c{number}\"");
            reported(&queries, &hcl).await
        });
    }
    while let Some(reported) = plans.join_next().await {
        assert_eq!(reported.unwrap(), [""; 0]);
    }
    // How many of them were collected into one request depends on the clock.
    let (own, shared): (Vec<_>, Vec<_>) = requests(&sandbox)
        .into_iter()
        .partition(|(request, _)| request.contains("/ng/api/connectors/"));
    assert!((1..=20).contains(&own.len()), "{own:?}");
    assert_eq!(shared.len(), 8);
    assert!(shared.iter().all(|(_, times)| *times == 1), "{shared:?}");
}

#[tokio::test]
async fn lookups_run_in_parallel_and_end_when_the_run_is_stopped() {
    let (sandbox, queries) = start(PATIENT);
    sandbox
        .script([Fault::anywhere(Action::Hang).times(0)])
        .unwrap();
    let planned = planned(&config(IN_PROJECT));
    let questions = for_change(&PlannedChange::Creation { planned: &planned });
    let number = questions.len();
    let stop = CancellationToken::new();
    let stopping = async {
        // They are never answered, so all are in progress at once.
        while sandbox.requests().len() < number {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.cancel();
    };
    let answers = queries.answers(questions, stop.clone());
    let (answers, ()) = tokio::join!(answers, stopping);
    assert_eq!(
        answers.unanswered,
        [],
        "the end of a stopped run is not reported"
    );
    assert!(answers.secrets.is_empty() && answers.delegates.is_empty() && answers.scope.is_none());
}

#[tokio::test]
async fn a_platform_timeout_is_reported_once_and_queries_stop() {
    let (sandbox, queries) = start(Duration::from_millis(50));
    sandbox
        .script([Fault::anywhere(Action::Hang).times(0)])
        .unwrap();
    assert_eq!(
        reported(&queries, IN_PROJECT).await,
        ["Harness did not respond in time"]
    );
    assert!(reported(&queries, IN_PROJECT).await.is_empty());
    sandbox.clear_faults();
    sandbox.clear_requests();
    let other = "name = \"other\"\ncredentials {\n http {\n username = \"j\"\n password_ref = \"account.other\"\n }\n}";
    assert!(reported(&queries, other).await.is_empty());
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_failed_lookup_hides_no_other_and_is_not_repeated() {
    let secret = "/ng/api/v2/secrets/bitbucket_api_token";
    let html = Answer {
        body: Some("<html><title>Sign in</title></html>".to_owned()),
        ..Answer::status(200)
    };
    let failure = |code: &str| json!({"status": "FAILURE", "code": code, "message": "HTTP"});
    let unexpected = "Harness did not return the expected response";
    let other = "Harness responded about something else";
    let lost = "The connection to Harness was lost";
    for (action, title) in [
        (
            Action::Answer(Answer::json(500, failure("UNKNOWN_ERROR"))),
            "Harness failed with HTTP 500",
        ),
        (
            Action::Answer(Answer::status(500)),
            "HTTP 500 from something in front of Harness",
        ),
        (
            Action::Html(502),
            "HTTP 502 from something in front of Harness",
        ),
        (Action::ResetBefore, lost),
        (Action::CutBody, lost),
        (Action::Answer(html), unexpected),
        (
            Action::Answer(Answer::json(200, json!({"data": null}))),
            unexpected,
        ),
        (
            Action::Answer(Answer::json(200, json!({"data": {"secret": []}}))),
            unexpected,
        ),
        // A response about another connector, a firewall's 403, a proxy's 404, and a 404 about something else.
        (
            Action::Answer(Answer::json(
                200,
                json!({"data": {"secret": {"type": "SSHKey", "identifier": "other"}}}),
            )),
            other,
        ),
        (
            Action::Html(403),
            "HTTP 403 from something in front of Harness",
        ),
        (
            Action::Html(404),
            "HTTP 404 from something in front of Harness",
        ),
        (
            Action::Answer(Answer::json(404, failure("RESOURCE_NOT_FOUND_EXCEPTION"))),
            "Harness returned HTTP 404",
        ),
    ] {
        let name = format!("{action:?}");
        let (sandbox, queries) = start(PATIENT);
        sandbox
            .script([Fault::on("GET", secret, action).times(0)])
            .unwrap();
        let hcl = "credentials {\n http {\n username_ref = \"account.nope\"\n password_ref = \"account.bitbucket_api_token\"\n }\n}";
        assert_eq!(
            reported(&queries, hcl).await,
            ["Secret \"account.nope\" not found", title],
            "{name}"
        );
        assert_eq!(
            reported(&queries, hcl).await,
            ["Secret \"account.nope\" not found"],
            "{name}"
        );
        let asked = requests(&sandbox)[&format!("GET {secret}")];
        assert_eq!(asked, 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_missing_or_of_the_wrong_type_is_reported_each_time() {
    let (sandbox, queries) = start(PATIENT);
    let ssh = |reference: &str| {
        format!(
            "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\n\
             credentials {{\n ssh {{\n ssh_key_ref = \"account.{reference}\"\n }}\n}}"
        )
    };
    for _ in 0..2 {
        assert_eq!(
            reported(&queries, &ssh("ubuntu_ssh")).await,
            ["SSH credential \"account.ubuntu_ssh\" is not for user git"]
        );
        assert_eq!(
            reported(&queries, &ssh("kerberos")).await,
            ["SSH credential \"account.kerberos\" has no key"]
        );
        assert_eq!(
            reported(&queries, "org_id = \"o\"").await,
            ["Organization \"o\" not found"]
        );
        assert_eq!(
            reported(&queries, "org_id = \"platform\"\nproject_id = \"p\"").await,
            ["Project \"p\" not found"]
        );
        assert_eq!(
            reported(&queries, "org_id = \"o\"\nproject_id = \"p\"").await,
            ["Organization \"o\" not found"]
        );
        assert_eq!(
            reported(&queries, "identifier = \"github_mirror\"").await,
            ["Identifier is taken"]
        );
    }
    assert_eq!(reported(&queries, &ssh("bitbucket_ssh")).await, [""; 0]);
    // The key of three credentials, with one request.
    assert_eq!(
        requests(&sandbox)["GET /ng/api/v2/secrets/deploy_key_file"],
        1
    );
    assert!(requests(&sandbox).values().all(|times| *times == 1));
}

#[tokio::test]
async fn a_key_in_a_text_secret_is_seen_through_its_credential() {
    let (sandbox, queries) = start(PATIENT);
    let credential =
        json!({"spec": {"auth": {"spec": {"spec": {"key": "account.bitbucket_api_token"}}}}});
    sandbox
        .patch(
            harness_sandbox::Kind::Secret,
            &harness_sandbox::Scope::account(),
            "bitbucket_ssh",
            &credential,
        )
        .unwrap();
    let hcl = "connection_type = \"SSH\"\nurl = \"git@bitbucket.org:acme/\"\n\
               credentials {\n ssh {\n ssh_key_ref = \"account.bitbucket_ssh\"\n }\n}";
    assert_eq!(
        reported(&queries, hcl).await,
        ["SSH credential \"account.bitbucket_ssh\" needs a file secret"]
    );
}

#[tokio::test]
async fn what_the_key_may_not_see_is_reported_once_for_each_kind_of_lookup() {
    let (sandbox, queries) = start(PATIENT);
    sandbox
        .change_settings(
            &json!({"denied_permissions": {"developer": ["core_secret_view", "core_delegate_view"]}}),
        )
        .unwrap();
    assert_eq!(
        reported(&queries, IN_PROJECT).await,
        [
            "No permission to look up secrets",
            "No permission to look up delegates"
        ]
    );
    let other = "org_id = \"default\"\nname = \"other\"\n\
                 credentials {\n http {\n username = \"j\"\n password_ref = \"account.revoked_token\"\n }\n}";
    assert_eq!(reported(&queries, other).await, [""; 0]);
    // They are looked up anyway, because the key may have the permission for some of them.
    let asked = requests(&sandbox);
    assert_eq!(asked["GET /ng/api/v2/secrets/revoked_token"], 1);
}

#[tokio::test]
async fn an_invalid_key_is_reported_once_and_not_tried_again() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let account = sandbox.account_id();
    let key = format!("pat.{account}.0123456789abcdef01234567.wrongwrongwrongwron1");
    let queries = Process::of(client(&sandbox, &key), PATIENT);
    assert_eq!(
        reported(&queries, IN_PROJECT).await,
        ["Harness refused the API key"]
    );
    sandbox.clear_requests();
    let other = "org_id = \"platform\"\nname = \"other\"";
    assert_eq!(reported(&queries, other).await, [""; 0]);
    assert!(sandbox.requests().is_empty());
}

/// Returns a client for an endpoint where nothing listens, or with a name that cannot be resolved.
fn lost(sandbox: &Running, endpoint: &str) -> Client {
    connected(sandbox, endpoint, sandbox.api_key())
}

#[tokio::test]
async fn an_unreachable_platform_is_reported_once_and_strictly_an_error() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    // The port of a closed listener.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}/gateway", port.local_addr().unwrap());
    drop(port);
    let speaks_no_tls = sandbox.endpoint().replace("http://", "https://");
    for (endpoint, title) in [
        (
            refused.as_str(),
            "Harness cannot be reached: connection refused",
        ),
        (
            "https://nowhere.invalid",
            "Harness cannot be reached: unknown host name",
        ),
        (
            speaks_no_tls.as_str(),
            "Harness cannot be reached: no secure connection",
        ),
    ] {
        for (strict, severity) in [(false, Severity::Warning), (true, Severity::Error)] {
            let process = Process::of(lost(&sandbox, endpoint), PATIENT);
            let found: Vec<_> = findings(&process, IN_PROJECT, strict)
                .await
                .into_iter()
                .collect();
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(
                (found[0].severity, found[0].summary.as_str()),
                (severity, title)
            );
            for part in [
                "checked offline only",
                "HARNESS_ENDPOINT",
                "`endpoint`",
                "doctor",
                "plan_checks = false",
            ] {
                assert!(
                    found[0].detail.contains(part),
                    "{part}: {}",
                    found[0].detail
                );
            }
            let detail = &found[0].detail;
            assert_eq!(
                detail.contains(
                    "That port does not use TLS. Check the port of the provider's `endpoint`"
                ),
                endpoint == speaks_no_tls,
                "{detail}"
            );
            assert!(!detail.contains("ca_certificate_file"), "{detail}");
            let other = findings(&process, "name = \"other\"", strict).await;
            assert!(other.is_empty(), "{other:?}");
        }
    }
}

#[tokio::test]
async fn a_failed_lookup_is_only_a_warning_once_harness_has_responded() {
    let secrets = Fault {
        path: None,
        path_regex: Some("/secrets/".to_owned()),
        ..Fault::on("GET", "", Action::Html(502)).times(0)
    };
    let severity = async |process: &Process, hcl: &str| {
        let found = findings(process, hcl, true).await;
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].severity
    };
    // Other lookups succeed.
    let (sandbox, process) = start(PATIENT);
    sandbox.script([secrets.clone()]).unwrap();
    assert_eq!(severity(&process, IN_PROJECT).await, Severity::Warning);
    // There is no other lookup, but a refresh succeeded.
    let only_secrets = "connectivity_mode = \"Platform\"\nidentifier = var.i";
    let (sandbox, process) = start(PATIENT);
    sandbox.script([secrets.clone()]).unwrap();
    process.platform_answers();
    assert_eq!(severity(&process, only_secrets).await, Severity::Warning);
    // No request succeeds.
    let (sandbox, process) = start(PATIENT);
    sandbox.script([secrets]).unwrap();
    assert_eq!(severity(&process, only_secrets).await, Severity::Error);
}

#[tokio::test]
async fn a_refused_key_is_an_error_strictly() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let account = sandbox.account_id();
    let key = format!("pat.{account}.0123456789abcdef01234567.wrongwrongwrongwron1");
    for (strict, severity) in [(false, Severity::Warning), (true, Severity::Error)] {
        let process = Process::of(client(&sandbox, &key), PATIENT);
        let found = findings(&process, IN_PROJECT, strict).await;
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].severity, severity);
        for part in ["checked offline only", "HARNESS_PLATFORM_API_KEY", "doctor"] {
            assert!(
                found[0].detail.contains(part),
                "{part}: {}",
                found[0].detail
            );
        }
    }
}

#[tokio::test]
async fn who_uses_a_connector_that_goes_is_looked_up_and_nothing_else() {
    let (sandbox, queries) = start(PATIENT);
    let prior = planned(&config(
        "identifier = \"payments_repo\"\norg_id = \"platform\"\nproject_id = \"payments\"",
    ));
    let destruction = PlannedChange::Destruction { prior: &prior };
    let found = check(destruction, &queries, false, CancellationToken::new()).await;
    let found: Vec<_> = found.into_iter().collect();
    assert_eq!(found.len(), 1);
    let detail = &found[0].detail;
    assert!(
        detail.contains("- Pipeline \"Release payments\" (platform/payments)"),
        "{detail}"
    );
    let asked = requests(&sandbox);
    assert_eq!(
        asked.keys().collect::<Vec<_>>(),
        ["GET /ng/api/entitySetupUsage platform/payments/payments_repo"]
    );
}

#[tokio::test]
async fn no_change_costs_no_request() {
    let (sandbox, queries) = start(PATIENT);
    let (prior, planned) = (existing(), existing());
    let update = PlannedChange::Update {
        prior: &prior,
        planned: &planned,
    };
    let found = check(update, &queries, true, CancellationToken::new()).await;
    assert!(found.is_empty());
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_taken_identifier_in_the_state_may_be_the_replaced_one() {
    let (_sandbox, queries) = start(PATIENT);
    let planned = planned(&config("identifier = \"bitbucket_cloud\""));
    let creation = PlannedChange::Creation { planned: &planned };
    let strictly = || check(creation, &queries, true, CancellationToken::new());
    assert!(strictly().await.has_errors());
    queries.add_in_state(ConnectorRef::new(Scope::Account, "bitbucket_cloud"));
    let found = strictly().await;
    assert!(!found.has_errors());
    assert_eq!(
        summaries(found),
        ["Connector \"bitbucket_cloud\" is already in the state"]
    );
}

#[tokio::test]
async fn an_apply_looks_up_only_secrets_and_reports_only_errors() {
    let (sandbox, queries) = start(PATIENT);
    queries.begin_applying();
    let hcl = "identifier = \"github_mirror\"\ndelegate_selectors = [\"mars\"]\n\
               credentials {\n http {\n username_ref = \"account.deploy_key_file\"\n password_ref = \"account.bitbucket_ssh\"\n }\n}\n\
               api_access {\n access_token {\n token_ref = \"account.nope\"\n }\n}";
    let planned = planned(&config(hcl));
    let creation = PlannedChange::Creation { planned: &planned };
    let found = check(creation, &queries, true, CancellationToken::new()).await;
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Error)
    );
    assert_eq!(
        summaries(found),
        ["\"account.bitbucket_ssh\" is not a text secret"]
    );
    let asked = requests(&sandbox);
    assert!(
        asked.keys().all(|request| request.contains("/v2/secrets/")) && asked.len() == 3,
        "{asked:?}"
    );
}
