//! Letters: texts that a browser seals to one member of staff.

use crate::vault::agefile::looks_like_one;

/// The largest letter, in bytes.
pub const MAX_LETTER_BYTES: usize = 64 * 1024;

/// Returns true if bytes may be a letter.
pub(crate) fn is_letter(file: &[u8]) -> bool {
    file.len() <= MAX_LETTER_BYTES && looks_like_one(file)
}
