//! A consistent copy of all lasting data, while the server goes on writing (`docs/PROTOCOL.md`, section 16). Sealed
//! data stays sealed.

use std::io::{self, Write};

use futures_util::StreamExt as _;
use serde_json::json;

use super::part::Operations;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::AttachmentId;
use crate::service::error::Error;
use crate::service::operations::archive::{FileHead, Frame, Head, Manifest, TableHead, TableSum, Writer};
use crate::store::blobs::{BlobError, BlobStore};
use crate::store::portable::{self, Checksum, Scope, Table};
use crate::store::{self, Db, Tx};
use crate::vault::agefile::Recipient;

/// Reasons why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Service(#[from] Error),
    #[error("the backup cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error("a sealed file cannot be read: {0}")]
    File(#[from] BlobError),
}

impl From<store::Error> for BackupError {
    fn from(error: store::Error) -> Self {
        Self::Service(error.into())
    }
}

impl Operations {
    /// Writes a backup to `to`. The log names `for_whom`. The entry is written first, so that it is in the copy: if
    /// the rest fails, the log has one copy too many, and never one too few.
    ///
    /// # Errors
    /// [`BackupError`]
    pub async fn back_up<W: Write>(&self, for_whom: &Recipient, to: W) -> Result<(Head, Manifest, W), BackupError> {
        let detail = json!({ "recipient": for_whom.as_str() });
        let entry = self.log.entry(Act::BackupTaken, Actor::System, None, detail, None)?;
        let entry = &entry;
        self.context
            .db
            .write("record_backup", |mut tx| async move {
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        self.log.sequence().await?;
        let mut writer = Writer::new(to)?;
        let mut tx = self.context.db.read().await?;
        let head = Head {
            instance: self.context.instance,
            schema: Db::schema(),
            program: env!("CARGO_PKG_VERSION").into(),
            made_at: self.context.clock.now(),
            log: self.log.tree(&mut tx).await?,
        };
        writer.write(&Frame::Head(head.clone()))?;
        let mut manifest = Manifest::default();
        let mut names = Vec::new();
        for table in portable::tables(&mut tx).await? {
            let sum = write_table(&mut writer, &mut tx, &table, &mut names).await?;
            manifest.tables.push(sum);
        }
        // Files never change, so the snapshot is not needed while they are read.
        tx.rollback().await?;
        for id in names {
            match write_file(&mut writer, self.attachments.files(), id).await {
                Ok(bytes) => {
                    manifest.files += 1;
                    manifest.bytes += bytes;
                }
                // Its case may have been erased in the meantime.
                Err(BackupError::File(BlobError::Missing)) => manifest.missing.push(id),
                Err(error) => return Err(error),
            }
        }
        writer.write(&Frame::End(manifest.clone()))?;
        Ok((head, manifest, writer.into_inner()))
    }
}

/// Writes a table, and collects the files that its rows name.
async fn write_table<W: Write>(
    writer: &mut Writer<W>,
    tx: &mut Tx,
    table: &Table,
    names: &mut Vec<AttachmentId>,
) -> Result<TableSum, BackupError> {
    writer.write(&Frame::Table(TableHead {
        table: table.name.clone(),
        columns: table.columns(),
    }))?;
    let has_files = table.name == "attachment";
    let mut sum = Checksum::default();
    let mut rows = portable::rows(tx, table, Scope::Lasting);
    while let Some(row) = rows.next().await {
        let row = row?;
        if has_files {
            names.push(attachment(row.bytes(table, "id"))?);
        }
        let bytes = row.to_bytes();
        sum.add(&bytes);
        writer.write(&Frame::Row(bytes))?;
    }
    Ok(table_sum(&table.name, sum))
}

fn attachment(id: Option<&[u8]>) -> Result<AttachmentId, Error> {
    id.and_then(AttachmentId::from_bytes)
        .ok_or_else(|| Error::Internal("an attachment's id is none".into()))
}

/// Converts a table's sum to the manifest's form.
pub(crate) fn table_sum(table: &str, sum: Checksum) -> TableSum {
    let (rows, hash) = sum.end();
    TableSum {
        table: table.to_owned(),
        rows,
        sha256: hex::encode(hash),
    }
}

async fn write_file<W: Write>(writer: &mut Writer<W>, files: &BlobStore, id: AttachmentId) -> Result<u64, BackupError> {
    let (size, mut pieces) = files.stream(id).await?;
    writer.write(&Frame::File(FileHead { id, size }))?;
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            // The file was erased while it was read. The reader drops files that are too short.
            Err(BlobError::Missing) => return Err(BlobError::Missing.into()),
            Err(error) => return Err(error.into()),
        };
        writer.write(&Frame::Data(piece.to_vec()))?;
    }
    Ok(size)
}
