//! Erasure of identities at their reporters' request, of identities some time after a case was closed, and later of the
//! case itself.
//!
//! The witness keeps a tombstone for each manifest first, so that a crash in between erases too much and never too little.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::audit::entry::{Act, Actor, SignedPayload};
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::ids::{CaseId, RequestId};
use crate::service::audit::signed_acts::{SignedBytes, read_signed_now};
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::error::ErasureError;
use crate::service::unseal::officer::require_officer;
use crate::service::unseal::part::Identities;
use crate::service::unseal::seal_versions::SealVersions;
use crate::store::identity_requests::IdentityRequest;
use crate::store::{self, Tx};
use crate::vault::erasure::{ErasureDecision, ErasurePayload};
use crate::vault::hash::Hash32;

/// Cases that one round takes.
const BATCH_SIZE: i64 = 200;
/// Attempts at an erasure whose reporter corrects the identity meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// An officer's decision on a request to erase.
struct Decided<'a> {
    request: RequestId,
    by: &'a Member,
    reason: &'a str,
}

/// One erasure: its object, its actor and its entry.
struct Erasing<'a> {
    case: CaseId,
    act: Act,
    actor: Actor,
    detail: Value,
    signed: Option<SignedPayload>,
    decided: Option<Decided<'a>>,
}

impl Identities {
    /// Erases identities and cases whose retention is over. Those that fail are tried again in the next round.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn erase_due(&self) -> Result<()> {
        let today = self.clock.today();
        let ago = |days: u32| Day(today.0 - i64::from(days));
        let retention = self.profile.load().retention;
        let mut tx = self.db.read().await?;
        let cases = store::cases::closed_until(&mut tx, ago(retention.case_days), BATCH_SIZE).await?;
        let identities = store::seals::of_closed_until(&mut tx, ago(retention.identity_days), BATCH_SIZE).await?;
        drop(tx);
        let anything = !(cases.is_empty() && identities.is_empty());
        let identities = identities.into_iter().map(|case| (case, Act::IdentityErased));
        let cases = cases.into_iter().map(|case| (case, Act::CaseErased));
        for (case, act) in identities.chain(cases) {
            let due = Erasing {
                case,
                act,
                actor: Actor::System,
                detail: self.ended_statements(case, act).await?,
                signed: None,
                decided: None,
            };
            // One failure must not hold up the others.
            if let Err(error) = self.erase(&due).await {
                tracing::error!(%case, %error, "not erased; it is tried again");
            }
        }
        if anything {
            self.db.scrub().await?;
        }
        Ok(())
    }

    /// Takes an officer's decision on a reporter's request to erase the identity: all its versions are erased, or they
    /// stay for a reason that the reporter reads.
    ///
    /// # Errors
    /// [`ErasureError`]. Among the shared errors:
    /// [`Error::Forbidden`] unless the roster has the member as officer; [`Error::Conflict`] when the request is decided
    /// or the identity was corrected since the officer looked; [`Error::Invalid`] when payload or signature are not what
    /// they must be; [`Error::Unavailable`] when the witness cannot be reached: it may have buried some of it then, and
    /// the same decision can be sent again.
    pub async fn decide_erasure(&self, member: &Member, case: CaseId, signed: SignedBytes) -> Result<(), ErasureError> {
        let roster = self.rosters.current()?;
        let officer = require_officer(&roster, member)?;
        if !member.is_fresh(self.clock.now()) {
            return Err(ErasureError::NotFresh);
        }
        let context = (self.instance, self.clock.now());
        let (payload, signed): (ErasurePayload, _) = read_signed_now(context, officer, &signed)?;
        let profile = self.profile.load();
        let reason = profile.erasure_reason(&payload.reason);
        if reason.is_none_or(|reason| reason.decision != payload.decision) || payload.case != case {
            return Err(Error::Invalid(InvalidReason::ErasureMismatch).into());
        }
        let mut tx = self.db.read().await?;
        let request = store::identity_requests::by_id(&mut tx, payload.request).await?;
        let versions = SealVersions::load(&mut tx, case).await?;
        drop(tx);
        let request = request
            .filter(|request| request.case_id == case && request.kind == RequestKind::Erasure)
            .ok_or(Error::NotFound)?;
        let is_seen = versions
            .newest()
            .is_some_and(|seal| seal.manifest_hash == payload.manifest.as_bytes());
        if request.state != RequestState::Open || !is_seen {
            return Err(Error::Conflict.into());
        }
        let detail = json!({ "request": payload.request, "reason": payload.reason });
        let decided = Decided {
            request: payload.request,
            by: member,
            reason: &payload.reason,
        };
        match payload.decision {
            ErasureDecision::Refuse => self.refuse(&request, &decided, detail, signed).await?,
            ErasureDecision::Erase => {
                let erasing = Erasing {
                    case,
                    act: Act::IdentityErased,
                    actor: Actor::Staff(member.id),
                    detail,
                    signed: Some(signed),
                    decided: Some(decided),
                };
                self.erase(&erasing).await?;
                self.db.scrub().await?;
            }
        }
        Ok(())
    }

    async fn refuse(
        &self,
        request: &IdentityRequest,
        decided: &Decided<'_>,
        detail: Value,
        signed: SignedPayload,
    ) -> Result<()> {
        let (actor, case) = (Actor::Staff(decided.by.id), request.case_id);
        let entry = &self
            .log
            .entry(Act::ErasureRefused, actor, Some(case), detail, Some(signed))?;
        self.db
            .write("refuse_erasure", |mut tx| async move {
                self.note_decision(&mut tx, decided, RequestState::Refused).await?;
                entry.write(&mut tx).await?;
                self.notifications.notify_reporter(&mut tx, case).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Writes the decision down; [`Error::Conflict`] if somebody else has decided meanwhile.
    async fn note_decision(&self, tx: &mut Tx, decided: &Decided<'_>, state: RequestState) -> Result<()> {
        let by = (decided.by.id, decided.reason);
        match store::identity_requests::decide(tx, decided.request, state, by, self.clock.now()).await {
            Err(store::Error::Rows { .. }) => Err(Error::Conflict),
            result => Ok(result?),
        }
    }

    /// Names the statements that go with a case, so that a verification of the log does not miss them.
    async fn ended_statements(&self, case: CaseId, act: Act) -> Result<Value> {
        if act != Act::CaseErased {
            return Ok(json!({}));
        }
        let mut tx = self.db.read().await?;
        let hashes = store::case_statements::hashes_of(&mut tx, case).await?;
        let hashes: Vec<String> = hashes.iter().map(hex::encode).collect();
        Ok(json!({ "statements": hashes }))
    }

    /// Erases a case's identity, or the whole case.
    async fn erase(&self, erasing: &Erasing<'_>) -> Result<()> {
        let mut buried = HashSet::new();
        for _ in 0..MAX_ATTEMPTS {
            let mut tx = self.db.read().await?;
            let manifests = store::seals::manifests_of(&mut tx, erasing.case).await?;
            drop(tx);
            for manifest in manifests {
                let hash = Hash32::from_slice(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
                let answer = self.witness.erase(hash).await;
                answer.map_err(|refusal| Error::Unavailable(format!("the witness buries no manifest: {refusal}")))?;
                buried.insert(manifest);
            }
            if self.erase_buried(erasing, &buried).await? {
                return Ok(());
            }
        }
        Err(Error::Conflict)
    }

    /// Erases if every version has a tombstone; returns false if a correction came since.
    async fn erase_buried(&self, erasing: &Erasing<'_>, buried: &HashSet<Vec<u8>>) -> Result<bool> {
        let case = erasing.case;
        let (detail, signed) = (erasing.detail.clone(), erasing.signed.clone());
        let entry = &self.log.entry(erasing.act, erasing.actor, Some(case), detail, signed)?;
        self.db
            .write("erase_case", |mut tx| async move {
                let now = store::seals::manifests_of(&mut tx, case).await?;
                if !now.iter().all(|manifest| buried.contains(manifest)) {
                    return Ok(false);
                }
                if erasing.act == Act::IdentityErased {
                    store::seals::erase_contents(&mut tx, case).await?;
                    store::desk::settle_validations(&mut tx, case).await?;
                    match &erasing.decided {
                        // The tombstones exist, so the identity goes, even if somebody else decided meanwhile.
                        Some(decided) => match self.note_decision(&mut tx, decided, RequestState::Done).await {
                            Ok(()) | Err(Error::Conflict) => {}
                            Err(error) => return Err(error),
                        },
                        None => drop(
                            store::identity_requests::settle(
                                &mut tx,
                                case,
                                RequestKind::Erasure,
                                Some(self.clock.now()),
                            )
                            .await?,
                        ),
                    }
                    store::identity_requests::settle(&mut tx, case, RequestKind::Correction, Some(self.clock.now()))
                        .await?;
                    if erasing.decided.is_some() {
                        self.notifications.notify_reporter(&mut tx, case).await?;
                    }
                } else {
                    store::seals::erase(&mut tx, case).await?;
                    store::attachments::mark_case_for_deletion(&mut tx, case).await?;
                    store::cases::erase(&mut tx, case).await?;
                }
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(true)
            })
            .await
    }
}
