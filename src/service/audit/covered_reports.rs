//! Comparison of the statements and manifests that the log covers with those in the database. If somebody exchanged one,
//! its reporter's key or a facet, the log still has an entry about a report that is gone (`docs/PROTOCOL.md`, sections 3
//! and 5).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::audit::entry::{Act, Entry};
use crate::audit::verify::{Defect, Finding};
use crate::domain::ids::InstanceId;
use crate::service::error::Result;
use crate::store::case_statements::Stated;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::manifest::manifest_hash;
use crate::vault::signing::{Signature, VerifyKey};
use crate::vault::statement::{CaseStatement, StatedFacets, statement_hash};
use crate::witness::CoveredDetail;

/// The reports that the log covers, in its order.
pub(crate) struct Reports {
    instance: InstanceId,
    /// Manifests that the witness erased.
    erased: HashSet<Hash32>,
    /// Seals that were covered before this entry may have been erased by a witness whose files are lost.
    forgotten: u64,
    manifests: Vec<(u64, Hash32, VerifyKey)>,
    statements: Vec<(u64, Hash32, VerifyKey)>,
    /// Statements of cases that the log says were erased.
    ended: HashSet<Hash32>,
}

impl Reports {
    /// Begins a comparison. Seals that the witness erased may be missing.
    pub(crate) fn beyond(instance: InstanceId, erased: HashSet<Hash32>, forgotten: u64) -> Self {
        Self {
            instance,
            erased,
            forgotten,
            manifests: Vec::new(),
            statements: Vec::new(),
            ended: HashSet::new(),
        }
    }

    /// Takes what an entry covers, or which case it says was erased.
    pub(crate) fn note(&mut self, index: u64, body: &[u8]) {
        let Ok(entry) = Entry::read(body) else {
            return;
        };
        match entry.act {
            Act::ReportsCovered => {
                if let Ok(detail) = serde_json::from_value::<CoveredDetail>(Value::Object(entry.detail)) {
                    let manifests = detail.manifests.iter();
                    self.manifests
                        .extend(manifests.map(|one| (index, one.manifest, one.verify_key)));
                    let statements = detail.statements.iter();
                    self.statements
                        .extend(statements.map(|one| (index, one.statement, one.verify_key)));
                }
            }
            Act::CaseErased => {
                let statements = entry.detail.get("statements").and_then(Value::as_array);
                let hashes = statements.into_iter().flatten();
                self.ended
                    .extend(hashes.filter_map(|hash| hash.as_str()?.parse::<Hash32>().ok()));
            }
            _ => {}
        }
    }

    /// Returns the first entry that covers something which is not in the database as it was covered.
    pub(crate) async fn exchanged(&self, tx: &mut Tx) -> Result<Option<Finding>> {
        let found = [self.exchanged_statement(tx).await?, self.exchanged_seal(tx).await?];
        Ok(found.into_iter().flatten().min_by_key(|finding| finding.index))
    }

    async fn exchanged_seal(&self, tx: &mut Tx) -> Result<Option<Finding>> {
        let stored = store::seals::reporters(tx).await?.into_iter();
        let keys: HashMap<Hash32, Vec<u8>> = stored
            .map(|(manifest, key)| (manifest_hash(self.instance, &manifest), key))
            .collect();
        let gone = self
            .manifests
            .iter()
            .find(|(index, manifest, key)| match keys.get(manifest) {
                _ if self.erased.contains(manifest) => false,
                Some(known) => known != key.as_bytes(),
                None => *index >= self.forgotten,
            });
        Ok(gone.map(|(index, manifest, _)| Finding {
            index: *index,
            defect: Defect::SealExchanged(manifest.to_string()),
        }))
    }

    async fn exchanged_statement(&self, tx: &mut Tx) -> Result<Option<Finding>> {
        let stored = store::case_statements::all(tx).await?.into_iter();
        let stored: HashMap<Hash32, Stated> = stored
            .map(|one| (statement_hash(self.instance, &one.statement), one))
            .collect();
        let gone = self
            .statements
            .iter()
            .find(|(_, statement, key)| match stored.get(statement) {
                Some(stored) => !is_as_stated(self.instance, stored, key),
                None => !self.ended.contains(statement),
            });
        Ok(gone.map(|(index, statement, _)| Finding {
            index: *index,
            defect: Defect::StatementExchanged(statement.to_string()),
        }))
    }
}

/// Returns true if a case is what its statement says, signed by the reporter's key that the log names.
fn is_as_stated(instance: InstanceId, stored: &Stated, key: &VerifyKey) -> bool {
    let Ok(signature) = Signature::from_slice(&stored.signature) else {
        return false;
    };
    let Ok(statement) = CaseStatement::verify(instance, &stored.statement, key, &signature) else {
        return false;
    };
    let facets = StatedFacets {
        kind: stored.kind,
        category: stored.category.clone(),
        province: stored.province.clone(),
        establishment: stored.establishment.clone(),
        channel: stored.channel,
        sealed_by: stored.sealed_by,
        language: stored.language.clone(),
        received_on: stored.received_on,
    };
    statement.case == stored.case_id
        && i64::from(statement.version) == stored.version
        && statement.number == stored.number
        && statement.recipient.as_str() == stored.reporter_recipient
        && statement.area == stored.area
        && statement.facets == facets
        && stored.reporter_verify_key == key.as_bytes()
}
