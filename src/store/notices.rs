//! Notices that wait to be sent, and the addresses that people gave for them.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::{CaseId, QueuedId, StaffId};
use crate::domain::notice::{Digest, NoticeChannel, NoticeKind};

/// Where somebody wants to be told; instead of what they gave before.
pub async fn put_contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel, file: &[u8]) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO contact (case_id, channel, file) VALUES ($1, $2, $3)
         ON CONFLICT (case_id, channel) DO UPDATE SET file = excluded.file",
        case,
        channel,
        file,
    );
    expect_rows("put contact", 1, rows)
}

/// The sealed address.
pub async fn contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel) -> Result<Option<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT file FROM contact WHERE case_id = $1 AND channel = $2")
            .bind(case)
            .bind(channel)
            .fetch_optional(c)
            .await?
    }))
}

/// By which ways the case's reporter is told.
pub async fn channels(tx: &mut Tx, case: CaseId) -> Result<Vec<NoticeChannel>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT channel FROM contact WHERE case_id = $1 ORDER BY channel").bind(case).fetch_all(c).await?
    }))
}

/// Takes an address back, with what waits to be sent to it; whether there was one.
pub async fn forget_contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel) -> Result<bool> {
    execute!(
        tx,
        "DELETE FROM notice WHERE case_id = $1 AND channel = $2",
        case,
        channel
    );
    let rows = execute!(
        tx,
        "DELETE FROM contact WHERE case_id = $1 AND channel = $2",
        case,
        channel
    );
    Ok(rows == 1)
}

/// Takes back the addresses of closed cases once nothing waits to be sent to them; returns how many went.
pub async fn forget_contacts_of_closed(tx: &mut Tx) -> Result<u64> {
    Ok(execute!(
        tx,
        "DELETE FROM contact WHERE case_id IN (SELECT id FROM cases WHERE state = 'closed')
         AND NOT EXISTS (SELECT 1 FROM notice
                         WHERE notice.case_id = contact.case_id AND notice.channel = contact.channel)"
    ))
}

/// A notice that waits.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Notice {
    pub id: QueuedId,
    pub what: NoticeKind,
    pub case_id: Option<CaseId>,
    pub staff_id: Option<StaffId>,
    pub attempts: i64,
    pub next_at: UnixSeconds,
}

/// Something for a case's reporter, by every way that they gave; one that waits already says it too.
pub async fn tell_reporter(
    tx: &mut Tx,
    (id, channel): (QueuedId, NoticeChannel),
    what: NoticeKind,
    case: CaseId,
    now: UnixSeconds,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO notice (id, channel, what, case_id, attempts, next_at)
         SELECT $1, channel, $2, case_id, 0, $3 FROM contact WHERE case_id = $4 AND channel = $5
         ON CONFLICT DO NOTHING",
        id,
        what,
        now,
        case,
        channel,
    );
    Ok(())
}

/// The notices of a channel whose time has come, longest due first.
pub async fn due(tx: &mut Tx, channel: NoticeChannel, now: UnixSeconds, limit: i64) -> Result<Vec<Notice>> {
    Ok(fetch_all!(
        Notice,
        tx,
        "SELECT id, what, case_id, staff_id, attempts, next_at FROM notice
         WHERE channel = $1 AND next_at <= $2 ORDER BY next_at, id LIMIT $3",
        channel,
        now,
        limit
    ))
}

/// How many notices wait to be sent.
pub async fn waiting(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM notice").fetch_one(c).await?))
}

/// One that could not be sent now.
pub async fn put_off(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "UPDATE notice SET attempts = attempts + 1, next_at = $1 WHERE id = $2",
        next_at,
        id
    );
    Ok(())
}

/// One that was sent, or never can be.
pub async fn forget(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE id = $1", id);
    Ok(())
}

/// How often a member wants a summary.
pub async fn digest_of(tx: &mut Tx, staff: StaffId) -> Result<Option<Digest>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT digest FROM staff WHERE id = $1").bind(staff).fetch_optional(c).await?
    }))
}

/// How often a member wants a summary from now on; the next one comes on a later day.
pub async fn set_digest(tx: &mut Tx, staff: StaffId, digest: Digest, today: Day) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE staff_id = $1", staff);
    let rows = execute!(
        tx,
        "UPDATE staff SET digest = $1, digest_on = $2 WHERE id = $3",
        digest,
        today,
        staff
    );
    expect_rows("set digest", 1, rows)
}

/// A member who wants summaries.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Wish {
    pub id: StaffId,
    pub digest: Digest,
    /// The day of the last one, or of the wish.
    pub digest_on: Option<Day>,
}

/// Every member who works here and wants summaries.
pub async fn wishes(tx: &mut Tx) -> Result<Vec<Wish>> {
    Ok(fetch_all!(
        Wish,
        tx,
        "SELECT id, digest, digest_on FROM staff WHERE state = 'active' AND digest <> 'never' ORDER BY id"
    ))
}

/// Takes a member's turn on a day; false when another process has taken it.
pub async fn take_turn(tx: &mut Tx, staff: StaffId, today: Day) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE staff SET digest_on = $1 WHERE id = $2 AND (digest_on IS NULL OR digest_on < $1)",
        today,
        staff
    );
    Ok(rows == 1)
}

/// A summary for a member, unless one waits already.
pub async fn tell_member(tx: &mut Tx, id: QueuedId, staff: StaffId, now: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO notice (id, channel, what, staff_id, attempts, next_at) VALUES ($1, $2, $3, $4, 0, $5)
         ON CONFLICT DO NOTHING",
        id,
        NoticeChannel::Email,
        NoticeKind::Digest,
        staff,
        now,
    );
    Ok(())
}
