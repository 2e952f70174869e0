//! Rosters, key words, and wraps of areas' keys.

use serde_json::{Value, json};
use sigilo::vault::areakeys::AreaWrap;
use sigilo::vault::key_words::KeyWords;

use super::b64;
use crate::support::keys::{AUTHORITY, full_roster, instance, signer, staff, verified};

pub(super) fn roster_note() -> Value {
    let verified = verified(&full_roster());
    json!({
        "note": String::from_utf8(verified.note().to_vec()).unwrap(),
        "hash": verified.hash(),
        "body": verified.roster(),
    })
}

/// Words of each kind of key, from the keys of the roster.
pub(super) fn key_words() -> Value {
    let roster = full_roster();
    let one = |kind: &str, of: String, words: KeyWords| {
        let (es, en) = (words.words("es"), words.words("en"));
        assert!(words.are(&es) && words.are(&en.to_uppercase()) && !words.are(&es[1..]));
        json!({ "kind": kind, "of": of, "es": es, "en": en })
    };
    let reserve = roster.areas[1].reserve.as_ref().unwrap();
    let passkey = &roster.members[0].unseal_passkeys[0];
    let mut all: Vec<Value> = (roster.members.iter())
        .map(|member| one("member", member.id.to_string(), member.key_words(instance())))
        .collect();
    all.extend((roster.areas.iter()).map(|area| one("area", area.id.clone(), area.key_words(instance()))));
    all.extend([
        one("witness", String::new(), roster.witness.key_words(instance())),
        one("log", String::new(), roster.log.key_words(instance())),
        one(
            "authority",
            String::new(),
            KeyWords::of_authority(instance(), &signer(AUTHORITY).verify_key()),
        ),
        one(
            "reserve",
            "quejas".into(),
            KeyWords::of_reserve(instance(), "quejas", reserve),
        ),
        one(
            "external",
            "defensoria".into(),
            roster.external_recipients[0].key_words(instance()),
        ),
        one(
            "unseal-passkey",
            staff(1).to_string(),
            passkey.key_words(instance(), staff(1)),
        ),
    ]);
    all.into()
}

/// A wrap of an area's identity; the areas' own signatures stand in the roster.
pub(super) fn area_keys() -> Value {
    let file = b"an age file";
    let wrap = AreaWrap {
        area: "quejas",
        version: 3,
        member: staff(7),
        file,
    };
    json!({
        "area": "quejas",
        "version": 3,
        "member": staff(7),
        "file": b64(file),
        "wrapper": 1,
        "signature": wrap.sign(instance(), &signer(1)),
    })
}
