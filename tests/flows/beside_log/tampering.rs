//! Every column of every table, changed one by one: each change is named, or stands in the list of what cannot be.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

use super::super::verification::{tampered, verified};
use super::world::World;

/// Tables that the log does not refer to: rows under a visitor's cookie or in transit, which live for hours or days, and
/// the program's own.
const OUTSIDE: &[&str] = &[
    "_sqlx_migrations",
    "contact",
    "draft",
    "follow_up_session",
    "lease",
    "notice",
    "opening_subscription",
    "receipt_shown",
    "sign_in_failure",
    "staff_draft",
    "staff_session",
    "transit_key",
];

/// Columns whose change nobody can name from the log, each with the reason.
const UNKNOWABLE: &[(&str, &str)] = &[
    (
        "area_key.maker",
        "signed with the roster's entry, which browsers compare",
    ),
    ("area_key.maker_key", "the same"),
    ("area_key.reserve", "the same"),
    ("area_key.signature", "the same"),
    (
        "area_member.signature",
        "of the wrap, which its reader's browser checks",
    ),
    ("area_member.wrapper", "the same"),
    ("audit_entry.mac", "gone once the entry has its leaf"),
    (
        "case_statement.covered_by",
        "where the proof is looked up; browsers check the proof",
    ),
    ("case_statement.hash", "of the statement, which is covered"),
    (
        "identity_request.decision",
        "where the decision is looked up; the witness checks it",
    ),
    (
        "identity_request.request",
        "signed by its reporter; the witness refuses another",
    ),
    ("identity_request.signature", "the same"),
    (
        "letter.id",
        "of a copy that the witness sealed; its text names what it is for",
    ),
    (
        "validation_request.entry_id",
        "where the signed request is looked up; the witness checks it",
    ),
    (
        "validation_request.expires_at",
        "stands in the signed request, which the witness checks",
    ),
    (
        "validation_request.payload",
        "signed in its entry; the witness refuses another",
    ),
    ("area_key.created_at", "for the page; the roster names the key"),
    ("area_member deleted", "its member opens nothing, and says so"),
    ("area_member.area", "the same"),
    ("area_member.staff_id", "the same"),
    ("area_member.version", "the same"),
    ("cases.area", "facets are not in the log"),
    ("cases.category", "facets are not in the log"),
    ("cases.channel", "facets are not in the log"),
    ("cases.establishment", "facets are not in the log"),
    ("cases.kind", "facets are not in the log"),
    ("cases.number", "facets are not in the log"),
    ("cases.province", "facets are not in the log"),
    ("cases.received_on", "facets are not in the log"),
    ("cases.sealed_by", "facets are not in the log"),
    ("log_verification.id", "random; nothing refers to it"),
    (
        "area_member.wrapped",
        "an age file: its reader's browser refuses another key",
    ),
    ("attachment.body", "a sealed record: its readers' browsers refuse it"),
    ("attachment.expires_at", "has no meaning for a file that is kept"),
    ("attachment.owner", "has no meaning for a file that is kept"),
    (
        "attachment.state",
        "a reporter's file is no entry; one of staff's is missed",
    ),
    (
        "attachment.stored_size",
        "of the sealed file, whose record says the size",
    ),
    ("audit_entry.written", "the place in the queue, which a leaf replaces"),
    ("case_key.file", "an age file: browsers refuse another key"),
    ("cases.language", "facets are not in the log"),
    ("cases.lookup_hash", "of the receipt, which nobody but the reporter has"),
    ("cases.resolve_by", "a deadline of the profile, which is not in the log"),
    ("cases.respond_by", "a deadline of the profile, which is not in the log"),
    ("cases.sort_key", "random"),
    ("cases.unread_for_area", "what a reporter does is no entry"),
    ("checkpoint.made_at", "for the page; the note has no time"),
    ("instance.only_row", "keeps the table to one row"),
    ("identity_request.asked_on", "what a reporter does is no entry"),
    ("log_verification.alive_until", "progress, for the page"),
    ("log_verification.checked", "progress, for the page"),
    ("log_verification.started_at", "progress, for the page"),
    ("log_verification.witnessed", "for the page"),
    ("record.body", "a sealed record: its readers' browsers refuse it"),
    (
        "share.file",
        "an age file: its hash is of the share in it, and the officer's browser refuses another",
    ),
    (
        "letter.file",
        "an age file: the entry commits to the text, and the auditor's browser compares",
    ),
    ("recusal.letter", "an age file"),
    ("validation_request.letter", "an age file"),
    ("checking.note", "an age file"),
    ("unseal.checks", "an age file"),
];

/// The row of a table that is changed: one that the log refers to.
fn row_of(table: &str) -> &'static str {
    match table {
        "record" | "attachment" => "author <> 'reporter'",
        "seal" => "erased = FALSE AND version = 1",
        "share" => "seal_id IN (SELECT id FROM seal WHERE erased = FALSE AND version = 1)",
        "cases" | "unseal" => "verdict IS NOT NULL",
        "audit_entry" => "act = 'unseal.requested'",
        "case_event" => "what = 'state'",
        "checking" => "note IS NOT NULL",
        "identity_request" => "kind = 'erasure'",
        "checkpoint" => "tree_size = (SELECT max(tree_size) FROM checkpoint)",
        _ => "1 = 1",
    }
}

/// Another value of a column's kind. Age files stay age files: only their last byte changes.
fn other_value(table_sql: &str, (column, kind, is_key): (&str, &str, bool)) -> String {
    let words = table_sql
        .lines()
        .find(|line| line.trim_start().starts_with(&format!("{column} ")))
        .and_then(|line| line.split_once(" IN ("))
        .map(|(_, rest)| rest.split_once(')').unwrap().0.to_owned());
    let words = words.filter(|words| !is_key && words.contains(", "));
    match (kind, words) {
        ("BOOLEAN", _) => format!("NOT {column}"),
        (_, Some(words)) => {
            let words: Vec<&str> = words.split(", ").collect();
            let (first, second) = (words[0], words[1]);
            format!("CASE WHEN {column} = {first} THEN {second} ELSE {first} END")
        }
        ("BIGINT", _) => format!("COALESCE({column}, 0) + 7200"),
        ("TEXT", _) => format!("COALESCE({column}, '') || 'x'"),
        _ => format!(
            "CAST(substr(COALESCE({column}, X'00'), 1, length(COALESCE({column}, X'00')) - 1)
             || CASE WHEN substr(COALESCE({column}, X'00'), -1) = X'41' THEN X'42' ELSE X'41' END AS BLOB)"
        ),
    }
}

struct Change {
    column: String,
    statement: String,
}

async fn changes(world: &World) -> Vec<Change> {
    let url = format!("sqlite:{}", world.app.folder.path().join("sigilo.sqlite").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let tables = "SELECT m.name, m.sql, p.name, p.type FROM sqlite_master m, pragma_table_info(m.name) p
                  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid";
    let rows = sqlx::query(tables).fetch_all(&mut connection).await.unwrap();
    let mut changes = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        let (table, sql, name, kind): (String, String, String, String) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        if OUTSIDE.contains(&table.as_str()) || table.starts_with("whatsapp_") {
            continue;
        }
        let picked = row_of(&table);
        let keys: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
        )))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let key = keys.join(", ");
        let one = format!("({key}) IN (SELECT {key} FROM {table} WHERE {picked} ORDER BY {key} LIMIT 1)");
        let value = other_value(&sql, (&name, &kind, keys.contains(&name)));
        changes.push(Change {
            column: format!("{table}.{name}"),
            statement: format!("UPDATE {table} SET {name} = {value} WHERE {one}"),
        });
        if seen.insert(table.clone()) {
            changes.push(Change {
                column: format!("{table} deleted"),
                statement: format!("DELETE FROM {table} WHERE {one}"),
            });
        }
    }
    connection.close().await.unwrap();
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_is_changed_is_named() {
    let world = World::worked().await;
    let untouched = tampered(&world.app, "untouched", &[]).await;
    verified(&world.app, &untouched).await.unwrap();
    let (mut unnamed, mut named) = (BTreeSet::new(), BTreeSet::new());
    for (number, change) in changes(&world).await.into_iter().enumerate() {
        let db = tampered(&world.app, &format!("changed-{number}"), &[change.statement]).await;
        match verified(&world.app, &db).await {
            Ok(_) => unnamed.insert(change.column),
            Err(_) => named.insert(change.column),
        };
        db.close().await;
        std::fs::remove_file(world.app.folder.path().join(format!("changed-{number}"))).unwrap();
    }
    let excused: BTreeSet<String> = UNKNOWABLE.iter().map(|(column, _)| (*column).to_owned()).collect();
    let new: Vec<&String> = unnamed.difference(&excused).collect();
    assert!(new.is_empty(), "changed, and nobody names it: {new:#?}");
    assert!(named.len() > 120, "{}", named.len());
}
