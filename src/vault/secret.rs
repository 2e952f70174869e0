//! Secret bytes: wiped on drop, compared in constant time, never printed.

use std::fmt;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes: a symmetric key, half a key, a scalar or a seed.
///
/// It has no `Copy`, `Clone`, `Display` or `Serialize`; [`Key32::expose`] is the only way to the bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key32([u8; 32]);

impl Key32 {
    /// Draws a key.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::filled(|key| rng.fill_bytes(key))
    }

    /// Creates a key whose bytes are written in place.
    pub(super) fn filled(write: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut key = Self([0; 32]);
        write(&mut key.0);
        key
    }

    /// Copies a key from bytes; the caller wipes the original. `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 32).then(|| Self::filled(|key| key.copy_from_slice(bytes)))
    }

    /// The bytes.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Makes another owned copy, where two owners really are needed.
    #[must_use]
    pub const fn duplicate(&self) -> Self {
        Self(self.0)
    }

    /// Returns `self xor other`.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        let mut out = Self([0; 32]);
        for (out, (a, b)) in out.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *out = a ^ b;
        }
        out
    }
}

impl PartialEq for Key32 {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Key32 {}

impl fmt::Debug for Key32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key32(…)")
    }
}
