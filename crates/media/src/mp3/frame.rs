//! Headers of MPEG audio frames (ISO/IEC 11172-3, 13818-3), and the encoder's name in a Xing or Info frame.

/// CRC-16/ARC, with which LAME protects its part of the first frame.
const LAME_CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_ARC);

/// Returns true if a file begins with three frames in a row, without a tag before them.
pub(crate) fn starts_with_frames(head: &[u8]) -> bool {
    let mut rest = head;
    for _ in 0..3 {
        match rest.first_chunk().copied().and_then(length) {
            Some(bytes) if bytes < rest.len() => rest = &rest[bytes..],
            _ => return false,
        }
    }
    true
}

/// Returns true if both headers can belong to one stream: same version, layer and sampling rate.
pub(super) fn agree(one: [u8; 4], other: [u8; 4]) -> bool {
    length(other).is_some() && one[1] & 0xfe == other[1] & 0xfe && one[2] & 0x0c == other[2] & 0x0c
}

/// Returns the length of a frame by its header. `None`: no frame, or one of free format, which states no length.
pub(super) fn length(head: [u8; 4]) -> Option<usize> {
    const V1_L1: [usize; 15] = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const V1_L2: [usize; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const V1_L3: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const V2_L1: [usize; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    const V2_L23: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    if head[0] != 0xff || head[1] & 0xe0 != 0xe0 || head[3] & 3 == 2 {
        return None;
    }
    let (version, layer) = (head[1] >> 3 & 3, head[1] >> 1 & 3);
    let first = version == 3;
    let rates = match (first, layer) {
        (true, 3) => V1_L1,
        (true, 2) => V1_L2,
        (true, 1) => V1_L3,
        (false, 3) => V2_L1,
        (false, 1 | 2) => V2_L23,
        _ => return None,
    };
    let bits = *rates.get(usize::from(head[2] >> 4)).filter(|rate| **rate > 0)? * 1000;
    let hertz = *[44_100, 48_000, 32_000].get(usize::from(head[2] >> 2 & 3))?
        / match version {
            3 => 1,
            2 => 2,
            0 => 4,
            _ => return None,
        };
    let padding = usize::from(head[2] >> 1 & 1);
    Some(match (layer, first) {
        (3, _) => (12 * bits / hertz + padding) * 4,
        (1, false) => 72 * bits / hertz + padding,
        _ => 144 * bits / hertz + padding,
    })
}

/// Replaces the encoder's name in a Xing or Info frame. Gapless players look for the word "LAME" only.
/// Returns true if something changed.
pub(super) fn neutralize_encoder(frame: &mut [u8]) -> bool {
    let (mono, first) = (frame[3] >> 6 == 3, frame[1] >> 3 & 3 == 3);
    let side = match (first, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let start = 4 + side;
    if !matches!(frame.get(start..start + 4), Some(b"Xing" | b"Info")) {
        return false;
    }
    let Some(flags) = frame.get(start + 7).copied() else {
        return false;
    };
    let fields = [4, 4, 100, 4];
    let lame = start
        + 8
        + (0..4)
            .filter(|bit| flags >> bit & 1 == 1)
            .map(|bit| fields[bit])
            .sum::<usize>();
    let Some(part) = frame.get_mut(lame..lame + 36) else {
        return false;
    };
    if part[..9] == *b"LAME\0\0\0\0\0" || part.iter().all(|byte| *byte == 0) {
        return false;
    }
    part[..9].copy_from_slice(b"LAME\0\0\0\0\0");
    // The measured replay gain stays. The checksum covers everything before itself.
    let sum = LAME_CRC.checksum(&frame[..lame + 34]);
    frame[lame + 34..lame + 36].copy_from_slice(&sum.to_be_bytes());
    true
}
