//! Many connectors in one scope: how many requests they need, and how long those take.
//!
//! | figure | how it is measured |
//! |---|---|
//! | requests | counted by the sandbox; exact, however busy the machine is |
//! | plan with refresh | as a multiple of a plan with `-refresh=false` |
//! | far away | like the previous row, but each response of the sandbox takes 100 ms longer |
//! | limited | a refresh while the sandbox answers 429 to more than 400 requests a minute, as a multiple of one without a limit |
//! | memory | the largest resident set of the provider's processes |
//!
//! Each multiple is compared with that of as many `terraform_data`. Thousands of connectors are written directly to the
//! state and the sandbox, because Terraform would need minutes to create them.

use std::fs;
use std::path::{Path, PathBuf};

use harness_sandbox::{Kind, Options, Sandbox, Scope};
use serde_json::{Value, json};

use super::{Bench, MANY, Watch, bare, connectors, median, millis, ratio, row};

/// The additional response time of a distant platform.
const FAR_MS: u64 = 100;
/// The lowest limit of requests per minute that Harness documents.
const LIMIT: u32 = 400;
/// The number of connectors in a large nightly drift check.
const NIGHTLY: usize = 1_000;
const CROWD: usize = 10_000;
const FEW: usize = 3;

/// The arguments of plans that must find no change.
const PLAN: &[&str] = &["plan", "-detailed-exitcode"];
const UNREFRESHED: &[&str] = &["plan", "-detailed-exitcode", "-refresh=false"];

/// One connector, as in the state and the sandbox.
struct Seed {
    state: Value,
    connector: Value,
}

pub(super) fn measure(bench: &mut Bench) {
    let seed = bench.whole_life();
    bench.restart();
    bench.nightly(&seed);
    bench.restart();
    bench.crowd(&seed);
}

impl Bench {
    /// Measures five hundred connectors from creation to destruction.
    fn whole_life(&self) -> Seed {
        let bare = self.workspace("bare", &bare(MANY));
        let ours = self.workspace("many", &connectors(MANY));
        let before = self.count();
        for (name, arguments) in [
            ("plan", &["plan", "-out=saved.tfplan"][..]),
            ("apply", &["apply", "saved.tfplan"]),
        ] {
            let (bare, ours) = (self.run(&bare, arguments), self.run(&ours, arguments));
            row(
                &format!("{name}, {MANY} connectors"),
                format!(
                    "{:.1} × bare ({:.2} s)",
                    ratio(ours, bare),
                    ours.as_secs_f64()
                ),
                format!("{:.2} s", bare.as_secs_f64()),
                "-",
            );
        }
        self.requests_since(
            before,
            &format!("first plan and apply of {MANY}"),
            "at most 515",
        );
        let seed = Seed::of(self, &ours);

        let before = self.count();
        let watch = Watch::start();
        self.run(&ours, PLAN);
        let what = format!("peak memory, refresh of {MANY}");
        row(&what, watch.peak(), "-", "at most 11 MiB");
        drop(watch);
        self.requests_since(
            before,
            &format!("refresh of {MANY} unchanged"),
            "at most 25",
        );
        let what = format!("plan with refresh, {MANY} connectors");
        self.refreshed(&ours, &bare, &what, 5, "at most 1.1 ×");
        self.set(&json!({"answer_delay_ms": FAR_MS}));
        let what = format!("the same, Harness {FAR_MS} ms away");
        self.refreshed(&ours, &bare, &what, 1, "at most 1.4 ×");
        self.set(&json!({"answer_delay_ms": 0}));

        let before = self.count();
        self.run(&ours, &["plan", "-destroy", "-out=saved.tfplan"]);
        self.run(&ours, &["apply", "saved.tfplan"]);
        let what = format!("plan and apply of a destroy of {MANY}");
        self.requests_since(before, &what, "at most 1130");
        seed
    }

    /// Measures a refresh of a thousand connectors, with and without a limit.
    fn nightly(&self, seed: &Seed) {
        self.fill(seed, NIGHTLY);
        let workspace = self.written("nightly", seed, NIGHTLY);
        let free = self.run(&workspace, PLAN);
        // The sandbox's minute begins with the first request after this.
        self.set(&json!({"rate_limit": LIMIT}));
        let before = self.count();
        let limited = self.run(&workspace, PLAN);
        let requests = self.count() - before;
        self.set(&json!({"rate_limit": null}));
        row(
            &format!("refresh of {NIGHTLY}, at most {LIMIT} requests a minute"),
            format!(
                "{:.2} × without a limit ({:.1} s, {:.1} s; {requests} requests)",
                ratio(limited, free),
                limited.as_secs_f64(),
                free.as_secs_f64()
            ),
            "-",
            "as without a limit",
        );
    }

    /// Measures a scope of ten thousand connectors: with few of them in the state, and with enough to list the whole
    /// scope.
    fn crowd(&self, seed: &Seed) {
        self.fill(seed, CROWD);
        let few = self.written("few", seed, FEW);
        let before = self.count();
        self.run(&few, PLAN);
        let what = format!("refresh of {FEW} in a scope of {CROWD}");
        self.requests_since(before, &what, &format!("{FEW}"));
        let many = self.written("crowd", seed, MANY);
        let (before, watch) = (self.count(), Watch::start());
        let taken = self.run(&many, PLAN);
        row(
            &format!("peak memory, refresh of {MANY} in a scope of {CROWD}"),
            format!(
                "{} ({} requests, {:.0} s)",
                watch.peak(),
                self.count() - before,
                taken.as_secs_f64()
            ),
            "-",
            "at most 24 MiB",
        );
    }

    /// Measures a plan with and without a refresh.
    fn refreshed(&self, ours: &Path, bare: &Path, what: &str, times: usize, goal: &str) {
        let taken =
            |workspace: &Path, arguments: &[&str]| median(times, || self.run(workspace, arguments));
        let (with, without) = (taken(ours, PLAN), taken(ours, UNREFRESHED));
        let (bare_with, bare_without) = (taken(bare, PLAN), taken(bare, UNREFRESHED));
        row(
            what,
            format!(
                "{:.2} × without ({:.0} ms, {:.0} ms)",
                ratio(with, without),
                millis(with),
                millis(without)
            ),
            format!("{:.2} × without", ratio(bare_with, bare_without)),
            goal,
        );
    }

    /// Prints a row about the requests made since there were `before`.
    fn requests_since(&self, before: usize, what: &str, goal: &str) {
        row(
            what,
            format!("{} requests", self.count() - before),
            "-",
            goal,
        );
    }

    fn count(&self) -> usize {
        self.sandbox.requests().len()
    }

    fn set(&self, settings: &Value) {
        self.sandbox.change_settings(settings).unwrap();
    }

    fn restart(&mut self) {
        self.sandbox = Sandbox::start(Options::default()).unwrap();
    }

    /// Puts this many connectors into the sandbox.
    fn fill(&self, seed: &Seed, count: usize) {
        for number in 0..count {
            let connector = Seed::numbered(&seed.connector, number);
            let identifier = connector["identifier"].as_str().unwrap().to_owned();
            self.sandbox
                .put(Kind::Connector, &Scope::account(), &identifier, connector)
                .unwrap();
        }
    }

    /// Creates a workspace with this many connectors in its state.
    fn written(&self, name: &str, seed: &Seed, count: usize) -> PathBuf {
        let workspace = self.workspace(name, &connectors(count));
        let mut state = seed.state.clone();
        let instances = &mut state["resources"][0]["instances"];
        let first = instances[0].take();
        *instances = (0..count)
            .map(|number| {
                let mut instance = Seed::numbered(&first, number);
                instance["index_key"] = number.into();
                instance
            })
            .collect();
        fs::write(state_file(&workspace), state.to_string()).unwrap();
        workspace
    }
}

impl Seed {
    /// Returns the first connector of a workspace.
    fn of(bench: &Bench, workspace: &Path) -> Self {
        let state = fs::read_to_string(state_file(workspace)).unwrap();
        let mut state: Value = serde_json::from_str(&state).unwrap();
        let instances = state["resources"][0]["instances"].as_array_mut().unwrap();
        instances.retain(|instance| instance["index_key"] == 0);
        // The private state contains a digest of the connector. Without one, the provider compares the settings
        // themselves.
        let instance = instances[0].as_object_mut().unwrap();
        instance.remove("private");
        let connector = bench
            .sandbox
            .object(Kind::Connector, &Scope::account(), "Bench_0");
        Self {
            state,
            connector: connector.unwrap(),
        }
    }

    /// Returns the value with another number in every text that has one.
    fn numbered(value: &Value, number: usize) -> Value {
        match value {
            Value::String(text) => {
                let text = text.replace("Bench 0", &format!("Bench {number}"));
                let text = text.replace("Bench_0", &format!("Bench_{number}"));
                text.replace("web-0", &format!("web-{number}")).into()
            }
            Value::Array(items) => items
                .iter()
                .map(|item| Self::numbered(item, number))
                .collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), Self::numbered(value, number)))
                .collect(),
            other => other.clone(),
        }
    }
}

fn state_file(workspace: &Path) -> PathBuf {
    workspace.join("terraform.tfstate")
}
