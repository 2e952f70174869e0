//! The source of randomness: the operating system, or a seed in tests.

use std::sync::{Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};

/// Gives each use case a generator of its own.
#[derive(Debug)]
pub enum Randomness {
    /// Seeded from the operating system each time.
    System,
    /// From one seed; for tests.
    Seeded(Box<Mutex<StdRng>>),
}

impl Randomness {
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Box::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Returns a fresh generator.
    ///
    /// # Panics
    /// Panics if the operating system has no randomness: nothing may be sealed then.
    pub fn generator(&self) -> StdRng {
        match self {
            Self::System => StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness"),
            Self::Seeded(parent) => {
                let mut seed = <StdRng as rand::SeedableRng>::Seed::default();
                parent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fill_bytes(&mut seed);
                StdRng::from_seed(seed)
            }
        }
    }
}
