//! Restoring a backup. The log continues from it; if the witness has seen more, only with a signed statement of the
//! authority (`docs/PROTOCOL.md`, sections 10 and 16). The same code moves an installation to the other kind of
//! database.

use std::collections::BTreeMap;
use std::io::Read;

use futures_util::StreamExt as _;
use serde_json::json;

use super::part::Operations;
use crate::audit::entry::{Act, Actor, Base64};
use crate::audit::restore::{RestoreStatement, RestoredDetail, TreeHead};
use crate::domain::day::Day;
use crate::domain::ids::{AttachmentId, InstanceId};
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::operations::archive::{ArchiveError, FileHead, Frame, Head, Manifest, Reader, TableHead, TableSum};
use crate::service::operations::backup::table_sum;
use crate::store::blobs::{BlobError, BlobStore, Upload};
use crate::store::portable::{self, Checksum, Loader, Row, Scope, Table};
use crate::store::{self, Db, Schema, Tx};

/// Reasons why a backup was not restored. The database stays empty then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("a sealed file cannot be written: {0}")]
    File(#[from] BlobError),
    #[error("the backup is of instance {found}, and the key file is of {expected}: take the key file of the backup")]
    OtherInstance { found: InstanceId, expected: InstanceId },
    #[error("the backup's schema ({found}) is newer than this program's ({known}): restore it with the newer program")]
    NewerSchema { found: i64, known: i64 },
    #[error("the database is not empty: restore into a new one, and keep this one until you are sure")]
    NotEmpty,
    #[error("the database was set up by another version of the program: restore into a new one")]
    OtherTables,
    #[error("table {0} came out differently than it went in; nothing was kept")]
    Differs(String),
}

impl From<RestoreError> for Error {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Store(error) => Self::Store(error),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Loads a backup into the empty database at `url` and into `files`. It checks counts and hashes before the commit.
///
/// # Errors
/// [`RestoreError`]
pub async fn load<R: Read>(
    from: R,
    instance: InstanceId,
    url: &str,
    files: &BlobStore,
    today: Day,
) -> Result<(Head, Manifest), RestoreError> {
    let mut reader = Reader::new(from)?;
    let Frame::Head(head) = reader.frame()? else {
        return Err(ArchiveError::Damaged("it does not say what it is").into());
    };
    if head.instance != instance {
        return Err(RestoreError::OtherInstance {
            found: head.instance,
            expected: instance,
        });
    }
    let known = Db::schema();
    if head.schema > known {
        return Err(RestoreError::NewerSchema {
            found: head.schema,
            known,
        });
    }
    // The schema of that time. Later migrations run afterwards, as they would have run on the original.
    let db = Db::open_with(url, Schema::Until(head.schema)).await?;
    let mut written = Vec::new();
    let outcome = fill(&mut reader, &db, files, today, &mut written).await;
    db.close().await;
    if outcome.is_err() {
        for id in written {
            files.delete(id).await?;
        }
    } else {
        Db::open(url).await?.close().await;
    }
    Ok((head, outcome?))
}

/// Loads rows and files in one transaction.
async fn fill<R: Read>(
    reader: &mut Reader<R>,
    db: &Db,
    files: &BlobStore,
    today: Day,
    written: &mut Vec<AttachmentId>,
) -> Result<Manifest, RestoreError> {
    let mut tx = db.begin().await?;
    if !portable::is_empty(&mut tx).await? {
        return Err(RestoreError::NotEmpty);
    }
    portable::defer_references(&mut tx).await?;
    let tables = by_name(portable::tables(&mut tx).await?);
    let mut at = reader.frame()?;
    let mut sums = Vec::new();
    loop {
        at = match at {
            Frame::Table(head) => {
                let (sum, next) = take_table(reader, &mut tx, &tables, &head).await?;
                sums.push(sum);
                next
            }
            Frame::File(head) => take_file(reader, files, today, &head, written).await?,
            Frame::End(manifest) => {
                if let Some(other) = differing(&manifest.tables, &sums) {
                    return Err(RestoreError::Differs(other));
                }
                if manifest.files != written.len() as u64 {
                    return Err(ArchiveError::Damaged("files are missing").into());
                }
                portable::check_references(&mut tx).await?;
                // The rows are read back from the database.
                let stored = sums_of(&mut tx, Scope::Everything).await?;
                if let Some(other) = differing(&manifest.tables, &stored) {
                    return Err(RestoreError::Differs(other));
                }
                tx.commit().await?;
                return Ok(manifest);
            }
            Frame::Head(_) | Frame::Row(_) | Frame::Data(_) => {
                return Err(ArchiveError::Damaged("its parts are in disorder").into());
            }
        };
    }
}

fn by_name(tables: Vec<Table>) -> BTreeMap<String, Table> {
    tables.into_iter().map(|table| (table.name.clone(), table)).collect()
}

/// Returns the first table that differs.
fn differing(expected: &[TableSum], found: &[TableSum]) -> Option<String> {
    let other = expected.iter().find(|sum| !found.contains(sum));
    let other = other.or_else(|| found.iter().find(|sum| !expected.contains(sum)));
    other.map(|sum| sum.table.clone())
}

/// Returns counts and hashes of all tables.
async fn sums_of(tx: &mut Tx, scope: Scope) -> store::Result<Vec<TableSum>> {
    let mut sums = Vec::new();
    for table in portable::tables(tx).await? {
        let mut sum = Checksum::default();
        let mut rows = portable::rows(tx, &table, scope);
        while let Some(row) = rows.next().await {
            sum.add(&row?.to_bytes());
        }
        drop(rows);
        sums.push(table_sum(&table.name, sum));
    }
    Ok(sums)
}

/// Loads a table's rows. Returns its sum, and the frame after them.
async fn take_table<R: Read>(
    reader: &mut Reader<R>,
    tx: &mut Tx,
    tables: &BTreeMap<String, Table>,
    head: &TableHead,
) -> Result<(TableSum, Frame), RestoreError> {
    let table = tables.get(&head.table).filter(|table| table.columns() == head.columns);
    let table = table.ok_or(RestoreError::OtherTables)?;
    let mut loader = Loader::new(table);
    let mut sum = Checksum::default();
    loop {
        match reader.frame()? {
            Frame::Row(bytes) => {
                let row = Row::read(table, &bytes).ok_or(ArchiveError::Damaged("a row does not read"))?;
                sum.add(&bytes);
                loader.add(tx, row).await?;
            }
            next => {
                loader.flush(tx).await?;
                return Ok((table_sum(&table.name, sum), next));
            }
        }
    }
}

/// Loads a file. Returns the frame after it. A file that is too short is dropped: it was erased while the backup was
/// made.
async fn take_file<R: Read>(
    reader: &mut Reader<R>,
    files: &BlobStore,
    today: Day,
    head: &FileHead,
    written: &mut Vec<AttachmentId>,
) -> Result<Frame, RestoreError> {
    let mut upload = files.begin(head.id).await?;
    let taken = take_data(reader, &mut upload).await;
    match taken {
        Ok((size, next)) if size == head.size => {
            upload.finish(today).await?;
            written.push(head.id);
            Ok(next)
        }
        Ok((size, next)) if size < head.size => {
            upload.abort().await;
            Ok(next)
        }
        Ok(_) => {
            upload.abort().await;
            Err(ArchiveError::Damaged("a file is too long").into())
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

async fn take_data<R: Read>(reader: &mut Reader<R>, upload: &mut Upload) -> Result<(u64, Frame), RestoreError> {
    let mut size = 0;
    loop {
        match reader.frame()? {
            Frame::Data(data) => {
                size += data.len() as u64;
                upload.write(data).await?;
            }
            next => return Ok((size, next)),
        }
    }
}

/// Refuses a database that is not empty.
///
/// # Errors
/// [`RestoreError::NotEmpty`]
pub async fn must_be_empty(db: &Db) -> Result<(), RestoreError> {
    let mut tx = db.read().await?;
    if portable::is_empty(&mut tx).await? {
        Ok(())
    } else {
        Err(RestoreError::NotEmpty)
    }
}

/// Copies every row from one database to another, empty one, in one transaction on each side. It checks that both hold
/// the same.
///
/// # Errors
/// [`RestoreError`]
pub async fn copy(from: &Db, to: &Db) -> Result<Vec<TableSum>, RestoreError> {
    let mut source = from.read().await?;
    let mut target = to.begin().await?;
    if !portable::is_empty(&mut target).await? {
        return Err(RestoreError::NotEmpty);
    }
    portable::defer_references(&mut target).await?;
    let tables = by_name(portable::tables(&mut target).await?);
    let mut sums = Vec::new();
    for table in portable::tables(&mut source).await? {
        let theirs = tables
            .get(&table.name)
            .filter(|theirs| theirs.columns() == table.columns());
        let mut loader = Loader::new(theirs.ok_or(RestoreError::OtherTables)?);
        let mut sum = Checksum::default();
        let mut rows = portable::rows(&mut source, &table, Scope::Everything);
        while let Some(row) = rows.next().await {
            let row = row?;
            sum.add(&row.to_bytes());
            loader.add(&mut target, row).await?;
        }
        drop(rows);
        loader.flush(&mut target).await?;
        sums.push(table_sum(&table.name, sum));
    }
    portable::check_references(&mut target).await?;
    if let Some(other) = differing(&sums, &sums_of(&mut target, Scope::Everything).await?) {
        return Err(RestoreError::Differs(other));
    }
    target.commit().await?;
    Ok(sums)
}

impl Operations {
    /// Logs that the database moves, and has the entry countersigned.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Unavailable`] when the witness refuses.
    pub async fn note_move(&self) -> Result<()> {
        let entry = self.log.entry(
            Act::DatabaseMoved,
            Actor::System,
            None,
            json!({ "to": "postgres" }),
            None,
        )?;
        let entry = &entry;
        self.context
            .db
            .write("record_move", |mut tx| async move {
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        self.log.sequence().await?;
        self.log.cosign().await
    }

    /// Builds the statement that the authority must sign before the log may continue from this database, if the
    /// witness has seen more. `seen` is none if the witness's files are lost; `origin` is the last one that it
    /// accepted.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn propose_restore(&self, seen: Option<TreeHead>, origin: u64) -> Result<RestoreStatement> {
        let mut tx = self.context.db.read().await?;
        let ours = self.log.origin(&mut tx).await?;
        Ok(RestoreStatement {
            instance: self.context.instance,
            origin: ours.max(origin) + 1,
            kept: self.log.tree(&mut tx).await?,
            seen,
            time: self.context.clock.now(),
        })
    }

    /// Writes the authority's statement, which the witness has accepted, as the next entry, and opens the log's new
    /// origin with it. It does nothing if that was done before.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the statement is about another log.
    pub async fn open_origin(&self, statement: &[u8]) -> Result<()> {
        let authority = self.context.keys.authority;
        let restored = RestoreStatement::verify(statement, self.context.instance, authority.as_bytes())
            .map_err(|_| Error::Invalid(InvalidReason::RestoreUnsigned))?;
        let detail = RestoredDetail {
            statement: Base64(statement.to_vec()),
        };
        let entry = self
            .log
            .entry(Act::LogRestored, Actor::Authority, None, json!(detail), None)?;
        let mut tx = self.context.db.begin_sequencing().await?;
        if self.log.origin(&mut tx).await? == restored.origin {
            return Ok(());
        }
        if self.log.tree(&mut tx).await? != restored.kept {
            return Err(Error::Conflict);
        }
        entry.write(&mut tx).await?;
        let row = store::log::by_id(&mut tx, entry.id).await?.ok_or(Error::NotFound)?;
        self.log
            .append(&mut tx, restored.kept.size, &[row], restored.origin)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
