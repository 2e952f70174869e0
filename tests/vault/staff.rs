//! Keys of staff open with the member's password, and with nothing else.

use sigilo::vault::staffkeys::{self, LoginOwner, PasswordKeys, StaffKeys, normalize_email};

use super::{flipped, other_instance, rng};
use crate::support::keys::{AUTHORITY, identity, instance, key, signer, staff};

#[test]
fn a_blob_opens_for_its_member_and_password_only() {
    let password = PasswordKeys::derive(instance(), "ana@iess.gob.ec", "correcta caballo");
    let keys = StaffKeys::random(&mut rng());
    let blob = keys.seal(
        instance(),
        staff(7),
        &signer(AUTHORITY).verify_key(),
        &password,
        &mut rng(),
    );
    let (opened, authority) = StaffKeys::open(&blob, instance(), staff(7), &password).unwrap();
    assert_eq!(opened.identity.scalar(), keys.identity.scalar());
    assert_eq!(opened.signing.verify_key(), keys.signing.verify_key());
    assert!(authority.starts_with("sigilo/v1/authority/"));

    assert!(StaffKeys::open(&blob, instance(), staff(6), &password).is_err());
    assert!(StaffKeys::open(&blob, other_instance(), staff(7), &password).is_err());
    for at in (0..blob.len()).step_by(13) {
        assert!(StaffKeys::open(&flipped(&blob, at, 0), instance(), staff(7), &password).is_err());
    }
    let same = PasswordKeys::derive(instance(), " ANA@iess.gob.ec ", "correcta caballo");
    assert!(StaffKeys::open(&blob, instance(), staff(7), &same).is_ok());
    for (instance, email, word) in [
        (instance(), "ana@iess.gob.ec", "Correcta caballo"),
        (instance(), "eva@iess.gob.ec", "correcta caballo"),
        (other_instance(), "ana@iess.gob.ec", "correcta caballo"),
    ] {
        let wrong = PasswordKeys::derive(instance, email, word);
        assert!(StaffKeys::open(&blob, instance, staff(7), &wrong).is_err());
        assert!(wrong.login != password.login);
    }
}

#[test]
fn a_stolen_database_gives_nothing_to_guess_against() {
    let (pepper, login) = (key(90), key(91));
    let owner = LoginOwner {
        instance: instance(),
        staff: staff(7),
        version: 1,
    };
    let check = staffkeys::login_check(&pepper, owner, &login);
    let matches = |owner| staffkeys::login_matches(&pepper, owner, &login, &check);
    assert!(matches(owner));
    // A check that was copied to another member's row, or restored after a change of the password.
    assert!(!matches(LoginOwner {
        staff: staff(6),
        ..owner
    }));
    assert!(!matches(LoginOwner { version: 2, ..owner }));
    assert!(!matches(LoginOwner {
        instance: other_instance(),
        ..owner
    }));
    assert!(!staffkeys::login_matches(&key(92), owner, &login, &check));
    assert!(!staffkeys::login_matches(&pepper, owner, &key(92), &check));
    assert!(!staffkeys::login_matches(&pepper, owner, &login, &check[..31]));

    let sealed = staffkeys::pepper_seal(&pepper, instance(), staff(7), b"blob", &mut rng());
    assert_eq!(
        staffkeys::pepper_open(&pepper, instance(), staff(7), &sealed).unwrap(),
        b"blob"
    );
    assert!(staffkeys::pepper_open(&key(92), instance(), staff(7), &sealed).is_err());
    assert!(staffkeys::pepper_open(&pepper, instance(), staff(6), &sealed).is_err());
    assert!(staffkeys::pepper_open(&pepper, other_instance(), staff(7), &sealed).is_err());
}

#[test]
fn an_area_opens_for_the_member_as_the_version_that_was_handed_over() {
    let file = staffkeys::wrap_area(&identity(51), instance(), "quejas", 2, &identity(7).recipient());
    let open =
        |area, version, instance, member| staffkeys::unwrap_area(&file, instance, area, version, &identity(member));
    assert_eq!(
        open("quejas", 2, instance(), 7).unwrap().recipient(),
        identity(51).recipient()
    );
    assert!(open("desk", 2, instance(), 7).is_err());
    assert!(open("quejas", 1, instance(), 7).is_err());
    assert!(open("quejas", 2, other_instance(), 7).is_err());
    assert!(open("quejas", 2, instance(), 6).is_err());
    assert_eq!(
        normalize_email(" Ana.Nu\u{301}n\u{303}ez@IESS.gob.ec\n"),
        "ana.núñez@iess.gob.ec"
    );
}
