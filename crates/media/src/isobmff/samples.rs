//! Computes the byte ranges of a track's samples from its tables.

use std::ops::Range;

use crate::isobmff::boxes::{find, u32_at, u64_at};

/// Limit for chunks. The tables of an index of 8 MiB cannot name as many one by one.
const MAX_ENTRIES: u32 = 4 << 20;

/// Returns the ranges of a track's samples in the file, with neighbours joined. `None` if the tables contradict each
/// other, or if there are more than `limit` ranges.
pub(super) fn ranges(track: &[u8], limit: usize) -> Option<Vec<Range<u64>>> {
    let tables = find(track, &[b"mdia", b"minf", b"stbl"])?;
    let sizes = Sizes::read(tables)?;
    let offsets = Offsets::read(tables)?;
    let runs = find(tables, &[b"stsc"])?;
    let entries = u32_at(runs, 4)? as usize;
    let mut found: Vec<Range<u64>> = Vec::new();
    let (mut entry, mut sample) = (0, 0_u64);
    for chunk in 1..=offsets.count {
        while entry + 1 < entries && u32_at(runs, 8 + (entry + 1) * 12)? <= chunk {
            entry += 1;
        }
        let per_chunk = u64::from(u32_at(runs, 8 + entry * 12 + 4)?);
        let length = sizes.sum(sample, per_chunk)?;
        sample += per_chunk;
        let start = offsets.at(chunk - 1)?;
        let end = start.checked_add(length)?;
        match found.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => found.push(start..end),
        }
        if found.len() > limit {
            return None;
        }
    }
    Some(found)
}

enum Sizes<'a> {
    Same(u64, u64),
    Table(&'a [u8], u32, u64),
}

impl<'a> Sizes<'a> {
    fn read(tables: &'a [u8]) -> Option<Self> {
        if let Some(body) = find(tables, &[b"stsz"]) {
            let (same, count) = (u32_at(body, 4)?, u64::from(u32_at(body, 8)?));
            return Some(if same == 0 {
                Self::Table(body.get(12..)?, 32, count)
            } else {
                Self::Same(u64::from(same), count)
            });
        }
        let body = find(tables, &[b"stz2"])?;
        let bits = u32_at(body, 4)? & 0xff;
        matches!(bits, 4 | 8 | 16).then_some(())?;
        Some(Self::Table(body.get(12..)?, bits, u64::from(u32_at(body, 8)?)))
    }

    /// Sums the sizes of `many` samples from `first` on. The last chunk may hold fewer than its run states.
    fn sum(&self, first: u64, many: u64) -> Option<u64> {
        match self {
            Self::Same(size, count) => size.checked_mul(many.min(count.saturating_sub(first))),
            Self::Table(table, bits, count) => {
                let last = first.checked_add(many)?.min(*count);
                let mut sum = 0_u64;
                for sample in first..last {
                    sum = sum.checked_add(Self::one(table, *bits, usize::try_from(sample).ok()?)?)?;
                }
                Some(sum)
            }
        }
    }

    fn one(table: &[u8], bits: u32, sample: usize) -> Option<u64> {
        Some(match bits {
            32 => u64::from(u32_at(table, sample.checked_mul(4)?)?),
            16 => u64::from(*table.get(sample * 2)?) << 8 | u64::from(*table.get(sample * 2 + 1)?),
            8 => u64::from(*table.get(sample)?),
            _ => u64::from(*table.get(sample / 2)?) >> (if sample.is_multiple_of(2) { 4 } else { 0 }) & 15,
        })
    }
}

struct Offsets<'a> {
    table: &'a [u8],
    long: bool,
    count: u32,
}

impl<'a> Offsets<'a> {
    fn read(tables: &'a [u8]) -> Option<Self> {
        let (body, long) = match find(tables, &[b"stco"]) {
            Some(body) => (body, false),
            None => (find(tables, &[b"co64"])?, true),
        };
        let count = u32_at(body, 4)?;
        (count <= MAX_ENTRIES).then_some(())?;
        Some(Self {
            table: body.get(8..)?,
            long,
            count,
        })
    }

    fn at(&self, chunk: u32) -> Option<u64> {
        let chunk = chunk as usize;
        if self.long {
            u64_at(self.table, chunk * 8)
        } else {
            u32_at(self.table, chunk * 4).map(u64::from)
        }
    }
}
