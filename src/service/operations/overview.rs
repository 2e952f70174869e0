//! What an administrator watches over: who works here, by which keys, who is in the signed roster, and how much waits in
//! each area. Reads nothing sealed, and of cases only how many there are.

use super::part::Operations;
use std::collections::{BTreeSet, HashMap};

use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::Result;
use crate::store;
use crate::store::cases::Workload;
use crate::store::roster::AreaKey;
use crate::store::staff::Staff;
use crate::vault::roster::{Member, VerifiedRoster};
use crate::vault::signing::VerifyKey;

/// How a member of staff stands to the signed roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Named with these very keys, this role and these areas.
    Signed,
    /// Works here, but nothing is sealed to them yet.
    Missing,
    /// The roster says something else of them.
    Differs,
    Left,
    /// Works here no more, but is still named.
    LeftButSigned,
}

/// One member of staff.
#[derive(Debug)]
pub struct Person {
    pub staff: Staff,
    /// Ids, as the database has them.
    pub areas: Vec<String>,
    pub standing: Standing,
    /// The day of the last sign-in.
    pub signed_in_on: Option<Day>,
}

/// One area of the profile.
#[derive(Debug)]
pub struct Area {
    pub id: String,
    /// Names of those whom the roster has in it.
    pub members: Vec<String>,
    pub key: Option<AreaKey>,
    /// To whom the roster says that it is sealed.
    pub recipient: Option<String>,
    /// Whether the dialogue sends reports here.
    pub reads: bool,
    pub load: Workload,
}

/// All of it.
#[derive(Debug)]
pub struct Overview {
    pub people: Vec<Person>,
    /// Whom the roster names, and the database does not know.
    pub strangers: Vec<Member>,
    pub areas: Vec<Area>,
    /// When the roster in force was published.
    pub published_at: Option<UnixSeconds>,
    /// How many differences a new proposal would have to it.
    pub unsigned: usize,
}

impl Operations {
    /// What there is to watch over.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn overview(&self) -> Result<Overview> {
        let roster = self.rosters.current().ok();
        let roster = roster.as_deref();
        // A key in the database that is no key: the roster's finding tells, not this.
        let proposal = self
            .rosters
            .propose(roster.map_or(1, VerifiedRoster::quorum))
            .await
            .ok();
        let difference = proposal.map(|proposal| proposal.difference(roster.map(VerifiedRoster::roster)));
        let mut tx = self.db.read().await?;
        let staff = store::staff::list(&mut tx).await?;
        let days = store::staff::sign_in_days(&mut tx).await?;
        let days: HashMap<StaffId, Day> = days.into_iter().collect();
        let keys = store::roster::area_keys(&mut tx).await?;
        let mut loads = store::cases::workloads(&mut tx, self.clock.today()).await?;
        let published = store::roster::latest(&mut tx).await?;
        let mut people = Vec::with_capacity(staff.len());
        for staff in staff {
            let of = store::roster::memberships(&mut tx, staff.id).await?;
            let areas: BTreeSet<String> = of.into_iter().map(|membership| membership.area).collect();
            let areas: Vec<String> = areas.into_iter().collect();
            people.push(Person {
                standing: standing(&staff, &areas, roster),
                signed_in_on: days.get(&staff.id).copied(),
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
        let profile = self.profile.load();
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
