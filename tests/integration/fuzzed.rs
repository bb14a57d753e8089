//! The fuzz targets without a fuzzer: each with its seeds, and with random mutations of them.

#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a target fails by panicking"
)]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Runs a target on bytes.
type Target = fn(&[u8]);

/// All targets by name.
const TARGETS: [(&str, Target); 7] = [
    ("bitbucket_url", targets::bitbucket_url),
    ("handshake_environment", targets::handshake_environment),
    ("json_state", targets::json_state),
    ("leaked_secret", targets::leaked_secret),
    ("msgpack", targets::msgpack),
    ("platform_answers", targets::platform_answers),
    ("secret_ref", targets::secret_ref),
];

/// Unusual fragments of JSON, msgpack, terminals, and URLs; and the key.
const FRAGMENTS: [&[u8]; 20] = [
    b"null",
    b"true",
    b"-1e999",
    b"9223372036854775808",
    b"\"\"",
    b"\"\\u001b[31m %s %n \\u0000\"",
    b"{\"connector\":",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":{\"a\":",
    b"]",
    b"}",
    b",",
    b"pat.account.token.AbCdEfGhIjKlMnOpQrSt",
    "\u{202e}\u{9b}2J".as_bytes(),
    b"\x1b[2J",
    b"<!DOCTYPE html><title>",
    b"\xff\xfe",
    b"\xc1\xdf\xff\xff\xff\xff",
    b"://user:secret@",
    b"%2e%2e%2f",
];

fn fuzz() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(fuzz().join("seeds").join(target)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn every_target_has_a_program_and_seeds_and_stands_them_all() {
    let programs = fs::read_dir(fuzz().join("fuzz_targets")).unwrap();
    assert_eq!(programs.count(), TARGETS.len());
    for (name, target) in TARGETS {
        let program = fuzz().join("fuzz_targets").join(name).with_extension("rs");
        assert!(program.is_file(), "{name}");
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        for seed in &seeds {
            target(seed);
        }
    }
}

/// Generates a change of one place: the new bytes, and how many bytes they replace.
fn change() -> impl Strategy<Value = (Index, Vec<u8>, usize)> {
    let bytes = prop_oneof![
        select(FRAGMENTS.as_slice()).prop_map(<[u8]>::to_vec),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    (any::<Index>(), bytes, 0..12_usize)
}

fn changed(
    mut bytes: Vec<u8>,
    changes: Vec<(Index, Vec<u8>, usize)>,
    cut: Option<Index>,
) -> Vec<u8> {
    for (place, fragment, instead_of) in changes {
        let start = place.index(bytes.len() + 1);
        let end = (start + instead_of).min(bytes.len());
        bytes.splice(start..end, fragment);
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len() + 1));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn whatever_chance_makes_of_a_seed_every_target_stands_it(
        (target, seed) in (0..TARGETS.len(), any::<Index>()),
        changes in proptest::collection::vec(change(), 0..6),
        cut in proptest::option::weighted(0.2, any::<Index>()),
    ) {
        let (name, target) = TARGETS[target];
        let seeds = seeds(name);
        target(&changed(seeds[seed.index(seeds.len())].clone(), changes, cut));
    }

    #[test]
    fn no_response_panics_and_every_message_is_safe_for_terminals(
        seed in any::<Index>(),
        asked in proptest::option::weighted(0.3, any::<[u8; 2]>()),
        changes in proptest::collection::vec(change(), 0..6),
        cut in proptest::option::weighted(0.2, any::<Index>()),
    ) {
        let seeds = seeds("platform_answers");
        let mut bytes = changed(seeds[seed.index(seeds.len())].clone(), changes, cut);
        for (byte, other) in bytes.iter_mut().zip(asked.unwrap_or_default()) {
            *byte = if asked.is_some() { other } else { *byte };
        }
        targets::platform_answers(&bytes);
    }
}
