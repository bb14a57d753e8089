//! For any listing and platform, the outcome of a refresh equals that of reading each connector individually.

use std::collections::BTreeSet;

use harness_sandbox::{Action, Answer, Fault, Kind};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use tf_provider::resource::NewState;
use tf_provider::value::Value;

use super::FIRST;
use super::world::{Cost, LIST, World, identifier};

/// What is unusual about a connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Twist {
    /// Nothing.
    Same,
    /// It was saved without a change.
    SavedAgain,
    /// The state writes a reference differently, and has empty settings instead of none.
    SpelledOtherwise,
    /// The state comes from version 0.1.0, which stored no digest.
    OfVersion01,
    Edited,
    Deleted,
    /// A flag that this provider does not manage is set.
    Flagged,
    /// One of its members cannot be read, neither in the listing nor individually.
    Odd,
    /// The state has an `id` that no read would return.
    OtherId,
    /// The listing does not contain it.
    Hidden,
    /// The listing contains it twice.
    Twice,
    /// The listing contains it twice, the second time with other settings.
    TwiceDifferent,
    /// The listing contains one of another type instead.
    ListedAsOtherType,
    /// The listing contains it in another scope.
    ListedElsewhere,
    /// The listing contains an item instead that is not a connector.
    ListedAsNothing,
    /// Its creation was never confirmed.
    Unconfirmed,
    /// It was moved from another provider.
    Moved,
    /// It is being imported.
    Importing,
}

const TWISTS: [Twist; 18] = [
    Twist::Same,
    Twist::SavedAgain,
    Twist::SpelledOtherwise,
    Twist::OfVersion01,
    Twist::Edited,
    Twist::Deleted,
    Twist::Flagged,
    Twist::Odd,
    Twist::OtherId,
    Twist::Hidden,
    Twist::Twice,
    Twist::TwiceDifferent,
    Twist::ListedAsOtherType,
    Twist::ListedElsewhere,
    Twist::ListedAsNothing,
    Twist::Unconfirmed,
    Twist::Moved,
    Twist::Importing,
];

impl Twist {
    /// Returns whether the listing shows that it is unchanged.
    fn is_shown_unchanged(self) -> bool {
        matches!(
            self,
            Self::Same | Self::SavedAgain | Self::SpelledOtherwise | Self::OfVersion01
        )
    }

    /// Changes what exists on the platform.
    fn on_platform(self, world: &World, number: usize) {
        let (sandbox, scope, identifier) = (&world.sandbox, &world.scope, identifier(number));
        let patch = match self {
            Self::SavedAgain => json!({}),
            Self::Edited => json!({"spec": {"url": "https://bitbucket.org/acme/other.git"}}),
            Self::Flagged => json!({"spec": {"ignoreTestConnection": true}}),
            Self::Deleted => {
                sandbox.delete(Kind::Connector, scope, &identifier).unwrap();
                return;
            }
            Self::Odd => {
                let odd = Answer::json(
                    200,
                    json!({"status": "SUCCESS", "data": odd(world, number)}),
                );
                let path = format!("/ng/api/connectors/{identifier}");
                let get = Fault::on("GET", &path, Action::Answer(odd)).times(0);
                sandbox.script([get]).unwrap();
                return;
            }
            _ => return,
        };
        sandbox
            .patch(Kind::Connector, scope, &identifier, &patch)
            .unwrap();
    }

    /// Returns its items in the listing.
    fn in_listing(self, world: &World, number: usize) -> Vec<Json> {
        let Some(item) = world.answer(number) else {
            return Vec::new();
        };
        let with = |pointer: &str, value: Json| {
            let mut other = item.clone();
            *other.pointer_mut(pointer).unwrap() = value;
            other
        };
        match self {
            Self::Hidden => Vec::new(),
            Self::Twice => vec![item.clone(), item],
            Self::TwiceDifferent => vec![item.clone(), with("/connector/name", json!("Another"))],
            Self::ListedAsOtherType => vec![with("/connector/type", json!("Github"))],
            Self::ListedElsewhere => vec![with("/connector/projectIdentifier", json!("payments"))],
            Self::ListedAsNothing => vec![Json::Null],
            Self::Odd => vec![odd(world, number)],
            _ => vec![item],
        }
    }

    /// Changes what Terraform knows about it.
    fn in_state(self, known: &mut NewState) {
        let mut private: Json = serde_json::from_slice(&known.private).unwrap();
        match self {
            Self::SpelledOtherwise => {
                let credentials = known.state.get("credentials").unwrap().clone();
                let http = credentials.get("http").unwrap().clone();
                let http = http.with("password_ref", Value::string("Account.bitbucket_token"));
                known.state = known
                    .state
                    .clone()
                    .with("credentials", credentials.with("http", http))
                    .with("description", Value::string(""));
            }
            Self::OtherId => known.state = known.state.clone().with("id", Value::string("other")),
            Self::OfVersion01 => private = json!({"last_modified_at": 1_750_000_000_123_i64}),
            Self::Unconfirmed => private["unconfirmed"] = json!(true),
            Self::Moved => private["moved"] = json!(true),
            Self::Importing => private["importing"] = json!(true),
            _ => {}
        }
        known.private = serde_json::to_vec(&private).unwrap();
    }
}

/// Returns the response about a connector, with a member that cannot be read.
fn odd(world: &World, number: usize) -> Json {
    let mut answer = world.answer(number).unwrap();
    answer["connector"]["description"] = json!(5);
    answer
}

#[test]
fn a_refresh_with_a_listing_ends_as_reading_one_by_one_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let twists = prop::collection::vec(prop::sample::select(&TWISTS[..]), 30);
    let config = ProptestConfig {
        cases: 12,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    let mut seen = BTreeSet::new();
    let seen = std::cell::RefCell::new(&mut seen);
    let run = TestRunner::new(config).run(&twists, |twists| {
        seen.borrow_mut()
            .extend(twists.iter().map(|twist| format!("{twist:?}")));
        runtime.block_on(play(&twists));
        Ok(())
    });
    run.unwrap();
    assert_eq!(seen.borrow().len(), TWISTS.len(), "every twist was played");
}

async fn play(twists: &[Twist]) {
    let mut world = World::with(twists.len()).await;
    for (number, twist) in twists.iter().enumerate() {
        twist.on_platform(&world, number);
        twist.in_state(&mut world.states[number]);
    }
    let content: Vec<Json> = twists
        .iter()
        .enumerate()
        .flat_map(|(number, twist)| twist.in_listing(&world, number))
        .collect();
    let page = json!({"status": "SUCCESS", "data": {
        "content": content, "pageIndex": 0, "pageSize": 100, "totalPages": 1, "totalItems": content.len(), "empty": false}});
    let list = Fault::on("POST", LIST, Action::Answer(Answer::json(200, page))).times(0);
    world.sandbox.script([list]).unwrap();

    let alone = world.refresh_without_listing().await;
    let cost = world.cost();
    assert_eq!(
        cost,
        Cost {
            reads: twists.len(),
            pages: 0
        }
    );

    let listed = world.refresh(world.serve(), FIRST).await;
    for ((one, other), twist) in listed.iter().zip(&alone).zip(twists) {
        assert!(one == other, "{twist:?}:\n{one:#?}\ninstead of\n{other:#?}");
    }
    let by_itself = twists
        .iter()
        .skip(FIRST)
        .filter(|twist| !twist.is_shown_unchanged());
    let expected = Cost {
        reads: FIRST + by_itself.count(),
        pages: 1,
    };
    assert_eq!(world.cost(), expected, "{twists:?}");
}
