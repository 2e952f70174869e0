//! The openings of identities, as auditors see them at once: who opened which case's identity, when, and for what.

use std::collections::HashMap;

use super::part::AuditLog;
use crate::audit::entry::Entry;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{StaffId, UnsealId};
use crate::service::error::Result;
use crate::store;
use crate::store::desk::{Letter, Unseal};

/// Openings on a page.
const PAGE_SIZE: i64 = 50;

/// One opening.
#[derive(Debug)]
pub struct Opening {
    pub unseal: Unseal,
    /// The case's number.
    pub number: String,
    /// The leaf of the request's entry; `None` while it has none.
    pub leaf: Option<u64>,
    /// The request's entry; `None` when its bytes do not read.
    pub entry: Option<Entry>,
    /// The purpose for this auditor; none for auditors who came later.
    pub purpose: Option<Letter>,
}

/// One page of openings, newest first.
#[derive(Debug)]
pub struct Openings {
    pub openings: Vec<Opening>,
    /// The end of this page, where there is another one.
    pub next: Option<(UnixSeconds, UnsealId)>,
    /// Names of everybody on the staff, also of those who left.
    pub names: HashMap<StaffId, String>,
}

impl AuditLog {
    /// Reads a page of the openings.
    ///
    /// # Errors
    /// [`Error::Store`](crate::service::error::Error::Store)
    pub async fn openings(&self, auditor: StaffId, after: Option<(UnixSeconds, UnsealId)>) -> Result<Openings> {
        let mut tx = self.db.read().await?;
        let mut unseals = store::desk::released_unseals(&mut tx, after, PAGE_SIZE + 1).await?;
        let mut next = None;
        if unseals.len() > usize::try_from(PAGE_SIZE).unwrap_or_default() {
            unseals.pop();
            next = unseals.last().map(|last| (last.requested_at, last.id));
        }
        let mut openings = Vec::with_capacity(unseals.len());
        for unseal in unseals {
            let case = store::cases::by_id(&mut tx, unseal.case_id).await?;
            let stored = store::log::by_id(&mut tx, unseal.entry_id).await?;
            let letters = store::desk::letters_for(&mut tx, unseal.entry_id, auditor).await?;
            openings.push(Opening {
                number: case.map_or_else(|| unseal.case_id.to_string(), |case| case.number),
                leaf: stored.as_ref().and_then(|row| row.leaf_index).map(i64::unsigned_abs),
                entry: stored.and_then(|row| Entry::read(&row.body).ok()),
                purpose: letters.into_iter().next(),
                unseal,
            });
        }
        let staff = store::staff::list(&mut tx).await?;
        Ok(Openings {
            openings,
            next,
            names: staff.into_iter().map(|member| (member.id, member.name)).collect(),
        })
    }
}
