//! Staff: members and their sealed key blobs, sessions, failed sign-ins.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::rows::{Granting, Stored};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::StaffId;
use crate::domain::notice::Digest;
use crate::domain::role::{Role, StaffState};
use crate::domain::row::Column;

/// A member of staff.
///
/// The role is what the next roster is proposed from. What a member may do is in the newest roster.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Staff {
    pub id: StaffId,
    /// Normalized: trimmed, lower case, NFC.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: String,
    pub state: StaffState,
    /// HMAC of the login secret under the pepper, for this member and version.
    pub login_check: Vec<u8>,
    /// Grows with each password.
    pub login_version: i64,
    /// The key blob, sealed again under the pepper.
    pub sealed_blob: Vec<u8>,
    pub recipient: String,
    pub verify_key: Vec<u8>,
    pub created_at: UnixSeconds,
    /// Frequency of the summaries by e-mail.
    pub digest: Digest,
    /// The day of the last summary, or of the choice.
    pub digest_on: Option<Day>,
    /// The day of the last sign-in.
    pub signed_in_on: Option<Day>,
}

impl Granting for Staff {
    const TABLE: &'static str = "staff";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            id,
            email,
            name,
            role,
            language,
            state,
            login_check,
            login_version,
            sealed_blob,
            recipient,
            verify_key,
            created_at,
            digest,
            digest_on,
            signed_in_on,
        } = self;
        vec![
            id.as_bytes().as_slice().into(),
            email.into(),
            name.into(),
            role.as_str().into(),
            language.into(),
            state.as_str().into(),
            login_check.into(),
            (*login_version).into(),
            sealed_blob.into(),
            recipient.into(),
            verify_key.into(),
            (*created_at).into(),
            digest.as_str().into(),
            (*digest_on).into(),
            (*signed_in_on).into(),
        ]
    }
}

pub async fn insert(tx: &mut Tx, new: &Staff) -> Result<()> {
    let mac = tx.mac(new)?;
    let rows = execute!(
        tx,
        "INSERT INTO staff (id, email, name, role, language, state, login_check, login_version, sealed_blob, recipient,
                            verify_key, created_at, digest, digest_on, signed_in_on, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        new.id,
        new.email.as_str(),
        new.name.as_str(),
        new.role,
        new.language.as_str(),
        new.state,
        new.login_check.as_slice(),
        new.login_version,
        new.sealed_blob.as_slice(),
        new.recipient.as_str(),
        new.verify_key.as_slice(),
        new.created_at,
        new.digest,
        new.digest_on,
        new.signed_in_on,
        mac,
    );
    expect_rows("insert staff", 1, rows)
}

/// Changes a member's row. The caller has read it in the same transaction.
pub(super) async fn update(tx: &mut Tx, changed: &Staff) -> Result<()> {
    let mac = tx.mac(changed)?;
    let rows = execute!(
        tx,
        "UPDATE staff SET email = $1, name = $2, role = $3, language = $4, state = $5, login_check = $6,
                login_version = $7, sealed_blob = $8, recipient = $9, verify_key = $10, created_at = $11, digest = $12,
                digest_on = $13, signed_in_on = $14, mac = $15
         WHERE id = $16",
        changed.email.as_str(),
        changed.name.as_str(),
        changed.role,
        changed.language.as_str(),
        changed.state,
        changed.login_check.as_slice(),
        changed.login_version,
        changed.sealed_blob.as_slice(),
        changed.recipient.as_str(),
        changed.verify_key.as_slice(),
        changed.created_at,
        changed.digest,
        changed.digest_on,
        changed.signed_in_on,
        mac,
        changed.id,
    );
    expect_rows("update staff", 1, rows)
}

pub async fn by_id(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>> {
    let found = fetch_optional!(
        Stored<Staff>,
        tx,
        "SELECT id, email, name, role, language, state, login_check, login_version, sealed_blob, recipient, verify_key,
                created_at, digest, digest_on, signed_in_on, mac
         FROM staff WHERE id = $1",
        id
    );
    tx.found(found)
}

/// Finds a member by the normalized e-mail.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Staff>> {
    let found = fetch_optional!(
        Stored<Staff>,
        tx,
        "SELECT id, email, name, role, language, state, login_check, login_version, sealed_blob, recipient, verify_key,
                created_at, digest, digest_on, signed_in_on, mac
         FROM staff WHERE email = $1",
        email
    );
    tx.found(found)
}

/// Lists all members, including those who left, by e-mail.
pub async fn list(tx: &mut Tx) -> Result<Vec<Staff>> {
    let found = stored(tx).await?;
    tx.all_authentic(found)
}

/// Counts the members whose rows count as absent.
pub(super) async fn count_refused(tx: &mut Tx) -> Result<usize> {
    let found = stored(tx).await?;
    Ok(tx.refused(found)?.len())
}

async fn stored(tx: &mut Tx) -> Result<Vec<Stored<Staff>>> {
    Ok(fetch_all!(
        Stored<Staff>,
        tx,
        "SELECT id, email, name, role, language, state, login_check, login_version, sealed_blob, recipient, verify_key,
                created_at, digest, digest_on, signed_in_on, mac
         FROM staff ORDER BY email"
    ))
}

/// Sets a new password: a new login check of the next version, and the same keys under a new wrap.
pub async fn set_password(
    tx: &mut Tx,
    id: StaffId,
    (login_check, login_version): (&[u8], i64),
    sealed_blob: &[u8],
) -> Result<()> {
    change(tx, "set password", id, |staff| {
        staff.login_check = login_check.to_vec();
        staff.login_version = login_version;
        staff.sealed_blob = sealed_blob.to_vec();
    })
    .await
}

pub async fn set_language(tx: &mut Tx, id: StaffId, language: &str) -> Result<()> {
    change(tx, "set language", id, |staff| language.clone_into(&mut staff.language)).await
}

/// Stores the day of a sign-in.
pub async fn set_signed_in(tx: &mut Tx, id: StaffId, today: Day) -> Result<()> {
    change(tx, "set signed in", id, |staff| staff.signed_in_on = Some(today)).await
}

/// Changes a member's row as `how` says.
pub(super) async fn change(tx: &mut Tx, what: &'static str, id: StaffId, how: impl FnOnce(&mut Staff)) -> Result<()> {
    let Some(mut staff) = by_id(tx, id).await? else {
        return expect_rows(what, 1, 0);
    };
    how(&mut staff);
    update(tx, &staff).await
}

/// Marks a member as left, so that they cannot sign in any more.
///
/// Deletes their sessions, waiting notices and drafts, and frees their e-mail address.
pub async fn leave(tx: &mut Tx, id: StaffId) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE staff_id = $1", id);
    execute!(tx, "DELETE FROM staff_draft WHERE staff_id = $1", id);
    execute!(tx, "DELETE FROM staff_session WHERE staff_id = $1", id);
    let staff = by_id(tx, id).await?;
    let Some(mut staff) = staff.filter(|staff| staff.state == StaffState::Active) else {
        return expect_rows("staff leaves", 1, 0);
    };
    staff.state = StaffState::Left;
    // Not an address, and unique.
    staff.email = format!("left:{id}");
    update(tx, &staff).await
}

/// A signed-in session; the cookie holds the token, the row its hash.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Session {
    pub token_hash: Vec<u8>,
    pub staff_id: StaffId,
    pub created_at: UnixSeconds,
    pub seen_at: UnixSeconds,
    pub reauthenticated_at: UnixSeconds,
}

impl Granting for Session {
    const TABLE: &'static str = "staff_session";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            token_hash,
            staff_id,
            created_at,
            seen_at,
            reauthenticated_at,
        } = self;
        vec![
            token_hash.into(),
            staff_id.as_bytes().as_slice().into(),
            (*created_at).into(),
            (*seen_at).into(),
            (*reauthenticated_at).into(),
        ]
    }
}

pub async fn insert_session(tx: &mut Tx, new: &Session) -> Result<()> {
    let mac = tx.mac(new)?;
    let rows = execute!(
        tx,
        "INSERT INTO staff_session (token_hash, staff_id, created_at, seen_at, reauthenticated_at, mac)
         VALUES ($1, $2, $3, $4, $5, $6)",
        new.token_hash.as_slice(),
        new.staff_id,
        new.created_at,
        new.seen_at,
        new.reauthenticated_at,
        mac,
    );
    expect_rows("insert session", 1, rows)
}

/// Finds a session. The caller checks how long it has been idle, and that its member is still active.
pub async fn session(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Session>> {
    let found = fetch_optional!(
        Stored<Session>,
        tx,
        "SELECT token_hash, staff_id, created_at, seen_at, reauthenticated_at, mac
         FROM staff_session WHERE token_hash = $1",
        token_hash
    );
    tx.found(found)
}

/// Counts the sessions whose rows count as absent.
pub(super) async fn count_refused_sessions(tx: &mut Tx) -> Result<usize> {
    let found = fetch_all!(
        Stored<Session>,
        tx,
        "SELECT token_hash, staff_id, created_at, seen_at, reauthenticated_at, mac FROM staff_session"
    );
    Ok(tx.refused(found)?.len())
}

pub async fn touch_session(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<()> {
    let Some(mut session) = session(tx, token_hash).await? else {
        return expect_rows("touch session", 1, 0);
    };
    session.seen_at = now;
    update_session(tx, &session).await
}

pub async fn reauthenticate_session(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<()> {
    let Some(mut session) = session(tx, token_hash).await? else {
        return expect_rows("reauthenticate session", 1, 0);
    };
    session.reauthenticated_at = now;
    session.seen_at = now;
    update_session(tx, &session).await
}

async fn update_session(tx: &mut Tx, changed: &Session) -> Result<()> {
    let mac = tx.mac(changed)?;
    let rows = execute!(
        tx,
        "UPDATE staff_session SET staff_id = $1, created_at = $2, seen_at = $3, reauthenticated_at = $4, mac = $5
         WHERE token_hash = $6",
        changed.staff_id,
        changed.created_at,
        changed.seen_at,
        changed.reauthenticated_at,
        mac,
        changed.token_hash.as_slice(),
    );
    expect_rows("update session", 1, rows)
}

/// Ends a session. Returns false if there was none.
pub async fn end_session(tx: &mut Tx, token_hash: &[u8]) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM staff_session WHERE token_hash = $1", token_hash) > 0)
}

/// Deletes sessions not seen since `seen_before` or older than `created_before`. Returns their number.
pub async fn sweep_sessions(tx: &mut Tx, seen_before: UnixSeconds, created_before: UnixSeconds) -> Result<u64> {
    Ok(execute!(
        tx,
        "DELETE FROM staff_session WHERE seen_at < $1 OR created_at < $2",
        seen_before,
        created_before,
    ))
}

/// Failed sign-ins of one subject, a keyed hash of the normalized e-mail.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Failures {
    pub failures: i64,
    pub last_at: UnixSeconds,
}

pub async fn failures(tx: &mut Tx, subject: &[u8]) -> Result<Option<Failures>> {
    Ok(fetch_optional!(
        Failures,
        tx,
        "SELECT failures, last_at FROM sign_in_failure WHERE subject = $1",
        subject
    ))
}

/// Counts one more failure.
pub async fn add_failure(tx: &mut Tx, subject: &[u8], now: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO sign_in_failure (subject, failures, last_at) VALUES ($1, 1, $2)
         ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failure.failures + 1, last_at = excluded.last_at",
        subject,
        now,
    );
    expect_rows("add failure", 1, rows)
}

/// Deletes a subject's failures, after a successful sign-in.
pub async fn clear_failures(tx: &mut Tx, subject: &[u8]) -> Result<()> {
    execute!(tx, "DELETE FROM sign_in_failure WHERE subject = $1", subject);
    Ok(())
}

/// Deletes failures older than `before`. Returns their number.
pub async fn sweep_failures(tx: &mut Tx, before: UnixSeconds) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM sign_in_failure WHERE last_at < $1", before))
}
