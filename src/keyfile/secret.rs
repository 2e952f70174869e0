//! Secret bytes as a key file holds them: base64.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand::CryptoRng;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::vault::agefile::Identity;
use crate::vault::secret::Key32;
use crate::vault::signing::SigningKey;

/// 32 secret bytes in a key file, as base64.
#[derive(Debug, PartialEq, Eq)]
pub struct Secret(Key32);

impl Secret {
    /// A fresh random key.
    pub(super) fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(Key32::random(rng))
    }

    /// The key itself.
    pub const fn key(&self) -> &Key32 {
        &self.0
    }

    /// The Ed25519 key with this seed.
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.0)
    }

    /// The age identity with this scalar.
    pub fn identity(&self) -> Identity {
        Identity::from_scalar(self.0.duplicate())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = Zeroizing::new(
            BASE64_STANDARD
                .decode(text.as_bytes())
                .map_err(|_| D::Error::custom("not base64"))?,
        );
        Key32::from_slice(&bytes)
            .map(Self)
            .ok_or_else(|| D::Error::custom("not 32 bytes"))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_STANDARD.encode(self.0.expose())))
    }
}

/// 16 bytes in a key file, as base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BASE64_STANDARD
            .decode(String::deserialize(deserializer)?)
            .map_err(D::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("not 16 bytes"))
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
    }
}
