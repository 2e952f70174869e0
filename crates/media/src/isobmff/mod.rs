//! Cleans ISO base media (ISO/IEC 14496-12) and QuickTime as a stream: MP4, MOV, M4A.
//!
//! Sizes never change, so offsets of samples stay right whether the index (`moov`) stands before or after the media
//! (`mdat`). A removed box becomes a `free` box of zeros.
//!
//! Tracks that are neither video nor audio are removed: GPS, sensors, time codes, chapters, subtitles that drones fill
//! with coordinates. Their samples may have passed already, so their ranges are returned for a second pass
//! ([`crate::StreamOutcome::blank`]).
//!
//! Memory: the whole index, up to 8 MiB (some hours of film), twice while it is cleaned. Besides at most 65,536 ranges
//! (1 MiB) and 64 KiB.
//!
//! Not removed: data in the coded picture itself (SEI messages of H.264 and HEVC, user data of MPEG-4; they name
//! encoders and settings, as a rule no places), and the language of tracks.

mod boxes;
mod entries;
mod erase;
mod movie;
mod samples;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::hints;
use crate::outcome::{StreamCleaner, StreamOutcome};
use crate::removed::MetadataKind;

use self::boxes::Kind;
use self::movie::Movie;

/// Size of the largest index box.
const MAX_INDEX_BYTES: u64 = 8 << 20;
/// Size of the largest list of brands.
const MAX_BRANDS_BYTES: u64 = 1 << 10;
/// Bytes of a removed box that are kept to find out what it held.
const MAX_PEEK_BYTES: usize = 64 << 10;

enum State {
    /// Collects the header of a top-level box in `held`.
    Head,
    /// Passes this many bytes. `None`: to the end of the file.
    Pass(Option<u64>),
    /// Overwrites this many bytes with zeros. `None`: to the end of the file.
    Blank(Option<u64>),
    /// Collects a box in `held` until it has this size.
    Collect(Kind, Option<u64>),
    /// Passes everything, because something was not understood.
    Raw,
}

pub(super) struct Cleaner {
    state: State,
    held: Vec<u8>,
    /// The beginning of the box that is being blanked.
    peek: Vec<u8>,
    written: u64,
    movie: Movie,
}

impl Cleaner {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Head,
            held: Vec::new(),
            peek: Vec::new(),
            written: 0,
            movie: Movie::new(),
        }
    }

    fn emit(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(bytes);
        self.written += bytes.len() as u64;
    }

    fn emit_held(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        self.emit(&held, out);
    }

    fn give_up(&mut self, out: &mut Vec<u8>) {
        self.emit_held(out);
        self.state = State::Raw;
    }

    /// Consumes as much of the input as the current state can use. Returns the number of bytes.
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> usize {
        match self.state {
            State::Head => {
                let needed = if self.held.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
                let taken = input.len().min(needed - self.held.len());
                self.held.extend_from_slice(&input[..taken]);
                let long = self.held.len() == 8 && self.held.starts_with(&[0, 0, 0, 1]);
                if self.held.len() == needed && !long {
                    self.begin(out);
                }
                taken
            }
            State::Pass(left) => {
                let taken = available(input, left);
                self.emit(&input[..taken], out);
                self.state = remaining(left, taken).map_or(State::Head, State::Pass);
                taken
            }
            State::Blank(left) => {
                let taken = available(input, left);
                let room = MAX_PEEK_BYTES - self.peek.len();
                self.peek.extend_from_slice(&input[..taken.min(room)]);
                out.resize(out.len() + taken, 0);
                self.written += taken as u64;
                self.state = remaining(left, taken).map_or(State::Head, State::Blank);
                if matches!(self.state, State::Head) {
                    self.report_peek();
                }
                taken
            }
            State::Collect(kind, size) => {
                let held = self.held.len() as u64;
                let taken = available(input, Some(size.unwrap_or(MAX_INDEX_BYTES + 1) - held));
                self.held.extend_from_slice(&input[..taken]);
                let held = self.held.len() as u64;
                if Some(held) == size {
                    self.collected(kind, out);
                } else if held > MAX_INDEX_BYTES {
                    self.give_up(out);
                }
                taken
            }
            State::Raw => {
                self.emit(input, out);
                input.len()
            }
        }
    }

    /// Handles the complete header of a top-level box.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let Some(head) = boxes::Head::read(&self.held) else {
            return self.give_up(out);
        };
        let body = head.size.map(|size| size - head.length as u64);
        let fits = |largest: u64| head.size.is_none_or(|size| size <= largest);
        match &head.kind {
            b"mdat" | b"sidx" | b"ssix" | b"pdin" => {}
            b"ftyp" | b"styp" if fits(MAX_BRANDS_BYTES) => {}
            b"moov" | b"moof" | b"mfra" if fits(MAX_INDEX_BYTES) => {
                self.state = State::Collect(head.kind, head.size);
                if body == Some(0) {
                    self.collected(head.kind, out);
                }
                return;
            }
            b"ftyp" | b"styp" | b"moov" | b"moof" | b"mfra" => return self.give_up(out),
            _ => {
                self.held[4..8].copy_from_slice(b"free");
                self.peek.clear();
                self.peek.extend_from_slice(&head.kind);
                self.emit_held(out);
                self.state = if body == Some(0) {
                    State::Head
                } else {
                    State::Blank(body)
                };
                return;
            }
        }
        self.emit_held(out);
        self.state = if body == Some(0) {
            State::Head
        } else {
            State::Pass(body)
        };
    }

    fn collected(&mut self, kind: Kind, out: &mut Vec<u8>) {
        let mut new = self.held.clone();
        if self.movie.clean(kind, &mut new).is_some() {
            self.held = new;
            self.emit_held(out);
            self.state = State::Head;
        } else {
            self.give_up(out);
        }
    }

    /// Records what a blanked box held. Its kind stands first, and counts only if there are contents.
    fn report_peek(&mut self) {
        if self.peek[4..].iter().any(|byte| *byte != 0) {
            self.movie.removed.add(hints::scan(&self.peek));
        }
        self.peek.clear();
    }
}

impl StreamCleaner for Cleaner {
    fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let taken = self.step(input, out);
            input = &input[taken..];
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> StreamOutcome {
        match self.state {
            State::Collect(kind, None) => self.collected(kind, out),
            State::Collect(..) => self.give_up(out),
            State::Blank(_) => self.report_peek(),
            // Fewer bytes than a header belong to no box.
            State::Head => {
                if self.held.iter().any(|byte| *byte != 0) {
                    self.movie.removed.insert(MetadataKind::Other);
                }
                self.held.fill(0);
                self.emit_held(out);
            }
            State::Pass(_) | State::Raw => {}
        }
        StreamOutcome {
            cleaned: self.movie.found && !matches!(self.state, State::Raw),
            removed: self.movie.removed,
            blank: clip(std::mem::take(&mut self.movie.blank), self.written),
        }
    }
}

/// Sorts and joins ranges, and cuts them at the end of the output.
fn clip(mut ranges: Vec<Range<u64>>, end: u64) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        let range = range.start..range.end.min(end);
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ if range.is_empty() => {}
            _ => joined.push(range),
        }
    }
    joined
}

fn available(input: &[u8], left: Option<u64>) -> usize {
    left.map_or(input.len(), |left| {
        input.len().min(usize::try_from(left).unwrap_or(usize::MAX))
    })
}

/// Returns the rest of a box after `taken` bytes. `None`: the box is complete.
#[expect(
    clippy::option_option,
    reason = "the inner one is a box that goes on to the end of the file"
)]
fn remaining(left: Option<u64>, taken: usize) -> Option<Option<u64>> {
    match left {
        None => Some(None),
        Some(left) if left == taken as u64 => None,
        Some(left) => Some(Some(left - taken as u64)),
    }
}
