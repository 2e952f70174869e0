//! Departures: the account ends at once, and the member's areas get new keys, to which everything is sealed from the
//! next roster on. The member may have copied everything that they could read before.

use serde_json::json;

use super::members::Sponsor;
use super::part::People;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::{Error, Result};
use crate::store::roster::{AreaKey, AreaMember};
use crate::store::{self, Tx};
use crate::vault::agefile::Identity;
use crate::vault::roster::{Member, VerifiedRoster};
use crate::vault::secret::Key32;
use crate::vault::staffkeys::{StaffKeys, normalize_email};

/// An area of a member who left, and the state of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftArea {
    pub area: String,
    pub then: Then,
}

/// The state of an area's key after a departure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// There is a new key, with this recipient.
    Renewed(String),
    /// The former member still holds the newest key. Other members hold it too and can make another.
    Held,
    /// No other member holds it: the next member of the area makes a new one.
    Deserted,
}

/// A new version of an area's key, wrapped to its members.
struct NewKey {
    key: AreaKey,
    members: Vec<AreaMember>,
}

impl People {
    /// Ends a member's account, sessions and drafts, and removes their areas' keys. The areas to which a sponsor
    /// belongs get new ones. The roster names the member until the authority has signed another.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the reason; [`Error::Forbidden`] when a sponsor's password is wrong.
    pub async fn member_leaves(&self, email: &str, sponsors: &[Sponsor<'_>]) -> Result<(StaffId, Vec<LeftArea>)> {
        let opened = self.open_sponsors(sponsors).await?;
        let mut tx = self.db.read().await?;
        let staff = store::staff::by_email(&mut tx, &normalize_email(email)).await?;
        let staff = staff.filter(|staff| staff.state == StaffState::Active);
        let staff = staff.ok_or(Error::Invalid("nobody who works here has this e-mail address"))?;
        if opened.iter().any(|(sponsor, _)| *sponsor == staff.id) {
            return Err(Error::Invalid("whoever leaves cannot make the new keys"));
        }
        let mut areas = Vec::new();
        let mut keys = Vec::new();
        for area in areas_of(&mut tx, staff.id).await? {
            let (_, others) = self.holders(&mut tx, &area, Some(staff.id)).await?;
            let then = if others.is_empty() {
                Then::Deserted
            } else if let Some(maker) = opened.iter().find(|(sponsor, _)| others.contains(sponsor)) {
                let new = self.new_key(&mut tx, &area, maker, Some(staff.id)).await?;
                let recipient = new.key.recipient.clone();
                keys.push(new);
                Then::Renewed(recipient)
            } else {
                Then::Held
            };
            areas.push(LeftArea { area, then });
        }
        drop(tx);
        let mut entries =
            vec![
                self.log
                    .entry(Act::StaffLeft, Actor::System, None, json!({ "staff": staff.id }), None)?,
            ];
        for new in &keys {
            let detail = json!({ "area": new.key.area });
            entries.push(self.log.entry(Act::AreaKeyMade, Actor::System, None, detail, None)?);
        }
        let (id, keys, entries) = (staff.id, &keys, &entries);
        self.db
            .write("remove_member", |mut tx| async move {
                store::staff::leave(&mut tx, id).await?;
                store::roster::remove_member(&mut tx, id).await?;
                for new in keys {
                    store::roster::insert_area_key(&mut tx, &new.key, &new.members).await?;
                }
                for entry in entries {
                    entry.write(&mut tx).await?;
                }
                tx.commit().await
            })
            .await?;
        Ok((id, areas))
    }

    /// Gives an area a new key at the request of one of its members. Returns its recipient.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the reason; [`Error::Forbidden`] when the sponsor's password is wrong.
    pub async fn renew_area_key(&self, area: &str, sponsor: Sponsor<'_>) -> Result<String> {
        let maker = self.open_sponsor(&sponsor).await?;
        let mut tx = self.db.read().await?;
        let (_, holders) = self.holders(&mut tx, area, None).await?;
        if !holders.contains(&maker.0) {
            return Err(Error::Invalid("the sponsor does not belong to the area"));
        }
        let new = self.new_key(&mut tx, area, &maker, None).await?;
        drop(tx);
        let entry = self
            .log
            .entry(Act::AreaKeyMade, Actor::System, None, json!({ "area": area }), None)?;
        let (entry, key, members) = (&entry, &new.key, &new.members);
        self.db
            .write("renew_area_key", |mut tx| async move {
                store::roster::insert_area_key(&mut tx, key, members).await?;
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        Ok(new.key.recipient)
    }

    async fn open_sponsors(&self, sponsors: &[Sponsor<'_>]) -> Result<Vec<(StaffId, StaffKeys)>> {
        let mut opened = Vec::new();
        for sponsor in sponsors {
            opened.push(self.open_sponsor(sponsor).await?);
        }
        Ok(opened)
    }

    /// Returns the newest version of an area's key, or 0, and the members who hold it, except one.
    async fn holders(&self, tx: &mut Tx, area: &str, besides: Option<StaffId>) -> Result<(i64, Vec<StaffId>)> {
        let Some(latest) = store::roster::latest_area_key(tx, area).await? else {
            return Ok((0, Vec::new()));
        };
        let members = store::roster::members(tx, area, latest.version).await?;
        let ids = members.into_iter().map(|member| member.staff_id);
        Ok((latest.version, ids.filter(|id| Some(*id) != besides).collect()))
    }

    /// Makes a new version of an area's key for all members who hold the newest one, except one. It is wrapped to keys
    /// from the roster only: somebody may have written other keys into the database.
    async fn new_key(
        &self,
        tx: &mut Tx,
        area: &str,
        (maker, keys): &(StaffId, StaffKeys),
        besides: Option<StaffId>,
    ) -> Result<NewKey> {
        let (version, holders) = self.holders(tx, area, besides).await?;
        let roster = self.rosters.current()?;
        let version = version + 1;
        let identity = Identity::from_scalar(Key32::random(&mut self.randomness.generator()));
        let mut members = Vec::new();
        for id in holders {
            let to = listed(&roster, area, id)?;
            members.push(self.wrap(area, version, &identity, (*maker, keys), (id, &to.recipient)));
        }
        let key = self.made_key(area, version, &identity, (*maker, keys));
        Ok(NewKey { key, members })
    }
}

/// Returns a member of an area as the signed roster names them.
fn listed<'a>(roster: &'a VerifiedRoster, area: &str, id: StaffId) -> Result<&'a Member> {
    let listed = roster
        .member(id)
        .filter(|member| member.areas.iter().any(|of| of == area));
    listed.ok_or(Error::Invalid(
        "a member of the area is not in the signed roster yet: publish one that names them, then make the new key",
    ))
}

/// Returns the areas of which a member holds any key.
async fn areas_of(tx: &mut Tx, member: StaffId) -> Result<Vec<String>> {
    let held = store::roster::memberships(tx, member).await?;
    let mut areas: Vec<String> = held.into_iter().map(|membership| membership.area).collect();
    // Rows are sorted by area.
    areas.dedup();
    Ok(areas)
}
