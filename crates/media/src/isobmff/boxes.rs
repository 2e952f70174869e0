//! Reads boxes: size, kind, contents.

use std::ops::Range;

pub(super) type Kind = [u8; 4];

/// The header of a box.
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Length of the header itself: 8 or 16.
    pub(super) length: usize,
    /// Size of the whole box. `None`: to the end of the file.
    pub(super) size: Option<u64>,
}

impl Head {
    /// Reads a header. `None` if it is incomplete or no header of a box.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let size = u32_at(bytes, 0)?;
        let kind: Kind = bytes.get(4..8)?.try_into().ok()?;
        if !kind.iter().all(|byte| matches!(byte, 0x20..=0x7e | 0xa9)) {
            return None;
        }
        let (length, size) = match size {
            0 => (8, None),
            1 => (16, Some(u64_at(bytes, 8)?)),
            size => (8, Some(u64::from(size))),
        };
        if size.is_some_and(|size| size < length as u64) {
            return None;
        }
        Some(Self { kind, length, size })
    }
}

/// A box within a larger one.
pub(super) struct Inner {
    pub(super) kind: Kind,
    /// The whole box.
    pub(super) all: Range<usize>,
    /// The box without its header.
    pub(super) body: Range<usize>,
}

/// Splits `bytes` into boxes. Returns them and the end of the last one; fewer than 8 bytes may remain after it.
pub(super) fn within(bytes: &[u8]) -> Option<(Vec<Inner>, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    while bytes.len() - start >= 8 {
        let head = match Head::read(&bytes[start..]) {
            Some(head) => head,
            // QuickTime ends some lists with an unnamed box.
            None if bytes[start..].iter().all(|byte| *byte == 0) => break,
            None if bytes[start..].starts_with(&[0, 0, 0, 8, 0, 0, 0, 0]) => Head {
                kind: [0; 4],
                length: 8,
                size: Some(8),
            },
            None => return None,
        };
        let end = start.checked_add(usize::try_from(head.size?).ok()?)?;
        if end > bytes.len() {
            return None;
        }
        found.push(Inner {
            kind: head.kind,
            all: start..end,
            body: start + head.length..end,
        });
        start = end;
    }
    Some((found, start))
}

/// Returns the contents of the first box at the end of a path.
pub(super) fn find<'a>(mut bytes: &'a [u8], path: &[&Kind]) -> Option<&'a [u8]> {
    for kind in path {
        let (boxes, _) = within(bytes)?;
        let inner = boxes.into_iter().find(|inner| inner.kind == **kind)?;
        bytes = &bytes[inner.body];
    }
    Some(bytes)
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
