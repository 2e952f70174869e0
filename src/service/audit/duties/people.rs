//! Staff, areas and rosters: rows are what the newest signed roster and the entries say.

use std::collections::HashMap;

use super::areas::Areas;
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
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;

type Checked = std::result::Result<(), RowFinding>;

/// Facts of the log about people and rules.
#[derive(Debug)]
pub(super) struct People {
    created_at: Option<UnixSeconds>,
    staff: Claims<StaffId>,
    left: HashMap<StaffId, u64>,
    rosters: Claims<u64>,
    areas: Areas,
}

impl People {
    pub(super) fn new() -> Self {
        Self {
            created_at: None,
            staff: Claims::new("staff"),
            left: HashMap::new(),
            rosters: Claims::new("roster"),
            areas: Areas::default(),
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
            Act::AreaKeyMade | Act::AreaMemberAdded => self.areas.note(index, entry),
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
        if let Err(finding) = self.check_rosters(tx, facts).await? {
            return Ok(Err(finding));
        }
        let rows = match self.check_staff(tx, facts).await? {
            Ok(rows) => rows,
            Err(finding) => return Ok(Err(finding)),
        };
        self.areas.check(tx, facts, &rows).await
    }

    async fn check_rosters(&mut self, tx: &mut Tx, facts: &Facts) -> Result<Checked> {
        let mut rosters = std::mem::replace(&mut self.rosters, Claims::new("roster"));
        for row in store::roster::history(tx).await? {
            let version = row.version.unsigned_abs();
            let read = facts.rosters.iter().find(|roster| roster.version() == version);
            let Some(hash) = read.map(VerifiedRoster::hash) else {
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

    async fn check_staff(
        &mut self,
        tx: &mut Tx,
        facts: &Facts,
    ) -> Result<std::result::Result<HashMap<StaffId, Staff>, RowFinding>> {
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
                && row.name == member.name
                && row.recipient == member.recipient.as_str()
                && row.verify_key == member.verify_key.as_bytes();
            if !is_same {
                return Ok(Err(RowFinding::new("staff", row.id, None, RowDefect::Changed)));
            }
        }
        Ok(staff.finish(facts).map(|()| rows))
    }
}
