//! The attacker: reads a raw copy of the database with plain SQL, and tries every key on everything, again and again for as
//! long as that gives new keys.

use sigilo::domain::ids::{CaseId, InstanceId, RecordId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::content::{Answer, Attachment, Field, IdentityData, Message, Narrative, Note, Reason, SharedFields};
use sigilo::vault::envelope::Envelope;
use sigilo::vault::record::{self, Kind, Place};
use sigilo::vault::secret::Key32;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A copy of the database's files.
pub(super) struct Copy {
    folder: TempDir,
}

/// A cell of a table.
pub(super) struct Cell {
    pub(super) place: String,
    pub(super) bytes: Vec<u8>,
}

impl Copy {
    pub(super) fn of(folder: &Path) -> Self {
        let copy = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["sigilo.sqlite", "sigilo.sqlite-wal"] {
            fs::copy(folder.join(name), copy.folder.path().join(name)).unwrap();
        }
        copy
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        files.map(|entry| entry.unwrap().path()).collect()
    }

    pub(super) async fn open(&self) -> SqliteConnection {
        open(&self.folder.path().join("sigilo.sqlite")).await
    }

    /// Runs what somebody who may write to the database writes; how many rows it changed.
    pub(super) async fn write(&self, sql: &str) -> u64 {
        write(&mut self.open().await, sql).await
    }

    /// Every cell of every table.
    pub(super) async fn cells(&self) -> Vec<Cell> {
        let mut connection = self.open().await;
        let columns = "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'";
        let columns: Vec<(String, String)> = sqlx::query_as(columns).fetch_all(&mut connection).await.unwrap();
        let mut cells = Vec::new();
        for (table, column) in columns {
            let sql = format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
            let rows: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            cells.extend(rows.into_iter().map(|bytes| Cell {
                place: format!("{table}.{column}"),
                bytes,
            }));
        }
        connection.close().await.unwrap();
        cells
    }
}

pub(super) async fn open(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

pub(super) async fn write(connection: &mut SqliteConnection, sql: &str) -> u64 {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.unwrap().rows_affected()
}

/// What the attacker can read.
#[derive(Default)]
pub(super) struct Read {
    /// Every text that opened, with the kind of its record.
    pub(super) texts: Vec<(Kind, String)>,
    /// In which columns age files opened.
    pub(super) opened: Vec<String>,
}

impl Read {
    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.iter().any(|(_, known)| known.contains(text))
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.texts.iter().filter(|(known, _)| *known == kind).count()
    }

    pub(super) fn opened(&self, place: &str) -> usize {
        self.opened.iter().filter(|known| *known == place).count()
    }
}

/// Tries everything with `keys`.
pub(super) async fn plunder(copy: &Copy, instance: InstanceId, keys: Vec<Identity>) -> Read {
    let mut read = Read::default();
    let mut files: Vec<Cell> = copy.cells().await;
    files.retain(|cell| cell.bytes.starts_with(b"age-encryption.org/"));
    let mut halves: Vec<Key32> = Vec::new();
    let mut fresh = keys;
    while !fresh.is_empty() {
        let mut found: Vec<Key32> = Vec::new();
        files.retain(|file| {
            let Some(plaintext) = fresh.iter().find_map(|key| key.open(&file.bytes).ok()) else {
                return true;
            };
            read.opened.push(file.place.clone());
            found.extend(fields(&plaintext).into_iter().filter_map(Key32::from_slice));
            false
        });
        // Whatever has the size of a key may be an identity too.
        fresh = found.iter().map(|key| Identity::from_scalar(key.duplicate())).collect();
        halves.append(&mut found);
    }
    let mut parents: Vec<Key32> = halves.iter().map(Key32::duplicate).collect();
    for (at, half) in halves.iter().enumerate() {
        parents.extend(halves[..at].iter().map(|other| half.xor(other)));
    }
    for (place, body) in records(copy, instance).await {
        let envelope = parents.iter().find_map(|key| record::open(key, &place, &body).ok());
        if let Some(envelope) = envelope {
            read.texts.push((place.kind, text(place.kind, &envelope)));
        }
    }
    read
}

/// Length-prefixed fields, whatever they are.
fn fields(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let Some((field, tail)) = tail.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            break;
        };
        fields.push(field);
        rest = tail;
    }
    fields
}

/// Every sealed record with the place in which it stands.
pub(super) async fn records(copy: &Copy, instance: InstanceId) -> Vec<(Place, Vec<u8>)> {
    let sql = "SELECT id, case_id, kind, body FROM record UNION ALL SELECT id, case_id, 'identity', record FROM seal";
    let rows = sqlx::query(sql).fetch_all(&mut copy.open().await).await.unwrap();
    let place = |row: &SqliteRow| {
        let kind: String = row.get(2);
        let (record, case): (RecordId, CaseId) = (row.get(0), row.get(1));
        Place {
            instance,
            case,
            record,
            kind: Kind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap(),
        }
    };
    rows.iter().map(|row| (place(row), row.get(3))).collect()
}

pub(super) fn text(kind: Kind, envelope: &Envelope) -> String {
    let fields = |fields: &[Field]| {
        fields
            .iter()
            .map(|field| field.value.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let answers = |answers: &[Answer]| {
        answers
            .iter()
            .map(|one| one.text.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    match kind {
        Kind::Narrative => answers(envelope.content::<Narrative>().unwrap().answers()),
        Kind::SharedFields => fields(envelope.content::<SharedFields>().unwrap().fields()),
        Kind::Message => envelope.content::<Message>().unwrap().text().clone(),
        Kind::Note => envelope.content::<Note>().unwrap().text().clone(),
        Kind::Reason => envelope.content::<Reason>().unwrap().text().clone(),
        Kind::Attachment => envelope.content::<Attachment>().unwrap().name().clone(),
        Kind::Identity => fields(envelope.content::<IdentityData>().unwrap().fields()),
    }
}
