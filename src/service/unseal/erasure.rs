//! Erasure of identities at their reporters' request, of identities some time after a case was closed, and later of the
//! case itself.
//!
//! The decision stands in the log first. Then the witness, which checks it, keeps a tombstone for each version. Last, the
//! database erases. A stop in between leaves a request that says so, and a job goes on from there.

use serde_json::{Value, json};

use crate::audit::entry::{Act, Actor, Base64, SignedPayload};
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::ids::CaseId;
use crate::service::audit::signed_acts::{SignedBytes, read_signed_now};
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::erasure_order::{Basis, ErasureOutcome, Ground};
use crate::service::unseal::error::ErasureError;
use crate::service::unseal::officer::require_officer;
use crate::service::unseal::part::Identities;
use crate::service::unseal::seal_versions::SealVersions;
use crate::store;
use crate::store::identity_requests::IdentityRequest;
use crate::vault::erasure::{ErasureDecision, ErasurePayload, ErasureRequest};
use crate::witness::Refusal;

/// Cases that one round takes.
const BATCH_SIZE: i64 = 200;

/// A decision that an officer signed.
struct Decided<'a> {
    request: &'a IdentityRequest,
    by: &'a Member,
    payload: ErasurePayload,
    signed: SignedPayload,
}

impl Decided<'_> {
    fn detail(&self) -> Value {
        json!({ "request": self.request.id, "reason": self.payload.reason })
    }
}

impl Identities {
    /// Erases identities whose erasure was decided or whose retention is over, and cases whose retention is over. Those
    /// that fail are tried again in the next round.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn erase_due(&self) -> Result<()> {
        let today = self.clock.today();
        let ago = |days: u32| Day(today.0 - i64::from(days));
        let retention = self.profile.load().retention;
        let mut tx = self.db.read().await?;
        let decided = store::identity_requests::erasing(&mut tx).await?;
        let cases = store::cases::closed_until(&mut tx, ago(retention.case_days), BATCH_SIZE).await?;
        let identities = store::seals::of_closed_until(&mut tx, ago(retention.identity_days), BATCH_SIZE).await?;
        drop(tx);
        if decided.is_empty() && cases.is_empty() && identities.is_empty() {
            return Ok(());
        }
        for request in &decided {
            // One failure must not hold up the others.
            if let Err(error) = self.finish_decided(request).await {
                tracing::error!(case = %request.case_id, %error, "not erased; it is tried again");
            }
        }
        for case in identities {
            match self.expire(case).await {
                Ok(ErasureOutcome::Erased | ErasureOutcome::Nothing) => {}
                Ok(ErasureOutcome::NotYet(refusal)) => tracing::info!(%case, %refusal, "not erased yet"),
                Err(error) => tracing::error!(%case, %error, "not erased; it is tried again"),
            }
        }
        for case in cases {
            if let Err(error) = self.erase_case(case).await {
                tracing::error!(%case, %error, "not erased; it is tried again");
            }
        }
        self.db.scrub().await?;
        Ok(())
    }

    /// Takes an officer's decision on a reporter's request to erase the identity: all its versions are erased, or they
    /// stay for a reason that the reporter reads.
    ///
    /// # Errors
    /// [`ErasureError`]. Among the shared errors:
    /// [`Error::Forbidden`] unless the roster has the member as officer; [`Error::Conflict`] when the request is decided
    /// or the identity was corrected since the officer looked; [`Error::Invalid`] when payload or signature are not what
    /// they must be; [`Error::Unavailable`] when the witness cannot be reached: the decision stands then, and is carried
    /// out later, as it is without an error when the erasures of these 24 hours are used up.
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
        let asked = request.request.as_deref().unwrap_or_default();
        if payload.answers != ErasureRequest::hash(self.instance, asked) {
            return Err(Error::Invalid(InvalidReason::ErasureOtherRequest).into());
        }
        if !is_newest(&versions, &payload) {
            return Err(Error::Conflict.into());
        }
        let decided = Decided {
            request: &request,
            by: member,
            payload,
            signed,
        };
        match (decided.payload.decision, request.state) {
            (ErasureDecision::Refuse, RequestState::Open) => self.refuse(&decided).await?,
            // Where an earlier decision could not be carried out, an officer may decide anew.
            (ErasureDecision::Erase, RequestState::Open | RequestState::Erasing) => {
                self.erase_as_decided(&decided).await?;
            }
            _ => return Err(Error::Conflict.into()),
        }
        Ok(())
    }

    async fn refuse(&self, decided: &Decided<'_>) -> Result<()> {
        let (actor, case) = (Actor::Staff(decided.by.id), decided.request.case_id);
        let signed = Some(decided.signed.clone());
        let entry = self
            .log
            .entry(Act::ErasureRefused, actor, Some(case), decided.detail(), signed)?;
        let (entry, by) = (&entry, (decided.by.id, decided.payload.reason.as_str()));
        self.db
            .write("refuse_erasure", |mut tx| async move {
                let (id, now) = (decided.request.id, self.clock.now());
                conflict_if_gone(store::identity_requests::decide(&mut tx, id, RequestState::Refused, by, now).await)?;
                entry.write(&mut tx).await?;
                self.notifications.notify_reporter(&mut tx, case).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Writes the decision into the log, and then carries it out.
    async fn erase_as_decided(&self, decided: &Decided<'_>) -> Result<()> {
        let (actor, case) = (Actor::Staff(decided.by.id), decided.request.case_id);
        let signed = Some(decided.signed.clone());
        let entry = self
            .log
            .entry(Act::ErasureDecided, actor, Some(case), decided.detail(), signed)?;
        let (entry, by) = (&entry, (decided.by.id, decided.payload.reason.as_str()));
        self.db
            .write("decide_erasure", |mut tx| async move {
                // From here on, nobody corrects this identity.
                if !is_newest(&SealVersions::load(&mut tx, case).await?, &decided.payload) {
                    return Err(Error::Conflict);
                }
                entry.write(&mut tx).await?;
                let (id, at) = (decided.request.id, (entry.id, self.clock.now()));
                conflict_if_gone(store::identity_requests::begin_erasure(&mut tx, id, by, at).await)?;
                tx.commit().await?;
                Ok(())
            })
            .await?;
        let mut tx = self.db.read().await?;
        let request = store::identity_requests::by_id(&mut tx, decided.request.id).await?;
        drop(tx);
        self.finish_decided(&request.ok_or(Error::NotFound)?).await?;
        self.db.scrub().await?;
        Ok(())
    }

    /// Carries out a decision that stands in the log. It may have begun before a stop.
    async fn finish_decided(&self, request: &IdentityRequest) -> Result<()> {
        match self.erase_identity(request.case_id, &Ground::Decided(request)).await? {
            ErasureOutcome::Erased | ErasureOutcome::Nothing => {}
            // The decision stands, and a later round carries it out.
            ErasureOutcome::NotYet(refusal) => tracing::info!(case = %request.case_id, %refusal, "not erased yet"),
        }
        Ok(())
    }

    /// Erases the identity of a closed case whose retention is over.
    async fn expire(&self, case: CaseId) -> Result<ErasureOutcome> {
        self.erase_identity(case, &Ground::Closed).await
    }

    /// Has the witness bury every version, then erases them.
    async fn erase_identity(&self, case: CaseId, ground: &Ground<'_>) -> Result<ErasureOutcome> {
        self.log.cover_waiting().await?;
        let Some((order, basis)) = self.erasure_order(case, ground).await? else {
            return Ok(ErasureOutcome::Nothing);
        };
        let head = match self.send_erasure(order, case, ground).await {
            Ok(head) => head,
            Err(refusal @ (Refusal::ErasureTooEarly | Refusal::ErasureCap)) => {
                return Ok(ErasureOutcome::NotYet(refusal));
            }
            Err(refusal) => return Err(not_erased(refusal)),
        };
        self.erase_buried(case, ground, (basis, head)).await?;
        Ok(ErasureOutcome::Erased)
    }

    /// Erases an identity whose versions all have a tombstone.
    async fn erase_buried(&self, case: CaseId, ground: &Ground<'_>, (basis, head): (Basis, Base64)) -> Result<()> {
        let detail = match ground {
            Ground::Decided(request) => json!({
                "request": request.id,
                "reason": request.reason,
                "decided": basis.entry,
                "head": head,
            }),
            Ground::Closed => json!({ "closed": basis.entry, "head": head }),
        };
        let entry = &self
            .log
            .entry(Act::IdentityErased, Actor::System, Some(case), detail, None)?;
        let (buried, now) = (&basis.manifests, self.clock.now());
        self.db
            .write("erase_identity", |mut tx| async move {
                let stored = store::seals::manifests_of(&mut tx, case).await?;
                if !stored.iter().all(|manifest| buried.contains(manifest)) {
                    return Err(Error::Conflict);
                }
                if store::seals::latest(&mut tx, case).await?.is_none() {
                    // Another process has finished it.
                    return Ok(());
                }
                store::seals::erase_contents(&mut tx, case).await?;
                store::desk::settle_validations(&mut tx, case).await?;
                for kind in [RequestKind::Erasure, RequestKind::Correction] {
                    store::identity_requests::settle(&mut tx, case, kind, Some(now)).await?;
                }
                if matches!(ground, Ground::Decided(_)) {
                    self.notifications.notify_reporter(&mut tx, case).await?;
                }
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Names the statements that go with a case, so that a verification of the log does not miss them.
    async fn ended_statements(&self, case: CaseId) -> Result<Value> {
        let mut tx = self.db.read().await?;
        let hashes = store::case_statements::hashes_of(&mut tx, case).await?;
        let hashes: Vec<String> = hashes.iter().map(hex::encode).collect();
        Ok(json!({ "statements": hashes }))
    }

    /// Erases a case with everything that belongs to it, its identity first.
    async fn erase_case(&self, case: CaseId) -> Result<()> {
        if let ErasureOutcome::NotYet(refusal) = self.expire(case).await? {
            tracing::info!(%case, %refusal, "not erased yet");
            return Ok(());
        }
        let detail = self.ended_statements(case).await?;
        let entry = &self
            .log
            .entry(Act::CaseErased, Actor::System, Some(case), detail, None)?;
        self.db
            .write("erase_case", |mut tx| async move {
                if store::seals::latest(&mut tx, case).await?.is_some() {
                    return Err(Error::Conflict);
                }
                store::seals::erase(&mut tx, case).await?;
                store::attachments::mark_case_for_deletion(&mut tx, case).await?;
                store::cases::erase(&mut tx, case).await?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

/// Returns true if the decision names the newest version of the identity.
fn is_newest(versions: &SealVersions, payload: &ErasurePayload) -> bool {
    let newest = versions.newest();
    newest.is_some_and(|seal| seal.manifest_hash == payload.manifest.as_bytes())
}

fn not_erased(refusal: Refusal) -> Error {
    Error::Unavailable(format!("the witness buries no manifest: {refusal}"))
}

/// Turns a missing row into a conflict: somebody else has decided meanwhile.
fn conflict_if_gone(decided: store::Result<()>) -> Result<()> {
    match decided {
        Err(store::Error::Rows { .. }) => Err(Error::Conflict),
        result => Ok(result?),
    }
}
