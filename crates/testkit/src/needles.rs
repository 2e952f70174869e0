//! Searches bytes for texts and keys, in every encoding in which they may occur.

use memchr::memmem::Finder;

/// A text in one encoding.
struct Needle {
    what: String,
    finder: Finder<'static>,
}

/// Many texts, each in all encodings.
pub struct Needles(Vec<Needle>);

impl Needles {
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles: Vec<Needle> = Vec::new();
        for text in texts {
            for (shape, bytes) in shapes(text) {
                let finder = Finder::new(&bytes).into_owned();
                let what = format!("{text:?} as {shape}");
                needles.push(Needle { what, finder });
            }
        }
        Self(needles)
    }

    /// Adds keys. Each half is searched for alone, because the other may be overwritten.
    #[must_use]
    pub fn and_keys<'a>(mut self, keys: impl IntoIterator<Item = (&'a str, &'a [u8; 32])>) -> Self {
        for (name, key) in keys {
            for (half, bytes) in [("first", &key[..16]), ("last", &key[16..])] {
                for (shape, bytes) in key_shapes(bytes) {
                    let finder = Finder::new(&bytes).into_owned();
                    let what = format!("{half} half of {name} as {shape}");
                    self.0.push(Needle { what, finder });
                }
            }
        }
        self
    }

    /// Returns the needles in `hay`, with their offsets.
    pub fn found(&self, hay: &[u8]) -> Vec<(String, usize)> {
        self.0
            .iter()
            .filter_map(|needle| Some((needle.what.clone(), needle.finder.find(hay)?)))
            .collect()
    }
}

fn shapes(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut shapes: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for (shape, spelling) in [
        ("text", text.to_owned()),
        ("lower case", text.to_lowercase()),
        ("upper case", text.to_uppercase()),
    ] {
        if shapes.iter().any(|(_, known)| *known == spelling.as_bytes()) {
            continue;
        }
        shapes.push((shape, spelling.into_bytes()));
    }
    let hex = hex::encode(text);
    shapes.push(("upper hex", hex.to_uppercase().into_bytes()));
    shapes.push(("hex", hex.into_bytes()));
    shapes.push(("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    shapes.push(("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    for lead in 0..3 {
        shapes.push(("base64", base64(text.as_bytes(), lead, "+/")));
        shapes.push(("base64url", base64(text.as_bytes(), lead, "-_")));
    }
    shapes
}

fn key_shapes(key: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = hex::encode(key);
    let mut shapes = vec![
        ("bytes", key.to_vec()),
        ("upper hex", hex.to_uppercase().into_bytes()),
        ("hex in UTF-16", wide(hex.as_bytes())),
        ("hex", hex.into_bytes()),
    ];
    for lead in 0..3 {
        let encoded = base64(key, lead, "+/");
        shapes.push(("base64 in UTF-16", wide(&encoded)));
        shapes.push(("base64", encoded));
        shapes.push(("base64url", base64(key, lead, "-_")));
    }
    shapes
}

/// Encodes ASCII as UTF-16. Big-endian is the same bytes, shifted by one.
fn wide(ascii: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = ascii.iter().flat_map(|byte| [*byte, 0]).collect();
    bytes.pop();
    bytes
}

/// The characters of base64 that depend on `bytes` only, when `lead` bytes (modulo 3) precede them.
fn base64(bytes: &[u8], lead: usize, last_two: &str) -> Vec<u8> {
    let bytes = [&[0; 2][..lead], bytes].concat();
    let encoded = sigilo::vault::base64::encode(&bytes);
    let from = (lead * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    let inner = encoded.as_bytes()[from..to].to_vec();
    let last_two = last_two.as_bytes();
    inner
        .into_iter()
        .map(|byte| match byte {
            b'+' => last_two[0],
            b'/' => last_two[1],
            other => other,
        })
        .collect()
}

#[test]
fn every_shape_is_found_in_its_surroundings() {
    let text = "Centinela de prueba";
    let needles = Needles::new([text]);
    for around in ["", "x", "xy", "xyz"] {
        let whole = format!("{around}{text}{around}");
        for hay in [
            whole.clone().into_bytes(),
            whole.to_lowercase().into_bytes(),
            whole.to_uppercase().into_bytes(),
            hex::encode(&whole).into_bytes(),
            sigilo::vault::base64::encode(whole.as_bytes()).into_bytes(),
            whole.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ] {
            assert!(!needles.found(&hay).is_empty(), "{hay:?}");
        }
    }
    assert!(needles.found(b"Centinela de prueb").is_empty());
}

#[test]
fn a_key_is_found_by_either_half() {
    let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(200 - at).unwrap());
    let needles = Needles::new([]).and_keys([("a key", &key)]);
    let encoded = sigilo::vault::base64::encode(&key);
    for around in ["", "x", "xy"] {
        let whole = [around.as_bytes(), &key].concat();
        for hay in [
            key[..16].to_vec(),
            key[16..].to_vec(),
            hex::encode(&whole).into_bytes(),
            sigilo::vault::base64::encode(&whole).into_bytes(),
            encoded.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            encoded.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            assert!(!needles.found(&hay).is_empty(), "{hay:?}");
        }
    }
    assert!(needles.found(&key[1..16]).is_empty());
}
