//! The attacker: reads a raw copy of the database with plain SQL, and of the stored files, and tries every key on
//! everything, again and again for as long as that gives new keys.

use sigilo::domain::ids::{CaseId, InstanceId, RecordId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::attachment::{FileKey, Opener};
use sigilo::vault::content::{Answer, Attachment, Field, IdentityData, Message, Narrative, Note, Reason, SharedFields};
use sigilo::vault::envelope::Envelope;
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::secret::Key32;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

use crate::support::app::TestApp;

/// A copy of the database's files and of the stored files, in a folder or in a bucket.
pub(super) struct Copy {
    folder: TempDir,
    /// The database's files, by name, as they were copied: whoever opens the copy changes them.
    pub(super) database: Vec<(&'static str, Vec<u8>)>,
    /// Names and sizes that the folder itself reveals.
    pub(super) stored: Vec<Stored>,
}

/// A stored file, or a folder of them, as a copy shows it.
#[derive(Debug)]
pub(super) struct Stored {
    /// Within the folder of files.
    pub(super) path: PathBuf,
    /// In Unix seconds.
    pub(super) modified: i64,
    /// In Unix seconds. Of a folder it is whoever made the copy that this tells about.
    pub(super) accessed: Option<i64>,
    /// None: a folder.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Stored {
    fn all(folder: &Path, within: &Path, into: &mut Vec<Self>) {
        let told = fs::metadata(folder.join(within)).unwrap();
        if told.is_file() {
            into.push(Self {
                path: within.into(),
                modified: told.mtime(),
                accessed: Some(told.atime()),
                bytes: Some(fs::read(folder.join(within)).unwrap()),
            });
            return;
        }
        into.push(Self {
            path: within.into(),
            modified: told.mtime(),
            accessed: None,
            bytes: None,
        });
        for entry in fs::read_dir(folder.join(within)).unwrap() {
            Self::all(folder, &within.join(entry.unwrap().file_name()), into);
        }
    }
}

/// A cell of a table.
pub(super) struct Cell {
    pub(super) place: String,
    pub(super) bytes: Vec<u8>,
}

impl Copy {
    pub(super) fn of(app: &TestApp) -> Self {
        let mut copy = Self {
            folder: tempfile::tempdir().unwrap(),
            database: Vec::new(),
            stored: Vec::new(),
        };
        for name in ["sigilo.sqlite", "sigilo.sqlite-wal"] {
            let bytes = fs::read(app.folder.path().join(name)).unwrap();
            fs::write(copy.folder.path().join(name), &bytes).unwrap();
            copy.database.push((name, bytes));
        }
        Stored::all(&app.stored(), Path::new(""), &mut copy.stored);
        copy
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("sigilo.sqlite")
    }

    /// The contents of all stored files, with what they lie under.
    pub(super) fn contents(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.stored
            .iter()
            .filter_map(|stored| Some((stored.path.as_path(), stored.bytes.as_deref()?)))
    }

    pub(super) async fn open(&self) -> SqliteConnection {
        open(&self.path()).await
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

/// Everything that the attacker can read.
#[derive(Default)]
pub(super) struct Read {
    /// Every text that opened, with the kind of its record.
    pub(super) texts: Vec<(ContentKind, String)>,
    /// In which columns age files opened; `files` for one among the stored files.
    pub(super) opened: Vec<String>,
    /// Names and contents of stored files, each opened with what its record says.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

impl Read {
    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.iter().any(|(_, known)| known.contains(text))
    }

    pub(super) fn count(&self, kind: ContentKind) -> usize {
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
    files.extend(copy.contents().map(|(_, bytes)| Cell {
        place: "files".into(),
        bytes: bytes.to_vec(),
    }));
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
        // Any bytes of the size of a key may be an identity too.
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
            if place.kind == ContentKind::Attachment {
                read.files.extend(stored_file(copy, &place, &envelope));
            }
            read.texts.push((place.kind, text(place.kind, &envelope)));
        }
    }
    read
}

/// The file that a record describes, if it is the one that lies there.
fn stored_file(copy: &Copy, place: &RecordContext, envelope: &Envelope) -> Option<(String, Vec<u8>)> {
    let described: Attachment = envelope.content().ok()?;
    let name = place.record.to_string();
    let (_, bytes) = copy.contents().find(|(path, _)| path.ends_with(&name))?;
    let mut opener = Opener::new(&FileKey::of(&described).ok()?, bytes).ok()?;
    let mut content = Vec::new();
    loop {
        let piece = opener.next(100_000).ok()?;
        if piece.is_empty() {
            return Some((described.name().clone(), content));
        }
        content.extend(piece);
    }
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
pub(super) async fn records(copy: &Copy, instance: InstanceId) -> Vec<(RecordContext, Vec<u8>)> {
    let sql = "SELECT id, case_id, kind, body FROM record UNION ALL SELECT id, case_id, 'identity', record FROM seal
               UNION ALL SELECT id, case_id, 'attachment', body FROM attachment WHERE state = 'kept'";
    let rows = sqlx::query(sql).fetch_all(&mut copy.open().await).await.unwrap();
    let place = |row: &SqliteRow| {
        let kind: String = row.get(2);
        let (record, case): (RecordId, CaseId) = (row.get(0), row.get(1));
        RecordContext {
            instance,
            case,
            record,
            kind: ContentKind::ALL
                .into_iter()
                .find(|known| known.as_str() == kind)
                .unwrap(),
        }
    };
    rows.iter().map(|row| (place(row), row.get(3))).collect()
}

pub(super) fn text(kind: ContentKind, envelope: &Envelope) -> String {
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
        ContentKind::Narrative => answers(envelope.content::<Narrative>().unwrap().answers()),
        ContentKind::SharedFields => fields(envelope.content::<SharedFields>().unwrap().fields()),
        ContentKind::Message => envelope.content::<Message>().unwrap().text().clone(),
        ContentKind::Note => envelope.content::<Note>().unwrap().text().clone(),
        ContentKind::Reason => envelope.content::<Reason>().unwrap().text().clone(),
        ContentKind::Attachment => envelope.content::<Attachment>().unwrap().name().clone(),
        ContentKind::Identity => fields(envelope.content::<IdentityData>().unwrap().fields()),
    }
}
