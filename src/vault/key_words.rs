//! Key words: eight words that name a key with its owner, for people to compare aloud (`docs/PROTOCOL.md`, section 7).

use std::fmt;

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::hash::Hash32;
use crate::vault::signing::VerifyKey;
use crate::vault::wordlist::{FOLDED, find, fold, push_word};

const WORD_COUNT: usize = 8;

/// The first 88 bits of a hash over a key and its owner, as eight numbers of 11 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyWords([u16; WORD_COUNT]);

impl fmt::Debug for KeyWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyWords({})", self.words("en"))
    }
}

fn transcript(instance: InstanceId, kind: &str) -> Transcript {
    Transcript::new("key-words", instance).field(kind)
}

impl KeyWords {
    fn of(transcript: &Transcript) -> Self {
        let hash = Hash32::of(transcript);
        let bits = hash.as_bytes()[..11]
            .iter()
            .fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Self(std::array::from_fn(|at| {
            u16::try_from((bits >> (11 * (WORD_COUNT - 1 - at))) & 0x7ff).expect("11 bits")
        }))
    }

    /// Key words of a member of staff.
    pub fn of_member(
        instance: InstanceId,
        (id, name, role): (StaffId, &str, Role),
        recipient: &Recipient,
        verify_key: &VerifyKey,
    ) -> Self {
        Self::of(
            &transcript(instance, "member")
                .field(id.as_bytes())
                .field(name)
                .field(role.as_str())
                .field(recipient.as_str())
                .field(verify_key.as_bytes()),
        )
    }

    /// Key words of one version of an area's key.
    pub fn of_area(instance: InstanceId, area: &str, version: u64, recipient: &Recipient) -> Self {
        Self::of(
            &transcript(instance, "area")
                .field(area)
                .number(version)
                .field(recipient.as_str()),
        )
    }

    /// Key words of the witness.
    pub fn of_witness(instance: InstanceId, recipient: &Recipient, verify_key: &VerifyKey) -> Self {
        Self::of(
            &transcript(instance, "witness")
                .field(recipient.as_str())
                .field(verify_key.as_bytes()),
        )
    }

    /// Key words of the audit log.
    pub fn of_log(instance: InstanceId, verify_key: &VerifyKey, origin: &str) -> Self {
        Self::of(&transcript(instance, "log").field(verify_key.as_bytes()).field(origin))
    }

    /// Key words of the authority.
    pub fn of_authority(instance: InstanceId, verify_key: &VerifyKey) -> Self {
        Self::of(&transcript(instance, "authority").field(verify_key.as_bytes()))
    }

    /// Key words of an area's reserve.
    pub fn of_reserve(instance: InstanceId, area: &str, recipient: &Recipient) -> Self {
        Self::of(&transcript(instance, "reserve").field(area).field(recipient.as_str()))
    }

    /// Key words of an external recipient.
    pub fn of_external(instance: InstanceId, id: &str, name: &str, recipient: &Recipient) -> Self {
        Self::of(
            &transcript(instance, "external")
                .field(id)
                .field(name)
                .field(recipient.as_str()),
        )
    }

    /// Key words of a passkey with which a member confirms openings.
    pub fn of_unseal_passkey(instance: InstanceId, member: StaffId, credential: &[u8], public_key: &[u8]) -> Self {
        Self::of(
            &transcript(instance, "unseal-passkey")
                .field(member.as_bytes())
                .field(credential)
                .field(public_key),
        )
    }

    /// Formats the words in `language` (`es`; any other gives English), separated by single spaces.
    pub fn words(&self, language: &str) -> String {
        let mut words = String::with_capacity(96);
        for (at, index) in self.0.iter().enumerate() {
            if at > 0 {
                words.push(' ');
            }
            push_word(&mut words, *index, language);
        }
        words
    }

    /// True if somebody typed these words, in either language: in any case, with or without accents; four letters of a
    /// word suffice. Anything but letters separates.
    pub fn are(&self, typed: &str) -> bool {
        let plain = fold(typed);
        let typed: Vec<&str> = plain.split_whitespace().collect();
        let same =
            |list: &[(String, u16)]| (typed.iter().zip(&self.0)).all(|(word, index)| find(word, list) == Some(*index));
        typed.len() == WORD_COUNT && FOLDED.iter().any(|list| same(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(version: u64) -> KeyWords {
        let instance = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        KeyWords::of(&transcript(instance, "area").number(version))
    }

    #[test]
    fn words_are_read_in_both_languages_and_in_any_spelling() {
        for version in 0..40 {
            let words = some(version);
            for language in ["es", "en"] {
                let right = words.words(language);
                let short: Vec<String> = (fold(&right).split(' ').map(|word| word.chars().take(4).collect())).collect();
                for spelling in [
                    right.clone(),
                    right.to_uppercase().replace(' ', ", 3.-"),
                    short.join("  "),
                ] {
                    assert!(words.are(&spelling), "{spelling}");
                    assert!(!some(version + 1).are(&spelling), "{spelling}");
                }
            }
        }
    }

    #[test]
    fn part_of_them_or_a_mixture_of_languages_is_not_enough() {
        let words = some(1);
        let (spanish, english) = (words.words("es"), words.words("en"));
        let (first, rest) = spanish.split_once(' ').unwrap();
        assert!(!words.are(""));
        assert!(!words.are(rest));
        assert!(!words.are(&format!("{spanish} {first}")));
        let mixed = format!("{} {rest}", english.split(' ').next().unwrap());
        assert!(!words.are(&mixed));
    }
}
