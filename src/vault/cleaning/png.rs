//! PNG and APNG (W3C PNG, third edition). Chunks that make the picture stay; all else goes, and what follows `IEND`.

use std::io::Read as _;

use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};

use crate::vault::cleaning::removed::{Removed, Trace};
use crate::vault::cleaning::{Why, exif, hints};

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Why> {
    let mut png = Png::from_bytes(Bytes::copy_from_slice(bytes)).map_err(|_| Why::Malformed)?;
    let mut removed = Removed::NOTHING;
    let mut orientation = None;
    for chunk in png.chunks().iter().filter(|chunk| !stays(chunk.kind())) {
        let contents = chunk.contents();
        match &chunk.kind() {
            b"eXIf" => {
                let told = exif::read(contents);
                removed.add(told.removed);
                orientation = orientation.or(told.orientation);
            }
            b"tIME" => removed.insert(Trace::Dates),
            b"tEXt" | b"iTXt" | b"zTXt" => removed.add(text(contents)),
            _ => removed.insert(Trace::Other),
        }
    }
    let behind = bytes.get(png.len()..).unwrap_or_default();
    if behind.iter().any(|byte| *byte != 0) {
        removed.insert(Trace::Revisions);
    }
    png.chunks_mut().retain(|chunk| stays(chunk.kind()));
    let is = |place: Option<&PngChunk>, kind: &[u8; 4]| place.is_some_and(|chunk| chunk.kind() == *kind);
    if !is(png.chunks().first(), b"IHDR") || !is(png.chunks().last(), b"IEND") {
        return Err(Why::Malformed);
    }
    if let Some(orientation) = orientation {
        let block = Bytes::copy_from_slice(&exif::minimal(orientation));
        png.chunks_mut().insert(1, PngChunk::new(*b"eXIf", block));
    }
    Ok((png.encoder().bytes().to_vec(), removed))
}

/// Colours without a profile of their own (`gAMA`, `cHRM`, `sRGB`, `cICP`, `sBIT`) stay: they identify nobody.
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

/// What a text chunk tells. The compressed part is looked at in `zTXt` and `iTXt` too, up to a bound.
fn text(contents: &[u8]) -> Removed {
    let mut removed = hints::of(contents);
    for (place, _) in contents.iter().enumerate().filter(|(_, byte)| **byte == 0x78).take(4) {
        let mut plain = Vec::new();
        let unpacked = flate2::read::ZlibDecoder::new(&contents[place..])
            .take(1 << 20)
            .read_to_end(&mut plain);
        if unpacked.is_ok() || plain.len() > 16 {
            removed.add(hints::of(&plain));
        }
    }
    removed.insert(Trace::Description);
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(removed.contains(Trace::Description) && removed.contains(Trace::Revisions));
        let (again, nothing) = clean(&clean_bytes).unwrap();
        assert_eq!(again, clean_bytes);
        assert!(nothing.is_empty(), "{nothing:?}");
    }

    #[test]
    fn any_cut_is_survived() {
        let file = small();
        for end in 0..file.len() {
            let _ = clean(&file[..end]);
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = clean(&[b"\x89PNG\r\n\x1a\n", &rest[..]].concat());
        }
    }
}
