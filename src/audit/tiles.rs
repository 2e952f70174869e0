//! The log in the layout of C2SP tlog-tiles: tiles of 256 hashes and bundles of 256 entries (`docs/PROTOCOL.md`,
//! section 17). The module must not know folders nor files: paths and bytes go out, bytes come in.

use tlog_tiles::{Hash, Tile};

use crate::audit::entry::leaf;
use crate::domain::ids::InstanceId;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
const HEIGHT: u8 = 8;

/// The bytes are no entry bundle of this log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a bundle of entries of this log")]
pub struct MalformedBundle;

/// A file of the layout: path and content.
pub type TileFile = (String, Vec<u8>);

fn path_of(level: u8, number: u64, width: usize, is_bundle: bool) -> String {
    let width = u32::try_from(width).unwrap_or(0).clamp(1, 1 << HEIGHT);
    let path = Tile::new(HEIGHT, level, number, width, is_bundle).path();
    // The library writes the older layout, which names the height and calls entries data.
    path.replacen("tile/8/data/", "tile/entries/", 1)
        .replacen("tile/8/", "tile/", 1)
}

/// Path of the bundle with `width` entries, from entry `256 * number` on.
#[must_use]
pub fn bundle_path(number: u64, width: usize) -> String {
    path_of(0, number, width, true)
}

/// Path of the tile with the leaf hashes of that bundle.
#[must_use]
pub fn leaves_path(number: u64, width: usize) -> String {
    path_of(0, number, width, false)
}

/// Writes a bundle: each leaf after its length in two bytes, big-endian.
///
/// A leaf is the transcript that is hashed, not the entry alone.
///
/// # Errors
/// The position within the bundle of an entry that is too long.
pub fn bundle(instance: InstanceId, entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let leaf = leaf(instance, entry.as_ref());
        let length = u16::try_from(leaf.as_bytes().len()).map_err(|_| at)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(leaf.as_bytes());
    }
    Ok(out)
}

/// Reads the entries of a bundle that must have `width` of them.
///
/// # Errors
/// [`MalformedBundle`]
pub fn read_bundle(instance: InstanceId, bytes: &[u8], width: usize) -> Result<Vec<Vec<u8>>, MalformedBundle> {
    // The part of a leaf before the entry; its last four bytes are the entry's length.
    let empty = leaf(instance, &[]);
    let prefix = empty.as_bytes().len() - 4;
    let mut entries = Vec::with_capacity(width);
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (whole, after) = after.split_at_checked(length).ok_or(MalformedBundle)?;
        let entry = whole.get(prefix + 4..).ok_or(MalformedBundle)?;
        if leaf(instance, entry).as_bytes() != whole {
            return Err(MalformedBundle);
        }
        entries.push(entry.to_vec());
        rest = after;
    }
    if rest.is_empty() && entries.len() == width {
        Ok(entries)
    } else {
        Err(MalformedBundle)
    }
}

/// Builds the tiles of a tree, leaf by leaf.
#[derive(Debug, Default)]
pub struct Tiles {
    /// For each level: the number of full tiles, and the hashes of the next one so far.
    levels: Vec<(u64, Vec<u8>)>,
}

impl Tiles {
    /// Takes the next leaf hash. Returns the tiles that it completes.
    pub fn push(&mut self, leaf: Hash) -> Vec<TileFile> {
        let mut done = Vec::new();
        let mut next = Some(leaf);
        let mut level = 0;
        while let Some(hash) = next.take() {
            if self.levels.len() == level {
                self.levels.push((0, Vec::new()));
            }
            let Some((full, hashes)) = self.levels.get_mut(level) else {
                break;
            };
            hashes.extend_from_slice(&hash.0);
            if hashes.len() == 256 * tlog_tiles::HASH_SIZE {
                let tile = std::mem::take(hashes);
                next = Some(Tile::subtree_hash(&tile));
                done.push((path_of(level_of(level), *full, 256, false), tile));
                *full += 1;
            }
            level += 1;
        }
        done
    }

    /// Ends the tree. Returns the partial tiles.
    pub fn finish(self) -> Vec<TileFile> {
        let levels = self.levels.into_iter().enumerate();
        levels
            .filter(|(_, (_, hashes))| !hashes.is_empty())
            .map(|(level, (full, hashes))| {
                let width = hashes.len() / tlog_tiles::HASH_SIZE;
                (path_of(level_of(level), full, width, false), hashes)
            })
            .collect()
    }
}

/// Converts a level; seven levels hold more leaves than any tree has.
fn level_of(level: usize) -> u8 {
    u8::try_from(level).unwrap_or(u8::MAX).min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tree::{Frontier, leaf_hash};

    fn instance() -> InstanceId {
        "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
    }

    #[test]
    fn paths_are_those_of_the_layout() {
        assert_eq!(bundle_path(0, 256), "tile/entries/000");
        assert_eq!(bundle_path(1_234_067, 256), "tile/entries/x001/x234/067");
        assert_eq!(bundle_path(3, 17), "tile/entries/003.p/17");
        assert_eq!(path_of(1, 0, 1, false), "tile/1/000.p/1");
    }

    #[test]
    fn a_bundle_reads_back_and_nothing_else_reads() {
        let entries = [b"one".as_slice(), b"", b"three"];
        let bytes = bundle(instance(), &entries).unwrap();
        assert_eq!(read_bundle(instance(), &bytes, 3).unwrap(), entries);
        assert_eq!(read_bundle(instance(), &bytes, 2), Err(MalformedBundle));
        assert_eq!(
            read_bundle(instance(), &bytes[..bytes.len() - 1], 3),
            Err(MalformedBundle)
        );
        let other = "b1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        assert_eq!(read_bundle(other, &bytes, 3), Err(MalformedBundle));
        assert_eq!(bundle(instance(), &[vec![0; 70_000]]), Err(0));
    }

    #[test]
    fn tiles_hold_the_tree() {
        let (mut tiles, mut tree) = (Tiles::default(), Frontier::default());
        let mut pieces = Vec::new();
        for n in 0..520_u32 {
            let hash = leaf_hash(instance(), &n.to_be_bytes());
            pieces.extend(tiles.push(hash));
            tree.push(hash);
        }
        pieces.extend(tiles.finish());
        let names: Vec<&str> = pieces.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["tile/0/000", "tile/0/001", "tile/0/002.p/8", "tile/1/000.p/2"]);
        // The root from the tiles alone: the two of level 1, then the eight leaves.
        let level_1 = &pieces[3].1;
        let left = Tile::subtree_hash(level_1);
        let right = Tile::subtree_hash(&pieces[2].1);
        assert_eq!(tlog_tiles::node_hash(left, right).0, tree.root().0);
    }
}
