//! Row 5, the audit log: somebody who may write to the database edits, cuts and reorders it. `sigilo audit verify` names
//! the first bad entry.

use std::fs;

use serde_json::{Value, json};
use sigilo::audit::checkpoint::countersign;
use sigilo::audit::entry::{Act, Entry};
use sigilo::domain::ids::InstanceId;
use sigilo::keyfile;
use sigilo::vault::signing::SigningKey;
use sqlx::{Connection as _, SqliteConnection};

use super::forge::{log_of, own_key, tree, write_log};
use super::loot::{open, write};
use crate::support::program::Installation;

/// Somebody who keeps backups.
const RECIPIENT: &str = "age1gz0uklrqv3wsvaduxgrw33fg7hdtc5my4hmklx7uwn9vue63apgqt6t0pq";

/// The database's files as they were.
struct Files(Vec<(&'static str, Option<Vec<u8>>)>);

impl Files {
    fn of(installation: &Installation) -> Self {
        let names = ["sigilo.sqlite", "sigilo.sqlite-wal", "sigilo.sqlite-shm"];
        Self(names.map(|name| (name, fs::read(installation.path(name)).ok())).into())
    }

    fn restore(&self, installation: &Installation) {
        for (name, bytes) in &self.0 {
            match bytes {
                Some(bytes) => fs::write(installation.path(name), bytes).unwrap(),
                None => drop(fs::remove_file(installation.path(name))),
            }
        }
    }
}

#[tokio::test]
async fn row_5_a_log_that_was_tampered_with_is_found_out() {
    let installation = Installation::ready();
    let verified = || installation.done(&["audit", "verify"], "");
    verified();
    let kept = Files::of(&installation);
    for (what, sql, said) in [
        (
            "edited",
            "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'staff.added', 'staff.signed_in') AS BLOB)
             WHERE leaf_index = (SELECT min(leaf_index) FROM audit_entry WHERE CAST(body AS TEXT) LIKE '%staff.added%')",
            "it is not the entry that was signed for",
        ),
        ("deleted", "DELETE FROM audit_entry WHERE leaf_index = 1", "entry 1: "),
        (
            "closed up after a deletion",
            "DELETE FROM audit_entry WHERE leaf_index = 1; UPDATE audit_entry SET leaf_index = -leaf_index WHERE
             leaf_index > 1; UPDATE audit_entry SET leaf_index = -leaf_index - 1 WHERE leaf_index < 0",
            "entry 1: ",
        ),
        (
            "reordered",
            "UPDATE audit_entry SET leaf_index = -1 WHERE leaf_index = 1; UPDATE audit_entry SET leaf_index = 1 WHERE
             leaf_index = 2; UPDATE audit_entry SET leaf_index = 2 WHERE leaf_index = -1",
            "entry 1: ",
        ),
        (
            "cut off with its checkpoints",
            "DELETE FROM audit_entry WHERE leaf_index >= 2; DELETE FROM checkpoint WHERE tree_size > 2; DELETE FROM
             audit_hash WHERE position >= 3",
            "the log ends here",
        ),
        (
            "a checkpoint without its signatures",
            "UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), '— ', '— x') AS BLOB)",
            "checkpoint",
        ),
    ] {
        let mut connection = open(&installation.path("sigilo.sqlite")).await;
        write(&mut connection, sql).await;
        sqlx::Connection::close(connection).await.unwrap();
        let found = installation.refused(&["audit", "verify"]);
        assert!(found.contains(said), "{what}: {found}");
        kept.restore(&installation);
        verified();
    }
}

/// Ways to tamper with a log from `from` on: editing, deleting, reordering.
fn rewritten(entries: &[Vec<u8>], from: usize, how: &str) -> Vec<Vec<u8>> {
    let mut entries = entries.to_vec();
    match how {
        "edited" => {
            let mut entry = Entry::read(&entries[from]).unwrap();
            entry.time -= 1000;
            entries[from] = entry.to_bytes().unwrap();
        }
        "deleted" => drop(entries.remove(from)),
        _ => entries.swap(from, from + 1),
    }
    entries
}

async fn database(installation: &Installation) -> SqliteConnection {
    open(&installation.path("sigilo.sqlite")).await
}

/// Up to where the witness has countersigned.
async fn countersigned(connection: &mut SqliteConnection) -> usize {
    let size: i64 = sqlx::query_scalar("SELECT max(tree_size) FROM checkpoint WHERE cosigned")
        .fetch_one(connection)
        .await
        .unwrap();
    usize::try_from(size).unwrap()
}

#[tokio::test]
async fn row_5_twin_the_logs_key_rewrites_what_is_not_countersigned_yet_and_nothing_before() {
    let installation = Installation::ready();
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let log = keys.log.signing_key();
    // A backup signs a checkpoint; the witness sees it at the next minute of a running server. No row depends on it.
    for name in ["uno.age", "dos.age"] {
        installation.done(&["backup", "--to", name, "--recipient", RECIPIENT], "");
    }
    installation.done(&["audit", "verify"], "");
    let mut connection = database(&installation).await;
    let (kept, from) = (log_of(&mut connection).await, countersigned(&mut connection).await);
    assert!(from >= 2 && kept.len() >= from + 2, "{from} of {}", kept.len());
    connection.close().await.unwrap();
    let files = Files::of(&installation);
    for how in ["edited", "deleted", "reordered"] {
        for (what, signer, start, passes) in [
            ("a key of one's own", &own_key(), from, false),
            ("twin: the log's key", &log, from, true),
            ("the log's key, before the countersignature", &log, from - 2, false),
        ] {
            let mut connection = database(&installation).await;
            let new = rewritten(&kept, start, how);
            write_log(&mut connection, keys.instance, &new, start, signer).await;
            connection.close().await.unwrap();
            let verified = installation.run(&["audit", "verify"], "").status.success();
            assert_eq!(verified, passes, "{how} with {what}");
            files.restore(&installation);
        }
    }
}

/// With the witness's key: its countersignature under the newest checkpoint, and what its file says that it saw.
async fn countersign_all(installation: &Installation, instance: InstanceId, witness: &SigningKey) {
    let mut connection = database(installation).await;
    let entries = log_of(&mut connection).await;
    let (_, checkpoint) = tree(instance, &entries);
    let note: Vec<u8> = sqlx::query_scalar("SELECT note FROM checkpoint ORDER BY tree_size DESC LIMIT 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let note = countersign(&note, 1_795_532_400, instance, witness).unwrap();
    sqlx::query("UPDATE checkpoint SET note = $1, cosigned = TRUE WHERE tree_size = $2")
        .bind(note)
        .bind(checkpoint.size.cast_signed())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let file = installation.path("witness/state.json");
    let mut state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    state["size"] = json!(checkpoint.size);
    state["root"] = json!(hex::encode(checkpoint.root.0));
    fs::write(file, state.to_string()).unwrap();
}

#[tokio::test]
async fn row_5_twin_log_and_witness_together_rewrite_everything() {
    let installation = Installation::ready();
    let keys = keyfile::server_keys(&installation.path("keys.toml")).unwrap();
    let witness = keyfile::witness_keys(&installation.path("witness.toml")).unwrap();
    let mut connection = database(&installation).await;
    let kept = log_of(&mut connection).await;
    let of = |body: &Vec<u8>| Entry::read(body).unwrap().act;
    let from = kept.iter().position(|body| of(body) == Act::AreaKeyMade).unwrap();
    let edited = rewritten(&kept, from, "edited");
    write_log(&mut connection, keys.instance, &edited, from, &keys.log.signing_key()).await;
    // The row beside the log says the same.
    let area = Entry::read(&edited[from]).unwrap().detail["area"]
        .as_str()
        .unwrap()
        .to_owned();
    sqlx::query("UPDATE area_key SET created_at = created_at - 1000 WHERE area = $1")
        .bind(area)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    installation.refused(&["audit", "verify"]);
    countersign_all(&installation, keys.instance, &own_key()).await;
    installation.refused(&["audit", "verify"]);
    countersign_all(&installation, keys.instance, &witness.signing.signing_key()).await;
    installation.done(&["audit", "verify"], "");
}
