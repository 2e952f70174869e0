//! Comparison of the seals that the log covers with those in the database. If somebody exchanged a seal, or its
//! reporter's key, the log still has an entry about a seal that is gone (`docs/PROTOCOL.md`, section 5).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::audit::entry::{Act, Entry};
use crate::audit::verify::{Defect, Finding};
use crate::domain::ids::InstanceId;
use crate::service::error::Result;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::manifest::manifest_hash;
use crate::vault::signing::VerifyKey;
use crate::witness::CoveredDetail;

/// The seals that the log covers, in its order.
pub(crate) struct Seals {
    instance: InstanceId,
    erased: HashSet<Hash32>,
    /// Seals that were covered before this entry may have been erased by a witness whose files are lost.
    forgotten: u64,
    covered: Vec<(u64, Hash32, VerifyKey)>,
}

impl Seals {
    /// Begins a comparison. Seals that the witness erased may be missing.
    pub(crate) fn beyond(instance: InstanceId, erased: HashSet<Hash32>, forgotten: u64) -> Self {
        Self {
            instance,
            erased,
            forgotten,
            covered: Vec::new(),
        }
    }

    /// Takes the seals that an entry covers, if it is such an entry.
    pub(crate) fn note(&mut self, index: u64, body: &[u8]) {
        let entry = Entry::read(body)
            .ok()
            .filter(|entry| entry.act == Act::ManifestsCovered);
        let detail = entry.map(|entry| serde_json::from_value(Value::Object(entry.detail)));
        if let Some(Ok(CoveredDetail { manifests })) = detail {
            let covered = manifests.into_iter().map(|one| (index, one.manifest, one.verify_key));
            self.covered.extend(covered);
        }
    }

    /// Returns the first covered seal that is not in the database as it was covered.
    pub(crate) async fn exchanged(&self, tx: &mut Tx) -> Result<Option<Finding>> {
        let stored = store::seals::reporters(tx).await?.into_iter();
        let keys: HashMap<Hash32, Vec<u8>> = stored
            .map(|(manifest, key)| (manifest_hash(self.instance, &manifest), key))
            .collect();
        let gone = self
            .covered
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
}
