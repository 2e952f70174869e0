//! Examples that are the same bytes whenever they are made.

use serde_json::{Value, json};
use sigilo::domain::case_number::CaseNumber;
use sigilo::domain::ids::RecordId;
use sigilo::domain::row::{Column, RowAuthenticator as _};
use sigilo::domain::transcript::Transcript;
use sigilo::vault::content::{
    Answer, Content, Field, IdentityData, Message, Narrative, Note, Reason, Redacted, SharedFields,
};
use sigilo::vault::cookie::{CookieContent, CookieToken};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::hash::{CommitmentSalt, Hash32, hkdf};
use sigilo::vault::manifest::{manifest_hash, share_hash};
use sigilo::vault::receipt::{Receipt, StretchMemory};
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::row_key::RowKey;
use sigilo::vault::signing::{SigningKey, VerifyKey};
use sigilo::vault::staffkeys::{self, LoginOwner, PasswordKeys, StaffKeys, verifier_key};
use sigilo::vault::unseal::request_hash;

use super::{Steps, acts, b64, bytes, files, people, statements};
use crate::support::keys::{AUTHORITY, LOG, REPORTER, WITNESS, case, identity, instance, key, signer, staff};

const EMAIL: &str = " Ana.Núñez@IESS.gob.ec ";
const PASSWORD: &str = "contrasen\u{303}a bien larga";
const PEPPER: u8 = 90;

pub(super) fn all() -> Value {
    json!({
        "keys": keys(),
        "transcripts": transcripts(),
        "hashes": hashes(),
        "padme": padme(),
        "stored_sizes": files::sizes(),
        "file_names": files::names(),
        "records": records(),
        "receipts": receipts(),
        "case_numbers": case_numbers(),
        "roster": people::roster_note(),
        "key_words": people::key_words(),
        "area_keys": people::area_keys(),
        "staff": staff_keys(),
        "statements": statements::statements(),
        "manifests": statements::manifests(),
        "unseal": acts::unseal_request(),
        "acts": acts::chained(),
        "erasures": acts::erasures(),
        "cookies": cookies(),
        "rows": rows(),
    })
}

fn padme() -> Value {
    let sizes = [2, 511, 512, 513, 1_000, 1_024, 1_025, 10_000, 123_456];
    sizes.map(|size| json!([size, record::padme(size)])).into()
}

/// All keys are one byte, 32 times; the byte is told.
fn keys() -> Value {
    let of = |n: u8| {
        json!({
            "byte": n,
            "recipient": identity(n).recipient().as_str(),
            "verify_key": b64(signer(n).verify_key().as_bytes()),
        })
    };
    json!({
        "instance": instance(),
        "case": case(),
        "members": (1..=7).map(|n| json!({ "id": staff(n), "keys": of(n) })).collect::<Vec<_>>(),
        "authority": of(AUTHORITY),
        "log": of(LOG),
        "witness": of(WITNESS),
        "reporter": of(REPORTER),
        "authority_verifier": authority_text(),
        "refused_verify_keys": refused_keys().map(b64),
    })
}

fn authority_text() -> String {
    let party = sigilo::domain::note::Party::Authority;
    verifier_key(party, instance(), &signer(AUTHORITY).verify_key())
}

/// The neutral point, a point of order 8, one with a part of order 2, one written in a second way.
fn refused_keys() -> [[u8; 32]; 4] {
    let decoded = |text: &str| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() };
    [
        decoded("0100000000000000000000000000000000000000000000000000000000000000"),
        decoded("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        // The base point plus the point of order 2 (0, -1): (-x, -y).
        decoded("9599999999999999999999999999999999999999999999999999999999999999"),
        decoded("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ]
}

fn transcripts() -> Value {
    json!([
        {
            "what": "case-key",
            "fields": [{ "text": "niña" }, { "number": 7 }, { "base64": b64([1, 2, 3]) }, { "text": "" }],
            "bytes": b64(Transcript::new("case-key", instance()).field("niña").number(7).field([1, 2, 3]).field("")),
        },
        {
            "what": "record",
            "fields": [{ "number": 9_007_199_254_740_991_u64 }, { "text": "a".repeat(300) }],
            "bytes": b64(Transcript::new("record", instance()).number(9_007_199_254_740_991).field("a".repeat(300))),
        },
    ])
}

fn hashes() -> Value {
    let salt = CommitmentSalt::random(&mut Steps(0));
    json!({
        "hash": { "what": "roster-hash", "text": "hola", "hash": Hash32::of(&Transcript::new("roster-hash", instance()).field("hola")) },
        "hkdf": {
            "what": "record-key", "ikm": b64([5; 32]), "text": "note",
            "key": b64(hkdf(&[5; 32], &Transcript::new("record-key", instance()).field("note")).expose()),
        },
        "commit": {
            "what": "purpose", "salt": salt, "text": "acción y ñandú",
            "hash": salt.commit("purpose", instance(), "acción y ñandú".as_bytes()),
        },
        "manifest": { "bytes": b64(b"{}"), "hash": manifest_hash(instance(), b"{}") },
        "share": { "x": 3, "share": b64([8; 32]), "hash": share_hash(instance(), 3, &[8; 32]) },
        "request": { "bytes": b64(b"{}"), "hash": request_hash(instance(), b"{}") },
    })
}

fn place(kind: ContentKind) -> RecordContext {
    let record: RecordId = "22222222-2222-4222-8222-222222222222".parse().unwrap();
    RecordContext {
        instance: instance(),
        case: case(),
        record,
        kind,
    }
}

fn record_of(kind: ContentKind, author: (Author, Via), content: &impl Content, signer: &SigningKey) -> Value {
    let place = place(kind);
    let body = record::seal(&key(60), &place, author, content, signer, &mut Steps(0));
    json!({
        "kind": kind.as_str(),
        "record": place.record,
        "parent_key": b64(key(60).expose()),
        "author": author.0.to_string(),
        "via": author.1.as_str(),
        "content": *content.to_json(),
        "verify_key": b64(signer.verify_key().as_bytes()),
        "nonce": b64(&body[..24]),
        "body": b64(&body),
    })
}

pub(super) fn identity_data() -> IdentityData {
    let fields = vec![Field {
        field: "document".into(),
        label: "Cédula".into(),
        value: "1710034065".into(),
    }];
    let redacted = vec![Redacted {
        mark: "[cédula]".into(),
        text: "171003406-5".into(),
    }];
    IdentityData::new(fields.into(), redacted.into())
}

fn records() -> Value {
    let reporter = (Author::Reporter, Via::Server);
    let analyst = (Author::Staff(staff(7)), Via::Browser);
    let narrative = Narrative::new(
        "es".into(),
        vec![Answer {
            question: "what".into(),
            label: "¿Qué pasó?".into(),
            // Decomposed, a lone accent after a line break, quotes, a control character, and longer than one bucket.
            text: format!(
                "cedula\u{301}\n\u{301}\"a\"\\ \u{1} 🩺 {}",
                "No hay insulina. ".repeat(60)
            ),
        }]
        .into(),
    );
    let shared = SharedFields::new(
        vec![Field {
            field: "phone".into(),
            label: "Teléfono".into(),
            value: "0991234567".into(),
        }]
        .into(),
    );
    let reason = Reason::new("received".into(), "closed".into(), "Resuelto".into());
    let by_staff = signer(7);
    let by_reporter = signer(REPORTER);
    json!([
        record_of(ContentKind::Narrative, reporter, &narrative, &by_reporter),
        record_of(ContentKind::SharedFields, reporter, &shared, &by_reporter),
        record_of(
            ContentKind::Message,
            reporter,
            &Message::new("¿Alguna novedad?".into()),
            &by_reporter
        ),
        record_of(
            ContentKind::Message,
            analyst,
            &Message::new("Estamos en ello.".into()),
            &by_staff
        ),
        record_of(
            ContentKind::Note,
            analyst,
            &Note::new("Llamar mañana".into()),
            &by_staff
        ),
        record_of(ContentKind::Reason, analyst, &reason, &by_staff),
        record_of(ContentKind::Attachment, reporter, &files::attachment(), &by_reporter),
        record_of(
            ContentKind::Identity,
            (Author::Reporter, Via::CommandLine),
            &identity_data(),
            &by_reporter
        ),
    ])
}

fn receipts() -> Value {
    let salt = [9; 16];
    let one = |start: u8| {
        let mut bits = [0; 10];
        rand::Rng::fill_bytes(&mut Steps(start), &mut bits);
        let receipt = Receipt::random(&mut Steps(start));
        let (spanish, english) = (receipt.words("es"), receipt.words("en"));
        let mangled = [
            spanish.to_uppercase().replace(' ', ", 3. -\n"),
            unicode_normalization::UnicodeNormalization::nfd(spanish.as_str()).collect(),
            spanish
                .split(' ')
                .map(|word| word.chars().take(4).collect::<String>())
                .collect::<Vec<_>>()
                .join("  "),
            format!("  {}\t", english.to_uppercase().replace(' ', "-")),
        ];
        for spelling in &mangled {
            assert_eq!(Receipt::parse(spelling).as_ref(), Ok(&receipt), "{spelling}");
        }
        let keys = receipt.stretch(&salt, &mut StretchMemory::default()).keys(instance());
        json!({
            "bits": b64(bits),
            "es": *spanish,
            "en": *english,
            "spellings": mangled,
            "salt": b64(salt),
            "lookup_hash": keys.lookup_hash,
            "recipient": keys.identity.recipient().as_str(),
            "verify_key": b64(keys.signing.verify_key().as_bytes()),
        })
    };
    json!([one(0), one(77)])
}

fn case_numbers() -> Value {
    let one = |start| {
        let number = CaseNumber::random(2026, &mut Steps(start));
        let spelled = number
            .as_str()
            .to_lowercase()
            .replace('-', " ")
            .replace('0', "o")
            .replace('1', "l");
        assert_eq!(spelled.parse().as_ref(), Ok(&number));
        json!({ "number": number.as_str(), "spelled": spelled })
    };
    json!([one(0), one(20), one(200)])
}

fn staff_keys() -> Value {
    let password = PasswordKeys::derive(instance(), EMAIL, PASSWORD);
    let keys = StaffKeys {
        identity: identity(7),
        signing: signer(7),
    };
    let blob = keys.seal(
        instance(),
        staff(7),
        &signer(AUTHORITY).verify_key(),
        &password,
        &mut Steps(0),
    );
    let (opened, authority) = StaffKeys::open(&blob, instance(), staff(7), &password).unwrap();
    assert_eq!((authority, opened.identity.scalar()), (authority_text(), &key(7)));
    let pepper = key(PEPPER);
    let owner = LoginOwner {
        instance: instance(),
        staff: staff(7),
        version: 2,
    };
    let check = staffkeys::login_check(&pepper, owner, &password.login);
    assert!(staffkeys::login_matches(&pepper, owner, &password.login, &check));
    json!({
        "staff": staff(7),
        "email": EMAIL,
        "password": PASSWORD,
        "login": b64(password.login.expose()),
        "blob": b64(&blob),
        "pepper": b64(pepper.expose()),
        "login_version": owner.version,
        "login_check": b64(check),
        "sealed_blob": b64(staffkeys::pepper_seal(&pepper, instance(), staff(7), &blob, &mut Steps(0))),
    })
}

/// MACs of rows. A column is null, a number, or bytes as base64.
fn rows() -> Value {
    let pepper = key(PEPPER);
    let row_key = RowKey::derive(&pepper, instance());
    let one = |table: &str, columns: &[Column<'_>]| {
        let values = columns.iter().map(|column| match column {
            Column::Null => Value::Null,
            Column::Integer(number) => (*number).into(),
            Column::Bytes(bytes) => b64(bytes),
        });
        json!({
            "table": table,
            "columns": values.collect::<Vec<_>>(),
            "mac": b64(row_key.mac(table, columns)),
        })
    };
    let (member, token) = (staff(7), [5_u8; 32]);
    json!({
        "pepper": b64(pepper.expose()),
        "rows": [
            one("staff_session", &[
                token.as_slice().into(),
                member.as_bytes().as_slice().into(),
                1_795_532_400.into(),
                1_795_532_460.into(),
                1_795_532_400.into(),
            ]),
            one("example", &["niña".into(), Column::Null, "".into(), (-2).into()]),
        ],
    })
}

fn cookies() -> Value {
    let token = CookieToken::random(&mut Steps(0));
    let one = |name: &str, under| {
        let body = token.seal(under, instance(), b"borrador", &mut Steps(0));
        json!({ "under": name, "body": b64(body) })
    };
    json!({
        "token": *token.to_text(),
        "hash": token.hash(instance()),
        "plaintext": "borrador",
        "bodies": [one("draft", CookieContent::Draft), one("receipt-shown", CookieContent::ReceiptShown), one("follow-up", CookieContent::FollowUp)],
    })
}

/// Checks that the stored forms open, besides being made again.
pub(super) fn open(stored: &Value) {
    for one in stored["records"].as_array().unwrap() {
        let kind = *ContentKind::ALL
            .iter()
            .find(|kind| kind.as_str() == one["kind"])
            .unwrap();
        let envelope = record::open(&key(60), &place(kind), &bytes(&one["body"])).unwrap();
        assert_eq!(envelope.author().to_string(), one["author"].as_str().unwrap());
        let author = VerifyKey::from_slice(&bytes(&one["verify_key"])).unwrap();
        record::verify(&envelope, &place(kind), &author).unwrap();
    }
    for refused in stored["keys"]["refused_verify_keys"].as_array().unwrap() {
        assert!(VerifyKey::from_slice(&bytes(refused)).is_err(), "{refused}");
    }
    let pepper = key(PEPPER);
    let staff_keys = &stored["staff"];
    assert_eq!(
        staffkeys::pepper_open(&pepper, instance(), staff(7), &bytes(&staff_keys["sealed_blob"])).unwrap(),
        bytes(&staff_keys["blob"])
    );
    acts::open(stored);
    statements::open(stored);
    let token = CookieToken::from_text(stored["cookies"]["token"].as_str().unwrap()).unwrap();
    for body in stored["cookies"]["bodies"].as_array().unwrap() {
        let under = [
            CookieContent::Draft,
            CookieContent::ReceiptShown,
            CookieContent::FollowUp,
        ];
        let opened = under
            .iter()
            .filter(|under| token.open(**under, instance(), &bytes(&body["body"])).is_ok());
        assert_eq!(opened.count(), 1);
    }
}
