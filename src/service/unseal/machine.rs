//! The transitions of an unseal. [`Unseals::run`] makes them until a state is reached that rests in the database.

use serde_json::Value;

use crate::audit::entry::{Act, Actor, AnsweredDetail, Base64};
use crate::domain::facets::DraftField;
use crate::domain::ids::{CaseId, LetterId, UnsealId};
use crate::domain::state::UnsealState;
use crate::service::audit::log::NewEntry;
use crate::service::casework::recusal;
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::error::UnsealError;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::SealVersions;
use crate::service::unseal::state::{Answer, Answered, Checked, Requested, State};
use crate::service::unseal::submission::{ReleasedIdentity, UnsealSubmission};
use crate::service::unseal::witness_order::OrderError;
use crate::store;
use crate::store::desk::{Letter, Unseal};
use crate::vault::letter::LetterKind;
use crate::vault::manifest::Manifest;
use crate::vault::unseal::request_hash;
use crate::vault::verified_purpose;
use crate::witness::{OfficerSignature, Refusal, RequestedDetail, SealedPurpose};

/// Parts of the answer to the officer that no later state needs.
struct OfficerParts {
    share: Vec<u8>,
    verify_key: Vec<u8>,
}

impl Unseals {
    /// Unseals a case's identity: checks the submission, writes the request into the log, and asks the witness.
    ///
    /// # Errors
    /// [`UnsealError`]. Nothing has changed then, unless the witness refused. Among the shared errors:
    /// [`Error::Forbidden`] unless the member is an officer of the roster; [`Error::Conflict`] for a roster that is not
    /// the latest, a seal that is gone, or a request that was made before; [`Error::Invalid`] for a malformed part.
    pub async fn request_unseal(
        &self,
        member: &Member,
        case: CaseId,
        submission: UnsealSubmission,
    ) -> Result<ReleasedIdentity, UnsealError> {
        let (checked, parts) = self.check(member, case, submission).await?;
        match self.run(State::Checked(Box::new(checked))).await? {
            State::Released(Some(released)) => Ok(ReleasedIdentity {
                unseal: released.unseal,
                manifest: released.seal.manifest,
                manifest_signature: released.seal.manifest_signature,
                verify_key: parts.verify_key,
                record: released.seal.record,
                share: parts.share,
                witness_half: released.release.half.0,
                covered: released.covered,
                earlier: released.earlier,
                checkpoint: released.release.cosigned.0,
            }),
            // It went out earlier, to this request's recipient, and cannot be had again.
            State::Released(None) => Err(UnsealError::Refused(Refusal::Stale)),
            State::Refused(refusal) => Err(UnsealError::Refused(refusal)),
            State::Waiting | State::Checked(_) | State::Requested(_) | State::Answered(_) => {
                Err(UnsealError::Refused(Refusal::Unavailable))
            }
        }
    }

    /// Makes transitions until the state rests in the database: `Waiting`, `Released` or `Refused`.
    pub(super) async fn run(&self, mut state: State) -> Result<State> {
        loop {
            state = match state {
                State::Checked(checked) => self.record(*checked).await?,
                State::Requested(requested) => self.ask(*requested).await?,
                State::Answered(answered) => self.conclude(*answered).await?,
                resting @ (State::Waiting | State::Released(_) | State::Refused(_)) => return Ok(resting),
            };
        }
    }

    /// Submitted → Checked: all checks of the request, the seal that it names, and the officer's share.
    async fn check(
        &self,
        member: &Member,
        case: CaseId,
        submission: UnsealSubmission,
    ) -> Result<(Checked, OfficerParts), UnsealError> {
        let roster = self.rosters.current()?;
        let request = self.check_submission(member, case, &submission, &roster)?;
        let mut tx = self.db.read().await?;
        let versions = SealVersions::load(&mut tx, case).await?;
        let seal = versions
            .intact_with_manifest(&request.manifest)
            .ok_or(Error::Conflict)?;
        let manifest = Manifest::read(self.instance, &seal.manifest)
            .map_err(|_| Error::Internal("a stored manifest does not read: it was changed".into()))?;
        let quorum = manifest.k().max(roster.quorum());
        if quorum > 1 {
            return Err(UnsealError::Quorum(quorum));
        }
        let share = store::seals::share(&mut tx, seal.id, member.id).await?;
        let share = share.ok_or(UnsealError::NoShare)?.file;
        let case = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
        if case.number != request.number {
            return Err(Error::Invalid("the request names another case number").into());
        }
        let checked = Checked {
            request,
            submission,
            seal: seal.clone(),
        };
        let verify_key = case.reporter_verify_key;
        Ok((checked, OfficerParts { share, verify_key }))
    }

    /// Checked → Requested: writes the request down, with everything that it takes to bring it to its end.
    async fn record(&self, checked: Checked) -> Result<State> {
        // The log must cover this version, and those that it corrects, before the request enters it.
        self.log.cover_waiting().await?;
        let (entry, row) = self.new_request(&checked)?;
        let (case, seal) = (row.case_id, row.seal_id);
        let letters: Vec<Letter> = checked
            .submission
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
        let (entry, new, letters) = (&entry, &row, &letters);
        let versions = self
            .db
            .write("request_unseal", |mut tx| async move {
                if store::cases::by_id(&mut tx, case).await?.is_none() {
                    return Err(Error::NotFound);
                }
                recusal::refuse(&mut tx, case, new.officer_id).await?;
                // The identity may have been erased since the checks.
                let versions = SealVersions::load(&mut tx, case).await?;
                if versions.intact(seal).is_none() {
                    return Err(Error::Conflict);
                }
                entry.write(&mut tx).await?;
                conflict_if_duplicate(store::desk::insert_unseal(&mut tx, new).await)?;
                store::staff_drafts::discard(&mut tx, new.officer_id, case, DraftField::Purpose).await?;
                for letter in letters {
                    store::desk::insert_letter(&mut tx, letter).await?;
                }
                self.notifications.notify_reporter(&mut tx, case).await?;
                tx.commit().await?;
                Ok(versions)
            })
            .await?;
        Ok(State::Requested(Box::new(Requested { row, versions })))
    }

    /// Prepares entry and row of a request.
    fn new_request(&self, checked: &Checked) -> Result<(NewEntry, Unseal)> {
        let Checked {
            request,
            submission,
            seal,
        } = checked;
        let detail = RequestedDetail {
            request: Base64(submission.request.clone()),
            signatures: vec![OfficerSignature {
                officer: request.officer,
                signature: submission.signature,
                time: request.time,
                gesture: None,
            }],
        };
        let actor = Actor::Staff(request.officer);
        let detail = detail_json(&detail)?;
        let entry = self
            .log
            .entry(Act::UnsealRequested, actor, Some(request.case), detail, None)?;
        let row = Unseal {
            id: UnsealId::random(&mut self.randomness.generator()),
            case_id: request.case,
            seal_id: Some(seal.id),
            officer_id: request.officer,
            class: request.class.clone(),
            request: submission.request.clone(),
            request_hash: request_hash(self.instance, &submission.request).as_bytes().to_vec(),
            signature: submission.signature.as_bytes().to_vec(),
            witness_letter: submission.witness_letter.clone(),
            entry_id: entry.id,
            requested_at: self.clock.now(),
            state: UnsealState::Requested,
            verdict: None,
            checks: None,
            decided_at: None,
        };
        Ok((entry, row))
    }

    /// Requested → Answered, or Waiting: asks the witness.
    async fn ask(&self, requested: Requested) -> Result<State> {
        let mut sent = self.send_order(&requested).await;
        if matches!(sent, Err(OrderError::Refused(Refusal::Inconsistent))) {
            // Another countersignature came in between.
            sent = self.send_order(&requested).await;
        }
        let row = requested.row;
        let answer = match sent {
            Ok(released) => Answer::Released(Box::new(released)),
            Err(OrderError::Service(error)) => return Err(error),
            Err(OrderError::Refused(Refusal::Unavailable)) => return Ok(State::Waiting),
            // Its journal has a line for a half that then did not open, but nothing went out.
            Err(OrderError::Refused(Refusal::ForeignHalf)) => Answer::Refused(Refusal::ForeignHalf),
            Err(OrderError::Refused(refusal)) => match self.journaled(&row).await {
                Ok(Some(journaled)) => Answer::ReleasedEarlier(journaled),
                Ok(None) => Answer::Refused(refusal),
                Err(_unknown) => return Ok(State::Waiting),
            },
        };
        Ok(State::Answered(Box::new(Answered { row, answer })))
    }

    /// Answered → Released or Refused: writes the answer down, once.
    async fn conclude(&self, Answered { row, answer }: Answered) -> Result<State> {
        let (act, stored) = match &answer {
            Answer::Released(_) | Answer::ReleasedEarlier(_) => (Act::UnsealReleased, UnsealState::Released),
            Answer::Refused(_) => (Act::UnsealRefused, UnsealState::Refused),
        };
        let (head, purposes, refusal) = match &answer {
            Answer::Released(released) => (Some(&released.release.head), released.release.purposes.as_slice(), None),
            Answer::ReleasedEarlier(journaled) => (Some(&journaled.head), journaled.purposes.as_slice(), None),
            Answer::Refused(refusal) => (None, [].as_slice(), Some(refusal.code())),
        };
        let detail = AnsweredDetail {
            requested: row.entry_id,
            refusal,
            head: head.cloned(),
        };
        let letters: &Vec<Letter> = &purposes.iter().map(|purpose| auditors_copy(&row, purpose)).collect();
        let detail = detail_json(&detail)?;
        let entry = self.log.entry(act, Actor::System, Some(row.case_id), detail, None)?;
        let cosigned = match &answer {
            Answer::Released(released) => Some(store::log::Checkpoint {
                tree_size: released.size.cast_signed(),
                note: released.release.cosigned.0.clone(),
                cosigned: true,
                made_at: self.clock.now(),
            }),
            Answer::ReleasedEarlier(_) | Answer::Refused(_) => None,
        };
        let (entry, cosigned, id) = (&entry, &cosigned, row.id);
        self.db
            .write("store_unseal_answer", |mut tx| async move {
                if let Some(cosigned) = cosigned {
                    store::log::put_checkpoint(&mut tx, cosigned).await?;
                }
                // The officer's request and the job may both have asked; the first to come writes.
                let now = store::desk::unseal(&mut tx, id).await?.ok_or(Error::NotFound)?;
                if now.state == UnsealState::Requested {
                    store::desk::answer_unseal(&mut tx, id, stored).await?;
                    for letter in letters {
                        store::desk::insert_letter(&mut tx, letter).await?;
                    }
                    entry.write(&mut tx).await?;
                    if stored == UnsealState::Released {
                        self.notifications.notify_auditors(&mut tx).await?;
                    }
                }
                tx.commit().await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(match answer {
            Answer::Released(released) => State::Released(Some(released)),
            Answer::ReleasedEarlier(_) => State::Released(None),
            Answer::Refused(refusal) => State::Refused(refusal),
        })
    }
}

/// An auditor's copy of the purpose that the witness verified.
fn auditors_copy(row: &Unseal, purpose: &SealedPurpose) -> Letter {
    Letter {
        id: LetterId::try_from(row.id.as_uuid()).expect("every id is a version 4 UUID"),
        case_id: row.case_id,
        kind: verified_purpose::KIND.into(),
        to_staff: purpose.auditor,
        entry_id: row.entry_id,
        file: purpose.file.0.clone(),
    }
}

/// Converts an entry's detail to JSON.
fn detail_json(detail: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(detail).map_err(|error| Error::Internal(error.to_string()))
}
