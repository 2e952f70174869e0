//! Opening the database, bringing its schema up to date, and beginning transactions.

use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlitePool};

use super::tx::{Error, Result, Transient, Tx};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How often a use case runs at most before its transient error is handed on.
const ATTEMPTS: u32 = 12;
/// The advisory lock of the audit log's sequencer on PostgreSQL: `sigilo` in ASCII.
const SEQUENCER: i64 = 0x0073_6967_696c_6f00;
/// How long one waits for a connection before the request is refused.
const PATIENCE: Duration = Duration::from_secs(10);
static SPREAD: AtomicU64 = AtomicU64::new(0);

/// Whether opening may change the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Run what is missing, also in a database that is new.
    Migrate,
    /// Run what is missing in a database that somebody has set up: a mistyped address makes no other.
    Existing,
    /// Run what is missing up to this version: for what an older program wrote.
    Until(i64),
    /// Only check; used by commands that must not change anything.
    Check,
}

/// A database, either of the two. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db(Pools);

#[derive(Clone, Debug)]
enum Pools {
    /// One writer, so that nobody waits inside SQLite; readers see snapshots and are refused writes.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    /// Opens `sqlite:<path>` (created when absent) or `postgres://…`, and runs missing migrations.
    ///
    /// # Errors
    /// [`Error::Address`] for any other address, [`Error::NewerSchema`] when a newer program has been here.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Schema::Migrate).await
    }

    /// As [`Db::open`]; with [`Schema::Check`], a missing migration is an error and a missing file is not created.
    pub async fn open_with(url: &str, schema: Schema) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") {
                return Err(Error::Address);
            }
            Self::open_sqlite(Path::new(path), schema).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|_| Error::Address)?;
            Self::open_postgres(options, schema).await
        } else {
            Err(Error::Address)
        }
    }

    async fn open_sqlite(path: &Path, schema: Schema) -> Result<Self> {
        let creates = matches!(schema, Schema::Migrate | Schema::Until(_));
        if creates {
            create_private(path)?;
        } else if !path.exists() {
            return Err(Error::Absent);
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(creates)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "ON")
            // A statement in the log, slow or not, would tell the second at which a reporter acted.
            .disable_statement_logging();
        let writer = out_of_transactions()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        match schema {
            Schema::Existing => {
                must_exist(sqlx::query_scalar(APPLIED).fetch_one(&writer).await)?;
                SQLITE.run(&writer).await.map_err(|error| newer(&SQLITE, error))?;
            }
            Schema::Migrate => SQLITE.run(&writer).await.map_err(|error| newer(&SQLITE, error))?,
            Schema::Until(version) => SQLITE
                .run_to(version, &writer)
                .await
                .map_err(|error| newer(&SQLITE, error))?,
            Schema::Check => check(&SQLITE, sqlx::query_scalar(APPLIED).fetch_one(&writer).await)?,
        }
        let readers = out_of_transactions()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    async fn open_postgres(options: PgConnectOptions, schema: Schema) -> Result<Self> {
        // As for SQLite: no statement in the log.
        let options = options.disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(PATIENCE)
            .connect_with(options.application_name("sigilo"))
            .await?;
        match schema {
            Schema::Existing => {
                must_exist(sqlx::query_scalar(APPLIED).fetch_one(&pool).await)?;
                POSTGRES.run(&pool).await.map_err(|error| newer(&POSTGRES, error))?;
            }
            Schema::Migrate => POSTGRES.run(&pool).await.map_err(|error| newer(&POSTGRES, error))?,
            Schema::Until(version) => POSTGRES
                .run_to(version, &pool)
                .await
                .map_err(|error| newer(&POSTGRES, error))?,
            Schema::Check => check(&POSTGRES, sqlx::query_scalar(APPLIED).fetch_one(&pool).await)?,
        }
        Ok(Self(Pools::Postgres(pool)))
    }

    /// The version of this program's schema.
    pub fn schema() -> i64 {
        known(&SQLITE)
    }

    /// Begins a transaction that only reads: a snapshot on both databases, refused writes on both.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        })
    }

    /// Begins a transaction that writes; both databases then behave as if such transactions ran one after another.
    ///
    /// SQLite: `BEGIN IMMEDIATE` on the one writer. PostgreSQL: `SERIALIZABLE`, so that a use case that checks and
    /// then acts needs no locks of its own; any statement, and the commit, may then fail with a transient error.
    /// Prefer [`Db::write`], which runs such a use case again.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match &self.0 {
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?),
        })
    }

    /// Begins the audit log's sequencing: one such transaction at a time, in the whole cluster, until it ends.
    ///
    /// SQLite: the writer itself. PostgreSQL: an advisory lock, then `READ COMMITTED`: each statement sees what was
    /// committed before it began, also while this transaction was waiting for the lock.
    pub async fn begin_sequencing(&self) -> Result<Tx> {
        match &self.0 {
            Pools::Sqlite { .. } => self.begin().await,
            Pools::Postgres(pool) => {
                let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(SEQUENCER)
                    .execute(&mut *tx)
                    .await?;
                Ok(Tx::Postgres(tx))
            }
        }
    }

    /// Runs a use case, again if its transaction failed only because of others (bounded). The use case commits:
    ///
    /// ```ignore
    /// db.write(|mut tx| async move {
    ///     cases::insert(&mut tx, &case).await?;
    ///     tx.commit().await?;
    ///     Ok(number)
    /// })
    /// ```
    ///
    /// Randomness and Argon2 come before, never inside: what runs twice must do the same twice.
    pub async fn write<T, E, F, Fut>(&self, mut use_case: F) -> Result<T, E>
    where
        F: FnMut(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<Error> + Transient,
    {
        let mut attempt = 1;
        loop {
            let result = match self.begin().await {
                Ok(tx) => use_case(tx).await,
                Err(error) => Err(E::from(error)),
            };
            match result {
                Err(error) if attempt < ATTEMPTS && error.is_transient() => {
                    // Growing, and never the same for two that have just met.
                    let spread = SPREAD.fetch_add(1, Ordering::Relaxed) % 7;
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * (2 + spread))).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        match &self.0 {
            Pools::Sqlite { readers, .. } => sqlx::query("SELECT 1").execute(readers).await.map(|_| ())?,
            Pools::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Each pool: its name, how many connections it has, and how many of them nobody uses just now.
    #[must_use]
    pub fn pools(&self) -> Vec<(&'static str, u32, usize)> {
        match &self.0 {
            Pools::Sqlite { writer, readers } => vec![
                ("writer", writer.size(), writer.num_idle()),
                ("readers", readers.size(), readers.num_idle()),
            ],
            Pools::Postgres(pool) => vec![("all", pool.size(), pool.num_idle())],
        }
    }

    /// After an erasure: overwrites what deleted rows left behind. SQLite: the write-ahead log is truncated (pages are
    /// overwritten by `secure_delete`). PostgreSQL: the tables that held sealed identities, and what was in transit, are
    /// vacuumed.
    pub async fn scrub(&self) -> Result<()> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await?;
            }
            Pools::Postgres(pool) => {
                sqlx::query(
                    "VACUUM share, seal, letter, checking, unseal, identity_request, follow_up_session, receipt_shown, draft, attachment, record, \
                             case_key, recusal, cases, contact, transit_key, whatsapp_notification, whatsapp_talk, \
                             whatsapp_outgoing, whatsapp_seen, staff_draft",
                )
                .execute(pool)
                .await?;
            }
        }
        Ok(())
    }

    /// The same after an address was taken back, which happens more often: the one table that held it.
    pub async fn scrub_contacts(&self) -> Result<()> {
        match &self.0 {
            Pools::Sqlite { .. } => self.scrub().await?,
            Pools::Postgres(pool) => {
                sqlx::query("VACUUM contact").execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Every table and column (`table.column type nullable`), for the test that compares the two schemas.
    pub async fn columns(&self) -> Result<Vec<(String, String, String, bool)>> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => {
                sqlx::query_as(
                    "SELECT m.name, p.name, lower(p.type), p.\"notnull\" = 0
                     FROM sqlite_master m, pragma_table_info(m.name) p
                     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'
                     ORDER BY m.name, p.cid",
                )
                .fetch_all(readers)
                .await?
            }
            Pools::Postgres(pool) => {
                sqlx::query_as(
                    "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
                     FROM information_schema.columns
                     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
                     ORDER BY table_name COLLATE \"C\", ordinal_position",
                )
                .fetch_all(pool)
                .await?
            }
        })
    }

    /// Ends all connections; on SQLite the write-ahead log is folded in.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Connections that are thrown away when they believe to be in a transaction although nobody is.
///
/// When the disk is full SQLite rolls back by itself; the driver's own rollback then fails, and it would refuse every
/// transaction on that connection for ever, which on the one writer means until the next start.
fn out_of_transactions() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        // The hook does it.
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move {
                // Waits for a rollback that is still under way, and tells whether the connection works.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Creates the file, unless it is there, for its owner only; SQLite gives its journals the same permissions.
fn create_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match created {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(sqlx::Error::Io(error).into()),
        _ => Ok(()),
    }
}

const APPLIED: &str = "SELECT max(version) FROM _sqlx_migrations";

fn known(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A migration that was applied but is unknown here, and later than all known ones: a newer program has been here.
fn newer(migrator: &Migrator, error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(found) if found > known(migrator) => Error::NewerSchema {
            found,
            known: known(migrator),
        },
        other => Error::Migration(other),
    }
}

/// Fails if no migration was ever applied. Other errors of the connection stay what they are.
fn must_exist(applied: Result<Option<i64>, sqlx::Error>) -> Result<()> {
    match applied {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Error::Absent),
        Err(sqlx::Error::Database(error)) if lacks_table(error.as_ref()) => Err(Error::Absent),
        Err(other) => Err(other.into()),
    }
}

/// Returns true if a statement failed because its table does not exist: PostgreSQL's 42P01, SQLite's 1.
fn lacks_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("42P01" | "1"))
}

fn check(migrator: &Migrator, applied: Result<Option<i64>, sqlx::Error>) -> Result<()> {
    let known = known(migrator);
    let found = match applied {
        Ok(found) => found.unwrap_or(0),
        // The table of migrations is missing: an empty database.
        Err(sqlx::Error::Database(_)) => 0,
        Err(other) => return Err(other.into()),
    };
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(Error::OlderSchema { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::NewerSchema { found, known }),
    }
}
