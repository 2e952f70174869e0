//! The queue of notices, and the addresses to which they go.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::{CaseId, QueuedId, StaffId};
use crate::domain::notice::{Digest, NoticeChannel, NoticeKind};
use crate::domain::role::StaffState;

/// Saves the sealed address for notices about a case. It replaces the former one.
pub async fn save_contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel, file: &[u8]) -> Result<()> {
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

/// Reads the sealed address.
pub async fn contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel) -> Result<Option<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT file FROM contact WHERE case_id = $1 AND channel = $2")
            .bind(case)
            .bind(channel)
            .fetch_optional(c)
            .await?
    }))
}

/// Lists the channels by which the reporter of a case gets notices.
pub async fn channels(tx: &mut Tx, case: CaseId) -> Result<Vec<NoticeChannel>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT channel FROM contact WHERE case_id = $1 ORDER BY channel").bind(case).fetch_all(c).await?
    }))
}

/// Deletes an address and its queued notices. Returns true if there was one.
pub async fn delete_contact(tx: &mut Tx, case: CaseId, channel: NoticeChannel) -> Result<bool> {
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

/// Deletes the addresses of closed cases that have no queued notices. Returns their number.
pub async fn delete_contacts_of_closed_cases(tx: &mut Tx) -> Result<u64> {
    Ok(execute!(
        tx,
        "DELETE FROM contact WHERE case_id IN (SELECT id FROM cases WHERE state = 'closed')
         AND NOT EXISTS (SELECT 1 FROM notice
                         WHERE notice.case_id = contact.case_id AND notice.channel = contact.channel)"
    ))
}

/// A queued notice.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Notice {
    pub id: QueuedId,
    pub what: NoticeKind,
    pub case_id: Option<CaseId>,
    pub staff_id: Option<StaffId>,
    pub attempts: i64,
    pub next_at: UnixSeconds,
}

/// Queues a notice for the reporter of a case, if they gave an address. One that is queued already is enough.
pub async fn notify_reporter(
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

/// Lists the due notices of a channel, longest due first.
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

/// Counts the queued notices.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT count(*) FROM notice").fetch_one(c).await?))
}

/// Counts a failed attempt. The next one is at `next_at`.
pub async fn postpone(tx: &mut Tx, id: QueuedId, next_at: UnixSeconds) -> Result<()> {
    execute!(
        tx,
        "UPDATE notice SET attempts = attempts + 1, next_at = $1 WHERE id = $2",
        next_at,
        id
    );
    Ok(())
}

/// Deletes a notice that was sent, or that never will be.
pub async fn delete(tx: &mut Tx, id: QueuedId) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE id = $1", id);
    Ok(())
}

/// Reads how often a member wants digests.
pub async fn digest_frequency(tx: &mut Tx, staff: StaffId) -> Result<Option<Digest>> {
    Ok(super::staff::by_id(tx, staff).await?.map(|staff| staff.digest))
}

/// Sets how often a member wants digests. The next one comes on a later day.
pub async fn set_digest_frequency(tx: &mut Tx, staff: StaffId, digest: Digest, today: Day) -> Result<()> {
    execute!(tx, "DELETE FROM notice WHERE staff_id = $1", staff);
    super::staff::change(tx, "set digest", staff, |staff| {
        staff.digest = digest;
        staff.digest_on = Some(today);
    })
    .await
}

/// A member who wants digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSubscriber {
    pub id: StaffId,
    pub digest: Digest,
    /// The day of the last digest, or of the choice.
    pub digest_on: Option<Day>,
}

/// Lists the active members who want digests.
pub async fn digest_subscribers(tx: &mut Tx) -> Result<Vec<DigestSubscriber>> {
    let staff = super::staff::list(tx).await?.into_iter();
    let wanting = staff.filter(|staff| staff.state == StaffState::Active && staff.digest != Digest::Never);
    let mut subscribers: Vec<_> = wanting
        .map(|staff| DigestSubscriber {
            id: staff.id,
            digest: staff.digest,
            digest_on: staff.digest_on,
        })
        .collect();
    subscribers.sort_by_key(|subscriber| subscriber.id);
    Ok(subscribers)
}

/// Claims a member's digest of a day. Returns false if another process has claimed it.
pub async fn claim_digest(tx: &mut Tx, staff: StaffId, today: Day) -> Result<bool> {
    let Some(mut staff) = super::staff::by_id(tx, staff).await? else {
        return Ok(false);
    };
    if staff.digest_on.is_some_and(|last| last >= today) {
        return Ok(false);
    }
    staff.digest_on = Some(today);
    super::staff::update(tx, &staff).await?;
    Ok(true)
}

/// Queues a digest for a member, unless one is queued already.
pub async fn notify_member(tx: &mut Tx, id: QueuedId, staff: StaffId, now: UnixSeconds) -> Result<()> {
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
