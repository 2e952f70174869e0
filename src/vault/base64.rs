//! Standard base64 with padding, and as a `serde` form of bytes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserializer, Serializer};

/// Encodes bytes with padding.
pub fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Decodes a text; `None` for anything but canonical base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// For `#[serde(with = "base64::bytes")]`.
pub mod bytes {
    use super::{Deserializer, Serializer, decode, encode};

    /// Writes bytes as a base64 string.
    ///
    /// # Errors
    /// The serializer's error.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(bytes))
    }

    /// Reads bytes from a base64 string.
    ///
    /// # Errors
    /// The deserializer's error, also for text that is not base64.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| serde::de::Error::custom("not base64"))
    }
}
