//! Staff: members and their sealed key blobs, sessions, failed sign-ins.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::StaffId;
use crate::domain::role::{Role, StaffState};

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Staff {
    pub id: StaffId,
    /// Normalized: trimmed, lower case, NFC.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: String,
    pub state: StaffState,
    /// HMAC of the login secret under the pepper.
    pub login_check: Vec<u8>,
    /// The key blob, sealed again under the pepper.
    pub sealed_blob: Vec<u8>,
    pub recipient: String,
    pub verify_key: Vec<u8>,
    pub created_at: UnixSeconds,
}

pub async fn insert(tx: &mut Tx, new: &Staff) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO staff (id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key,
                            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.id,
        new.email.as_str(),
        new.name.as_str(),
        new.role,
        new.language.as_str(),
        new.state,
        new.login_check.as_slice(),
        new.sealed_blob.as_slice(),
        new.recipient.as_str(),
        new.verify_key.as_slice(),
        new.created_at,
    );
    expect_rows("insert staff", 1, rows)
}

pub async fn by_id(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>> {
    Ok(fetch_optional!(
        Staff,
        tx,
        "SELECT id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key,
                created_at
         FROM staff WHERE id = $1",
        id
    ))
}

/// Finds a member by the normalized e-mail.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Staff>> {
    Ok(fetch_optional!(
        Staff,
        tx,
        "SELECT id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key,
                created_at
         FROM staff WHERE email = $1",
        email
    ))
}

/// Lists all members, including those who left, by e-mail.
pub async fn list(tx: &mut Tx) -> Result<Vec<Staff>> {
    Ok(fetch_all!(
        Staff,
        tx,
        "SELECT id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key,
                created_at
         FROM staff ORDER BY email"
    ))
}

/// Sets a new password: a new login check, and the same keys under a new wrap.
pub async fn set_password(tx: &mut Tx, id: StaffId, login_check: &[u8], sealed_blob: &[u8]) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE staff SET login_check = $1, sealed_blob = $2 WHERE id = $3",
        login_check,
        sealed_blob,
        id,
    );
    expect_rows("set password", 1, rows)
}

pub async fn set_language(tx: &mut Tx, id: StaffId, language: &str) -> Result<()> {
    expect_rows(
        "set language",
        1,
        execute!(tx, "UPDATE staff SET language = $1 WHERE id = $2", language, id),
    )
}

/// Stores the day of a sign-in.
pub async fn set_signed_in(tx: &mut Tx, id: StaffId, today: Day) -> Result<()> {
    expect_rows(
        "set signed in",
        1,
        execute!(tx, "UPDATE staff SET signed_in_on = $1 WHERE id = $2", today, id),
    )
}

/// Lists the day of the last sign-in of each member who ever signed in.
pub async fn sign_in_days(tx: &mut Tx) -> Result<Vec<(StaffId, Day)>> {
    Ok(fetch_all!(
        (StaffId, Day),
        tx,
        "SELECT id, signed_in_on FROM staff WHERE signed_in_on IS NOT NULL"
    ))
}

/// Marks a member as left, so that they cannot sign in any more.
///
/// Deletes their sessions, waiting notices and drafts, and frees their e-mail address.
pub async fn leave(tx: &mut Tx, id: StaffId) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE staff_id = $1", id);
    execute!(tx, "DELETE FROM staff_draft WHERE staff_id = $1", id);
    execute!(tx, "DELETE FROM staff_session WHERE staff_id = $1", id);
    // Not an address, and unique.
    let nobody = format!("left:{id}");
    let rows = execute!(
        tx,
        "UPDATE staff SET state = 'left', email = $1 WHERE id = $2 AND state = 'active'",
        nobody.as_str(),
        id
    );
    expect_rows("staff leaves", 1, rows)
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

pub async fn insert_session(tx: &mut Tx, new: &Session) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO staff_session (token_hash, staff_id, created_at, seen_at, reauthenticated_at)
         VALUES ($1, $2, $3, $4, $5)",
        new.token_hash.as_slice(),
        new.staff_id,
        new.created_at,
        new.seen_at,
        new.reauthenticated_at,
    );
    expect_rows("insert session", 1, rows)
}

/// Finds a session of a member who is still active. The caller checks how long it has been idle.
pub async fn session(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Session>> {
    Ok(fetch_optional!(
        Session,
        tx,
        "SELECT s.token_hash, s.staff_id, s.created_at, s.seen_at, s.reauthenticated_at
         FROM staff_session s JOIN staff m ON m.id = s.staff_id
         WHERE s.token_hash = $1 AND m.state = 'active'",
        token_hash
    ))
}

pub async fn touch_session(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE staff_session SET seen_at = $1 WHERE token_hash = $2",
        now,
        token_hash
    );
    expect_rows("touch session", 1, rows)
}

pub async fn reauthenticate_session(tx: &mut Tx, token_hash: &[u8], now: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE staff_session SET reauthenticated_at = $1, seen_at = $1 WHERE token_hash = $2",
        now,
        token_hash,
    );
    expect_rows("reauthenticate session", 1, rows)
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
