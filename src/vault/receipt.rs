//! The receipt: eight words with which a reporter returns (`docs/PROTOCOL.md`, section 4).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Identity;
use crate::vault::hash::{Hash32, hkdf};
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;
use crate::vault::wordlist::{FOLDED, find, fold, push_word};

const WORD_COUNT: usize = 8;
/// Argon2's memory, in KiB.
const MEMORY_KIB: u32 = 19_456;

/// 80 random bits. Shown as words, never stored.
#[derive(Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
pub struct Receipt([u8; 10]);

/// Reason why words are no receipt, found without any look-up.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum ReceiptError {
    /// The number of words, which is not eight.
    #[error("a receipt has eight words, not {0}")]
    Count(usize),
    /// Position (from 1) of a word that stands in no list.
    #[error("word {0} is not in the list")]
    UnknownWord(usize),
    /// All words exist, but the checksum is wrong.
    #[error("the words do not belong together")]
    Checksum,
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receipt(…)")
    }
}

impl Receipt {
    /// Draws a receipt. Its words in either language are no receipt in the other.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut receipt = Self([0; 10]);
            rng.fill_bytes(&mut receipt.0);
            let elsewhere = |language: &str, other: usize| {
                let words = fold(&receipt.words(language));
                let words: Vec<&str> = words.split_whitespace().collect();
                Self::from_list(&words, &FOLDED[other]).is_ok()
            };
            if !elsewhere("es", 1) && !elsewhere("en", 0) {
                return receipt;
            }
        }
    }

    /// Formats the eight words in `language` (`es`; any other gives English), separated by single spaces.
    pub fn words(&self, language: &str) -> Zeroizing<String> {
        let mut bits = u128::from(Sha256::digest(self.0)[0]);
        for (place, byte) in self.0.iter().rev().enumerate() {
            bits |= u128::from(*byte) << (8 * (place + 1));
        }
        let mut words = Zeroizing::new(String::with_capacity(160));
        for place in (0..WORD_COUNT).rev() {
            let index = u16::try_from((bits >> (11 * place)) & 0x7ff).expect("11 bits");
            push_word(&mut words, index, language);
            if place > 0 {
                words.push(' ');
            }
        }
        bits.zeroize();
        words
    }

    /// Reads words in any case, with or without accents; four letters of a word suffice. Anything but letters separates.
    ///
    /// # Errors
    /// [`ReceiptError`] of the list that matches best.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let plain = fold(text);
        let words: Vec<&str> = plain.split_whitespace().collect();
        if words.len() != WORD_COUNT {
            return Err(ReceiptError::Count(words.len()));
        }
        let mut nearest = ReceiptError::UnknownWord(1);
        for list in &*FOLDED {
            match Self::from_list(&words, list) {
                Ok(receipt) => return Ok(receipt),
                Err(ReceiptError::Checksum) => nearest = ReceiptError::Checksum,
                Err(ReceiptError::UnknownWord(place)) => {
                    if matches!(nearest, ReceiptError::UnknownWord(best) if best < place) {
                        nearest = ReceiptError::UnknownWord(place);
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Err(nearest)
    }

    fn from_list(words: &[&str], list: &[(String, u16)]) -> Result<Self, ReceiptError> {
        let mut bits = Zeroizing::new(0_u128);
        for (place, word) in words.iter().enumerate() {
            let index = find(word, list).ok_or(ReceiptError::UnknownWord(place + 1))?;
            *bits = (*bits << 11) | u128::from(index);
        }
        let bytes = Zeroizing::new(bits.to_be_bytes());
        let mut receipt = Self([0; 10]);
        receipt.0.copy_from_slice(&bytes[5..15]);
        if Sha256::digest(receipt.0)[0] == bytes[15] {
            Ok(receipt)
        } else {
            Err(ReceiptError::Checksum)
        }
    }

    /// Stretches the receipt with Argon2id. It takes about 15 ms on one core: run it on the bounded pool, with the memory
    /// of the pool's slot.
    ///
    /// The result could be computed again from the memory's content: call [`StretchMemory::wipe`], unless the next
    /// derivation overwrites it at once.
    pub fn stretch(&self, salt: &[u8; 16], memory: &mut StretchMemory) -> StretchedReceipt {
        let params = Params::new(MEMORY_KIB, 2, 1, Some(32)).expect("constants within Argon2's limits");
        let mut out = Zeroizing::new([0; 32]);
        memory.used = true;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(&self.0, salt, &mut *out, &mut *memory.blocks)
            .expect("lengths are within Argon2's limits");
        StretchedReceipt(Key32::from_slice(&*out).expect("32 bytes"))
    }
}

/// Working memory of Argon2, 19 MiB. It is used again, since fresh pages cost a fifth of a derivation.
pub struct StretchMemory {
    blocks: Box<[Block]>,
    used: bool,
}

impl StretchMemory {
    /// Overwrites the content of the last derivation.
    pub fn wipe(&mut self) {
        if self.used {
            self.blocks.zeroize();
            self.used = false;
        }
    }

    /// Returns true if nothing of a derivation is left.
    pub fn is_wiped(&self) -> bool {
        self.blocks
            .iter()
            .all(|block| block.as_ref().iter().all(|word| *word == 0))
    }
}

impl Drop for StretchMemory {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Default for StretchMemory {
    fn default() -> Self {
        Self {
            blocks: vec![Block::default(); MEMORY_KIB as usize].into(),
            used: false,
        }
    }
}

impl std::fmt::Debug for StretchMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StretchMemory(…)")
    }
}

/// Argon2's output for a receipt.
#[derive(Debug)]
pub struct StretchedReceipt(Key32);

/// Keys that are derived from a receipt.
#[derive(Debug)]
pub struct ReceiptKeys {
    /// Hash that finds the case in the database.
    pub lookup_hash: Hash32,
    /// Opens the case keys that are wrapped to the reporter.
    pub identity: Identity,
    /// Signs the reporter's records and manifests.
    pub signing: SigningKey,
}

impl StretchedReceipt {
    /// Derives all keys for an installation.
    pub fn keys(&self, instance: InstanceId) -> ReceiptKeys {
        let derive = |what| hkdf(self.0.expose(), &Transcript::new(what, instance));
        let lookup = derive("receipt-lookup");
        ReceiptKeys {
            lookup_hash: Hash32::of(&Transcript::new("receipt-lookup-hash", instance).field(lookup.expose())),
            identity: Identity::from_scalar(derive("receipt-x25519")),
            signing: SigningKey::from_seed(&derive("receipt-ed25519")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    #[test]
    fn mangled_spellings_are_forgiven() {
        let mut rng = StdRng::seed_from_u64(3);
        for _ in 0..40 {
            let receipt = Receipt::random(&mut rng);
            for language in ["es", "en"] {
                let words = receipt.words(language);
                assert_eq!(words.split(' ').count(), 8);
                let shouted = words.to_uppercase().replace(' ', ", 3. -\n");
                let short: Vec<String> = fold(&words)
                    .split(' ')
                    .map(|word| word.chars().take(4).collect())
                    .collect();
                for spelling in [words.to_string(), shouted, short.join("  "), words.nfd().collect()] {
                    assert_eq!(Receipt::parse(&spelling), Ok(Receipt(receipt.0)), "{spelling}");
                }
            }
        }
    }

    #[test]
    fn slips_are_told_apart() {
        let receipt = Receipt([7; 10]);
        let words = receipt.words("es");
        let mut list: Vec<&str> = words.split(' ').collect();
        assert_eq!(Receipt::parse(&list[..7].join(" ")), Err(ReceiptError::Count(7)));
        let first = list[0];
        list[0] = "xyzzy";
        assert_eq!(Receipt::parse(&list.join(" ")), Err(ReceiptError::UnknownWord(1)));
        list[0] = if first == "abeja" { "zumo" } else { "abeja" };
        assert_eq!(Receipt::parse(&list.join(" ")), Err(ReceiptError::Checksum));
    }
}
