//! The canonical encoding of fields before they are hashed, signed or bound (`docs/PROTOCOL.md`, section 1).

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::ids::InstanceId;

/// `lp("sigilo/v1/<label>") ‖ lp(instance) ‖ lp(field)…`, where `lp` is a u32 little-endian length and the bytes.
///
/// It may hold key material, so it is wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Transcript(Vec<u8>);

impl Transcript {
    /// Starts a transcript with `label` (without the prefix `sigilo/v1/`) for `instance`.
    #[must_use]
    pub fn new(label: &str, instance: InstanceId) -> Self {
        // Enough for every transcript with keys and ids only.
        let mut transcript = Self(Vec::with_capacity(512));
        transcript.push(format!("sigilo/v1/{label}").as_bytes());
        transcript.push(instance.as_bytes());
        transcript
    }

    fn push(&mut self, field: &[u8]) {
        let length = u32::try_from(field.len()).expect("no field reaches 4 GiB: bodies are limited far below");
        let needed = self.0.len() + 4 + field.len();
        if needed > self.0.capacity() {
            // If the vector grew by itself, it would leave an unwiped copy behind.
            let mut larger = Vec::with_capacity(needed.max(2 * self.0.capacity()));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(field);
    }

    /// Appends a field.
    #[must_use]
    pub fn field(mut self, field: impl AsRef<[u8]>) -> Self {
        self.push(field.as_ref());
        self
    }

    /// Appends a number as a u64, little-endian.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.field(number.to_le_bytes())
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Transcript {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a transcript back, for the plaintexts that are transcripts.
///
/// Returns the fields after the instance. `None` if the bytes are not exactly such a transcript.
#[must_use]
pub fn fields<'a>(bytes: &'a [u8], label: &str, instance: InstanceId) -> Option<Vec<&'a [u8]>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (field, tail) = tail.split_at_checked(length)?;
        all.push(field);
        rest = tail;
    }
    let label = format!("sigilo/v1/{label}");
    (all.len() >= 2 && all[0] == label.as_bytes() && all[1] == instance.as_bytes()).then(|| all.split_off(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_back_and_nothing_else_does() {
        let instance: InstanceId = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        let written = Transcript::new("case-key", instance).field("shared").number(7);
        let read = fields(written.as_bytes(), "case-key", instance).unwrap();
        assert_eq!(read, [b"shared".as_slice(), &7u64.to_le_bytes()]);
        assert!(fields(written.as_bytes(), "record", instance).is_none());
        assert!(
            fields(
                &written.as_bytes()[..written.as_bytes().len() - 1],
                "case-key",
                instance
            )
            .is_none()
        );
    }
}
