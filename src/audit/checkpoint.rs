//! Checkpoints: size and root of the tree as a C2SP signed note (`docs/PROTOCOL.md`, section 6).
//! The module must not know who stores them; keys come as 32 public bytes or as a signer.

use tlog_tiles::Hash;

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::InstanceId;
use crate::domain::note::{self, COSIGNATURE, ED25519, NoteError, NoteKey, Party};

/// Origin with which every log begins.
pub const FIRST_ORIGIN: u64 = 1;

/// Formats a log's name in its checkpoints. Each restore that lost entries opens the next origin.
#[must_use]
pub fn origin_name(instance: InstanceId, origin: u64) -> String {
    let name = Party::Log.key_name(instance);
    if origin == FIRST_ORIGIN {
        name
    } else {
        format!("{name}/{origin}")
    }
}

/// Parses the number of an origin, in its canonical spelling only.
fn origin_of(instance: InstanceId, name: &str) -> Option<u64> {
    let rest = name.strip_prefix(&Party::Log.key_name(instance))?;
    let origin = match rest.strip_prefix('/') {
        Some(number) => number.parse().ok()?,
        None => FIRST_ORIGIN,
    };
    (origin_name(instance, origin) == name).then_some(origin)
}

/// Content of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checkpoint {
    /// 1, and one more after each restore that lost entries.
    pub origin: u64,
    /// Size of the tree, in entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Checkpoint {
    /// Formats the note's text: origin, size, root.
    ///
    /// # Panics
    /// Never: an origin and no extension are always a checkpoint.
    #[must_use]
    pub fn text(&self, instance: InstanceId) -> Vec<u8> {
        let origin = origin_name(instance, self.origin);
        tlog_tiles::Checkpoint::new(&origin, self.size, self.root, "")
            .expect("the origin is not empty and there is no extension")
            .to_bytes()
    }

    /// Signs with the log's key, as a new note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], which does not happen for a text like this.
    pub fn sign(&self, instance: InstanceId, log: &dyn NoteKey) -> Result<Vec<u8>, NoteError> {
        note::sign(&self.text(instance), Party::Log, instance, log)
    }

    /// Reads a note that the log signed.
    ///
    /// # Errors
    /// [`NoteError`]: no note, not signed by the log, or not a checkpoint of it in canonical spelling.
    pub fn read_signed(note: &[u8], instance: InstanceId, log: &[u8; 32]) -> Result<Self, NoteError> {
        let text = note::verify(note, ED25519, Party::Log, instance, log)?;
        let read = tlog_tiles::Checkpoint::from_bytes(&text).map_err(|_| NoteError::OtherText)?;
        let checkpoint = Self {
            origin: origin_of(instance, read.origin()).ok_or(NoteError::OtherText)?,
            size: read.size(),
            root: *read.hash(),
        };
        // Extensions and other spellings of a number are refused: Sigilo writes none.
        if checkpoint.text(instance) == text {
            Ok(checkpoint)
        } else {
            Err(NoteError::OtherText)
        }
    }

    /// Reads a note that the log signed and the witness countersigned.
    ///
    /// # Errors
    /// [`NoteError`]
    pub fn read_cosigned(
        note: &[u8],
        instance: InstanceId,
        log: &[u8; 32],
        witness: &[u8; 32],
    ) -> Result<Self, NoteError> {
        note::verify(note, COSIGNATURE, Party::Witness, instance, witness)?;
        Self::read_signed(note, instance, log)
    }
}

/// Adds the witness's cosignature; an older one of the same key is replaced.
///
/// # Errors
/// [`NoteError::Malformed`]
pub fn countersign(
    note: &[u8],
    now: UnixSeconds,
    instance: InstanceId,
    witness: &dyn NoteKey,
) -> Result<Vec<u8>, NoteError> {
    let time = u64::try_from(now).map_err(|_| NoteError::Malformed)?;
    note::cosign(note, time, Party::Witness, instance, witness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::secret::Key32;
    use crate::vault::signing::SigningKey;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(&Key32::from_slice(&[byte; 32]).unwrap())
    }

    #[test]
    fn both_signatures_are_needed_and_nothing_can_be_changed() {
        let instance: InstanceId = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        let other: InstanceId = "b1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        let (log, witness) = (key(1), key(2));
        let (log_key, witness_key) = (log.public(), witness.public());
        let checkpoint = Checkpoint {
            origin: FIRST_ORIGIN,
            size: 7,
            root: Hash([9; 32]),
        };
        let signed = checkpoint.sign(instance, &log).unwrap();
        assert_eq!(Checkpoint::read_signed(&signed, instance, &log_key), Ok(checkpoint));
        assert!(Checkpoint::read_cosigned(&signed, instance, &log_key, &witness_key).is_err());

        let once = countersign(&signed, 1_795_000_000, instance, &witness).unwrap();
        let twice = countersign(&once, 1_795_000_060, instance, &witness).unwrap();
        assert_eq!(once.len(), twice.len(), "an older cosignature is exchanged, not kept");
        for note in [&once, &twice] {
            assert_eq!(
                Checkpoint::read_cosigned(note, instance, &log_key, &witness_key),
                Ok(checkpoint)
            );
        }
        assert!(Checkpoint::read_cosigned(&once, instance, &witness_key, &log_key).is_err());
        assert!(Checkpoint::read_signed(&signed, other, &log_key).is_err());
        let bigger = String::from_utf8(once).unwrap().replace("\n7\n", "\n8\n");
        assert!(Checkpoint::read_cosigned(bigger.as_bytes(), instance, &log_key, &witness_key).is_err());

        let later = Checkpoint {
            origin: 2,
            ..checkpoint
        };
        let note = later.sign(instance, &log).unwrap();
        assert!(note.starts_with(format!("sigilo/v1/log/{instance}/2\n7\n").as_bytes()));
        assert_eq!(Checkpoint::read_signed(&note, instance, &log_key), Ok(later));

        // Signed by the log, but not in canonical spelling.
        let text = String::from_utf8(checkpoint.text(instance)).unwrap();
        let first = text.lines().next().unwrap();
        let origins = ["/1", "/02", "/", "/x", "/2/2"].map(|end| text.replacen(first, &format!("{first}{end}"), 1));
        for odd in [format!("{text}extension\n"), text.replace("\n7\n", "\n07\n")]
            .into_iter()
            .chain(origins)
        {
            let note = note::sign(odd.as_bytes(), Party::Log, instance, &log).unwrap();
            assert!(Checkpoint::read_signed(&note, instance, &log_key).is_err(), "{odd}");
        }
    }
}
