//! Reads EXIF blocks, and writes a block with the orientation only. Without it the picture would lie on its side.

use exif::{Context, Exif, In, Reader, Tag, Value};

use crate::removed::{MetadataKind, Removed};

/// The findings in an EXIF block.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct ExifFindings {
    /// The kinds of metadata that the block holds.
    pub(super) removed: Removed,
    /// 2 to 8, or `None` when the picture is upright.
    pub(super) orientation: Option<u8>,
}

/// Reads a block that begins with the TIFF header. Unreadable blocks count as [`MetadataKind::Other`].
pub(super) fn read(block: &[u8]) -> ExifFindings {
    let read = Reader::new().continue_on_error(true).read_raw(block.to_vec());
    let Ok(exif) = read.or_else(|error| error.distill_partial_result(|_| ())) else {
        return ExifFindings {
            removed: Removed::of(MetadataKind::Other),
            orientation: None,
        };
    };
    let mut findings = ExifFindings {
        removed: exif.fields().filter_map(|field| classify(field.tag)).collect(),
        orientation: orientation(&exif),
    };
    if exif.fields().any(|field| field.ifd_num == In::THUMBNAIL) {
        findings.removed.insert(MetadataKind::Thumbnail);
    }
    findings
}

fn orientation(exif: &Exif) -> Option<u8> {
    let field = exif.get_field(Tag::Orientation, In::PRIMARY)?;
    let value = match &field.value {
        Value::Short(values) => u32::from(*values.first()?),
        other => other.get_uint(0)?,
    };
    u8::try_from(value).ok().filter(|value| (2..=8).contains(value))
}

fn classify(tag: Tag) -> Option<MetadataKind> {
    Some(match tag {
        Tag(Context::Tiff, number) if structural(number) => return None,
        Tag(Context::Gps, _) => MetadataKind::Place,
        Tag::Make
        | Tag::Model
        | Tag::LensMake
        | Tag::LensModel
        | Tag::LensSpecification
        | Tag::LensSerialNumber
        | Tag::BodySerialNumber
        | Tag::MakerNote
        // Tags of DNG: model and serial number of the camera, host computer.
        | Tag(Context::Tiff, 0xc614 | 0xc62f | 0x013c) => MetadataKind::Device,
        // The author tag of Windows.
        Tag::Artist | Tag::Copyright | Tag::CameraOwnerName | Tag(Context::Tiff, 0x9c9d) => MetadataKind::Author,
        Tag::Software => MetadataKind::Software,
        Tag::DateTime
        | Tag::DateTimeOriginal
        | Tag::DateTimeDigitized
        | Tag::OffsetTime
        | Tag::OffsetTimeOriginal
        | Tag::OffsetTimeDigitized
        | Tag::SubSecTime
        | Tag::SubSecTimeOriginal
        | Tag::SubSecTimeDigitized => MetadataKind::Dates,
        Tag::JPEGInterchangeFormat => MetadataKind::Thumbnail,
        Tag::ImageDescription | Tag::UserComment | Tag(Context::Tiff, 0x9c9b..=0x9c9f) => MetadataKind::Description,
        Tag::Orientation
        | Tag::ExifVersion
        | Tag::FlashpixVersion
        | Tag::ComponentsConfiguration
        | Tag::ColorSpace
        | Tag::PixelXDimension
        | Tag::PixelYDimension => return None,
        _ => MetadataKind::Other,
    })
}

/// Returns true for tags of sizes, resolution and layout of samples.
const fn structural(number: u16) -> bool {
    matches!(
        number,
        0x100..=0x103 | 0x106 | 0x111 | 0x115..=0x117 | 0x11a..=0x11c | 0x128 | 0x202 | 0x211..=0x214 | 0x8769
    )
}

/// Makes a block with the orientation only (TIFF 6.0, big endian): one directory, one entry.
pub(super) const fn minimal(orientation: u8) -> [u8; 26] {
    [
        b'M',
        b'M',
        0,
        42,
        0,
        0,
        0,
        8, // header; the directory at 8
        0,
        1, // one entry
        0x01,
        0x12,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0, // Orientation, SHORT, one value
        0,
        0,
        0,
        0, // no other directory
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_read_back() {
        for orientation in 2..=8 {
            let findings = read(&minimal(orientation));
            assert_eq!(findings.orientation, Some(orientation));
            assert!(findings.removed.is_empty());
        }
        assert_eq!(read(&minimal(1)).orientation, None);
        assert_eq!(read(&minimal(9)).orientation, None);
        assert_eq!(read(b"no TIFF").removed, Removed::of(MetadataKind::Other));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            read(&rest);
            read(&[b"MM\0\x2a\0\0\0\x08\0\x02", &rest[..]].concat());
        }
    }
}
