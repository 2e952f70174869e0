//! Row 5, contents: somebody who may write to the database exchanges, moves and restores what is sealed. Read with all the
//! keys that there are, so that only the sealing itself can stop it.

use sigilo::audit::entry::Entry;
use sigilo::domain::ids::{CaseId, InstanceId, SealId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::base64;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::manifest::Manifest;
use sigilo::vault::record::Kind;
use sigilo::vault::seal::{open, open_half, open_share, verify_identity};
use sigilo::vault::signing::{Signature, SigningKey, VerifyKey};
use sigilo::vault::staffkeys::unwrap_area;
use sqlx::Row as _;

use super::loot::{Copy, plunder};
use super::{MESSAGE, again, key_of, of_byte, worked};
use crate::support::app::{ANALYST, AREA, OFFICER, TestApp};

const OF_TWO: &str = "case_id IN (SELECT id FROM cases WHERE kind = 'denuncia')";

/// Exchanges a column between two rows.
async fn exchange(copy: &Copy, table: &str, key: &str, column: &str, which: &str) {
    copy.write(&format!(
        "CREATE TEMP TABLE two AS SELECT {key} AS k, {column} AS v FROM {table} WHERE {which};
         UPDATE {table} SET {column} = randomblob(16) WHERE {key} IN (SELECT k FROM two);
         UPDATE {table} SET {column} = (SELECT v FROM two WHERE k != {table}.{key}) WHERE {key} IN (SELECT k FROM two);"
    ))
    .await;
}

fn stolen(app: &TestApp) -> (InstanceId, Copy) {
    (app.app().instance, Copy::of(app.folder.path()))
}

#[tokio::test]
async fn row_5_exchanged_moved_and_restored_records_do_not_open() {
    let app = worked().await;
    let analyst = key_of(&app, ANALYST).await;
    let read = async |copy: &Copy| {
        let read = plunder(copy, app.app().instance, vec![again(&analyst)]).await;
        (
            read.count(Kind::Narrative),
            read.count(Kind::Message),
            read.count(Kind::Note),
        )
    };
    let (_, copy) = stolen(&app);
    assert_eq!(read(&copy).await, (2, 6, 2), "as it was written");

    // Another case's story. The record's place is part of what its cipher binds.
    let narratives = format!("kind = 'narrative' AND {OF_TWO}");
    exchange(&copy, "record", "id", "body", &narratives).await;
    assert_eq!(read(&copy).await, (0, 6, 2));
    exchange(&copy, "record", "id", "body", &narratives).await;
    assert_eq!(read(&copy).await, (2, 6, 2), "twin: back in its own place");

    // A whole record to another case, and one shown as something else.
    exchange(&copy, "record", "id", "case_id", &narratives).await;
    assert_eq!(read(&copy).await, (0, 6, 2));
    exchange(&copy, "record", "id", "case_id", &narratives).await;
    copy.write("UPDATE record SET kind = 'message' WHERE kind = 'narrative'")
        .await;
    assert_eq!(read(&copy).await, (0, 6, 2));
    copy.write("UPDATE record SET kind = 'message' WHERE kind = 'note'")
        .await;
    assert_eq!(read(&copy).await, (0, 6, 0));

    // An older message's body over a newer one.
    let (_, copy) = stolen(&app);
    copy.write(
        "UPDATE record SET body = (SELECT o.body FROM record o WHERE o.case_id = record.case_id AND o.kind = 'message'
         AND o.author = 'reporter' ORDER BY o.position LIMIT 1) WHERE kind = 'message' AND author = 'reporter'",
    )
    .await;
    assert_eq!(read(&copy).await, (2, 4, 2));
    let read = plunder(&copy, app.app().instance, vec![analyst]).await;
    assert!(!read.has(&format!("{MESSAGE} 2")));
}

#[tokio::test]
async fn row_5_a_case_key_opens_for_its_own_case_only() {
    let app = worked().await;
    let analyst = key_of(&app, ANALYST).await;
    let (instance, copy) = stolen(&app);
    let mut connection = copy.open().await;
    let wrapped: Vec<Vec<u8>> = sqlx::query_scalar("SELECT wrapped FROM area_member WHERE area = $1")
        .bind(AREA)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let area = wrapped
        .iter()
        .find_map(|file| unwrap_area(file, instance, AREA, 1, &analyst).ok());
    let area = area.expect("the analyst is a member");
    let sql = format!("SELECT case_id, file FROM case_key WHERE name = 'shared' AND holder = 'area' AND {OF_TWO}");
    let keys: Vec<(CaseId, Vec<u8>)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let [(one, file), (two, _)] = keys.as_slice() else {
        panic!("two cases")
    };
    let opens = |name, version, case| casekeys::unwrap(file, name, version, instance, case, &area).is_ok();
    assert!(opens(KeyName::Shared, 1, *one), "twin");
    assert!(!opens(KeyName::Shared, 1, *two) && !opens(KeyName::Staff, 1, *one) && !opens(KeyName::Shared, 2, *one));
}

/// How many identities open with an officer's and the witness's keys, checked as a browser checks.
async fn unsealed(copy: &Copy, instance: InstanceId, officer: &Identity, witness: &Identity) -> usize {
    let sql = "SELECT s.id, s.case_id, s.manifest, s.manifest_signature, s.record, s.witness_half, p.file,
               c.reporter_verify_key FROM seal s JOIN share p ON p.seal_id = s.id JOIN cases c ON c.id = s.case_id";
    let rows = sqlx::query(sql).fetch_all(&mut copy.open().await).await.unwrap();
    let opens = |row: &sqlx::sqlite::SqliteRow| -> Option<()> {
        let (seal, case): (SealId, CaseId) = (row.get(0), row.get(1));
        let bytes = |at: usize| row.get::<Vec<u8>, _>(at);
        let reporter = VerifyKey::from_slice(&bytes(7)).ok()?;
        let signature = Signature::from_slice(&bytes(3)).ok()?;
        let manifest = Manifest::verify(instance, &bytes(2), &reporter, &signature).ok()?;
        (manifest.seal() == seal && manifest.case() == case).then_some(())?;
        let share = open_share(&manifest, &bytes(6), officer).ok()?;
        let half = open_half(&manifest, &bytes(5), witness).ok()?;
        let envelope = open(&manifest, &[share], &half, &bytes(4)).ok()?;
        verify_identity(&manifest, &envelope, &reporter).ok()
    };
    rows.iter().filter_map(opens).count()
}

#[tokio::test]
async fn row_5_exchanged_parts_of_seals_are_refused() {
    let app = worked().await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let two_seals = format!("seal_id IN (SELECT id FROM seal WHERE {OF_TWO})");
    let (instance, copy) = stolen(&app);
    for (table, key, column, which) in [
        ("seal", "id", "record", OF_TWO),
        ("seal", "id", "witness_half", OF_TWO),
        ("seal", "id", "manifest", OF_TWO),
        ("seal", "id", "manifest_signature", OF_TWO),
        ("seal", "id", "case_id", OF_TWO),
        ("share", "seal_id", "file", &two_seals),
        ("cases", "id", "reporter_verify_key", "kind = 'denuncia'"),
    ] {
        exchange(&copy, table, key, column, which).await;
        assert_eq!(
            unsealed(&copy, instance, &officer, &witness).await,
            1,
            "{table}.{column}"
        );
        exchange(&copy, table, key, column, which).await;
        assert_eq!(
            unsealed(&copy, instance, &officer, &witness).await,
            3,
            "twin: {table}.{column} back"
        );
    }
}

#[tokio::test]
async fn row_5_a_reporters_key_of_ones_own_signs_for_nobody() {
    let app = worked().await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = stolen(&app);
    let own = SigningKey::from_seed(of_byte(9).scalar()).verify_key();
    let covered = async || -> Vec<u8> {
        let sql = "SELECT body FROM audit_entry WHERE body LIKE '%manifests.covered%'";
        sqlx::query_scalar(sql).fetch_one(&mut copy.open().await).await.unwrap()
    };
    copy.write(&format!(
        "UPDATE cases SET reporter_verify_key = x'{}' WHERE kind = 'denuncia'; UPDATE seal SET manifest_signature = \
         zeroblob(64) WHERE {OF_TWO}",
        hex::encode(own.as_bytes())
    ))
    .await;
    assert_eq!(unsealed(&copy, instance, &officer, &witness).await, 1);
    // Even with manifests signed anew, the log names whose keys they were.
    let entry = Entry::read(&covered().await).unwrap();
    let named = serde_json::to_string(&entry.detail).unwrap();
    assert!(named.contains("verify_key") && !named.contains(&base64::encode(own.as_bytes())));
}
