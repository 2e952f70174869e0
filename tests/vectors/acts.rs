//! Signed acts of members: unseal request, change of state, check, showing, verdict, erasure, recusal.

use serde_json::{Value, json};
use sigilo::audit::acts::SignedAct;
use sigilo::audit::entry::Act;
use sigilo::domain::desk::Outcome;
use sigilo::domain::facets::Verdict;
use sigilo::domain::state::State;
use sigilo::vault::case_state::CaseStatePayload;
use sigilo::vault::checking::{CheckPayload, ShowingPayload};
use sigilo::vault::erasure::{ErasureDecision, ErasurePayload};
use sigilo::vault::hash::{CommitmentSalt, Hash32};
use sigilo::vault::manifest::manifest_hash;
use sigilo::vault::payload::Payload;
use sigilo::vault::recusal::RecusalPayload;
use sigilo::vault::signing::Signature;
use sigilo::vault::unseal::{self, UnsealRequest};
use sigilo::vault::verdict::{StateChange, VerdictPayload};

use super::{Steps, bytes};
use crate::support::keys::{case, identity, instance, roster, signer, staff, verified};

pub(super) fn unseal_request() -> Value {
    let salt = CommitmentSalt::random(&mut Steps(9));
    let text = "Validar la cédula y el nu\u{301}mero";
    let commitment = unseal::commit_purpose(instance(), &salt, text);
    let request = UnsealRequest {
        instance: instance(),
        case: case(),
        manifest: manifest_hash(instance(), b"{}"),
        roster: verified(&roster(3)).hash(),
        class: "validacion".into(),
        commitment,
        nonce: (1..=16).collect(),
        recipient: identity(80).recipient(),
        officer: staff(1),
        time: 1_795_000_000,
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

/// One signed act, by the first member.
fn signed<P: Payload>(act: &P) -> Value {
    let payload = act.to_bytes();
    json!({
        "what": P::LABEL,
        "payload": String::from_utf8(payload.clone()).unwrap(),
        "signature": P::sign(instance(), &payload, &signer(1)),
        "verify_key": signer(1).verify_key(),
    })
}

/// Each kind of act that names the act before.
pub(super) fn chained() -> Value {
    let unseal = "55555555-5555-4555-8555-555555555555".parse().unwrap();
    let previous = Some(Hash32::of_bytes(b"an entry"));
    let member = staff(1);
    let verdict = |verdict: &Verdict| {
        let moved = StateChange {
            from: State::Received,
            to: State::InReview,
        };
        signed(&VerdictPayload {
            instance: instance(),
            case: case(),
            unseal,
            verdict: *verdict,
            state: (*verdict == Verdict::Valid).then_some(moved),
            previous,
            member,
            time: 1_795_000_100,
        })
    };
    let acts = [
        signed(&CaseStatePayload {
            instance: instance(),
            case: case(),
            previous: None,
            member,
            from: State::Received,
            to: State::InReview,
            record: "77777777-7777-4777-8777-777777777777".parse().unwrap(),
            time: 1_795_000_000,
        }),
        signed(&CheckPayload {
            instance: instance(),
            case: case(),
            unseal,
            check: "88888888-8888-4888-8888-888888888888".parse().unwrap(),
            what: "llamada".into(),
            outcome: Outcome::NoAnswer,
            made_at: 1_795_000_020,
            previous: None,
            member,
            time: 1_795_000_030,
        }),
        signed(&ShowingPayload {
            instance: instance(),
            case: case(),
            unseal,
            previous,
            member,
            time: 1_795_000_040,
        }),
        signed(&RecusalPayload {
            instance: instance(),
            case: case(),
            previous,
            member,
            letter: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
            time: 1_795_000_200,
        }),
    ];
    acts.into_iter().chain(Verdict::ALL.iter().map(verdict)).collect()
}

pub(super) fn erasures() -> Value {
    let one = |(decision, reason): (ErasureDecision, &str)| {
        signed(&ErasurePayload {
            instance: instance(),
            case: case(),
            request: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
            decision,
            reason: reason.into(),
            manifest: Hash32::of_bytes(b"a manifest"),
            time: 1_795_000_200,
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

/// Checks that a stored act reads and verifies as `P`, with its member's key only, and has the fields that the log demands.
fn open_one<P: Payload>(act: Act, one: &Value) {
    let payload = one["payload"].as_str().unwrap().as_bytes();
    assert_eq!(P::read(instance(), payload).unwrap().to_bytes(), payload);
    let signature = Signature::from_slice(&bytes(&one["signature"])).unwrap();
    P::verify(instance(), payload, &signature, &signer(1).verify_key()).unwrap();
    assert!(P::verify(instance(), payload, &signature, &signer(2).verify_key()).is_err());
    let request = unseal::verify(instance(), payload, &signature, &signer(1).verify_key());
    assert!(request.is_err(), "an act is no request to unseal");
    let demanded = SignedAct::of(act).unwrap();
    assert_eq!(demanded.what, P::LABEL);
    let fields: serde_json::Map<String, Value> = serde_json::from_slice(payload).unwrap();
    assert!(demanded.fields.iter().all(|field| fields.contains_key(*field)) && fields.len() == demanded.fields.len());
}

/// Checks that the stored forms read and verify, each as its own kind only.
pub(super) fn open(stored: &Value) {
    let request = stored["unseal"]["request"].as_str().unwrap().as_bytes();
    assert_eq!(UnsealRequest::read(request).unwrap().to_bytes(), request);
    for one in stored["acts"].as_array().unwrap() {
        match one["what"].as_str().unwrap() {
            "case-state" => open_one::<CaseStatePayload>(Act::CaseStateChanged, one),
            "check" => open_one::<CheckPayload>(Act::CheckNoted, one),
            "identity-shown" => open_one::<ShowingPayload>(Act::IdentityShown, one),
            "recusal" => open_one::<RecusalPayload>(Act::CaseRecused, one),
            "verdict" => open_one::<VerdictPayload>(Act::VerdictStated, one),
            other => panic!("{other}"),
        }
    }
    for one in stored["erasures"].as_array().unwrap() {
        open_one::<ErasurePayload>(Act::ErasureRefused, one);
    }
}
