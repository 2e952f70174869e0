//! Voice notes and recordings.

use super::*;

const TOLD: &str = "-metadata title=ZENTINELA -metadata artist=ZENTINELA -metadata comment=ZENTINELA \
    -metadata date=2026 -metadata location=ZENTINELA";
const STRUCTURE: &[&str] = &[
    "MPEGAudioVersion",
    "AudioLayer",
    "AudioBitrate",
    "SampleRate",
    "ChannelMode",
    "MSStereo",
    "IntensityStereo",
    "CopyrightFlag",
    "OriginalMedia",
    "Emphasis",
    "VBRFrames",
    "VBRBytes",
    "VBRScale",
    "Encoder",
    "LameMethod",
    "LameBitrate",
    "LameLowPassFilter",
    "LameStereoMode",
    "LameQuality",
    "LameVBRQuality",
    "Composite:Duration",
    "Opus:OpusVersion",
    "OpusVersion",
    "AudioChannels",
    "OutputGain",
    "VorbisVersion",
    "MinBitrate",
    "MaxBitrate",
    "NominalBitrate",
    "Vendor",
    "BlockSizeMin",
    "BlockSizeMax",
    "FrameSizeMin",
    "FrameSizeMax",
    "Channels",
    "BitsPerSample",
    "TotalSamples",
    "MD5Signature",
    "TheoraVersion",
    "ImageWidth",
    "ImageHeight",
    "XOffset",
    "YOffset",
    "FrameRate",
    "PixelAspectRatio",
    "ColorSpace",
    "NominalVideoBitrate",
    "Quality",
    "PixelFormat",
];

/// Cleans a recording twice: as it is, and with data after its end.
fn check(bench: &Bench, name: &str, sound: &[u8], behind: &[u8]) -> StreamOutcome {
    let hidden = &[sound, behind].concat()[..];
    assert!(
        memchr::memmem::find(hidden, NEEDLE.as_bytes()).is_some(),
        "{name}: nothing was hidden"
    );
    bench.write(name, sound);
    let (clean, done) = stream(hidden);
    let cleaned = format!("clean-{name}");
    bench.write(&cleaned, &clean);
    assert_no_needle(name, &clean);
    bench.only(&cleaned, STRUCTURE);
    let tags = bench.tags(&cleaned);
    for (tag, neutral) in [("Encoder", "LAME"), ("Vendor", "-")] {
        for (_, value) in tags.iter().filter(|(name, _)| name.ends_with(&format!(":{tag}"))) {
            assert_eq!(value, neutral, "{name}: {tag}");
        }
    }
    let frames = |name: &str| {
        run(
            "ffmpeg",
            &[
                "-v", "error", "-i", name, "-map", "0:a?", "-map", "0:V?", "-f", "framemd5", "-",
            ],
            bench.0.path(),
        )
    };
    assert_eq!(
        String::from_utf8(frames(name)),
        String::from_utf8(frames(&cleaned)),
        "{name}"
    );
    assert_removed(
        done.removed,
        &[MetadataKind::Author, MetadataKind::Software, MetadataKind::Description],
    );
    done
}

#[test]
fn mp3_keeps_its_frames_and_plays_without_gaps() {
    let bench = Bench::new();
    bench.ffmpeg("-f lavfi -i testsrc=size=32x24 -frames:v 1", "cover.jpg");
    let cover = bench.path("cover.jpg");
    for (name, more) in [
        ("constant.mp3", "-b:a 64k -write_id3v1 1"),
        ("variable.mp3", "-q:a 4 -id3v2_version 3"),
    ] {
        let input = format!(
            "-f lavfi -i sine=sample_rate=44100 -i {} -map 0 -map 1",
            cover.display()
        );
        let song = bench.ffmpeg(
            &format!("{input} -t 2 -c:a libmp3lame -c:v copy {more} -disposition:v attached_pic {TOLD}"),
            name,
        );
        // A second tag, appended.
        let done = check(&bench, name, &song, b"ID3\x04\0\0\0\0\0\x0aZENTINELA!");
        assert_removed(done.removed, &[MetadataKind::Thumbnail]);
    }
}

#[test]
fn ogg_keeps_its_packets() {
    let bench = Bench::new();
    for (name, coded) in [
        ("note.opus", "-f lavfi -i sine -c:a libopus -b:a 24k"),
        ("song.ogg", "-f lavfi -i sine -c:a libvorbis"),
        ("flac.ogg", "-f lavfi -i sine -c:a flac"),
        ("speex.ogg", "-f lavfi -i sine=sample_rate=16000 -c:a libspeex"),
        (
            "film.ogg",
            "-f lavfi -i testsrc=size=64x48:rate=5 -f lavfi -i sine -c:v libtheora -c:a libvorbis",
        ),
    ] {
        // Long enough to fill pages of its own, except for ffmpeg's reader of Theora.
        let long = NEEDLE.repeat(if name == "film.ogg" { 3_000 } else { 8_000 });
        let long = format!("-metadata description={long}");
        let sound = bench.ffmpeg(&format!("{coded} -t 2 {TOLD} {long} -f ogg"), name);
        check(&bench, name, &sound, b"");
    }
}
