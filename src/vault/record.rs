//! A record: one small sealed piece of a case, which opens only in its own context (`docs/PROTOCOL.md`, section 2).

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::domain::ids::{CaseId, InstanceId, RecordId};
use crate::domain::transcript::Transcript;
use crate::vault::content::Content;
use crate::vault::envelope::{Author, Envelope, Via};
use crate::vault::hash::hkdf;
use crate::vault::secret::Key32;
use crate::vault::signing::{BadSignature, SigningKey, VerifyKey};

/// The smallest padded size, in bytes.
const MIN_PADDED_BYTES: usize = 512;
const NONCE_BYTES: usize = 24;

/// Kind of a record's content; part of its key, its associated data and its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ContentKind {
    /// The story of a report.
    Narrative,
    /// Fields that the reporter shared with the area.
    SharedFields,
    /// A message between area and reporter.
    Message,
    /// An internal note.
    Note,
    /// Reason for a change of state.
    Reason,
    /// Description and key of an attachment.
    Attachment,
    /// The reporter's personal data.
    Identity,
}

impl ContentKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Narrative,
        Self::SharedFields,
        Self::Message,
        Self::Note,
        Self::Reason,
        Self::Attachment,
        Self::Identity,
    ];

    /// The stable text code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Narrative => "narrative",
            Self::SharedFields => "shared-fields",
            Self::Message => "message",
            Self::Note => "note",
            Self::Reason => "reason",
            Self::Attachment => "attachment",
            Self::Identity => "identity",
        }
    }
}

/// Context of a record: its associated data. A record opens only in the context that it was sealed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordContext {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The record.
    pub record: RecordId,
    /// Kind of its content.
    pub kind: ContentKind,
}

impl RecordContext {
    fn aad(&self) -> Transcript {
        Transcript::new("record", self.instance)
            .field(self.kind.as_str())
            .field(self.case.as_bytes())
            .field(self.record.as_bytes())
    }

    fn key(&self, parent: &Key32) -> Key32 {
        hkdf(
            parent.expose(),
            &Transcript::new("record-key", self.instance).field(self.kind.as_str()),
        )
    }

    fn signature(&self) -> Transcript {
        Transcript::new("record-signature", self.instance)
            .field(self.case.as_bytes())
            .field(self.record.as_bytes())
            .field(self.kind.as_str())
    }
}

/// The record was changed, moved, made with another key, or is no record. The error does not say which.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the record does not open here with this key")]
pub struct DoesNotOpen;

/// Returns the next Padmé size (Nikitin et al., PETS 2019), in bytes. It leaks O(log log n) bits of the length.
pub fn padme(length: usize) -> usize {
    let exponent = length.max(2).ilog2();
    let kept = exponent.ilog2() + 1;
    let step = 1_usize << (exponent - kept.min(exponent));
    length.div_ceil(step) * step
}

fn padded_size(length: usize) -> usize {
    padme(MIN_PADDED_BYTES.max(4 + length))
}

/// Seals bytes as the record of a context: `nonce ‖ ciphertext`.
pub(super) fn seal_bytes(parent: &Key32, place: &RecordContext, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    aead_seal(&place.key(parent), &place.aad(), &pad(plaintext), rng)
}

/// Pads bytes to the size that their record has.
pub(super) fn pad(plaintext: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(plaintext.len()).expect("records are limited far below 4 GiB");
    let mut padded = Zeroizing::new(Vec::with_capacity(padded_size(plaintext.len())));
    padded.extend_from_slice(&length.to_le_bytes());
    padded.extend_from_slice(plaintext);
    padded.resize(padded_size(plaintext.len()), 0);
    padded
}

/// Returns what [`pad`] has padded; only its own padding is accepted.
pub(super) fn unpad(padded: &[u8]) -> Result<&[u8], DoesNotOpen> {
    let (length, rest) = padded.split_first_chunk::<4>().ok_or(DoesNotOpen)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| DoesNotOpen)?;
    let (content, padding) = rest.split_at_checked(length).ok_or(DoesNotOpen)?;
    if padded.len() != padded_size(length) || padding.iter().any(|byte| *byte != 0) {
        return Err(DoesNotOpen);
    }
    Ok(content)
}

/// Opens a record's bytes.
pub(super) fn open_bytes(
    parent: &Key32,
    place: &RecordContext,
    body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let mut padded = aead_open(&place.key(parent), &place.aad(), body)?;
    let length = unpad(&padded)?.len();
    padded.copy_within(4..4 + length, 0);
    padded.truncate(length);
    Ok(padded)
}

/// Seals bytes: `nonce[24] ‖ XChaCha20-Poly1305(key, nonce, plaintext, aad)`.
pub(super) fn aead_seal(key: &Key32, aad: &Transcript, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let payload = Payload {
        msg: plaintext,
        aad: aad.as_bytes(),
    };
    let ciphertext = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .expect("far below the cipher's limit");
    [nonce.as_slice(), &ciphertext].concat()
}

/// The reverse of [`aead_seal`].
pub(super) fn aead_open(key: &Key32, aad: &Transcript, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (nonce, ciphertext) = body.split_first_chunk::<NONCE_BYTES>().ok_or(DoesNotOpen)?;
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let payload = Payload {
        msg: ciphertext,
        aad: aad.as_bytes(),
    };
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| DoesNotOpen)
}

/// Signs a content and seals it in its context. `parent` is the case key, or the identity key.
pub fn seal(
    parent: &Key32,
    place: &RecordContext,
    (author, via): (Author, Via),
    content: &impl Content,
    signer: &SigningKey,
    rng: &mut dyn CryptoRng,
) -> Vec<u8> {
    let envelope = Envelope::sign(place.signature(), author, via, content, signer);
    seal_bytes(parent, place, &envelope.to_bytes(), rng)
}

/// Opens a record. The signature is still to be checked with [`verify`], since the key depends on the author.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn open(parent: &Key32, place: &RecordContext, body: &[u8]) -> Result<Envelope, DoesNotOpen> {
    Envelope::from_bytes(&open_bytes(parent, place, body)?).map_err(|_| DoesNotOpen)
}

/// Checks that the author's key signed this envelope in this context.
///
/// # Errors
/// [`BadSignature`]
pub fn verify(envelope: &Envelope, place: &RecordContext, key: &VerifyKey) -> Result<(), BadSignature> {
    envelope.verify(place.signature(), key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn place() -> RecordContext {
        RecordContext {
            instance: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap(),
            case: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
            record: "22222222-2222-4222-8222-222222222222".parse().unwrap(),
            kind: ContentKind::Note,
        }
    }

    fn seal_padded(padded: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (key, rng) = (Key32::from_slice(&[7; 32]).unwrap(), &mut StdRng::seed_from_u64(1));
        let body = aead_seal(&place().key(&key), &place().aad(), padded, rng);
        open_bytes(&key, &place(), &body)
    }

    fn padded(length: u32, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    #[test]
    fn only_the_one_padding_of_a_content_is_taken() {
        assert_eq!(seal_padded(&padded(3, 512)).unwrap().len(), 3);
        assert_eq!(seal_padded(&padded(508, 512)).unwrap().len(), 508);
        for (length, size) in [
            (509, 512),      // longer than there is room
            (509, 520),      // not the Padmé size, which is 544
            (3, 544),        // more than its content needs
            (3, 511),        // less than the least
            (u32::MAX, 512), // as long as it gets
        ] {
            assert_eq!(
                seal_padded(&padded(length, size)),
                Err(DoesNotOpen),
                "{length} in {size}"
            );
        }
        assert_eq!(seal_padded(&[0; 3]), Err(DoesNotOpen));
        for stray in [7, 300, 511] {
            let mut bytes = padded(3, 512);
            bytes[stray] = 1;
            assert_eq!(seal_padded(&bytes), Err(DoesNotOpen), "a stray byte at {stray}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn padme_is_a_step_that_wastes_little(length in 2_usize..5_000_000) {
            let size = padme(length);
            prop_assert!(size >= length && size - length <= length / 8);
            prop_assert_eq!(padme(size), size);
        }

        #[test]
        fn bytes_read_back(plaintext in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let (key, rng) = (Key32::from_slice(&[7; 32]).unwrap(), &mut StdRng::seed_from_u64(1));
            let body = seal_bytes(&key, &place(), &plaintext, rng);
            prop_assert_eq!(body.len(), NONCE_BYTES + 16 + padded_size(plaintext.len()));
            let opened = open_bytes(&key, &place(), &body).unwrap();
            prop_assert_eq!(&*opened, &plaintext);
        }
    }
}
