//! Pages of Ogg (RFC 3533, section 6): header, lacing table, contents.

const HEADER: usize = 27;
/// Size of the largest page: 255 full segments.
pub(super) const MAX_PAGE_BYTES: usize = HEADER + 255 + 255 * 255;

/// The CRC-32 of Ogg: the usual polynomial, neither reflected nor inverted.
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0x89a1_897f,
    residue: 0,
});

/// Returns the length of the page that begins here. `None`: no page begins here. `Some(None)`: more bytes are needed.
#[expect(clippy::option_option, reason = "no page, and not known yet, are different")]
pub(super) fn length(bytes: &[u8]) -> Option<Option<usize>> {
    let name = b"OggS\0";
    let seen = bytes.len().min(name.len());
    if bytes[..seen] != name[..seen] {
        return None;
    }
    let lacing = bytes
        .get(26)
        .and_then(|segments| bytes.get(HEADER..HEADER + usize::from(*segments)));
    Some(lacing.map(|lacing| HEADER + lacing.len() + lacing.iter().map(|part| usize::from(*part)).sum::<usize>()))
}

pub(super) struct Page {
    bytes: Vec<u8>,
    /// The offset of the contents.
    body: usize,
}

impl Page {
    /// Reads a page. `None` if it is malformed or its checksum is wrong.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut page = Self {
            bytes: bytes.to_vec(),
            body: HEADER + usize::from(*bytes.get(26)?),
        };
        let claimed: [u8; 4] = bytes.get(22..26)?.try_into().ok()?;
        page.bytes[22..26].fill(0);
        (CRC.checksum(&page.bytes).to_le_bytes() == claimed).then_some(page)
    }

    /// Reads a page without a look at its checksum, for pages that tests change.
    #[cfg(test)]
    pub(super) fn unsealed(bytes: Vec<u8>) -> Self {
        let body = HEADER + usize::from(bytes[26]);
        Self { bytes, body }
    }

    pub(super) fn continues(&self) -> bool {
        self.bytes[5] & 1 != 0
    }

    pub(super) fn is_first(&self) -> bool {
        self.bytes[5] & 2 != 0
    }

    pub(super) fn is_last(&self) -> bool {
        self.bytes[5] & 4 != 0
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes([
            self.bytes[at],
            self.bytes[at + 1],
            self.bytes[at + 2],
            self.bytes[at + 3],
        ])
    }

    pub(super) fn serial(&self) -> u32 {
        self.word(14)
    }

    pub(super) fn number(&self) -> u32 {
        self.word(18)
    }

    pub(super) fn set_number(&mut self, number: u32) {
        self.bytes[18..22].copy_from_slice(&number.to_le_bytes());
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.bytes[self.body..]
    }

    pub(super) fn body_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.body..]
    }

    /// The parts of packets on this page, each with a flag that is true if the packet ends with it.
    pub(super) fn packets(&self) -> Vec<(&[u8], bool)> {
        let mut found = Vec::new();
        let (mut start, mut end) = (self.body, self.body);
        for lacing in &self.bytes[HEADER..self.body] {
            end += usize::from(*lacing);
            if *lacing < 255 {
                found.push((&self.bytes[start..end], true));
                start = end;
            }
        }
        if self.bytes[HEADER..self.body].last() == Some(&255) {
            found.push((&self.bytes[start..end], false));
        }
        found
    }

    /// Returns the bytes with the right checksum.
    pub(super) fn sealed(mut self) -> Vec<u8> {
        seal(&mut self.bytes);
        self.bytes
    }
}

fn seal(bytes: &mut [u8]) {
    bytes[22..26].fill(0);
    let sum = CRC.checksum(bytes).to_le_bytes();
    bytes[22..26].copy_from_slice(&sum);
}

/// Lays header packets out on pages of their own, numbered from `number` on.
pub(super) fn lay_out(serial: u32, number: u32, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.extend(std::iter::repeat_n(255_u8, packet.len() / 255));
        lacing.push(u8::try_from(packet.len() % 255).unwrap_or_default());
    }
    let contents = packets.concat();
    let mut rest = &contents[..];
    let mut continued = false;
    let mut pages = Vec::new();
    for (index, table) in (0_u32..).zip(lacing.chunks(255)) {
        let length: usize = table.iter().map(|part| usize::from(*part)).sum();
        let (body, after) = rest.split_at(length);
        rest = after;
        let mut page = b"OggS\0".to_vec();
        page.push(u8::from(continued));
        // The granule position: zero, or all ones if no packet ends on the page.
        let ends = table.iter().any(|part| *part < 255);
        page.extend(if ends { [0; 8] } else { [0xff; 8] });
        page.extend(serial.to_le_bytes());
        page.extend(number.wrapping_add(index).to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(table.len()).unwrap_or(u8::MAX));
        page.extend(table);
        page.extend(body);
        seal(&mut page);
        pages.push(page);
        continued = table.last() == Some(&255);
    }
    pages
}
