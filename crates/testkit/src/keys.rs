//! Fixed keys, each one byte repeated 32 times, and a small roster.

use sigilo::domain::ids::{CaseId, InstanceId, StaffId};
use sigilo::domain::role::Role;
use sigilo::vault::agefile::Identity;
use sigilo::vault::roster::{Area, Member, Roster, VerifiedRoster, WitnessEntry};
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;

pub const AUTHORITY: u8 = 100;
pub const LOG: u8 = 101;
pub const WITNESS: u8 = 102;
pub const REPORTER: u8 = 103;

pub fn instance() -> InstanceId {
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}

pub fn case() -> CaseId {
    "11111111-1111-4111-8111-111111111111".parse().unwrap()
}

pub fn staff(n: u8) -> StaffId {
    format!("{n:08}-0000-4000-8000-000000000000").parse().unwrap()
}

pub fn key(byte: u8) -> Key32 {
    Key32::from_slice(&[byte; 32]).unwrap()
}

pub fn identity(byte: u8) -> Identity {
    Identity::from_scalar(key(byte))
}

pub fn signer(byte: u8) -> SigningKey {
    SigningKey::from_seed(&key(byte))
}

/// A roster with officers 1 to 5, auditor 6, analyst 7. A member's number is each byte of both keys.
pub fn roster(quorum: u8) -> Roster {
    let member = |n, role, areas: &[&str]| Member {
        id: staff(n),
        role,
        areas: areas.iter().map(ToString::to_string).collect(),
        recipient: identity(n).recipient(),
        verify_key: signer(n).verify_key(),
    };
    let area = |id: &str, n| Area {
        id: id.to_owned(),
        recipient: identity(n).recipient(),
    };
    let mut members: Vec<Member> = (1..=5).map(|n| member(n, Role::Officer, &["desk"])).collect();
    members.push(member(6, Role::Auditor, &[]));
    members.push(member(7, Role::Analyst, &["quejas"]));
    Roster {
        instance: instance(),
        version: 1,
        previous: None,
        areas: vec![area("desk", 50), area("quejas", 51)],
        desk: "desk".into(),
        members,
        quorum,
        witness: WitnessEntry {
            recipient: identity(WITNESS).recipient(),
            verify_key: signer(WITNESS).verify_key(),
        },
        log: signer(LOG).verify_key(),
    }
}

pub fn verified(roster: &Roster) -> VerifiedRoster {
    let note = roster.sign(&signer(AUTHORITY)).unwrap();
    VerifiedRoster::verify(instance(), &note, &signer(AUTHORITY).verify_key()).unwrap()
}
