//! Cleans PNG and APNG (W3C PNG, third edition). Chunks of the picture stay; all other chunks are removed, and all
//! bytes after `IEND`.

use std::io::Read as _;

use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};

use crate::outcome::Reason;
use crate::removed::{MetadataKind, Removed};
use crate::{exif, hints};

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Reason> {
    let mut png = Png::from_bytes(Bytes::copy_from_slice(bytes)).map_err(|_| Reason::Malformed)?;
    let mut removed = Removed::NOTHING;
    let mut orientation = None;
    for chunk in png.chunks().iter().filter(|chunk| !stays(chunk.kind())) {
        let contents = chunk.contents();
        match &chunk.kind() {
            b"eXIf" => {
                let findings = exif::read(contents);
                removed.add(findings.removed);
                orientation = orientation.or(findings.orientation);
            }
            b"tIME" => removed.insert(MetadataKind::Dates),
            b"tEXt" | b"iTXt" | b"zTXt" => removed.add(text(contents)),
            _ => removed.insert(MetadataKind::Other),
        }
    }
    let behind = bytes.get(png.len()..).unwrap_or_default();
    if behind.iter().any(|byte| *byte != 0) {
        removed.insert(MetadataKind::Revisions);
    }
    png.chunks_mut().retain(|chunk| stays(chunk.kind()));
    let is = |place: Option<&PngChunk>, kind: &[u8; 4]| place.is_some_and(|chunk| chunk.kind() == *kind);
    if !is(png.chunks().first(), b"IHDR") || !is(png.chunks().last(), b"IEND") {
        return Err(Reason::Malformed);
    }
    if let Some(orientation) = orientation {
        let block = Bytes::copy_from_slice(&exif::minimal(orientation));
        png.chunks_mut().insert(1, PngChunk::new(*b"eXIf", block));
    }
    Ok((png.encoder().bytes().to_vec(), removed))
}

/// Returns true for chunks of the picture. Standard colour chunks (`gAMA`, `cHRM`, `sRGB`, `cICP`, `sBIT`) stay, as they
/// identify nobody.
const fn stays(kind: [u8; 4]) -> bool {
    matches!(
        &kind,
        b"IHDR"
            | b"PLTE"
            | b"IDAT"
            | b"IEND"
            | b"tRNS"
            | b"gAMA"
            | b"cHRM"
            | b"sRGB"
            | b"cICP"
            | b"sBIT"
            | b"bKGD"
            | b"pHYs"
            | b"acTL"
            | b"fcTL"
            | b"fdAT"
    )
}

/// Finds out what a text chunk held. The compressed part of `zTXt` and `iTXt` is searched too, up to a limit.
fn text(contents: &[u8]) -> Removed {
    let mut removed = hints::scan(contents);
    for (place, _) in contents.iter().enumerate().filter(|(_, byte)| **byte == 0x78).take(4) {
        let mut plain = Vec::new();
        let unpacked = flate2::read::ZlibDecoder::new(&contents[place..])
            .take(1 << 20)
            .read_to_end(&mut plain);
        if unpacked.is_ok() || plain.len() > 16 {
            removed.add(hints::scan(&plain));
        }
    }
    removed.insert(MetadataKind::Description);
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage;

    fn small() -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, contents) in [
            (*b"IHDR", &b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"[..]),
            (*b"tEXt", b"Comment\0SECRETO"),
            (*b"eXIf", &exif::minimal(8)),
            (*b"IDAT", b"x"),
            (*b"zzZz", b"SECRETO"),
            (*b"IEND", b""),
        ] {
            file.extend(PngChunk::new(kind, Bytes::copy_from_slice(contents)).encoder().bytes());
        }
        file.extend(b"SECRETO");
        file
    }

    #[test]
    fn keeps_picture_and_orientation_only() {
        let (clean_bytes, removed) = clean(&small()).unwrap();
        assert!(memchr::memmem::find(&clean_bytes, b"SECRETO").is_none());
        assert!(removed.contains(MetadataKind::Description) && removed.contains(MetadataKind::Revisions));
        let (again, nothing) = clean(&clean_bytes).unwrap();
        assert_eq!(again, clean_bytes);
        assert!(nothing.is_empty(), "{nothing:?}");
    }

    #[test]
    fn any_cut_is_survived() {
        for cut in damage::cuts(&small()) {
            let _ = clean(cut);
        }
    }

    proptest::proptest! {
        #[test]
        fn overwritten_bytes_never_panic(bytes in proptest::collection::vec((0_usize..1000, 0_u8..=255), 1..8)) {
            let _ = clean(&damage::overwritten(small(), bytes));
        }

        #[test]
        fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = clean(&[b"\x89PNG\r\n\x1a\n", &rest[..]].concat());
        }
    }
}
