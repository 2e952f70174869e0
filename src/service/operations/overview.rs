//! The administrator's overview: members of staff and their keys, the signed roster, and the work that waits in each
//! area. It reads nothing sealed, and only counts cases.

use std::collections::{BTreeSet, HashMap};

use super::part::Operations;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::Result;
use crate::service::roster::Changes;
use crate::store;
use crate::store::cases::Workload;
use crate::store::roster::AreaKey;
use crate::store::staff::Staff;
use crate::vault::roster::{Member, VerifiedRoster};
use crate::vault::signing::VerifyKey;

/// A member of staff compared with the signed roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The roster names them with these keys, this role and these areas.
    Signed,
    /// They work here, but the roster does not name them yet.
    Missing,
    /// The roster names them with other keys, another role or other areas.
    Differs,
    Left,
    /// They no longer work here, but the roster still names them.
    LeftButSigned,
}

/// One member of staff.
#[derive(Debug)]
pub struct Person {
    pub staff: Staff,
    /// Codes of areas, from the database.
    pub areas: Vec<String>,
    pub standing: Standing,
    /// The day of the last sign-in.
    pub signed_in_on: Option<Day>,
}

/// One area of the profile.
#[derive(Debug)]
pub struct Area {
    pub id: String,
    /// Names of the members whom the roster gives this area.
    pub members: Vec<String>,
    pub key: Option<AreaKey>,
    /// The recipient that the roster gives the area.
    pub recipient: Option<String>,
    /// True if the dialogue sends reports to this area.
    pub reads: bool,
    pub load: Workload,
}

/// The whole overview.
#[derive(Debug)]
pub struct Overview {
    pub people: Vec<Person>,
    /// Members whom the roster names and the database does not know.
    pub strangers: Vec<Member>,
    pub areas: Vec<Area>,
    /// Time at which the roster in force was published.
    pub published_at: Option<UnixSeconds>,
    /// Number of differences between the roster in force and a new proposal.
    pub unsigned: usize,
}

impl Operations {
    /// Builds the overview.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn overview(&self) -> Result<Overview> {
        let roster = self.rosters.current().ok();
        let roster = roster.as_deref();
        // If a key in the database is malformed, a finding about the roster says so.
        let proposal = self.rosters.propose(&Changes::default()).await.ok();
        let difference = proposal.map(|proposal| proposal.difference(roster.map(VerifiedRoster::roster)).changes);
        let mut tx = self.context.db.read().await?;
        let staff = store::staff::list(&mut tx).await?;
        let keys = store::roster::area_keys(&mut tx).await?;
        let mut loads = store::cases::workloads(&mut tx, self.context.clock.today()).await?;
        let published = store::roster::latest(&mut tx).await?;
        let mut people = Vec::with_capacity(staff.len());
        for staff in staff {
            let of = store::roster::memberships(&mut tx, staff.id).await?;
            let areas: BTreeSet<String> = of.into_iter().map(|membership| membership.area).collect();
            let areas: Vec<String> = areas.into_iter().collect();
            people.push(Person {
                standing: standing(&staff, &areas, roster),
                signed_in_on: staff.signed_in_on,
                areas,
                staff,
            });
        }
        drop(tx);
        let names: HashMap<StaffId, &str> = people
            .iter()
            .map(|person| (person.staff.id, person.staff.name.as_str()))
            .collect();
        let listed = roster
            .map(|roster| roster.roster().members.as_slice())
            .unwrap_or_default();
        let profile = self.context.profile.load();
        let reading = profile.reading_areas();
        let area = |area: &crate::dialogue::Area| Area {
            id: area.id.clone(),
            members: (listed.iter())
                .filter(|member| member.areas.contains(&area.id))
                .map(|member| {
                    names
                        .get(&member.id)
                        .map_or_else(|| member.id.to_string(), ToString::to_string)
                })
                .collect(),
            // Newest version first.
            key: keys.iter().find(|key| key.area == area.id).cloned(),
            recipient: roster.and_then(|roster| roster.area(&area.id)).map(ToString::to_string),
            reads: reading.contains(area.id.as_str()),
            load: loads.remove(&area.id).unwrap_or_default(),
        };
        Ok(Overview {
            areas: profile.areas.iter().map(area).collect(),
            strangers: (listed.iter())
                .filter(|member| !names.contains_key(&member.id))
                .cloned()
                .collect(),
            people,
            published_at: published.filter(|_| roster.is_some()).map(|row| row.published_at),
            unsigned: difference.map_or(0, |lines| lines.len()),
        })
    }
}

fn standing(staff: &Staff, areas: &[String], roster: Option<&VerifiedRoster>) -> Standing {
    let named = roster.and_then(|roster| roster.member(staff.id));
    match (staff.state, named) {
        (StaffState::Left, None) => Standing::Left,
        (StaffState::Left, Some(_)) => Standing::LeftButSigned,
        (StaffState::Active, None) => Standing::Missing,
        (StaffState::Active, Some(named)) => {
            let key = VerifyKey::from_slice(&staff.verify_key).ok();
            let of: BTreeSet<&String> = named.areas.iter().collect();
            let same = Some(named.verify_key) == key
                && named.recipient.as_str() == staff.recipient
                && named.role == staff.role
                && of.into_iter().eq(areas);
            if same { Standing::Signed } else { Standing::Differs }
        }
    }
}
