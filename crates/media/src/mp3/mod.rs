//! Cleans MPEG audio as a stream (ISO/IEC 11172-3, 13818-3). Only frames pass.
//!
//! ID3v2, ID3v1, APE and Lyrics3 tags are removed, wherever they stand. The encoder's name in a Xing or Info frame
//! becomes a neutral one. The numbers for seeking and for gapless playback stay.
//!
//! Memory: two frames, at most 8 KiB. Not removed: the padding in which LAME repeats its own name.

pub(super) mod frame;
#[cfg(test)]
mod tests;

use crate::hints;
use crate::outcome::{StreamCleaner, StreamOutcome};
use crate::removed::{MetadataKind, Removed};

/// Size of the window. Frames and headers of tags are shorter than half of it.
const WINDOW: usize = 8 << 10;
/// Longest run of bytes that are neither frame nor tag. Zeros are padding, and do not count.
const MAX_JUNK_BYTES: usize = 4 << 10;
/// Bytes of a removed tag that are kept to find out what it held.
const MAX_PEEK_BYTES: usize = 4 << 10;
const LYRICS_END: [&[u8]; 2] = [b"LYRICS200", b"LYRICSEND"];

pub(super) struct Cleaner {
    window: Vec<u8>,
    /// Bytes of the current tag that are still to be skipped.
    skip: u64,
    peek: Vec<u8>,
    /// True within a Lyrics3 tag, which ends with a keyword.
    lyrics: bool,
    /// The header of the last frame. Later headers must agree with it.
    last: Option<[u8; 4]>,
    junk: usize,
    frames: u64,
    raw: bool,
    removed: Removed,
}

/// The element at the beginning of the window.
enum Element {
    Frame(usize),
    /// A tag of this many bytes.
    Tag(u64),
    Lyrics,
    Junk,
    /// Undecided: more bytes are needed.
    More,
}

impl Cleaner {
    pub(super) const fn new() -> Self {
        Self {
            window: Vec::new(),
            skip: 0,
            peek: Vec::new(),
            lyrics: false,
            last: None,
            junk: 0,
            frames: 0,
            raw: false,
            removed: Removed::NOTHING,
        }
    }

    fn process(&mut self, end: bool, out: &mut Vec<u8>) {
        let window = std::mem::take(&mut self.window);
        let mut at = 0;
        while at < window.len() {
            let rest = &window[at..];
            if self.raw {
                out.extend_from_slice(rest);
                at = window.len();
            } else if self.skip > 0 {
                at += self.skip_some(rest);
            } else if self.lyrics {
                let Some(taken) = self.skip_lyrics(rest, end) else {
                    break;
                };
                at += taken;
            } else {
                match classify(rest, self.last, end) {
                    Element::More => break,
                    Element::Frame(length) => {
                        let mut frame = rest[..length].to_vec();
                        self.take_frame(&mut frame);
                        out.extend_from_slice(&frame);
                        at += length;
                    }
                    Element::Tag(length) => {
                        self.junk = 0;
                        self.skip = length;
                    }
                    Element::Lyrics => {
                        self.lyrics = true;
                        self.removed.insert(MetadataKind::Description);
                    }
                    Element::Junk => {
                        if rest[0] != 0 {
                            self.junk += 1;
                            self.removed.insert(MetadataKind::Other);
                            self.raw = self.junk > MAX_JUNK_BYTES;
                        }
                        at += 1;
                    }
                }
            }
        }
        self.window = window[at..].to_vec();
    }

    fn take_frame(&mut self, frame: &mut [u8]) {
        if self.frames == 0 && frame::neutralize_encoder(frame) {
            self.removed.insert(MetadataKind::Software);
        }
        self.last = frame.first_chunk().copied();
        self.frames += 1;
        self.junk = 0;
    }

    fn skip_some(&mut self, rest: &[u8]) -> usize {
        let taken = rest.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        let room = MAX_PEEK_BYTES - self.peek.len();
        self.peek.extend_from_slice(&rest[..taken.min(room)]);
        self.skip -= taken as u64;
        if self.skip == 0 {
            self.report_peek();
        }
        taken
    }

    fn report_peek(&mut self) {
        if self.peek.starts_with(b"TAG") {
            self.removed.insert(MetadataKind::Description);
        }
        self.removed.add(hints::scan(&self.peek));
        self.peek.clear();
    }

    /// Returns the number of bytes to skip, or `None` if the window may end within the end mark.
    fn skip_lyrics(&mut self, rest: &[u8], end: bool) -> Option<usize> {
        let found = LYRICS_END
            .iter()
            .filter_map(|mark| memchr::memmem::find(rest, mark))
            .min();
        if let Some(place) = found {
            self.lyrics = false;
            return Some(place + LYRICS_END[0].len());
        }
        let keep = if end { 0 } else { LYRICS_END[0].len() };
        (rest.len() > keep).then(|| rest.len() - keep)
    }
}

impl StreamCleaner for Cleaner {
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for piece in input.chunks(WINDOW / 2) {
            self.window.extend_from_slice(piece);
            self.process(false, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> StreamOutcome {
        self.process(true, out);
        if !self.peek.is_empty() {
            self.report_peek();
        }
        StreamOutcome {
            cleaned: !self.raw && self.frames > 0,
            removed: self.removed,
            blank: Vec::new(),
        }
    }
}

fn classify(rest: &[u8], last: Option<[u8; 4]>, end: bool) -> Element {
    // The longest header of a tag has 32 bytes.
    if rest.len() < 32 && !end {
        return Element::More;
    }
    if let Some(length) = tag_length(rest) {
        return Element::Tag(length);
    }
    if rest.starts_with(b"LYRICSBEGIN") {
        return Element::Lyrics;
    }
    let Some(head) = rest.first_chunk::<4>().copied() else {
        return Element::Junk;
    };
    let Some(length) = frame::length(head).filter(|_| last.is_none_or(|last| frame::agree(last, head))) else {
        return Element::Junk;
    };
    let Some(next) = rest.get(length..).filter(|next| next.len() >= 32 || end) else {
        // A frame that is cut short at the end of the file cannot be heard.
        return if end { Element::Junk } else { Element::More };
    };
    // Sync bytes also occur by chance. So the first frame counts only if another one follows.
    let follows = next.is_empty()
        || tag_length(next).is_some()
        || next.starts_with(b"LYRICSBEGIN")
        || next.first_chunk().is_some_and(|next| frame::agree(head, *next));
    if follows || last.is_some() {
        Element::Frame(length)
    } else {
        Element::Junk
    }
}

/// Returns the length of the tag that begins here.
fn tag_length(rest: &[u8]) -> Option<u64> {
    if rest.starts_with(b"ID3") || rest.starts_with(b"3DI") {
        let size = rest.get(6..10)?;
        if size.iter().any(|byte| *byte > 0x7f) || rest[3] == 0xff {
            return None;
        }
        let size = size.iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
        let footer = if rest[5] & 0x10 != 0 { 10 } else { 0 };
        // A tag that begins with its footer has lost its header.
        return Some(if rest[0] == b'3' { 10 } else { 10 + size + footer });
    }
    if rest.starts_with(b"APETAGEX") {
        let size = u32::from_le_bytes(*rest.get(12..)?.first_chunk()?);
        let flags = u32::from_le_bytes(*rest.get(20..)?.first_chunk()?);
        // The size counts the footer, not the header.
        return Some(if flags & 1 << 29 != 0 { 32 + u64::from(size) } else { 32 });
    }
    if rest.starts_with(b"TAG+") {
        return Some(227);
    }
    rest.starts_with(b"TAG").then_some(128)
}
