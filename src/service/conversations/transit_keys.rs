//! Transit keys in memory.

use std::sync::Arc;

use crate::vault::transit::{TransitKey, TransitPurpose};

/// The living keys of a purpose, newest first.
pub(super) type Living = Arc<[TransitKey]>;

/// What is known of them in memory.
#[derive(Debug, Default)]
pub(super) struct Keys {
    talk: Option<Living>,
    seen: Option<Living>,
}

impl Keys {
    pub(super) fn of(&mut self, purpose: TransitPurpose) -> &mut Option<Living> {
        match purpose {
            TransitPurpose::Conversation => &mut self.talk,
            TransitPurpose::Deduplication => &mut self.seen,
        }
    }
}
