//! Transit keys in memory.

use std::sync::Arc;

use crate::vault::transit::{TransitKey, TransitPurpose};

/// The living keys of a purpose, newest first.
pub(super) type LivingKeys = Arc<[TransitKey]>;

/// The keys that were loaded from the database.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    conversation: Option<LivingKeys>,
    deduplication: Option<LivingKeys>,
}

impl KnownKeys {
    pub(super) fn of(&mut self, purpose: TransitPurpose) -> &mut Option<LivingKeys> {
        match purpose {
            TransitPurpose::Conversation => &mut self.conversation,
            TransitPurpose::Deduplication => &mut self.deduplication,
        }
    }
}
