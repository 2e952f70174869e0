use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::chain::chain;
use crate::domain::ids::{InstanceId, StaffId};
use crate::keyfile::ServerKeys;
use crate::service::audit::AuditLog;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::error::{Error, Result};
use crate::service::profile::ProfileHandle;
use crate::store::{self, Db, Tx};
use crate::vault::key_words::KeyWords;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::VerifyKey;
use crate::witness::Witness;

/// The witness's last statement about the roster, so that it need not be asked for every report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Freshness {
    pub(super) version: u64,
    pub(super) time: i64,
}

/// The roster in force and the earlier ones.
pub struct Rosters {
    pub(super) instance: InstanceId,
    pub(super) public_url: Arc<str>,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) witness: Arc<dyn Witness>,
    pub(super) log: Arc<AuditLog>,
    pub(super) freshness: Mutex<Option<Freshness>>,
    current: RwLock<Option<Arc<VerifiedRoster>>>,
    /// Key words of members in each roster that named them.
    words: RwLock<HashMap<StaffId, Vec<KeyWords>>>,
    /// The keys with which members sign or have signed. Texts of former members still verify.
    authors: RwLock<HashMap<StaffId, Vec<VerifyKey>>>,
    /// Notes of earlier rosters that name a key, or a membership, which the next one does not: with the newest, they are
    /// needed to verify an older signature.
    former: RwLock<Vec<Vec<u8>>>,
}

impl Rosters {
    pub(crate) fn new(context: &Context, log: Arc<AuditLog>) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            public_url: context.public_url,
            profile: context.profile,
            db: context.db,
            clock: context.clock,
            keys: context.keys,
            witness: context.witness,
            log,
            freshness: Mutex::new(None),
            current: RwLock::default(),
            authors: RwLock::default(),
            words: RwLock::default(),
            former: RwLock::default(),
        }
    }

    /// Returns the newest roster that verified.
    ///
    /// # Errors
    /// [`Error::NoRoster`]
    pub fn current(&self) -> Result<Arc<VerifiedRoster>> {
        let roster = self.current.read().unwrap_or_else(PoisonError::into_inner);
        roster.clone().ok_or(Error::NoRoster)
    }

    /// Returns the newest roster, after loading what another process has published since. None before the first, and if
    /// the witness has named a newer one.
    ///
    /// A newer row that does not verify is logged and changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub(crate) async fn newest(&self, tx: &mut Tx) -> Result<Option<Arc<VerifiedRoster>>> {
        let published = store::roster::newest_version(tx).await?;
        let known = self.current().map_or(0, |roster| roster.version());
        if published.is_some_and(|version| version.unsigned_abs() > known) {
            match chain(tx, self.instance, &self.keys.authority).await {
                Ok(rosters) => rosters.into_iter().for_each(|roster| self.enter(roster)),
                Err(Error::Store(error)) => return Err(error.into()),
                Err(error) => tracing::error!(%error, "a newer roster in the database does not verify"),
            }
        }
        let named = *self.freshness.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current().ok();
        // Somebody who writes to the database may have put an older one back, which names people who have left.
        Ok(current.filter(|roster| named.is_none_or(|named| named.version <= roster.version())))
    }

    /// Returns the keys of a member of any roster that was in force.
    pub(crate) fn author_keys(&self, id: StaffId) -> Vec<VerifyKey> {
        let authors = self.authors.read().unwrap_or_else(PoisonError::into_inner);
        authors.get(&id).cloned().unwrap_or_default()
    }

    /// Returns the key words of a member in each roster that was in force.
    pub(crate) fn author_words(&self, id: StaffId) -> Vec<KeyWords> {
        let words = self.words.read().unwrap_or_else(PoisonError::into_inner);
        words.get(&id).cloned().unwrap_or_default()
    }

    /// Returns the notes of the earlier rosters that, with the newest, name every key of a member or an area.
    pub(crate) fn former_notes(&self) -> Vec<Vec<u8>> {
        let former = self.former.read().unwrap_or_else(PoisonError::into_inner);
        former.clone()
    }

    /// Puts a roster in force.
    pub(super) fn enter(&self, roster: VerifiedRoster) {
        if let Ok(before) = self.current()
            && before.version() < roster.version()
            && names_more(&before, &roster)
        {
            let mut former = self.former.write().unwrap_or_else(PoisonError::into_inner);
            if !former.iter().any(|note| note == before.note()) {
                former.push(before.note().to_vec());
            }
        }
        let mut authors = self.authors.write().unwrap_or_else(PoisonError::into_inner);
        for member in &roster.roster().members {
            let keys = authors.entry(member.id).or_default();
            if !keys.contains(&member.verify_key) {
                keys.push(member.verify_key);
            }
        }
        drop(authors);
        let mut words = self.words.write().unwrap_or_else(PoisonError::into_inner);
        for member in &roster.roster().members {
            let (known, new) = (words.entry(member.id).or_default(), member.key_words(self.instance));
            if !known.contains(&new) {
                known.push(new);
            }
        }
        drop(words);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(roster));
    }

    /// Reads the rosters from the database and verifies them, chain and all.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a signature or the chain is wrong.
    pub async fn load(&self) -> Result<()> {
        let mut tx = self.db.read().await?;
        for roster in chain(&mut tx, self.instance, &self.keys.authority).await? {
            self.enter(roster);
        }
        Ok(())
    }
}

/// Returns true if a roster names a member's key or an area's key that the next one does not.
fn names_more(before: &VerifiedRoster, next: &VerifiedRoster) -> bool {
    let areas = before.roster().areas.iter();
    let members = before.roster().members.iter();
    members.into_iter().any(|member| {
        let same = next.member(member.id);
        same.is_none_or(|same| same.verify_key != member.verify_key || same.areas != member.areas)
    }) || areas.into_iter().any(|area| next.area_entry(&area.id) != Some(area))
}
