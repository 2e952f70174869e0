//! ISO base media (ISO/IEC 14496-12) and QuickTime: MP4, MOV, M4A, while they go by.
//!
//! No size ever changes, so that the offsets of samples stay true whether the index (`moov`) stands before or after
//! the media (`mdat`): what goes becomes a `free` box of zeros. Tracks that are neither picture nor sound (GPS,
//! sensors, time codes, chapters, subtitles that drones fill with coordinates) go whole; their samples may have gone
//! by already, so their places are given for a second pass ([`super::Done::blank`]).
//!
//! Memory: the index is held whole, up to 8 MiB (some hours of film), twice while it is cleaned; at most 65,536 ranges
//! (1 MiB); else 64 KiB.
//!
//! What stays: whatever an encoder wrote into the coded picture itself (SEI messages of H.264 and HEVC, user data of
//! MPEG-4: names and settings of encoders, as a rule no places), and the language of tracks.

mod boxes;
mod entries;
mod movie;
mod samples;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::vault::cleaning::removed::Trace;
use crate::vault::cleaning::{Done, StreamCleaner, hints};

use self::boxes::Kind;
use self::movie::Movie;

/// The largest box that is held.
const LARGEST_INDEX: u64 = 8 << 20;
/// The largest list of brands.
const LARGEST_BRANDS: u64 = 1 << 10;
/// So much of a box that goes is kept to tell what it was.
const LARGEST_PEEK: usize = 64 << 10;

enum State {
    /// Collecting the header of a box of the top level in `held`.
    Head,
    /// So many bytes pass; `None`: to the end.
    Pass(Option<u64>),
    /// So many bytes become zeros.
    Blank(Option<u64>),
    /// Collecting a box in `held` until it has this size.
    Collect(Kind, Option<u64>),
    /// Something was not understood: all passes.
    Raw,
}

pub(super) struct Cleaner {
    state: State,
    held: Vec<u8>,
    /// The beginning of what is being blanked.
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

    /// Takes what the present state can use of the input; returns how much.
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
                let taken = most(input, left);
                self.emit(&input[..taken], out);
                self.state = less(left, taken).map_or(State::Head, State::Pass);
                taken
            }
            State::Blank(left) => {
                let taken = most(input, left);
                let room = LARGEST_PEEK - self.peek.len();
                self.peek.extend_from_slice(&input[..taken.min(room)]);
                out.resize(out.len() + taken, 0);
                self.written += taken as u64;
                self.state = less(left, taken).map_or(State::Head, State::Blank);
                if matches!(self.state, State::Head) {
                    self.tell_peek();
                }
                taken
            }
            State::Collect(kind, size) => {
                let held = self.held.len() as u64;
                let taken = most(input, Some(size.unwrap_or(LARGEST_INDEX + 1) - held));
                self.held.extend_from_slice(&input[..taken]);
                let held = self.held.len() as u64;
                if Some(held) == size {
                    self.collected(kind, out);
                } else if held > LARGEST_INDEX {
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

    /// The header of a box of the top level is complete.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let Some(head) = boxes::Head::read(&self.held) else {
            return self.give_up(out);
        };
        let body = head.size.map(|size| size - head.length as u64);
        let fits = |largest: u64| head.size.is_none_or(|size| size <= largest);
        match &head.kind {
            b"mdat" | b"sidx" | b"ssix" | b"pdin" => {}
            b"ftyp" | b"styp" if fits(LARGEST_BRANDS) => {}
            b"moov" | b"moof" | b"mfra" if fits(LARGEST_INDEX) => {
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

    /// What was in a box that became zeros. Its kind stands first, and counts only with contents.
    fn tell_peek(&mut self) {
        if self.peek[4..].iter().any(|byte| *byte != 0) {
            self.movie.removed.add(hints::of(&self.peek));
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

    fn finish(&mut self, out: &mut Vec<u8>) -> Done {
        match self.state {
            State::Collect(kind, None) => self.collected(kind, out),
            State::Collect(..) => self.give_up(out),
            State::Blank(_) => self.tell_peek(),
            // Fewer bytes than a header: they belong to nothing.
            State::Head => {
                if self.held.iter().any(|byte| *byte != 0) {
                    self.movie.removed.insert(Trace::Other);
                }
                self.held.fill(0);
                self.emit_held(out);
            }
            State::Pass(_) | State::Raw => {}
        }
        Done {
            cleaned: self.movie.found && !matches!(self.state, State::Raw),
            removed: self.movie.removed,
            blank: clip(std::mem::take(&mut self.movie.blank), self.written),
        }
    }
}

/// Sorted, joined, and nothing beyond the end.
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

fn most(input: &[u8], left: Option<u64>) -> usize {
    left.map_or(input.len(), |left| {
        input.len().min(usize::try_from(left).unwrap_or(usize::MAX))
    })
}

/// What is left after so many bytes; `None`: the box is done.
#[expect(
    clippy::option_option,
    reason = "the inner one is a box that goes on to the end of the file"
)]
fn less(left: Option<u64>, taken: usize) -> Option<Option<u64>> {
    match left {
        None => Some(None),
        Some(left) if left == taken as u64 => None,
        Some(left) => Some(Some(left - taken as u64)),
    }
}
