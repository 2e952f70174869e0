//! One function for every parser of untrusted bytes. `cargo fuzz` feeds them from `fuzz_targets/`. The test suite compiles
//! this file too, and feeds them the corpus and mutations of it, so that none of them can rot.
//!
//! A target fails by a panic. It also asserts further promises of its format.

#![allow(dead_code, reason = "each binary of the fuzzer uses one of them")]

use sigilo::audit::checkpoint::Checkpoint;
use sigilo::audit::entry::{AnsweredDetail, Entry};
use sigilo::audit::tree;
use sigilo::channels::whatsapp;
use sigilo::config::Config;
use sigilo::dialogue::{Draft, Profile};
use sigilo::domain::case_number::CaseNumber;
use sigilo::domain::ids::{CaseId, InstanceId, RecordId};
use sigilo::domain::{cedula, email, phone, ruc};
use sigilo::vault::agefile::Identity;
use sigilo::vault::content::{Attachment, Message, Narrative};
use sigilo::vault::cookie::CookieToken;
use sigilo::vault::envelope::Envelope;
use sigilo::vault::filename::tidy_name;
use sigilo::vault::manifest::Manifest;
use sigilo::vault::receipt::Receipt;
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::redaction::{Identifier, IdentifierKind, Redactor};
use sigilo::vault::roster::VerifiedRoster;
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::{SigningKey, VerifyKey};
use sigilo::witness::journal;
use sigilo::witness::statement::{OpeningStatement, RosterStatement, Statement as _};

/// A target takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All targets, by the names of their binaries and of their folders in `corpus/`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("record", record),
    ("envelope", envelope),
    ("manifest", manifest),
    ("roster", roster),
    ("receipt", receipt),
    ("checkpoint", checkpoint),
    ("statement", statement),
    ("entry", entry),
    ("journal", witness_journal),
    ("proof", proof),
    ("agefile", agefile),
    ("cookie", cookie),
    ("draft", draft),
    ("whatsapp", notification),
    ("profile", profile),
    ("config", config),
    ("filename", filename),
    ("redaction", redaction),
    ("text", text),
];

/// The instance of the vectors.
const INSTANCE: &str = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d";
const CASE: &str = "11111111-1111-4111-8111-111111111111";
const RECORD: &str = "22222222-2222-4222-8222-222222222222";
/// The bytes that the vectors' seeds repeat.
const AUTHORITY: u8 = 100;
const LOG: u8 = 101;
const WITNESS: u8 = 102;
/// The byte of the key that seals the vectors' records.
const PARENT: u8 = 60;

fn instance() -> InstanceId {
    INSTANCE.parse().expect("a UUID")
}

fn key(byte: u8) -> Key32 {
    Key32::from_slice(&[byte; 32]).expect("32 bytes")
}

fn verify_key(byte: u8) -> VerifyKey {
    SigningKey::from_seed(&key(byte)).verify_key()
}

pub(crate) fn record(data: &[u8]) {
    let place = RecordContext {
        instance: instance(),
        case: CASE.parse::<CaseId>().expect("a UUID"),
        record: RECORD.parse::<RecordId>().expect("a UUID"),
        kind: ContentKind::Narrative,
    };
    if let Ok(envelope) = record::open(&key(PARENT), &place, data) {
        read(&envelope);
    }
}

fn read(envelope: &Envelope) {
    let _ = envelope.content::<Narrative>();
    let _ = envelope.content::<Message>();
    let _ = envelope.content::<Attachment>();
}

pub(crate) fn envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::from_bytes(data) {
        read(&envelope);
    }
}

pub(crate) fn manifest(data: &[u8]) {
    if let Ok(manifest) = Manifest::read(instance(), data) {
        let places = manifest.shares().iter().map(|share| share.x);
        assert!(places.eq(1..=u8::try_from(manifest.shares().len()).expect("n is a byte")));
    }
}

pub(crate) fn roster(data: &[u8]) {
    if let Ok(roster) = VerifiedRoster::verify(instance(), data, &verify_key(AUTHORITY)) {
        assert!(roster.version() >= 1 && usize::from(roster.quorum()) <= roster.officers().len());
    }
}

pub(crate) fn receipt(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(receipt) = Receipt::parse(&text) {
        for language in ["es", "en"] {
            let words = receipt.words(language);
            assert!(Receipt::parse(&words).is_ok(), "what we write we read");
        }
    }
}

pub(crate) fn checkpoint(data: &[u8]) {
    let (log, witness) = (verify_key(LOG), verify_key(WITNESS));
    let signed = Checkpoint::read_signed(data, instance(), log.as_bytes());
    let cosigned = Checkpoint::read_cosigned(data, instance(), log.as_bytes(), witness.as_bytes());
    assert!(
        cosigned.is_err() || signed.is_ok(),
        "no countersignature stands in for the log's own"
    );
}

pub(crate) fn statement(data: &[u8]) {
    let witness = verify_key(WITNESS);
    let roster = RosterStatement::verify(data, instance(), &witness).is_ok();
    let opening = OpeningStatement::verify(data, instance(), &witness).is_ok();
    assert!(!(roster && opening), "no note is both");
}

pub(crate) fn entry(data: &[u8]) {
    if let Ok(entry) = Entry::read(data) {
        let _ = AnsweredDetail::of(&entry);
        assert!(entry.to_bytes().is_ok(), "what was read can be written");
    }
    let _ = tree::leaf_hash(instance(), data);
}

pub(crate) fn witness_journal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().collect();
    if let Ok(read) = journal::read(&lines) {
        let _ = journal::unseal_leaves(&read);
    }
}

/// Checks invented proofs of inclusion and consistency, from sizes, an index and hashes.
pub(crate) fn proof(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut number = |count: usize| {
        let mut number = 0_u64;
        for _ in 0..count {
            number = (number << 8) | u64::from(bytes.next().unwrap_or(0));
        }
        number
    };
    // Small numbers, and numbers that no tree has.
    let width = usize::from(data.first().is_some_and(|byte| byte % 2 == 1)) * 7 + 1;
    let (size, index, old) = (number(width), number(width), number(width));
    let hashes: Vec<_> = data
        .chunks_exact(32)
        .map(|chunk| tree::leaf_hash(instance(), chunk))
        .collect();
    let hash = tree::leaf_hash(instance(), data);
    assert!(size == 1 || tree::check_inclusion(&hashes, size, hash, index, hash).is_err());
    let _ = tree::check_consistency(&hashes, (old, hash), (size, hash));
}

pub(crate) fn agefile(data: &[u8]) {
    let _ = Identity::from_scalar(key(PARENT)).open(data);
}

pub(crate) fn cookie(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(token) = CookieToken::from_text(&text) {
        assert_eq!(token.to_text().as_str(), text, "one spelling only");
    }
}

pub(crate) fn draft(data: &[u8]) {
    let _ = Draft::from_bytes(data);
}

pub(crate) fn notification(data: &[u8]) {
    let _ = whatsapp::count_messages(data, "100000000000001");
}

pub(crate) fn profile(data: &[u8]) {
    let _ = Profile::parse(&String::from_utf8_lossy(data));
}

pub(crate) fn config(data: &[u8]) {
    let _ = Config::parse(&String::from_utf8_lossy(data), std::path::Path::new("/nowhere"));
}

pub(crate) fn filename(data: &[u8]) {
    let name = tidy_name(&String::from_utf8_lossy(data), "archivo");
    assert!(!name.contains(['/', '\\', '\0']), "{name:?}");
}

/// Redacts a text after a first line of identifiers. Asserts that the pieces make up the text again.
pub(crate) fn redaction(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (names, text) = text.split_once('\n').unwrap_or(("", &text));
    let sorts = [
        IdentifierKind::Name,
        IdentifierKind::Document,
        IdentifierKind::Phone,
        IdentifierKind::Email,
        IdentifierKind::Address,
    ];
    let identifiers = names
        .split(',')
        .zip(sorts)
        .map(|(name, sort)| Identifier::new(sort, name, "dato"));
    let redacted = Redactor::new(&identifiers.collect::<Vec<_>>()).redact(text);
    assert_eq!(redacted.render(|_| true), text);
}

/// Normalizes identifiers and numbers as people type them. Asserts that normal forms stay unchanged.
pub(crate) fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for normalize in [email::normalize, phone::normalize, cedula::normalize, ruc::normalize] {
        if let Some(normal) = normalize(&text) {
            assert_eq!(normalize(&normal).as_ref(), Some(&normal));
        }
    }
    if let Ok(number) = text.parse::<CaseNumber>() {
        assert_eq!(number.as_str().parse::<CaseNumber>().as_ref(), Ok(&number));
    }
}
