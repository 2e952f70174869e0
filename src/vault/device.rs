//! Device cookie of an earlier sign-in: a random mark, with a MAC over it and the e-mail (`docs/PROTOCOL.md`, section 13).
//!
//! It opens nothing. It exempts a known browser from the sign-in rate limit that strangers exhaust.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::CryptoRng;
use sha2::Sha256;

use crate::domain::ids::InstanceId;
use crate::domain::transcript::Transcript;
use crate::vault::secret::Key32;

/// A mark of 16 random bytes. The cookie's value is the base64url of the mark and its MAC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceToken([u8; 16]);

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device(…)")
    }
}

impl DeviceToken {
    /// Draws a mark.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut mark = [0; 16];
        rng.fill_bytes(&mut mark);
        Self(mark)
    }

    /// Formats the cookie's value, which is valid for the normalized `email` only.
    pub fn to_text(self, pepper: &Key32, instance: InstanceId, email: &str) -> String {
        let mac = self.mac(pepper, instance, email).finalize().into_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([self.0.as_slice(), &mac].concat())
    }

    /// Reads a cookie's value; `None` for another e-mail's and for anything that the server did not make.
    pub fn from_text(text: &str, pepper: &Key32, instance: InstanceId, email: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (mark, mac) = bytes.split_first_chunk::<16>()?;
        let device = Self(*mark);
        device.mac(pepper, instance, email).verify_slice(mac).ok()?;
        Some(device)
    }

    /// Name under which its failed sign-ins are counted; hash it under a key before storing it.
    pub fn name(self) -> String {
        hex::encode(self.0)
    }

    fn mac(self, pepper: &Key32, instance: InstanceId, email: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.expose()).expect("HMAC takes any key");
        let what = Transcript::new("staff-device", instance).field(email).field(self.0);
        mac.update(what.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn it_counts_for_its_own_email_here_and_nowhere_else() {
        let mut rng = StdRng::seed_from_u64(3);
        let (pepper, other) = (Key32::random(&mut rng), Key32::random(&mut rng));
        let (here, there) = (InstanceId::random(&mut rng), InstanceId::random(&mut rng));
        let device = DeviceToken::random(&mut rng);
        let text = device.to_text(&pepper, here, "ana@sigilo.test");
        assert_eq!(
            DeviceToken::from_text(&text, &pepper, here, "ana@sigilo.test"),
            Some(device)
        );
        for (text, pepper, instance, email) in [
            (text.as_str(), &pepper, here, "otra@sigilo.test"),
            (text.as_str(), &pepper, there, "ana@sigilo.test"),
            (text.as_str(), &other, here, "ana@sigilo.test"),
            (&text[..text.len() - 2], &pepper, here, "ana@sigilo.test"),
            ("", &pepper, here, "ana@sigilo.test"),
            ("ñ", &pepper, here, "ana@sigilo.test"),
        ] {
            assert_eq!(DeviceToken::from_text(text, pepper, instance, email), None, "{text}");
        }
    }
}
