//! Staff, areas and rosters: rows are what the newest signed roster and the entries say.

use std::collections::HashMap;

use super::claims::{Claim, Claims, is_same_act};
use super::facts::{Facts, detail};
use crate::audit::entry::{Act, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;
use crate::domain::role::{Role, StaffState};
use crate::service::error::Result;
use crate::store::staff::Staff;
use crate::store::{self, Tx};
use crate::vault::agefile::looks_like_one;
use crate::vault::hash::Hash32;

type Checked = std::result::Result<(), RowFinding>;

/// Facts of the log about people and rules.
#[derive(Debug)]
pub(super) struct People {
    created_at: Option<UnixSeconds>,
    staff: Claims<StaffId>,
    left: HashMap<StaffId, u64>,
    rosters: Claims<u64>,
    /// Keys that each area got.
    area_keys: HashMap<String, (u64, i64)>,
}

impl People {
    pub(super) fn new() -> Self {
        Self {
            created_at: None,
            staff: Claims::new("staff"),
            left: HashMap::new(),
            rosters: Claims::new("roster"),
            area_keys: HashMap::new(),
        }
    }

    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        match entry.act {
            Act::InstanceCreated => self.created_at = Some(entry.time),
            Act::StaffAdded => {
                if let (Some(staff), Some(role)) = (detail(entry, "staff"), detail::<Role>(entry, "role")) {
                    self.staff.add(staff, Claim::new(index, None, entry.time, &role));
                }
            }
            Act::StaffLeft => {
                if let Some(staff) = detail(entry, "staff") {
                    self.left.insert(staff, index);
                }
            }
            Act::RosterPublished => {
                if let (Some(version), Some(hash)) = (detail(entry, "version"), detail::<Hash32>(entry, "hash")) {
                    self.rosters.add(version, Claim::new(index, None, entry.time, &hash));
                }
            }
            Act::AreaKeyMade => {
                if let Some(area) = detail::<String>(entry, "area") {
                    let made = self.area_keys.entry(area).or_default();
                    *made = (index, made.1 + 1);
                }
            }
            _ => {}
        }
    }

    /// Holds the rows of people and rules against log and roster.
    pub(super) async fn check(mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let instance = store::instance::get(tx).await?;
        let is_ours = instance.is_some_and(|row| {
            let created_at = self.created_at.unwrap_or(row.created_at);
            row.id == facts.instance && is_same_act(row.created_at, created_at)
        });
        if !is_ours {
            return Ok(Err(RowFinding::new("instance", "", None, RowDefect::Changed)));
        }
        for checked in [
            self.check_rosters(tx, facts).await?,
            self.check_staff(tx, facts).await?,
            self.check_areas(tx, facts).await?,
        ] {
            if checked.is_err() {
                return Ok(checked);
            }
        }
        Ok(Ok(()))
    }

    async fn check_rosters(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut rosters = std::mem::replace(&mut self.rosters, Claims::new("roster"));
        for row in store::roster::history(tx).await? {
            let version = row.version.unsigned_abs();
            let read = facts.rosters.iter().find(|roster| roster.version() == version);
            let Some(hash) = read.map(|roster| roster.hash()) else {
                return Ok(Err(RowFinding::new("roster", version, None, RowDefect::Changed)));
            };
            let claim = match rosters.answer(version, Some(row.published_at), &hash) {
                Ok(claim) => claim,
                Err(finding) => return Ok(Err(finding)),
            };
            let index = Some(claim.index);
            if row.hash != hash.as_bytes() {
                return Ok(Err(RowFinding::new("roster", version, index, RowDefect::Changed)));
            }
            // A witness that was set up later knows the latest one only.
            let is_known = facts.witness.rosters.contains(&hash) || claim.index < facts.witness.forgotten;
            if !is_known {
                let defect = RowDefect::RosterNotAccepted;
                return Ok(Err(RowFinding::new("roster", version, index, defect)));
            }
        }
        Ok(rosters.finish(facts))
    }

    async fn check_staff(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut staff = std::mem::replace(&mut self.staff, Claims::new("staff"));
        let mut rows: HashMap<StaffId, Staff> = HashMap::new();
        for row in store::staff::list(tx).await? {
            let claim = match staff.answer(row.id, Some(row.created_at), &row.role) {
                Ok(claim) => claim,
                Err(finding) => return Ok(Err(finding)),
            };
            let left = self.left.get(&row.id);
            let state = left.map_or(StaffState::Active, |_| StaffState::Left);
            if row.state != state {
                let index = Some(left.copied().unwrap_or(claim.index));
                return Ok(Err(RowFinding::new("staff", row.id, index, RowDefect::Changed)));
            }
            rows.insert(row.id, row);
        }
        let members = facts
            .newest_roster()
            .into_iter()
            .flat_map(|roster| &roster.roster().members);
        for member in members {
            // A restore may have lost the row of somebody whom a later roster names.
            let Some(row) = rows.get(&member.id) else {
                continue;
            };
            let is_same = row.role == member.role
                && row.recipient == member.recipient.as_str()
                && row.verify_key == member.verify_key.as_bytes();
            if !is_same {
                return Ok(Err(RowFinding::new("staff", row.id, None, RowDefect::Changed)));
            }
        }
        Ok(staff.finish(facts))
    }

    async fn check_areas(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let keys = store::roster::area_keys(tx).await?;
        let mut counted: HashMap<&str, (i64, i64)> = HashMap::new();
        for key in &keys {
            let counts = counted.entry(&key.area).or_default();
            *counts = (counts.0 + 1, counts.1.max(key.version));
        }
        for (area, (count, newest)) in &counted {
            let made = self.area_keys.remove(*area);
            match made {
                Some((_, made)) if made == *count && count == newest => {}
                Some((index, made)) => {
                    let defect = if made > *count {
                        RowDefect::Missing
                    } else {
                        RowDefect::Unlogged
                    };
                    return Ok(Err(RowFinding::new("area_key", area, Some(index), defect)));
                }
                None => return Ok(Err(RowFinding::new("area_key", area, None, RowDefect::Unlogged))),
            }
        }
        if let Some((area, (index, _))) = self.area_keys.iter().next() {
            return Ok(Err(RowFinding::new("area_key", area, Some(*index), RowDefect::Missing)));
        }
        // A restore may have lost a key that a later roster names.
        for roster in facts.rosters.iter().filter(|_| !facts.witness.has_restores) {
            for area in &roster.roster().areas {
                let is_stored =
                    |key: &&store::roster::AreaKey| key.area == area.id && key.recipient == area.recipient.as_str();
                if !keys.iter().any(|key| is_stored(&key)) {
                    return Ok(Err(RowFinding::new("area_key", &area.id, None, RowDefect::Changed)));
                }
            }
        }
        for key in &keys {
            for member in store::roster::members(tx, &key.area, key.version).await? {
                if !looks_like_one(&member.wrapped) {
                    let row = format!("{}/{}/{}", key.area, key.version, member.staff_id);
                    return Ok(Err(RowFinding::new("area_member", row, None, RowDefect::Changed)));
                }
            }
        }
        Ok(Ok(()))
    }
}
