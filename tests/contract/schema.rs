//! Opening, migrations, and the likeness of the two schemas.

use sigilo::domain::ids::InstanceId;
use sigilo::store::{Db, Error, Schema, instance};

use super::{Fresh, postgres, rng, sqlite, stories};

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
