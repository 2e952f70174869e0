//! Examples with their own randomness: age files, shares, a whole seal. Made once, and opened by every later version.

use serde_json::{Value, json};
use sigilo::domain::ids::{LetterId, SealId};
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::content::{Check, CheckNote, Content, Purpose, RecusalReason, ValidationRequest, VerdictChecks};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::hash::{CommitmentSalt, Hash32};
use sigilo::vault::letter::{self, LetterContext, LetterKind};
use sigilo::vault::manifest::Manifest;
use sigilo::vault::seal::{self, SealContext};
use sigilo::vault::secret::Key32;
use sigilo::vault::shamir::{self, Share};
use sigilo::vault::signing::Signature;
use sigilo::vault::staffkeys;
use sigilo::vault::unseal::commit_purpose;
use sigilo::vault::verified_purpose::{self, Opening};

use super::fixed::identity_data;
use super::{Steps, b64, bytes, files};
use crate::support::keys::{REPORTER, WITNESS, case, identity, instance, key, roster, signer, staff, verified};

fn letter_place(kind: LetterKind) -> LetterContext {
    let letter: LetterId = "44444444-4444-4444-8444-444444444444".parse().unwrap();
    LetterContext {
        instance: instance(),
        case: case(),
        letter,
        kind,
    }
}

pub(super) fn make() -> Value {
    json!({
        "case_keys": [case_key(KeyName::Shared, 1), case_key(KeyName::Staff, 2)],
        "area": {
            "area": "quejas", "version": 2, "member": 7, "recipient": identity(51).recipient().as_str(),
            "file": b64(staffkeys::wrap_area(&identity(51), instance(), "quejas", 2, &identity(7).recipient())),
        },
        "letters": letters(),
        "notes": notes(),
        "verified_purpose": purpose_of_witness(),
        "shares": [shares(1, 3), shares(3, 5)],
        "seals": [whole_seal(1), whole_seal(3)],
        "attachment": files::make(),
    })
}

fn case_key(name: KeyName, version: u64) -> Value {
    let file = casekeys::wrap(&key(61), name, version, instance(), case(), &identity(51).recipient());
    json!({ "name": name.as_str(), "version": version, "identity": 51, "key": b64(key(61).expose()), "file": b64(file) })
}

fn one(kind: LetterKind, (content, file): (String, Vec<u8>)) -> Value {
    json!({
        "kind": kind.as_str(),
        "letter": letter_place(kind).letter,
        "reader": 6,
        "author": Author::Staff(staff(1)).to_string(),
        "verify_key": signer(1).verify_key(),
        "content": content,
        "file": b64(file),
    })
}

const PURPOSE: &str = "Validar la cédula y el número";

/// The purpose of an opening, as the witness seals it to auditor 6.
fn purpose_of_witness() -> Value {
    let salt = CommitmentSalt::random(&mut Steps(9));
    let request = Hash32::of_bytes(b"request");
    let opening = Opening {
        instance: instance(),
        case: case(),
        request,
        class: "validacion",
    };
    json!({
        "reader": 6,
        "request_hash": request,
        "class": opening.class,
        "text": PURPOSE,
        "salt": salt,
        "commitment": commit_purpose(instance(), &salt, PURPOSE),
        "file": b64(verified_purpose::seal(&opening, &salt, PURPOSE, &identity(6).recipient())),
    })
}

fn open_purpose(stored: &Value) {
    let opening = Opening {
        instance: instance(),
        case: case(),
        request: serde_json::from_value(stored["request_hash"].clone()).unwrap(),
        class: stored["class"].as_str().unwrap(),
    };
    let file = bytes(&stored["file"]);
    let (salt, text) = verified_purpose::open(&opening, &file, &identity(6)).unwrap();
    assert_eq!(text.as_str(), stored["text"]);
    assert_eq!(json!(commit_purpose(instance(), &salt, &text)), stored["commitment"]);
    assert!(verified_purpose::open(&opening, &file, &identity(5)).is_err());
}

/// Letters of a kind that came later.
fn notes() -> Value {
    let note = CheckNote::new("Contestó su hija; volverá el lunes".into());
    json!([one(LetterKind::CheckNote, sealed(LetterKind::CheckNote, &note))])
}

fn letters() -> Value {
    let purpose = Purpose::new(
        "validacion".into(),
        "Validar la cédula".into(),
        sigilo::vault::base64::encode(&[3; 32]),
    );
    let request = ValidationRequest::new("¿Existe esta persona?".into());
    let checks = vec![Check {
        what: "phone".into(),
        outcome: "reached".into(),
        day: "2026-11-20".into(),
    }];
    let checks = VerdictChecks::new(checks.into(), "Contestó su hija".into());
    let (purpose_kind, request_kind, checks_kind) = (
        LetterKind::Purpose,
        LetterKind::ValidationRequest,
        LetterKind::VerdictChecks,
    );
    let recusal = RecusalReason::new("knows".into(), "Trabajé con su hermano".into());
    json!([
        one(purpose_kind, sealed(purpose_kind, &purpose)),
        one(request_kind, sealed(request_kind, &request)),
        one(checks_kind, sealed(checks_kind, &checks)),
        one(LetterKind::Recusal, sealed(LetterKind::Recusal, &recusal)),
    ])
}

fn sealed(kind: LetterKind, content: &impl Content) -> (String, Vec<u8>) {
    let author = (Author::Staff(staff(1)), Via::Browser);
    let mut files = letter::seal(
        &letter_place(kind),
        author,
        content,
        &signer(1),
        &[&identity(6).recipient()],
    );
    (content.to_json().to_string(), files.remove(0))
}

fn shares(k: u8, n: u8) -> Value {
    let split = shamir::split(&key(62), k, n, &mut Steps(0)).unwrap();
    let shares: Vec<_> = split
        .iter()
        .map(|share| json!({ "x": share.x, "share": b64(share.y.expose()) }))
        .collect();
    json!({ "k": k, "n": n, "secret": b64(key(62).expose()), "shares": shares })
}

fn whole_seal(quorum: u8) -> Value {
    let seal: SealId = "33333333-3333-4333-8333-333333333333".parse().unwrap();
    let place = SealContext {
        instance: instance(),
        case: case(),
        seal,
        previous: None,
    };
    let reporter = signer(REPORTER);
    let roster = verified(&roster(quorum));
    let sealed = seal::seal(place, &identity_data(), Via::Server, &reporter, &roster, &mut Steps(0)).unwrap();
    json!({
        "k": quorum,
        "seal": seal,
        "manifest": b64(&sealed.manifest),
        "manifest_hash": sealed.manifest_hash,
        "manifest_signature": sealed.manifest_signature,
        "verify_key": reporter.verify_key(),
        "record": b64(&sealed.record),
        "witness": WITNESS,
        "witness_half": b64(&sealed.witness_half),
        "shares": sealed.shares.iter().map(|share| json!({ "officer": share.officer, "x": share.x, "file": b64(&share.file) })).collect::<Vec<_>>(),
        "content": *identity_data().to_json(),
    })
}

pub(super) fn open(stored: &Value) {
    open_purpose(&stored["verified_purpose"]);
    for one in stored["case_keys"].as_array().unwrap() {
        let name = [KeyName::Shared, KeyName::Staff]
            .into_iter()
            .find(|name| name.as_str() == one["name"])
            .unwrap();
        let (file, version) = (bytes(&one["file"]), one["version"].as_u64().unwrap());
        let opened = casekeys::unwrap(&file, name, version, instance(), case(), &identity(51)).unwrap();
        assert_eq!(opened, key(61));
        assert!(casekeys::unwrap(&file, name, version + 1, instance(), case(), &identity(51)).is_err());
    }
    let area = &stored["area"];
    let opened = staffkeys::unwrap_area(&bytes(&area["file"]), instance(), "quejas", 2, &identity(7)).unwrap();
    assert_eq!(opened.recipient().as_str(), area["recipient"].as_str().unwrap());
    for one in ["letters", "notes"]
        .iter()
        .flat_map(|name| stored[name].as_array().unwrap())
    {
        open_letter(one);
    }
    for one in stored["shares"].as_array().unwrap() {
        let shares: Vec<Share> = one["shares"].as_array().unwrap().iter().map(share).collect();
        let k = u8::try_from(one["k"].as_u64().unwrap()).unwrap();
        for from in 0..=shares.len() - usize::from(k) {
            assert_eq!(
                shamir::combine(k, &shares[from..from + usize::from(k)]).unwrap(),
                key(62)
            );
        }
    }
    for one in stored["seals"].as_array().unwrap() {
        open_seal(one);
    }
    files::open(&stored["attachment"]);
    open_what_the_browser_sealed(&stored["browser"]);
}

/// Made once by `web/src/vault`; nothing here makes it again.
fn open_what_the_browser_sealed(stored: &Value) {
    let file = bytes(&stored["case_key"]);
    let opened = casekeys::unwrap(&file, KeyName::Shared, 3, instance(), case(), &identity(51)).unwrap();
    assert_eq!(opened, key(61));
    let place = letter_place(LetterKind::ValidationRequest);
    let envelope = letter::open(&place, &bytes(&stored["letter"]), &identity(50)).unwrap();
    letter::verify(&envelope, &place, &signer(7).verify_key()).unwrap();
    assert_eq!(
        (envelope.author(), envelope.via()),
        (Author::Staff(staff(7)), Via::Browser)
    );
    let content = envelope.content::<ValidationRequest>().unwrap();
    assert_eq!(*content.to_json(), stored["content"].as_str().unwrap());
}

fn share(stored: &Value) -> Share {
    Share {
        x: u8::try_from(stored["x"].as_u64().unwrap()).unwrap(),
        y: Key32::from_slice(&bytes(&stored["share"])).unwrap(),
    }
}

fn open_letter(stored: &Value) {
    let kinds = [
        LetterKind::Purpose,
        LetterKind::ValidationRequest,
        LetterKind::VerdictChecks,
        LetterKind::CheckNote,
        LetterKind::Recusal,
    ];
    let kind = kinds.into_iter().find(|kind| kind.as_str() == stored["kind"]).unwrap();
    let envelope = letter::open(&letter_place(kind), &bytes(&stored["file"]), &identity(6)).unwrap();
    letter::verify(&envelope, &letter_place(kind), &signer(1).verify_key()).unwrap();
    let content = match kind {
        LetterKind::Purpose => envelope.content::<Purpose>().unwrap().to_json(),
        LetterKind::ValidationRequest => envelope.content::<ValidationRequest>().unwrap().to_json(),
        LetterKind::VerdictChecks => envelope.content::<VerdictChecks>().unwrap().to_json(),
        LetterKind::CheckNote => envelope.content::<CheckNote>().unwrap().to_json(),
        LetterKind::Recusal => envelope.content::<RecusalReason>().unwrap().to_json(),
    };
    assert_eq!(*content, stored["content"].as_str().unwrap());
}

fn open_seal(stored: &Value) {
    let reporter = signer(REPORTER).verify_key();
    let signature = Signature::from_slice(&bytes(&stored["manifest_signature"])).unwrap();
    let manifest = Manifest::verify(instance(), &bytes(&stored["manifest"]), &reporter, &signature).unwrap();
    assert_eq!(manifest.hash().to_string(), stored["manifest_hash"].as_str().unwrap());
    let k = usize::from(manifest.k());
    let files = stored["shares"].as_array().unwrap();
    let half = seal::open_half(&manifest, &bytes(&stored["witness_half"]), &identity(WITNESS)).unwrap();
    for from in 0..=files.len() - k {
        let shares: Vec<Share> = (from..from + k)
            .map(|at| {
                let officer = identity(u8::try_from(at + 1).unwrap());
                seal::open_share(&manifest, &bytes(&files[at]["file"]), &officer).unwrap()
            })
            .collect();
        let envelope = seal::open(&manifest, &shares, &half, &bytes(&stored["record"])).unwrap();
        seal::verify_identity(&manifest, &envelope, &reporter).unwrap();
        let content = envelope.content::<sigilo::vault::content::IdentityData>().unwrap();
        assert_eq!(*content.to_json(), stored["content"].as_str().unwrap());
    }
}
