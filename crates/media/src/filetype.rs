//! Detects the type of a file by its first bytes, never by its name.

use crate::mp3::frame;
use crate::words::words;

/// Number of bytes from the start of a file that [`FileType::detect`] looks at.
pub const HEAD_BYTES: usize = 4096;

/// The way in which a file is cleaned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handling {
    /// As a stream, with [`crate::stream_cleaner`].
    Stream,
    /// As a whole, with [`crate::clean_whole`], in a child process with limits.
    Whole,
    /// Not at all. The sender should be told.
    AsIs,
}

words! {
    /// The types of files that are told apart. Callers may store the word.
    FileType {
        Jpeg = "jpeg",
        Png = "png",
        Webp = "webp",
        Gif = "gif",
        Heic = "heic",
        Avif = "avif",
        Tiff = "tiff",
        Bmp = "bmp",
        Pdf = "pdf",
        Mp4 = "mp4",
        Mov = "mov",
        M4a = "m4a",
        Webm = "webm",
        Avi = "avi",
        Ogg = "ogg",
        Mp3 = "mp3",
        Wav = "wav",
        Flac = "flac",
        Aac = "aac",
        Amr = "amr",
        Docx = "docx",
        Xlsx = "xlsx",
        Pptx = "pptx",
        OpenDocument = "opendocument",
        Zip = "zip",
        /// Other archives: rar, 7z, gzip, tar and others.
        Archive = "archive",
        /// An Office document that carries macros.
        MacroDocument = "macro-document",
        /// Word, Excel and PowerPoint up to 2003, and other OLE containers. They may carry macros.
        OfficeOld = "office-old",
        Rtf = "rtf",
        Text = "text",
        Html = "html",
        Svg = "svg",
        Xml = "xml",
        /// Programs, scripts and installable packages.
        Executable = "executable",
        Unknown = "unknown",
    }
}

impl FileType {
    /// Detects the type from the first [`HEAD_BYTES`] bytes, or from all bytes if the file is shorter.
    pub fn detect(head: &[u8]) -> Self {
        by_signature(head)
            .or_else(|| by_infer(head))
            .or_else(|| by_text(head))
            .or_else(|| frame::starts_with_frames(head).then_some(Self::Mp3))
            .unwrap_or(Self::Unknown)
    }

    /// The media type for the file, or `application/octet-stream` if it could run.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Heic => "image/heic",
            Self::Avif => "image/avif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Pdf => "application/pdf",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::M4a => "audio/mp4",
            Self::Webm => "video/webm",
            Self::Avi => "video/x-msvideo",
            Self::Ogg => "audio/ogg",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Aac => "audio/aac",
            Self::Amr => "audio/amr",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::OpenDocument => "application/vnd.oasis.opendocument.text",
            Self::Zip => "application/zip",
            Self::Rtf => "application/rtf",
            Self::Text => "text/plain",
            Self::Html => "text/html",
            Self::Svg => "image/svg+xml",
            Self::Xml => "text/xml",
            // A file that can run is never served under its own type.
            Self::Archive | Self::MacroDocument | Self::OfficeOld | Self::Executable | Self::Unknown => {
                "application/octet-stream"
            }
        }
    }

    /// The extension for the name of a download, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Tiff => "tif",
            Self::OpenDocument => "odt",
            Self::MacroDocument => "docm",
            Self::OfficeOld => "doc",
            Self::Text => "txt",
            Self::Archive | Self::Executable | Self::Unknown => "bin",
            _ => self.as_str(),
        }
    }

    /// Returns true if opening the file can run code.
    pub const fn is_active(self) -> bool {
        matches!(
            self,
            Self::Html | Self::Svg | Self::Xml | Self::Rtf | Self::MacroDocument | Self::OfficeOld | Self::Executable
        )
    }

    /// The way in which files of this type are cleaned.
    pub const fn handling(self) -> Handling {
        match self {
            Self::Mp4 | Self::Mov | Self::M4a | Self::Ogg | Self::Mp3 => Handling::Stream,
            Self::Jpeg | Self::Png | Self::Webp | Self::Pdf | Self::Docx | Self::Xlsx => Handling::Whole,
            _ => Handling::AsIs,
        }
    }
}

/// Detects the types that have a cleaner, strictly. `infer` names the other types.
fn by_signature(head: &[u8]) -> Option<FileType> {
    let at = |start: usize, what: &[u8]| head.get(start..).is_some_and(|rest| rest.starts_with(what));
    Some(if at(0, b"\xff\xd8\xff") {
        FileType::Jpeg
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        FileType::Png
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        FileType::Webp
    } else if at(0, b"%PDF-") || (head.starts_with(b"\xef\xbb\xbf") && at(3, b"%PDF-")) {
        FileType::Pdf
    } else if at(0, b"OggS") {
        FileType::Ogg
    } else if at(0, b"ID3") {
        // FLAC and AAC may begin with ID3 too. The MP3 cleaner then reports that it does not understand the frames.
        FileType::Mp3
    } else if at(0, b"PK\x03\x04") {
        by_first_entry(head)
    } else if at(4, b"ftyp") {
        by_brand(head)
    } else if [b"moov", b"mdat", b"wide", b"pnot", b"skip", b"free"]
        .iter()
        .any(|name| at(4, &name[..]))
    {
        // QuickTime before 2001 had no `ftyp`.
        FileType::Mov
    } else if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        FileType::OfficeOld
    } else if at(0, b"#!AMR") {
        FileType::Amr
    } else if at(0, b"#!") || at(0, b"MZ") || at(0, b"\x7fELF") {
        FileType::Executable
    } else {
        return None;
    })
}

/// Detects ISO base media by the major brand, then by the compatible brands.
fn by_brand(head: &[u8]) -> FileType {
    let size = head
        .first_chunk()
        .map_or(0, |size| u32::from_be_bytes(*size) as usize)
        .clamp(12, head.len().max(12));
    let brands = head.get(8..size).unwrap_or_default();
    // The second word is a version, not a brand.
    let brands = brands.chunks_exact(4).enumerate().filter(|(place, _)| *place != 1);
    let types: Vec<FileType> = brands
        .filter_map(|(_, brand)| match brand {
            b"qt  " => Some(FileType::Mov),
            b"M4A " | b"M4B " | b"M4P " => Some(FileType::M4a),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some(FileType::Heic),
            b"avif" | b"avis" => Some(FileType::Avif),
            b"crx " => Some(FileType::Tiff),
            b"avc1" | b"dash" | b"mmp4" | b"MSNV" | b"M4V " => Some(FileType::Mp4),
            [b'i', b's', b'o', _] | [b'm', b'p', b'4', _] | [b'3', b'g', ..] | [b'c', b'm', b'f', _] => {
                Some(FileType::Mp4)
            }
            _ => None,
        })
        .collect();
    // Pictures come first: the cleaner of films would remove the index of a picture. AVIF is HEIF with another codec.
    let pictures = [FileType::Avif, FileType::Heic, FileType::Tiff];
    let picture = pictures.into_iter().find(|kind| types.contains(kind));
    picture.or(types.first().copied()).unwrap_or(FileType::Unknown)
}

/// Detects the kind of a ZIP archive by its first entry. [`crate::clean_whole`] looks closer.
fn by_first_entry(head: &[u8]) -> FileType {
    let name_length = head
        .get(26..28)
        .map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    let name = head.get(30..30 + name_length).unwrap_or_default();
    let holds = |what: &[u8]| head.windows(what.len()).any(|part| part == what);
    let office = [
        "[Content_Types].xml",
        "_rels/",
        "docProps/",
        "customXml/",
        "word/",
        "xl/",
        "ppt/",
    ];
    if name == b"mimetype" && holds(b"application/vnd.oasis.opendocument") {
        FileType::OpenDocument
    } else if name.starts_with(b"META-INF/") || name == b"AndroidManifest.xml" || name == b"classes.dex" {
        FileType::Executable
    } else if !office.iter().any(|start| name.starts_with(start.as_bytes())) {
        FileType::Zip
    } else if holds(b"ppt/") {
        FileType::Pptx
    } else if holds(b"xl/") {
        FileType::Xlsx
    } else {
        FileType::Docx
    }
}

fn by_infer(head: &[u8]) -> Option<FileType> {
    let found = infer::get(head)?;
    Some(match (found.matcher_type(), found.mime_type()) {
        (_, "image/gif") => FileType::Gif,
        (_, "image/heif") => FileType::Heic,
        (_, "image/avif") => FileType::Avif,
        (_, "image/tiff" | "image/x-canon-cr2") => FileType::Tiff,
        (_, "image/bmp") => FileType::Bmp,
        (_, "video/webm" | "video/x-matroska") => FileType::Webm,
        (_, "video/x-msvideo") => FileType::Avi,
        (_, "audio/x-wav") => FileType::Wav,
        (_, "audio/x-flac") => FileType::Flac,
        (_, "audio/amr") => FileType::Amr,
        // `infer` checks only 12 bits of sync here, and so would match frames of MPEG audio.
        (_, "audio/aac") if matches!(head, [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..]) => FileType::Aac,
        (_, "application/rtf") => FileType::Rtf,
        (_, "text/html" | "text/xml") => return by_text(head),
        (_, "application/vnd.debian.binary-package" | "application/x-rpm" | "text/x-shellscript") => {
            FileType::Executable
        }
        (infer::MatcherType::App, _) => FileType::Executable,
        (infer::MatcherType::Archive, _) => FileType::Archive,
        _ => return None,
    })
}

/// Detects text (no control characters) and markup (as a browser would sniff it).
fn by_text(head: &[u8]) -> Option<FileType> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text.to_owned(),
        // The head ends within a character, or the text is Latin-1.
        Err(_) if !head.contains(&0) => head.iter().map(|byte| char::from(*byte)).collect(),
        Err(_) => utf16(head)?,
    };
    if text.is_empty() || text.chars().any(|c| c.is_ascii_control() && !c.is_ascii_whitespace()) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let start = lower.trim_start_matches(['\u{feff}', 'ï', '»', '¿']).trim_start();
    let has = |tag: &str| lower.contains(tag);
    Some(if has("<svg") {
        FileType::Svg
    } else if ["<!doctype html", "<html", "<script", "<iframe", "<body", "<head"]
        .iter()
        .any(|tag| has(tag))
    {
        FileType::Html
    } else if start.starts_with("<?xml") || start.starts_with("<!doctype") {
        FileType::Xml
    } else if start.starts_with('<') {
        // A browser that sniffs types may show it as HTML.
        FileType::Html
    } else {
        FileType::Text
    })
}

fn utf16(head: &[u8]) -> Option<String> {
    let pairs = head.get(2..)?.chunks_exact(2);
    let units: Vec<u16> = match head {
        [0xff, 0xfe, ..] => pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
        [0xfe, 0xff, ..] => pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
        _ => return None,
    };
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_by_content() {
        let mut zip = b"PK\x03\x04".to_vec();
        zip.resize(26, 0);
        zip.extend(19_u16.to_le_bytes());
        zip.extend([0, 0]);
        zip.extend(b"[Content_Types].xml ... xl/workbook.xml");
        for (head, expected) in [
            (&b"\xff\xd8\xff\xe1rest"[..], FileType::Jpeg),
            (b"\0\0\0\x18ftypqt  \0\0\0\0qt  \0\0\0\0", FileType::Mov),
            (b"\0\0\0\x18ftypisom\0\0\x02\0isommp42", FileType::Mp4),
            (b"\0\0\0\x18ftypM4A \0\0\x02\0M4A isom", FileType::M4a),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", FileType::Heic),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mif1heic", FileType::Heic),
            (b"OggS\0\x02", FileType::Ogg),
            (b"%PDF-1.7\n", FileType::Pdf),
            (b"GIF89a......", FileType::Gif),
            (b"MZ\x90\0", FileType::Executable),
            (b"#!/bin/sh\n", FileType::Executable),
            (b" <!DOCTYPE html><p>", FileType::Html),
            (b"hola <script>alert(1)</script>", FileType::Html),
            (b"<?xml version='1.0'?><svg onload='x'/>", FileType::Svg),
            ("una denuncia sintética".as_bytes(), FileType::Text),
            (b"\xff\xfeh\0o\0l\0a\0", FileType::Text),
            (b"#!AMR\n", FileType::Amr),
            (b"PK\x03\x04", FileType::Zip),
            (&zip, FileType::Xlsx),
            (b"\x00\x01\x02\x03", FileType::Unknown),
            (b"", FileType::Unknown),
        ] {
            assert_eq!(FileType::detect(head), expected, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn what_can_run_is_never_cleaned_nor_named_by_its_type() {
        for kind in FileType::ALL.iter().filter(|kind| kind.is_active()) {
            assert_eq!(kind.handling(), Handling::AsIs, "{kind}");
        }
        assert_eq!(FileType::Executable.mime(), "application/octet-stream");
        assert!(!FileType::Pdf.is_active());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(head in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            FileType::detect(&head);
        }
    }
}
