//! Reporters' requests about their own personal data.
//!
//! A correction is a new version of the identity seal, signed by the receipt's key. An erasure is requested, and an officer
//! decides. Neither is an entry of the log by itself, and rows keep the day only.

use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::ids::{RequestId, SealId};
use crate::domain::state::State;
use crate::service::error::{Error, Result};
use crate::service::follow_up::returning::Returning;
use crate::service::intake::stored_seal;
use crate::service::unseal::error::{OwnIdentityError, OwnIdentityRefusal};
use crate::service::unseal::part::Identities;
use crate::store;
use crate::store::identity_requests::IdentityRequest;
use crate::store::seals::Seal;
use crate::vault::content::IdentityData;
use crate::vault::envelope::Via;
use crate::vault::erasure::ErasureRequest;
use crate::vault::hash::Hash32;
use crate::vault::manifest::Manifest;
use crate::vault::seal::{SealContext, seal};
use crate::vault::signing::{Signature, VerifyKey};

/// Corrections that a reporter may make in a day, so that nobody fills the store.
const MAX_CORRECTIONS_PER_DAY: i64 = 3;
/// Versions that an identity may have.
const MAX_VERSIONS: i64 = 50;

impl Identities {
    /// Returns true if the versions of an identity are those that their reporter sealed: each is signed by the key,
    /// follows the one before, and has the record that it names.
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

    /// Seals personal data as the next version of the identity, and puts it into the officers' queue. Earlier versions
    /// stay until the identity is erased.
    ///
    /// # Errors
    /// [`OwnIdentityError`]; among the shared errors [`Error::Conflict`] when another correction came in between, [`Error::Unavailable`] when there is nobody to seal to.
    pub async fn correct_identity(&self, who: &Returning, data: &IdentityData) -> Result<(), OwnIdentityError> {
        let roster = self.rosters.for_sealing().await?;
        let mut tx = self.db.read().await?;
        let case = store::cases::by_id(&mut tx, who.case).await?.ok_or(Error::NotFound)?;
        let versions = store::seals::of_case(&mut tx, who.case).await?;
        let today = self.clock.today();
        let often = store::identity_requests::on_day(&mut tx, who.case, RequestKind::Correction, today).await?;
        drop(tx);
        let reporter = who.signing.verify_key();
        let Some(last) = versions.last().filter(|seal| !seal.erased) else {
            return Err(OwnIdentityRefusal::Nothing.into());
        };
        if case.state == State::Closed {
            return Err(OwnIdentityRefusal::Closed.into());
        }
        if case.reporter_verify_key != reporter.as_bytes() || !self.are_intact(&versions, &reporter) {
            return Err(OwnIdentityRefusal::Exchanged.into());
        }
        if often >= MAX_CORRECTIONS_PER_DAY || last.version >= MAX_VERSIONS {
            return Err(OwnIdentityRefusal::TooOften.into());
        }
        let previous = Hash32::from_slice(&last.manifest_hash).map_err(|error| Error::Internal(error.to_string()))?;
        let version = u32::try_from(last.version).map_err(|error| Error::Internal(error.to_string()))?;
        let mut rng = self.randomness.generator();
        let context = SealContext {
            instance: self.instance,
            case: who.case,
            seal: SealId::random(&mut rng),
            previous: Some((version, previous)),
        };
        let sealed = seal(context, data, Via::Server, &who.signing, &roster, &mut rng);
        let new = stored_seal(sealed.map_err(|error| Error::Unavailable(error.to_string()))?);
        let request = IdentityRequest {
            version: Some(new.version),
            ..new_request(RequestId::random(&mut rng), who, RequestKind::Correction, today)
        };
        let (new, request, last) = (&new, &request, last.id);
        self.db
            .write("correct_identity", |mut tx| async move {
                let latest = store::seals::latest(&mut tx, who.case).await?;
                if latest.is_none_or(|seal| seal.id != last) {
                    return Err(Error::Conflict.into());
                }
                // An officer has decided to erase this very version.
                if store::identity_requests::erasing_of(&mut tx, who.case).await?.is_some() {
                    return Err(Error::Conflict.into());
                }
                store::seals::insert(&mut tx, who.case, new).await?;
                // Earlier corrections no longer wait: officers validate the newest.
                store::identity_requests::settle(&mut tx, who.case, RequestKind::Correction, None).await?;
                store::identity_requests::insert(&mut tx, request).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Requests the erasure of the identity from the officers; the receipt's key signs the request.
    ///
    /// # Errors
    /// [`OwnIdentityError`]; [`Error::NotFound`] when the case is gone.
    pub async fn ask_erasure(&self, who: &Returning) -> Result<(), OwnIdentityError> {
        let id = RequestId::random(&mut self.randomness.generator());
        let today = self.clock.today();
        let asked = ErasureRequest {
            instance: self.instance,
            case: who.case,
            request: id,
            day: today,
        };
        let asked = asked.to_bytes();
        let signature = ErasureRequest::sign(self.instance, &asked, &who.signing);
        let request = &IdentityRequest {
            request: Some(asked),
            signature: Some(signature.as_bytes().to_vec()),
            ..new_request(id, who, RequestKind::Erasure, today)
        };
        self.db
            .write("request_erasure", |mut tx| async move {
                if store::seals::latest(&mut tx, who.case).await?.is_none() {
                    return Err(OwnIdentityRefusal::Nothing.into());
                }
                match store::identity_requests::insert(&mut tx, request).await {
                    Err(error) if error.is_duplicate() => return Err(OwnIdentityRefusal::Waits.into()),
                    result => result?,
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

fn new_request(id: RequestId, who: &Returning, kind: RequestKind, today: Day) -> IdentityRequest {
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
        request: None,
        signature: None,
        decision: None,
    }
}
