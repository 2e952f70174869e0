//! C2SP signed notes with strict Ed25519 (<https://c2sp.org/signed-note>): rosters, checkpoints, statements.
//!
//! The crate `signed_note` parses and formats. Its own verifier is not strict, so ours replaces it.

use ed25519_dalek::{Signature, VerifyingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use signed_note::{Note, VerificationError, Verifier, Verifiers};

use crate::domain::ids::InstanceId;

/// A party that signs notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Signs rosters, offline.
    Authority,
    /// Signs checkpoints.
    Log,
    /// Countersigns checkpoints and signs statements.
    Witness,
}

impl Party {
    /// The name of the party's key in notes.
    pub fn key_name(self, instance: InstanceId) -> String {
        let party = match self {
            Self::Authority => "authority",
            Self::Log => "log",
            Self::Witness => "witness",
        };
        format!("sigilo/v1/{party}/{instance}")
    }
}

/// Plain Ed25519 signatures, the signed note's type 0x01.
pub const ED25519: u8 = 0x01;
/// cosignature/v1, <https://c2sp.org/tlog-cosignature>.
pub const COSIGNATURE: u8 = 0x04;

/// An Ed25519 key that signs notes. Types that hold keys implement it.
pub trait NoteKey {
    /// The public key.
    fn public(&self) -> [u8; 32];
    /// An Ed25519 signature over exactly these bytes.
    fn sign_bytes(&self, message: &[u8]) -> [u8; 64];
}

/// A note that cannot be accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoteError {
    #[error("not a signed note")]
    Malformed,
    #[error("the note does not have the required signature")]
    BadSignature,
    #[error("the note has another subject or another form")]
    OtherText,
}

struct Signing<'a> {
    name: String,
    kind: u8,
    /// The bytes before the signature in the note, and the bytes before the text in the signed message.
    prefix: (Vec<u8>, Vec<u8>),
    key: &'a dyn NoteKey,
}

impl signed_note::Signer for Signing<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        key_id(&self.name, self.kind, &self.key.public())
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        let message = [&self.prefix.1, text].concat();
        Ok([self.prefix.0.as_slice(), &self.key.sign_bytes(&message)].concat())
    }
}

struct Strict<'a> {
    name: &'a str,
    kind: u8,
    key: VerifyingKey,
}

impl Verifier for Strict<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn key_id(&self) -> u32 {
        key_id(self.name, self.kind, self.key.as_bytes())
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let (message, signature) = if self.kind == COSIGNATURE {
            let Some((time, signature)) = signature.split_first_chunk::<8>() else {
                return false;
            };
            (cosigned_message(u64::from_be_bytes(*time), text), signature)
        } else {
            (text.to_vec(), signature)
        };
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        self.key.verify_strict(&message, &signature).is_ok()
    }
}

struct Only<'a>(Strict<'a>);

impl Verifiers for Only<'_> {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        if name == self.0.name && id == self.0.key_id() {
            Ok(&self.0)
        } else {
            Err(VerificationError::UnknownKey {
                name: name.to_owned(),
                id,
            })
        }
    }
}

/// A public key that all strict verifiers accept alike: canonical, not weak, and without a component of small order.
/// `None` for any other key: verifiers with and without cofactor could disagree about its signatures.
pub fn strict_key(public: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(public).ok()?;
    let point = key.to_edwards();
    let strict = !key.is_weak() && point.is_torsion_free() && point.compress().to_bytes() == *public;
    strict.then_some(key)
}

fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> u32 {
    signed_note::key_id(name, &[&[kind], public.as_slice()].concat())
}

fn cosigned_message(time: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
}

/// Signs `text` (UTF-8, ending with a newline) as a new note.
///
/// # Errors
/// [`NoteError::Malformed`] if the text cannot be that of a note.
pub fn sign(text: &[u8], party: Party, instance: InstanceId, key: &dyn NoteKey) -> Result<Vec<u8>, NoteError> {
    let note = Note::new(text, &[]).map_err(|_| NoteError::Malformed)?;
    add(note, ED25519, (Vec::new(), Vec::new()), party, instance, key)
}

/// Adds a cosignature/v1 of `time` (unix seconds) to a note.
///
/// # Errors
/// [`NoteError::Malformed`]
pub fn cosign(
    note: &[u8],
    time: u64,
    party: Party,
    instance: InstanceId,
    key: &dyn NoteKey,
) -> Result<Vec<u8>, NoteError> {
    let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed)?;
    let before = cosigned_message(time, b"");
    add(
        note,
        COSIGNATURE,
        (time.to_be_bytes().to_vec(), before),
        party,
        instance,
        key,
    )
}

fn add(
    mut note: Note,
    kind: u8,
    prefix: (Vec<u8>, Vec<u8>),
    party: Party,
    instance: InstanceId,
    key: &dyn NoteKey,
) -> Result<Vec<u8>, NoteError> {
    let signer = Signing {
        name: party.key_name(instance),
        kind,
        prefix,
        key,
    };
    note.add_sigs(&[&signer]).map_err(|_| NoteError::Malformed)?;
    Ok(note.to_bytes())
}

/// Verifies `party`'s signature of `kind` strictly, and returns the text of the note.
///
/// # Errors
/// [`NoteError::Malformed`], [`NoteError::BadSignature`]
pub fn verify(
    note: &[u8],
    kind: u8,
    party: Party,
    instance: InstanceId,
    public: &[u8; 32],
) -> Result<Vec<u8>, NoteError> {
    verified(note, kind, party, instance, public).map(|(text, _)| text)
}

/// Verifies `party`'s cosignature/v1 strictly, and returns the time that it states, in unix seconds.
///
/// # Errors
/// [`NoteError::Malformed`], [`NoteError::BadSignature`]
pub fn cosigned_at(note: &[u8], party: Party, instance: InstanceId, public: &[u8; 32]) -> Result<u64, NoteError> {
    let (_, signature) = verified(note, COSIGNATURE, party, instance, public)?;
    let time = signature.first_chunk::<8>().ok_or(NoteError::BadSignature)?;
    Ok(u64::from_be_bytes(*time))
}

/// Verifies a signature, and returns the note's text and the signature's bytes.
fn verified(
    note: &[u8],
    kind: u8,
    party: Party,
    instance: InstanceId,
    public: &[u8; 32],
) -> Result<(Vec<u8>, Vec<u8>), NoteError> {
    let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed)?;
    let key = strict_key(public).ok_or(NoteError::BadSignature)?;
    let name = party.key_name(instance);
    let (verified, _) = note
        .verify(&Only(Strict { name: &name, kind, key }))
        .map_err(|_| NoteError::BadSignature)?;
    let signature = verified.first().ok_or(NoteError::BadSignature)?;
    Ok((note.text().to_vec(), signature.signature().to_vec()))
}

/// Writes the text of a note with JSON: `sigilo/v1/<label>/<instance>`, then the JSON on one line.
///
/// # Panics
/// Never: the bodies are plain structs.
pub fn json_text(label: &str, instance: InstanceId, body: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_string(body).expect("structs of texts and numbers");
    format!("sigilo/v1/{label}/{instance}\n{json}\n").into_bytes()
}

/// Reads the JSON of such a text.
///
/// # Errors
/// [`NoteError::OtherText`] if the text has another label or instance, or another form.
pub fn read_json<T: DeserializeOwned>(text: &[u8], label: &str, instance: InstanceId) -> Result<T, NoteError> {
    let text = std::str::from_utf8(text).map_err(|_| NoteError::OtherText)?;
    text.strip_prefix(&format!("sigilo/v1/{label}/{instance}\n"))
        .and_then(|rest| rest.strip_suffix('\n'))
        .filter(|json| !json.contains('\n'))
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or(NoteError::OtherText)
}
