//! Nobody: for commands that work beside a running server, which has the witness to itself, and ask it for nothing.

use std::future::ready;

use crate::audit::entry::Base64;
use crate::domain::ids::CaseId;
use crate::vault::hash::Hash32;
use crate::witness::{Advance, Answer, Refusal, Release, UnsealOrder, Witness};

/// A witness that is not asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

fn nobody<T: Send + 'static>() -> Answer<'static, T> {
    Box::pin(ready(Err(Refusal::Unavailable)))
}

impl Witness for Absent {
    fn unseal(&self, _: UnsealOrder) -> Answer<'_, Release> {
        nobody()
    }

    fn cosign(&self, _: Advance) -> Answer<'_, Base64> {
        nobody()
    }

    fn roster_statement(&self) -> Answer<'_, Base64> {
        nobody()
    }

    fn accept_roster(&self, _: Base64) -> Answer<'_, ()> {
        nobody()
    }

    fn opening_statement(&self, _: CaseId) -> Answer<'_, Base64> {
        nobody()
    }

    fn last_checkpoint(&self) -> Answer<'_, (u64, Hash32)> {
        nobody()
    }

    fn erase(&self, _: Hash32) -> Answer<'_, ()> {
        nobody()
    }

    fn journal(&self) -> Answer<'_, Vec<String>> {
        nobody()
    }
}
