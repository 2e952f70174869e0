//! The stored form of cookie tokens.

use crate::domain::ids::InstanceId;
use crate::vault::cookie::Token;

/// Returns the hash under which rows of a token are found.
pub(crate) fn token_hash(instance: InstanceId, token: &Token) -> Vec<u8> {
    token.hash(instance).as_bytes().to_vec()
}
