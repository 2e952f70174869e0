//! Rows in batches, each table in the order of its key: a verification holds them against the audit log.
//!
//! A batch begins after the last row of the one before. The first one begins after the nil UUID, which no row has.

use sqlx::FromRow;
use uuid::Uuid;

use super::cases::Case;
use super::checking::Checking;
use super::desk::{CaseEvent, Letter, Unseal};
use super::error::Result;
use super::log::Entry;
use super::records::Record;
use super::recusal::Recusal;
use super::rows::Stored;
use super::seals::Seal;
use super::tx::Tx;
use super::verifications::Verification;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, RequestState};
use crate::domain::facets::{KeyHolder, KeyName};
use crate::domain::ids::{AttachmentId, CaseId, RequestId, SealId, StaffId, ValidationId};
use crate::domain::state::ValidationState;

/// A case with the deadline that the inbox shows.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CaseRow {
    #[sqlx(flatten)]
    pub case: Case,
    pub due_by: Option<Day>,
}

/// A request of an area to validate an identity.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ValidationRow {
    pub id: ValidationId,
    pub case_id: CaseId,
    pub requested_by: StaffId,
    pub requested_at: UnixSeconds,
    pub letter: Vec<u8>,
    pub state: ValidationState,
}

/// A request of a reporter about their own data.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct IdentityRequestRow {
    pub id: RequestId,
    pub case_id: CaseId,
    pub kind: RequestKind,
    pub version: Option<i64>,
    pub state: RequestState,
    pub officer_id: Option<StaffId>,
    pub reason: Option<String>,
    pub decided_at: Option<UnixSeconds>,
}

/// A share with its seal.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ShareRow {
    pub seal_id: SealId,
    pub officer_id: StaffId,
    pub x: i64,
    pub file: Vec<u8>,
}

/// A file that belongs to a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptRow {
    pub id: AttachmentId,
    pub case_id: CaseId,
    pub position: i64,
    pub author: String,
    pub day: Day,
    pub at: Option<UnixSeconds>,
    pub body: Vec<u8>,
}

/// Lists entries that wait for their leaf, in the order in which they get it, after a place and an id.
pub async fn waiting(tx: &mut Tx, (written, id): (i64, Uuid), limit: i64) -> Result<Vec<Entry>> {
    let found = fetch_all!(
        Stored<Entry>,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at, mac
         FROM audit_entry WHERE leaf_index IS NULL AND (written > $1 OR (written = $1 AND id > $2))
         ORDER BY written, id LIMIT $3",
        written,
        id,
        limit
    );
    tx.all_authentic(found)
}

/// Returns the largest position of a stored tree hash.
pub async fn last_hash_position(tx: &mut Tx) -> Result<Option<i64>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT max(position) FROM audit_hash").fetch_one(c).await?))
}

pub async fn cases(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<CaseRow>> {
    Ok(fetch_all!(
        CaseRow,
        tx,
        "SELECT id, number, kind, category, province, establishment, channel, sealed_by, language, received_on,
                area, state, respond_by, resolve_by, responded_on, closed_on, verdict, unread_for_area, lookup_hash,
                reporter_recipient, reporter_verify_key, sort_key, due_by
         FROM cases WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

/// A key of a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CaseKeyRow {
    pub case_id: CaseId,
    pub name: KeyName,
    pub version: i64,
    pub holder: KeyHolder,
    pub recipient: String,
    pub file: Vec<u8>,
}

/// Lists the keys of the cases after `after` up to `last`.
pub async fn case_keys(tx: &mut Tx, after: Uuid, last: CaseId) -> Result<Vec<CaseKeyRow>> {
    Ok(fetch_all!(
        CaseKeyRow,
        tx,
        "SELECT case_id, name, version, holder, recipient, file FROM case_key
         WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id, name, version, holder",
        after,
        last
    ))
}

/// Finds a case after `after` that has a key.
pub async fn case_key_after(tx: &mut Tx, after: Uuid) -> Result<Option<CaseId>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT case_id FROM case_key WHERE case_id > $1 ORDER BY case_id LIMIT 1")
            .bind(after)
            .fetch_optional(c)
            .await?
    }))
}

pub async fn seals(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Seal>> {
    Ok(fetch_all!(
        Seal,
        tx,
        "SELECT id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half,
                covered_by, erased
         FROM seal WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

/// Lists the shares of the seals after `after` up to `last`.
pub async fn shares(tx: &mut Tx, after: Uuid, last: SealId) -> Result<Vec<ShareRow>> {
    Ok(fetch_all!(
        ShareRow,
        tx,
        "SELECT seal_id, officer_id, x, file FROM share WHERE seal_id > $1 AND seal_id <= $2 ORDER BY seal_id, x",
        after,
        last
    ))
}

/// Finds a seal after `after` that has a share.
pub async fn share_after(tx: &mut Tx, after: Uuid) -> Result<Option<SealId>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT seal_id FROM share WHERE seal_id > $1 ORDER BY seal_id LIMIT 1")
            .bind(after)
            .fetch_optional(c)
            .await?
    }))
}

pub async fn unseals(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Unseal>> {
    Ok(fetch_all!(
        Unseal,
        tx,
        "SELECT id, case_id, seal_id, officer_id, class, request, request_hash, signature, witness_letter,
                entry_id, requested_at, state, verdict, checks, decided_at
         FROM unseal WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

/// Lists letters after an id and an addressee.
pub async fn letters(tx: &mut Tx, (id, to): (Uuid, Uuid), limit: i64) -> Result<Vec<Letter>> {
    Ok(fetch_all!(
        Letter,
        tx,
        "SELECT id, case_id, kind, to_staff, entry_id, file
         FROM letter WHERE id > $1 OR (id = $1 AND to_staff > $2) ORDER BY id, to_staff LIMIT $3",
        id,
        to,
        limit
    ))
}

pub async fn checks(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Checking>> {
    Ok(fetch_all!(
        Checking,
        tx,
        "SELECT id, case_id, unseal_id, officer_id, what, outcome, made_at, noted_at, note
         FROM checking WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn validations(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<ValidationRow>> {
    Ok(fetch_all!(
        ValidationRow,
        tx,
        "SELECT id, case_id, requested_by, requested_at, letter, state
         FROM validation_request WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn identity_requests(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<IdentityRequestRow>> {
    Ok(fetch_all!(
        IdentityRequestRow,
        tx,
        "SELECT id, case_id, kind, version, state, officer_id, reason, decided_at
         FROM identity_request WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn events(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<CaseEvent>> {
    Ok(fetch_all!(
        CaseEvent,
        tx,
        "SELECT id, case_id, at, staff_id, what, old_value, new_value, record_id
         FROM case_event WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn recusals(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Recusal>> {
    Ok(fetch_all!(
        Recusal,
        tx,
        "SELECT id, case_id, staff_id, area, letter, entry_id, at
         FROM recusal WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn records(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Record>> {
    Ok(fetch_all!(
        Record,
        tx,
        "SELECT id, case_id, position, kind, author, day, at, body
         FROM record WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

/// Lists the files of cases.
pub async fn attachments(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<KeptRow>> {
    Ok(fetch_all!(
        KeptRow,
        tx,
        "SELECT id, case_id, position, author, day, at, body
         FROM attachment WHERE state = 'kept' AND id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}

pub async fn verifications(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<Verification>> {
    Ok(fetch_all!(
        Verification,
        tx,
        "SELECT id, asked_by, started_at, alive_until, finished_at, tree_size, checked, outcome, witnessed,
                bad_entry, bad_row, what
         FROM log_verification WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    ))
}
