//! The purpose of an opening, as the witness verified it and sealed it to an auditor (`docs/PROTOCOL.md`, section 9).

use zeroize::Zeroizing;

use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::transcript::{self, Transcript};
use crate::vault::agefile::{DoesNotOpen, Identity, Recipient};
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::record::{pad, unpad};

/// Name of the file's kind, where letters of staff have theirs.
pub const KIND: &str = "verified-purpose";

/// The opening whose purpose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening<'a> {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// Hash of the unseal request.
    pub request: Hash32,
    /// Class of the purpose, a code of the profile.
    pub class: &'a str,
}

/// Seals the purpose to an auditor.
pub fn seal(opening: &Opening, salt: &CommitmentSalt, text: &str, auditor: &Recipient) -> Vec<u8> {
    let plaintext = Transcript::new("verified-purpose", opening.instance)
        .field(opening.case.as_bytes())
        .field(opening.request.as_bytes())
        .field(opening.class)
        .field(salt.as_bytes())
        .field(pad(text.as_bytes()));
    auditor.seal(plaintext.as_bytes())
}

/// Opens the purpose of an opening. Its commitment is still to be checked.
///
/// # Errors
/// [`DoesNotOpen`], also for the purpose of another opening.
pub fn open(
    opening: &Opening,
    file: &[u8],
    auditor: &Identity,
) -> Result<(CommitmentSalt, Zeroizing<String>), DoesNotOpen> {
    let plaintext = auditor.open(file)?;
    match transcript::fields(&plaintext, "verified-purpose", opening.instance).as_deref() {
        Some([case, request, class, salt, text])
            if *case == opening.case.as_bytes()
                && *request == opening.request.as_bytes()
                && *class == opening.class.as_bytes() =>
        {
            let salt = CommitmentSalt::from_slice(salt).map_err(|_| DoesNotOpen)?;
            let text = unpad(text).map_err(|_| DoesNotOpen)?;
            let text = std::str::from_utf8(text).map_err(|_| DoesNotOpen)?;
            Ok((salt, Zeroizing::new(text.to_owned())))
        }
        _ => Err(DoesNotOpen),
    }
}
