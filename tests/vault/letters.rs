//! Letters and handed-over keys: each opens for its reader, in its place, as what it is.

use sigilo::domain::ids::LetterId;
use sigilo::vault::casekeys::{self, KeyName};
use sigilo::vault::content::ValidationRequest;
use sigilo::vault::envelope::{Author, Via};
use sigilo::vault::letter::{self, LetterContext, LetterKind};

use super::{flipped, other_case, other_instance};
use crate::support::keys::{case, identity, instance, key, signer, staff};

fn place() -> LetterContext {
    LetterContext {
        instance: instance(),
        case: case(),
        letter: "44444444-4444-4444-8444-444444444444".parse().unwrap(),
        kind: LetterKind::ValidationRequest,
    }
}

#[test]
fn a_letter_cannot_be_moved_or_signed_by_another() {
    let author = (Author::Staff(staff(7)), Via::Browser);
    let readers = [identity(1).recipient(), identity(2).recipient()];
    let request = ValidationRequest::new("¿Existe esta persona?".into());
    let files = letter::seal(&place(), author, &request, &signer(7), &[&readers[0], &readers[1]]);
    for (reader, file) in [1, 2].into_iter().zip(&files) {
        let envelope = letter::open(&place(), file, &identity(reader)).unwrap();
        letter::verify(&envelope, &place(), &signer(7).verify_key()).unwrap();
        assert_eq!(
            envelope.content::<ValidationRequest>().unwrap().text(),
            "¿Existe esta persona?"
        );
        assert!(letter::verify(&envelope, &place(), &signer(6).verify_key()).is_err());

        let letter: LetterId = "94444444-4444-4444-8444-444444444444".parse().unwrap();
        for wrong in [
            LetterContext {
                case: other_case(),
                ..place()
            },
            LetterContext { letter, ..place() },
            LetterContext {
                kind: LetterKind::Purpose,
                ..place()
            },
            LetterContext {
                instance: other_instance(),
                ..place()
            },
        ] {
            assert!(letter::open(&wrong, file, &identity(reader)).is_err());
            assert!(letter::verify(&envelope, &wrong, &signer(7).verify_key()).is_err());
        }
        assert!(letter::open(&place(), file, &identity(3)).is_err());
        for at in (0..file.len()).step_by(41) {
            assert!(
                letter::open(&place(), &flipped(file, at, 3), &identity(reader)).is_err(),
                "byte {at}"
            );
        }
    }
    assert!(letter::open(&place(), &files[0], &identity(2)).is_err());
}

#[test]
fn a_case_key_opens_as_what_it_was_handed_over() {
    let file = casekeys::wrap(
        &key(9),
        KeyName::Shared,
        2,
        instance(),
        case(),
        &identity(51).recipient(),
    );
    let open = |name, version, instance, case, reader| {
        casekeys::unwrap(&file, name, version, instance, case, &identity(reader))
    };
    assert_eq!(open(KeyName::Shared, 2, instance(), case(), 51).unwrap(), key(9));
    assert!(open(KeyName::Staff, 2, instance(), case(), 51).is_err());
    assert!(open(KeyName::Shared, 1, instance(), case(), 51).is_err());
    assert!(open(KeyName::Shared, 2, other_instance(), case(), 51).is_err());
    assert!(open(KeyName::Shared, 2, instance(), other_case(), 51).is_err());
    assert!(open(KeyName::Shared, 2, instance(), case(), 50).is_err());
}
