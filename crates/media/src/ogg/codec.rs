//! The headers of each codec, and neutral headers to replace them.

/// The name of the encoder. The formats require one, so it is neutral.
const VENDOR: &[u8] = b"-";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Codec {
    Opus,
    Vorbis,
    Theora,
    Speex,
    Flac,
}

impl Codec {
    /// Detects the codec by the first packet. Others (Skeleton, Kate) are not understood.
    pub(super) fn detect(first: &[u8]) -> Option<Self> {
        Some(match first {
            _ if first.starts_with(b"OpusHead") => Self::Opus,
            _ if first.starts_with(b"\x01vorbis") => Self::Vorbis,
            _ if first.starts_with(b"\x80theora") => Self::Theora,
            // Zero stands for an unknown number of further headers.
            _ if first.starts_with(b"Speex   ") && first.get(68..72)? == [0; 4] => Self::Speex,
            _ if first.starts_with(b"\x7fFLAC\x01") && first.len() >= 13 => Self::Flac,
            _ => return None,
        })
    }

    /// Replaces fields of the first packet that count other headers or name the encoder.
    pub(super) fn neutral_first(self, first: &mut [u8]) {
        match self {
            // FLAC: one more header follows.
            Self::Flac => first[7..9].copy_from_slice(&[0, 1]),
            // Speex: the version of the library, as text.
            Self::Speex => first[8..28].fill(0),
            _ => {}
        }
    }

    /// Number of headers after the first. `None`: until a header is marked as the last.
    pub(super) const fn later_headers(self) -> Option<usize> {
        match self {
            Self::Opus | Self::Speex => Some(1),
            Self::Vorbis | Self::Theora => Some(2),
            Self::Flac => None,
        }
    }

    /// Makes the headers after the first, without comments.
    pub(super) fn clean_headers(self, packets: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        let first = packets.first()?;
        let comments = [
            &u32::try_from(VENDOR.len()).ok()?.to_le_bytes()[..],
            VENDOR,
            &0_u32.to_le_bytes(),
        ]
        .concat();
        let start = |magic: &[u8]| first.starts_with(magic).then(|| [magic, &comments[..]].concat());
        Some(match self {
            Self::Opus => vec![start(b"OpusTags")?],
            Self::Speex => vec![start(b"")?],
            Self::Vorbis => {
                let setup = packets.get(1).filter(|setup| setup.starts_with(b"\x05vorbis"))?;
                let mut new = start(b"\x03vorbis")?;
                // The framing bit.
                new.push(1);
                vec![new, setup.clone()]
            }
            Self::Theora => {
                let setup = packets.get(1).filter(|setup| setup.starts_with(b"\x82theora"))?;
                vec![start(b"\x81theora")?, setup.clone()]
            }
            Self::Flac => {
                (first.first()? & 0x7f == 4).then_some(())?;
                let length = u32::try_from(comments.len()).ok()?.to_be_bytes();
                vec![[&[0x84, length[1], length[2], length[3]][..], &comments].concat()]
            }
        })
    }

    /// Returns true if a removed header held more than the vendor.
    pub(super) fn holds_comments(self, packet: &[u8]) -> bool {
        let start = match self {
            Self::Opus => 8,
            Self::Vorbis | Self::Theora => 7,
            Self::Speex => 0,
            Self::Flac => 4,
        };
        let word = |at: usize| {
            packet
                .get(at..at + 4)
                .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize)
        };
        let vendor = word(start).and_then(|vendor| word(start.checked_add(4)?.checked_add(vendor)?));
        vendor != Some(0)
    }
}

/// Returns true if a metadata block of FLAC is marked as the last.
pub(super) fn is_last_block(packet: &[u8]) -> bool {
    packet.first().is_some_and(|kind| kind & 0x80 != 0)
}
