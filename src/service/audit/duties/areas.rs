//! Keys of areas: each has its entry and its maker's signature, each copy of it the signature of whoever handed it on, and
//! each area of a roster has a key.

use std::collections::{HashMap, HashSet};

use super::claims::is_same_act;
use super::facts::{Facts, detail};
use crate::audit::entry::{Act, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::Result;
use crate::store::roster::{AreaKey, AreaMember};
use crate::store::staff::Staff;
use crate::store::{self, Tx};
use crate::vault::agefile::{Recipient, looks_like_one};
use crate::vault::areakeys::{AreaRecipient, AreaWrap};
use crate::vault::signing::{Signature, VerifyKey};

type Checked = std::result::Result<(), RowFinding>;

/// Facts of the log about areas.
#[derive(Debug, Default)]
pub(super) struct Areas {
    /// Keys that each area got: entry and time.
    made: HashMap<String, Vec<(u64, UnixSeconds)>>,
    /// Members who got an area's key, with the entry.
    members: HashMap<(String, StaffId), u64>,
}

impl Areas {
    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let Some(area) = detail::<String>(entry, "area") else {
            return;
        };
        if let Some(staff) = detail(entry, "staff") {
            self.members.insert((area.clone(), staff), index);
        }
        if entry.act == Act::AreaKeyMade {
            self.made.entry(area).or_default().push((index, entry.time));
        }
    }

    /// Holds the keys against log and rosters. `staff` are the rows that were held against the log.
    pub(super) async fn check(
        &mut self,
        tx: &mut Tx,
        facts: &Facts,
        staff: &HashMap<StaffId, Staff>,
    ) -> Result<Checked> {
        let keys = store::roster::area_keys(tx).await?;
        let mut held = HashSet::new();
        for key in &keys {
            if let Err(finding) = self.check_key(key, facts, staff) {
                return Ok(Err(finding));
            }
            for copy in store::roster::members(tx, &key.area, key.version).await? {
                if !is_wrap_signed(&copy, facts, staff) {
                    let row = format!("{}/{}/{}", copy.area, copy.version, copy.staff_id);
                    return Ok(Err(RowFinding::new("area_member", row, None, RowDefect::Changed)));
                }
                held.insert((copy.area, copy.staff_id));
            }
        }
        let left = self
            .made
            .iter()
            .flat_map(|(area, made)| made.iter().map(move |(index, _)| (area, *index)));
        if let Some((area, index)) = left.min_by_key(|(_, index)| *index) {
            return Ok(Err(RowFinding::new("area_key", area, Some(index), RowDefect::Missing)));
        }
        let is_here = |id: &StaffId| staff.get(id).is_some_and(|row| row.state == StaffState::Active);
        let without = (self.members.iter()).filter(|(of, _)| is_here(&of.1) && !held.contains(of));
        if let Some(((area, id), index)) = without.min_by_key(|(_, index)| **index) {
            let row = format!("{area}/{id}");
            return Ok(Err(RowFinding::new(
                "area_member",
                row,
                Some(*index),
                RowDefect::Missing,
            )));
        }
        for area in facts.rosters.iter().flat_map(|roster| &roster.roster().areas) {
            let is_same = |key: &AreaKey| {
                key.recipient == area.recipient.as_str()
                    && key.reserve.as_deref() == area.reserve.as_ref().map(Recipient::as_str)
                    && key.maker == area.maker
                    && key.maker_key == area.maker_key.as_bytes()
                    && key.signature == area.signature.as_bytes()
            };
            // A restore may have lost a key that a later roster names, and its number counts once more.
            let is_of = |key: &&AreaKey| key.area == area.id && key.version.unsigned_abs() == area.version;
            if !facts.witness.has_restores && !keys.iter().find(is_of).is_some_and(is_same) {
                return Ok(Err(RowFinding::new("area_key", &area.id, None, RowDefect::Changed)));
            }
        }
        Ok(Ok(()))
    }

    /// A key has its entry, and its maker signed it.
    fn check_key(&mut self, key: &AreaKey, facts: &Facts, staff: &HashMap<StaffId, Staff>) -> Checked {
        let row = format!("{}/{}", key.area, key.version);
        let made = self.made.get_mut(&key.area);
        let entry = made.and_then(|made| {
            let at = made.iter().position(|(_, time)| is_same_act(*time, key.created_at))?;
            Some(made.swap_remove(at).0)
        });
        let Some(entry) = entry else {
            return Err(RowFinding::new("area_key", row, None, RowDefect::Unlogged));
        };
        if is_key_signed(key, facts, staff) {
            Ok(())
        } else {
            Err(RowFinding::new("area_key", row, Some(entry), RowDefect::Changed))
        }
    }
}

/// Returns true if a verify key is a member's, by any roster or by the row.
fn is_key_of(key: &VerifyKey, member: StaffId, facts: &Facts, staff: &HashMap<StaffId, Staff>) -> bool {
    let mut listed = facts.rosters.iter().filter_map(|roster| roster.member(member));
    listed.any(|listed| listed.verify_key == *key)
        || staff.get(&member).is_some_and(|row| row.verify_key == key.as_bytes())
}

fn is_key_signed(key: &AreaKey, facts: &Facts, staff: &HashMap<StaffId, Staff>) -> bool {
    let (Ok(maker), Ok(signature)) = (
        VerifyKey::from_slice(&key.maker_key),
        Signature::from_slice(&key.signature),
    ) else {
        return false;
    };
    let read = |text: &String| Recipient::try_from(text.clone()).ok();
    let (Some(recipient), reserve) = (read(&key.recipient), key.reserve.as_ref().map(read)) else {
        return false;
    };
    if reserve == Some(None) {
        return false;
    }
    let public = AreaRecipient {
        area: &key.area,
        version: key.version.unsigned_abs(),
        recipient: &recipient,
        reserve: reserve.as_ref().and_then(Option::as_ref),
    };
    is_key_of(&maker, key.maker, facts, staff) && public.verify(facts.instance, &maker, &signature).is_ok()
}

fn is_wrap_signed(copy: &AreaMember, facts: &Facts, staff: &HashMap<StaffId, Staff>) -> bool {
    let Ok(signature) = Signature::from_slice(&copy.signature) else {
        return false;
    };
    let wrap = AreaWrap {
        area: &copy.area,
        version: copy.version.unsigned_abs(),
        member: copy.staff_id,
        file: &copy.wrapped,
    };
    let listed = facts.rosters.iter().filter_map(|roster| roster.member(copy.wrapper));
    let keys = listed.map(|listed| listed.verify_key);
    let row = staff
        .get(&copy.wrapper)
        .and_then(|row| VerifyKey::from_slice(&row.verify_key).ok());
    let mut keys = keys.chain(row);
    looks_like_one(&copy.wrapped) && keys.any(|key| wrap.verify(facts.instance, &key, &signature).is_ok())
}
