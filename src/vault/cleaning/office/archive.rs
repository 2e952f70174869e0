//! The ZIP archive around a document.

use std::collections::HashSet;
use std::io::{Cursor, Read as _, Write as _};

use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use crate::vault::cleaning::Why;

const MOST_ENTRIES: usize = 4096;
const LONGEST_NAME: usize = 255;

pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Unpacks, to so many bytes at most. Names that a program could take for paths elsewhere are refused, folders left out.
pub(super) fn read(bytes: &[u8], largest: u64) -> Result<Vec<Entry>, Why> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Why::Malformed)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Why::TooLarge);
    }
    if archive.has_duplicate_names() {
        return Err(Why::Malformed);
    }
    let mut left = largest;
    let mut names = HashSet::new();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let raw = archive.by_index_raw(index).map_err(|_| Why::Malformed)?;
        if raw.encrypted() {
            return Err(Why::Encrypted);
        }
        drop(raw);
        let file = archive.by_index(index).map_err(|_| Why::Malformed)?;
        let name = file.name().map_err(|_| Why::Malformed)?.into_owned();
        if !harmless(&name) || !names.insert(name.to_ascii_lowercase()) || file.is_symlink() {
            return Err(Why::Malformed);
        }
        if file.is_dir() {
            continue;
        }
        let mut unpacked = Vec::new();
        let length = file
            .take(left + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| Why::Malformed)? as u64;
        left = left.checked_sub(length).ok_or(Why::TooLarge)?;
        entries.push(Entry { name, bytes: unpacked });
    }
    Ok(entries)
}

fn harmless(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with('/')
        && !name.contains(['\\', ':', '\0'])
        && name.split('/').all(|part| part != ".." && part != ".")
}

/// Packs in the given order, with nothing but names and contents.
pub(super) fn write(entries: &[Entry]) -> Result<Vec<u8>, Why> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        archive
            .start_file(entry.name.as_str(), options)
            .map_err(|_| Why::Malformed)?;
        archive.write_all(&entry.bytes).map_err(|_| Why::TooLarge)?;
    }
    Ok(archive.finish().map_err(|_| Why::Malformed)?.into_inner())
}
