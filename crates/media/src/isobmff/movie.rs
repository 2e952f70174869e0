//! Cleans the index of a film (`moov`) and of its fragments (`moof`, `mfra`) in place, by allow lists.

use std::ops::Range;

use crate::hints;
use crate::isobmff::boxes::{Kind, find, u32_at, within};
use crate::isobmff::erase::{free, note, wipe};
use crate::isobmff::{entries, samples};
use crate::removed::{MetadataKind, Removed};

/// Limit for ranges of removed samples. Real films have fewer.
const MAX_RANGES: usize = 1 << 16;

/// The state of a film while it is cleaned.
pub(super) struct Movie {
    /// True if an index was found and cleaned.
    pub(super) found: bool,
    pub(super) removed: Removed,
    pub(super) blank: Vec<Range<u64>>,
    /// The ids of removed tracks.
    gone: Vec<u32>,
    /// True if the current track is audio.
    sound: bool,
}

impl Movie {
    pub(super) const fn new() -> Self {
        Self {
            found: false,
            removed: Removed::NOTHING,
            blank: Vec::new(),
            gone: Vec::new(),
            sound: false,
        }
    }

    /// Cleans a whole box. `None`: it is not understood. It may then be half cleaned, so the caller must pass the original.
    pub(super) fn clean(&mut self, kind: Kind, whole: &mut [u8]) -> Option<()> {
        let head = if whole.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
        let body = whole.get_mut(head..)?;
        let ranges = self.blank.len();
        if self.container(kind, body).is_none() {
            // The index passes unchanged, so the samples that it names must stay.
            self.blank.truncate(ranges);
            return None;
        }
        if kind == *b"moov" {
            find(body, &[b"mvhd"])?;
            find(body, &[b"trak"])?;
            self.found = true;
        }
        Some(())
    }

    fn container(&mut self, parent: Kind, body: &mut [u8]) -> Option<()> {
        let (boxes, end) = within(body)?;
        for inner in boxes {
            match (&parent, &inner.kind) {
                // A compressed index is not understood.
                (b"moov", b"cmov") => return None,
                (b"moov", b"trak") if !self.stays(&body[inner.body.clone()])? => {
                    let track = &body[inner.body.clone()];
                    self.blank
                        .extend(samples::ranges(track, MAX_RANGES - self.blank.len())?);
                    self.gone.push(track_id(track)?);
                    self.removed.add(track_hints(track));
                    free(&mut body[inner.all]);
                }
                (b"moov", b"trak" | b"mvex")
                | (b"trak", b"edts" | b"mdia" | b"tapt")
                | (b"mdia", b"minf")
                | (b"minf", b"dinf" | b"stbl")
                | (b"moof", b"traf") => self.container(inner.kind, &mut body[inner.body])?,
                (b"moov", b"mvhd") | (b"trak", b"tkhd") | (b"mdia", b"mdhd") => {
                    self.times(inner.kind, &mut body[inner.body])?;
                }
                (b"mdia" | b"minf", b"hdlr") => self.handler(&mut body[inner.body])?,
                (b"dinf", b"dref") => self.references(&mut body[inner.body])?,
                (b"stbl", b"stsd") => entries::clean(&mut body[inner.body], self.sound, &mut self.removed)?,
                (b"traf", b"tfhd") if self.gone.contains(&u32_at(&body[inner.body.clone()], 4)?) => return None,
                _ if leaf(parent, inner.kind) => {}
                _ => {
                    note(&body[inner.all.clone()], &mut self.removed);
                    free(&mut body[inner.all]);
                }
            }
        }
        body[end..].fill(0);
        Some(())
    }

    /// Returns true for video and audio tracks, which stay.
    fn stays(&mut self, track: &[u8]) -> Option<bool> {
        let handler = find(track, &[b"mdia", b"hdlr"])?.get(8..12)?;
        self.sound = handler == b"soun";
        Some(self.sound || handler == b"vide")
    }

    fn times(&mut self, kind: Kind, body: &mut [u8]) -> Option<()> {
        let long = *body.first()? == 1;
        let times = body.get_mut(4..if long { 20 } else { 12 })?;
        self.removed.insert_if(MetadataKind::Dates, wipe(times));
        if kind == *b"mvhd" {
            // QuickTime stores times of preview, poster and selection here; other formats nothing.
            let rest = body.get_mut(if long { 84..108 } else { 72..96 })?;
            self.removed.insert_if(MetadataKind::Other, wipe(rest));
        }
        Some(())
    }

    /// Removes manufacturer and name of a track's handler. Its type stays.
    fn handler(&mut self, body: &mut [u8]) -> Option<()> {
        let named = wipe(body.get_mut(12..)?);
        self.removed.insert_if(MetadataKind::Software, named);
        Some(())
    }

    /// Removes the names from data references: QuickTime's aliases name volumes and folders.
    fn references(&mut self, body: &mut [u8]) -> Option<()> {
        let list = body.get_mut(8..)?;
        let (boxes, end) = within(list)?;
        for inner in boxes {
            let rest = list[inner.body].get_mut(4..)?;
            self.removed.insert_if(MetadataKind::Other, wipe(rest));
        }
        list[end..].fill(0);
        Some(())
    }
}

/// Returns true for boxes that stay unchanged.
fn leaf(parent: Kind, kind: Kind) -> bool {
    match &parent {
        b"mvex" => matches!(&kind, b"mehd" | b"trex"),
        b"edts" => kind == *b"elst",
        b"tapt" => matches!(&kind, b"clef" | b"prof" | b"enof"),
        b"minf" => matches!(&kind, b"vmhd" | b"smhd"),
        b"stbl" => matches!(
            &kind,
            b"stts"
                | b"ctts"
                | b"cslg"
                | b"stsc"
                | b"stsz"
                | b"stz2"
                | b"stco"
                | b"co64"
                | b"stss"
                | b"stps"
                | b"sdtp"
                | b"sbgp"
                | b"sgpd"
        ),
        b"moof" => kind == *b"mfhd",
        b"traf" => matches!(&kind, b"tfhd" | b"tfdt" | b"trun" | b"sbgp" | b"sgpd"),
        b"mfra" => matches!(&kind, b"tfra" | b"mfro"),
        _ => false,
    }
}

fn track_id(track: &[u8]) -> Option<u32> {
    let header = find(track, &[b"tkhd"])?;
    u32_at(header, if *header.first()? == 1 { 20 } else { 12 })
}

/// Guesses what a removed track held, by its handler, format and keys. Sensor data count as a place, as most hold one.
fn track_hints(track: &[u8]) -> Removed {
    let handler = find(track, &[b"mdia", b"hdlr"]).and_then(|body| body.get(8..12));
    let formats = find(track, &[b"mdia", b"minf", b"stbl", b"stsd"]).unwrap_or_default();
    match handler {
        Some(b"meta" | b"camm" | b"gpmd" | b"sbtl" | b"data") => {
            let mut removed = hints::scan(formats);
            removed.insert(MetadataKind::Place);
            removed
        }
        Some(b"text" | b"subt" | b"clcp") => Removed::of(MetadataKind::Description),
        Some(b"tmcd") => Removed::of(MetadataKind::Dates),
        _ => Removed::of(MetadataKind::Other),
    }
}
