//! Rows sealed under a visitor's cookie: drafts, the receipt just shown, the keys of a follow-up session
//! (`docs/PROTOCOL.md`, section 13). The server stores them, and cannot open them without the cookie.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::hash::{Hash32, hkdf};
use crate::vault::record::{DoesNotOpen, aead_open, aead_seal};
use crate::vault::secret::Key32;

/// Value of a visitor's cookie: 16 bytes that find the row and 32 that open it, in base64url.
#[derive(Debug)]
pub struct CookieToken {
    id: [u8; 16],
    key: Key32,
}

/// Kind of row that a token opens; part of its key and associated data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CookieContent {
    /// A report that is being written.
    Draft,
    /// The receipt that is shown after submission.
    ReceiptShown,
    /// The keys of a follow-up session.
    FollowUp,
    /// The content of an attachment that waits for its report or message.
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
    /// Draws a token.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self {
            id,
            key: Key32::random(rng),
        }
    }

    /// Formats the cookie's value.
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

    /// Derives a separate token for a named part. The same name gives the same token.
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

    /// Hash that finds the row in the database.
    pub fn hash(&self, instance: InstanceId) -> Hash32 {
        Hash32::of(&Transcript::new("token-hash", instance).field(self.id))
    }

    /// Seals a row: `nonce ‖ ciphertext`.
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

    /// Opens a row of this kind that was sealed under this token.
    ///
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
