//! Queries about many identifiers, with the sandbox.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use harness_platform::testing::Trial;
use harness_platform::{ConnectorRef, Scope};
use harness_sandbox::{Action, Answer, Fault, Kind, Options, Running, Sandbox};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::plan_queries::answers::{Answers, Identifier};
use crate::harness::plan_queries::lookups::Lookups;
use crate::harness::plan_queries::query::Query;
use crate::harness::testing::config;

const TOGETHER: &str = "/ng/api/connectors/listbyfqn";
const ALONE: &str = "/ng/api/connectors/validateUniqueIdentifier";
const LIST: &str = "/ng/api/connectors/listV2";

/// The platform, and a process that plans.
struct Process {
    platform: Running,
    lookups: Arc<Lookups>,
}

impl Process {
    fn new() -> Self {
        Self::patient(Duration::from_secs(30))
    }

    /// Creates a process for a platform that responds in this way.
    fn on(action: &Action) -> Self {
        match action {
            Action::Hang => Self::patient(Duration::from_millis(200)),
            _ => Self::new(),
        }
    }

    /// Creates a process that waits this long for a response, and skips all other waits.
    fn patient(silence: Duration) -> Self {
        let platform = Sandbox::start(Options::default()).unwrap();
        let config = config(&platform, Duration::from_secs(20));
        let client = Trial::new(config, silence).unwrap().client;
        Self {
            platform,
            lookups: Arc::new(Lookups::new(client, Duration::from_mins(1))),
        }
    }

    /// Returns what the plans of these connectors learn, in parallel.
    async fn ask(&self, connectors: impl IntoIterator<Item = ConnectorRef>) -> Vec<Answers> {
        let mut plans = JoinSet::new();
        for (number, connector) in connectors.into_iter().enumerate() {
            let lookups = Arc::clone(&self.lookups);
            plans.spawn(async move {
                let question = BTreeSet::from([Query::Identifier(connector)]);
                (
                    number,
                    lookups.answers(question, CancellationToken::new()).await,
                )
            });
        }
        let mut answers = plans.join_all().await;
        answers.sort_by_key(|(number, _)| *number);
        answers.into_iter().map(|(_, answers)| answers).collect()
    }

    /// Returns which of these identifiers are free, and checks that there is nothing else in the answers.
    async fn free(&self, connectors: impl IntoIterator<Item = ConnectorRef>) -> Vec<bool> {
        let answers = self.ask(connectors).await.into_iter();
        answers
            .map(|answers| {
                assert_eq!(answers.unanswered, []);
                answers.identifier.unwrap() == Identifier::Free
            })
            .collect()
    }

    /// Returns the number of requests of each of the three kinds.
    fn requests(&self) -> [usize; 3] {
        let requests = self.platform.requests();
        [TOGETHER, ALONE, LIST].map(|path| {
            let of = requests.iter().filter(|request| request.path == path);
            of.count()
        })
    }

    /// Returns the names in the requests for many.
    fn asked_together(&self) -> Vec<Vec<Value>> {
        let requests = self.platform.requests().into_iter();
        requests
            .filter(|request| request.path == TOGETHER)
            .map(|request| request.body.as_array().unwrap().clone())
            .collect()
    }

    /// Puts this many connectors into the account.
    fn fill(&self, count: usize) {
        let taken = self.platform.object(
            Kind::Connector,
            &harness_sandbox::Scope::account(),
            "bitbucket_cloud",
        );
        let connector = taken.unwrap();
        for number in 0..count {
            let identifier = format!("there_{number:04}");
            self.platform
                .put(
                    Kind::Connector,
                    &harness_sandbox::Scope::account(),
                    &identifier,
                    connector.clone(),
                )
                .unwrap();
        }
    }
}

fn account(identifier: impl Into<String>) -> ConnectorRef {
    ConnectorRef::new(Scope::Account, identifier)
}

/// Returns `count` unused identifiers, beginning with the number `from`.
fn new(from: usize, count: usize) -> impl Iterator<Item = ConnectorRef> {
    (from..from + count).map(|number| account(format!("new_{number:04}")))
}

fn in_scope(org: &str, project: Option<&str>, identifier: &str) -> ConnectorRef {
    ConnectorRef::new(Scope::from_ids(Some(org), project).unwrap(), identifier)
}

#[tokio::test]
async fn what_is_asked_side_by_side_is_asked_by_one_request() {
    let process = Process::new();
    let free = process
        .free([
            account("bitbucket_cloud"),
            account("fresh"),
            // Another connector type.
            account("github_mirror"),
            in_scope("platform", Some("payments"), "payments_repo"),
            in_scope("platform", Some("payments"), "bitbucket_cloud"),
            in_scope("platform", None, "fresh"),
            // Nothing is taken in a scope that does not exist.
            in_scope("nowhere", None, "fresh"),
            in_scope("platform", Some("nowhere"), "fresh"),
        ])
        .await;
    assert_eq!(free, [false, true, false, false, true, true, true, true]);
    assert_eq!(process.requests(), [1, 0, 0]);
    assert_eq!(process.asked_together()[0].len(), 8);
}

#[tokio::test]
async fn a_question_without_company_is_asked_as_ever() {
    let process = Process::new();
    assert_eq!(process.free([account("bitbucket_cloud")]).await, [false]);
    assert_eq!(process.free([account("fresh")]).await, [true]);
    assert_eq!(process.requests(), [0, 2, 0]);
}

#[tokio::test]
async fn each_identifier_is_asked_about_once() {
    let process = Process::new();
    for _ in 0..2 {
        let twice = new(0, 5).chain(new(0, 5));
        assert_eq!(process.free(twice).await, [true; 10]);
    }
    assert_eq!(process.requests(), [1, 0, 0]);
    assert_eq!(process.asked_together()[0].len(), 5);
}

#[tokio::test]
async fn more_than_a_request_may_ask_about_is_asked_by_several() {
    let process = Process::new();
    assert_eq!(
        process
            .free(new(0, 1001).chain([account("github_mirror")]))
            .await
            .iter()
            .filter(|free| !**free)
            .count(),
        1
    );
    assert_eq!(process.requests(), [2, 0, 0]);
    let asked = process.asked_together();
    assert_eq!((asked[0].len(), asked[1].len()), (1000, 2));
}

#[tokio::test]
async fn what_is_not_answered_cleanly_is_asked_one_by_one_from_then_on() {
    let ours = |connector: Value| json!({"data": [{"connector": connector}]});
    let json = |body| Action::Answer(Answer::json(200, body));
    let failure = |status, code: &str| {
        let body = json!({"status": "FAILURE", "code": code, "message": "No"});
        Action::Answer(Answer::json(status, body))
    };
    for action in [
        failure(403, "NG_ACCESS_DENIED"),
        failure(404, "RESOURCE_NOT_FOUND_EXCEPTION"),
        failure(400, "INVALID_REQUEST"),
        failure(500, "UNKNOWN_ERROR"),
        Action::Html(403),
        Action::Html(404),
        Action::Html(502),
        Action::ResetBefore,
        Action::CutBody,
        Action::Hang,
        json(json!({"data": null})),
        json(json!({"data": {}})),
        json(json!({})),
        json(json!({"data": [null]})),
        json(ours(
            json!({"identifier": "new_0000", "accountIdentifier": "another"}),
        )),
        json(ours(json!({"identifier": "not_asked"}))),
        json(ours(
            json!({"identifier": "new_0000", "orgIdentifier": "default"}),
        )),
        json(ours(json!({"name": "new_0000"}))),
    ] {
        let name = format!("{action:?}");
        let process = Process::on(&action);
        process
            .platform
            .script([Fault::on("POST", TOGETHER, action).times(0)])
            .unwrap();
        let questions = || new(0, 3).chain([account("github_mirror")]);
        assert_eq!(
            process.free(questions()).await,
            [true, true, true, false],
            "{name}"
        );
        let [together, alone, list] = process.requests();
        assert_eq!((alone, list), (4, 0), "{name}");
        process.platform.clear_faults();
        assert_eq!(process.free(new(10, 2)).await, [true; 2], "{name}");
        assert_eq!(process.requests(), [together, 6, 0], "{name}");
    }
}

#[tokio::test]
async fn a_platform_that_limits_requests_is_asked_together_all_the_same() {
    let process = Process::new();
    let limited = Action::Answer(Answer::status(429));
    process
        .platform
        .script([Fault::on("POST", TOGETHER, limited).times(2)])
        .unwrap();
    assert_eq!(process.free(new(0, 9)).await, [true; 9]);
    assert_eq!(process.requests(), [3, 0, 0]);
}

#[tokio::test]
async fn hundreds_of_new_connectors_need_a_few_requests() {
    let process = Process::new();
    for round in 0..50 {
        // As many as Terraform plans in parallel.
        let questions = new(round * 10, 9).chain([account("github_mirror")]);
        let free = process.free(questions).await;
        assert_eq!(free, [[true; 9].as_slice(), &[false]].concat(), "{round}");
    }
    assert_eq!(process.requests(), [1, 0, 1]);
    // A list of one scope says nothing about others.
    assert_eq!(
        process.free([in_scope("default", None, "new_0000")]).await,
        [true]
    );
    assert_eq!(process.requests(), [1, 1, 1]);
}

#[tokio::test]
async fn one_by_one_hundreds_of_new_connectors_need_a_few_requests_too() {
    let process = Process::new();
    for number in 0..100 {
        assert_eq!(process.free(new(number, 1)).await, [true]);
    }
    assert_eq!(process.requests(), [0, 8, 1]);
}

#[tokio::test]
async fn a_large_scope_is_listed_when_the_questions_have_cost_as_much() {
    let process = Process::new();
    process.fill(950);
    let pages = 10;
    for round in 0..50 {
        let taken = account(format!("there_{round:04}"));
        let free = process.free(new(round * 10, 9).chain([taken])).await;
        assert_eq!(free, [[true; 9].as_slice(), &[false]].concat(), "{round}");
        let [together, alone, listed] = process.requests();
        assert!(
            listed <= together + 1 && alone == 0,
            "{round}: {listed} pages"
        );
    }
    assert_eq!(process.requests(), [pages - 1, 0, pages]);
}

#[tokio::test]
async fn a_list_that_says_little_is_asked_for_once() {
    let page = |connector: Value, total: u32| {
        let content = json!([{"connector": connector}]);
        let page = json!({"data": {"content": content, "totalItems": total, "totalPages": 1, "pageIndex": 0}});
        Action::Answer(Answer::json(200, page))
    };
    let denied = json!({"status": "FAILURE", "code": "NG_ACCESS_DENIED", "message": "No"});
    for action in [
        Action::Answer(Answer::json(403, denied)),
        Action::Html(403),
        Action::Hang,
        Action::Answer(Answer::json(200, json!({"data": []}))),
        // About another account, or another scope.
        page(
            json!({"identifier": "a", "accountIdentifier": "another"}),
            1,
        ),
        page(json!({"identifier": "a", "orgIdentifier": "default"}), 1),
        // Incomplete, or without a connector that is known to exist.
        page(json!({"identifier": "github_mirror"}), 2),
        page(json!({"identifier": "a"}), 1),
    ] {
        let name = format!("{action:?}");
        let process = Process::on(&action);
        process
            .platform
            .script([Fault::on("POST", LIST, action).times(0)])
            .unwrap();
        let mut lists = 0;
        for round in 0..5 {
            let questions = new(round * 10, 9).chain([account("github_mirror")]);
            let free = process.free(questions).await;
            assert_eq!(free, [[true; 9].as_slice(), &[false]].concat(), "{name}");
            if round == 1 {
                lists = process.requests()[2];
            }
        }
        assert_eq!(process.requests(), [5, 0, lists], "{name}");
        assert!(lists > 0, "{name}");
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_says_nothing_about_identifiers() {
    let process = Process::new();
    process
        .platform
        .script([Fault::on("POST", TOGETHER, Action::Hang).times(0)])
        .unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let mut plans = JoinSet::new();
    for connector in new(0, 5) {
        let (lookups, stop) = (Arc::clone(&process.lookups), stop.clone());
        plans.spawn(async move {
            lookups
                .answers(BTreeSet::from([Query::Identifier(connector)]), stop)
                .await
        });
    }
    for answers in plans.join_all().await {
        assert_eq!((answers.identifier, answers.unanswered), (None, Vec::new()));
    }
    assert_eq!(process.requests(), [0, 0, 0]);
}
