//! Fixed keys, each one byte repeated 32 times, and a small roster.

use sigilo::domain::ids::{CaseId, InstanceId, StaffId};
use sigilo::domain::role::Role;
use sigilo::vault::agefile::Identity;
use sigilo::vault::areakeys::AreaRecipient;
use sigilo::vault::hash::Hash32;
use sigilo::vault::roster::{
    Area, ExternalRecipient, LogEntry, Member, Origins, PasskeyRule, Policy, Retention, Roster, UnsealPasskey,
    VerifiedRoster, WitnessEntry, WitnessOrigin,
};
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

/// An area whose key a member has made. The byte `n` makes the key.
pub fn area(id: &str, n: u8, maker: u8) -> Area {
    let recipient = identity(n).recipient();
    let made = AreaRecipient {
        area: id,
        version: 1,
        recipient: &recipient,
        reserve: None,
    };
    Area {
        id: id.to_owned(),
        version: 1,
        maker: staff(maker),
        maker_key: signer(maker).verify_key(),
        signature: made.sign(instance(), &signer(maker)),
        reserve: None,
        recipient,
    }
}

/// Limits that no test reaches.
pub fn policy(minimum_officers: u8) -> Policy {
    Policy {
        minimum_officers,
        openings_per_officer: 20,
        openings_per_desk: 60,
        erasures: 20,
        alone: vec!["legal-demand".into()],
        unseal_passkeys: PasskeyRule::None,
    }
}

/// A roster with officers 1 to 5, auditor 6, analyst 7. A member's number is each byte of both keys.
pub fn roster(quorum: u8) -> Roster {
    let member = |n, role, areas: &[&str]| Member {
        id: staff(n),
        name: format!("Persona {n}"),
        role,
        areas: areas.iter().map(ToString::to_string).collect(),
        leads: Vec::new(),
        recipient: identity(n).recipient(),
        verify_key: signer(n).verify_key(),
        unseal_passkeys: Vec::new(),
    };
    let mut members: Vec<Member> = (1..=5).map(|n| member(n, Role::Officer, &["desk"])).collect();
    members.push(member(6, Role::Auditor, &[]));
    members.push(member(7, Role::Analyst, &["quejas"]));
    Roster {
        instance: instance(),
        version: 1,
        previous: None,
        origins: Origins {
            server: vec!["https://sigilo.test".into()],
            witness: None,
        },
        areas: vec![area("desk", 50, 1), area("quejas", 51, 7)],
        desk: "desk".into(),
        members,
        quorum,
        policy: policy(quorum),
        retention: Retention {
            closed_days: 180,
            expiries: 500,
        },
        external_recipients: Vec::new(),
        witness: WitnessEntry {
            recipient: identity(WITNESS).recipient(),
            verify_key: signer(WITNESS).verify_key(),
        },
        log: LogEntry {
            verify_key: signer(LOG).verify_key(),
            origin: format!("sigilo.test/log/{}", instance()),
        },
    }
}

/// The second version of a roster, with something in every field. Officer 1 has a passkey, analyst 7 leads their area.
pub fn full_roster() -> Roster {
    let mut roster = roster(1);
    roster.version = 2;
    roster.previous = Some(Hash32::of_bytes(b"the roster before"));
    roster.origins.witness = Some(WitnessOrigin {
        origin: "https://testigo.test:8443".into(),
        rp_id: "testigo.test".into(),
    });
    roster.members[0].unseal_passkeys = vec![UnsealPasskey {
        credential: vec![1, 2, 3],
        public_key: vec![4, 5, 6],
        synced: false,
    }];
    roster.members[6].name = "Ana María Núñez".into();
    roster.members[6].leads = vec!["quejas".into()];
    roster.policy.unseal_passkeys = PasskeyRule::DeviceBound;
    roster.external_recipients = vec![ExternalRecipient {
        id: "defensoria".into(),
        name: "Defensoría de prueba".into(),
        recipient: identity(60).recipient(),
    }];
    let quejas = &mut roster.areas[1];
    (quejas.version, quejas.reserve) = (3, Some(identity(61).recipient()));
    quejas.signature = quejas.signed().sign(instance(), &signer(7));
    roster
}

pub fn verified(roster: &Roster) -> VerifiedRoster {
    let note = roster.sign(&signer(AUTHORITY)).unwrap();
    VerifiedRoster::verify(instance(), &note, &signer(AUTHORITY).verify_key()).unwrap()
}
