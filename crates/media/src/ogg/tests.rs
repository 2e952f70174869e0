use super::*;

fn page(flags: u8, serial: u32, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let packets: Vec<Vec<u8>> = packets.iter().map(|packet| packet.to_vec()).collect();
    let mut bytes = page::lay_out(serial, number, &packets).concat();
    bytes[5] = flags;
    Page::unsealed(bytes).sealed()
}

fn small() -> Vec<u8> {
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    let mut tags = b"OpusTags\x08\0\0\0programa\x01\0\0\0\x0e\0\0\0ARTIST=SECRETO".to_vec();
    tags.extend(b"SECRETO".repeat(20_000));
    let mut file = page(2, 7, 0, &[head]);
    file.extend(page::lay_out(7, 1, &[tags]).concat());
    file.extend(page(0, 7, 4, &[b"sonido uno", b"sonido dos"]));
    file.extend(page(4, 7, 5, &[b"sonido tres"]));
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
fn comments_go_and_pages_are_numbered_anew() {
    let file = small();
    let (out, done) = clean(&file, 1 << 20);
    assert!(done.cleaned, "{done:?}");
    assert!(memchr::memmem::find(&out, b"SECRETO").is_none());
    assert!(memchr::memmem::find(&out, b"sonido tres").is_some());
    assert!(done.removed.contains(MetadataKind::Author) && done.removed.contains(MetadataKind::Software));
    let mut at = 0;
    for number in 0..4 {
        let length = page::length(&out[at..]).unwrap().unwrap();
        let page = Page::read(&out[at..at + length]).expect("checksum");
        assert_eq!(page.number(), number);
        at += length;
    }
    assert_eq!(at, out.len());
    let (again, done) = clean(&out, 10);
    assert_eq!(again, out);
    assert!(done.cleaned && done.removed.is_empty(), "{done:?}");
}

#[test]
fn any_cut_is_survived_and_any_pieces_do() {
    let file = small();
    let whole = clean(&file, file.len());
    for size in [1, 2, 3, 26, 27, 28, 29, 255, 4096, 65_000, 70_000] {
        assert_eq!(clean(&file, size), whole, "{size}");
    }
    for end in (0..200).chain(file.len() - 200..file.len()) {
        let (out, done) = clean(&file[..end], 1 << 20);
        if !done.cleaned {
            assert!(out.len() == end, "{end}: what is not understood passes");
        }
    }
}

#[test]
fn a_wrong_checksum_is_not_understood() {
    let mut file = small();
    let place = memchr::memmem::find(&file, b"sonido dos").unwrap();
    file[place] ^= 1;
    let (out, done) = clean(&file, 999);
    assert!(!done.cleaned);
    assert!(memchr::memmem::find(&out, b"sonido tres").is_some());
}

proptest::proptest! {
    #[test]
    fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..300), size in 1_usize..99) {
        let file = [&b"OggS\0\x02\0\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0"[..], &rest[..]].concat();
        assert_eq!(clean(&file, size), clean(&file, 1 << 20));
        let file = [small(), rest].concat();
        assert_eq!(clean(&file, size * 100), clean(&file, 1 << 20));
    }
}
