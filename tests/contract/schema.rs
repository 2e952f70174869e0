//! Opening a database, its schema, and the equality of the two schemas.

use sigilo::domain::ids::InstanceId;
use sigilo::domain::role::Role;
use sigilo::store::{Db, Error, Schema, Tx, instance, staff, visitors};

use super::{Fresh, new_staff, postgres, rng, sqlite, stories};

stories!(
    an_instance_is_created_once,
    a_newer_schema_is_refused,
    constraints_are_enforced,
);

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
        Tx::Sqlite(mut tx, _) => {
            sqlx::query(insert).bind(checksum).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        Tx::Postgres(mut tx, _) => {
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

/// Collects everything that the test binary logs about statements.
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

async fn constraints_are_enforced(fresh: Fresh) {
    let mut tx = fresh.db.begin().await.unwrap();
    let clerk = new_staff(Role::Clerk);
    staff::insert(&mut tx, &clerk).await.unwrap();
    tx.commit().await.unwrap();
    for wrong in [
        "UPDATE staff SET role = 'king'",
        "UPDATE staff SET state = 'lost'",
        // A reference to nobody.
        "INSERT INTO validation_request (id, case_id, requested_by, requested_at, letter, state)
         SELECT id, id, id, 1, verify_key, 'open' FROM staff",
    ] {
        let refused = match fresh.db.begin().await.unwrap() {
            Tx::Sqlite(mut tx, _) => sqlx::query(wrong).execute(&mut *tx).await.map(drop),
            Tx::Postgres(mut tx, _) => sqlx::query(wrong).execute(&mut *tx).await.map(drop),
        };
        assert!(refused.is_err(), "{wrong}");
    }
    // A member whom another row names cannot be deleted.
    let session = "INSERT INTO staff_session (token_hash, staff_id, created_at, seen_at, reauthenticated_at, mac)
                   SELECT verify_key, id, 1, 1, 1, mac FROM staff";
    let delete = "DELETE FROM staff";
    let refused = match fresh.db.begin().await.unwrap() {
        Tx::Sqlite(mut tx, _) => {
            sqlx::query(session).execute(&mut *tx).await.unwrap();
            sqlx::query(delete).execute(&mut *tx).await.map(drop)
        }
        Tx::Postgres(mut tx, _) => {
            sqlx::query(session).execute(&mut *tx).await.unwrap();
            sqlx::query(delete).execute(&mut *tx).await.map(drop)
        }
    };
    assert!(refused.is_err());
}
