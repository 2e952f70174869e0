//! `sigilo audit verify --export`: an exported log, verified by whoever got it. Needs no database and no secret.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tlog_tiles::Hash;
use zip::ZipArchive;
use zip::result::ZipError;

use super::keys::{KeyError, Known, Named, Trust};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::restore::RestoreStatement;
use crate::audit::tiles::{self, TILE_WIDTH, TileFile, Tiles};
use crate::audit::tree::leaf_hash;
use crate::audit::verify::{
    Defect, EntrySource, Expectations, Finding, PinnedKeys, StoredCheckpoint, StoredEntry, Summary, Verifier,
};
use crate::service::audit::verification::{History, restored_by};

/// No file of an export is larger than a bundle of the longest entries.
const LARGEST: u64 = 256 * 65_537;

/// What is wrong with an export.
#[derive(Debug, thiserror::Error)]
pub enum Bad {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{0} is missing")]
    Missing(String),
    #[error("{0} is larger than anything that belongs there")]
    TooLarge(String),
    #[error("keys.json does not name instance, authority, log and witness")]
    NoKeys,
    #[error("{0}")]
    Keys(#[from] KeyError),
    #[error("the checkpoint does not bear the signatures of log and witness")]
    Checkpoint,
    #[error("{0} is no bundle of this log's entries")]
    Bundle(String),
    #[error("{path}: the hash at place {at} is not that of the entries")]
    Tile { path: String, at: usize },
    #[error("{0}")]
    Entry(Finding),
    #[error("entry {0} publishes a roster that is not in the export, or not the one in it")]
    Roster(u64),
}

/// An export in which nothing is wrong.
#[derive(Debug)]
pub struct Good {
    pub summary: Summary,
    pub rosters: usize,
    /// Restores that have lost a part of the log, by the authority's word.
    pub restored: Vec<RestoreStatement>,
    pub keys: Named,
    pub trust: Trust,
}

enum Source {
    Folder(PathBuf),
    Zip(Box<ZipArchive<File>>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, Bad> {
        let failed = |source| Bad::Io {
            path: path.into(),
            source,
        };
        if fs::metadata(path).map_err(failed)?.is_dir() {
            return Ok(Self::Folder(path.into()));
        }
        let file = File::open(path).map_err(failed)?;
        let zip = ZipArchive::new(file).map_err(|error| failed(io::Error::other(error)))?;
        Ok(Self::Zip(Box::new(zip)))
    }

    fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>, Bad> {
        let failed = |source| Bad::Io {
            path: name.into(),
            source,
        };
        let mut bytes = Vec::new();
        let read = match self {
            Self::Folder(folder) => match File::open(folder.join(name)) {
                Ok(file) => file.take(LARGEST + 1).read_to_end(&mut bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(failed(error)),
            },
            Self::Zip(zip) => match zip.by_name(name) {
                Ok(file) => file.take(LARGEST + 1).read_to_end(&mut bytes),
                Err(ZipError::FileNotFound) => return Ok(None),
                Err(error) => return Err(failed(io::Error::other(error))),
            },
        };
        if read.map_err(failed)? as u64 > LARGEST {
            return Err(Bad::TooLarge(name.to_owned()));
        }
        Ok(Some(bytes))
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, Bad> {
        self.find(name)?.ok_or_else(|| Bad::Missing(name.to_owned()))
    }

    /// Holds a tile against what the entries make of it.
    fn compare(&mut self, (path, tile): &TileFile) -> Result<(), Bad> {
        let found = self.get(path)?;
        if found == *tile {
            return Ok(());
        }
        let same = found.chunks(32).zip(tile.chunks(32)).take_while(|(a, b)| a == b);
        Err(Bad::Tile {
            path: path.clone(),
            at: same.count(),
        })
    }
}

/// What the verifier found, in words for somebody who has only the export.
fn told(finding: Finding) -> Bad {
    match finding.defect {
        Defect::RosterRefused => Bad::Roster(finding.index),
        _ => Bad::Entry(finding),
    }
}

/// Verifies a folder or file that [`super::export::export`] wrote: every byte of it.
///
/// # Errors
/// [`Bad`], the first thing that does not hold.
pub fn verify_export(path: &Path, known: &Known) -> Result<Good, Bad> {
    let mut source = Source::open(path)?;
    let keys: Named = serde_json::from_slice(&source.get("keys.json")?).map_err(|_| Bad::NoKeys)?;
    let mut notes = Vec::new();
    while let Some(note) = source.find(&format!("rosters/{}", notes.len() + 1))? {
        notes.push(note);
    }
    let (rosters, trust) = known.decide(&keys, &notes)?;
    let note = source.get("checkpoint")?;
    let (log, witness) = (*keys.log.as_bytes(), *keys.witness.as_bytes());
    let checkpoint = Checkpoint::read_cosigned(&note, keys.instance, &log, &witness).map_err(|_| Bad::Checkpoint)?;
    let size = checkpoint.size;
    let evidence = Expectations {
        checkpoints: vec![StoredCheckpoint {
            size,
            note,
            cosigned: true,
        }],
        ..Expectations::default()
    };
    let pinned = PinnedKeys {
        instance: keys.instance,
        authority: *keys.authority.as_bytes(),
        log,
        witness,
    };
    let notes: HashMap<u64, Vec<u8>> = (1..).zip(notes).collect();
    let mut verifier = Verifier::new(pinned, evidence, History::of(keys.instance, keys.authority, notes));
    let (mut tiles, mut differing, mut first) = (Tiles::default(), Ok(()), 0);
    let mut restored = Vec::new();
    let mut held = |source: &mut Source, pieces: Vec<TileFile>| {
        for piece in &pieces {
            if differing.is_ok() {
                differing = source.compare(piece);
            }
        }
    };
    while first < size {
        let width = usize::try_from(TILE_WIDTH.min(size - first)).unwrap_or_default();
        let path = tiles::bundle_path(first / TILE_WIDTH, width);
        let bundle = source.get(&path)?;
        let entries = tiles::read_bundle(keys.instance, &bundle, width).map_err(|_| Bad::Bundle(path))?;
        let leaves = source.get(&tiles::leaves_path(first / TILE_WIDTH, width))?;
        for ((index, body), at) in (first..).zip(&entries).zip(0..) {
            let own = leaf_hash(keys.instance, body);
            let in_tile = leaves.get(at * 32..at * 32 + 32).and_then(|hash| hash.try_into().ok());
            let stored = StoredEntry {
                index,
                body,
                source: EntrySource::Tile(in_tile.map_or(Hash([0; 32]), Hash)),
            };
            verifier.push(stored).map_err(told)?;
            restored.extend(restored_by(body));
            held(&mut source, tiles.push(own));
        }
        first += width as u64;
    }
    // It names the entry, where the tiles could only tell that something differs.
    let summary = verifier.finish().map_err(told)?;
    held(&mut source, tiles.finish());
    differing?;
    Ok(Good {
        summary,
        rosters: rosters.len(),
        restored,
        keys,
        trust,
    })
}
