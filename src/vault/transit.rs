//! Data in transit: notifications, conversations and messages of WhatsApp, sealed under daily keys that are destroyed
//! (`docs/PROTOCOL.md`, section 14).

use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::domain::day::Day;
use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::hash::hkdf;
use crate::vault::record::{DoesNotOpen, aead_open, aead_seal};
use crate::vault::secret::Key32;

/// Purpose of a day's key. Keys for deduplication live longer than those for conversations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TransitPurpose {
    /// Notifications, conversations, messages.
    Conversation,
    /// Which messages have been processed.
    Deduplication,
}

impl TransitPurpose {
    /// The stable text code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Deduplication => "deduplication",
        }
    }
}

/// Kind of data under a day's key; part of its key and associated data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransitContent {
    /// A notification from WhatsApp, as it came.
    Notification,
    /// The state of a conversation.
    Conversation,
    /// A message that waits to be sent.
    Outgoing,
}

impl TransitContent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Conversation => "conversation",
            Self::Outgoing => "outgoing",
        }
    }
}

/// The key of a day.
#[derive(Debug)]
pub struct TransitKey {
    instance: InstanceId,
    day: Day,
    key: Key32,
}

impl TransitKey {
    /// Draws a key. Also returns its stored form, sealed under the key file's transit key.
    pub fn random(
        root: &Key32,
        instance: InstanceId,
        purpose: TransitPurpose,
        day: Day,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Vec<u8>) {
        let key = Key32::random(rng);
        let sealed = aead_seal(root, &binding(instance, purpose, day), key.expose(), rng);
        (Self { instance, day, key }, sealed)
    }

    /// Opens a stored key of this purpose and day.
    ///
    /// # Errors
    /// [`DoesNotOpen`]
    pub fn open(
        root: &Key32,
        instance: InstanceId,
        purpose: TransitPurpose,
        day: Day,
        sealed: &[u8],
    ) -> Result<Self, DoesNotOpen> {
        let bytes = aead_open(root, &binding(instance, purpose, day), sealed)?;
        Ok(Self {
            instance,
            day,
            key: Key32::from_slice(&bytes).ok_or(DoesNotOpen)?,
        })
    }

    /// The day of the key.
    pub const fn day(&self) -> Day {
        self.day
    }

    /// Keyed hash that finds something again without revealing it: a person's number, a message's id.
    pub fn hash(&self, what: &str, of: &str) -> [u8; 32] {
        let info = Transcript::new("transit-hash", self.instance).field(what).field(of);
        *hkdf(self.key.expose(), &info).expose()
    }

    /// Seals data. `place` is the row's id, or the hash that finds the row.
    pub fn seal(&self, what: TransitContent, place: &[u8], plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        aead_seal(&self.key_for(what), &self.aad(what, place), plaintext, rng)
    }

    /// Opens data of this kind and place.
    ///
    /// # Errors
    /// [`DoesNotOpen`]
    pub fn unseal(&self, what: TransitContent, place: &[u8], body: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        aead_open(&self.key_for(what), &self.aad(what, place), body)
    }

    fn key_for(&self, what: TransitContent) -> Key32 {
        let info = Transcript::new("transit-key", self.instance).field(what.as_str());
        hkdf(self.key.expose(), &info)
    }

    fn aad(&self, what: TransitContent, place: &[u8]) -> Transcript {
        Transcript::new("transit", self.instance)
            .field(what.as_str())
            .number(number_of(self.day))
            .field(place)
    }
}

fn binding(instance: InstanceId, purpose: TransitPurpose, day: Day) -> Transcript {
    Transcript::new("transit-day", instance)
        .field(purpose.as_str())
        .number(number_of(day))
}

/// Converts to days since 1970-01-01, as transcripts write numbers.
const fn number_of(day: Day) -> u64 {
    day.0.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    const DAY: Day = Day(20_780);

    #[test]
    fn a_body_opens_in_its_place_on_its_day_only() {
        let mut rng = StdRng::seed_from_u64(3);
        let instance = InstanceId::random(&mut rng);
        let root = Key32::random(&mut rng);
        let (key, sealed) = TransitKey::random(&root, instance, TransitPurpose::Conversation, DAY, &mut rng);
        let body = key.seal(TransitContent::Conversation, b"here", b"synthetic", &mut rng);
        let again = TransitKey::open(&root, instance, TransitPurpose::Conversation, DAY, &sealed).unwrap();
        assert_eq!(
            &*again.unseal(TransitContent::Conversation, b"here", &body).unwrap(),
            b"synthetic"
        );
        assert_eq!(again.hash("person", "1"), key.hash("person", "1"));
        assert!(again.unseal(TransitContent::Conversation, b"there", &body).is_err());
        assert!(again.unseal(TransitContent::Outgoing, b"here", &body).is_err());
        for (purpose, day) in [
            (TransitPurpose::Deduplication, DAY),
            (TransitPurpose::Conversation, Day(20_781)),
        ] {
            assert!(TransitKey::open(&root, instance, purpose, day, &sealed).is_err());
        }
        let (other, _) = TransitKey::random(&root, instance, TransitPurpose::Conversation, DAY, &mut rng);
        assert!(other.unseal(TransitContent::Conversation, b"here", &body).is_err());
        assert_ne!(other.hash("person", "1"), key.hash("person", "1"));
    }
}
