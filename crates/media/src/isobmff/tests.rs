use super::*;
use crate::damage;

fn atom(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, &body].concat()
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn header(kind: &[u8], length: usize) -> Vec<u8> {
    let mut body = vec![0; length];
    body[4..12].copy_from_slice(b"SECRETO!");
    atom(kind, &[&body])
}

fn track(id: u32, handler: &[u8], entry: &[u8], chunk: u32, length: u32) -> Vec<u8> {
    let mut tkhd = header(b"tkhd", 84);
    tkhd[20..24].copy_from_slice(&id.to_be_bytes());
    let tables = [
        atom(b"stsd", &[&words(&[0, 1]), entry]),
        atom(b"stts", &[&words(&[0, 1, 1, 100])]),
        atom(b"stsc", &[&words(&[0, 1, 1, 1, 1])]),
        atom(b"stsz", &[&words(&[0, 0, 1, length])]),
        atom(b"stco", &[&words(&[0, 1, chunk])]),
        atom(b"zzzz", &[b"SECRETO"]),
    ]
    .concat();
    let minf = [atom(b"vmhd", &[&words(&[1, 0, 0])]), atom(b"stbl", &[&tables])].concat();
    let hdlr = atom(b"hdlr", &[&words(&[0, 0]), handler, &[0; 12], b"SECRETO\0"]);
    let mdia = atom(b"mdia", &[&header(b"mdhd", 24), &hdlr, &atom(b"minf", &[&minf])]);
    atom(
        b"trak",
        &[&tkhd, &mdia, &atom(b"udta", &[&atom(b"\xa9xyz", &[b"SECRETO"])])],
    )
}

fn picture_entry() -> Vec<u8> {
    let mut fields = vec![0; 78];
    fields[12..16].copy_from_slice(b"SECR");
    fields[43..50].copy_from_slice(b"SECRETO");
    atom(
        b"avc1",
        &[&fields, &atom(b"avcC", &[b"config"]), &atom(b"zzzz", &[b"SECRETO"])],
    )
}

/// A file with the media first: picture at 32, coordinates at 40.
fn small() -> Vec<u8> {
    let ftyp = atom(b"ftyp", &[b"isom\0\0\x02\0isommp42"]);
    assert_eq!(ftyp.len(), 24);
    let mdat = atom(b"mdat", &[b"PICTURE!SECRETO!"]);
    let mut mvhd = header(b"mvhd", 100);
    mvhd[8 + 80..8 + 87].copy_from_slice(b"SECRETO");
    let moov = atom(
        b"moov",
        &[
            &mvhd,
            &track(1, b"vide", &picture_entry(), 32, 8),
            &track(2, b"meta", &atom(b"mebx", &[&[0; 8], b"SECRETO"]), 40, 8),
            &atom(b"udta", &[&atom(b"\xa9mod", &[b"SECRETO"])]),
        ],
    );
    let uuid = [&words(&[1])[..], b"uuid", &32_u64.to_be_bytes(), b"SECRETO SECRETO "].concat();
    let free = atom(b"free", &[b"SECRETO"]);
    [ftyp, mdat, moov, uuid, free, b"SECRE".to_vec()].concat()
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
fn sizes_stay_and_only_what_plays_stays() {
    let file = small();
    let (mut out, done) = clean(&file, file.len());
    assert!(done.cleaned, "{done:?}");
    assert_eq!(out.len(), file.len());
    assert_eq!(done.blank.first(), Some(&(40..48)));
    assert_eq!(done.blank.len(), 1);
    out[40..48].fill(0);
    let text = String::from_utf8_lossy(&out);
    assert!(
        !text.contains("SECR") && text.contains("PICTURE!") && text.contains("config"),
        "{text}"
    );
    for kind in [
        MetadataKind::Place,
        MetadataKind::Device,
        MetadataKind::Dates,
        MetadataKind::Software,
    ] {
        assert!(done.removed.contains(kind), "{kind}");
    }
    let (again, done) = clean(&out, 7);
    assert_eq!(again, out);
    assert!(
        done.cleaned && done.removed.is_empty() && done.blank.is_empty(),
        "{done:?}"
    );
}

#[test]
fn any_cut_is_survived_and_any_pieces_do() {
    let file = small();
    let whole = clean(&file, file.len());
    for size in 1..200 {
        assert_eq!(clean(&file, size), whole, "{size}");
    }
    for end in 0..file.len() {
        let (out, done) = clean(&file[..end], 64);
        assert_eq!(out.len(), end);
        assert!(done.blank.iter().all(|range| range.end <= end as u64));
    }
}

#[test]
fn a_compressed_or_oversized_index_passes_and_is_told() {
    for moov in [
        atom(b"moov", &[&atom(b"cmov", &[b"x"])]),
        [&words(&[100 << 20])[..], b"moov", b"x"].concat(),
        atom(b"moov", &[b"\0\0\0\x04zzzz"]),
    ] {
        let file = [atom(b"ftyp", &[b"qt  \0\0\0\0"]), moov, atom(b"udta", &[b"y"])].concat();
        let (out, done) = clean(&file, 5);
        assert!(!done.cleaned);
        assert_eq!(out, file);
    }
}

#[test]
fn samples_stay_with_an_index_that_stays() {
    let mut file = small();
    // The last box of the index now claims more bytes than there are.
    let place = memchr::memmem::rfind(&file, b"udta").unwrap();
    file[place - 3] = 0xff;
    let (out, done) = clean(&file, 64);
    assert!(!done.cleaned && done.blank.is_empty(), "{done:?}");
    assert_eq!(out, file);
    // A file with an index that was understood before.
    let (_, done) = clean(&[small(), b"\0\0\0\0".to_vec()].concat(), 64);
    assert!(!done.cleaned && done.blank.len() == 1, "{done:?}");
}

#[test]
fn fragments_are_cleaned_too() {
    let traf = atom(
        b"traf",
        &[&atom(b"tfhd", &[&words(&[0, 1])]), &atom(b"udta", &[b"SECRETO"])],
    );
    let moof = atom(b"moof", &[&atom(b"mfhd", &[&words(&[0, 1])]), &traf]);
    let mdat = atom(b"mdat", &[b"more"]);
    let (out, done) = clean(&[small(), moof, mdat].concat(), 50);
    // The five bytes before it are no box, so nothing after them is understood.
    assert!(!done.cleaned && memchr::memmem::find(&out, b"more").is_some());
    let mut file = small();
    file.truncate(file.len() - 5);
    let traf = atom(
        b"traf",
        &[&atom(b"tfhd", &[&words(&[0, 1])]), &atom(b"udta", &[b"SECRETO"])],
    );
    file.extend(atom(b"moof", &[&atom(b"mfhd", &[&words(&[0, 1])]), &traf]));
    file.extend(atom(b"mdat", &[b"more"]));
    let (out, done) = clean(&file, 50);
    assert!(done.cleaned);
    assert!(memchr::memmem::find(&out[60..], b"SECRETO").is_none());
}

proptest::proptest! {
    #[test]
    fn never_panics(rest in proptest::collection::vec(proptest::num::u8::ANY, 0..300), size in 1_usize..99) {
        let file = [&b"\0\0\0\x10ftypisom\0\0\0\0\0\0\x01\0moov\0\0\0\x90trak"[..], &rest[..]].concat();
        assert_eq!(clean(&file, size), clean(&file, 1 << 20));
    }

    #[test]
    fn overwritten_bytes_never_panic(bytes in proptest::collection::vec((0_usize..1000, 0_u8..=255), 1..8)) {
        let file = damage::overwritten(small(), bytes);
        let (out, _) = clean(&file, 33);
        assert_eq!(out.len(), file.len());
    }
}
