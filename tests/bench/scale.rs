//! Many connectors at once, and a platform that limits its requests.
//!
//! | figure | how it is measured |
//! |---|---|
//! | apply, refresh | of many connectors, many in parallel, with lookups and without connection tests, and as multiples of `terraform_data`; every connector exists once, and the next plan is empty |
//! | memory | the largest resident set of the provider's processes during that time |
//! | requests | counted by the sandbox |
//! | limited | 200 connectors with connection tests, while the sandbox responds with 429 to more than 400 requests a minute; the timeline shows how many requests it answered and refused in every ten seconds |

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;

use harness_sandbox::{Options, Sandbox};

use super::{Bench, Watch, bare, connectors, ratio, row};

/// Numbers of connectors, with the number of parallel operations for each.
const SIZES: [(usize, usize); 2] = [(200, 100), (1_000, 10)];
/// The number of parallel operations for sizes from the command line.
const SIDE_BY_SIDE: usize = 100;
const LIMITED: usize = 200;
const LIMIT: u32 = 400;

/// Measures [`SIZES`], and each size among the arguments: `cargo bench --bench cost -- scale 10000`. Terraform copies
/// its whole state after each change, so ten times as many connectors take nearly a hundred times as long.
pub(super) fn measure(mut bench: Bench) {
    bench.limited();
    let asked = env::args().filter_map(|argument| argument.parse().ok());
    let asked = asked.map(|count| (count, SIDE_BY_SIDE));
    for (count, side_by_side) in SIZES.into_iter().chain(asked) {
        bench.sandbox = Sandbox::start(Options::default()).unwrap();
        bench.size(count, side_by_side);
    }
}

impl Bench {
    fn size(&self, count: usize, side_by_side: usize) {
        let there_were = self.existing();
        let workspace = self.workspace(&format!("size_{count}"), &connectors(count));
        let parallelism = format!("-parallelism={side_by_side}");
        let apply = ["apply", "-auto-approve", &parallelism];
        let plan = ["plan", "-detailed-exitcode", &parallelism];
        let bare = self.workspace(&format!("bare_{count}"), &bare(count));
        let bare_applied = self.run(&bare, &apply);
        let bare_refreshed = self.run(&bare, &plan);
        let watch = Watch::start();
        let applied = self.run(&workspace, &apply);
        let requests = self.requests();
        assert_eq!(
            requests["POST /ng/api/connectors"], count,
            "one creation for each"
        );
        assert_eq!(self.existing(), there_were + count);
        let (_, listed) = self.output(&workspace, &["state", "list"]);
        assert_eq!(listed.lines().count(), count);
        let to_apply: usize = requests.values().sum();
        self.sandbox.clear_requests();
        let refreshed = self.run(&workspace, &plan);
        let to_refresh: usize = self.requests().values().sum();
        row(
            &format!("{count} connectors, {side_by_side} side by side"),
            format!(
                "apply {:.1} s ({:.1} × bare), {to_apply} requests; plan with refresh {:.1} s ({:.1} × bare), {to_refresh} requests; provider at most {}",
                applied.as_secs_f64(),
                ratio(applied, bare_applied),
                refreshed.as_secs_f64(),
                ratio(refreshed, bare_refreshed),
                watch.peak()
            ),
            format!(
                "apply {:.1} s, plan {:.1} s",
                bare_applied.as_secs_f64(),
                bare_refreshed.as_secs_f64()
            ),
            "each exists once, and the next plan is empty",
        );
    }

    fn limited(&mut self) {
        self.sandbox = Sandbox::start(Options {
            rate_limit: Some(LIMIT),
            ..Options::default()
        })
        .unwrap();
        let there_were = self.existing();
        let tested = connectors(LIMITED).replace("connection_test = \"off\"", "");
        let workspace = self.workspace("limited", &tested);
        let applied = self.run(&workspace, &["apply", "-auto-approve"]);
        assert_eq!(self.existing(), there_were + LIMITED);
        let mut timeline: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
        let log = self.sandbox.requests();
        let begin = log.iter().map(|request| request.at_ms).min().unwrap();
        for request in &log {
            let slot = timeline
                .entry((request.at_ms - begin) / 10_000)
                .or_default();
            match request.status {
                Some(429) => slot.1 += 1,
                _ => slot.0 += 1,
            }
        }
        let answered: u32 = timeline.values().map(|slot| slot.0).sum();
        let refused: u32 = timeline.values().map(|slot| slot.1).sum();
        let mut shown = String::new();
        for (slot, (answered, refused)) in timeline {
            write!(shown, " {}s:{answered}+{refused}", slot * 10).unwrap();
        }
        // A minute's requests can all be used at its beginning, and the rest once the first of them is a minute old.
        let shortest = 60 * (answered.saturating_sub(1) / LIMIT);
        row(
            &format!("{LIMITED} connectors, at most {LIMIT} requests a minute"),
            format!(
                "apply {:.1} s, no error; {answered} requests answered, {refused} refused; per ten seconds, answered + refused:{shown}",
                applied.as_secs_f64()
            ),
            "-",
            &format!("the limit alone takes {shortest} s"),
        );
    }

    /// Returns how many connectors the platform has.
    fn existing(&self) -> usize {
        self.sandbox.state()["connectors"].as_array().unwrap().len()
    }

    /// Returns how many requests of each kind were made, without identifiers.
    fn requests(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for request in self.sandbox.requests() {
            let path: Vec<&str> = request.path.split('/').take(4).collect();
            let kind = if path.join("/") == request.path {
                format!("{} {}", request.method, request.path)
            } else {
                format!("{} {}/…", request.method, path.join("/"))
            };
            *counted.entry(kind).or_default() += 1;
        }
        counted
    }
}
