//! The witness in the server's own process, for the embedded default and the demo.
//!
//! It has the same code, files and checks as on another host. SECURITY.md names the cost: an attacker who controls the
//! server holds both halves of the rule.

use std::sync::Arc;

use crate::audit::entry::Base64;
use crate::domain::ids::CaseId;
use crate::vault::hash::Hash32;
use crate::vault::stack::wipe_stack;
use crate::witness::core::Core;
use crate::witness::interface::{Answer, Witness};
use crate::witness::order::{Advance, ErasureOrder, JournalReader, JournaledUnseal, Release, UnsealOrder};
use crate::witness::refusal::Refusal;

/// Runs a [`Core`] on threads that may block.
#[derive(Debug, Clone)]
pub struct InProcess(Arc<Core>);

impl InProcess {
    /// Wraps a witness.
    pub fn new(core: Core) -> Self {
        Self(Arc::new(core))
    }

    fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Core) -> Result<T, Refusal> + Send + 'static,
    ) -> Answer<'_, T> {
        let core = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = tokio::task::spawn_blocking(move || {
                let answer = work(&core);
                wipe_stack();
                answer
            });
            answer.await.unwrap_or(Err(Refusal::Unavailable))
        })
    }
}

impl Witness for InProcess {
    fn unseal(&self, order: UnsealOrder) -> Answer<'_, Release> {
        self.answer(move |core| core.unseal(&order))
    }

    fn journaled(&self, leaf: Hash32) -> Answer<'_, Option<JournaledUnseal>> {
        self.answer(move |core| core.journaled(&leaf))
    }

    fn cosign(&self, advance: Advance) -> Answer<'_, Base64> {
        self.answer(move |core| core.cosign(&advance))
    }

    fn roster_statement(&self) -> Answer<'_, Base64> {
        self.answer(Core::roster_statement)
    }

    fn accept_roster(&self, note: Base64) -> Answer<'_, Base64> {
        self.answer(move |core| core.accept_roster(&note.0))
    }

    fn opening_statement(&self, case: CaseId) -> Answer<'_, Base64> {
        self.answer(move |core| core.opening_statement(case))
    }

    fn last_checkpoint(&self) -> Answer<'_, (u64, Hash32)> {
        self.answer(|core| Ok(core.last_checkpoint()))
    }

    fn erase(&self, order: ErasureOrder) -> Answer<'_, Base64> {
        self.answer(move |core| core.erase(&order))
    }

    fn journal(&self, reader: JournalReader) -> Answer<'_, Vec<String>> {
        self.answer(move |core| core.journal(reader))
    }
}
