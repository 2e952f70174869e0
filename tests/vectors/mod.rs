//! Fixed examples of every format in `docs/PROTOCOL.md`: `vault.json`, which `web/tests/vectors.test.ts` passes too.
//!
//! `fixed` is what today's code must produce, byte by byte. `sealed` is what drew its own randomness: it must open.
//! `SIGILO_WRITE_VECTORS=1 cargo test vectors` writes the file anew; a change in it is a change of the protocol.

mod fixed;
mod sealed;

use std::convert::Infallible;
use std::fs;

use rand::{TryCryptoRng, TryRng};
use serde_json::{Value, json};
use sigilo::domain::ids::{CaseId, InstanceId, StaffId};
use sigilo::domain::role::Role;
use sigilo::vault::agefile::Identity;
use sigilo::vault::base64;
use sigilo::vault::roster::{Area, Member, Roster, VerifiedRoster, WitnessEntry};
use sigilo::vault::secret::Key32;
use sigilo::vault::signing::SigningKey;

const FILE: &str = "tests/vectors/vault.json";
const AUTHORITY: u8 = 100;
const LOG: u8 = 101;
const WITNESS: u8 = 102;
const REPORTER: u8 = 103;

/// Bytes 1, 2, 3 …: no generator of a library promises the same bytes for ever.
struct Steps(u8);

impl TryRng for Steps {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Steps {}

fn instance() -> InstanceId {
    "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap()
}

fn case() -> CaseId {
    "11111111-1111-4111-8111-111111111111".parse().unwrap()
}

fn staff(n: u8) -> StaffId {
    format!("{n:08}-0000-4000-8000-000000000000").parse().unwrap()
}

fn key(byte: u8) -> Key32 {
    Key32::from_slice(&[byte; 32]).unwrap()
}

fn identity(byte: u8) -> Identity {
    Identity::from_scalar(key(byte))
}

fn signer(byte: u8) -> SigningKey {
    SigningKey::from_seed(&key(byte))
}

fn b64(bytes: impl AsRef<[u8]>) -> Value {
    base64::encode(bytes.as_ref()).into()
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::decode(value.as_str().unwrap()).unwrap()
}

/// Officers 1 to 5, an auditor 6, an analyst 7; a member's number is every byte of both keys.
fn roster(quorum: u8) -> Roster {
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

fn verified(roster: &Roster) -> VerifiedRoster {
    let note = roster.sign(&signer(AUTHORITY)).unwrap();
    VerifiedRoster::verify(instance(), &note, &signer(AUTHORITY).verify_key()).unwrap()
}

#[test]
fn todays_code_makes_and_opens_the_vectors() {
    let fixed = fixed::all();
    if std::env::var_os("SIGILO_WRITE_VECTORS").is_some_and(|on| on == "1") {
        let all = json!({ "fixed": fixed, "sealed": sealed::make() });
        fs::write(FILE, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    }
    let stored: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let sections = stored["fixed"].as_object().unwrap();
    for (name, section) in sections {
        assert_eq!(&fixed[name], section, "{name}");
    }
    assert_eq!(sections.len(), fixed.as_object().unwrap().len());
    fixed::open(&stored["fixed"]);
    sealed::open(&stored["sealed"]);
}
