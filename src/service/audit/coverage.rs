//! Coverage: the statement of every case, and the manifest of every seal, enter the audit log, shuffled, before staff
//! first open the case (`docs/PROTOCOL.md`, section 3). Browsers use no case key, and browser and witness no seal, that the
//! log does not cover.

use serde_json::json;

use super::part::AuditLog;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::{CaseId, EntryId};
use crate::service::error::Result;
use crate::store::case_statements::Statement;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::signing::VerifyKey;
use crate::witness::{CoveredDetail, CoveredManifest, CoveredStatement, Inclusion};

/// Statements and manifests that one entry covers: as many as fit into one
/// ([`crate::audit::entry::MAX_ENTRY_BYTES`]).
const BATCH_SIZE: usize = 400;

/// Proof for a browser that the log covers a case's statement: which keys are the case's, and who its reporter is.
#[derive(Debug)]
pub struct Coverage {
    pub statement: Vec<u8>,
    pub signature: Vec<u8>,
    /// The entry that covers the statement, in the tree of `checkpoint`.
    pub covered: Inclusion,
    /// The countersigned checkpoint.
    pub checkpoint: Vec<u8>,
}

/// Reads a row's hash and verify key. None, with a line in the server's log, for a row that somebody spoilt: it stays
/// uncovered, and must not keep the others from being covered.
fn read(hash: &[u8], verify_key: &[u8]) -> Option<(Hash32, VerifyKey)> {
    let read = (Hash32::from_slice(hash).ok(), VerifyKey::from_slice(verify_key).ok());
    if let (Some(hash), Some(key)) = read {
        return Some((hash, key));
    }
    tracing::error!(
        hash = hex::encode(hash),
        "a report has no hash or key that reads, and is not covered"
    );
    None
}

impl AuditLog {
    /// Covers the reports that wait. It runs daily, so that a case which nobody opens does not stay outside the log.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn cover_waiting(&self) -> Result<usize> {
        self.db
            .write("cover_reports", |mut tx| async move {
                let covered = self.cover(&mut tx).await?;
                tx.commit().await?;
                Ok(covered)
            })
            .await
    }

    /// Covers every statement and manifest that the log does not name yet, in the caller's transaction. Returns their
    /// number. It covers all at once and in the order of their hashes, so that the entry reveals neither which came first
    /// nor which case is about to be opened.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn cover(&self, tx: &mut Tx) -> Result<usize> {
        let mut covered = 0;
        loop {
            let room = |taken: usize| i64::try_from(BATCH_SIZE.saturating_sub(taken)).unwrap_or_default();
            let statements = store::case_statements::uncovered(tx, room(0)).await?;
            let seals = store::seals::uncovered(tx, room(statements.len())).await?;
            let mut detail = CoveredDetail::default();
            let (mut stated, mut sealed) = (Vec::new(), Vec::new());
            for one in statements {
                if let Some((statement, verify_key)) = read(&one.hash, &one.reporter_verify_key) {
                    detail.statements.push(CoveredStatement { statement, verify_key });
                    stated.push(one);
                }
            }
            for one in seals {
                if let Some((manifest, verify_key)) = read(&one.manifest_hash, &one.reporter_verify_key) {
                    detail.manifests.push(CoveredManifest { manifest, verify_key });
                    sealed.push(one.id);
                }
            }
            if stated.is_empty() && sealed.is_empty() {
                return Ok(covered);
            }
            let entry = self.entry(Act::ReportsCovered, Actor::System, None, json!(detail), None)?;
            entry.write(tx).await?;
            for one in &stated {
                store::case_statements::mark_covered(tx, one, entry.id).await?;
            }
            store::seals::mark_covered(tx, &sealed, entry.id).await?;
            covered += stated.len() + sealed.len();
        }
    }

    /// Covers what waits if it includes something of this case, and returns the case's newest statement as covered.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub(crate) async fn cover_case(&self, tx: &mut Tx, case: CaseId) -> Result<Option<Statement>> {
        let statement = store::case_statements::latest(tx, case).await?;
        let is_waiting = statement
            .as_ref()
            .is_some_and(|statement| statement.covered_by.is_none());
        if !is_waiting && store::seals::uncovered_of_case(tx, case).await?.is_empty() {
            return Ok(statement);
        }
        self.cover(tx).await?;
        Ok(store::case_statements::latest(tx, case).await?)
    }

    /// Returns the proof that the log covers a statement. None while no countersigned checkpoint holds it, because the
    /// witness is away or the log was changed. The browser then uses no key of the case.
    pub(crate) async fn coverage_of(&self, statement: Statement) -> Option<Coverage> {
        let (covered, checkpoint) = match self.proof_of(statement.covered_by?).await {
            Ok(proof) => proof?,
            Err(error) => {
                tracing::error!(%error, "a statement's coverage cannot be shown");
                return None;
            }
        };
        Some(Coverage {
            statement: statement.statement,
            signature: statement.signature,
            covered,
            checkpoint,
        })
    }

    async fn proof_of(&self, entry: EntryId) -> Result<Option<(Inclusion, Vec<u8>)>> {
        if let Some(proof) = self.countersigned(entry).await? {
            return Ok(Some(proof));
        }
        // It was covered just now and need not wait for the countersignature of each minute.
        self.sequence().await?;
        if self.cosign().await.is_err() {
            // Another process may have advanced the witness in between.
            self.cosign().await?;
        }
        self.countersigned(entry).await
    }

    async fn countersigned(&self, entry: EntryId) -> Result<Option<(Inclusion, Vec<u8>)>> {
        let mut tx = self.db.read().await?;
        let row = store::log::by_id(&mut tx, entry).await?;
        let latest = store::log::latest_cosigned(&mut tx).await?;
        let (Some(leaf), Some(latest)) = (row.and_then(|row| row.leaf_index), latest) else {
            return Ok(None);
        };
        if leaf >= latest.tree_size {
            return Ok(None);
        }
        let covered = self.inclusion(&mut tx, entry, latest.tree_size.unsigned_abs()).await?;
        Ok(Some((covered, latest.note)))
    }
}
