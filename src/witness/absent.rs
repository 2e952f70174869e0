//! A witness that never answers, for commands that run beside a server, which has the witness to itself.

use std::future::ready;

use crate::audit::entry::Base64;
use crate::domain::ids::CaseId;
use crate::vault::hash::Hash32;
use crate::witness::interface::{Answer, Witness};
use crate::witness::order::{Advance, ErasureOrder, JournalReader, JournaledUnseal, Release, UnsealOrder};
use crate::witness::refusal::Refusal;

/// Answers everything with [`Refusal::Unavailable`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

fn unavailable<T: Send + 'static>() -> Answer<'static, T> {
    Box::pin(ready(Err(Refusal::Unavailable)))
}

impl Witness for Absent {
    fn unseal(&self, _: UnsealOrder) -> Answer<'_, Release> {
        unavailable()
    }

    fn journaled(&self, _: Hash32) -> Answer<'_, Option<JournaledUnseal>> {
        unavailable()
    }

    fn cosign(&self, _: Advance) -> Answer<'_, Base64> {
        unavailable()
    }

    fn roster_statement(&self) -> Answer<'_, Base64> {
        unavailable()
    }

    fn accept_roster(&self, _: Base64) -> Answer<'_, Base64> {
        unavailable()
    }

    fn opening_statement(&self, _: CaseId) -> Answer<'_, Base64> {
        unavailable()
    }

    fn last_checkpoint(&self) -> Answer<'_, (u64, Hash32)> {
        unavailable()
    }

    fn erase(&self, _: ErasureOrder) -> Answer<'_, Base64> {
        unavailable()
    }

    fn journal(&self, _: JournalReader) -> Answer<'_, Vec<String>> {
        unavailable()
    }
}
