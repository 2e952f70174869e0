//! One function for every format that is cleaned. `cargo fuzz` feeds them from `fuzz_targets/`. The test suite compiles
//! this file too, and feeds them the corpus and mutations of it, so that none of them can rot.
//!
//! A target fails by a panic.

#![allow(dead_code, reason = "each binary of the fuzzer uses one of them")]

use sigilo_media::{FileType, HEAD_BYTES, clean_whole, stream_cleaner};

/// A target takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All targets, by the names of their binaries and of their folders in `corpus/`.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("filetype", filetype),
    ("jpeg", jpeg),
    ("png", png),
    ("webp", webp),
    ("pdf", pdf),
    ("office", office),
    ("isobmff", isobmff),
    ("ogg", ogg),
    ("mp3", mp3),
];

pub(crate) fn filetype(data: &[u8]) {
    let _ = FileType::detect(&data[..data.len().min(HEAD_BYTES)]);
}

/// Checks that cleaned files can be cleaned again.
fn whole(kind: FileType, data: &[u8]) {
    if let Ok(cleaned) = clean_whole(kind, data) {
        let again = clean_whole(cleaned.kind, &cleaned.bytes);
        assert!(again.is_ok(), "{again:?}");
    }
}

pub(crate) fn jpeg(data: &[u8]) {
    whole(FileType::Jpeg, data);
}

pub(crate) fn png(data: &[u8]) {
    whole(FileType::Png, data);
}

pub(crate) fn webp(data: &[u8]) {
    whole(FileType::Webp, data);
}

pub(crate) fn pdf(data: &[u8]) {
    let _ = clean_whole(FileType::Pdf, data);
}

pub(crate) fn office(data: &[u8]) {
    let _ = clean_whole(FileType::Zip, data);
}

/// Checks that the output does not depend on the size of the input's pieces.
fn stream(kind: FileType, data: &[u8]) {
    let run = |piece: usize| {
        let mut cleaner = stream_cleaner(kind).expect("it has a cleaner");
        let mut out = Vec::new();
        for piece in data.chunks(piece) {
            cleaner.push(piece, &mut out);
        }
        let done = cleaner.finish(&mut out);
        (out, done)
    };
    let at_once = run(data.len().max(1));
    assert!(at_once == run(13), "pieces make a difference");
    for range in &at_once.1.blank {
        assert!(
            range.end <= at_once.0.len() as u64 && range.start <= range.end,
            "{range:?}"
        );
    }
}

pub(crate) fn isobmff(data: &[u8]) {
    for kind in [FileType::Mp4, FileType::Mov, FileType::M4a] {
        stream(kind, data);
    }
}

pub(crate) fn ogg(data: &[u8]) {
    stream(FileType::Ogg, data);
}

pub(crate) fn mp3(data: &[u8]) {
    stream(FileType::Mp3, data);
}
