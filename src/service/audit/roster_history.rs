//! The published rosters, as a verification meets them.

use std::collections::HashMap;

use serde_json::Value;

use super::pins::Pins;
use crate::audit::entry::Entry;
use crate::audit::verify::RosterHistory;
use crate::domain::ids::{InstanceId, StaffId};
use crate::service::error::Result;
use crate::store::{self, Tx};
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::VerifyKey;

/// The published rosters. Each is in force from its entry on.
pub(crate) struct History {
    instance: InstanceId,
    authority: VerifyKey,
    notes: HashMap<u64, Vec<u8>>,
    current: Option<VerifiedRoster>,
}

impl History {
    /// Takes signed notes by version.
    pub(crate) const fn of(instance: InstanceId, authority: VerifyKey, notes: HashMap<u64, Vec<u8>>) -> Self {
        Self {
            instance,
            authority,
            notes,
            current: None,
        }
    }

    pub(super) async fn read(tx: &mut Tx, pins: &Pins) -> Result<Self> {
        let rows = store::roster::history(tx).await?.into_iter();
        let notes = rows.map(|row| (row.version.unsigned_abs(), row.note)).collect();
        Ok(Self::of(pins.instance, pins.authority, notes))
    }

    /// Returns the rosters that verify, in any order.
    pub(super) fn verified(&self) -> Vec<VerifiedRoster> {
        let verify = |note: &Vec<u8>| VerifiedRoster::verify(self.instance, note, &self.authority).ok();
        self.notes.values().filter_map(verify).collect()
    }

    fn published(&self, entry: &Entry) -> Option<VerifiedRoster> {
        let note = self.notes.get(&entry.detail.get("version")?.as_u64()?)?;
        let roster = VerifiedRoster::verify(self.instance, note, &self.authority).ok()?;
        let follows = match &self.current {
            Some(current) => roster.follows(current).is_ok(),
            None => roster.version() == 1,
        };
        let named = entry.detail.get("hash").and_then(Value::as_str) == Some(roster.hash().to_string().as_str());
        (follows && named).then_some(roster)
    }
}

impl RosterHistory for History {
    fn publish(&mut self, entry: &Entry) -> bool {
        let roster = self.published(entry);
        let good = roster.is_some();
        if good {
            self.current = roster;
        }
        good
    }

    fn verify_key(&self, staff: StaffId) -> Option<[u8; 32]> {
        let member = self.current.as_ref()?.member(staff)?;
        Some(*member.verify_key.as_bytes())
    }
}
