//! The use cases: what people do with Sigilo, one transaction each. They know store, vault, audit and witness, and
//! nothing of HTTP or terminals. Slow work (randomness, Argon2) comes before the transaction, which may run again.

pub mod archive;
pub mod backup;
pub mod casework;
pub mod checking;
pub mod correcting;
pub mod coverage;
pub mod desk;
pub mod digests;
pub mod disks;
pub mod drafts;
pub mod erasing;
pub mod evidence;
pub mod follow_up;
pub mod health;
pub mod installation;
pub mod intake;
pub mod kdf;
pub mod leases;
pub mod leaving;
pub mod log;
pub mod notices;
pub mod observing;
pub mod outside;
pub mod overview;
pub mod people;
pub mod randomness;
pub mod recusal;
pub mod restoring;
pub mod rosters;
pub mod sequencer;
pub mod sessions;
pub mod settling;
pub mod sign_in;
pub mod sweeping;
pub mod transit;
pub mod unsealing;
pub mod verdicts;
pub mod verification;
pub mod verifying;
pub mod whatsapp;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex, RwLock};

use jiff::tz::TimeZone;

use crate::config::DiskConfig;
use crate::dialogue::Profile;
use crate::domain::clock::{Clock, UnixSeconds};
use crate::domain::day::Day;
use crate::domain::ids::{InstanceId, QueuedId, StaffId};
use crate::keyfile::ServerKeys;
use crate::metrics::Metrics;
use crate::store::{self, Db, Transient};
use crate::vault::roster::{RosterError, VerifiedRoster};
use crate::vault::signing::VerifyKey;
use crate::witness::Witness;
use disks::Disks;
use evidence::Evidence;
use health::LastRun;
use kdf::{KdfPool, Overloaded};
use randomness::Randomness;

/// Everything that a use case works with.
pub struct App {
    pub instance: InstanceId,
    pub profile: Profile,
    pub zone: TimeZone,
    pub db: Db,
    pub keys: ServerKeys,
    pub clock: Arc<dyn Clock>,
    pub randomness: Randomness,
    pub kdf: KdfPool,
    pub metrics: Arc<Metrics>,
    pub witness: Arc<dyn Witness>,
    pub evidence: Evidence,
    /// By which ways people can be told that there is something new.
    pub ways: Ways,
    started_at: UnixSeconds,
    /// How the last run of each job went, in this process.
    jobs: Mutex<BTreeMap<&'static str, LastRun>>,
    /// Those on which reports and files lie.
    pub disks: Disks,
    /// Who this process is where only one may do something.
    holder: QueuedId,
    transit: Mutex<transit::Keys>,
    given: Mutex<notices::Given>,
    roster: RwLock<Option<Arc<VerifiedRoster>>>,
    /// The keys that members sign with or have signed with: what somebody wrote who has left still verifies.
    authors: RwLock<HashMap<StaffId, Vec<VerifyKey>>>,
    /// Notes of earlier rosters that name a key which the next one does not: those that whoever verifies an older
    /// signature needs besides the newest.
    former: RwLock<Vec<Vec<u8>>>,
    freshness: Mutex<Option<rosters::Freshness>>,
    /// The last entry's place in the audit log's queue.
    last_place: AtomicI64,
    /// Whether the server stops: what takes long breaks off.
    stopping: AtomicBool,
}

/// By which ways notices go out; a way that is not configured is not offered to anybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    pub email: bool,
    /// WhatsApp's template for notices is configured, too.
    pub whatsapp: bool,
}

/// Why a use case did not happen. Nothing has changed then, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// There is no such thing, or not for this person.
    #[error("not found")]
    NotFound,
    /// This person may not.
    #[error("forbidden")]
    Forbidden,
    /// The state has changed since the person looked.
    #[error("conflict")]
    Conflict,
    /// What was sent is not acceptable.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// Reports cannot be taken, or identities not be opened, until an operator mends something; `sigilo doctor` says what.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The disk is nearly full.
    #[error("there is no room on the disk")]
    NoRoom,
    /// Our own fault.
    #[error("internal: {0}")]
    Internal(String),
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

impl From<RosterError> for Error {
    fn from(error: RosterError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The results of use cases.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl App {
    /// Puts the parts together. The roster is loaded by [`App::load_roster`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the profile's time zone is unknown.
    pub fn new(
        profile: Profile,
        db: Db,
        evidence: Evidence,
        keys: ServerKeys,
        witness: Arc<dyn Witness>,
        clock: Arc<dyn Clock>,
        randomness: Randomness,
    ) -> Result<Self> {
        let zone = TimeZone::get(&profile.time_zone)
            .map_err(|_| Error::Unavailable(format!("the profile's time zone {} is unknown", profile.time_zone)))?;
        let clock_now = clock.now();
        let holder = QueuedId::random(&mut randomness.generator());
        let metrics = Arc::new(Metrics::default());
        Ok(Self {
            instance: keys.instance,
            zone,
            profile,
            db,
            keys,
            clock,
            randomness,
            kdf: KdfPool::for_this_machine().counting(metrics.clone()),
            metrics,
            witness,
            evidence,
            ways: Ways::default(),
            started_at: clock_now,
            jobs: Mutex::default(),
            disks: Disks::new(Vec::new(), DiskConfig::default().into()),
            holder,
            transit: Mutex::default(),
            given: Mutex::default(),
            roster: RwLock::new(None),
            authors: RwLock::default(),
            former: RwLock::default(),
            freshness: Mutex::new(None),
            last_place: AtomicI64::new(0),
            stopping: AtomicBool::new(false),
        })
    }

    pub fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// Today, where the institution is.
    pub fn today(&self) -> Day {
        Day::at(self.now(), &self.zone)
    }

    /// The roster that verified, newest first seen.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is none yet.
    pub fn roster(&self) -> Result<Arc<VerifiedRoster>> {
        let roster = self.roster.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        roster
            .clone()
            .ok_or_else(|| Error::Unavailable("there is no signed roster yet: sigilo authority sign".into()))
    }

    /// The keys of a member of any roster that was in force.
    pub(crate) fn author_keys(&self, id: StaffId) -> Vec<VerifyKey> {
        let authors = self.authors.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        authors.get(&id).cloned().unwrap_or_default()
    }

    /// Notes of the earlier rosters that, with the newest, name every key with which a member ever signed.
    pub(crate) fn former_rosters(&self) -> Vec<Vec<u8>> {
        let former = self.former.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        former.clone()
    }

    fn set_roster(&self, roster: VerifiedRoster) {
        if let Ok(before) = self.roster()
            && before.version() < roster.version()
            && names_more(&before, &roster)
        {
            let mut former = self.former.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !former.iter().any(|note| note == before.note()) {
                former.push(before.note().to_vec());
            }
        }
        let mut authors = self.authors.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for member in &roster.roster().members {
            let keys = authors.entry(member.id).or_default();
            if !keys.contains(&member.verify_key) {
                keys.push(member.verify_key);
            }
        }
        drop(authors);
        *self.roster.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Arc::new(roster));
    }

    /// Reads the newest roster from the database and verifies it, chain and all.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a signature or the chain is wrong.
    pub async fn load_roster(&self) -> Result<()> {
        let mut tx = self.db.read().await?;
        for roster in rosters::chain(&mut tx, self.instance, &self.keys.authority).await? {
            self.set_roster(roster);
        }
        Ok(())
    }
}

/// Whether a roster names a member's key that the next one does not.
fn names_more(before: &VerifiedRoster, next: &VerifiedRoster) -> bool {
    before.roster().members.iter().any(|member| {
        next.member(member.id)
            .is_none_or(|same| same.verify_key != member.verify_key)
    })
}
