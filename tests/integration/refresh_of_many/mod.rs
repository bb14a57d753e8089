//! A refresh of many connectors in one scope: its cost, and that its outcome equals that of reading each individually.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod faults;
mod outcome;
mod world;

use std::sync::Arc;
use std::time::Duration;

use harness_platform::ClientConfig;
use harness_sandbox::{Action, Answer, Fault, Kind};
use serde_json::json;
use terraform_provider_harness::harness::provider_data::ConnectionTestMode;
use tf_provider::resource::{Context, Resource};

use crate::fault_matrix::stage::serve;
use crate::protocol::connector::{block, with_texts};
use world::{Cost, LIST, World, identifier};

/// The number of connectors that are read one by one before their scope is listed.
const FIRST: usize = 9;

#[tokio::test]
async fn of_many_connectors_nine_are_read_and_all_are_listed() {
    let world = World::with(301).await;
    let refreshed = world.refresh(world.serve(), FIRST).await;
    assert!(
        refreshed == world.states,
        "a refresh without a change changes nothing"
    );
    let cost = world.cost();
    assert_eq!(
        cost,
        Cost {
            reads: FIRST,
            pages: 4
        }
    );
}

#[tokio::test]
async fn a_listing_costs_no_more_than_the_reads_of_its_scope() {
    let world = World::with(20).await;
    let page = json!({"status": "SUCCESS", "data": {"content": [], "totalPages": 12, "totalItems": 1_150}});
    let list = Fault::on("POST", LIST, Action::Answer(Answer::json(200, page)));
    world.sandbox.script([list.times(0)]).unwrap();
    for (count, pages) in [
        (3, 0),
        (FIRST, 0),
        // The first page says that there are twelve; so few reads do not pay for them.
        (FIRST + 1, 1),
        (12, 1),
        (13, 13),
        (20, 13),
    ] {
        let states = &world.states[..count];
        world::refresh(states, &Arc::new(world.serve()), count).await;
        let reads = count;
        assert_eq!(world.cost(), Cost { reads, pages }, "{count}");
    }
}

#[tokio::test]
async fn reads_that_wait_for_a_listing_do_not_outlast_their_own_time() {
    let mut world = World::with(FIRST + 1).await;
    let hanging = Fault::on("POST", LIST, Action::Hang);
    world.sandbox.script([hanging]).unwrap();
    let ty = world.serve().resource.schema().block.ty();
    let timeouts = with_texts(block(&ty, &["timeouts"]), &[("read", "2s")]);
    let last = world.states.last_mut().unwrap();
    last.state = last.state.clone().with("timeouts", timeouts);
    let begun = std::time::Instant::now();
    let refreshed = world.refresh(world.serve(), FIRST + 1).await;
    assert!(refreshed == world.states);
    assert!(begun.elapsed() < Duration::from_secs(1), "it waits a tenth");
}

/// Waits for a place in the queue take no time here, but they advance the clock.
#[tokio::test]
async fn a_listing_waits_for_its_turn_as_every_request_does() {
    let world = World::with(FIRST + 20).await;
    let one_a_second = ClientConfig {
        max_requests_per_minute: Some(60),
        retry_timeout: Duration::from_mins(2),
        ..world.config(Duration::from_secs(30))
    };
    let served = serve(one_a_second.clone(), ConnectionTestMode::Off);
    // All at the same time: the page is behind the reads in the queue.
    let refreshed = world.refresh(served, 0).await;
    assert!(refreshed == world.states);
    let cost = Cost {
        reads: FIRST,
        pages: 1,
    };
    assert_eq!(world.cost(), cost);

    let limited = Answer::status(429).with_header("Retry-After", "60");
    for (answer, times) in [(Answer::status(429), 4), (limited, 1)] {
        let list = Fault::on("POST", LIST, Action::Answer(answer)).times(times);
        world.sandbox.script([list]).unwrap();
        let served = serve(one_a_second.clone(), ConnectionTestMode::Off);
        let refreshed = world.refresh(served, FIRST).await;
        assert!(refreshed == world.states);
        let Cost { reads, pages } = world.cost();
        assert_eq!((reads, pages), (FIRST, 1 + usize::try_from(times).unwrap()));
    }
}

#[tokio::test]
async fn a_process_that_changes_something_reads_one_by_one() {
    let world = World::with(FIRST + 3).await;
    let served = world.serve();
    let first = world.states[0].clone();
    let context = Context::default();
    let deleted = served
        .resource
        .delete(first.state, first.private, &context)
        .await;
    assert!(deleted.state.is_null());
    world.sandbox.clear_requests();
    let refreshed = world.refresh(served, FIRST + 3).await;
    assert!(refreshed[1..] == world.states[1..]);
    assert_eq!(
        world.cost(),
        Cost {
            reads: FIRST + 3,
            pages: 0
        }
    );
}

#[tokio::test]
async fn a_process_that_serves_another_run_lists_anew() {
    let world = World::with(FIRST + 2).await;
    let served = Arc::new(world.serve());
    let refreshed = world::refresh(&world.states, &served, FIRST).await;
    assert!(refreshed == world.states);
    let deleted = world
        .sandbox
        .delete(Kind::Connector, &world.scope, &identifier(FIRST));
    deleted.unwrap();
    served.configure(ConnectionTestMode::Off);
    let refreshed = world::refresh(&world.states[FIRST..], &served, 2).await;
    assert!(refreshed[0].state.is_null(), "it was there in the last run");
}

#[tokio::test]
async fn what_the_listing_cannot_show_unchanged_is_read_by_itself() {
    let world = World::with(FIRST + 5).await;
    let changed = identifier(FIRST + 1);
    let patch = json!({"description": "Changed"});
    let patched = world
        .sandbox
        .patch(Kind::Connector, &world.scope, &changed, &patch);
    patched.unwrap();
    let deleted = world
        .sandbox
        .delete(Kind::Connector, &world.scope, &identifier(FIRST + 2));
    deleted.unwrap();
    let refreshed = world.refresh(world.serve(), FIRST).await;
    assert_eq!(
        world.cost(),
        Cost {
            reads: FIRST + 2,
            pages: 1
        }
    );
    assert!(refreshed[FIRST + 2].state.is_null());
    assert!(refreshed[FIRST + 1].state != world.states[FIRST + 1].state);
}
