//! `sigilo audit verify --export`: verification of an exported log. It needs neither database nor secret.

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

/// Largest file of an export: a bundle of the largest entries.
const MAX_FILE_BYTES: u64 = 256 * 65_537;

/// Reasons why an export does not verify.
#[derive(Debug, thiserror::Error)]
pub enum InvalidExport {
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

/// The facts about an export that verifies.
#[derive(Debug)]
pub struct VerifiedExport {
    pub summary: Summary,
    pub rosters: usize,
    /// Restores that have lost a part of the log, as the authority has signed.
    pub restored: Vec<RestoreStatement>,
    pub keys: Named,
    pub trust: Trust,
}

enum Source {
    Folder(PathBuf),
    Zip(Box<ZipArchive<File>>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, InvalidExport> {
        let failed = |source| InvalidExport::Io {
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

    fn find(&mut self, name: &str) -> Result<Option<Vec<u8>>, InvalidExport> {
        let failed = |source| InvalidExport::Io {
            path: name.into(),
            source,
        };
        let mut bytes = Vec::new();
        let read = match self {
            Self::Folder(folder) => match File::open(folder.join(name)) {
                Ok(file) => file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(failed(error)),
            },
            Self::Zip(zip) => match zip.by_name(name) {
                Ok(file) => file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes),
                Err(ZipError::FileNotFound) => return Ok(None),
                Err(error) => return Err(failed(io::Error::other(error))),
            },
        };
        if read.map_err(failed)? as u64 > MAX_FILE_BYTES {
            return Err(InvalidExport::TooLarge(name.to_owned()));
        }
        Ok(Some(bytes))
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>, InvalidExport> {
        self.find(name)?.ok_or_else(|| InvalidExport::Missing(name.to_owned()))
    }

    /// Compares a tile with the one that the entries yield.
    fn compare(&mut self, (path, tile): &TileFile) -> Result<(), InvalidExport> {
        let found = self.get(path)?;
        if found == *tile {
            return Ok(());
        }
        let same = found.chunks(32).zip(tile.chunks(32)).take_while(|(a, b)| a == b);
        Err(InvalidExport::Tile {
            path: path.clone(),
            at: same.count(),
        })
    }
}

/// Explains a finding to a reader who has only the export.
fn explain(finding: Finding) -> InvalidExport {
    match finding.defect {
        Defect::RosterRefused => InvalidExport::Roster(finding.index),
        Defect::Edited
        | Defect::StoredHash
        | Defect::Differs
        | Defect::Rewritten { .. }
        | Defect::WitnessDisagrees { .. }
        | Defect::Missing { .. }
        | Defect::Truncated { .. }
        | Defect::CheckpointForged { .. }
        | Defect::Unreadable
        | Defect::Repeated
        | Defect::Misfiled
        | Defect::BadSignature
        | Defect::UnknownSigner
        | Defect::NotSigned
        | Defect::SignedOtherwise
        | Defect::ActRepeated
        | Defect::JournalDiffers
        | Defect::NotInJournal
        | Defect::RestoreForged
        | Defect::SealExchanged(_)
        | Defect::StatementExchanged(_) => InvalidExport::Entry(finding),
    }
}

/// Verifies every byte of a folder or file that [`super::export::export`] wrote.
///
/// # Errors
/// [`InvalidExport`], the first thing that does not hold.
pub fn verify_export(path: &Path, known: &Known) -> Result<VerifiedExport, InvalidExport> {
    let mut source = Source::open(path)?;
    let keys: Named = serde_json::from_slice(&source.get("keys.json")?).map_err(|_| InvalidExport::NoKeys)?;
    let mut notes = Vec::new();
    while let Some(note) = source.find(&format!("rosters/{}", notes.len() + 1))? {
        notes.push(note);
    }
    let (rosters, trust) = known.decide(&keys, &notes)?;
    let note = source.get("checkpoint")?;
    let (log, witness) = (*keys.log.as_bytes(), *keys.witness.as_bytes());
    let checkpoint =
        Checkpoint::read_cosigned(&note, keys.instance, &log, &witness).map_err(|_| InvalidExport::Checkpoint)?;
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
        let entries = tiles::read_bundle(keys.instance, &bundle, width).map_err(|_| InvalidExport::Bundle(path))?;
        let leaves = source.get(&tiles::leaves_path(first / TILE_WIDTH, width))?;
        for ((index, body), at) in (first..).zip(&entries).zip(0..) {
            let own = leaf_hash(keys.instance, body);
            let in_tile = leaves.get(at * 32..at * 32 + 32).and_then(|hash| hash.try_into().ok());
            let stored = StoredEntry {
                index,
                body,
                source: EntrySource::Tile(in_tile.map_or(Hash([0; 32]), Hash)),
            };
            verifier.push(stored).map_err(explain)?;
            restored.extend(restored_by(body));
            held(&mut source, tiles.push(own));
        }
        first += width as u64;
    }
    // The verifier names the entry; the tiles could only show that something differs.
    let summary = verifier.finish().map_err(explain)?;
    held(&mut source, tiles.finish());
    differing?;
    Ok(VerifiedExport {
        summary,
        rosters: rosters.len(),
        restored,
        keys,
        trust,
    })
}
