//! The policy: how often, and for whose request. What is counted survives a restart.

use serde_json::{Map, json};

use super::fixtures::{ANALYST, AUDITOR, NOW, OFFICERS, WITNESS, identity, instance, staff};
use super::world::{Ask, Signed, World};
use crate::audit::entry::{Act, Base64};
use crate::domain::ids::CaseId;
use crate::vault::payload::Payload as _;
use crate::vault::roster::PasskeyRule;
use crate::vault::unseal::{Answers, AskedBy, commit_purpose, request_hash};
use crate::vault::validation::{MAX_VALID_SECONDS, ValidationPayload, validation_request_hash};
use crate::vault::verified_purpose::{self, Opening};
use crate::witness::journal::{self, Event};
use crate::witness::{Gesture, JournalReader, Refusal, UnsealOrder};

const DAY: i64 = 24 * 3600;

/// A roster with these caps, whose class `validation` needs somebody else's request if `alone` is false.
fn world(per_officer: u32, per_desk: u32, alone: bool) -> World {
    let mut world = World::new(1);
    world.publish(|roster| {
        roster.policy.openings_per_officer = per_officer;
        roster.policy.openings_per_desk = per_desk;
        roster.policy.alone = if alone { vec!["validation".into()] } else { Vec::new() };
    });
    world
}

/// An order for a new case, which these officers sign.
fn next_order(world: &mut World, nonce: u8, signers: &[u8]) -> UnsealOrder {
    world.next_case();
    let ask = Ask {
        nonce,
        time: NOW,
        signers: signers.iter().map(|signer| (*signer, *signer)).collect(),
        ..world.ask()
    };
    world.order(&ask)
}

#[test]
fn an_officer_opens_as_often_as_the_policy_says_in_any_24_hours() {
    let mut world = world(2, 9, true);
    for nonce in 1..=2 {
        let order = next_order(&mut world, nonce, &[1]);
        world.core.unseal(&order).unwrap();
        // The same order once more is no second opening.
        world.core.unseal(&order).unwrap();
    }
    let third = next_order(&mut world, 3, &[1]);
    let lines = world.core.journal(JournalReader::Server).unwrap();
    assert_eq!(world.core.unseal(&third).unwrap_err(), Refusal::OfficerCap);
    // Neither a restart nor a clock that was set back frees anything.
    let (folder, clock, core) = world.restart();
    let core = core.unwrap();
    assert_eq!(core.unseal(&third).unwrap_err(), Refusal::OfficerCap);
    assert_eq!(core.journal(JournalReader::Server).unwrap(), lines, "it wrote nothing");
    drop((core, folder, clock));
}

#[test]
fn a_day_later_the_openings_are_free_again() {
    let mut world = world(1, 9, true);
    let order = next_order(&mut world, 1, &[1]);
    world.core.unseal(&order).unwrap();
    for (later, refused) in [(DAY - 1, true), (1, false)] {
        world.clock.advance(later);
        world.next_case();
        let ask = Ask {
            nonce: 2,
            time: NOW + if refused { DAY - 1 } else { DAY },
            expires: NOW + 2 * DAY,
            ..world.ask()
        };
        let order = world.order(&ask);
        let answer = world.core.unseal(&order).map(drop);
        assert_eq!(answer, if refused { Err(Refusal::OfficerCap) } else { Ok(()) });
    }
}

#[test]
fn the_desk_has_a_cap_of_its_own_and_every_signer_counts() {
    let mut world = world(2, 3, true);
    let both = next_order(&mut world, 1, &[1, 2]);
    world.core.unseal(&both).unwrap();
    let first = next_order(&mut world, 2, &[1]);
    world.core.unseal(&first).unwrap();
    let again = next_order(&mut world, 3, &[1]);
    assert_eq!(
        world.core.unseal(&again).unwrap_err(),
        Refusal::OfficerCap,
        "two signed by the first"
    );
    let aside = next_order(&mut world, 4, &[1, 3]);
    assert_eq!(world.core.unseal(&aside).unwrap_err(), Refusal::OfficerCap);
    world.publish(|roster| roster.policy.openings_per_officer = 9);
    let third = next_order(&mut world, 5, &[1]);
    world.core.unseal(&third).unwrap();
    let fourth = next_order(&mut world, 6, &[1]);
    assert_eq!(world.core.unseal(&fourth).unwrap_err(), Refusal::DeskCap);
}

/// A member's request, with who signs it and with whose key; returns what the officer names and the entry.
fn asked(
    world: &mut World,
    (by, key): (u8, u8),
    entry_case: Option<CaseId>,
    change: impl FnOnce(&mut ValidationPayload),
) -> (Answers, u64) {
    let mut payload = ValidationPayload {
        instance: instance(),
        case: world.case,
        request: "77777777-7777-4777-8777-777777777777".parse().unwrap(),
        member: staff(by),
        roster: world.roster.hash(),
        time: NOW,
        expires: NOW + MAX_VALID_SECONDS,
    };
    change(&mut payload);
    let bytes = payload.to_bytes();
    let answers = Answers {
        by: AskedBy::Member,
        hash: validation_request_hash(instance(), &bytes),
    };
    let signed = Signed {
        what: ValidationPayload::LABEL,
        payload: bytes,
        detail: Map::new(),
    };
    let case = entry_case.unwrap_or(world.case);
    (
        answers,
        world.signed_act(Act::ValidationRequested, case, (by, key), signed),
    )
}

fn answer(world: &mut World, nonce: u8, (answers, index): (Answers, u64)) -> Result<(), Refusal> {
    let ask = Ask {
        nonce,
        answers: Some(answers),
        answered: Some(index),
        ..world.ask()
    };
    let order = world.order(&ask);
    world.core.unseal(&order).map(drop)
}

#[test]
fn a_class_that_does_not_stand_alone_needs_a_request_and_uses_it_up() {
    let mut world = world(9, 9, false);
    let bare = world.ask();
    let order = world.order(&bare);
    assert_eq!(world.core.unseal(&order).unwrap_err(), Refusal::RequestNeeded);

    let first = asked(&mut world, (ANALYST, ANALYST), None, |_| ());
    answer(&mut world, 2, first).unwrap();
    assert_eq!(answer(&mut world, 3, first), Err(Refusal::RequestUsed));
    // A second request, another opening.
    let second = asked(&mut world, (ANALYST, ANALYST), None, |payload| payload.expires -= 1);
    answer(&mut world, 4, second).unwrap();
    let ask = Ask {
        nonce: 5,
        answers: Some(first.0),
        answered: Some(first.1),
        ..world.ask()
    };
    let order = world.order(&ask);
    let (_folder, _clock, core) = world.restart();
    assert_eq!(
        core.unwrap().unseal(&order).unwrap_err(),
        Refusal::RequestUsed,
        "also after a restart"
    );
}

#[test]
fn only_a_signed_request_about_this_case_in_the_log_counts() {
    let mut world = world(9, 9, false);
    let elsewhere: CaseId = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    let good = asked(&mut world, (ANALYST, ANALYST), None, |_| ());
    let other_hash = Answers {
        hash: request_hash(instance(), b"another"),
        ..good.0
    };
    assert_eq!(
        answer(&mut world, 2, (other_hash, good.1)),
        Err(Refusal::RequestNotInLog)
    );
    assert_eq!(answer(&mut world, 3, (good.0, 0)), Err(Refusal::RequestNotInLog));
    let ask = Ask {
        nonce: 4,
        answers: Some(good.0),
        ..world.ask()
    };
    let without_entry = world.order(&ask);
    assert_eq!(world.core.unseal(&without_entry).unwrap_err(), Refusal::RequestNotInLog);
    let ask = Ask {
        nonce: 5,
        answered: Some(good.1),
        ..world.ask()
    };
    let without_name = world.order(&ask);
    assert_eq!(world.core.unseal(&without_name).unwrap_err(), Refusal::RequestNotInLog);
    let ask = Ask {
        nonce: 6,
        answers: Some(good.0),
        answered: Some(good.1),
        ..world.ask()
    };
    let mut order = world.order(&ask);
    if let Some(inclusion) = &mut order.answered {
        inclusion.index -= 1;
    }
    assert_eq!(
        world.core.unseal(&order).unwrap_err(),
        Refusal::RequestNotInLog,
        "another place"
    );

    let foreign = asked(&mut world, (ANALYST, ANALYST), None, |payload| payload.case = elsewhere);
    assert_eq!(answer(&mut world, 8, foreign), Err(Refusal::RequestForeign));
    let foreign = asked(&mut world, (ANALYST, ANALYST), Some(elsewhere), |_| ());
    assert_eq!(answer(&mut world, 9, foreign), Err(Refusal::RequestForeign));
    for (by, key) in [
        (OFFICERS[0], OFFICERS[0]),
        (AUDITOR, AUDITOR),
        (9, 9),
        (ANALYST, OFFICERS[0]),
    ] {
        let unsigned = asked(&mut world, (by, key), None, |_| ());
        assert_eq!(
            answer(&mut world, 10 + by + key, unsigned),
            Err(Refusal::RequestUnsigned),
            "{by} {key}"
        );
    }
    let named = asked(&mut world, (OFFICERS[0], OFFICERS[0]), None, |payload| {
        payload.member = staff(ANALYST);
    });
    assert_eq!(answer(&mut world, 40, named), Err(Refusal::RequestUnsigned));
    let expired = asked(&mut world, (ANALYST, ANALYST), None, |payload| {
        payload.expires = NOW - 1;
    });
    assert_eq!(answer(&mut world, 41, expired), Err(Refusal::RequestExpired));
    let too_long = asked(&mut world, (ANALYST, ANALYST), None, |payload| payload.expires += 1);
    assert_eq!(answer(&mut world, 42, too_long), Err(Refusal::RequestExpired));
    assert_eq!(answer(&mut world, 43, good), Ok(()), "the twin");
}

#[test]
fn a_request_to_open_expires_and_its_gesture_must_be_possible() {
    for (expires, refusal) in [(NOW - 1, true), (NOW + 72 * 3600 + 1, true), (NOW, false)] {
        let mut world = world(9, 9, true);
        let ask = Ask { expires, ..world.ask() };
        let order = world.order(&ask);
        let answer = world.core.unseal(&order).map(drop);
        assert_eq!(answer, if refusal { Err(Refusal::Expired) } else { Ok(()) });
    }
    let mut world = world(9, 9, true);
    let nothing = Base64(Vec::new());
    let ask = Ask {
        gesture: Some(Gesture {
            credential: nothing.clone(),
            authenticator_data: nothing.clone(),
            client_data: nothing.clone(),
            signature: nothing,
        }),
        ..world.ask()
    };
    let order = world.order(&ask);
    assert_eq!(
        world.core.unseal(&order).unwrap_err(),
        Refusal::Malformed,
        "nobody checks it here"
    );
    world.publish(|roster| {
        roster.policy.unseal_passkeys = PasskeyRule::Any;
        roster.origins.witness = Some(crate::vault::roster::WitnessOrigin {
            origin: "https://testigo.sigilo.test".into(),
            rp_id: "testigo.sigilo.test".into(),
        });
    });
    let order = next_order(&mut world, 2, &[1]);
    assert_eq!(world.core.unseal(&order).unwrap_err(), Refusal::GestureMissing);
}

#[test]
fn the_journal_keeps_the_verified_purpose_for_each_auditor() {
    let mut world = world(9, 9, false);
    let request = asked(&mut world, (ANALYST, ANALYST), None, |_| ());
    answer(&mut world, 2, request).unwrap();
    let lines = journal::read(&world.core.journal(JournalReader::Server).unwrap()).unwrap();
    let Event::Unseal(unseal) = &lines.last().unwrap().event else {
        panic!("the last line is the opening");
    };
    assert_eq!(unseal.answers, Some(request.0));
    assert_eq!(
        (unseal.officers.as_slice(), unseal.class.as_str()),
        ([staff(1)].as_slice(), "validation")
    );
    let [purpose] = unseal.purposes.as_slice() else {
        panic!("one auditor, one copy");
    };
    assert_eq!(purpose.auditor, staff(AUDITOR));
    let opening = Opening {
        instance: instance(),
        case: world.case,
        request: request_hash(instance(), &unseal.request.0),
        class: "validation",
    };
    let (salt, text) = verified_purpose::open(&opening, &purpose.file.0, &identity(AUDITOR)).unwrap();
    let signed: serde_json::Value = serde_json::from_slice(&unseal.request.0).unwrap();
    assert_eq!(signed["commitment"], json!(commit_purpose(instance(), &salt, &text)));
    for stranger in [OFFICERS[0], WITNESS] {
        assert!(verified_purpose::open(&opening, &purpose.file.0, &identity(stranger)).is_err());
    }
    let other = Opening {
        class: "recibo-perdido",
        ..opening
    };
    assert!(verified_purpose::open(&other, &purpose.file.0, &identity(AUDITOR)).is_err());
}
