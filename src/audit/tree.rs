//! The Merkle tree over the leaves (RFC 6962, C2SP tlog), on hashes that the caller stores by position.
//! The module must not know a database: the caller asks for the needed positions, reads them, and passes them as a map.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tlog_tiles::{
    Error, Hash, HashReader, check_record, check_tree, prove_record, prove_tree, record_hash, stored_hash_index,
    stored_hashes_for_record_hash, sub_tree_index, tree_hash,
};

use crate::audit::entry::leaf;
use crate::domain::ids::InstanceId;

/// Stored hashes by position, which is the stored hash index of C2SP tlog.
pub type Hashes = BTreeMap<u64, Hash>;

/// Size of the largest tree, in entries. Larger sizes come from outside only, and are refused before any arithmetic.
const MAX_TREE_SIZE: u64 = 1 << 48;

/// Reason why there is no root, proof or verification.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TreeError {
    /// The hash at this position is missing.
    #[error("the stored hash at position {0} is missing")]
    Missing(u64),
    /// An index or a size is beyond the tree.
    #[error("there is no such leaf or size in the tree")]
    OutOfRange,
    /// The proof is wrong.
    #[error("the proof does not hold")]
    Refuted,
}

/// Computes the leaf hash of an entry's stored bytes.
#[must_use]
pub fn leaf_hash(instance: InstanceId, stored: &[u8]) -> Hash {
    record_hash(leaf(instance, stored).as_bytes())
}

/// Returns the position at which the leaf hash of entry `index` is stored.
///
/// # Errors
/// [`TreeError::OutOfRange`] for an index that no tree reaches.
pub fn leaf_position(index: u64) -> Result<u64, TreeError> {
    if index < MAX_TREE_SIZE {
        Ok(stored_hash_index(0, index))
    } else {
        Err(TreeError::OutOfRange)
    }
}

struct Map<'a>(&'a Hashes);

impl HashReader for Map<'_> {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |at: &u64| {
            self.0
                .get(at)
                .copied()
                .ok_or_else(|| Error::InvalidInput("missing".into()))
        };
        positions.iter().map(read).collect()
    }
}

/// Collects the positions that a proof reads, so that the caller can read them all at once.
#[derive(Default)]
struct Planner(RefCell<Vec<u64>>);

impl HashReader for Planner {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend_from_slice(positions);
        Ok(vec![Hash([0; 32]); positions.len()])
    }
}

/// Checks that no needed hash is missing.
fn require_all(needed: &[u64], hashes: &Hashes) -> Result<(), TreeError> {
    match needed.iter().find(|at| !hashes.contains_key(at)) {
        Some(at) => Err(TreeError::Missing(*at)),
        None => Ok(()),
    }
}

/// Lists the positions needed for the root at `size`, and for appending any number of leaves to it.
///
/// # Errors
/// [`TreeError::OutOfRange`] for a size that no tree reaches.
pub fn needed_for_root(size: u64) -> Result<Vec<u64>, TreeError> {
    if size > MAX_TREE_SIZE {
        return Err(TreeError::OutOfRange);
    }
    Ok(if size == 0 {
        Vec::new()
    } else {
        sub_tree_index(0, size, Vec::new())
    })
}

/// Computes the root at `size`. The root of the empty tree is SHA-256 of nothing.
///
/// # Errors
/// [`TreeError::Missing`] unless `hashes` has the positions of [`needed_for_root`].
pub fn root(size: u64, hashes: &Hashes) -> Result<Hash, TreeError> {
    require_all(&needed_for_root(size)?, hashes)?;
    tree_hash(size, &Map(hashes)).map_err(|_| TreeError::OutOfRange)
}

/// Appends leaf hashes to a tree of `size`. Returns the new (position, hash) pairs to store, in ascending order.
///
/// They are also put into `hashes`, so that [`root`] at the new size needs no other read.
///
/// # Errors
/// [`TreeError::Missing`] unless `hashes` has the positions of [`needed_for_root`] at the old size.
pub fn append(size: u64, leaves: &[Hash], hashes: &mut Hashes) -> Result<Vec<(u64, Hash)>, TreeError> {
    require_all(&needed_for_root(size)?, hashes)?;
    let mut new = Vec::with_capacity(leaves.len() * 2);
    for (index, leaf) in (size..).zip(leaves) {
        let at = leaf_position(index)?;
        let made = stored_hashes_for_record_hash(index, *leaf, &Map(hashes)).map_err(|_| TreeError::OutOfRange)?;
        for pair in (at..).zip(made) {
            hashes.insert(pair.0, pair.1);
            new.push(pair);
        }
    }
    Ok(new)
}

/// A growing tree that keeps only the hashes that the next leaf and the root need.
#[derive(Debug, Default)]
pub struct Frontier {
    size: u64,
    hashes: Hashes,
}

impl Frontier {
    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash. Returns the hashes to store from this leaf's position up to before the next one's.
    ///
    /// # Panics
    /// Never: the needed hashes are kept.
    pub fn push(&mut self, leaf: Hash) -> Vec<Hash> {
        let new = append(self.size, &[leaf], &mut self.hashes).expect("what appending needs was kept");
        self.size += 1;
        let needed = needed_for_root(self.size).expect("a size that was counted");
        self.hashes.retain(|position, _| needed.contains(position));
        new.into_iter().map(|(_, hash)| hash).collect()
    }

    /// Computes the root.
    ///
    /// # Panics
    /// Never: the needed hashes are kept.
    #[must_use]
    pub fn root(&self) -> Hash {
        root(self.size, &self.hashes).expect("what the root needs was kept")
    }
}

/// Lists the positions needed to prove that leaf `index` stands in the tree of `size`.
///
/// # Errors
/// [`TreeError::OutOfRange`] unless `index < size`.
pub fn needed_for_inclusion(size: u64, index: u64) -> Result<Vec<u64>, TreeError> {
    if size > MAX_TREE_SIZE || index >= size {
        return Err(TreeError::OutOfRange);
    }
    // Only the positions matter here: the proof, made of zeros, is dropped.
    let planner = Planner::default();
    let _ = prove_record(size, index, &planner);
    Ok(planner.0.into_inner())
}

/// Proves that leaf `index` stands in the tree of `size`.
///
/// # Errors
/// [`TreeError`] for an index outside the tree or hashes that are missing.
pub fn prove_inclusion(size: u64, index: u64, hashes: &Hashes) -> Result<Vec<Hash>, TreeError> {
    require_all(&needed_for_inclusion(size, index)?, hashes)?;
    prove_record(size, index, &Map(hashes)).map_err(|_| TreeError::OutOfRange)
}

/// Checks that `leaf` stands at `index` in the tree of `size` with `root`.
///
/// # Errors
/// [`TreeError::OutOfRange`] or [`TreeError::Refuted`].
pub fn check_inclusion(proof: &Vec<Hash>, size: u64, root: Hash, index: u64, leaf: Hash) -> Result<(), TreeError> {
    if size > MAX_TREE_SIZE || index >= size {
        return Err(TreeError::OutOfRange);
    }
    check_record(proof, size, root, index, leaf).map_err(|_| TreeError::Refuted)
}

/// Lists the positions needed to prove that the tree of size `old` is a prefix of that of size `new`.
///
/// # Errors
/// [`TreeError::OutOfRange`] unless `old <= new`.
pub fn needed_for_consistency(old: u64, new: u64) -> Result<Vec<u64>, TreeError> {
    if new > MAX_TREE_SIZE || old > new {
        return Err(TreeError::OutOfRange);
    }
    let planner = Planner::default();
    if old > 0 {
        let _ = prove_tree(new, old, &planner);
    }
    Ok(planner.0.into_inner())
}

/// Proves that the tree of size `old` is a prefix of that of size `new`; empty when `old` is 0 or equal.
///
/// # Errors
/// [`TreeError`] for sizes in the wrong order or hashes that are missing.
pub fn prove_consistency(old: u64, new: u64, hashes: &Hashes) -> Result<Vec<Hash>, TreeError> {
    require_all(&needed_for_consistency(old, new)?, hashes)?;
    if old == 0 {
        return Ok(Vec::new());
    }
    prove_tree(new, old, &Map(hashes)).map_err(|_| TreeError::OutOfRange)
}

/// Checks that the tree (`old`, `old_root`) is a prefix of (`new`, `new_root`), both as (size, root).
///
/// # Errors
/// [`TreeError::OutOfRange`] or [`TreeError::Refuted`].
pub fn check_consistency(proof: &Vec<Hash>, old: (u64, Hash), new: (u64, Hash)) -> Result<(), TreeError> {
    if new.0 > MAX_TREE_SIZE || old.0 > new.0 {
        return Err(TreeError::OutOfRange);
    }
    if old.0 == 0 {
        // `check_tree` refuses size 0: the empty tree is a prefix of any, with nothing to prove.
        let empty = root(0, &Hashes::new())?;
        return if proof.is_empty() && old.1 == empty && (new.0 > 0 || new.1 == empty) {
            Ok(())
        } else {
            Err(TreeError::Refuted)
        };
    }
    check_tree(proof, new.0, new.1, old.0, old.1).map_err(|_| TreeError::Refuted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| record_hash(&[n])).collect()
    }

    #[test]
    fn batches_of_any_size_make_one_tree_and_every_proof_holds() {
        let all = leaves(20);
        let mut whole = Hashes::new();
        append(0, &all, &mut whole).unwrap();
        for old in 0..=20u64 {
            let cut = usize::try_from(old).unwrap();
            let mut stored = Hashes::new();
            append(0, &all[..cut], &mut stored).unwrap();
            let old_root = root(old, &stored).unwrap();
            assert_eq!(old_root, root(old, &whole).unwrap());
            // Only what `needed_for_root` names is read back before the second batch.
            let mut read: Hashes = needed_for_root(old)
                .unwrap()
                .iter()
                .map(|at| (*at, stored[at]))
                .collect();
            stored.extend(append(old, &all[cut..], &mut read).unwrap());
            assert_eq!(stored, whole);
            let new = (20, root(20, &read).unwrap());
            let proof = prove_consistency(old, 20, &whole).unwrap();
            check_consistency(&proof, (old, old_root), new).unwrap();
            let other = (old, Hash([9; 32]));
            assert_eq!(check_consistency(&proof, other, new), Err(TreeError::Refuted));
            if old < 20 {
                let proof = prove_inclusion(20, old, &whole).unwrap();
                check_inclusion(&proof, 20, new.1, old, all[cut]).unwrap();
                let wrong = check_inclusion(&proof, 20, new.1, old, Hash([9; 32]));
                assert_eq!(wrong, Err(TreeError::Refuted));
            }
        }
    }

    #[test]
    fn missing_hashes_and_impossible_sizes_are_told() {
        assert_eq!(root(1, &Hashes::new()), Err(TreeError::Missing(0)));
        assert_eq!(needed_for_inclusion(3, 3), Err(TreeError::OutOfRange));
        let zero = Hash([0; 32]);
        assert_eq!(
            check_inclusion(&vec![], u64::MAX, zero, 1, zero),
            Err(TreeError::OutOfRange)
        );
    }
}
