//! The cost of the vault's single steps, on one core and with the server's allocator.

use std::alloc::System;

use divan::{Bencher, black_box};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::dialogue::{self, Profile};
use sigilo::domain::day::Day;
use sigilo::domain::facets::{Channel, SealedBy};
use sigilo::domain::ids::{CaseId, RecordId};
use sigilo::vault::content::Message;
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::receipt::{Receipt, StretchMemory};
use sigilo::vault::record::{self, ContentKind, RecordContext};
use sigilo::vault::redaction::{Identifier, IdentifierKind, Redactor};
use sigilo::vault::report::seal_report;
use sigilo::vault::statement::{StatedFacets, StatementTerms};
use sigilo_testkit::keys;
use zeroizing_alloc::ZeroAlloc;

mod support;

/// The server's allocator, which zeroes freed memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

const SALT: [u8; 16] = [7; 16];

fn main() {
    divan::main();
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// Seals a complete report with an identity, for an area, five officers and the witness.
#[divan::bench]
fn seal_a_report(bencher: Bencher<'_, '_>) {
    let profile = Profile::parse(include_str!("../profiles/iess.toml")).unwrap();
    let mut draft = dialogue::start(&profile, "es");
    support::complete(&profile, &mut draft);
    let (facets, input) = dialogue::build_report(&profile, &draft).unwrap().into_input();
    let roster = keys::verified(&keys::roster(2));
    let receipt = Receipt::random(&mut rng())
        .stretch(&SALT, &mut StretchMemory::default())
        .keys(keys::instance());
    let rng = &mut rng();
    bencher.bench_local(|| {
        let instance = keys::instance();
        let terms = StatementTerms {
            number: "2026-K7Q2M9-A".into(),
            facets: StatedFacets {
                kind: facets.kind,
                category: facets.category.clone(),
                province: facets.province.clone(),
                establishment: facets.establishment.clone(),
                channel: Channel::Web,
                sealed_by: SealedBy::Server,
                language: "es".into(),
                received_on: Day(20_781),
            },
            validation: facets.validation,
        };
        seal_report(instance, &input, terms, &roster, "quejas", &receipt, rng).unwrap()
    });
}

/// Opens a record with an unwrapped key, as for the second record of a case. Checks the reporter's signature.
#[divan::bench]
fn open_a_record(bencher: Bencher<'_, '_>) {
    let rng = &mut rng();
    let place = RecordContext {
        instance: keys::instance(),
        case: CaseId::random(rng),
        record: RecordId::random(rng),
        kind: ContentKind::Message,
    };
    let (key, reporter) = (keys::key(9), keys::signer(keys::REPORTER));
    let content = Message::new(support::answers::story(1000));
    let body = record::seal(&key, &place, (Author::Reporter, Via::Server), &content, &reporter, rng);
    let verify_key = reporter.verify_key();
    bencher.bench_local(|| {
        let envelope = record::open(&key, &place, black_box(&body)).unwrap();
        record::verify(&envelope, &place, &verify_key).unwrap();
        envelope.content::<Message>().unwrap()
    });
}

/// Redacts 10,000 characters with five identifiers. Includes building the search automaton.
#[divan::bench]
fn redact_10_000_characters(bencher: Bencher<'_, '_>) {
    let text = support::answers::story(10_000);
    let identifiers = [
        Identifier::new(IdentifierKind::Cedula, "1710034065", "cédula"),
        Identifier::new(IdentifierKind::Name, "Sintética Prueba Ejemplo", "nombre"),
        Identifier::new(IdentifierKind::Phone, "099 123 4567", "teléfono"),
        Identifier::new(IdentifierKind::Email, "sintetica@ejemplo.test", "correo"),
        Identifier::new(IdentifierKind::Address, "Calle Inventada 123 y Segunda", "dirección"),
    ];
    bencher.bench_local(|| Redactor::new(&identifiers).redact(black_box(&text)));
}

/// The key derivation of every submission and every return of a reporter.
#[divan::bench]
fn receipt_argon2(bencher: Bencher<'_, '_>) {
    let receipt = Receipt::random(&mut rng());
    let mut memory = StretchMemory::default();
    bencher.bench_local(|| black_box(&receipt).stretch(&SALT, &mut memory));
}

#[divan::bench]
fn receipt_parse(bencher: Bencher<'_, '_>) {
    let words = Receipt::random(&mut rng()).words("es");
    bencher.bench_local(|| Receipt::parse(black_box(&words)).unwrap());
}
