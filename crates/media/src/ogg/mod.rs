//! Cleans Ogg (RFC 3533) as a stream: Opus (RFC 7845), Vorbis, FLAC, Speex, Theora.
//!
//! The comment header of every stream becomes an empty one with a neutral vendor. Other metadata blocks of FLAC, such as
//! pictures, are removed. Pages of sound pass; their numbers change if the headers now fill fewer pages.
//!
//! Memory: one page (64 KiB). Until the headers are complete, also their pages and packets, at most 2 MiB each over all
//! streams.

mod codec;
mod page;
#[cfg(test)]
mod tests;

use crate::hints;
use crate::outcome::{StreamCleaner, StreamOutcome};
use crate::removed::{MetadataKind, Removed};

use self::codec::Codec;
use self::page::Page;

/// Number of streams that may be open at a time.
const MAX_STREAMS: usize = 16;
/// Number of headers of one stream. FLAC may have many.
const MAX_HEADERS: usize = 64;
/// Size of the header pages that are held, over all streams.
const MAX_HEADER_BYTES: usize = 2 << 20;

/// A logical stream.
struct Stream {
    serial: u32,
    codec: Codec,
    /// Header packets after the first. The last one may be incomplete.
    packets: Vec<Vec<u8>>,
    /// True if the last packet continues on the next page.
    open: bool,
    /// The original header pages, in case they are not understood.
    pages: Vec<u8>,
    headers_done: bool,
    /// The number of the next page in the input, and in the output.
    next_in: u32,
    next_out: u32,
}

pub(super) struct Cleaner {
    window: Vec<u8>,
    streams: Vec<Stream>,
    found: bool,
    raw: bool,
    removed: Removed,
}

impl Cleaner {
    pub(super) const fn new() -> Self {
        Self {
            window: Vec::new(),
            streams: Vec::new(),
            found: false,
            raw: false,
            removed: Removed::NOTHING,
        }
    }

    /// Passes all held bytes, in the order of the streams, and everything from now on.
    fn give_up(&mut self, out: &mut Vec<u8>) {
        for stream in self.streams.drain(..) {
            out.extend(stream.pages);
        }
        out.append(&mut self.window);
        self.raw = true;
    }

    fn page(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let mut page = Page::read(bytes)?;
        if page.is_first() {
            return self.begin(page, out);
        }
        let place = self.streams.iter().position(|stream| stream.serial == page.serial())?;
        let held: usize = self.streams.iter().map(|stream| stream.pages.len()).sum();
        let stream = &mut self.streams[place];
        if page.number() != stream.next_in {
            // Pages were lost before. The output keeps the gap.
            stream.next_out = stream.next_out.wrapping_add(page.number().wrapping_sub(stream.next_in));
            if !stream.headers_done {
                return None;
            }
        }
        stream.next_in = page.number().wrapping_add(1);
        let last = page.is_last();
        if stream.headers_done {
            page.set_number(stream.next_out);
            stream.next_out = stream.next_out.wrapping_add(1);
            out.extend(page.sealed());
        } else {
            if held + bytes.len() > MAX_HEADER_BYTES {
                return None;
            }
            stream.pages.extend_from_slice(bytes);
            self.removed.add(stream.header(&page, out)?);
        }
        if last {
            self.found |= stream.headers_done;
            let done = self.streams.remove(place);
            // The stream ends within its headers.
            return done.headers_done.then_some(());
        }
        self.found |= stream.headers_done;
        Some(())
    }

    fn begin(&mut self, mut page: Page, out: &mut Vec<u8>) -> Option<()> {
        let taken = self.streams.iter().any(|stream| stream.serial == page.serial());
        if taken || page.is_last() || self.streams.len() >= MAX_STREAMS {
            return None;
        }
        let codec = Codec::detect(page.body())?;
        let number = page.number();
        codec.neutral_first(page.body_mut());
        self.streams.push(Stream {
            serial: page.serial(),
            codec,
            packets: Vec::new(),
            open: false,
            pages: Vec::new(),
            headers_done: false,
            next_in: number.wrapping_add(1),
            next_out: number.wrapping_add(1),
        });
        out.extend(page.sealed());
        Some(())
    }

    fn process(&mut self, out: &mut Vec<u8>) {
        let window = std::mem::take(&mut self.window);
        let mut at = 0;
        while let Some(length) = page::length(&window[at..]) {
            let Some(bytes) = length.and_then(|length| window.get(at..at + length)) else {
                break;
            };
            if self.page(bytes, out).is_none() {
                self.window = window[at..].to_vec();
                return self.give_up(out);
            }
            at += bytes.len();
        }
        self.window = window[at..].to_vec();
        if page::length(&self.window).is_none() {
            self.give_up(out);
        }
    }
}

impl Stream {
    /// Takes a page of headers. Writes the new headers when they are complete.
    fn header(&mut self, page: &Page, out: &mut Vec<u8>) -> Option<Removed> {
        if page.continues() != self.open {
            return None;
        }
        let wanted = self.codec.later_headers();
        for (part, complete) in page.packets() {
            if !self.open {
                if self.done(wanted) {
                    // The formats forbid sound on a page of headers, and no encoder writes it.
                    return None;
                }
                if self.packets.len() == MAX_HEADERS {
                    return None;
                }
                self.packets.push(Vec::new());
            }
            self.packets.last_mut()?.extend_from_slice(part);
            self.open = !complete;
        }
        if self.open || !self.done(wanted) {
            return Some(Removed::NOTHING);
        }
        let new = self.codec.clean_headers(&self.packets)?;
        let mut removed = Removed::NOTHING;
        let old = self
            .packets
            .iter()
            .zip(new.iter().map(Some).chain(std::iter::repeat(None)));
        for (packet, _) in old.filter(|(packet, new)| Some(*packet) != *new) {
            // The vendor names the encoder.
            removed.insert(MetadataKind::Software);
            if self.codec.holds_comments(packet) {
                removed.add(hints::scan(packet));
            }
        }
        for page in page::lay_out(self.serial, self.next_out, &new) {
            out.extend(page);
            self.next_out = self.next_out.wrapping_add(1);
        }
        self.packets = Vec::new();
        self.pages = Vec::new();
        self.headers_done = true;
        Some(removed)
    }

    /// Returns true if all wanted headers are complete, or if the last header is marked as such.
    fn done(&self, wanted: Option<usize>) -> bool {
        match wanted {
            Some(wanted) => self.packets.len() == wanted,
            None => self.packets.last().is_some_and(|packet| codec::is_last_block(packet)),
        }
    }
}

impl StreamCleaner for Cleaner {
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for piece in input.chunks(page::MAX_PAGE_BYTES) {
            if self.raw {
                out.extend_from_slice(piece);
            } else {
                self.window.extend_from_slice(piece);
                self.process(out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> StreamOutcome {
        if self.streams.iter().all(|stream| stream.headers_done) {
            // A page of sound that is cut short passes.
            out.append(&mut self.window);
        } else {
            self.give_up(out);
        }
        StreamOutcome {
            cleaned: self.found && !self.raw,
            removed: self.removed,
            blank: Vec::new(),
        }
    }
}
