//! The next roster, proposed from the one in force and the database. The authority reviews and signs it offline.

use super::part::Rosters;
use crate::domain::ids::StaffId;
use crate::domain::role::StaffState;
use crate::service::error::{Error, Result};
use crate::store::staff::Staff;
use crate::store::{self, Tx};
use crate::vault::roster::{
    Area, LogEntry, Member, Origins, PasskeyRule, Policy, Retention, Roster, WitnessEntry, log_origin, normalize_name,
};
use crate::vault::signing::{Signature, VerifyKey};

/// Changes of a proposal that the database does not know. What is `None` stays as the roster in force has it; the first
/// roster takes it from the profile and the configuration.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Number of officers that an unseal takes.
    pub quorum: Option<u8>,
    /// Least number of officers.
    pub minimum_officers: Option<u8>,
    /// Openings in any 24 hours that one officer may sign.
    pub openings_per_officer: Option<u32>,
    /// Openings in any 24 hours of the whole desk.
    pub openings_per_desk: Option<u32>,
    /// Erasures in any 24 hours.
    pub erasures: Option<u32>,
    /// Classes of purposes that need nobody else's signed request.
    pub alone: Option<Vec<String>>,
    /// Days from a case's closing until its identity is erased.
    pub closed_days: Option<u32>,
    /// Identities that expire in any 24 hours.
    pub expiries: Option<u32>,
}

impl Changes {
    /// Changes nothing but the quorum.
    #[must_use]
    pub fn quorum(quorum: u8) -> Self {
        Self {
            quorum: Some(quorum),
            ..Self::default()
        }
    }
}

/// Limits of the first roster, where the profile does not set them.
const FIRST_POLICY: Policy = Policy {
    minimum_officers: 1,
    openings_per_officer: 20,
    openings_per_desk: 60,
    erasures: 20,
    alone: Vec::new(),
    unseal_passkeys: PasskeyRule::None,
};
/// Expiries in any 24 hours of the first roster.
const FIRST_EXPIRIES: u32 = 500;

impl Rosters {
    /// Builds the next version of the roster: people and keys from the database, and the rest from the roster in force
    /// unless `changes` says otherwise. It may break a rule: [`Roster::check`].
    ///
    /// # Errors
    /// [`Error::Invalid`] when keys in the database are no keys.
    pub async fn propose(&self, changes: &Changes) -> Result<Roster> {
        let current = self.current().ok();
        let before = current.as_ref().map(|current| current.roster());
        let mut tx = self.db.read().await?;
        let areas = areas(&mut tx).await?;
        let mut members = Vec::new();
        for staff in store::staff::list(&mut tx).await? {
            if staff.state == StaffState::Active {
                let known = before.and_then(|before| before.members.iter().find(|member| member.id == staff.id));
                members.push(listed(&mut tx, staff, known).await?);
            }
        }
        drop(tx);
        members.sort_by_key(|member| member.id);
        let quorum = changes.quorum.or(before.map(|before| before.quorum)).unwrap_or(1);
        Ok(Roster {
            instance: self.instance,
            version: current.as_ref().map_or(1, |roster| roster.version() + 1),
            previous: current.as_ref().map(|roster| roster.hash()),
            origins: before.map_or_else(|| self.first_origins(), |before| before.origins.clone()),
            areas,
            desk: self.profile.load().desk.clone(),
            members,
            quorum,
            policy: self.policy(before, quorum, changes),
            retention: self.retention(before, changes),
            external_recipients: before.map_or_else(Vec::new, |before| before.external_recipients.clone()),
            witness: WitnessEntry {
                recipient: self.keys.witness_recipient.clone(),
                verify_key: self.keys.witness,
            },
            log: LogEntry {
                verify_key: self.keys.log.signing_key().verify_key(),
                origin: match before {
                    Some(before) => before.log.origin.clone(),
                    None => log_origin(self.instance, &self.public_url).ok_or(Error::Invalid(
                        "the address of the service (public_url) is no web origin",
                    ))?,
                },
            },
        })
    }

    fn first_origins(&self) -> Origins {
        Origins {
            server: vec![self.public_url.to_string()],
            witness: None,
        }
    }

    fn policy(&self, before: Option<&Roster>, quorum: u8, changes: &Changes) -> Policy {
        let before = before.map_or_else(
            || Policy {
                alone: self.profile.load().classes_that_stand_alone(),
                ..FIRST_POLICY
            },
            |before| before.policy.clone(),
        );
        Policy {
            // A larger quorum needs more officers in any case.
            minimum_officers: changes.minimum_officers.unwrap_or(before.minimum_officers).max(quorum),
            openings_per_officer: changes.openings_per_officer.unwrap_or(before.openings_per_officer),
            openings_per_desk: changes.openings_per_desk.unwrap_or(before.openings_per_desk),
            erasures: changes.erasures.unwrap_or(before.erasures),
            alone: changes.alone.clone().unwrap_or(before.alone),
            unseal_passkeys: before.unseal_passkeys,
        }
    }

    fn retention(&self, before: Option<&Roster>, changes: &Changes) -> Retention {
        let before = before.map_or_else(
            || Retention {
                closed_days: self.profile.load().retention.identity_days,
                expiries: FIRST_EXPIRIES,
            },
            |before| before.retention.clone(),
        );
        Retention {
            closed_days: changes.closed_days.unwrap_or(before.closed_days),
            expiries: changes.expiries.unwrap_or(before.expiries),
        }
    }
}

/// The newest version of each area's key. Older ones open what was sealed to them, and nothing new is sealed to them.
async fn areas(tx: &mut Tx) -> Result<Vec<Area>> {
    let recipient = |text: &str| {
        text.parse()
            .map_err(|_| Error::Invalid("an area's recipient is no age key"))
    };
    let mut areas: Vec<Area> = Vec::new();
    for key in store::roster::area_keys(tx).await? {
        if areas.iter().any(|area| area.id == key.area) {
            continue;
        }
        areas.push(Area {
            id: key.area,
            version: key.version.unsigned_abs(),
            recipient: recipient(&key.recipient)?,
            maker: key.maker,
            maker_key: verify_key(&key.maker_key)?,
            signature: Signature::from_slice(&key.signature)
                .map_err(|_| Error::Invalid("the signature of an area's key is none"))?,
            reserve: key.reserve.as_deref().map(recipient).transpose()?,
        });
    }
    Ok(areas)
}

/// A member as the database has them, with what only the roster in force knows.
async fn listed(tx: &mut Tx, staff: Staff, known: Option<&Member>) -> Result<Member> {
    let areas = areas_of(tx, staff.id).await?;
    let mut leads = known.map_or_else(Vec::new, |known| known.leads.clone());
    leads.retain(|area| areas.contains(area));
    Ok(Member {
        id: staff.id,
        name: normalize_name(&staff.name),
        role: staff.role,
        leads,
        areas,
        recipient: staff
            .recipient
            .parse()
            .map_err(|_| Error::Invalid("a member's recipient is no age key"))?,
        verify_key: verify_key(&staff.verify_key)?,
        unseal_passkeys: known.map_or_else(Vec::new, |known| known.unseal_passkeys.clone()),
    })
}

async fn areas_of(tx: &mut Tx, member: StaffId) -> Result<Vec<String>> {
    let of = store::roster::memberships(tx, member).await?;
    let mut of: Vec<String> = of.into_iter().map(|membership| membership.area).collect();
    // There is one row for each version of the area's key.
    of.dedup();
    Ok(of)
}

fn verify_key(bytes: &[u8]) -> Result<VerifyKey> {
    VerifyKey::from_slice(bytes).map_err(|_| Error::Invalid("a verify key is none"))
}
