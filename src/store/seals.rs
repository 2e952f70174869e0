//! Identity seals and the officers' shares. This module cannot read the personal data in them.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::day::Day;
use crate::domain::ids::{CaseId, EntryId, SealId, StaffId};

/// A seal to insert, with all its shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSeal {
    pub id: SealId,
    pub version: i64,
    pub manifest: Vec<u8>,
    pub manifest_hash: Vec<u8>,
    pub manifest_signature: Vec<u8>,
    /// The identity record's body.
    pub record: Vec<u8>,
    pub witness_half: Vec<u8>,
    pub shares: Vec<NewShare>,
}

/// One officer's share, an age file.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NewShare {
    pub officer_id: StaffId,
    /// 1..=255
    pub x: i64,
    pub file: Vec<u8>,
}

/// A seal without its shares.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Seal {
    pub id: SealId,
    pub case_id: CaseId,
    pub version: i64,
    pub manifest: Vec<u8>,
    pub manifest_hash: Vec<u8>,
    pub manifest_signature: Vec<u8>,
    pub record: Vec<u8>,
    pub witness_half: Vec<u8>,
    /// The audit entry that covers the manifest; None until there is one.
    pub covered_by: Option<EntryId>,
    /// True when only the manifest and its signature are left.
    pub erased: bool,
}

/// The data that the audit log needs to cover a seal.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Uncovered {
    pub id: SealId,
    pub case_id: CaseId,
    pub manifest_hash: Vec<u8>,
    pub reporter_verify_key: Vec<u8>,
}

/// Inserts a seal and its shares.
pub async fn insert(tx: &mut Tx, case: CaseId, new: &NewSeal) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO seal (id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        case,
        new.version,
        new.manifest.as_slice(),
        new.manifest_hash.as_slice(),
        new.manifest_signature.as_slice(),
        new.record.as_slice(),
        new.witness_half.as_slice(),
    );
    expect_rows("insert seal", 1, rows)?;
    for share in &new.shares {
        let rows = execute!(
            tx,
            "INSERT INTO share (seal_id, officer_id, x, file) VALUES ($1, $2, $3, $4)",
            new.id,
            share.officer_id,
            share.x,
            share.file.as_slice(),
        );
        expect_rows("insert share", 1, rows)?;
    }
    Ok(())
}

/// Lists at most `limit` seals that the log does not cover yet, in the order of their manifests' hashes.
///
/// The order is random and the same for everybody, and tells nothing of arrival.
pub async fn uncovered(tx: &mut Tx, limit: i64) -> Result<Vec<Uncovered>> {
    Ok(fetch_all!(
        Uncovered,
        tx,
        "SELECT s.id, s.case_id, s.manifest_hash, c.reporter_verify_key
         FROM seal s JOIN cases c ON c.id = s.case_id
         WHERE s.covered_by IS NULL ORDER BY s.manifest_hash LIMIT $1",
        limit
    ))
}

/// Lists the uncovered seals of one case, which are covered before staff first open it.
pub async fn uncovered_of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Uncovered>> {
    Ok(fetch_all!(
        Uncovered,
        tx,
        "SELECT s.id, s.case_id, s.manifest_hash, c.reporter_verify_key
         FROM seal s JOIN cases c ON c.id = s.case_id
         WHERE s.covered_by IS NULL AND s.case_id = $1 ORDER BY s.manifest_hash",
        case
    ))
}

/// Stores the entry that covers `seals`; it is an error if one of them was covered or erased meanwhile.
pub async fn mark_covered(tx: &mut Tx, seals: &[SealId], entry: EntryId) -> Result<()> {
    for seal in seals {
        let rows = execute!(
            tx,
            "UPDATE seal SET covered_by = $1 WHERE id = $2 AND covered_by IS NULL",
            entry,
            *seal
        );
        expect_rows("mark seal covered", 1, rows)?;
    }
    Ok(())
}

/// Finds the newest version of a case's seal, unless the identity is erased.
pub async fn latest(tx: &mut Tx, case: CaseId) -> Result<Option<Seal>> {
    Ok(latest_ever(tx, case).await?.filter(|seal| !seal.erased))
}

/// Finds the newest version of a case's seal, also when only its manifest is left.
pub async fn latest_ever(tx: &mut Tx, case: CaseId) -> Result<Option<Seal>> {
    Ok(fetch_optional!(
        Seal,
        tx,
        "SELECT id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half,
                covered_by, erased
         FROM seal WHERE case_id = $1 ORDER BY version DESC LIMIT 1",
        case
    ))
}

/// Lists the manifest of each seal with the verify key of the case's reporter.
pub async fn reporters(tx: &mut Tx) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    Ok(fetch_all!(
        (Vec<u8>, Vec<u8>),
        tx,
        "SELECT s.manifest, c.reporter_verify_key FROM seal s JOIN cases c ON c.id = s.case_id"
    ))
}

pub async fn by_id(tx: &mut Tx, id: SealId) -> Result<Option<Seal>> {
    Ok(fetch_optional!(
        Seal,
        tx,
        "SELECT id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half,
                covered_by, erased
         FROM seal WHERE id = $1",
        id
    ))
}

pub async fn by_manifest_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<Seal>> {
    Ok(fetch_optional!(
        Seal,
        tx,
        "SELECT id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half,
                covered_by, erased
         FROM seal WHERE manifest_hash = $1",
        hash
    ))
}

/// Lists the versions of a case's seal, oldest first.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Seal>> {
    Ok(fetch_all!(
        Seal,
        tx,
        "SELECT id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half,
                covered_by, erased
         FROM seal WHERE case_id = $1 ORDER BY version",
        case
    ))
}

/// Finds one officer's share of a seal.
pub async fn share(tx: &mut Tx, seal: SealId, officer: StaffId) -> Result<Option<NewShare>> {
    Ok(fetch_optional!(
        NewShare,
        tx,
        "SELECT officer_id, x, file FROM share WHERE seal_id = $1 AND officer_id = $2",
        seal,
        officer
    ))
}

/// Lists the hashes of all manifests of a case, oldest first.
pub async fn manifests_of(tx: &mut Tx, case: CaseId) -> Result<Vec<Vec<u8>>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT manifest_hash FROM seal WHERE case_id = $1 ORDER BY version")
            .bind(case)
            .fetch_all(c)
            .await?
    }))
}

/// Lists cases with a seal that were closed on `last_day` or before: the identity's retention is over.
pub async fn of_closed_until(tx: &mut Tx, last_day: Day, limit: i64) -> Result<Vec<CaseId>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar(
            "SELECT id FROM cases WHERE state = 'closed' AND closed_on <= $1
             AND EXISTS (SELECT 1 FROM seal WHERE seal.case_id = cases.id AND NOT erased) ORDER BY id LIMIT $2",
        )
        .bind(last_day)
        .bind(limit)
        .fetch_all(c)
        .await?
    }))
}

/// Erases the contents of a case's seals: record, witness half, shares.
///
/// It also erases the officers' notes about the identity. Follow with `Db::scrub`.
pub async fn erase_contents(tx: &mut Tx, case: CaseId) -> Result<()> {
    execute!(tx, "UPDATE checking SET note = NULL WHERE case_id = $1", case);
    execute!(tx, "UPDATE unseal SET checks = NULL WHERE case_id = $1", case);
    execute!(
        tx,
        "DELETE FROM share WHERE seal_id IN (SELECT id FROM seal WHERE case_id = $1)",
        case
    );
    let nothing: &[u8] = &[];
    execute!(
        tx,
        "UPDATE seal SET record = $1, witness_half = $1, erased = TRUE WHERE case_id = $2",
        nothing,
        case
    );
    Ok(())
}

/// Erases every seal of a case with its shares and witness halves. Returns the manifest hashes that the witness must
/// bury.
///
/// Unseals stay, without their seal. Follow with `Db::scrub`.
pub async fn erase(tx: &mut Tx, case: CaseId) -> Result<Vec<Vec<u8>>> {
    let hashes = manifests_of(tx, case).await?;
    execute!(
        tx,
        "DELETE FROM share WHERE seal_id IN (SELECT id FROM seal WHERE case_id = $1)",
        case
    );
    let rows = execute!(tx, "DELETE FROM seal WHERE case_id = $1", case);
    expect_rows("erase seals", hashes.len() as u64, rows)?;
    Ok(hashes)
}
