//! Unsealing an identity: the officer's signed request is checked, enters the log, goes to the witness, and what comes
//! back is handed on still sealed. Nothing here can open an identity: shares open to officers, halves to their request.

use super::part::Unseals;
use crate::service::letters::is_letter;
use serde_json::Value;

use crate::audit::entry::{Act, Actor, Base64, SignedPayload};
use crate::domain::clock::UnixSeconds;
use crate::domain::facets::DraftField;
use crate::domain::ids::{CaseId, InstanceId, LetterId, StaffId, UnsealId};
use crate::domain::role::Role;
use crate::domain::state::UnsealState;
use crate::service::audit::log::NewEntry;
use crate::service::casework::recusal;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::desk::{Letter, Unseal};
use crate::store::seals::{NewShare, Seal};
use crate::vault::letter::LetterKind;
use crate::vault::manifest::Manifest;
use crate::vault::payload::Payload;
use crate::vault::roster::{Member as Listed, VerifiedRoster};
use crate::vault::signing::Signature;
use crate::vault::unseal::{self, UnsealRequest, request_hash};
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;
use crate::witness::{EarlierVersion, Inclusion, OfficerSignature, Refusal, RequestedDetail};

/// What an officer's browser sends.
#[derive(Debug)]
pub struct Asked {
    /// The request's bytes, as signed.
    pub request: Vec<u8>,
    pub signature: Signature,
    /// The purpose, one copy for each auditor and each officer.
    pub letters: Vec<PurposeLetter>,
    /// The purpose, to the witness.
    pub witness_letter: Vec<u8>,
}

/// One reader's copy of the purpose.
#[derive(Debug)]
pub struct PurposeLetter {
    /// The same for all copies.
    pub id: LetterId,
    pub to: StaffId,
    pub file: Vec<u8>,
}

/// Why an identity stays closed, or what was done with it is not taken, in a way that the officer can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// The password was typed more than ten minutes ago.
    NotFresh,
    /// The request's time is more than ten minutes from the server's clock.
    Clock,
    /// It takes this many officers; several signing one request is not built yet.
    Quorum(u8),
    /// The identity was sealed before this officer was one.
    NoShare,
    /// The unseal's time is over: seeing the identity again takes a new one.
    ShownEnough,
    /// *Unreachable* takes so many attempts in vain, on so many days.
    TriedTooLittle(u16, u16),
    /// The witness did not release its half. But for [`Refusal::Unavailable`], which leaves the request to
    /// [`crate::service::unseal::Unseals::settle_unseals`], the log says so.
    Witness(Refusal),
}

/// What the officer's browser opens: everything sealed, with the proofs that it checks first.
#[derive(Debug)]
pub struct Released {
    pub unseal: UnsealId,
    pub manifest: Vec<u8>,
    pub manifest_signature: Vec<u8>,
    /// The reporter's.
    pub verify_key: Vec<u8>,
    /// The identity record.
    pub record: Vec<u8>,
    /// To the officer.
    pub share: Vec<u8>,
    /// To the request's ephemeral recipient.
    pub witness_half: Vec<u8>,
    /// The entry that covers the manifest, in the tree of `checkpoint`.
    pub covered: Inclusion,
    /// The versions that this one corrects, the newest first.
    pub earlier: Vec<EarlierVersion>,
    /// Countersigned.
    pub checkpoint: Vec<u8>,
}

impl Unseals {
    /// Asks for a case's identity: checks, writes the request into the log, asks the witness.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the member is an officer of the roster; [`Error::Conflict`] when the roster is not the
    /// latest, the seal is none of the case's any more, or the request was made before; [`Error::Invalid`] when a part is not what it must be. Nothing
    /// has changed then, nor for a [`Declined`] that is not the witness's.
    pub async fn request_unseal(
        &self,
        member: &Member,
        case: CaseId,
        asked: Asked,
    ) -> Result<Result<Released, Declined>> {
        let roster = self.rosters.current()?;
        let request = match self.checked(member, case, &asked, &roster)? {
            Ok(request) => request,
            Err(declined) => return Ok(Err(declined)),
        };
        let (seal, share) = match self.seal_for(member, &request, &roster).await? {
            Ok(found) => found,
            Err(declined) => return Ok(Err(declined)),
        };
        // In the log before the request: this version and those that it corrects.
        self.log.cover_waiting().await?;
        let (entry, row) = self.prepared(member, &request, &asked, &seal)?;
        let letters: Vec<Letter> = asked
            .letters
            .into_iter()
            .map(|letter| Letter {
                id: letter.id,
                case_id: case,
                kind: LetterKind::Purpose.as_str().into(),
                to_staff: letter.to,
                entry_id: entry.id,
                file: letter.file,
            })
            .collect();
        let verify_key = self.write_request(&entry, &row, &letters).await?;
        Ok(match self.settle(&row).await? {
            Ok(Some(answered)) => Ok(Released {
                unseal: row.id,
                manifest: seal.manifest,
                manifest_signature: seal.manifest_signature,
                verify_key,
                record: seal.record,
                share: share.file,
                witness_half: answered.release.half.0,
                covered: answered.covered,
                earlier: answered.earlier,
                checkpoint: answered.release.cosigned.0,
            }),
            // Released before, to this request's recipient; the answer cannot be had again.
            Ok(None) => Err(Declined::Witness(Refusal::Stale)),
            Err(refusal) => Err(Declined::Witness(refusal)),
        })
    }

    /// Everything that can be checked without the database.
    fn checked(
        &self,
        member: &Member,
        case: CaseId,
        asked: &Asked,
        roster: &VerifiedRoster,
    ) -> Result<Result<UnsealRequest, Declined>> {
        let officer = officer(roster, member)?;
        if !member.is_fresh(self.clock.now()) {
            return Ok(Err(Declined::NotFresh));
        }
        let request = UnsealRequest::read(&asked.request).map_err(|_| Error::Invalid("not a request"))?;
        if request.instance != self.instance || request.case != case || request.officer != member.id {
            return Err(Error::Invalid("the request is about something else"));
        }
        if self.profile.purpose(&request.class).is_none() {
            return Err(Error::Invalid("the profile has no such class of purposes"));
        }
        unseal::verify(self.instance, &asked.request, &asked.signature, &officer.verify_key)
            .map_err(|_| Error::Invalid("the officer did not sign this request"))?;
        if request.roster != roster.hash() {
            return Err(Error::Conflict);
        }
        if request.time.abs_diff(self.clock.now()) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() {
            return Ok(Err(Declined::Clock));
        }
        letters_are_whole(asked, roster)?;
        Ok(Ok(request))
    }

    /// The version of the case's identity that the request names, and the officer's share of it.
    async fn seal_for(
        &self,
        member: &Member,
        request: &UnsealRequest,
        roster: &VerifiedRoster,
    ) -> Result<Result<(Seal, NewShare), Declined>> {
        let mut tx = self.db.read().await?;
        let versions = store::seals::of_case(&mut tx, request.case).await?.into_iter();
        let mut versions = versions.filter(|seal| !seal.erased);
        let seal = versions
            .find(|seal| seal.manifest_hash == request.manifest.as_bytes())
            .ok_or(Error::Conflict)?;
        let manifest = Manifest::read(self.instance, &seal.manifest)
            .map_err(|_| Error::Internal("a stored manifest does not read: it was changed".into()))?;
        let quorum = manifest.k().max(roster.quorum());
        if quorum > 1 {
            return Ok(Err(Declined::Quorum(quorum)));
        }
        let share = store::seals::share(&mut tx, seal.id, member.id).await?;
        Ok(share.map(|share| (seal, share)).ok_or(Declined::NoShare))
    }

    fn prepared(
        &self,
        member: &Member,
        request: &UnsealRequest,
        asked: &Asked,
        seal: &Seal,
    ) -> Result<(NewEntry, Unseal)> {
        let detail = RequestedDetail {
            request: Base64(asked.request.clone()),
            signatures: vec![OfficerSignature {
                officer: member.id,
                signature: asked.signature,
            }],
        };
        let actor = Actor::Staff(member.id);
        let entry = self
            .log
            .entry(Act::UnsealRequested, actor, Some(request.case), json(&detail)?, None)?;
        let row = Unseal {
            id: UnsealId::random(&mut self.randomness.generator()),
            case_id: request.case,
            seal_id: Some(seal.id),
            officer_id: member.id,
            class: request.class.clone(),
            request: asked.request.clone(),
            request_hash: request_hash(self.instance, &asked.request).as_bytes().to_vec(),
            signature: asked.signature.as_bytes().to_vec(),
            witness_letter: asked.witness_letter.clone(),
            entry_id: entry.id,
            requested_at: self.clock.now(),
            state: UnsealState::Requested,
            verdict: None,
            checks: None,
            decided_at: None,
        };
        Ok((entry, row))
    }

    /// Writes the request down, with everything that it takes to bring it to its end; the reporter's verify key.
    async fn write_request(&self, entry: &NewEntry, row: &Unseal, letters: &[Letter]) -> Result<Vec<u8>> {
        self.db
            .write(|mut tx| async move {
                let case = store::cases::by_id(&mut tx, row.case_id)
                    .await?
                    .ok_or(Error::NotFound)?;
                recusal::refuse(&mut tx, row.case_id, row.officer_id).await?;
                let mut versions = store::seals::of_case(&mut tx, row.case_id).await?.into_iter();
                if !versions.any(|seal| Some(seal.id) == row.seal_id && !seal.erased) {
                    return Err(Error::Conflict);
                }
                entry.write(&mut tx).await?;
                match store::desk::insert_unseal(&mut tx, row).await {
                    Err(error) if error.is_duplicate() => return Err(Error::Conflict),
                    result => result?,
                }
                store::staff_drafts::discard(&mut tx, row.officer_id, row.case_id, DraftField::Purpose).await?;
                for letter in letters {
                    store::desk::insert_letter(&mut tx, letter).await?;
                }
                self.notifications.notify_reporter(&mut tx, row.case_id).await?;
                tx.commit().await?;
                Ok(case.reporter_verify_key)
            })
            .await
    }
}

/// The member as the roster has them, if it has them as an officer.
pub(crate) fn officer<'a>(roster: &'a VerifiedRoster, member: &Member) -> Result<&'a Listed> {
    let listed = roster.member(member.id);
    listed
        .filter(|listed| listed.role == Role::Officer && member.role == Role::Officer)
        .ok_or(Error::Forbidden)
}

/// What an officer signed about something that was done just now.
pub(crate) fn signed_now<P: Payload>(
    (instance, now): (InstanceId, UnixSeconds),
    by: &Listed,
    bytes: &[u8],
    signature: &Signature,
    time: impl FnOnce(&P) -> UnixSeconds,
) -> Result<(P, SignedPayload)> {
    let payload = P::read(instance, bytes).map_err(|_| Error::Invalid("not what is signed here"))?;
    if time(&payload).abs_diff(now) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() {
        return Err(Error::Invalid("the signed time is not now"));
    }
    P::verify(instance, bytes, signature, &by.verify_key)
        .map_err(|_| Error::Invalid("the officer did not sign this"))?;
    let signed = SignedPayload {
        by: by.id,
        what: P::LABEL.into(),
        payload: Base64(bytes.to_vec()),
        signature: Base64(signature.as_bytes().to_vec()),
    };
    Ok((payload, signed))
}

/// One copy for each auditor and each officer of the roster, under one id, and one for the witness.
fn letters_are_whole(asked: &Asked, roster: &VerifiedRoster) -> Result<()> {
    let mut readers: Vec<StaffId> = [Role::Auditor, Role::Officer]
        .into_iter()
        .flat_map(|role| roster.with_role(role))
        .map(|member| member.id)
        .collect();
    let mut addressees: Vec<StaffId> = asked.letters.iter().map(|letter| letter.to).collect();
    readers.sort_unstable();
    addressees.sort_unstable();
    let id = asked.letters.first().map(|letter| letter.id);
    let whole = addressees == readers
        && asked
            .letters
            .iter()
            .all(|letter| Some(letter.id) == id && is_letter(&letter.file))
        && is_letter(&asked.witness_letter);
    if whole {
        Ok(())
    } else {
        Err(Error::Invalid(
            "one letter for each auditor, each officer and the witness",
        ))
    }
}

/// The refusal's stable word.
pub fn word(refusal: Refusal) -> String {
    match serde_json::to_value(refusal) {
        Ok(Value::String(word)) => word,
        _ => refusal.to_string(),
    }
}

pub(crate) fn json(detail: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(detail).map_err(|error| Error::Internal(error.to_string()))
}
