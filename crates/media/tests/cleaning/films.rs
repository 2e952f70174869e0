//! Films: sizes, video and audio stay; everything else is removed.

use super::*;

const FILM: &str = "-f lavfi -i testsrc=size=160x120:rate=10 -f lavfi -i sine=frequency=440";
const CODED: &str = "-t 2 -c:v libx264 -preset ultrafast -c:a aac -b:a 64k";
const TOLD_BY_FFMPEG: &str = "-metadata title=ZENTINELA -metadata artist=ZENTINELA -metadata comment=ZENTINELA \
    -metadata location=-0.1800-095.5000/ -metadata creation_time=2026-01-02T03:04:05Z \
    -metadata:s:v handler_name=ZENTINELA -metadata:s:a handler_name=ZENTINELA";
const KEYS: &[&str] = &[
    "-Keys:GPSCoordinates=-0.18, -95.5",
    "-Keys:Make=SintéticaMarca ZENTINELA",
    "-Keys:Model=ZENTINELA",
    "-Keys:Software=ZENTINELA",
    "-Keys:Author=ZENTINELA",
    "-Keys:CreationDate=2026:01:02 03:04:05-05:00",
    "-XMP:Creator=ZENTINELA",
    "-UserData:GPSCoordinates=-0.18, -95.5",
    "-QuickTime:TrackCreateDate=2026:01:02 03:04:05",
];
const STRUCTURE: &[&str] = &[
    "MajorBrand",
    "MinorVersion",
    "CompatibleBrands",
    "MediaDataSize",
    "MediaDataOffset",
    "MovieHeaderVersion",
    "TimeScale",
    "Duration",
    "PreferredRate",
    "PreferredVolume",
    "MatrixStructure",
    "NextTrackID",
    "TrackHeaderVersion",
    "TrackID",
    "TrackLayer",
    "TrackVolume",
    "TrackDuration",
    "ImageWidth",
    "ImageHeight",
    "MediaHeaderVersion",
    "MediaTimeScale",
    "MediaDuration",
    "MediaLanguageCode",
    "HandlerType",
    "HandlerClass",
    "GraphicsMode",
    "OpColor",
    "Balance",
    "CompressorID",
    "SourceImageWidth",
    "SourceImageHeight",
    "XResolution",
    "YResolution",
    "BitDepth",
    "PixelAspectRatio",
    "ColorProfiles",
    "ColorPrimaries",
    "TransferCharacteristics",
    "MatrixCoefficients",
    "VideoFullRangeFlag",
    "VideoFrameRate",
    "AudioFormat",
    "AudioChannels",
    "AudioBitsPerSample",
    "AudioSampleRate",
    "BufferSize",
    "MaxBitrate",
    "AverageBitrate",
    "Composite:AvgBitrate",
    "Composite:Rotation",
    "PurchaseFileFormat",
    "MovieFragmentSequence",
    "FragmentSequence",
    "MaximumTrackDuration",
    // Tables and configurations, in binary.
    "MediaData",
    "Free",
    "AVCConfiguration",
    "HEVCConfiguration",
    "ChunkOffset",
    "SampleSizes",
    "SampleToChunk",
    "TimeToSampleTable",
    "SyncSampleTable",
    "SampleGroupDescription",
    "SampleToGroup",
    "CompositionTimeToSample",
    "IdependentAndDisposableSamples",
    "VideoFieldOrder",
    "LayoutFlags",
    "Unknown_mp4a",
    "Unknown_hvcC",
    "Unknown_free",
    "Unknown_edts",
    "Unknown_btrt",
    "Unknown_esds",
    "Unknown_alac",
    "Unknown_mfra",
    "Unknown_mvex",
    "Unknown_tfdt",
    "Unknown_tfhd",
    "Unknown_trun",
];
/// Tags at fixed offsets, which must be blank.
const BLANK: &[&str] = &[
    "CreateDate",
    "ModifyDate",
    "TrackCreateDate",
    "TrackModifyDate",
    "MediaCreateDate",
    "MediaModifyDate",
    "PreviewTime",
    "PreviewDuration",
    "PosterTime",
    "SelectionTime",
    "SelectionDuration",
    "CurrentTime",
    "VendorID",
    "HandlerVendorID",
    "HandlerDescription",
    "CompressorName",
];

fn check(bench: &Bench, name: &str, hidden: &[u8]) -> StreamOutcome {
    assert!(
        memchr::memmem::find(hidden, NEEDLE.as_bytes()).is_some(),
        "{name}: nothing was hidden"
    );
    bench.write(name, hidden);
    let (clean, done) = stream(hidden);
    assert_eq!(clean.len(), hidden.len());
    let cleaned = format!("clean-{name}");
    bench.write(&cleaned, &clean);
    assert_no_needle(name, &clean);
    let mut allowed = STRUCTURE.to_vec();
    allowed.extend(BLANK);
    bench.only(&cleaned, &allowed);
    for (tag, value) in bench.tags(&cleaned) {
        if BLANK.contains(&tag.split(':').next_back().unwrap()) && !tag.starts_with("System:") {
            let blank = value.trim_matches(['0', ':', ' ', 's', '.']).is_empty();
            assert!(blank, "{name}: {tag} is {value:?}");
        }
    }
    assert_eq!(bench.frames(name), bench.frames(&cleaned), "{name}");
    done
}

#[test]
fn phones_films_keep_picture_and_sound_only() {
    let bench = Bench::new();
    for (name, more) in [
        // With the index after the media, and before.
        ("film.mp4", ""),
        ("fast.mp4", "-movflags +faststart"),
        ("film.mov", "-movflags use_metadata_tags -timecode 01:02:03:04"),
    ] {
        bench.ffmpeg(&format!("{FILM} {CODED} {TOLD_BY_FFMPEG} {more}"), name);
        let film = bench.exiftool(KEYS, name);
        let done = check(&bench, name, &film);
        assert_removed(
            done.removed,
            &[
                MetadataKind::Place,
                MetadataKind::Device,
                MetadataKind::Author,
                MetadataKind::Software,
                MetadataKind::Dates,
            ],
        );
        // The time code.
        assert_eq!(done.blank.is_empty(), name != "film.mov", "{name}: {:?}", done.blank);
    }
}

#[test]
fn coordinates_in_subtitles_go_with_their_samples() {
    let bench = Bench::new();
    let text = "1\n00:00:00,000 --> 00:00:01,000\nZENTINELA GPS(-95.5,-0.18)\n\n2\n00:00:01,000 --> 00:00:02,000\nZENTINELA 2\n";
    let subtitles = bench.write("telemetry.srt", text.as_bytes());
    let subtitles = format!("-i {}", subtitles.display());
    for (name, more) in [("drone.mp4", ""), ("fast-drone.mp4", "-movflags +faststart")] {
        let film = bench.ffmpeg(
            &format!("{FILM} {subtitles} -map 0:v -map 1:a -map 2:s {CODED} -c:s mov_text {more}"),
            name,
        );
        let done = check(&bench, name, &film);
        assert!(!done.blank.is_empty());
        assert_removed(done.removed, &[MetadataKind::Place]);
    }
}

#[test]
fn fragments_rotation_and_sound_alone_are_kept() {
    let bench = Bench::new();
    let fragments = bench.ffmpeg(
        &format!("{FILM} {CODED} {TOLD_BY_FFMPEG} -movflags frag_keyframe+empty_moov+default_base_moof"),
        "fragments.mp4",
    );
    check(&bench, "fragments.mp4", &fragments);

    let hevc = bench.ffmpeg(
        &format!("{FILM} -t 1 -c:v libx265 -x265-params log-level=none -preset ultrafast -tag:v hvc1 -c:a alac -metadata title={NEEDLE}"),
        "hevc.mov",
    );
    // The encoder writes its settings into the configuration.
    let settings = |bytes: &[u8]| memchr::memmem::find_iter(bytes, b"x265 (build").count();
    check(&bench, "hevc.mov", &hevc);
    let clean = fs::read(bench.path("clean-hevc.mov")).unwrap();
    assert_eq!((settings(&hevc), settings(&clean)), (1, 0));

    bench.ffmpeg(&format!("{FILM} {CODED}"), "upright.mp4");
    let rotated = bench.ffmpeg(
        &format!(
            "-i {} -c copy -metadata:s:v rotate=90 -metadata title={NEEDLE}",
            bench.path("upright.mp4").display()
        ),
        "rotated.mp4",
    );
    check(&bench, "rotated.mp4", &rotated);
    let rotation = |name: &str| bench.tags(name).get("Composite:Rotation").cloned();
    assert_eq!(rotation("rotated.mp4"), rotation("clean-rotated.mp4"));

    bench.ffmpeg("-f lavfi -i testsrc=size=32x24 -frames:v 1", "cover.jpg");
    let song = bench.ffmpeg(
        &format!(
            "-f lavfi -i sine -i {} -map 0 -map 1 -t 1 -c:a aac -c:v copy -disposition:v attached_pic {TOLD_BY_FFMPEG}",
            bench.path("cover.jpg").display()
        ),
        "song.m4a",
    );
    bench.write("song.m4a", &song);
    let (clean, done) = stream(&song);
    bench.write("clean-song.m4a", &clean);
    assert_no_needle("song.m4a", &clean);
    assert_removed(
        done.removed,
        &[MetadataKind::Thumbnail, MetadataKind::Author, MetadataKind::Description],
    );
    let sound = |name: &str| {
        run(
            "ffmpeg",
            &["-v", "error", "-i", name, "-map", "0:a", "-f", "framemd5", "-"],
            bench.0.path(),
        )
    };
    assert_eq!(sound("song.m4a"), sound("clean-song.m4a"));
}
