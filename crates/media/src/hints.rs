//! Guesses the kinds of metadata in a block by well-known keys: XMP, QuickTime, iTunes, Vorbis comments, ID3 frames.
//! The result is for the report to the sender only. Allow lists elsewhere decide what is removed.

use memchr::memmem;

use crate::removed::{MetadataKind, Removed};

/// Keys for each kind. QuickTime's keys begin with byte 0xa9, which is not UTF-8; here it is written as U+FFFD.
const KEYS: &[(MetadataKind, &[&str])] = &[
    (
        MetadataKind::Place,
        &[
            "exif:GPS",
            "location",
            "LOCATION",
            "\u{fffd}xyz",
            "loci",
            "photoshop:City",
            "photoshop:Country",
            "GeoTag",
            "geo_",
            "GPSLatitude",
            "gpmd",
            "camm",
        ],
    ),
    (
        MetadataKind::Device,
        &[
            "tiff:Make",
            "tiff:Model",
            "aux:SerialNumber",
            "aux:Lens",
            "exifEX:",
            "quicktime.make",
            "quicktime.model",
            "android.manufacturer",
            "android.model",
            "\u{fffd}mak",
            "\u{fffd}mod",
            "manu",
            "modl",
            "SamsungTrailer",
            "SEFT",
            "smta",
            "saut",
        ],
    ),
    (
        MetadataKind::Author,
        &[
            "dc:creator",
            "dc:rights",
            "photoshop:Credit",
            "quicktime.author",
            "quicktime.artist",
            "artist=",
            "ARTIST=",
            "Artist=",
            "\u{fffd}ART",
            "\u{fffd}aut",
            "aART",
            "cprt",
            "auth",
            "TPE1",
            "TPE2",
            "TCOM",
            "TCOP",
            "\u{fffd}wrt",
            "\u{fffd}cpy",
            "Artist",
            "Author",
        ],
    ),
    (
        MetadataKind::Software,
        &[
            "xmp:CreatorTool",
            "pdf:Producer",
            "x:xmptk",
            "quicktime.software",
            "android.version",
            "\u{fffd}too",
            "\u{fffd}swr",
            "\u{fffd}enc",
            "encoder=",
            "ENCODER=",
            "TSSE",
            "TENC",
            "Software",
            "software",
        ],
    ),
    (
        MetadataKind::Dates,
        &[
            "xmp:CreateDate",
            "xmp:ModifyDate",
            "photoshop:DateCreated",
            "creationdate",
            "\u{fffd}day",
            "date=",
            "DATE=",
            "TDRC",
            "TYER",
            "TDAT",
            "TDTG",
            "yrrc",
        ],
    ),
    (
        MetadataKind::Thumbnail,
        &[
            "xmp:Thumbnails",
            "covr",
            "thmb",
            "THMB",
            "APIC",
            "METADATA_BLOCK_PICTURE",
            "metadata_block_picture",
            "THUM",
        ],
    ),
    (
        MetadataKind::Description,
        &[
            "dc:title",
            "dc:description",
            "dc:subject",
            "title=",
            "TITLE=",
            "comment=",
            "COMMENT=",
            "DESCRIPTION=",
            "description",
            "\u{fffd}nam",
            "\u{fffd}cmt",
            "\u{fffd}des",
            "\u{fffd}lyr",
            "\u{fffd}inf",
            "titl",
            "dscp",
            "TIT2",
            "COMM",
            "USLT",
            "\u{fffd}alb",
            "TALB",
            "Title",
            "Comment",
            "keywords",
        ],
    ),
];

/// Bytes of a block that are searched.
const LIMIT: usize = 1 << 20;

/// Returns the kinds of metadata in a block. A block without known keys counts as [`MetadataKind::Other`].
pub(super) fn scan(block: &[u8]) -> Removed {
    let block = &block[..block.len().min(LIMIT)];
    let mut removed = Removed::NOTHING;
    for (kind, keys) in KEYS {
        let found = keys.iter().any(|key| match key.strip_prefix('\u{fffd}') {
            Some(rest) => {
                let key: Vec<u8> = [b"\xa9", rest.as_bytes()].concat();
                memmem::find(block, &key).is_some()
            }
            None => memmem::find(block, key.as_bytes()).is_some(),
        });
        if found {
            removed.insert(*kind);
        }
    }
    if removed.is_empty() && block.iter().any(|byte| *byte != 0) {
        removed.insert(MetadataKind::Other);
    }
    removed
}
