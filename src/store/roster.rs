//! Rosters as signed notes, and the areas' keys with their members.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;

/// A published roster. The note holds the signed text; the store does not read it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Roster {
    pub version: i64,
    pub hash: Vec<u8>,
    pub note: Vec<u8>,
    pub published_at: UnixSeconds,
}

pub async fn publish(tx: &mut Tx, new: &Roster) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO roster (version, hash, note, published_at) VALUES ($1, $2, $3, $4)",
        new.version,
        new.hash.as_slice(),
        new.note.as_slice(),
        new.published_at,
    );
    expect_rows("publish roster", 1, rows)
}

pub async fn latest(tx: &mut Tx) -> Result<Option<Roster>> {
    Ok(fetch_optional!(
        Roster,
        tx,
        "SELECT version, hash, note, published_at FROM roster ORDER BY version DESC LIMIT 1"
    ))
}

/// Returns the version of the newest roster.
pub async fn newest_version(tx: &mut Tx) -> Result<Option<i64>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT max(version) FROM roster").fetch_one(c).await?))
}

pub async fn by_version(tx: &mut Tx, version: i64) -> Result<Option<Roster>> {
    Ok(fetch_optional!(
        Roster,
        tx,
        "SELECT version, hash, note, published_at FROM roster WHERE version = $1",
        version
    ))
}

pub async fn by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<Roster>> {
    Ok(fetch_optional!(
        Roster,
        tx,
        "SELECT version, hash, note, published_at FROM roster WHERE hash = $1",
        hash
    ))
}

/// Lists all rosters, oldest first.
pub async fn history(tx: &mut Tx) -> Result<Vec<Roster>> {
    Ok(fetch_all!(
        Roster,
        tx,
        "SELECT version, hash, note, published_at FROM roster ORDER BY version"
    ))
}

/// One version of an area's key.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct AreaKey {
    pub area: String,
    pub version: i64,
    pub recipient: String,
    /// A second recipient of everything for the area, kept offline.
    pub reserve: Option<String>,
    /// The member who made the key.
    pub maker: StaffId,
    pub maker_key: Vec<u8>,
    /// The maker's signature of area, version, recipient and reserve.
    pub signature: Vec<u8>,
    pub created_at: UnixSeconds,
}

/// An area's identity, wrapped to one member.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct AreaMember {
    pub area: String,
    pub version: i64,
    pub staff_id: StaffId,
    /// An age file to the member.
    pub wrapped: Vec<u8>,
    /// The member who wrapped it.
    pub wrapper: StaffId,
    /// The wrapper's signature.
    pub signature: Vec<u8>,
}

/// Inserts a new version of an area's key, with its members.
pub async fn insert_area_key(tx: &mut Tx, key: &AreaKey, members: &[AreaMember]) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO area_key (area, version, recipient, reserve, maker, maker_key, signature, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.area.as_str(),
        key.version,
        key.recipient.as_str(),
        key.reserve.as_deref(),
        key.maker,
        key.maker_key.as_slice(),
        key.signature.as_slice(),
        key.created_at,
    );
    expect_rows("insert area key", 1, rows)?;
    for member in members {
        put_area_member(tx, member).await?;
    }
    Ok(())
}

/// Stores an area's identity wrapped to a member, or replaces it.
pub async fn put_area_member(tx: &mut Tx, member: &AreaMember) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO area_member (area, version, staff_id, wrapped, wrapper, signature) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (area, version, staff_id)
         DO UPDATE SET wrapped = excluded.wrapped, wrapper = excluded.wrapper, signature = excluded.signature",
        member.area.as_str(),
        member.version,
        member.staff_id,
        member.wrapped.as_slice(),
        member.wrapper,
        member.signature.as_slice(),
    );
    expect_rows("put area member", 1, rows)
}

/// Lists all keys of all areas, newest version first.
pub async fn area_keys(tx: &mut Tx) -> Result<Vec<AreaKey>> {
    Ok(fetch_all!(
        AreaKey,
        tx,
        "SELECT area, version, recipient, reserve, maker, maker_key, signature, created_at
         FROM area_key ORDER BY area, version DESC"
    ))
}

pub async fn latest_area_key(tx: &mut Tx, area: &str) -> Result<Option<AreaKey>> {
    Ok(fetch_optional!(
        AreaKey,
        tx,
        "SELECT area, version, recipient, reserve, maker, maker_key, signature, created_at
         FROM area_key WHERE area = $1 ORDER BY version DESC LIMIT 1",
        area
    ))
}

/// Lists the area keys wrapped to one member, newest version first: the areas whose cases they open.
pub async fn memberships(tx: &mut Tx, staff: StaffId) -> Result<Vec<AreaMember>> {
    Ok(fetch_all!(
        AreaMember,
        tx,
        "SELECT area, version, staff_id, wrapped, wrapper, signature
         FROM area_member WHERE staff_id = $1 ORDER BY area, version DESC",
        staff
    ))
}

/// Lists the members who hold one version of an area's key.
pub async fn members(tx: &mut Tx, area: &str, version: i64) -> Result<Vec<AreaMember>> {
    Ok(fetch_all!(
        AreaMember,
        tx,
        "SELECT area, version, staff_id, wrapped, wrapper, signature
         FROM area_member WHERE area = $1 AND version = $2 ORDER BY staff_id",
        area,
        version
    ))
}

/// Deletes everything wrapped to a member who left. Returns the number of rows.
pub async fn remove_member(tx: &mut Tx, staff: StaffId) -> Result<u64> {
    Ok(execute!(tx, "DELETE FROM area_member WHERE staff_id = $1", staff))
}
