use super::*;

/// 128 kbit/s at 44.1 kHz: 417 bytes.
fn frame(fill: u8) -> Vec<u8> {
    let mut frame = vec![fill; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x64]);
    frame
}

fn small() -> Vec<u8> {
    let mut info = frame(0);
    info[36..40].copy_from_slice(b"Info");
    info[43] = 15;
    info[156..165].copy_from_slice(b"SECRETO12");
    info[177] = 7;
    let mut file = b"ID3\x04\0\0\0\0\0\x12TPE1\0\0\0\x08\0\0\0SECRETO".to_vec();
    file.extend(info);
    for fill in 1..4 {
        file.extend(frame(fill));
    }
    let mut ape = b"APETAGEX".to_vec();
    ape.extend(2000_u32.to_le_bytes());
    ape.extend(39_u32.to_le_bytes());
    ape.extend(1_u32.to_le_bytes());
    ape.extend((1_u32 << 31 | 1 << 29).to_le_bytes());
    ape.extend([0; 8]);
    file.extend(&ape);
    file.extend(b"SECRETO");
    file.extend(&ape[..20]);
    file.extend((1_u32 << 31).to_le_bytes());
    file.extend([0; 8]);
    file.extend(b"LYRICSBEGINSECRETO000018LYRICS200");
    let mut old = b"TAGSECRETO".to_vec();
    old.resize(128, 0);
    file.extend(old);
    file
}

fn clean(file: &[u8], piece: usize) -> (Vec<u8>, StreamOutcome) {
    let mut cleaner = Cleaner::new();
    let mut out = Vec::new();
    for part in file.chunks(piece.max(1)) {
        cleaner.push(part, &mut out);
    }
    let done = cleaner.finish(&mut out);
    (out, done)
}

#[test]
fn only_frames_pass() {
    let (out, done) = clean(&small(), 1 << 20);
    assert!(done.cleaned, "{done:?}");
    assert_eq!(out.len(), 4 * 417);
    assert!(memchr::memmem::find(&out, b"SECRETO").is_none());
    assert_eq!(out[177], 7, "gapless data");
    assert!(done.removed.contains(MetadataKind::Author) && done.removed.contains(MetadataKind::Description));
    let (again, done) = clean(&out, 100);
    assert_eq!(again, out);
    assert!(done.cleaned && done.removed.is_empty(), "{done:?}");
}

#[test]
fn any_cut_is_survived_and_any_pieces_do() {
    let file = small();
    let whole = clean(&file, file.len());
    for size in 1..400 {
        assert_eq!(clean(&file, size), whole, "{size}");
    }
    for end in 0..file.len() {
        clean(&file[..end], 512);
    }
}

#[test]
fn what_is_no_sound_passes_and_is_told() {
    let file = vec![b'x'; 20_000];
    let (out, done) = clean(&file, 777);
    assert!(!done.cleaned);
    assert!(out.len() > 15_000);
}

proptest::proptest! {
    #[test]
    fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..600), size in 1_usize..99) {
        let file = [&b"ID3\x04\0\0\0\0\0\x03abc\xff\xfb\x90"[..], &rest[..]].concat();
        assert_eq!(clean(&file, size), clean(&file, 1 << 20));
    }
}
