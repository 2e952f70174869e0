//! Row 5, contents: somebody who may write to the database exchanges, moves and restores what is sealed. Read with all the
//! keys that there are, so that only the sealing itself can stop it; each twin has the one key that it takes.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;
use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{Act, Entry};
use sigilo::domain::ids::{CaseId, InstanceId, SealId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::base64;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::content::IdentityData;
use sigilo::vault::envelope::Via;
use sigilo::vault::manifest::Manifest;
use sigilo::vault::record::{ContentKind, RecordContext};
use sigilo::vault::roster::VerifiedRoster;
use sigilo::vault::seal::{SealContext, open, open_half, open_share, seal, verify_identity};
use sigilo::vault::signing::{Signature, VerifyKey};
use sigilo::witness::CoveredManifest;
use sqlx::Row as _;

use super::forge::{area_of, case_keys, entry, log_of, own_key, reseal, tree, write_log, write_seal};
use super::loot::{Copy, plunder, records};
use super::{MESSAGE, again, key_of, worked};
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
    (app.app().instance, Copy::of(app))
}

#[tokio::test]
async fn row_5_exchanged_moved_and_restored_records_do_not_open() {
    let app = worked().await;
    let analyst = key_of(&app, ANALYST).await;
    let read = async |copy: &Copy| {
        let read = plunder(copy, app.app().instance, vec![again(&analyst)]).await;
        (
            read.count(ContentKind::Narrative),
            read.count(ContentKind::Message),
            read.count(ContentKind::Note),
        )
    };
    let (instance, copy) = stolen(&app);
    assert_eq!(read(&copy).await, (2, 6, 2), "as it was written");
    let origins: Vec<RecordContext> = records(&copy, instance)
        .await
        .into_iter()
        .map(|(place, _)| place)
        .collect();
    // The one key more.
    let area = area_of(&mut copy.open().await, instance, AREA, &analyst).await;
    let keys = case_keys(&mut copy.open().await, instance, &area).await;

    let narratives = format!("kind = 'narrative' AND {OF_TWO}");
    let older = "UPDATE record SET body = (SELECT o.body FROM record o WHERE o.case_id = record.case_id AND o.kind =
                 'message' AND o.author = 'reporter' ORDER BY o.position LIMIT 1) WHERE kind = 'message' AND author =
                 'reporter'";
    for (what, attack, noticed, twin, resealed) in [
        // The record's place is part of what its cipher binds.
        (
            "another case's story",
            Attack::Exchange("body"),
            (0, 6, 2),
            (2, 6, 2),
            2,
        ),
        (
            "a whole record to another case",
            Attack::Exchange("case_id"),
            (0, 6, 2),
            (2, 6, 2),
            2,
        ),
        (
            "a story shown as a message",
            Attack::Write("UPDATE record SET kind = 'message' WHERE kind = 'narrative'"),
            (0, 6, 2),
            // The other area's story stays closed.
            (0, 8, 2),
            2,
        ),
        (
            "a note shown as a message",
            Attack::Write("UPDATE record SET kind = 'message' WHERE kind = 'note'"),
            (2, 6, 0),
            (2, 8, 0),
            2,
        ),
        (
            "an older message over a newer one",
            Attack::Write(older),
            (2, 4, 2),
            (2, 6, 2),
            2,
        ),
    ] {
        let (_, copy) = stolen(&app);
        match attack {
            Attack::Exchange(column) => exchange(&copy, "record", "id", column, &narratives).await,
            Attack::Write(sql) => {
                copy.write(sql).await;
            }
        }
        assert_eq!(read(&copy).await, noticed, "{what}");
        assert_eq!(reseal(&copy, &keys, &origins).await, resealed, "{what}");
        assert_eq!(read(&copy).await, twin, "twin with the area's key: {what}");
        // It opens; who wrote it is another matter, and in `reporter.rs`.
    }
    let (_, copy) = stolen(&app);
    copy.write(older).await;
    let read = plunder(&copy, instance, vec![analyst]).await;
    assert!(!read.has(&format!("{MESSAGE} 2")));
}

/// The written data.
enum Attack {
    /// A column of the two stories.
    Exchange(&'static str),
    Write(&'static str),
}

#[tokio::test]
async fn row_5_a_case_key_opens_for_its_own_case_only() {
    let app = worked().await;
    let analyst = key_of(&app, ANALYST).await;
    let (instance, copy) = stolen(&app);
    let mut connection = copy.open().await;
    let area = area_of(&mut connection, instance, AREA, &analyst).await;
    let sql = format!("SELECT case_id, file FROM case_key WHERE name = 'shared' AND holder = 'area' AND {OF_TWO}");
    let keys: Vec<(CaseId, Vec<u8>)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let [(one, file), (two, _)] = keys.as_slice() else {
        panic!("two cases")
    };
    let opens = |name, version, case| casekeys::unwrap(file, name, version, instance, case, &area).is_ok();
    assert!(opens(KeyName::Shared, 1, *one), "in its own place");
    assert!(!opens(KeyName::Shared, 1, *two) && !opens(KeyName::Staff, 1, *one) && !opens(KeyName::Shared, 2, *one));
    // Twin: whoever holds the area's key opens it, and hands it over as another case's.
    let key = casekeys::unwrap(file, KeyName::Shared, 1, instance, *one, &area).unwrap();
    let moved = casekeys::wrap(&key, KeyName::Shared, 1, instance, *two, &area.recipient());
    let opened = casekeys::unwrap(&moved, KeyName::Shared, 1, instance, *two, &area);
    assert!(opened.is_ok_and(|opened| opened == key));
}

/// Covered part of the log: every entry under its newest checkpoint, if that is the log's.
async fn covered(copy: &Copy, instance: InstanceId) -> Vec<CoveredManifest> {
    let mut connection = copy.open().await;
    let (newest, note): (i64, Vec<u8>) =
        sqlx::query_as("SELECT tree_size, note FROM checkpoint ORDER BY tree_size DESC LIMIT 1")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    let roster: Vec<u8> = sqlx::query_scalar("SELECT note FROM roster")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let roster: serde_json::Value =
        serde_json::from_slice(roster.split(|byte| *byte == b'\n').nth(1).unwrap()).unwrap();
    let log: [u8; 32] = base64::decode(roster["log"]["verify_key"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    let mut entries = log_of(&mut connection).await;
    entries.truncate(usize::try_from(newest).unwrap());
    let signed = Checkpoint::read_signed(&note, instance, &log).unwrap();
    assert_eq!(signed, tree(instance, &entries).1, "the log is the one that was signed");
    let read = entries.iter().map(|body| Entry::read(body).unwrap());
    let covering = read.filter(|entry| entry.act == Act::ReportsCovered);
    covering
        .flat_map(|entry| serde_json::from_value::<Vec<CoveredManifest>>(entry.detail["manifests"].clone()).unwrap())
        .collect()
}

/// Number of identities that open with an officer's and the witness's keys, checked as a browser checks.
async fn unsealed(copy: &Copy, instance: InstanceId, officer: &Identity, witness: &Identity) -> usize {
    let sql = "SELECT s.id, s.case_id, s.manifest, s.manifest_signature, s.record, s.witness_half, p.file,
               c.reporter_verify_key FROM seal s JOIN share p ON p.seal_id = s.id JOIN cases c ON c.id = s.case_id";
    let rows = sqlx::query(sql).fetch_all(&mut copy.open().await).await.unwrap();
    let covered = covered(copy, instance).await;
    let opens = |row: &sqlx::sqlite::SqliteRow| -> Option<()> {
        let (seal, case): (SealId, CaseId) = (row.get(0), row.get(1));
        let bytes = |at: usize| row.get::<Vec<u8>, _>(at);
        let reporter = VerifyKey::from_slice(&bytes(7)).ok()?;
        let signature = Signature::from_slice(&bytes(3)).ok()?;
        let manifest = Manifest::verify(instance, &bytes(2), &reporter, &signature).ok()?;
        (manifest.seal() == seal && manifest.case() == case).then_some(())?;
        let named = CoveredManifest {
            manifest: manifest.hash(),
            verify_key: reporter,
        };
        covered.contains(&named).then_some(())?;
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
            "{table}.{column} back"
        );
    }
}

/// Puts a seal of the attacker's into the place of one denuncia's: of their own contents, to the officers and the witness
/// of the roster, signed by a key of their own. What the log would have to cover.
async fn own_seal(copy: &Copy, instance: InstanceId, roster: &VerifiedRoster) -> CoveredManifest {
    let rng = &mut StdRng::seed_from_u64(34);
    let mut connection = copy.open().await;
    let (case, old): (CaseId, SealId) = sqlx::query_as(
        "SELECT s.case_id, s.id FROM seal s JOIN cases c ON c.id = s.case_id WHERE c.kind = 'denuncia' LIMIT 1",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let place = SealContext {
        instance,
        case,
        seal: SealId::random(rng),
        previous: None,
    };
    let data = IdentityData::new(Vec::new().into(), Vec::new().into());
    let made = seal(place, &data, Via::Server, &own_key(), roster, rng).unwrap();
    let key = own_key().verify_key();
    for sql in ["DELETE FROM share WHERE seal_id = $1", "DELETE FROM seal WHERE id = $1"] {
        sqlx::query(sql).bind(old).execute(&mut connection).await.unwrap();
    }
    write_seal(&mut connection, case, 1, &made).await;
    sqlx::query("UPDATE cases SET reporter_verify_key = $1 WHERE id = $2")
        .bind(key.as_bytes().as_slice())
        .bind(case)
        .execute(&mut connection)
        .await
        .unwrap();
    CoveredManifest {
        manifest: made.manifest_hash,
        verify_key: key,
    }
}

#[tokio::test]
async fn row_5_a_seal_of_ones_own_is_covered_by_no_log() {
    let app = worked().await;
    let (officer, witness) = (key_of(&app, OFFICER).await, app.witness_keys.identity.identity());
    let (instance, copy) = stolen(&app);
    let roster = app.app().rosters.current().unwrap();
    assert_eq!(unsealed(&copy, instance, &officer, &witness).await, 3);
    let own = own_seal(&copy, instance, &roster).await;
    // Sealed and signed as it should be, by a key that the database says is the reporter's.
    assert_eq!(unsealed(&copy, instance, &officer, &witness).await, 2);

    // Twin: with the log's key it gets its entry.
    let log = app.app().keys().log.signing_key();
    let mut connection = copy.open().await;
    let mut entries = log_of(&mut connection).await;
    let from = entries.len();
    entries.push(entry(
        Act::ReportsCovered,
        json!({ "statements": [], "manifests": [own] }),
    ));
    write_log(&mut connection, instance, &entries, from, &log).await;
    assert_eq!(unsealed(&copy, instance, &officer, &witness).await, 3);
}
