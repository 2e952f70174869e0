//! The stored form of cookie tokens.

use crate::domain::ids::InstanceId;
use crate::vault::cookie::CookieToken;

/// Returns the hash under which rows of a token are found.
pub(crate) fn token_hash(instance: InstanceId, token: &CookieToken) -> Vec<u8> {
    token.hash(instance).as_bytes().to_vec()
}
