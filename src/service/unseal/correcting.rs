//! What reporters do with their own personal data after the report: a correction is a new version of the identity seal,
//! signed by the receipt's key; an erasure is asked for, and an officer decides. Neither is an entry of the log by itself,
//! and rows keep the day only.

use super::part::Identities;
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::ids::{RequestId, SealId};
use crate::domain::state::State;
use crate::service::error::{Error, Result};
use crate::service::follow_up::returning::Returning;
use crate::service::intake::stored_seal;
use crate::store;
use crate::store::identity_requests::IdentityRequest;
use crate::store::seals::Seal;
use crate::vault::content::IdentityData;
use crate::vault::envelope::Via;
use crate::vault::hash::Hash32;
use crate::vault::manifest::Manifest;
use crate::vault::seal::{SealContext, seal};
use crate::vault::signing::{Signature, VerifyKey};

/// Corrections that a reporter may make in a day, and versions that an identity may have: nobody fills the store.
const CORRECTIONS_A_DAY: i64 = 3;
const VERSIONS: i64 = 50;

/// Why a reporter's wish cannot be taken, in a way that the page can explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// There is no identity, or no more.
    Nothing,
    /// The case is closed.
    Closed,
    /// Somebody exchanged what is stored: nothing more may be entrusted to it.
    Exchanged,
    TooOften,
    /// The same was asked before and waits.
    Waits,
}

impl Identities {
    /// Whether the versions of an identity are what their reporter sealed: each signed by the key, following the one
    /// before it, with the record that it names.
    pub(crate) fn are_intact(&self, versions: &[Seal], reporter: &VerifyKey) -> bool {
        let mut previous: Option<Hash32> = None;
        for (seal, version) in versions.iter().zip(1..) {
            let manifest = match Signature::from_slice(&seal.manifest_signature) {
                Ok(signature) => Manifest::verify(self.instance, &seal.manifest, reporter, &signature),
                Err(_) => return false,
            };
            let Ok(manifest) = manifest else {
                return false;
            };
            let sound = manifest.case() == seal.case_id
                && seal.version == version
                && i64::from(manifest.version()) == version
                && manifest.previous() == previous
                && (seal.erased || manifest.record() == Hash32::of_bytes(&seal.record));
            if !sound {
                return false;
            }
            previous = Some(manifest.hash());
        }
        true
    }

    /// Seals personal data anew, as the next version of the identity, and puts it into the officers' queue. The versions
    /// before stay until the identity is erased.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another correction came in between, [`Error::Unavailable`] when there is nobody to seal to.
    pub async fn correct_identity(&self, who: &Returning, data: &IdentityData) -> Result<Result<(), Unasked>> {
        let roster = self.rosters.for_sealing().await?;
        let mut tx = self.db.read().await?;
        let case = store::cases::by_id(&mut tx, who.case).await?.ok_or(Error::NotFound)?;
        let versions = store::seals::of_case(&mut tx, who.case).await?;
        let today = self.clock.today();
        let often = store::identity_requests::on_day(&mut tx, who.case, RequestKind::Correction, today).await?;
        drop(tx);
        let reporter = who.signing.verify_key();
        let Some(last) = versions.last().filter(|seal| !seal.erased) else {
            return Ok(Err(Unasked::Nothing));
        };
        if case.state == State::Closed {
            return Ok(Err(Unasked::Closed));
        }
        if case.reporter_verify_key != reporter.as_bytes() || !self.are_intact(&versions, &reporter) {
            return Ok(Err(Unasked::Exchanged));
        }
        if often >= CORRECTIONS_A_DAY || last.version >= VERSIONS {
            return Ok(Err(Unasked::TooOften));
        }
        let previous = Hash32::from_slice(&last.manifest_hash).map_err(|error| Error::Internal(error.to_string()))?;
        let version = u32::try_from(last.version).map_err(|error| Error::Internal(error.to_string()))?;
        let mut rng = self.randomness.generator();
        let place = SealContext {
            instance: self.instance,
            case: who.case,
            seal: SealId::random(&mut rng),
            previous: Some((version, previous)),
        };
        let sealed = seal(place, data, Via::Server, &who.signing, &roster, &mut rng);
        let new = stored_seal(sealed.map_err(|error| Error::Unavailable(error.to_string()))?);
        let request = IdentityRequest {
            version: Some(new.version),
            ..asked(RequestId::random(&mut rng), who, RequestKind::Correction, today)
        };
        let (new, request, last) = (&new, &request, last.id);
        self.db
            .write(|mut tx| async move {
                let latest = store::seals::latest(&mut tx, who.case).await?;
                if latest.is_none_or(|seal| seal.id != last) {
                    return Err(Error::Conflict);
                }
                store::seals::insert(&mut tx, who.case, new).await?;
                // The one before waits no more: who validates takes the newest.
                store::identity_requests::settle(&mut tx, who.case, RequestKind::Correction, None).await?;
                store::identity_requests::insert(&mut tx, request).await?;
                tx.commit().await?;
                Ok(Ok(()))
            })
            .await
    }

    /// Asks the officers to erase the identity.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the case is gone.
    pub async fn ask_erasure(&self, who: &Returning) -> Result<Result<(), Unasked>> {
        let id = RequestId::random(&mut self.randomness.generator());
        let request = &asked(id, who, RequestKind::Erasure, self.clock.today());
        self.db
            .write(|mut tx| async move {
                if store::seals::latest(&mut tx, who.case).await?.is_none() {
                    return Ok(Err(Unasked::Nothing));
                }
                match store::identity_requests::insert(&mut tx, request).await {
                    Err(error) if error.is_duplicate() => return Ok(Err(Unasked::Waits)),
                    result => result?,
                }
                tx.commit().await?;
                Ok(Ok(()))
            })
            .await
    }
}

fn asked(id: RequestId, who: &Returning, kind: RequestKind, today: Day) -> IdentityRequest {
    IdentityRequest {
        id,
        case_id: who.case,
        kind,
        asked_on: today,
        version: None,
        state: RequestState::Open,
        officer_id: None,
        reason: None,
        decided_at: None,
    }
}
