//! `sigilo audit verify` over a database in which an identity was opened, and over the same database after somebody
//! with its password has changed it.

use std::path::Path;

use sigilo::audit::tree::{Hashes, append, leaf_hash, needed_for_root};
use sigilo::audit::verify::{Defect, RowDefect};
use sigilo::service::Error;
use sigilo::service::audit::verification::{Pins, VerificationError, Verified, verify};
use sigilo::store::{Db, Schema};
use sigilo::vault::hash::Hash32;
use sigilo::witness::setup::inspect;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tlog_tiles::Hash;

use super::unseal::{filed, unsealed};
use crate::support::app::{OFFICER, TestApp};
use crate::support::staff::sign_in;

/// A log with an unseal, all of it countersigned.
async fn logged() -> TestApp {
    let app = TestApp::new().await;
    let (_, case) = filed(&app).await;
    let mut officer = sign_in(&app, OFFICER).await;
    unsealed(&app, &mut officer, case, 1).await;
    sign_in(&app, OFFICER).await;
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    app
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Copies the database and executes `statements` on the copy.
pub(super) async fn tampered(app: &TestApp, name: &str, statements: &[String]) -> Db {
    let copy = app.folder.path().join(name);
    let original = app.folder.path().join("sigilo.sqlite");
    let mut connection = SqliteConnection::connect(&url(&original)).await.unwrap();
    let into = AssertSqlSafe(format!("VACUUM INTO '{}'", copy.display()));
    sqlx::query(into).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let mut connection = SqliteConnection::connect(&url(&copy)).await.unwrap();
    for rules in ["PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON"] {
        sqlx::query(rules).execute(&mut connection).await.unwrap();
    }
    for statement in statements {
        let done = sqlx::query(AssertSqlSafe(statement.clone()))
            .execute(&mut connection)
            .await;
        assert_ne!(done.unwrap().rows_affected(), 0, "{statement}");
    }
    connection.close().await.unwrap();
    let db = Db::open_with(&url(&copy), Schema::Check).await.unwrap();
    db.with_row_key(crate::support::app::key_files().0.row_key())
}

/// Verifies as the command does: reads the witness's files beside the running witness.
pub(crate) async fn verified(app: &TestApp, db: &Db) -> Result<Verified, VerificationError> {
    let keys = app.app().keys();
    let pins = Pins {
        instance: app.app().instance,
        authority: keys.authority,
        log: keys.log.signing_key().verify_key(),
        witness: keys.witness,
    };
    let folder = app.folder.path().join("witness");
    let seen = async || inspect(&folder).map_err(|error| Error::Unavailable(error.to_string()));
    verify(db, &pins, seen, async |_, _| Ok(())).await
}

fn outcome_of(outcome: Result<Verified, VerificationError>) -> (u64, Option<Defect>) {
    match outcome {
        Ok(verified) => panic!("nothing found: {verified:?}"),
        Err(VerificationError::Entry(finding, _)) => (finding.index, Some(finding.defect)),
        Err(VerificationError::Unsigned(index, _)) => (index, None),
        Err(VerificationError::Queue(count, _)) => panic!("{count} forged"),
        Err(VerificationError::Journal(what)) => panic!("{what}"),
        Err(VerificationError::Row(finding, _)) => panic!("{finding}"),
        Err(VerificationError::Service(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_untouched_log_verifies_and_what_waits_is_told() {
    let app = logged().await;
    let db = tampered(&app, "copy", &[]).await;
    let good = verified(&app, &db).await.unwrap();
    assert!(good.summary.entries > 10 && good.checkpoints >= 2);
    assert_eq!(good.summary.witnessed, good.summary.entries);
    assert_eq!((good.summary.unseals, good.waiting), (1, 0));

    // The log has new entries, first without leaves and then with them.
    sign_in(&app, OFFICER).await;
    let db = tampered(&app, "waiting", &[]).await;
    assert_eq!(verified(&app, &db).await.unwrap().waiting, 1);
    app.app().log.sequence().await.unwrap();
    let db = tampered(&app, "signed", &[]).await;
    let later = verified(&app, &db).await.unwrap();
    assert_eq!(later.summary.witnessed + 1, later.summary.entries);
}

#[tokio::test]
async fn the_first_bad_entry_is_named() {
    let app = logged().await;
    let size = {
        let mut tx = app.app().db().read().await.unwrap();
        sigilo::store::log::tree_size(&mut tx).await.unwrap().unsigned_abs()
    };
    let last = size - 1;
    let of = |sql: &str| vec![sql.to_owned()];

    let edited = "UPDATE audit_entry SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE leaf_index = 5";
    let db = tampered(&app, "edited", &of(edited)).await;
    assert_eq!(outcome_of(verified(&app, &db).await), (5, Some(Defect::Edited)));

    let db = tampered(
        &app,
        "last",
        &[format!("DELETE FROM audit_entry WHERE leaf_index = {last}")],
    )
    .await;
    assert_eq!(
        outcome_of(verified(&app, &db).await),
        (last, Some(Defect::Truncated { size }))
    );
    // The checkpoint and the hashes are deleted, too: the witness still knows the entry.
    let mut tail = vec![
        format!("DELETE FROM audit_entry WHERE leaf_index = {last}"),
        format!("DELETE FROM checkpoint WHERE tree_size = {size}"),
    ];
    let db = tampered(&app, "tail", &tail).await;
    assert_eq!(
        outcome_of(verified(&app, &db).await),
        (last, Some(Defect::Truncated { size }))
    );
    tail.push("UPDATE audit_entry SET leaf_index = -1 WHERE leaf_index = 0".into());
    let db = tampered(&app, "both", &tail).await;
    assert_eq!(
        outcome_of(verified(&app, &db).await),
        (0, Some(Defect::Missing { next: 1 }))
    );

    let swap = ["3 TO 100000", "4 TO 3", "100000 TO 4"].map(|move_| {
        let (from, to) = move_.split_once(" TO ").unwrap();
        format!("UPDATE audit_entry SET leaf_index = {to} WHERE leaf_index = {from}")
    });
    let db = tampered(&app, "swapped", &swap).await;
    assert_eq!(outcome_of(verified(&app, &db).await), (3, Some(Defect::Edited)));

    // An entry that the log never signed for, without hashes and with the right ones.
    let id = "X'a1a2a3a4b1b24c1c8d1d2d3d4d5d6d7d'";
    let body = r#"{"id":"a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d","time":1795532400,"actor":"system","act":"identity.erased","case":null,"detail":{},"signed":null}"#;
    let mut forged = of(&format!(
        "INSERT INTO audit_entry (id, written, body, leaf_index) VALUES ({id}, 1, CAST('{body}' AS BLOB), {size})"
    ));
    let db = tampered(&app, "forged", &forged).await;
    assert_eq!(outcome_of(verified(&app, &db).await), (size, Some(Defect::Differs)));
    for (position, hash) in hashes_of(&app, size, body.as_bytes()).await {
        let hash = hex::encode(hash.0);
        forged.push(format!(
            "INSERT INTO audit_hash (position, hash) VALUES ({position}, X'{hash}')"
        ));
    }
    let db = tampered(&app, "well-forged", &forged).await;
    assert_eq!(outcome_of(verified(&app, &db).await), (size, None));

    let hash = "UPDATE audit_hash SET hash = zeroblob(32) WHERE position = 0";
    let db = tampered(&app, "hash", &of(hash)).await;
    assert_eq!(outcome_of(verified(&app, &db).await), (0, Some(Defect::StoredHash)));
    let refiled = "UPDATE audit_entry SET case_id = NULL WHERE CAST(body AS TEXT) LIKE '%unseal.requested%'";
    let db = tampered(&app, "refiled", &of(refiled)).await;
    assert!(matches!(
        outcome_of(verified(&app, &db).await),
        (_, Some(Defect::Misfiled))
    ));
    // The auditor's list would hide it, although its bytes are as they were.
    for (name, column) in [
        ("act", "act = 'case.opened'"),
        ("actor", "actor = 'system'"),
        ("time", "at = at + 1"),
    ] {
        let hidden = format!("UPDATE audit_entry SET {column} WHERE CAST(body AS TEXT) LIKE '%unseal.requested%'");
        let db = tampered(&app, name, &of(&hidden)).await;
        assert!(
            matches!(outcome_of(verified(&app, &db).await), (_, Some(Defect::Misfiled))),
            "{name}"
        );
    }
    let db = tampered(&app, "roster", &of("UPDATE roster SET note = zeroblob(8)")).await;
    assert!(matches!(
        outcome_of(verified(&app, &db).await),
        (_, Some(Defect::RosterRefused))
    ));
}

#[tokio::test]
async fn a_journal_that_was_cut_is_no_witness() {
    let app = logged().await;
    let db = tampered(&app, "copy", &[]).await;
    let path = app.folder.path().join("witness").join("journal");
    let journal = std::fs::read_to_string(&path).unwrap();
    let kept: Vec<&str> = journal
        .lines()
        .filter(|line| !line.contains("\"kind\":\"unseal\""))
        .collect();
    assert_eq!(kept.len() + 1, journal.lines().count());
    std::fs::write(&path, kept.join("\n") + "\n").unwrap();
    // Its state counts the unseal, which it has no more.
    assert!(matches!(
        verified(&app, &db).await,
        Err(VerificationError::Row(finding, _)) if finding.defect == RowDefect::JournalShort
    ));
    let state = path.with_file_name("state.json");
    let mut fitting: serde_json::Value = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
    fitting["lines"] = kept.len().into();
    fitting["last"] = Hash32::of_bytes(kept.last().unwrap().as_bytes()).to_string().into();
    std::fs::write(&state, fitting.to_string()).unwrap();
    // The journal has no unseal for the release any more.
    assert!(matches!(
        outcome_of(verified(&app, &db).await),
        (_, Some(Defect::NotInJournal))
    ));
    std::fs::write(&path, journal.replacen("\"time\":", "\"time\":1", 1)).unwrap();
    assert!(matches!(verified(&app, &db).await, Err(VerificationError::Journal(_))));
}

/// The tree hashes that an entry at the end would have.
async fn hashes_of(app: &TestApp, size: u64, body: &[u8]) -> Vec<(u64, Hash)> {
    let needed = needed_for_root(size).unwrap();
    let positions: Vec<i64> = needed.iter().map(|position| position.cast_signed()).collect();
    let mut tx = app.app().db().read().await.unwrap();
    let stored = sigilo::store::log::hashes(&mut tx, &positions).await.unwrap();
    let hashes = stored.into_iter().map(|hash| Hash(hash.try_into().unwrap()));
    let mut hashes: Hashes = needed.into_iter().zip(hashes).collect();
    append(size, &[leaf_hash(app.app().instance, body)], &mut hashes).unwrap()
}
