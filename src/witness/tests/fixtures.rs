//! Fixed keys, each one byte repeated 32 times, and a small roster.

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Identity;
use crate::vault::areakeys::AreaRecipient;
use crate::vault::hash::Hash32;
use crate::vault::roster::{Area, LogEntry, Member, Origins, PasskeyRule, Policy, Retention, Roster, WitnessEntry};
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;
use crate::witness::keys::Keys;

pub(super) const NOW: i64 = 1_795_000_000;
pub(super) const AUTHORITY: u8 = 100;
pub(super) const LOG: u8 = 101;
pub(super) const WITNESS: u8 = 102;
pub(super) const REPORTER: u8 = 103;
/// The officer's ephemeral identity.
pub(super) const EPHEMERAL: u8 = 77;
/// Members: officers 1 to 3, auditor 4.
pub(super) const OFFICERS: [u8; 3] = [1, 2, 3];
pub(super) const AUDITOR: u8 = 4;
/// A member of the area `norte`.
pub(super) const ANALYST: u8 = 5;

pub(super) fn key(byte: u8) -> Key32 {
    Key32::from_slice(&[byte; 32]).unwrap()
}
pub(super) fn signer(byte: u8) -> SigningKey {
    SigningKey::from_seed(&key(byte))
}
pub(super) fn identity(byte: u8) -> Identity {
    Identity::from_scalar(key(byte))
}
pub(super) fn staff(byte: u8) -> StaffId {
    format!("0000000{byte}-0000-4000-8000-000000000000").parse().unwrap()
}
pub(super) fn instance() -> InstanceId {
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}
pub(super) fn keys() -> Keys {
    Keys {
        instance: instance(),
        authority: signer(AUTHORITY).verify_key(),
        log: signer(LOG).verify_key(),
        identity: identity(WITNESS),
        signing: signer(WITNESS),
    }
}

pub(super) fn roster(version: u64, previous: Option<Hash32>, quorum: u8) -> Roster {
    let member = |n: u8, role: Role, areas: &[&str]| Member {
        id: staff(n),
        name: format!("Persona {n}"),
        role,
        areas: areas.iter().map(|&area| area.to_owned()).collect(),
        leads: Vec::new(),
        recipient: identity(n).recipient(),
        verify_key: signer(n).verify_key(),
        unseal_passkeys: Vec::new(),
    };
    let maker = OFFICERS[0];
    let area = |id: &str, n: u8| {
        let recipient = identity(n).recipient();
        let signed = AreaRecipient {
            area: id,
            version: 1,
            recipient: &recipient,
            reserve: None,
        };
        Area {
            id: id.into(),
            version: 1,
            maker: staff(maker),
            maker_key: signer(maker).verify_key(),
            signature: signed.sign(instance(), &signer(maker)),
            reserve: None,
            recipient: recipient.clone(),
        }
    };
    let mut members: Vec<_> = OFFICERS.iter().map(|n| member(*n, Role::Officer, &["desk"])).collect();
    members.push(member(AUDITOR, Role::Auditor, &[]));
    members.push(member(ANALYST, Role::Analyst, &["norte"]));
    Roster {
        instance: instance(),
        version,
        previous,
        origins: Origins {
            server: vec!["https://sigilo.test".into()],
            witness: None,
        },
        areas: vec![area("desk", 50), area("norte", 51)],
        desk: "desk".into(),
        members,
        quorum,
        policy: Policy {
            minimum_officers: quorum,
            openings_per_officer: 20,
            openings_per_desk: 60,
            erasures: 20,
            alone: vec!["validation".into()],
            unseal_passkeys: PasskeyRule::None,
        },
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
