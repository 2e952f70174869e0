//! Opening, migrations, and the likeness of the two schemas.

use std::path::Path;

use sigilo::domain::ids::InstanceId;
use sigilo::domain::role::Role;
use sigilo::store::{Db, Error, Schema, instance, staff, visitors};
use sqlx::migrate::Migrator;

use super::{Fresh, new_staff, postgres, rng, sqlite, stories};

stories!(an_instance_is_created_once, a_newer_schema_is_refused);

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_tables_and_columns() {
    let portable = |columns: Vec<(String, String, String, bool)>| -> Vec<_> {
        columns
            .into_iter()
            .map(|(table, column, kind, nullable)| {
                let kind = if matches!(kind.as_str(), "uuid" | "bytea") {
                    "blob".to_owned()
                } else {
                    kind
                };
                (table, column, kind, nullable)
            })
            .collect()
    };
    let sqlite = portable(sqlite().await.db.columns().await.unwrap());
    let postgres = portable(postgres().await.db.columns().await.unwrap());
    assert!(sqlite.len() > 100);
    assert_eq!(sqlite, postgres);
}

async fn an_instance_is_created_once(fresh: Fresh) {
    let id = InstanceId::random(&mut rng());
    let mut tx = fresh.db.begin().await.unwrap();
    assert_eq!(instance::get(&mut tx).await.unwrap(), None);
    instance::create(&mut tx, id, 5).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.db.begin().await.unwrap();
    assert_eq!(instance::get(&mut tx).await.unwrap().unwrap().id, id);
    assert!(instance::create(&mut tx, id, 6).await.unwrap_err().is_duplicate());
    drop(tx);
    // Opening again changes nothing.
    let again = Db::open_with(&fresh.url, Schema::Check).await.unwrap();
    let mut tx = again.read().await.unwrap();
    assert_eq!(instance::get(&mut tx).await.unwrap().unwrap().created_at, 5);
}

async fn a_newer_schema_is_refused(fresh: Fresh) {
    let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (9999, 'later', TRUE, $1, 1)";
    let checksum = [0u8; 48].as_slice();
    match fresh.db.begin().await.unwrap() {
        sigilo::store::Tx::Sqlite(mut tx) => {
            sqlx::query(insert).bind(checksum).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        sigilo::store::Tx::Postgres(mut tx) => {
            sqlx::query(insert).bind(checksum).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    for schema in [Schema::Migrate, Schema::Check] {
        let error = Db::open_with(&fresh.url, schema).await.unwrap_err();
        assert!(matches!(error, Error::NewerSchema { found: 9999, .. }), "{error}");
    }
    assert!(matches!(Db::open("mysql://x").await, Err(Error::Address)));
}

#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let fresh = sqlite().await;
    let file = fresh.url.strip_prefix("sqlite:").unwrap();
    for file in [file.to_owned(), format!("{file}-wal")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}: {mode:o}");
    }
}

/// Takes what the whole test binary logs about statements.
#[derive(Clone, Default)]
struct Taken(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Taken {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_not_logged_at_any_level() {
    let taken = Taken::default();
    let writer = taken.clone();
    tracing_subscriber::fmt()
        .with_env_filter("off,sqlx::query=trace")
        .with_writer(move || writer.clone())
        .init();
    for fresh in [sqlite().await, postgres().await] {
        let mut tx = fresh.db.begin().await.unwrap();
        visitors::insert_draft(&mut tx, &[1; 32], b"sealed", 3600)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        fresh.db.close().await;
    }
    let taken = String::from_utf8_lossy(&taken.0.lock().unwrap()).into_owned();
    assert!(!taken.contains("INSERT INTO draft"), "{taken}");
}

/// The first two migrations of a database's folder, as an installation of that time had them.
async fn first_two(folder: &str) -> Migrator {
    let copies = tempfile::tempdir().unwrap();
    for name in ["0001_spine.sql", "0002_attachments.sql"] {
        std::fs::copy(Path::new(folder).join(name), copies.path().join(name)).unwrap();
    }
    Migrator::new(copies.path()).await.unwrap()
}

/// A member, and a row of each table that refers to one; `{01}` stands for sixteen times that byte.
const ROWS: &[&str] = &[
    "INSERT INTO staff VALUES ({01}, 'ana@sigilo.test', 'Ana', 'analyst', 'es', 'active', {02}, {03}, 'age1a', {04}, 5)",
    "INSERT INTO staff VALUES ({05}, 'eva@sigilo.test', 'Eva', 'officer', 'es', 'left', {06}, {07}, 'age1b', {08}, 6)",
    "INSERT INTO area_key VALUES ('transparencia', 1, 'age1c', 5)",
    "INSERT INTO area_member VALUES ('transparencia', 1, {01}, {09})",
    "INSERT INTO staff_session VALUES ({0a}, {01}, 5, 6, 7)",
    "INSERT INTO cases VALUES ({0b}, '2026-X', 'queja', 'demoras', NULL, NULL, 'web', 'server', 'es', 1, 'transparencia',
        'received', 2, 3, NULL, NULL, NULL, TRUE, {0c}, 'age1d', {0d}, {0e})",
    "INSERT INTO audit_entry VALUES ({0f}, 1, {10}, NULL, NULL)",
    // Bytes that are an entry, `{"time":77,"actor":"system","act":"case.erased"}`, beside those above that are none.
    "INSERT INTO audit_entry VALUES ({1b}, 1, \
     {7b2274696d65223a37372c226163746f72223a2273797374656d222c22616374223a22636173652e657261736564227d}, NULL, NULL)",
    "INSERT INTO case_event VALUES ({11}, {0b}, 5, {01}, 'state', 'received', 'in_review', NULL)",
    "INSERT INTO validation_request VALUES ({12}, {0b}, {01}, 5, {13}, 'open')",
    "INSERT INTO unseal VALUES ({14}, {0b}, NULL, {05}, 'validation', {15}, {16}, {17}, {18}, {0f}, 5, 'requested', NULL,
        NULL, NULL)",
    "INSERT INTO letter VALUES ({19}, {0b}, 'purpose', {05}, {0f}, {1a})",
];

/// What the log is narrowed by, filled in for the entries that were there before.
const LISTED: &str = "SELECT act, actor, at FROM audit_entry ORDER BY at";

fn listed() -> [(String, String, i64); 2] {
    [
        (String::new(), String::new(), 0),
        ("case.erased".into(), "system".into(), 77),
    ]
}

/// A row with its ids written as `literal` writes sixteen bytes; what is longer than one byte stands for itself.
fn filled(row: &str, literal: impl Fn(&str) -> String) -> String {
    let mut parts = row.split('{');
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (byte, rest) = part.split_once('}').unwrap();
        out.push_str(&literal(&byte.repeat(if byte.len() == 2 { 16 } else { 1 })));
        out.push_str(rest);
    }
    out
}

const KEPT: &str = "SELECT email, name, role, language, state, recipient, created_at FROM staff WHERE role <> 'clerk'
                    ORDER BY email";
type Kept = (String, String, String, String, String, String, i64);

fn kept() -> Vec<Kept> {
    [
        ("ana@sigilo.test", "Ana", "analyst", "active", "age1a", 5),
        ("eva@sigilo.test", "Eva", "officer", "left", "age1b", 6),
    ]
    .map(|(email, name, role, state, recipient, at)| {
        let [email, name, role, language, state, recipient] =
            [email, name, role, "es", state, recipient].map(str::to_owned);
        (email, name, role, language, state, recipient, at)
    })
    .to_vec()
}

/// What holds in a database that came all the way: a clerk is let in, nothing unknown is, and nobody is torn out.
async fn takes_clerks_and_keeps_its_references(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    staff::insert(&mut tx, &new_staff(Role::Clerk)).await.unwrap();
    tx.commit().await.unwrap();
    for wrong in [
        "INSERT INTO staff_session SELECT verify_key, id, 1, 1, 1 FROM staff WHERE role = 'nobody' UNION ALL
         SELECT verify_key, case_event.id, 1, 1, 1 FROM case_event, staff WHERE email = 'ana@sigilo.test'",
        "UPDATE staff SET role = 'king'",
        "DELETE FROM staff WHERE email = 'ana@sigilo.test'",
    ] {
        let refused = match db.begin().await.unwrap() {
            sigilo::store::Tx::Sqlite(mut tx) => sqlx::query(wrong).execute(&mut *tx).await.map(drop),
            sigilo::store::Tx::Postgres(mut tx) => sqlx::query(wrong).execute(&mut *tx).await.map(drop),
        };
        assert!(refused.is_err(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_sqlite_database_comes_along_whole() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("sigilo.db").display());
    let options = format!("{url}?mode=rwc");
    let old = sqlx::SqlitePool::connect(&options).await.unwrap();
    first_two("migrations/sqlite").await.run(&old).await.unwrap();
    for row in ROWS {
        let row = filled(row, |hex| format!("x'{hex}'"));
        sqlx::query(sqlx::AssertSqlSafe(row)).execute(&old).await.unwrap();
    }
    old.close().await;

    let db = Db::open(&url).await.unwrap();
    takes_clerks_and_keeps_its_references(&db).await;
    db.close().await;
    let after = sqlx::SqlitePool::connect(&url).await.unwrap();
    let staff: Vec<Kept> = sqlx::query_as(KEPT).fetch_all(&after).await.unwrap();
    assert_eq!(staff, kept());
    let entries: Vec<(String, String, i64)> = sqlx::query_as(LISTED).fetch_all(&after).await.unwrap();
    assert_eq!(entries, listed());
    let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM staff_session JOIN staff ON staff.id = staff_id")
        .fetch_one(&after)
        .await
        .unwrap();
    assert_eq!(sessions, 1);
    let broken: i64 = sqlx::query_scalar("SELECT count(*) FROM pragma_foreign_key_check")
        .fetch_one(&after)
        .await
        .unwrap();
    assert_eq!(broken, 0);

    // Cut off after the change and before it was noted: the next start does it again, to no effect.
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 4")
        .execute(&after)
        .await
        .unwrap();
    after.close().await;
    let db = Db::open(&url).await.unwrap();
    takes_clerks_and_keeps_its_references(&db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_reference_stops_the_change_and_undoes_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("sigilo.db").display());
    let old = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    first_two("migrations/sqlite").await.run(&old).await.unwrap();
    let mut careless = old.acquire().await.unwrap();
    for statement in [
        "PRAGMA foreign_keys = OFF",
        "INSERT INTO staff_session VALUES (x'01', x'02', 1, 1, 1)",
    ] {
        sqlx::query(statement).execute(&mut *careless).await.unwrap();
    }
    drop(careless);
    old.close().await;
    assert!(matches!(Db::open(&url).await, Err(Error::Migration(_))));
    let after = sqlx::SqlitePool::connect(&url).await.unwrap();
    let table: String = sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE name = 'staff'")
        .fetch_one(&after)
        .await
        .unwrap();
    assert!(!table.contains("clerk"), "{table}");
    let half_made: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'staff_anew'")
        .fetch_one(&after)
        .await
        .unwrap();
    assert_eq!(half_made, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_postgres_database_comes_along_whole() {
    let url = crate::support::postgres::empty_url().await;
    let old = sqlx::PgPool::connect(&url).await.unwrap();
    first_two("migrations/postgres").await.run(&old).await.unwrap();
    for row in ROWS {
        let mut row = filled(row, |hex| format!("'\\x{hex}'"));
        // Ids are UUIDs there: those that are referred to, and those of rows.
        for id in ["01", "05", "0b", "0f", "11", "12", "14", "19", "1b"] {
            row = row.replace(&format!("'\\x{}'", id.repeat(16)), &format!("'{}'", id.repeat(16)));
        }
        sqlx::query(sqlx::AssertSqlSafe(row)).execute(&old).await.unwrap();
    }
    old.close().await;
    let db = Db::open(&url).await.unwrap();
    takes_clerks_and_keeps_its_references(&db).await;
    db.close().await;
    let after = sqlx::PgPool::connect(&url).await.unwrap();
    let staff: Vec<Kept> = sqlx::query_as(KEPT).fetch_all(&after).await.unwrap();
    assert_eq!(staff, kept());
    let entries: Vec<(String, String, i64)> = sqlx::query_as(LISTED).fetch_all(&after).await.unwrap();
    assert_eq!(entries, listed());
}
