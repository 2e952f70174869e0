//! The signature of Meta's calls: HMAC-SHA256 of the raw bytes under the app's secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Returns true if `header` (`sha256=` and 64 hexadecimal digits) signs `body`. Compares in constant time.
pub(crate) fn is_signed_by_meta(app_secret: &str, header: Option<&str>, body: &[u8]) -> bool {
    let signature = header
        .and_then(|header| header.strip_prefix("sha256="))
        .and_then(|text| hex::decode(text).ok());
    let (Some(signature), Ok(mut mac)) = (signature, Hmac::<Sha256>::new_from_slice(app_secret.as_bytes())) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secrets_holder_signs() {
        // RFC 4231, test case 2.
        let (key, body) = ("Jefe", b"what do ya want for nothing?");
        let right = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(is_signed_by_meta(key, Some(right), body));
        assert!(!is_signed_by_meta("Jefa", Some(right), body));
        assert!(!is_signed_by_meta(key, Some(right), b"what do ya want for nothing!"));
        for wrong in ["", "sha256=", &right[7..], &right[..70], "sha1=5bdc", "sha256=zz"] {
            assert!(!is_signed_by_meta(key, Some(wrong), body), "{wrong}");
        }
        assert!(!is_signed_by_meta(key, None, body));
    }
}
