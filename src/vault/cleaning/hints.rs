//! What metadata in text form tells, by its keys: XMP, QuickTime and iTunes keys, comments of Vorbis, ID3 frames.
//! Only for what the reporter is told; what goes is decided by allow lists elsewhere.

use memchr::memmem;

use crate::vault::cleaning::removed::{Removed, Trace};

const KEYS: &[(Trace, &[&str])] = &[
    (
        Trace::Place,
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
        Trace::Device,
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
        Trace::Author,
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
        Trace::Software,
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
        Trace::Dates,
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
        Trace::Thumbnail,
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
        Trace::Description,
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

/// So much is looked at.
const LIMIT: usize = 1 << 20;

/// What a block of metadata tells. [`Trace::Other`] if it says something, but nothing that is known here.
pub(super) fn of(block: &[u8]) -> Removed {
    let block = &block[..block.len().min(LIMIT)];
    let mut removed = Removed::NOTHING;
    for (trace, keys) in KEYS {
        // QuickTime's keys begin with byte 0xa9, which is no UTF-8; in the table it is written as U+FFFD.
        let found = keys.iter().any(|key| match key.strip_prefix('\u{fffd}') {
            Some(rest) => {
                let key: Vec<u8> = [b"\xa9", rest.as_bytes()].concat();
                memmem::find(block, &key).is_some()
            }
            None => memmem::find(block, key.as_bytes()).is_some(),
        });
        if found {
            removed.insert(*trace);
        }
    }
    if removed.is_empty() && block.iter().any(|byte| *byte != 0) {
        removed.insert(Trace::Other);
    }
    removed
}
