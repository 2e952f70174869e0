//! The index of a film (`moov`) and of its fragments (`moof`, `mfra`), cleaned in place by allow lists.

use std::ops::Range;

use crate::vault::cleaning::hints;
use crate::vault::cleaning::isobmff::boxes::{Kind, find, u32_at, within};
use crate::vault::cleaning::isobmff::{entries, samples};
use crate::vault::cleaning::removed::{Removed, Trace};

/// More ranges than any film has.
const MOST_RANGES: usize = 1 << 16;

/// What is known of the film so far.
pub(super) struct Movie {
    /// An index with picture or sound was found and cleaned.
    pub(super) found: bool,
    pub(super) removed: Removed,
    pub(super) blank: Vec<Range<u64>>,
    /// Tracks that went.
    gone: Vec<u32>,
    /// The track at hand is sound.
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

    /// Cleans a whole box. `None`: not understood; then the box may be half cleaned, and must pass as it was.
    pub(super) fn clean(&mut self, kind: Kind, whole: &mut [u8]) -> Option<()> {
        let head = if whole.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
        let body = whole.get_mut(head..)?;
        let ranges = self.blank.len();
        if self.container(kind, body).is_none() {
            // The index passes, so the samples that it names stay, too.
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
                // A compressed index.
                (b"moov", b"cmov") => return None,
                (b"moov", b"trak") if !self.stays(&body[inner.body.clone()])? => {
                    let track = &body[inner.body.clone()];
                    self.blank
                        .extend(samples::ranges(track, MOST_RANGES - self.blank.len())?);
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
                    tell(&body[inner.all.clone()], &mut self.removed);
                    free(&mut body[inner.all]);
                }
            }
        }
        body[end..].fill(0);
        Some(())
    }

    /// Picture and sound stay.
    fn stays(&mut self, track: &[u8]) -> Option<bool> {
        let handler = find(track, &[b"mdia", b"hdlr"])?.get(8..12)?;
        self.sound = handler == b"soun";
        Some(self.sound || handler == b"vide")
    }

    fn times(&mut self, kind: Kind, body: &mut [u8]) -> Option<()> {
        let long = *body.first()? == 1;
        let times = body.get_mut(4..if long { 20 } else { 12 })?;
        self.removed.insert_if(Trace::Dates, wipe(times));
        if kind == *b"mvhd" {
            // Times of preview, poster and selection in QuickTime; nothing elsewhere.
            let rest = body.get_mut(if long { 84..108 } else { 72..96 })?;
            self.removed.insert_if(Trace::Other, wipe(rest));
        }
        Some(())
    }

    /// The type of a track stays; manufacturer and name go.
    fn handler(&mut self, body: &mut [u8]) -> Option<()> {
        let named = wipe(body.get_mut(12..)?);
        self.removed.insert_if(Trace::Software, named);
        Some(())
    }

    /// Where media lie: in this file. QuickTime's aliases name volumes and folders.
    fn references(&mut self, body: &mut [u8]) -> Option<()> {
        let list = body.get_mut(8..)?;
        let (boxes, end) = within(list)?;
        for inner in boxes {
            let rest = list[inner.body].get_mut(4..)?;
            self.removed.insert_if(Trace::Other, wipe(rest));
        }
        list[end..].fill(0);
        Some(())
    }
}

/// Boxes that stay as they are.
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

/// What a track that goes told: by its handler, its format, its keys. Sensors count as a place: most write one.
fn track_hints(track: &[u8]) -> Removed {
    let handler = find(track, &[b"mdia", b"hdlr"]).and_then(|body| body.get(8..12));
    let formats = find(track, &[b"mdia", b"minf", b"stbl", b"stsd"]).unwrap_or_default();
    match handler {
        Some(b"meta" | b"camm" | b"gpmd" | b"sbtl" | b"data") => {
            let mut removed = hints::of(formats);
            removed.insert(Trace::Place);
            removed
        }
        Some(b"text" | b"subt" | b"clcp") => Removed::of(Trace::Description),
        Some(b"tmcd") => Removed::of(Trace::Dates),
        _ => Removed::of(Trace::Other),
    }
}

/// A box with contents counts.
pub(super) fn tell(whole: &[u8], removed: &mut Removed) {
    if whole.get(8..).is_some_and(|body| body.iter().any(|byte| *byte != 0)) {
        removed.add(hints::of(&whole[4..]));
    }
}

/// Makes a box one of zeros that nobody reads. The size stays.
pub(super) fn free(whole: &mut [u8]) {
    let head = if whole.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
    whole[4..8].copy_from_slice(b"free");
    whole[head..].fill(0);
}

/// Zeros; whether there was anything else.
pub(super) fn wipe(bytes: &mut [u8]) -> bool {
    let something = bytes.iter().any(|byte| *byte != 0);
    bytes.fill(0);
    something
}
