//! Cleans WebP, also animated (RFC 9649). Chunks of the picture stay; all other chunks are removed.

use img_parts::riff::{RiffChunk, RiffContent};
use img_parts::webp::WebP;
use img_parts::{Bytes, Error};

use crate::outcome::Reason;
use crate::removed::{MetadataKind, Removed};
use crate::{exif, hints};

// Flags of `VP8X`, for the chunks besides the picture.
const ICC: u8 = 0b0010_0000;
const EXIF: u8 = 0b0000_1000;
const XMP: u8 = 0b0000_0100;
const RESERVED: u8 = 0b1100_0001;
/// Size of the header of an animation's frame: position, size, duration.
const FRAME_HEAD: usize = 16;

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Reason> {
    let mut webp = WebP::from_bytes(Bytes::copy_from_slice(bytes)).map_err(|_: Error| Reason::Malformed)?;
    let mut removed = Removed::NOTHING;
    let mut orientation = None;
    for chunk in webp.chunks().iter().filter(|chunk| !stays(chunk.id())) {
        let data = chunk.content().data().map(Bytes::as_ref).unwrap_or_default();
        match &chunk.id() {
            b"EXIF" => {
                let findings = exif::read(data.strip_prefix(b"Exif\0\0").unwrap_or(data));
                removed.add(findings.removed);
                orientation = orientation.or(findings.orientation);
            }
            b"XMP " => removed.add(hints::scan(data)),
            _ => removed.insert(MetadataKind::Other),
        }
    }
    let behind = usize::try_from(webp.len()).ok().and_then(|end| bytes.get(end..));
    if behind.is_some_and(|behind| behind.iter().any(|byte| *byte != 0)) {
        removed.insert(MetadataKind::Revisions);
    }
    webp.chunks_mut().retain(|chunk| stays(chunk.id()));
    for chunk in webp.chunks_mut() {
        let data = match chunk.content() {
            RiffContent::Data(data) => data.clone(),
            RiffContent::List { .. } => return Err(Reason::Malformed),
        };
        let new = match &chunk.id() {
            b"VP8X" => extended(&data, orientation.is_some())?,
            b"ANMF" => frame(&data, &mut removed)?,
            _ => continue,
        };
        *chunk.content_mut() = RiffContent::Data(new);
    }
    let picture = |chunk: &RiffChunk| matches!(&chunk.id(), b"VP8 " | b"VP8L" | b"ANMF");
    if !webp.chunks().iter().any(picture) {
        return Err(Reason::Malformed);
    }
    // Viewers look at EXIF only if there is a `VP8X` chunk.
    if let Some(orientation) = orientation.filter(|_| webp.has_chunk(*b"VP8X")) {
        let block = Bytes::copy_from_slice(&exif::minimal(orientation));
        webp.chunks_mut()
            .push(RiffChunk::new(*b"EXIF", RiffContent::Data(block)));
    }
    Ok((webp.encoder().bytes().to_vec(), removed))
}

const fn stays(id: [u8; 4]) -> bool {
    matches!(&id, b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF")
}

fn extended(data: &[u8], oriented: bool) -> Result<Bytes, Reason> {
    let mut head: [u8; 10] = data.try_into().map_err(|_| Reason::Malformed)?;
    head[0] &= !(ICC | EXIF | XMP | RESERVED);
    if oriented {
        head[0] |= EXIF;
    }
    head[1..4].fill(0);
    Ok(Bytes::copy_from_slice(&head))
}

/// Cleans a frame of an animation, which holds chunks of its own.
fn frame(data: &[u8], removed: &mut Removed) -> Result<Bytes, Reason> {
    let (head, chunks) = data.split_at_checked(FRAME_HEAD).ok_or(Reason::Malformed)?;
    let size = u32::try_from(chunks.len() + 4).map_err(|_| Reason::Malformed)?;
    let as_list = [b"RIFF", &size.to_le_bytes()[..], b"ANMF", chunks].concat();
    let list = RiffChunk::from_bytes(Bytes::from(as_list)).map_err(|_| Reason::Malformed)?;
    let (_, subchunks) = list.content().list().ok_or(Reason::Malformed)?;
    let mut new = head.to_vec();
    for chunk in subchunks {
        if matches!(&chunk.id(), b"VP8 " | b"VP8L" | b"ALPH") {
            new.extend(chunk.clone().encoder().bytes());
        } else {
            removed.insert(MetadataKind::Other);
        }
    }
    Ok(Bytes::from(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage;

    fn chunk(id: [u8; 4], data: &[u8]) -> Vec<u8> {
        RiffChunk::new(id, RiffContent::Data(Bytes::copy_from_slice(data)))
            .encoder()
            .bytes()
            .to_vec()
    }

    fn small() -> Vec<u8> {
        let frame = [
            &[0; FRAME_HEAD][..],
            &chunk(*b"VP8L", b"px"),
            &chunk(*b"hide", b"SECRETO"),
        ]
        .concat();
        let inside = [
            b"WEBP".to_vec(),
            chunk(*b"VP8X", b"\x2e\0\0\0\x01\0\0\x01\0\0"),
            chunk(*b"ICCP", b"SECRETO"),
            chunk(*b"ANIM", b"\0\0\0\0\0\0"),
            chunk(*b"ANMF", &frame),
            chunk(*b"EXIF", &exif::minimal(3)),
            chunk(*b"XMP ", b"<dc:creator>SECRETO"),
        ]
        .concat();
        let size = u32::try_from(inside.len()).unwrap();
        [b"RIFF", &size.to_le_bytes()[..], &inside, b"SECRETO"].concat()
    }

    #[test]
    fn keeps_picture_and_orientation_only() {
        let (clean_bytes, removed) = clean(&small()).unwrap();
        assert!(memchr::memmem::find(&clean_bytes, b"SECRETO").is_none());
        assert!(removed.contains(MetadataKind::Author) && removed.contains(MetadataKind::Revisions));
        assert_eq!(clean_bytes[20], 0b0000_1010, "animation and EXIF");
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
            let _ = clean(&[b"RIFF\0\x01\0\0WEBP", &rest[..]].concat());
            let _ = frame(&rest, &mut Removed::default());
        }
    }
}
