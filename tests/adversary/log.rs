//! Row 5, the audit log: somebody who may write to the database edits, cuts and reorders it. `sigilo audit verify` names
//! the first bad entry.

use std::fs;

use super::loot::{open, write};
use crate::support::program::Installation;

#[tokio::test]
async fn row_5_a_log_that_was_tampered_with_is_found_out() {
    let installation = Installation::ready();
    let names = ["sigilo.sqlite", "sigilo.sqlite-wal", "sigilo.sqlite-shm"];
    let verified = || installation.done(&["audit", "verify"], "");
    verified();
    let kept: Vec<_> = names
        .iter()
        .map(|name| fs::read(installation.path(name)).ok())
        .collect();
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
        for (name, bytes) in names.iter().zip(&kept) {
            match bytes {
                Some(bytes) => fs::write(installation.path(name), bytes).unwrap(),
                None => drop(fs::remove_file(installation.path(name))),
            }
        }
        verified();
    }
}
