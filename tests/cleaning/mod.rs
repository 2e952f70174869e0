//! Files made by the usual programs, with everything hidden in them that these can hide; what is left after cleaning
//! is read by exiftool, and what can be seen and heard is compared by ffmpeg. Both come from `scripts/setup.sh`.

mod documents;
mod films;
mod pictures;
mod sound;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sigilo::vault::cleaning::{self, Done, FileType, HEAD, Removed, Trace};
use tempfile::TempDir;

/// Stands in everything that is hidden.
const NEEDLE: &str = "ZENTINELA";

/// Hidden in every file that exiftool can write to. An invented camera, a place in the sea.
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

    /// Makes a file: the name comes last.
    fn ffmpeg(&self, arguments: &str, name: &str) -> Vec<u8> {
        let path = self.path(name);
        let mut all = vec!["-v", "error", "-y", "-bitexact"];
        all.extend(arguments.split_whitespace());
        all.push(path.to_str().unwrap());
        run("ffmpeg", &all, self.0.path());
        fs::read(path).unwrap()
    }

    /// Writes tags into a file that is there.
    fn exiftool<S: AsRef<OsStr>>(&self, tags: &[S], name: &str) -> Vec<u8> {
        let path = self.path(name);
        let mut all: Vec<&OsStr> = vec!["-q".as_ref(), "-q".as_ref(), "-overwrite_original".as_ref()];
        all.extend(tags.iter().map(AsRef::as_ref));
        all.push(path.as_os_str());
        run("exiftool", &all, self.0.path());
        fs::read(path).unwrap()
    }

    /// Every tag that exiftool finds, embedded ones too, as "Group:Tag".
    fn tags(&self, name: &str) -> BTreeMap<String, String> {
        let arguments = ["-a", "-u", "-ee", "-G1", "-j", "-api", "largefilesupport=1", name];
        let json = run("exiftool", &arguments, self.0.path());
        let mut all: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_slice(&json).unwrap();
        let tags = all.pop().unwrap().into_iter();
        tags.map(|(tag, value)| (tag, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect()
    }

    /// What is left: no tag but these, "Group:Tag" or "Tag" of any group, and nothing about the file's own name.
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

    /// Checksums of every decoded frame of picture and sound; decoding must not complain.
    fn frames(&self, name: &str) -> String {
        let arguments = [
            "-v", "error", "-i", name, "-map", "0:v?", "-map", "0:a?", "-f", "framemd5", "-",
        ];
        String::from_utf8(run("ffmpeg", &arguments, self.0.path())).unwrap()
    }
}

/// Runs a program that must be there, must succeed, and must not complain.
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

/// Cleans a stream as the server does: in pieces, and with zeros afterwards where they are asked for.
fn stream(bytes: &[u8]) -> (Vec<u8>, Done) {
    let kind = FileType::tell(&bytes[..bytes.len().min(HEAD)]);
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
    let kind = FileType::tell(&bytes[..bytes.len().min(HEAD)]);
    let cleaned = cleaning::clean_whole(kind, bytes).unwrap();
    assert_eq!(cleaned.kind, kind);
    (cleaned.bytes, cleaned.removed)
}

/// The needle in UTF-8 and in both kinds of UTF-16.
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

fn assert_told(removed: Removed, traces: &[Trace]) {
    for trace in traces {
        assert!(removed.contains(*trace), "{trace} is not told: {removed:?}");
    }
}
