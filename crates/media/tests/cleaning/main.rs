//! Cleans files of the usual programs, with all metadata that these programs can hide in them. exiftool reads the
//! remaining metadata; ffmpeg compares picture and sound. `scripts/setup.sh` installs both.

mod documents;
mod films;
mod pictures;
mod sound;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sigilo_media::{self as cleaning, FileType, HEAD_BYTES, MetadataKind, Removed, StreamOutcome};
use tempfile::TempDir;

/// Word in all hidden metadata.
const NEEDLE: &str = "ZENTINELA";

/// Metadata for every file that exiftool can write to: an invented camera, a place in the sea.
const HIDDEN: &[&str] = &[
    "-EXIF:Make=SintéticaMarca ZENTINELA",
    "-EXIF:Model=Modelo ZENTINELA",
    "-EXIF:SerialNumber=ZENTINELA-1",
    "-EXIF:Artist=ZENTINELA autora",
    "-EXIF:Software=ZENTINELA 1.0",
    "-EXIF:DateTimeOriginal=2026:01:02 03:04:05",
    "-EXIF:ImageDescription=ZENTINELA imagen",
    "-EXIF:GPSLatitude=0.18",
    "-EXIF:GPSLatitudeRef=S",
    "-EXIF:GPSLongitude=95.5",
    "-EXIF:GPSLongitudeRef=W",
    "-XMP:Creator=ZENTINELA",
    "-XMP:CreatorTool=ZENTINELA",
    "-XMP-exif:GPSLatitude=-0.18",
];

/// A folder for one test.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Makes a file. Its name is the last argument.
    fn ffmpeg(&self, arguments: &str, name: &str) -> Vec<u8> {
        let path = self.path(name);
        let mut all = vec!["-v", "error", "-y", "-bitexact"];
        all.extend(arguments.split_whitespace());
        all.push(path.to_str().unwrap());
        run("ffmpeg", &all, self.0.path());
        fs::read(path).unwrap()
    }

    /// Writes tags into an existing file.
    fn exiftool<S: AsRef<OsStr>>(&self, tags: &[S], name: &str) -> Vec<u8> {
        let path = self.path(name);
        let mut all: Vec<&OsStr> = vec!["-q".as_ref(), "-q".as_ref(), "-overwrite_original".as_ref()];
        all.extend(tags.iter().map(AsRef::as_ref));
        all.push(path.as_os_str());
        run("exiftool", &all, self.0.path());
        fs::read(path).unwrap()
    }

    /// Returns all tags that exiftool finds, also embedded ones, as "Group:Tag".
    fn tags(&self, name: &str) -> BTreeMap<String, String> {
        let arguments = ["-a", "-u", "-ee", "-G1", "-j", "-api", "largefilesupport=1", name];
        let json = run("exiftool", &arguments, self.0.path());
        let mut all: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_slice(&json).unwrap();
        let tags = all.pop().unwrap().into_iter();
        tags.map(|(tag, value)| (tag, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect()
    }

    /// Asserts that no tags remain except these ("Group:Tag", or "Tag" of any group) and those of the file itself.
    fn only(&self, name: &str, allowed: &[&str]) {
        let always = [
            "SourceFile",
            "ExifToolVersion",
            "FileType",
            "FileTypeExtension",
            "MIMEType",
            "Composite:ImageSize",
            "Composite:Megapixels",
        ];
        let mut left = self.tags(name);
        left.retain(|tag, _| {
            let short = tag.split(':').next_back().unwrap();
            let known = |list: &[&str]| list.contains(&tag.as_str()) || list.contains(&short);
            !tag.starts_with("System:") && !known(&always) && !known(allowed)
        });
        assert!(left.is_empty(), "{name}: {left:#?}");
    }

    /// Returns checksums of every decoded frame of video and audio. Decoding must not complain.
    fn frames(&self, name: &str) -> String {
        let arguments = [
            "-v", "error", "-i", name, "-map", "0:v?", "-map", "0:a?", "-f", "framemd5", "-",
        ];
        String::from_utf8(run("ffmpeg", &arguments, self.0.path())).unwrap()
    }
}

/// Runs a program. It must be installed, succeed, and not complain.
fn run<S: AsRef<OsStr>>(program: &str, arguments: &[S], folder: &Path) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/setup.sh installs it"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{program}: {complaint}"
    );
    output.stdout
}

/// Cleans a stream as the server does: in pieces, and with zeros over the blank ranges.
fn stream(bytes: &[u8]) -> (Vec<u8>, StreamOutcome) {
    let kind = FileType::detect(&bytes[..bytes.len().min(HEAD_BYTES)]);
    let mut cleaner = cleaning::stream_cleaner(kind).unwrap_or_else(|| panic!("{kind} has no cleaner"));
    let mut out = Vec::new();
    for piece in bytes.chunks(10_007) {
        cleaner.push(piece, &mut out);
    }
    let done = cleaner.finish(&mut out);
    for range in &done.blank {
        out[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].fill(0);
    }
    assert!(done.cleaned, "{kind}: {done:?}");
    (out, done)
}

fn whole(bytes: &[u8]) -> (Vec<u8>, Removed) {
    let kind = FileType::detect(&bytes[..bytes.len().min(HEAD_BYTES)]);
    let cleaned = cleaning::clean_whole(kind, bytes).unwrap();
    assert_eq!(cleaned.kind, kind);
    (cleaned.bytes, cleaned.removed)
}

/// Asserts that the needle is absent in UTF-8 and in both kinds of UTF-16.
fn assert_no_needle(what: &str, bytes: &[u8]) {
    assert_not_within(what, bytes, NEEDLE);
    assert_not_within(what, bytes, "tica");
}

fn assert_not_within(what: &str, bytes: &[u8], needle: &str) {
    let wide = |order: fn(u16) -> [u8; 2]| needle.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for form in [
        needle.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        let place = memchr::memmem::find(bytes, &form);
        assert!(place.is_none(), "{what}: {needle} at {place:?}");
    }
}

fn assert_removed(removed: Removed, kinds: &[MetadataKind]) {
    for kind in kinds {
        assert!(removed.contains(*kind), "{kind} is missing: {removed:?}");
    }
}
