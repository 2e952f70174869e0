//! Row 5, the queue of the audit log: somebody who may write to the database writes entries into it, or changes those that
//! wait. They get no place, and are named. The twins have the pepper, or the log's key.

use serde_json::json;
use sigilo::audit::entry::{Act, Entry};
use sigilo::service::Error;
use sigilo::service::audit::verification::VerificationError;
use sqlx::{Connection as _, SqliteConnection};

use super::forge::{entry, log_of, own_key, write_log};
use super::loot::{open, write};
use super::rows::{database, with_the_pepper};
use crate::support::app::{AUDITOR, CLERK, TestApp};
use crate::support::program::{Installation, output_text};
use crate::support::staff::sign_in;

/// Writes an unsigned `identity.erased` into the queue, before everything that waits. Its MAC is that of an entry that
/// waits, if there is one.
async fn forge(connection: &mut SqliteConnection) -> Vec<u8> {
    let body = entry(Act::IdentityErased, json!({}));
    let forged = Entry::read(&body).unwrap();
    sqlx::query(
        "INSERT INTO audit_entry (id, written, body, act, actor, at, mac) VALUES ($1, 0, $2, $3, $4, $5,
         coalesce((SELECT mac FROM audit_entry WHERE leaf_index IS NULL LIMIT 1), randomblob(32)))",
    )
    .bind(forged.id)
    .bind(&body)
    .bind(forged.act.code())
    .bind(forged.actor.to_string())
    .bind(forged.time)
    .execute(connection)
    .await
    .unwrap();
    body
}

#[tokio::test]
async fn row_5_a_forged_entry_gets_no_place_and_is_named() {
    let app = TestApp::new().await;
    // The worst moment: the log's own entries wait, and their MACs can be copied.
    sign_in(&app, CLERK).await;
    let mut connection = database(&app).await;
    let forged = forge(&mut connection).await;
    let before = log_of(&mut connection).await.len();
    app.app().log.sequence().await.unwrap();
    app.app().log.cosign().await.unwrap();
    let entries = log_of(&mut connection).await;
    assert_eq!(entries.len(), before + 1, "the sign-in has its place");
    assert!(!entries.contains(&forged));
    let named = app.app().log.verify_log().await;
    let Err(VerificationError::Queue(1, Some(named))) = named else {
        panic!("{named:?}")
    };
    assert_eq!(named.act, Act::IdentityErased);

    // Twin.
    with_the_pepper(&mut connection, "audit_entry").await;
    app.app().log.sequence().await.unwrap();
    assert!(log_of(&mut connection).await.contains(&forged));
}

#[tokio::test]
async fn row_5_entries_that_wait_are_neither_changed_nor_reordered() {
    for change in [
        "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'staff.signed_in', 'staff.left') AS BLOB)
         WHERE leaf_index IS NULL",
        "UPDATE audit_entry SET written = written - 1 WHERE leaf_index IS NULL",
        "UPDATE audit_entry SET act = 'staff.left' WHERE leaf_index IS NULL",
        "UPDATE audit_entry SET mac = NULL WHERE leaf_index IS NULL",
    ] {
        let app = TestApp::new().await;
        sign_in(&app, CLERK).await;
        let mut connection = database(&app).await;
        let before = log_of(&mut connection).await.len();
        write(&mut connection, change).await;
        app.app().log.sequence().await.unwrap();
        assert_eq!(log_of(&mut connection).await.len(), before, "{change}");
        let verified = app.app().log.verify_log().await;
        assert!(
            matches!(verified, Err(VerificationError::Queue(1, _))),
            "{change}: {verified:?}"
        );
    }
}

#[tokio::test]
async fn row_5_a_leaf_of_somebody_else_is_not_signed_for() {
    let app = TestApp::new().await;
    let instance = app.app().instance;
    let mut connection = database(&app).await;
    let kept = log_of(&mut connection).await;
    let (from, mut entries) = (kept.len(), kept);
    // Row, hashes and all: only the checkpoint bears no signature of the log.
    entries.push(entry(Act::IdentityErased, json!({})));
    write_log(&mut connection, instance, &entries, from, &own_key()).await;
    for forged_checkpoint in [true, false] {
        if !forged_checkpoint {
            let sql = format!("DELETE FROM checkpoint WHERE tree_size = {}", entries.len());
            write(&mut connection, &sql).await;
        }
        sign_in(&app, AUDITOR).await;
        let refused = app.app().log.sequence().await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert_eq!(log_of(&mut connection).await.len(), entries.len());
    }
    // Twin: with the log's key.
    let log = app.app().keys().log.signing_key();
    write_log(&mut connection, instance, &entries, from, &log).await;
    app.app().log.sequence().await.unwrap();
    assert_eq!(log_of(&mut connection).await.len(), entries.len() + 2);
}

#[tokio::test]
async fn row_5_commands_name_forged_entries() {
    let installation = Installation::ready();
    installation.done(&["audit", "verify"], "");
    installation.done(&["doctor"], "");
    let mut connection = open(&installation.path("sigilo.sqlite")).await;
    forge(&mut connection).await;
    connection.close().await.unwrap();
    let found = installation.refused(&["audit", "verify"]);
    assert!(
        found.contains("1 forged rows wait") && found.contains("identity.erased"),
        "{found}"
    );
    let found = installation.run(&["doctor"], "");
    assert!(!found.status.success());
    let found = output_text(&found);
    assert!(found.contains("audit_entry 1"), "{found}");
    // A server that runs leaves it where it is.
    drop(installation.serve());
    let found = installation.refused(&["audit", "verify"]);
    assert!(found.contains("1 forged rows wait"), "{found}");
}
