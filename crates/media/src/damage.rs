//! Damaged files, for the tests of all cleaners.

/// Returns each beginning of a file, the file itself left out.
pub(crate) fn cuts(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..file.len()).map(|end| &file[..end])
}

/// Returns the file with other bytes at some places; a place may be beyond its end.
pub(crate) fn overwritten(mut file: Vec<u8>, bytes: Vec<(usize, u8)>) -> Vec<u8> {
    let length = file.len();
    for (place, value) in bytes {
        file[place % length] = value;
    }
    file
}
