//! The arrows between the rooms, read from the sources themselves, so that they cannot be bent unseen.
//!
//! `tf_provider` is being a Terraform provider, and could serve another platform; `platform` is speaking to Harness, and
//! could serve another tool; `bitbucket_connector` knows both, `provider` puts them together, and `doctor` looks at what
//! `provider` makes of the environment. Each format has one room:
//! protobuf, msgpack, HTTP, TLS, sockets, standard output. `docs/ARCHITECTURE.md` says why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod source;

use source::{Mention, Source};
use std::path::Path;

/// A room, and the others that it may use.
const ROOMS: [(&str, &[&str]); 6] = [
    ("src/tf_provider/", &["tf_provider"]),
    ("src/platform/", &["platform"]),
    (
        "src/bitbucket_connector/",
        &["bitbucket_connector", "platform", "tf_provider"],
    ),
    (
        "src/provider",
        &["provider", "bitbucket_connector", "platform", "tf_provider"],
    ),
    (
        "src/doctor/",
        &["doctor", "provider", "platform", "tf_provider"],
    ),
    ("src/main.rs", &["doctor", "provider", "tf_provider"]),
];

/// What is named in some places only, in tests or not: a path, and where.
const INNER_DOORS: [(&str, &[&str]); 3] = [
    (
        "crate::tf_provider::proto",
        &[
            "src/tf_provider/proto.rs",
            "src/tf_provider/rpc/",
            "src/tf_provider/plugin/",
        ],
    ),
    (
        "crate::tf_provider::rpc",
        &["src/tf_provider/rpc/", "src/main.rs"],
    ),
    (
        "crate::tf_provider::plugin",
        &["src/tf_provider/plugin/", "src/main.rs"],
    ),
];

const PROTOBUF: &[&str] = &[
    "src/tf_provider/proto.rs",
    "src/tf_provider/rpc/",
    "src/tf_provider/plugin/",
];

/// The libraries that carry a format or reach outside, and where they are at home. Tests use what they need.
const LIBRARIES: [(&str, &[&str]); 22] = [
    ("tonic", PROTOBUF),
    ("tonic_health", PROTOBUF),
    ("tonic_prost", PROTOBUF),
    ("prost", PROTOBUF),
    ("prost_types", PROTOBUF),
    ("rmp", &["src/tf_provider/value/msgpack"]),
    ("reqwest", &["src/platform/"]),
    ("hyper_util", &["src/platform/proxy.rs"]),
    ("ipnet", &["src/platform/proxy.rs"]),
    ("http_body", &["src/platform/client/departure.rs"]),
    ("flate2", &["src/platform/client/encoding.rs"]),
    ("rustls_platform_verifier", &["src/platform/tls.rs"]),
    ("x509_parser", &["src/platform/tls.rs"]),
    ("secrecy", &["src/platform/"]),
    // The platform reads certificates of authorities, and tells a refused certificate from a lost connection.
    (
        "tokio_rustls",
        &[
            "src/tf_provider/plugin/",
            "src/platform/tls.rs",
            "src/platform/transport.rs",
        ],
    ),
    ("rcgen", &["src/tf_provider/plugin/tls.rs"]),
    ("tokio::net", &["src/tf_provider/plugin/"]),
    ("std::os::unix::net", &["src/tf_provider/plugin/"]),
    ("tokio::signal", &["src/tf_provider/plugin/"]),
    ("tempfile", &["src/tf_provider/plugin/"]),
    ("tracing_subscriber", &["src/tf_provider/plugin/log.rs"]),
    // JSON of the platform; of states, types and log lines; of what this resource stores for itself; of the doctor's
    // report.
    (
        "serde_json",
        &[
            "src/platform/",
            "src/tf_provider/value/",
            "src/tf_provider/plugin/",
            "src/bitbucket_connector/managed_settings.rs",
            "src/bitbucket_connector/private.rs",
            "src/doctor/report.rs",
        ],
    ),
];

/// Standard output belongs to the handshake.
const STANDARD_OUTPUT: [&str; 3] = ["stdout", "println", "print"];
const HOME_OF_STANDARD_OUTPUT: &str = "src/tf_provider/plugin/";

/// Words of the other world, which code outside tests has no business with.
const VOCABULARY: [(&str, &[&str]); 2] = [
    ("src/tf_provider/", &["harness", "bitbucket"]),
    ("src/platform/", &["terraform", "tfplugin", "hcl"]),
];

/// Where a file becomes too long to be without a reason.
const LONG: usize = 600;
/// With what the reason begins, in the file's own documentation.
const REASON: &str = "This file is long because";

fn sources() -> Vec<Source> {
    let sources = Source::all(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(sources.len() > 50, "only {} files found", sources.len());
    sources
}

/// Fails with every breach at once.
fn held(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn breach(source: &Source, mention: &Mention, rule: &str) -> String {
    format!(
        "{}:{}: `{}`: {rule}",
        source.path, mention.line, mention.text
    )
}

/// Whether a path is `whole` or leads below it.
fn is_below(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn lives_in(source: &Source, places: &[&str]) -> bool {
    places.iter().any(|place| source.path.starts_with(place))
}

fn arrows(sources: &[Source]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| source.path != "src/lib.rs") {
        let Some((room, may_use)) = ROOMS.iter().find(|(room, _)| source.path.starts_with(room))
        else {
            breaches.push(format!(
                "{}:1: lies in no room; see ROOMS in this test",
                source.path
            ));
            continue;
        };
        for path in source.paths() {
            let Some(target) = path.text.strip_prefix("crate::") else {
                continue;
            };
            let target = target.split("::").next().unwrap_or(target);
            if !may_use.contains(&target) {
                let rule = format!("{room} may use of this crate only {}", may_use.join(", "));
                breaches.push(breach(source, &path, &rule));
            }
        }
    }
    breaches
}

fn inner_doors(sources: &[Source]) -> Vec<String> {
    named_elsewhere(sources, &INNER_DOORS, true)
}

fn libraries(sources: &[Source]) -> Vec<String> {
    named_elsewhere(sources, &LIBRARIES, false)
}

fn named_elsewhere(sources: &[Source], homes: &[(&str, &[&str])], tests_too: bool) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        let paths = source.paths();
        for path in paths.iter().filter(|path| tests_too || !path.in_test) {
            for (whole, places) in homes {
                if is_below(&path.text, whole) && !lives_in(source, places) {
                    let rule = format!("{whole} is used in {} only", places.join(", "));
                    breaches.push(breach(source, path, &rule));
                }
            }
        }
    }
    breaches
}

fn standard_output(sources: &[Source]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        for word in source.identifiers().filter(|word| !word.in_test) {
            let writes = STANDARD_OUTPUT.contains(&word.text.as_str());
            if writes && !lives_in(source, &[HOME_OF_STANDARD_OUTPUT]) {
                let rule = format!("standard output is written in {HOME_OF_STANDARD_OUTPUT} only");
                breaches.push(breach(source, &word, &rule));
            }
        }
    }
    breaches
}

fn vocabulary(sources: &[Source]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        let foreign = VOCABULARY
            .iter()
            .filter(|(room, _)| source.path.starts_with(room));
        for (room, words) in foreign {
            for mention in source.words().filter(|mention| !mention.in_test) {
                let lower = mention.text.to_lowercase();
                if let Some(word) = words.iter().find(|word| lower.contains(**word)) {
                    let rule = format!("{room} knows nothing of \"{word}\"");
                    breaches.push(breach(source, &mention, &rule));
                }
            }
        }
    }
    breaches
}

fn lengths(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter(|source| source.lines > LONG);
    let without_reason = long.filter(|source| !source.doc.contains(REASON));
    let breaches = without_reason.map(|source| {
        format!(
            "{}:1: has {} lines; split it, or say \"{REASON} …\" in its module documentation",
            source.path, source.lines
        )
    });
    breaches.collect()
}

#[test]
fn each_room_uses_only_the_rooms_that_it_may_know() {
    held(&arrows(&sources()));
}

#[test]
fn protobuf_types_the_rpcs_and_the_process_stay_behind_their_doors() {
    held(&inner_doors(&sources()));
}

#[test]
fn each_format_and_each_way_outside_has_one_home() {
    held(&libraries(&sources()));
}

#[test]
fn standard_output_is_written_by_the_plugin_alone() {
    held(&standard_output(&sources()));
}

#[test]
fn no_room_speaks_the_words_of_the_other_world() {
    held(&vocabulary(&sources()));
}

#[test]
fn a_long_file_says_why() {
    held(&lengths(&sources()));
}

#[test]
fn every_home_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let doors = INNER_DOORS
        .iter()
        .chain(&LIBRARIES)
        .flat_map(|(_, places)| places.iter());
    let rooms = ROOMS.iter().map(|(room, _)| room);
    for place in doors.chain(rooms) {
        let exists = root.join(place).exists() || root.join(format!("{place}.rs")).exists();
        assert!(exists, "{place} is no file and no directory");
    }
}

type Rule = fn(&[Source]) -> Vec<String>;

/// A source that breaks a rule, or does not, and the lines in which it does: one breach of each kind, in each spelling.
const BREACHES: [(Rule, &str, &str, &[usize]); 17] = [
    (
        arrows,
        "src/tf_provider/a.rs",
        "use crate::platform::Client;",
        &[1],
    ),
    (
        arrows,
        "src/tf_provider/a/b.rs",
        "\nuse super::super::super::platform;",
        &[2],
    ),
    (
        arrows,
        "src/tf_provider/a/b.rs",
        "use super::super::provider::X;",
        &[],
    ),
    (
        arrows,
        "src/tf_provider/a.rs",
        "use super::super::provider::X;",
        &[1],
    ),
    (
        arrows,
        "src/platform/mod.rs",
        "fn f() {\n  crate::{\n a::B,\n platform::C };\n}",
        &[3],
    ),
    (
        arrows,
        "src/platform/a.rs",
        "mod t {\n use super::super::super::tf_provider; }",
        &[2],
    ),
    (
        arrows,
        "src/platform/a.rs",
        "// crate::tf_provider\nconst A: &str = \"crate::tf_provider\";",
        &[],
    ),
    (
        arrows,
        "src/bitbucket_connector/a.rs",
        "type A = crate::provider::P;",
        &[1],
    ),
    (arrows, "src/utils.rs", "", &[1]),
    (
        inner_doors,
        "src/bitbucket_connector/a.rs",
        "use crate::tf_provider::{value::Value, proto::tfplugin5 as p, rpc::{self}, plugin};",
        &[1, 1, 1],
    ),
    (
        inner_doors,
        "src/tf_provider/value/a.rs",
        "use super::super::proto;",
        &[1],
    ),
    (
        libraries,
        "src/provider.rs",
        "#[tonic::async_trait]\nimpl A {}",
        &[1],
    ),
    (
        libraries,
        "src/tf_provider/rpc/a.rs",
        "use reqwest::Client;\n#[cfg(all(test, unix))]\n#[allow(x)]\nmod tests { use rmp::A; }\nuse tokio::{net, time};",
        &[1, 5],
    ),
    (
        standard_output,
        "src/platform/a.rs",
        "fn f() { println!(\"\"); }",
        &[1],
    ),
    (
        standard_output,
        "src/provider.rs",
        "use std::io::stdout;\n/* print */",
        &[1],
    ),
    (
        vocabulary,
        "src/tf_provider/a.rs",
        "/// Harness\nstruct A;\nconst B: &str = r#\"a \"Bitbucket\"\"#;\nfn to_harness<'a>(c: char) -> bool { c == '\"' }",
        &[3, 4],
    ),
    (
        vocabulary,
        "src/platform/a.rs",
        "const A: &str = \"Terraform\";",
        &[1],
    ),
];

#[test]
fn a_breach_of_each_rule_is_found_in_every_spelling() {
    for (rule, path, text, lines) in BREACHES {
        let found = rule(&[Source::parse(path, text)]);
        let expected: Vec<String> = lines
            .iter()
            .map(|line| format!("{path}:{line}: "))
            .collect();
        let as_expected = found.len() == expected.len()
            && found
                .iter()
                .zip(&expected)
                .all(|(found, start)| found.starts_with(start));
        assert!(
            as_expected,
            "{text}\nexpected: {expected:#?}\nfound: {found:#?}"
        );
    }

    let long = "\n".repeat(LONG + 1);
    assert_eq!(lengths(&[Source::parse("src/a.rs", &long)]).len(), 1);
    let with_reason = format!("//! A.\n//! {REASON} it is a table.\n{long}");
    assert_eq!(lengths(&[Source::parse("src/a.rs", &with_reason)]), [""; 0]);
}
