//! The spool: a file waits for its cleaner on the disk, without a name and sealed under a key in memory.

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::processing::PIECE_BYTES;
use crate::vault::attachment::{FileKey, OpenError, Opener, Sealer};

/// A nameless file on the disk that holds a sealed one. It disappears when it is closed, even by a crash, and its key
/// with it.
pub(crate) struct Spool {
    file: File,
    sealer: Sealer,
}

/// A complete spool.
pub(crate) struct Spooled {
    file: File,
    key: FileKey,
}

impl Spool {
    pub(crate) fn new(scratch: &Path, sealer: Sealer) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(scratch)?,
            sealer,
        })
    }

    pub(crate) fn push(&mut self, batch: &[u8]) -> io::Result<()> {
        self.sealer.push(batch);
        let sealed = self.sealer.take();
        self.file.write_all(&sealed)?;
        self.sealer.reuse(sealed);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<Spooled> {
        let (sealed, key) = self.sealer.finish();
        self.file.write_all(&sealed)?;
        Ok(Spooled { file: self.file, key })
    }
}

impl Spooled {
    /// Opens the file from its first byte.
    pub(crate) fn opener(&mut self) -> Result<Opener<BufReader<File>>, OpenError> {
        self.file.seek(SeekFrom::Start(0)).map_err(OpenError::Source)?;
        let file = self.file.try_clone().map_err(OpenError::Source)?;
        Opener::new(&self.key, BufReader::with_capacity(PIECE_BYTES, file))
    }
}
