//! Formats that only the server reads, and files that a stranger gets: `storage.json`.
//!
//! `fixed` must come out byte by byte. `sealed` has age files with their own randomness: they must open.
//! `SIGILO_WRITE_VECTORS=1` writes the file anew, and keeps what is sealed.

use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};
use sigilo::audit::checkpoint::{Checkpoint, FIRST_ORIGIN, countersign};
use sigilo::audit::entry::{Act, Actor, Base64, Entry};
use sigilo::audit::proof::{Extra, Proof};
use sigilo::audit::restore::{RestoreStatement, TreeHead};
use sigilo::audit::tree::leaf_hash;
use sigilo::domain::day::Day;
use sigilo::domain::notice::NoticeChannel;
use sigilo::service::operations::archive::{FileHead, Frame, Head, Manifest, Reader, TableHead, TableSum, Writer};
use sigilo::vault::contact;
use sigilo::vault::transit::{TransitContent, TransitKey, TransitPurpose};
use tlog_tiles::Hash;

use super::{Steps, b64, bytes};
use crate::support::keys::{AUTHORITY, LOG, WITNESS, case, identity, instance, key, roster, signer, verified};

const FILE: &str = "tests/vectors/storage.json";
const TIME: i64 = 1_795_000_000;
const DAY: i64 = 20_775;
/// Bytes of the key file's `transit`, and of the notifier's and the backup's identities.
const TRANSIT: u8 = 91;
const NOTIFIER: u8 = 92;
const BACKUP: u8 = 93;

#[test]
fn todays_code_makes_and_opens_the_stored_formats() {
    let fixed = json!({
        "transit": transit(),
        "restore": restore(),
        "proof": proof(),
        "backup": archive(),
    });
    if std::env::var_os("SIGILO_WRITE_VECTORS").is_some_and(|on| on == "1") {
        let contacts = [NoticeChannel::Email, NoticeChannel::Whatsapp].map(sealed_contact);
        let mut sealed = json!({
            "contacts": contacts,
            "backup": { "identity": BACKUP, "file": b64(identity(BACKUP).recipient().seal(&written())) },
        });
        let old: Value = fs::read_to_string(FILE).map_or(Value::Null, |old| serde_json::from_str(&old).unwrap());
        for (name, kept) in old["sealed"].as_object().into_iter().flatten() {
            sealed[name] = kept.clone();
        }
        let all = json!({ "fixed": fixed, "sealed": sealed });
        fs::write(FILE, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    }
    let stored: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(stored["fixed"], fixed);
    open_transit(&stored["fixed"]["transit"]);
    for one in stored["sealed"]["contacts"].as_array().unwrap() {
        let channel = one["channel"].as_str().unwrap().parse().unwrap();
        let address = contact::open(&identity(NOTIFIER), instance(), case(), channel, &bytes(&one["file"])).unwrap();
        assert_eq!(*address, one["address"].as_str().unwrap());
    }
    let mut archive = Vec::new();
    let sealed = bytes(&stored["sealed"]["backup"]["file"]);
    identity(BACKUP)
        .opening(sealed.as_slice())
        .unwrap()
        .read_to_end(&mut archive)
        .unwrap();
    assert_eq!(archive, bytes(&stored["fixed"]["backup"]["archive"]));
    read_archive(&archive);
}

fn transit_key(purpose: TransitPurpose) -> (TransitKey, Vec<u8>) {
    TransitKey::random(&key(TRANSIT), instance(), purpose, Day(DAY), &mut Steps(0))
}

fn transit() -> Value {
    let day = |purpose: TransitPurpose| json!({ "purpose": purpose.as_str(), "sealed": b64(transit_key(purpose).1) });
    let (conversation, _) = transit_key(TransitPurpose::Conversation);
    let (deduplication, _) = transit_key(TransitPurpose::Deduplication);
    let content = |what: TransitContent, name: &str| {
        let sealed = conversation.seal(what, case().as_bytes(), b"invented", &mut Steps(50));
        json!({ "what": name, "place": b64(case().as_bytes()), "content": b64(b"invented"), "sealed": b64(sealed) })
    };
    json!({
        "transit": TRANSIT,
        "day": DAY,
        "keys": [day(TransitPurpose::Conversation), day(TransitPurpose::Deduplication)],
        "hashes": [
            { "what": "person", "of": "phone:593000000001", "hash": hex::encode(conversation.hash("person", "phone:593000000001")) },
            { "what": "message", "of": "wamid.INVENTED", "hash": hex::encode(deduplication.hash("message", "wamid.INVENTED")) },
        ],
        "contents": [
            content(TransitContent::Notification, "notification"),
            content(TransitContent::Conversation, "conversation"),
            content(TransitContent::Outgoing, "outgoing"),
        ],
    })
}

fn open_transit(stored: &Value) {
    let sealed = bytes(&stored["keys"][0]["sealed"]);
    let purpose = TransitPurpose::Conversation;
    let day = TransitKey::open(&key(TRANSIT), instance(), purpose, Day(DAY), &sealed).unwrap();
    let kinds = [
        TransitContent::Notification,
        TransitContent::Conversation,
        TransitContent::Outgoing,
    ];
    for (kind, one) in kinds.into_iter().zip(stored["contents"].as_array().unwrap()) {
        let opened = day.unseal(kind, &bytes(&one["place"]), &bytes(&one["sealed"])).unwrap();
        assert_eq!(*opened, bytes(&one["content"]));
    }
}

fn sealed_contact(channel: NoticeChannel) -> Value {
    let address = match channel {
        NoticeChannel::Email => "persona@correo.example",
        NoticeChannel::Whatsapp => "593000000001",
    };
    let recipient = identity(NOTIFIER).recipient();
    let file = contact::seal(&recipient, instance(), case(), channel, address).unwrap();
    json!({ "notifier": NOTIFIER, "channel": channel.as_str(), "address": address, "file": b64(file) })
}

fn head(size: u64, of: &[u8]) -> TreeHead {
    TreeHead {
        size,
        root: Hash(*sigilo::vault::hash::Hash32::of_bytes(of).as_bytes()),
    }
}

fn restore() -> Value {
    let statement = |seen| {
        let statement = RestoreStatement {
            instance: instance(),
            origin: 2,
            kept: head(5, b"kept"),
            seen,
            time: TIME,
        };
        let note = statement.sign(&signer(AUTHORITY)).unwrap();
        let key = signer(AUTHORITY).verify_key();
        assert_eq!(
            RestoreStatement::verify(&note, instance(), key.as_bytes()).unwrap(),
            statement
        );
        Value::from(String::from_utf8(note).unwrap())
    };
    json!({ "witness_had_seen_more": statement(Some(head(9, b"seen"))), "witness_is_lost": statement(None) })
}

/// Proof of the only entry of a log.
fn proof() -> Value {
    let entry = Entry {
        id: "00000001-1111-4111-8111-111111111111".parse().unwrap(),
        time: TIME,
        actor: Actor::System,
        act: Act::InstanceCreated,
        case: None,
        detail: serde_json::Map::new(),
        signed: None,
    };
    let stored = entry.to_bytes().unwrap();
    let checkpoint = Checkpoint {
        origin: FIRST_ORIGIN,
        size: 1,
        root: leaf_hash(instance(), &stored),
    };
    let signed = checkpoint.sign(instance(), &signer(LOG)).unwrap();
    let cosigned = countersign(&signed, TIME, instance(), &signer(WITNESS)).unwrap();
    let public = |n: u8| Base64(signer(n).verify_key().as_bytes().to_vec());
    let extra = Extra {
        entry: Base64(stored),
        authority: public(AUTHORITY),
        log: public(LOG),
        witness: public(WITNESS),
        rosters: vec![Base64(verified(&roster(1)).note().to_vec())],
    };
    let text = Proof {
        extra,
        index: 0,
        hashes: Vec::new(),
        checkpoint: cosigned,
    }
    .to_text();
    let read = Proof::read(text.as_bytes()).unwrap();
    let proven = read.check(
        signer(LOG).verify_key().as_bytes(),
        signer(WITNESS).verify_key().as_bytes(),
    );
    assert_eq!(proven.unwrap().entry, entry);
    text.into()
}

/// A backup with a table of one row, a table without rows, and a file.
fn written() -> Vec<u8> {
    use sha2::{Digest as _, Sha256};

    let row = br#"["AAECAw==",7,true,null,"text"]"#;
    let length = u32::try_from(row.len()).unwrap().to_le_bytes();
    let table = |name: &str, columns: &[&str]| {
        Frame::Table(TableHead {
            table: name.to_owned(),
            columns: columns.iter().map(ToString::to_string).collect(),
        })
    };
    let sum = |name: &str, rows, hash: Sha256| TableSum {
        table: name.to_owned(),
        rows,
        sha256: hex::encode(hash.finalize()),
    };
    let frames = [
        Frame::Head(Head {
            instance: instance(),
            schema: 1,
            program: "0.1.0".to_owned(),
            made_at: TIME,
            log: head(5, b"kept"),
        }),
        table("one_row", &["bytes", "number", "flag", "missing", "text"]),
        Frame::Row(row.to_vec()),
        table("without_rows", &["id"]),
        Frame::File(FileHead {
            id: "00000002-1111-4111-8111-111111111111".parse().unwrap(),
            size: 3,
        }),
        Frame::Data(b"abc".to_vec()),
        Frame::End(Manifest {
            tables: vec![
                sum("one_row", 1, Sha256::new().chain_update(length).chain_update(row)),
                sum("without_rows", 0, Sha256::new()),
            ],
            files: 1,
            bytes: 3,
            missing: Vec::new(),
        }),
    ];
    let mut writer = Writer::new(Vec::new()).unwrap();
    for frame in &frames {
        writer.write(frame).unwrap();
    }
    writer.into_inner()
}

fn archive() -> Value {
    json!({ "archive": b64(written()) })
}

fn read_archive(archive: &[u8]) {
    let mut reader = Reader::new(archive).unwrap();
    loop {
        if let Frame::End(manifest) = reader.frame().unwrap() {
            assert_eq!((manifest.rows(), manifest.files), (1, 1));
            return;
        }
    }
}
