//! Export and import of whole tables in a form that both databases share: for backups, and for moving between them.
//! It knows the tables of the schema, and nothing of their content.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Row as _, Sqlite};
use uuid::Uuid;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::error::{Error, Result, expect_rows};
use super::tx::Tx;

/// Tables of data in transit, or that ends by itself within hours: drafts, sessions, WhatsApp messages and daily keys.
///
/// A backup leaves them out, so that it opens nothing whose keys have been destroyed since.
const PASSING: &[&str] = &[
    "draft",
    "follow_up_session",
    "lease",
    "receipt_shown",
    "staff_session",
    "transit_key",
    "whatsapp_conversation",
    "whatsapp_notification",
    "whatsapp_outgoing",
    "whatsapp_seen",
];
/// Largest number of rows, and of values, that one statement inserts; both databases accept as many values.
const MAX_ROWS: usize = 500;
const MAX_VALUES: usize = 20_000;
/// Bytes after which a statement is not extended any more.
const MAX_STATEMENT_BYTES: usize = 4 * 1024 * 1024;

/// The rows to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Everything,
    /// All rows but those in transit and files that belong to no case yet.
    Lasting,
}

impl Scope {
    /// Returns the `WHERE` clause that selects a table's rows; None if the table has none in this scope.
    fn of(self, table: &str) -> Option<&'static str> {
        match (self, table) {
            (Self::Lasting, "attachment") => Some(" WHERE state = 'kept'"),
            (Self::Lasting, table) if PASSING.contains(&table) => None,
            (Self::Everything | Self::Lasting, _) => Some(""),
        }
    }
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Boolean,
    Text,
    Bytes,
    /// 16 bytes, where the database has a type for UUIDs.
    Uuid,
}

impl Kind {
    fn of(table: &str, column: &str, declared: &str) -> Result<Self> {
        Ok(match declared {
            "bigint" => Self::Integer,
            "boolean" => Self::Boolean,
            "text" => Self::Text,
            "blob" | "bytea" => Self::Bytes,
            "uuid" => Self::Uuid,
            other => return Err(Error::Portable(format!("{table}.{column} has the type {other}"))),
        })
    }
}

/// A table of the schema.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    columns: Vec<(String, Kind)>,
    /// Columns of the primary key. Rows are sorted by it, so that their order reveals nothing.
    key: Vec<usize>,
}

impl Table {
    /// Returns the names of the columns, in order.
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    fn list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        names.join(", ")
    }

    /// Writes a query that sorts rows by bytes, which gives the same order on both databases.
    fn select(&self, scope: &str, collation: &str) -> String {
        let key = self.key.iter().map(|at| {
            let (name, kind) = &self.columns[*at];
            let collation = if *kind == Kind::Text { collation } else { "" };
            format!("\"{name}\"{collation}")
        });
        let key: Vec<String> = key.collect();
        format!(
            "SELECT {} FROM \"{}\"{scope} ORDER BY {}",
            self.list(),
            self.name,
            key.join(", ")
        )
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row, its values in the order of the table's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// Encodes the row as a JSON array on one line; bytes as base64. The encoding is the same on both databases.
    ///
    /// # Panics
    /// Never: it is an array of texts and numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let values = self.0.iter().map(|value| match value {
            Value::Null => Json::Null,
            Value::Integer(number) => (*number).into(),
            Value::Boolean(is) => (*is).into(),
            Value::Text(text) => text.as_str().into(),
            Value::Bytes(bytes) => BASE64_STANDARD.encode(bytes).into(),
        });
        serde_json::to_vec(&Json::Array(values.collect())).expect("texts and numbers")
    }

    /// Decodes such an array as a row of `table`; None when it does not fit.
    pub fn read(table: &Table, bytes: &[u8]) -> Option<Self> {
        let values: Vec<Json> = serde_json::from_slice(bytes).ok()?;
        if values.len() != table.columns.len() {
            return None;
        }
        let read = |(value, (_, kind)): (Json, &(String, Kind))| {
            Some(match (value, kind) {
                (Json::Null, _) => Value::Null,
                (Json::Number(number), Kind::Integer) => Value::Integer(number.as_i64()?),
                (Json::Bool(is), Kind::Boolean) => Value::Boolean(is),
                (Json::String(text), Kind::Text) => Value::Text(text),
                (Json::String(text), Kind::Bytes | Kind::Uuid) => Value::Bytes(BASE64_STANDARD.decode(text).ok()?),
                _ => return None,
            })
        };
        let row: Option<Vec<Value>> = values.into_iter().zip(&table.columns).map(read).collect();
        row.map(Self)
    }

    /// Returns the bytes in a column, if it holds bytes.
    pub fn bytes(&self, table: &Table, column: &str) -> Option<&[u8]> {
        let at = table.columns.iter().position(|(name, _)| name == column)?;
        match self.0.get(at) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    fn weight(&self) -> usize {
        let weigh = |value: &Value| match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Boolean(_) => 8,
        };
        self.0.iter().map(weigh).sum()
    }
}

/// The number of rows, and the SHA-256 over each row's length (u32, little-endian) and bytes.
#[derive(Debug, Default)]
pub struct Checksum {
    rows: u64,
    hash: Sha256,
}

impl Checksum {
    /// Adds the next row's bytes.
    pub fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        self.hash
            .update(u32::try_from(row.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.hash.update(row);
    }

    pub fn end(self) -> (u64, [u8; 32]) {
        (self.rows, self.hash.finalize().into())
    }
}

/// Table, column, type, and the column's position in the primary key: from 1, or 0 if it is not part of it.
type Described = (String, String, String, i64);
/// A table's columns, and the columns of its primary key by their position there.
type Columns = (Vec<(String, Kind)>, BTreeMap<i64, usize>);

/// Lists all tables of the schema except the driver's own, by name.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>> {
    let columns: Vec<Described> = match tx {
        Tx::Sqlite(tx, _) => {
            sqlx::query_as::<_, (String, String, String, i64)>(
                "SELECT m.name, p.name, lower(p.type), p.pk FROM sqlite_master m, pragma_table_info(m.name) p
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'
                 ORDER BY m.name, p.cid",
            )
            .fetch_all(&mut **tx)
            .await?
        }
        Tx::Postgres(tx, _) => {
            sqlx::query_as::<_, (String, String, String, i64)>(
                "SELECT c.table_name::text, c.column_name::text, c.data_type::text,
                        coalesce(k.ordinal_position, 0)::bigint
                 FROM information_schema.columns c
                 LEFT JOIN (
                     SELECT u.table_schema, u.table_name, u.column_name, u.ordinal_position
                     FROM information_schema.table_constraints p
                     JOIN information_schema.key_column_usage u
                       ON u.constraint_schema = p.constraint_schema AND u.constraint_name = p.constraint_name
                      AND u.table_name = p.table_name
                     WHERE p.constraint_type = 'PRIMARY KEY'
                 ) k ON k.table_schema = c.table_schema AND k.table_name = c.table_name
                    AND k.column_name = c.column_name
                 WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_sqlx%'
                 ORDER BY c.table_name COLLATE \"C\", c.ordinal_position",
            )
            .fetch_all(&mut **tx)
            .await?
        }
    };
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for (table, column, declared, key) in columns {
        let kind = Kind::of(&table, &column, &declared)?;
        let (columns, keys) = tables.entry(table).or_default();
        if key > 0 {
            keys.insert(key, columns.len());
        }
        columns.push((column, kind));
    }
    let table = |(name, (columns, key)): (String, Columns)| {
        let key: Vec<usize> = key.into_values().collect();
        if key.is_empty() {
            return Err(Error::Portable(format!("{name} has no primary key")));
        }
        Ok(Table { name, columns, key })
    };
    tables.into_iter().map(table).collect()
}

/// Returns true if all tables are empty.
pub async fn is_empty(tx: &mut Tx) -> Result<bool> {
    for table in tables(tx).await? {
        let any = AssertSqlSafe(format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name));
        if on!(tx, c => sqlx::query(any).fetch_optional(c).await?.is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Converts a row of the driver.
macro_rules! read_row {
    ($row:expr, $table:expr) => {{
        let row = $row?;
        let mut values = Vec::with_capacity($table.columns.len());
        for (at, (_, kind)) in $table.columns.iter().enumerate() {
            let value = match kind {
                Kind::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
                Kind::Boolean => row.try_get::<Option<bool>, _>(at)?.map(Value::Boolean),
                Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
                Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Value::Bytes),
                Kind::Uuid => row
                    .try_get::<Option<Uuid>, _>(at)?
                    .map(|id| Value::Bytes(id.as_bytes().to_vec())),
            };
            values.push(value.unwrap_or(Value::Null));
        }
        Ok(Row(values))
    }};
}

/// Streams a table's rows, sorted by primary key.
pub fn rows<'a>(tx: &'a mut Tx, table: &'a Table, scope: Scope) -> BoxStream<'a, Result<Row>> {
    let Some(scope) = scope.of(&table.name) else {
        return futures_util::stream::empty().boxed();
    };
    match tx {
        Tx::Sqlite(tx, _) => sqlx::query(AssertSqlSafe(table.select(scope, "")))
            .fetch(&mut **tx)
            .map(move |row| read_row!(row, table))
            .boxed(),
        Tx::Postgres(tx, _) => sqlx::query(AssertSqlSafe(table.select(scope, " COLLATE \"C\"")))
            .fetch(&mut **tx)
            .map(move |row| read_row!(row, table))
            .boxed(),
    }
}

/// Inserts rows with one statement.
macro_rules! insert {
    ($database:ty, $tx:expr, $table:expr, $rows:expr) => {{
        let head = format!("INSERT INTO \"{}\" ({}) ", $table.name, $table.list());
        let mut sql = QueryBuilder::<$database>::new(head);
        sql.push_values($rows, |mut tuple, row| {
            for (value, (_, kind)) in row.0.iter().zip(&$table.columns) {
                match (value, kind) {
                    (Value::Integer(number), _) => tuple.push_bind(*number),
                    (Value::Boolean(is), _) => tuple.push_bind(*is),
                    (Value::Text(text), _) => tuple.push_bind(text.clone()),
                    (Value::Bytes(bytes), Kind::Uuid) => tuple.push_bind(Uuid::from_slice(bytes).ok()),
                    (Value::Bytes(bytes), _) => tuple.push_bind(bytes.clone()),
                    (Value::Null, Kind::Integer) => tuple.push_bind(None::<i64>),
                    (Value::Null, Kind::Boolean) => tuple.push_bind(None::<bool>),
                    (Value::Null, Kind::Text) => tuple.push_bind(None::<String>),
                    (Value::Null, Kind::Bytes) => tuple.push_bind(None::<Vec<u8>>),
                    (Value::Null, Kind::Uuid) => tuple.push_bind(None::<Uuid>),
                };
            }
        });
        sql.build().execute(&mut **$tx).await?.rows_affected()
    }};
}

/// Inserts a table's rows in batches.
#[derive(Debug)]
pub struct Loader<'a> {
    table: &'a Table,
    waiting: Vec<Row>,
    weight: usize,
}

impl<'a> Loader<'a> {
    pub fn new(table: &'a Table) -> Self {
        Self {
            table,
            waiting: Vec::new(),
            weight: 0,
        }
    }

    /// Adds a row; it may wait for its batch to fill.
    pub async fn add(&mut self, tx: &mut Tx, row: Row) -> Result<()> {
        self.weight += row.weight();
        self.waiting.push(row);
        let values = self.waiting.len() * self.table.columns.len();
        if self.waiting.len() >= MAX_ROWS
            || values + self.table.columns.len() > MAX_VALUES
            || self.weight >= MAX_STATEMENT_BYTES
        {
            self.flush(tx).await?;
        }
        Ok(())
    }

    /// Inserts the rows that wait.
    pub async fn flush(&mut self, tx: &mut Tx) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.waiting);
        self.weight = 0;
        let inserted = match tx {
            Tx::Sqlite(tx, _) => insert!(Sqlite, tx, self.table, &rows),
            Tx::Postgres(tx, _) => insert!(Postgres, tx, self.table, &rows),
        };
        expect_rows("load rows", rows.len() as u64, inserted)
    }
}

/// Defers the check of references, so that rows may come in any order.
pub async fn defer_references(tx: &mut Tx) -> Result<()> {
    match tx {
        Tx::Sqlite(tx, _) => {
            sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut **tx).await?;
        }
        Tx::Postgres(..) => alter_references(tx, "DEFERRABLE INITIALLY DEFERRED").await?,
    }
    Ok(())
}

/// Checks all references now, and from now on at each statement again. SQLite checks them at the commit.
pub async fn check_references(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(postgres, _) = tx {
        sqlx::query("SET CONSTRAINTS ALL IMMEDIATE")
            .execute(&mut **postgres)
            .await?;
        alter_references(tx, "NOT DEFERRABLE").await?;
    }
    Ok(())
}

async fn alter_references(tx: &mut Tx, how: &str) -> Result<()> {
    let Tx::Postgres(tx, _) = tx else {
        return Ok(());
    };
    let references = sqlx::query_as::<_, (String, String)>(
        "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 2",
    )
    .fetch_all(&mut **tx)
    .await?;
    for (table, name) in references {
        let sql = AssertSqlSafe(format!("ALTER TABLE {table} ALTER CONSTRAINT {name} {how}"));
        sqlx::query(sql).execute(&mut **tx).await?;
    }
    Ok(())
}
