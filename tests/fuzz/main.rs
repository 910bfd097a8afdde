//! Runs every fuzz target on its corpus and on inputs derived from it by fixed dice. `FUZZ_RUNS=N` derives N for
//! each target, `FUZZ_SEED=S` throws other dice. `fuzz/` runs the same targets under libFuzzer.

mod http;
#[path = "../common/random.rs"]
#[allow(dead_code, reason = "each test program uses its part of it")]
mod random;
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use random::Random;
use targets::TARGETS;

/// How many inputs are derived if nothing else is asked for.
const RUNS: u64 = 1500;

/// The longest input that is derived, in bytes.
const LONGEST: usize = 8 * 1024;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// An input from the corpus with one to eight changes.
fn derive(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = corpus[random.place(corpus.len())].clone();
    for _ in 0..=random.place(8) {
        let at = random.place(input.len() + 1);
        let end = input.len().min(at + random.place(16));
        match random.place(6) {
            0 => input.insert(at, u8::try_from(random.below(256)).expect("a byte")),
            1 => drop(input.drain(at..end)),
            2 => {
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy.repeat(1 + random.place(20)));
            }
            3 => {
                let other = &corpus[random.place(corpus.len())];
                let from = random.place(other.len() + 1);
                let to = other.len().min(from + random.place(40));
                input.splice(at..end, other[from..to].iter().copied());
            }
            4 => input.truncate(at),
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.place(8);
                }
            }
        }
    }
    input.truncate(LONGEST);
    input
}

/// The inputs in the tree, in a fixed order.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has no corpus");
    files
        .iter()
        .map(|file| fs::read(file).expect("a file"))
        .collect()
}

#[test]
fn no_input_breaks_a_target() {
    let runs = asked("FUZZ_RUNS").unwrap_or(RUNS);
    let mut random = Random::new(asked("FUZZ_SEED").unwrap_or(1));
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        let derived: Vec<_> = (0..runs).map(|_| derive(&mut random, &corpus)).collect();
        for input in corpus.iter().chain(&derived) {
            let told = catch_unwind(AssertUnwindSafe(|| target(input)));
            assert!(
                told.is_ok(),
                "{name} fails on \"{}\"; put it into tests/fuzz/corpus/{name}",
                input.escape_ascii()
            );
        }
    }
}
