//! Runs the fuzzers' targets (`fuzz/targets.rs`, `crates/media/fuzz/targets.rs`) on their corpus and on mutations of it.
//! The mutations come from a fixed seed. So the targets cannot rot, and a finding that is put into the corpus stays found.

#[path = "../../crates/media/fuzz/targets.rs"]
mod media;
#[path = "../../fuzz/targets.rs"]
mod sigilo;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

const SEED: u64 = 20_261_125;
/// Mutations of each file of the corpus.
const MUTATIONS: usize = 150;
/// The longest mutation.
const MAX_BYTES: usize = 64 * 1024;

/// A target takes any bytes.
type Target = fn(&[u8]);

/// Each fuzzer's folder with its targets.
const FUZZERS: [(&str, &[(&str, Target)]); 2] = [("fuzz", sigilo::TARGETS), ("crates/media/fuzz", media::TARGETS)];

/// The files of a target's corpus, in order.
fn corpus(fuzzer: &str, name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(fuzzer).join("corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let files: Vec<Vec<u8>> = files.into_iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!files.is_empty(), "{name} has no corpus");
    files
}

/// Changes some bytes, cuts, doubles, splices with another, or puts in numbers that are likely to hurt.
fn mutated(rng: &mut StdRng, corpus: &[Vec<u8>], at: usize) -> Vec<u8> {
    let mut bytes = corpus[at].clone();
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            bytes.push(rng.random());
        }
        let place = rng.random_range(0..bytes.len());
        match rng.random_range(0..7) {
            0 => bytes[place] ^= 1 << rng.random_range(0..8),
            1 => bytes[place] = rng.random(),
            2 => bytes.truncate(place),
            3 => {
                let end = bytes.len().min(place + rng.random_range(1..64));
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
            4 => {
                let other = &corpus[rng.random_range(0..corpus.len())];
                bytes.truncate(place);
                bytes.extend_from_slice(&other[place.min(other.len())..]);
            }
            5 => {
                let numbers = [
                    0,
                    1,
                    0x7f,
                    0x80,
                    0xff,
                    0xffff,
                    0x7fff_ffff,
                    0x8000_0000,
                    0xffff_ffff,
                    u64::MAX,
                ];
                let number: u64 = numbers[rng.random_range(0..numbers.len())];
                let (big, little) = (number.to_be_bytes(), number.to_le_bytes());
                let number = if rng.random() { &big[4..] } else { &little[..4] };
                for (byte, new) in bytes[place..].iter_mut().zip(number) {
                    *byte = *new;
                }
            }
            _ => {
                let mut noise = vec![0; rng.random_range(1..32)];
                rng.fill_bytes(&mut noise);
                bytes.splice(place..place, noise);
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn feed(name: &str, target: Target, data: &[u8]) {
    let outcome = catch_unwind(AssertUnwindSafe(|| target(data)));
    if outcome.is_err() {
        let kept = std::env::temp_dir().join(format!("sigilo-fuzz-{name}"));
        fs::write(&kept, data).unwrap();
        panic!("{name}: see above; the {} bytes are in {}", data.len(), kept.display());
    }
}

#[test]
fn every_parser_of_outside_bytes_withstands_its_corpus_and_mutations() {
    let mut rng = StdRng::seed_from_u64(SEED);
    let all = FUZZERS
        .iter()
        .flat_map(|(fuzzer, targets)| targets.iter().map(move |target| (*fuzzer, target)));
    for (fuzzer, (name, target)) in all {
        let corpus = corpus(fuzzer, name);
        for data in [&[] as &[u8], &[0], &[0xff; 64]] {
            feed(name, *target, data);
        }
        for (at, file) in corpus.iter().enumerate() {
            feed(name, *target, file);
            // Large files take long, and hold more of the same.
            let count = if file.len() > 8_000 { MUTATIONS / 10 } else { MUTATIONS };
            for _ in 0..count {
                let data = mutated(&mut rng, &corpus, at);
                feed(name, *target, &data);
            }
        }
    }
}

#[test]
fn every_target_has_a_binary_and_every_binary_a_target() {
    for (fuzzer, targets) in FUZZERS {
        let manifest = fs::read_to_string(format!("{fuzzer}/Cargo.toml")).unwrap();
        let binaries = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
        let binaries: Vec<&str> = binaries.filter_map(|line| line.strip_suffix(".rs\"")).collect();
        let targets: Vec<&str> = targets.iter().map(|(name, _)| *name).collect();
        assert_eq!(binaries, targets);
        for name in targets {
            let text = fs::read_to_string(format!("{fuzzer}/fuzz_targets/{name}.rs")).unwrap();
            assert!(text.contains("fuzz_target!"), "{name}");
        }
    }
}
