//! Erases contents of boxes without a change of their sizes.

use crate::hints;
use crate::removed::Removed;

/// Records a removed box, if it has contents.
pub(super) fn note(whole: &[u8], removed: &mut Removed) {
    if whole.get(8..).is_some_and(|body| body.iter().any(|byte| *byte != 0)) {
        removed.add(hints::scan(&whole[4..]));
    }
}

/// Turns a box into a `free` box of zeros of the same size.
pub(super) fn free(whole: &mut [u8]) {
    let head = if whole.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
    whole[4..8].copy_from_slice(b"free");
    whole[head..].fill(0);
}

/// Overwrites with zeros. Returns true if there was anything else.
pub(super) fn wipe(bytes: &mut [u8]) -> bool {
    let something = bytes.iter().any(|byte| *byte != 0);
    bytes.fill(0);
    something
}
