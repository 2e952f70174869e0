//! Sign-in: the browser shows a login secret that Argon2 derived from the password. The server compares it under the
//! pepper, and returns the member's key blob, which only the password opens. It never sees a password.

use serde_json::json;
use zeroize::Zeroizing;

use super::part::Sessions;
use crate::audit::entry::{Act, Actor};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::rate_limit::Backoff;
use crate::domain::role::{Role, StaffState};
use crate::service::error::{Error, Result, wraps_service_errors};
use crate::service::people::sessions::Member;
use crate::service::tokens::token_hash;
use crate::store;
use crate::store::staff::{Failures, Session};
use crate::vault::cookie::CookieToken;
use crate::vault::device::DeviceToken;
use crate::vault::secret::Key32;
use crate::vault::staffkeys::{LoginOwner, login_matches, normalize_email, pepper_hash, pepper_open};

/// Backoff against guessing. A stranger who knows an e-mail and keeps trying can make its owner wait, but only in
/// browsers with which the owner never signed in (SECURITY.md).
const SIGN_IN_BACKOFF: Backoff = Backoff {
    free_failures: 5,
    first_seconds: 30,
    max_seconds: 15 * 60,
};
/// Period for which a browser is remembered, in seconds.
pub const DEVICE_LIFETIME_SECONDS: i64 = 180 * 24 * 3600;
/// Period after which failures are forgotten, in seconds.
pub const FAILURE_MEMORY_SECONDS: i64 = 24 * 3600;

/// Reasons why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such active member, or not their secret; which of them is not told.
    #[error("no such active member, or not their secret")]
    Wrong,
    /// Too many failures: the secret was not looked at. After so many seconds it will be.
    #[error("too many failures; wait for {0} seconds")]
    TooManyTries(u32),
    #[error(transparent)]
    Service(#[from] Error),
}

wraps_service_errors!(SignInError);

/// The sealed keys and public facts that a member's browser needs after sign-in.
#[derive(Debug)]
pub struct KeyMaterial {
    pub instance: InstanceId,
    pub staff: StaffId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub language: String,
    /// Sealed under the password.
    pub blob: Vec<u8>,
    pub areas: Vec<WrappedArea>,
    /// The newest roster's signed note.
    pub roster: Option<Vec<u8>>,
    /// Earlier ones, so that signatures of former members still verify.
    pub former_rosters: Vec<Vec<u8>>,
    /// The newest checkpoint that the witness has countersigned.
    pub checkpoint: Option<Vec<u8>>,
}

/// An area's identity, an age file to the member.
#[derive(Debug)]
pub struct WrappedArea {
    pub area: String,
    pub version: i64,
    pub file: Vec<u8>,
    /// The member who wrapped it.
    pub wrapper: StaffId,
    /// The wrapper's signature.
    pub signature: Vec<u8>,
}

/// A session that has begun.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's cookie.
    pub token: Zeroizing<String>,
    pub id: StaffId,
    /// The cookie by which the browser is recognised later.
    pub device: String,
}

/// Version of the login check of a member's first password.
pub(super) const FIRST_LOGIN_VERSION: i64 = 1;

/// Returns the owner of a login check.
pub(super) const fn login_owner(instance: InstanceId, staff: StaffId, version: i64) -> LoginOwner {
    LoginOwner {
        instance,
        staff,
        version: version.cast_unsigned(),
    }
}

/// Returns the seconds for which the next try must wait.
fn seconds_to_wait(failed: Option<&Failures>, now: UnixSeconds) -> Option<u32> {
    // A clock that was set back does not make the wait longer.
    let passed = failed.map_or(FAILURE_MEMORY_SECONDS, |failed| (now - failed.last_at).max(0));
    let wait = failed.map_or(0, |failed| SIGN_IN_BACKOFF.after(failed.failures)) - passed;
    match u32::try_from(wait) {
        Ok(wait @ 1..) if passed < FAILURE_MEMORY_SECONDS => Some(wait),
        Ok(_) | Err(_) => None,
    }
}

impl Sessions {
    /// Signs in. `device` is the browser's cookie of an earlier sign-in.
    ///
    /// An unknown e-mail takes the same steps as a wrong secret. A browser with which this e-mail has signed in before
    /// has its own count of failures, so that failures of strangers elsewhere do not make it wait.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn sign_in(&self, email: &str, login: &Key32, device: Option<&str>) -> Result<SignedIn, SignInError> {
        let email = normalize_email(email);
        let pepper = self.keys.pepper.key();
        let known = device.and_then(|text| DeviceToken::from_text(text, pepper, self.instance, &email));
        let subject = match known {
            Some(device) => self.failure_subject("sign-in-device", &device.name()),
            None => self.failure_subject("sign-in-subject", &email),
        };
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_email(&mut tx, &email).await?;
        drop(tx);
        let mut rng = self.randomness.generator();
        let (owner, check) = match &staff {
            Some(staff) => (
                login_owner(self.instance, staff.id, staff.login_version),
                staff.login_check.clone(),
            ),
            None => (
                login_owner(self.instance, StaffId::random(&mut rng), FIRST_LOGIN_VERSION),
                vec![0; 32],
            ),
        };
        let matches = login_matches(pepper, owner, login, &check);
        let staff = staff.filter(|staff| matches && staff.state == StaffState::Active);

        let token = CookieToken::random(&mut rng);
        let device = known.unwrap_or_else(|| DeviceToken::random(&mut rng));
        let (now, today) = (self.clock.now(), self.clock.today());
        let actor = staff.as_ref().map_or(Actor::Nobody, |staff| Actor::Staff(staff.id));
        let act = if staff.is_some() {
            Act::StaffSignedIn
        } else {
            Act::StaffSignInFailed
        };
        let entry = self.log.entry(act, actor, None, json!({}), None)?;
        let session = staff.map(|staff| Session {
            token_hash: token_hash(self.instance, &token),
            staff_id: staff.id,
            created_at: now,
            seen_at: now,
            reauthenticated_at: now,
        });
        let (subject, entry, session) = (&subject, &entry, &session);
        let id = self
            .db
            .write("sign_in", |mut tx| async move {
                let failures = store::staff::failures(&mut tx, subject).await?;
                if let Some(seconds) = seconds_to_wait(failures.as_ref(), now) {
                    return Err(SignInError::TooManyTries(seconds));
                }
                entry.write(&mut tx).await?;
                let Some(session) = session else {
                    count_failure(&mut tx, subject, now).await?;
                    tx.commit().await?;
                    return Err(SignInError::Wrong);
                };
                store::staff::clear_failures(&mut tx, subject).await?;
                store::staff::insert_session(&mut tx, session).await?;
                store::staff::set_signed_in(&mut tx, session.staff_id, today).await?;
                tx.commit().await?;
                Ok(session.staff_id)
            })
            .await?;
        Ok(SignedIn {
            token: token.to_text(),
            id,
            device: device.to_text(pepper, self.instance, &email),
        })
    }

    /// Checks the password again, for an act that asks for it. Failures count for this member alone, so that a
    /// stranger at the sign-in page cannot keep an officer from an unseal.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn reauthenticate(&self, member: &Member, login: &Key32) -> Result<(), SignInError> {
        let subject = self.failure_subject("reauthentication-subject", &member.id.to_string());
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_id(&mut tx, member.id).await?.ok_or(Error::NotFound)?;
        drop(tx);
        let owner = login_owner(self.instance, staff.id, staff.login_version);
        let right = login_matches(self.keys.pepper.key(), owner, login, &staff.login_check);
        let now = self.clock.now();
        let failed = self
            .log
            .entry(Act::StaffSignInFailed, Actor::Staff(member.id), None, json!({}), None)?;
        let (subject, failed) = (&subject, &failed);
        self.db
            .write("renew_authentication", |mut tx| async move {
                let failures = store::staff::failures(&mut tx, subject).await?;
                if let Some(seconds) = seconds_to_wait(failures.as_ref(), now) {
                    return Err(SignInError::TooManyTries(seconds));
                }
                if !right {
                    failed.write(&mut tx).await?;
                    count_failure(&mut tx, subject, now).await?;
                    tx.commit().await?;
                    return Err(SignInError::Wrong);
                }
                store::staff::clear_failures(&mut tx, subject).await?;
                store::staff::reauthenticate_session(&mut tx, &member.token_hash, now).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn sign_out(&self, member: &Member) -> Result<()> {
        let entry = self
            .log
            .entry(Act::StaffSignedOut, Actor::Staff(member.id), None, json!({}), None)?;
        let entry = &entry;
        self.db
            .write("sign_out", |mut tx| async move {
                if store::staff::end_session(&mut tx, &member.token_hash).await? {
                    entry.write(&mut tx).await?;
                }
                tx.commit().await
            })
            .await?;
        Ok(())
    }

    /// Returns the sealed keys of a member, for their browser to unlock.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a member who is gone, [`Error::Internal`] when the pepper does not open the blob.
    pub async fn key_material(&self, id: StaffId) -> Result<KeyMaterial> {
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_id(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let memberships = store::roster::memberships(&mut tx, id).await?;
        let checkpoint = store::log::latest_cosigned(&mut tx).await?;
        drop(tx);
        let blob = pepper_open(self.keys.pepper.key(), self.instance, id, &staff.sealed_blob)
            .map_err(|_| Error::Internal("a key blob does not open under this pepper".into()))?;
        let areas = memberships.into_iter().map(|member| WrappedArea {
            area: member.area,
            version: member.version,
            file: member.wrapped,
            wrapper: member.wrapper,
            signature: member.signature,
        });
        Ok(KeyMaterial {
            instance: self.instance,
            staff: id,
            name: staff.name,
            email: staff.email,
            role: staff.role,
            language: staff.language,
            blob,
            areas: areas.collect(),
            roster: self.rosters.current().ok().map(|roster| roster.note().to_vec()),
            former_rosters: self.rosters.former_notes(),
            checkpoint: checkpoint.map(|checkpoint| checkpoint.note),
        })
    }

    fn failure_subject(&self, what: &str, text: &str) -> Vec<u8> {
        pepper_hash(self.keys.pepper.key(), self.instance, what, text)
    }
}

/// Counts one more failure, after forgetting those of the day before.
async fn count_failure(tx: &mut store::Tx, subject: &[u8], now: UnixSeconds) -> store::Result<()> {
    let old = store::staff::failures(tx, subject).await?;
    if old.is_some_and(|failed| now - failed.last_at >= FAILURE_MEMORY_SECONDS) {
        store::staff::clear_failures(tx, subject).await?;
    }
    store::staff::add_failure(tx, subject, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_and_end() {
        let failed = Failures {
            failures: 5,
            last_at: 1000,
        };
        assert_eq!(seconds_to_wait(Some(&failed), 1029), Some(1));
        assert_eq!(seconds_to_wait(Some(&failed), 1030), None);
        assert_eq!(seconds_to_wait(Some(&failed), 1000 - 3600), Some(30));
        assert_eq!(seconds_to_wait(None, 0), None);
    }
}
