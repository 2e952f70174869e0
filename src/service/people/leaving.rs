//! Departures: the account ends at once, and the member's areas get new keys, to which everything is sealed from the
//! next roster on. The member may have copied everything that they could read before.

use serde_json::json;

use super::error::{InvalidMember, MemberError};
use super::members::Sponsor;
use super::part::People;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::Result;
use crate::store::roster::{AreaKey, AreaMember};
use crate::store::{self, Tx};
use crate::vault::agefile::Identity;
use crate::vault::roster::VerifiedRoster;
use crate::vault::secret::Key32;
use crate::vault::staffkeys::{self, normalize_email};

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
    /// [`MemberError`]
    pub async fn member_leaves(
        &self,
        email: &str,
        sponsors: &[Sponsor<'_>],
    ) -> Result<(StaffId, Vec<LeftArea>), MemberError> {
        let opened = self.open_sponsors(sponsors).await?;
        let mut tx = self.context.db.read().await?;
        let staff = store::staff::by_email(&mut tx, &normalize_email(email)).await?;
        let staff = staff.filter(|staff| staff.state == StaffState::Active);
        let staff = staff.ok_or(InvalidMember::NobodyLeaves)?;
        if opened.contains(&staff.id) {
            return Err(InvalidMember::SponsorLeaves.into());
        }
        let mut areas = Vec::new();
        let mut keys = Vec::new();
        for area in areas_of(&mut tx, staff.id).await? {
            let (_, others) = self.holders(&mut tx, &area, Some(staff.id)).await?;
            let then = if others.is_empty() {
                Then::Deserted
            } else if others.iter().any(|other| opened.contains(other)) {
                let new = self.new_key(&mut tx, &area, Some(staff.id)).await?;
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
        self.context
            .db
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
    /// [`MemberError`]
    pub async fn renew_area_key(&self, area: &str, sponsor: Sponsor<'_>) -> Result<String, MemberError> {
        let opened = self.open_sponsors(&[sponsor]).await?;
        let mut tx = self.context.db.read().await?;
        let (_, holders) = self.holders(&mut tx, area, None).await?;
        if !holders.iter().any(|holder| opened.contains(holder)) {
            return Err(InvalidMember::SponsorOfOtherArea.into());
        }
        let new = self.new_key(&mut tx, area, None).await?;
        drop(tx);
        let entry = self
            .log
            .entry(Act::AreaKeyMade, Actor::System, None, json!({ "area": area }), None)?;
        let (entry, key, members) = (&entry, &new.key, &new.members);
        self.context
            .db
            .write("renew_area_key", |mut tx| async move {
                store::roster::insert_area_key(&mut tx, key, members).await?;
                entry.write(&mut tx).await?;
                tx.commit().await
            })
            .await?;
        Ok(new.key.recipient)
    }

    async fn open_sponsors(&self, sponsors: &[Sponsor<'_>]) -> Result<Vec<StaffId>, MemberError> {
        let mut opened = Vec::new();
        for sponsor in sponsors {
            opened.push(self.open_sponsor(sponsor).await?.0);
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
    async fn new_key(&self, tx: &mut Tx, area: &str, besides: Option<StaffId>) -> Result<NewKey, MemberError> {
        let (version, holders) = self.holders(tx, area, besides).await?;
        let roster = self.rosters.current()?;
        let version = version + 1;
        let identity = Identity::from_scalar(Key32::random(&mut self.context.randomness.generator()));
        let mut members = Vec::new();
        for id in holders {
            members.push(self.wrapped(&roster, &identity, area, version, id)?);
        }
        let key = AreaKey {
            area: area.to_owned(),
            version,
            recipient: identity.recipient().to_string(),
            created_at: self.context.clock.now(),
        };
        Ok(NewKey { key, members })
    }

    fn wrapped(
        &self,
        roster: &VerifiedRoster,
        identity: &Identity,
        area: &str,
        version: i64,
        to: StaffId,
    ) -> Result<AreaMember, InvalidMember> {
        let listed = roster
            .member(to)
            .filter(|member| member.areas.iter().any(|of| of == area));
        let listed = listed.ok_or(InvalidMember::NotInRoster)?;
        let counted = version.unsigned_abs();
        Ok(AreaMember {
            area: area.to_owned(),
            version,
            staff_id: to,
            wrapped: staffkeys::wrap_area(identity, self.context.instance, area, counted, &listed.recipient),
        })
    }
}

/// Returns the areas of which a member holds any key.
async fn areas_of(tx: &mut Tx, member: StaffId) -> Result<Vec<String>> {
    let held = store::roster::memberships(tx, member).await?;
    let mut areas: Vec<String> = held.into_iter().map(|membership| membership.area).collect();
    // Rows are sorted by area.
    areas.dedup();
    Ok(areas)
}
