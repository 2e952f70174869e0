//! The auditor's duties beside the log (`docs/PROTOCOL.md`, section 19): each table that the log refers to is held against
//! it, in both directions. Every entry of an act has its row or its erasure, and every row that claims an act has its
//! entry.
//!
//! Entries are noted one by one; then the tables are read in batches. Memory grows with ids only.

mod case_keys;
mod casework;
mod claims;
mod desk;
mod facts;
mod people;
mod seals;
mod unseals;
mod verifications;

pub(crate) use self::facts::{Opening, WitnessFacts};

use self::casework::Casework;
use self::desk::Desk;
use self::facts::Facts;
use self::people::People;
use self::seals::Seals;
use self::unseals::Unseals;
use self::verifications::Verifications;
use crate::audit::entry::Entry;
use crate::audit::verify::RowFinding;
use crate::domain::ids::InstanceId;
use crate::service::error::Result;
use crate::store::Tx;
use crate::vault::roster::VerifiedRoster;

/// Facts of the log about the other tables.
pub(crate) struct Duties {
    facts: Facts,
    seals: Seals,
    unseals: Unseals,
    desk: Desk,
    casework: Casework,
    people: People,
    verifications: Verifications,
}

impl Duties {
    /// Begins with an empty log.
    pub(crate) fn new(instance: InstanceId, witness: WitnessFacts, rosters: Vec<VerifiedRoster>) -> Self {
        Self {
            facts: Facts::new(instance, witness, rosters),
            seals: Seals::default(),
            unseals: Unseals::new(),
            desk: Desk::new(),
            casework: Casework::new(),
            people: People::new(),
            verifications: Verifications::default(),
        }
    }

    /// Takes the next entry, in the order of the log. One that waits for its leaf has the index that it will get.
    pub(crate) fn note(&mut self, index: u64, entry: &Entry) {
        self.facts.note(index, entry);
        self.seals.note(index, entry);
        self.unseals.note(&self.facts, index, entry);
        self.desk.note(&self.facts, index, entry);
        self.casework.note(self.facts.instance, index, entry);
        self.people.note(index, entry);
        self.verifications.note(index, entry);
    }

    /// Holds the tables against the log. Returns the first row that disagrees, or the number of erasures that the witness
    /// has begun and the database has not finished.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub(crate) async fn check(self, tx: &mut Tx) -> Result<std::result::Result<u64, RowFinding>> {
        let Self {
            facts,
            seals,
            unseals,
            desk,
            casework,
            people,
            verifications,
        } = self;
        macro_rules! sound {
            ($checked:expr) => {
                match $checked {
                    Ok(known) => known,
                    Err(finding) => return Ok(Err(finding)),
                }
            };
        }
        let known = sound!(seals.check(tx, &facts).await?);
        let opened = sound!(unseals.check(tx, &facts, &known).await?);
        let settled = sound!(casework.check(tx, &facts, &known, &opened.verdicts).await?);
        sound!(case_keys::check(tx, &facts).await?);
        sound!(desk.check(tx, &facts, &known, &opened.requests, &settled).await?);
        sound!(people.check(tx, &facts).await?);
        sound!(verifications.check(tx).await?);
        Ok(Ok(known.erasing.len() as u64))
    }
}
