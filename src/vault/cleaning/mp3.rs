//! MPEG audio, while it goes by: only frames pass (ISO/IEC 11172-3, 13818-3). ID3v2 and ID3v1, APE and Lyrics3 tags
//! go, wherever they stand; the name of the encoder in a Xing or Info frame becomes a neutral one, while the numbers
//! for seeking and for playing without gaps stay.
//!
//! Memory: two frames, at most 8 KiB. What stays: the padding in which LAME repeats its own name.

#[cfg(test)]
mod tests;

use crate::vault::cleaning::removed::{Removed, Trace};
use crate::vault::cleaning::{Done, StreamCleaner, hints};

/// No frame is longer than half of this; no header of a tag either.
const WINDOW: usize = 8 << 10;
/// More bytes at once that are neither frame nor tag are not understood. Zeros are padding, and do not count.
const MOST_JUNK: usize = 4 << 10;
/// So much of a tag is kept to tell what it held.
const LARGEST_PEEK: usize = 4 << 10;
const LYRICS_END: [&[u8]; 2] = [b"LYRICS200", b"LYRICSEND"];

/// CRC-16/ARC, as LAME protects its part of the first frame.
const LAME_CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_ARC);

pub(super) struct Cleaner {
    window: Vec<u8>,
    /// So many bytes of a tag are still to go.
    skip: u64,
    peek: Vec<u8>,
    /// Within a Lyrics3 tag, which is ended by words.
    lyrics: bool,
    /// The header of the last frame: later ones must agree with it.
    last: Option<[u8; 4]>,
    junk: usize,
    frames: u64,
    raw: bool,
    removed: Removed,
}

/// What stands at the beginning of the window.
enum Here {
    Frame(usize),
    /// A tag of so many bytes.
    Tag(u64),
    Lyrics,
    Junk,
    /// Not enough bytes to tell.
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

    fn work(&mut self, end: bool, out: &mut Vec<u8>) {
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
                match here(rest, self.last, end) {
                    Here::More => break,
                    Here::Frame(length) => {
                        let mut frame = rest[..length].to_vec();
                        self.frame(&mut frame);
                        out.extend_from_slice(&frame);
                        at += length;
                    }
                    Here::Tag(length) => {
                        self.junk = 0;
                        self.skip = length;
                    }
                    Here::Lyrics => {
                        self.lyrics = true;
                        self.removed.insert(Trace::Description);
                    }
                    Here::Junk => {
                        if rest[0] != 0 {
                            self.junk += 1;
                            self.removed.insert(Trace::Other);
                            self.raw = self.junk > MOST_JUNK;
                        }
                        at += 1;
                    }
                }
            }
        }
        self.window = window[at..].to_vec();
    }

    fn frame(&mut self, frame: &mut [u8]) {
        if self.frames == 0 && neutral_encoder(frame) {
            self.removed.insert(Trace::Software);
        }
        self.last = frame.first_chunk().copied();
        self.frames += 1;
        self.junk = 0;
    }

    fn skip_some(&mut self, rest: &[u8]) -> usize {
        let taken = rest.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        let room = LARGEST_PEEK - self.peek.len();
        self.peek.extend_from_slice(&rest[..taken.min(room)]);
        self.skip -= taken as u64;
        if self.skip == 0 {
            self.tell_peek();
        }
        taken
    }

    fn tell_peek(&mut self) {
        if self.peek.starts_with(b"TAG") {
            self.removed.insert(Trace::Description);
        }
        self.removed.add(hints::of(&self.peek));
        self.peek.clear();
    }

    /// `None`: the end is not in sight, and its beginning may be.
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
            self.work(false, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Done {
        self.work(true, out);
        if !self.peek.is_empty() {
            self.tell_peek();
        }
        Done {
            cleaned: !self.raw && self.frames > 0,
            removed: self.removed,
            blank: Vec::new(),
        }
    }
}

/// Whether a file begins with frames, without any tag before: three in a row.
pub(super) fn starts_with_frames(head: &[u8]) -> bool {
    let mut rest = head;
    for _ in 0..3 {
        match rest.first_chunk().copied().and_then(frame_length) {
            Some(length) if length < rest.len() => rest = &rest[length..],
            _ => return false,
        }
    }
    true
}

fn here(rest: &[u8], last: Option<[u8; 4]>, end: bool) -> Here {
    // The longest name that decides; a header of 32 bytes follows it at most.
    if rest.len() < 32 && !end {
        return Here::More;
    }
    if let Some(length) = tag_length(rest) {
        return Here::Tag(length);
    }
    if rest.starts_with(b"LYRICSBEGIN") {
        return Here::Lyrics;
    }
    let Some(head) = rest.first_chunk::<4>().copied() else {
        return Here::Junk;
    };
    let Some(length) = frame_length(head).filter(|_| last.is_none_or(|last| agree(last, head))) else {
        return Here::Junk;
    };
    let Some(next) = rest.get(length..).filter(|next| next.len() >= 32 || end) else {
        // At the end of the file, a frame that is cut short is nothing that can be heard.
        return if end { Here::Junk } else { Here::More };
    };
    // Two bytes of sync are found by chance: before the first frame, the next one must follow.
    let follows = next.is_empty()
        || tag_length(next).is_some()
        || next.starts_with(b"LYRICSBEGIN")
        || next.first_chunk().is_some_and(|next| agree(head, *next));
    if follows || last.is_some() {
        Here::Frame(length)
    } else {
        Here::Junk
    }
}

/// The length of the tag that begins here.
fn tag_length(rest: &[u8]) -> Option<u64> {
    if rest.starts_with(b"ID3") || rest.starts_with(b"3DI") {
        let size = rest.get(6..10)?;
        if size.iter().any(|byte| *byte > 0x7f) || rest[3] == 0xff {
            return None;
        }
        let size = size.iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
        let footer = if rest[5] & 0x10 != 0 { 10 } else { 0 };
        // What begins with its footer has lost its header.
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

/// Of one stream: version, layer and sampling rate.
fn agree(one: [u8; 4], other: [u8; 4]) -> bool {
    frame_length(other).is_some() && one[1] & 0xfe == other[1] & 0xfe && one[2] & 0x0c == other[2] & 0x0c
}

/// From a frame's header. `None`: no frame, or of free format, which tells no length.
fn frame_length(head: [u8; 4]) -> Option<usize> {
    const V1_L1: [usize; 15] = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const V1_L2: [usize; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const V1_L3: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const V2_L1: [usize; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    const V2_L23: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    if head[0] != 0xff || head[1] & 0xe0 != 0xe0 || head[3] & 3 == 2 {
        return None;
    }
    let (version, layer) = (head[1] >> 3 & 3, head[1] >> 1 & 3);
    let first = version == 3;
    let rates = match (first, layer) {
        (true, 3) => V1_L1,
        (true, 2) => V1_L2,
        (true, 1) => V1_L3,
        (false, 3) => V2_L1,
        (false, 1 | 2) => V2_L23,
        _ => return None,
    };
    let bits = *rates.get(usize::from(head[2] >> 4)).filter(|rate| **rate > 0)? * 1000;
    let hertz = *[44_100, 48_000, 32_000].get(usize::from(head[2] >> 2 & 3))?
        / match version {
            3 => 1,
            2 => 2,
            0 => 4,
            _ => return None,
        };
    let padding = usize::from(head[2] >> 1 & 1);
    Some(match (layer, first) {
        (3, _) => (12 * bits / hertz + padding) * 4,
        (1, false) => 72 * bits / hertz + padding,
        _ => 144 * bits / hertz + padding,
    })
}

/// Gives LAME's part of a Xing or Info frame a neutral name: players that play without gaps look for "LAME" only.
fn neutral_encoder(frame: &mut [u8]) -> bool {
    let (mono, first) = (frame[3] >> 6 == 3, frame[1] >> 3 & 3 == 3);
    let side = match (first, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let start = 4 + side;
    if !matches!(frame.get(start..start + 4), Some(b"Xing" | b"Info")) {
        return false;
    }
    let Some(flags) = frame.get(start + 7).copied() else {
        return false;
    };
    let fields = [4, 4, 100, 4];
    let lame = start
        + 8
        + (0..4)
            .filter(|bit| flags >> bit & 1 == 1)
            .map(|bit| fields[bit])
            .sum::<usize>();
    let Some(part) = frame.get_mut(lame..lame + 36) else {
        return false;
    };
    if part[..9] == *b"LAME\0\0\0\0\0" || part.iter().all(|byte| *byte == 0) {
        return false;
    }
    part[..9].copy_from_slice(b"LAME\0\0\0\0\0");
    // Replay gain, which was measured, stays; the checksum is over all before it.
    let sum = LAME_CRC.checksum(&frame[..lame + 34]);
    frame[lame + 34..lame + 36].copy_from_slice(&sum.to_be_bytes());
    true
}
