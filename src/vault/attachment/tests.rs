use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;

fn sealed(content: &[u8], pieces: usize) -> (Vec<u8>, FileKey) {
    let mut sealer = Sealer::new(&mut StdRng::seed_from_u64(1));
    let mut file = Vec::new();
    for piece in content.chunks(pieces.max(1)) {
        sealer.push(piece);
        file.extend(sealer.take());
    }
    let (rest, key) = sealer.finish();
    file.extend(rest);
    (file, key)
}

fn opened(file: &[u8], key: &FileKey) -> Result<Vec<u8>, OpenError> {
    let mut opener = Opener::new(key, file)?;
    let mut content = Vec::new();
    loop {
        let piece = opener.next(10_000)?;
        if piece.is_empty() {
            return Ok(content);
        }
        content.extend(piece);
    }
}

fn is_changed(outcome: &Result<Vec<u8>, OpenError>) -> bool {
    matches!(outcome, Err(OpenError::ContentChanged(_)))
}

#[test]
fn sizes_are_told_in_buckets_only() {
    let sizes = |size: usize| sealed(&vec![1; size], 70_000).0.len();
    // The header of an age file has a random length of its own.
    let alike = |a: usize, b: usize| sizes(a).abs_diff(sizes(b)) < 512;
    assert!(alike(0, 65_536) && alike(200_000, 200_700));
    assert!(!alike(200_000, 400_000));
}

#[test]
fn whatever_is_done_to_a_stored_file_is_noticed() {
    let content: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let (file, key) = sealed(&content, 1000);
    assert_eq!(opened(&file, &key).unwrap(), content);
    let (other, other_key) = sealed(&content, 1000);
    // The same key, drawn from the same seed, but another age file: what it holds is the same.
    assert_eq!(other_key.key, key.key);
    assert_eq!(opened(&other, &key).unwrap(), content);
    for cut in [0, 10, 100, 250, 70_000, file.len() - 1] {
        assert!(is_changed(&opened(&file[..cut], &key)), "cut at {cut}");
    }
    for at in [5, 120, 210, 300, 70_000, file.len() - 1] {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        assert!(is_changed(&opened(&flipped, &key)), "flipped at {at}");
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(is_changed(&opened(&longer, &key)));
    // Two chunks of age's stream, in each other's place.
    let chunk = 65_536 + 16;
    let start = file.len()
        - usize::try_from(padded_size(200_000)).unwrap().div_ceil(65_536) * 16
        - usize::try_from(padded_size(200_000)).unwrap();
    let mut swapped = file.clone();
    let (left, right) = swapped[start..].split_at_mut(chunk);
    left[..chunk].swap_with_slice(&mut right[..chunk]);
    assert!(is_changed(&opened(&swapped, &key)));
}

#[test]
fn a_file_under_the_same_key_with_other_content_is_noticed() {
    let (_, key) = sealed(b"what was sent", 100);
    for forged in [&b"what was senT"[..], b"what was sen", b""] {
        // An insider who knows the file's key seals something else with it.
        let (file, _) = sealed(forged, 100);
        assert!(is_changed(&opened(&file, &key)));
    }
}

proptest! {
    #[test]
    fn every_size_comes_back(size in 0_usize..300_000, pieces in 1_usize..90_000) {
        let content: Vec<u8> = (0..size).map(|n| n.to_le_bytes()[0]).collect();
        let (file, key) = sealed(&content, pieces);
        prop_assert_eq!(opened(&file, &key).unwrap(), content);
    }
}
