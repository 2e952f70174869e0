//! `sigilo audit export`: writes the log up to its newest countersigned checkpoint in the layout of C2SP tlog-tiles
//! (`docs/PROTOCOL.md`, section 17). It only reads, and can run beside the server.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::keys::Named;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::tiles::{self, TILE_WIDTH, Tiles};
use crate::audit::tree::{Frontier, leaf_hash};
use crate::service::error::Error;
use crate::store::{self, Db};

/// The text that a reader of an export finds first.
const README: &str = include_str!("README.export.txt");

/// Reasons why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Service(#[from] Error),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{0}: is there already; an export is written anew")]
    Exists(PathBuf),
    #[error("the log has no countersigned checkpoint yet; a running server gets one within a minute")]
    NoCheckpoint,
    #[error("entry {0} is missing; run: sigilo audit verify")]
    Missing(u64),
    #[error("entry {0} is too long for the layout")]
    TooLong(u64),
    #[error("the entries are not what the checkpoint was signed for; run: sigilo audit verify")]
    Differs,
}

impl From<store::Error> for ExportError {
    fn from(error: store::Error) -> Self {
        Self::Service(error.into())
    }
}

/// A folder, or one file that holds a folder.
enum Target {
    Folder(PathBuf),
    Zip(PathBuf, Box<ZipWriter<File>>),
}

impl Target {
    /// Creates the target. A path that ends in `.zip` becomes a file.
    fn create(path: &Path) -> Result<Self, ExportError> {
        let failed = |source| ExportError::Io {
            path: path.into(),
            source,
        };
        if path.extension().is_some_and(|ending| ending == "zip") {
            let file = File::create_new(path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => ExportError::Exists(path.into()),
                _ => failed(error),
            })?;
            return Ok(Self::Zip(path.into(), Box::new(ZipWriter::new(file))));
        }
        fs::create_dir_all(path).map_err(failed)?;
        if fs::read_dir(path).map_err(failed)?.next().is_some() {
            return Err(ExportError::Exists(path.into()));
        }
        Ok(Self::Folder(path.into()))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let (path, outcome) = match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                let parent = path.parent().unwrap_or(folder).to_owned();
                (
                    path.clone(),
                    fs::create_dir_all(parent).and_then(|()| fs::write(path, bytes)),
                )
            }
            Self::Zip(path, zip) => {
                // Entries are compressed; hashes and signatures do not shrink. File dates are fixed, so that they
                // reveal nothing.
                let started = zip.start_file(name, SimpleFileOptions::default());
                let outcome = started.map_err(io::Error::other).and_then(|()| zip.write_all(bytes));
                (path.clone(), outcome)
            }
        };
        outcome.map_err(|source| ExportError::Io { path, source })
    }

    fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Zip(path, zip) => {
                let outcome = zip.finish().map_err(io::Error::other).and_then(|file| file.sync_all());
                outcome.map_err(|source| ExportError::Io { path, source })
            }
        }
    }
}

/// The size of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    pub entries: u64,
    /// Entries that no countersigned checkpoint holds yet. They are not exported.
    pub later: u64,
}

/// Writes the log to a new folder, or to a new file that ends in `.zip`. The checkpoint comes last, so that an
/// incomplete export does not verify.
///
/// # Errors
/// [`ExportError`]
pub async fn export(db: &Db, keys: &Named, to: &Path) -> Result<Exported, ExportError> {
    let mut tx = db.read().await?;
    let latest = store::log::latest_cosigned(&mut tx).await?;
    let latest = latest.ok_or(ExportError::NoCheckpoint)?;
    let (log, witness) = (keys.log.as_bytes(), keys.witness.as_bytes());
    let checkpoint = Checkpoint::read_cosigned(&latest.note, keys.instance, log, witness);
    let Checkpoint { size, root, .. } = checkpoint.map_err(|_| ExportError::Differs)?;
    let all = store::log::tree_size(&mut tx).await?.unsigned_abs();
    let waiting = store::log::waiting(&mut tx).await?.unsigned_abs();

    let mut target = Target::create(to)?;
    target.put("README.txt", README.as_bytes())?;
    let named = serde_json::to_vec_pretty(keys).map_err(|error| Error::Internal(error.to_string()))?;
    target.put("keys.json", &named)?;
    for roster in store::roster::history(&mut tx).await? {
        target.put(&format!("rosters/{}", roster.version), &roster.note)?;
    }
    let (mut tiles, mut tree) = (Tiles::default(), Frontier::default());
    while tree.size() < size {
        let first = tree.size();
        let width = TILE_WIDTH.min(size - first);
        let rows = store::log::from_leaf(&mut tx, first.cast_signed(), width.cast_signed()).await?;
        for (index, row) in (first..).zip(&rows) {
            if row.leaf_index != Some(index.cast_signed()) {
                return Err(ExportError::Missing(index));
            }
            let hash = leaf_hash(keys.instance, &row.body);
            tree.push(hash);
            for (path, tile) in tiles.push(hash) {
                target.put(&path, &tile)?;
            }
        }
        if tree.size() < first + width {
            return Err(ExportError::Missing(tree.size()));
        }
        let bodies: Vec<&[u8]> = rows.iter().map(|row| row.body.as_slice()).collect();
        let bundle = tiles::bundle(keys.instance, &bodies).map_err(|at| ExportError::TooLong(first + at as u64))?;
        target.put(&tiles::bundle_path(first / TILE_WIDTH, bodies.len()), &bundle)?;
    }
    if tree.root().0 != root.0 {
        return Err(ExportError::Differs);
    }
    for (path, tile) in tiles.finish() {
        target.put(&path, &tile)?;
    }
    target.put("checkpoint", &latest.note)?;
    target.finish()?;
    Ok(Exported {
        entries: size,
        later: all.saturating_sub(size) + waiting,
    })
}
