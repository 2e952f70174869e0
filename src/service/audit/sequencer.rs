//! The sequencer: gives entries their place in the tree, signs checkpoints, and has the witness countersign them.

use tlog_tiles::Hash;

use super::part::AuditLog;
use crate::audit::checkpoint::{Checkpoint, FIRST_ORIGIN};
use crate::audit::entry::Base64;
use crate::audit::restore::TreeHead;
use crate::audit::tree::{self, Hashes, TreeError};
use crate::domain::ids::EntryId;
use crate::service::error::{Error, Result};
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::witness::{Advance, Inclusion, Refusal};

/// Entries that get their leaves in one transaction.
const BATCH_SIZE: i64 = 1000;

impl From<TreeError> for Error {
    fn from(error: TreeError) -> Self {
        Self::Internal(format!("the audit tree: {error}"))
    }
}

/// Reads tree hashes by position.
async fn load(tx: &mut Tx, positions: &[u64], into: &mut Hashes) -> Result<()> {
    let missing: Vec<u64> = positions
        .iter()
        .copied()
        .filter(|position| !into.contains_key(position))
        .collect();
    let indexes: Vec<i64> = missing.iter().map(|position| position.cast_signed()).collect();
    let hashes = store::log::hashes(tx, &indexes).await?;
    for (position, hash) in missing.into_iter().zip(hashes) {
        into.insert(position, to_hash(&hash)?);
    }
    Ok(())
}

fn to_hash(bytes: &[u8]) -> Result<Hash> {
    bytes
        .try_into()
        .map(Hash)
        .map_err(|_| Error::Internal("a tree hash is not 32 bytes".into()))
}

fn to_hash32(hash: &Hash) -> Hash32 {
    Hash32::from_slice(&hash.0).expect("a tree hash has 32 bytes")
}

impl AuditLog {
    /// Gives all waiting entries their leaves and signs a checkpoint. Returns the tree's size.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Internal`]
    pub async fn sequence(&self) -> Result<u64> {
        loop {
            let mut tx = self.db.begin_sequencing().await?;
            let size = store::log::tree_size(&mut tx).await?.unsigned_abs();
            let waiting = store::log::unsequenced(&mut tx, BATCH_SIZE).await?;
            if waiting.is_empty() {
                return Ok(size);
            }
            let origin = self.continued(&mut tx).await?;
            self.append(&mut tx, size, &waiting, origin).await?;
            tx.commit().await?;
        }
    }

    /// Returns the origin of the checkpoints that are signed now.
    pub(crate) async fn origin(&self, tx: &mut Tx) -> Result<u64> {
        let Some(latest) = store::log::latest_checkpoint(tx).await? else {
            return Ok(FIRST_ORIGIN);
        };
        let log = self.keys.log.signing_key().verify_key();
        let read = Checkpoint::read_signed(&latest.note, self.instance, log.as_bytes());
        read.map(|checkpoint| checkpoint.origin)
            .map_err(|_| Error::Unavailable("the last checkpoint is not signed by our log: sigilo audit verify".into()))
    }

    /// Returns the origin of the last checkpoint that this log signed, after checking that the tree in the database is
    /// the one that it signed: every leaf comes with a checkpoint, so anything beyond is somebody else's.
    async fn continued(&self, tx: &mut Tx) -> Result<u64> {
        let found = self.tree(tx).await?;
        let signed = match store::log::latest_checkpoint(tx).await? {
            Some(latest) => {
                let log = self.keys.log.signing_key().verify_key();
                Checkpoint::read_signed(&latest.note, self.instance, log.as_bytes()).ok()
            }
            None => None,
        };
        match signed {
            None if found.size == 0 => Ok(FIRST_ORIGIN),
            Some(signed) if signed.size == found.size && signed.root == found.root => Ok(signed.origin),
            _ => Err(Error::Unavailable(
                "the log in the database is not the one that was signed last: sigilo audit verify".into(),
            )),
        }
    }

    /// Appends entries to the tree and signs a checkpoint over it.
    pub(crate) async fn append(
        &self,
        tx: &mut Tx,
        size: u64,
        waiting: &[store::log::Entry],
        origin: u64,
    ) -> Result<()> {
        let mut hashes = Hashes::new();
        load(tx, &tree::needed_for_root(size)?, &mut hashes).await?;
        let leaves: Vec<Hash> = waiting
            .iter()
            .map(|entry| tree::leaf_hash(self.instance, &entry.body))
            .collect();
        let new = tree::append(size, &leaves, &mut hashes)?;
        if let Some((from, _)) = new.first() {
            let stored: Vec<[u8; 32]> = new.iter().map(|(_, hash)| hash.0).collect();
            store::log::insert_hashes(tx, from.cast_signed(), &stored).await?;
        }
        for (index, entry) in (size..).zip(waiting) {
            store::log::sequence(tx, entry.id, index.cast_signed()).await?;
        }
        let size = size + waiting.len() as u64;
        let checkpoint = Checkpoint {
            origin,
            size,
            root: tree::root(size, &hashes)?,
        };
        let note = checkpoint.sign(self.instance, &self.keys.log.signing_key());
        let row = store::log::Checkpoint {
            tree_size: size.cast_signed(),
            note: note.map_err(|error| Error::Internal(error.to_string()))?,
            cosigned: false,
            made_at: self.clock.now(),
        };
        store::log::put_checkpoint(tx, &row).await?;
        Ok(())
    }

    /// Returns size and root of the log's tree.
    pub(crate) async fn tree(&self, tx: &mut Tx) -> Result<TreeHead> {
        let size = store::log::tree_size(tx).await?.unsigned_abs();
        let mut hashes = Hashes::new();
        load(tx, &tree::needed_for_root(size)?, &mut hashes).await?;
        let root = tree::root(size, &hashes)?;
        Ok(TreeHead { size, root })
    }

    /// Has the witness countersign the latest checkpoint.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the witness refuses: the log does not continue what it saw.
    pub async fn cosign(&self) -> Result<()> {
        let mut tx = self.db.read().await?;
        let Some(latest) = store::log::latest_checkpoint(&mut tx).await? else {
            return Ok(());
        };
        if latest.cosigned {
            return Ok(());
        }
        let advance = self.advance(&mut tx, &latest).await?;
        drop(tx);
        let cosigned = self
            .witness
            .cosign(advance)
            .await
            .map_err(|refusal| Error::Unavailable(format!("the witness does not countersign: {refusal}")))?;
        self.store_cosigned(latest.tree_size, &cosigned.0).await
    }

    /// Checks the witness's countersignature of a checkpoint, and stores it.
    pub(crate) async fn store_cosigned(&self, tree_size: i64, note: &[u8]) -> Result<()> {
        let (log, witness) = (self.keys.log.signing_key().verify_key(), &self.keys.witness);
        let read = Checkpoint::read_cosigned(note, self.instance, log.as_bytes(), witness.as_bytes());
        if !read.is_ok_and(|checkpoint| checkpoint.size == tree_size.unsigned_abs()) {
            return Err(Error::Unavailable(
                "the witness's countersignature does not verify".into(),
            ));
        }
        let row = store::log::Checkpoint {
            tree_size,
            note: note.to_vec(),
            cosigned: true,
            made_at: self.clock.now(),
        };
        let row = &row;
        self.db
            .write("store_cosignature", |mut tx| async move {
                store::log::put_checkpoint(&mut tx, row).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Returns a checkpoint with the proof that it continues the last one that the witness saw.
    pub(crate) async fn advance(&self, tx: &mut Tx, checkpoint: &store::log::Checkpoint) -> Result<Advance> {
        let refused = |refusal: Refusal| Error::Unavailable(format!("the witness: {refusal}"));
        let (old, _) = self.witness.last_checkpoint().await.map_err(refused)?;
        let new = checkpoint.tree_size.unsigned_abs();
        let consistency = if old == 0 || old >= new {
            Vec::new()
        } else {
            let mut hashes = Hashes::new();
            load(tx, &tree::needed_for_consistency(old, new)?, &mut hashes).await?;
            tree::prove_consistency(old, new, &hashes)?
                .iter()
                .map(to_hash32)
                .collect()
        };
        Ok(Advance {
            checkpoint: Base64(checkpoint.note.clone()),
            consistency,
        })
    }

    /// Returns an entry's bytes with the proof that they are in the tree of `size`.
    pub(crate) async fn inclusion(&self, tx: &mut Tx, entry: EntryId, size: u64) -> Result<Inclusion> {
        let row = store::log::by_id(tx, entry).await?.ok_or(Error::NotFound)?;
        let index = row.leaf_index.ok_or(Error::Conflict)?.unsigned_abs();
        let mut hashes = Hashes::new();
        load(tx, &tree::needed_for_inclusion(size, index)?, &mut hashes).await?;
        let proof = tree::prove_inclusion(size, index, &hashes)?
            .iter()
            .map(to_hash32)
            .collect();
        Ok(Inclusion {
            entry: Base64(row.body),
            index,
            proof,
        })
    }
}
