//! Cleans JPEG (ITU-T T.81). Only segments that decode the picture stay.
//!
//! A progressive picture has segments between its scans. `img-parts` takes everything from the first scan on as one
//! piece, so this module walks the segments itself.

use crate::outcome::Reason;
use crate::removed::{MetadataKind, Removed};
use crate::{exif, hints};

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/x";
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// A JFIF header without a thumbnail: version 1.02, square pixels.
const JFIF: [u8; 18] = [0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0];

pub(super) fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Reason> {
    let (head, body) = split(bytes)?;
    Ok((head.write(&body), head.removed))
}

/// Cleans a picture within a document, where the orientation has no effect.
pub(super) fn clean_embedded(bytes: &[u8]) -> Result<(Vec<u8>, Removed), Reason> {
    let (mut head, body) = split(bytes)?;
    head.orientation = None;
    Ok((head.write(&body), head.removed))
}

fn split(bytes: &[u8]) -> Result<(Head, Vec<u8>), Reason> {
    let mut rest = bytes.strip_prefix(&[0xff, SOI]).ok_or(Reason::Malformed)?;
    let mut head = Head::default();
    let mut body = Vec::with_capacity(bytes.len());
    let mut scanned = false;
    loop {
        let (marker, after) = next_marker(rest)?;
        rest = after;
        match marker {
            EOI => break,
            // Markers without a segment: TEM, restarts outside of a scan, another SOI.
            0x01 | 0xd0..=SOI => continue,
            _ => {}
        }
        let (segment, after) = split_segment(rest)?;
        rest = after;
        if stays(marker) {
            body.extend([0xff, marker]);
            body.extend((u16::try_from(segment.len() + 2).map_err(|_| Reason::Malformed)?).to_be_bytes());
            body.extend(segment);
        } else {
            head.note(marker, segment);
        }
        if marker == SOS {
            let end = scan_length(rest);
            body.extend(&rest[..end]);
            rest = &rest[end..];
            scanned = true;
            if rest.is_empty() {
                // The end is missing, as after an interrupted transfer. Decoders show such pictures.
                break;
            }
        }
    }
    if !scanned {
        return Err(Reason::Malformed);
    }
    if rest.iter().any(|byte| *byte != 0) {
        head.removed.add(trailing_data(rest));
    }
    Ok((head, body))
}

/// Findings in the removed segments, and the data for the segments that replace them.
#[derive(Default)]
struct Head {
    removed: Removed,
    jfif: bool,
    /// The colour transform of Adobe's segment. CMYK and RGB pictures change their colours without it.
    adobe: Option<u8>,
    orientation: Option<u8>,
}

impl Head {
    fn note(&mut self, marker: u8, segment: &[u8]) {
        match marker {
            0xe0 if segment.starts_with(b"JFIF\0") => {
                self.jfif = true;
                if segment.len() > 14 {
                    self.removed.insert(MetadataKind::Thumbnail);
                }
            }
            0xe0 if segment.starts_with(b"JFXX\0") => self.removed.insert(MetadataKind::Thumbnail),
            0xe1 if segment.starts_with(EXIF) => {
                let findings = exif::read(&segment[EXIF.len()..]);
                self.removed.add(findings.removed);
                self.orientation = self.orientation.or(findings.orientation);
            }
            0xe1 if segment.starts_with(XMP) => self.removed.add(hints::scan(segment)),
            // The index of further pictures after this one.
            0xe2 if segment.starts_with(b"MPF\0") => self.removed.insert(MetadataKind::Thumbnail),
            0xee if segment.starts_with(b"Adobe") && segment.len() >= 12 => {
                self.adobe = Some(segment[11]);
                if segment.len() > 12 {
                    self.removed.insert(MetadataKind::Other);
                }
            }
            // IPTC and comments.
            0xed | 0xfe => self.removed.insert(MetadataKind::Description),
            _ => self.removed.insert(MetadataKind::Other),
        }
    }

    fn write(&self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len() + 80);
        out.extend([0xff, SOI]);
        if self.jfif {
            out.extend(JFIF);
        }
        if let Some(orientation) = self.orientation {
            let block = exif::minimal(orientation);
            out.extend([0xff, 0xe1, 0, 2 + 6 + 26]);
            out.extend(EXIF);
            out.extend(block);
        }
        if let Some(transform) = self.adobe {
            out.extend([0xff, 0xee, 0, 14]);
            out.extend(b"Adobe\0\x64\0\0\0\0");
            out.push(transform);
        }
        out.extend(body);
        out.extend([0xff, EOI]);
        out
    }
}

/// Returns true for frame headers, tables and scans. Phones and browsers decode no `DHP`, `EXP` or reserved segments.
const fn stays(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc7 | 0xc9..=0xcf | SOS | 0xdb..=0xdd)
}

/// Finds the next marker. Returns its code and the bytes after it; the bytes before it are dropped.
fn next_marker(mut rest: &[u8]) -> Result<(u8, &[u8]), Reason> {
    loop {
        let start = memchr::memchr(0xff, rest).ok_or(Reason::Malformed)?;
        rest = &rest[start..];
        let marker = rest.iter().position(|byte| *byte != 0xff).ok_or(Reason::Malformed)?;
        let (code, after) = (rest[marker], &rest[marker + 1..]);
        if code != 0 {
            return Ok((code, after));
        }
        rest = after;
    }
}

fn split_segment(rest: &[u8]) -> Result<(&[u8], &[u8]), Reason> {
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Reason::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length))
        .checked_sub(2)
        .ok_or(Reason::Malformed)?;
    rest.split_at_checked(length).ok_or(Reason::Malformed)
}

/// Returns the length of entropy-coded data: up to a marker that is neither a stuffed byte nor a restart.
fn scan_length(data: &[u8]) -> usize {
    memchr::memchr_iter(0xff, data)
        .find(|place| {
            data.get(place + 1)
                .is_some_and(|next| !matches!(next, 0 | 0xd0..=0xd7 | 0xff))
        })
        .unwrap_or(data.len())
}

/// Finds out what stood after the end: second pictures, films of "motion photos", trailers of camera makers.
fn trailing_data(rest: &[u8]) -> Removed {
    let mut removed = hints::scan(rest);
    if memchr::memmem::find(rest, b"\xff\xd8\xff").is_some() || memchr::memmem::find(rest, b"ftyp").is_some() {
        removed.insert(MetadataKind::Thumbnail);
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage;

    /// A made-up picture of two scans, with a comment between them.
    fn small() -> Vec<u8> {
        let mut file = b"\xff\xd8\xff\xe0\0\x12JFIF\0\x01\x01\x01\0\x48\0\x48\0\0zz".to_vec();
        let exif = exif::minimal(6);
        file.extend(b"\xff\xe1\0\x22Exif\0\0");
        file.extend(exif);
        file.extend(b"\xff\xdb\0\x04ab\xff\xc2\0\x04cd\xff\xda\0\x03x12\xff\x00345\xff\xd06");
        file.extend(b"\xff\xfe\0\x09SECRETO\xff\xda\0\x03y99\xff\xd9SECRETO");
        file
    }

    #[test]
    fn keeps_scans_and_orientation_only() {
        let (clean_bytes, removed) = clean(&small()).unwrap();
        let text = String::from_utf8_lossy(&clean_bytes);
        assert!(!text.contains("SECRETO") && !text.contains("zz"), "{text:?}");
        assert!(text.contains("345") && text.contains("y99"));
        assert!(removed.contains(MetadataKind::Thumbnail) && removed.contains(MetadataKind::Description));
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
            let _ = clean(&[b"\xff\xd8\xff", &rest[..]].concat());
        }
    }
}
