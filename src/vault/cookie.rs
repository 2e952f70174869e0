//! What lies under a visitor's cookie: drafts, the receipt just shown, the keys of a follow-up session
//! (`docs/PROTOCOL.md`, section 13). The server stores it and cannot open it without the cookie.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::hash::{Hash32, hkdf};
use crate::vault::record::{DoesNotOpen, aead_open, aead_seal};
use crate::vault::secret::Key32;

/// 16 bytes by which the row is found and 32 that open it; the cookie's value is their base64url.
#[derive(Debug)]
pub struct CookieToken {
    id: [u8; 16],
    key: Key32,
}

/// What lies under a token; part of its key and its binding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CookieContent {
    Draft,
    ReceiptShown,
    FollowUp,
    Attachment,
}

impl CookieContent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::ReceiptShown => "receipt-shown",
            Self::FollowUp => "follow-up",
            Self::Attachment => "attachment",
        }
    }
}

impl CookieToken {
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self {
            id,
            key: Key32::random(rng),
        }
    }

    /// The cookie's value.
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.id.as_slice(), self.key.expose()].concat());
        Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(&*bytes))
    }

    /// Reads a cookie's value; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let token = bytes.split_first_chunk::<16>().and_then(|(id, key)| {
            Some(Self {
                id: *id,
                key: Key32::from_slice(key)?,
            })
        });
        bytes.zeroize();
        token
    }

    /// A token of its own for a part of what this one opens, the same each time.
    #[must_use]
    pub fn part(&self, instance: InstanceId, name: &str) -> Self {
        let derive = |what| hkdf(self.key.expose(), &Transcript::new(what, instance).field(name));
        let mut id = [0; 16];
        id.copy_from_slice(&derive("cookie-part-id").expose()[..16]);
        Self {
            id,
            key: derive("cookie-part-key"),
        }
    }

    /// By which the row is found.
    pub fn hash(&self, instance: InstanceId) -> Hash32 {
        Hash32::of(&Transcript::new("token-hash", instance).field(self.id))
    }

    pub fn seal(
        &self,
        under: CookieContent,
        instance: InstanceId,
        plaintext: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        aead_seal(
            &self.key_for(under, instance),
            &self.aad(under, instance),
            plaintext,
            rng,
        )
    }

    /// # Errors
    /// [`DoesNotOpen`]
    pub fn open(
        &self,
        under: CookieContent,
        instance: InstanceId,
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        aead_open(&self.key_for(under, instance), &self.aad(under, instance), body)
    }

    fn key_for(&self, under: CookieContent, instance: InstanceId) -> Key32 {
        hkdf(
            self.key.expose(),
            &Transcript::new("cookie-key", instance).field(under.as_str()),
        )
    }

    fn aad(&self, under: CookieContent, instance: InstanceId) -> Transcript {
        Transcript::new("cookie", instance)
            .field(under.as_str())
            .field(self.hash(instance).as_bytes())
    }
}
