//! Signed acts: what is not signed, signed otherwise, or used twice is named.

use serde_json::{Map, Value, json};

use super::super::*;
use super::world::*;
use crate::audit::entry::{Act, Actor, Entry, SignedPayload};
use crate::audit::tree::leaf_hash;
use crate::domain::ids::CaseId;

const UNSEAL: &str = "55555555-5555-4555-8555-555555555555";

fn case() -> CaseId {
    "11111111-1111-4111-8111-111111111111".parse().unwrap()
}

fn hash_of(body: &[u8]) -> Value {
    json!(hex::encode(leaf_hash(instance(), body).0))
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else {
        unreachable!("tests pass objects")
    };
    map
}

/// The payload of a change of state.
fn moved(from: &str, to: &str, previous: &Value) -> Value {
    json!({
        "instance": instance(), "case": case(), "previous": previous, "member": staff(), "from": from, "to": to,
        "record": "77777777-7777-4777-8777-777777777777", "time": 1_795_000_000,
    })
}

/// The payload of a showing.
fn shown(previous: &Value) -> Value {
    json!({
        "instance": instance(), "case": case(), "unseal": UNSEAL, "previous": previous, "member": staff(),
        "time": 1_795_000_000,
    })
}

/// The payload of a verdict that moves the case.
fn verdict(previous: &Value) -> Value {
    json!({
        "instance": instance(), "case": case(), "unseal": UNSEAL, "verdict": "valid",
        "state": { "from": "received", "to": "in_review" }, "previous": previous, "member": staff(),
        "time": 1_795_000_000,
    })
}

/// An entry of the staff member about the case, whose detail repeats `payload`.
fn entry_of(at: usize, act: Act, payload: &Value, signed: Option<SignedPayload>) -> Entry {
    let unrepeated = ["instance", "case", "previous", "member", "time"];
    let mut detail = object(payload.clone());
    detail.retain(|field, _| !unrepeated.contains(&field.as_str()));
    Entry {
        id: entry_id(at),
        time: 1_795_000_000,
        actor: Actor::Staff(staff()),
        act,
        case: Some(case()),
        detail,
        signed,
    }
}

fn signed(at: usize, act: Act, what: &str, payload: &Value) -> Vec<u8> {
    let signature = sign(&key(STAFF), what, payload.to_string().as_bytes());
    entry_of(at, act, payload, Some(signature)).to_bytes().unwrap()
}

/// Verifies a log of a roster and these entries.
fn outcome(acts: &[Vec<u8>]) -> Result<Summary, Finding> {
    let mut bodies = vec![entry(0, Act::RosterPublished, json!({}), None)];
    bodies.extend_from_slice(acts);
    let tables = Tables {
        rows: tables_of_rows(bodies),
        checkpoints: Vec::new(),
    };
    let listed = |index| (index > 0).then(case);
    run_with(&tables, Expectations::default(), Known(false), listed)
}

fn defect(acts: &[Vec<u8>]) -> (u64, Defect) {
    let finding = outcome(acts).unwrap_err();
    (finding.index, finding.defect)
}

/// Two moves, a showing in a chain of its own, a verdict, and the move that follows from it.
fn honest() -> Vec<Vec<u8>> {
    let first = signed(
        1,
        Act::CaseStateChanged,
        "case-state",
        &moved("received", "resolved", &Value::Null),
    );
    let second = moved("resolved", "in_review", &hash_of(&first));
    let second = signed(2, Act::CaseStateChanged, "case-state", &second);
    let showing = signed(3, Act::IdentityShown, "identity-shown", &shown(&Value::Null));
    let stated = signed(4, Act::VerdictStated, "verdict", &verdict(&hash_of(&second)));
    let follows = json!({ "from": "received", "to": "in_review", "verdict": "valid" });
    let follows = entry_of(5, Act::CaseStateChanged, &follows, None).to_bytes().unwrap();
    vec![first, second, showing, stated, follows]
}

#[test]
fn signed_acts_that_follow_each_other_are_good() {
    assert_eq!(outcome(&honest()).unwrap().entries, 6);
}

#[test]
fn an_act_without_signature_is_named() {
    for (act, payload) in [
        (Act::CaseStateChanged, moved("received", "closed", &Value::Null)),
        (
            Act::CheckNoted,
            json!({ "unseal": UNSEAL, "what": "llamada", "outcome": "reached" }),
        ),
        (Act::IdentityShown, shown(&Value::Null)),
        (Act::VerdictStated, verdict(&Value::Null)),
        (Act::CaseRecused, json!({ "letter": UNSEAL })),
        (Act::IdentityErased, json!({ "request": UNSEAL, "reason": "pedido" })),
        (Act::ErasureRefused, json!({ "request": UNSEAL, "reason": "pedido" })),
        (Act::UnsealRequested, json!({ "request": "e30=", "signatures": [] })),
    ] {
        let body = entry_of(1, act, &payload, None).to_bytes().unwrap();
        assert_eq!(defect(&[body]), (1, Defect::NotSigned), "{act}");
    }
    let expired = Entry {
        actor: Actor::System,
        ..entry_of(1, Act::IdentityErased, &json!({}), None)
    };
    assert!(outcome(&[expired.to_bytes().unwrap()]).is_ok(), "its time had come");
}

#[test]
fn what_was_signed_counts_once() {
    let mut acts = honest();
    let again = signed(
        6,
        Act::CaseStateChanged,
        "case-state",
        &moved("received", "resolved", &Value::Null),
    );
    acts.push(again);
    assert_eq!(defect(&acts), (6, Defect::ActRepeated), "the first move, once more");
    let mut acts = honest();
    acts[4] = signed(5, Act::IdentityShown, "identity-shown", &shown(&Value::Null));
    assert_eq!(defect(&acts), (5, Defect::ActRepeated), "the showing, once more");
    let mut acts = honest();
    acts.remove(1);
    assert_eq!(
        defect(&acts),
        (3, Defect::ActRepeated),
        "the verdict names a move that is missing"
    );
    let mut acts = honest();
    let follows = json!({ "from": "received", "to": "in_review", "verdict": "valid" });
    acts.push(entry_of(6, Act::CaseStateChanged, &follows, None).to_bytes().unwrap());
    assert_eq!(defect(&acts), (6, Defect::NotSigned), "a verdict moves the case once");
    let twice = |at| {
        let mut detail = request(&key(STAFF));
        let said = json!({ "instance": instance(), "case": case(), "officer": staff() }).to_string();
        let signature = sign(&key(STAFF), "unseal-request", said.as_bytes());
        detail["request"] = json!(signature.payload);
        detail["signatures"][0]["signature"] = json!(signature.signature);
        entry_of(at, Act::UnsealRequested, &detail, None).to_bytes().unwrap()
    };
    assert_eq!(
        defect(&[twice(1), twice(2)]),
        (2, Defect::ActRepeated),
        "one request, once"
    );
}

#[test]
fn an_entry_that_tells_something_else_than_was_signed_is_named() {
    let payload = moved("received", "resolved", &Value::Null);
    let signature = || Some(sign(&key(STAFF), "case-state", payload.to_string().as_bytes()));
    let right = || entry_of(1, Act::CaseStateChanged, &payload, signature());
    let told = |change: fn(&mut Entry)| {
        let mut entry = right();
        change(&mut entry);
        defect(&[entry.to_bytes().unwrap()]).1
    };
    assert!(outcome(&[right().to_bytes().unwrap()]).is_ok());
    assert_eq!(
        told(|entry| drop(entry.detail.insert("to".into(), json!("closed")))),
        Defect::SignedOtherwise
    );
    assert_eq!(
        told(|entry| drop(entry.detail.remove("record"))),
        Defect::SignedOtherwise
    );
    assert_eq!(told(|entry| entry.act = Act::CaseRecused), Defect::SignedOtherwise);
    assert_eq!(told(|entry| entry.actor = Actor::System), Defect::UnknownSigner);
    // Other fields than the act demands; another case, installation or member than the entry's.
    let elsewhere = json!("22222222-2222-4222-8222-222222222222");
    for (field, value) in [
        ("more", json!(1)),
        ("case", elsewhere.clone()),
        ("instance", elsewhere.clone()),
        ("member", elsewhere),
    ] {
        let mut other = payload.clone();
        other[field] = value;
        let body = signed(1, Act::CaseStateChanged, "case-state", &other);
        let mut entry = Entry::read(&body).unwrap();
        entry.detail.remove("more");
        let body = entry.to_bytes().unwrap();
        assert_eq!(defect(&[body]), (1, Defect::SignedOtherwise), "{field}");
    }
    // The signature of somebody whom no roster names.
    let forged = sign(&key(9), "case-state", payload.to_string().as_bytes());
    let forged = entry_of(1, Act::CaseStateChanged, &payload, Some(forged))
        .to_bytes()
        .unwrap();
    assert_eq!(defect(&[forged]), (1, Defect::BadSignature));
}
