//! Signing in: the browser shows a login secret that Argon2 made of the password; the server compares it under the
//! pepper and hands out the member's key blob, which only the password opens. It never sees a password.

use serde_json::json;
use zeroize::Zeroizing;

use crate::audit::entry::{Act, Actor};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::{Role, StaffState};
use crate::service::sessions::Member;
use crate::service::{App, Error, Result};
use crate::store;
use crate::store::staff::{Failures, Session};
use crate::vault::cookie::Token;
use crate::vault::secret::Key32;
use crate::vault::staffkeys::{login_matches, normalize_email, pepper_hash, pepper_open};

/// So many failures cost nothing.
const FREE_FAILURES: i64 = 5;
/// The wait after the first failure that costs, in seconds; it doubles with each further one.
const FIRST_WAIT: i64 = 30;
/// The longest wait, in seconds. A stranger who knows an e-mail and keeps trying can make its owner wait so long, and
/// again: SECURITY.md names it.
const LONGEST_WAIT: i64 = 15 * 60;
/// Seconds after which failures are forgotten.
pub const FORGOTTEN: i64 = 24 * 3600;

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such active member, or not their secret; which of them is not told.
    Wrong,
    /// Too many failures; the secret was not looked at.
    TooManyTries,
}

/// What unlocks the browser's keyring.
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
    /// Earlier ones, so that what somebody signed who has left still verifies.
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
}

/// Seconds that must pass after `failures` failures, the last of them just now.
fn wait_after(failures: i64) -> i64 {
    match failures - FREE_FAILURES {
        ..0 => 0,
        over @ 0..5 => (FIRST_WAIT << over).min(LONGEST_WAIT),
        _ => LONGEST_WAIT,
    }
}

fn must_wait(failed: Option<&Failures>, now: UnixSeconds) -> bool {
    failed.is_some_and(|failed| now - failed.last_at < FORGOTTEN && now - failed.last_at < wait_after(failed.failures))
}

impl App {
    /// Signs in. Returns the cookie's value and whose session it is.
    ///
    /// An unknown e-mail takes the same steps as a wrong secret.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn sign_in(&self, email: &str, login: &Key32) -> Result<Result<(Zeroizing<String>, StaffId), Refusal>> {
        let email = normalize_email(email);
        let subject = self.failure_subject("sign-in-subject", &email);
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_email(&mut tx, &email).await?;
        drop(tx);
        let check = staff
            .as_ref()
            .map_or_else(|| vec![0; 32], |staff| staff.login_check.clone());
        let matches = login_matches(self.keys.pepper.key(), self.instance, login, &check);
        let staff = staff.filter(|staff| matches && staff.state == StaffState::Active);

        let token = Token::random(&mut self.randomness.generator());
        let (now, today) = (self.now(), self.today());
        let actor = staff.as_ref().map_or(Actor::Nobody, |staff| Actor::Staff(staff.id));
        let act = if staff.is_some() {
            Act::StaffSignedIn
        } else {
            Act::StaffSignInFailed
        };
        let entry = self.entry(act, actor, None, json!({}), None)?;
        let session = staff.map(|staff| Session {
            token_hash: self.token_hash(&token),
            staff_id: staff.id,
            created_at: now,
            seen_at: now,
            reauthenticated_at: now,
        });
        let (subject, entry, session) = (&subject, &entry, &session);
        let outcome = self
            .db
            .write(|mut tx| async move {
                if must_wait(store::staff::failures(&mut tx, subject).await?.as_ref(), now) {
                    return Ok(Err(Refusal::TooManyTries));
                }
                entry.write(&mut tx).await?;
                let outcome = if let Some(session) = session {
                    store::staff::clear_failures(&mut tx, subject).await?;
                    store::staff::insert_session(&mut tx, session).await?;
                    store::staff::set_signed_in(&mut tx, session.staff_id, today).await?;
                    Ok(session.staff_id)
                } else {
                    count_failure(&mut tx, subject, now).await?;
                    Err(Refusal::Wrong)
                };
                tx.commit().await?;
                Ok::<_, store::Error>(outcome)
            })
            .await?;
        Ok(outcome.map(|id| (token.to_text(), id)))
    }

    /// The password again, for an act that asks for it. Failures count for this member alone, so that a stranger at the
    /// sign-in page cannot keep an officer from an unseal.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn reauthenticate(&self, member: &Member, login: &Key32) -> Result<Result<(), Refusal>> {
        let subject = self.failure_subject("reauthentication-subject", &member.id.to_string());
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_id(&mut tx, member.id).await?.ok_or(Error::NotFound)?;
        drop(tx);
        let right = login_matches(self.keys.pepper.key(), self.instance, login, &staff.login_check);
        let now = self.now();
        let failed = self.entry(Act::StaffSignInFailed, Actor::Staff(member.id), None, json!({}), None)?;
        let (subject, failed) = (&subject, &failed);
        let outcome = self
            .db
            .write(|mut tx| async move {
                if must_wait(store::staff::failures(&mut tx, subject).await?.as_ref(), now) {
                    return Ok(Err(Refusal::TooManyTries));
                }
                let outcome = if right {
                    store::staff::clear_failures(&mut tx, subject).await?;
                    store::staff::reauthenticate_session(&mut tx, &member.token_hash, now).await?;
                    Ok(())
                } else {
                    failed.write(&mut tx).await?;
                    count_failure(&mut tx, subject, now).await?;
                    Err(Refusal::Wrong)
                };
                tx.commit().await?;
                Ok::<_, store::Error>(outcome)
            })
            .await?;
        Ok(outcome)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn sign_out(&self, member: &Member) -> Result<()> {
        let entry = self.entry(Act::StaffSignedOut, Actor::Staff(member.id), None, json!({}), None)?;
        let entry = &entry;
        self.db
            .write(|mut tx| async move {
                if store::staff::end_session(&mut tx, &member.token_hash).await? {
                    entry.write(&mut tx).await?;
                }
                tx.commit().await
            })
            .await?;
        Ok(())
    }

    /// What the browser needs to unlock a member's keys.
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
            roster: self.roster().ok().map(|roster| roster.note().to_vec()),
            former_rosters: self.former_rosters(),
            checkpoint: checkpoint.map(|checkpoint| checkpoint.note),
        })
    }

    fn failure_subject(&self, what: &str, text: &str) -> Vec<u8> {
        pepper_hash(self.keys.pepper.key(), self.instance, what, text)
    }
}

/// One more failure; those of yesterday are forgotten first.
async fn count_failure(tx: &mut store::Tx, subject: &[u8], now: UnixSeconds) -> store::Result<()> {
    let old = store::staff::failures(tx, subject).await?;
    if old.is_some_and(|failed| now - failed.last_at >= FORGOTTEN) {
        store::staff::clear_failures(tx, subject).await?;
    }
    store::staff::add_failure(tx, subject, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<i64> = (0..12).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(wait_after(i64::MAX), LONGEST_WAIT);
        let failed = Failures {
            failures: 5,
            last_at: 1000,
        };
        assert!(must_wait(Some(&failed), 1029));
        assert!(!must_wait(Some(&failed), 1030));
        assert!(!must_wait(None, 0));
    }
}
