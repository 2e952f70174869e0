//! Files of cases: what a record says about one, a stored file that opens, and records and stored files that do not go
//! together, whoever signed them.

use serde_json::{Value, json};
use sigilo::vault::attachment::{ContentChanged, FileKey, OpenError, Opener, Sealer, padded_size};
use sigilo::vault::base64;
use sigilo::vault::content::{Attachment, Content as _};
use sigilo::vault::filename::tidy_name;
use sigilo::vault::hash::Hash32;

use super::{Steps, b64, bytes};
use crate::support::keys::identity;

const CONTENT: &[u8] = "Lista inventada: 3 cajas que no llegaron.\n".as_bytes();

/// A record's content about `content`, with a size and a hash of anything.
fn described(size: u64, hashed: &[u8], key: &[u8]) -> Attachment {
    Attachment::new(
        // Decomposed: it is written composed.
        "factura n\u{303}.txt".into(),
        "text/plain".into(),
        size,
        Hash32::of_bytes(hashed).to_string(),
        base64::encode(key),
        "cleaned".into(),
        vec!["place".into(), "device".into(), "other".into()],
    )
}

/// The content of the record that `fixed` seals.
pub(super) fn attachment() -> Attachment {
    described(CONTENT.len() as u64, CONTENT, &[60; 32])
}

/// Sizes of contents and what they are padded to.
pub(super) fn sizes() -> Value {
    let sizes = [0, 1, 65_535, 65_536, 65_537, 70_000, 1_000_000, 104_857_600];
    sizes.map(|size| json!([size, padded_size(size)])).into()
}

/// Names as they are sent and as records have them; `archivo` where nothing is left.
pub(super) fn names() -> Value {
    let long = "ñ".repeat(500);
    let unseen: String = (0..=u32::from(char::MAX))
        .filter_map(char::from_u32)
        .filter(|c| tidy_name(&format!("a{c}b"), "") == "ab")
        .collect();
    let sent = [
        "foto inventada.jpg".to_owned(),
        "C:\\fakepath\\foto.jpg".into(),
        "../../etc/passwd".into(),
        "dir/".into(),
        String::new(),
        "... .. .".into(),
        ". .oculto".into(),
        " \u{a0}con espacios\u{3000}".into(),
        ".\u{a0}x".into(),
        "an\u{303}o.jpg".into(),
        "a\u{200d}\u{301}.txt".into(),
        format!("{long}.jpeg"),
        format!("{long}."),
        format!("{long}.ending-too-long"),
        format!("{long}.123456789"),
        "\u{958}".repeat(70),
        // Everything that goes, and its neighbours.
        format!("a{unseen}b"),
        "\u{2065}\u{fff8}\u{fffc}\u{e0000}\u{e0080}\u{604}x".into(),
    ];
    sent.map(|sent| json!([sent, tidy_name(&sent, "archivo")])).into()
}

/// One stored file, and two others that a stranger with its key could put in its place.
pub(super) fn make() -> Value {
    let mut sealer = Sealer::new(&mut Steps(0));
    sealer.push(CONTENT);
    let (stored, key) = sealer.finish();
    let scalar = *key.key.expose();
    let size = CONTENT.len();
    let content = |size: usize, hashed: &[u8]| described(size as u64, hashed, &scalar).to_json().to_string();
    let recipient = sigilo::vault::agefile::Identity::from_scalar(key.key.duplicate()).recipient();
    json!({
        "content": content(size, CONTENT),
        "key": b64(scalar),
        "plaintext": b64(CONTENT),
        "padded": padded_size(key.size),
        "stored": b64(stored),
        // Without a file of their own: the stored file above.
        "refused": [
            { "why": "another hash", "content": content(size, b"something else") },
            // The hash is right for so much of it; the byte after it is not zero.
            { "why": "padding that is not zero", "content": content(size - 1, &CONTENT[..size - 1]) },
            { "why": "longer than the file", "content": content(65_537, &padded(CONTENT, 65_537)) },
            { "why": "no padding", "content": content(size, CONTENT), "stored": b64(recipient.seal(CONTENT)) },
            {
                "why": "a byte of padding less",
                "content": content(65_537, &padded(CONTENT, 65_537)),
                "stored": b64(recipient.seal(&padded(CONTENT, 67_583))),
            },
            {
                "why": "another key's file",
                "content": content(size, CONTENT),
                "stored": b64(identity(60).recipient().seal(CONTENT)),
            },
        ],
    })
}

fn padded(content: &[u8], size: usize) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.resize(size, 0);
    padded
}

pub(super) fn open(stored: &Value) {
    let described = |one: &Value| {
        let json = one["content"].as_str().unwrap();
        let content = Attachment::from_json(json).unwrap();
        assert_eq!(*content.to_json(), json);
        FileKey::of(&content).unwrap()
    };
    let file = bytes(&stored["stored"]);
    let key = described(stored);
    assert_eq!(key.key.expose().as_slice(), bytes(&stored["key"]));
    assert_eq!(padded_size(key.size), stored["padded"].as_u64().unwrap());
    assert_eq!(whole(&key, &file).unwrap(), bytes(&stored["plaintext"]));
    for refused in stored["refused"].as_array().unwrap() {
        let own = refused.get("stored").map(bytes);
        let outcome = whole(&described(refused), own.as_ref().unwrap_or(&file));
        assert!(
            matches!(outcome, Err(OpenError::ContentChanged(ContentChanged))),
            "{}",
            refused["why"]
        );
    }
}

fn whole(key: &FileKey, stored: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut opener = Opener::new(key, stored)?;
    let mut content = Vec::new();
    loop {
        let piece = opener.next(1000)?;
        if piece.is_empty() {
            return Ok(content);
        }
        content.extend(piece);
    }
}
