//! Letters: text sealed to one member of staff, who needs no case key (`docs/PROTOCOL.md`, section 8).

use crate::domain::ids::{CaseId, InstanceId, LetterId};
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{DoesNotOpen, Identity, Recipient};
use crate::vault::content::Content;
use crate::vault::envelope::{Author, Envelope, Via};
use crate::vault::signing::{BadSignature, SigningKey, VerifyKey};

/// Kind of a letter; part of its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetterKind {
    /// Purpose of an unseal.
    Purpose,
    /// Text of an area to the officers' desk.
    ValidationRequest,
    /// Checks before a verdict.
    VerdictChecks,
    /// Note to one check or attempt.
    CheckNote,
    /// Reason of a recusal.
    Recusal,
}

impl LetterKind {
    /// The stable text code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::ValidationRequest => "validation-request",
            Self::VerdictChecks => "verdict-checks",
            Self::CheckNote => "check-note",
            Self::Recusal => "recusal",
        }
    }
}

/// Context of a letter, which its plaintext names and its signature binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetterContext {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The letter, the same for all its copies.
    pub letter: LetterId,
    /// Kind of the letter.
    pub kind: LetterKind,
}

impl LetterContext {
    fn signature(&self) -> Transcript {
        Transcript::new("letter-signature", self.instance)
            .field(self.case.as_bytes())
            .field(self.letter.as_bytes())
            .field(self.kind.as_str())
    }
}

/// Signs a content and seals it: one age file for each recipient, in their order.
pub fn seal(
    place: &LetterContext,
    (author, via): (Author, Via),
    content: &impl Content,
    signer: &SigningKey,
    to: &[&Recipient],
) -> Vec<Vec<u8>> {
    let envelope = Envelope::sign(place.signature(), author, via, content, signer);
    let plaintext = Transcript::new("letter", place.instance)
        .field(place.case.as_bytes())
        .field(place.letter.as_bytes())
        .field(place.kind.as_str())
        .field(envelope.to_bytes());
    to.iter()
        .map(|recipient| recipient.seal(plaintext.as_bytes()))
        .collect()
}

/// Opens a letter of this context. The signature is still to be checked with [`verify`].
///
/// # Errors
/// [`DoesNotOpen`]
pub fn open(place: &LetterContext, file: &[u8], identity: &Identity) -> Result<Envelope, DoesNotOpen> {
    let (letter, envelope) = open_any(place.instance, place.case, place.kind, file, identity)?;
    if letter == place.letter {
        Ok(envelope)
    } else {
        Err(DoesNotOpen)
    }
}

/// Opens a letter of a case and kind, and reads its id from the letter itself.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn open_any(
    instance: InstanceId,
    case: CaseId,
    kind: LetterKind,
    file: &[u8],
    identity: &Identity,
) -> Result<(LetterId, Envelope), DoesNotOpen> {
    let plaintext = identity.open(file)?;
    match transcript::fields(&plaintext, "letter", instance).as_deref() {
        Some([of, letter, is, envelope]) if *of == case.as_bytes() && *is == kind.as_str().as_bytes() => {
            let letter = uuid::Uuid::from_slice(letter)
                .ok()
                .and_then(|id| LetterId::try_from(id).ok());
            let envelope = Envelope::from_bytes(envelope).map_err(|_| DoesNotOpen)?;
            Ok((letter.ok_or(DoesNotOpen)?, envelope))
        }
        _ => Err(DoesNotOpen),
    }
}

/// Checks that the author's key signed this letter in this context.
///
/// # Errors
/// [`BadSignature`]
pub fn verify(envelope: &Envelope, place: &LetterContext, key: &VerifyKey) -> Result<(), BadSignature> {
    envelope.verify(place.signature(), key)
}
