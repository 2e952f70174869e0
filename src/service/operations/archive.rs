//! The format of backups (`docs/PROTOCOL.md`, section 16): a sequence of frames. This module knows neither their
//! content nor how they are sealed.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::audit::restore::TreeHead;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{AttachmentId, InstanceId};

/// First line of a backup.
const MAGIC: &[u8] = b"sigilo-backup/1\n";
/// Largest frame, in bytes: input from outside cannot make the program allocate more.
const MAX_FRAME_BYTES: u32 = 64 * 1024 * 1024;

/// Reasons why a backup does not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("this is no backup of Sigilo")]
    Foreign,
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
}

/// The first frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub instance: InstanceId,
    /// The newest migration of the database that was read.
    pub schema: i64,
    /// The program's version.
    pub program: String,
    pub made_at: UnixSeconds,
    /// The audit log at that time.
    pub log: TreeHead,
}

/// A table's name and columns. Its rows follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableHead {
    pub table: String,
    pub columns: Vec<String>,
}

/// A sealed file. Its bytes follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHead {
    pub id: AttachmentId,
    pub size: u64,
}

/// The last frame: the content that the backup must have had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub tables: Vec<TableSum>,
    pub files: u64,
    pub bytes: u64,
    /// Files that rows name and that the store no longer had.
    pub missing: Vec<AttachmentId>,
}

impl Manifest {
    /// Returns the number of rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Returns the number of rows of one table.
    pub fn rows_of(&self, table: &str) -> u64 {
        let found = self.tables.iter().find(|sum| sum.table == table);
        found.map_or(0, |sum| sum.rows)
    }
}

/// Number of a table's rows, and the SHA-256 over them as hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSum {
    pub table: String,
    pub rows: u64,
    pub sha256: String,
}

/// One frame.
#[derive(Debug)]
pub enum Frame {
    Head(Head),
    Table(TableHead),
    Row(Vec<u8>),
    File(FileHead),
    Data(Vec<u8>),
    End(Manifest),
}

/// Writes frames.
#[derive(Debug)]
pub struct Writer<W>(W);

impl<W: Write> Writer<W> {
    /// Begins a backup.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        Ok(Self(to))
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        match frame {
            Frame::Head(head) => self.json(b'H', head),
            Frame::Table(table) => self.json(b'T', table),
            Frame::Row(row) => self.put(b'R', row),
            Frame::File(file) => self.json(b'F', file),
            Frame::Data(data) => self.put(b'D', data),
            Frame::End(manifest) => self.json(b'E', manifest),
        }
    }

    fn json(&mut self, kind: u8, body: &impl Serialize) -> io::Result<()> {
        self.put(kind, &serde_json::to_vec(body)?)
    }

    fn put(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len())
            .ok()
            .filter(|length| *length <= MAX_FRAME_BYTES);
        let length = length.ok_or_else(|| io::Error::other("a row is too long for a backup"))?;
        self.0.write_all(&[kind])?;
        self.0.write_all(&length.to_le_bytes())?;
        self.0.write_all(body)
    }

    /// Returns the writer.
    pub fn into_inner(self) -> W {
        self.0
    }
}

/// Reads frames.
#[derive(Debug)]
pub struct Reader<R>(R);

impl<R: Read> Reader<R> {
    /// # Errors
    /// [`ArchiveError::Foreign`] when it does not begin like a backup.
    pub fn new(mut from: R) -> Result<Self, ArchiveError> {
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Ok(()) if magic == MAGIC => Ok(Self(from)),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error.into()),
            _ => Err(ArchiveError::Foreign),
        }
    }

    /// Reads the next frame. With the last one, it checks that nothing follows.
    ///
    /// # Errors
    /// [`ArchiveError`]
    pub fn frame(&mut self) -> Result<Frame, ArchiveError> {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).map_err(explain_end)?;
        let [kind, length @ ..] = head;
        let length = u32::from_le_bytes(length);
        if length > MAX_FRAME_BYTES {
            return Err(ArchiveError::Damaged("a frame is too long"));
        }
        let mut body = Vec::new();
        let read = (&mut self.0).take(length.into()).read_to_end(&mut body)?;
        if read < usize::try_from(length).unwrap_or(usize::MAX) {
            return Err(ArchiveError::Damaged("it ends in the middle"));
        }
        Ok(match kind {
            b'H' => Frame::Head(json(&body)?),
            b'T' => Frame::Table(json(&body)?),
            b'R' => Frame::Row(body),
            b'F' => Frame::File(json(&body)?),
            b'D' => Frame::Data(body),
            b'E' => {
                let manifest = json(&body)?;
                match self.0.read(&mut [0])? {
                    0 => Frame::End(manifest),
                    _ => return Err(ArchiveError::Damaged("something follows its end")),
                }
            }
            _ => return Err(ArchiveError::Damaged("a frame is of no known kind")),
        })
    }
}

fn explain_end(error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Damaged("it ends in the middle"),
        _ => error.into(),
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ArchiveError> {
    serde_json::from_slice(body).map_err(|_| ArchiveError::Damaged("a frame does not read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new()).unwrap();
        let table = TableHead {
            table: "staff".into(),
            columns: vec!["id".into()],
        };
        writer.write(&Frame::Table(table)).unwrap();
        writer.write(&Frame::Row(b"[\"AA==\"]".to_vec())).unwrap();
        writer.write(&Frame::End(Manifest::default())).unwrap();
        writer.into_inner()
    }

    fn read(bytes: &[u8]) -> Result<usize, ArchiveError> {
        let mut reader = Reader::new(bytes)?;
        for count in 1.. {
            if matches!(reader.frame()?, Frame::End(_)) {
                return Ok(count);
            }
        }
        Ok(0)
    }

    #[test]
    fn what_is_cut_lengthened_or_foreign_does_not_read() {
        let whole = written();
        assert_eq!(read(&whole).unwrap(), 3);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        assert!(read(&[whole.as_slice(), b"x"].concat()).is_err());
        let mut long = whole.clone();
        long[MAGIC.len() + 1..MAGIC.len() + 5].fill(0xff);
        assert!(matches!(read(&long), Err(ArchiveError::Damaged("a frame is too long"))));
        assert!(matches!(read(b"PK\x03\x04 and more of it"), Err(ArchiveError::Foreign)));
    }
}
