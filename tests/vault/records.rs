//! Records, receipts and what lies under a cookie.

use proptest::prelude::*;
use sigilo::domain::ids::{RecordId, StaffId};
use sigilo::vault::content::{Message, Narrative};
use sigilo::vault::cookie::{CookieContent, CookieToken};
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::manifest::Manifest;
use sigilo::vault::receipt::Receipt;
use sigilo::vault::record::{self, ContentKind, RecordContext};
use unicode_normalization::UnicodeNormalization as _;

use super::{flipped, other_case, other_instance, rng};
use crate::support::keys::{AUTHORITY, REPORTER, case, instance, key, signer, staff};

fn place() -> RecordContext {
    RecordContext {
        instance: instance(),
        case: case(),
        record: "22222222-2222-4222-8222-222222222222".parse().unwrap(),
        kind: ContentKind::Message,
    }
}

fn sealed(text: &str) -> Vec<u8> {
    let message = Message::new(text.to_owned());
    record::seal(
        &key(1),
        &place(),
        (Author::Reporter, Via::Server),
        &message,
        &signer(REPORTER),
        &mut rng(),
    )
}

#[test]
fn a_record_opens_only_in_its_own_place() {
    let body = sealed("hola");
    let record: RecordId = "92222222-2222-4222-8222-222222222222".parse().unwrap();
    let elsewhere = ContentKind::ALL
        .into_iter()
        .filter(|kind| *kind != ContentKind::Message)
        .map(|kind| RecordContext { kind, ..place() });
    let elsewhere = elsewhere.chain([
        RecordContext {
            case: other_case(),
            ..place()
        },
        RecordContext { record, ..place() },
        RecordContext {
            instance: other_instance(),
            ..place()
        },
    ]);
    for wrong in elsewhere {
        assert_eq!(record::open(&key(1), &wrong, &body).unwrap_err(), record::DoesNotOpen);
        // A holder of the key can seal an envelope in another context, but not sign it.
        let envelope = record::open(&key(1), &place(), &body).unwrap();
        assert!(record::verify(&envelope, &wrong, &signer(REPORTER).verify_key()).is_err());
    }
    assert!(record::open(&key(2), &place(), &body).is_err());
    assert!(record::open(&key(1), &place(), &body[..body.len() - 1]).is_err());
    assert!(record::open(&key(1), &place(), &[body.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn the_key_proves_no_author() {
    // An analyst holds the shared key and writes as the reporter; and as a colleague.
    for author in [Author::Reporter, Author::Staff(staff(6))] {
        let forged = record::seal(
            &key(1),
            &place(),
            (author, Via::Browser),
            &Message::new("me retracto".into()),
            &signer(7),
            &mut rng(),
        );
        let envelope = record::open(&key(1), &place(), &forged).unwrap();
        for real in [REPORTER, 6] {
            assert!(record::verify(&envelope, &place(), &signer(real).verify_key()).is_err());
        }
    }
}

#[test]
fn what_lies_under_a_cookie_opens_with_it_only() {
    let token = CookieToken::random(&mut rng());
    let body = token.seal(CookieContent::Draft, instance(), b"borrador", &mut rng());
    let again = CookieToken::from_text(&token.to_text()).unwrap();
    assert_eq!(
        again.open(CookieContent::Draft, instance(), &body).unwrap().as_slice(),
        b"borrador"
    );
    assert_eq!(again.hash(instance()), token.hash(instance()));
    assert!(token.open(CookieContent::FollowUp, instance(), &body).is_err());
    assert!(token.open(CookieContent::ReceiptShown, instance(), &body).is_err());
    assert!(token.open(CookieContent::Draft, other_instance(), &body).is_err());
    // The same row's id with another key, and the same key for another row.
    let text = token.to_text();
    for at in [0, 63] {
        let mut changed: Vec<u8> = text.bytes().collect();
        changed[at] = if changed[at] == b'A' { b'E' } else { b'A' };
        let other = CookieToken::from_text(std::str::from_utf8(&changed).unwrap());
        assert!(other.is_none_or(|other| other.open(CookieContent::Draft, instance(), &body).is_err()));
    }
}

#[test]
fn an_author_has_one_spelling() {
    let id: StaffId = "a0000007-0000-4000-8000-000000000000".parse().unwrap();
    assert_eq!(format!("staff:{id}").parse::<Author>(), Ok(Author::Staff(id)));
    for text in [
        "Reporter",
        "staff:",
        "staff:A0000007-0000-4000-8000-000000000000",
        "staff:a000000700004000800000000000000",
        "",
    ] {
        assert!(text.parse::<Author>().is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_reads_back(text in "\\PC{0,600}|[a-z\\n\\t\\r\u{300}-\u{30c}\"\\\\]{0,80}") {
        let envelope = record::open(&key(1), &place(), &sealed(&text)).unwrap();
        record::verify(&envelope, &place(), &signer(REPORTER).verify_key()).unwrap();
        let read = envelope.content::<Message>().unwrap();
        prop_assert_eq!(read.text(), &text.nfc().collect::<String>());
    }

    #[test]
    fn a_changed_bit_is_refused(at: usize, bit: u8) {
        let body = flipped(&sealed("No hay insulina"), at, bit);
        prop_assert!(record::open(&key(1), &place(), &body).is_err());
        let token = CookieToken::random(&mut rng());
        let body = flipped(&token.seal(CookieContent::Draft, instance(), b"borrador", &mut rng()), at, bit);
        prop_assert!(token.open(CookieContent::Draft, instance(), &body).is_err());
    }

    #[test]
    fn nothing_from_outside_makes_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..700), text in "\\PC{0,200}") {
        prop_assert!(record::open(&key(1), &place(), &bytes).is_err());
        prop_assert!(key_of(&bytes).open(&bytes).is_err());
        prop_assert!(Manifest::read(instance(), &bytes).is_err());
        prop_assert!(sigilo::vault::roster::VerifiedRoster::verify(instance(), &bytes, &signer(AUTHORITY).verify_key()).is_err());
        prop_assert!(sigilo::vault::unseal::UnsealRequest::read(&bytes).is_err());
        prop_assert!(CookieToken::from_text(&text).is_none());
        let _ = Receipt::parse(&text);
        prop_assert!(<Narrative as sigilo::vault::content::Content>::from_json(&text).is_err());
    }

    #[test]
    fn a_receipt_forgives_spelling_and_notices_slips(seed: u64, place in 0_usize..8, other in 0_usize..8) {
        let receipt = Receipt::random(&mut <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(seed));
        for language in ["es", "en"] {
            let words = receipt.words(language);
            let read = Receipt::parse(&words.to_uppercase());
            prop_assert_eq!(read.as_ref(), Ok(&receipt));
            let mut swapped: Vec<&str> = words.split(' ').collect();
            swapped.swap(place, other);
            let read = Receipt::parse(&swapped.join(" "));
            // Eight bits tell most swaps; none is read as this receipt.
            let same = swapped.join(" ") == *words;
            prop_assert_eq!(read.as_ref() == Ok(&receipt), same);
        }
    }
}

fn key_of(bytes: &[u8]) -> sigilo::vault::agefile::Identity {
    crate::support::keys::identity(bytes.first().copied().unwrap_or(1))
}
