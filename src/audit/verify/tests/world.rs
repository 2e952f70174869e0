//! A small log, and ways to tamper with it.

use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use tlog_tiles::Hash;

use super::super::*;
use crate::audit::checkpoint::{Checkpoint, FIRST_ORIGIN, countersign};
use crate::audit::entry::{Act, Actor, Base64, Entry, SignedPayload};
use crate::audit::tree::{self, Hashes, leaf_hash};
use crate::domain::ids::{CaseId, EntryId, InstanceId, StaffId};
use crate::domain::note::NoteKey;
use crate::domain::transcript::Transcript;

pub(super) const LOG: u8 = 1;
pub(super) const WITNESS: u8 = 2;
pub(super) const STAFF: u8 = 3;
pub(super) const AUTHORITY: u8 = 4;

pub(super) struct SigningKey(ed25519_dalek::SigningKey);

impl NoteKey for SigningKey {
    fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
    fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

pub(super) fn key(byte: u8) -> SigningKey {
    SigningKey(ed25519_dalek::SigningKey::from_bytes(&[byte; 32]))
}

pub(super) fn instance() -> InstanceId {
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}

pub(super) fn staff() -> StaffId {
    "00000003-0000-4000-8000-000000000000".parse().unwrap()
}

pub(super) fn entry_id(at: usize) -> EntryId {
    format!("{at:08x}-0000-4000-8000-000000000000").parse().unwrap()
}

/// The tables of a log.
#[derive(Clone)]
pub(super) struct Tables {
    /// Index, body and stored hashes of each row.
    pub(super) rows: Vec<(u64, Vec<u8>, Vec<Hash>)>,
    pub(super) checkpoints: Vec<StoredCheckpoint>,
}

pub(super) fn entry(at: usize, act: Act, detail: Value, signed: Option<SignedPayload>) -> Vec<u8> {
    let Value::Object(detail) = detail else {
        unreachable!("tests pass objects")
    };
    let is_by_staff = signed.is_some() || act == Act::UnsealRequested;
    let actor = if is_by_staff {
        Actor::Staff(staff())
    } else {
        Actor::System
    };
    Entry {
        id: entry_id(at),
        time: 1_795_000_000,
        actor,
        act,
        case: None,
        detail,
        signed,
    }
    .to_bytes()
    .unwrap()
}

/// A signature over a payload.
pub(super) fn sign(key: &SigningKey, what: &str, payload: &[u8]) -> SignedPayload {
    let signature = key.sign_bytes(Transcript::new(what, instance()).field(payload).as_bytes());
    SignedPayload {
        by: staff(),
        what: what.into(),
        payload: Base64(payload.to_vec()),
        signature: Base64(signature.to_vec()),
    }
}

/// The detail of a request to unseal, signed.
pub(super) fn request(key: &SigningKey) -> Value {
    let request = json!({ "instance": instance(), "case": null, "officer": staff() }).to_string();
    let signed = sign(key, "unseal-request", request.as_bytes());
    json!({ "request": signed.payload, "signatures": [{ "officer": staff(), "signature": signed.signature }] })
}

pub(super) fn signed_by(key: &SigningKey) -> SignedPayload {
    sign(key, "test", b"payload")
}

/// Hashes by row, and the roots of all sizes.
pub(super) fn hash_all(bodies: &[Vec<u8>]) -> (Vec<Vec<Hash>>, Vec<Hash>) {
    let mut hashes = Hashes::new();
    let mut roots = vec![tree::root(0, &hashes).unwrap()];
    let mut rows = Vec::new();
    for (index, body) in (0..).zip(bodies) {
        let new = tree::append(index, &[leaf_hash(instance(), body)], &mut hashes).unwrap();
        rows.push(new.into_iter().map(|(_, hash)| hash).collect());
        roots.push(tree::root(index + 1, &hashes).unwrap());
    }
    (rows, roots)
}

pub(super) fn checkpoint(size: usize, root: Hash, cosigned: bool, log: u8) -> StoredCheckpoint {
    let size = u64::try_from(size).unwrap();
    let mut note = Checkpoint {
        origin: FIRST_ORIGIN,
        size,
        root,
    }
    .sign(instance(), &key(log))
    .unwrap();
    if cosigned {
        note = countersign(&note, 1_795_000_000, instance(), &key(WITNESS)).unwrap();
    }
    StoredCheckpoint { size, note, cosigned }
}

pub(super) const REQUESTED: usize = 9;

/// Sixteen entries: 0 publishes a roster, 5 is signed, 9 asks for an unseal, 11 tells of its release. Checkpoints at
/// 4, 8 (countersigned), 12 (countersigned) and 15: one entry still waits.
pub(super) fn bodies() -> Vec<Vec<u8>> {
    let body = |at| match at {
        0 => entry(at, Act::RosterPublished, json!({}), None),
        5 => entry(at, Act::CaseNote, json!({}), Some(signed_by(&key(STAFF)))),
        REQUESTED => entry(at, Act::UnsealRequested, request(&key(STAFF)), None),
        11 => entry(at, Act::UnsealReleased, json!({"requested": entry_id(REQUESTED)}), None),
        _ => entry(at, Act::StaffSignedIn, json!({}), None),
    };
    (0..16).map(body).collect()
}

pub(super) fn tables_of(bodies: Vec<Vec<u8>>) -> Tables {
    let (hashes, roots) = hash_all(&bodies);
    let rows = (0..)
        .zip(bodies)
        .zip(hashes)
        .map(|((index, body), hashes)| (index, body, hashes));
    Tables {
        rows: rows.collect(),
        checkpoints: [(4, false), (8, true), (12, true), (15, false)]
            .map(|(size, cosigned)| checkpoint(size, roots[size], cosigned, LOG))
            .into(),
    }
}

pub(super) fn tables() -> Tables {
    tables_of(bodies())
}

/// Writes rows anew from changed bodies, with hashes that fit: the attack of somebody who knows the tables.
pub(super) fn rehashed(tables: &mut Tables, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut bodies = tables.rows.iter().map(|row| row.1.clone()).collect();
    change(&mut bodies);
    tables.rows = tables_of_rows(bodies);
}

pub(super) fn tables_of_rows(bodies: Vec<Vec<u8>>) -> Vec<(u64, Vec<u8>, Vec<Hash>)> {
    let hashes = hash_all(&bodies).0;
    (0..)
        .zip(bodies)
        .zip(hashes)
        .map(|((index, body), hashes)| (index, body, hashes))
        .collect()
}

pub(super) struct Known(pub(super) bool);

impl RosterHistory for Known {
    fn publish(&mut self, _: &Entry) -> bool {
        self.0 = true;
        true
    }
    fn verify_key(&self, who: StaffId) -> Option<[u8; 32]> {
        (self.0 && who == staff()).then(|| key(STAFF).public())
    }
}

pub(super) fn expectations(tables: &Tables) -> Expectations {
    let (_, roots) = hash_all(&bodies());
    let at = u64::try_from(REQUESTED).unwrap();
    Expectations {
        checkpoints: tables.checkpoints.clone(),
        witness: Some((12, roots[12])),
        journal: Some(vec![(at, leaf_hash(instance(), &bodies()[REQUESTED]))]),
        ..Expectations::default()
    }
}

pub(super) fn run(tables: &Tables, expected: Expectations) -> Result<Summary, Finding> {
    run_with(tables, expected, Known(false), |_| None)
}

pub(super) fn run_with(
    tables: &Tables,
    expected: Expectations,
    rosters: impl RosterHistory,
    listed_under: impl Fn(u64) -> Option<CaseId>,
) -> Result<Summary, Finding> {
    let pinned = PinnedKeys {
        authority: key(AUTHORITY).public(),
        instance: instance(),
        log: key(LOG).public(),
        witness: key(WITNESS).public(),
    };
    let mut verifier = Verifier::new(pinned, expected, rosters);
    for (index, body, hashes) in &tables.rows {
        verifier.push(StoredEntry {
            index: *index,
            body,
            source: EntrySource::Row {
                case: listed_under(*index),
                hashes,
            },
        })?;
    }
    verifier.finish()
}

pub(super) fn found(change: impl FnOnce(&mut Tables)) -> (u64, Defect) {
    let mut tables = tables();
    change(&mut tables);
    let expected = expectations(&tables);
    let finding = run(&tables, expected).unwrap_err();
    (finding.index, finding.defect)
}

pub(super) fn other(at: usize) -> Vec<u8> {
    entry(at, Act::StaffSignedOut, json!({}), None)
}

/// Verifies a log that was always like this, with checkpoints and witness that agree.
pub(super) fn found_in(change: impl FnOnce(&mut Vec<Vec<u8>>), journal: Option<Vec<(u64, Hash)>>) -> (u64, Defect) {
    let mut all = bodies();
    change(&mut all);
    let tables = tables_of(all);
    let expected = Expectations {
        witness: None,
        journal,
        ..expectations(&tables)
    };
    let finding = run(&tables, expected).unwrap_err();
    (finding.index, finding.defect)
}
