//! The vault against an attacker who moves, changes or exchanges sealed data.

mod callers;
mod letters;
mod records;
mod rosters;
mod seals;
mod staff;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::domain::ids::{CaseId, InstanceId};

fn rng() -> StdRng {
    StdRng::seed_from_u64(20_261_124)
}

fn other_instance() -> InstanceId {
    "b1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}

fn other_case() -> CaseId {
    "91111111-1111-4111-8111-111111111111".parse().unwrap()
}

/// With one bit changed somewhere.
fn flipped(bytes: &[u8], at: usize, bit: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = at % changed.len();
    changed[at] ^= 1 << (bit % 8);
    changed
}
