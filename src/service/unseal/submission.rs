//! The submission of an officer's browser: a signed request to unseal, with its purpose letters.

use crate::domain::ids::{CaseId, LetterId, StaffId, UnsealId};
use crate::service::error::{Error, Result};
use crate::service::letters::is_letter;
use crate::service::people::sessions::Member;
use crate::service::unseal::error::UnsealError;
use crate::service::unseal::officer::require_officer;
use crate::service::unseal::part::Unseals;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::Signature;
use crate::vault::unseal::{self, UnsealRequest};
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;
use crate::witness::{CoveredVersion, Inclusion};

/// A signed request to unseal, as an officer's browser sends it.
#[derive(Debug)]
pub struct UnsealSubmission {
    /// The request's bytes, as signed.
    pub request: Vec<u8>,
    /// The officer's signature over them.
    pub signature: Signature,
    /// The purpose, one copy for each officer.
    pub letters: Vec<PurposeLetter>,
    /// The purpose, to the witness.
    pub witness_letter: Vec<u8>,
}

/// One reader's copy of the purpose.
#[derive(Debug)]
pub struct PurposeLetter {
    /// The letter; the same for all copies.
    pub id: LetterId,
    /// The reader.
    pub to: StaffId,
    /// The age file to the reader.
    pub file: Vec<u8>,
}

/// Everything that the officer's browser opens, still sealed, with the proofs that it checks first.
#[derive(Debug)]
pub struct ReleasedIdentity {
    /// The unseal.
    pub unseal: UnsealId,
    /// The manifest's stored bytes.
    pub manifest: Vec<u8>,
    /// The reporter's signature over the manifest.
    pub manifest_signature: Vec<u8>,
    /// The reporter's verify key.
    pub verify_key: Vec<u8>,
    /// The identity record.
    pub record: Vec<u8>,
    /// The officer's share, an age file to the officer.
    pub share: Vec<u8>,
    /// The witness's half, an age file to the request's ephemeral recipient.
    pub witness_half: Vec<u8>,
    /// The entry that covers the manifest, in the tree of `checkpoint`.
    pub covered: Inclusion,
    /// The versions that this one corrects, the newest first.
    pub earlier: Vec<CoveredVersion>,
    /// The checkpoint, countersigned.
    pub checkpoint: Vec<u8>,
}

impl Unseals {
    /// Makes every check that needs no database, and reads the request.
    pub(super) fn check_submission(
        &self,
        member: &Member,
        case: CaseId,
        submission: &UnsealSubmission,
        roster: &VerifiedRoster,
    ) -> Result<UnsealRequest, UnsealError> {
        let (instance, now) = (self.instance, self.clock.now());
        let officer = require_officer(roster, member)?;
        if !member.is_fresh(now) {
            return Err(UnsealError::NotFresh);
        }
        let request = UnsealRequest::read(&submission.request).map_err(|_| Error::Invalid("not a request"))?;
        if request.instance != instance || request.case != case || request.officer != member.id {
            return Err(Error::Invalid("the request is about something else").into());
        }
        if self.profile.load().purpose(&request.class).is_none() {
            return Err(Error::Invalid("the profile has no such class of purposes").into());
        }
        unseal::verify(
            instance,
            &submission.request,
            &submission.signature,
            &officer.verify_key,
        )
        .map_err(|_| Error::Invalid("the officer did not sign this request"))?;
        if request.roster != roster.hash() {
            return Err(Error::Conflict.into());
        }
        if !request.is_valid_at(now) {
            return Err(Error::Invalid("the request is valid for too long, or no more").into());
        }
        if request.time.abs_diff(now) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() {
            return Err(UnsealError::ClockSkew);
        }
        submission.require_letters(roster)?;
        Ok(request)
    }
}

impl UnsealSubmission {
    /// Checks the letters: one copy for each officer, under one id, and one for the witness. Auditors get theirs from the
    /// witness.
    fn require_letters(&self, roster: &VerifiedRoster) -> Result<()> {
        let mut readers: Vec<StaffId> = roster.officers().into_iter().map(|member| member.id).collect();
        let mut addressees: Vec<StaffId> = self.letters.iter().map(|letter| letter.to).collect();
        readers.sort_unstable();
        addressees.sort_unstable();
        let id = self.letters.first().map(|letter| letter.id);
        let is_copy = |letter: &PurposeLetter| Some(letter.id) == id && is_letter(&letter.file);
        let are_whole = addressees == readers && self.letters.iter().all(is_copy) && is_letter(&self.witness_letter);
        if are_whole {
            Ok(())
        } else {
            Err(Error::Invalid("one letter for each officer and one for the witness"))
        }
    }
}
