//! Transit keys in memory.

use std::sync::Arc;

use crate::vault::transit::{Purpose, TransitKey};

/// The living keys of a purpose, newest first.
pub(super) type LivingKeys = Arc<[TransitKey]>;

/// The keys that were loaded from the database.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    conversations: Option<LivingKeys>,
    seen: Option<LivingKeys>,
}

impl KnownKeys {
    pub(super) fn of(&mut self, purpose: Purpose) -> &mut Option<LivingKeys> {
        match purpose {
            Purpose::Talk => &mut self.conversations,
            Purpose::Seen => &mut self.seen,
        }
    }
}
