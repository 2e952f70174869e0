//! Keys of areas (`docs/PROTOCOL.md`, section 7). Their makers sign the recipient, and whoever hands the identity on signs
//! each wrap, so that nobody can exchange either in the database.

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::hash::Hash32;
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// The public part of one version of an area's key.
#[derive(Debug, Clone, Copy)]
pub struct AreaRecipient<'a> {
    /// The area's code.
    pub area: &'a str,
    /// Version of the key, from 1.
    pub version: u64,
    /// Everything for the area is sealed to it.
    pub recipient: &'a Recipient,
    /// Everything for the area is sealed to it, too.
    pub reserve: Option<&'a Recipient>,
}

impl AreaRecipient<'_> {
    fn transcript(&self, instance: InstanceId) -> Transcript {
        Transcript::new("area-recipient", instance)
            .field(self.area)
            .number(self.version)
            .field(self.recipient.as_str())
            .field(self.reserve.map_or("", Recipient::as_str))
    }

    /// Signs it with the key of its maker.
    pub fn sign(&self, instance: InstanceId, maker: &SigningKey) -> Signature {
        maker.sign(&self.transcript(instance))
    }

    /// Checks the maker's signature.
    ///
    /// # Errors
    /// [`BadSignature`]
    pub fn verify(&self, instance: InstanceId, maker: &VerifyKey, signature: &Signature) -> Result<(), BadSignature> {
        maker.verify(&self.transcript(instance), signature)
    }
}

/// An area's identity, wrapped to a member.
#[derive(Debug, Clone, Copy)]
pub struct AreaWrap<'a> {
    /// The area's code.
    pub area: &'a str,
    /// Version of the area's key, from 1.
    pub version: u64,
    /// The member who opens it.
    pub member: StaffId,
    /// An age file to the member.
    pub file: &'a [u8],
}

impl AreaWrap<'_> {
    fn transcript(&self, instance: InstanceId) -> Transcript {
        Transcript::new("area-wrap", instance)
            .field(self.area)
            .number(self.version)
            .field(self.member.as_bytes())
            .field(Hash32::of_bytes(self.file).as_bytes())
    }

    /// Signs it with the key of the member who wrapped it.
    pub fn sign(&self, instance: InstanceId, wrapper: &SigningKey) -> Signature {
        wrapper.sign(&self.transcript(instance))
    }

    /// Checks the wrapper's signature.
    ///
    /// # Errors
    /// [`BadSignature`]
    pub fn verify(&self, instance: InstanceId, wrapper: &VerifyKey, signature: &Signature) -> Result<(), BadSignature> {
        wrapper.verify(&self.transcript(instance), signature)
    }
}
