//! Opening the database, bringing its schema up to date, and beginning transactions.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlitePool};
use tokio::time::Instant;

use super::error::{Error, Result, Transient};
use super::observer::TransactionObserver;
use super::row_guard::RowGuard;
use super::tx::Tx;
use crate::domain::row::RowAuthenticator;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Largest number of attempts before a transient error is returned.
const MAX_ATTEMPTS: u32 = 12;
/// Id of the advisory lock of the audit log's sequencer on PostgreSQL: `sigilo` in ASCII.
const SEQUENCER_LOCK: i64 = 0x0073_6967_696c_6f00;
/// Time to wait for a connection before the request is refused.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
static SPREAD: AtomicU64 = AtomicU64::new(0);

/// The treatment of the schema when a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Run missing migrations, also in a database that is new.
    Migrate,
    /// Run missing migrations in a database that has been set up: a mistyped address creates no other.
    Existing,
    /// Run missing migrations up to this version, for data that an older program wrote.
    Until(i64),
    /// Only check: for commands that must not change anything.
    Check,
}

/// A SQLite or PostgreSQL database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    guard: RowGuard,
}

#[derive(Clone, Debug)]
enum Pools {
    /// One writer, so that writers queue here and not inside SQLite. Readers see snapshots and cannot write.
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
    /// [`Error::Address`] for any other address, [`Error::NewerSchema`] when a newer program has migrated it.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Schema::Migrate).await
    }

    /// Opens a database as [`Db::open`] does. With [`Schema::Check`], a missing migration is an error and a missing file
    /// is not created.
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
            // A statement in the log would tell the second at which a reporter acted.
            .disable_statement_logging();
        let writer = out_of_transactions()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
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
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self {
            pools: Pools::Sqlite { writer, readers },
            guard: RowGuard::default(),
        })
    }

    async fn open_postgres(options: PgConnectOptions, schema: Schema) -> Result<Self> {
        // As for SQLite: no statements in the log.
        let options = options.disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(ACQUIRE_TIMEOUT)
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
        Ok(Self {
            pools: Pools::Postgres(pool),
            guard: RowGuard::default(),
        })
    }

    /// Reports the measurements of [`Db::write`] to `observer`.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn TransactionObserver>) -> Self {
        self.guard.observer = Some(observer);
        self
    }

    /// Gives the key of the rows that grant something. Without it they can neither be read nor written.
    #[must_use]
    pub fn with_row_key(mut self, key: Arc<dyn RowAuthenticator>) -> Self {
        self.guard.key = Some(key);
        self
    }

    /// Returns the version of this program's schema.
    pub fn schema() -> i64 {
        known(&SQLITE)
    }

    /// Begins a transaction that reads from a snapshot and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?, self.guard.clone()),
            Pools::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
                self.guard.clone(),
            ),
        })
    }

    /// Begins a transaction that writes. Such transactions are serializable on both databases.
    ///
    /// SQLite: `BEGIN IMMEDIATE` on the one writer. PostgreSQL: `SERIALIZABLE`, so that a use case that checks and then
    /// acts needs no locks. Any statement, and the commit, may then fail with a transient error. Prefer [`Db::write`],
    /// which retries.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?, self.guard.clone()),
            Pools::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?,
                self.guard.clone(),
            ),
        })
    }

    /// Begins a transaction of the audit log's sequencer. Only one runs at a time, in the whole cluster.
    ///
    /// SQLite: the writer itself. PostgreSQL: an advisory lock, then `READ COMMITTED`, so that each statement also sees
    /// what others committed while this transaction waited for the lock.
    pub async fn begin_sequencing(&self) -> Result<Tx> {
        match &self.pools {
            Pools::Sqlite { .. } => self.begin().await,
            Pools::Postgres(pool) => {
                let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(SEQUENCER_LOCK)
                    .execute(&mut *tx)
                    .await?;
                Ok(Tx::Postgres(tx, self.guard.clone()))
            }
        }
    }

    /// Runs a use case in a transaction, which it commits itself. Retries transient errors, a bounded number of times.
    ///
    /// ```ignore
    /// db.write("submit_report", |mut tx| async move {
    ///     cases::insert(&mut tx, &case).await?;
    ///     tx.commit().await?;
    ///     Ok(number)
    /// })
    /// ```
    ///
    /// Draw randomness and run Argon2 before it, never inside: a retry must do the same again. The metrics show duration
    /// and retries under `name`, a verb and its object, which no other transaction has.
    pub async fn write<T, E, F, Fut>(&self, name: &'static str, mut use_case: F) -> Result<T, E>
    where
        F: FnMut(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<Error> + Transient,
    {
        let begun = Instant::now();
        let mut attempt = 1;
        loop {
            let result = match self.begin().await {
                Ok(tx) => use_case(tx).await,
                Err(error) => Err(E::from(error)),
            };
            match result {
                Err(error) if attempt < MAX_ATTEMPTS && error.is_transient() => {
                    // The delay grows, and differs between two that have just collided.
                    let spread = SPREAD.fetch_add(1, Ordering::Relaxed) % 7;
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * (2 + spread))).await;
                    attempt += 1;
                }
                result => {
                    if let Some(observer) = &self.guard.observer {
                        observer.observe_transaction(name, begun.elapsed(), attempt - 1);
                    }
                    return result;
                }
            }
        }
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => sqlx::query("SELECT 1").execute(readers).await.map(|_| ())?,
            Pools::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Lists the pools: name, number of connections, and number of idle ones.
    #[must_use]
    pub fn pools(&self) -> Vec<(&'static str, u32, usize)> {
        match &self.pools {
            Pools::Sqlite { writer, readers } => vec![
                ("writer", writer.size(), writer.num_idle()),
                ("readers", readers.size(), readers.num_idle()),
            ],
            Pools::Postgres(pool) => vec![("all", pool.size(), pool.num_idle())],
        }
    }

    /// Overwrites the remains of deleted rows, after an erasure.
    ///
    /// SQLite: truncates the write-ahead log; `secure_delete` overwrites the pages. PostgreSQL: vacuums the tables that
    /// held sealed identities or data in transit.
    pub async fn scrub(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await?;
            }
            Pools::Postgres(pool) => {
                sqlx::query(
                    "VACUUM share, seal, letter, checking, unseal, identity_request, follow_up_session, receipt_shown, draft, attachment, record, \
                             case_key, case_statement, recusal, cases, contact, transit_key, whatsapp_notification, whatsapp_conversation, \
                             whatsapp_outgoing, whatsapp_seen, staff_draft",
                )
                .execute(pool)
                .await?;
            }
        }
        Ok(())
    }

    /// Overwrites the remains of deleted addresses. It is cheaper than [`Db::scrub`], as it happens more often.
    pub async fn scrub_contacts(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { .. } => self.scrub().await?,
            Pools::Postgres(pool) => {
                sqlx::query("VACUUM contact").execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Lists table, column, type and nullability of every column, for the test that compares the two schemas.
    pub async fn columns(&self) -> Result<Vec<(String, String, String, bool)>> {
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => {
                sqlx::query_as::<_, (String, String, String, bool)>(
                    "SELECT m.name, p.name, lower(p.type), p.\"notnull\" = 0
                     FROM sqlite_master m, pragma_table_info(m.name) p
                     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'
                     ORDER BY m.name, p.cid",
                )
                .fetch_all(readers)
                .await?
            }
            Pools::Postgres(pool) => {
                sqlx::query_as::<_, (String, String, String, bool)>(
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

    /// Closes all connections; on SQLite this merges the write-ahead log.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Options of a pool that discards idle connections whose driver believes to be in a transaction.
///
/// When the disk is full, SQLite rolls back by itself and the driver's own rollback fails. The driver would then refuse
/// every further transaction on that connection. On the one writer that would last until the next start.
fn out_of_transactions() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        // The hook below tests it.
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move {
                // Waits for a rollback that is still running, and fails if the connection is broken.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Creates the file, if it is missing, for its owner only. SQLite gives its journals the same permissions.
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

/// Recognizes an applied migration that is later than all known ones: a newer program has migrated the database.
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
