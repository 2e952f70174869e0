//! Reads and writes the ZIP archive of a document.

use std::collections::HashSet;
use std::io::{Cursor, Read as _, Write as _};

use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::outcome::Reason;

const MAX_ENTRIES: usize = 4096;
const MAX_NAME_BYTES: usize = 255;

pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Unpacks an archive, to at most `max_bytes`. Refuses names that could lead outside of a folder; leaves out folders.
pub(super) fn read(bytes: &[u8], max_bytes: u64) -> Result<Vec<Entry>, Reason> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Reason::Malformed)?;
    if archive.len() > MAX_ENTRIES {
        return Err(Reason::TooLarge);
    }
    if archive.has_duplicate_names() {
        return Err(Reason::Malformed);
    }
    let mut left = max_bytes;
    let mut names = HashSet::new();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let raw = archive.by_index_raw(index).map_err(|_| Reason::Malformed)?;
        if raw.encrypted() {
            return Err(Reason::Encrypted);
        }
        drop(raw);
        let file = archive.by_index(index).map_err(|_| Reason::Malformed)?;
        let name = file.name().map_err(|_| Reason::Malformed)?.into_owned();
        if !is_safe_name(&name) || !names.insert(name.to_ascii_lowercase()) || file.is_symlink() {
            return Err(Reason::Malformed);
        }
        if file.is_dir() {
            continue;
        }
        let mut unpacked = Vec::new();
        let length = file
            .take(left + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| Reason::Malformed)? as u64;
        left = left.checked_sub(length).ok_or(Reason::TooLarge)?;
        entries.push(Entry { name, bytes: unpacked });
    }
    Ok(entries)
}

fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.starts_with('/')
        && !name.contains(['\\', ':', '\0'])
        && name.split('/').all(|part| part != ".." && part != ".")
}

/// Packs entries in the given order, with names and contents only.
pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>, Reason> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        archive
            .start_file(entry.name.as_str(), options)
            .map_err(|_| Reason::Malformed)?;
        archive.write_all(&entry.bytes).map_err(|_| Reason::TooLarge)?;
    }
    Ok(archive.finish().map_err(|_| Reason::Malformed)?.into_inner())
}
