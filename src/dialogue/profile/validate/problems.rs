//! Collects the mistakes of a profile.

use std::collections::BTreeSet;

use crate::dialogue::profile::codes::MAX_CODE_BYTES;

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// Notes a problem unless `holds`.
    pub(super) fn require(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.0.push(problem());
        }
    }

    /// Notes ids of `table` that are no codes or are used twice.
    pub(super) fn require_codes<'a>(&mut self, table: &str, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            let is_code = (1..=MAX_CODE_BYTES).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            self.require(is_code, || {
                format!(
                    "{table} {id:?}: not a code. Use 1 to {MAX_CODE_BYTES} lower-case letters, digits and hyphens only"
                )
            });
            self.require(seen.insert(id), || {
                format!("{table} {id:?}: there are two of that name. Rename or remove one of them")
            });
        }
    }

    pub(super) fn into_sentences(self) -> Vec<String> {
        self.0
    }
}
