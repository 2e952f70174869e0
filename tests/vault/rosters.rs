//! Rosters: every rule, the chain, the one authority.

use proptest::prelude::*;
use sigilo::domain::note::{self, Party};
use sigilo::domain::role::Role;
use sigilo::vault::roster::{PasskeyRule, Roster, RosterError, VerifiedRoster};

use super::{flipped, other_instance};
use crate::support::keys::{
    AUTHORITY, REPORTER, area, full_roster, identity, instance, roster, signer, staff, verified,
};

/// A change of a roster, with the text that tells of it.
type Change = (&'static str, fn(&mut Roster));

/// Signs a roster without checking its rules.
fn signed_blindly(roster: &Roster) -> Vec<u8> {
    note::sign(&roster.text(), Party::Authority, instance(), &signer(AUTHORITY)).unwrap()
}

fn verify(note: &[u8]) -> Result<VerifiedRoster, RosterError> {
    VerifiedRoster::verify(instance(), note, &signer(AUTHORITY).verify_key())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one rule after the other")]
fn each_rule_is_kept_when_signing_and_when_reading() {
    let changes: Vec<Change> = vec![
        ("versions", |r| r.version = 0),
        ("versions", |r| r.version = 1),
        ("versions", |r| r.previous = None),
        ("each area", |r| r.areas[1].id = "desk".into()),
        ("desk", |r| r.desk = "nowhere".into()),
        ("each member", |r| r.members[1].id = staff(1)),
        ("recipients", |r| r.members[1].recipient = identity(1).recipient()),
        ("recipients", |r| r.members[1].recipient = identity(50).recipient()),
        ("recipients", |r| r.areas[1].recipient = identity(50).recipient()),
        ("recipients", |r| r.witness.recipient = identity(1).recipient()),
        ("verify keys", |r| r.members[1].verify_key = signer(1).verify_key()),
        ("verify keys", |r| r.log.verify_key = r.witness.verify_key),
        ("areas of the roster", |r| r.members[6].areas = vec!["nowhere".into()]),
        ("areas of the roster", |r| {
            r.members[6].areas = vec!["quejas".into(), "quejas".into()];
        }),
        ("of the desk", |r| r.members[6].areas.push("desk".into())),
        ("of the desk", |r| r.members[5].areas.push("desk".into())),
        ("of the desk", |r| r.members[0].areas.clear()),
        ("nothing but the desk", |r| r.members[0].areas.push("quejas".into())),
        ("clerks", |r| r.members[6].role = Role::Clerk),
        ("quorum is at least", |r| r.quorum = 0),
        ("officers as the quorum", |r| r.quorum = 6),
        ("each external", |r| {
            let mut again = r.external_recipients[0].clone();
            again.recipient = identity(99).recipient();
            r.external_recipients.push(again);
        }),
        ("recipients", |r| {
            r.external_recipients[0].recipient = identity(1).recipient();
        }),
        ("recipients", |r| r.areas[0].reserve = Some(identity(51).recipient())),
        ("names are", |r| r.members[0].name = String::new()),
        ("names are", |r| r.members[0].name = "a".repeat(121)),
        ("names are", |r| r.members[0].name = "Nu\u{301}nez".into()),
        ("names are", |r| r.members[0].name = "Ana\u{1b}[2K".into()),
        ("names are", |r| r.members[0].name = "Ana \u{202e}zeréP".into()),
        ("names are", |r| r.external_recipients[0].name = "x\n".into()),
        ("versions of area keys", |r| {
            r.areas[1].version = 0;
        }),
        ("signed it", |r| r.areas[1].version = 2),
        ("signed it", |r| r.areas[1].recipient = identity(99).recipient()),
        ("signed it", |r| r.areas[1].reserve = Some(identity(99).recipient())),
        ("signed it", |r| r.areas[1].maker_key = signer(1).verify_key()),
        ("key of that member", |r| r.areas[1].maker = staff(1)),
        ("leads belong", |r| r.members[6].leads = vec!["desk".into()]),
        ("leads belong", |r| {
            r.members[6].leads = vec!["quejas".into(), "quejas".into()];
        }),
        ("only officers have passkeys", |r| {
            r.members[6].unseal_passkeys = std::mem::take(&mut r.members[0].unseal_passkeys);
        }),
        ("passkeys are unique", |r| {
            r.members[1].unseal_passkeys = r.members[0].unseal_passkeys.clone();
        }),
        ("at least one auditor", |r| {
            r.members.remove(5);
        }),
        ("the policy's minimum", |r| r.policy.minimum_officers = 6),
        ("at least the quorum", |r| r.quorum = 2),
        ("limits and retention", |r| r.policy.openings_per_officer = 0),
        ("limits and retention", |r| r.policy.openings_per_desk = 0),
        ("limits and retention", |r| r.policy.erasures = 0),
        ("limits and retention", |r| r.retention.closed_days = 0),
        ("limits and retention", |r| r.retention.expiries = 0),
        ("stands alone", |r| r.policy.alone = vec!["a".into(), "a".into()]),
        ("stands alone", |r| r.policy.alone = vec![String::new()]),
        ("need the origin", |r| r.origins.witness = None),
        ("the service has an origin", |r| r.origins.server.clear()),
        ("the service has an origin", |r| {
            r.origins.server.push("https://sigilo.test".into());
            r.origins.server.push("https://sigilo.test".into());
        }),
        ("a scheme and a host", |r| {
            r.origins.server = vec!["https://sigilo.test/".into()];
        }),
        ("a scheme and a host", |r| r.origins.server = vec!["sigilo.test".into()]),
        ("a scheme and a host", |r| {
            r.origins.witness.as_mut().unwrap().origin = "https://Testigo.test".into();
        }),
        ("relying party", |r| {
            r.origins.witness.as_mut().unwrap().rp_id = "test".into();
        }),
        ("the log's origin", |r| r.log.origin = "sigilo.test/log/other".into()),
        ("the log's origin", |r| r.log.origin = format!("/log/{}", instance())),
        ("the log's origin", |r| {
            r.log.origin = format!("sigilo test/log/{}", instance());
        }),
    ];
    for (rule, change) in changes {
        let mut roster = full_roster();
        change(&mut roster);
        let said = |result: Result<(), RosterError>| match result {
            Err(RosterError::Rule(said)) => assert!(said.contains(rule), "{said:?} is not about {rule:?}"),
            other => panic!("{rule:?} was not kept: {other:?}"),
        };
        said(roster.sign(&signer(AUTHORITY)).map(drop));
        said(verify(&signed_blindly(&roster)).map(drop));
    }
}

#[test]
fn a_roster_that_uses_everything_is_good() {
    let roster = full_roster();
    assert_eq!(roster.check(), Ok(()));
    assert_eq!(roster.policy.unseal_passkeys, PasskeyRule::DeviceBound);
    assert_eq!(verify(&signed_blindly(&roster)).unwrap().roster(), &roster);
    // A maker who left keeps the key with which they signed.
    let mut left = full_roster();
    left.members.retain(|member| member.id != left.areas[1].maker);
    assert_eq!(left.check(), Ok(()));
}

#[test]
fn a_roster_without_officers_waits_for_them() {
    let mut roster = roster(2);
    roster.members.retain(|member| member.role != Role::Officer);
    assert!(verify(&signed_blindly(&roster)).unwrap().officers().is_empty());
}

#[test]
fn only_the_pinned_authority_is_believed_and_only_here() {
    let roster = roster(3);
    let note = signed_blindly(&roster);
    assert_eq!(verify(&note).unwrap().roster(), &roster);
    let other = signer(REPORTER).verify_key();
    assert_eq!(
        VerifiedRoster::verify(instance(), &note, &other).unwrap_err(),
        RosterError::BadSignature
    );
    let elsewhere = VerifiedRoster::verify(other_instance(), &note, &signer(AUTHORITY).verify_key());
    assert_eq!(elsewhere.unwrap_err(), RosterError::BadSignature);

    // Signed by the right key, but a statement, another instance's, or with a field that nobody knows.
    let sign = |text: &[u8]| note::sign(text, Party::Authority, instance(), &signer(AUTHORITY)).unwrap();
    let text = String::from_utf8(roster.text()).unwrap();
    for changed in [
        text.replace("sigilo/v1/roster", "sigilo/v1/roster-statement"),
        text.replace(&instance().to_string(), &other_instance().to_string()),
        text.replace("\"quorum\"", "\"more\":1,\"quorum\""),
        text.replace("\"role\":\"officer\"", "\"role\":\"chief\""),
        text.replace('}', "}\n"),
        text.replace("\"unseal_passkeys\":\"none\"", "\"unseal_passkeys\":\"some\""),
    ] {
        assert_ne!(changed, text);
        assert_eq!(verify(&sign(changed.as_bytes())).unwrap_err(), RosterError::Malformed);
    }
}

#[test]
fn the_first_signature_of_a_key_decides() {
    let note = String::from_utf8(signed_blindly(&roster(3))).unwrap();
    let (text, good) = note.split_once("\n\n").unwrap();
    let other = String::from_utf8(signed_blindly(&roster(2))).unwrap();
    let bad = other.split_once("\n\n").unwrap().1;
    assert!(verify(format!("{text}\n\n{good}{bad}").as_bytes()).is_ok());
    assert_eq!(
        verify(format!("{text}\n\n{bad}{good}").as_bytes()).unwrap_err(),
        RosterError::BadSignature
    );
}

#[test]
fn versions_are_a_chain() {
    let first = verified(&roster(1));
    let next = |version, previous| {
        let mut roster = roster(2);
        (roster.version, roster.previous) = (version, Some(previous));
        verified(&roster)
    };
    let second = next(2, first.hash());
    assert_eq!(second.follows(&first), Ok(()));
    let refused = Err(RosterError::DoesNotFollow(1));
    assert_eq!(first.follows(&first), refused);
    assert_eq!(next(3, first.hash()).follows(&first), refused);
    assert_eq!(next(2, second.hash()).follows(&first), refused);
    assert_eq!(first.follows(&second), Err(RosterError::DoesNotFollow(2)));
    assert_eq!(
        second.roster().difference(Some(first.roster())).changes,
        [
            "- quorum 1",
            "- at least 1 officers",
            "+ quorum 2",
            "+ at least 2 officers"
        ]
    );
}

#[test]
fn a_proposal_cannot_hide_a_line_from_who_reviews_it() {
    let mut proposed = roster(1);
    proposed.areas.push(area("x\u{1b}[2K\u{1b}[1A\n", 99, 1));
    proposed.members[0].areas.push("y\r".into());
    proposed.members[1].name = "z\u{1b}[2K".into();
    let difference = proposed.difference(None);
    let owners = difference.keys.iter().map(|key| key.owner.clone());
    let lines: Vec<String> = difference.changes.into_iter().chain(owners).collect();
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
}

#[test]
fn another_desk_is_told() {
    let mut moved = roster(1);
    moved.desk = "otra-mesa".into();
    let difference = moved.difference(Some(&roster(1)));
    assert_eq!(
        difference.changes,
        ["- officers' desk desk", "+ officers' desk otra-mesa"]
    );
    assert_eq!(difference.lowered, ["the officers' desk is otra-mesa instead of desk"]);
}

#[test]
fn each_loss_of_protection_is_a_line_of_its_own() {
    let changes: Vec<Change> = vec![
        ("quorum 1 instead of 2", |r| r.quorum = 1),
        ("at least 2 officers instead of 3", |r| r.policy.minimum_officers = 2),
        ("21 openings for each officer", |r| r.policy.openings_per_officer = 21),
        ("61 openings for the desk", |r| r.policy.openings_per_desk = 61),
        ("21 erasures", |r| r.policy.erasures = 21),
        ("501 expiries", |r| r.retention.expiries = 501),
        ("class validation needs nobody else's request", |r| {
            r.policy.alone.push("validation".into());
        }),
        ("any instead of device_bound", |r| {
            r.policy.unseal_passkeys = PasskeyRule::Any;
        }),
        ("loses passkey", |r| r.members[0].unseal_passkeys.clear()),
        ("179 days after closing instead of 180", |r| {
            r.retention.closed_days = 179;
        }),
        ("181 days after closing instead of 180", |r| {
            r.retention.closed_days = 181;
        }),
        ("goes from key 3 to key 2", |r| {
            r.areas[1].version = 2;
            r.areas[1].recipient = identity(98).recipient();
        }),
        ("reached at https://otro.test, too", |r| {
            r.origins.server.push("https://otro.test".into());
        }),
        ("own page moves to https://otro.test", |r| {
            r.origins.witness.as_mut().unwrap().origin = "https://otro.test".into();
        }),
    ];
    let mut old = full_roster();
    (old.quorum, old.policy.minimum_officers) = (2, 3);
    assert_eq!(old.difference(Some(&old)).changes, Vec::<String>::new());
    for (line, change) in changes {
        let mut new = old.clone();
        change(&mut new);
        let lowered = new.difference(Some(&old)).lowered;
        assert!(lowered.len() == 1 && lowered[0].contains(line), "{line}: {lowered:?}");
        let raised = old.difference(Some(&new)).lowered;
        let both_ways = ["closing", "page moves"].iter().any(|both| line.contains(both));
        assert_eq!(raised.is_empty(), !both_ways, "{line}: {raised:?}");
    }
}

#[test]
fn new_keys_are_compared_and_those_that_a_member_answers_for_are_not() {
    let labels = |new: &Roster, old: Option<&Roster>| -> Vec<String> {
        new.difference(old).keys.into_iter().map(|key| key.label).collect()
    };
    let old = full_roster();
    assert!(labels(&old, Some(&old)).is_empty());
    let first = labels(&old, None);
    let members: Vec<String> = old
        .members
        .iter()
        .map(|member| format!("member {}", member.id))
        .collect();
    assert_eq!(first[..7], members);
    assert_eq!(
        first[7..],
        [
            "reserve quejas",
            &format!("passkey {} AQID", staff(1)),
            "external defensoria",
            "witness",
            "log"
        ]
    );
    let changes: Vec<Change> = vec![
        ("member 00000007-", |r| r.members[6].name = "Otra".into()),
        ("member 00000007-", |r| r.members[6].role = Role::Auditor),
        ("member 00000007-", |r| {
            r.members[6].recipient = identity(99).recipient();
        }),
        ("member 00000007-", |r| {
            r.members[6].verify_key = signer(99).verify_key();
        }),
        // Made by an officer, who is not of this area.
        ("area quejas 1", |r| r.areas[1] = area("quejas", 99, 1)),
        // Made by somebody whom nobody knows.
        ("area quejas 1", |r| r.areas[1] = area("quejas", 99, 9)),
        ("witness", |r| r.witness.recipient = identity(99).recipient()),
        ("log", |r| r.log.origin = format!("otro.test/log/{}", instance())),
    ];
    for (label, change) in changes {
        let mut new = old.clone();
        change(&mut new);
        let labels = labels(&new, Some(&old));
        assert!(labels.len() == 1 && labels[0].starts_with(label), "{label}: {labels:?}");
    }
    let mut new = old.clone();
    new.areas[1] = area("quejas", 99, 7);
    assert!(labels(&new, Some(&old)).is_empty(), "its analyst signed it");
    new.members[6].areas.clear();
    new.members[6].areas.push("desk".into());
    assert!(labels(&new, Some(&old)).is_empty(), "who was of the area before");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_bit_is_refused(at: usize, bit: u8) {
        prop_assert!(verify(&flipped(&signed_blindly(&roster(3)), at, bit)).is_err());
    }
}
