//! The attacker who writes: opens what a member's keys open, seals anew, and makes entries of the log. Knows the formats
//! and nothing of the store or the service.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{Act, Actor, Entry};
use sigilo::audit::tree::{Hashes, append, leaf_hash, root};
use sigilo::domain::ids::{CaseId, EntryId, InstanceId};
use sigilo::vault::agefile::Identity;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::content::{Answer, Message, Narrative, Note};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::seal::SealedIdentity;
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;
use sigilo::vault::staffkeys::unwrap_area;
use sigilo::vault::statement::SignedStatement;
use sqlx::SqliteConnection;

use super::loot::{Copy, records, text};
use super::of_byte;

/// A signing key of the attacker's own.
pub(super) fn own_key() -> SigningKey {
    SigningKey::from_seed(of_byte(9).scalar())
}

/// Puts a seal with its shares into a database.
pub(super) async fn write_seal(connection: &mut SqliteConnection, case: CaseId, version: i64, made: &SealedIdentity) {
    sqlx::query(
        "INSERT INTO seal (id, case_id, version, manifest, manifest_hash, manifest_signature, record, witness_half)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(made.id)
    .bind(case)
    .bind(version)
    .bind(&made.manifest)
    .bind(made.manifest_hash.as_bytes().as_slice())
    .bind(made.manifest_signature.as_bytes().as_slice())
    .bind(&made.record)
    .bind(&made.witness_half)
    .execute(&mut *connection)
    .await
    .unwrap();
    for share in &made.shares {
        sqlx::query("INSERT INTO share VALUES ($1, $2, $3, $4)")
            .bind(made.id)
            .bind(share.officer)
            .bind(i64::from(share.x))
            .bind(&share.file)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

/// The keys of one case.
pub(super) struct CaseKeys {
    pub(super) case: CaseId,
    pub(super) shared: Key32,
    pub(super) staff: Key32,
}

impl CaseKeys {
    fn of(&self, kind: ContentKind) -> &Key32 {
        match kind {
            ContentKind::Note | ContentKind::Reason => &self.staff,
            _ => &self.shared,
        }
    }
}

/// The area's identity, from a member's.
pub(super) async fn area_of(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    area: &str,
    member: &Identity,
) -> Identity {
    let wrapped: Vec<Vec<u8>> = sqlx::query_scalar("SELECT wrapped FROM area_member WHERE area = $1")
        .bind(area)
        .fetch_all(connection)
        .await
        .unwrap();
    let found = wrapped
        .iter()
        .find_map(|file| unwrap_area(file, instance, area, 1, member).ok());
    found.expect("a member of the area")
}

/// The keys of every case of the area.
pub(super) async fn case_keys(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    area: &Identity,
) -> Vec<CaseKeys> {
    let sql = "SELECT a.case_id, a.file, b.file FROM case_key a JOIN case_key b ON b.case_id = a.case_id
               WHERE a.name = 'shared' AND a.holder = 'area' AND b.name = 'staff' AND b.holder = 'area'";
    let rows: Vec<(CaseId, Vec<u8>, Vec<u8>)> = sqlx::query_as(sql).fetch_all(connection).await.unwrap();
    let open = |file: &[u8], name, case| casekeys::unwrap(file, name, 1, instance, case, area).ok();
    rows.into_iter()
        .filter_map(|(case, shared, staff)| {
            Some(CaseKeys {
                case,
                shared: open(&shared, KeyName::Shared, case)?,
                staff: open(&staff, KeyName::Staff, case)?,
            })
        })
        .collect()
}

/// A text sealed for a place, as if its reporter had written it.
pub(super) fn sealed(keys: &CaseKeys, place: &RecordContext, text: &str, signer: &SigningKey) -> Vec<u8> {
    let rng = &mut StdRng::seed_from_u64(31);
    let author = (Author::Reporter, Via::Server);
    let key = keys.of(place.kind);
    match place.kind {
        ContentKind::Note => record::seal(key, place, author, &Note::new(text.into()), signer, rng),
        ContentKind::Narrative => {
            let answer = Answer {
                question: "what".into(),
                label: "¿Qué pasó?".into(),
                text: text.into(),
            };
            let narrative = Narrative::new("es".into(), vec![answer].into());
            record::seal(key, place, author, &narrative, signer, rng)
        }
        _ => record::seal(key, place, author, &Message::new(text.into()), signer, rng),
    }
}

/// With the keys of the cases: whatever stands in a place in which it does not open is opened where it came from, and
/// sealed anew for where it stands now. How many.
pub(super) async fn reseal(copy: &Copy, keys: &[CaseKeys], origins: &[RecordContext]) -> usize {
    let of = |place: &RecordContext| keys.iter().find(|keys| keys.case == place.case);
    let mut resealed = 0;
    for (place, body) in records(copy, origins[0].instance).await {
        let Some(keys) = of(&place) else { continue };
        if record::open(keys.of(place.kind), &place, &body).is_ok() {
            continue;
        }
        let opened = origins.iter().find_map(|origin| {
            let envelope = record::open(of(origin)?.of(origin.kind), origin, &body).ok()?;
            Some(text(origin.kind, &envelope))
        });
        if let Some(text) = opened {
            let body = sealed(keys, &place, &text, &own_key());
            put(&mut copy.open().await, &place, &body).await;
            resealed += 1;
        }
    }
    resealed
}

/// Puts a body into a record's row.
pub(super) async fn put(connection: &mut SqliteConnection, place: &RecordContext, body: &[u8]) {
    let done = sqlx::query("UPDATE record SET body = $1 WHERE id = $2")
        .bind(body)
        .bind(place.record)
        .execute(connection)
        .await;
    assert_eq!(done.unwrap().rows_affected(), 1);
}

/// Puts a statement in the place of a case's.
pub(super) async fn put_statement(connection: &mut SqliteConnection, case: CaseId, made: &SignedStatement) {
    let done = sqlx::query("UPDATE case_statement SET statement = $1, hash = $2, signature = $3 WHERE case_id = $4")
        .bind(&made.bytes)
        .bind(made.hash.as_bytes().as_slice())
        .bind(made.signature.as_bytes().as_slice())
        .bind(case)
        .execute(connection)
        .await;
    assert_eq!(done.unwrap().rows_affected(), 1);
}

/// An entry of the attacker's own.
pub(super) fn entry(act: Act, detail: serde_json::Value) -> Vec<u8> {
    let serde_json::Value::Object(detail) = detail else {
        unreachable!("a detail is an object")
    };
    let entry = Entry {
        id: EntryId::random(&mut StdRng::seed_from_u64(32)),
        time: 1_795_532_400,
        actor: Actor::System,
        act,
        case: None,
        detail,
        signed: None,
    };
    entry.to_bytes().unwrap()
}

/// The log's entries, in order.
pub(super) async fn log_of(connection: &mut SqliteConnection) -> Vec<Vec<u8>> {
    let sql = "SELECT body FROM audit_entry WHERE leaf_index IS NOT NULL ORDER BY leaf_index";
    sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
}

/// The tree over entries: stored hashes by position, and its checkpoint.
pub(super) fn tree(instance: InstanceId, entries: &[Vec<u8>]) -> (Hashes, Checkpoint) {
    let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(instance, entry)).collect();
    let mut hashes = Hashes::new();
    append(0, &leaves, &mut hashes).unwrap();
    let size = leaves.len() as u64;
    let root = root(size, &hashes).unwrap();
    (hashes, Checkpoint { origin: 1, size, root })
}

/// Makes `entries` the log, from leaf `from` on, under a checkpoint that `log` signs. Every later checkpoint goes.
pub(super) async fn write_log(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    entries: &[Vec<u8>],
    from: usize,
    log: &SigningKey,
) {
    let (hashes, checkpoint) = tree(instance, entries);
    let note = checkpoint.sign(instance, log).unwrap();
    for (sql, bound) in [
        ("DELETE FROM audit_entry WHERE leaf_index >= $1", from),
        ("DELETE FROM checkpoint WHERE tree_size > $1", from),
        ("DELETE FROM audit_hash WHERE position >= $1", 0),
    ] {
        let bound = i64::try_from(bound).unwrap();
        sqlx::query(sql).bind(bound).execute(&mut *connection).await.unwrap();
    }
    for (at, body) in entries.iter().enumerate().skip(from) {
        let read = Entry::read(body).unwrap();
        sqlx::query("INSERT INTO audit_entry (id, written, body, leaf_index, case_id, act, actor, at) VALUES ($1, 0, $2, $3, $4, $5, $6, $7)")
            .bind(read.id)
            .bind(body)
            .bind(i64::try_from(at).unwrap())
            .bind(read.case)
            .bind(read.act.code())
            .bind(read.actor.to_string())
            .bind(read.time)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    for (position, hash) in hashes {
        sqlx::query("INSERT INTO audit_hash VALUES ($1, $2)")
            .bind(position.cast_signed())
            .bind(hash.0.as_slice())
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    sqlx::query("INSERT INTO checkpoint VALUES ($1, $2, FALSE, 0)")
        .bind(checkpoint.size.cast_signed())
        .bind(note)
        .execute(connection)
        .await
        .unwrap();
}
