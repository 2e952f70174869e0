//! Padding of an attachment's content, which hides its exact size.

use crate::vault::record::padme;

/// The smallest padded content, in bytes; also how much is padded, read and checked at a time.
pub(super) const MIN_PADDED_BYTES: usize = 64 * 1024;

/// Returns the padded size, in bytes, of a content of `size` bytes.
///
/// # Panics
/// Never on a machine whose addresses have 64 bits.
pub fn padded_size(size: u64) -> u64 {
    let size = usize::try_from(size).expect("addresses have 64 bits");
    padme(size.max(MIN_PADDED_BYTES)) as u64
}
