//! The audit log's formats: `log.json`, which `web/tests/log.test.ts` passes too. Ed25519 draws no randomness, so every
//! byte of it is what today's code must produce.

use std::fs;

use serde_json::{Value, json};
use sigilo::audit::checkpoint::{Checkpoint, countersign};
use sigilo::audit::entry::{Act, Actor, AnsweredDetail, Base64, Entry, SignedPayload, leaf};
use sigilo::audit::tree::{self, Hashes};
use sigilo::domain::ids::EntryId;
use sigilo::domain::note::NoteKey as _;
use sigilo::domain::transcript::Transcript;
use sigilo::vault::hash::Hash32;
use sigilo::vault::unseal;
use sigilo::witness::statement::{OpeningStatement, RosterStatement, Statement as _};
use sigilo::witness::{CoveredDetail, CoveredManifest, CoveredStatement, OfficerSignature, RequestedDetail};
use tlog_tiles::Hash;

use super::{b64, bytes};
use crate::support::keys::{LOG, REPORTER, WITNESS, case, instance, signer, staff};

const FILE: &str = "tests/vectors/log.json";
const TIME: i64 = 1_795_000_000;

fn entry_id(n: u8) -> EntryId {
    format!("{n:08x}-1111-4111-8111-111111111111").parse().unwrap()
}

fn hex32(hash: Hash) -> Hash32 {
    Hash32::from_slice(&hash.0).unwrap()
}

fn manifest() -> Hash32 {
    Hash32::of_bytes(b"a manifest")
}

fn statement() -> Hash32 {
    Hash32::of_bytes(b"a statement")
}

/// One entry of each shape whose detail is laid down.
fn entries() -> Vec<Entry> {
    let entry = |n, actor, act, of_case: bool, detail: Value, signed| Entry {
        id: entry_id(n),
        time: TIME + i64::from(n),
        actor,
        act,
        case: of_case.then(case),
        detail: detail.as_object().unwrap().clone(),
        signed,
    };
    let covered = CoveredDetail {
        statements: vec![CoveredStatement {
            statement: statement(),
            verify_key: signer(REPORTER).verify_key(),
        }],
        manifests: vec![CoveredManifest {
            manifest: manifest(),
            verify_key: signer(REPORTER).verify_key(),
        }],
    };
    let request = b"the request's stored bytes".to_vec();
    let requested = RequestedDetail {
        signatures: vec![OfficerSignature {
            officer: staff(1),
            signature: unseal::sign(instance(), &request, &signer(1)),
        }],
        request: Base64(request),
    };
    let answered = |refusal| AnsweredDetail {
        requested: entry_id(4),
        refusal,
    };
    let payload = "señal".as_bytes().to_vec();
    let signature = signer(7).sign(&Transcript::new("test", instance()).field(&payload));
    let signed = SignedPayload {
        by: staff(7),
        what: "test".into(),
        payload: Base64(payload),
        signature: Base64(signature.as_bytes().to_vec()),
    };
    let one = Some("not_covered".to_owned());
    vec![
        entry(0, Actor::System, Act::InstanceCreated, false, json!({}), None),
        entry(1, Actor::Nobody, Act::StaffSignInFailed, false, json!({}), None),
        entry(2, Actor::System, Act::ReportsCovered, false, json!(covered), None),
        entry(
            3,
            Actor::Staff(staff(7)),
            Act::CaseOpened,
            true,
            json!({}),
            Some(signed),
        ),
        entry(
            4,
            Actor::Staff(staff(1)),
            Act::UnsealRequested,
            true,
            json!(requested),
            None,
        ),
        entry(5, Actor::System, Act::UnsealReleased, true, json!(answered(None)), None),
        entry(6, Actor::System, Act::UnsealRefused, true, json!(answered(one)), None),
    ]
}

/// Entries as stored, their hashes, and the root of every size.
fn log() -> (Vec<Vec<u8>>, Hashes, Vec<Hash>) {
    let stored: Vec<_> = entries().iter().map(|entry| entry.to_bytes().unwrap()).collect();
    let mut hashes = Hashes::new();
    let mut roots = vec![tree::root(0, &hashes).unwrap()];
    for (index, entry) in (0..).zip(&stored) {
        tree::append(index, &[tree::leaf_hash(instance(), entry)], &mut hashes).unwrap();
        roots.push(tree::root(index + 1, &hashes).unwrap());
    }
    (stored, hashes, roots)
}

fn hexes(proof: Vec<Hash>) -> Vec<Hash32> {
    proof.into_iter().map(hex32).collect()
}

fn all() -> Value {
    let (stored, hashes, roots) = log();
    let size = u64::try_from(stored.len()).unwrap();
    let entries = stored.iter().map(|entry| {
        json!({
            "stored": b64(entry),
            "leaf": b64(leaf(instance(), entry)),
            "leaf_hash": hex32(tree::leaf_hash(instance(), entry)),
        })
    });
    let inclusion = (1..=size).flat_map(|size| (0..size).map(move |index| (size, index)));
    let inclusion = inclusion.map(|(size, index)| {
        let proof = tree::prove_inclusion(size, index, &hashes).unwrap();
        json!({ "size": size, "index": index, "proof": hexes(proof) })
    });
    let consistency = (1..=size).flat_map(|new| (0..=new).map(move |old| (old, new)));
    let consistency = consistency.map(|(old, new)| {
        let proof = tree::prove_consistency(old, new, &hashes).unwrap();
        json!({ "old": old, "new": new, "proof": hexes(proof) })
    });
    let root = *roots.last().unwrap();
    let signed = Checkpoint { origin: 1, size, root }
        .sign(instance(), &signer(LOG))
        .unwrap();
    let cosigned = countersign(&signed, TIME + 60, instance(), &signer(WITNESS)).unwrap();
    let roster = RosterStatement {
        instance: instance(),
        version: 3,
        hash: Hash32::of_bytes(b"a roster"),
        time: TIME,
    };
    let opening = OpeningStatement {
        instance: instance(),
        case: case(),
        count: 1,
        leaves: vec![hex32(tree::leaf_hash(instance(), &stored[4]))],
        tree_size: size,
        time: TIME,
    };
    json!({
        "instance": instance(),
        "log": signer(LOG).verify_key(),
        "witness": signer(WITNESS).verify_key(),
        "covered": { "index": 2, "manifest": manifest(), "statement": statement(), "verify_key": signer(REPORTER).verify_key() },
        "entries": entries.collect::<Vec<_>>(),
        "roots": roots.iter().map(|root| hex32(*root)).collect::<Vec<_>>(),
        "inclusion": inclusion.collect::<Vec<_>>(),
        "consistency": consistency.collect::<Vec<_>>(),
        "checkpoint": { "size": size, "root": hex32(root), "signed": b64(signed), "time": TIME + 60, "cosigned": b64(cosigned) },
        "statements": {
            "roster": { "note": b64(roster.sign(&signer(WITNESS)).unwrap()), "body": roster },
            "opening": { "note": b64(opening.sign(&signer(WITNESS)).unwrap()), "body": opening },
        },
    })
}

#[test]
fn the_log_is_what_it_was_laid_down_to_be() {
    let made = all();
    if std::env::var_os("SIGILO_WRITE_VECTORS").is_some() {
        fs::write(FILE, format!("{made:#}\n")).unwrap();
    }
    let laid_down: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    for (name, value) in laid_down.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(made, laid_down);
}

fn hashes_of(value: &Value) -> Vec<Hash> {
    let hash = |value: &Value| Hash(*value.as_str().unwrap().parse::<Hash32>().unwrap().as_bytes());
    value.as_array().unwrap().iter().map(hash).collect()
}

#[test]
fn what_was_laid_down_reads_and_verifies() {
    let laid_down: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let roots = hashes_of(&laid_down["roots"]);
    let at = |value: &Value| value.as_u64().unwrap();
    let root = |size: u64| roots[usize::try_from(size).unwrap()];
    let read: Vec<Entry> = (laid_down["entries"].as_array().unwrap().iter())
        .map(|entry| Entry::read(&bytes(&entry["stored"])).unwrap())
        .collect();
    assert_eq!(read, entries());
    for case in laid_down["inclusion"].as_array().unwrap() {
        let (size, index) = (at(&case["size"]), at(&case["index"]));
        let stored = bytes(&laid_down["entries"][usize::try_from(index).unwrap()]["stored"]);
        let leaf = tree::leaf_hash(instance(), &stored);
        tree::check_inclusion(&hashes_of(&case["proof"]), size, root(size), index, leaf).unwrap();
    }
    for case in laid_down["consistency"].as_array().unwrap() {
        let (old, new) = (at(&case["old"]), at(&case["new"]));
        tree::check_consistency(&hashes_of(&case["proof"]), (old, root(old)), (new, root(new))).unwrap();
    }
    let (log, witness) = (signer(LOG), signer(WITNESS));
    let checkpoint = &laid_down["checkpoint"];
    let size = at(&checkpoint["size"]);
    let said = Checkpoint {
        origin: 1,
        size,
        root: root(size),
    };
    let (signed, cosigned) = (bytes(&checkpoint["signed"]), bytes(&checkpoint["cosigned"]));
    assert_eq!(Checkpoint::read_signed(&signed, instance(), &log.public()), Ok(said));
    let both = Checkpoint::read_cosigned(&cosigned, instance(), &log.public(), &witness.public());
    assert_eq!(both, Ok(said));
    let statements = &laid_down["statements"];
    let note = |name: &str| bytes(&statements[name]["note"]);
    let roster = RosterStatement::verify(&note("roster"), instance(), &witness.verify_key()).unwrap();
    assert_eq!(json!(roster), statements["roster"]["body"]);
    let opening = OpeningStatement::verify(&note("opening"), instance(), &witness.verify_key()).unwrap();
    assert_eq!(json!(opening), statements["opening"]["body"]);
}
