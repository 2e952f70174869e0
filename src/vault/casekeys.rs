//! The two keys of a case, and wrapping them to a recipient (`docs/PROTOCOL.md`, section 3).

use rand::CryptoRng;

pub use crate::domain::facets::KeyName;
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{DoesNotOpen, Identity, Recipient};
use crate::vault::secret::Key32;

/// Both keys of a case.
#[derive(Debug)]
pub struct CaseKeys {
    /// Opens the records that the reporter and the area share.
    pub shared: Key32,
    /// Opens the records that only the area reads.
    pub staff: Key32,
}

impl CaseKeys {
    /// Draws both keys.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self {
            shared: Key32::random(rng),
            staff: Key32::random(rng),
        }
    }
}

/// Wraps a key to a recipient, as an age file bound to case, name and version.
pub fn wrap(key: &Key32, name: KeyName, version: u64, instance: InstanceId, case: CaseId, to: &Recipient) -> Vec<u8> {
    let plaintext = Transcript::new("case-key", instance)
        .field(case.as_bytes())
        .field(name.as_str())
        .number(version)
        .field(key.expose());
    to.seal(plaintext.as_bytes())
}

/// Opens a wrapped key, if it belongs to this case, name and version.
///
/// # Errors
/// [`DoesNotOpen`]
pub fn unwrap(
    file: &[u8],
    name: KeyName,
    version: u64,
    instance: InstanceId,
    case: CaseId,
    identity: &Identity,
) -> Result<Key32, DoesNotOpen> {
    let plaintext = identity.open(file)?;
    match transcript::fields(&plaintext, "case-key", instance).as_deref() {
        Some([of, is, counted, key])
            if *of == case.as_bytes() && *is == name.as_str().as_bytes() && *counted == version.to_le_bytes() =>
        {
            Key32::from_slice(key).ok_or(DoesNotOpen)
        }
        _ => Err(DoesNotOpen),
    }
}
