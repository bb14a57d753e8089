//! Faults of a listing: they are not reported, and every connector is read.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness_sandbox::{Action, Fault as Scripted};
use terraform_provider_harness::harness::provider_data::ConnectionTestMode;
use tokio::task::JoinSet;

use super::FIRST;
use super::world::{LIST, World};
use crate::fault_matrix::fault::{FAULTS, Fault, How};
use crate::fault_matrix::stage::{SILENCE, serve};

/// The number of connectors in the scope: two pages.
const LISTED: usize = 105;

/// The page whose request meets the fault.
#[derive(Clone, Copy, Debug)]
enum Page {
    First,
    Second,
}

/// The number of parallel cases, some of which wait for a response that does not come.
const PLAYERS: usize = 6;

#[tokio::test]
async fn whatever_goes_wrong_with_a_listing_every_connector_is_read() {
    let faults = FAULTS.iter().copied().flatten();
    let cases: Vec<_> = faults
        .filter_map(|fault| match fault.how {
            How::By(action) => Some((fault, action())),
            How::CarriedOut(answer) => Some((fault, Action::CommitThenAnswer(answer()))),
            How::Nothing
            | How::At(_)
            | How::Meanwhile(_)
            | How::TakenOver(_)
            | How::OtherAccount => None,
        })
        .flat_map(|(fault, action)| {
            [Page::First, Page::Second].map(|page| (fault, action.clone(), page))
        })
        .collect();
    assert!(cases.len() > 80, "{}", cases.len());
    let cases = Arc::new(Mutex::new(cases));
    let mut players = JoinSet::new();
    for _ in 0..PLAYERS {
        let cases = Arc::clone(&cases);
        players.spawn(async move {
            let world = world().await;
            loop {
                let next = cases.lock().unwrap().pop();
                let Some((fault, action, page)) = next else {
                    return;
                };
                play(&world, fault, action, page).await;
            }
        });
    }
    players.join_all().await;
}

/// Returns a scope with two pages; the state has a few connectors on both.
async fn world() -> World {
    let mut world = World::with(LISTED).await;
    let last = world.states.split_off(LISTED - 1);
    world.states.truncate(FIRST + 2);
    world.states.extend(last);
    world
}

async fn play(world: &World, fault: &Fault, action: Action, page: Page) {
    let scripted = Scripted::on("POST", LIST, action);
    let scripted = match page {
        Page::First => scripted,
        Page::Second => scripted.after(1),
    };
    world.sandbox.clear_faults();
    world.sandbox.script([scripted]).unwrap();
    let begun = Instant::now();
    let silence = if fault.is_silence {
        SILENCE
    } else {
        Duration::from_secs(30)
    };
    let served = serve(world.config(silence), ConnectionTestMode::Off);
    let refreshed = world.refresh(served, FIRST).await;
    let says = fault.says;
    assert!(
        refreshed == world.states,
        "{says}, {page:?}: {refreshed:#?}"
    );
    let cost = world.cost();
    assert!(
        cost.pages <= cost.reads + 1 && cost.reads <= world.states.len() && cost.pages > 0,
        "{says}, {page:?}: {cost:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{says}, {page:?}"
    );
}
