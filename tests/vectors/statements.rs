//! Case statements, and manifests of each kind.

use serde_json::{Value, json};
use sigilo::domain::day::Day;
use sigilo::domain::facets::{Channel, Kind, SealedBy};
use sigilo::domain::transcript::Transcript;
use sigilo::vault::casekeys::{CaseKeys, KeyName};
use sigilo::vault::hash::{CommitmentSalt, Hash32};
use sigilo::vault::manifest::{Manifest, SealKind, manifest_hash, share_hash};
use sigilo::vault::signing::Signature;
use sigilo::vault::statement::{
    CaseStatement, StatedFacets, StatementContext, StatementError, StatementTerms, state, statement_hash,
};

use super::{Steps, b64, bytes};
use crate::support::keys::{REPORTER, case, identity, instance, key, roster, signer, staff, verified};

/// The bytes that both keys of the case, and the reserve, are made of.
const SHARED: u8 = 61;
const STAFF: u8 = 62;
const RESERVE: u8 = 63;
const RECEIPT: u8 = 64;

fn keys() -> CaseKeys {
    CaseKeys {
        shared: key(SHARED),
        staff: key(STAFF),
    }
}

fn terms(everything: bool) -> StatementTerms {
    StatementTerms {
        number: "2026-K7Q2M9-A".into(),
        facets: StatedFacets {
            kind: if everything { Kind::Denuncia } else { Kind::Queja },
            category: "cobros".into(),
            province: everything.then(|| "09".into()),
            establishment: everything.then(|| "hospital-del-norte".into()),
            channel: if everything { Channel::Web } else { Channel::Whatsapp },
            sealed_by: SealedBy::Server,
            language: "es".into(),
            received_on: Day(20_781),
        },
        validation: everything,
    }
}

fn statement(everything: bool) -> CaseStatement {
    let context = StatementContext {
        instance: instance(),
        case: case(),
        area: "quejas",
        roster: verified(&roster(1)).hash(),
        reporter: &identity(RECEIPT).recipient(),
    };
    state(context, terms(everything), &keys(), &mut Steps(0))
}

/// Changes to a good statement that every reader refuses.
fn refused() -> Value {
    let good = serde_json::to_value(statement(true)).unwrap();
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed
    };
    let mut missing = good.clone();
    missing["facets"].as_object_mut().unwrap().remove("province");
    json!([
        ["a later version", with("version", 2.into()).to_string()],
        [
            "a first version after another",
            with("previous", json!(Hash32::of_bytes(b"before"))).to_string()
        ],
        ["another instance", with("instance", json!(case())).to_string()],
        ["an unknown field", with("more", 1.into()).to_string()],
        ["a facet that is missing", missing.to_string()],
        ["no recipient", with("recipient", "age1nobody".into()).to_string()],
    ])
}

pub(super) fn statements() -> Value {
    let one = |everything: bool| {
        let signed = statement(everything).sign(&signer(REPORTER));
        json!({
            "statement": String::from_utf8(signed.bytes).unwrap(),
            "hash": signed.hash,
            "signature": signed.signature,
            "verify_key": signer(REPORTER).verify_key(),
            "shared": b64(keys().shared.expose()),
            "staff": b64(keys().staff.expose()),
        })
    };
    json!({ "good": [one(true), one(false)], "refused": refused() })
}

fn manifest(kind: &str, has_reserve: bool) -> Value {
    let (salt, secret) = (CommitmentSalt::random(&mut Steps(0)), key(RESERVE));
    let reserve = json!({
        "recipient": identity(RESERVE).recipient().as_str(),
        "hash": share_hash(instance(), 0, secret.expose()),
    });
    json!({
        "instance": instance(), "case": case(), "seal": "33333333-3333-4333-8333-333333333333", "kind": kind,
        "version": 1, "previous": null, "roster": verified(&roster(1)).hash(), "k": 1, "n": 1,
        "record": Hash32::of_bytes(b"a record"),
        "commitment": { "salt": salt, "hash": salt.commit("identity-key", instance(), secret.expose()) },
        "shares": [{ "officer": staff(1), "x": 1, "hash": share_hash(instance(), 1, secret.expose()) }],
        "reserve": has_reserve.then_some(reserve),
    })
}

pub(super) fn manifests() -> Value {
    let one = |(kind, has_reserve): (&str, bool)| {
        let text = manifest(kind, has_reserve).to_string();
        json!({
            "manifest": text,
            "kind": kind,
            "hash": manifest_hash(instance(), text.as_bytes()),
            "signature": signer(REPORTER).sign(&Transcript::new("manifest", instance()).field(text.as_bytes())),
            "verify_key": signer(REPORTER).verify_key(),
            "reserve": has_reserve.then(|| identity(RESERVE).recipient().to_string()),
        })
    };
    let good = [
        ("identity", false),
        ("identity", true),
        ("originals", false),
        ("originals", true),
    ]
    .map(one);
    let mut without = manifest("identity", true);
    without.as_object_mut().unwrap().remove("reserve");
    let refused = json!([
        ["an unknown kind", manifest("other", false).to_string()],
        ["no word about a reserve", without.to_string()],
    ]);
    let classes = ["validacion", "original_evidence"].map(|class| {
        let opens = |kind: SealKind| kind.opens_for(class);
        json!({ "class": class, "identity": opens(SealKind::Identity), "originals": opens(SealKind::Originals) })
    });
    json!({ "good": good, "refused": refused, "classes": classes })
}

/// Checks that the stored forms read and verify, each as its own kind only.
pub(super) fn open(stored: &Value) {
    let reporter = signer(REPORTER).verify_key();
    let signature = |one: &Value| Signature::from_slice(&bytes(&one["signature"])).unwrap();
    for one in stored["statements"]["good"].as_array().unwrap() {
        let text = one["statement"].as_str().unwrap().as_bytes();
        let read = CaseStatement::verify(instance(), text, &reporter, &signature(one)).unwrap();
        assert_eq!(read.to_bytes(), text);
        assert_eq!(
            statement_hash(instance(), text).to_string(),
            one["hash"].as_str().unwrap()
        );
        assert!(read.names(KeyName::Shared, &keys().shared) && read.names(KeyName::Staff, &keys().staff));
        assert!(!read.names(KeyName::Shared, &keys().staff) && !read.names(KeyName::Staff, &keys().shared));
        let other = CaseStatement::verify(instance(), text, &signer(1).verify_key(), &signature(one));
        assert_eq!(other, Err(StatementError::BadSignature));
        assert!(Manifest::verify(instance(), text, &reporter, &signature(one)).is_err());
    }
    for one in stored["statements"]["refused"].as_array().unwrap() {
        let read = CaseStatement::read(instance(), one[1].as_str().unwrap().as_bytes());
        assert_eq!(read, Err(StatementError::Malformed), "{}", one[0]);
    }
    for one in stored["manifests"]["good"].as_array().unwrap() {
        let text = one["manifest"].as_str().unwrap().as_bytes();
        let read = Manifest::verify(instance(), text, &reporter, &signature(one)).unwrap();
        assert_eq!(read.hash().to_string(), one["hash"].as_str().unwrap());
        assert_eq!(json!(read.kind()), one["kind"]);
        let reserve = read.reserve().map(|reserve| reserve.recipient.to_string());
        assert_eq!(json!(reserve), one["reserve"]);
    }
    for one in stored["manifests"]["refused"].as_array().unwrap() {
        assert!(
            Manifest::read(instance(), one[1].as_str().unwrap().as_bytes()).is_err(),
            "{}",
            one[0]
        );
    }
}
