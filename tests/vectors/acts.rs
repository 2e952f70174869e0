//! Signed acts of officers, members and reporters: requests for validation, unseal and erasure, verdict, recusal; and the
//! head of the witness's journal.

use serde_json::{Value, json};
use sigilo::domain::day::Day;
use sigilo::domain::facets::Verdict;
use sigilo::vault::erasure::{ErasureDecision, ErasurePayload, ErasureRequest};
use sigilo::vault::hash::{CommitmentSalt, Hash32};
use sigilo::vault::manifest::manifest_hash;
use sigilo::vault::payload::Payload as _;
use sigilo::vault::recusal::{self, RecusalPayload};
use sigilo::vault::signing::Signature;
use sigilo::vault::unseal::{self, Answers, AskedBy, UnsealRequest};
use sigilo::vault::validation::{MAX_VALID_SECONDS, ValidationPayload, validation_request_hash};
use sigilo::vault::verdict::VerdictPayload;
use sigilo::witness::statement::{JournalHead, Statement as _};

use super::{Steps, bytes};
use crate::support::keys::{REPORTER, WITNESS, case, identity, instance, roster, signer, staff, verified};

pub(super) fn unseal_request() -> Value {
    let salt = CommitmentSalt::random(&mut Steps(9));
    let text = "Validar la cédula y el nu\u{301}mero";
    let commitment = unseal::commit_purpose(instance(), &salt, text);
    let request = UnsealRequest {
        instance: instance(),
        case: case(),
        number: "2026-K7Q2M9-V".into(),
        manifest: manifest_hash(instance(), b"{}"),
        roster: verified(&roster(3)).hash(),
        class: "validacion".into(),
        commitment,
        nonce: (1..=16).collect(),
        recipient: identity(80).recipient(),
        officer: staff(1),
        time: 1_795_000_000,
        expires: 1_795_000_000 + unseal::MAX_VALID_SECONDS,
        answers: Some(Answers {
            by: AskedBy::Member,
            hash: validation_request_hash(instance(), &validation()),
        }),
    }
    .to_bytes();
    json!({
        "request": String::from_utf8(request.clone()).unwrap(),
        "signature": unseal::sign(instance(), &request, &signer(1)),
        "verify_key": signer(1).verify_key(),
        "request_hash": unseal::request_hash(instance(), &request),
        "purpose": { "salt": salt, "text": text, "commitment": commitment },
    })
}

fn validation() -> Vec<u8> {
    ValidationPayload {
        instance: instance(),
        case: case(),
        request: "77777777-7777-4777-8777-777777777777".parse().unwrap(),
        member: staff(7),
        roster: verified(&roster(3)).hash(),
        time: 1_794_900_000,
        expires: 1_794_900_000 + MAX_VALID_SECONDS,
    }
    .to_bytes()
}

pub(super) fn validation_request() -> Value {
    let payload = validation();
    json!({
        "payload": String::from_utf8(payload.clone()).unwrap(),
        "signature": ValidationPayload::sign(instance(), &payload, &signer(7)),
        "verify_key": signer(7).verify_key(),
        "hash": validation_request_hash(instance(), &payload),
    })
}

fn erasure_request_bytes() -> Vec<u8> {
    ErasureRequest {
        instance: instance(),
        case: case(),
        request: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
        day: Day(20_770),
    }
    .to_bytes()
}

pub(super) fn erasure_request() -> Value {
    let request = erasure_request_bytes();
    json!({
        "request": String::from_utf8(request.clone()).unwrap(),
        "signature": ErasureRequest::sign(instance(), &request, &signer(REPORTER)),
        "verify_key": signer(REPORTER).verify_key(),
        "hash": ErasureRequest::hash(instance(), &request),
    })
}

pub(super) fn journal_head() -> Value {
    let statement = JournalHead {
        instance: instance(),
        lines: 7,
        last: Hash32::of_bytes(b"line"),
        time: 1_795_000_000,
    };
    let note = statement.sign(&signer(WITNESS)).unwrap();
    json!({ "note": String::from_utf8(note).unwrap(), "verify_key": signer(WITNESS).verify_key() })
}

pub(super) fn verdicts() -> Value {
    let one = |verdict: &Verdict| {
        let payload = VerdictPayload {
            instance: instance(),
            case: case(),
            unseal: "55555555-5555-4555-8555-555555555555".parse().unwrap(),
            verdict: *verdict,
            time: 1_795_000_100,
        }
        .to_bytes();
        json!({
            "payload": String::from_utf8(payload.clone()).unwrap(),
            "signature": VerdictPayload::sign(instance(), &payload, &signer(1)),
            "verify_key": signer(1).verify_key(),
        })
    };
    Verdict::ALL.iter().map(one).collect()
}

pub(super) fn erasures() -> Value {
    let one = |(decision, reason): (ErasureDecision, &str)| {
        let payload = ErasurePayload {
            instance: instance(),
            case: case(),
            request: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
            decision,
            reason: reason.into(),
            manifest: Hash32::of_bytes(b"a manifest"),
            answers: ErasureRequest::hash(instance(), &erasure_request_bytes()),
            time: 1_795_000_200,
        }
        .to_bytes();
        json!({
            "payload": String::from_utf8(payload.clone()).unwrap(),
            "signature": ErasurePayload::sign(instance(), &payload, &signer(1)),
            "verify_key": signer(1).verify_key(),
        })
    };
    [
        (ErasureDecision::Erase, "pedido-del-titular"),
        (ErasureDecision::Refuse, "proceso-legal"),
    ]
    .into_iter()
    .map(one)
    .collect()
}

pub(super) fn recusal() -> Value {
    let payload = RecusalPayload {
        instance: instance(),
        case: case(),
        member: staff(1),
        letter: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
        time: 1_795_000_200,
    }
    .to_bytes();
    json!({
        "payload": String::from_utf8(payload.clone()).unwrap(),
        "signature": recusal::sign(instance(), &payload, &signer(1)),
        "verify_key": signer(1).verify_key(),
    })
}

/// Checks that the stored forms read and verify, each as its own kind only.
pub(super) fn open(stored: &Value) {
    let request = stored["unseal"]["request"].as_str().unwrap().as_bytes();
    assert_eq!(UnsealRequest::read(request).unwrap().to_bytes(), request);
    let one = &stored["validation_request"];
    let payload = one["payload"].as_str().unwrap().as_bytes();
    assert_eq!(
        ValidationPayload::read(instance(), payload).unwrap().to_bytes(),
        payload
    );
    let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
    ValidationPayload::verify(instance(), payload, &signature, &signer(7).verify_key()).unwrap();
    assert!(VerdictPayload::verify(instance(), payload, &signature, &signer(7).verify_key()).is_err());
    let one = &stored["erasure_request"];
    let request = one["request"].as_str().unwrap().as_bytes();
    assert_eq!(ErasureRequest::read(instance(), request).unwrap().to_bytes(), request);
    let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
    ErasureRequest::verify(instance(), request, &signature, &signer(REPORTER).verify_key()).unwrap();
    assert!(ErasureRequest::verify(instance(), request, &signature, &signer(1).verify_key()).is_err());
    let note = stored["journal_head"]["note"].as_str().unwrap().as_bytes();
    let head = JournalHead::verify(note, instance(), &signer(WITNESS).verify_key()).unwrap();
    assert_eq!(head.lines, 7);
    assert!(JournalHead::verify(note, instance(), &signer(1).verify_key()).is_err());
    for one in stored["verdicts"].as_array().unwrap() {
        let payload = one["payload"].as_str().unwrap().as_bytes();
        assert_eq!(VerdictPayload::read(instance(), payload).unwrap().to_bytes(), payload);
        let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
        VerdictPayload::verify(instance(), payload, &signature, &signer(1).verify_key()).unwrap();
        assert!(VerdictPayload::verify(instance(), payload, &signature, &signer(2).verify_key()).is_err());
        let request = unseal::verify(instance(), payload, &signature, &signer(1).verify_key());
        assert!(request.is_err(), "a verdict is no request");
    }
    for one in stored["erasures"].as_array().unwrap() {
        let payload = one["payload"].as_str().unwrap().as_bytes();
        assert_eq!(ErasurePayload::read(instance(), payload).unwrap().to_bytes(), payload);
        let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
        ErasurePayload::verify(instance(), payload, &signature, &signer(1).verify_key()).unwrap();
        assert!(VerdictPayload::verify(instance(), payload, &signature, &signer(1).verify_key()).is_err());
    }
    let one = &stored["recusal"];
    let payload = one["payload"].as_str().unwrap().as_bytes();
    assert_eq!(RecusalPayload::read(instance(), payload).unwrap().to_bytes(), payload);
    let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
    recusal::verify(instance(), payload, &signature, &signer(1).verify_key()).unwrap();
    assert!(recusal::verify(instance(), payload, &signature, &signer(2).verify_key()).is_err());
    assert!(VerdictPayload::verify(instance(), payload, &signature, &signer(1).verify_key()).is_err());
}
