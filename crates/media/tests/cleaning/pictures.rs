//! Photos and drawings.

use super::*;

const PICTURE: &str = "-f lavfi -i testsrc=size=160x120 -frames:v 1";
/// Tags that a picture may keep.
const STRUCTURE: &[&str] = &[
    "ImageWidth",
    "ImageHeight",
    "EncodingProcess",
    "BitsPerSample",
    "BitDepth",
    "ColorComponents",
    "ColorType",
    "Compression",
    "Filter",
    "Interlace",
    "YCbCrSubSampling",
    "ExifByteOrder",
    "JFIF:JFIFVersion",
    "JFIF:ResolutionUnit",
    "JFIF:XResolution",
    "JFIF:YResolution",
    "IFD0:Orientation",
    "PNG-pHYs:PixelsPerUnitX",
    "PNG-pHYs:PixelsPerUnitY",
    "PNG-pHYs:PixelUnits",
    "PNG:AnimationFrames",
    "PNG:AnimationPlays",
    "RIFF:VP8Version",
    "RIFF:HorizontalScale",
    "RIFF:VerticalScale",
    "RIFF:WebP_Flags",
];
const TOLD: &[MetadataKind] = &[
    MetadataKind::Place,
    MetadataKind::Device,
    MetadataKind::Author,
    MetadataKind::Software,
    MetadataKind::Dates,
    MetadataKind::Description,
];

/// A colour profile with a description (ICC.1: header, one tag).
fn profile(bench: &Bench) -> PathBuf {
    let text = format!("text\0\0\0\0{NEEDLE} perfil\0");
    let mut bytes = vec![0; 128];
    bytes[8..12].copy_from_slice(&[2, 0x40, 0, 0]);
    bytes[12..24].copy_from_slice(b"mntrRGB XYZ ");
    bytes[36..40].copy_from_slice(b"acsp");
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(b"cprt");
    bytes.extend(144_u32.to_be_bytes());
    bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    bytes.extend(text.as_bytes());
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bench.write("profile.icc", &bytes)
}

/// Cleans a picture with data after its end. `plain` looks the same, and ffmpeg can read it.
fn check(bench: &Bench, name: &str, [plain, picture, behind]: [&[u8]; 3], orientation: Option<&str>) -> Removed {
    let hidden = &[picture, behind].concat()[..];
    assert!(
        memchr::memmem::find(hidden, NEEDLE.as_bytes()).is_some(),
        "{name}: nothing was hidden"
    );
    bench.write(name, plain);
    let (clean, removed) = whole(hidden);
    let cleaned = format!("clean-{name}");
    bench.write(&cleaned, &clean);
    assert_no_needle(name, &clean);
    bench.only(&cleaned, STRUCTURE);
    let tags = bench.tags(&cleaned);
    assert_eq!(tags.get("IFD0:Orientation").map(String::as_str), orientation, "{name}");
    assert_eq!(bench.frames(name), bench.frames(&cleaned), "{name}");
    removed
}

#[test]
fn a_photo_keeps_its_picture_and_stays_upright() {
    let bench = Bench::new();
    bench.ffmpeg("-f lavfi -i testsrc=size=32x24 -frames:v 1", "thumbnail.jpg");
    bench.ffmpeg(PICTURE, "photo.jpg");
    let profile = format!("-ICC_Profile<={}", profile(&bench).display());
    let mut tags = HIDDEN.to_vec();
    tags.extend([
        "-Orientation#=6",
        "-IPTC:Keywords=ZENTINELA",
        "-Comment=ZENTINELA",
        "-ThumbnailImage<=thumbnail.jpg",
        "-Photoshop:PhotoshopQuality=5",
        "-EXIF:UserComment=ZENTINELA comentario",
    ]);
    tags.push(&profile);
    let photo = bench.exiftool(&tags, "photo.jpg");
    // A second picture after the end, as phones append it.
    let mut behind = fs::read(bench.path("thumbnail.jpg")).unwrap();
    behind.extend(NEEDLE.as_bytes());
    let removed = check(&bench, "photo.jpg", [&photo, &photo, &behind], Some("Rotate 90 CW"));
    assert_removed(removed, TOLD);
    assert_removed(removed, &[MetadataKind::Thumbnail]);
}

#[test]
fn drawings_keep_their_picture_and_stay_upright() {
    let bench = Bench::new();
    let profile = format!("-ICC_Profile<={}", profile(&bench).display());
    for (name, arguments) in [
        ("drawing.png", PICTURE),
        ("moving.png", "-f lavfi -i testsrc=size=64x48:rate=5 -t 1 -f apng"),
        ("drawing.webp", PICTURE),
    ] {
        let plain = bench.ffmpeg(arguments, name);
        let mut tags = HIDDEN.to_vec();
        tags.extend(["-Orientation#=8", &profile]);
        if name.ends_with("png") {
            tags.extend([
                "-PNG:Comment=ZENTINELA",
                "-PNG:Author=ZENTINELA",
                "-PNG:ModifyDate=2026:01:02 03:04:05",
            ]);
        }
        let drawing = bench.exiftool(&tags, name);
        let removed = check(
            &bench,
            name,
            [&plain, &drawing, NEEDLE.as_bytes()],
            Some("Rotate 270 CW"),
        );
        assert_removed(removed, TOLD);
        assert_removed(removed, &[MetadataKind::Revisions]);
    }
}

#[test]
fn a_moving_webp_keeps_its_frames() {
    let bench = Bench::new();
    bench.ffmpeg("-f lavfi -i testsrc=size=64x48:rate=5 -t 1 -loop 0", "moving.webp");
    let moving = bench.exiftool(HIDDEN, "moving.webp");
    let (clean, removed) = whole(&moving);
    assert_no_needle("moving.webp", &clean);
    assert_removed(removed, &[MetadataKind::Place]);
    bench.write("clean.webp", &clean);
    let frames = |name: &str| {
        (
            bench.tags(name).get("RIFF:FrameCount").cloned(),
            bench.tags(name).get("RIFF:Duration").cloned(),
        )
    };
    assert_eq!(frames("moving.webp"), frames("clean.webp"));
    let count = |bytes: &[u8]| memchr::memmem::find_iter(bytes, b"ANMF").count();
    assert_eq!((count(&moving), count(&clean)), (5, 5));
}
