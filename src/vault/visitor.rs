//! Keyed daily hash that tells visitors apart for rate limiting, without knowing them.
//!
//! It is computed over a visitor's network address. The key exists in memory only and is dropped with the day, so that no
//! stored tag can be traced to an address by trying all addresses.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::CryptoRng;
use sha2::Sha256;

use crate::vault::secret::Key32;

/// One day's key. Nothing exposes its bytes.
#[derive(Debug)]
pub struct DayKey(Key32);

/// Tag of a visitor, the same as long as the key lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisitorTag([u8; 16]);

impl std::fmt::Debug for VisitorTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VisitorTag(…)")
    }
}

impl DayKey {
    /// Draws a key.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(Key32::random(rng))
    }

    /// Computes the tag of a network, given as its bytes.
    pub fn tag(&self, network: &[u8]) -> VisitorTag {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes any key");
        mac.update(network);
        let mut tag = [0; 16];
        tag.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        VisitorTag(tag)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_same_all_day_and_another_the_next() {
        let mut rng = StdRng::seed_from_u64(1);
        let (today, tomorrow) = (DayKey::random(&mut rng), DayKey::random(&mut rng));
        assert_eq!(today.tag(b"\x0a\0\0\x01"), today.tag(b"\x0a\0\0\x01"));
        assert_ne!(today.tag(b"\x0a\0\0\x01"), today.tag(b"\x0a\0\0\x02"));
        assert_ne!(today.tag(b"\x0a\0\0\x01"), tomorrow.tag(b"\x0a\0\0\x01"));
        assert_eq!(format!("{:?}", today.tag(b"x")), "VisitorTag(…)");
    }
}
